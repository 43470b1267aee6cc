// index.h - what stands in x[...], from a value: an int, a slice as text ("1:3", "::2"), None, "...", or a
// list of these.
#pragma once
#include "command/value.h"

// index_read fills *to; false: index_out_of_range in f.
bool index_read(fault *f, const value *v, index_spec *to);
