// sessions.h - the registry as the service sees it: hooks for call.h, and what every session handler needs.
#pragma once
#include "http/call.h"
#include "session/registry.h"

// sessions_start puts a registry behind app->hooks; false: out of memory. sessions_stop frees every session.
bool sessions_start(app *a);
void sessions_stop(app *a);

// session_follow is where what is followed of a session lies (follow.h).
struct follow *session_follow(const session *s);

static inline session *call_session(const call *c) { return c->session; }
// call_changed notes that what was asked for is done: it is answered then, whatever the time and wherever the
// client, and its idempotency key keeps the answer.
static inline void call_changed(call *c) {
  c->changed = true;
  c->ctx.stop = c->reply->body.stop = call_session(c)->ag.ctx.stop = NULL;
}
// How much estimated work (ns) a handler may begin where it is.
static inline uint64_t call_allowed_ns(const call *c) {
  return c->may_hop ? (uint64_t)c->app->inline_us * 1000 : UINT64_MAX;
}
// How many nodes and names may be freed on the loop thread; more are freed on another.
enum { FREED_HERE = 20000 };
// Whether letting go of a tensor could keep the loop thread: its graph may be all there is.
static inline bool call_frees_long(const call *c) {
  return c->may_hop && call_session(c)->ag.nodes > FREED_HERE;
}
