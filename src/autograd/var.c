#include "autograd/var.h"
#include "autograd/observer.h"
#include "autograd/ops.h"
#include "autograd/view.h"
#include "base/mem.h"
#include <string.h>

void autograd_init(autograd *a, budget *b, uint64_t seed, size_t max_nodes) {
  *a = (autograd){.ctx.budget = b,
                  .next_seq = FIRST_SEQ,
                  .next_var = 1,
                  .grad_mode = true,
                  .default_dtype = DT_float32,
                  .max_nodes = max_nodes};
  a->rng.seed = seed;
}

static void bury(autograd *a);

void autograd_finish(autograd *a) {
  // Cycles as in PyTorch: backward(create_graph) leaves leaf → grad → graph → leaf, and a former leaf written
  // in place with what was computed from it leads to itself. Each runs through the target of an accumulator,
  // which has a meta: what leads on from there is let go.
  a->burying = true; // nothing is freed while the list is walked
  for (meta *m = a->metas; m; m = m->next) {
    var_unref(a, m->grad);
    var_unref(a, m->base);
    node_unref(a, m->owner->grad_fn);
    node_unref(a, m->retained);
    m->grad = m->base = NULL;
    m->owner->grad_fn = m->retained = NULL;
  }
  a->burying = false;
  bury(a);
  mem_free(a->temps);
  a->temps = NULL;
  a->cap_temps = 0;
}

// ---- scopes

var *scope_own_growing(autograd *a, var *v) {
  if (!v) return NULL;
  if (a->n_temps == a->cap_temps) {
    size_t cap = a->cap_temps ? 2 * a->cap_temps : 64;
    var **grown = mem_realloc(a->temps, cap * sizeof *grown);
    if (!grown) {
      fail(&a->ctx.fault, ERR_out_of_memory, "no memory for a temporary");
      var_unref(a, v);
      return NULL;
    }
    a->temps = grown;
    a->cap_temps = cap;
  }
  return a->temps[a->n_temps++] = v;
}

var *scope_leave(autograd *a, size_t mark, var *keep) {
  if (keep) var_ref(keep);
  while (a->n_temps > mark) var_unref(a, a->temps[--a->n_temps]);
  return scope_own(a, keep);
}

// ---- burying: what nothing needs any more is put in line and freed in a loop, so a chain of a million nodes
// costs no stack.

static void free_meta(autograd *a, meta *m) {
  if (m->prev)
    m->prev->next = m->next;
  else
    a->metas = m->next;
  if (m->next) m->next->prev = m->prev;
  if (m->retains_grad) {
    *(m->prev_retaining ? &m->prev_retaining->next_retaining : &a->retaining) = m->next_retaining;
    if (m->next_retaining) m->next_retaining->prev_retaining = m->prev_retaining;
  }
  node_unref(a, m->retained);
  var_unref(a, m->grad);
  var_unref(a, m->base);
  mem_free(m);
}

static void free_var(autograd *a, var *v) {
  if (v->grad_fn) node_unref(a, v->grad_fn);
  if (v->meta) free_meta(a, v->meta);
  mem_free(v);
}

static void free_node(autograd *a, node *n) {
  node_release_saved(n);
  if (n->op == OP_accumulate_grad) {
    var *v = var_accumulator_target(n);
    v->meta->accumulator = NULL;
    var_unref(a, v);
  }
  if (n->op == OP_copy_slices) node_unref(a, copy_slices_inner(n));
  for (unsigned i = 0; i < n->n_edges; i++) node_unref(a, node_edges(n)[i]);
  for (unsigned i = 0; i < n->n_out; i++) layout_unref(node_output(n, i).layout);
  a->nodes--;
  a->graph_cost -= n->cost;
  budget_release(a->ctx.budget, node_bytes(n->n_edges, n->n_saved, n->n_out, n->attr_size));
  mem_free(n);
}

static void bury(autograd *a) {
  if (a->burying) return;
  a->burying = true;
  while (a->dead_vars || a->dead_nodes) {
    if (a->dead_vars) {
      var *v = a->dead_vars;
      a->dead_vars = (var *)(void *)v->t.storage; // the tensor is dropped already: its place holds the link
      free_var(a, v);
    } else {
      node *n = a->dead_nodes;
      a->dead_nodes = n->pending;
      free_node(a, n);
    }
  }
  a->burying = false;
}

void var_bury(autograd *a, var *v) {
  tensor_drop(&v->t);
  v->t.storage = (storage *)(void *)a->dead_vars;
  a->dead_vars = v;
  bury(a);
}

void node_bury(autograd *a, node *n) {
  n->pending = a->dead_nodes;
  a->dead_nodes = n;
  bury(a);
}

// ---- variables

var *var_new(autograd *a, tensor t) {
  var *v = mem_alloc(sizeof *v);
  if (!v) {
    tensor_drop(&t);
    fail(&a->ctx.fault, ERR_out_of_memory, "no memory for a variable");
    return NULL;
  }
  *v = (var){.refs = 1, .id = a->next_var++, .t = t};
  return v;
}

bool var_given(autograd *a, var *v, bool requires_grad, const source_span *numbers, size_t n) {
  observer *watching = observer_aside(a); // it is made so: its flags are not changed
  bool ok = !requires_grad || var_set_requires_grad(a, v, true);
  a->observer = watching;
  if (ok && observed(watching)) watching->given(watching, v, numbers, n);
  return ok;
}

void var_wrote(const autograd *a, const var *v) {
  if (observed(a->observer)) a->observer->wrote(a->observer, v);
}

