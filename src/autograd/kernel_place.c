// kernel_place.c - kernels that find and place entries: diagonals, scattering, what is not zero.
#include "autograd/kernel.h"
#include "tensor/index.h"
#include <string.h>

static ctx *at(op_call *k) { return &k->a->ctx; }
static fault *fault_of(op_call *k) { return &k->a->ctx.fault; }

// ---- into zeros

bool kernel_zeros_of(op_call *k, const tensor *grad, ints sizes) {
  return tensor_new_sizes(at(k), &k->out[0], (dtype)grad->dtype, sizes.n, sizes.v) &&
         tensor_fill(at(k), &k->out[0], scalar_int(0));
}

bool kernel_fill_hole(op_call *k, bool made, tensor *hole, const tensor *grad) {
  made = made && tensor_copy(at(k), hole, grad);
  tensor_drop(hole);
  return made;
}

// ---- diagonals

static bool diagonal_of(op_call *k, tensor *out, const tensor *t, int64_t offset, int64_t d1, int64_t d2) {
  const layout *l = t->layout;
  ints size = {0};
  int64_t step[RANK_MAX];
  if (!dim_wrap(at(k), &d1, l->rank) || !dim_wrap(at(k), &d2, l->rank)) return false;
  if (d1 == d2)
    return fail(fault_of(k), ERR_shape_mismatch, "diagonal dimensions cannot be identical %lld, %lld",
                (long long)d1, (long long)d2);
  for (int i = 0; i < l->rank; i++) {
    if (i == d1 || i == d2) continue;
    step[size.n] = layout_strides(l)[i];
    size.v[size.n++] = l->dims[i];
  }
  int64_t rows = l->dims[d1], columns = l->dims[d2];
  if (offset >= 0)
    columns = columns > offset ? columns - offset : 0;
  else
    rows = rows > -(offset + 1) ? rows + offset : 0;
  int64_t n = rows < columns ? rows : columns, along = offset >= 0 ? d2 : d1;
  int64_t start = n ? (offset >= 0 ? offset : -offset) * layout_strides(l)[along] : 0;
  step[size.n] = layout_strides(l)[d1] + layout_strides(l)[d2];
  size.v[size.n++] = n;
  return tensor_view_as(at(k), out, t, size.n, size.v, step, t->offset + start);
}

bool kernel_diagonal(op_call *k, const tensor *self, int64_t offset, int64_t d1, int64_t d2) {
  return diagonal_of(k, &k->out[0], self, offset, d1, d2);
}

bool kernel_diagonal_backward(op_call *k, const tensor *grad, ints sizes, int64_t offset, int64_t d1,
                              int64_t d2) {
  tensor hole = {0};
  return kernel_zeros_of(k, grad, sizes) &&
         kernel_fill_hole(k, diagonal_of(k, &hole, &k->out[0], offset, d1, d2), &hole, grad);
}

// ---- what is not zero

bool kernel_nonzero(op_call *k, const tensor *self) {
  tensor flags = {0}, out = {0};
  if (!tensor_clone(at(k), &flags, self, DT_bool)) return false;
  const bool *is = tensor_data(&flags);
  const layout *l = flags.layout;
  int64_t size[2] = {0, l->rank};
  for (int64_t i = 0; i < l->numel; i++) size[0] += is[i];
  bool ok = tensor_new_sizes(at(k), &out, DT_int64, 2, size);
  int64_t *to = ok ? tensor_data(&out) : NULL;
  for (int64_t i = 0; ok && i < l->numel; i++) {
    if (!is[i]) continue;
    int64_t rest = i;
    for (int d = l->rank - 1; d >= 0; rest /= l->dims[d--]) to[d] = rest % l->dims[d];
    to += l->rank;
  }
  tensor_drop(&flags);
  if (ok) k->out[0] = out;
  return ok;
}

// ---- scattering

static int rank_1(const tensor *t) { return t->layout->rank ? t->layout->rank : 1; }
static int64_t size_1(const tensor *t, int dim) { return t->layout->rank ? t->layout->dims[dim] : 1; }

static bool scatter_fits(op_call *k, const tensor *self, int64_t dim, const tensor *index,
                         const tensor *src) {
  if (index->dtype != DT_int64)
    return fail(fault_of(k), ERR_dtype_mismatch, "scatter(): Expected dtype int64 for index");
  if (src && self->dtype != src->dtype)
    return fail(fault_of(k), ERR_dtype_mismatch, "scatter(): Expected self.dtype to be equal to src.dtype");
  if (index->layout->numel == 0) return true;
  bool fits = rank_1(index) == rank_1(self) && (!src || rank_1(src) == rank_1(self));
  for (int i = 0; fits && i < rank_1(index); i++)
    fits = (i == dim || size_1(index, i) <= size_1(self, i)) && (!src || size_1(index, i) <= size_1(src, i));
  return fits || fail(fault_of(k), ERR_shape_mismatch,
                      "Expected index %s to be smaller than self %s apart from dimension %lld%s%s",
                      layout_text(index->layout), layout_text(self->layout), (long long)dim,
                      src ? " and to be smaller size than src " : "", src ? layout_text(src->layout) : "");
}

static bool scatter(op_call *k, const tensor *self, int64_t dim, const tensor *index, const tensor *src) {
  tensor out = {0};
  bool ok = tensor_clone(at(k), &out, self, (dtype)self->dtype) &&
            (index->layout->numel == 0 || tensor_scatter(at(k), &out, (int)dim, index, src));
  if (ok)
    k->out[0] = out;
  else
    tensor_drop(&out);
  return ok;
}

bool kernel_scatter(op_call *k, const tensor *self, int64_t dim, const tensor *index, const tensor *src) {
  return dim_wrap(at(k), &dim, self->layout->rank) && scatter_fits(k, self, dim, index, src) &&
         scatter(k, self, dim, index, src);
}

bool kernel_scatter_value(op_call *k, const tensor *self, int64_t dim, const tensor *index, scalar value) {
  tensor one = {0}, all = {0};
  static const int64_t still[RANK_MAX] = {0};
  if (!dim_wrap(at(k), &dim, self->layout->rank) || !scatter_fits(k, self, dim, index, NULL)) return false;
  bool ok = number_converts(fault_of(k), value, (dtype)self->dtype) &&
            tensor_new(at(k), &one, (dtype)self->dtype, &LAYOUT_SCALAR) && tensor_fill(at(k), &one, value) &&
            tensor_view_as(at(k), &all, &one, index->layout->rank, index->layout->dims, still, 0) &&
            scatter(k, self, dim, index, &all);
  tensor_drop(&one);
  tensor_drop(&all);
  return ok;
}
