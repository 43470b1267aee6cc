// formula_shape.c - shapes, indexing and matrix products, made of views and products.
#include "autograd/formula.h"
#include "base/mem.h"
#include <string.h>

static const scalar ONE = {SCALAR_int, {.i = 1}};

static fault *fault_of(autograd *a) { return &a->ctx.fault; }

var *reshape_body(autograd *a, var *x, ints shape) {
  ints full = shape;
  int64_t known = 1;
  int unknown = -1;
  for (int i = 0; i < full.n; i++) {
    if (full.v[i] == -1 && unknown < 0)
      unknown = i;
    else if (!i64_mul(known, full.v[i], &known))
      known = 0;
  }
  if (unknown >= 0 && known > 0) full.v[unknown] = x->t.layout->numel / known;
  bool fits = numel_of(full) == x->t.layout->numel;
  for (int i = 0; i < full.n; i++) fits = fits && full.v[i] >= 0;
  tensor probe = {0};
  bool shares = !fits || tensor_view_sizes(&a->ctx, &probe, &x->t, full.n, full.v, false);
  tensor_drop(&probe);
  return shares ? op_reshape_alias(a, x, shape) : op_unsafe_view(a, op_clone(a, x), shape);
}

var *flatten_body(autograd *a, var *x, int64_t start, int64_t end) {
  ints size = sizes_of(x), flat = {0};
  if (!dim_wrap(&a->ctx, &start, size.n) || !dim_wrap(&a->ctx, &end, size.n)) return NULL;
  if (start > end)
    return fail_as(fault_of(a), ERR_bad_argument, "RuntimeError",
                   "flatten() has invalid args: start_dim cannot come after end_dim"),
           NULL;
  if (size.n == 0) return op_reshape(a, x, one_dim(1));
  if (start == end) return x;
  int64_t joined = 1;
  for (int i = 0; i < size.n; i++) {
    if (i < start || i > end)
      flat.v[flat.n++] = size.v[i];
    else
      joined *= size.v[i];
    if (i == end) flat.v[flat.n++] = joined;
  }
  return op_reshape(a, x, flat);
}

var *narrow_body(autograd *a, var *x, int64_t dim, int64_t start, int64_t length) {
  ints size = sizes_of(x);
  fault *f = fault_of(a);
  if (size.n == 0) return fail(f, ERR_shape_mismatch, "narrow() cannot be applied to a 0-dim tensor."), NULL;
  if (!dim_wrap(&a->ctx, &dim, size.n)) return NULL;
  int64_t n = size.v[dim];
  if (start < -n || start > n)
    return fail(f, ERR_index_out_of_range,
                "Dimension out of range (expected to be in range of [%lld, %lld], but got %lld)",
                (long long)-n, (long long)(n - 1), (long long)start),
           NULL;
  if (start < 0) start += n;
  if (length < 0 || length > n - start)
    return fail_as(f, ERR_index_out_of_range, "RuntimeError",
                   "start (%lld) + length (%lld) exceeds dimension size (%lld).", (long long)start,
                   (long long)length, (long long)n),
           NULL;
  return op_slice(a, x, dim, start, start + length, 1);
}

var *chunk_body(op_call *k, var *x, int64_t chunks, int64_t dim) {
  autograd *a = k->a;
  ints size = sizes_of(x), none = {.n = (int)(chunks < RANK_MAX ? chunks : RANK_MAX)};
  if (size.n == 0)
    return fail(fault_of(a), ERR_shape_mismatch, "chunk expects at least a 1-dimensional tensor"), NULL;
  if (chunks <= 0)
    return fail_as(fault_of(a), ERR_bad_argument, "RuntimeError",
                   "chunk expects `chunks` to be greater than 0, got: %lld", (long long)chunks),
           NULL;
  if (!dim_wrap(&a->ctx, &dim, size.n)) return NULL;
  if (size.v[dim] == 0 && chunks <= RANK_MAX) { // of nothing as many pieces as were asked for
    struct split_sizes_attrs A = {.split_size_or_sections = none, .dim = dim};
    return op_apply(a, OP_split_sizes, k->in, 1, &A, k->results, k->room, &k->n_results) ? x : NULL;
  }
  int64_t each = size.v[dim] / chunks + (size.v[dim] % chunks != 0);
  struct split_attrs A = {.split_size_or_sections = each ? each : 1, .dim = dim};
  return op_apply(a, OP_split, k->in, 1, &A, k->results, k->room, &k->n_results) ? x : NULL;
}

