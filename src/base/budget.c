#include "base/budget.h"

void budget_init(budget *b, budget *parent, const char *what, size_t limit) {
  b->parent = parent;
  b->what = what;
  b->limit = limit;
  atomic_init(&b->used, 0);
}

static bool charge_one(budget *b, size_t n) {
  size_t before = atomic_fetch_add_explicit(&b->used, n, memory_order_relaxed);
  if (n <= b->limit && before <= b->limit - n) return true;
  atomic_fetch_sub_explicit(&b->used, n, memory_order_relaxed);
  return false;
}

bool budget_charge(budget *b, size_t n, fault *f) {
  for (budget *at = b; at; at = at->parent) {
    if (charge_one(at, n)) continue;
    for (budget *undo = b; undo != at; undo = undo->parent)
      atomic_fetch_sub_explicit(&undo->used, n, memory_order_relaxed);
    return fail(f, at->parent ? ERR_quota_exceeded : ERR_overloaded,
                "%zu bytes more would exceed the limit of %s: %zu of %zu bytes are in use", n, at->what,
                budget_used(at), at->limit);
  }
  return true;
}

void budget_release(budget *b, size_t n) {
  for (; b; b = b->parent) atomic_fetch_sub_explicit(&b->used, n, memory_order_relaxed);
}
