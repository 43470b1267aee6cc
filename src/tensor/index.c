#include "tensor/index.h"
#include "tensor/iter.h"
#include <string.h>

// Gathering is a plain walk over the index once the indexed tensor is seen with a stride of 0 along dim: each
// position then points at the start of its line, and the index says how far along.
struct along {
  int64_t step; // bytes from one entry of the line to the next
};

static bool line_starts(ctx *c, tensor *out, const tensor *t, int dim, const layout *shape) {
  int64_t strides[RANK_MAX];
  int rank = shape->rank;
  for (int i = 0; i < rank; i++) strides[i] = i == dim ? 0 : layout_strides(t->layout)[i];
  return tensor_view_as(c, out, t, rank, shape->dims, strides, t->offset);
}

static void range_loop(char *const *p, const int64_t *s, int64_t n, const void *attrs) {
  int64_t *range = (int64_t *)(uintptr_t) * (const void *const *)attrs;
  for (int64_t i = 0; i < n; i++) {
    int64_t x = *(const int64_t *)(const void *)(p[0] + i * s[0]);
    if (x < range[0]) range[0] = x;
    if (x > range[1]) range[1] = x;
  }
}

static bool index_fits(ctx *c, const tensor *index, int64_t size, const char *prefix, const char *class,
                       int dim) {
  int64_t range[2] = {0, -1};
  void *to = range;
  if (!iter_run(c, range_loop, index, 0, NULL, &to)) return false;
  int64_t bad = range[0] < 0 ? range[0] : range[1];
  if (range[0] >= 0 && range[1] < size) return true;
  return fail_as(&c->fault, ERR_index_out_of_range, class,
                 "%sindex %lld is out of bounds for dimension %d with size %lld", prefix, (long long)bad, dim,
                 (long long)size);
}

#define GATHER(TYPE, name)                                                                                   \
  static void gather_##name(char *const *p, const int64_t *s, int64_t n, const void *attrs) {                \
    int64_t step = ((const struct along *)attrs)->step;                                                      \
    for (int64_t i = 0; i < n; i++) {                                                                        \
      int64_t at = *(const int64_t *)(const void *)(p[2] + i * s[2]);                                        \
      *(TYPE *)(void *)(p[0] + i * s[0]) = *(const TYPE *)(const void *)(p[1] + i * s[1] + at * step);       \
    }                                                                                                        \
  }
#define SCATTER(TYPE, name, add)                                                                             \
  static void name(char *const *p, const int64_t *s, int64_t n, const void *attrs) {                         \
    int64_t step = ((const struct along *)attrs)->step;                                                      \
    for (int64_t i = 0; i < n; i++) {                                                                        \
      int64_t at = *(const int64_t *)(const void *)(p[1] + i * s[1]);                                        \
      TYPE *to = (TYPE *)(void *)(p[0] + i * s[0] + at * step);                                              \
      const TYPE x = *(const TYPE *)(const void *)(p[2] + i * s[2]);                                         \
      *to = add;                                                                                             \
    }                                                                                                        \
  }
