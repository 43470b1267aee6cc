// kernel_reduce.c - sums, extremes and truth over dims.
#include "autograd/kernel.h"
#include "tensor/index.h"

static ctx *at(op_call *k) { return &k->a->ctx; }

bool kernel_sum(op_call *k, const tensor *self, reduction how, ints dim, bool keepdim, unsigned t) {
  unsigned mask;
  dtype from = (dtype)self->dtype, to = t == DT_none ? dtype_is_float(from) ? from : DT_int64 : (dtype)t;
  if (!dims_mask(at(k), &dim, self->layout->rank, &mask)) return false;
  if (how == REDUCE_mean && !dtype_is_float(t == DT_none ? from : (dtype)t))
    return fail(
        &at(k)->fault, ERR_dtype_mismatch,
        "mean(): could not infer output dtype. %s dtype must be either a floating point or complex dtype. "
        "Got: %s",
        t == DT_none ? "Input" : "Optional", DTYPE_ROWS[t == DT_none ? from : (dtype)t].word);
  if (how == REDUCE_mean && t == DT_none) to = from;
  if (t == DT_none || t == self->dtype)
    return tensor_reduce(at(k), &k->out[0], NULL, self, how, mask, keepdim, to);
  tensor cast = {0}; // a dtype asked for is the dtype computed in
  bool ok = tensor_clone(at(k), &cast, self, to) &&
            tensor_reduce(at(k), &k->out[0], NULL, &cast, how, mask, keepdim, to);
  tensor_drop(&cast);
  return ok;
}

// max, min and their kin have no value for nothing. code: of nothing at all.
static bool not_empty(op_call *k, const tensor *self, unsigned mask, bool all, err code) {
  const char *name = OPS[k->op].name;
  if (all && self->layout->numel == 0)
    return fail(&at(k)->fault, code,
                "%s(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction "
                "dim with the 'dim' argument.",
                name);
  for (int i = 0; i < self->layout->rank; i++)
    if ((mask & 1u << i) && self->layout->dims[i] == 0)
      return fail(&at(k)->fault, ERR_index_out_of_range,
                  "%s(): Expected reduction dim %d to have non-zero size.", name, i);
  return true;
}

bool kernel_extreme(op_call *k, const tensor *self, reduction how, ints dim, bool keepdim) {
  unsigned mask;
  return dims_mask(at(k), &dim, self->layout->rank, &mask) &&
         not_empty(k, self, mask, dim.n <= 0, ERR_shape_mismatch) &&
         tensor_reduce(at(k), &k->out[0], NULL, self, how, mask, keepdim, (dtype)self->dtype);
}

static unsigned one_bit(const tensor *self, int64_t dim) { return self->layout->rank ? 1u << dim : 0; }

bool kernel_extreme_at(op_call *k, const tensor *self, reduction how, int64_t dim, bool keepdim) {
  if (!dim_wrap(at(k), &dim, self->layout->rank)) return false;
  unsigned mask = one_bit(self, dim);
  return not_empty(k, self, mask, false, ERR_index_out_of_range) &&
         tensor_reduce(at(k), &k->out[0], &k->out[1], self, how, mask, keepdim, (dtype)self->dtype);
}

bool kernel_arg(op_call *k, const tensor *self, reduction how, int64_t dim, bool keepdim) {
  bool all = dim == INT64_MIN;
  tensor value = {0};
  if (!all && !dim_wrap(at(k), &dim, self->layout->rank)) return false;
  bool one = !all && self->layout->rank && self->layout->dims[dim] == 1; // then there is nothing to compare
  if (self->dtype == DT_bool && !one)
    return fail(&at(k)->fault, ERR_dtype_mismatch, "\"%s_cpu\" not implemented for 'Bool'", OPS[k->op].name);
  unsigned mask = all ? (1u << self->layout->rank) - 1 : one_bit(self, dim);
  bool ok = not_empty(k, self, mask, all, ERR_index_out_of_range) &&
            tensor_reduce(at(k), &value, &k->out[0], self, how, mask, keepdim, (dtype)self->dtype);
  tensor_drop(&value);
  return ok;
}

bool kernel_truth(op_call *k, const tensor *self, reduction how, ints dim, bool keepdim) {
  unsigned mask;
  return dims_mask(at(k), &dim, self->layout->rank, &mask) &&
         tensor_reduce(at(k), &k->out[0], NULL, self, how, mask, keepdim, DT_bool);
}

bool kernel_cumsum(op_call *k, const tensor *self, int64_t dim, unsigned t) {
  dtype to = t != DT_none ? (dtype)t : dtype_is_float((dtype)self->dtype) ? (dtype)self->dtype : DT_int64;
  if (!dim_wrap(at(k), &dim, self->layout->rank)) return false;
  if (to == DT_bool)
    return fail(&at(k)->fault, ERR_dtype_mismatch, "\"cumsum_out_cpu\" not implemented for 'Bool'");
  return tensor_cumsum(at(k), &k->out[0], self, (int)dim, to);
}

bool kernel_sum_to(op_call *k, const tensor *self, ints size) {
  const layout *l = self->layout;
  int lead = l->rank - size.n;
  unsigned mask = 0;
  bool fits = lead >= 0;
  for (int i = 0; fits && i < l->rank; i++) {
    int64_t want = i < lead ? 1 : size.v[i - lead];
    if (i < lead || (want == 1 && l->dims[i] != 1))
      mask |= 1u << i;
    else
      fits = want == l->dims[i];
  }
  if (!fits)
    return fail(&at(k)->fault, ERR_shape_mismatch, "size {%s} is not expandable to size {%s}.",
                ints_text(size.n, size.v), layout_text(l));
  tensor kept = {0};
  dtype t = (dtype)self->dtype;
  bool ok = tensor_reduce(at(k), &kept, NULL, self, REDUCE_sum, mask, true, t) &&
            tensor_view_sizes(at(k), &k->out[0], &kept, size.n, size.v, true);
  tensor_drop(&kept);
  return ok;
}
