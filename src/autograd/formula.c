// formula.c - arithmetic and reductions.
#include "autograd/formula.h"
#include <math.h>

// ---- small words

static const scalar ONE = {SCALAR_int, {.i = 1}};
static var *sub(autograd *a, var *x, var *y) { return op_sub(a, x, y, ONE); }
static var *add(autograd *a, var *x, var *y) { return op_add(a, x, y, ONE); }

var *number(autograd *a, double d) {
  tensor t;
  if (autograd_failed(a) || !tensor_new(&a->ctx, &t, DT_float64, &LAYOUT_SCALAR)) return NULL;
  *(double *)tensor_data(&t) = d;
  var *v = var_new(a, t);
  if (v) v->flags |= VAR_wrapped;
  return scope_own(a, v);
}

var *number_as(autograd *a, scalar s) {
  tensor t;
  if (s.kind == SCALAR_float) return number(a, s.d);
  if (autograd_failed(a) || !tensor_new(&a->ctx, &t, DT_int64, &LAYOUT_SCALAR)) return NULL;
  *(int64_t *)tensor_data(&t) = s.i;
  var *v = var_new(a, t);
  if (v) v->flags |= VAR_wrapped;
  return scope_own(a, v);
}

var *plus(autograd *a, var *x, double d) { return add(a, x, number(a, d)); }
var *one_minus(autograd *a, var *x) { return op_rsub(a, x, number(a, 1), ONE); }
var *scaled(autograd *a, var *x, scalar s) { return scalar_f64(s) == 1 ? x : op_mul(a, x, number_as(a, s)); }
var *cast(autograd *a, var *x, unsigned t) {
  return !x || t == DT_none || t == x->t.dtype ? x : op_to_copy(a, x, (uint8_t)t);
}

var *zeros_as(autograd *a, var *like, ints size) { return like ? op_zeros(a, size, like->t.dtype) : NULL; }

ints sizes_of(const var *x) { return x ? layout_sizes(x->t.layout) : (ints){0}; }

ints vjp_sizes(const vjp *v, unsigned input) {
  node *fn = node_edges(v->n)[input];
  if (fn) return layout_sizes(node_output(fn, node_edge_nrs(v->n)[input]).layout);
  const saved *s = node_saved(v->n);
  for (unsigned i = 0; i < v->n->n_saved; i++)
    if (!s[i].is_output && s[i].slot == input && s[i].layout) return layout_sizes(s[i].layout);
  return (ints){0};
}

int64_t numel_of(ints size) {
  int64_t n = 1;
  for (int i = 0; i < size.n; i++)
    if (__builtin_mul_overflow(n, size.v[i], &n)) return -1;
  return n;
}

ints inverse(ints p) {
  ints back = {.n = p.n};
  for (int i = 0; i < p.n; i++) back.v[p.v[i] < 0 ? p.v[i] + p.n : p.v[i]] = i;
  return back;
}

static unsigned mask_of(ints dims, int rank) {
  unsigned mask = 0;
  if (dims.n <= 0) return (1u << rank) - 1;
  for (int i = 0; i < dims.n; i++) {
    int64_t d = dims.v[i] < 0 ? dims.v[i] + rank : dims.v[i];
    if (d >= 0 && d < rank) mask |= 1u << d; // another one is a fault already, or soon
  }
  return mask;
}

int64_t count_over(ints size, ints dims) {
  unsigned mask = mask_of(dims, size.n);
  int64_t n = 1;
  for (int i = 0; i < size.n; i++)
    if (mask & 1u << i) n *= size.v[i];
  return n;
}

var *count(autograd *a, ints size, ints dims) { return number(a, (double)count_over(size, dims)); }

// ---- arithmetic

var *pow_grad(autograd *a, var *g, var *x, scalar e) {
  double n = scalar_f64(e);
  if (n == 0) return op_zeros_like(a, g, DT_none);
  scalar less = e.kind == SCALAR_float || e.i == INT64_MIN ? scalar_float(n - 1) : scalar_int(e.i - 1);
  var *below =
      n == 2 && !a->grad_mode ? x : op_pow_scalar(a, x, less); // the power 1 only where a graph needs it
  return op_mul(a, g, op_mul(a, below, number(a, n)));
}

