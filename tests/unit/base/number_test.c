#include "base/number.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *scan(const char *text, struct number *n) {
  return number_scan(text, text + strlen(text), n);
}

static uint64_t bits64(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
static uint32_t bits32(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
static uint64_t state = 88172645463325252u;
static uint64_t random_bits(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

// Both readers against the C library's, which rounds correctly too.
static void same_as_libc(const char *text) {
  double d = 7, want_d = strtod(text, NULL);
  float f = 7, want_f = strtof(text, NULL);
  const char *end = text + strlen(text);
  bool ok_d = number_to_f64(text, end, &d), ok_f = number_to_f32(text, end, &f);
  cr_assert_eq(ok_d, isfinite(want_d) != 0, "%s", text);
  cr_assert_eq(ok_f, isfinite(want_f) != 0, "%s", text);
  if (ok_d)
    cr_assert_eq(bits64(d), bits64(want_d), "%s: %.17g, not %.17g", text, d, want_d);
  else
    cr_assert_eq(d, 7, "%s: untouched", text);
  if (ok_f)
    cr_assert_eq(bits32(f), bits32(want_f), "%s: %.9g, not %.9g", text, (double)f, (double)want_f);
  else
    cr_assert_eq(f, 7, "%s: untouched", text);
}

Test(number, scan_ends_where_the_literal_ends) {
  static const struct {
    const char *text;
    int length;
    bool integer;
  } rows[] = {{"0", 1, true},
              {"-0", 2, true},
              {"10,", 2, true},
              {"1.5]", 3, false},
              {"1e5 ", 3, false},
              {"-1.5E-07x", 8, false},
              {"12.", 0, false},
              {"1e", 0, false},
              {"1e+", 0, false},
              {"", 0, false},
              {"-", 0, false},
              {"+1", 0, false},
              {".5", 0, false},
              {"01", 0, false},
              {"-00", 0, false},
              {"NaN", 0, false},
              {"0x10", 1, true},
              {"1.2.3", 3, false},
              {"123456789012345678901", 21, true},
              {"0.00000000000000000000000000", 28, false},
              {"- 1", 0, false},
              {"-a", 0, false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct number n;
    const char *end = scan(rows[i].text, &n);
    cr_assert_eq(end ? (int)(end - rows[i].text) : 0, rows[i].length, "%s", rows[i].text);
    if (!end) continue;
    cr_assert_eq(n.integer, rows[i].integer, "%s", rows[i].text);
    cr_assert(n.text == rows[i].text && n.end == end);
  }
}

Test(number, scan_stays_inside_its_range) {
  const char *text = "123456789012345678";
  for (size_t n = 1; n <= strlen(text); n++) {
    int64_t x = 0, want = 0;
    for (size_t i = 0; i < n; i++) want = want * 10 + (text[i] - '0');
    cr_assert(number_to_i64(text, text + n, &x));
    cr_assert_eq(x, want);
  }
}

Test(number, int64_is_exact) {
  static const struct {
    const char *text;
    int64_t value;
    bool ok;
  } rows[] = {{"0", 0, true},
              {"-0", 0, true},
              {"9223372036854775807", INT64_MAX, true},
              {"-9223372036854775808", INT64_MIN, true},
              {"9223372036854775808", 0, false},
              {"-9223372036854775809", 0, false},
              {"9999999999999999999", 0, false},
              {"18446744073709551616", 0, false},
              {"100000000000000000000", 0, false},
              {"9007199254740993", 9007199254740993, true},
              {"1.0", 0, false},
              {"1e2", 0, false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int64_t x = 0;
    const char *text = rows[i].text, *end = text + strlen(text);
    cr_assert_eq(number_to_i64(text, end, &x), rows[i].ok, "%s", text);
    cr_assert_eq(x, rows[i].value, "%s", text);
    cr_assert_eq(number_read_i64(text, end, &x) == end, rows[i].ok, "%s", text);
  }
}

Test(number, values_at_the_edges) {
  static const char *const rows[] = {"0",
                                     "-0",
                                     "0.0",
                                     "-0.0",
                                     "-0e5",
                                     "0e999999999999",
                                     "1",
                                     "-1",
                                     "0.1",
                                     "0.5",
                                     "3.14159265358979323846",
                                     "1e22",
                                     "1e23",
                                     "9007199254740992",
                                     "9007199254740993",
                                     "9007199254740994.9",
                                     "9007199254740993.0000000000001",
                                     "18446744073709551615",
                                     "18446744073709551616",
                                     "1e308",
                                     "1.7976931348623157e308",
                                     "1.7976931348623158e308",
                                     "1.7976931348623159e308",
                                     "179769313486231580793e289",
                                     "1e309",
                                     "-1e309",
                                     "1e999",
                                     "-1e99999999999999999999",
                                     "2.2250738585072014e-308",
                                     "2.2250738585072011e-308",
                                     "2.225073858507201e-308",
                                     "5e-324",
                                     "4.9406564584124654e-324",
                                     "2.4703282292062328e-324",
                                     "2.4703282292062327e-324",
                                     "2e-324",
                                     "-1e-400",
                                     "1e-99999999999999999999",
                                     "16777216",
                                     "16777217",
                                     "16777217.0000001",
                                     "16777218",
                                     "16777219",
                                     "3.4028234663852886e38",
                                     "3.4028235677973366e38",
                                     "3.4028235677973365e38",
                                     "1.1754943508222875e-38",
                                     "1.17549431e-38",
                                     "1.4012984643248171e-45",
                                     "7.006492321624085e-46",
                                     "7.006492321624086e-46",
                                     "1e-46",
                                     "1e39",
                                     "8.5070591730234616e37",
                                     "1e-27",
                                     "1e27",
                                     "1e28",
                                     "7205759403792793199999e-5",
                                     "7205759403792793200001e-5",
                                     "6.2114e-318",
                                     "123456789012345678901234567890e-30",
                                     "0.000000000000000000000000000000000000000000000000000123",
                                     "1000000000000000000000000000000000000000000000",
                                     "0.3000000000000000166533453693773481063544750213623046875",
                                     "0.30000000000000004440892098500626161694526672363281250001"};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) same_as_libc(rows[i]);
}

Test(number, halfway_points_go_to_even_and_one_digit_more_tips_them) {
  for (int i = 0; i < 4000; i++) { // x and its successor have a midpoint with an exact decimal form
    uint64_t bits = random_bits() & INT64_MAX;
    if (i % 4 == 0) bits &= 0x000FFFFFFFFFFFFFu; // denormals
    double x;
    memcpy(&x, &bits, sizeof x);
    double after = nextafter(x, INFINITY);
    if (!isfinite(after)) continue;
    char text[1200];
    int n = snprintf(text, sizeof text, "%.1100Le", ((long double)x + (long double)after) / 2);
    char *e = strchr(text, 'e');
    cr_assert(n > 0 && e);
    same_as_libc(text);
    e[-1] = '1';
    same_as_libc(text);
  }
  for (int i = 0; i < 4000; i++) {
    uint32_t bits = (uint32_t)random_bits() & INT32_MAX;
    float x;
    memcpy(&x, &bits, sizeof x);
    float after = nextafterf(x, INFINITY);
    if (!isfinite(after)) continue;
    char text[300];
    snprintf(text, sizeof text, "%.180e", ((double)x + (double)after) / 2);
    same_as_libc(text);
    strchr(text, 'e')[-1] = '1';
    same_as_libc(text);
  }
}

Test(number, random_literals_agree_with_the_library) {
  for (int i = 0; i < 300000; i++) {
    char text[80], *p = text;
    if (random_bits() & 1) *p++ = '-';
    *p++ = (char)('1' + random_bits() % 9);
    int whole = (int)(random_bits() % 12), fraction = (int)(random_bits() % 24);
    while (whole--) *p++ = (char)('0' + random_bits() % 10);
    *p++ = '.';
    do *p++ = (char)('0' + random_bits() % 10);
    while (fraction--);
    sprintf(p, "e%d", (int)(random_bits() % 700) - 350 + (i & 1 ? 300 : 0));
    same_as_libc(text);
  }
}

Test(number, text_of_any_length_and_scale) {
  enum { ZEROS = 100000 };
  char *text = malloc(2 * ZEROS + 64);
  double x;
  int n = sprintf(text, "0."); // 0.000…01e100001 is 1
  memset(text + n, '0', ZEROS);
  n += ZEROS + sprintf(text + n + ZEROS, "1e%d", ZEROS + 1);
  cr_assert(number_to_f64(text, text + n, &x));
  cr_assert_eq(x, 1);
  n = sprintf(text, "1"); // 1000…0e-100000 is 1
  memset(text + n, '0', ZEROS);
  n += ZEROS + sprintf(text + n + ZEROS, "e-%d", ZEROS);
  cr_assert(number_to_f64(text, text + n, &x));
  cr_assert_eq(x, 1);
  n = sprintf(text, "9007199254740993."); // a tie, but for a digit far behind
  memset(text + n, '0', ZEROS);
  n += ZEROS;
  cr_assert(number_to_f64(text, text + n, &x));
  cr_assert_eq(x, 9007199254740992.0);
  text[n++] = '1';
  cr_assert(number_to_f64(text, text + n, &x));
  cr_assert_eq(x, 9007199254740994.0);
  memset(text, '9', ZEROS);
  cr_assert_not(number_to_f64(text, text + ZEROS, &x));
  free(text);
}

Test(number, f64_round_trips) {
  for (int i = 0; i < 1000000; i++) {
    uint64_t bits = random_bits();
    double x, y;
    memcpy(&x, &bits, sizeof x);
    if (i % 3 == 0) x = (double)(int64_t)(bits % 20000001 - 10000000) / 1000;
    if (!isfinite(x)) continue;
    char text[NUMBER_MAX];
    size_t n = number_put_f64(text, x);
    cr_assert(n <= NUMBER_MAX);
    cr_assert(number_to_f64(text, text + n, &y), "%.*s", (int)n, text);
    cr_assert_eq(bits64(x), bits64(y), "%.*s", (int)n, text);
  }
}

Test(number, f32_round_trips) {
  for (int i = 0; i < 1000000; i++) {
    uint32_t bits = (uint32_t)random_bits();
    float x, y;
    memcpy(&x, &bits, sizeof x);
    if (!isfinite(x)) continue;
    char text[NUMBER_MAX];
    size_t n = number_put_f32(text, x);
    cr_assert(n <= NUMBER_MAX);
    cr_assert(number_to_f32(text, text + n, &y), "%.*s", (int)n, text);
    cr_assert_eq(bits32(x), bits32(y), "%.*s", (int)n, text);
  }
}

Test(number, floats_are_written_as_python_writes_them) {
  static const struct {
    double x;
    const char *f64, *f32;
  } rows[] = {{0.0, "0", "0"},
              {-0.0, "-0.0", "-0.0"},
              {5, "5", "5"},
              {-5, "-5", "-5"},
              {0.1, "0.1", "0.1"},
              {-2.5, "-2.5", "-2.5"},
              {1e-4, "0.0001", "0.0001"},
              {1e-5, "1e-05", "1e-05"},
              {-1.5e-5, "-1.5e-05", "-1.5e-05"},
              {100000, "100000", "100000"},
              {1e15, "1000000000000000", "1000000000000000"},
              {1e16, "1e+16", "1e+16"},
              {1e30, "1e+30", "1e+30"},
              {1e22, "1e+22", "1e+22"},
              {123456.789, "123456.789", "123456.79"},
              {16777216, "16777216", "16777216"},
              {1.0 / 3, "0.3333333333333333", "0.33333334"},
              {9007199254740992.0, "9007199254740992", "9007199000000000"},
              {1234567890123456.7, "1234567890123456.8", "1234568000000000"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char text[NUMBER_MAX + 1];
    text[number_put_f64(text, rows[i].x)] = 0;
    cr_assert_str_eq(text, rows[i].f64);
    text[number_put_f32(text, (float)rows[i].x)] = 0;
    cr_assert_str_eq(text, rows[i].f32);
  }
}

Test(number, int64_is_written_whole) {
  static const int64_t rows[] = {0,   1,    -1,    9,         10,        99,
                                 100, -100, 12345, INT64_MAX, INT64_MIN, 9007199254740993};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char text[NUMBER_MAX + 1], want[NUMBER_MAX];
    text[number_put_i64(text, rows[i])] = 0;
    snprintf(want, sizeof want, "%lld", (long long)rows[i]);
    cr_assert_str_eq(text, want);
  }
}
