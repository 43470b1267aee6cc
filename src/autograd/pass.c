#include "autograd/pass.h"
#include "autograd/ops.h"
#include "autograd/view.h"
#include "base/mem.h"
#include "tensor/iter.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool no_memory(pass *p) {
  return fail(&p->a->ctx.fault, ERR_out_of_memory, "no memory for a backward pass");
}

// Room for one more in a growing array, which at first is the pass's own.
static bool grow(pass *p, void **array, const void *own, size_t n, size_t *cap, size_t size) {
  if (n < *cap) return true;
  size_t more = *cap ? 2 * *cap : 16;
  void *grown = own && *array == own ? mem_alloc(more * size) : mem_realloc(*array, more * size);
  if (!grown) return no_memory(p);
  if (own && *array == own) memcpy(grown, own, n * size);
  *array = grown;
  *cap = more;
  return true;
}

void pass_init(pass *p, autograd *a, bool accumulate, bool create_graph) {
  *p = (pass){
      .a = a, .accumulate = accumulate, .create_graph = create_graph, .cap_nodes = PASS_FEW, .cap_roots = 1};
  p->nodes = p->few;
  p->roots = &p->one;
  if (++a->pass == 0) a->pass = 1;
}

static void drop_ends(autograd *a, pass_end *ends, size_t n) {
  for (size_t i = 0; i < n; i++) {
    node_unref(a, ends[i].fn);
    var_unref(a, ends[i].of);
    var_unref(a, ends[i].seed);
    var_unref(a, ends[i].captured);
  }
}

void pass_finish(pass *p) {
  for (size_t i = 0; i < p->n_nodes; i++) {
    pass_clear(p, p->nodes[i]);
    p->nodes[i]->flags &= (uint8_t) ~(NODE_needed | NODE_runs);
    node_unref(p->a, p->nodes[i]);
  }
  for (size_t i = 0; i < p->n_targets; i++) // one that was not reached must not look needed to another pass
    p->targets[i].fn->flags &= (uint8_t) ~(NODE_needed | NODE_runs);
  if (p->nodes != p->few) mem_free(p->nodes);
  mem_free(p->watch);
  drop_ends(p->a, p->roots, p->n_roots);
  drop_ends(p->a, p->targets, p->n_targets);
  if (p->roots != &p->one) mem_free(p->roots);
  mem_free(p->targets);
  for (size_t i = 0; i < p->n_received; i++) var_unref(p->a, p->received[i]);
  mem_free(p->received);
}

// ---- roots and targets

static bool add_end(pass *p, pass_end **ends, const pass_end *own, size_t *n, size_t *cap, var *v) {
  pass_end end = {.of = v};
  if (!grow(p, (void **)ends, own, *n, cap, sizeof **ends) || !var_edge(p->a, v, &end.fn, &end.nr))
    return false;
  var_ref(v);
  (*ends)[(*n)++] = end;
  return true;
}

bool pass_root(pass *p, var *v) { return add_end(p, &p->roots, &p->one, &p->n_roots, &p->cap_roots, v); }

bool pass_seed(pass *p, size_t root, var *seed) {
  p->roots[root].seed = var_ref(seed);
  return true;
}

bool pass_target(pass *p, var *v) {
  if (!var_requires_grad(v))
    return fail(&p->a->ctx.fault, ERR_no_graph, "One of the differentiated Tensors does not require grad");
  if (!add_end(p, &p->targets, NULL, &p->n_targets, &p->cap_targets, v)) return false;
  p->n_inputs = p->n_targets;
  return true;
}

// ---- collecting

static bool visit(pass *p, node *n) {
  if (!n || n->mark == p->a->pass) return true;
  if (!grow(p, (void **)&p->nodes, p->few, p->n_nodes, &p->cap_nodes, sizeof *p->nodes)) return false;
  n->mark = p->a->pass;
  n->pending = NULL;
  p->nodes[p->n_nodes++] = node_ref(n);
  return true;
}

static int newest_first(const void *x, const void *y) {
  uint64_t a = (*(node *const *)x)->seq, b = (*(node *const *)y)->seq;
  return a < b ? 1 : a > b ? -1 : 0;
}

static int newest_end_first(const void *x, const void *y) {
  uint64_t a = (*(pass_end *const *)x)->fn->seq, b = (*(pass_end *const *)y)->fn->seq;
  return a < b ? 1 : a > b ? -1 : 0;
}

static bool is_leaf(const node *n) { return n->op == OP_accumulate_grad; }

