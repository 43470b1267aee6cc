// trace_note.c - what a trace tells besides ops and passes, in order of time.
#include "base/utf8.h"
#include "wire/trace_event.h"
#include "wire/trace_value.h"

enum { PRINTED_BYTES = 4000 }; // of one call of print

static bool begin_behind(trace *t, const char *what, size_t *start) {
  if (!t->sink.put && (t->notes_left_out || t->n_notes == TRACE_NOTES)) {
    t->notes_left_out++;
    return false;
  }
  *start = t->notes.len;
  t->w = (json_writer){.out = &t->notes, .comma = t->n_notes && !t->sink.put ? 1 : 0};
  json_begin_object(&t->w);
  trace_add_number(&t->w, "at", t->events);
  trace_add_text(&t->w, "kind", what);
  trace_add_where(t, &t->w);
  return true;
}

static bool begin(trace *t, const char *what, size_t *start) {
  trace_flush(t);
  return begin_behind(t, what, start);
}

// To a sink: it waits behind what waits.
static void hold(trace *t, size_t start, bool whole) {
  if (!whole) {
    trace_flush(t);
    trace_put(t, "note", NULL, 0);
    return;
  }
  t->held[t->n_held++] = start;
  if (t->n_held == TRACE_HELD)
    trace_flush(t);
  else
    trace_flush_named(t);
}

static void end(trace *t, size_t start) {
  json_end_object(&t->w);
  bool whole = trace_finished(t, &t->notes, start);
  t->w = (json_writer){.out = &t->steps};
  if (t->sink.put)
    hold(t, start, whole);
  else if (whole)
    t->n_notes++;
  else
    t->notes_left_out++;
}

// ---- of scripts

static void statement(observer *o, bool fresh) {
  trace *t = (trace *)o;
  size_t start;
  t->failed.len = 0;
  t->step_mark = trace_marked(t);
  if (fresh && begin(t, "line", &start)) end(t, start);
}

static void again(observer *o) { trace_undo((trace *)o); }

static void printed(observer *o, const char *text, size_t n) {
  trace *t = (trace *)o;
  size_t start, most = n > PRINTED_BYTES ? utf8_cut(text, n, PRINTED_BYTES) : n;
  if (!begin(t, "print", &start)) return;
  json_add_key(&t->w, "text");
  json_add_string(&t->w, text, most);
  if (most < n) trace_add_flag(&t->w, "cut", true);
  end(t, start);
}

// ---- of tensors

// Begins a note on v; its name may still come.
static bool begin_of(trace *t, const char *what, const var *v, size_t *start) {
  if (!begin(t, what, start)) return false;
  const char *name = trace_name_of(t, v);
  trace_add_id(&t->w, "id", v);
  json_add_key(&t->w, "name");
  if (!name) trace_unnamed_here(t, v);
  json_add_text_or_null(&t->w, name);
  return true;
}

static void add_numbers(json_writer *w, const source_span *numbers, size_t n) {
  json_add_key(w, "numbers");
  json_begin_array(w);
  for (size_t i = 0; i < n; i++) {
    json_begin_object(w);
    trace_add_number(w, "line", numbers[i].line);
    trace_add_number(w, "column", numbers[i].column);
    trace_add_number(w, "end_line", numbers[i].end_line);
    trace_add_number(w, "end_column", numbers[i].end_column);
    json_end_object(w);
  }
  json_end_array(w);
}

static void given(observer *o, const var *v, const source_span *numbers, size_t n) {
  trace *t = (trace *)o;
  size_t start;
  if (!begin_of(t, "tensor", v, &start)) return;
  trace_type(&t->w, &v->t);
  trace_add_flag(&t->w, "requires_grad", var_requires_grad(v));
  trace_add_value(t, "value", v);
  if (n) add_numbers(&t->w, numbers, n);
  end(t, start);
}

static void grad_set(observer *o, const var *v) {
  trace *t = (trace *)o;
  size_t start;
  if (!begin_of(t, "grad", v, &start)) return;
  trace_add_id(&t->w, "grad", var_grad(v));
  trace_add_value(t, "value", var_grad(v));
  end(t, start);
}

static void flags_set(observer *o, const var *v) {
  trace *t = (trace *)o;
  size_t start;
  if (!begin_of(t, "flags", v, &start)) return;
  trace_add_flag(&t->w, "requires_grad", var_requires_grad(v));
  trace_add_flag(&t->w, "is_leaf", var_is_leaf(v));
  trace_add_flag(&t->w, "retains_grad", var_retains_grad(v));
  end(t, start);
}

static void note_data(trace *t, const var *v) {
  size_t start;
  if (!begin_of(t, "data", v, &start)) return;
  trace_add_number(&t->w, "version", var_version(v));
  trace_add_behind(t, v);
  trace_add_value(t, "value", v);
  end(t, start);
}

void trace_wrote_through(trace *t, const var *v) {
  const trace_names *k = &t->known;
  const storage *root = storage_root(v->t.storage);
  for (size_t i = 0; i < k->n; i++) {
    const var *of = k->vars[i];
    if (!of || of == v || k->again[i] || storage_root(of->t.storage) != root) continue;
    bool counts = of->t.storage == v->t.storage; // its version is the same, whichever elements it has
    if (counts || tensor_overlap(&of->t, &v->t) != OVERLAP_none) note_data(t, of);
  }
}

static void wrote(observer *o, const var *v) {
  note_data((trace *)o, v);
  trace_wrote_through((trace *)o, v);
}

static void renamed(observer *o, const char *name, size_t n, const var *was, const var *now) {
  trace *t = (trace *)o;
  size_t start;
  trace_renamed(o, name, n, was, now);
  if (was == now || !begin_behind(t, "name", &start)) return; // the event that it names comes before it
  json_add_key(&t->w, "name");
  json_add_string(&t->w, name, n);
  trace_add_id(&t->w, "id", now);
  end(t, start);
}

void trace_note_hooks(observer *o) {
  o->statement = statement;
  o->again = again;
  o->printed = printed;
  o->given = given;
  o->grad_set = grad_set;
  o->flags_set = flags_set;
  o->wrote = wrote;
  o->renamed = renamed;
}
