#include "tensor/dtype.h"
#include <string.h>

const struct dtype_row DTYPE_ROWS[DT_COUNT] = {
#define DTYPE(name, type, word, npy, kind) [DT_##name] = {#name, word, npy, sizeof(type), kind},
    DTYPES
#undef DTYPE
};

static const struct {
  const char *name;
  dtype is;
} ALIASES[] = {{"float", DT_float32}, {"double", DT_float64}, {"long", DT_int64}, {"int", DT_int64}};

static bool same(const char *row, const char *name, size_t n) {
  return strlen(row) == n && !memcmp(row, name, n);
}

dtype dtype_parse(const char *name, size_t n) {
  if (n > 6 && !memcmp(name, "torch.", 6)) name += 6, n -= 6;
  for (int t = 0; t < DT_COUNT; t++)
    if (same(DTYPE_ROWS[t].name, name, n)) return (dtype)t;
  for (size_t i = 0; i < sizeof ALIASES / sizeof *ALIASES; i++)
    if (same(ALIASES[i].name, name, n)) return ALIASES[i].is;
  return DT_none;
}

int64_t scalar_i64(scalar s) { return s.kind == SCALAR_float ? f64_to_i64(s.d) : s.i; }
