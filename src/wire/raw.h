// raw.h - a tensor as its elements alone: little-endian, in row-major order.
#pragma once
#include "base/buffer.h"
#include "tensor/tensor.h"

// raw_read: shape_mismatch if the bytes are not exactly those of the shape, bad_argument for a bool other
// than 0 or 1, and the faults of layout_new and storage_new. shape NULL or n == -1: one dim, as long as the
// bytes reach. *block, in which the bytes are, may become the tensor's memory (tensor_of_bytes); NULL: it
// stays.
bool raw_read(ctx *c, const char *bytes, size_t n, char **block, dtype t, const ints *shape, tensor *out);

// raw_write: false if the buffer failed.
bool raw_write(buffer *b, const tensor *t);

// raw_bools: whether all of n bytes are 0 or 1.
bool raw_bools(const char *bytes, size_t n);
