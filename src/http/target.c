// target.c - the request target, decoded strictly: what could be read in two ways is refused.
#include "base/utf8.h"
#include "http/exchange.h"

static int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

typedef struct cursor {
  const char *in;
  char *out;
  fault *fault;
} cursor;

// Decodes up to one of the two bytes in `ends` (or the end), writes it with a NUL and returns where it
// stands.
static const char *part(cursor *c, const char ends[2], bool query) {
  const char *start = c->out;
  for (; *c->in && *c->in != ends[0] && *c->in != ends[1]; c->in++) {
    char byte = *c->in;
    if (byte == '%') {
      int high = hex(c->in[1]), low = high < 0 ? -1 : hex(c->in[2]);
      if (low < 0) return fail(c->fault, ERR_bad_header, "the address has a malformed %%-encoding"), NULL;
      byte = (char)(high * 16 + low);
      if (!byte || (!query && (byte == '/' || byte == '\\')))
        return fail(c->fault, ERR_bad_header, "the address hides a NUL, / or \\ in a %%-encoding"), NULL;
      c->in += 2;
    } else if (byte == '+' && query)
      byte = ' ';
    *c->out++ = byte;
  }
  *c->out++ = 0;
  if (!utf8_valid(start, (size_t)(c->out - 1 - start)))
    return fail(c->fault, ERR_bad_header, "the address is not UTF-8"), NULL;
  return start;
}

static const char *find(const param *params, int n, const char *name) {
  for (int i = 0; i < n; i++)
    if (!strcmp(params[i].name, name)) return params[i].value;
  return NULL;
}

bool request_query(const char *text, char *out, param params[PARAMS_MAX], int *n, fault *f) {
  cursor c = {text, out, f};
  for (*n = 0; *c.in; c.in += *c.in == '&') {
    if (*c.in == '&') continue;
    if (*n == PARAMS_MAX) return fail(f, ERR_bad_argument, "more than %d query parameters", PARAMS_MAX);
    param *p = &params[*n];
    if (!(p->name = part(&c, "=&", true))) return false;
    if (*c.in == '=')
      c.in++, p->value = part(&c, "&", true);
    else
      p->value = c.out - 1; // the NUL of the name
    if (!p->value) return false;
    if (find(params, *n, p->name))
      return fail(f, ERR_bad_argument, "the query parameter %.64s is given twice", p->name);
    ++*n;
  }
  return true;
}

bool request_target(request *r, const char *target, fault *f) {
  size_t n = target ? strlen(target) : 0;
  r->segments = r->params = 0;
  r->asterisk = false;
  r->target_len = n <= TARGET_MAX ? n : TARGET_MAX;
  memcpy(r->target, target ? target : "", r->target_len);
  r->target[r->target_len] = 0;
  if (n > TARGET_MAX) return fail(f, ERR_uri_too_long, "the address is longer than %d bytes", TARGET_MAX);
  for (size_t i = 0; i < n; i++)
    if (target[i] < 0x21 || target[i] > 0x7e || target[i] == '#')
      return fail(f, ERR_bad_header, "the address holds a byte that must be %%-encoded");
  if (n == 1 && *target == '*') return r->asterisk = true;
  if (!n || *target != '/') return fail(f, ERR_bad_header, "the address must be a path that starts with /");
  cursor c = {r->target, r->decoded, f};
  if (n == 1 || target[1] == '?') c.in++;
  while (*c.in == '/') {
    c.in++;
    const char *segment = part(&c, "/?", false);
    if (!segment) return false;
    if (r->segments == SEGMENTS_MAX) return fail(f, ERR_not_found, "there is nothing at %.200s", r->target);
    r->segment_len[r->segments] = (unsigned short)(c.out - 1 - segment);
    r->segment[r->segments++] = segment;
  }
  return !*c.in || request_query(c.in + 1, c.out, r->param, &r->params, f);
}

const char *request_param(const request *r, const char *name) { return find(r->param, r->params, name); }

bool request_params_known(const request *r, const char *const known[], fault *f) {
  for (int i = 0; i < r->params; i++) {
    int k = 0;
    while (known[k] && strcmp(known[k], r->param[i].name)) k++;
    if (!known[k])
      return fail(f, ERR_bad_argument, "the query parameter %.64s is not known here", r->param[i].name);
  }
  return true;
}
