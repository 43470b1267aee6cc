// connection.c - a request's way through libmicrohttpd's callbacks.
//
// MHD calls connection_line when the request line is there, connection_access once for the headers, once for
// each piece of the body and once at the end, and again after a resume; connection_completed closes. An
// answer queued at the headers ends the connection (MHD will not read the body), so only refusals are.
#include "http/connection.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/problem.h"
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>

static exchange *take_exchange(server *s) {
  exchange *x = s->spare;
  if (x) {
    s->spare = x->next;
    s->spares--;
  } else if (!(x = mem_zalloc(sizeof *x)))
    return NULL;
  s->requests++;
  return x;
}

static void drop_body(exchange *x) {
  mem_free(x->body);
  budget_release(x->server->app->memory, x->body_cap);
  x->body = NULL;
  x->body_cap = 0;
}

static void free_exchange(exchange *x) {
  drop_body(x);
  reply_finish(&x->reply);
  mem_free(x);
}

static void give_back(exchange *x) {
  server *s = x->server;
  call_finish(&x->call);
  s->requests--;
  if (s->spares == SPARE_MAX || s->phase != SERVING) {
    free_exchange(x);
    return;
  }
  if (x->body_cap > KEEP_BYTES || !x->body) drop_body(x); // or a tensor has it now
  if (x->reply.body.cap > KEEP_BYTES) reply_finish(&x->reply);
  x->next = s->spare;
  s->spare = x;
  s->spares++;
}

void connection_free_spares(server *s) {
  for (exchange *x = s->spare, *next; x; x = next) {
    next = x->next;
    free_exchange(x);
  }
  s->spare = NULL;
}

static uint64_t now_ms(const server *s) { return uv_now(s->loop); }

void *connection_line(void *user, const char *target, struct MHD_Connection *c) {
  server *s = user;
  exchange *x = take_exchange(s);
  if (!x) return NULL;
  x->server = s;
  x->connection = c;
  x->peer = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
  x->state = X_NEW;
  x->job_live = x->gone = x->interim = x->asked = false;
  x->prev = x->next = NULL;
  x->started_ns = x->answered_ns = clock_ns();
  x->reader = NULL;
  x->streamed = x->fed_ms = 0;
  x->declared = 0;
  x->received = x->limit = 0;
  request_clear(&x->request);
  x->request.id = s->app->next_id++;
  reply_clear(&x->reply);
  call_init(&x->call, s->app, &x->request, &x->reply);
  request_target(&x->request, target, &x->call.ctx.fault);
  if (x->peer) {
    x->peer->exchange = x;
    x->peer->deadline_ms = now_ms(s) + s->app->settings->header_s * 1000;
  }
  return x;
}

// The 503 of a request whose job still runs, and may yet write its reply.
static enum MHD_Result send_abandoned(exchange *x) {
  char *body = x->farewell;
  reply r = {.status = 503, .content_type = "application/problem+json", .fixed = body};
  char id[REQUEST_ID];
  bool chinese = negotiate_chinese(&x->request);
  const struct error_row *row = &ERRORS[ERR_overloaded];
  int n = snprintf(body, sizeof x->farewell,
                   "{\"type\":\"/problems/overloaded\",\"title\":\"%s\",\"status\":503,\"detail\":\"%s\","
                   "\"code\":\"overloaded\",\"request_id\":\"%s\"}\n",
                   chinese ? row->zh : row->en, chinese ? "服务器正在关闭" : "the server is shutting down",
                   request_id(&x->request, id));
  r.fixed_len = (size_t)n;
  reply_header(&r, "Retry-After", "1");
  reply_header(&r, "Content-Language", chinese ? "zh" : "en");
  reply_vary(&r, "Accept-Language");
  x->state = X_ANSWERED;
  struct MHD_Response *m = connection_response_of(&x->request, &r, true);
  if (!m) return MHD_queue_response(x->connection, 503, x->server->leaving);
  enum MHD_Result queued = MHD_queue_response(x->connection, 503, m);
  MHD_destroy_response(m);
  return queued;
}

