#include "wire/trace_event.h"
#include "autograd/ops.h"
#include "autograd/view.h"
#include "wire/derivative.h"
#include "wire/graph.h"
#include "wire/trace_value.h"

// ---- an event

void trace_add_where(trace *t, json_writer *w) {
  json_add_key(w, "line");
  if (t->observer.line > 0)
    json_add_i64(w, t->observer.line);
  else
    json_add_null(w);
  json_add_key(w, "step");
  if (t->step >= 0)
    json_add_i64(w, t->step);
  else
    json_add_null(w);
}

bool trace_event_begin(trace *t, const char *phase, const char *event) {
  trace_flush(t);
  t->n_unnamed = 0;
  if (t->cut || (t->events == TRACE_EVENTS && !t->sink.put)) {
    t->cut = true;
    t->left_out++;
    return t->open = false;
  }
  json_writer *w = &t->w;
  t->open = true;
  t->start = t->steps.len;
  w->comma = t->steps.len ? 1 : 0;
  json_begin_object(w);
  json_add_key(w, "k");
  json_add_i64(w, t->events);
  json_add_key(w, "phase");
  json_add_text(w, phase);
  json_add_key(w, "kind");
  json_add_text(w, event);
  trace_add_where(t, w);
  return true;
}

void trace_event_end(trace *t) {
  if (!t->open) return;
  json_end_object(&t->w);
  t->open = false;
  if (trace_finished(t, &t->steps, t->start)) {
    t->events++;
    t->pending = t->sink.put != NULL;
    trace_flush_named(t);
    return;
  }
  if (t->sink.put) { // there was no room for it
    t->events++;
    trace_put(t, "step", NULL, 0);
    return;
  }
  t->cut = true; // it is the first that is left out
  t->left_out++;
}

static void take_back(trace *t) {
  if (!t->open) {
    t->left_out--;
    return;
  }
  t->open = false;
  t->steps.len = t->start;
  buffer_mend(&t->steps);
}

// ---- parts of events

void trace_add_node(trace *t, const node *fn) {
  trace_add_node_id(&t->w, fn);
  trace_add_text(&t->w, "grad_fn", fn ? node_name(fn) : NULL);
}

void trace_add_value(trace *t, const char *key, const var *v) {
  json_add_key(&t->w, key);
  if (v)
    trace_value(&t->w, &v->t, &t->work);
  else
    json_add_null(&t->w);
}

const node *trace_node_of(const var *v) {
  if (view_is_behind(v) && v->meta->base->grad_fn) return v->meta->base->grad_fn;
  return v->grad_fn ? v->grad_fn : v->meta ? v->meta->accumulator : NULL;
}

static const struct op *op_of_edge(node *n, unsigned edge) {
  if (n->op == OP_copy_slices && edge > 0) return &OPS[copy_slices_inner(n)->op];
  return &OPS[n->op];
}

static void add_words(trace *t, const char *key, const struct op *o, const char *input,
                      enum derivative_style style) {
  buffer *text = &t->text;
  text->len = 0;
  derivative_write(text, o, input, style);
  json_add_key(&t->w, key);
  json_add_string(&t->w, text->data ? text->data : "", text->len);
  t->steps.failed |= text->failed;
  buffer_mend(text);
}

// The members of an edge but its contribution.
void trace_add_edge(trace *t, node *n, unsigned edge) {
  json_writer *w = &t->w;
  const struct op *o = op_of_edge(n, edge), *arguments = o;
  if (n->op == OP_copy_slices) arguments = &OPS[copy_slices_inner(n)->op];
  const char *input = derivative_input(o, edge);
  json_add_key(w, "to");
  json_add_i64(w, node_id(node_edges(n)[edge]));
  json_add_key(w, "input");
  json_add_i64(w, graph_argument(arguments, edge));
  if (node_edge_nrs(n)[edge]) trace_add_number(w, "output", node_edge_nrs(n)[edge]);
  json_add_key(w, "local");
  if (!input) {
    json_add_null(w);
    return;
  }
  json_begin_object(w);
  add_words(t, "text", o, input, DERIVATIVE_text);
  add_words(t, "latex", o, input, DERIVATIVE_latex);
  json_end_object(w);
}

