#include "autograd/ops.h"
#include "autograd/view.h"
#include "wire/graph_names.h"
#include "wire/json_writer.h"
#include "wire/tensor_json.h"

enum { LOOK = 1 << 16 }; // nodes or edges between two looks at the stop flag

// Whether to write item i: not if the text has failed or nobody wants it any more.
static bool go_on(buffer *b, const graph *g, size_t i) {
  if (i % LOOK == 0 && g->ctx && ctx_stopped(g->ctx)) b->failed = true;
  return !b->failed;
}

// ---- JSON

static void add_text_or_null(json_writer *w, const char *key, const char *text) {
  json_add_key(w, key);
  json_add_text_or_null(w, text);
}

static void add_saved(json_writer *w, const graph *g, const graph_node *n) {
  json_add_key(w, "saved");
  json_begin_array(w);
  node *fn = graph_is_leaf(n) ? NULL : graph_worker(n->fn);
  for (unsigned i = 0; fn && i < fn->n_saved; i++) {
    const saved *s = &node_saved(fn)[i];
    if (!s->storage) continue; // released, or only the sizes were wanted
    json_begin_object(w);
    add_text_or_null(w, "tensor", graph_name_of(g, s));
    json_add_key(w, "version");
    json_add_i64(w, s->version);
    json_end_object(w);
  }
  json_end_array(w);
}

static void add_node(json_writer *w, const graph *g, size_t at) {
  const graph_node *n = &g->nodes[at];
  output_meta of = graph_shown(n);
  bool leaf = graph_is_leaf(n);
  json_begin_object(w);
  json_add_key(w, "id");
  json_add_i64(w, graph_id(g, at));
  add_text_or_null(w, "kind", leaf ? "leaf" : "op");
  add_text_or_null(w, "name", n->name);
  add_text_or_null(w, "grad_fn", leaf ? NULL : node_name(n->fn));
  add_text_or_null(w, "op", leaf ? NULL : OPS[n->fn->op].name);
  json_add_key(w, "tensor");
  if (n->v)
    json_add_i64(w, (int64_t)n->v->id);
  else
    json_add_null(w);
  json_add_key(w, "shape");
  json_begin_array(w);
  for (int i = 0; i < of.layout->rank; i++) json_add_i64(w, of.layout->dims[i]);
  json_end_array(w);
  add_text_or_null(w, "dtype", DTYPE_ROWS[of.dtype].name);
  json_add_key(w, "is_leaf");
  json_add_bool(w, leaf);
  json_add_key(w, "requires_grad");
  json_add_bool(w, !leaf || var_requires_grad(n->v));
  json_add_key(w, "version");
  json_add_i64(w, n->v ? var_version(n->v) : 0);
  add_saved(w, g, n);
  json_add_key(w, "freed");
  json_add_bool(w, n->fn && n->fn->flags & NODE_freed);
  json_add_key(w, "value");
  if (n->v && tensor_numel(&n->v->t) <= GRAPH_VALUE_MAX)
    tensor_to_json(json_add_here(w), &n->v->t);
  else
    json_add_null(w);
  json_end_object(w);
}

void graph_write_json(buffer *b, const graph *g) {
  json_writer w = {.out = b};
  json_begin_object(&w);
  json_add_key(&w, "nodes");
  json_begin_array(&w);
  for (size_t i = 0; i < g->n_nodes && go_on(b, g, i); i++) add_node(&w, g, i);
  json_end_array(&w);
  json_add_key(&w, "edges");
  json_begin_array(&w);
  for (size_t i = 0; i < g->n_edges && go_on(b, g, i); i++) {
    json_begin_object(&w);
    json_add_key(&w, "from");
    json_add_i64(&w, graph_id(g, g->edges[i].from));
    json_add_key(&w, "to");
    json_add_i64(&w, graph_id(g, g->edges[i].to));
    json_add_key(&w, "input");
    json_add_i64(&w, g->edges[i].argument);
    json_end_object(&w);
  }
  json_end_array(&w);
  json_end_object(&w);
}

// ---- pictures: both languages have nodes with labels of a few lines, and edges with a word

typedef struct style {
  const char *line_break;
  void (*put_text)(buffer *b, const char *text); // escaped, to stand between double quotes
} style;

