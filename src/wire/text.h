// text.h - tensors as lines of numbers, as numpy.loadtxt and numpy.savetxt have them. A separator of 0 or ' '
// means blanks between numbers, ',' makes it csv.
#pragma once
#include "base/buffer.h"
#include "tensor/tensor.h"

// text_read: one number is 0-d, one line or one column of several is 1-d, several lines of several are 2-d,
// no number at all is [0]. Blank lines and what follows a '#' are passed over. Numbers are those of JSON, but
// also +1, 1., .5 and 007; nan, inf, infinity (with a sign) and true, false in letters of any case are words.
// dtypes are found as tensor_from_json finds them.
//
// Faults: bad_number with line and column (malformed, or out of the range of the dtype), shape_mismatch with
// the line that is longer or shorter than the first, and those of storage_new. The text may be any bytes.
// `out` is written only on success. Looks at c's stop flag.
bool text_read(ctx *c, const char *text, size_t n, char separator, dtype want, dtype default_float,
               bool must_be_float, tensor *out);

// text_write: 0-d and 1-d are one line, a matrix is one row a line; of more dims the rows of the last one, a
// blank line between matrices. nan, inf, -inf; bools are 1 and 0. Without elements nothing is written.
void text_write(buffer *b, const tensor *t, char separator);
