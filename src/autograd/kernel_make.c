// kernel_make.c - matrix products, and tensors made from nothing.
#include "autograd/kernel.h"
#include "autograd/pointwise.h"
#include "tensor/linalg.h"
#include <math.h>

static ctx *at(op_call *k) { return &k->a->ctx; }
static fault *fault_of(op_call *k) { return &k->a->ctx.fault; }

static bool same_dtype(op_call *k, const tensor *a, const tensor *b) {
  if (a->dtype == b->dtype) return true;
  return fail(fault_of(k), ERR_dtype_mismatch, "expected scalar type %s but found %s",
              DTYPE_ROWS[a->dtype].word, DTYPE_ROWS[b->dtype].word);
}

bool kernel_mm(op_call *k, const tensor *a, const tensor *b) {
  if (a->layout->rank != 2) return fail(fault_of(k), ERR_shape_mismatch, "self must be a matrix");
  if (b->layout->rank != 2) return fail(fault_of(k), ERR_shape_mismatch, "mat2 must be a matrix");
  if (a->layout->dims[1] != b->layout->dims[0])
    return fail(fault_of(k), ERR_shape_mismatch,
                "mat1 and mat2 shapes cannot be multiplied (%lldx%lld and %lldx%lld)",
                (long long)a->layout->dims[0], (long long)a->layout->dims[1], (long long)b->layout->dims[0],
                (long long)b->layout->dims[1]);
  return same_dtype(k, a, b) && tensor_matmul(at(k), &k->out[0], a, b);
}

bool kernel_bmm(op_call *k, const tensor *a, const tensor *b) {
  if (a->layout->rank != 3) return fail(fault_of(k), ERR_shape_mismatch, "batch1 must be a 3D tensor");
  if (b->layout->rank != 3) return fail(fault_of(k), ERR_shape_mismatch, "batch2 must be a 3D tensor");
  if (a->layout->dims[0] != b->layout->dims[0] || a->layout->dims[2] != b->layout->dims[1])
    return fail(
        fault_of(k), ERR_shape_mismatch,
        "Expected size for first two dimensions of batch2 tensor to be: [%lld, %lld] but got: [%lld, %lld].",
        (long long)a->layout->dims[0], (long long)a->layout->dims[2], (long long)b->layout->dims[0],
        (long long)b->layout->dims[1]);
  return same_dtype(k, a, b) && tensor_matmul(at(k), &k->out[0], a, b);
}

// a as [n, k] times a column: the product of b seen as [k, 1], seen as [n] or [].
static bool by_column(op_call *k, const tensor *a, const tensor *b, int rank) {
  tensor column = {0}, row = {0}, y = {0};
  int64_t n = b->layout->dims[0], step = layout_strides(b->layout)[0];
  bool ok = tensor_view_as(at(k), &column, b, 2, (int64_t[]){n, 1}, (int64_t[]){step, 1}, b->offset);
  if (rank == 0)
    ok = ok && tensor_view_as(at(k), &row, a, 2, (int64_t[]){1, n},
                              (int64_t[]){1, layout_strides(a->layout)[0]}, a->offset);
  else if (ok)
    row = tensor_ref(a);
  ok = ok && tensor_matmul(at(k), &y, &row, &column) &&
       tensor_view_as(at(k), &k->out[0], &y, rank, y.layout->dims, (int64_t[]){1}, 0);
  tensor_drop(&column);
  tensor_drop(&row);
  tensor_drop(&y);
  return ok;
}

bool kernel_mv(op_call *k, const tensor *a, const tensor *b) {
  if (a->layout->rank != 2 || b->layout->rank != 1)
    return fail(fault_of(k), ERR_shape_mismatch, "vector + matrix @ vector expected, got 1, %d, %d",
                a->layout->rank, b->layout->rank);
  if (a->layout->dims[1] != b->layout->dims[0])
    return fail(fault_of(k), ERR_shape_mismatch, "size mismatch, got %lld, %lldx%lld,%lld",
                (long long)a->layout->dims[0], (long long)a->layout->dims[0], (long long)a->layout->dims[1],
                (long long)b->layout->dims[0]);
  return same_dtype(k, a, b) && by_column(k, a, b, 1);
}