var *pow_grad_self(autograd *a, var *g, var *x, var *e) {
  var *slope = op_mul(a, e, op_pow(a, x, sub(a, e, number(a, 1))));
  return op_where(a, op_eq(a, e, number(a, 0)), number(a, 0), op_mul(a, g, slope));
}

var *pow_grad_exponent(autograd *a, var *g, var *x, var *e, var *y) {
  // 0 to a power >= 0 does not change with the exponent, although log(0) is infinite
  var *flat = op_logical_and(a, op_eq(a, x, number(a, 0)), op_ge(a, e, number(a, 0)));
  return op_where(a, flat, number(a, 0), op_mul(a, g, op_mul(a, y, op_log(a, x))));
}

var *pow_grad_base(autograd *a, var *g, scalar base, var *e, var *y) {
  double b = scalar_f64(base);
  var *slope = op_mul(a, g, op_mul(a, y, number(a, log(b))));
  return b == 0 ? op_where(a, op_ge(a, e, number(a, 0)), number(a, 0), slope) : slope;
}

static var *as_float(autograd *a, var *mask, const var *like) {
  return mask && like ? cast(a, mask, like->t.dtype) : NULL;
}

var *share(autograd *a, var *g, var *x, var *other, var *loses) {
  var *kept = op_where(a, op_eq(a, x, other), op_mul(a, g, number(a, .5)), g);
  return op_where(a, loses, number(a, 0), kept);
}

var *over_squares(autograd *a, var *top, var *x, var *y) {
  return op_div(a, top, add(a, op_mul(a, x, x), op_mul(a, y, y)));
}

var *inside(autograd *a, var *x, scalar min, scalar max) {
  var *above = min.kind ? op_ge(a, x, number_as(a, min)) : NULL,
      *below = max.kind ? op_le(a, x, number_as(a, max)) : NULL;
  return above && below ? op_logical_and(a, above, below) : above ? above : below;
}

var *clamp_value(autograd *a, var *x, var *min, var *max) {
  if (!min && !max)
    return fail_as(&a->ctx.fault, ERR_bad_argument, "RuntimeError",
                   "torch.clamp: At least one of 'min' or 'max' must not be None"),
           NULL;
  if (min) x = op_maximum(a, x, min);
  return max ? op_minimum(a, x, max) : x;
}

var *between(autograd *a, var *x, var *min, var *max) {
  var *above = min ? op_ge(a, x, min) : NULL, *below = max ? op_le(a, x, max) : NULL;
  return above && below ? op_logical_and(a, above, below) : above ? above : below;
}

var *below_range(autograd *a, var *x, var *min, var *max) {
  var *below = op_lt(a, x, min);
  return max ? op_logical_and(a, below, op_lt(a, min, max)) : below;
}

var *above_range(autograd *a, var *x, var *min, var *max) {
  var *above = op_gt(a, x, max);
  return min ? op_logical_or(a, above, op_lt(a, max, min)) : above;
}

// ---- reductions

var *spread(autograd *a, var *g, ints size, ints dims, bool keepdim) {
  if (!g) return NULL;
  if (!keepdim && size.n) {
    unsigned mask = mask_of(dims, size.n);
    ints kept = size;
    for (int i = 0; i < size.n; i++)
      if (mask & 1u << i) kept.v[i] = 1;
    g = op_reshape(a, g, kept);
  }
  return op_expand(a, g, size);
}

var *extreme_grad(autograd *a, var *g, var *x, var *y, ints dims, bool keepdim) {
  ints size = sizes_of(x);
  var *mask = as_float(a, op_eq(a, x, spread(a, y, size, dims, keepdim)), x);
  var *ties = dims.n <= 0 ? op_sum(a, mask, DT_none) : op_sum_dim(a, mask, dims, true, DT_none);
  return op_mul(a, spread(a, g, size, dims, keepdim), op_div(a, mask, ties));
}

