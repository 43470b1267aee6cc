// kernel_view.c - kernels that only look at the same storage in another way.
#include "autograd/kernel.h"
#include "base/mem.h"
#include "tensor/iter.h"
#include <string.h>

static ctx *at(op_call *k) { return &k->a->ctx; }

static bool as_is(op_call *k, const tensor *self, ints size, const int64_t *strides, int64_t offset) {
  return tensor_view_as(at(k), &k->out[0], self, size.n, size.v, strides, offset);
}

// Replaces one -1 by what is left.
static bool infer_size(op_call *k, ints *size, int64_t numel) {
  int64_t known = 1, unknown = -1;
  fault *f = &at(k)->fault;
  for (int i = 0; i < size->n; i++) {
    if (size->v[i] == -1 && unknown < 0)
      unknown = i;
    else if (size->v[i] == -1)
      return fail(f, ERR_shape_mismatch, "only one dimension can be inferred");
    else if (size->v[i] < 0)
      return fail(f, ERR_shape_mismatch, "invalid shape dimension %lld", (long long)size->v[i]);
    else if (!i64_mul(known, size->v[i], &known))
      known = INT64_MAX;
  }
  if (unknown >= 0 && known == 0)
    return fail(f, ERR_shape_mismatch,
                "cannot reshape tensor of %lld elements into shape %s because the unspecified dimension size "
                "-1 can be "
                "any value and is ambiguous",
                (long long)numel, ints_text(size->n, size->v));
  bool fits = unknown >= 0 ? known != 0 && numel % known == 0 : known == numel;
  if (!fits)
    return fail(f, ERR_shape_mismatch, "shape '%s' is invalid for input of size %lld",
                ints_text(size->n, size->v), (long long)numel);
  if (unknown >= 0) size->v[unknown] = numel / known;
  return true;
}

bool kernel_view(op_call *k, const tensor *self, ints size) {
  return infer_size(k, &size, self->layout->numel) &&
         tensor_view_sizes(at(k), &k->out[0], self, size.n, size.v, true);
}

static bool exchange(op_call *k, const tensor *self, int64_t d0, int64_t d1) {
  ints size = layout_sizes(self->layout), step = {.n = size.n};
  memcpy(step.v, layout_strides(self->layout), (size_t)size.n * sizeof *step.v);
  if (size.n) {
    int64_t s = size.v[d0], t = step.v[d0];
    size.v[d0] = size.v[d1], step.v[d0] = step.v[d1];
    size.v[d1] = s, step.v[d1] = t;
  }
  return as_is(k, self, size, step.v, self->offset);
}

bool kernel_t(op_call *k, const tensor *self) {
  int rank = self->layout->rank;
  if (rank > 2)
    return fail(&at(k)->fault, ERR_shape_mismatch,
                "t() expects a tensor with <= 2 dimensions, but self is %dD", rank);
  return exchange(k, self, 0, rank == 2);
}

bool kernel_transpose(op_call *k, const tensor *self, int64_t d0, int64_t d1) {
  return dim_wrap(at(k), &d0, self->layout->rank) && dim_wrap(at(k), &d1, self->layout->rank) &&
         exchange(k, self, d0, d1);
}

bool kernel_permute(op_call *k, const tensor *self, ints dims) {
  int rank = self->layout->rank;
  ints size = {.n = rank};
  int64_t step[RANK_MAX];
  unsigned seen = 0;
  if (dims.n != rank)
    return fail(
        &at(k)->fault, ERR_shape_mismatch,
        "permute(): number of dimensions in the tensor input does not match the length of the desired "
        "ordering of dimensions i.e. input.dim() = %d is not equal to len(dims) = %d",
        rank, dims.n);
  for (int i = 0; i < rank; i++) {
    if (!dim_wrap(at(k), &dims.v[i], rank)) return false;
    if (seen & 1u << dims.v[i])
      return fail_as(&at(k)->fault, ERR_bad_argument, "RuntimeError",
                     "permute(): duplicate dims are not allowed.");
    seen |= 1u << dims.v[i];
    size.v[i] = self->layout->dims[dims.v[i]];
    step[i] = layout_strides(self->layout)[dims.v[i]];
  }
  return as_is(k, self, size, step, self->offset);
}

