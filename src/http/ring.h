// ring.h - numbered events in bounded memory: when it is full, the oldest go. It grows up to its bound as it
// is used.
//
// Not locked: see hub.h.
#pragma once
#include "base/budget.h"
#include <stdbool.h>
#include <stdint.h>

// Events are found by their position, which counts bytes since the first event ever; one at `tail` is the
// oldest that is kept, the next one will be at `head`.
typedef struct ring {
  char *bytes; // owned; position p is at p % cap
  size_t cap, most;
  budget *budget; // cap is charged to it
  uint64_t tail, head;
  uint64_t next; // the number of the next event
} ring;

typedef struct ring_event {
  uint64_t seq;
  const char *name; // static
  size_t n;         // bytes of its JSON
} ring_event;

// ring_init makes an empty ring whose first event gets the number `next`. False: overloaded, out_of_memory.
bool ring_init(ring *r, budget *b, size_t most, uint64_t next, fault *f);
void ring_finish(ring *r);

// ring_put adds an event, for which older ones may have to go. One that is NULL, or larger than the ring, is
// not kept, but it has a number all the same.
void ring_put(ring *r, const char *name, const char *json, size_t n);
// ring_would_drop says up to which position events would have to go for one of n bytes; `tail` if none.
uint64_t ring_would_drop(const ring *r, size_t n);
// ring_first is the number of the oldest event that is kept, or that will be if none is.
uint64_t ring_first(const ring *r);
// ring_after is the position of the first event with a number above seq.
uint64_t ring_after(const ring *r, uint64_t seq);

// ring_at reads the event at a position between tail and head; ring_copy copies n bytes of its JSON, from the
// byte `from` on; ring_beyond is where the next one is.
ring_event ring_at(const ring *r, uint64_t at);
void ring_copy(const ring *r, uint64_t at, size_t from, char *out, size_t n);
uint64_t ring_beyond(const ring *r, uint64_t at);
