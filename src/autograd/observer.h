// observer.h - somebody who watches ops and nodes as they run, to make a trace of them.
//
// An observer only looks: nothing it is told may be kept, changed or referred to after the call, and it
// cannot fail. It is not called for what an op or a gradient formula is made of inside: `a->observer` is NULL
// meanwhile. With nobody watching, an op and a node cost one test of a pointer each.
#pragma once
#include "autograd/op.h"

typedef struct observer observer;

// Where something is written in a source: lines and columns from 1, of characters; the end is behind it.
typedef struct source_span {
  uint32_t line, column, end_line, end_column;
} source_span;

struct observer {
  int64_t line; // of the script that runs; 0: there is none. Who runs it sets it

  // An op that computes (not a composite: those it is built of are told one by one): before anything has
  // happened, and after. ok false: it failed, and nothing has changed. in[0] of an in-place op is its result.
  void (*op_begins)(observer *o, const op_call *k, bool inplace);
  void (*op_ends)(observer *o, const op_call *k, bool inplace, var *const *out, unsigned n_out, bool ok);

  // A backward pass: it begins, its roots with their seeds, then nodes in the order in which they run, each
  // with what arrived for its outputs (NULL: nothing), and what it hands on over each edge, as it will be
  // added up.
  void (*pass_begins)(observer *o, bool retain_graph, bool create_graph);
  void (*root)(observer *o, node *fn, const var *of, const var *seed);
  void (*node_begins)(observer *o, node *n, var *const *g);
  void (*contributes)(observer *o, node *n, unsigned edge, const var *g);
  void (*node_ends)(observer *o, node *n);
  // What cannot fail any more: g is about to go into the .grad of a variable, has gone there, or is what an
  // input was asked for; the saved tensors of a node are about to be dropped.
  void (*accumulates)(observer *o, node *fn, var *of, const var *g);
  void (*accumulated)(observer *o, var *of);
  void (*captures)(observer *o, node *fn, const var *input, const var *g);
  void (*frees)(observer *o, const node *n);
  void (*pass_ends)(observer *o, bool ok); // false: it failed, and nothing has changed
  // A pass that failed, or that was refused before it began: its roots, and which node was found freed or had
  // saved what was written since (saved; NULL: it was freed). fn NULL: that was not why.
  void (*pass_failed)(observer *o, var *const *roots, size_t n, node *fn, const saved *s);

  // What is neither an op nor a pass. A variable was made from data (var_given); its .grad became another
  // tensor or None; its flags were set; its elements were written outside autograd.
  void (*given)(observer *o, const var *v, const source_span *numbers, size_t n);
  void (*grad_set)(observer *o, const var *v);
  void (*flags_set)(observer *o, const var *v);
  void (*wrote)(observer *o, const var *v);

  // A statement of a script begins, or a round of a loop (fresh: which is a line of its own, and not the rest
  // of one); it will be begun again, so what it did does not count; it printed.
  void (*statement)(observer *o, bool fresh);
  void (*again)(observer *o);
  void (*printed)(observer *o, const char *text, size_t n);

  // A name went from one variable to another; NULL: from nowhere, to nowhere.
  void (*renamed)(observer *o, const char *name, size_t n, const var *was, const var *now);
};

static inline bool observed(const observer *o) { return __builtin_expect(o != NULL, 0); }

// observer_aside takes the observer away while its inside is of no interest; put back what it gave.
static inline observer *observer_aside(autograd *a) {
  observer *o = a->observer;
  a->observer = NULL;
  return o;
}
