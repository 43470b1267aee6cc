// math_test.c - elementary functions over many elements, where the compiler calls their vector forms.
#include "unit/autograd/fixture.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

TestSuite(math, .init = fixture_start, .fini = fixture_finish);

enum { N = 3001, ULP = 4 }; // not a multiple of any vector's length

static const struct function {
  const char *name;
  var *(*op)(autograd *, var *);
  double (*of)(double);
  long double (*exactly)(long double);
} FUNCTIONS[] = {
#define FUNCTION(f)                                                                                          \
  { #f, op_##f, f, f##l }
    FUNCTION(exp),   FUNCTION(exp2), FUNCTION(expm1), FUNCTION(log),  FUNCTION(log2),  FUNCTION(log10),
    FUNCTION(log1p), FUNCTION(sin),  FUNCTION(cos),   FUNCTION(tan),  FUNCTION(asin),  FUNCTION(acos),
    FUNCTION(atan),  FUNCTION(sinh), FUNCTION(cosh),  FUNCTION(tanh), FUNCTION(asinh), FUNCTION(acosh),
    FUNCTION(atanh), FUNCTION(erf),  FUNCTION(sqrt),
};

// What is written differently everywhere first, then magnitudes from tiny to large, of both signs.
static double sample(int i, bool narrow) {
  static const double ODD[] = {0,   -0.0, INFINITY, -INFINITY, NAN,   1,     -1,
                               0.5, -0.5, 88.7,     -103.9,    709.7, -745.1};
  enum { ODDS = sizeof ODD / sizeof *ODD };
  if (i < ODDS) return ODD[i];
  double size = pow(2, (i % 601 - 300) * (narrow ? 0.2 : 1.0) / 10) * (1 + i / 997.0);
  return i % 2 ? size : -size;
}

static int64_t order32(float x) {
  int32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits < 0 ? (int64_t)INT32_MIN - bits : bits;
}
static int64_t order64(double x) {
  int64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits < 0 ? INT64_MIN - bits : bits;
}

// NaN for NaN, the same infinity, the same zero; else as many units in the last place apart as `ulps`.
static bool near(double got, double want, int64_t ulps) {
  if (isnan(want) || isinf(want) || want == 0)
    return isnan(want) ? isnan(got) : got == want && signbit(got) == signbit(want);
  return ulps >= -ULP && ulps <= ULP;
}

static var *samples(dtype t, bool narrow) {
  tensor x;
  cr_assert(tensor_new_sizes(&ag.ctx, &x, t, 1, (int64_t[]){N}));
  for (int i = 0; i < N; i++)
    if (t == DT_float32)
      ((float *)tensor_data(&x))[i] = (float)sample(i, narrow);
    else
      ((double *)tensor_data(&x))[i] = sample(i, narrow);
  return scope_own(&ag, var_new(&ag, x));
}

Test(math, float32_is_within_four_units_of_the_last_place) {
  for (size_t k = 0; k < sizeof FUNCTIONS / sizeof *FUNCTIONS; k++) {
    const struct function *f = &FUNCTIONS[k];
    var *x = samples(DT_float32, false), *y = f->op(&ag, x);
    cr_assert(y);
    for (int i = 0; i < N; i++) {
      float at = ((float *)tensor_data(&x->t))[i], got = ((float *)tensor_data(&y->t))[i],
            want = (float)f->of(at);
      cr_expect(near(got, want, order32(got) - order32(want)), "%s(%.9g) is %.9g, not %.9g", f->name, at, got,
                want);
    }
  }
}

Test(math, float64_is_within_four_units_of_the_last_place) {
  for (size_t k = 0; k < sizeof FUNCTIONS / sizeof *FUNCTIONS; k++) {
    const struct function *f = &FUNCTIONS[k];
    var *x = samples(DT_float64, true), *y = f->op(&ag, x);
    cr_assert(y);
    for (int i = 0; i < N; i++) {
      double at = ((double *)tensor_data(&x->t))[i], got = ((double *)tensor_data(&y->t))[i];
      double want = (double)f->exactly(at);
      cr_expect(near(got, want, order64(got) - order64(want)), "%s(%.17g) is %.17g, not %.17g", f->name, at,
                got, want);
    }
  }
}
