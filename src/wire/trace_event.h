// trace_event.h - the inside of a trace, and how it hears of events; private to trace*.c.
#pragma once
#include "autograd/observer.h"
#include "wire/json_writer.h"
#include "wire/trace.h"

// buffer_mend lets a buffer that had no room go on with what it holds.
static inline void buffer_mend(buffer *b) { b->failed = b->over_budget = false; }

// Variables by the names they have now. A variable that has a name lives, so none of these is stale.
typedef struct trace_names {
  const var **vars; // NULL: the place is free
  bool *again;      // an earlier place has the same variable
  char (*names)[NAME_MAX_BYTES + 1];
  size_t n, room;
} trace_names;

enum {
  TRACE_UNNAMED = 64, // places where one may still get a name
  TRACE_HELD = 16     // notes that wait for that, to a sink
};

struct trace {
  observer observer;  // first: the two are one
  observer_pair pair; // with who watched before it was attached
  observer *before;
  bool attached;
  session *s;
  trace_sink sink;         // sink.put NULL: it is kept
  uint64_t told, standing; // how many objects went into the sink, and of these were not undone
  // To a sink: `steps` holds an event that may still get a name, and `notes` some that wait for theirs or
  // behind it, and where each begins. Nothing else is in there.
  bool pending;
  size_t held[TRACE_HELD];
  unsigned n_held;
  budget *charged;
  size_t bytes; // charged
  buffer steps, passes, notes, failed, text;
  json_writer w; // of the steps, or of a note while one is written
  int64_t events, left_out, n_passes;
  int64_t n_notes, notes_left_out;
  bool cut;  // no further event is written
  bool open; // an event is being written
  size_t start;
  int64_t step; // of a batch; -1: none
  uint64_t work;
  trace_names known;
  // Tensors of the newest event, and of the notes since, that have no name yet, and where `null` stands for
  // it.
  struct trace_unnamed {
    uint64_t id; // 0: it has got one
    buffer *in;
    size_t at;
  } unnamed[TRACE_UNNAMED];
  unsigned n_unnamed;
  uint64_t newest; // creation numbers from here on were given since the op began
  uint64_t first;  // and ids of tensors from here on, since the trace was opened
  // Where it stood when the step, and when the pass began; what undoing goes back to.
  struct trace_mark {
    size_t steps, passes, notes;
    int64_t events, left_out, n_passes, n_notes, notes_left_out;
    uint64_t told, standing;
    bool cut;
  } step_mark, pass_mark;
  // The pass under way.
  bool retain_graph, create_graph;
  buffer roots, freed;
  json_writer roots_w, freed_w;
};

// ---- the sink
// trace_put gives it an object, if there is one; trace_flush what waits for names; trace_flush_named does so
// if none is missing.
void trace_put(trace *t, const char *what, const char *json, size_t n);
void trace_flush(trace *t);
void trace_flush_named(trace *t);

// The hooks of an observer: ops and what failed, passes, notes (trace_event.c, trace_pass.c, trace_note.c).
void trace_event_hooks(observer *o);
void trace_pass_hooks(observer *o);
void trace_note_hooks(observer *o);
void trace_step(observer *o, int64_t step);
struct trace_mark trace_marked(trace *t);
void trace_back(trace *t, struct trace_mark to);
// trace_finished: what stands in b from `start` on is a whole event or note. False: there was no room, and it
// is gone.
bool trace_finished(trace *t, buffer *b, size_t start);

// ---- names
const char *trace_name_of(const trace *t, const var *v); // NULL: none
void trace_renamed(observer *o, const char *name, size_t n, const var *was, const var *now);
// trace_unnamed_here: v has no name, and `null` is about to be written for it.
void trace_unnamed_here(trace *t, const var *v);
// trace_holder finds a living variable with the elements that were saved, one with a name first; NULL: none
// is known.
const var *trace_holder(const trace *t, const saved *s);

// trace_wrote_through notes the named tensors that have elements or the version of v, which was just written.
void trace_wrote_through(trace *t, const var *v);

// ---- failures (trace_failed.c)
void trace_op_failed(trace *t, const op_call *k, bool inplace);
void trace_pass_failed(observer *o, var *const *roots, size_t n, node *fn, const saved *s);

// ---- events
// trace_event_begin opens one; false: it is left out. trace_event_end closes it.
bool trace_event_begin(trace *t, const char *phase, const char *event);
void trace_event_end(trace *t);

// ---- parts
void trace_add_node(trace *t, const node *fn);         // and its grad_fn; NULL: null
void trace_add_edge(trace *t, node *n, unsigned edge); // its members but the contribution
void trace_add_edges(trace *t, node *n);               // without contributions; NULL: none
void trace_add_no_gradients(trace *t, bool incoming);
// trace_add_behind: of a view whose base was written, the base and the grad_fn that leads to it.
void trace_add_behind(trace *t, const var *v);
// trace_node_of: what a variable's gradient flows to, as far as that exists already.
const node *trace_node_of(const var *v);
void trace_add_op(trace *t, json_writer *w, const op_call *k, bool inplace);
void trace_add_value(trace *t, const char *key, const var *v); // NULL: null
// trace_add_slot writes which input or output of the op a saved entry is of.
void trace_add_slot(json_writer *w, const node *worker, const saved *s);
static inline void trace_add_text(json_writer *w, const char *key, const char *text) { // NULL: null
  json_add_key(w, key);
  json_add_text_or_null(w, text);
}
static inline void trace_add_number(json_writer *w, const char *key, int64_t x) {
  json_add_key(w, key);
  json_add_i64(w, x);
}
static inline void trace_add_flag(json_writer *w, const char *key, bool on) {
  json_add_key(w, key);
  json_add_bool(w, on);
}
static inline void trace_add_null(json_writer *w, const char *key) {
  json_add_key(w, key);
  json_add_null(w);
}
static inline void trace_add_node_id(json_writer *w, const node *fn) {
  if (fn)
    trace_add_number(w, "node", node_id(fn));
  else
    trace_add_null(w, "node");
}
static inline void trace_add_id(json_writer *w, const char *key, const var *v) {
  if (v)
    trace_add_number(w, key, (int64_t)v->id);
  else
    trace_add_null(w, key);
}
// trace_add_where writes the line of the script and the step of the batch.
void trace_add_where(trace *t, json_writer *w);