var *select_grad(autograd *a, var *g, ints size, int64_t dim, int64_t index) {
  if (dim < 0) dim += size.n;
  if (index < 0) index += size.v[dim];
  return op_slice_backward(a, op_unsqueeze(a, g, dim), size, dim, index, index + 1, 1);
}

// The gradients of pieces joined; a piece nothing arrived for counts as zeros.
static var *join(vjp *v, int64_t dim, bool stacked) {
  autograd *a = v->a;
  unsigned n = v->n->n_out;
  var **g = mem_alloc(n * sizeof *g + 1);
  if (!g) return fail(fault_of(a), ERR_out_of_memory, "no memory for a backward pass"), NULL;
  for (unsigned i = 0; i < n; i++) {
    output_meta m = node_output(v->n, i);
    g[i] = v->g[i] ? v->g[i] : op_zeros(a, layout_sizes(m.layout), m.dtype);
  }
  var *all = stacked ? op_stack(a, g, n, dim) : op_cat(a, g, n, dim);
  mem_free(g);
  return all;
}

var *pieces_grad(vjp *v, int64_t dim) { return join(v, dim, false); }
var *unbind_grad(vjp *v, int64_t dim) { return join(v, dim, true); }

var *cat_grad(vjp *v, unsigned i, int64_t dim) {
  const saved *s = node_saved(v->n);
  const layout *mine = s[i].layout;
  if ((i & 0xFFF) == 0xFFF && ctx_stopped(&v->a->ctx)) return NULL;
  if (mine->rank == 1 && mine->numel == 0) return op_zeros(v->a, one_dim(0), s[i].dtype);
  if (dim < 0) dim += mine->rank;
  for (; v->passed < i; v->passed++) { // the pieces are asked for in their order
    const layout *before = s[v->passed].layout;
    if (!(before->rank == 1 && before->numel == 0)) v->from += before->dims[dim];
  }
  return op_slice(v->a, v->g[0], dim, v->from, v->from + mine->dims[dim], 1);
}

var *rows_grad(autograd *a, var *g, ints size, int64_t dim, var *index) {
  var *rows = op_index_select(a, g, dim, index);
  return rows && rows->t.layout->rank < size.n ? op_expand(a, rows, size)
                                               : rows; // of a tensor without dimensions
}

var *repeat_grad(autograd *a, var *g, ints size, ints repeats) {
  int lead = repeats.n - size.n;
  ints whole = sizes_of(g);
  for (int i = 0; i < repeats.n; i++) { // one dim at a time: [.., r * n, ..] → [.., r, n, ..] → sum over r
    if (repeats.v[i] == 1) continue;
    if (repeats.v[i] == 0) return zeros_as(a, g, size);
    ints split = {4, {1, repeats.v[i], i < lead ? 1 : size.v[i - lead], 1}};
    for (int k = 0; k < i; k++) split.v[0] *= whole.v[k];
    for (int k = i + 1; k < repeats.n; k++) split.v[3] *= whole.v[k];
    whole.v[i] = split.v[2];
    g = op_sum_dim(a, op_reshape(a, g, split), one_dim(1), false, DT_none);
  }
  return op_reshape(a, g, size);
}

// ---- x[...]

static int dims_named(const index_spec *s) {
  int n = 0;
  for (int i = 0; i < s->n; i++) n += s->item[i].kind == INDEX_int || s->item[i].kind == INDEX_slice;
  return n;
}

// 0:n of a dim of size n.
static bool whole(const var *x, int64_t dim, const index_item *it) {
  return (it->start == 0 || it->start == INT64_MIN) && it->stop == x->t.layout->dims[dim] && it->step == 1;
}

