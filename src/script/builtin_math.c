// builtin_math.c - the module math.
#include "script/builtins.h"
#include <math.h>

static bool checked(interpreter *in, double result, bool finite, item *out) {
  if (isnan(result) && finite) return raise_value(in, "math domain error");
  if (isinf(result) && finite) return raise_as(in, ERR_bad_argument, "OverflowError", "math range error");
  return *out = item_float(result), true;
}

BUILTIN(math_function) {
  double x;
  (void)all;
  if (!want_number(in, a, &x)) return false;
  double y = b->math(x);
  bool pole = isinf(y) && (b->math == log2 || b->math == log10 || b->math == log1p || b->math == atanh);
  return checked(in, pole && isfinite(x) ? NAN : y, !isnan(x) && !(isinf(x) && isinf(y)), out);
}

BUILTIN(math_log) {
  double x, base = 0;
  (void)b, (void)all;
  if (!want_number(in, &a[0], &x) || (a[1].kind != ITEM_absent && !want_number(in, &a[1], &base)))
    return false;
  bool with_base = a[1].kind != ITEM_absent;
  if (x <= 0 || (with_base && base <= 0)) return raise_value(in, "math domain error");
  if (with_base && base == 1)
    return raise_as(in, ERR_bad_argument, "ZeroDivisionError", "float division by zero");
  return *out = item_float(with_base ? log(x) / log(base) : log(x)), true;
}

BUILTIN(math_pow) {
  double x, y;
  (void)b, (void)all;
  if (!want_number(in, &a[0], &x) || !want_number(in, &a[1], &y)) return false;
  if (x == 0 && y < 0) return raise_value(in, "math domain error");
  return checked(in, pow(x, y), isfinite(x) && isfinite(y), out);
}

BUILTIN(math_atan2) {
  double y, x;
  (void)b, (void)all;
  if (!want_number(in, &a[0], &y) || !want_number(in, &a[1], &x)) return false;
  return *out = item_float(atan2(y, x)), true;
}

static bool whole(interpreter *in, const builtin *b, item *a, const arguments *all, double (*round)(double),
                  item *out) {
  double x;
  if (item_is_integer(a)) return *out = item_int(a->i), true;
  if (!want_number(in, a, &x)) return false;
  item rounded = item_float(round(x));
  return py_int(in, b, &rounded, all, out);
}

BUILTIN(math_floor) { return whole(in, b, a, all, floor, out); }
BUILTIN(math_ceil) { return whole(in, b, a, all, ceil, out); }

#define QUESTION(name, ask)                                                                                  \
  BUILTIN(name) {                                                                                            \
    double x;                                                                                                \
    (void)b, (void)all;                                                                                      \
    if (!want_number(in, a, &x)) return false;                                                               \
    return *out = item_bool(ask(x)), true;                                                                   \
  }
QUESTION(math_isnan, isnan)
QUESTION(math_isinf, isinf)
QUESTION(math_isfinite, isfinite)
