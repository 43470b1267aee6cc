#include "wire/element.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

dtype element_dtype(unsigned met, dtype want, dtype default_float, bool must_be_float) {
  if (want != DT_none) return want;
  if (met & MET_float || !met) return default_float;
  if (met & MET_int) return must_be_float ? default_float : DT_int64;
  return DT_bool;
}

bool element_from_f64(dtype t, void *slot, double x) {
  switch (t) {
  case DT_bool: *(bool *)slot = x != 0; return true;
  case DT_float32: *(float *)slot = (float)x; return true;
  case DT_float64: *(double *)slot = x; return true;
  default:
    if (!(x >= -9223372036854775808.0 && x < 9223372036854775808.0)) return false;
    *(int64_t *)slot = (int64_t)x;
    return true;
  }
}

bool element_from_number(dtype t, void *slot, const struct number *n) {
  double x;
  switch (t) {
  case DT_float32: return number_f32(n, slot);
  case DT_float64: return number_f64(n, slot);
  case DT_int64:
    if (n->integer) return number_i64(n, slot);
    break;
  default: break;
  }
  return number_f64(n, &x) && element_from_f64(t, slot, x);
}

const char *element_excerpt(char out[EXCERPT_MAX], const char *text, size_t n) {
  size_t shown = n <= 40 ? n : 40;
  for (size_t i = 0; i < shown; i++) out[i] = text[i] >= ' ' && text[i] < 127 ? text[i] : '?';
  snprintf(out + shown, EXCERPT_MAX - shown, "%s", shown < n ? "…" : "");
  return out;
}

bool element_out_of_range(ctx *c, const char *where, const char *text, size_t n, dtype t) {
  char shown[EXCERPT_MAX];
  return fail_as(&c->fault, ERR_bad_number, "RuntimeError",
                 "%svalue cannot be converted to type %s without overflow: %s", where, DTYPE_ROWS[t].name,
                 element_excerpt(shown, text, n));
}
