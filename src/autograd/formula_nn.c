// formula_nn.c - activations and losses.
#include "autograd/formula.h"
#include "autograd/pointwise.h"
#include <math.h>

static const scalar ONE = {SCALAR_int, {.i = 1}};
static var *sub(autograd *a, var *x, var *y) { return op_sub(a, x, y, ONE); }
static var *add(autograd *a, var *x, var *y) { return op_add(a, x, y, ONE); }
static var *mul(autograd *a, var *x, var *y) { return op_mul(a, x, y); }
static var *times(autograd *a, var *x, double d) { return op_mul(a, x, number(a, d)); }
static var *weighted(autograd *a, var *x, var *weight) { return weight ? op_mul(a, x, weight) : x; }
static fault *fault_of(autograd *a) { return &a->ctx.fault; }

// ---- activations

var *elu_slope(autograd *a, var *x, double alpha) {
  var *below = times(a, op_exp(a, x), alpha); // at 0 the slope is a constant, as in PyTorch
  var *at_0 = below ? op_to_copy(a, number(a, alpha), below->t.dtype) : NULL; // no bare number any more
  var *rest = op_where(a, op_eq(a, x, number(a, 0)), at_0, number(a, 1));
  return op_where(a, op_lt(a, x, number(a, 0)), below, rest);
}

var *softplus_slope(autograd *a, var *x, double beta, double threshold) {
  var *z = times(a, x, beta);
  return op_where(a, op_gt(a, z, number(a, threshold)), number(a, 1), op_sigmoid(a, z));
}

// Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016: exact with erf, or their tanh approximation.
enum { GELU_ERF, GELU_TANH };
#define GELU_CUBE  0.044715
#define GELU_SCALE (M_SQRT2 * M_2_SQRTPI * 0.5)

static var *gelu_tanh(autograd *a, var *x) {
  return op_tanh(a, times(a, add(a, x, times(a, op_pow_scalar(a, x, scalar_int(3)), GELU_CUBE)), GELU_SCALE));
}

static var *normal_cdf(autograd *a, var *x) {
  return times(a, plus(a, op_erf(a, times(a, x, M_SQRT1_2)), 1), .5);
}

var *gelu_value(autograd *a, var *x, unsigned approximate) {
  return approximate == GELU_ERF ? mul(a, x, normal_cdf(a, x))
                                 : mul(a, times(a, x, .5), plus(a, gelu_tanh(a, x), 1));
}

var *gelu_slope(autograd *a, var *x, unsigned approximate) {
  if (approximate == GELU_ERF) {
    var *density = times(a, op_exp(a, times(a, mul(a, x, x), -.5)), M_SQRT1_2 * M_2_SQRTPI * .5);
    return add(a, normal_cdf(a, x), mul(a, x, density));
  }
  var *t = gelu_tanh(a, x);
  var *inner = times(a, plus(a, times(a, mul(a, x, x), 3 * GELU_CUBE), 1), GELU_SCALE);
  return add(a, times(a, plus(a, t, 1), .5),
             mul(a, times(a, x, .5), mul(a, one_minus(a, mul(a, t, t)), inner)));
}

var *silu_slope(autograd *a, var *x) {
  var *s = op_sigmoid(a, x);
  return mul(a, s, plus(a, mul(a, x, one_minus(a, s)), 1));
}

// Without a dim PyTorch takes the first of 0, 1 or 3 dims and the second of others. An empty tensor of
// integers is as it was; others are refused.
var *softmax_body(autograd *a, var *x, int64_t dim, bool log) {
  int rank = x ? x->t.layout->rank : 0;
  if (dim == INT64_MIN) dim = rank == 0 || rank == 1 || rank == 3 ? 0 : 1;
  if (x && x->t.layout->numel == 0 && !dtype_is_float((dtype)x->t.dtype))
    return dim_wrap(&a->ctx, &dim, x->t.layout->rank) ? op_clone(a, x) : NULL;
  return log ? op_log_softmax_data(a, x, dim) : op_softmax_data(a, x, dim);
}

var *softmax_value(autograd *a, var *x, int64_t dim) {
  if (x && x->t.layout->numel == 0) return op_clone(a, x);
  var *e = op_exp(a, sub(a, x, op_amax(a, x, one_dim(dim), true)));
  return op_div(a, e, op_sum_dim(a, e, one_dim(dim), true, DT_none));
}

