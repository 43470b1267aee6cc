// batch.h - many commands from one body, in order, with one answer. It can be run in parts: it stops before a
// step that would take longer than it may, and goes on where it stopped.
#pragma once
#include "wire/decode.h"
#include "wire/document.h"
#include "wire/trace.h"

enum { BATCH_BLOCKS = 16 }; // how deep no_grad blocks may nest

typedef struct batch {
  session *s;
  decoder d;
  json_cur body, steps[BATCH_BLOCKS]; // steps[depth]: what is left of each open block
  json_lines lines;
  bool by_lines, no_grad, want_results, want_trace, done; // done: every step was run
  bool changed;                                           // a step was carried out
  unsigned depth;                                         // 0: before the first step
  json_cur pending;                                       // a step that was put off; at == NULL: none
  json_cur wanted;                                        // the "return" list; at == NULL: none
  const char *return_names;                               // of a query string, comma-separated; NULL = none
  size_t completed;                                       // steps of the outermost list
  buffer results;                                         // "results" as they come
  trace *trace;                                           // owned; NULL: not wanted, or nothing has run yet
  json_writer out;
} batch;

typedef enum batch_state { BATCH_failed, BATCH_done, BATCH_more } batch_state;

// batch_open checks the whole body; nothing is executed. The body must stay until batch_finish.
bool batch_open(batch *b, session *s, const char *body, size_t n, bool by_lines, bool want_results);
// batch_run executes steps while their estimated cost fits into *allowed_ns (lowered as it goes; UINT64_MAX:
// all). BATCH_more: the next step, or writing the answer, costs more. BATCH_failed: the fault is the
// session's, b->completed the index of the step.
batch_state batch_run(batch *b, uint64_t *allowed_ns);
// batch_write writes the answer of a batch that is done; false with a fault when "return" names what is not
// there.
bool batch_write(batch *b, buffer *out);
void batch_finish(batch *b);  // also drops temporary names
void batch_abandon(batch *b); // frees memory only: for a thread that may not touch the session
