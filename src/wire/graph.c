#include "wire/graph.h"
#include "autograd/ops.h"
#include "autograd/view.h"
#include "base/mem.h"
#include "wire/graph_names.h"
#include <stdlib.h>

enum { LOOK = 1 << 16 }; // nodes between two looks at the stop flag

void graph_finish(graph *g) {
  mem_free(g->nodes);
  mem_free(g->edges);
  mem_free(g->names);
  *g = (graph){0};
}

int64_t graph_id(const graph *g, size_t position) {
  const node *fn = g->nodes[position].fn;
  return fn ? node_id(fn) : -1 - (int64_t)position;
}

bool graph_is_leaf(const graph_node *n) { return !n->fn || n->fn->op == OP_accumulate_grad; }

output_meta graph_shown(const graph_node *n) {
  return n->v ? (output_meta){n->v->t.layout, (dtype)n->v->t.dtype} : node_output(n->fn, 0);
}

node *graph_worker(node *fn) { return fn->op == OP_copy_slices ? copy_slices_inner(fn) : fn; }

// A collection under way. While it is, node.mark tells that a node is in it, and node.pending holds its id.
typedef struct walk {
  graph *g;
  autograd *a;
  size_t cap;
} walk;

static bool no_memory(walk *w) {
  return fail(&w->a->ctx.fault, ERR_out_of_memory, "no memory for a picture of the graph");
}

static bool add(walk *w, graph_node n) {
  graph *g = w->g;
  if (g->n_nodes == w->cap) {
    size_t cap = w->cap ? 2 * w->cap : 64, bytes;
    graph_node *grown = size_mul(cap, sizeof *grown, &bytes) ? mem_realloc(g->nodes, bytes) : NULL;
    if (!grown) return no_memory(w);
    g->nodes = grown;
    w->cap = cap;
  }
  g->nodes[g->n_nodes++] = n;
  return true;
}

static bool visit(walk *w, node *fn) {
  if (!fn || fn->mark == w->a->pass) return true;
  if (!add(w, (graph_node){.fn = fn, .v = var_accumulator_target(fn)})) return false;
  fn->mark = w->a->pass;
  return true;
}

// The node of a variable whose grad_fn is up to date: of a leaf, the one that accumulates, if it exists.
static node *node_of(const var *v) { return v->grad_fn ? v->grad_fn : v->meta ? v->meta->accumulator : NULL; }

// ---- 1. where to start

static bool start_at(walk *w, var *v, const char *name) {
  if (!var_grad_fn(w->a, v) && autograd_failed(w->a)) return false;
  return node_of(v) ? visit(w, node_of(v)) : add(w, (graph_node){.v = v, .name = name});
}

static bool start_everywhere(walk *w) {
  const graph *g = w->g;
  for (size_t i = 0; i < g->n_names; i++) // before any node is listed: this may let one go
    if (!var_grad_fn(w->a, g->names[i].v) && autograd_failed(w->a)) return false;
  for (size_t i = 0; i < g->n_names; i++)
    if (!node_of(g->names[i].v) && !add(w, (graph_node){.v = g->names[i].v, .name = g->names[i].name}))
      return false;
  for (size_t i = 0; i < g->n_names; i++)
    if (!visit(w, node_of(g->names[i].v))) return false;
  return true;
}

// ---- 2. what is reached from there

static bool follow(walk *w) {
  for (size_t i = 0; i < w->g->n_nodes; i++) { // the list of found nodes is its own queue
    if (i % LOOK == 0 && ctx_stopped(&w->a->ctx)) return false;
    node *fn = w->g->nodes[i].fn;
    for (unsigned k = 0; fn && k < fn->n_edges; k++)
      if (!visit(w, node_edges(fn)[k])) return false;
  }
  return true;
}

// Leaves without a node stay in front, as they are.
static int oldest_first(const void *x, const void *y) {
  uint64_t a = ((const graph_node *)x)->fn->seq, b = ((const graph_node *)y)->fn->seq;
  return (a > b) - (a < b);
}

