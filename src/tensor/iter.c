#include "tensor/iter.h"
#include <string.h>

enum { BLOCK = 1 << 18 }; // elements between two looks at the stop flag: some 100 µs of work

struct walk {
  int n, rank;
  int64_t dims[RANK_MAX];
  int64_t strides[RANK_MAX][OPERANDS_MAX]; // bytes
  char *p[OPERANDS_MAX];
};

static void operand(struct walk *w, int k, const tensor *t, const layout *shape) {
  int64_t size = (int64_t)dtype_size((dtype)t->dtype);
  const int64_t *strides = layout_strides(t->layout);
  int shift = shape->rank - t->layout->rank;
  w->p[k] = tensor_data(t);
  for (int i = 0; i < shape->rank; i++)
    w->strides[i][k] = i < shift || t->layout->dims[i - shift] == 1 ? 0 : strides[i - shift] * size;
}

// Merges dim i into i + 1 where every operand steps over both as over one; drops dims of size 1.
static void merge(struct walk *w) {
  int at = -1;
  for (int i = 0; i < w->rank; i++) {
    if (w->dims[i] == 1) continue;
    bool joins = at >= 0;
    for (int k = 0; k < w->n && joins; k++) joins = w->strides[at][k] == w->strides[i][k] * w->dims[i];
    int64_t n = w->dims[i];
    if (joins)
      w->dims[at] *= n;
    else
      w->dims[++at] = n;
    memmove(w->strides[at], w->strides[i], sizeof w->strides[i]);
  }
  w->rank = at + 1;
}

static bool line(ctx *c, iter_loop *loop, char *const *from, const int64_t *stride, int n_op, int64_t n,
                 const void *attrs) {
  char *p[OPERANDS_MAX];
  memcpy(p, from, sizeof p);
  for (int64_t done = 0; done < n; done += BLOCK) {
    int64_t part = n - done < BLOCK ? n - done : BLOCK;
    if (done && ctx_stopped(c)) return false;
    loop(p, stride, part, attrs);
    for (int k = 0; k < n_op; k++) p[k] += part * stride[k];
  }
  return true;
}

static bool walk_lines(ctx *c, iter_loop *loop, struct walk *w, const void *attrs) {
  static const int64_t still[OPERANDS_MAX];
  if (w->rank == 0) return line(c, loop, w->p, still, w->n, 1, attrs);
  int last = w->rank - 1;
  int64_t index[RANK_MAX] = {0}, since = 0;
  for (;;) {
    if (!line(c, loop, w->p, w->strides[last], w->n, w->dims[last], attrs)) return false;
    if ((since += w->dims[last]) > BLOCK) {
      since = 0;
      if (ctx_stopped(c)) return false;
    }
    int d = last - 1;
    for (; d >= 0; d--) { // the odometer
      for (int k = 0; k < w->n; k++) w->p[k] += w->strides[d][k];
      if (++index[d] < w->dims[d]) break;
      for (int k = 0; k < w->n; k++) w->p[k] -= w->strides[d][k] * w->dims[d];
      index[d] = 0;
    }
    if (d < 0) return true;
  }
}

// One line for all elements.
static bool run_flat(ctx *c, iter_loop *loop, const tensor *out, int n_in, const tensor *const *in,
                     const void *attrs) {
  char *p[OPERANDS_MAX] = {0};
  int64_t stride[OPERANDS_MAX] = {0}, n = out->layout->numel;
  for (int k = 0; k <= n_in; k++) {
    const tensor *t = k ? in[k - 1] : out;
    p[k] = tensor_data(t);
    stride[k] = (int64_t)dtype_size((dtype)t->dtype);
  }
  if (n <= BLOCK) return loop(p, stride, n, attrs), true;
  return line(c, loop, p, stride, n_in + 1, n, attrs);
}

bool iter_run(ctx *c, iter_loop *loop, const tensor *out, int n_in, const tensor *const *in,
              const void *attrs) {
  const layout *shape = out->layout;
  bool flat = shape->contiguous;
  if (shape->numel == 0) return true;
  for (int k = 0; k < n_in && flat; k++)
    flat = in[k]->layout == shape || (in[k]->layout->contiguous && layout_same_dims(in[k]->layout, shape));
  if (flat) return run_flat(c, loop, out, n_in, in, attrs);
  struct walk w = {.n = n_in + 1};
  w.rank = shape->rank;
  memcpy(w.dims, shape->dims, shape->rank * sizeof *w.dims);
  operand(&w, 0, out, shape);
  for (int k = 0; k < n_in; k++) operand(&w, k + 1, in[k], shape);
  merge(&w);
  return walk_lines(c, loop, &w, attrs);
}
