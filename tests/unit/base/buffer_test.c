// Growing bytes, and failure that sticks.
#include "base/buffer.h"
#include "base/mem.h"
#include <criterion/criterion.h>
#include <stdio.h>

static buffer b;
static void finish(void) {
  mem_fail_at(0, false);
  buffer_finish(&b);
}
TestSuite(buffer, .fini = finish);

Test(buffer, an_empty_one_is_text_too) {
  cr_assert_str_eq(buffer_cstr(&b), "");
  buffer_put(&b, NULL, 0);
  cr_assert_eq(b.len, 0);
}

Test(buffer, what_is_put_is_there) {
  char want[5000];
  size_t n = 0;
  for (int i = 0; n + 20 < sizeof want; i++) {
    switch (i % 3) {
    case 0: buffer_putc(&b, (char)('a' + i % 26)), want[n++] = (char)('a' + i % 26); break;
    case 1: buffer_puts(&b, "words"), memcpy(want + n, "words", 5), n += 5; break;
    default: buffer_printf(&b, "<%d>", i), n += (size_t)sprintf(want + n, "<%d>", i);
    }
  }
  cr_assert_eq(b.len, n);
  cr_assert_arr_eq(b.data, want, n);
  cr_assert_str_eq(buffer_cstr(&b), (want[n] = 0, want));
}

Test(buffer, printf_at_every_room) { // the text just fits, or just does not
  for (size_t before = 0; before < 600; before++) {
    char text[301];
    memset(text, 'x', 300);
    text[300] = 0;
    for (size_t i = 0; i < before; i++) buffer_putc(&b, '-');
    buffer_printf(&b, "%s", text);
    cr_assert_eq(b.len, before + 300);
    cr_assert(!b.failed);
    cr_assert_arr_eq(b.data + before, text, 300);
    buffer_finish(&b);
  }
}

Test(buffer, the_limit_is_exact) {
  b.limit = 300;
  for (int i = 0; i < 300; i++) buffer_putc(&b, 'x');
  cr_assert(!b.failed);
  cr_assert_eq(b.len, 300);
  buffer_putc(&b, 'x');
  cr_assert(b.failed);
  cr_assert_eq(b.len, 300);
  buffer_puts(&b, "more");
  buffer_printf(&b, "%d", 1);
  cr_assert_eq(b.len, 300, "after a failure nothing is written");
  cr_assert_null(buffer_cstr(&b));
  cr_assert(!buffer_reserve(&b, 0));
}

Test(buffer, a_size_that_wraps_fails) {
  buffer_puts(&b, "abc");
  cr_assert(!buffer_reserve(&b, SIZE_MAX));
  cr_assert(b.failed);
  cr_assert_eq(b.len, 3);
}

Test(buffer, no_memory_sticks) {
  buffer_puts(&b, "abc");
  mem_fail_at(1, false);
  cr_assert(!buffer_reserve(&b, 1000));
  cr_assert(b.failed);
  buffer_puts(&b, "d");
  cr_assert_eq(b.len, 3);
  cr_assert_null(buffer_cstr(&b));
}

Test(buffer, is_charged_to_its_budget) {
  budget most;
  budget_init(&most, NULL, "process memory", 20000);
  buffer b = {.budget = &most};
  char bytes[1000] = "";
  buffer_put(&b, bytes, sizeof bytes);
  cr_assert_eq(budget_used(&most), 0, "a small one is free");
  for (int i = 0; i < 9; i++) buffer_put(&b, bytes, sizeof bytes);
  cr_assert_eq(budget_used(&most), b.cap);
  for (int i = 0; i < 20; i++) buffer_put(&b, bytes, sizeof bytes);
  cr_assert(b.failed && b.over_budget);
  cr_assert_eq(budget_used(&most), b.cap);
  buffer_finish(&b);
  cr_assert_eq(budget_used(&most), 0);
  for (int i = 0; i < 9; i++) buffer_put(&b, bytes, sizeof bytes);
  cr_assert_neq(budget_used(&most), 0, "its terms stay");
  buffer_finish(&b);
  cr_assert_eq(budget_used(&most), 0);
}