var *softmax_grad(autograd *a, var *g, var *y, int64_t dim) {
  var *gy = mul(a, g, y);
  return sub(a, gy, mul(a, y, op_sum_dim(a, gy, one_dim(dim), true, DT_none)));
}

var *log_softmax_value(autograd *a, var *x, int64_t dim) {
  if (x && x->t.layout->numel == 0) return op_clone(a, x);
  var *low = sub(a, x, op_amax(a, x, one_dim(dim), true));
  return sub(a, low, op_log(a, op_sum_dim(a, op_exp(a, low), one_dim(dim), true, DT_none)));
}

// ---- losses

enum { NONE, MEAN, SUM };

var *reduce_loss(autograd *a, var *each, unsigned reduction) {
  return reduction == NONE ? each : reduction == MEAN ? op_mean(a, each, DT_none) : op_sum(a, each, DT_none);
}

var *loss_grad(autograd *a, var *g, var *x, var *t, unsigned reduction) {
  if (reduction != MEAN || !x || !t) return g;
  ints size;
  if (!broadcast_sizes(&a->ctx, 2, (const layout *[]){x->t.layout, t->t.layout}, &size)) return NULL;
  return op_div(a, g, number(a, (double)numel_of(size)));
}

// The dtype that a loss of two tensors computes in, which must be floating; DT_none: a fault. limit: a dtype
// that the result must fit, or DT_none.
static dtype loss_dtype(autograd *a, const char *name, var **x, var **t, dtype limit) {
  promotion p = PROMOTION_NONE;
  if (!*x || !*t) return DT_none;
  promote_var(&p, *x);
  promote_var(&p, *t);
  dtype as = promote_result(&p, a);
  if (limit != DT_none && DTYPE_ROWS[as].kind > DTYPE_ROWS[limit].kind)
    return fail(fault_of(a), ERR_dtype_mismatch, "result type %s can't be cast to the desired output type %s",
                DTYPE_ROWS[as].word, DTYPE_ROWS[limit].word),
           DT_none;
  if (!dtype_is_float(as))
    return fail(fault_of(a), ERR_dtype_mismatch, "\"%s_cpu\" not implemented for '%s'", name,
                DTYPE_ROWS[as].word),
           DT_none;
  *x = cast(a, *x, as);
  *t = cast(a, *t, as);
  return as;
}

var *difference(autograd *a, var *x, var *t) {
  if (x && t && x->t.dtype == DT_bool) x = cast(a, x, t->t.dtype);
  if (x && t && t->t.dtype == DT_bool) t = cast(a, t, x->t.dtype);
  return sub(a, x, t);
}

var *mse_value(autograd *a, var *x, var *t) {
  return loss_dtype(a, "mse", &x, &t, DT_none) == DT_none ? NULL : op_square(a, sub(a, x, t));
}

// |d| < delta: d² / 2 (over delta if slope is 1), else slope * (|d| - delta / 2)
static var *squared_near_zero(autograd *a, var *x, var *t, double delta, double slope) {
  var *d = op_abs(a, sub(a, x, t));
  if (delta == 0) return times(a, d, slope);
  var *near = times(a, mul(a, d, d), .5 * slope / delta), *far = times(a, plus(a, d, -.5 * delta), slope);
  return op_where(a, op_lt(a, d, number(a, delta)), near, far);
}

var *huber_value(autograd *a, var *x, var *t, double delta) {
  dtype like = x ? (dtype)x->t.dtype : DT_none; // whatever the target is, as in PyTorch
  if (delta > 0 && loss_dtype(a, "huber", &x, &t, like) != DT_none)
    return cast(a, squared_near_zero(a, x, t, delta, delta), like);
  return fail_as(fault_of(a), ERR_bad_argument, "RuntimeError",
                 "huber_loss does not support non-positive values for delta."),
         NULL;
}

var *smooth_l1_value(autograd *a, var *x, var *t, double beta) {
  if (beta >= 0 && loss_dtype(a, "smooth_l1", &x, &t, DT_none) != DT_none)
    return squared_near_zero(a, x, t, beta, 1);
  return fail_as(fault_of(a), ERR_bad_argument, "RuntimeError",
                 "smooth_l1_loss does not support negative values for beta."),
         NULL;
}

