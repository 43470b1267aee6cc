// kernel_data.c - kernels that move data: selection, copies, indexing, writes.
#include "autograd/kernel.h"
#include "autograd/pointwise.h"
#include "base/mem.h"
#include "tensor/index.h"
#include "tensor/iter.h"
#include "tensor/linalg.h"
#include <string.h>

static ctx *at(op_call *k) { return &k->a->ctx; }
static fault *fault_of(op_call *k) { return &k->a->ctx.fault; }

struct fused_scope fused_enter(op_call *k) {
  struct fused_scope s = {scope_enter(k->a), k->a->grad_mode};
  k->a->grad_mode = false;
  return s;
}

bool fused_leave(op_call *k, struct fused_scope s, var *value) {
  bool ok = value && !autograd_failed(k->a);
  if (ok) k->out[0] = tensor_ref(&value->t);
  scope_leave(k->a, s.mark, NULL);
  k->a->grad_mode = s.grad_mode;
  return ok;
}

// ---- selection

#define SELECT(name, TYPE)                                                                                   \
  static void where_##name(char *const *p, const int64_t *s, int64_t n, const void *unused) {                \
    (void)unused;                                                                                            \
    for (int64_t i = 0; i < n; i++)                                                                          \
      *(TYPE *)(void *)(p[0] + i * s[0]) = *(const bool *)(p[1] + i * s[1])                                  \
                                               ? *(const TYPE *)(const void *)(p[2] + i * s[2])              \
                                               : *(const TYPE *)(const void *)(p[3] + i * s[3]);             \
  }
SELECT(b8, bool)
SELECT(i64, int64_t)
SELECT(f32, float)
SELECT(f64, double)

static bool choose(op_call *k, const tensor *condition, const tensor *yes, const tensor *no, dtype t) {
  static iter_loop *const LOOPS[] = {where_b8, where_i64, where_f32, where_f64};
  tensor x = {0}, y = {0}, z = {0};
  ints sizes;
  bool ok = broadcast_sizes(at(k), 3, (const layout *[]){condition->layout, yes->layout, no->layout}, &sizes);
  ok = ok && tensor_new_sizes(at(k), &z, t, sizes.n, sizes.v);
  if (ok) ok = yes->dtype == t ? (x = tensor_ref(yes), true) : tensor_clone(at(k), &x, yes, t);
  if (ok) ok = no->dtype == t ? (y = tensor_ref(no), true) : tensor_clone(at(k), &y, no, t);
  ok = ok && iter_run(at(k), LOOPS[t], &z, 3, (const tensor *[]){condition, &x, &y}, NULL);
  tensor_drop(&x);
  tensor_drop(&y);
  if (ok)
    k->out[0] = z;
  else
    tensor_drop(&z);
  return ok;
}

bool kernel_where(op_call *k, const tensor *condition, const tensor *self, const tensor *other) {
  promotion p = PROMOTION_NONE;
  if (condition->dtype != DT_bool)
    return fail(fault_of(k), ERR_dtype_mismatch,
                "where expected condition to be a boolean tensor, but got a tensor with dtype %s",
                DTYPE_ROWS[condition->dtype].word);
  promote_var(&p, k->in[1]);
  promote_var(&p, k->in[2]);
  return choose(k, condition, self, other, promote_result(&p, k->a));
}

static bool masked_fill(op_call *k, const tensor *self, const tensor *mask, const tensor *value) {
  ints sizes;
  bool inplace = !k->results; // which of the two PyTorch names first in an error
  if (!broadcast_sizes(at(k), 2,
                       inplace ? (const layout *[]){self->layout, mask->layout}
                               : (const layout *[]){mask->layout, self->layout},
                       &sizes))
    return false;
  if (mask->dtype != DT_bool)
    return fail(fault_of(k), ERR_dtype_mismatch,
                "masked_fill_ only supports boolean masks, but got mask with dtype %s",
                DTYPE_ROWS[mask->dtype].name);
  return choose(k, mask, value, self, (dtype)self->dtype);
}

