#include "base/mem.h"
#include <stdatomic.h>
#include <malloc.h>
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

// Small blocks that were freed are kept at hand, by thread and size: graphs are made and freed of thousands
// of them, and the C library keeps seven of a size. A block of class k has room for 16 k + 8 bytes at least.
// Not under a sanitizer, which wants to see every block come and go.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KEEPS 0
#elif defined(__has_feature)
#define KEEPS !(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define KEEPS 1
#endif
enum { CLASSES = 17, KEPT = 512 };
struct kept {
  struct kept *next;
};
static _Thread_local struct shelf {
  struct kept *first;
  unsigned n;
} shelves[CLASSES];

static void *take(size_t n) {
  size_t class = (n + 7) / 16;
  struct kept *p = KEEPS && class < CLASSES ? shelves[class].first : NULL;
  if (!p) return malloc(n ? n : 1);
  shelves[class].first = p->next;
  shelves[class].n--;
  return p;
}

static void put(void *p) {
  size_t class = (malloc_usable_size(p) - 8) / 16;
  if (!KEEPS || class >= CLASSES || shelves[class].n == KEPT) {
    free(p);
    return;
  }
  struct kept *k = p;
  k->next = shelves[class].first;
  shelves[class].first = k;
  shelves[class].n++;
}

void *mem_alloc(size_t n) { return refused() ? NULL : take(n); }
void *mem_zalloc(size_t n) {
  enum { CACHED = 1024 }; // calloc passes by what is kept at hand
  if (n > CACHED) return refused() ? NULL : calloc(1, n);
  void *p = mem_alloc(n);
  return p ? memset(p, 0, n) : NULL;
}
void *mem_realloc(void *p, size_t n) { return refused() ? NULL : realloc(p, n ? n : 1); }
void mem_free(void *p) {
  if (p) put(p);
}