bool kernel_squeeze(op_call *k, const tensor *self, int64_t dim) {
  const layout *l = self->layout;
  ints size = {0};
  int64_t step[RANK_MAX];
  if (dim != INT64_MIN && !dim_wrap(at(k), &dim, l->rank)) return false;
  for (int i = 0; i < l->rank; i++) {
    if (l->dims[i] == 1 && (dim == INT64_MIN || dim == i)) continue;
    step[size.n] = layout_strides(l)[i];
    size.v[size.n++] = l->dims[i];
  }
  return as_is(k, self, size, step, self->offset);
}

bool kernel_unsqueeze(op_call *k, const tensor *self, int64_t dim) {
  const layout *l = self->layout;
  ints size = {0};
  int64_t step[RANK_MAX + 1];
  if (!dim_wrap(at(k), &dim, l->rank + 1)) return false;
  if (l->rank == RANK_MAX)
    return fail_as(&at(k)->fault, ERR_bad_argument, "RuntimeError", "at most %d dimensions are supported",
                   RANK_MAX);
  for (int i = 0; i <= l->rank; i++) {
    bool here = i == dim;
    int from = i - (i > dim);
    step[i] = !here ? layout_strides(l)[from] : i < l->rank ? l->dims[i] * layout_strides(l)[i] : 1;
    size.v[size.n++] = here ? 1 : l->dims[from];
  }
  return as_is(k, self, size, step, self->offset);
}

bool kernel_expand(op_call *k, const tensor *self, ints size) {
  const layout *l = self->layout;
  int64_t step[RANK_MAX];
  fault *f = &at(k)->fault;
  if (size.n < l->rank)
    return fail(f, ERR_shape_mismatch,
                "expand(torch.%sTensor{%s}, size=%s): the number of sizes provided (%d) must be greater or "
                "equal to the "
                "number of dimensions in the tensor (%d)",
                DTYPE_ROWS[self->dtype].word, layout_text(l), ints_text(size.n, size.v), size.n, l->rank);
  for (int i = 0; i < size.n; i++) {
    int from = i - (size.n - l->rank);
    int64_t have = from >= 0 ? l->dims[from] : 1;
    if (size.v[i] == -1 && from < 0)
      return fail(
          f, ERR_shape_mismatch,
          "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension %d", i);
    if (size.v[i] == -1) size.v[i] = have;
    if (size.v[i] != have && have != 1)
      return fail(f, ERR_shape_mismatch,
                  "The expanded size of the tensor (%lld) must match the existing size (%lld) at "
                  "non-singleton dimension "
                  "%d.  Target sizes: %s.  Tensor sizes: %s",
                  (long long)size.v[i], (long long)have, i, ints_text(size.n, size.v), layout_text(l));
    step[i] = from < 0 || (have == 1 && size.v[i] != 1) ? 0 : layout_strides(l)[from];
  }
  return as_is(k, self, size, step, self->offset);
}

bool kernel_select(op_call *k, const tensor *self, int64_t dim, int64_t index) {
  const layout *l = self->layout;
  fault *f = &at(k)->fault;
  if (l->rank == 0) return fail(f, ERR_index_out_of_range, "select() cannot be applied to a 0-dim tensor.");
  if (!dim_wrap(at(k), &dim, l->rank)) return false;
  int64_t n = l->dims[dim];
  if (index < -n || index >= n)
    return fail(f, ERR_index_out_of_range,
                "select(): index %lld out of range for tensor of size %s at dimension %lld", (long long)index,
                layout_text(l), (long long)dim);
  if (index < 0) index += n;
  ints size = {0};
  int64_t step[RANK_MAX];
  for (int i = 0; i < l->rank; i++) {
    if (i == dim) continue;
    step[size.n] = layout_strides(l)[i];
    size.v[size.n++] = l->dims[i];
  }
  return as_is(k, self, size, step, self->offset + index * layout_strides(l)[dim]);
}

// Python's slice bounds for a dim of size n; the length of what is cut out.
static int64_t clip(int64_t *start, int64_t *end, int64_t step, int64_t n) {
  if (*start == INT64_MIN) *start = 0;
  if (*end == INT64_MIN) *end = n;
  if (*start < 0) *start = *start + n < 0 ? 0 : *start + n;
  if (*end < 0) *end = *end + n < 0 ? 0 : *end + n;
  if (*start > n) *start = n;
  if (*end > n) *end = n;
  return *end <= *start ? 0 : 1 + (*end - *start - 1) / step;
}

