// derivative.h - the local derivative of an op for one of its inputs, for people: as text and as LaTeX.
//
// Where an element of the result depends on the same element of the input alone, it is a factor,
// `∂y/∂self = other`; elsewhere it is what the op does to a gradient g of its result,
// `∂y/∂self: g ↦ g @ mat2ᵀ`. y is the result; other names are those of the signature; n is the number of
// elements that a mean divides by.
//
// It is derived from the gradient column of ops.def. Where that column calls a helper that says nothing to a
// person, derivatives.def has it in words. Everything needs ops_init; failure is the buffer's.
#pragma once
#include "autograd/op.h"
#include "base/buffer.h"

enum derivative_style { DERIVATIVE_text, DERIVATIVE_latex };

// derivative_write writes it for the input of that name ("self"; "tensors[i]" for a list). False, nothing
// written: the row has no gradient for it, or none that can be told.
bool derivative_write(buffer *b, const struct op *o, const char *input, enum derivative_style style);

// derivative_input gives the name under which a row keeps the gradient of its input number i, NULL: none.
const char *derivative_input(const struct op *o, unsigned i);
