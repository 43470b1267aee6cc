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
  char (*names)[NAME_MAX_BYTES + 1];
  size_t n, room;
} trace_names;

enum { TRACE_RESULTS = 64 }; // of one event that may still get a name

struct trace {
  observer observer; // first: the two are one
  session *s;
  budget *charged;
  size_t bytes; // charged
  buffer steps, passes, text;
  json_writer w;
  int64_t events, left_out, n_passes;
  bool cut;  // no further event is written
  bool open; // an event is being written
  size_t start;
  int64_t step; // of a batch; -1: none
  uint64_t work;
  trace_names known;
  // The results of the newest event that have no name yet, and where `null` stands for it.
  const var *unnamed[TRACE_RESULTS];
  size_t unnamed_at[TRACE_RESULTS];
  unsigned n_unnamed;
  uint64_t newest; // creation numbers from here on were given since the op began
  // Where it stood when the step, and when the pass began; what undoing goes back to.
  struct trace_mark {
    size_t steps, passes;
    int64_t events, left_out, n_passes;
    bool cut;
  } step_mark, pass_mark;
  // The pass under way.
  bool retain_graph, create_graph;
  buffer roots, freed;
  json_writer roots_w, freed_w;
};

// trace_event_hooks fills the observer of a trace.
void trace_event_hooks(observer *o);
const char *trace_name_of(const trace *t, const var *v); // NULL: none
void trace_renamed(observer *o, const char *name, size_t n, const var *was, const var *now);
struct trace_mark trace_marked(const trace *t);
void trace_back(trace *t, struct trace_mark to);