// Over all elements a NaN counts as equal to a NaN.
var *extreme_all_grad(autograd *a, var *g, var *x, var *y) {
  var *hit = op_logical_or(a, op_eq(a, x, y), op_logical_and(a, op_isnan(a, x), op_isnan(a, y)));
  var *mask = as_float(a, hit, x);
  return op_mul(a, mask, op_div(a, g, op_sum(a, mask, DT_none)));
}

var *put_along(autograd *a, var *g, var *index, ints size, int64_t dim, bool keepdim) {
  if (!size.n) return g;
  if (!keepdim) g = op_unsqueeze(a, g, dim), index = op_unsqueeze(a, index, dim);
  return op_scatter_add(a, zeros_as(a, g, size), dim, index, g);
}

static var *finite_or_zero(autograd *a, var *x) { return op_where(a, op_isfinite(a, x), x, number(a, 0)); }

var *logsumexp_value(autograd *a, var *x, ints dims, bool keepdim) {
  if (x && !dtype_is_float((dtype)x->t.dtype)) x = cast(a, x, a->default_dtype);
  if (x && x->t.layout->numel == 0) return op_log(a, op_sum_dim(a, op_exp(a, x), dims, keepdim, DT_none));
  var *top = finite_or_zero(a, op_amax(a, x, dims, true));
  var *sum = op_sum_dim(a, op_exp(a, sub(a, x, top)), dims, keepdim, DT_none);
  return sum ? add(a, op_log(a, sum), op_reshape(a, top, sizes_of(sum))) : NULL;
}

static ints all_dims(ints dims, const var *x) {
  if (dims.n > 0 || !x) return dims;
  for (dims.n = 0; dims.n < x->t.layout->rank; dims.n++) dims.v[dims.n] = dims.n;
  return dims;
}

static var *sum_over(autograd *a, var *x, ints dims, bool keepdim) {
  dims = all_dims(dims, x);
  return dims.n <= 0 ? op_sum(a, x, DT_none) : op_sum_dim(a, x, dims, keepdim, DT_none);
}

static var *centred(autograd *a, var *x, ints dims) {
  dims = all_dims(dims, x);
  return sub(a, x, dims.n <= 0 ? op_mean(a, x, DT_none) : op_mean_dim(a, x, dims, true, DT_none));
}

// The elements behind one variance, less the correction.
static double freedom(const var *x, ints dims, int64_t correction) {
  double n = x ? (double)count_over(layout_sizes(x->t.layout), dims) : 1;
  return n - (correction == INT64_MIN ? 1 : (double)correction);
}

// In double precision: the squares of a float32 soon leave its range.
static var *variance(autograd *a, var *x, ints dims, int64_t correction, bool keepdim) {
  var *d = centred(a, cast(a, x, DT_float64), dims);
  return op_div(a, sum_over(a, op_mul(a, d, d), dims, keepdim),
                number(a, fmax(0, freedom(x, dims, correction))));
}

var *variance_value(autograd *a, var *x, ints dims, int64_t correction, bool keepdim) {
  return x ? cast(a, variance(a, x, dims, correction, keepdim), x->t.dtype) : NULL;
}

var *std_value(autograd *a, var *x, ints dims, int64_t correction, bool keepdim) {
  return x ? cast(a, op_sqrt(a, variance(a, x, dims, correction, keepdim)), x->t.dtype) : NULL;
}

var *variance_grad(autograd *a, var *g, var *x, ints dims, int64_t correction, bool keepdim) {
  double n = freedom(x, dims, correction);
  ints size = sizes_of(x);
  g = spread(a, g, size, dims, keepdim);
  if (n == 0 && (size.n == 0 || dims.n <= 0)) return op_mul(a, g, number(a, INFINITY)); // as PyTorch
  return op_mul(a, g, op_mul(a, centred(a, x, dims), number(a, 2 / n)));
}

