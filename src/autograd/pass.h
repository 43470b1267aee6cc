// pass.h - the bookkeeping of one backward pass: which nodes, in which order, what arrives where, and what is
// changed once everything has succeeded. The arithmetic is in backward.c.
#pragma once
#include "autograd/backward.h"
#include "autograd/observer.h"

typedef struct pass_end { // a root or a target: one output of one node
  node *fn;               // owned
  uint16_t nr;
  bool retained;        // a tensor that retains its gradient, not an input that was asked for
  var *of;              // owned
  var *seed, *captured; // owned
} pass_end;

enum { PASS_FEW = 16 };
typedef struct pass {
  autograd *a;
  bool accumulate; // into .grad (backward), or only capture (grad)
  bool create_graph;
  node **nodes; // owned references, newest first; few, or owned memory
  size_t n_nodes, cap_nodes;
  pass_end *roots;   // one, or owned memory
  pass_end *targets; // inputs in the order given, then tensors that retain their gradient
  size_t n_roots, cap_roots, n_targets, cap_targets, n_inputs;
  pass_end **watch; // targets by node, newest first
  size_t watched;   // how many of them have had their node's turn
  var **received;
  size_t n_received;
  size_t ran;
  observer *observer; // NULL: nobody watches
  bool begun;         // and it has been told
  node *bad;          // borrowed: what pass_check found, and what it had saved (NULL: it was freed)
  const saved *bad_saved;
  node *few[PASS_FEW];
  pass_end one;
} pass;

void pass_init(pass *p, autograd *a, bool accumulate, bool create_graph);
void pass_finish(pass *p);
bool pass_root(pass *p, var *v);
bool pass_seed(pass *p, size_t root, var *seed);
bool pass_target(pass *p, var *v); // before the roots
bool pass_collect(pass *p);        // finds and orders the nodes
bool pass_check(pass *p);          // graph_freed, saved_modified
var **pass_slot(pass *p, node *n,
                uint16_t nr);        // where gradient for that output adds up; NULL = out of memory
bool pass_capture(pass *p, node *n); // keeps what has arrived, if somebody watches
static inline bool pass_runs(const pass *p, const node *n) { return (void)p, n->flags & NODE_runs; }
void pass_clear(pass *p, node *n); // drops what has arrived
bool pass_commit(pass *p, const backward_options *options);
void pass_release(pass *p); // frees what the nodes saved