// How many of the nodes, in order, are leaves: they come last.
static size_t count_leaves(const pass *p) {
  size_t n = 0;
  while (n < p->n_nodes && is_leaf(p->nodes[p->n_nodes - 1 - n])) n++;
  return n;
}

static void sort(node **nodes, size_t n) {
  enum { FEW = 16 };
  size_t i = 1;
  while (i < n && nodes[i - 1]->seq > nodes[i]->seq) i++; // a chain is collected in order already
  if (i < n && n > FEW) {
    qsort(nodes, n, sizeof *nodes, newest_first);
    return;
  }
  for (; i < n; i++) {
    node *moved = nodes[i];
    size_t k = i;
    for (; k && nodes[k - 1]->seq < moved->seq; k--) nodes[k] = nodes[k - 1];
    nodes[k] = moved;
  }
}

// Leaves are found early and stand last: they are taken out first, which leaves most graphs in order.
static bool sort_nodes(pass *p) {
  size_t n = 0, leaves = 0, of = 0;
  for (size_t i = 0; i < p->n_nodes; i++) of += is_leaf(p->nodes[i]);
  node *few[PASS_FEW], **apart = of <= PASS_FEW ? few : mem_alloc(of * sizeof *apart);
  if (!apart) return no_memory(p);
  for (size_t i = 0; i < p->n_nodes; i++)
    if (is_leaf(p->nodes[i]))
      apart[leaves++] = p->nodes[i];
    else
      p->nodes[n++] = p->nodes[i];
  memcpy(p->nodes + n, apart, of * sizeof *apart);
  if (apart != few) mem_free(apart);
  sort(p->nodes, n);
  sort(p->nodes + n, leaves);
  return true;
}

// Which nodes matter: all, or those on a way to an input that was asked for.
static void mark_needed(pass *p) {
  if (p->n_inputs == 0) {
    for (size_t i = 0; i < p->n_nodes; i++) p->nodes[i]->flags |= NODE_needed | NODE_runs;
    return;
  }
  for (size_t i = 0; i < p->n_inputs;
       i++) { // backward runs, and so frees, the node of a result that is an input
    node *fn = p->targets[i].fn;
    fn->flags |= p->accumulate && !is_leaf(fn) ? NODE_needed | NODE_runs : NODE_needed;
  }
  for (size_t i = p->n_nodes; i-- > 0;) { // oldest first
    node *n = p->nodes[i];
    for (unsigned k = 0; k < n->n_edges; k++)
      if (node_edges(n)[k] && node_edges(n)[k]->flags & NODE_needed) n->flags |= NODE_needed | NODE_runs;
  }
}

// Tensors of this graph that retain their gradient are watched too.
static bool watch_retained(pass *p) {
  for (meta *m = p->a->retaining; m && p->accumulate; m = m->next_retaining) {
    if (m->retained->mark != p->a->pass) continue;
    if (!grow(p, (void **)&p->targets, NULL, p->n_targets, &p->cap_targets, sizeof *p->targets)) return false;
    p->targets[p->n_targets++] = (pass_end){
        .fn = node_ref(m->retained), .nr = m->retained_nr, .retained = true, .of = var_ref(m->owner)};
  }
  if (!p->n_targets) return true;
  p->watch = mem_alloc(p->n_targets * sizeof *p->watch);
  if (!p->watch) return no_memory(p);
  for (size_t i = 0; i < p->n_targets; i++) p->watch[i] = &p->targets[i];
  qsort(p->watch, p->n_targets, sizeof *p->watch, newest_end_first);
  return true;
}

bool pass_collect(pass *p) {
  for (size_t i = 0; i < p->n_roots; i++)
    if (!visit(p, p->roots[i].fn)) return false;
  for (size_t i = 0; i < p->n_nodes; i++) { // the list of found nodes is its own queue
    if ((i & 0xFFFF) == 0 && ctx_stopped(&p->a->ctx)) return false;
    for (unsigned k = 0; k < p->nodes[i]->n_edges; k++)
      if (!visit(p, node_edges(p->nodes[i])[k])) return false;
  }
  if (!sort_nodes(p)) return false;
  mark_needed(p);
  return watch_retained(p);
}

// ---- checking

