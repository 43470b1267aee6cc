// kernel.h - the kernels that rows of ops.def name: argument checks in PyTorch's words, then the tensor
// layer. Each fills k->out[0] (or several) and returns true, or leaves a fault.
#pragma once
#include "autograd/ops.h"
#include "tensor/reduce.h"

// A FUSED row's forward: ops run with recording off, and the tensor of their result taken.
struct fused_scope {
  size_t mark;
  bool grad_mode;
};
struct fused_scope fused_enter(op_call *k);
bool fused_leave(op_call *k, struct fused_scope s, var *value);

bool kernel_where(op_call *k, const tensor *condition, const tensor *self, const tensor *other);
bool kernel_masked_fill(op_call *k, const tensor *self, const tensor *mask, scalar value);
bool kernel_masked_fill_tensor(op_call *k, const tensor *self, const tensor *mask, const tensor *value);

// reductions; t = DT_none: as PyTorch chooses
bool kernel_sum(op_call *k, const tensor *self, reduction how, ints dim, bool keepdim, unsigned t);
bool kernel_extreme(op_call *k, const tensor *self, reduction how, ints dim, bool keepdim);
bool kernel_extreme_at(op_call *k, const tensor *self, reduction how, int64_t dim, bool keepdim);
bool kernel_arg(op_call *k, const tensor *self, reduction how, int64_t dim,
                bool keepdim); // INT64_MIN: over all
bool kernel_truth(op_call *k, const tensor *self, reduction how, ints dim, bool keepdim);
bool kernel_cumsum(op_call *k, const tensor *self, int64_t dim, unsigned t);
bool kernel_sum_to(op_call *k, const tensor *self, ints size);

// views
bool kernel_view(op_call *k, const tensor *self, ints size); // one size may be -1
bool kernel_t(op_call *k, const tensor *self);
bool kernel_transpose(op_call *k, const tensor *self, int64_t d0, int64_t d1);
bool kernel_permute(op_call *k, const tensor *self, ints dims);
bool kernel_squeeze(op_call *k, const tensor *self, int64_t dim); // INT64_MIN: every dim of size 1
bool kernel_unsqueeze(op_call *k, const tensor *self, int64_t dim);
bool kernel_expand(op_call *k, const tensor *self, ints size);
bool kernel_select(op_call *k, const tensor *self, int64_t dim, int64_t index);
bool kernel_slice(op_call *k, const tensor *self, int64_t dim, int64_t start, int64_t end, int64_t step);
bool kernel_slice_backward(op_call *k, const tensor *grad, ints sizes, int64_t dim, int64_t start,
                           int64_t end, int64_t step);
bool kernel_split(op_call *k, const tensor *self, int64_t size, int64_t dim);
bool kernel_split_sizes(op_call *k, const tensor *self, ints sizes, int64_t dim);
bool kernel_unbind(op_call *k, const tensor *self, int64_t dim);
bool kernel_alias(op_call *k, const tensor *self);
bool kernel_data(op_call *k, const tensor *self); // a family of its own over the same bytes
bool kernel_as_strided(op_call *k, const tensor *self, ints size, ints stride, int64_t offset);
bool kernel_strided_gather(op_call *k, const tensor *self, ints size, ints stride, int64_t offset, ints base,
                           ints base_stride);
bool kernel_strided_scatter(op_call *k, const tensor *self, ints size, ints stride, int64_t offset, ints base,
                            ints base_stride);

// Of the backward of a view, in two steps: the result becomes zeros of these sizes, in grad's dtype; and grad
// is put into `hole`, the view of them, which is dropped. made: false, there is none.
bool kernel_zeros_of(op_call *k, const tensor *grad, ints sizes);
bool kernel_fill_hole(op_call *k, bool made, tensor *hole, const tensor *grad);

// copies
bool kernel_clone(op_call *k, const tensor *self, dtype t);
bool number_converts(fault *f, scalar value,
                     dtype t); // no NaN, infinity or number out of range into an int64
bool kernel_cat(op_call *k, int64_t dim);
bool kernel_stack(op_call *k, int64_t dim);
bool kernel_flip(op_call *k, const tensor *self, ints dims);
bool kernel_repeat(op_call *k, const tensor *self, ints repeats);
bool kernel_triangle(op_call *k, const tensor *self, int64_t diagonal, bool lower);
bool kernel_gather(op_call *k, const tensor *self, int64_t dim, const tensor *index);
bool kernel_scatter_add(op_call *k, const tensor *self, int64_t dim, const tensor *index, const tensor *src);
bool kernel_index_select(op_call *k, const tensor *self, int64_t dim, const tensor *index);
bool kernel_index_add(op_call *k, const tensor *self, int64_t dim, const tensor *index, const tensor *source,
                      scalar alpha);

bool kernel_scatter(op_call *k, const tensor *self, int64_t dim, const tensor *index, const tensor *src);
bool kernel_scatter_value(op_call *k, const tensor *self, int64_t dim, const tensor *index, scalar value);
bool kernel_nonzero(op_call *k, const tensor *self);
bool kernel_diagonal(op_call *k, const tensor *self, int64_t offset, int64_t d1, int64_t d2);
bool kernel_diagonal_backward(op_call *k, const tensor *grad, ints sizes, int64_t offset, int64_t d1,
                              int64_t d2);

// matrices
bool kernel_mm(op_call *k, const tensor *a, const tensor *b);
bool kernel_bmm(op_call *k, const tensor *a, const tensor *b);
bool kernel_mv(op_call *k, const tensor *a, const tensor *b);
bool kernel_dot(op_call *k, const tensor *a, const tensor *b);

// creation
bool kernel_full(op_call *k, ints size, scalar value, unsigned t);
bool kernel_arange(op_call *k, scalar start, scalar end, scalar step, unsigned t);
bool kernel_linspace(op_call *k, scalar start, scalar end, int64_t steps, unsigned t);
bool kernel_eye(op_call *k, int64_t n, int64_t m, unsigned t);
bool kernel_randint(op_call *k, int64_t low, int64_t high, ints size, unsigned t);
bool kernel_randperm(op_call *k, int64_t n, unsigned t);
bool kernel_normal(op_call *k, double mean, double std, ints size, unsigned t);
bool kernel_manual_seed(op_call *k, int64_t seed);
bool kernel_random(op_call *k, ints size, unsigned t, bool (*fill)(ctx *, const tensor *, rng *));

// writes
bool kernel_fill(op_call *k, const tensor *self, scalar value);
bool kernel_fill_tensor(op_call *k, const tensor *self, const tensor *value);
bool kernel_copy(op_call *k, const tensor *self, const tensor *src);
