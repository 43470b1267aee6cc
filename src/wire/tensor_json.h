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

// tensor_to_json writes t as one value. The buffer has failed afterwards if it had no room, was told to stop,
// or if t has too many rows.
void tensor_to_json(buffer *b, const tensor *t);
// tensor_json_empty_rows is how many empty rows are to be written for a tensor without elements, 0 if it has
// some: they cost text but no memory, so their number has a limit of its own.
enum { EMPTY_ROWS_MAX = 1 << 24 };
int64_t tensor_json_empty_rows(const tensor *t);
