#include "http/ring.h"
#include "base/mem.h"
#include <string.h>

enum { RING_LEAST = 16 * 1024 };

bool ring_init(ring *r, budget *b, size_t most, uint64_t next, fault *f) {
  size_t cap = most < RING_LEAST ? most : RING_LEAST;
  *r = (ring){.most = most, .budget = b, .next = next};
  if (!budget_charge(b, cap, f)) return false;
  r->bytes = mem_alloc(cap);
  if (!r->bytes) {
    budget_release(b, cap);
    return fail(f, ERR_out_of_memory, "no memory for the events of a session");
  }
  r->cap = cap;
  return true;
}

void ring_finish(ring *r) {
  if (r->budget) budget_release(r->budget, r->cap);
  mem_free(r->bytes);
  *r = (ring){0};
}

// ---- bytes, which may go on at the other end

static size_t until_end(const ring *r, size_t start, size_t n) {
  return n < r->cap - start ? n : r->cap - start;
}

static void read_bytes(const ring *r, uint64_t at, void *out, size_t n) {
  size_t start = at % r->cap, part = until_end(r, start, n);
  memcpy(out, r->bytes + start, part);
  memcpy((char *)out + part, r->bytes, n - part);
}

static void write_bytes(ring *r, uint64_t at, const void *bytes, size_t n) {
  size_t start = at % r->cap, part = until_end(r, start, n);
  memcpy(r->bytes + start, bytes, part);
  memcpy(r->bytes, (const char *)bytes + part, n - part);
}

// ---- room

// Twice as large, or more; a ring that may not grow keeps what it has.
static void grow(ring *r, size_t need) {
  fault ignored = {0};
  size_t used = (size_t)(r->head - r->tail), cap = r->cap;
  while (cap < r->most && cap - used < need) cap = cap < r->most / 2 ? 2 * cap : r->most;
  if (cap == r->cap || !budget_charge(r->budget, cap - r->cap, &ignored)) return;
  ring wider = *r;
  wider.bytes = mem_alloc(cap);
  if (!wider.bytes) {
    budget_release(r->budget, cap - r->cap);
    return;
  }
  wider.cap = cap;
  for (uint64_t at = r->tail; at < r->head;) {
    size_t start = at % r->cap, part = until_end(r, start, (size_t)(r->head - at));
    write_bytes(&wider, at, r->bytes + start, part);
    at += part;
  }
  mem_free(r->bytes);
  *r = wider;
}

void ring_put(ring *r, const char *name, const char *json, size_t n) {
  ring_event e = {r->next++, name, n};
  size_t need = sizeof e + n;
  if (!json || n > r->most - sizeof e) return;
  if (r->cap - (size_t)(r->head - r->tail) < need) grow(r, need);
  if (need > r->cap) return;
  while (r->cap - (size_t)(r->head - r->tail) < need) r->tail = ring_beyond(r, r->tail);
  write_bytes(r, r->head, &e, sizeof e);
  write_bytes(r, r->head + sizeof e, json, n);
  r->head += need;
}

uint64_t ring_would_drop(const ring *r, size_t n) {
  size_t need = sizeof(ring_event) + n;
  uint64_t to = r->tail;
  if (r->cap < r->most || need > r->cap) return to;
  while (r->cap - (size_t)(r->head - to) < need) to = ring_beyond(r, to);
  return to;
}

// ---- reading

uint64_t ring_first(const ring *r) { return r->tail == r->head ? r->next : ring_at(r, r->tail).seq; }

uint64_t ring_after(const ring *r, uint64_t seq) {
  uint64_t at = r->tail;
  while (at < r->head && ring_at(r, at).seq <= seq) at = ring_beyond(r, at);
  return at;
}

ring_event ring_at(const ring *r, uint64_t at) {
  ring_event e;
  read_bytes(r, at, &e, sizeof e);
  return e;
}

void ring_copy(const ring *r, uint64_t at, size_t from, char *out, size_t n) {
  read_bytes(r, at + sizeof(ring_event) + from, out, n);
}

uint64_t ring_beyond(const ring *r, uint64_t at) { return at + sizeof(ring_event) + ring_at(r, at).n; }
