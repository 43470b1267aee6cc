// number_fuzz.c - any bytes through number_scan, against the C library; any bits through the writers and
// back.
#include "base/number.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
  if (!holds) abort();
}

static void read_like_libc(const char *text, size_t n) {
  struct number literal;
  const char *end = number_scan(text, text + n, &literal);
  if (!end) return;
  must(end > text && end <= text + n && literal.end == end);
  size_t length = (size_t)(end - text);
  char *copy = malloc(length + 1), *stop;
  must(copy != NULL);
  memcpy(copy, text, length);
  copy[length] = 0;
  double d, want_d = strtod(copy, &stop);
  must(stop == copy + length);
  float f, want_f = strtof(copy, NULL);
  must(number_f64(&literal, &d) == (isfinite(want_d) != 0));
  must(number_f32(&literal, &f) == (isfinite(want_f) != 0));
  must(!isfinite(want_d) || !memcmp(&d, &want_d, sizeof d));
  must(!isfinite(want_f) || !memcmp(&f, &want_f, sizeof f));
  must(number_to_f64(copy, copy + length, &d) == (isfinite(want_d) != 0));
  int64_t i;
  char again[NUMBER_MAX];
  if (number_i64(&literal, &i)) {
    must(literal.integer);
    size_t m = number_put_i64(again, i);
    must(strcmp(copy, "-0") == 0 || (m == length && !memcmp(again, copy, m)));
  }
  free(copy);
}

static void round_trip(const uint8_t *data, size_t size) {
  char text[NUMBER_MAX];
  struct number literal;
  double d, back_d;
  float f, back_f;
  if (size < sizeof d) return;
  memcpy(&d, data, sizeof d);
  memcpy(&f, data, sizeof f);
  if (isfinite(d)) {
    size_t n = number_put_f64(text, d);
    must(n <= NUMBER_MAX && number_scan(text, text + n, &literal) == text + n);
    must(number_to_f64(text, text + n, &back_d) && !memcmp(&d, &back_d, sizeof d));
  }
  if (isfinite(f)) {
    size_t n = number_put_f32(text, f);
    must(n <= NUMBER_MAX && number_scan(text, text + n, &literal) == text + n);
    must(number_to_f32(text, text + n, &back_f) && !memcmp(&f, &back_f, sizeof f));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  read_like_libc((const char *)data, size);
  round_trip(data, size);
  return 0;
}
