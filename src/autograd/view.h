// view.h - views that autograd follows, and what an in-place write does to the history of a base and its
// views.
#pragma once
#include "autograd/var.h"

// view_track makes v (which shares the storage of `of`) a view that autograd follows.
bool view_track(autograd *a, var *v, var *of, bool one_of_many);
// view_is_behind: the base was written since the view got its grad_fn; var_grad_fn will make a new one.
bool view_is_behind(const var *v);

// view_followable checks that gradient can find its way through v: not through a piece of a split, or a view
// made without grad mode, whose base has been written since. view_inplace with PyTorch's message.
bool view_followable(autograd *a, var *v);

// inplace_allowed checks the rules for writing v in place by op. needs_grad: v or another operand requires
// grad. leaf_inplace, view_of_leaf_inplace, view_inplace with PyTorch's messages.
bool inplace_allowed(autograd *a, unsigned op, var *v, bool needs_grad);

// An in-place write gives v a new history, `n`, the node recorded for the op. inplace_prepare is called
// before the write and takes the reference, also on failure; if v is a view it makes the CopySlices node for
// the base. After the write inplace_commit, which cannot fail, makes them the history of v and of its base;
// inplace_abandon drops them instead.
typedef struct rebase {
  node *n;      // the op's own node
  node *slices; // CopySlices for the base of a view
} rebase;
bool inplace_prepare(autograd *a, var *v, node *n, rebase *r);
void inplace_commit(autograd *a, var *v, rebase *r);
void inplace_abandon(autograd *a, rebase *r);

// Where a view lies in its base, as op_as_strided and its kin take it.
typedef struct geometry {
  ints size, stride, base_size, base_stride;
  int64_t offset;
} geometry;
geometry view_geometry(const tensor *view, const tensor *base);
node *copy_slices_inner(node *n);                    // the op that wrote the view
const geometry *copy_slices_geometry(const node *n); // and where
