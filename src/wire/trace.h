// trace.h - what a session did, event by event, as JSON: enough to replay it, forwards and back.
//
// {"steps":[event…],"passes":[pass…],"notes":[note…],"notes_left_out":n,"failed":…,"truncated":bool,
// "left_out":n}. Every event has
//
//   k, phase       its number from 0; "forward" or "backward"
//   kind           op: an op ran · node: a node of the graph ran backward
//                  accumulate, retain: a gradient went into the .grad of a leaf, of a tensor retaining it
//                  capture: `grad` gives a gradient to an input
//   line, step     of the script, of the batch; null
//   node, grad_fn  what the op recorded, or what runs; null. Ids are those of GET S/graph
//   edges          [{"to","input","local","contribution"}]: the nodes that the gradients of the inputs flow
//                  to, the local derivative (derivative.h), and, backward, what is handed on; "output" where
//                  that is for another result of the node than its first
//   incoming       backward: the gradient that arrived (of a node of several results, a list with null)
//   grad_before,   accumulate, retain: .grad, null for None
//   grad_after
//
// A forward event also has op, inplace, view, "grad_mode":false where that is off, attributes, inputs
// [{"input","argument","id","name","node","version","requires_grad","value"}] (of a tensor made before the
// trace was opened also dtype, shape, is_leaf, grad_fn) and results
// [{"id","name","dtype","shape","version","requires_grad","is_leaf","value"}]; what the node keeps for
// backward, saved [{"input","output","name","version"}] (one of the first two is null; a copy has no name);
// where a view had to find its way back to a base that was rewritten, `rebuilt` has the nodes that were made
// for it. Where a view was written and so its base got the node, `rewritten` is the base, as results are; a
// view whose base was written since also has "base", the id of that, and the "grad_fn" that will lead there;
// a result that has the elements of an input has "shares", the id of that. accumulate, retain and capture
// have `tensor` and name, whose gradient it is, and `grad`, the gradient itself; the first two also whether
// .grad was made (else it was added to). Names are null where there is none. An id is that of a tensor
// (var.h), given once in the life of a session; a number or a list among the inputs of an op is a tensor that
// was told of nowhere else.
//
// A pass is {"first","last","retain_graph","create_graph","roots":[{"node","id","name","seed"}],"freed"}: its
// events, and the ids of the nodes whose saved tensors were dropped at its end.
//
// A note is {"at","kind","line","step",…}: `at` events were recorded before it. By kind:
//
//   line    a statement of a script begins; the head of a loop once a round, and once more when it ends
//   print   text: what a call printed, "cut":true if that is not all
//   tensor  a tensor was made from data: id, name, dtype, shape, requires_grad, value. If nothing but numbers
//           was written for it, in the source that runs and at that place, at most 64 of them, also numbers
//           [{"line","column","end_line","end_column"}]: where each element stands, in row-major order, its
//           sign included. Lines and columns count from 1, a column is a character (code point) of its line
//           as in the places of errors, and the end is behind the last one
//   name    name, id: what it is bound to; null if to no tensor any more. Names that are local to a function
//           of a script are not told
//   grad    .grad of id, name became another tensor or None, by no pass: grad (id or null), value
//   flags   id, name, requires_grad, is_leaf, retains_grad as they are now
//   data    the elements of id, name were written: outside autograd, or through another tensor that shares
//           them or their version (then id has a name): version, value; base, grad_fn as in results
//
// `failed` is null, or what the op or the pass that failed since the statement or step began was about:
// {"kind":"op","line","step","op","inputs":[{"input","id","name","version","requires_grad","is_leaf"}]} or
// {"kind":"pass","line","step","roots":[{"node","id","name"}],"node","grad_fn","saved"}: node is what was
// found freed, or had saved {"input","output","id","name","version","expected"}, which is at that version by
// now (id, name: a living tensor that shares its elements). Each is null where it does not apply.
//
// Values are the elements, nested, of at most TRACE_ELEMENTS; else {"shape","dtype","min","max","mean"},
// without the last three where counting them would take too long. A trace has at most TRACE_EVENTS events and
// TRACE_BYTES bytes; then it is cut, says so, and counts what it left out. So it is with TRACE_NOTES notes of
// as many bytes again. A pass or op that fails leaves no event.
#pragma once
#include "base/buffer.h"
#include "session/session.h"

enum {
  TRACE_ELEMENTS = 64,
  TRACE_EVENTS = 10000,
  TRACE_NOTES = 20000,
  TRACE_BYTES = 6 << 20,
  TRACE_NAMES = 8192
};

typedef struct trace trace;

// trace_open makes a trace. Its memory is charged to the process and not to the session, so that what is
// traced does not depend on it. NULL with a fault in the session: overloaded, out_of_memory.
trace *trace_open(session *s);
// Somebody who is given each object of a trace when it is complete: a step when its results have got their
// names, at the latest when the next one begins, so it is with a note, and they come in the order in which
// they happened. Called in the thread of the session.
typedef struct trace_sink {
  // put is given a "step", a "note" or a "pass" (`what` is static), n bytes of JSON; NULL: there was no
  // memory for that one.
  void (*put)(void *user, const char *what, const char *json, size_t n);
  // undo says that the newest n of what was put, or more, have not happened. It counts as one put.
  void (*undo)(void *user, uint64_t n);
  void *user; // borrowed
} trace_sink;

// trace_open_to makes one that keeps nothing and is never cut: everything goes to a sink.
trace *trace_open_to(session *s, trace_sink sink);
// trace_close frees it; NULL is fine. It must not be attached. Any thread may do it.
void trace_close(trace *t);

// trace_attach lets it watch its session, beside who watches already; trace_detach ends that, the last first.
// Both accept NULL, and may be called again.
void trace_attach(trace *t);
void trace_detach(trace *t);

// trace_undo drops the events and notes since the step of a batch or the statement of a script began, or
// since it was opened: that has failed after all, or is begun again.
void trace_undo(trace *t);
// trace_line is the same for the line of a script; one that runs below this layer sets observer.line itself.
void trace_line(trace *t, int64_t line);

// trace_failure is the JSON of `failed`; NULL: null. Borrowed, until the trace is told of anything else.
const buffer *trace_failure(const trace *t);

// trace_append writes `"trace":{…}` as the last member of the object that `out` ends with. What there is no
// room for is left out, as in any trace: it makes no buffer fail that has room for TRACE_SHORT bytes.
enum { TRACE_SHORT = 192 };
void trace_append(trace *t, buffer *out);
// trace_member writes the member alone, for an object that is written elsewhere.
void trace_member(trace *t, buffer *out);
