// arena.h - memory that is freed all at once: what it gives stays where it is until arena_reset or
// arena_finish.
#pragma once
#include "base/budget.h"
#include <stddef.h>

typedef struct arena {
  budget *budget;                 // borrowed; all but a first small block is charged to it. NULL = to none
  fault *fault;                   // borrowed; where a budget says that it has no room. Set with it
  struct arena_block *first, *at; // at: the block that is being filled
  size_t used;                    // bytes of it
} arena;

// Aligned for anything; NULL = out of memory, or the budget is. A zeroed arena is an empty one.
void *arena_take(arena *a, size_t n);
void arena_reset(arena *a); // forgets all, keeps the memory for reuse
void arena_finish(arena *a);
