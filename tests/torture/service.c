#include "service.h"
#include "autograd/op.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

app service;
budget service_memory;
static settings set;
static request r;
static reply rep;
static char *body; // of the last answer that was looked at

static const char WORLD[] =
    "{\"steps\":[{\"tensor\":\"w\",\"data\":[1.5,-2,3],\"requires_grad\":true},"
    "{\"tensor\":\"x\",\"data\":[[1,2,3],[4,5,6]],\"dtype\":\"float32\",\"requires_grad\":true},"
    "{\"tensor\":\"m\",\"data\":[[2,1,0],[1,3,1],[0,1,4]],\"dtype\":\"float32\"},"
    "{\"tensor\":\"i\",\"data\":[1,0]},"
    "{\"op\":\"mul\",\"args\":[\"w\",\"x\"],\"out\":\"p\"},"
    "{\"op\":\"sum\",\"args\":[\"p\"],\"out\":\"y0\"},"
    "{\"backward\":\"y0\",\"retain_graph\":true},"
    "{\"op\":\"mul\",\"args\":[\"p\",\"p\"],\"out\":\"q\"},"
    "{\"retain_grad\":\"q\"},"
    "{\"op\":\"sum\",\"args\":[\"q\"],\"out\":\"y\"},"
    "{\"op\":\"clone\",\"args\":[\"x\"],\"out\":\"base\"},"
    "{\"op\":\"select\",\"args\":[\"base\",0,0],\"out\":\"row\"}]}";

void die(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fputs("Bail out! ", stdout);
  vprintf(format, args);
  va_end(args);
  putchar('\n');
  exit(EXIT_FAILURE);
}

void service_start(void) {
  fault f = {0};
  ops_init();
  if (!option_load(&set, 0, NULL, &f)) die("%s", f.detail);
  budget_init(&service_memory, NULL, "process memory", 1u << 30);
  if (!app_init(&service, &set, &service_memory, &ROUTES, &f)) die("%s", f.detail);
  if (!sessions_start(&service)) die("no memory for the sessions");
  service.ops = OPS_COUNT;
}

void service_stop(void) {
  reply_finish(&rep);
  free(body);
  sessions_stop(&service);
  app_finish(&service);
  option_finish(&set);
  if (budget_used(&service_memory)) die("%zu bytes are charged at the end", budget_used(&service_memory));
}

int service_ask(const ask *a) {
  char target[TARGET_MAX + 1];
  fault f = {0};
  bool rooted = *a->target == '@';
  snprintf(target, sizeof target, "%s%s", rooted ? "" : "/v1/sessions/s", a->target + rooted);
  request_clear(&r);
  if (!request_target(&r, target, &f)) die("%s: %s", target, f.detail);
  r.method = a->method;
  r.content_type = a->type;
  r.idempotency_key = a->key;
  r.body = a->body;
  r.body_len = a->n ? a->n : a->body ? strlen(a->body) : 0;
  reply_finish(&rep);
  http_handle(&service, &r, &rep);
  return rep.status;
}

const reply *service_reply(void) { return &rep; }

size_t service_body_len(void) { return rep.fixed ? rep.fixed_len : rep.body.len; }

const char *service_body(void) {
  size_t n = service_body_len();
  char *grown = realloc(body, n + 1);
  if (!grown) die("no memory to look at an answer");
  body = grown;
  if (n) memcpy(body, rep.fixed ? rep.fixed : rep.body.data, n);
  body[n] = 0;
  return body;
}

const route *service_route(void) {
  route_match m;
  router_find(&service.router, &r, &m);
  return m.route;
}

static void expect(int status, const ask *a) {
  int got = service_ask(a);
  if (got != status) die("%s: %d %s", a->target, got, service_body());
}

session *service_session(void) {
  for (session *s = registry_first(service.sessions); s; s = s->next)
    if (!strcmp(s->name, "s")) return s;
  return NULL;
}

void service_clear(void) {
  for (session *s; (s = registry_first(service.sessions));) {
    char target[NAME_MAX_BYTES + 32];
    snprintf(target, sizeof target, "@/v1/sessions/%s", s->name);
    expect(204, &(ask){.method = METHOD_DELETE, .target = target});
  }
}

void service_reset(void) {
  service_clear();
  expect(201, &(ask){.method = METHOD_PUT, .target = "", .body = "{\"seed\":7}"});
  service_session()->life = 0; // as if it were the first, in its tags too
  expect(200, &(ask){.method = METHOD_POST, .target = "/batch", .body = WORLD});
}

// ---- the snapshot

static void add(FILE *to, const char *target) {
  int status = service_ask(&(ask){.method = METHOD_GET, .target = target});
  const char *tag = reply_header_value(&rep, "ETag");
  fprintf(to, "%s %d %s %s\n", target, status, tag ? tag : "-", status < 400 ? service_body() : "");
}

// Where the node with an id stands among all of the graph.
static int place_of(const char *graph, long id) {
  int n = 0;
  for (const char *p = graph; (p = strstr(p, "\"id\":")); n++)
    if (strtol(p += 5, NULL, 10) == id) return n;
  return -1;
}

// The graph with places for ids: a node that was made in vain has used up a number.
static void add_graph(FILE *to) {
  static const char *const keys[] = {"\"id\":", "\"from\":", "\"to\":"};
  int status = service_ask(&(ask){.method = METHOD_GET, .target = "/graph"});
  const char *graph = service_body();
  fprintf(to, "/graph %d ", status);
  for (const char *p = graph; *p;) {
    size_t n = 0;
    for (size_t i = 0; i < 3 && !n; i++)
      if (!strncmp(p, keys[i], strlen(keys[i]))) n = strlen(keys[i]);
    fwrite(p, 1, n ? n : 1, to);
    p += n ? n : 1;
    if (n) fprintf(to, "%d", place_of(graph, strtol(p, (char **)&p, 10)));
  }
  fputc('\n', to);
}

char *service_snapshot(void) {
  char *text = NULL, target[TARGET_MAX];
  size_t n;
  FILE *to = open_memstream(&text, &n);
  session *s = service_session();
  if (!to) die("no memory for a snapshot");
  fprintf(to, "%zu sessions\n", registry_count(service.sessions));
  if (s) {
    for (const binding *b = s->bindings; b; b = binding_next(b)) {
      snprintf(target, sizeof target, "/tensors/%s", binding_name(b));
      add(to, target);
      strcat(target, "/grad");
      add(to, target);
    }
    add(to, "/tensors");
    add_graph(to);
    add(to, ""); // last: reading a view may have remade its grad_fn
    fprintf(to, "random %llu, next name %llu, bytes %zu, dropped %d\n", (unsigned long long)s->ag.rng.counter,
            (unsigned long long)s->next_name, budget_used(&s->budget), s->n_temporary > 0);
  }
  fclose(to);
  return text;
}
