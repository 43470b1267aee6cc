#include "tensor/create.h"
#include <Random123/philox.h>
#include <math.h>

static void put(const tensor *t, int64_t i, double d) {
  switch ((dtype)t->dtype) {
  case DT_bool: ((bool *)tensor_data(t))[i] = d != 0; break;
  case DT_int64: ((int64_t *)tensor_data(t))[i] = f64_to_i64(d); break;
  case DT_float32: ((float *)tensor_data(t))[i] = (float)d; break;
  default: ((double *)tensor_data(t))[i] = d;
  }
}

bool tensor_arange(ctx *c, tensor *out, scalar start, scalar step, int64_t n, dtype t) {
  if (!tensor_new_sizes(c, out, t, 1, &n)) return false;
  bool whole = t == DT_int64 && start.kind != SCALAR_float && step.kind != SCALAR_float;
  for (int64_t i = 0; i < n; i++)
    if (whole)
      ((int64_t *)tensor_data(out))[i] = (int64_t)((uint64_t)start.i + (uint64_t)i * (uint64_t)step.i);
    else
      put(out, i, scalar_f64(start) + (double)i * scalar_f64(step));
  return true;
}

bool tensor_linspace(ctx *c, tensor *out, double start, double end, int64_t n, dtype t) {
  if (!tensor_new_sizes(c, out, t, 1, &n)) return false;
  double step = n > 1 ? (end - start) / (double)(n - 1) : 0;
  for (int64_t i = 0; i < n; i++) // from both ends, so that both are exact
    put(out, i, i < n / 2 || n == 1 ? start + (double)i * step : end - (double)(n - 1 - i) * step);
  return true;
}

// Two 64-bit words of block `at`.
static void draw(const rng *r, uint64_t at, uint64_t word[2]) {
  philox4x32_ctr_t counter = {{(uint32_t)at, (uint32_t)(at >> 32), 0, 0}};
  philox4x32_key_t key = {{(uint32_t)r->seed, (uint32_t)(r->seed >> 32)}};
  philox4x32_ctr_t x = philox4x32(counter, key);
  word[0] = (uint64_t)x.v[0] | (uint64_t)x.v[1] << 32;
  word[1] = (uint64_t)x.v[2] | (uint64_t)x.v[3] << 32;
}

static double unit53(uint64_t w) { return (double)(w >> 11) * 0x1p-53; } // [0, 1)
static double unit24(uint64_t w) { return (double)(w >> 40) * 0x1p-24; } // [0, 1), exact in float32

bool tensor_uniform(ctx *c, const tensor *dst, rng *r) {
  int64_t n = dst->layout->numel;
  double (*unit)(uint64_t) = dst->dtype == DT_float32 ? unit24 : unit53;
  uint64_t word[2];
  for (int64_t i = 0; i < n; i += 2) {
    draw(r, r->counter + (uint64_t)(i / 2), word);
    put(dst, i, unit(word[0]));
    if (i + 1 < n) put(dst, i + 1, unit(word[1]));
    if ((i & 0xFFFFE) == 0 && ctx_stopped(c)) return false;
  }
  r->counter += (uint64_t)((n + 1) / 2);
  return true;
}

bool tensor_normal(ctx *c, const tensor *dst, rng *r) {
  int64_t n = dst->layout->numel;
  uint64_t word[2];
  for (int64_t i = 0; i < n; i += 2) {
    draw(r, r->counter + (uint64_t)(i / 2), word);
    double radius = sqrt(-2 * log(1 - unit53(word[0]))), turn = 2 * M_PI * unit53(word[1]);
    put(dst, i, radius * cos(turn));
    if (i + 1 < n) put(dst, i + 1, radius * sin(turn));
    if ((i & 0xFFFFE) == 0 && ctx_stopped(c)) return false;
  }
  r->counter += (uint64_t)((n + 1) / 2);
  return true;
}

void tensor_triangle(const tensor *dst, int64_t k, bool keep_lower) {
  int rank = dst->layout->rank;
  int64_t rows = dst->layout->dims[rank - 2], columns = dst->layout->dims[rank - 1];
  for (int64_t i = 0; i < dst->layout->numel; i++) {
    int64_t column = i % columns, row = i / columns % rows;
    bool drop = keep_lower ? column - row > k : column - row < k;
    if (drop) put(dst, i, 0);
  }
}