var *std_grad(autograd *a, var *g, var *y) {
  return op_where(a, op_eq(a, y, number(a, 0)), number(a, 0), op_div(a, g, op_mul(a, y, number(a, 2))));
}

// ---- norms; the gradient at 0 is 0, as in PyTorch

var *norm_value(autograd *a, var *x, scalar ord, ints dims, bool keepdim, unsigned t) {
  double p = scalar_f64(ord);
  x = cast(a, x, t);
  dims = all_dims(dims, x);
  if (p == INFINITY) return op_amax(a, op_abs(a, x), dims, keepdim);
  if (p == -INFINITY) return op_amin(a, op_abs(a, x), dims, keepdim);
  if (p == 0) return sum_over(a, as_float(a, op_ne(a, x, number(a, 0)), x), dims, keepdim);
  if (p == 1) return sum_over(a, op_abs(a, x), dims, keepdim);
  if (p == 2) return op_sqrt(a, sum_over(a, op_mul(a, x, x), dims, keepdim));
  return op_pow_scalar(a, sum_over(a, op_pow_scalar(a, op_abs(a, x), ord), dims, keepdim),
                       scalar_float(1 / p));
}

var *norm_or_zero(autograd *a, var *x, scalar ord, ints dims, bool keepdim, unsigned t) {
  if (x && count_over(sizes_of(x), dims) == 0) return sum_over(a, cast(a, x, t), dims, keepdim);
  return norm_value(a, x, ord, dims, keepdim, t);
}

var *norm_grad(autograd *a, var *g, var *x, var *y, scalar ord, ints dims, bool keepdim) {
  double p = scalar_f64(ord);
  ints size = sizes_of(x);
  var *zero = number(a, 0);
  if (p == 0) return NULL; // a step function: no gradient at all
  g = spread(a, g, size, dims, keepdim);
  y = spread(a, y, size, dims, keepdim);
  if (p == 1) return op_mul(a, g, op_sign(a, x));
  if (p == 2) return op_mul(a, g, op_where(a, op_eq(a, y, zero), zero, op_div(a, x, y)));
  if (isinf(p)) {
    var *hit = as_float(a, op_eq(a, op_abs(a, x), y), x);
    var *ties = spread(a, sum_over(a, hit, dims, true), size, dims, true);
    return op_mul(a, g, op_div(a, op_mul(a, hit, op_sign(a, x)), ties));
  }
  var *ratio = op_pow_scalar(a, op_div(a, op_abs(a, x), y), scalar_float(p - 1));
  var *flat = p < 1 ? op_eq(a, x, zero) : op_eq(a, y, zero);
  return op_mul(a, g, op_where(a, flat, zero, op_mul(a, op_sign(a, x), ratio)));
}

// The norm of a matrix that follows from the sums of |x| along one of its two dims.
static var *matrix_norm(autograd *a, var *x, double p, ints dims, bool keepdim) {
  ints sizes = sizes_of(x);
  for (int i = 0; i < 2; i++)
    if (!dim_wrap(&a->ctx, &dims.v[i], sizes.n)) return NULL;
  if (dims.v[0] == dims.v[1])
    return fail_as(&a->ctx.fault, ERR_bad_argument, "RuntimeError",
                   "linalg.matrix_norm: dims must be different."),
           NULL;
  if (fabs(p) != 1 && !isinf(p))
    return fail_as(&a->ctx.fault, ERR_bad_argument, "RuntimeError",
                   "linalg.matrix_norm: Order %g not supported.", p),
           NULL;
  int64_t summed = dims.v[fabs(p) != 1], left = dims.v[fabs(p) == 1];
  if (!keepdim && left > summed) left--;
  var *sums = op_sum_dim(a, op_abs(a, x), one_dim(summed), keepdim, DT_none);
  return p > 0 ? op_amax(a, sums, one_dim(left), keepdim) : op_amin(a, sums, one_dim(left), keepdim);
}

