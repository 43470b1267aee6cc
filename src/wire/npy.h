// npy.h - NumPy's file format for one array, versions 1.0, 2.0 and 3.0.
//
// '<f4', '<f8', '<i8' and '|b1' are our dtypes and are read as they are. '<f2' becomes float32; '<i4', '<i2',
// '|i1', '<u4', '<u2' and '|u1' become int64; all of them exactly. '=' stands for little-endian. Arrays in
// Fortran order are copied into row-major order.
#pragma once
#include "base/buffer.h"
#include "tensor/tensor.h"

// npy_read: bad_argument (not an npy file, a malformed header or one beyond 64 KiB, data missing or left
// over, a bool other than 0 or 1), dtype_mismatch (big-endian, structured, object and other types),
// shape_mismatch (more than RANK_MAX dims, sizes beyond int64), and the faults of storage_new. `out` is
// written only on success. *block, in which the bytes are, may become the tensor's memory (tensor_of_bytes);
// NULL: it stays.
bool npy_read(ctx *c, const char *bytes, size_t n, char **block, tensor *out);

// npy_write gives a version 1.0 file, its data aligned to 64 bytes: the bytes of numpy.save. False: the
// buffer failed.
bool npy_write(buffer *b, const tensor *t);
