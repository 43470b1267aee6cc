#include "http/fixture.h"
#include "base/log.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <uv.h>

fixture_session fixture_sessions[FIXTURE_SESSIONS];
app fixture_app;
budget fixture_memory;
atomic_bool fixture_gate;
atomic_int fixture_holding, fixture_stops[4];
static settings set;

static bool wants_hop(call *c) { return c->may_hop && request_param(c->request, "hop"); }

static outcome ok(call *c) {
  reply_fixed(c->reply, "text/plain", "ok\n", 3);
  return DONE;
}

static outcome echo(call *c) {
  if (wants_hop(c)) return HOP;
  call_answer(c, 200);
  buffer_put(&c->reply->body, c->request->body, c->request->body_len);
  return DONE;
}

static outcome big(call *c) {
  call_answer(c, 200);
  buffer_printf(&c->reply->body, "%zu", c->request->body_len);
  return DONE;
}

static outcome hold(call *c) {
  if (c->may_hop) return HOP;
  atomic_fetch_add(&fixture_holding, 1);
  bool stopped = false;
  while (!atomic_load(&fixture_gate) && !(stopped = ctx_stopped(&c->ctx))) usleep(100);
  atomic_fetch_sub(&fixture_holding, 1);
  if (stopped)
    atomic_fetch_add(&fixture_stops[atomic_load(c->ctx.stop)], 1);
  else
    ok(c);
  return DONE;
}

static outcome stubborn(call *c) { // heeds no stop flag
  if (c->may_hop) return HOP;
  atomic_fetch_add(&fixture_holding, 1);
  while (!atomic_load(&fixture_gate)) usleep(100);
  return ok(c);
}

static void count_state(void *state) { free(state); }

static outcome count(call *c) {
  fixture_session *s = c->session;
  if (atomic_fetch_add(&s->running, 1)) s->overlapped = true;
  if (wants_hop(c)) {
    c->state = strdup("kept");
    c->state_free = count_state;
    atomic_fetch_sub(&s->running, 1);
    return HOP;
  }
  if (c->state && strcmp(c->state, "kept")) call_fail(c, ERR_internal, "state was lost");
  s->count++;
  call_answer(c, 201);
  buffer_printf(&c->reply->body, "%d", s->count);
  atomic_fetch_sub(&s->running, 1);
  return DONE;
}

static outcome failing(call *c) {
  buffer_puts(&c->reply->body, "half an answer");
  reply_header(c->reply, "ETag", "\"1\"");
  call_extra(c, "line", 3);
  buffer_puts(&c->extra_json, "\"printed\":[]");
  return call_fail(c, ERR_shape_mismatch, "%s cannot be added to %s", c->arg[0], "x");
}

static outcome put_session(call *c) {
  call_answer(c, c->session ? 200 : 201);
  return DONE;
}

static outcome delete_session(call *c) {
  ((fixture_session *)c->session)->deleted = true;
  c->reply->status = 204;
  return DONE;
}

enum { GET = 1 << METHOD_GET, POST = 1 << METHOD_POST, PUT = 1 << METHOD_PUT, DELETE = 1 << METHOD_DELETE };
static const route ROWS[] = {
    {"ok", GET, "/ok", LOOP, ok, NONE, 0, ""},
    {"open", GET, "/open", LOOP, ok, NONE, OPEN, ""},
    {"echo", POST, "/echo", POOL, echo, JSON, 0, ""},
    {"big", PUT, "/big", LOOP, big, BINARY, 0, ""},
    {"slow", POST, "/slow", POOL, hold, JSON, 0, ""},
    {"stubborn", POST, "/stubborn", POOL, stubborn, JSON, 0, ""},
    {"count", POST, "/s/{s}/count", SESSION, count, JSON, MUTATES, ""},
    {"hold", POST, "/s/{s}/hold", SESSION, hold, JSON, 0, ""},
    {"fail", POST, "/s/{s}/fail", SESSION, failing, JSON, 0, ""},
    {"put", PUT, "/s/{s}", SESSION_OR_NONE, put_session, JSON, MUTATES, ""},
    {"delete", DELETE, "/s/{s}", SESSION, delete_session, NONE, STAY | MUTATES, ""},
};
const route_table FIXTURE_ROUTES = {ROWS, sizeof ROWS / sizeof *ROWS};

static void *find(app *a, const char *name, bool must_exist, fault *f) {
  (void)a;
  for (int i = 0; i < FIXTURE_SESSIONS; i++)
    if (!strcmp(fixture_sessions[i].name, name) && !fixture_sessions[i].deleted) {
      fixture_sessions[i].held++;
      return &fixture_sessions[i];
    }
  if (must_exist) fail(f, ERR_session_unknown, "there is no session %.64s", name);
  return NULL;
}
static void release(app *a, void *session) {
  (void)a;
  ((fixture_session *)session)->held--;
}
static strand *strand_of(void *session) { return &((fixture_session *)session)->strand; }
static idempotency **keys_of(void *session) { return &((fixture_session *)session)->keys; }
static bool enter(call *c) {
  fixture_session *s = c->session;
  s->runs++;
  return !s->deleted || fail(&c->ctx.fault, ERR_session_unknown, "the session was deleted");
}

