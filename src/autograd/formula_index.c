// formula_index.c - picking and placing entries.
#include "autograd/formula.h"

static fault *fault_of(autograd *a) { return &a->ctx.fault; }

// ---- take: positions in the flattened tensor; negative ones count from the end

static var *flat_index(autograd *a, var *index, int64_t n) {
  var *wrapped = op_where(a, op_lt(a, index, number_as(a, scalar_int(0))),
                          op_add(a, index, number_as(a, scalar_int(n)), scalar_int(1)), index);
  return op_reshape(a, wrapped, one_dim(-1));
}

static bool take_fits(autograd *a, const var *x, const var *index) {
  int64_t n = x->t.layout->numel;
  if (index->t.dtype != DT_int64)
    return fail(fault_of(a), ERR_dtype_mismatch, "take(): Expected a long tensor for index, but got %s",
                DTYPE_ROWS[index->t.dtype].word);
  for (int64_t i = 0; i < index->t.layout->numel; i++) {
    int64_t at = tensor_read(&index->t, i).i;
    if (at < -n || at >= n)
      return fail(fault_of(a), ERR_index_out_of_range,
                  "out of range: tried to access index %lld on a tensor of %lld elements.", (long long)at,
                  (long long)n);
  }
  return true;
}

var *take_value(autograd *a, var *x, var *index) {
  if (!take_fits(a, x, index)) return NULL;
  if (index->t.layout->numel == 0) return op_zeros(a, sizes_of(index), x->t.dtype);
  var *flat = op_reshape(a, x, one_dim(-1));
  return op_reshape(a, op_index_select(a, flat, 0, flat_index(a, index, x->t.layout->numel)),
                    sizes_of(index));
}

var *take_grad(autograd *a, var *g, ints size, var *index) {
  int64_t n = numel_of(size);
  if (index->t.layout->numel == 0) return zeros_as(a, g, size);
  var *flat = op_index_add(a, zeros_as(a, g, one_dim(n)), 0, flat_index(a, index, n),
                           op_reshape(a, g, one_dim(-1)), scalar_int(1));
  return op_reshape(a, flat, size);
}

// ---- along a dim

var *take_along_body(autograd *a, var *x, var *index, int64_t dim) {
  if (dim == INT64_MIN)
    return op_gather(a, op_reshape(a, x, one_dim(-1)), 0, op_reshape(a, index, one_dim(-1)));
  ints size = sizes_of(x), places = sizes_of(index);
  if (size.n != places.n)
    return fail(
               fault_of(a), ERR_shape_mismatch,
               "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
               "%d dimensions for input, and %d dimensions for indices",
               size.n, places.n),
           NULL;
  if (!dim_wrap(&a->ctx, &dim, size.n)) return NULL;
  for (int i = 0; i < size.n; i++) { // all other dims are broadcast
    if (i == dim) continue;
    if (size.v[i] == 1) size.v[i] = places.v[i];
    if (places.v[i] == 1) places.v[i] = size.v[i];
  }
  return op_gather(a, op_expand(a, x, size), dim, op_expand(a, index, places));
}

// ---- rows of a table

static bool embedding_fits(autograd *a, const var *index, const var *weight) {
  if (index->t.dtype != DT_int64)
    return fail(fault_of(a), ERR_dtype_mismatch,
                "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, "
                "Int; but got torch.%sTensor instead (while checking arguments for embedding)",
                DTYPE_ROWS[index->t.dtype].word);
  if (weight->t.layout->rank != 2) return fail(fault_of(a), ERR_shape_mismatch, "'weight' must be 2-D");
  for (int64_t i = 0; i < index->t.layout->numel; i++) {
    int64_t row = tensor_read(&index->t, i).i;
    if (row < 0 || row >= weight->t.layout->dims[0])
      return fail(fault_of(a), ERR_index_out_of_range, "index out of range in self");
  }
  return true;
}

var *embedding_value(autograd *a, var *index, var *weight) {
  if (!embedding_fits(a, index, weight)) return NULL;
  ints size = sizes_of(index);
  if (size.n == RANK_MAX)
    return fail_as(fault_of(a), ERR_bad_argument, "RuntimeError", "at most %d dimensions are supported",
                   RANK_MAX),
           NULL;
  size.v[size.n++] = weight->t.layout->dims[1];
  return op_reshape(a, op_index_select(a, weight, 0, op_reshape(a, index, one_dim(-1))), size);
}

var *embedding_grad(autograd *a, var *g, ints size, var *index, int64_t padding) {
  ints rows = {2, {index->t.layout->numel, size.v[1]}};
  var *flat = op_reshape(a, index, one_dim(-1)), *each = op_reshape(a, g, rows);
  if (padding != INT64_MIN) {
    var *skip = op_eq(a, flat, number_as(a, scalar_int(padding < 0 ? padding + size.v[0] : padding)));
    each = op_masked_fill(a, each, op_unsqueeze(a, skip, 1), scalar_int(0));
  }
  return op_index_add(a, zeros_as(a, g, size), 0, flat, each, scalar_int(1));
}

var *one_hot_body(autograd *a, var *x, int64_t classes) {
  fault *f = fault_of(a);
  if (x->t.dtype != DT_int64)
    return fail_as(f, ERR_bad_argument, "RuntimeError", "one_hot is only applicable to index tensor."), NULL;
  int64_t most = -1, least = 0;
  for (int64_t i = 0; i < x->t.layout->numel; i++) {
    int64_t class = tensor_read(&x->t, i).i;
    most = class > most ? class : most;
    least = class < least ? class : least;
  }
  const char *why = x->t.layout->numel == 0 && classes <= 0
                        ? "Can not infer total number of classes from empty tensor."
                    : least < 0                        ? "Class values must be non-negative."
                    : classes != -1 && most >= classes ? "Class values must be smaller than num_classes."
                                                       : NULL;
  if (why) return fail_as(f, ERR_bad_argument, "RuntimeError", "%s", why), NULL;
  if (classes == -1) classes = most == INT64_MAX ? most : most + 1;
  var *all = op_arange(a, scalar_int(classes), DT_int64);
  return cast(a, op_eq(a, op_unsqueeze(a, x, -1), all), DT_int64);
}

// ---- where a condition holds

var *where_body(op_call *k, var *condition) {
  autograd *a = k->a;
  if (condition->t.layout->rank == 0) condition = op_reshape(a, condition, one_dim(1));
  var *at = op_nonzero(a, condition);
  struct unbind_attrs A = {.dim = 1};
  return at && op_apply(a, OP_unbind, &at, 1, &A, k->results, k->room, &k->n_results) ? at : NULL;
}
