// Memory that is freed all at once.
#include "base/arena.h"
#include "base/mem.h"
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

static arena a;
static void finish(void) {
  mem_fail_at(0, false);
  arena_finish(&a);
}
TestSuite(arena, .fini = finish);

// Takes pieces of many sizes, fills them, and looks whether they are still what they were.
static void take_and_check(unsigned seed) {
  enum { PIECES = 300 };
  static unsigned char *piece[PIECES];
  static size_t size[PIECES];
  for (unsigned i = 0; i < PIECES; i++) {
    seed = seed * 1103515245 + 12345;
    size[i] = (seed >> 16) % 20 ? (seed >> 16) % 300 : (seed >> 16) % 20000;
    piece[i] = arena_take(&a, size[i]);
    cr_assert_not_null(piece[i]);
    cr_assert_eq((uintptr_t)piece[i] % _Alignof(max_align_t), 0);
    memset(piece[i], (int)(i & 255), size[i]);
  }
  for (unsigned i = 0; i < PIECES; i++)
    for (size_t k = 0; k < size[i]; k++) cr_assert_eq(piece[i][k], i & 255, "piece %u of %zu", i, size[i]);
}

Test(arena, pieces_do_not_overlap) { take_and_check(1); }

Test(arena, after_a_reset_the_memory_serves_again) {
  take_and_check(1);
  void *first = (arena_reset(&a), arena_take(&a, 1));
  arena_reset(&a);
  cr_assert_eq(arena_take(&a, 1), first);
  arena_reset(&a);
  mem_fail_at(1, true); // the same sizes again need no new memory
  take_and_check(1);
  cr_assert_eq(mem_fail_count(), 0);
  mem_fail_at(0, false);
  arena_reset(&a);
  take_and_check(2);
}

Test(arena, no_memory_and_no_such_size) {
  cr_assert_null(arena_take(&a, SIZE_MAX));
  cr_assert_null(arena_take(&a, SIZE_MAX - 64));
  mem_fail_at(1, true);
  cr_assert_null(arena_take(&a, 1));
  mem_fail_at(0, false);
  cr_assert_not_null(arena_take(&a, 1));
  mem_fail_at(1, true);
  cr_assert_null(arena_take(&a, 100000));
  mem_fail_at(0, false);
  take_and_check(3);
}

Test(arena, is_charged_to_its_budget) {
  budget most;
  fault f = {0};
  budget_init(&most, NULL, "process memory", 100000);
  arena a = {.budget = &most, .fault = &f};
  cr_assert(arena_take(&a, 100));
  cr_assert_eq(budget_used(&most), 0, "a first small block is free");
  cr_assert(arena_take(&a, 50000));
  cr_assert_geq(budget_used(&most), 50000);
  cr_assert_null(arena_take(&a, 50000));
  cr_assert_eq(f.code, ERR_overloaded);
  arena_finish(&a);
  cr_assert_eq(budget_used(&most), 0);
}