static void number(graph *g) {
  size_t bare = 0;
  while (bare < g->n_nodes && !g->nodes[bare].fn) bare++;
  if (bare == g->n_nodes) return;
  graph_node *nodes = g->nodes + bare;
  size_t n = g->n_nodes - bare, falls = 0;
  for (size_t i = 0; i < n / 2; i++) { // the walk went from new to old
    graph_node one = nodes[i];
    nodes[i] = nodes[n - 1 - i];
    nodes[n - 1 - i] = one;
  }
  for (size_t i = 1; i < n && !falls; i++) falls += nodes[i - 1].fn->seq > nodes[i].fn->seq;
  if (falls) qsort(nodes, n, sizeof *nodes, oldest_first);
  for (size_t i = 0; i < n; i++) nodes[i].fn->pending = (void *)(uintptr_t)(bare + i);
}

static uint32_t id_of(const node *fn) { return (uint32_t)(uintptr_t)fn->pending; }

// ---- 3. names

static void give_name(walk *w, var *v, const char *name) {
  node *fn = node_of(v);
  if (!fn || fn->mark != w->a->pass) return;
  graph_node *n = &w->g->nodes[id_of(fn)];
  if (n->name) return;
  n->v = v;
  n->name = name;
}

// The grad_fn of a view whose base was written since belongs to what the view was before, unless this
// collection has just asked for it.
static bool outdated(const var *v) { return var_is_view(v) && v->meta->version != var_version(v); }

static void give_names(walk *w, var *root, const char *root_name) {
  if (root) give_name(w, root, root_name);
  for (size_t i = 0; i < w->g->n_names; i++)
    if (!root || !outdated(w->g->names[i].v)) give_name(w, w->g->names[i].v, w->g->names[i].name);
}

// ---- 4. edges

uint32_t graph_argument(const struct op *o, unsigned input) {
  if (o->list) return input;
  for (uint32_t i = 0; i < o->n_args; i++) {
    bool is_tensor = o->args[i].kind == ARG_tensor || o->args[i].kind == ARG_tensor_optional;
    if (is_tensor && input-- == 0) return i;
  }
  return input;
}

static bool connect(walk *w) {
  graph *g = w->g;
  size_t n = 0, bytes;
  for (size_t i = 0; i < g->n_nodes; i++)
    for (unsigned k = 0; g->nodes[i].fn && k < g->nodes[i].fn->n_edges; k++)
      n += node_edges(g->nodes[i].fn)[k] != NULL;
  if (!n) return true;
  if (size_mul(n, sizeof *g->edges, &bytes)) g->edges = mem_alloc(bytes);
  if (!g->edges) return no_memory(w);
  for (size_t i = 0; i < g->n_nodes; i++) {
    if (i % LOOK == 0 && ctx_stopped(&w->a->ctx)) return false;
    node *fn = g->nodes[i].fn;
    if (!fn || !fn->n_edges) continue;
    const struct op *o = &OPS[fn->op == OP_copy_slices ? copy_slices_inner(fn)->op : fn->op];
    for (unsigned k = 0; k < fn->n_edges; k++)
      if (node_edges(fn)[k])
        g->edges[g->n_edges++] = (graph_edge){id_of(node_edges(fn)[k]), (uint32_t)i, graph_argument(o, k)};
  }
  return true;
}

bool graph_collect(session *s, const char *root, graph *g) {
  walk w = {g, &s->ag, 0};
  *g = (graph){.ctx = &s->ag.ctx};
  var *v = root ? session_resolve(s, root, strlen(root)) : NULL;
  if ((root && !v) || !graph_names_collect(s, g)) return graph_finish(g), false;
  if (++w.a->pass == 0) w.a->pass = 1;
  bool ok = (root ? start_at(&w, v, root) : start_everywhere(&w)) && follow(&w);
  if (ok) {
    number(g);
    give_names(&w, v, root);
    ok = connect(&w);
    graph_names_index(g);
  }
  for (size_t i = 0; i < g->n_nodes; i++)
    if (g->nodes[i].fn) g->nodes[i].fn->pending = NULL;
  if (!ok) graph_finish(g);
  return ok;
}