void trace_add_edges(trace *t, node *n) {
  json_writer *w = &t->w;
  json_add_key(w, "edges");
  json_begin_array(w);
  for (unsigned i = 0; n && i < n->n_edges && !t->steps.failed; i++) {
    if (!node_edges(n)[i]) continue;
    json_begin_object(w);
    trace_add_edge(t, n, i);
    json_add_key(w, "contribution");
    json_add_null(w);
    json_end_object(w);
  }
  json_end_array(w);
}

void trace_add_no_gradients(trace *t, bool incoming) {
  if (incoming) trace_add_value(t, "incoming", NULL);
  trace_add_value(t, "grad_before", NULL);
  trace_add_value(t, "grad_after", NULL);
}

// ---- ops

static void add_input(trace *t, const op_call *k, unsigned i) {
  json_writer *w = &t->w;
  const var *v = k->in[i];
  if (!v) return; // an optional one that was not given
  const node *fn = trace_node_of(v);
  json_begin_object(w);
  json_add_key(w, "input");
  const struct op *o = &OPS[k->op];
  uint32_t argument = graph_argument(o, i), row = o->list ? 0 : argument;
  json_add_i64(w, argument);
  trace_add_text(w, "argument", row < o->n_args ? o->args[row].name : NULL);
  trace_add_id(w, "id", v);
  trace_add_text(w, "name", trace_name_of(t, v));
  trace_add_node_id(w, fn);
  json_add_key(w, "version");
  json_add_i64(w, var_version(v));
  json_add_key(w, "requires_grad");
  json_add_bool(w, var_requires_grad(v));
  if (v->id < t->first) { // of what was there before, nothing else tells
    trace_type(w, &v->t);
    trace_add_flag(w, "is_leaf", var_is_leaf(v));
    trace_add_text(w, "grad_fn", var_grad_fn_name(v));
  }
  trace_add_value(t, "value", v);
  json_end_object(w);
}

void trace_add_op(trace *t, json_writer *w, const op_call *k, bool inplace) {
  const struct op *row = &OPS[k->op];
  bool writes = inplace && !(row->flags & ROW_writes);
  t->text.len = 0;
  buffer_printf(&t->text, "%s%s", row->name, writes ? "_" : "");
  json_add_key(w, "op");
  json_add_string(w, t->text.failed ? row->name : t->text.data,
                  t->text.failed ? strlen(row->name) : t->text.len);
  buffer_mend(&t->text);
}

static void op_begins(observer *o, const op_call *k, bool inplace) {
  trace *t = (trace *)o;
  const struct op *row = &OPS[k->op];
  t->newest = k->a->next_seq;
  if (!trace_event_begin(t, "forward", "op")) return;
  json_writer *w = &t->w;
  trace_add_op(t, w, k, inplace);
  json_add_key(w, "inplace");
  json_add_bool(w, inplace);
  json_add_key(w, "view");
  json_add_bool(w, !inplace && row->flags & ROW_view);
  if (!k->a->grad_mode) trace_add_flag(w, "grad_mode", false);
  json_add_key(w, "attributes");
  trace_attributes(w, row, k->attrs);
  json_add_key(w, "inputs");
  json_begin_array(w);
  for (unsigned i = 0; i < k->n_in && !t->steps.failed; i++) add_input(t, k, i);
  json_end_array(w);
}

static void add_name(trace *t, const var *v, const char *name) {
  json_add_key(&t->w, "name");
  if (!name) trace_unnamed_here(t, v);
  json_add_text_or_null(&t->w, name);
}

void trace_add_behind(trace *t, const var *v) {
  if (!view_is_behind(v)) return;
  trace_add_id(&t->w, "base", v->meta->base);
  trace_add_text(&t->w, "grad_fn", var_grad_fn_name(v));
}

// The input whose elements a result has, too; NULL: they are its own.
static const var *shared_with(const op_call *k, const var *v) {
  for (unsigned i = 0; i < k->n_in; i++)
    if (k->in[i] && k->in[i]->t.storage == v->t.storage) return k->in[i];
  return NULL;
}