#define BOTH(TYPE, name, add)                                                                                \
  GATHER(TYPE, name) SCATTER(TYPE, scatter_##name, add) SCATTER(TYPE, put_##name, x)
BOTH(bool, b8, *to || x)
BOTH(int64_t, int64, (int64_t)((uint64_t)*to + (uint64_t)x))
BOTH(float, float32, *to + x)
BOTH(double, float64, *to + x)

static iter_loop *const GATHER_LOOPS[] = {gather_b8, gather_int64, gather_float32, gather_float64};
static iter_loop *const PUT_LOOPS[] = {put_b8, put_int64, put_float32, put_float64};
static iter_loop *const SCATTER_LOOPS[] = {scatter_b8, scatter_int64, scatter_float32, scatter_float64};

static struct along along_dim(const tensor *t, int dim) {
  return (struct along){layout_strides(t->layout)[dim] * (int64_t)dtype_size((dtype)t->dtype)};
}

static bool gather(ctx *c, tensor *out, const tensor *in, int dim, const tensor *index, const layout *shape) {
  tensor starts = {0}, fresh = {0};
  struct along step = along_dim(in, dim);
  bool ok = line_starts(c, &starts, in, dim, shape) &&
            tensor_new_sizes(c, &fresh, (dtype)in->dtype, shape->rank, shape->dims);
  ok = ok && iter_run(c, GATHER_LOOPS[in->dtype], &fresh, 2, (const tensor *[]){&starts, index}, &step);
  tensor_drop(&starts);
  if (ok)
    *out = fresh;
  else
    tensor_drop(&fresh);
  return ok;
}

static bool scatter(ctx *c, iter_loop *const *loops, const tensor *dst, int dim, const tensor *index,
                    const tensor *src, const layout *shape) {
  tensor starts = {0};
  struct along step = along_dim(dst, dim);
  if (!line_starts(c, &starts, dst, dim, shape)) return false;
  bool ok = iter_run(c, loops[dst->dtype], &starts, 2, (const tensor *[]){index, src}, &step);
  tensor_drop(&starts);
  return ok;
}

// A rank-0 tensor is treated as one of a single line of one entry.
static bool at_least_1d(ctx *c, tensor *out, const tensor *t) {
  if (t->layout->rank) return *out = tensor_ref(t), true;
  return tensor_view_as(c, out, t, 1, (int64_t[]){1}, (int64_t[]){1}, t->offset);
}

bool tensor_gather(ctx *c, tensor *out, const tensor *in, int dim, const tensor *index) {
  tensor x = {0}, at = {0}, y = {0};
  bool ok = at_least_1d(c, &x, in) && at_least_1d(c, &at, index) &&
            index_fits(c, &at, x.layout->dims[dim], "", "RuntimeError", dim) &&
            gather(c, &y, &x, dim, &at, at.layout);
  if (ok && index->layout->rank == 0)
    ok = tensor_view_as(c, out, &y, 0, NULL, NULL, y.offset);
  else if (ok)
    *out = tensor_ref(&y);
  tensor_drop(&x);
  tensor_drop(&at);
  tensor_drop(&y);
  return ok;
}

static bool scatter_corner(ctx *c, iter_loop *const *loops, const tensor *dst, int dim, const tensor *index,
                           const tensor *src) {
  tensor d = {0}, at = {0}, s = {0};
  bool ok = at_least_1d(c, &d, dst) && at_least_1d(c, &at, index) && at_least_1d(c, &s, src) &&
            index_fits(c, &at, d.layout->dims[dim], "", "RuntimeError", dim);
  tensor window = {0}; // src may be larger than the index: only its corner counts
  ok = ok &&
       tensor_view_as(c, &window, &s, at.layout->rank, at.layout->dims, layout_strides(s.layout), s.offset);
  ok = ok && scatter(c, loops, &d, dim, &at, &window, at.layout);
  tensor_drop(&window);
  tensor_drop(&d);
  tensor_drop(&at);
  tensor_drop(&s);
  return ok;
}

bool tensor_scatter_add(ctx *c, const tensor *dst, int dim, const tensor *index, const tensor *src) {
  return scatter_corner(c, SCATTER_LOOPS, dst, dim, index, src);
}

bool tensor_scatter(ctx *c, const tensor *dst, int dim, const tensor *index, const tensor *src) {
  return scatter_corner(c, PUT_LOOPS, dst, dim, index, src);
}

// The index of whole rows, spread over `shape`: it varies along dim only.
static bool row_index(ctx *c, tensor *out, const tensor *index, int dim, const layout *shape) {
  int64_t strides[RANK_MAX] = {0};
  strides[dim] = index->layout->rank ? layout_strides(index->layout)[0] : 0;
  return tensor_view_as(c, out, index, shape->rank, shape->dims, strides, index->offset);
}

static layout *rows_shape(ctx *c, const layout *l, int dim, int64_t n) {
  ints sizes = layout_sizes(l);
  sizes.v[dim] = n;
  return layout_new(c, sizes.n, sizes.v);
}

bool tensor_index_select(ctx *c, tensor *out, const tensor *in, int dim, const tensor *index) {
  tensor x = {0}, at = {0}, y = {0};
  layout *shape = NULL;
  bool ok = at_least_1d(c, &x, in) &&
            index_fits(c, index, x.layout->dims[dim], "index_select(): ", NULL, dim) &&
            (shape = rows_shape(c, x.layout, dim, index->layout->numel)) &&
            row_index(c, &at, index, dim, shape) && gather(c, &y, &x, dim, &at, shape);
  if (ok && in->layout->rank == 0)
    ok = tensor_view_as(c, out, &y, 0, NULL, NULL, y.offset);
  else if (ok)
    *out = tensor_ref(&y);
  layout_unref(shape);
  tensor_drop(&x);
  tensor_drop(&at);
  tensor_drop(&y);
  return ok;
}

bool tensor_index_add(ctx *c, const tensor *dst, int dim, const tensor *index, const tensor *src) {
  tensor d = {0}, s = {0}, at = {0};
  bool ok = at_least_1d(c, &d, dst) && at_least_1d(c, &s, src) &&
            index_fits(c, index, d.layout->dims[dim], "index_add(): ", NULL, dim) &&
            row_index(c, &at, index, dim, s.layout) && scatter(c, SCATTER_LOOPS, &d, dim, &at, &s, s.layout);
  tensor_drop(&d);
  tensor_drop(&s);
  tensor_drop(&at);
  return ok;
}

bool tensor_flip(ctx *c, tensor *out, const tensor *in, unsigned mask) {
  const layout *l = in->layout;
  int64_t strides[RANK_MAX], offset = in->offset;
  for (int i = 0; i < l->rank; i++) {
    bool turn = (mask & 1u << i) && l->dims[i] > 0;
    strides[i] = turn ? -layout_strides(l)[i] : layout_strides(l)[i];
    if (turn) offset += (l->dims[i] - 1) * layout_strides(l)[i];
  }
  tensor turned;
  if (!tensor_view_as(c, &turned, in, l->rank, l->dims, strides, offset)) return false;
  bool ok = tensor_clone(c, out, &turned, (dtype)in->dtype);
  tensor_drop(&turned);
  return ok;
}

struct line {
  int64_t n, out_step, in_step; // bytes
};
#define CUMSUM(name, TYPE, SUM)                                                                              \
  static void cumsum_##name(char *const *p, const int64_t *s, int64_t n, const void *attrs) {                \
    const struct line *l = attrs;                                                                            \
    for (int64_t i = 0; i < n; i++) {                                                                        \
      SUM sum = 0;                                                                                           \
      for (int64_t k = 0; k < l->n; k++) {                                                                   \
        sum += (SUM) * (const TYPE *)(const void *)(p[1] + i * s[1] + k * l->in_step);                       \
        *(TYPE *)(void *)(p[0] + i * s[0] + k * l->out_step) = (TYPE)sum;                                    \
      }                                                                                                      \
    }                                                                                                        \
  }
