#include "http/follow.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "http/handlers.h"
#include "http/sessions.h"
#include "wire/json_writer.h"
#include "wire/trace.h"
#include <stdlib.h>
#include <string.h>

// The text of a request is told up to so many bytes, and up to a part of what is kept of events.
enum { TEXT_MOST = 64 << 10, TEXT_SHARE = 8 };

static int64_t now(void) { return (int64_t)clock_ms(); }

static hub *hub_of(follow *f) { return atomic_load_explicit(&f->hub, memory_order_acquire); }

// ---- what a request tells

bool follow_wanted(const call *c, follow *f) { return hub_of(f) && c->route->flags & MUTATES; }

static void put(void *user, const char *what, const char *json, size_t n) {
  const call *c = user;
  hub_tell_slowly(c->hub, what, json, n, c->ctx.stop);
}
static void undo(void *user, uint64_t n) { hub_undo(((const call *)user)->hub, n); }

// What the request asked for, as whoever sent it wrote it down.
static void add_asked(json_writer *w, const call *c) {
  const request *r = c->request;
  size_t path = strcspn(r->target, "?"), most = c->app->settings->events_memory / TEXT_SHARE;
  if (r->target[path]) {
    json_add_key(w, "query");
    json_add_text(w, r->target + path + 1);
  }
  if (!r->body_len) return;
  const char *type =
      r->content_type && utf8_valid(r->content_type, strlen(r->content_type)) ? r->content_type : NULL;
  if (most > TEXT_MOST) most = TEXT_MOST;
  bool text = r->body_len <= most && !call_binary(type) && utf8_valid(r->body, r->body_len);
  json_add_key(w, "type");
  json_add_text_or_null(w, type);
  json_add_key(w, "body");
  if (text)
    json_add_string(w, r->body, r->body_len);
  else
    json_add_null(w);
  json_add_key(w, "body_bytes");
  json_add_i64(w, (int64_t)r->body_len);
}

// `status` 0: it begins.
static void tell_command(const call *c, int status) {
  buffer json = {.budget = c->app->memory};
  json_writer w = {.out = &json};
  const request *r = c->request;
  char id[REQUEST_ID];
  json_begin_object(&w);
  json_add_key(&w, "state");
  json_add_text(&w, status ? "finished" : "began");
  json_add_key(&w, "request_id");
  json_add_text(&w, request_id(r, id));
  json_add_key(&w, "method");
  json_add_text(&w, METHOD_NAMES[r->method]);
  json_add_key(&w, "path");
  json_add_string(&w, r->target, strcspn(r->target, "?"));
  if (status) {
    json_add_key(&w, "status");
    json_add_i64(&w, status);
  } else
    add_asked(&w, c);
  if (c->failure.len && !c->failure.failed) {
    json_add_key(&w, "error");
    json_add_raw(&w, c->failure.data, c->failure.len);
  }
  json_end_object(&w);
  hub_tell(c->hub, "command", json.failed ? NULL : json.data, json.len);
  buffer_finish(&json);
}

void follow_enter(call *c, session *s, follow *f) {
  if (!follow_wanted(c, f)) return;
  c->hub = hub_of(f);
  tell_command(c, 0);
  if (c->route->flags & STAY) return; // nothing of it is computed
  c->trace = trace_open_to(s, (trace_sink){put, undo, c});
  trace_attach(c->trace);
  if (c->trace) return;
  fault_clear(session_fault(s));
  hub_tell(c->hub, "step", NULL, 0); // there will be a gap
}

void follow_failed(call *c, const fault *f) {
  if (!c->hub || c->failure.len) return;
  c->failure = (buffer){.budget = c->app->memory};
  json_writer w = {.out = &c->failure};
  json_begin_object(&w);
  json_add_fault(&w, f);
  for (int i = 0; i < c->extras; i++) {
    json_add_key(&w, c->extra[i].name);
    json_add_i64(&w, c->extra[i].number);
  }
  const buffer *about = c->trace ? trace_failure(c->trace) : NULL;
  if (about) {
    json_add_key(&w, "failed");
    json_add_raw(&w, about->data, about->len);
  }
  json_end_object(&w);
}

void follow_leave(call *c) {
  if (!c->trace) return;
  if (c->ctx.fault.code) follow_failed(c, &c->ctx.fault);
  if (c->ctx.fault.code && !c->changed && !(c->route->flags & PARTS)) trace_undo(c->trace);
  trace_detach(c->trace);
  trace_close(c->trace);
  c->trace = NULL;
}

