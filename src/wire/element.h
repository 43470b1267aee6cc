// element.h - one written number, bool or special value as one element of a tensor. What the readers of
// nested lists and of text share; private to wire/.
#pragma once
#include "base/ctx.h"
#include "base/number.h"
#include "tensor/dtype.h"

enum { ELEMENT_LOOK = 1 << 16 }; // elements between two looks at the stop flag

// The kinds of elements that a first pass over a text has met, as a set.
enum { MET_bool = 1, MET_int = 2, MET_float = 4 };

// element_dtype gives what torch.tensor would make of these kinds: `want` if it is given, else bool, int64 or
// default_float. must_be_float turns integers (not bools) into default_float.
dtype element_dtype(unsigned met, dtype want, dtype default_float, bool must_be_float);

// element_from_f64 stores a value that has no literal (NaN, infinities, bools as 0 and 1) as torch.tensor
// does: floats into int64 are cut towards zero, into bool everything but 0 is true. False: int64 cannot hold
// it.
bool element_from_f64(dtype t, void *slot, double x);

// element_from_number does the same for a literal, which is rounded once, straight to t. False: out of range.
bool element_from_number(dtype t, void *slot, const struct number *n);

// element_read scans a literal at p and stores it; what follows it, or NULL: not a literal that t can hold as
// it is written. Then element_from_number knows more. Inline: this is the inner loop of every upload.
static inline const char *element_read(dtype t, const char *p, const char *end, void *slot) {
  switch (t) {
  case DT_float32: return number_read_f32(p, end, slot);
  case DT_float64: return number_read_f64(p, end, slot);
  case DT_int64: return number_read_i64(p, end, slot);
  default: return NULL;
  }
}

// element_out_of_range: bad_number that shows the n bytes of text; returns false. Text may be any bytes.
// `where` ("line 3, column 5: " or "") stands before it.
bool element_out_of_range(ctx *c, const char *where, const char *text, size_t n, dtype t);

// element_excerpt copies at most 40 characters of any bytes for a message: what is not printable ASCII as
// '?'.
enum { EXCERPT_MAX = 48 };
const char *element_excerpt(char out[EXCERPT_MAX], const char *text, size_t n);
