#include "script/lexer.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

// The tokens of a source in one line; "!" where it fails.
static const char *tokens(const char *source) {
  static char out[2000];
  fault f = {0};
  lexer l;
  token t;
  size_t n = 0;
  lexer_init(&l, source, strlen(source), &f);
  out[0] = 0;
  do {
    if (!lexer_next(&l, &t)) return strcat(out, "!");
    const char *what = t.kind == TOKEN_indent    ? ">"
                       : t.kind == TOKEN_dedent  ? "<"
                       : t.kind == TOKEN_newline ? ";"
                                                 : NULL;
    if (t.kind == TOKEN_end)
      n += (size_t)sprintf(out + n, ".");
    else if (what)
      n += (size_t)sprintf(out + n, "%s ", what);
    else
      n += (size_t)sprintf(out + n, "%.*s ", (int)t.n, t.text);
  } while (t.kind != TOKEN_end);
  return out;
}

#define READS(source, expected) cr_assert_str_eq(tokens(source), expected)

Test(lexer, words_and_signs) {
  READS("", ".");
  READS("a=b", "a = b ; .");
  READS("x**=2//3", "x **= 2 // 3 ; .");
  READS("a<=b!=c->d", "a <= b != c -> d ; .");
  READS("f(x)[1:2].y", "f ( x ) [ 1 : 2 ] . y ; .");
  READS("变量 = é", "变量 = é ; .");
}

Test(lexer, lines) {
  READS("a\n\n  \n# c\nb", "a ; b ; .");
  READS("a\r\nb\r\n", "a ; b ; .");
  READS("if x:\n  y\nz", "if x : ; > y ; < z ; .");
  READS("if x:\n  if y:\n    z", "if x : ; > if y : ; > z ; < < .");
  READS("(a,\n  b\n)\nc", "( a , b ) ; c ; .");
  READS("a + \\\n b", "a + b ; .");
  READS("\xEF\xBB\xBFx", "x ; .");
  READS("if x:\n\ty\n        z", "if x : ; > y ; z ; < .");
  READS("if x:\n   y\n  z", "if x : ; > y ; !");
  READS("a \\ b", "a !");
}

Test(lexer, numbers) {
  static const struct {
    const char *text;
    bool integer;
    double d;
  } rows[] = {{"0", true, 0},         {"1_000", true, 1000}, {"0x1F", true, 31},
              {"0b11", true, 3},      {"0o17", true, 15},    {"1.5", false, 1.5},
              {"1.", false, 1},       {".25", false, .25},   {"1e3", false, 1e3},
              {"2.5E-1", false, .25}, {"007.5", false, 7.5}, {"1e999", false, __builtin_inf()}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    fault f = {0};
    lexer l;
    token t;
    lexer_init(&l, rows[i].text, strlen(rows[i].text), &f);
    cr_assert(lexer_next(&l, &t), "%s", rows[i].text);
    cr_assert_eq(t.kind == TOKEN_int, rows[i].integer);
    cr_assert(rows[i].integer ? (double)t.i == rows[i].d : t.d == rows[i].d, "%s", rows[i].text);
  }
  READS("012", "!");
  READS("1__0", "!");
  READS("1_", "!");
  READS("9223372036854775808", "!");
  READS("0x", "!");
  READS("1abc", "!");
  READS("1e", "!");
}

Test(lexer, strings) {
  READS("'a' \"b\" r'\\n' f'{x}' '''c\nd''' rf\"\"", "'a' \"b\" r'\\n' f'{x}' '''c\nd''' rf\"\" ; .");
  READS("'a", "!");
  READS("'a\n'", "!");
  READS("'''a", "!");
  READS("'\\''", "'\\'' ; .");
  READS("'a\\\nb'", "'a\\\nb' ; .");
}

Test(lexer, what_is_not_of_the_language) {
  READS("class", "!");
  READS("a $", "a !");
  READS("try", "!");
  READS("€", "!");
  READS("?", "!");
}

// Columns are counted on, not from the start of the line for every token.
Test(lexer, a_long_line_takes_no_square_of_time) {
  enum { TERMS = 20000, EACH = 100 };
  static char source[TERMS * EACH + 4];
  fault f = {0};
  lexer l;
  token t;
  memset(source, ' ', TERMS * EACH);
  for (size_t i = 0; i < TERMS; i++) memcpy(source + i * EACH, "é +", 4);
  memcpy(source + TERMS * EACH, "1\n$", 3);
  lexer_init(&l, source, TERMS * EACH + 3, &f);
  clock_t before = clock();
  for (uint32_t i = 0; i < TERMS; i++) {
    cr_assert(lexer_next(&l, &t) && t.kind == TOKEN_name && t.column == i * (EACH - 1) + 1);
    cr_assert(lexer_next(&l, &t) && t.column == i * (EACH - 1) + 3);
  }
  cr_assert(lexer_next(&l, &t) && t.column == TERMS * (EACH - 1) + 1);
  cr_assert(lexer_next(&l, &t) && t.kind == TOKEN_newline);
  cr_assert(!lexer_next(&l, &t) && l.bad_line == 2 && l.bad_column == 1);
  cr_assert(clock() - before < 5 * CLOCKS_PER_SEC);
}
