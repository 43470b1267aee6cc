// linalg.h - matrix products.
#pragma once
#include "tensor/tensor.h"

// tensor_matmul: batched product of a [.., n, k] and b [.., k, m] of one dtype with the same leading sizes
// (rank 2 or 3); strides are free. float32 and float64 go to BLAS, int64 wraps; bool is refused with
// PyTorch's message. Shapes are checked by the caller.
bool tensor_matmul(ctx *c, tensor *out, const tensor *a, const tensor *b);
