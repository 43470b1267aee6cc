// tensor_json.h - tensors as JSON: nested lists; a bare number, bool or "NaN" is 0-d.
#pragma once
#include "base/buffer.h"
#include "tensor/tensor.h"
#include "wire/json_reader.h"

// tensor_from_json reads the value that `at` is before (a copy is read: the caller skips it), as torch.tensor
// would: all bools give bool, all integers int64, else default_float, which must_be_float takes for integers
// too; `want` other than DT_none is used as it is: then fractions into int64 are cut towards zero, and
// whatever is not 0 is true. Numbers are rounded once, straight to the dtype. [] is of default_float and
// shape [0].
//
// shape (NULL or n == -1: not given) is what the elements are reshaped to, in row-major order.
// *was_number (may be NULL) tells a bare value from a list.
//
// Faults go to c: shape_mismatch (ragged lists, more than RANK_MAX levels, another count than shape's),
// bad_argument (a string, null or object inside), bad_number (out of the range of the dtype), and those of
// storage_new. `out` is written only on success. Looks at c's stop flag.
bool tensor_from_json(ctx *c, json_cur at, dtype want, dtype default_float, bool must_be_float,
                      const ints *shape, tensor *out, bool *was_number);

// tensor_to_json writes t as one value. The buffer has failed afterwards if it had no room, if *stop_flag
// (may be NULL) became other than 0, or if t has no elements but more than 2^24 empty rows to write.
void tensor_to_json(buffer *b, const tensor *t, const atomic_int *stop_flag);