static bool slice_of(op_call *k, tensor *out, const tensor *self, int64_t dim, int64_t start, int64_t end,
                     int64_t step) {
  ints size = layout_sizes(self->layout);
  int64_t steps[RANK_MAX];
  if (size.n == 0)
    return fail(&at(k)->fault, ERR_index_out_of_range, "slice() cannot be applied to a 0-dim tensor.");
  if (!dim_wrap(at(k), &dim, size.n)) return false;
  if (step <= 0) return fail_as(&at(k)->fault, ERR_bad_argument, "ValueError", "slice step must be positive");
  memcpy(steps, layout_strides(self->layout), (size_t)size.n * sizeof *steps);
  size.v[dim] = clip(&start, &end, step, size.v[dim]);
  int64_t offset = self->offset + start * steps[dim];
  if (size.v[dim] == 0 || self->layout->numel == 0)
    offset = self->offset;                                     // nothing there: stay inside the storage
  if (!i64_mul(steps[dim], step, &steps[dim])) steps[dim] = 0; // only when one entry is left
  return tensor_view_as(at(k), out, self, size.n, size.v, steps, offset);
}

bool kernel_slice(op_call *k, const tensor *self, int64_t dim, int64_t start, int64_t end, int64_t step) {
  return slice_of(k, &k->out[0], self, dim, start, end, step);
}

bool kernel_slice_backward(op_call *k, const tensor *grad, ints sizes, int64_t dim, int64_t start,
                           int64_t end, int64_t step) {
  tensor hole = {0};
  return kernel_zeros_of(k, grad, sizes) &&
         kernel_fill_hole(k, slice_of(k, &hole, &k->out[0], dim, start, end, step), &hole, grad);
}

bool kernel_split(op_call *k, const tensor *self, int64_t size, int64_t dim) {
  const layout *l = self->layout;
  fault *f = &at(k)->fault;
  if (l->rank == 0) return fail(f, ERR_shape_mismatch, "split expects at least a 1-dimensional tensor");
  if (size < 0)
    return fail_as(f, ERR_bad_argument, "RuntimeError",
                   "split expects split_size be non-negative, but got split_size=%lld", (long long)size);
  if (!dim_wrap(at(k), &dim, l->rank)) return false;
  int64_t n = l->dims[dim];
  if (size == 0 && n != 0)
    return fail_as(f, ERR_bad_argument, "RuntimeError",
                   "split_size can only be 0 if dimension size is 0, but got dimension size of %lld",
                   (long long)n);
  int64_t pieces = n == 0 || size >= n ? 1 : (n + size - 1) / size;
  if (pieces > UINT16_MAX)
    return fail(f, ERR_quota_exceeded, "split into %lld pieces: at most 65535", (long long)pieces);
  if (!call_outputs(k, (unsigned)pieces)) return false;
  for (int64_t i = 0; i < pieces; i++)
    if (!slice_of(k, &k->out[i], self, dim, i * size, i + 1 < pieces ? (i + 1) * size : n, 1)) return false;
  return true;
}

bool kernel_split_sizes(op_call *k, const tensor *self, ints sizes, int64_t dim) {
  const layout *l = self->layout;
  fault *f = &at(k)->fault;
  if (l->rank == 0) return fail(f, ERR_shape_mismatch, "split expects at least a 1-dimensional tensor");
  if (!dim_wrap(at(k), &dim, l->rank)) return false;
  int64_t sum = 0;
  for (int i = 0; i < sizes.n; i++) {
    if (sizes.v[i] < 0)
      return fail_as(
          f, ERR_bad_argument, "RuntimeError",
          "split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes=%s",
          ints_text(sizes.n, sizes.v));
    if (!i64_add(sum, sizes.v[i], &sum)) sum = INT64_MAX;
  }
  if (sum != l->dims[dim])
    return fail(f, ERR_shape_mismatch,
                "split_with_sizes expects split_sizes to sum exactly to %lld (input tensor's size at "
                "dimension %lld), but "
                "got split_sizes=%s",
                (long long)l->dims[dim], (long long)dim, ints_text(sizes.n, sizes.v));
  if (!call_outputs(k, (unsigned)sizes.n)) return false;
  int64_t from = 0;
  for (int i = 0; i < sizes.n; from += sizes.v[i++])
    if (!slice_of(k, &k->out[i], self, dim, from, from + sizes.v[i], 1)) return false;
  return true;
}