static void add_result(trace *t, const var *v, const var *shares) {
  json_writer *w = &t->w;
  const char *name = trace_name_of(t, v);
  json_begin_object(w);
  trace_add_id(w, "id", v);
  add_name(t, v, name);
  trace_type(w, &v->t);
  json_add_key(w, "version");
  json_add_i64(w, var_version(v));
  json_add_key(w, "requires_grad");
  json_add_bool(w, var_requires_grad(v));
  json_add_key(w, "is_leaf");
  json_add_bool(w, var_is_leaf(v));
  if (shares) trace_add_id(w, "shares", shares);
  trace_add_behind(t, v);
  trace_add_value(t, "value", v);
  json_end_object(w);
}

// What the new node keeps for backward: an input or result of the call, or a copy that has no name.
static void add_saved(trace *t, node *n, const op_call *k, var *const *out) {
  json_writer *w = &t->w;
  node *worker = n && n->op == OP_copy_slices ? copy_slices_inner(n) : n;
  json_add_key(w, "saved");
  json_begin_array(w);
  for (unsigned i = 0; worker && i < worker->n_saved && !t->steps.failed; i++) {
    const saved *s = &node_saved(worker)[i];
    if (!s->storage) continue; // only its sizes
    const var *of = s->is_output ? out[s->slot] : k->in[s->slot];
    bool itself = of && of->t.storage == s->storage;
    const char *name = itself ? trace_name_of(t, of) : NULL;
    json_begin_object(w);
    trace_add_slot(w, worker, s);
    if (itself)
      add_name(t, of, name);
    else
      trace_add_null(w, "name");
    trace_add_number(w, "version", s->version);
    json_end_object(w);
  }
  json_end_array(w);
}

// A view that was used after its base had been rewritten got a new grad_fn on the way.
static void add_rebuilt(trace *t, node *n) {
  json_writer *w = &t->w;
  bool any = false;
  for (unsigned i = 0; n && i < n->n_edges; i++) {
    node *to = node_edges(n)[i];
    if (!to || to->op != OP_as_strided || to->seq < t->newest) continue;
    if (!any) {
      json_add_key(w, "rebuilt");
      json_begin_array(w);
    }
    any = true;
    json_begin_object(w);
    trace_add_node(t, to);
    trace_add_edges(t, to);
    json_end_object(w);
  }
  if (any) json_end_array(w);
}

static void op_ends(observer *o, const op_call *k, bool inplace, var *const *out, unsigned n_out, bool ok) {
  trace *t = (trace *)o;
  if (!ok) {
    take_back(t);
    trace_op_failed(t, k, inplace);
    return;
  }
  if (!t->open) return;
  json_writer *w = &t->w;
  node *n = NULL;
  for (unsigned i = 0; i < n_out && !n; i++) { // the node that this call has made, if it has made one
    node *fn = (node *)(uintptr_t)trace_node_of(out[i]);
    if (fn && fn->seq >= t->newest && fn->op != OP_accumulate_grad) n = fn;
  }
  trace_add_node(t, n);
  trace_add_edges(t, n);
  add_rebuilt(t, n);
  add_saved(t, n, k, out);
  json_add_key(w, "results");
  json_begin_array(w);
  for (unsigned i = 0; i < n_out && !t->steps.failed; i++)
    add_result(t, out[i], inplace ? NULL : shared_with(k, out[i]));
  json_end_array(w);
  if (n && n->op == OP_copy_slices) {
    json_add_key(w, "rewritten");
    add_result(t, out[0]->meta->base, NULL);
  }
  trace_add_no_gradients(t, true);
  trace_event_end(t);
  if (inplace) trace_wrote_through(t, out[0]);
}

static void step_failed(observer *o) { trace_undo((trace *)o); }

void trace_event_hooks(observer *o) {
  *o = (observer){
      .op_begins = op_begins, .op_ends = op_ends, .step_begins = trace_step, .step_failed = step_failed};
  trace_pass_hooks(o);
}
