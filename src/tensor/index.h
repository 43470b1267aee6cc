// index.h - gathering and scattering along a dim, and strided windows. Index tensors are int64; an index out
// of range is index_out_of_range in PyTorch's words and nothing is written.
#pragma once
#include "tensor/tensor.h"

// out[i][j] = in[index[i][j]][j] (dim 0), and so on for other dims. Sizes are checked by the caller.
bool tensor_gather(ctx *c, tensor *out, const tensor *in, int dim, const tensor *index);
// dst[index[i][j]][j] += src[i][j]; dst is written (not shared with src).
bool tensor_scatter_add(ctx *c, const tensor *dst, int dim, const tensor *index, const tensor *src);
// dst[index[i][j]][j] = src[i][j]; of several for one place the last.
bool tensor_scatter(ctx *c, const tensor *dst, int dim, const tensor *index, const tensor *src);
// Rows of `in` along dim, in the order of the 1-d (or 0-d) index.
bool tensor_index_select(ctx *c, tensor *out, const tensor *in, int dim, const tensor *index);
// dst row index[k] += src row k.
bool tensor_index_add(ctx *c, const tensor *dst, int dim, const tensor *index, const tensor *src);
// Reverses the dims in mask.
bool tensor_flip(ctx *c, tensor *out, const tensor *in, unsigned mask);
// Running sum along dim.
bool tensor_cumsum(ctx *c, tensor *out, const tensor *in, int dim, dtype t);
