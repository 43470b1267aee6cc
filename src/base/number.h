// number.h - decimal text ↔ numbers, by the grammar of JSON: exact both ways, no locale, no allocation.
//
// In: every literal is rounded once, straight to the type that is asked for (never through another type).
// Out: the shortest digits that read back as the same bits, laid out as Python does: 5, 0.1, 1e-05, 1e+30.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A scanned literal. Its value is ±mantissa × 10^exponent, to which `cut` digits are missing: then the text
// says.
struct number {
  const char *text; // borrowed
  const char *end;
  uint64_t mantissa; // the first 19 significant digits
  int64_t exponent;
  bool negative;
  bool integer; // written without fraction and exponent
  bool fits;    // an integer that int64 holds: its value is i64
  bool cut;
  int64_t i64;
};

// number_scan reads the literal that starts at p as far as it goes and returns where it ends; NULL if there
// is none (`+1`, `01`, `1.`, `.5`, `-`). What may follow a number is for the caller to say.
const char *number_scan(const char *p, const char *end, struct number *out);

// The value of a scanned literal, rounded to nearest, ties to even. False, *out untouched: beyond the largest
// finite value (1e999), or for i64 not an integer that fits. What is too small becomes 0 of the literal's
// sign.
bool number_f64(const struct number *n, double *out);
bool number_f32(const struct number *n, float *out);
static inline bool number_i64(const struct number *n, int64_t *out) {
  if (n->fits) *out = n->i64;
  return n->fits;
}

// Scan and value in one step, for runs of numbers: the end of the literal, or NULL if it is malformed or its
// value is out of range.
const char *number_read_f64(const char *p, const char *end, double *out);
const char *number_read_f32(const char *p, const char *end, float *out);
const char *number_read_i64(const char *p, const char *end, int64_t *out);

// The same for text that must be one number and nothing else.
bool number_to_f64(const char *text, const char *end, double *out);
bool number_to_f32(const char *text, const char *end, float *out);
bool number_to_i64(const char *text, const char *end, int64_t *out);

// The writers put at most NUMBER_MAX bytes, no NUL, and return how many. Floats must be finite; -0.0 is
// "-0.0", because readers take "-0" for the integer 0.
enum { NUMBER_MAX = 32 };
size_t number_put_f32(char *out, float x);
size_t number_put_f64(char *out, double x);
size_t number_put_i64(char *out, int64_t x);