var *huber_slope(autograd *a, var *x, var *t, double delta, double slope) {
  var *d = difference(a, x, t), *near = times(a, d, delta == 0 ? 0 : slope / delta); // NaN is near
  var *right = op_where(a, op_ge(a, d, number(a, delta)), number(a, slope), near);
  return op_where(a, op_le(a, d, number(a, -delta)), number(a, -slope), right);
}

static bool same_sizes(autograd *a, var *x, var *t) {
  if (!x || !t) return false;
  if (layout_same_dims(x->t.layout, t->t.layout)) return true;
  return fail_as(fault_of(a), ERR_shape_mismatch, "ValueError",
                 "Using a target size (torch.Size(%s)) that is different to the input size (torch.Size(%s)) "
                 "is deprecated. "
                 "Please ensure they have the same size.",
                 layout_text(t->t.layout), layout_text(x->t.layout));
}

static var *log_at_least(autograd *a, var *x) {
  return op_clamp(a, op_log(a, x), scalar_float(-100), (scalar){0});
}

var *bce_value(autograd *a, var *x, var *t, var *weight) {
  if (!same_sizes(a, x, t)) return NULL;
  if (x->t.dtype != t->t.dtype)
    return fail(fault_of(a), ERR_dtype_mismatch, "Found dtype %s but expected %s",
                DTYPE_ROWS[t->t.dtype].word, DTYPE_ROWS[x->t.dtype].word),
           NULL;
  var *outside = op_logical_or(a, op_lt(a, x, number(a, 0)), op_gt(a, x, number(a, 1)));
  var *any = op_any(a, outside, ints_none(), false);
  if (any && *(const bool *)tensor_data(&any->t))
    return fail_as(fault_of(a), ERR_bad_argument, "RuntimeError",
                   "all elements of input should be between 0 and 1"),
           NULL;
  var *no = mul(a, plus(a, t, -1), log_at_least(a, one_minus(a, x)));
  return weighted(a, sub(a, no, mul(a, t, log_at_least(a, x))), weight);
}

var *bce_slope(autograd *a, var *x, var *t, var *weight) {
  static const double LEAST = (double)1e-12f; // a float in PyTorch
  var *room = op_clamp(a, mul(a, one_minus(a, x), x), scalar_float(LEAST), (scalar){0});
  return weighted(a, op_div(a, sub(a, x, t), room), weight);
}

var *bce_target_slope(autograd *a, var *x, var *weight) {
  return weighted(a, sub(a, op_log(a, one_minus(a, x)), op_log(a, x)), weight);
}

// (1 - t) x + (1 + (p - 1) t) * log(1 + exp(-x)), with the logarithm taken without overflow
static var *positive_weight(autograd *a, var *t, var *p) { return plus(a, mul(a, plus(a, p, -1), t), 1); }

var *logits_value(autograd *a, var *x, var *t, var *weight, var *p) {
  if (!x || !t) return NULL;
  if (!layout_same_dims(x->t.layout, t->t.layout))
    return fail_as(fault_of(a), ERR_shape_mismatch, "ValueError",
                   "Target size (torch.Size(%s)) must be the same as input size (torch.Size(%s))",
                   layout_text(t->t.layout), layout_text(x->t.layout)),
           NULL;
  if (!dtype_is_float((dtype)t->t.dtype))
    return fail(fault_of(a), ERR_dtype_mismatch, "result type %s can't be cast to the desired output type %s",
                DTYPE_ROWS[x->t.dtype].word, DTYPE_ROWS[t->t.dtype].word),
           NULL;
  var *soft = op_neg(a, op_logsigmoid(a, x));
  if (p) soft = mul(a, soft, positive_weight(a, t, p));
  return cast(a, weighted(a, add(a, mul(a, one_minus(a, t), x), soft), weight), t->t.dtype);
}

var *logits_slope(autograd *a, var *x, var *t, var *weight, var *p) {
  var *s = op_sigmoid(a, x);
  if (!p) return weighted(a, sub(a, s, t), weight);
  return weighted(a, sub(a, one_minus(a, t), mul(a, positive_weight(a, t, p), one_minus(a, s))), weight);
}

var *logits_target_slope(autograd *a, var *x, var *weight, var *p) {
  if (!p) return weighted(a, op_neg(a, x), weight);
  var *soft = op_neg(a, op_logsigmoid(a, x));
  return weighted(a, sub(a, mul(a, plus(a, p, -1), soft), x), weight);
}

