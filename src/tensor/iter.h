// iter.h - walks several tensors of one (broadcast) shape together, in row-major order of that shape.
//
// Dimensions that lie in memory like one are merged, so a contiguous walk is a single call of the loop.
#pragma once
#include "tensor/tensor.h"

enum { OPERANDS_MAX = 5 }; // the result, and up to four inputs

// A loop does n elements: p[k] points to operand k (0 = result), stride[k] is its step in bytes.
typedef void iter_loop(char *const *p, const int64_t *stride, int64_t n, const void *attrs);

// iter_run calls the loop over all elements of out's shape; in[] broadcast to it (the caller has checked that
// they can). Looks at c's stop flag between blocks of some 10^5 elements: false = stopped (fault set).
bool iter_run(ctx *c, iter_loop *loop, const tensor *out, int n_in, const tensor *const *in,
              const void *attrs);
