// route.h - routes.def as data, and the search in it.
#pragma once
#include "http/exchange.h"

struct call;

// An outcome says whether the answer is complete. HOP, allowed while call->may_hop is set, means that the
// work left is too long for the loop thread: the handler is called again, on a thread of the pool, with
// may_hop cleared and call->state as it left it. Before a HOP nothing may have been changed that the second
// call cannot resume from, because the request may still be refused (the queue is full) or stopped while it
// waits.
typedef enum outcome { DONE, HOP } outcome;
typedef outcome handler(struct call *c);

typedef enum route_kind {
  LOOP,            // answered on the loop thread
  POOL,            // may hop to a thread, ordered with nothing
  SESSION,         // runs on the strand of session {s}, which must exist
  SESSION_OR_NONE, // the same if it exists; on the loop thread with no session otherwise
  SESSION_ASIDE,   // on the loop thread, whatever session {s}, which must exist, does: it leaves that alone
} route_kind;

typedef enum body_kind { NONE, CONTROL, JSON, BINARY } body_kind; // which size limit a request body has

enum {
  OPEN = 1,    // needs no token, and is answered while the server drains
  STAY = 2,    // on its session's strand, but never leaves the loop thread
  MUTATES = 4, // changes something
  PARTS = 64,  // does so part by part: what was done before it failed stands
  // What If-Match and If-None-Match of a write speak of; without one of these the target has no version.
  TAG_TENSOR = 8,    // tensor {t}
  TAG_GRAD = 16,     // its gradient
  TAG_ARGUMENT = 32, // the tensor that an in-place op changes: only the handler knows it
};

enum { ROUTE_ARGS = 4, ROUTE_DEPTH = 10 };

typedef struct route {
  const char *name;
  unsigned methods;    // bit per method
  const char *pattern; // /v1/sessions/{s}/tensors/{t}: {…} takes one segment of any text
  route_kind kind;
  handler *handle;
  body_kind body;
  unsigned flags;
  const char *doc;
} route;

typedef struct route_table {
  const route *rows;
  int count;
} route_table;
extern const route_table ROUTES;

// A table made ready for searching: where the segments of each pattern are.
enum { ROUTES_MAX = 160 };
typedef struct router {
  const route_table *table;
  struct {
    unsigned char depth;
    unsigned char at[ROUTE_DEPTH], len[ROUTE_DEPTH]; // in the pattern; len 0 = {…}
  } row[ROUTES_MAX];
} router;
void router_init(router *r, const route_table *table);

typedef struct route_match {
  const route *route;          // NULL: no such path, or (then allowed is set) not with this method
  unsigned allowed;            // when route is NULL: the methods of the path; 0 = no such path
  const char *arg[ROUTE_ARGS]; // the segments that {…} took, in order
} route_match;

void router_find(const router *r, const request *req, route_match *m);

// route_allow writes an Allow value ("GET, HEAD, OPTIONS") for a set of methods.
const char *route_allow(unsigned methods, char out[64]);