static enum MHD_Result send_reply(exchange *x) {
  server *s = x->server;
  const reply *r = &x->reply;
  bool open = x->call.route && x->call.route->flags & OPEN; // may be asked again while the server drains
  bool close = r->close || (s->phase != SERVING && !open);
  struct MHD_Response *m = connection_response(x, close);
  if (x->peer)
    x->peer->deadline_ms =
        now_ms(s) + s->app->settings->idle_s * 1000 + (r->fixed ? 0 : r->body.len / RATE_MS);
  x->state = r->endless && m ? X_STREAM : X_ANSWERED;
  x->answered_ns = clock_ns();
  if (!m) return MHD_queue_response(x->connection, 503, s->leaving);
  enum MHD_Result queued = MHD_queue_response(x->connection, (unsigned)r->status, m);
  MHD_destroy_response(m);
  return queued;
}

static enum MHD_Result refuse(exchange *x, err code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static enum MHD_Result refuse(exchange *x, err code, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vfail(&x->call.ctx.fault, code, format, args);
  va_end(args);
  x->reply.close = true;
  problem_write(&x->call);
  return send_reply(x);
}

// A body is refused at its head, and the reply is complete. If the client does not wait for that but sends,
// it goes out behind the body, nothing of which is kept: closing a connection while bytes arrive resets it,
// and the answer is lost.
static enum MHD_Result refuse_body(exchange *x) {
  x->reply.close = true;
  bool waits = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Expect") != NULL;
  if (x->declared > SWALLOW || waits) return send_reply(x);
  x->state = X_REFUSED;
  x->body_started_ms = now_ms(x->server);
  return MHD_YES;
}

static enum MHD_Result take_header(void *user, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                   const char *value, size_t value_len) {
  (void)kind;
  return guard_header(user, name, name_len, value, value_len) ? MHD_YES : MHD_NO;
}

// What is refused for an early header is told as the later ones ask for it.
static void know_reader(exchange *x) {
  request *r = &x->request;
  if (!r->accept) r->accept = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Accept");
  if (!r->accept_language)
    r->accept_language = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Accept-Language");
}

static enum MHD_Result headers_arrived(exchange *x, const char *verb, const char *version) {
  server *s = x->server;
  x->interim = !strcmp(version, "HTTP/1.1");
  intake in = {.request = &x->request, .fault = &x->call.ctx.fault};
  MHD_get_connection_values_n(x->connection, MHD_HEADER_KIND, take_header, &in);
  if (!guard_check(&s->guard, &in, verb, version, &x->declared)) {
    know_reader(x);
    return refuse(x, ERR_bad_header, "malformed");
  }
  if (!call_admit(&x->call)) {
    if (x->declared) return refuse_body(x);
    x->state = X_REFUSED;
    return MHD_YES;
  }
  x->limit = call_body_limit(&x->call);
  if (x->declared && !call_takes_body(&x->call, x->declared > 0 ? (uint64_t)x->declared : 0)) {
    problem_write(&x->call);
    return refuse_body(x);
  }
  x->state = X_BODY;
  x->body_started_ms = now_ms(s);
  return MHD_YES;
}

// Makes room for n more bytes: as many as have arrived, doubled, so that a length that is only claimed costs
// nothing; of a long body that really comes, sixteen times as many, for each growth moves what is there.
static bool grow_body(exchange *x, size_t n) {
  enum { LONG_BODY = 4 << 20 };
  fault *f = &x->call.ctx.fault;
  size_t need = (size_t)x->received + n, cap = x->body_cap ? x->body_cap : 4096;
  size_t growth = x->declared > 0 && x->received >= LONG_BODY ? 16 : 2;
  while (cap < need) cap *= growth;
  if (x->declared > 0 && cap > (size_t)x->declared && (size_t)x->declared >= need) cap = (size_t)x->declared;
  if (!budget_charge(x->server->app->memory, cap - x->body_cap, f)) return false;
  char *grown = mem_realloc(x->body, cap);
  if (!grown) {
    budget_release(x->server->app->memory, cap - x->body_cap);
    return fail(f, ERR_out_of_memory, "there is no memory for the body");
  }
  x->body = grown;
  x->body_cap = cap;
  return true;
}

// A client that goes on sending what was refused is told so and left. MHD takes no answer in the middle of a
// body, and nothing of an answer has been sent yet.
static enum MHD_Result cut_off(exchange *x) {
  char head[2 * REPLY_TEXT], id[REQUEST_ID];
  reply *r = &x->reply;
  if (x->state != X_REFUSED) problem_write(&x->call);
  const char *bytes = r->fixed ? r->fixed : r->body.data;
  size_t n = r->fixed ? r->fixed_len : r->body.len;
  struct iovec parts[] = {{head, reply_head(r, request_id(&x->request, id), n, head, sizeof head)},
                          {(void *)(uintptr_t)bytes, n}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  ssize_t sent = sendmsg(x->peer ? x->peer->fd : -1, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  (void)sent; // it is closed either way
  return MHD_NO;
}

// Keeps n more bytes of the body, or nothing of it once it is refused.
static void keep_body(exchange *x, const char *data, size_t n) {
  fault *f = &x->call.ctx.fault;
  if (!f->code && n > x->limit - x->received) call_takes_body(&x->call, x->received + n);
  if (!f->code && x->received + n > x->body_cap) grow_body(x, n);
  if (!f->code)
    memcpy(x->body + x->received, data, n);
  else if (x->body)
    drop_body(x);
}

static enum MHD_Result body_arrived(exchange *x, const char *data, size_t *size) {
  server *s = x->server;
  size_t n = *size;
  *size = 0;
  if (x->state != X_BODY && x->state != X_REFUSED) return MHD_YES;
  if (x->state == X_BODY) keep_body(x, data, n);
  x->received += n;
  if (x->state == X_BODY && x->call.ctx.fault.code && x->received > 2 * x->limit + KEEP_BYTES)
    return cut_off(x);
  if (x->state == X_REFUSED && x->received > SWALLOW) // in chunks, so nobody knew
    return x->call.ctx.fault.code ? cut_off(x) : MHD_NO;
  if (x->peer)
    x->peer->deadline_ms = x->body_started_ms + s->app->settings->header_s * 1000 + x->received / RATE_MS;
  return MHD_YES;
}

static bool run_job(job *j, bool may_hop) {
  exchange *x = (exchange *)((char *)j - offsetof(exchange, job));
  return call_run(&x->call, may_hop);
}

// Gives the call to the pool. True: the reply is complete; false: job_ended follows.
static bool post_job(exchange *x) {
  const settings *set = x->server->app->settings;
  job *j = &x->job;
  j->strand = x->call.session ? x->server->app->hooks.strand_of(x->call.session) : NULL;
  j->stay = call_stays(&x->call);
  j->hop = call_hops(&x->call);
  switch (pool_post(x->server->pool, j)) {
  case POST_done: return true;
  case POST_later: return false;
  case POST_strand_full:
    call_refuse(&x->call, ERR_too_many_requests, "%llu requests are waiting in this session",
                (unsigned long long)set->session_queue);
    return true;
  case POST_full: break;
  }
  call_refuse(&x->call, ERR_overloaded, "%llu requests are waiting", (unsigned long long)set->queue);
  return true;
}

static void job_ended(job *j, stop why) {
  exchange *x = (exchange *)((char *)j - offsetof(exchange, job));
  if (!why && x->call.again && !x->gone && call_begin_again(&x->call) && !post_job(x)) return;
  if (why == STOP_deadline)
    call_refuse(&x->call, ERR_time_limit, "the request waited for its turn past its time limit");
  else if (why == STOP_shutdown)
    call_refuse(&x->call, ERR_overloaded, "the server is shutting down");
  else if (why)
    call_refuse(&x->call, ERR_time_limit, "the client left");
  call_finish(&x->call);
  x->job_live = false;
  if (!x->connection)
    give_back(x);
  else if (x->state == X_PARKED)
    x->state = X_READY;
  else if (x->state == X_WAITING)
    connection_resume(x, X_READY);
}

void connection_suspend(exchange *x, exchange_state state) {
  server *s = x->server;
  x->state = state;
  if (x->peer) x->peer->deadline_ms = 0;
  x->prev = NULL;
  x->next = s->suspended;
  if (s->suspended) s->suspended->prev = x;
  s->suspended = x;
  MHD_suspend_connection(x->connection);
  watch_suspended(s);
}

void connection_resume(exchange *x, exchange_state state) {
  server *s = x->server;
  if (x->prev)
    x->prev->next = x->next;
  else
    s->suspended = x->next;
  if (x->next) x->next->prev = x->prev;
  x->state = state;
  s->wants_pump = true;
  MHD_resume_connection(x->connection);
}

// Runs an admitted request whose body is there. True: the reply is complete; false: it will be, after a
// resume.
static bool run_request(exchange *x) {
  server *s = x->server;
  job *j = &x->job;
  x->request.body = x->received ? x->body : NULL;
  x->request.body_len = (size_t)x->received;
  x->request.body_block = &x->body;
  if (!call_begin(&x->call)) return true;
  if (call_aside(&x->call)) return call_run(&x->call, false);
  j->run = run_job;
  j->ended = job_ended;
  j->deadline_ms = now_ms(s) + s->app->settings->deadline_s * 1000;
  x->call.ctx.stop = &j->stop;
  return post_job(x);
}

static enum MHD_Result request_arrived(exchange *x) {
  if (x->call.ctx.fault.code) return refuse(x, x->call.ctx.fault.code, "refused");
  if (!run_request(x)) {
    x->state = X_PARKED;
    x->job_live = true;
    return MHD_YES;
  }
  x->reader = x->call.reader;
  x->call.reader = NULL;
  call_finish(&x->call);
  return send_reply(x);
}

enum MHD_Result connection_access(void *user, struct MHD_Connection *c, const char *url, const char *verb,
                                  const char *version, const char *data, size_t *size, void **context) {
  (void)url;
  exchange *x = *context;
  if (!x) return MHD_queue_response(c, 503, ((server *)user)->leaving); // there was no memory for it
  if (x->state == X_NEW) return headers_arrived(x, verb, version);
  if (*size) return body_arrived(x, data, size);
  switch (x->state) {
  case X_BODY: return request_arrived(x);
  case X_PARKED: connection_suspend(x, X_WAITING); return MHD_YES;
  case X_REFUSED:
  case X_READY: return send_reply(x);
  case X_ABANDONED: return send_abandoned(x);
  default: return MHD_YES;
  }
}

static void note(const exchange *x) {
  const server *s = x->server;
  const reply *r = &x->reply;
  char id[REQUEST_ID];
  uint64_t ns = clock_ns() - x->started_ns; // how long an answer goes on does not tell how long it took
  metrics_count(&s->app->metrics, x->call.route, r->status, r->endless ? x->answered_ns - x->started_ns : ns,
                x->received,
                r->endless ? x->streamed
                : r->fixed ? r->fixed_len
                           : r->body.len);
  log_level level = r->status >= 500 && r->status != 501 ? LOG_warn : LOG_info; // 501 is the client's doing
  if (!log_on(level)) return;
  char path[LOG_VALUE + 2]; // without the query, which may hold somebody's data
  size_t n = strcspn(x->request.target, "?");
  if (n >= sizeof path) n = sizeof path - 1;
  memcpy(path, x->request.target, n);
  path[n] = 0;
  LOG(level, log_msg("request"), log_text("id", request_id(&x->request, id)),
      log_text("method", METHOD_NAMES[x->request.method]), log_text("path", path),
      log_number("status", (uint64_t)r->status), log_number("us", ns / 1000), log_number("in", x->received));
}

void connection_completed(void *user, struct MHD_Connection *c, void **context,
                          enum MHD_RequestTerminationCode code) {
  (void)user, (void)c;
  exchange *x = *context;
  *context = NULL;
  if (!x) return;
  server *s = x->server;
  if (x->peer) {
    x->peer->exchange = NULL;
    x->peer->deadline_ms = now_ms(s) + s->app->settings->idle_s * 1000;
  }
  if (x->state >= X_ANSWERED && !x->job_live) note(x);
  if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK) s->app->metrics.clients_gone += x->state < X_ANSWERED;
  stream_close(x);
  x->connection = NULL;
  if (!x->job_live) give_back(x);
}

void connection_notify(void *user, struct MHD_Connection *c, void **context,
                       enum MHD_ConnectionNotificationCode code) {
  server *s = user;
  peer *p = *context;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    int fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    if (!(p = mem_zalloc(sizeof *p))) {
      shutdown(fd, SHUT_RDWR); // without a place to keep its deadline
      return;
    }
    *context = p;
    p->fd = fd;
    p->deadline_ms = now_ms(s) + s->app->settings->header_s * 1000;
    p->next = s->peers;
    if (p->next) p->next->prev = p;
    s->peers = p;
    return;
  }
  s->wants_pump = true; // at the connection limit MHD listens again only when it is next run
  if (!p) return;
  if (p->prev)
    p->prev->next = p->next;
  else
    s->peers = p->next;
  if (p->next) p->next->prev = p->prev;
  *context = NULL;
  mem_free(p);
}