// Graphviz: a backslash starts an escape, and text that looks like an HTML entity is read as one.
static void put_dot_text(buffer *b, const char *text) {
  for (; *text; text++) {
    if (*text == '&')
      buffer_puts(b, "&amp;");
    else if (*text == '\n')
      buffer_puts(b, "\\n");
    else {
      if (*text == '"' || *text == '\\') buffer_putc(b, '\\');
      buffer_putc(b, *text);
    }
  }
}

// Mermaid: a label is HTML and may be Markdown, and `#NN;` is a character by its number.
static void put_mermaid_text(buffer *b, const char *text) {
  for (; *text; text++) {
    if ((unsigned char)*text >= ' ' && strchr("\"#&<>\\`*;{}|$~", *text) == NULL)
      buffer_putc(b, *text);
    else
      buffer_printf(b, "#%d;", (unsigned char)*text);
  }
}

static void put_label(buffer *b, const style *s, const graph_node *n) {
  output_meta of = graph_shown(n);
  buffer_putc(b, '"');
  if (n->name) {
    s->put_text(b, n->name);
    buffer_puts(b, s->line_break);
  }
  if (!graph_is_leaf(n)) {
    s->put_text(b, OPS[n->fn->op].name);
    buffer_puts(b, " (");
    s->put_text(b, node_name(n->fn));
    buffer_putc(b, ')');
    buffer_puts(b, s->line_break);
  }
  s->put_text(b, DTYPE_ROWS[of.dtype].name);
  buffer_putc(b, ' ');
  s->put_text(b, layout_text(of.layout));
  buffer_putc(b, '"');
}

// The argument that an edge leads to, if the op takes more than one tensor: false if there is nothing to tell
// apart.
static bool put_argument(buffer *b, const style *s, const graph *g, const graph_edge *e, const char *before) {
  const node *fn = graph_worker(g->nodes[e->to].fn);
  const struct op *o = &OPS[fn->op];
  if (o->n_in < 2 && (!o->list || fn->n_edges < 2)) return false;
  buffer_puts(b, before);
  buffer_putc(b, '"');
  if (o->list)
    buffer_printf(b, "%u", e->argument);
  else
    s->put_text(b, o->args[e->argument].name);
  buffer_putc(b, '"');
  return true;
}

void graph_write_dot(buffer *b, const graph *g) {
  static const style dot = {"\\n", put_dot_text};
  buffer_puts(b, "digraph autograd {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n");
  for (size_t i = 0; i < g->n_nodes && go_on(b, g, i); i++) {
    const graph_node *n = &g->nodes[i];
    buffer_printf(b, "  n%zu [label=", i);
    put_label(b, &dot, n);
    if (graph_is_leaf(n)) buffer_puts(b, ", shape=box");
    if (graph_is_leaf(n) && var_requires_grad(n->v)) buffer_puts(b, ", style=filled, fillcolor=lightblue");
    buffer_puts(b, "];\n");
  }
  for (size_t i = 0; i < g->n_edges && go_on(b, g, i); i++) {
    buffer_printf(b, "  n%u -> n%u", g->edges[i].from, g->edges[i].to);
    if (put_argument(b, &dot, g, &g->edges[i], " [label=")) buffer_putc(b, ']');
    buffer_puts(b, ";\n");
  }
  buffer_puts(b, "}\n");
}

void graph_write_mermaid(buffer *b, const graph *g) {
  static const style mermaid = {"<br/>", put_mermaid_text};
  buffer_puts(b, "flowchart LR\n");
  bool coloured = false;
  for (size_t i = 0; i < g->n_nodes && go_on(b, g, i); i++) {
    const graph_node *n = &g->nodes[i];
    bool leaf = graph_is_leaf(n), colour = leaf && var_requires_grad(n->v);
    buffer_printf(b, "  n%zu%s", i, leaf ? "[" : "([");
    put_label(b, &mermaid, n);
    buffer_puts(b, leaf ? "]" : "])");
    if (colour) buffer_puts(b, ":::grad");
    buffer_putc(b, '\n');
    coloured |= colour;
  }
  for (size_t i = 0; i < g->n_edges && go_on(b, g, i); i++) {
    buffer_printf(b, "  n%u -->", g->edges[i].from);
    if (put_argument(b, &mermaid, g, &g->edges[i], "|")) buffer_putc(b, '|');
    buffer_printf(b, " n%u\n", g->edges[i].to);
  }
  if (coloured) buffer_puts(b, "  classDef grad fill:#add8e6,stroke:#4682b4,color:#000\n");
}
