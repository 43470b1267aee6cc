// arena.h - memory that is freed all at once: what it gives stays where it is until arena_reset or
// arena_finish.
#pragma once
#include <stddef.h>

typedef struct arena {
  struct arena_block *first, *at; // at: the block that is being filled
  size_t used;                    // bytes of it
} arena;

void *arena_take(arena *a,
                 size_t n); // aligned for anything; NULL = out of memory. A zeroed arena is an empty one
void arena_reset(arena *a); // forgets all, keeps the memory for reuse
void arena_finish(arena *a);
