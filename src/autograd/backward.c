#include "autograd/backward.h"
#include "autograd/formula.h"
#include "autograd/ops.h"
#include "autograd/pass.h"
#include "autograd/view.h"
#include "base/mem.h"
#include "tensor/iter.h"
#include <stdlib.h>
#include <string.h>

// ---- saved tensors, back as variables

static var *unpack(autograd *a, node *n, const saved *s) {
  tensor t = {storage_ref(s->storage), layout_ref(s->layout), s->offset, s->dtype};
  node *fn = s->is_output ? n : node_edges(n)[s->slot];
  uint16_t nr = s->is_output ? s->slot : node_edge_nrs(n)[s->slot];
  if (fn && a->grad_mode) {
    var *leaf = var_accumulator_target(fn);
    if (leaf) {
      tensor_drop(&t);
      return scope_own(a, var_ref(leaf));
    }
  }
  var *v = var_new(a, t);
  if (v && fn && a->grad_mode && dtype_is_float((dtype)s->dtype)) {
    v->grad_fn = node_ref(fn);
    v->output_nr = nr;
  }
  return scope_own(a, v);
}

// Fills v->in and v->y from what node n saved.
static bool unpack_all(vjp *v) {
  saved *s = node_saved(v->n);
  for (unsigned i = 0; i < v->n->n_saved; i++) {
    if (!s[i].storage) continue; // only a shape
    var *x = unpack(v->a, v->n, &s[i]);
    if (!x) return false;
    if (s[i].is_output)
      v->y[s[i].slot] = x;
    else
      v->in[s[i].slot] = x;
  }
  return true;
}

// ---- one node

static bool run_vjp(autograd *a, node *n, var **g, const bool *wanted, var **out) {
  var *in[INPUTS_MAX] = {0};
  vjp v = {.a = a, .n = n, .g = g, .in = in, .out = out, .wanted = wanted};
  if (!unpack_all(&v)) return false;
  OP_VJPS[n->op](&v);
  return !autograd_failed(a);
}

// The gradient of a base whose view was written: outside the window it passes, inside it goes through the
// write.
static bool run_copy_slices(autograd *a, node *n, var *g, const bool *wanted, var **out) {
  const geometry *at = copy_slices_geometry(n);
  node *inner = copy_slices_inner(n);
  bool inner_wanted[INPUTS_MAX] = {0};
  for (unsigned i = 0; i < n->n_edges; i++) inner_wanted[i] = wanted[i];
  var *window = op_strided_gather(a, g, at->size, at->stride, at->offset, at->base_size, at->base_stride);
  if (!window || !run_vjp(a, inner, &window, inner_wanted, out)) return false;
  if (!wanted[0]) return true;
  var *ones = op_ones_like(a, window, DT_bool);
  var *mask = op_strided_scatter(a, ones, at->size, at->stride, at->offset, at->base_size, at->base_stride);
  var *old = out[0] ? op_expand(a, out[0], at->size) : op_zeros_like(a, window, DT_none);
  var *inside = op_strided_scatter(a, old, at->size, at->stride, at->offset, at->base_size, at->base_stride);
  out[0] = op_where(a, mask, inside, g);
  return out[0] != NULL;
}

// Brings a gradient to the shape and dtype of what it is for: un-broadcasting happens here, once for all ops.
static var *fit(autograd *a, var *g, output_meta want) {
  if (!layout_same_dims(g->t.layout, want.layout)) {
    g = op_sum_to_size(a, g, layout_sizes(want.layout));
    if (!g) return NULL;
  }
  return g->t.dtype == want.dtype ? g : op_to_copy(a, g, want.dtype);
}

// Adds g into *sum when nobody else can see that: no graph is made of it, and nothing else holds it.
static bool add_into(autograd *a, var *sum, const var *g) {
  static const struct add_attrs plain = {.alpha = {.kind = SCALAR_int, .i = 1}};
  const tensor *to = &sum->t, *from = &g->t;
  if (a->grad_mode || sum->refs != 1 || to->storage->refs != 1 || to->storage->kind != STORAGE_inline ||
      sum->meta || sum->grad_fn || !dtype_is_float((dtype)to->dtype) || to->dtype != from->dtype ||
      !to->layout->contiguous || !layout_same_dims(to->layout, from->layout))
    return false;
  iter_run(&a->ctx, OP_POINTWISE[OP_add].loops[to->dtype], to, 2, (const tensor *[]){to, from}, &plain);
  return true;
}

// Adds g, of the shape and dtype of its target, to a gradient that waits there; takes no reference.
static bool deliver(pass *p, node *to, uint16_t nr, var *g) {
  autograd *a = p->a;
  var **slot = pass_slot(p, to, nr);
  if (!slot) return false;
  if (!*slot) {
    *slot = var_ref(g);
    return true;
  }
  if (add_into(a, *slot, g)) return !autograd_failed(a);
  var *sum = op_add(a, *slot, g, scalar_int(1));
  if (!sum) return false;
  var_unref(a, *slot);
  *slot = var_ref(sum);
  return true;
}

