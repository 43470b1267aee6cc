#include "base/arena.h"
#include "base/mem.h"

enum { FIRST = 960, BLOCK = 4096 - 64 }; // most need little; malloc keeps small blocks at hand

struct arena_block {
  struct arena_block *next;
  size_t size;
  max_align_t data[];
};

void *arena_take(arena *a, size_t n) {
  size_t step = sizeof(max_align_t);
  if (!size_add(n, step - 1, &n)) return NULL;
  n -= n % step;
  while (a->at && a->at->size - a->used < n && a->at->next) { // blocks left from before a reset
    a->at = a->at->next;
    a->used = 0;
  }
  if (!a->at || a->at->size - a->used < n) {
    size_t least = a->first ? BLOCK : FIRST, size = n > least ? n : least, total;
    struct arena_block *fresh = size_add(size, sizeof *fresh, &total) ? mem_alloc(total) : NULL;
    if (!fresh) return NULL;
    fresh->next = NULL;
    fresh->size = size;
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
    mem_free(b);
  }
  *a = (arena){0};
}