bool kernel_dot(op_call *k, const tensor *a, const tensor *b) {
  if (a->layout->rank != 1 || b->layout->rank != 1)
    return fail(fault_of(k), ERR_shape_mismatch, "1D tensors expected, but got %dD and %dD tensors",
                a->layout->rank, b->layout->rank);
  if (a->dtype != b->dtype)
    return fail(fault_of(k), ERR_dtype_mismatch,
                "dot : expected both vectors to have same dtype, but found %s and %s",
                DTYPE_ROWS[a->dtype].word, DTYPE_ROWS[b->dtype].word);
  if (a->layout->dims[0] != b->layout->dims[0])
    return fail(fault_of(k), ERR_shape_mismatch,
                "inconsistent tensor size, expected tensor %s and src %s to have the same number of "
                "elements, but got %lld "
                "and %lld elements respectively",
                layout_text(a->layout), layout_text(b->layout), (long long)a->layout->dims[0],
                (long long)b->layout->dims[0]);
  return by_column(k, a, b, 0);
}

// ---- creation

bool kernel_full(op_call *k, ints size, scalar value, unsigned t) {
  tensor out = {0};
  if (t == DT_none) t = k->a->default_dtype;
  if (!number_converts(fault_of(k), value, (dtype)t) ||
      !tensor_new_sizes(at(k), &out, (dtype)t, size.n, size.v))
    return false;
  if (!tensor_fill(at(k), &out, value)) return tensor_drop(&out), false;
  k->out[0] = out;
  return true;
}

// ceil((to - from) / by), for a `by` that leads from `from` to `to`.
static int64_t whole_steps(int64_t from, int64_t to, int64_t by) {
  uint64_t way = by > 0 ? (uint64_t)to - (uint64_t)from : (uint64_t)from - (uint64_t)to;
  uint64_t step = by > 0 ? (uint64_t)by : -(uint64_t)by;
  return (int64_t)(way / step + (way % step != 0));
}

bool kernel_arange(op_call *k, scalar start, scalar end, scalar step, unsigned t) {
  bool whole = start.kind != SCALAR_float && end.kind != SCALAR_float && step.kind != SCALAR_float;
  double from = scalar_f64(start), to = scalar_f64(end), by = scalar_f64(step);
  if (t == DT_none) t = whole ? DT_int64 : k->a->default_dtype;
  if (by == 0) return fail_as(fault_of(k), ERR_bad_argument, "RuntimeError", "step must be nonzero");
  if (!isfinite(from) || !isfinite(to))
    return fail_as(fault_of(k), ERR_bad_argument, "RuntimeError", "unsupported range: %g -> %g", from, to);
  if ((by > 0 && from > to) || (by < 0 && from < to) || isnan(by))
    return fail_as(fault_of(k), ERR_bad_argument, "RuntimeError",
                   "upper bound and larger bound inconsistent with step sign");
  double n = ceil((to - from) / by);
  if (!(n < 0x1p53))
    return fail(fault_of(k), ERR_quota_exceeded, "arange of %g elements is more than can be addressed", n);
  int64_t count =
      whole ? whole_steps(start.i, end.i, step.i) : (int64_t)n; // beyond 2^53 a double is too coarse
  return tensor_arange(at(k), &k->out[0], start, step, count, (dtype)t);
}

bool kernel_linspace(op_call *k, scalar start, scalar end, int64_t steps, unsigned t) {
  if (steps < 0)
    return fail_as(fault_of(k), ERR_bad_argument, "RuntimeError", "number of steps must be non-negative");
  return tensor_linspace(at(k), &k->out[0], scalar_f64(start), scalar_f64(end), steps,
                         t == DT_none ? k->a->default_dtype : (dtype)t);
}

bool kernel_eye(op_call *k, int64_t n, int64_t m, unsigned t) {
  if (m == INT64_MIN) m = n;
  if (n < 0)
    return fail_as(fault_of(k), ERR_bad_argument, "RuntimeError", "n must be greater or equal to 0, got %lld",
                   (long long)n);
  if (m < 0)
    return fail_as(fault_of(k), ERR_bad_argument, "RuntimeError", "m must be greater or equal to 0, got %lld",
                   (long long)m);
  if (!kernel_full(k, (ints){2, {n, m}}, scalar_int(0), t)) return false;
  tensor diagonal;
  int64_t length = n < m ? n : m, step = m + 1;
  bool ok = tensor_view_as(at(k), &diagonal, &k->out[0], 1, &length, &step, 0);
  if (ok) {
    ok = tensor_fill(at(k), &diagonal, scalar_int(1));
    tensor_drop(&diagonal);
  }
  if (!ok) tensor_drop(&k->out[0]);
  return ok;
}

