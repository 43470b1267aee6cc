// dtype.h - the element types, one row each, and PyTorch's promotion between them.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// DTYPE(name, C type, PyTorch's word for it in messages, npy descriptor, kind)
// In order of promotion: the wider of two dtypes is the later row.
#define DTYPES                                                                                               \
  DTYPE(bool, bool, "Bool", "|b1", KIND_bool)                                                                \
  DTYPE(int64, int64_t, "Long", "<i8", KIND_int)                                                             \
  DTYPE(float32, float, "Float", "<f4", KIND_float)                                                          \
  DTYPE(float64, double, "Double", "<f8", KIND_float)

typedef enum kind { KIND_bool, KIND_int, KIND_float } kind;
typedef enum dtype {
#define DTYPE(name, type, word, npy, kind) DT_##name,
  DTYPES
#undef DTYPE
      DT_COUNT,
  DT_none = DT_COUNT // "not given"
} dtype;

struct dtype_row {
  const char *name; // "float32"
  const char *word; // "Float", as PyTorch's messages say
  const char *npy;  // "<f4"
  uint8_t size;     // bytes
  kind kind;
};
extern const struct dtype_row DTYPE_ROWS[DT_COUNT];

static inline size_t dtype_size(dtype t) { return DTYPE_ROWS[t].size; }
static inline bool dtype_is_float(dtype t) { return t >= DT_float32 && t < DT_COUNT; }

// dtype_parse knows "float32", "torch.float32" and PyTorch's short names (float, double, long, bool, half is
// not one); DT_none if it is none of ours.
dtype dtype_parse(const char *name, size_t n);

// A Python number: what a bare number is before it meets a tensor.
typedef struct scalar {
  enum { SCALAR_none, SCALAR_bool, SCALAR_int, SCALAR_float } kind;
  union {
    int64_t i; // bool and int
    double d;
  };
} scalar;
static inline scalar scalar_int(int64_t i) { return (scalar){SCALAR_int, {.i = i}}; }
static inline scalar scalar_float(double d) { return (scalar){.kind = SCALAR_float, .d = d}; }
static inline double scalar_f64(scalar s) { return s.kind == SCALAR_float ? s.d : (double)s.i; }
int64_t scalar_i64(scalar s); // a float is cut towards zero, as int() does; NaN and overflow give INT64_MIN

// Float to int64 as x86 and PyTorch do it: towards zero, INT64_MIN for NaN and what does not fit. Never
// undefined.
static inline int64_t f64_to_i64(double x) {
  return x >= -9223372036854775808.0 && x < 9223372036854775808.0 ? (int64_t)x : INT64_MIN;
}
