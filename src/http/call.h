// call.h - one request on its way through the service, and what a handler is given.
//
// A handler reads c->request, fills c->reply and returns DONE, or leaves a fault in c->ctx.fault and returns
// DONE: the fault becomes the problem answer, and whatever was in the reply goes. See route.h for HOP.
#pragma once
#include "base/ctx.h"
#include "http/app.h"
#include "http/negotiate.h"

enum { CALL_EXTRAS = 4, INLINE_BODY = 64 * 1024, SHORT_ANSWER = 2048 };

typedef struct call {
  app *app;
  const request *request;
  reply *reply;
  ctx ctx; // budget: the process's, unless hooks.enter sets the session's
  const route *route;
  const char *arg[ROUTE_ARGS]; // what {…} of the pattern took
  void *session;               // held; NULL for LOOP and POOL rows and where there is none
  bool may_hop;
  bool again;   // its session ended while it waited: call_begin_again
  bool changed; // something was: the idempotency key keeps the answer, even one that says "try again"
  void *state;  // the handler's own between its two calls,
  void (*state_free)(void *); // freed with this, if set, when the call ends however it ends
  representation as;          // what call_offer chose
  // Members a problem answer gets besides the usual: whole numbers (step, line, column), and raw JSON
  // (`"printed":[…]`, without a comma at either end).
  struct {
    const char *name; // static
    int64_t number;
  } extra[CALL_EXTRAS];
  int extras;
  buffer extra_json; // owned; as large as an answer at most
  // The call's own.
  idempotency *keys;
  unsigned ticket;
  struct hub *hub;       // while it runs in a session that is followed: who is told,
  struct trace *trace;   // what tells of what it computes,
  buffer failure;        // and what failed, as a JSON object
  struct reader *reader; // owned, of an answer that goes on; the server takes it
} call;

// For handlers.

// call_offer negotiates among the offers, best first; false: return DONE.
bool call_offer(call *c, const representation *offers, int n);
#define CALL_OFFER(c, ...)                                                                                   \
  call_offer((c), (const representation[]){__VA_ARGS__},                                                     \
             sizeof((representation[]){__VA_ARGS__}) / sizeof(representation))

// call_long says whether work estimated at `us` microseconds should leave the loop thread: return HOP then.
static inline bool call_long(const call *c, double us) { return c->may_hop && us >= c->app->inline_us; }

// call_answer sets the status and the content type of c->as (json if nothing was negotiated).
void call_answer(call *c, int status);
// call_fail is fail() on the call's fault, returning DONE.
outcome call_fail(call *c, err code, const char *format, ...) __attribute__((format(printf, 3, 4), cold));
void call_extra(call *c, const char *name, int64_t number);

// call_binary says whether a body of that content type (NULL: none given) is no text.
bool call_binary(const char *type);

// call_chinese says whether the reader prefers Chinese, and tells the answer's language in its headers.
bool call_chinese(call *c);

// For the server, in this order. Loop thread, but for call_run without may_hop.

void call_init(call *c, app *a, const request *r, reply *rep);
// call_admit decides what the headers alone decide: route, method, token, draining. False: the reply is
// complete.
bool call_admit(call *c);
// call_body_limit is the largest body the admitted request may have.
uint64_t call_body_limit(const call *c);
// call_takes_body says whether the admitted request may have a body, of n bytes as far as is known. False:
// body_too_large, unsupported_media_type.
bool call_takes_body(call *c, uint64_t n);
// call_begin looks up session and idempotency key. False: the reply is complete.
bool call_begin(call *c);
// call_begin_again, after call_run has set c->again, looks for another session of that name, or none. False:
// the reply is complete.
bool call_begin_again(call *c);
// call_aside says whether the handler is called at once, on the loop thread, and needs no strand.
bool call_aside(const call *c);
// call_stays says whether the handler may run on the loop thread only; call_hops, whether it goes to a thread
// without being tried on the loop: a long body, or no inline time at all.
bool call_stays(const call *c);
bool call_hops(const call *c);
// call_run runs the handler. False: it wants a thread (only with may_hop). True: the reply is complete, or
// c->again is set.
bool call_run(call *c, bool may_hop);
// call_refuse completes the reply with an error instead of running (again).
void call_refuse(call *c, err code, const char *format, ...) __attribute__((format(printf, 3, 4)));
// call_finish keeps the answer for its idempotency key and lets go of everything but the reply.
void call_finish(call *c);

// http_handle runs a request from start to end in this thread: no sockets, no pool. A handler that hops is
// called again at once. The guard (guard.h) is not part of it.
void http_handle(app *a, const request *r, reply *rep);
