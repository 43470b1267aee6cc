// repr.h - what PyTorch 1.13 prints for a tensor: precision 4, threshold 1000, edge items 3, lines of 80.
#pragma once
#include "base/buffer.h"
#include "tensor/tensor.h"

// repr_write writes `tensor(...)` without a line end. grad_fn_name ("MulBackward0") or NULL; requires_grad
// shows only without it. default_float is the dtype that goes unsaid. Failure is the buffer's.
void repr_write(buffer *b, const tensor *t, bool requires_grad, const char *grad_fn_name,
                dtype default_float);
