// sessions.c - sessions as a resource, and the hooks that bring requests to them.
#include "http/sessions.h"
#include "base/clock.h"
#include "base/mem.h"
#include "http/body.h"
#include "http/etag.h"
#include "http/follow.h"
#include "http/handlers.h"
#include "http/page_options.h"
#include "wire/control.h"
#include "wire/document.h"
#include <string.h>
#include <sys/random.h>

enum { SWEPT = 2000 };       // how many sessions a sweep looks at
enum { RETIRED_HERE = 500 }; // how many nodes and names of a session are freed at its end on the loop thread

// What the service keeps with each session.
struct room {
  strand strand;
  idempotency *keys;
  follow follow;
  atomic_size_t nodes, tensors; // as of the last request: other threads may look at these
  session_gauges counted;       // what of it is in the totals
  job freeing;                  // at its end
  session *session;
  app *app;
};

static struct room *room_of(const session *s) { return s->extra; }
follow *session_follow(const session *s) { return &room_of(s)->follow; }
static registry *registry_of(const app *a) { return a->sessions; }
static int64_t now(void) { return (int64_t)clock_ms(); }

// ---- the end of a session

static struct room *room_of_job(job *j) {
  return (struct room *)((char *)j - offsetof(struct room, freeing));
}

static bool free_graph(job *j, bool may_hop) {
  (void)may_hop;
  session_finish(room_of_job(j)->session);
  return true;
}

static void freed(job *j, stop why) {
  struct room *r = room_of_job(j);
  if (why) session_finish(r->session); // it never ran
  registry_free(registry_of(r->app), r->session);
}

// Puts what a session has now into the totals, in place of what it had.
static void count(app *a, session *s, session_gauges now_has) {
  session_gauges *was = &room_of(s)->counted;
  a->totals.nodes += now_has.nodes - was->nodes;
  a->totals.tensors += now_has.tensors - was->tensors;
  a->totals.bytes += now_has.bytes - was->bytes;
  *was = now_has;
}

static size_t retire(void *user, session *s) {
  app *a = user;
  struct room *room = room_of(s);
  count(a, s, (session_gauges){0});
  idempotency_free(room->keys);
  follow_end(&room->follow);
  room->session = s;
  room->app = a;
  room->freeing = (job){.run = free_graph, .ended = freed, .hop = true};
  size_t much = s->ag.nodes + s->n_bindings;
  if (much > RETIRED_HERE && a->later && a->later(a->server, &room->freeing)) return 0;
  session_finish(s);
  registry_free(registry_of(a), s);
  return much;
}

// ---- hooks

static void *find(app *a, const char *name, bool must_exist, fault *f) {
  if (name_valid(name, strlen(name), false))
    return registry_hold(registry_of(a), name, now(), must_exist ? f : NULL);
  fail(f, ERR_bad_name, "'%.80s' is not a session's name: an identifier of at most 64 bytes", name);
  return NULL;
}

static void release(app *a, void *held) {
  session *s = held;
  struct room *r = room_of(s);
  count(a, s,
        (session_gauges){.nodes = atomic_load_explicit(&r->nodes, memory_order_relaxed),
                         .tensors = atomic_load_explicit(&r->tensors, memory_order_relaxed),
                         .bytes = budget_used(&s->budget)});
  registry_touch(registry_of(a), s, now());
  registry_release(registry_of(a), s);
}

static strand *strand_of(void *s) { return &room_of(s)->strand; }
static idempotency **idempotency_of(void *s) { return &room_of(s)->keys; }

static bool told(const call *c) { return follow_wanted(c, session_follow(call_session(c))); }

static bool enter(call *c) {
  session *s = c->session;
  if (s->closed && c->route->kind == SESSION_OR_NONE) {
    c->again = true; // by now the name may be free, or another session's, which has a strand of its own
    return false;
  }
  if (s->closed) {
    fail(&c->ctx.fault, ERR_session_unknown, "session '%s' was deleted while the request waited", s->name);
    return false;
  }
  c->ctx.budget = &s->budget;
  s->ag.ctx.stop = c->ctx.stop;
  if (!c->state) session_drop_temporaries(s); // of a batch that was refused while it waited
  follow_enter(c, s, session_follow(s));
  return true;
}

static void leave(call *c) {
  session *s = c->session;
  scope_leave(&s->ag, 0, NULL);
  fault *f = session_fault(s);
  if (f->code && !c->ctx.fault.code) c->ctx.fault = *f;
  fault_clear(f);
  follow_leave(c);
  s->ag.ctx.stop = NULL;
  c->ctx.budget = c->app->memory;
  atomic_store_explicit(&room_of(s)->nodes, s->ag.nodes, memory_order_relaxed);
  atomic_store_explicit(&room_of(s)->tensors, s->n_bindings, memory_order_relaxed);
}

static void gauges(app *a, session_gauges *out) {
  *out = a->totals;
  out->sessions = registry_count(registry_of(a));
}

static void expire(app *a) {
  registry_expire(registry_of(a), now(), SWEPT, FREED_HERE);
  follow_sweep(a);
}

