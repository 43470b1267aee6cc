#include "base/budget.h"

void budget_init(budget *b, budget *parent, const char *what, size_t limit) {
  b->parent = parent;
  b->what = what;
  b->limit = limit;
  atomic_init(&b->used, 0);
}

// Only the last of a chain of budgets is written by several threads at once: the others get by without the
// locked instruction, which costs more than all else here.
static void add(budget *b, size_t n) {
  if (b->parent)
    atomic_store_explicit(&b->used, budget_used(b) + n, memory_order_relaxed);
  else
    atomic_fetch_add_explicit(&b->used, n, memory_order_relaxed);
}

static bool charge_one(budget *b, size_t n) {
  size_t before = b->parent ? budget_used(b) : atomic_fetch_add_explicit(&b->used, n, memory_order_relaxed);
  bool fits = n <= b->limit && before <= b->limit - n;
  if (fits && b->parent) add(b, n);
  if (!fits && !b->parent) add(b, -n);
  return fits;
}

bool budget_charge(budget *b, size_t n, fault *f) {
  for (budget *at = b; at; at = at->parent) {
    if (charge_one(at, n)) continue;
    for (budget *undo = b; undo != at; undo = undo->parent) add(undo, -n);
    return fail(f, at->parent ? ERR_quota_exceeded : ERR_overloaded,
                "%zu bytes more would exceed the limit of %s: %zu of %zu bytes are in use", n, at->what,
                budget_used(at), at->limit);
  }
  return true;
}

void budget_release(budget *b, size_t n) {
  for (; b; b = b->parent) add(b, -n);
}
