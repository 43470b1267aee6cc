// view.c - PyTorch's rules for views and in-place writes; see its "In-place operations on views" note for the
// idea: a write into a view becomes a function of the base (CopySlices), and the view's own grad_fn is made
// anew, on demand, as a window (AsStrided) of the rewritten base.
#include "autograd/view.h"
#include "autograd/ops.h"
#include <string.h>

static ints strides_of(const layout *l) {
  ints s = {.n = l->rank};
  memcpy(s.v, layout_strides(l), l->rank * sizeof *s.v);
  return s;
}

geometry view_geometry(const tensor *view, const tensor *base) {
  return (geometry){layout_sizes(view->layout), strides_of(view->layout), layout_sizes(base->layout),
                    strides_of(base->layout), view->offset - base->offset};
}

bool view_track(autograd *a, var *v, var *of, bool one_of_many) {
  meta *m = var_meta(a, v);
  if (!m) return false;
  bool chained = var_is_view(of);
  m->base = var_ref(chained ? of->meta->base : of);
  m->version = v->t.storage->version;
  m->view = (uint8_t)(one_of_many ? VIEW_of_many : !a->grad_mode ? VIEW_no_grad : VIEW_plain);
  if (chained && m->view == VIEW_plain) m->view = of->meta->view;
  return true;
}

bool view_is_behind(const var *v) {
  return var_is_view(v) && v->meta->version != v->t.storage->version &&
         (v->grad_fn || var_requires_grad(v->meta->base));
}

node *var_grad_fn(autograd *a, var *v) {
  if (!view_is_behind(v)) return v->grad_fn;
  meta *m = v->meta;
  node *n = node_new(a, OP_as_strided, 1, 0, 1, offsetof(struct as_strided_attrs, end_), 0);
  if (!n) return NULL;
  if (!var_edge(a, m->base, &node_edges(n)[0], &node_edge_nrs(n)[0])) {
    node_unref(a, n);
    return NULL;
  }
  geometry at = view_geometry(&v->t, &m->base->t);
  struct as_strided_attrs attrs = {at.size, at.stride, at.offset, at.base_size, at.base_stride, 0};
  memcpy(node_attrs(n), &attrs, offsetof(struct as_strided_attrs, end_));
  node_set_output(n, 0, v->t.layout, (dtype)v->t.dtype);
  node_is_newest(a, n);
  node_unref(a, v->grad_fn);
  v->grad_fn = n;
  v->output_nr = 0;
  m->version = v->t.storage->version;
  return n;
}

static bool refuse_view(autograd *a, var *v, const char *how) {
  fault *f = &a->ctx.fault;
  if (v->meta->view == VIEW_of_many)
    return fail(f, ERR_view_inplace,
                "Output %d of %s is a view and %s modified inplace. This view is the output of a function "
                "that returns "
                "multiple views. Such functions do not allow the output views to be modified inplace. You "
                "should replace "
                "the inplace operation by an out-of-place one.",
                v->output_nr, v->grad_fn ? node_name(v->grad_fn) : "a function", how);
  return fail(f, ERR_view_inplace,
              "A view was created in no_grad mode and %s modified inplace with grad mode enabled. Given that "
              "this use "
              "case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both "
              "the view and "
              "the inplace either both inside the no_grad block (if you don't want the inplace to be "
              "tracked) or both "
              "outside (if you want the inplace to be tracked).",
              how);
}

bool view_followable(autograd *a, var *v) {
  return !view_is_behind(v) || v->meta->view == VIEW_plain ||
         refuse_view(a, v, "its base or another view of its base has been");
}

bool inplace_allowed(autograd *a, unsigned op, var *v, bool needs_grad) {
  fault *f = &a->ctx.fault;
  if (!(OPS[op].flags & ROW_repeats) && tensor_overlaps_itself(&v->t))
    return fail(
        f, ERR_view_inplace,
        "unsupported operation: more than one element of the written-to tensor refers to a single memory "
        "location. Please clone() the tensor before performing the operation.");
  if (!needs_grad || !a->grad_mode) return true;
  if (var_is_view(v)) {
    if (v->meta->view != VIEW_plain) return refuse_view(a, v, "is being");
    if (var_requires_grad(v) && var_is_leaf(v->meta->base))
      return fail(f, ERR_view_of_leaf_inplace,
                  "a view of a leaf Variable that requires grad is being used in an in-place operation.");
  }
  if (var_requires_grad(v) && var_is_leaf(v))
    return fail(f, ERR_leaf_inplace,
                "a leaf Variable that requires grad is being used in an in-place operation.");
  return !autograd_failed(a);
}

// ---- CopySlices: edges are those of the inner node, but the first leads to the base.

struct slices_attrs {
  node *inner; // owned
  geometry at;
};

node *copy_slices_inner(node *n) { return ((struct slices_attrs *)node_attrs(n))->inner; }
const geometry *copy_slices_geometry(const node *n) {
  return &((struct slices_attrs *)node_attrs((node *)(uintptr_t)n))->at;
}

bool inplace_prepare(autograd *a, var *v, node *n, rebase *r) {
  *r = (rebase){n, NULL};
  if (!var_meta(a, v)) goto fail; // by it the new history is found when an error has to name it
  if (!var_is_view(v)) return true;
  var *base = v->meta->base;
  r->slices = node_new(a, OP_copy_slices, n->n_edges, 0, 1, sizeof(struct slices_attrs), n->cost);
  if (!r->slices) goto fail;
  *(struct slices_attrs *)node_attrs(r->slices) = (struct slices_attrs){NULL, view_geometry(&v->t, &base->t)};
  node_set_output(r->slices, 0, base->t.layout, (dtype)base->t.dtype);
  struct slices_attrs *attrs = node_attrs(r->slices);
  attrs->inner = node_ref(n);
  if (!var_edge(a, base, &node_edges(r->slices)[0], &node_edge_nrs(r->slices)[0])) goto fail;
  for (unsigned i = 1; i < n->n_edges; i++) {
    if (node_edges(n)[i]) node_edges(r->slices)[i] = node_ref(node_edges(n)[i]);
    node_edge_nrs(r->slices)[i] = node_edge_nrs(n)[i];
  }
  node_is_newest(a, r->slices);
  return true;
fail:
  inplace_abandon(a, r);
  return false;
}

void inplace_abandon(autograd *a, rebase *r) {
  node_unref(a, r->slices);
  node_unref(a, r->n);
  *r = (rebase){0};
}

void inplace_commit(autograd *a, var *v, rebase *r) {
  var *to = r->slices ? v->meta->base : v;
  node *old = to->grad_fn;
  to->grad_fn = r->slices ? r->slices : r->n;
  to->output_nr = 0;
  node_unref(a, old);
  if (!r->slices && var_retains_grad(v))
    var_retain_from(a, v, r->n, 0);   // of a base the old one stays, as in PyTorch
  if (r->slices) node_unref(a, r->n); // the view itself follows its base on demand: its version is behind now
  *r = (rebase){0};
}
