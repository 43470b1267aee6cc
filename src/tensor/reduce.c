#include "tensor/reduce.h"
#include <math.h>
#include <string.h>

// What one output element has seen so far.
struct seen {
  double d;
  int64_t i;
  int64_t at;    // position of the extreme
  int64_t count; // elements seen
};

// A step folds n elements at p (stride in bytes) into one `seen`.
typedef void step(struct seen *a, const char *p, int64_t stride, int64_t n);

#define AT(TYPE, i) (*(const TYPE *)(const void *)(p + (i)*stride))

// Eight partial sums: independent additions that the compiler turns into vectors, and a smaller rounding
// error.
#define SUM_FLOAT(name, TYPE)                                                                                \
  static void sum_##name(struct seen *a, const char *p, int64_t stride, int64_t n) {                         \
    double lane[8] = {0};                                                                                    \
    int64_t i = 0;                                                                                           \
    if (stride == sizeof(TYPE))                                                                              \
      for (const TYPE *x = (const TYPE *)(const void *)p; i + 8 <= n; i += 8)                                \
        for (int k = 0; k < 8; k++) lane[k] += (double)x[i + k];                                             \
    for (; i < n; i++) lane[i & 7] += (double)AT(TYPE, i);                                                   \
    a->d += ((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7]));       \
  }
SUM_FLOAT(float32, float)
SUM_FLOAT(float64, double)

#define FOLD(how, name, TYPE, statement)                                                                     \
  static void how##_##name(struct seen *a, const char *p, int64_t stride, int64_t n) {                       \
    for (int64_t i = 0; i < n; i++) {                                                                        \
      const TYPE x = AT(TYPE, i);                                                                            \
      statement;                                                                                             \
    }                                                                                                        \
    a->count += n;                                                                                           \
  }
#define WRAP_ADD(x) a->i = (int64_t)((uint64_t)a->i + (uint64_t)(x))
#define WRAP_MUL(x) a->i = (int64_t)((uint64_t)a->i * (uint64_t)(x))
FOLD(sum, int64, int64_t, WRAP_ADD(x))
FOLD(sum, b8, bool, WRAP_ADD(x))
FOLD(prod, float32, float, a->d *= (double)x)
FOLD(prod, float64, double, a->d *= x)
FOLD(prod, int64, int64_t, WRAP_MUL(x))
FOLD(prod, b8, bool, WRAP_MUL(x))
// The first element always enters; later ones when they are beyond, or the first NaN.
#define EXTREME(slot, beyond, nan)                                                                           \
  if ((a->at < 0) || (beyond) || (nan)) a->slot = x, a->at = a->count + i
#define EXTREME_FLOAT(name, TYPE)                                                                            \
  FOLD(max, name, TYPE, EXTREME(d, (double)x > a->d, isnan(x) && !isnan(a->d)))                              \
  FOLD(min, name, TYPE, EXTREME(d, (double)x < a->d, isnan(x) && !isnan(a->d)))
#define EXTREME_INT(name, TYPE)                                                                              \
  FOLD(max, name, TYPE, EXTREME(i, x > a->i, false))                                                         \
  FOLD(min, name, TYPE, EXTREME(i, x < a->i, false))
EXTREME_FLOAT(float32, float)
EXTREME_FLOAT(float64, double)
EXTREME_INT(int64, int64_t)
EXTREME_INT(b8, bool)
#define ANY_ALL(name, TYPE)                                                                                  \
  FOLD(any, name, TYPE, a->i |= (x != 0))                                                                    \
  FOLD(all, name, TYPE, a->i &= (x != 0))
ANY_ALL(float32, float)
ANY_ALL(float64, double)
ANY_ALL(int64, int64_t)
ANY_ALL(b8, bool)