void follow_answered(call *c) {
  if (c->ctx.fault.code) follow_failed(c, &c->ctx.fault);
  tell_command(c, c->reply->status);
  buffer_finish(&c->failure);
  c->hub = NULL;
}

// ---- hubs

static void let_go(app *a, session *s, follow *f) {
  if (!f->held) return;
  f->held = false;
  a->hooks.release(a, s);
}

void follow_closed(app *a, session *s, follow *f) { let_go(a, s, f); }

void follow_end(follow *f) {
  hub *h = hub_of(f);
  atomic_store_explicit(&f->hub, NULL, memory_order_release);
  if (h) hub_close(h);
}

static void drop(follow *f) {
  f->told = hub_drop(hub_of(f)) - 1;
  atomic_store_explicit(&f->hub, NULL, memory_order_release);
}

void follow_sweep(app *a) {
  int64_t before = now() - (int64_t)a->settings->events_keep_s * 1000;
  for (hub *h = hub_idle(&a->hubs, NULL, before), *next; h; h = next) {
    next = hub_idle(&a->hubs, h, before);
    session *s = hub_session(h);
    if (!a->hooks.strand_of(s)->busy) drop(session_follow(s));
  }
}

void follow_left(app *a, reader *r) {
  hub *h = reader_hub(r);
  session *s = hub_session(h);
  bool last = s && hub_readers(h) == 1;
  reader_close(r, now());
  if (last) let_go(a, s, session_follow(s));
}

// ---- GET S/events

// The number after which to go on: the header, as EventSource sends it when it connects again, before the
// parameter, which it was opened with.
static bool place_of(call *c, reader_place *from) {
  const char *header = c->request->last_event_id, *text = header;
  fault *f = &c->ctx.fault;
  if (header && !*header) header = text = NULL; // who has seen no event yet may say so
  if (!text) text = request_param(c->request, "last_event_id");
  if (!text) return true;
  size_t digits = strspn(text, "0123456789");
  if (!digits || digits > 18 || text[digits])
    return header ? fail(f, ERR_bad_header, "Last-Event-ID is the number of an event, not '%.40s'", text)
                  : fail(f, ERR_bad_argument, "last_event_id is the number of an event, not '%.40s'", text);
  from->resumes = true;
  from->after = strtoull(text, NULL, 10);
  return true;
}

static bool room_left(call *c, const hub *h) {
  const settings *set = c->app->settings;
  fault *f = &c->ctx.fault;
  if (h && hub_readers(h) >= set->session_readers)
    return fail(f, ERR_too_many_requests, "%u clients follow this session, its limit", hub_readers(h));
  return c->app->hubs.readers < set->readers ||
         fail(f, ERR_overloaded, "%u clients follow sessions, the limit of the server", c->app->hubs.readers);
}

static bool open_reader(call *c, session *s, reader_place from) {
  follow *at = session_follow(s);
  hub *h = hub_of(at);
  app *a = c->app;
  fault *f = &c->ctx.fault;
  // Its head came before the port was closed, which ended all others.
  if (a->draining) return fail(f, ERR_overloaded, "the server is shutting down");
  if (!room_left(c, h)) return false;
  bool made = !h;
  hub_terms terms = {a->settings->events_memory, a->settings->events_wait_ms, at->told + 1};
  if (made && !(h = hub_open(&a->hubs, s, terms, f))) return false;
  c->reader = reader_open(h, from, f);
  if (!c->reader) {
    if (made) hub_drop(h);
    return false;
  }
  if (made) atomic_store_explicit(&at->hub, h, memory_order_release);
  if (!at->held) s->holds++;
  return at->held = true;
}

outcome events_get(call *c) {
  static const char *const KNOWN[] = {"as", "last_event_id", NULL};
  reader_place from = {0};
  if (!CALL_OFFER(c, AS_events, AS_jsonl) || !request_params_known(c->request, KNOWN, &c->ctx.fault) ||
      !place_of(c, &from))
    return DONE;
  from.lines = c->as == AS_jsonl;
  bool head = c->request->method == METHOD_HEAD;
  session *s = call_session(c);
  if (head ? !room_left(c, hub_of(session_follow(s))) : !open_reader(c, s, from)) return DONE;
  call_answer(c, 200);
  reply_header_text(c->reply, "X-Accel-Buffering", "no"); // proxies are to pass events on as they come
  c->reply->endless = true;
  return DONE;
}
