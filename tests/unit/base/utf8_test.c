#include "base/utf8.h"
#include <criterion/criterion.h>
#include <string.h>

Test(utf8, every_code_point_goes_there_and_back) {
  for (uint32_t c = 0; c < 0x110000; c++) {
    if (c >= 0xD800 && c < 0xE000) continue;
    char text[4];
    uint32_t got;
    int n = utf8_put(text, c);
    cr_assert_eq(utf8_get(text, text + n, &got), n);
    cr_assert_eq(got, c);
    cr_assert(utf8_valid(text, (size_t)n));
    if (n > 1) cr_assert_eq(utf8_step(text, text + n - 1), 0, "cut short");
  }
}

// Every text of up to three bytes after a lead byte, judged by decoding and writing it again.
Test(utf8, only_shortest_forms_of_scalar_values) {
  char text[4], again[4];
  size_t valid = 0;
  for (uint32_t bits = 0; bits < 1u << 24; bits++) {
    text[0] = (char)(0xC0 | (bits >> 18 & 0x3F));
    text[1] = (char)(bits >> 10 & 0xFF);
    text[2] = (char)(0x80 | (bits >> 4 & 0x3F));
    text[3] = (char)(0x80 | (bits & 0x0F));
    uint32_t c;
    int n = utf8_get(text, text + 4, &c);
    if (!n) continue;
    valid++;
    cr_assert(c < 0x110000 && (c < 0xD800 || c > 0xDFFF));
    cr_assert_eq(utf8_put(again, c), n);
    cr_assert_arr_eq(again, text, (size_t)n);
  }
  cr_assert_gt(valid, 0);
}

Test(utf8, check_names_the_first_bad_byte) {
  char text[64];
  for (size_t at = 0; at < sizeof text; at++) {
    memset(text, 'a', sizeof text);
    cr_assert_null(utf8_check(text, sizeof text));
    text[at] = (char)0xFF;
    cr_assert_eq(utf8_check(text, sizeof text), text + at);
  }
  cr_assert_null(utf8_check("", 0));
}

Test(utf8, cut_keeps_characters_whole) {
  const char *text = "a\xC3\xA9\xE2\x82\xAC"; // 1 + 2 + 3 bytes
  static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6};
  for (size_t limit = 0; limit < 8; limit++) cr_assert_eq(utf8_cut(text, 6, limit), want[limit]);
}

static bool name(const char *text) { return name_valid(text, strlen(text), false); }
Test(utf8, words_that_mean_something_are_no_names_of_tensors) {
  static const char *const taken[] = {"true", "None", "class", "continue", "a.nonlocal", "x.in.y"};
  static const char *const free_ones[] = {"trueish", "none", "self", "print", "nan", "continues", "for_"};
  for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
    cr_assert_not(name_valid(taken[i], strlen(taken[i]), true), "%s", taken[i]);
  for (size_t i = 0; i < sizeof free_ones / sizeof *free_ones; i++)
    cr_assert(name_valid(free_ones[i], strlen(free_ones[i]), true), "%s", free_ones[i]);
  cr_assert(name_valid("class", 5, false), "a session's");
}

static bool dotted(const char *text) { return name_valid(text, strlen(text), true); }

Test(utf8, names_are_python_identifiers) {
  static const char *const good[] = {"w",
                                     "_",
                                     "_x1",
                                     "W2",
                                     "\xCE\xB8",
                                     "\xE6\x9D\x83\xE9\x87\x8D",
                                     "na\xC3\xAFve",
                                     "e\xCC\x81",
                                     "x\xD9\xA1",
                                     "grad",
                                     "a\xE2\x80\xBF_",
                                     "\xE2\x85\xA7"};
  static const char *const bad[] = {
      "",          "1x",        "a-b",          "a b",   "a.b",  ".",         "a\n",
      "\xCC\x81x", "\xD9\xA1",  "\xE2\x82\xAC", "a\xFF", "\xC3", "x\xC2\xB2", "\xF0\x9F\x98\x80",
      "a/b",       "a\xC2\xA0", "\x7F",         "@",     "[",    "`"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) cr_assert(name(good[i]), "%s", good[i]);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) cr_assert_not(name(bad[i]), "%s", bad[i]);
  cr_assert_not(name_valid("a\0b", 3, false));
}

Test(utf8, tensor_names_have_dots) {
  static const char *const good[] = {
      "w",    "layer1.weight", "layers.0.weight", "layers.0", "grad.w", "a.grad.b",
      "grad", "_.x",           "\xCE\xB8.0",      "a.00"};
  static const char *const bad[] = {".",    "a.",   ".a",   "a..b", "0.a", "w.grad", "layers.0.grad",
                                    "a.1b", "a. b", "a.-1", "a.b."};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) cr_assert(dotted(good[i]), "%s", good[i]);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) cr_assert_not(dotted(bad[i]), "%s", bad[i]);
}

Test(utf8, names_have_at_most_64_bytes) {
  char text[65];
  memset(text, 'a', sizeof text);
  cr_assert(name_valid(text, 64, false));
  cr_assert_not(name_valid(text, 65, false));
  cr_assert_not(name_valid(text, 65, true));
}
