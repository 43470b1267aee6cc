// trace_value.h - values and attributes as a trace shows them; private to trace*.c.
#pragma once
#include "autograd/op.h"
#include "wire/json_writer.h"

// trace_value writes the elements of t if they are few, else what can be said of them; *work counts the
// elements that were read for that, against a limit of the whole trace.
void trace_value(json_writer *w, const tensor *t, uint64_t *work);
// trace_type writes the members "dtype" and "shape".
void trace_type(json_writer *w, const tensor *t);
// trace_attributes writes the arguments of a call that are no tensors: {name: value}.
void trace_attributes(json_writer *w, const struct op *o, const void *attrs);