bool kernel_masked_fill(op_call *k, const tensor *self, const tensor *mask, scalar value) {
  tensor one = {0};
  bool ok = number_converts(fault_of(k), value, (dtype)self->dtype) &&
            tensor_new(at(k), &one, (dtype)self->dtype, &LAYOUT_SCALAR) && tensor_fill(at(k), &one, value) &&
            masked_fill(k, self, mask, &one);
  tensor_drop(&one);
  return ok;
}

bool kernel_masked_fill_tensor(op_call *k, const tensor *self, const tensor *mask, const tensor *value) {
  if (value->layout->rank)
    return fail(
        fault_of(k), ERR_shape_mismatch,
        "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with %d dimension(s).",
        value->layout->rank);
  return number_converts(fault_of(k), tensor_read(value, 0), (dtype)self->dtype) &&
         masked_fill(k, self, mask, value);
}

// ---- copies

bool kernel_clone(op_call *k, const tensor *self, dtype t) {
  return tensor_clone(at(k), &k->out[0], self, t);
}

static dtype common_dtype(op_call *k) {
  promotion p = PROMOTION_NONE;
  for (unsigned i = 0; i < k->n_in; i++) promote_var(&p, k->in[i]);
  return promote_result(&p, k->a);
}

// Copies each input into its place along dim of a fresh tensor; an input counts `extent` (0 = its own size).
static bool place(op_call *k, ints sizes, int64_t dim, bool stacked) {
  tensor out = {0};
  int64_t from = 0;
  bool ok = tensor_new_sizes(at(k), &out, common_dtype(k), sizes.n, sizes.v);
  for (unsigned i = 0; ok && i < k->n_in; i++) {
    const tensor *t = &k->in[i]->t;
    if (!stacked && t->layout->rank == 1 && t->layout->numel == 0) continue; // cat skips the old empty tensor
    ints part = sizes;
    part.v[dim] = stacked ? 1 : t->layout->dims[dim];
    tensor hole = {0}, lifted = {0};
    ok = tensor_view_as(at(k), &hole, &out, part.n, part.v, layout_strides(out.layout),
                        part.v[dim] ? from * layout_strides(out.layout)[dim] : 0);
    if (ok && stacked) {
      op_call one = *k;
      one.out = &lifted;
      ok = kernel_unsqueeze(&one, t, dim);
    }
    ok = ok && tensor_copy(at(k), &hole, stacked ? &lifted : t);
    tensor_drop(&hole);
    tensor_drop(&lifted);
    from += part.v[dim];
  }
  if (ok)
    k->out[0] = out;
  else
    tensor_drop(&out);
  return ok;
}

bool kernel_cat(op_call *k, int64_t dim) {
  const tensor *first = NULL;
  if (k->n_in == 0)
    return fail(fault_of(k), ERR_shape_mismatch, "torch.cat(): expected a non-empty list of Tensors");
  for (unsigned i = 0; i < k->n_in; i++) {
    const layout *l = k->in[i]->t.layout;
    if (l->rank == 0)
      return fail(fault_of(k), ERR_shape_mismatch,
                  "zero-dimensional tensor (at position %u) cannot be concatenated", i);
    if (!first && !(l->rank == 1 && l->numel == 0)) first = &k->in[i]->t;
  }
  if (!first) first = &k->in[0]->t;
  ints sizes = layout_sizes(first->layout);
  if (!dim_wrap(at(k), &dim, sizes.n)) return false;
  sizes.v[dim] = 0;
  for (unsigned i = 0; i < k->n_in; i++) {
    const layout *l = k->in[i]->t.layout;
    if (l->rank == 1 && l->numel == 0) continue;
    if (l->rank != sizes.n)
      return fail(fault_of(k), ERR_shape_mismatch,
                  "Tensors must have same number of dimensions: got %d and %d", sizes.n, l->rank);
    for (int d = 0; d < sizes.n; d++)
      if (d != dim && l->dims[d] != sizes.v[d])
        return fail(fault_of(k), ERR_shape_mismatch,
                    "Sizes of tensors must match except in dimension %lld. Expected size %lld but got size "
                    "%lld for tensor "
                    "number %u in the list.",
                    (long long)dim, (long long)sizes.v[d], (long long)l->dims[d], i);
    if (!i64_add(sizes.v[dim], l->dims[dim], &sizes.v[dim])) sizes.v[dim] = INT64_MAX;
  }
  return place(k, sizes, dim, false);
}

