#include "base/mem.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_bool armed; // false in production: one relaxed load an allocation
static atomic_uint_least64_t counted;
static uint64_t fail_nth;
static bool fail_after;

void mem_fail_at(uint64_t nth, bool and_all_after) {
  fail_nth = nth;
  fail_after = and_all_after;
  atomic_store(&counted, 0);
  atomic_store(&armed, nth != 0);
}

uint64_t mem_fail_count(void) { return atomic_load(&counted); }

static bool refused(void) {
  if (__builtin_expect(!atomic_load_explicit(&armed, memory_order_relaxed), 1)) return false;
  uint64_t n = atomic_fetch_add(&counted, 1) + 1;
  return n == fail_nth || (fail_after && n > fail_nth);
}

void *mem_alloc(size_t n) { return refused() ? NULL : malloc(n ? n : 1); }
void *mem_zalloc(size_t n) {
  enum { CACHED = 1024 }; // calloc passes by the thread's cache of small blocks
  if (n > CACHED) return refused() ? NULL : calloc(1, n);
  void *p = mem_alloc(n);
  return p ? memset(p, 0, n) : NULL;
}
void *mem_realloc(void *p, size_t n) { return refused() ? NULL : realloc(p, n ? n : 1); }
void mem_free(void *p) { free(p); }
