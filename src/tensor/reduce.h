// reduce.h - reductions over a set of dims.
#pragma once
#include "tensor/tensor.h"

typedef enum reduction {
  REDUCE_sum,
  REDUCE_mean,
  REDUCE_prod,
  REDUCE_max,
  REDUCE_min,
  REDUCE_any,
  REDUCE_all
} reduction;

// tensor_reduce reduces the dims in `mask` of `in` (bit i = dim i). The result has dtype t (sum, mean, prod:
// any; max, min: that of `in`; any, all: bool) and keeps the reduced dims as 1 if keepdim. For max and min
// `at`, if not NULL, receives the row-major position inside the reduced dims (int64). Sums are carried in
// double precision (or wrapping int64), max and min let NaN win, ties go to the first. The caller has refused
// empty max and min.
bool tensor_reduce(ctx *c, tensor *out, tensor *at, const tensor *in, reduction how, unsigned mask,
                   bool keepdim, dtype t);

// The sizes left when the dims in mask are reduced.
ints reduced_sizes(const layout *l, unsigned mask, bool keepdim);