bool kernel_unbind(op_call *k, const tensor *self, int64_t dim) {
  const layout *l = self->layout;
  if (!dim_wrap(at(k), &dim, l->rank)) return false;
  if (l->rank == 0)
    return fail(&at(k)->fault, ERR_index_out_of_range,
                "Dimension specified as 0 but tensor has no dimensions");
  int64_t n = l->dims[dim];
  if (n > UINT16_MAX)
    return fail(&at(k)->fault, ERR_quota_exceeded, "unbind into %lld tensors: at most 65535", (long long)n);
  if (!call_outputs(k, (unsigned)n)) return false;
  op_call one = *k;
  for (int64_t i = 0; i < n; i++) {
    one.out = &k->out[i];
    if (!kernel_select(&one, self, dim, i)) return false;
  }
  return true;
}

bool kernel_alias(op_call *k, const tensor *self) {
  k->out[0] = tensor_ref(self);
  return true;
}

bool kernel_data(op_call *k, const tensor *self) {
  storage *s = storage_alias(at(k), self->storage);
  if (!s) return false;
  k->out[0] = (tensor){s, layout_ref(self->layout), self->offset, self->dtype};
  return true;
}

// ---- windows of a base, as autograd replays a view

bool kernel_as_strided(op_call *k, const tensor *self, ints size, ints stride, int64_t offset) {
  return as_is(k, self, size, stride.v, self->offset + offset);
}

// A zeroed buffer as large as a base of these sizes and strides reaches, seen as the base.
static bool laid_out(op_call *k, tensor *base, dtype t, ints sizes, ints strides) {
  int64_t reach = 1;
  for (int i = 0; i < sizes.n; i++) {
    if (sizes.v[i] == 0) reach = 0;
    if (reach) reach += (sizes.v[i] - 1) * strides.v[i];
  }
  tensor flat = {0};
  bool ok = tensor_new_sizes(at(k), &flat, t, 1, &reach) && tensor_fill(at(k), &flat, scalar_int(0)) &&
            tensor_view_as(at(k), base, &flat, sizes.n, sizes.v, strides.v, 0);
  tensor_drop(&flat);
  return ok;
}

// Whether a window lies within a base of these sizes and strides, which may have been given other data since
// the view was made: in the words of PyTorch.
static bool window_fits(op_call *k, const tensor *base, ints size, ints stride, int64_t offset) {
  int64_t room = 1, reach = offset + 1;
  const layout *l = base->layout;
  const int64_t *strides = layout_strides(l);
  for (int i = 0; i < l->rank; i++)
    room = l->dims[i] == 0 ? 0 : room ? room + (l->dims[i] - 1) * strides[i] : 0;
  for (int i = 0; i < size.n; i++) {
    if (size.v[i] == 0) return true;
    reach += (size.v[i] - 1) * stride.v[i];
  }
  return reach <= room ||
         fail_as(&at(k)->fault, ERR_bad_argument, "RuntimeError",
                 "setStorage: a view of %lld elements from element %lld on is out of bounds for a "
                 "base of %lld: its data has been replaced",
                 (long long)(reach - offset), (long long)offset, (long long)room);
}

bool kernel_strided_gather(op_call *k, const tensor *self, ints size, ints stride, int64_t offset, ints base,
                           ints base_stride) {
  tensor whole = {0}, window = {0};
  bool ok = laid_out(k, &whole, (dtype)self->dtype, base, base_stride) && tensor_copy(at(k), &whole, self) &&
            window_fits(k, &whole, size, stride, offset) &&
            tensor_view_as(at(k), &window, &whole, size.n, size.v, stride.v, offset) &&
            tensor_clone(at(k), &k->out[0], &window, (dtype)self->dtype);
  tensor_drop(&whole);
  tensor_drop(&window);
  return ok;
}

bool kernel_strided_scatter(op_call *k, const tensor *self, ints size, ints stride, int64_t offset, ints base,
                            ints base_stride) {
  static const struct add_attrs plain = {.alpha = {.kind = SCALAR_int, .i = 1}};
  tensor whole = {0}, window = {0};
  bool ok = laid_out(k, &whole, (dtype)self->dtype, base, base_stride) &&
            window_fits(k, &whole, size, stride, offset) &&
            tensor_view_as(at(k), &window, &whole, size.n, size.v, stride.v, offset) &&
            iter_run(at(k), OP_POINTWISE[OP_add].loops[self->dtype], &window, 2,
                     (const tensor *[]){&window, self}, &plain) &&
            tensor_clone(at(k), &k->out[0], &whole, (dtype)self->dtype);
  tensor_drop(&whole);
  tensor_drop(&window);
  return ok;
}
