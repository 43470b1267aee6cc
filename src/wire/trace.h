// trace.h - what a session did, event by event, as JSON: enough to replay it, forwards and back.
//
// {"steps":[event…],"passes":[pass…],"truncated":bool,"left_out":n}. Every event has
//
//   k, phase       its number from 0; "forward" or "backward"
//   kind           op: an op ran · node: a node of the graph ran backward
//                  accumulate, retain: a gradient went into the .grad of a leaf, of a tensor retaining it
//                  capture: `grad` gives a gradient to an input
//   line, step     of the script, of the batch; null
//   node, grad_fn  what the op recorded, or what runs; null. Ids are those of GET S/graph
//   edges          [{"to","input","local","contribution"}]: the nodes that the gradients of the inputs flow
//                  to, the local derivative (derivative.h), and, backward, what is handed on
//   incoming       backward: the gradient that arrived (of a node of several results, a list with null)
//   grad_before,   accumulate, retain: .grad, null for None
//   grad_after
//
// A forward event also has op, inplace, view, attributes, inputs
// [{"input","name","node","version","requires_grad","value"}] and results
// [{"name","version","requires_grad","is_leaf","value"}]; where a view had to find its way back to a base
// that was rewritten, `rebuilt` has the nodes that were made for it. accumulate, retain and capture have a
// name, the first two also whether .grad was made (else it was added to). Names are null where there is none.
//
// A pass is {"first","last","retain_graph","create_graph","roots":[{"node","name","seed"}],"freed"}: its
// events, and the ids of the nodes whose saved tensors were dropped at its end.
//
// Values are the elements, nested, of at most TRACE_ELEMENTS; else {"shape","dtype","min","max","mean"},
// without the last three where counting them would take too long. A trace has at most TRACE_EVENTS events and
// TRACE_BYTES bytes; then it is cut, says so, and counts what it left out. A pass or op that fails leaves no
// event.
#pragma once
#include "base/buffer.h"
#include "session/session.h"

enum { TRACE_ELEMENTS = 64, TRACE_EVENTS = 10000, TRACE_BYTES = 4 << 20, TRACE_NAMES = 8192 };

typedef struct trace trace;

// trace_open makes a trace. Its memory is charged to the process and not to the session, so that what is
// traced does not depend on it. NULL with a fault in the session: overloaded, out_of_memory.
trace *trace_open(session *s);
// trace_close frees it; NULL is fine. It must not be attached. Any thread may do it.
void trace_close(trace *t);

// trace_attach lets it watch its session, trace_detach ends that; both accept NULL, and may be called again.
void trace_attach(trace *t);
void trace_detach(trace *t);

// trace_step says to which step of a batch the next events belong. trace_undo drops the events since: the
// step has failed after all.
void trace_step(trace *t, int64_t step);
void trace_undo(trace *t);
// trace_line is the same for the line of a script; one that runs below this layer sets observer.line itself.
void trace_line(trace *t, int64_t line);

// trace_append writes `"trace":{…}` as the last member of the object that `out` ends with. What there is no
// room for is left out, as in any trace: it makes no buffer fail that has room for TRACE_SHORT bytes.
enum { TRACE_SHORT = 128 };
void trace_append(trace *t, buffer *out);
// trace_member writes the member alone, for an object that is written elsewhere.
void trace_member(trace *t, buffer *out);
