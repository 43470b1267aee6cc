// formula_move.c - entries in other places: diagonals, rolling, padding, tiling; and several results at once.
#include "autograd/formula.h"
#include <stdlib.h>

static fault *fault_of(autograd *a) { return &a->ctx.fault; }

// ---- diagonals

var *diag_value(autograd *a, var *x, int64_t k) {
  ints size = sizes_of(x);
  if (size.n == 2) return op_clone(a, op_diagonal(a, x, k, 0, 1));
  if (size.n != 1) return fail(fault_of(a), ERR_shape_mismatch, "matrix or a vector expected"), NULL;
  int64_t beside = k < -INT64_MAX ? INT64_MAX : k < 0 ? -k : k, n;
  if (__builtin_add_overflow(size.v[0], beside, &n)) n = INT64_MAX;
  return op_diagonal_backward(a, x, (ints){2, {n, n}}, k, 0, 1);
}

var *diag_grad(autograd *a, var *g, ints size, int64_t k) {
  return size.n == 1 ? op_diagonal(a, g, k, 0, 1) : op_diagonal_backward(a, g, size, k, 0, 1);
}

var *matrix_trace(autograd *a, var *x) {
  int rank = x->t.layout->rank;
  if (rank != 2)
    return fail(fault_of(a), ERR_shape_mismatch, "trace: expected a matrix, but got tensor with dim %d",
                rank),
           NULL;
  return op_sum(a, op_diagonal(a, x, 0, 0, 1), DT_none);
}

var *matrix_trace_grad(autograd *a, var *g, ints size) {
  ints n = one_dim(size.v[0] < size.v[1] ? size.v[0] : size.v[1]);
  return op_diagonal_backward(a, op_expand(a, g, n), size, 0, 0, 1);
}

// ---- rolling

static var *rolled(autograd *a, var *x, int64_t shift, int64_t dim) {
  ints size = sizes_of(x);
  if (!x || !dim_wrap(&a->ctx, &dim, size.n)) return NULL;
  int64_t n = size.n ? size.v[dim] : 0, by = n ? (shift % n + n) % n : 0;
  if (by == 0) return op_clone(a, x);
  var *tail = op_slice(a, x, dim, n - by, n, 1), *head = op_slice(a, x, dim, 0, n - by, 1);
  return tail && head ? op_cat(a, (var *[]){tail, head}, 2, dim) : NULL;
}

var *roll_value(autograd *a, var *x, ints shifts, ints dims) {
  if (dims.n <= 0 && shifts.n == 1)
    return op_reshape(a, rolled(a, op_reshape(a, x, one_dim(-1)), shifts.v[0], 0), sizes_of(x));
  if (shifts.n != dims.n || shifts.n <= 0)
    return fail(fault_of(a), ERR_shape_mismatch, "shifts and dimensions must align. shifts: %d, dims:%d",
                shifts.n, dims.n < 0 ? 0 : dims.n),
           NULL;
  for (int i = 0; i < shifts.n; i++) x = rolled(a, x, shifts.v[i], dims.v[i]);
  return x;
}

ints negated(ints x) {
  for (int i = 0; i < x.n; i++) x.v[i] = x.v[i] == INT64_MIN ? 0 : -x.v[i]; // 2^63 is no size
  return x;
}

// ---- padding: pairs of how many entries before and after, from the last dim on; negative ones cut off

static var *padded(autograd *a, var *x, int64_t dim, int64_t before, int64_t after, scalar value) {
  ints size = sizes_of(x);
  int64_t n = x ? size.v[dim] : 0, whole;
  if (!x || __builtin_add_overflow(n, before, &whole) || __builtin_add_overflow(whole, after, &whole) ||
      whole < 0 || before < -n || after < -n)
    return fail(fault_of(a), ERR_shape_mismatch,
                "The input size %lld, plus negative padding %lld and %lld, resulted in a negative output "
                "size, "
                "which is invalid. Check dimension %lld of your input.",
                (long long)n, (long long)before, (long long)after, (long long)dim),
           NULL;
  var *part[3];
  unsigned k = 0;
  size.v[dim] = before;
  if (before > 0) part[k++] = op_full(a, size, value, x->t.dtype);
  part[k++] = op_slice(a, x, dim, before < 0 ? -before : 0, after < 0 ? n + after : n, 1);
  size.v[dim] = after;
  if (after > 0) part[k++] = op_full(a, size, value, x->t.dtype);
  for (unsigned i = 0; i < k; i++)
    if (!part[i]) return NULL;
  return k == 1 ? part[0] : op_cat(a, part, k, dim);
}

