#include "http/route.h"
#include "http/handlers.h"
#include <stdio.h>

enum {
  GET = 1 << METHOD_GET,
  POST = 1 << METHOD_POST,
  PUT = 1 << METHOD_PUT,
  PATCH = 1 << METHOD_PATCH,
  DELETE = 1 << METHOD_DELETE,
  QUERY = 1 << METHOD_QUERY,
};

static const route ROWS[] = {
#define ROUTE(name, methods, pattern, kind, handle, body, flags, doc)                                        \
  {#name, (methods), pattern, kind, handle, body, (flags), doc},
#include "http/routes.def"
};
_Static_assert(sizeof ROWS / sizeof *ROWS <= ROUTES_MAX, "router.row holds ROUTES_MAX rows");
const route_table ROUTES = {ROWS, sizeof ROWS / sizeof *ROWS};

void router_init(router *r, const route_table *table) {
  r->table = table;
  for (int i = 0; i < table->count; i++) {
    const char *pattern = table->rows[i].pattern, *c = pattern;
    int depth = 0;
    while (*c == '/' && c[1]) {
      size_t n = strcspn(++c, "/");
      r->row[i].at[depth] = (unsigned char)(c - pattern);
      r->row[i].len[depth++] = *c == '{' ? 0 : (unsigned char)n;
      c += n;
    }
    r->row[i].depth = (unsigned char)depth;
  }
}

static bool takes(const router *r, int i, const request *req) {
  const char *pattern = r->table->rows[i].pattern;
  for (int d = req->segments - 1; d >= 0; d--) { // the last segments differ most
    unsigned n = r->row[i].len[d];
    if (!n) continue;
    if (n != req->segment_len[d] || memcmp(pattern + r->row[i].at[d], req->segment[d], n)) return false;
  }
  return true;
}

void router_find(const router *r, const request *req, route_match *m) {
  unsigned wanted = 1u << (req->method == METHOD_HEAD ? METHOD_GET : req->method);
  *m = (route_match){0};
  for (int i = 0; i < r->table->count; i++) {
    if (r->row[i].depth != req->segments || !takes(r, i, req)) continue;
    m->allowed |= r->table->rows[i].methods;
    if (!(r->table->rows[i].methods & wanted)) continue;
    m->route = &r->table->rows[i];
    for (int d = 0, args = 0; d < req->segments && args < ROUTE_ARGS; d++)
      if (!r->row[i].len[d]) m->arg[args++] = req->segment[d];
    return;
  }
}

const char *route_allow(unsigned methods, char out[64]) {
  methods |= 1u << METHOD_OPTIONS;
  if (methods & (1u << METHOD_GET)) methods |= 1u << METHOD_HEAD;
  int n = 0;
  for (int m = 0; m < METHOD_COUNT; m++)
    if (methods & (1u << m)) n += snprintf(out + n, 64 - (size_t)n, "%s%s", n ? ", " : "", METHOD_NAMES[m]);
  return out;
}