bool sessions_start(app *a) {
  const settings *o = a->settings;
  limits l = {.session_bytes = o->session_memory,
              .session_nodes = o->session_nodes,
              .session_tensors = o->session_tensors,
              .sessions = o->max_sessions,
              .ttl_s = (uint32_t)o->session_ttl_s};
  a->hooks = (session_hooks){.find = find,
                             .release = release,
                             .strand_of = strand_of,
                             .idempotency_of = idempotency_of,
                             .enter = enter,
                             .allows = etag_conditions,
                             .leave = leave,
                             .told = told,
                             .answered = follow_answered,
                             .gauges = gauges,
                             .expire = expire};
  return (a->sessions = registry_create(a->memory, &l, sizeof(struct room), retire, a)) != NULL;
}

void sessions_stop(app *a) {
  registry_destroy(a->sessions);
  a->sessions = NULL;
}

// ---- the resource

static uint64_t random_seed(void) {
  uint64_t seed;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed) seed = clock_ns();
  return seed >> 11; // 53 bits: exact in every JSON reader
}

static void apply(session *s, const session_options *o) {
  if (o->has_ttl) s->ttl_ms = o->ttl_ms;
  if (o->has_seed) session_reseed(s, (uint64_t)o->seed);
  if (o->dtype != DT_none) s->ag.default_dtype = o->dtype;
}

static outcome answer(call *c, session *s, int status) {
  json_writer w = {.out = &c->reply->body};
  call_answer(c, status);
  document_session(&w, s, s->ttl_ms);
  if (status == 201) reply_location(c->reply, s->name, NULL, 0);
  return DONE;
}

// What every method on a session asks of the request.
static bool accepts(call *c) {
  static const char *const KNOWN[] = {"as", NULL};
  return CALL_OFFER(c, AS_json) && request_params_known(c->request, KNOWN, &c->ctx.fault);
}

static bool options_from(call *c, session_options *o) {
  const request *r = c->request;
  body_type type;
  if (r->body_len && !body_type_of(c, 1u << BODY_json, &type)) return false;
  return session_options_read(r->body, r->body_len, o, &c->ctx.fault);
}

// Makes a session and answers with it.
static outcome make(call *c, const char *name, const session_options *o) {
  app *a = c->app;
  session *s = registry_make(registry_of(a), name, o->has_seed ? (uint64_t)o->seed : random_seed(), now(),
                             &c->ctx.fault);
  if (!s) return DONE;
  apply(s, o);
  answer(c, s, 201);
  registry_release(registry_of(a), s);
  return DONE;
}

outcome sessions_post(call *c) {
  session_options o;
  char name[NAME_MAX_BYTES + 1];
  if (!accepts(c) || !options_from(c, &o)) return DONE;
  registry_random_name(name);
  return make(c, name, &o);
}

outcome session_put(call *c) {
  session_options o;
  session *s = c->session;
  if (!accepts(c) || !options_from(c, &o)) return DONE;
  if (!s) return make(c, c->arg[0], &o);
  apply(s, &o);
  return answer(c, s, 200);
}

outcome session_get(call *c) { return accepts(c) ? answer(c, c->session, 200) : DONE; }

outcome session_patch(call *c) {
  session_options o;
  if (!accepts(c)) return DONE;
  if (!c->request->body_len) return call_fail(c, ERR_bad_json, "a body is needed");
  if (!options_from(c, &o)) return DONE;
  apply(c->session, &o);
  return answer(c, c->session, 200);
}

outcome session_delete(call *c) {
  if (!accepts(c)) return DONE;
  registry_close(registry_of(c->app), c->session);
  follow_closed(c->app, c->session, session_follow(c->session));
  c->reply->status = 204;
  return DONE;
}

static void add_line(json_writer *w, const session *s) {
  int64_t left = s->used_ms + s->ttl_ms - now();
  json_begin_object(w);
  json_add_key(w, "name");
  json_add_text(w, s->name);
  json_add_key(w, "tensors");
  json_add_i64(w, (int64_t)atomic_load_explicit(&room_of(s)->tensors, memory_order_relaxed));
  json_add_key(w, "nodes");
  json_add_i64(w, (int64_t)atomic_load_explicit(&room_of(s)->nodes, memory_order_relaxed));
  json_add_key(w, "bytes");
  json_add_i64(w, (int64_t)budget_used(&s->budget));
  json_add_key(w, "expires_in_s");
  json_add_f64(w, (double)(left > 0 ? left : 0) / 1000);
  json_end_object(w);
}

outcome sessions_get(call *c) {
  static const char *const KNOWN[] = {"prefix", "limit", "cursor", "as", NULL};
  page_options page;
  session *found[PAGE_MOST + 1]; // one more than are shown tells that there are more
  if (!CALL_OFFER(c, AS_json) || !request_params_known(c->request, KNOWN, &c->ctx.fault) ||
      !page_options_read(c->request, &page, &c->ctx.fault))
    return DONE;
  size_t most = (size_t)page.limit,
         n = registry_page(registry_of(c->app), page.prefix, page.cursor, now(), found, most + 1);
  json_writer w = {.out = &c->reply->body};
  call_answer(c, 200);
  json_begin_object(&w);
  json_add_key(&w, "sessions");
  json_begin_array(&w);
  for (size_t i = 0; i < n && i < most; i++) add_line(&w, found[i]);
  json_end_array(&w);
  json_add_key(&w, "next");
  if (n > most)
    json_add_text(&w, found[most - 1]->name);
  else
    json_add_null(&w);
  json_end_object(&w);
  return DONE;
}
