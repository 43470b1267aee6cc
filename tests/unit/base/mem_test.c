// The door to the heap, the failures a test can ask of it, and checked sizes.
#include "base/mem.h"
#include <criterion/criterion.h>
#include <string.h>

static void off(void) { mem_fail_at(0, false); }
TestSuite(mem, .fini = off);

Test(mem, nothing_is_something) {
  void *p = mem_alloc(0), *q = mem_zalloc(0);
  cr_assert(p && q && p != q);
  cr_assert_not_null(p = mem_realloc(p, 0));
  mem_free(p);
  mem_free(q);
  mem_free(NULL);
}

Test(mem, zalloc_zeroes_and_realloc_keeps) {
  unsigned char *p = mem_zalloc(100);
  for (int i = 0; i < 100; i++) cr_assert_eq(p[i], 0);
  memset(p, 7, 100);
  p = mem_realloc(p, 10000);
  for (int i = 0; i < 100; i++) cr_assert_eq(p[i], 7);
  mem_free(p);
  p = mem_realloc(NULL, 5);
  cr_assert_not_null(p);
  mem_free(p);
}

Test(mem, too_much_is_refused) {
  cr_assert_null(mem_alloc(SIZE_MAX / 2));
  cr_assert_null(mem_zalloc(SIZE_MAX / 2));
  void *p = mem_alloc(8);
  cr_assert_null(mem_realloc(p, SIZE_MAX / 2));
  mem_free(p);
}

Test(mem, the_nth_fails_once) {
  mem_fail_at(2, false);
  void *p = mem_alloc(8);
  cr_assert_not_null(p);
  cr_assert_null(mem_realloc(p, 16));
  cr_assert_not_null(p = mem_realloc(p, 16));
  cr_assert_eq(mem_fail_count(), 3);
  mem_fail_at(0, false);
  void *q = mem_zalloc(8);
  cr_assert_not_null(q);
  cr_assert_eq(mem_fail_count(), 0, "off, nothing is counted");
  mem_free(p);
  mem_free(q);
}

Test(mem, all_fail_from_the_nth_on) {
  mem_fail_at(2, true);
  void *p = mem_alloc(8);
  cr_assert_not_null(p);
  for (int i = 0; i < 5; i++) {
    cr_assert_null(mem_alloc(8));
    cr_assert_null(mem_zalloc(8));
    cr_assert_null(mem_realloc(NULL, 8));
  }
  cr_assert_eq(mem_fail_count(), 16);
  mem_free(p);
}

Test(mem, sizes_are_checked) {
  size_t out = 1;
  cr_assert(size_mul(SIZE_MAX / 2, 2, &out));
  cr_assert_eq(out, SIZE_MAX - 1);
  cr_assert(size_add(SIZE_MAX - 5, 5, &out));
  cr_assert_eq(out, SIZE_MAX);
  cr_assert(!size_mul(SIZE_MAX / 2 + 1, 2, &out));
  cr_assert(!size_mul((size_t)1 << 32, (size_t)1 << 32, &out));
  cr_assert(!size_add(SIZE_MAX, 1, &out));
  int64_t signed_out;
  cr_assert(i64_mul(INT64_MIN / 2, 2, &signed_out));
  cr_assert_eq(signed_out, INT64_MIN);
  cr_assert(!i64_mul(INT64_MIN, -1, &signed_out));
  cr_assert(!i64_mul(INT64_MAX / 2 + 1, 2, &signed_out));
  cr_assert(i64_add(INT64_MAX, INT64_MIN, &signed_out));
  cr_assert_eq(signed_out, -1);
  cr_assert(!i64_add(INT64_MAX, 1, &signed_out));
  cr_assert(!i64_add(INT64_MIN, -1, &signed_out));
}

Test(mem, large_blocks_are_set_aside_where_there_is_no_time) {
  void *large = mem_alloc(3 << 20), *huge = mem_alloc(64 << 20), *small = mem_alloc(1000),
       *other = mem_alloc(2 << 20);
  memset(large, 1, 3 << 20);
  memset(huge, 1, 64 << 20);
  mem_free(other);
  cr_assert_null(mem_take_aside());
  mem_set_aside(true);
  mem_free(small);
  mem_free(large);
  mem_free(huge);
  mem_set_aside(false);
  void *list = mem_take_aside();
  cr_assert(list == large || list == huge);
  cr_assert_null(mem_take_aside());
  mem_free_list(list);
  mem_free_list(NULL);
}
