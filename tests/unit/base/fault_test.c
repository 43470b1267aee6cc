// The first failure is the one that is told, in whole characters.
#include "base/fault.h"
#include "base/utf8.h"
#include <criterion/criterion.h>
#include <string.h>

Test(fault, the_first_one_stays) {
  fault f = {0};
  cr_assert(!fail(&f, ERR_bad_json, "line %d", 3));
  cr_assert(!fail(&f, ERR_internal, "later"));
  cr_assert_eq(f.code, ERR_bad_json);
  cr_assert_str_eq(f.detail, "line 3");
  fault_clear(&f);
  cr_assert_eq(f.code, ERR_none);
  cr_assert_str_eq(f.detail, "");
  fail(&f, ERR_internal, "again");
  cr_assert_str_eq(f.detail, "again");
}

// A detail that is too long is cut where a character ends, however the characters lie.
Test(fault, the_cut_is_between_characters) {
  static const char *const LETTERS[] = {"x", "é", "世", "😀"};
  for (size_t width = 0; width < 4; width++)
    for (int shift = 0; shift < 8; shift++) {
      char text[4 * FAULT_DETAIL + 16] = "";
      size_t n = strlen(LETTERS[width]);
      for (int i = 0; i < shift; i++) strcat(text, "-");
      for (int i = 0; i < FAULT_DETAIL; i++) strcat(text, LETTERS[width]);
      fault f = {0};
      fail(&f, ERR_bad_name, "%s", text);
      size_t len = strlen(f.detail);
      cr_assert(len < FAULT_DETAIL);
      cr_assert(len + n >= FAULT_DETAIL, "no more is cut than need be: %zu of %zu", len, n);
      cr_assert(utf8_valid(f.detail, len), "width %zu, shift %d", width + 1, shift);
      cr_assert_arr_eq(f.detail, text, len);
    }
}

Test(fault, what_just_fits_is_whole) {
  char text[FAULT_DETAIL];
  for (size_t n = FAULT_DETAIL - 5; n < FAULT_DETAIL; n++) {
    memset(text, 'a', n);
    memcpy(text + n - 3, "世", 3);
    text[n] = 0;
    fault f = {0};
    fail(&f, ERR_bad_name, "%s", text);
    cr_assert_str_eq(f.detail, text);
  }
}

Test(fault, the_table_is_complete) {
  for (int i = ERR_none + 1; i < ERR_COUNT; i++) {
    const struct error_row *row = &ERRORS[i];
    cr_assert(row->status >= 400 && row->status < 600, "%s", row->code);
    cr_assert(*row->class && *row->en && *row->zh, "%s", row->code);
    cr_assert(utf8_valid(row->zh, strlen(row->zh)), "%s", row->code);
    for (const char *c = row->code; *c; c++)
      cr_assert((*c >= 'a' && *c <= 'z') || *c == '_', "%s", row->code);
    for (int k = i + 1; k < ERR_COUNT; k++)
      cr_assert_neq(strcmp(row->code, ERRORS[k].code), 0, "%s", row->code);
  }
}