CUMSUM(int64, int64_t, uint64_t)
CUMSUM(float32, float, double)
CUMSUM(float64, double, double)

bool tensor_cumsum(ctx *c, tensor *out, const tensor *in, int dim, dtype t) {
  static iter_loop *const LOOPS[] = {NULL, cumsum_int64, cumsum_float32, cumsum_float64};
  tensor x = {0}, y = {0}, from = {0}, to = {0};
  bool ok = tensor_contiguous(c, &x, in, t) && tensor_new(c, &y, t, x.layout);
  if (ok && in->layout->rank == 0)
    ok = tensor_copy(c, &y, &x);
  else if (ok && x.layout->numel) {
    int64_t size = (int64_t)dtype_size(t);
    struct line l = {x.layout->dims[dim], layout_strides(y.layout)[dim] * size,
                     layout_strides(x.layout)[dim] * size};
    ints sizes = layout_sizes(x.layout);
    sizes.v[dim] = 1;
    ok = tensor_view_as(c, &from, &x, sizes.n, sizes.v, layout_strides(x.layout), x.offset) &&
         tensor_view_as(c, &to, &y, sizes.n, sizes.v, layout_strides(y.layout), y.offset) &&
         iter_run(c, LOOPS[t], &to, 1, (const tensor *[]){&from}, &l);
  }
  tensor_drop(&x);
  tensor_drop(&from);
  tensor_drop(&to);
  if (ok)
    *out = y;
  else
    tensor_drop(&y);
  return ok;
}