bool kernel_stack(op_call *k, int64_t dim) {
  if (k->n_in == 0) return fail(fault_of(k), ERR_shape_mismatch, "stack expects a non-empty TensorList");
  const layout *first = k->in[0]->t.layout;
  for (unsigned i = 1; i < k->n_in; i++)
    if (!layout_same_dims(k->in[i]->t.layout, first))
      return fail(fault_of(k), ERR_shape_mismatch,
                  "stack expects each tensor to be equal size, but got %s at entry 0 and %s at entry %u",
                  layout_text(first), layout_text(k->in[i]->t.layout), i);
  if (!dim_wrap(at(k), &dim, first->rank + 1)) return false;
  if (first->rank == RANK_MAX)
    return fail_as(fault_of(k), ERR_bad_argument, "RuntimeError", "at most %d dimensions are supported",
                   RANK_MAX);
  ints sizes = {.n = first->rank + 1};
  for (int i = 0; i < sizes.n; i++) sizes.v[i] = i == dim ? k->n_in : first->dims[i - (i > dim)];
  return place(k, sizes, dim, true);
}

bool kernel_flip(op_call *k, const tensor *self, ints dims) {
  unsigned mask = 0;
  return (dims.n == 0 || dims_mask(at(k), &dims, self->layout->rank, &mask)) &&
         tensor_flip(at(k), &k->out[0], self, mask);
}

bool kernel_repeat(op_call *k, const tensor *self, ints repeats) {
  const layout *l = self->layout;
  int lead = repeats.n - l->rank;
  if (lead < 0)
    return fail(fault_of(k), ERR_shape_mismatch,
                "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor");
  if (2 * repeats.n > 2 * RANK_MAX)
    return fail_as(fault_of(k), ERR_bad_argument, "RuntimeError", "at most %d dimensions are supported",
                   RANK_MAX);
  ints sizes = {.n = repeats.n};
  for (int i = 0; i < sizes.n; i++) {
    if (!i64_mul(repeats.v[i], i < lead ? 1 : l->dims[i - lead], &sizes.v[i])) sizes.v[i] = INT64_MAX;
  }
  tensor out = {0};
  bool ok = tensor_new_sizes(at(k), &out, (dtype)self->dtype, sizes.n, sizes.v);
  int64_t turn[RANK_MAX] = {0}, *strides = ok ? out.layout->dims + out.layout->rank : NULL;
  for (bool more = ok && out.layout->numel; more && ok;) { // each tile in its place
    ints tile = {.n = sizes.n};
    int64_t offset = 0;
    for (int i = 0; i < sizes.n; i++) {
      tile.v[i] = i < lead ? 1 : l->dims[i - lead];
      offset += turn[i] * tile.v[i] * strides[i];
    }
    tensor hole = {0};
    ok = tensor_view_as(at(k), &hole, &out, tile.n, tile.v, strides, offset) &&
         tensor_copy(at(k), &hole, self) && !ctx_stopped(at(k));
    tensor_drop(&hole);
    int d = sizes.n - 1;
    while (d >= 0 && ++turn[d] == repeats.v[d]) turn[d--] = 0;
    more = d >= 0;
  }
  if (ok)
    k->out[0] = out;
  else
    tensor_drop(&out);
  return ok;
}

bool kernel_triangle(op_call *k, const tensor *self, int64_t diagonal, bool lower) {
  int rank = self->layout->rank; // PyTorch looks for the rows, if there is anything
  if (rank == 0)
    return fail(fault_of(k), ERR_index_out_of_range,
                "Dimension specified as -2 but tensor has no dimensions");
  if (self->layout->numel && !dim_wrap(at(k), &(int64_t){-2}, rank)) return false;
  if (!tensor_clone(at(k), &k->out[0], self, (dtype)self->dtype)) return false;
  if (self->layout->numel) tensor_triangle(&k->out[0], diagonal, lower);
  return true;
}

// ---- indexing

static bool index_dtype(op_call *k, const tensor *index, const char *name) {
  if (index->dtype == DT_int64) return true;
  return fail(fault_of(k), ERR_dtype_mismatch, "%s(): Expected dtype int64 for index", name);
}