// What node n gives for its input i goes over that edge.
static bool hand_on(pass *p, node *n, unsigned i, var *g) {
  node *to = node_edges(n)[i];
  uint16_t nr = node_edge_nrs(n)[i];
  if (!(g = fit(p->a, g, node_output(to, nr)))) return false;
  if (observed(p->observer)) p->observer->contributes(p->observer, n, i, g);
  return deliver(p, to, nr, g);
}

static bool run_node(pass *p, node *n) {
  autograd *a = p->a;
  bool few_wanted[8] = {0}, *wanted = few_wanted;
  var *few_out[8] = {0}, **out = few_out;
  var *one = NULL, **g = n->n_out == 1 ? &one : n->pending;
  if (n->n_out == 1) one = n->pending;
  if (n->n_edges > 8) {
    wanted = mem_zalloc(n->n_edges);
    out = mem_zalloc(n->n_edges * sizeof *out);
  }
  bool ok = wanted && out;
  if (!ok) fail(&a->ctx.fault, ERR_out_of_memory, "no memory for a backward pass");
  for (unsigned i = 0; ok && i < n->n_edges; i++)
    wanted[i] = node_edges(n)[i] && node_edges(n)[i]->flags & NODE_needed;
  size_t mark = scope_enter(a);
  if (ok && observed(p->observer)) p->observer->node_begins(p->observer, n, g);
  if (ok)
    ok = n->op == OP_copy_slices ? run_copy_slices(a, n, one, wanted, out) : run_vjp(a, n, g, wanted, out);
  for (unsigned i = 0; ok && i < n->n_edges; i++)
    if (wanted[i] && out[i]) ok = hand_on(p, n, i, out[i]);
  if (ok && observed(p->observer)) p->observer->node_ends(p->observer, n);
  scope_leave(a, mark, NULL);
  if (n->n_edges > 8) {
    mem_free(wanted);
    mem_free(out);
  }
  return ok;
}

// ---- the pass

static bool has_gradient(const node *n) {
  if (n->n_out == 1) return n->pending != NULL;
  for (unsigned i = 0; n->pending && i < n->n_out; i++)
    if (((var **)n->pending)[i]) return true;
  return false;
}

static bool run(pass *p, const backward_options *options) {
  autograd *a = p->a;
  bool was = a->grad_mode, ok = true;
  a->grad_mode = options->create_graph;
  for (size_t i = 0; ok && i < p->n_nodes; i++) {
    node *n = p->nodes[i];
    if (!has_gradient(n)) continue;
    if (ctx_stopped(&a->ctx) || !pass_capture(p, n))
      ok = false;
    else if (n->op != OP_accumulate_grad && pass_runs(p, n)) {
      p->ran++;
      ok = run_node(p, n);
    }
    if (n->op != OP_accumulate_grad) pass_clear(p, n);
  }
  if (ok && p->accumulate) ok = pass_commit(p, options);
  a->grad_mode = was;
  return ok;
}

// ---- roots

// What op_ones_like gives for one element, which stands in most scripts for many passes.
static var *one_like(autograd *a, const var *root) {
  tensor t;
  layout *l = root->t.layout;
  dtype as = (dtype)root->t.dtype;
  bool usual =
      l->rank == 0 || (l->rank == 1 && layout_strides(l)[0] == 1); // which a single element need not have
  if (usual ? !tensor_new(&a->ctx, &t, as, l) : !tensor_new_sizes(&a->ctx, &t, as, l->rank, l->dims))
    return NULL;
  if (t.dtype == DT_float64)
    *(double *)tensor_data(&t) = 1;
  else
    *(float *)tensor_data(&t) = 1;
  return scope_own(a, var_new(a, t));
}

static var *seed_for(autograd *a, var *root, var *seed, size_t i) {
  fault *f = &a->ctx.fault;
  if (!seed) {
    if (root->t.layout->numel != 1)
      return fail(f, ERR_grad_not_scalar, "grad can be implicitly created only for scalar outputs"), NULL;
    return one_like(a, root);
  }
  if (!layout_same_dims(seed->t.layout, root->t.layout)) {
    fail(f, ERR_grad_output_shape,
         "Mismatch in shape: grad_output[%zu] has a shape of torch.Size(%s) and output[%zu] has a shape of "
         "torch.Size(%s).",
         i, layout_text(seed->t.layout), i, layout_text(root->t.layout));
    return NULL;
  }
  return seed;
}