#define STEPS(how)                                                                                           \
  { how##_b8, how##_int64, how##_float32, how##_float64 }
static const struct {
  step *steps[DT_COUNT];
  struct seen start;
} REDUCTIONS[] = {
    [REDUCE_sum] = {STEPS(sum), {.at = -1}},      [REDUCE_mean] = {STEPS(sum), {.at = -1}},
    [REDUCE_prod] = {STEPS(prod), {1, 1, -1, 0}}, [REDUCE_max] = {STEPS(max), {.at = -1}},
    [REDUCE_min] = {STEPS(min), {.at = -1}},      [REDUCE_any] = {STEPS(any), {.at = -1}},
    [REDUCE_all] = {STEPS(all), {0, 1, -1, 0}},
};

ints reduced_sizes(const layout *l, unsigned mask, bool keepdim) {
  ints s = {0};
  for (int i = 0; i < l->rank; i++)
    if (!(mask & 1u << i))
      s.v[s.n++] = l->dims[i];
    else if (keepdim)
      s.v[s.n++] = 1;
  return s;
}

// Half of the dims of a tensor: the kept or the reduced ones, neighbours merged where memory allows.
struct part {
  int rank;
  int64_t dims[RANK_MAX], strides[RANK_MAX]; // strides in bytes
};

static struct part part_of(const tensor *t, unsigned mask, bool wanted) {
  struct part p = {0};
  int64_t size = (int64_t)dtype_size((dtype)t->dtype);
  for (int i = 0; i < t->layout->rank; i++) {
    if (!!(mask & 1u << i) != wanted || t->layout->dims[i] == 1) continue;
    int64_t n = t->layout->dims[i], s = layout_strides(t->layout)[i] * size;
    if (p.rank && p.strides[p.rank - 1] == n * s) {
      p.dims[p.rank - 1] *= n;
      p.strides[p.rank - 1] = s;
    } else
      p.dims[p.rank] = n, p.strides[p.rank++] = s;
  }
  return p;
}

// Moves *p to the next position of all dims but the last `skip`; false after the last position.
static bool next(const struct part *part, int skip, int64_t *index, const char **p) {
  for (int d = part->rank - 1 - skip; d >= 0; d--) {
    *p += part->strides[d];
    if (++index[d] < part->dims[d]) return true;
    *p -= part->strides[d] * part->dims[d];
    index[d] = 0;
  }
  return false;
}

static void store(const tensor *out, int64_t i, const struct seen *a, dtype from, double over) {
  bool real = dtype_is_float(from);
  double d = (real ? a->d : (double)a->i) / over;
  switch ((dtype)out->dtype) {
  case DT_bool: ((bool *)tensor_data(out))[i] = real && a->d != 0 ? true : a->i != 0; break;
  case DT_int64: ((int64_t *)tensor_data(out))[i] = real ? f64_to_i64(d) : a->i; break;
  case DT_float32: ((float *)tensor_data(out))[i] = (float)d; break;
  default: ((double *)tensor_data(out))[i] = d;
  }
}

enum { BLOCK = 1 << 18 }; // elements between two looks at the stop flag

// One output element: all reduced positions from p on. A tensor that is expanded may have any number of them.
static bool fold(ctx *c, step *f, struct seen *a, const struct part *inner, const char *p) {
  if (inner->rank == 0) return f(a, p, 0, 1), true;
  int64_t index[RANK_MAX] = {0}, n = inner->dims[inner->rank - 1], s = inner->strides[inner->rank - 1];
  int64_t since = 0;
  do
    for (int64_t done = 0, part; done < n; done += part) {
      part = n - done < BLOCK ? n - done : BLOCK;
      f(a, p + done * s, s, part);
      if ((since += part) < BLOCK) continue;
      since = 0;
      if (ctx_stopped(c)) return false;
    }
  while (next(inner, 1, index, &p));
  return true;
}

// Sums over outer dims walk memory row by row: 64 columns of float32 at a time.
static bool sum_columns(ctx *c, const tensor *out, const tensor *in, const struct part *outer,
                        const struct part *inner, double over) {
  int64_t columns = outer->dims[0], rows = inner->dims[0];
  for (int64_t from = 0; from < columns; from += 64) {
    double sum[64] = {0};
    int64_t n = columns - from < 64 ? columns - from : 64;
    const char *p = (const char *)tensor_data(in) + from * 4;
    for (int64_t r = 0; r < rows; r++, p += inner->strides[0]) {
      const float *x = (const float *)(const void *)p;
      for (int64_t k = 0; k < n; k++) sum[k] += (double)x[k];
      if (!(r & 0xfff) && ctx_stopped(c)) return false;
    }
    for (int64_t k = 0; k < n; k++) store(out, from + k, &(struct seen){.d = sum[k]}, DT_float32, over);
    if (ctx_stopped(c)) return false;
  }
  return true;
}

static bool run(ctx *c, const tensor *out, const tensor *at, const tensor *in, reduction how, unsigned mask) {
  struct part outer = part_of(in, mask, false), inner = part_of(in, mask, true);
  step *f = REDUCTIONS[how].steps[in->dtype];
  int64_t each = out->layout->numel ? in->layout->numel / out->layout->numel : 0;
  double over = how == REDUCE_mean ? (double)each : 1;
  bool sums = how == REDUCE_sum || how == REDUCE_mean;
  if (sums && in->dtype == DT_float32 && in->layout->numel && outer.rank == 1 && outer.strides[0] == 4 &&
      inner.rank == 1)
    return sum_columns(c, out, in, &outer, &inner, over);
  int64_t index[RANK_MAX] = {0}, since = 0;
  const char *p = tensor_data(in);
  for (int64_t i = 0; i < out->layout->numel; i++) {
    struct seen a = REDUCTIONS[how].start;
    if (each && !fold(c, f, &a, &inner, p)) return false;
    store(out, i, &a, (dtype)in->dtype, over);
    if (at) ((int64_t *)tensor_data(at))[i] = a.at;
    next(&outer, 0, index, &p);
    if ((since += each + 1) > BLOCK) {
      since = 0;
      if (ctx_stopped(c)) return false;
    }
  }
  return true;
}

bool tensor_reduce(ctx *c, tensor *out, tensor *at, const tensor *in, reduction how, unsigned mask,
                   bool keepdim, dtype t) {
  ints sizes = reduced_sizes(in->layout, mask, keepdim);
  tensor value = {0}, where = {0};
  if (!tensor_new_sizes(c, &value, t, sizes.n, sizes.v)) return false;
  if (at && !tensor_new(c, &where, DT_int64, value.layout)) goto fail;
  if (!run(c, &value, at ? &where : NULL, in, how, mask)) goto fail;
  *out = value;
  if (at) *at = where;
  return true;
fail:
  tensor_drop(&value);
  tensor_drop(&where);
  return false;
}