// A tensor without dimensions counts as one of a single entry.
static int rank_1(const tensor *t) { return t->layout->rank ? t->layout->rank : 1; }
static int64_t size_1(const tensor *t, int dim) { return t->layout->rank ? t->layout->dims[dim] : 1; }

// The first dim, other than `apart`, in which `small` does not fit into `large`; -1 if there is none.
static int too_large(const tensor *small, const tensor *large, int64_t apart) {
  for (int i = 0; i < rank_1(small) && i < rank_1(large); i++)
    if (size_1(small, i) > size_1(large, i) && i != apart) return i;
  return -1;
}

bool kernel_gather(op_call *k, const tensor *self, int64_t dim, const tensor *index) {
  if (!dim_wrap(at(k), &dim, self->layout->rank) || !index_dtype(k, index, "gather")) return false;
  if (index->layout->numel && rank_1(index) != rank_1(self))
    return fail(fault_of(k), ERR_shape_mismatch,
                "Index tensor must have the same number of dimensions as input tensor");
  int wide = too_large(index, self, dim);
  if (wide >= 0)
    return fail(fault_of(k), ERR_shape_mismatch,
                "Size does not match at dimension %d expected index %s to be smaller than self %s apart "
                "from dimension %lld",
                wide, layout_text(index->layout), layout_text(self->layout), (long long)dim);
  if (index->layout->numel == 0)
    return tensor_new_sizes(at(k), &k->out[0], (dtype)self->dtype, index->layout->rank, index->layout->dims);
  return tensor_gather(at(k), &k->out[0], self, (int)dim, index);
}

bool kernel_scatter_add(op_call *k, const tensor *self, int64_t dim, const tensor *index, const tensor *src) {
  if (!dim_wrap(at(k), &dim, self->layout->rank) || !index_dtype(k, index, "scatter")) return false;
  if (self->dtype != src->dtype)
    return fail(fault_of(k), ERR_dtype_mismatch, "scatter(): Expected self.dtype to be equal to src.dtype");
  if (index->layout->numel && (rank_1(index) != rank_1(self) || rank_1(index) != rank_1(src)))
    return fail(fault_of(k), ERR_shape_mismatch,
                "Index tensor must have the same number of dimensions as %s tensor",
                rank_1(index) != rank_1(self) ? "self" : "src");
  if (index->layout->numel && (too_large(index, self, dim) >= 0 || too_large(index, src, -1) >= 0))
    return fail(fault_of(k), ERR_shape_mismatch,
                "Expected index %s to be smaller than self %s apart from dimension %lld and to be smaller "
                "size than src %s",
                layout_text(index->layout), layout_text(self->layout), (long long)dim,
                layout_text(src->layout));
  if (!tensor_clone(at(k), &k->out[0], self, (dtype)self->dtype)) return false;
  if (index->layout->numel == 0 || tensor_scatter_add(at(k), &k->out[0], (int)dim, index, src)) return true;
  tensor_drop(&k->out[0]);
  return false;
}

bool kernel_index_select(op_call *k, const tensor *self, int64_t dim, const tensor *index) {
  if (!dim_wrap(at(k), &dim, self->layout->rank)) return false;
  if (index->layout->rank > 1)
    return fail(fault_of(k), ERR_index_out_of_range, "index_select(): Index is supposed to be a vector");
  if (index->dtype != DT_int64)
    return fail(fault_of(k), ERR_dtype_mismatch, "index_select(): Expected dtype int32 or int64 for index");
  if (self->layout->rank == 0 && index->layout->numel == 0) // PyTorch gives what lies in memory by chance
    return fail(fault_of(k), ERR_shape_mismatch,
                "index_select(): Index to scalar can have only 1 value, got 0 value(s)");
  return tensor_index_select(at(k), &k->out[0], self, (int)dim, index);
}

static bool scaled_copy(op_call *k, tensor *out, const tensor *t, scalar alpha) {
  if (scalar_f64(alpha) == 1) return *out = tensor_ref(t), true;
  tensor zero = {0};
  struct add_attrs A = {.alpha = alpha}; // 0 + alpha * t
  bool ok = tensor_new(at(k), &zero, (dtype)t->dtype, &LAYOUT_SCALAR) &&
            tensor_fill(at(k), &zero, scalar_int(0)) &&
            tensor_new_sizes(at(k), out, (dtype)t->dtype, t->layout->rank, t->layout->dims) &&
            iter_run(at(k), OP_POINTWISE[OP_add].loops[t->dtype], out, 2, (const tensor *[]){&zero, t}, &A);
  tensor_drop(&zero);
  return ok;
}

