// var.h - variables (tensors that autograd knows), the nodes of the graph behind them, and the state they
// share.
//
// Ownership: everything is counted and freed when nothing needs it: a node lives while a variable or a later
// node points to it, a tensor's bytes while a variable or a saved entry does. Freeing never recurses.
// Builders (ops.h) return variables that the current scope owns: ref what must outlive scope_leave. One
// session = one autograd state = one thread at a time; nothing here locks.
#pragma once
#include "tensor/create.h"
#include "tensor/tensor.h"

typedef struct var var;
typedef struct node node;
typedef struct meta meta;

// How a view came to be; decides which in-place writes are refused.
typedef enum view_kind { VIEW_plain, VIEW_of_many, VIEW_no_grad } view_kind;

#define FIRST_SEQ (1ull << 62) // of ops; creation numbers of leaves lie below

enum { VAR_requires_grad = 1, VAR_wrapped = 2 };

struct var {
  uint32_t refs;
  uint8_t
      flags; // VAR_requires_grad: only meaningful on leaves; VAR_wrapped: was a bare number, promotes weakly
  uint16_t output_nr; // which output of grad_fn this is
  uint64_t id;        // creation number in its autograd state, from 1; never given twice
  tensor t;
  node *grad_fn; // owned; NULL = leaf. Of a view: read it through var_grad_fn
  meta *meta;    // owned, NULL until needed
};

// What few variables need.
struct meta {
  var *owner;        // back pointer
  var *grad;         // owned
  node *accumulator; // borrowed: clears itself when it dies
  var *base;         // owned; set on views that autograd follows. Never itself a view
  uint32_t version;  // of a view: the storage version its grad_fn belongs to
  uint32_t pass;     // the last backward pass that changes .grad
  uint32_t grads;    // how often .grad became another tensor
  uint8_t view;      // enum view_kind
  bool retains_grad;
  uint16_t retained_nr;
  node *retained;                        // owned: the node whose gradient .grad is given, with that output
  meta *prev, *next;                     // all metas of this autograd state
  meta *prev_retaining, *next_retaining; // those of them that retain
};

// The state of one session's autograd.
typedef struct autograd {
  ctx ctx;
  bool grad_mode;
  dtype default_dtype;
  rng rng;
  uint64_t next_seq;  // creation number of the next node
  uint64_t next_leaf; // of the next AccumulateGrad: below those of all other nodes, so that leaves come last
  uint64_t next_var;  // id of the next variable
  uint32_t pass;      // number of the backward pass: marks visited nodes
  size_t nodes, max_nodes;
  uint64_t graph_cost; // ns, the estimated cost of all live nodes: an upper bound of what a backward can take
  var **temps;         // owned by the scope
  size_t n_temps, cap_temps;
  var *dead_vars; // waiting to be freed
  node *dead_nodes;
  bool burying;
  meta *metas, *retaining;
  struct observer *observer; // borrowed; NULL: nobody watches (observer.h)
} autograd;

void autograd_init(autograd *a, budget *budget, uint64_t seed, size_t max_nodes);
// autograd_finish breaks the reference cycles that create_graph may have left, then expects that all is gone.
void autograd_finish(autograd *a);
static inline bool autograd_failed(const autograd *a) { return a->ctx.fault.code != ERR_none; }

// ---- scopes: builders push what they make; leaving a scope drops it all but `keep`, which goes to the outer
// scope.
static inline size_t scope_enter(const autograd *a) { return a->n_temps; }
var *scope_leave(autograd *a, size_t mark, var *keep);
// scope_own gives one reference of v to the scope; v itself, or NULL (v unreffed) if there is no memory.
var *scope_own_growing(autograd *a, var *v); // when the list of temporaries is full
static inline var *scope_own(autograd *a, var *v) {
  if (v && a->n_temps < a->cap_temps) return a->temps[a->n_temps++] = v;
  return scope_own_growing(a, v);
}

// ---- variables
// var_new takes over t (also on failure, when it is dropped). One reference, owned by the caller.
var *var_new(autograd *a, tensor t);
// var_given is told of a variable that was made from data and not by an op: it wants gradient or does not,
// and whoever watches hears of it, with where the numbers are written in a source (n of them; 0: they are
// not). not_a_leaf and dtype_not_differentiable as with var_set_requires_grad.
struct source_span;
bool var_given(autograd *a, var *v, bool requires_grad, const struct source_span *numbers, size_t n);
static inline var *var_ref(var *v) { return v->refs++, v; }
void var_bury(autograd *a, var *v);                 // whose last reference is gone
static inline void var_unref(autograd *a, var *v) { // NULL is fine
  if (v && !--v->refs) var_bury(a, v);
}
meta *var_meta(autograd *a, var *v); // made on first use; NULL = out of memory
static inline bool var_is_view(const var *v) { return v->meta && v->meta->base; }
bool var_requires_grad(const var *v);
bool var_is_leaf(const var *v); // makes nothing and cannot fail, as var_grad_fn_name
static inline var *var_grad(const var *v) { return v->meta ? v->meta->grad : NULL; }
static inline uint32_t var_version(const var *v) { return v->t.storage->version; }
// var_grad_fn: the node, made anew for a view whose base was changed in place. NULL: a leaf, or a failure.
node *var_grad_fn(autograd *a, var *v);
const char *var_grad_fn_name(const var *v); // "MulBackward0", NULL on a leaf
// var_edge: the node and output that gradient for v flows to; an accumulator for a leaf that requires grad,
// NULL node if v takes no gradient. The reference is given to the caller. false = failure.
bool var_edge(autograd *a, var *v, node **fn, uint16_t *nr);
var *var_accumulator_target(const node *n); // the leaf of an AccumulateGrad node, NULL for others