// What PyTorch calls the origin of a saved tensor: for an output the node itself, for an input the history
// that the variable has by now (one that was written in place can be found by its meta), or had when it was
// saved.
static void name_origin(pass *p, node *n, const saved *s, char *text, size_t room) {
  node *maker = s->is_output ? n : node_edges(n)[s->slot];
  unsigned nr = s->is_output ? s->slot : node_edge_nrs(n)[s->slot];
  bool window = maker && !s->is_output && OPS[maker->op].flags & ROW_view; // is made anew after a write
  const char *name = !maker || var_accumulator_target(maker) ? NULL
                     : window                                ? OPS[OP_as_strided].grad_name
                                                             : node_name(maker);
  for (meta *m = s->is_output ? NULL : p->a->metas; m; m = m->next) {
    const tensor *t = &m->owner->t;
    if (t->storage != s->storage || t->layout != s->layout || t->offset != s->offset) continue;
    const char *by_now = var_grad_fn_name(m->owner);
    if (by_now) name = by_now, nr = m->owner->output_nr;
  }
  if (name) snprintf(text, room, ", which is output %u of %s,", nr, name);
}

static bool check_saved(pass *p, node *n) {
  fault *f = &p->a->ctx.fault;
  p->bad_saved = NULL;
  if (n->flags & NODE_freed)
    return fail(
        f, ERR_graph_freed,
        "Trying to backward through the graph a second time (or directly access saved tensors after they "
        "have "
        "already been freed). Saved intermediate values of the graph are freed when you call .backward() or "
        "autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time "
        "or if you need to access saved tensors after calling backward.");
  const saved *s = node_saved(n);
  for (unsigned i = 0; i < n->n_saved; i++) {
    if (!s[i].storage || s[i].storage->version == s[i].version) continue;
    char which[128] = "";
    name_origin(p, n, &s[i], which, sizeof which);
    p->bad_saved = &s[i];
    return fail(
        f, ERR_saved_modified,
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        "[torch.%sTensor %s]%s is at version %u; expected version %u instead.",
        DTYPE_ROWS[s[i].dtype].word, layout_text(s[i].layout), which, s[i].storage->version, s[i].version);
  }
  return true;
}

bool pass_check(pass *p) {
  for (size_t i = 0; i < p->n_nodes; i++) {
    node *n = p->nodes[i];
    if (!(n->flags & NODE_runs)) continue;
    if (!check_saved(p, n) || (n->op == OP_copy_slices && !check_saved(p, copy_slices_inner(n))))
      return p->bad = n, false;
  }
  return true;
}

// ---- gradients on their way

var **pass_slot(pass *p, node *n, uint16_t nr) {
  if (n->n_out == 1) return (var **)&n->pending;
  if (!n->pending && !(n->pending = mem_zalloc(n->n_out * sizeof(var *)))) return no_memory(p), NULL;
  return (var **)n->pending + nr;
}

static var *arrived(const node *n, uint16_t nr) {
  return n->n_out == 1 ? n->pending : n->pending ? ((var **)n->pending)[nr] : NULL;
}

bool pass_capture(pass *p, node *n) {
  while (p->watched < p->n_targets && p->watch[p->watched]->fn->seq > n->seq) p->watched++;
  for (; p->watched < p->n_targets && p->watch[p->watched]->fn == n; p->watched++) {
    pass_end *end = p->watch[p->watched];
    var *g = arrived(n, end->nr);
    if (g) end->captured = var_ref(g);
  }
  return true;
}

void pass_clear(pass *p, node *n) {
  if (!n->pending) return;
  if (n->n_out == 1)
    var_unref(p->a, n->pending);
  else {
    for (unsigned i = 0; i < n->n_out; i++) var_unref(p->a, ((var **)n->pending)[i]);
    mem_free(n->pending);
  }
  n->pending = NULL;
}

// ---- committing: everything that can fail first, then everything that changes the session.

struct change {
  var *of;
  var *fresh; // owned: becomes .grad; NULL = g is added into the .grad there is
  var *g;     // borrowed
};

// What .grad will be. PyTorch's AccumulateGrad: the first gradient is taken as it is if nobody else holds it,
// else copied; later ones are added in place, or out of place when the sum must be differentiable.
static bool prepare(pass *p, var *of, var *g, struct change *c) {
  autograd *a = p->a;
  var *old = var_grad(of);
  *c = (struct change){.of = of, .g = g};
  if (!var_meta(a, of)) return false;
  of->meta->pass = a->pass;
  if (old && !layout_same_dims(old->t.layout, g->t.layout)) // its data got another shape meanwhile
    return fail(&a->ctx.fault, ERR_shape_mismatch,
                "the gradient has size %s, and the .grad it is added to %s", layout_text(g->t.layout),
                layout_text(old->t.layout));
  if (p->create_graph)
    c->fresh = old ? op_add(a, old, g, scalar_int(1)) : op_clone(a, g);
  else if (old && !tensor_overlaps_itself(&old->t))
    return true;
  else if (old)
    c->fresh = op_add(a, old, g, scalar_int(1));
  else if (g->refs == 1 && g->t.storage->refs == 1 && g->t.layout->contiguous && !g->grad_fn && !g->meta)
    c->fresh = g;
  else
    c->fresh = op_clone(a, g);
  if (c->fresh) var_ref(c->fresh);
  return c->fresh != NULL;
}

