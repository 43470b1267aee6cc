#include "base/arena.h"
#include "base/mem.h"

enum { FIRST = 960, BLOCK = 4096 - 64 }; // most need little; malloc keeps small blocks at hand

struct arena_block {
  struct arena_block *next;
  size_t size;
  max_align_t data[];
};

// The first block of most arenas is all there ever is: it comes and goes with every request, uncharged.
static size_t charged(size_t size) { return size > FIRST ? sizeof(struct arena_block) + size : 0; }

static struct arena_block *block_new(arena *a, size_t size) {
  size_t total, charge = charged(size);
  if (!size_add(size, sizeof(struct arena_block), &total)) return NULL;
  if (a->budget && charge && !budget_charge(a->budget, charge, a->fault)) return NULL;
  struct arena_block *fresh = mem_alloc(total);
  if (fresh)
    *fresh = (struct arena_block){.size = size};
  else if (a->budget)
    budget_release(a->budget, charge);
  return fresh;
}

void *arena_take(arena *a, size_t n) {
  size_t step = sizeof(max_align_t);
  if (!size_add(n, step - 1, &n)) return NULL;
  n -= n % step;
  while (a->at && a->at->size - a->used < n && a->at->next) { // blocks left from before a reset
    a->at = a->at->next;
    a->used = 0;
  }
  if (!a->at || a->at->size - a->used < n) {
    size_t least = a->first ? BLOCK : FIRST;
    struct arena_block *fresh = block_new(a, n > least ? n : least);
    if (!fresh) return NULL;
    if (a->at)
      a->at->next = fresh;
    else
      a->first = fresh;
    a->at = fresh;
    a->used = 0;
  }
  void *p = (char *)a->at->data + a->used;
  a->used += n;
  return p;
}

void arena_reset(arena *a) {
  a->at = a->first;
  a->used = 0;
}

void arena_finish(arena *a) {
  for (struct arena_block *b = a->first, *next; b; b = next) {
    next = b->next;
    if (a->budget) budget_release(a->budget, charged(b->size));
    mem_free(b);
  }
  *a = (arena){.budget = a->budget, .fault = a->fault};
}