// Checks every root, then starts the pass with their seeds.
static bool start(pass *p, var *const *roots, var *const *seeds, size_t n) {
  autograd *a = p->a;
  for (size_t i = 0; i < n; i++) {
    if (!var_requires_grad(roots[i]))
      return fail(&a->ctx.fault, ERR_no_graph,
                  "element %zu of tensors does not require grad and does not have a grad_fn", i);
    if (!pass_root(p, roots[i])) return false;
  }
  for (size_t i = 0; i < n; i++) {
    var *seed = seed_for(a, roots[i], seeds ? seeds[i] : NULL, i);
    if (!seed || !pass_seed(p, i, seed)) return false;
  }
  return true;
}

static bool deliver_seeds(pass *p) {
  bool was = p->a->grad_mode, ok = true;
  p->a->grad_mode = p->create_graph;
  for (size_t i = 0; ok && i < p->n_roots; i++) {
    pass_end *root = &p->roots[i];
    var *seed = fit(p->a, root->seed, node_output(root->fn, root->nr));
    ok = seed && deliver(p, root->fn, root->nr, seed);
  }
  p->a->grad_mode = was;
  return ok;
}

static void tell_roots(pass *p, const backward_options *options) {
  observer *o = p->observer;
  o->pass_begins(o, options->retain_graph, options->create_graph);
  p->begun = true;
  for (size_t i = 0; i < p->n_roots; i++) o->root(o, p->roots[i].fn, p->roots[i].of, p->roots[i].seed);
}

// The end of a pass as whoever watches hears of it.
static void tell_end(const pass *p, var *const *roots, size_t n, bool ok) {
  observer *o = p->observer;
  if (!observed(o)) return;
  if (p->begun) o->pass_ends(o, ok);
  if (!ok) o->pass_failed(o, roots, n, p->bad, p->bad_saved);
}

static bool go(pass *p, var *const *roots, var *const *seeds, size_t n, var *const *inputs, size_t n_inputs,
               const backward_options *options) {
  for (size_t i = 0; i < n_inputs; i++)
    if (!pass_target(p, inputs[i])) return false;
  if (!start(p, roots, seeds, n) || !pass_collect(p) || !pass_check(p)) return false;
  if (observed(p->observer)) tell_roots(p, options);
  return deliver_seeds(p) && run(p, options);
}

bool autograd_backward(autograd *a, var *const *roots, var *const *seeds, size_t n_roots, var *const *inputs,
                       size_t n_inputs, backward_options options, backward_result *result) {
  pass p;
  size_t mark = scope_enter(a);
  *result = (backward_result){0};
  pass_init(&p, a, true, options.create_graph);
  p.observer = observer_aside(a);
  bool ok = go(&p, roots, seeds, n_roots, inputs, n_inputs, &options);
  a->observer = p.observer;
  tell_end(&p, roots, n_roots, ok);
  if (ok) {
    *result = (backward_result){p.ran, p.received, p.n_received};
    p.received = NULL;
    p.n_received = 0;
  }
  pass_finish(&p);
  scope_leave(a, mark, NULL);
  return ok;
}

static void tell_captured(pass *p) {
  for (size_t i = 0; i < p->n_inputs; i++) {
    const pass_end *end = &p->targets[i];
    if (end->captured) p->observer->captures(p->observer, end->fn, end->of, end->captured);
  }
}

bool autograd_grad(autograd *a, var *const *outputs, var *const *seeds, size_t n_outputs, var *const *inputs,
                   size_t n_inputs, backward_options options, bool allow_unused, var **grads, size_t *nodes) {
  pass p;
  fault *f = &a->ctx.fault;
  pass_init(&p, a, false, options.create_graph);
  p.observer = a->observer;
  bool ok = true;
  for (size_t i = 0; ok && i < n_inputs; i++) {
    grads[i] = NULL;
    if (!var_requires_grad(inputs[i]))
      ok = fail(f, ERR_no_graph, "One of the differentiated Tensors does not require grad");
  }
  a->observer = NULL;
  ok = ok && go(&p, outputs, seeds, n_outputs, inputs, n_inputs, &options);
  a->observer = p.observer;
  for (size_t i = 0; ok && i < n_inputs; i++) {
    var *g = p.targets[i].captured;
    if (g)
      ok = (grads[i] = scope_own(a, var_ref(g))) != NULL;
    else if (!allow_unused)
      ok = fail(f, ERR_unused_input,
                "One of the differentiated Tensors appears to not have been used in the graph. Set "
                "allow_unused=True "
                "if this is the desired behavior.");
  }
  if (ok) *nodes = p.ran;
  ok = ok && (!options.ready || options.ready(options.arg, grads, n_inputs));
  if (ok && observed(p.observer)) tell_captured(&p);
  if (ok && !options.retain_graph) pass_release(&p);
  tell_end(&p, outputs, n_outputs, ok);
  pass_finish(&p);
  return ok;
}

void backward_result_finish(autograd *a, backward_result *r) {
  for (size_t i = 0; i < r->n_received; i++) var_unref(a, r->received[i]);
  mem_free(r->received);
  *r = (backward_result){0};
}
