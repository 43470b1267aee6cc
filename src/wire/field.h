// field.h - reading one field of a document, as decode.c and decode_tensor.c do. Private to them.
#pragma once
#include "wire/decode.h"

static inline bool field_has(const fields *f, enum field at) { return f->present >> at & 1; }
const char *field_name(enum field at);
// An absent field leaves *out as it is (dtype: DT_none, shape: not given); false = a fault.
bool field_flag(const fields *f, enum field at, bool *out);
bool field_text(const fields *f, enum field at, value *out); // must be there
bool field_dtype(const fields *f, unsigned *out);
bool field_shape(const fields *f, ints *out);