// ---- negative log-likelihood: classes are dim 1 (dim 0 of a single sample)

static int64_t class_dim(ints size) { return size.n == 1 ? 0 : 1; }

static bool targets_fit(autograd *a, const var *x, const var *t) {
  fault *f = fault_of(a);
  ints sx = sizes_of(x), st = sizes_of(t);
  int64_t dim = class_dim(sx);
  if (sx.n == 0) return fail(f, ERR_shape_mismatch, "input tensor should be 1D or 2D");
  bool fits = st.n == sx.n - 1;
  for (int i = 0, k = 0; fits && i < sx.n; i++)
    if (i != dim) fits = st.v[k++] == sx.v[i];
  if (fits && t->t.dtype == DT_int64) return true;
  if (fits)
    return fail(f, ERR_dtype_mismatch, "expected scalar type Long but found %s", DTYPE_ROWS[t->t.dtype].word);
  if (sx.n > 1 && st.n > 0 && sx.v[0] != st.v[0])
    return fail_as(f, ERR_shape_mismatch, "ValueError",
                   "Expected input batch_size (%lld) to match target batch_size (%lld).", (long long)sx.v[0],
                   (long long)st.v[0]);
  return fail(f, ERR_shape_mismatch,
              "Expected input size %s to fit target size %s: the sizes besides the class dim must match",
              layout_text(x->t.layout), layout_text(t->t.layout));
}

static bool targets_in_range(autograd *a, const var *x, const var *t, int64_t ignore) {
  ints size = sizes_of(x);
  int64_t classes = size.v[class_dim(size)];
  for (int64_t i = 0; i < t->t.layout->numel; i++) {
    int64_t c = tensor_read(&t->t, i).i;
    if (c != ignore && (c < 0 || c >= classes))
      return fail(fault_of(a), ERR_index_out_of_range, "Target %lld is out of bounds.", (long long)c);
  }
  return true;
}

// What targets stand for, one entry each.
struct targets {
  var *keep;   // not ignored
  var *class;  // 0 for an ignored one
  var *weight; // 1, or the weight of the class; 0 for an ignored one
};

static struct targets targets_of(autograd *a, var *t, var *weight, int64_t ignore, unsigned as) {
  struct targets r = {.keep = op_ne(a, t, number_as(a, scalar_int(ignore)))};
  r.class = op_where(a, r.keep, t, op_zeros_like(a, t, DT_none));
  r.weight = cast(a, r.keep, as);
  if (!weight || !r.class) return r;
  var *flat = op_index_select(a, weight, 0, op_reshape(a, r.class, one_dim(-1)));
  r.weight = mul(a, r.weight, op_reshape(a, flat, sizes_of(t)));
  return r;
}

var *nll_value(autograd *a, var *x, var *t, var *weight, int64_t ignore, unsigned reduction) {
  if (!targets_fit(a, x, t) || !targets_in_range(a, x, t, ignore)) return NULL;
  struct targets to = targets_of(a, t, weight, ignore, x->t.dtype);
  int64_t dim = class_dim(sizes_of(x));
  var *picked = op_squeeze_dim(a, op_gather(a, x, dim, op_unsqueeze(a, to.class, dim)), dim);
  var *each = op_where(a, to.keep, op_neg(a, mul(a, picked, to.weight)), number(a, 0));
  if (reduction != MEAN) return reduce_loss(a, each, reduction);
  return op_div(a, op_sum(a, each, DT_none), op_sum(a, to.weight, DT_none));
}

var *nll_grad(autograd *a, var *g, ints size, var *t, var *weight, int64_t ignore, unsigned reduction) {
  if (!g) return NULL;
  struct targets to = targets_of(a, t, weight, ignore, g->t.dtype);
  int64_t dim = class_dim(size);
  var *each = op_neg(a, mul(a, g, to.weight));
  if (reduction == MEAN) each = op_div(a, each, op_sum(a, to.weight, DT_none));
  each = op_where(a, to.keep, each, number(a, 0)); // also where there is nothing but ignored targets
  return op_scatter_add(a, zeros_as(a, g, size), dim, op_unsqueeze(a, to.class, dim),
                        op_unsqueeze(a, each, dim));
}

