// command.h - what can be done to a session: one struct a verb, one executor. REST routes, batches, scripts
// and tests all become these.
//
// A command that fails leaves the session as it was; the fault is the session's.
#pragma once
#include "autograd/backward.h"
#include "command/bind.h"

typedef enum verb {
  VERB_none,
  VERB_tensor,    // make a leaf and bind it
  VERB_op,        // call an op, bind its results
  VERB_backward,  // add gradients into .grad
  VERB_grad,      // give gradients
  VERB_zero_grad, // clear .grad
  VERB_delete,    // drop names
  VERB_retain_grad,
  VERB_requires_grad,
  VERB_step, // an optimizer's step
  VERB_manual_seed,
} verb;

typedef struct values {
  const value *at; // borrowed
  unsigned n;
} values;

typedef struct command {
  verb verb;
  // Called, if not NULL, when what there is to answer is known and nothing has changed yet: with the results
  // of an op or a grad (NULL entries: None), the tensor that is made or written in place, or those whose
  // .grad will change. False, with a fault: the command fails.
  bool (*ready)(void *arg, var *const *vars, size_t n);
  void *ready_arg;
  bool no_grad;
  uint64_t allowed_ns; // estimated work beyond which it is not even begun (result.too_long); UINT64_MAX: any
  bool too_long;       // decoding it stopped for the same reason
  bool temporaries;    // names that start with _ go at session_drop_temporaries
  value name;  // of the op, tensor, optimizer: VALUE_text; of a tensor also VALUE_none, then one is made
  values args; // op: positional; backward, grad: roots; zero_grad, delete: names
  const keyword *kw;
  unsigned n_kw;
  values out;         // names to bind results to; none = names are made
  tensor data;        // VERB_tensor: owned by the command until run has taken it
  uint64_t drawn;     // random blocks that went into it: given back if the command fails
  bool requires_grad; // tensor, requires_grad
  int64_t seed;       // manual_seed
  values gradients;   // backward, grad: seeds; n == 0 = all implicit
  values inputs;      // backward, grad
  bool all_inputs;    // backward: no `inputs` was given
  bool all;           // zero_grad: every tensor
  bool create_graph, allow_unused, materialize, set_to_none;
  enum { RETAIN_default, RETAIN_no, RETAIN_yes } retain_graph;
} command;

enum { RESULTS_MAX = 256 };
typedef struct command_result {
  unsigned n;               // results: of an op, or one a grad input
  var *vars[RESULTS_MAX];   // NULL: None. Owned by the scope or the session
  value names[RESULTS_MAX]; // VALUE_text, VALUE_none if it has none
  bool new_name;            // tensor: the name was free before
  bool too_long;            // it did not run: it would take longer than allowed_ns
  size_t nodes;             // backward, grad: nodes run
  backward_result received; // backward: owned
} command_result;

// command_run runs c. The result is valid until the scope it ran in is left; finish it in any case. False: a
// fault, or too_long without one.
bool command_run(session *s, command *c, command_result *r);
void command_result_finish(session *s, command_result *r);
void command_finish(command *c); // drops what run has not taken

// ---- outside autograd: PyTorch's `.data`. The version counter stays, the raw counter rises.
bool command_write_data(session *s, var *v, const tensor *data);
bool command_patch_data(session *s, var *v, const value *index, const value *number);
bool command_set_grad(session *s, var *v, tensor *data); // takes the tensor; NULL: None
