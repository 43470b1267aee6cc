#include "http/call.h"
#include "http/follow.h"
#include "http/problem.h"
#include "wire/control.h"
#include <strings.h>

void call_init(call *c, app *a, const request *r, reply *rep) {
  c->app = a;
  c->request = r;
  c->reply = rep;
  rep->body.budget = a->memory; // as it was before, if there is memory left of the last answer
  rep->body.stop = NULL;
  fault_clear(&c->ctx.fault);
  c->ctx.budget = a->memory;
  c->ctx.stop = NULL;
  c->route = NULL;
  c->session = NULL;
  c->may_hop = c->again = c->changed = false;
  c->state = NULL;
  c->state_free = NULL;
  c->as = AS_json;
  c->extras = 0;
  c->extra_json = (buffer){.budget = a->memory};
  c->keys = NULL;
  c->ticket = 0;
  c->hub = NULL;
  c->trace = NULL;
  c->failure = (buffer){0};
  c->reader = NULL;
}

bool call_offer(call *c, const representation *offers, int n) {
  return negotiate(c->request, offers, n, &c->as, &c->ctx.fault);
}

void call_answer(call *c, int status) {
  c->reply->status = status;
  c->reply->content_type = negotiate_type(c->as);
}

bool call_chinese(call *c) {
  bool chinese = negotiate_chinese(c->request);
  reply_header_text(c->reply, "Content-Language", chinese ? "zh" : "en");
  reply_vary(c->reply, "Accept-Language");
  return chinese;
}

outcome call_fail(call *c, err code, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vfail(&c->ctx.fault, code, format, args);
  va_end(args);
  return DONE;
}

void call_extra(call *c, const char *name, int64_t number) {
  if (c->extras == CALL_EXTRAS) return;
  c->extra[c->extras].name = name;
  c->extra[c->extras++].number = number;
}

// A reply that lost bytes on the way is not sent. The body grows by doubling, so near its limit the limit was
// met.
static void check_body(call *c) {
  buffer *body = &c->reply->body;
  if (!body->failed || ctx_stopped(&c->ctx)) return;
  if (body->over_budget)
    call_fail(c, ERR_overloaded, "there is no memory left for the answer");
  else if (body->limit && body->cap >= body->limit / 2)
    call_fail(c, ERR_quota_exceeded, "the answer would be larger than %zu bytes: ask for a part of it",
              body->limit);
  else
    call_fail(c, ERR_out_of_memory, "there is no memory for the answer");
}

static bool complete(call *c) {
  buffer *body = &c->reply->body;
  if (c->as == AS_json && body->len && body->data[body->len - 1] == '}') buffer_putc(body, '\n');
  check_body(c);
  if (c->ctx.fault.code) problem_write(c);
  return false;
}

void call_refuse(call *c, err code, const char *format, ...) {
  va_list args;
  fault_clear(&c->ctx.fault);
  va_start(args, format);
  vfail(&c->ctx.fault, code, format, args);
  va_end(args);
  problem_write(c);
}

static bool answer_options(call *c, unsigned methods) {
  char allow[64];
  c->reply->status = 204;
  reply_header(c->reply, "Allow", "%s", route_allow(methods, allow));
  return false;
}

bool call_admit(call *c) {
  const request *r = c->request;
  app *a = c->app;
  route_match m;
  router_find(&a->router, r, &m);
  c->route = m.route;
  memcpy(c->arg, m.arg, sizeof c->arg);
  bool open = m.route && (m.route->flags & OPEN);
  if (a->token_bytes && !open && r->method != METHOD_OPTIONS && !app_token_ok(a, r->authorization)) {
    call_fail(c, ERR_token_needed, "send the header `Authorization: Bearer TOKEN`");
    complete(c);
    reply_header(c->reply, "WWW-Authenticate", "Bearer");
    return false;
  }
  if (r->method == METHOD_OPTIONS && (m.allowed || r->asterisk))
    return answer_options(c, r->asterisk ? (1u << METHOD_COUNT) - 1 : m.allowed);
  if (!m.route && m.allowed) {
    char allow[64];
    call_fail(c, ERR_method_not_allowed, "%s is not a method of %.200s, which has %s",
              METHOD_NAMES[r->method], r->target, route_allow(m.allowed, allow));
    complete(c);
    reply_header_text(c->reply, "Allow", allow);
    return false;
  }
  if (!m.route)
    call_fail(c, ERR_not_found, "there is nothing at %.200s", r->target);
  else if (a->draining && !open)
    call_fail(c, ERR_overloaded, "the server is shutting down");
  return !c->ctx.fault.code || complete(c);
}

bool call_binary(const char *type) {
  static const char *const TYPES[] = {"application/octet-stream", "application/x-npy", "application/zip",
                                      "application/x-safetensors"};
  for (size_t i = 0; type && i < sizeof TYPES / sizeof *TYPES; i++) {
    size_t n = strlen(TYPES[i]);
    if (!strncasecmp(type, TYPES[i], n) && (!type[n] || type[n] == ';' || type[n] == ' ')) return true;
  }
  return false;
}

