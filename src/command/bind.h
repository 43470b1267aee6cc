// bind.h - matching arguments to a signature of ops.def, as Python does: by position, by keyword, with
// defaults, and over the overloads of a name.
#pragma once
#include "autograd/ops.h"
#include "command/value.h"
#include "session/session.h"

enum { BOUND_ATTRS = 768, BOUND_FEW = 8 };

// A call ready to run.
typedef struct bound {
  int op;
  bool inplace;
  unsigned n_in;
  var **in; // few, or owned memory; the variables are owned by the scope or the session
  var *few[BOUND_FEW];
  max_align_t attrs[BOUND_ATTRS / sizeof(max_align_t)];
} bound;

// bind_op fills *b for a call of the op `name` ("add", "add_"). op_unknown, bad_argument, and what resolving
// a name or a literal meets. Finish it in any case.
bool bind_op(session *s, const char *name, size_t n, const value *args, unsigned n_args, const keyword *kw,
             unsigned n_kw, bound *b);
// bind_rows is bind_op for an op whose first row is known, from op_find.
bool bind_rows(session *s, int first, bool inplace, const value *args, unsigned n_args, const keyword *kw,
               unsigned n_kw, bound *b);
// bind_row is bind_op for one row, which may be an internal one.
bool bind_row(session *s, unsigned op, bool inplace, const value *args, unsigned n_args, const keyword *kw,
              unsigned n_kw, bound *b);
void bound_finish(bound *b);

// bound_run runs it: results (owned by the scope) in out[], at most `room`.
bool bound_run(session *s, bound *b, var **out, unsigned room, unsigned *n_out);
static inline uint64_t bound_cost(const bound *b) {
  return op_cost((unsigned)b->op, b->in, b->n_in, b->attrs);
}

// value_variable turns one value into a variable: a name, NAME.grad, a number (promotes weakly), or a literal
// list.
var *value_variable(session *s, const value *v, const char *what);
