// formula_activation.c - activations with corners, and what stands around them in a network.
#include "autograd/formula.h"

static const scalar ONE = {SCALAR_int, {.i = 1}};
static var *times(autograd *a, var *x, double d) { return op_mul(a, x, number(a, d)); }

// The slope at the corners is a constant, as in PyTorch.
var *hardswish_slope(autograd *a, var *x) {
  var *inner = plus(a, times(a, x, 1. / 3), .5);
  var *below = op_where(a, op_lt(a, x, number(a, -3)), number(a, 0), number(a, 1));
  var *outer = op_where(a, op_eq(a, x, number(a, -3)), number(a, -.5), below);
  return op_where(a, op_lt(a, op_abs(a, x), number(a, 3)), inner, outer);
}

var *mish_slope(autograd *a, var *x) {
  var *t = op_tanh(a, op_softplus(a, x, 1, 20));
  return op_add(a, t, op_mul(a, op_mul(a, x, op_sigmoid(a, x)), one_minus(a, op_mul(a, t, t))), ONE);
}

// ---- chance

var *bernoulli_body(autograd *a, var *p) {
  fault *f = &a->ctx.fault;
  if (!dtype_is_float((dtype)p->t.dtype))
    return fail(f, ERR_dtype_mismatch, "\"bernoulli_tensor_cpu_p_\" not implemented for '%s'",
                DTYPE_ROWS[p->t.dtype].word),
           NULL;
  var *fits = op_logical_and(a, op_ge(a, p, number(a, 0)), op_le(a, p, number(a, 1)));
  var *all = op_all(a, fits, ints_none(), false);
  if (all && !*(const bool *)tensor_data(&all->t))
    return fail_as(f, ERR_bad_argument, "RuntimeError",
                   "Expected p_in >= 0 && p_in <= 1 to be true, but got false."),
           NULL;
  return cast(a, op_lt(a, op_rand_like(a, p, DT_none), p), p->t.dtype);
}

var *dropout_body(autograd *a, var *x, double p, bool training) {
  if (!(p >= 0 && p <= 1))
    return fail_as(&a->ctx.fault, ERR_bad_argument, "ValueError",
                   "dropout probability has to be between 0 and 1, but got %g", p),
           NULL;
  if (!training || p == 0) return x;
  var *kept = op_ge(a, op_rand(a, sizes_of(x), dtype_is_float((dtype)x->t.dtype) ? x->t.dtype : DT_none),
                    number(a, p));
  return op_mul(a, x,
                p == 1 ? op_zeros_like(a, x, DT_none)
                       : op_mul(a, cast(a, kept, x->t.dtype), number(a, 1 / (1 - p))));
}

// ---- around the layers

var *layer_norm_body(autograd *a, var *x, ints shape, var *weight, var *bias, double eps) {
  ints size = sizes_of(x), dims = {.n = shape.n};
  bool fits = shape.n > 0 && shape.n <= size.n;
  for (int i = 0; fits && i < shape.n; i++) {
    dims.v[i] = size.n - shape.n + i;
    fits = size.v[dims.v[i]] == shape.v[i];
  }
  if (!fits)
    return fail(&a->ctx.fault, ERR_shape_mismatch,
                "Given normalized_shape=%s, expected input with shape [*, %s, but got input of size%s",
                ints_text(shape.n, shape.v), ints_text(shape.n, shape.v) + 1, layout_text(x->t.layout)),
           NULL;
  var *centred = op_sub(a, x, op_mean_dim(a, x, dims, true, DT_none), ONE);
  var *y = op_mul(a, centred, op_rsqrt(a, plus(a, op_var(a, x, dims, 0, true), eps)));
  if (weight) y = op_mul(a, y, weight);
  return bias ? op_add(a, y, bias, ONE) : y;
}

static var *unit(autograd *a, var *x, int64_t dim, double eps) {
  var *length = op_vector_norm(a, x, scalar_int(2), one_dim(dim), true, DT_none);
  return op_div(a, x, op_clamp(a, length, scalar_float(eps), (scalar){0}));
}

var *cosine_similarity_body(autograd *a, var *x, var *y, int64_t dim, double eps) {
  ints size;
  if (!broadcast_sizes(&a->ctx, 2, (const layout *[]){x->t.layout, y->t.layout}, &size)) return NULL;
  x = op_expand(a, x, size);
  y = op_expand(a, y, size);
  return op_sum_dim(a, op_mul(a, unit(a, x, dim, eps), unit(a, y, dim, eps)), one_dim(dim), false, DT_none);
}

var *kl_div_body(autograd *a, var *x, var *t, unsigned reduction, bool log_target) {
  enum { BATCHMEAN = 3 };
  var *each;
  if (log_target)
    each = op_mul(a, op_exp(a, t), op_sub(a, t, x, ONE));
  else { // t log t is 0 at 0
    var *zero = op_eq(a, t, number(a, 0));
    var *entropy = op_masked_fill(a, op_mul(a, t, op_log(a, t)), zero, scalar_int(0));
    each = op_sub(a, entropy, op_mul(a, t, x), ONE);
  }
  if (reduction != BATCHMEAN) return reduce_loss(a, each, reduction);
  double n = x->t.layout->rank ? (double)x->t.layout->dims[0] : 1;
  return op_div(a, op_sum(a, each, DT_none), number(a, n));
}