uint64_t call_body_limit(const call *c) {
  if (c->route->body == NONE) return 0;
  const settings *s = c->app->settings;
  if (c->route->body == CONTROL) return s->max_body < CONTROL_MAX ? s->max_body : CONTROL_MAX;
  bool binary = c->route->body == BINARY && call_binary(c->request->content_type);
  return binary ? s->max_binary_body : s->max_body;
}

bool call_takes_body(call *c, uint64_t n) {
  uint64_t limit = call_body_limit(c);
  const char *encoding = c->request->content_encoding;
  fault *f = &c->ctx.fault;
  if (!limit) return !n || fail(f, ERR_body_too_large, "no body is taken here: %s", c->route->doc);
  if (n > limit)
    return fail(f, ERR_body_too_large, "the body is larger than %llu bytes", (unsigned long long)limit);
  return !encoding || !strcasecmp(encoding, "identity") ||
         fail(f, ERR_unsupported_media_type,
              "Content-Encoding %.64s is not taken here: send the body as it is", encoding);
}

static bool find_session(call *c) {
  const session_hooks *h = &c->app->hooks;
  bool must_exist = c->route->kind != SESSION_OR_NONE;
  if (h->find)
    c->session = h->find(c->app, c->arg[0], must_exist, &c->ctx.fault);
  else if (must_exist)
    fail(&c->ctx.fault, ERR_session_unknown, "there is no session %.64s", c->arg[0]);
  return !c->ctx.fault.code;
}

// Claims the request's idempotency key. False: the reply is complete.
static bool claim_key(call *c) {
  app *a = c->app;
  c->keys = a->keys;
  if (c->session && a->hooks.idempotency_of) {
    idempotency **slot = a->hooks.idempotency_of(c->session);
    if (!*slot && !(*slot = idempotency_new(&a->answers, IDEMPOTENCY_KEYS))) {
      call_fail(c, ERR_out_of_memory, "out of memory");
      return false;
    }
    c->keys = *slot;
  }
  return idempotency_claim(c->keys, c->request, c->reply, &c->ticket, &c->ctx.fault);
}

bool call_begin(call *c) {
  const request *r = c->request;
  c->reply->body.limit = c->extra_json.limit = c->app->settings->max_answer;
  bool of_session = c->route->kind != LOOP && c->route->kind != POOL;
  if (of_session && !find_session(c)) return complete(c);
  // Room for a short answer comes before any change: what is done is also answered.
  if (c->route->flags & MUTATES && !buffer_reserve(&c->reply->body, SHORT_ANSWER)) return complete(c);
  if (r->method == METHOD_POST && r->idempotency_key && !claim_key(c)) return complete(c);
  idempotency_relieve(&c->app->answers);
  return true;
}

bool call_begin_again(call *c) {
  c->again = false;
  c->app->hooks.release(c->app, c->session);
  c->session = NULL;
  return find_session(c) || complete(c);
}

bool call_aside(const call *c) { return c->route->kind == LOOP || c->route->kind == SESSION_ASIDE; }

bool call_stays(const call *c) {
  const route *at = c->route;
  return call_aside(c) || (at->flags & STAY) || (at->kind == SESSION_OR_NONE && !c->session);
}

bool call_hops(const call *c) {
  return !call_stays(c) && (!c->app->inline_us || c->request->body_len > INLINE_BODY);
}

// One that goes on where it stopped has been judged before.
static bool conditions_hold(call *c) {
  bool any = c->request->if_match || c->request->if_none_match;
  bool (*allows)(call *) = c->app->hooks.allows;
  return !any || c->state || !(c->route->flags & MUTATES) || !allows || allows(c);
}

bool call_run(call *c, bool may_hop) {
  c->may_hop = may_hop && !call_stays(c);
  c->reply->body.stop = c->ctx.stop;
  const session_hooks *h = &c->app->hooks;
  bool inside = c->session && !call_aside(c);
  if (inside && c->may_hop && h->told && h->told(c)) return false;
  if (!inside || !h->enter || h->enter(c)) {
    outcome o = conditions_hold(c) ? c->route->handle(c) : DONE;
    if (inside && h->leave) h->leave(c);
    if (o == HOP && !c->ctx.fault.code) {
      if (c->may_hop) return false;
      call_fail(c, ERR_internal, "a handler asked for a thread where there is none");
    }
  }
  if (!c->again) complete(c);
  if (c->hub) h->answered(c);
  return true;
}

void call_finish(call *c) {
  if (c->ticket) idempotency_settle(c->keys, c->ticket, c->reply, c->changed);
  c->ticket = 0;
  if (c->state_free && c->state) c->state_free(c->state);
  c->state = NULL;
  if (c->reader) follow_left(c->app, c->reader);
  c->reader = NULL;
  if (c->session) c->app->hooks.release(c->app, c->session);
  c->session = NULL;
  buffer_finish(&c->extra_json);
  buffer_finish(&c->failure);
}

void http_handle(app *a, const request *r, reply *rep) {
  call c;
  reply_clear(rep);
  call_init(&c, a, r, rep);
  if (call_admit(&c)) {
    if (r->body_len && !call_takes_body(&c, r->body_len))
      complete(&c);
    else if (call_begin(&c) && !call_run(&c, true))
      call_run(&c, false);
  }
  call_finish(&c);
}