bool var_set_requires_grad(autograd *a, var *v, bool on); // not_a_leaf, dtype_not_differentiable
bool var_detach(autograd *a, var *v);                     // makes it a leaf outside the graph; view_inplace
bool var_retain_grad(autograd *a, var *v);                // retain_without_grad; a leaf: nothing to do
// var_retain_from: from now on .grad receives what arrives at output nr of fn. v has a meta.
void var_retain_from(autograd *a, var *v, node *fn, uint16_t nr);
static inline bool var_retains_grad(const var *v) { return v->meta && v->meta->retains_grad; }
// var_set_grad replaces .grad; NULL = None. shape_mismatch, dtype_mismatch. Refs g.
bool var_set_grad(autograd *a, var *v, var *g);
// var_wrote says that the elements of v were written, or exchanged, outside autograd.
void var_wrote(const autograd *a, const var *v);

// ---- nodes
typedef struct saved {
  storage *storage; // NULL: released, or only the layout was wanted
  layout *layout;
  int64_t offset;
  uint32_t version; // of the storage when it was saved
  uint8_t dtype;
  bool is_output;
  uint16_t slot; // input or output number
} saved;

typedef struct output_meta {
  layout *layout; // owned reference
  dtype dtype;
} output_meta;

// needed: gradient should be delivered to it in this pass; runs: its formula is evaluated
enum { NODE_freed = 1, NODE_needed = 2, NODE_runs = 4 };
struct node {
  uint32_t refs;
  uint16_t op; // enum op_id
  uint16_t n_out;
  uint16_t n_edges, n_saved;
  uint32_t mark; // the pass that visited it last
  uint64_t seq;  // creation number: greater than that of everything its edges lead to
  void *pending; // during a pass: gradient(s) that arrived; link while it waits to be freed
  uint32_t cost; // ns
  uint8_t flags, out_dtype;
  uint16_t attr_size;
  layout *out_layout; // owned; of output 0
  // then: node *edge[n_edges]; saved[n_saved]; output_meta[n_out - 1]; attrs; uint16_t nr[n_edges]
};
static inline node **node_edges(node *n) { return (node **)(n + 1); }
static inline saved *node_saved(node *n) { return (saved *)(void *)(node_edges(n) + n->n_edges); }
static inline output_meta *node_more_outputs(node *n) {
  return (output_meta *)(void *)(node_saved(n) + n->n_saved);
}
static inline void *node_attrs(node *n) { return node_more_outputs(n) + (n->n_out ? n->n_out - 1 : 0); }
static inline uint16_t *node_edge_nrs(node *n) {
  return (uint16_t *)(void *)((char *)node_attrs(n) + n->attr_size);
}
output_meta node_output(node *n, unsigned nr); // borrowed

// node_new gives a node without edges set and without a creation number; counted, charged, quota checked.
// NULL on failure.
node *node_new(autograd *a, unsigned op, unsigned n_edges, unsigned n_saved, unsigned n_out, size_t attr_size,
               uint64_t cost);
static inline void node_is_newest(autograd *a, node *n) { n->seq = a->next_seq++; }
// node_id gives a number for people and programs that stays the node's: even for what accumulates into a
// leaf, odd for an op, growing with creation.
static inline int64_t node_id(const node *n) {
  return n->seq < FIRST_SEQ ? 2 * (int64_t)n->seq : 2 * (int64_t)(n->seq - FIRST_SEQ) + 1;
}
static inline node *node_ref(node *n) { return n->refs++, n; }
void node_bury(autograd *a, node *n);                 // whose last reference is gone
static inline void node_unref(autograd *a, node *n) { // NULL is fine
  if (n && !--n->refs) node_bury(a, n);
}
void node_set_output(node *n, unsigned nr, layout *l, dtype t);
// node_save records tensor t in saved entry i.
void node_save(node *n, unsigned i, const tensor *t, bool is_output, unsigned slot);
void node_release_saved(node *n); // what backward does without retain_graph
const char *node_name(const node *n);
// How many bytes such a node takes (attr_size a multiple of 8).
size_t node_bytes(unsigned n_edges, unsigned n_saved, unsigned n_out, size_t attr_size);
