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
