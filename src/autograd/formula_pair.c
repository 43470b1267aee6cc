// formula_pair.c - arithmetic of two and three tensors.
#include "autograd/formula.h"
#include <math.h>

static const scalar ONE = {SCALAR_int, {.i = 1}};
static var *sub(autograd *a, var *x, var *y) { return op_sub(a, x, y, ONE); }
static var *add(autograd *a, var *x, var *y) { return op_add(a, x, y, ONE); }
static fault *fault_of(autograd *a) { return &a->ctx.fault; }

var *floor_quotient(autograd *a, var *x, var *y) { return op_div_mode(a, x, y, 0); }
var *trunc_quotient(autograd *a, var *x, var *y) { return op_div_mode(a, x, y, 1); }

var *sign_ratio(autograd *a, var *x, var *y) {
  return op_where(a, op_eq(a, x, number(a, 0)), number(a, 0), op_div(a, y, x));
}

var *prevails(autograd *a, var *x, var *other, bool larger) {
  return op_logical_or(a, larger ? op_ge(a, x, other) : op_le(a, x, other), op_isnan(a, other));
}

var *rest_of(autograd *a, scalar weight) { return number(a, 1 - scalar_f64(weight)); }

var *lerp_number_value(autograd *a, var *x, var *end, double weight) {
  var *way = sub(a, end, x);
  return fabs(weight) < .5 ? add(a, x, op_mul(a, way, number(a, weight)))
                           : sub(a, end, op_mul(a, way, number(a, 1 - weight)));
}

var *lerp_value(autograd *a, var *x, var *end, var *weight) { // from the nearer end, as PyTorch
  var *way = sub(a, end, x), *from_x = add(a, x, op_mul(a, weight, way)),
      *from_end = sub(a, end, op_mul(a, way, one_minus(a, weight)));
  var *near = op_lt(a, op_abs(a, weight), number(a, .5));
  return op_where(a, near, from_x, from_end);
}

var *addcdiv_value(autograd *a, var *x, var *top, var *bottom, scalar value) {
  if (!dtype_is_float((dtype)top->t.dtype) && !dtype_is_float((dtype)bottom->t.dtype))
    return fail(fault_of(a), ERR_dtype_mismatch,
                "Integer division with addcdiv is no longer supported: divide with floating point, or with "
                "rounding_mode"),
           NULL;
  return add(a, x, scaled(a, op_div(a, top, bottom), value));
}

var *isclose_body(autograd *a, var *x, var *y, double rtol, double atol, bool equal_nan) {
  if (x->t.dtype != y->t.dtype)
    return fail_as(fault_of(a), ERR_bad_argument, "RuntimeError", "%s did not match %s",
                   DTYPE_ROWS[x->t.dtype].word, DTYPE_ROWS[y->t.dtype].word),
           NULL;
  if (!(rtol >= 0) || !(atol >= 0))
    return fail_as(fault_of(a), ERR_bad_argument, "RuntimeError",
                   "%s must be greater than or equal to zero, but got %g", rtol >= 0 ? "atol" : "rtol",
                   rtol >= 0 ? atol : rtol),
           NULL;
  return op_isclose_data(a, x, y, rtol, atol, equal_nan);
}

var *equal_body(autograd *a, var *x, var *y) {
  if (!layout_same_dims(x->t.layout, y->t.layout)) return op_full(a, (ints){0}, scalar_int(0), DT_bool);
  return op_all(a, op_eq(a, x, y), ints_none(), false);
}
