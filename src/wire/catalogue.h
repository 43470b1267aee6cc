// catalogue.h - the op table for people and programs: what GET /v1/ops, api/ops.json and `gradd ops` show.
//
// An entry is {"name","signature","args","doc","derivative","saves","local","inplace","view"}:
//   args        [{"name","kind","default","keyword_only"}]; kind is tensor, tensors, int, ints, bool, float,
//               number, string, dtype or index; no default: the argument is required
//   derivative  {input: formula}, where g is the gradient of the result and `result` the result (result1 the
//               second one): {} = not differentiable, null = built of other ops
//   saves       {input: [what]}: the tensors that recording the op keeps for that gradient, hence those that
//               may not be written in place before backward
//   local       {input: {"text","latex"}}: the local derivative for people (derivative.h); {} and null as
//               for `derivative`
//   inplace     the op writes its first argument, or NAME_ exists and does
//   view        the result shares storage with the first argument
// doc is English or Chinese. Everything needs ops_init; failure is the buffer's.
#pragma once
#include "base/buffer.h"

// catalogue_write: {"ops":[…]}, every public row, one on a line, by name and then in the order in which
// overloads are tried.
void catalogue_write(buffer *b, bool chinese);

// catalogue_count: how many entries that are.
unsigned catalogue_count(void);

// catalogue_write_one: the entry of the first overload and {"overloads":[…]} in one object. In-place names
// (add_) have entries too. False, nothing written: no such op.
bool catalogue_write_one(buffer *b, const char *name, size_t n, bool chinese);

// catalogue_print writes text: a line an op, or (name, which ends with NUL) all that there is to say about
// one. False, nothing written: no such op.
bool catalogue_print(buffer *b, const char *name, bool chinese);

// catalogue_formula rewrites a gradient formula of ops.def as people write it: op_sum_dim(a, g,
// one_dim(A.dim), true, DT_none) becomes sum(g, dim, True).
void catalogue_formula(buffer *b, const char *text);
