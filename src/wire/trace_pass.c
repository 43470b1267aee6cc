#include "autograd/ops.h"
#include "autograd/view.h"
#include "wire/trace_event.h"
#include "wire/trace_value.h"

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
  if (!trace_event_begin(t, "backward", "node")) return;
  json_writer *w = &t->w;
  trace_add_node(t, n);
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
  trace_add_edge(t, n, edge);
  trace_add_value(t, "contribution", g);
  json_end_object(&t->w);
}

static void node_ends(observer *o, node *n) {
  trace *t = (trace *)o;
  (void)n;
  if (!t->open) return;
  json_end_array(&t->w);
  trace_add_no_gradients(t, false);
  trace_event_end(t);
}

static void begin_gradient(trace *t, const char *event, node *fn, const var *of, const var *g) {
  if (!trace_event_begin(t, "backward", event)) return;
  trace_add_node(t, fn);
  trace_add_id(&t->w, "tensor", of);
  trace_add_text(&t->w, "name", trace_name_of(t, of));
  trace_add_value(t, "incoming", g);
  trace_add_edges(t, NULL);
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
  trace_event_end(t);
}

static void captures(observer *o, node *fn, const var *input, const var *g) {
  trace *t = (trace *)o;
  begin_gradient(t, "capture", fn, input, g);
  if (!t->open) return;
  trace_add_no_gradients(t, false);
  trace_add_id(&t->w, "grad", g);
  trace_event_end(t);
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

void trace_pass_hooks(observer *o) {
  o->pass_begins = pass_begins;
  o->root = root;
  o->node_begins = node_begins;
  o->contributes = contributes;
  o->node_ends = node_ends;
  o->accumulates = accumulates;
  o->accumulated = accumulated;
  o->captures = captures;
  o->frees = frees;
  o->pass_ends = pass_ends;
  o->pass_failed = trace_pass_failed;
}