static void apply(autograd *a, const struct change *c) {
  static const struct add_attrs plain = {.alpha = {.kind = SCALAR_int, .i = 1}};
  if (c->fresh) {
    var *old = c->of->meta->grad;
    c->of->meta->grad = c->fresh;
    c->of->meta->grads++;
    var_unref(a, old);
    return;
  }
  const tensor *sum = &c->of->meta->grad->t;
  const atomic_int *watched = a->ctx.stop;
  a->ctx.stop = NULL; // from here on nothing may fail
  iter_run(&a->ctx, OP_POINTWISE[OP_add].loops[sum->dtype], sum, 2, (const tensor *[]){sum, &c->g->t},
           &plain);
  a->ctx.stop = watched;
  storage_wrote(sum->storage);
}

// An input that is a result retains its gradient from now on, also if none has reached it. Failing comes
// first.
static bool may_retain(pass *p) {
  for (size_t i = 0; i < p->n_inputs; i++)
    if (!is_leaf(p->targets[i].fn) && !var_meta(p->a, p->targets[i].of)) return false;
  return true;
}

static void retain_inputs(pass *p) {
  for (size_t i = 0; i < p->n_inputs; i++) {
    pass_end *end = &p->targets[i];
    if (!is_leaf(end->fn) && !var_retains_grad(end->of)) var_retain_from(p->a, end->of, end->fn, end->nr);
  }
}

static void commit_one(pass *p, const struct change *c) {
  const meta *m = c->of->meta;
  node *fn = m->retained ? m->retained : c->of->grad_fn ? c->of->grad_fn : m->accumulator;
  if (observed(p->observer)) p->observer->accumulates(p->observer, fn, c->of, c->g);
  apply(p->a, c);
  if (observed(p->observer)) p->observer->accumulated(p->observer, c->of);
}

bool pass_commit(pass *p, const backward_options *options) {
  size_t leaves = count_leaves(p), most = leaves + p->n_targets, n = 0;
  struct change few[8], *changes = most <= 8 ? few : mem_alloc(most * sizeof *changes);
  p->received = mem_alloc(most * sizeof *p->received + 1);
  bool ok = changes && p->received;
  if (!ok) no_memory(p);
  ok = ok && may_retain(p);
  for (size_t i = p->n_nodes; ok && p->n_inputs == 0 && i-- > p->n_nodes - leaves;) { // oldest leaf first
    var *leaf = var_accumulator_target(p->nodes[i]), *g = p->nodes[i]->pending;
    if (!leaf || !g || !(leaf->flags & VAR_requires_grad))
      continue; // the flag may have been taken back since
    if ((ok = prepare(p, leaf, g, &changes[n]))) n++;
    p->ran++;
  }
  for (size_t i = 0; ok && i < p->n_targets; i++) {
    pass_end *end = &p->targets[i];
    if (!end->captured) continue;
    if (!end->retained) p->ran += var_accumulator_target(end->fn) != NULL;
    if (end->of->meta && end->of->meta->pass == p->a->pass) continue; // named twice
    if ((ok = prepare(p, end->of, end->captured, &changes[n]))) n++;
  }
  for (size_t i = 0; ok && i < n; i++) p->received[i] = changes[i].of;
  ok = ok && (!options->ready || options->ready(options->arg, p->received, n));
  for (size_t i = 0; i < n; i++) {
    if (!ok) {
      var_unref(p->a, changes[i].fresh);
      continue;
    }
    commit_one(p, &changes[i]);
    p->received[p->n_received++] = var_ref(changes[i].of);
  }
  if (changes != few) mem_free(changes);
  if (ok) retain_inputs(p);
  if (ok && !options->retain_graph) pass_release(p);
  return ok;
}

void pass_release(pass *p) {
  for (size_t i = 0; i < p->n_nodes; i++) {
    if (!(p->nodes[i]->flags & NODE_runs)) continue;
    if (observed(p->observer)) p->observer->frees(p->observer, p->nodes[i]);
    node_release_saved(p->nodes[i]);
  }
}
