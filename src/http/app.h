// app.h - the service without its sockets: what every request can see. One a process, owned by main.
//
// Loop thread only; a handler on a pool thread may read `settings` and charge `memory`, nothing else.
#pragma once
#include "base/budget.h"
#include "base/option.h"
#include "http/hub.h"
#include "http/idempotency.h"
#include "http/metrics.h"
#include "http/route.h"
#include "work/strand.h"

#ifndef GRADD_VERSION
#define GRADD_VERSION "0.1.0"
#endif

typedef struct app app;

// How requests reach sessions; http knows nothing else of them. With find NULL every session is unknown.
// All run on the loop thread, but for enter.
typedef struct session_hooks {
  // find looks a session up and holds it until release. NULL with a fault (session_unknown, session_expired,
  // bad_name), or without one when there is none and must_exist is false.
  void *(*find)(app *a, const char *name, bool must_exist, fault *f);
  void (*release)(app *a, void *session);
  strand *(*strand_of)(void *session);
  idempotency **(*idempotency_of)(void *session); // a slot the session frees with idempotency_free
  // enter, if given, is called on the strand each time before a handler runs (so also on a pool thread): it
  // may refuse (the session was deleted while the request waited; a SESSION_OR_NONE request is to begin
  // again then), set call->ctx.budget, and note the session's use.
  bool (*enter)(struct call *c);
  // allows, if given, follows enter once for every request that changes something and says when: false with
  // version_changed if its If-Match or If-None-Match forbids it.
  bool (*allows)(struct call *c);
  // told, if given, says whether the request is told to those who follow its session, and so is not tried on
  // the loop thread; answered follows such a request, on its strand, when the reply is complete.
  bool (*told)(const struct call *c);
  void (*answered)(struct call *c);
  // leave, if given, follows every handler that enter let in, on the same thread.
  void (*leave)(struct call *c);
  // gauges, if given, fills in what /metrics and /v1 tell of sessions.
  void (*gauges)(app *a, session_gauges *out);
  // expire, if given, is called a few times a second.
  void (*expire)(app *a);
} session_hooks;

struct app {
  const settings *settings; // borrowed
  budget *memory;           // borrowed: the process budget
  session_hooks hooks;
  void *sessions;        // the hooks' own
  session_gauges totals; // theirs: of the open sessions
  unsigned ops;          // how many GET /v1/ops lists, for GET /v1
  router router;
  metrics metrics;
  idempotency_shelf answers;                    // of all idempotency keys
  hubs hubs;                                    // of sessions that are followed
  idempotency *keys;                            // owned: of requests that name no session
  unsigned inline_us;                           // as the option
  void (*look)(void *server, metrics_now *now); // fills in what only the server knows; may be NULL
  bool (*later)(void *server, job *j);          // gives a job to the pool; false: not taken. May be NULL
  void *server;
  bool leaving;  // /readyz says so; work is still taken
  bool draining; // and now it is not
  uint64_t next_id;
  char *token;        // owned: the accepted bearer tokens, each with its NUL
  size_t token_bytes; // 0 = none is asked for
};

// app_init readies a; the table is ROUTES, or a test's own. Reads settings->token_file. app_finish frees.
bool app_init(app *a, const settings *s, budget *memory, const route_table *table, fault *f);
void app_finish(app *a);

// app_token_ok says whether an Authorization value bears an accepted token; it takes as long for any wrong
// one.
bool app_token_ok(const app *a, const char *authorization);
