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

static bool begin(trace *t, const char *phase, const char *event) {
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

static void end(trace *t) {
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

static void add_node(trace *t, const node *fn) {
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
static void add_edge(trace *t, node *n, unsigned edge) {
  json_writer *w = &t->w;
  const struct op *o = op_of_edge(n, edge), *arguments = o;
  if (n->op == OP_copy_slices) arguments = &OPS[copy_slices_inner(n)->op];
  const char *input = derivative_input(o, edge);
  json_add_key(w, "to");
  json_add_i64(w, node_id(node_edges(n)[edge]));
  json_add_key(w, "input");
  json_add_i64(w, graph_argument(arguments, edge));
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

static void add_edges(trace *t, node *n) {
  json_writer *w = &t->w;
  json_add_key(w, "edges");
  json_begin_array(w);
  for (unsigned i = 0; n && i < n->n_edges && !t->steps.failed; i++) {
    if (!node_edges(n)[i]) continue;
    json_begin_object(w);
    add_edge(t, n, i);
    json_add_key(w, "contribution");
    json_add_null(w);
    json_end_object(w);
  }
  json_end_array(w);
}

static void add_no_gradients(trace *t, bool incoming) {
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
  if (!begin(t, "forward", "op")) return;
  json_writer *w = &t->w;
  trace_add_op(t, w, k, inplace);
  json_add_key(w, "inplace");
  json_add_bool(w, inplace);
  json_add_key(w, "view");
  json_add_bool(w, !inplace && row->flags & ROW_view);
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

static void add_result(trace *t, var *v) {
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
  json_add_bool(w, !v->grad_fn && !view_is_behind(v));
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
    add_node(t, to);
    add_edges(t, to);
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
  add_node(t, n);
  add_edges(t, n);
  add_rebuilt(t, n);
  add_saved(t, n, k, out);
  json_add_key(w, "results");
  json_begin_array(w);
  for (unsigned i = 0; i < n_out && !t->steps.failed; i++) add_result(t, out[i]);
  json_end_array(w);
  add_no_gradients(t, true);
  end(t);
  if (inplace) trace_wrote_through(t, out[0]);
}

// ---- passes

static void pass_begins(observer *o, bool retain_graph, bool create_graph) {
  trace *t = (trace *)o;
  t->pass_mark = trace_marked(t);
  t->retain_graph = retain_graph;
  t->create_graph = create_graph;
  t->roots.len = t->freed.len = 0;
  t->roots_w = (json_writer){.out = &t->roots};
  t->freed_w = (json_writer){.out = &t->freed};
}

static void root(observer *o, node *fn, const var *of, const var *seed) {
  trace *t = (trace *)o;
  json_writer *w = &t->roots_w;
  if (t->roots.failed) return;
  json_begin_object(w);
  json_add_key(w, "node");
  json_add_i64(w, node_id(fn));
  trace_add_id(w, "id", of);
  trace_add_text(w, "name", trace_name_of(t, of));
  json_add_key(w, "seed");
  trace_value(w, &seed->t, &t->work);
  json_end_object(w);
}

static void node_begins(observer *o, node *n, var *const *g) {
  trace *t = (trace *)o;
  if (!begin(t, "backward", "node")) return;
  json_writer *w = &t->w;
  add_node(t, n);
  json_add_key(w, "incoming");
  if (n->n_out == 1)
    trace_value(w, &g[0]->t, &t->work);
  else {
    json_begin_array(w);
    for (unsigned i = 0; i < n->n_out && !t->steps.failed; i++)
      if (g[i])
        trace_value(w, &g[i]->t, &t->work);
      else
        json_add_null(w);
    json_end_array(w);
  }
  json_add_key(w, "edges");
  json_begin_array(w);
}

static void contributes(observer *o, node *n, unsigned edge, const var *g) {
  trace *t = (trace *)o;
  if (!t->open || t->steps.failed) return;
  json_begin_object(&t->w);
  add_edge(t, n, edge);
  trace_add_value(t, "contribution", g);
  json_end_object(&t->w);
}

static void node_ends(observer *o, node *n) {
  trace *t = (trace *)o;
  (void)n;
  if (!t->open) return;
  json_end_array(&t->w);
  add_no_gradients(t, false);
  end(t);
}

static void begin_gradient(trace *t, const char *event, node *fn, const var *of, const var *g) {
  if (!begin(t, "backward", event)) return;
  add_node(t, fn);
  trace_add_id(&t->w, "tensor", of);
  trace_add_text(&t->w, "name", trace_name_of(t, of));
  trace_add_value(t, "incoming", g);
  add_edges(t, NULL);
}

static void accumulates(observer *o, node *fn, var *of, const var *g) {
  trace *t = (trace *)o;
  bool leaf = !fn || fn->op == OP_accumulate_grad;
  begin_gradient(t, leaf ? "accumulate" : "retain", fn, of, g);
  if (!t->open) return;
  json_add_key(&t->w, "made");
  json_add_bool(&t->w, !var_grad(of));
  trace_add_value(t, "grad_before", var_grad(of));
}

static void accumulated(observer *o, var *of) {
  trace *t = (trace *)o;
  if (!t->open) return;
  trace_add_value(t, "grad_after", var_grad(of));
  trace_add_id(&t->w, "grad", var_grad(of));
  end(t);
}

static void captures(observer *o, node *fn, const var *input, const var *g) {
  trace *t = (trace *)o;
  begin_gradient(t, "capture", fn, input, g);
  if (!t->open) return;
  add_no_gradients(t, false);
  trace_add_id(&t->w, "grad", g);
  end(t);
}

static void frees(observer *o, const node *n) {
  trace *t = (trace *)o;
  node *at = (node *)(uintptr_t)n, *inner = n->op == OP_copy_slices ? copy_slices_inner(at) : at;
  for (unsigned i = 0; i < inner->n_saved; i++)
    if (node_saved(inner)[i].storage) {
      json_add_i64(&t->freed_w, node_id(n));
      return;
    }
}

static void step_failed(observer *o) { trace_undo((trace *)o); }

static void pass_ends(observer *o, bool ok) {
  trace *t = (trace *)o;
  if (!ok) {
    trace_back(t, t->pass_mark);
    return;
  }
  buffer *out = &t->passes;
  size_t from = out->len;
  if (from) buffer_putc(out, ',');
  buffer_printf(out, "{\"first\":%lld,\"last\":%lld,\"retain_graph\":%s,\"create_graph\":%s,\"roots\":[",
                (long long)t->pass_mark.events, (long long)t->events - 1, t->retain_graph ? "true" : "false",
                t->create_graph ? "true" : "false");
  buffer_put(out, t->roots.data, t->roots.len);
  buffer_puts(out, "],\"freed\":[");
  buffer_put(out, t->freed.data, t->freed.len);
  buffer_puts(out, "]}");
  if (out->failed || t->roots.failed || t->freed.failed) { // too large: what there is stays
    buffer_mend(out);
    buffer_mend(&t->roots);
    buffer_mend(&t->freed);
    out->len = from;
    t->cut = !t->sink.put;
    trace_put(t, "pass", NULL, 0);
    return;
  }
  t->n_passes++;
  if (!t->sink.put) return;
  trace_put(t, "pass", out->data, out->len);
  out->len = 0;
}

void trace_event_hooks(observer *o) {
  *o = (observer){.op_begins = op_begins,
                  .op_ends = op_ends,
                  .pass_begins = pass_begins,
                  .root = root,
                  .node_begins = node_begins,
                  .contributes = contributes,
                  .node_ends = node_ends,
                  .accumulates = accumulates,
                  .accumulated = accumulated,
                  .captures = captures,
                  .frees = frees,
                  .pass_ends = pass_ends,
                  .pass_failed = trace_pass_failed,
                  .step_begins = trace_step,
                  .step_failed = step_failed};
}