// Which two dims a matrix norm is over; a vector norm leaves 0 or 1.
static bool norm_dims(autograd *a, const var *x, ints *dims) {
  int rank = x->t.layout->rank;
  fault *f = &a->ctx.fault;
  if (dims->n < 0 && rank != 1 && rank != 2)
    return fail(f, ERR_shape_mismatch,
                "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got %dD.",
                rank);
  if (dims->n == 0 || dims->n > 2)
    return fail_as(f, ERR_bad_argument, "RuntimeError",
                   "linalg.norm: If dim is specified, it must be of length 1 or 2. Got %s",
                   ints_text(dims->n, dims->v));
  if (dims->n < 0 && rank == 2) *dims = (ints){2, {0, 1}};
  return true;
}

var *linalg_norm_body(autograd *a, var *x, scalar ord, ints dims, bool keepdim, unsigned t) {
  if (!norm_dims(a, x, &dims)) return NULL;
  if (dims.n != 2) return op_vector_norm(a, x, ord, dims, keepdim, (uint8_t)t);
  return matrix_norm(a, cast(a, x, t), scalar_f64(ord), dims, keepdim);
}

var *linalg_norm_fro_body(autograd *a, var *x, ints dims, bool keepdim, unsigned t) {
  return norm_dims(a, x, &dims) ? op_vector_norm(a, x, scalar_int(2), dims, keepdim, (uint8_t)t) : NULL;
}

// ---- products. Where an element is 0 the product of the others is found by a tree: pair up, multiply, and
// hand each half what the other half multiplied to. It is made of ops, so it holds for every order of
// derivative.

enum { LEVELS = 63 };

static var *half(autograd *a, var *x, int64_t which) {
  int64_t last = x->t.layout->rank - 1;
  return op_slice(a, x, last, which, INT64_MIN, 2);
}

// The product of all others, along the last dim.
static var *others(autograd *a, var *x) {
  var *level[LEVELS];
  int64_t length[LEVELS];
  int n = 0, last = x ? x->t.layout->rank - 1 : 0;
  for (; x; n++) {
    ints size = sizes_of(x);
    length[n] = size.v[last];
    if (length[n] > 1 && length[n] % 2) { // make it even with a 1
      size.v[last] = 1;
      x = op_cat(a, (var *[]){x, op_ones(a, size, x->t.dtype)}, 2, last);
      if (!x) return NULL;
    }
    level[n] = x;
    if (length[n] <= 1) break;
    x = op_mul(a, half(a, x, 0), half(a, x, 1));
  }
  if (!x) return NULL;
  var *rest = op_ones_like(a, level[n], DT_none);
  while (n-- > 0 && rest) {
    var *even = op_mul(a, rest, half(a, level[n], 1)), *odd = op_mul(a, rest, half(a, level[n], 0));
    if (!even || !odd) return NULL;
    var *both = op_stack(a, (var *[]){even, odd}, 2, last + 1);
    rest = op_slice(a, op_flatten(a, both, last, last + 1), last, 0, length[n], 1);
  }
  return rest;
}

static bool has_zero(autograd *a, var *x) {
  var *any = op_any(a, op_eq(a, x, number(a, 0)), ints_none(), false);
  return any && *(const bool *)tensor_data(&any->t);
}

var *prod_grad(autograd *a, var *g, var *x, var *y) {
  if (!has_zero(a, x)) return autograd_failed(a) ? NULL : op_mul(a, g, op_div(a, y, x));
  ints size = sizes_of(x);
  return op_mul(a, g, op_reshape(a, others(a, op_reshape(a, x, one_dim(-1))), size));
}

var *prod_dim_grad(autograd *a, var *g, var *x, var *y, int64_t dim, bool keepdim) {
  ints size = sizes_of(x);
  if (!size.n) return g;
  g = spread(a, g, size, one_dim(dim), keepdim);
  if (!has_zero(a, x))
    return autograd_failed(a) ? NULL : op_mul(a, g, op_div(a, spread(a, y, size, one_dim(dim), keepdim), x));
  return op_mul(a, g, op_transpose(a, others(a, op_transpose(a, x, dim, -1)), dim, -1));
}
