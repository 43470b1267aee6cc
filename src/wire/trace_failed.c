// trace_failed.c - what the op or the pass that failed last was about, as one JSON object.
#include "autograd/ops.h"
#include "autograd/view.h"
#include "wire/graph.h"
#include "wire/trace_event.h"

enum { SHOWN = 64 }; // inputs of an op, roots of a pass

static json_writer begin(trace *t, const char *what) {
  json_writer w = {.out = &t->failed};
  t->failed.len = 0;
  json_begin_object(&w);
  trace_add_text(&w, "kind", what);
  trace_add_where(t, &w);
  return w;
}

// What there is no room for is not told.
static void end(trace *t, json_writer *w) {
  json_end_object(w);
  trace_finished(t, w->out, 0);
}

void trace_op_failed(trace *t, const op_call *k, bool inplace) {
  json_writer w = begin(t, "op");
  trace_add_op(t, &w, k, inplace);
  json_add_key(&w, "inputs");
  json_begin_array(&w);
  for (unsigned i = 0; i < k->n_in && i < SHOWN; i++) {
    const var *v = k->in[i];
    if (!v) continue; // an optional one that was not given
    json_begin_object(&w);
    trace_add_number(&w, "input", graph_argument(&OPS[k->op], i));
    trace_add_id(&w, "id", v);
    trace_add_text(&w, "name", trace_name_of(t, v));
    trace_add_number(&w, "version", var_version(v));
    trace_add_flag(&w, "requires_grad", var_requires_grad(v));
    trace_add_flag(&w, "is_leaf", var_is_leaf(v));
    json_end_object(&w);
  }
  json_end_array(&w);
  end(t, &w);
}

void trace_add_slot(json_writer *w, const node *worker, const saved *s) {
  if (s->is_output)
    trace_add_null(w, "input");
  else
    trace_add_number(w, "input", graph_argument(&OPS[worker->op], s->slot));
  if (s->is_output)
    trace_add_number(w, "output", s->slot);
  else
    trace_add_null(w, "output");
}

static void add_modified(trace *t, json_writer *w, node *fn, const saved *s) {
  const var *holder = trace_holder(t, s);
  json_begin_object(w);
  trace_add_slot(w, fn->op == OP_copy_slices ? copy_slices_inner(fn) : fn, s);
  trace_add_id(w, "id", holder);
  trace_add_text(w, "name", holder ? trace_name_of(t, holder) : NULL);
  trace_add_number(w, "version", s->storage->version);
  trace_add_number(w, "expected", s->version);
  json_end_object(w);
}

void trace_pass_failed(observer *o, var *const *roots, size_t n, node *fn, const saved *s) {
  trace *t = (trace *)o;
  json_writer w = begin(t, "pass");
  json_add_key(&w, "roots");
  json_begin_array(&w);
  for (size_t i = 0; i < n && i < SHOWN; i++) {
    json_begin_object(&w);
    trace_add_node_id(&w, trace_node_of(roots[i]));
    trace_add_id(&w, "id", roots[i]);
    trace_add_text(&w, "name", trace_name_of(t, roots[i]));
    json_end_object(&w);
  }
  json_end_array(&w);
  trace_add_node_id(&w, fn);
  trace_add_text(&w, "grad_fn", fn ? node_name(fn) : NULL);
  json_add_key(&w, "saved");
  if (fn && s)
    add_modified(t, &w, fn, s);
  else
    json_add_null(&w);
  end(t, &w);
}