bool kernel_manual_seed(op_call *k, int64_t seed) {
  k->a->rng = (rng){.seed = (uint64_t)seed};
  return call_outputs(k, 0);
}

bool kernel_random(op_call *k, ints size, unsigned t, bool (*fill)(ctx *, const tensor *, rng *)) {
  tensor out = {0};
  rng before = k->a->rng;
  if (t == DT_none) t = k->a->default_dtype;
  if (!dtype_is_float((dtype)t))
    return fail(fault_of(k), ERR_dtype_mismatch, "\"%s\" not implemented for '%s'", OPS[k->op].name,
                DTYPE_ROWS[t].word);
  if (!tensor_new_sizes(at(k), &out, (dtype)t, size.n, size.v)) return false;
  if (!fill(at(k), &out, &k->a->rng)) {
    k->a->rng = before;
    tensor_drop(&out);
    return false;
  }
  k->out[0] = out;
  return true;
}

bool kernel_randint(op_call *k, int64_t low, int64_t high, ints size, unsigned t) {
  rng before = k->a->rng;
  tensor unit = {0}, out = {0};
  if (low >= high)
    return fail_as(fault_of(k), ERR_bad_argument, "RuntimeError",
                   "random_ expects 'from' to be less than 'to', but got from=%lld >= to=%lld",
                   (long long)low, (long long)high);
  bool ok = tensor_new_sizes(at(k), &unit, DT_float64, size.n, size.v) &&
            tensor_uniform(at(k), &unit, &k->a->rng) && tensor_new(at(k), &out, DT_int64, unit.layout);
  double range = (double)high - (double)low;
  for (int64_t i = 0; ok && i < out.layout->numel; i++) {
    uint64_t step = (uint64_t)(((const double *)tensor_data(&unit))[i] * range);
    int64_t x = (int64_t)((uint64_t)low + step);
    ((int64_t *)tensor_data(&out))[i] = x < high ? x : high - 1; // a wide range is rounded up
  }
  ok = ok && tensor_contiguous(at(k), &k->out[0], &out, t == DT_none ? DT_int64 : (dtype)t);
  if (!ok) k->a->rng = before;
  tensor_drop(&unit);
  tensor_drop(&out);
  return ok;
}

bool kernel_randperm(op_call *k, int64_t n, unsigned t) {
  rng before = k->a->rng;
  tensor unit = {0}, out = {0};
  bool ok = tensor_new_sizes(at(k), &unit, DT_float64, 1, &n) && tensor_uniform(at(k), &unit, &k->a->rng) &&
            tensor_arange(at(k), &out, scalar_int(0), scalar_int(1), n, DT_int64);
  int64_t *to = ok ? tensor_data(&out) : NULL;
  for (int64_t i = ok ? n - 1 : 0; i > 0; i--) { // Fisher and Yates
    int64_t other = (int64_t)(((const double *)tensor_data(&unit))[i] * (double)(i + 1)), was = to[i];
    to[i] = to[other];
    to[other] = was;
  }
  ok = ok && tensor_contiguous(at(k), &k->out[0], &out, t == DT_none ? DT_int64 : (dtype)t);
  if (!ok) k->a->rng = before;
  tensor_drop(&unit);
  tensor_drop(&out);
  return ok;
}

bool kernel_normal(op_call *k, double mean, double std, ints size, unsigned t) {
  if (!(std >= 0))
    return fail_as(fault_of(k), ERR_bad_argument, "RuntimeError",
                   "normal expects std >= 0.0, but found std %g", std);
  if (!kernel_random(k, size, t, tensor_normal)) return false;
  const tensor *x = &k->out[0];
  for (int64_t i = 0; i < x->layout->numel; i++)
    if (x->dtype == DT_float32) {
      float *f = (float *)tensor_data(x) + i;
      *f = (float)((double)*f * std + mean);
    } else {
      double *d = (double *)tensor_data(x) + i;
      *d = *d * std + mean;
    }
  return true;
}