bool kernel_index_add(op_call *k, const tensor *self, int64_t dim, const tensor *index, const tensor *source,
                      scalar alpha) {
  fault *f = fault_of(k);
  if (!dim_wrap(at(k), &dim, self->layout->rank)) return false;
  if (index->layout->rank > 1)
    return fail(f, ERR_index_out_of_range,
                "index_add_(): Index is supposed to be a vector, but got dim: %d with type: %s and size: %s",
                index->layout->rank, DTYPE_ROWS[index->dtype].word, layout_text(index->layout));
  if (index->dtype != DT_int64)
    return fail(f, ERR_dtype_mismatch, "index_add_(): Expected dtype int32/int64 for index but got: %s",
                DTYPE_ROWS[index->dtype].word);
  if (self->dtype != source->dtype)
    return fail(f, ERR_dtype_mismatch, "index_add_(): self and source must have the same scalar type");
  if (rank_1(source) != rank_1(self))
    return fail(f, ERR_shape_mismatch,
                "index_add_(): source must have as many dimensions as self: %d, not %d", self->layout->rank,
                source->layout->rank);
  if (size_1(source, (int)dim) != index->layout->numel)
    return fail(
        f, ERR_shape_mismatch,
        "index_add_(): Number of indices (%lld) should be equal to source.size(dim): (%lld), for dim: "
        "%lld",
        (long long)index->layout->numel, (long long)size_1(source, (int)dim), (long long)dim);
  // PyTorch compares one entry with another; of none the sizes do not count.
  for (int i = 0, rest = 0; index->layout->numel && i < rank_1(self); rest += i++ != dim)
    if (i != dim && size_1(source, i) != size_1(self, i))
      return fail(f, ERR_shape_mismatch,
                  "The size of tensor a (%lld) must match the size of tensor b (%lld) at non-singleton "
                  "dimension %d",
                  (long long)size_1(self, i), (long long)size_1(source, i), rest);
  tensor src = {0}, out = {0};
  bool ok = scaled_copy(k, &src, source, alpha) && tensor_clone(at(k), &out, self, (dtype)self->dtype) &&
            (index->layout->numel == 0 || tensor_index_add(at(k), &out, (int)dim, index, &src));
  tensor_drop(&src);
  if (ok)
    k->out[0] = out;
  else
    tensor_drop(&out);
  return ok;
}

// ---- writes

bool number_converts(fault *f, scalar value, dtype t) {
  bool fits = t == DT_bool || dtype_is_float(t) || value.kind != SCALAR_float ||
              (value.d >= -0x1p63 && value.d < 0x1p63);
  return fits || fail(f, ERR_dtype_mismatch, "value cannot be converted to type int64_t without overflow");
}

bool kernel_fill(op_call *k, const tensor *self, scalar value) {
  return number_converts(fault_of(k), value, (dtype)self->dtype) && tensor_fill(at(k), self, value);
}

bool kernel_fill_tensor(op_call *k, const tensor *self, const tensor *value) {
  if (value->layout->rank)
    return fail(fault_of(k), ERR_shape_mismatch,
                "fill_ only supports 0-dimension value tensor but got tensor with %d dimensions.",
                value->layout->rank);
  return kernel_fill(k, self, tensor_read(value, 0));
}

bool kernel_copy(op_call *k, const tensor *self, const tensor *src) {
  ints sizes;
  if (!broadcast_sizes(at(k), 2, (const layout *[]){self->layout, src->layout}, &sizes)) return false;
  if (sizes.n != self->layout->rank || memcmp(sizes.v, self->layout->dims, (size_t)sizes.n * sizeof *sizes.v))
    return fail(fault_of(k), ERR_shape_mismatch, "output with shape %s doesn't match the broadcast shape %s",
                layout_text(self->layout), ints_text(sizes.n, sizes.v));
  if (tensor_overlap(self, src) == OVERLAP_partial) return overlap_refused(fault_of(k));
  return tensor_copy(at(k), self, src);
}