void fixture_app_start(const char *const options[]) {
  fault f = {0};
  int n = 0;
  while (options && options[n]) n++;
  cr_assert(option_load(&set, n, (char **)(uintptr_t)options, &f), "%s", f.detail);
  log_level_named(set.log_level, &log_limit);
  for (int i = 0; i < FIXTURE_SESSIONS; i++) fixture_sessions[i].name[0] = (char)('a' + i);
  budget_init(&fixture_memory, NULL, "process memory", set.max_memory ? set.max_memory : 1u << 30);
  cr_assert(app_init(&fixture_app, &set, &fixture_memory, &FIXTURE_ROUTES, &f), "%s", f.detail);
  fixture_app.hooks = (session_hooks){
      .find = find, .release = release, .strand_of = strand_of, .idempotency_of = keys_of, .enter = enter};
}

void fixture_app_stop(void) {
  for (int i = 0; i < FIXTURE_SESSIONS; i++) {
    idempotency_free(fixture_sessions[i].keys);
    fixture_sessions[i].keys = NULL;
    cr_assert_eq(fixture_sessions[i].held, 0);
    cr_assert(!fixture_sessions[i].overlapped);
  }
  app_finish(&fixture_app);
  option_finish(&set);
  cr_assert_eq(budget_used(&fixture_memory), 0);
}

static pthread_t thread;
static int pipe_ends[2]; // the port comes from the server's thread

static void *serve(void *unused) {
  (void)unused;
  static uv_loop_t loop;
  fault f = {0};
  uv_loop_init(&loop);
  pool *p = pool_new(
      &loop, (pool_limits){(unsigned)set.threads, (unsigned)set.queue, (unsigned)set.session_queue}, &f);
  server *s = server_start(&loop, &fixture_app, p, &f);
  int port = s ? atoi(strrchr(server_url(s), ':') + 1) : 0;
  if (write(pipe_ends[1], &port, sizeof port) < 0 || !s) return (void *)strdup(f.detail);
  uv_run(&loop, UV_RUN_DEFAULT);
  if (pool_count(p).running) return NULL;
  pool_close(p);
  uv_run(&loop, UV_RUN_DEFAULT);
  int left = uv_loop_close(&loop);
  server_delete(s);
  pool_delete(p);
  return left ? (void *)strdup("the loop has handles left") : NULL;
}

static int server_port;

int fixture_serve(const char *const options[]) {
  fixture_app_start(options);
  set.port = 0;
  if (!set.threads) set.threads = 2;
  signal(SIGPIPE, SIG_IGN);
  cr_assert_eq(pipe(pipe_ends), 0);
  cr_assert_eq(pthread_create(&thread, NULL, serve, NULL), 0);
  cr_assert_eq(read(pipe_ends[0], &server_port, sizeof server_port), sizeof server_port);
  if (!server_port) {
    void *why;
    pthread_join(thread, &why);
    cr_assert_fail("%s", (char *)why);
  }
  return server_port;
}

void fixture_signal(void) { kill(getpid(), SIGTERM); }

void fixture_join(void) {
  void *wrong = NULL;
  cr_assert_eq(pthread_join(thread, &wrong), 0);
  cr_assert_null(wrong, "%s", (char *)wrong);
  fixture_app_stop();
}

void fixture_join_busy(void) {
  void *wrong = NULL;
  cr_assert_eq(pthread_join(thread, &wrong), 0);
  cr_assert_null(wrong, "%s", (char *)wrong);
}

void fixture_stop(void) {
  atomic_store(&fixture_gate, true);
  fixture_signal();
  fixture_join();
}

int client_connect(void) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server_port)};
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  cr_assert_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
  return fd;
}

void client_send_bytes(int fd, const char *bytes, size_t n) {
  while (n) {
    ssize_t sent = write(fd, bytes, n);
    if (sent <= 0) return; // the server may have hung up already, which the answer will tell
    bytes += sent;
    n -= (size_t)sent;
  }
}
void client_send(int fd, const char *text) { client_send_bytes(fd, text, strlen(text)); }

static const char *find_header(const answer *a, const char *name) {
  const char *at = strcasestr(a->head, name);
  return at ? at + strlen(name) : NULL;
}

bool client_read(int fd, answer *a) {
  size_t n = 0;
  a->body_len = 0;
  a->status = 0;
  while (n < sizeof a->head - 1 && !(n >= 4 && !memcmp(a->head + n - 4, "\r\n\r\n", 4)))
    if (read(fd, a->head + n, 1) != 1)
      return false;
    else
      n++;
  a->head[n] = 0;
  if (sscanf(a->head, "HTTP/1.1 %d", &a->status) != 1) return false;
  if (a->status == 100) return client_read(fd, a);
  const char *length = find_header(a, "\r\nContent-Length: ");
  size_t want = length ? (size_t)atoll(length) : 0;
  cr_assert_lt(want, sizeof a->body);
  while (a->body_len < want) {
    ssize_t got = read(fd, a->body + a->body_len, want - a->body_len);
    if (got <= 0) return false;
    a->body_len += (size_t)got;
  }
  a->body[a->body_len] = 0;
  return true;
}

bool client_closed(int fd) {
  char byte;
  return read(fd, &byte, 1) <= 0;
}

int client_ask(answer *a, const char *format, ...) {
  char text[8192];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  int fd = client_connect();
  client_send(fd, text);
  if (!client_read(fd, a)) a->status = 0;
  close(fd);
  return a->status;
}

bool client_was_told(const answer *a, const char *code) {
  char member[64];
  snprintf(member, sizeof member, "\"code\":\"%s\"", code);
  return strstr(a->head, "Content-Type: application/problem+json\r\n") && strstr(a->body, member);
}

void fixture_until(atomic_int *value, int wanted) {
  while (atomic_load(value) != wanted) sched_yield();
}
