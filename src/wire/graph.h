// graph.h - the graph that a session has recorded, and its writings: JSON, Graphviz, Mermaid (SVG: svg.h).
//
// Nodes are
//   op    a node of autograd, whether or not a tensor of that output still has a name. CopySlices and
//         AsStridedBackward0, which in-place writes into views leave, are nodes like any other;
//   leaf  a named tensor without grad_fn, or, if its name is gone, what an AccumulateGrad node adds into.
// Edges lead from what made a value to the op that takes it. Autograd records an operand only where gradient
// flows: a number, or a leaf that does not require grad, has no edge to the op that took it. Such a leaf is
// shown as long as it has a name, and may be found again in what the op saved.
//
// Nodes stand in the order of creation: leaves that no gradient can reach yet come first, in the order in
// which they got their names, then nodes as autograd made them. An id stays that of its node (node_id), so
// that a trace can speak of it; leaves without a node are -1, -2, …
//
// Everything here runs where the session runs.
#pragma once
#include "autograd/op.h"
#include "base/buffer.h"
#include "session/session.h"

typedef struct graph_node {
  node *fn;         // NULL: a leaf that nothing was computed from
  var *v;           // the leaf, or a named output of the op; NULL: no name is left
  const char *name; // the first name of v, NULL: none
} graph_node;

typedef struct graph_edge {
  uint32_t from, to; // positions
  uint32_t argument; // position in the signature of the op, or in its list of tensors
} graph_edge;

typedef struct graph_name graph_name;

// Borrows from its session: write it and finish it before the session does anything else.
typedef struct graph {
  graph_node *nodes;
  graph_edge *edges; // by `to`
  size_t n_nodes, n_edges;
  graph_name *names; // of the named tensors, by storage
  size_t n_names;
  ctx *ctx; // of the session: its stop flag is looked at
} graph;

// graph_collect fills *g with everything that leads to `root` ("y", "w.grad"; borrowed as long as *g), or, if
// that is NULL, to all that has a name. In time and memory proportional to what is found (names: n log n);
// nothing recurses. Like reading grad_fn, it may have to make the grad_fn of a view anew. False, *g empty and
// a fault in the session: bad_name, tensor_unknown, no_grad, out_of_memory, quota_exceeded, time_limit.
bool graph_collect(session *s, const char *root, graph *g);
// graph_id gives the id of the node at a position.
int64_t graph_id(const graph *g, size_t position);
bool graph_is_leaf(const graph_node *n);
// graph_shown tells what is known of the value that a node stands for.
output_meta graph_shown(const graph_node *n);
// graph_worker gives the node with the saved tensors and the op whose arguments the edges are: a CopySlices
// stands for the op that wrote the view.
node *graph_worker(node *fn);
// graph_argument gives the place of input number i in the signature of an op, or in its list of tensors.
uint32_t graph_argument(const struct op *o, unsigned i);
void graph_finish(graph *g); // frees; a zeroed graph is a valid empty one

// The writings, each a whole document. The buffer has failed afterwards if it had no room or if the session
// was told to stop (then its fault says so).
//
// JSON: {"nodes":[…],"edges":[{"from","to","input"}]}. A node has the members that the tensor of its name has
// (shape, dtype, version; those of output 0, and version 0, if no name is left), what it saved, and as value
// the elements of a named tensor that has at most GRAPH_VALUE_MAX of them, else null.
enum { GRAPH_VALUE_MAX = 16 };
void graph_write_json(buffer *b, const graph *g);
// Graphviz's digraph: leaves are boxes, filled where they require grad; an edge into an op of several tensors
// bears the name of the argument.
void graph_write_dot(buffer *b, const graph *g);
void graph_write_mermaid(buffer *b, const graph *g); // the same as a flowchart