meta *var_meta(autograd *a, var *v) {
  if (v->meta) return v->meta;
  meta *m = mem_zalloc(sizeof *m);
  if (!m) {
    fail(&a->ctx.fault, ERR_out_of_memory, "no memory for a variable");
    return NULL;
  }
  m->owner = v;
  m->next = a->metas;
  if (a->metas) a->metas->prev = m;
  a->metas = m;
  return v->meta = m;
}

bool var_requires_grad(const var *v) {
  return v->grad_fn || v->flags & VAR_requires_grad || (var_is_view(v) && var_requires_grad(v->meta->base));
}

bool var_is_leaf(const var *v) { return !v->grad_fn && !view_is_behind(v); }

const char *var_grad_fn_name(const var *v) {
  if (view_is_behind(v)) return OPS[OP_as_strided].grad_name;
  return v->grad_fn ? node_name(v->grad_fn) : NULL;
}

var *var_accumulator_target(const node *n) {
  return n->op == OP_accumulate_grad ? *(var **)node_attrs((node *)(uintptr_t)n) : NULL;
}

static node *accumulator(autograd *a, var *v) {
  meta *m = var_meta(a, v);
  if (!m) return NULL;
  if (m->accumulator) return node_ref(m->accumulator);
  node *n = node_new(a, OP_accumulate_grad, 0, 0, 1, sizeof(var *), 0);
  if (!n) return NULL;
  *(var **)node_attrs(n) = var_ref(v);
  n->seq = a->next_leaf++;
  node_set_output(n, 0, v->t.layout, (dtype)v->t.dtype);
  return m->accumulator = n;
}

bool var_edge(autograd *a, var *v, node **fn, uint16_t *nr) {
  *fn = NULL;
  *nr = 0;
  if (!var_requires_grad(v)) return true;
  if (!view_followable(a, v)) return false;
  node *n = var_grad_fn(a, v);
  if (n) {
    *fn = node_ref(n);
    *nr = v->output_nr;
    return true;
  }
  return !autograd_failed(a) && (*fn = accumulator(a, v)) != NULL;
}

static bool flags_set(const autograd *a, const var *v) {
  if (observed(a->observer)) a->observer->flags_set(a->observer, v);
  return true;
}

bool var_set_requires_grad(autograd *a, var *v, bool on) {
  if (on && !dtype_is_float((dtype)v->t.dtype))
    return fail(&a->ctx.fault, ERR_dtype_not_differentiable,
                "Only Tensors of floating point and complex dtype can require gradients, not %s",
                DTYPE_ROWS[v->t.dtype].name);
  if (!var_is_leaf(v))
    return fail(
        &a->ctx.fault, ERR_not_a_leaf, "you can only change requires_grad flags of leaf variables.%s",
        on ? ""
           : " If you want to use a computed variable in a subgraph that doesn't require differentiation use"
             " var_no_grad = var.detach().");
  v->flags = (uint8_t)(on ? v->flags | VAR_requires_grad : v->flags & ~VAR_requires_grad);
  return flags_set(a, v);
}

bool var_detach(autograd *a, var *v) {
  if (var_is_view(v))
    return fail(&a->ctx.fault, ERR_view_inplace, "Can't detach views in-place. Use detach() instead.");
  node *old = v->grad_fn;
  v->grad_fn = NULL;
  v->output_nr = 0;
  v->flags &= (uint8_t)~VAR_requires_grad;
  node_unref(a, old);
  return flags_set(a, v);
}

bool var_retain_grad(autograd *a, var *v) {
  if (!var_requires_grad(v))
    return fail(&a->ctx.fault, ERR_retain_without_grad,
                "can't retain_grad on Tensor that has requires_grad=False");
  if (var_is_leaf(v) || var_retains_grad(v)) return flags_set(a, v);
  node *fn = var_meta(a, v) ? var_grad_fn(a, v) : NULL;
  if (!fn) return false;
  var_retain_from(a, v, fn, v->output_nr);
  return flags_set(a, v);
}

void var_retain_from(autograd *a, var *v, node *fn, uint16_t nr) {
  meta *m = v->meta;
  node *old = m->retained;
  m->retained = node_ref(fn);
  m->retained_nr = nr;
  node_unref(a, old);
  if (m->retains_grad) return;
  m->retains_grad = true;
  m->next_retaining = a->retaining;
  if (a->retaining) a->retaining->prev_retaining = m;
  a->retaining = m;
}

bool var_set_grad(autograd *a, var *v, var *g) {
  if (g == v)
    return fail_as(&a->ctx.fault, ERR_bad_argument, "RuntimeError", "can't assign Variable as its own grad");
  if (g && !layout_same_dims(g->t.layout, v->t.layout))
    return fail(&a->ctx.fault, ERR_shape_mismatch,
                "assigned grad has data of a different size: %s, but the tensor has size %s",
                layout_text(g->t.layout), layout_text(v->t.layout));
  if (g && g->t.dtype != v->t.dtype)
    return fail(&a->ctx.fault, ERR_dtype_mismatch, "assigned grad has data of a different type: %s, not %s",
                DTYPE_ROWS[g->t.dtype].name, DTYPE_ROWS[v->t.dtype].name);
  if (!g && !v->meta) return true;
  meta *m = var_meta(a, v);
  if (!m) return false;
  var *old = m->grad;
  m->grad = g ? var_ref(g) : NULL;
  m->grads++;
  if (observed(a->observer) && old != g) a->observer->grad_set(a->observer, v);
  var_unref(a, old);
  return true;
}