var *nll_body(autograd *a, var *x, var *t, var *weight, int64_t ignore, unsigned reduction) {
  ints size = sizes_of(x), left = sizes_of(t);
  if (!targets_fit(a, x, t)) return NULL;
  if (size.n <= 2) return op_nll_loss_data(a, x, t, weight, ignore, (uint8_t)reduction);
  if (size.n == 4) return op_nll_loss2d(a, x, t, weight, ignore, (uint8_t)reduction);
  int64_t each = numel_of(left) / (left.v[0] ? left.v[0] : 1); // other ranks become images of one row
  x = op_view(a, op_contiguous(a, x), (ints){4, {size.v[0], size.v[1], 1, each}});
  t = op_view(a, op_contiguous(a, t), (ints){3, {left.v[0], 1, each}});
  var *loss = op_nll_loss2d(a, x, t, weight, ignore, (uint8_t)reduction);
  return reduction == NONE ? op_view(a, loss, left) : loss;
}

// ---- cross entropy

static var *soft_cross_entropy(autograd *a, var *logp, var *t, var *weight, unsigned reduction) {
  ints size = sizes_of(logp);
  int64_t dim = class_dim(size);
  var *product = mul(a, logp, t);
  if (weight) {
    ints along = {.n = size.n};
    for (int i = 0; i < size.n; i++) along.v[i] = i == dim ? size.v[dim] : 1;
    product = mul(a, product, op_reshape(a, weight, along));
  }
  if (reduction == NONE) return op_neg(a, op_sum_dim(a, product, one_dim(dim), false, DT_none));
  var *total = op_neg(a, op_sum(a, product, DT_none));
  double n = size.n == 1 ? 1 : (double)numel_of(size) / (double)(size.v[dim] ? size.v[dim] : 1);
  return reduction == SUM ? total : op_div_scalar(a, total, scalar_float(n));
}

var *cross_entropy_body(autograd *a, var *x, var *t, var *weight, int64_t ignore, unsigned reduction,
                        double smoothing) {
  ints size = sizes_of(x);
  if (size.n == 0)
    return fail(fault_of(a), ERR_shape_mismatch, "cross_entropy expects an input of at least 1 dimension"),
           NULL;
  if (smoothing < 0 || smoothing > 1)
    return fail_as(fault_of(a), ERR_bad_argument, "RuntimeError",
                   "label_smoothing must be between 0.0 and 1.0. Got: %g", smoothing),
           NULL;
  int64_t dim = class_dim(size);
  var *logp = op_log_softmax(a, x, dim, 0, DT_none);
  if (layout_same_dims(x->t.layout, t->t.layout)) { // probabilities
    if (!dtype_is_float((dtype)t->t.dtype))
      return fail(fault_of(a), ERR_dtype_mismatch,
                  "Expected floating point type for target with class probabilities, got %s",
                  DTYPE_ROWS[t->t.dtype].word),
             NULL;
    double classes = (double)size.v[dim];
    if (smoothing > 0) t = plus(a, times(a, t, 1 - smoothing), smoothing / classes);
    return soft_cross_entropy(a, logp, t, weight, reduction);
  }
  var *loss = op_nll_loss(a, logp, t, weight, ignore, (uint8_t)reduction);
  if (smoothing == 0 || !loss) return loss;
  // the smoothed part: minus the mean of all log-probabilities of each sample that counts
  var *w = targets_of(a, t, NULL, ignore, x->t.dtype).weight;
  var *spread_p = logp;
  if (weight) {
    ints along = {.n = size.n};
    for (int i = 0; i < size.n; i++) along.v[i] = i == dim ? size.v[dim] : 1;
    spread_p = mul(a, logp, op_reshape(a, weight, along));
  }
  var *smooth = mul(a, op_neg(a, op_sum_dim(a, spread_p, one_dim(dim), false, DT_none)), w);
  if (reduction == MEAN) {
    var *total = weight ? targets_of(a, t, weight, ignore, x->t.dtype).weight : w;
    smooth = op_div(a, op_sum(a, smooth, DT_none), op_sum(a, total, DT_none));
  } else
    smooth = reduce_loss(a, smooth, reduction);
  return add(a, times(a, loss, 1 - smoothing), times(a, smooth, smoothing / (double)size.v[dim]));
}
