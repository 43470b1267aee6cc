// budget.h - bytes are charged here before they are allocated, against a limit that may have a parent
// (session → process). Charging is lock-free: sessions run on different threads and share the process budget.
#pragma once
#include "base/fault.h"
#include <stdatomic.h>
#include <stddef.h>

typedef struct budget {
  struct budget *parent;
  const char *what; // named in the error: "session memory", "process memory"
  size_t limit;     // bytes
  atomic_size_t used;
} budget;

void budget_init(budget *b, budget *parent, const char *what, size_t limit);

// budget_charge takes n bytes from b and every parent, or from none: then quota_exceeded (or overloaded, when
// it is the process that has no room) is left in f.
bool budget_charge(budget *b, size_t n, fault *f);
void budget_release(budget *b, size_t n);
static inline size_t budget_used(const budget *b) {
  return atomic_load_explicit(&b->used, memory_order_relaxed);
}
