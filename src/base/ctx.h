// ctx.h - what every computation is handed: where bytes are charged, where failure is kept, when to stop.
#pragma once
#include "base/budget.h"
#include "base/fault.h"
#include <stdatomic.h>

typedef enum stop { STOP_no, STOP_deadline, STOP_client_gone, STOP_shutdown } stop;

typedef struct ctx {
  fault fault;
  budget *budget;         // borrowed
  const atomic_int *stop; // borrowed, may be NULL; a value of enum stop, set from another thread
} ctx;

// ctx_stopped reports a wish to stop: time_limit (or overloaded, at shutdown) is then the fault. Cheap: call
// it between graph nodes and every few milliseconds inside a long kernel.
static inline bool ctx_stopped(ctx *c) {
  if (__builtin_expect(!c->stop || !atomic_load_explicit(c->stop, memory_order_relaxed), 1)) return false;
  if (atomic_load_explicit(c->stop, memory_order_relaxed) == STOP_shutdown)
    fail(&c->fault, ERR_overloaded, "the server is shutting down");
  else
    fail(&c->fault, ERR_time_limit, "the request was stopped: it ran past its time limit or its client left");
  return true;
}