// item i of an index, for dim dim of y: refused in the words of Python's subscription, not those of the op.
static bool item_fits(autograd *a, const var *y, const index_item *it, int i, int64_t dim) {
  fault *f = fault_of(a);
  if (it->kind == INDEX_slice && it->step <= 0)
    return fail_as(f, ERR_bad_argument, "ValueError",
                   it->step ? "step must be greater than zero" : "slice step cannot be zero");
  if (it->kind != INDEX_int) return true;
  int64_t n = y->t.layout->dims[dim];
  return (it->start >= -n && it->start < n) ||
         fail(f, ERR_index_out_of_range, "index %lld is out of bounds for dimension %d with size %lld",
              (long long)it->start, i, (long long)n);
}

static bool too_many_indices(autograd *a, const index_spec *s, int rank) {
  fault *f = fault_of(a);
  if (rank == 0 && s->n == 1 && s->item[0].kind == INDEX_int)
    return fail(f, ERR_index_out_of_range,
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ "
                "to convert a 0-dim tensor to a number");
  if (rank == 0 && s->n == 1)
    return fail(f, ERR_index_out_of_range, "slice() cannot be applied to a 0-dim tensor.");
  return fail(f, ERR_index_out_of_range, "too many indices for tensor of dimension %d", rank);
}

// The part of x that the index names; x itself when that is all of it. PyTorch leaves out whole slices on
// writing.
static var *indexed(autograd *a, var *x, const index_spec *s, bool writes) {
  int rank = x->t.layout->rank, named = dims_named(s);
  int64_t dim = 0;
  if (named > rank) return too_many_indices(a, s, rank), NULL;
  var *y = x;
  for (int i = 0; i < s->n && y; i++) {
    const index_item *it = &s->item[i];
    if (!item_fits(a, y, it, i, dim)) return NULL;
    switch (it->kind) {
    case INDEX_int: y = op_select(a, y, dim, it->start); break;
    case INDEX_none: y = op_unsqueeze(a, y, dim++); break;
    case INDEX_ellipsis: dim += rank - named; break;
    case INDEX_slice:
      if (!(writes || s->tuple) || !whole(y, dim, it)) y = op_slice(a, y, dim, it->start, it->stop, it->step);
      dim++;
      break;
    }
  }
  return y;
}

var *getitem_body(autograd *a, var *x, const index_spec *s) {
  var *y = indexed(a, x, s, false);
  return y == x ? op_alias(a, x) : y;
}

var *setitem_body(autograd *a, var *x, const index_spec *s, var *value) {
  var *window = indexed(a, x, s, true);
  if (!window) return NULL;
  ints to = sizes_of(window), from = sizes_of(value);
  while (from.n > to.n && from.v[0] == 1) { // leading 1s of the value fall away, as in PyTorch
    value = op_select(a, value, 0, 0);
    from = sizes_of(value);
  }
  if (from.n && (from.n != to.n || memcmp(from.v, to.v, (size_t)to.n * sizeof *to.v)))
    value = op_expand(a, value, to);
  var *written = to.n && !from.n ? op_fill_tensor_(a, window, value) : op_copy_(a, window, value);
  return written ? x : NULL;
}

// ---- flags of a tensor, in place

var *requires_grad_body(autograd *a, var *x, bool on) {
  bool already = on && dtype_is_float((dtype)x->t.dtype) && !var_is_leaf(x);
  return already || var_set_requires_grad(a, x, on) ? x : NULL;
}

var *detach_body(autograd *a, var *x) { return var_detach(a, x) ? x : NULL; }

// ---- matrices

var *addmm_value(autograd *a, var *x, var *m1, var *m2, scalar beta, scalar alpha) {
  for (int i = 1; i <= 2; i++) {
    int rank = (i == 1 ? m1 : m2)->t.layout->rank;
    if (rank != 2)
      return fail(fault_of(a), ERR_shape_mismatch, "mat%d must be a matrix, got %d-D tensor", i, rank), NULL;
  }
  var *product = scaled(a, op_mm(a, m1, m2), alpha),
      *base = product ? op_expand(a, x, sizes_of(product)) : NULL;
  if (!base || scalar_f64(beta) == 0) return base ? product : NULL; // then NaN in x does not count
  return op_add(a, scaled(a, base, beta), product, ONE);
}

var *outer_body(autograd *a, var *x, var *y) {
  if (x->t.layout->rank != 1 || y->t.layout->rank != 1)
    return fail(fault_of(a), ERR_shape_mismatch, "outer: Expected 1-D argument %s, but got %d-D",
                x->t.layout->rank != 1 ? "self" : "vec2",
                x->t.layout->rank != 1 ? x->t.layout->rank : y->t.layout->rank),
           NULL;
  return op_mul(a, op_unsqueeze(a, x, 1), y);
}