var *pad_value(autograd *a, var *x, ints pad, scalar value) {
  int rank = x->t.layout->rank;
  if (pad.n % 2 || pad.n > 2 * rank)
    return fail_as(fault_of(a), ERR_bad_argument, "RuntimeError",
                   pad.n % 2 ? "Padding length must be divisible by 2" : "Padding length too large"),
           NULL;
  if (value.kind == SCALAR_none) value = scalar_int(0);
  var *y = op_clone(a, x);
  for (int i = 0; i < pad.n && y; i += 2) y = padded(a, y, rank - 1 - i / 2, pad.v[i], pad.v[i + 1], value);
  return y;
}

// ---- other shapes

var *tile_body(autograd *a, var *x, ints dims) {
  int lead = x->t.layout->rank - dims.n;
  ints all = dims;
  for (int i = 0; lead > 0 && i < lead + dims.n; i++) all.v[i] = i < lead ? 1 : dims.v[i - lead];
  if (lead > 0) all.n += lead;
  return op_repeat(a, x, all);
}

var *movedim_body(autograd *a, var *x, ints from, ints to) {
  int rank = x->t.layout->rank, wrap = rank ? rank : 1; // a scalar has a dim 0 that can be named
  ints order = {.n = rank};
  unsigned taken = 0, filled = 0;
  if (from.n != to.n)
    return fail_as(fault_of(a), ERR_bad_argument, "RuntimeError",
                   "movedim: Invalid source or destination dims: source (%s dims) should contain the same "
                   "number of dims as destination (%s dims)",
                   ints_text(from.n, from.v), ints_text(to.n, to.v)),
           NULL;
  if (!dims_mask(&a->ctx, &from, rank, &taken) || !dims_mask(&a->ctx, &to, rank, &filled)) return NULL;
  for (int i = 0; i < from.n; i++)
    order.v[to.v[i] < 0 ? to.v[i] + wrap : to.v[i]] = from.v[i] < 0 ? from.v[i] + wrap : from.v[i];
  for (int i = 0, next = 0; i < rank; i++) {
    if (filled & 1u << i) continue;
    while (taken & 1u << next) next++;
    order.v[i] = next++;
  }
  return op_permute(a, x, order);
}

var *unflatten_body(autograd *a, var *x, int64_t dim, ints sizes) {
  ints old = sizes_of(x), all = {0};
  if (!dim_wrap(&a->ctx, &dim, old.n)) return NULL;
  if (old.n - 1 + sizes.n > RANK_MAX)
    return fail_as(fault_of(a), ERR_bad_argument, "RuntimeError", "at most %d dimensions are supported",
                   RANK_MAX),
           NULL;
  for (int i = 0; i < old.n; i++)
    if (i != dim)
      all.v[all.n++] = old.v[i];
    else
      for (int k = 0; k < sizes.n; k++) all.v[all.n++] = sizes.v[k];
  return op_view(a, x, all);
}

// ---- several results

var *pair(op_call *k, var *first, var *second) {
  if (!first || !second) return NULL;
  if (k->room < 2) return fail(fault_of(k->a), ERR_quota_exceeded, "2 results are too many"), NULL;
  k->results[0] = first;
  k->results[1] = second;
  k->n_results = 2;
  return first;
}

var *mean_over(autograd *a, var *x, ints dims, bool keepdim) {
  return dims.n <= 0 && !keepdim ? op_mean(a, x, DT_none) : op_mean_dim(a, x, dims, keepdim, DT_none);
}

var *meshgrid_body(op_call *k, bool xy) {
  autograd *a = k->a;
  ints size = {.n = (int)k->n_in};
  if (k->n_in == 0)
    return fail(fault_of(a), ERR_shape_mismatch, "meshgrid expects a non-empty TensorList"), NULL;
  if (k->n_in > RANK_MAX || k->n_in > k->room)
    return fail_as(fault_of(a), ERR_bad_argument, "RuntimeError", "at most %d dimensions are supported",
                   RANK_MAX),
           NULL;
  for (int i = 0; i < size.n; i++) {
    const layout *l = k->in[i]->t.layout;
    if (l->rank > 1)
      return fail(fault_of(a), ERR_shape_mismatch,
                  "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: %s", layout_text(l)),
             NULL;
    int dim = xy && size.n > 1 && i < 2 ? 1 - i : i;
    size.v[dim] = l->numel;
  }
  for (int i = 0; i < size.n; i++) {
    ints line = {.n = size.n};
    int dim = xy && size.n > 1 && i < 2 ? 1 - i : i;
    for (int d = 0; d < size.n; d++) line.v[d] = d == dim ? size.v[d] : 1;
    if (!(k->results[i] = op_expand(a, op_reshape(a, k->in[i], line), size))) return NULL;
  }
  k->n_results = k->n_in;
  return k->results[0];
}
