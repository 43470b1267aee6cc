#include "base/mem.h"
#include <stdatomic.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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

// Blocks that were freed are kept at hand, by thread. Not under a sanitizer, which wants to see every block
// come and go.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KEEPS 0
#elif defined(__has_feature)
#define KEEPS !(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define KEEPS 1
#endif

// Small ones by size: graphs are made and freed of many thousands of them, and the C library keeps seven of a
// size. A block of class k has room for 16 k + 8 bytes at least.
enum { CLASSES = 17, KEPT_SMALL = 4 << 20 }; // bytes in all
struct kept {
  struct kept *next;
};
static _Thread_local struct kept *shelves[CLASSES];
static _Thread_local size_t shelved;

// Large ones one by one: the results of ops on large tensors. The C library gives such memory back to the
// system, which clears every page of it anew.
enum { LARGE = 128 << 10, LARGEST = 32 << 20, KEPT_LARGE = 64 << 20, SLOTS = 32 };
static _Thread_local struct slot {
  void *block;
  size_t size;
} slots[SLOTS]; // oldest first
static _Thread_local unsigned n_slots;
static _Thread_local size_t slotted;

static void *unslot(unsigned i) {
  void *p = slots[i].block;
  slotted -= slots[i].size;
  memmove(&slots[i], &slots[i + 1], (--n_slots - i) * sizeof *slots);
  return p;
}

// A page is cleared when it is first touched: large blocks ask for large pages, of which there are fewer.
static void *advised(void *p, size_t n) {
  enum { HUGE = 2 << 20 };
  if (p && n >= 2 * HUGE) {
    uintptr_t from = ((uintptr_t)p + HUGE - 1) & ~(uintptr_t)(HUGE - 1);
    madvise((void *)from, ((uintptr_t)p + n - from) & ~(uintptr_t)(HUGE - 1), MADV_HUGEPAGE); // a wish
  }
  return p;
}

static void *take_large(size_t n) {
  unsigned best = SLOTS;
  for (unsigned i = 0; KEEPS && i < n_slots; i++)
    if (slots[i].size >= n && slots[i].size - n <= n / 4 &&
        (best == SLOTS || slots[i].size < slots[best].size))
      best = i;
  return best == SLOTS ? advised(malloc(n), n) : unslot(best);
}

enum { SLOW = 1 << 20 };
static _Thread_local bool set_aside;
static _Thread_local struct kept *aside;

static void let_go(void *p, size_t size) {
  if (!set_aside || size < SLOW) {
    free(p);
    return;
  }
  struct kept *k = p;
  k->next = aside;
  aside = k;
}

static bool put_large(void *p, size_t size) {
  if (size > LARGEST) return false;
  while (n_slots == SLOTS || slotted + size > KEPT_LARGE) {
    size_t oldest = slots[0].size;
    let_go(unslot(0), oldest);
  }
  slots[n_slots++] = (struct slot){p, size};
  slotted += size;
  return true;
}

// What the shelves have not. Apart from take, so that this needs no registers saved; put_other likewise.
static __attribute__((noinline)) void *take_other(size_t n) {
  return n >= LARGE ? take_large(n) : malloc(n ? n : 1);
}

static inline void *take(size_t n) {
  size_t class = (n + 7) / 16;
  struct kept *p = KEEPS && class < CLASSES ? shelves[class] : NULL;
  if (!p) return take_other(n);
  shelves[class] = p->next;
  shelved -= 16 * class;
  return p;
}

static inline bool put_small(void *p, size_t size) {
  size_t class = (size - 8) / 16;
  if (class >= CLASSES || shelved > KEPT_SMALL) return false;
  struct kept *k = p;
  k->next = shelves[class];
  shelves[class] = k;
  shelved += 16 * class;
  return true;
}

static __attribute__((noinline)) void put_other(void *p, size_t size) {
  if (!KEEPS || size < LARGE || !put_large(p, size)) let_go(p, size);
}

static inline void put(void *p) {
  size_t size = malloc_usable_size(p);
  if (!KEEPS || !put_small(p, size)) put_other(p, size);
}

void mem_set_aside(bool yes) { set_aside = yes; }

void *mem_take_aside(void) {
  void *list = aside;
  aside = NULL;
  return list;
}

// Piece by piece: unmapping all at once would keep every thread that asks the system for memory.
static void give_back(char *p) {
  enum { PAGE = 4096, PIECE = 4 << 20 };
  char *end = p + malloc_usable_size(p) - PAGE, *at = p + PAGE - (uintptr_t)p % PAGE;
  for (; KEEPS && end - at >= PIECE; at += PIECE) madvise(at, PIECE, MADV_DONTNEED);
  free(p);
}

void mem_free_list(void *list) {
  for (struct kept *at = list, *next; at; at = next) {
    next = at->next;
    give_back((char *)at);
  }
}

void *mem_alloc(size_t n) { return refused() ? NULL : take(n); }
void *mem_zalloc(size_t n) {
  enum { CACHED = 1024 }; // calloc passes by what is kept at hand
  if (n > CACHED) return refused() ? NULL : calloc(1, n);
  void *p = mem_alloc(n);
  return p ? memset(p, 0, n) : NULL;
}
void *mem_realloc(void *p, size_t n) { return refused() ? NULL : advised(realloc(p, n ? n : 1), n); }
void mem_free(void *p) {
  if (p) put(p);
}
