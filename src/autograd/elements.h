// elements.h - what rows of ops.def do with single numbers beyond C's operators: division by Python's rules,
// for floating numbers and for integers. TYPE is the type computed in.
#pragma once
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

// Klambauer et al., "Self-Normalizing Neural Networks", 2017.
#define SELU_ALPHA 1.6732632423543772848170429916717
#define SELU_SCALE 1.0507009873554804934193349852946

// x modulo y, with the sign of y.
static inline double real_remainder(double x, double y) {
  double left = fmod(x, y);
  return left != 0 && (y < 0) != (left < 0) ? left + y : left;
}
static inline int64_t whole_remainder(int64_t x, int64_t y) { // y is not 0: refused before
  if (y == 0 || y == -1) return 0;
  int64_t left = x % y;
  return left != 0 && (y < 0) != (left < 0) ? left + y : left;
}

// With the sign of x.
static inline double real_fmod(double x, double y) { return fmod(x, y); }
static inline int64_t whole_fmod(int64_t x, int64_t y) { return y == 0 || y == -1 ? 0 : x % y; }

static inline float single_trunc_divide(float x, float y) {
  return truncf(x / y);
} // the quotient is rounded first
static inline double real_trunc_divide(double x, double y) { return trunc(x / y); }
static inline int64_t whole_trunc_divide(int64_t x, int64_t y) {
  return y == 0 ? 0 : y == -1 ? (int64_t)(0 - (uint64_t)x) : x / y;
}

static inline double real_floor_divide(double x, double y) {
  if (y == 0) return x / y;
  double quotient = (x - real_remainder(x, y)) / y, whole = floor(quotient);
  if (quotient == 0) return copysign(0, x / y);
  return quotient - whole > .5 ? whole + 1 : whole; // it was whole but for rounding
}
static inline int64_t whole_floor_divide(int64_t x, int64_t y) {
  int64_t quotient = whole_trunc_divide(x, y);
  return y != 0 && y != -1 && x % y != 0 && (x < 0) != (y < 0) ? quotient - 1 : quotient;
}

// log(exp(x) + exp(y)) without overflow.
static inline double real_logaddexp(double x, double y) {
  if (isinf(x) && x == y) return x;
  return fmax(x, y) + log1p(exp(-fabs(x - y)));
}

static inline bool close_to(double x, double y, double rtol, double atol, bool equal_nan) {
  double apart = fabs(x - y);
  return x == y || (equal_nan && isnan(x) && isnan(y)) || (isfinite(apart) && apart <= atol + fabs(rtol * y));
}

#define FOR_KIND(f)                                                                                          \
  _Generic((TYPE)0, float : real_##f, double : real_##f, default : whole_##f) // the function for TYPE
#define TRUNC_DIVIDE(x, y)                                                                                   \
  _Generic((TYPE)0, float                                                                                    \
           : single_trunc_divide, double                                                                     \
           : real_trunc_divide, default                                                                      \
           : whole_trunc_divide)(x, y)
#define LARGEST   _Generic((TYPE)0, float : (TYPE)FLT_MAX, double : (TYPE)DBL_MAX, default : (TYPE)INT64_MAX)
#define IS_INF(a) _Generic((TYPE)0, float : isinf((double)(a)), double : isinf((double)(a)), default : false)
#define NAN_TO_NUM(a, nan, high, low)                                                                        \
  ((a) != (a)                ? (nan).kind ? NUMBER(nan) : (TYPE)0                                            \
   : IS_INF(a) && (a) > 0    ? (high).kind ? NUMBER(high) : LARGEST                                          \
   : IS_INF(a) && !((a) > 0) ? (low).kind ? NUMBER(low) : (TYPE)-LARGEST                                     \
                             : (a))
#define BIT_NOT(a) (TYPE) _Generic((TYPE)0, bool : !(a), default : ~(uint64_t)(a))