// Batches of both broadcast against each other; then one bmm.
static var *batched(autograd *a, var *x, var *y) {
  ints sx = sizes_of(x), sy = sizes_of(y), batch;
  layout *lx = layout_new(&a->ctx, sx.n - 2, sx.v), *ly = lx ? layout_new(&a->ctx, sy.n - 2, sy.v) : NULL;
  bool ok = lx && ly && broadcast_sizes(&a->ctx, 2, (const layout *[]){lx, ly}, &batch);
  layout_unref(lx);
  layout_unref(ly);
  if (!ok) return NULL;
  ints full_x = batch, full_y = batch, result = batch;
  int n = batch.n;
  full_x.n = full_y.n = result.n = n + 2;
  full_x.v[n] = result.v[n] = sx.v[sx.n - 2], full_x.v[n + 1] = sx.v[sx.n - 1];
  full_y.v[n] = sy.v[sy.n - 2], full_y.v[n + 1] = result.v[n + 1] = sy.v[sy.n - 1];
  int64_t count = numel_of(batch);
  var *bx = op_reshape(a, op_expand(a, x, full_x), (ints){3, {count, full_x.v[n], full_x.v[n + 1]}});
  var *by = op_reshape(a, op_expand(a, y, full_y), (ints){3, {count, full_y.v[n], full_y.v[n + 1]}});
  return op_unsafe_view(a, op_bmm(a, bx, by), result);
}

// A batch against one matrix or vector: the batch is folded into the rows of one product. Where the batch is
// on the right, both are turned round.
static var *folded(autograd *a, var *x, var *y) {
  int rx = x->t.layout->rank, ry = y->t.layout->rank;
  var *many = ry > rx ? op_transpose(a, y, -1, -2) : x, *one = ry <= rx ? y : rx == 2 ? op_t(a, x) : x;
  if (!many || !one) return NULL;
  ints result = sizes_of(many);
  int64_t inner = result.v[--result.n];
  var *rows = op_reshape(a, many, (ints){2, {numel_of(result), inner}});
  if (one->t.layout->rank == 1) return op_unsafe_view(a, op_mv(a, rows, one), result);
  result.v[result.n++] = one->t.layout->dims[1];
  var *product = op_unsafe_view(a, op_mm(a, rows, one), result);
  return ry > rx ? op_contiguous(a, op_transpose(a, product, -1, -2)) : product;
}

var *matmul_body(autograd *a, var *x, var *y) {
  int rx = x->t.layout->rank, ry = y->t.layout->rank;
  if (rx == 0 || ry == 0)
    return fail(fault_of(a), ERR_shape_mismatch,
                "both arguments to matmul need to be at least 1D, but they are %dD and %dD", rx, ry),
           NULL;
  if (rx == 1 && ry == 1) return op_dot(a, x, y);
  if (rx == 2 && ry == 1) return op_mv(a, x, y);
  if (rx == 2 && ry == 2) return op_mm(a, x, y);
  if (rx == 1 && ry == 2) return op_squeeze_result(a, op_mm(a, op_unsqueeze(a, x, 0), y), 0);
  return rx <= 2 || ry <= 2 ? folded(a, x, y) : batched(a, x, y);
}

var *linear_body(autograd *a, var *x, var *weight, var *bias) {
  if (x->t.layout->rank == 2 && bias) return op_addmm(a, bias, x, op_t(a, weight), ONE, ONE);
  if (x->t.layout->rank == 3 && bias && x->t.layout->contiguous) {
    ints size = sizes_of(x), result = size;
    result.v[2] = weight->t.layout->rank ? weight->t.layout->dims[0] : 1; // addmm refuses what is no matrix
    var *rows = op_view(a, x, (ints){2, {size.v[0] * size.v[1], size.v[2]}});
    return op_view(a, op_addmm(a, bias, rows, op_t(a, weight), ONE, ONE), result);
  }
  var *y = op_matmul(a, x, op_t(a, weight));
  return bias ? op_add(a, y, bias, ONE) : y;
}
