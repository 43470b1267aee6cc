// pointwise.h - how POINTWISE rows run: promote, broadcast, loop.
#pragma once
#include "autograd/ops.h"

// pointwise_run computes k->out[0].
bool pointwise_run(op_call *k);
// pointwise_into writes the result straight into target, which may be one of the inputs, and sets *wrote;
// where that is not possible (another dtype, inputs that may lie across the target) it leaves *wrote false.
// Refused as PyTorch refuses it: an input that lies partly in the target. Fails before the first write or not
// at all.
bool pointwise_into(op_call *k, const tensor *target, bool *wrote);

// result_type of PyTorch: dims beat 0-d tensors beat bare numbers, unless a lower group is of a higher kind.
typedef struct promotion {
  dtype dims, zero, number; // widest of each group; DT_none = nobody
} promotion;
#define PROMOTION_NONE ((promotion){DT_none, DT_none, DT_none})
void promote_var(promotion *p, const var *v);
void promote_scalar(promotion *p, const autograd *a, scalar s);
dtype promote_result(const promotion *p, const autograd *a);
dtype dtype_of_scalar(const autograd *a, scalar s);
