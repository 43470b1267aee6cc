// backward.h - reverse-mode differentiation of what was recorded.
//
// Order: nodes run by descending creation number, as in PyTorch, so sums are added up in one reproducible
// order. A pass is all or nothing: freed graphs and changed saved tensors are found before anything runs,
// leaves and freed tensors are touched only after everything has run, so a failure leaves the session as it
// was.
#pragma once
#include "autograd/op.h"

typedef struct backward_options {
  bool retain_graph, create_graph;
  // Called, if not NULL, when all is computed and nothing has changed yet: with the variables whose .grad
  // will change, or with the gradients that were asked for. False, with a fault: the pass fails, and nothing
  // changes.
  bool (*ready)(void *arg, var *const *vars, size_t n);
  void *arg;
} backward_options;

typedef struct backward_result {
  size_t nodes;   // nodes run, accumulation into leaves included
  var **received; // backward only: variables whose .grad changed, oldest first; counted references, owned
  size_t n_received;
} backward_result;
void backward_result_finish(autograd *a, backward_result *r);

// autograd_backward adds the gradients of roots[] (seeded with seeds[i], NULL = 1 for a one-element root) to
// the .grad of the leaves that require grad, or of inputs[] only if n_inputs > 0 (a non-leaf input then
// retains its gradient). Errors: no_graph, grad_not_scalar, grad_output_shape, graph_freed, saved_modified,
// and what the formulas meet (quota_exceeded, time_limit, out_of_memory).
bool autograd_backward(autograd *a, var *const *roots, var *const *seeds, size_t n_roots, var *const *inputs,
                       size_t n_inputs, backward_options options, backward_result *result);

// autograd_grad gives in grads[] the gradient of the outputs for each input, owned by the scope, NULL where
// an input is not reached (unused_input unless allow_unused); touches no .grad, also none that is retained
// (PyTorch fills those).
bool autograd_grad(autograd *a, var *const *outputs, var *const *seeds, size_t n_outputs, var *const *inputs,
                   size_t n_inputs, backward_options options, bool allow_unused, var **grads, size_t *nodes);
