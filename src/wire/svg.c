#include "wire/svg.h"
#include "autograd/ops.h"
#include "base/utf8.h"
#include "wire/drawing.h"
#include "wire/svg_label.h"
#include <stdio.h>

static const char STYLE[] =
    ".gradd-graph{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}"
    ".gradd-graph .page{fill:#fff}"
    ".gradd-graph text{fill:#1f2933;text-anchor:middle}"
    ".gradd-graph .name{font-weight:bold;font-size:13px}"
    ".gradd-graph .small,.gradd-graph .port{fill:#52606d;font-size:11px}"
    ".gradd-graph .port{font-size:10px;text-anchor:start}"
    ".gradd-graph .freed{fill:#a5501f;font-size:11px;font-style:italic}"
    ".gradd-graph rect.node{fill:#f5f3ee;stroke:#8a8577;stroke-width:1.25}"
    ".gradd-graph rect.grad{fill:#dbeafe;stroke:#2563a8}"
    ".gradd-graph rect.plain{fill:#fff;stroke-dasharray:4 3}"
    ".gradd-graph rect.result{fill:#e3f4e6;stroke:#2f7d43;stroke-width:2.5}"
    ".gradd-graph rect.gone{fill:#fff;stroke-dasharray:1 3;stroke-linecap:round}"
    ".gradd-graph path.line{fill:none;stroke:#66727f;stroke-width:1.4}"
    ".gradd-graph path.saved{stroke:#a3acb5;stroke-dasharray:5 4}"
    ".gradd-graph .head{fill:#66727f}"
    "@media (prefers-color-scheme:dark){"
    ".gradd-graph .page{fill:#12161b}"
    ".gradd-graph text{fill:#e6eaee}"
    ".gradd-graph .small,.gradd-graph .port{fill:#a9b4bf}"
    ".gradd-graph .freed{fill:#f0a875}"
    ".gradd-graph rect.node{fill:#262a2f;stroke:#8d949c}"
    ".gradd-graph rect.grad{fill:#17324f;stroke:#6aa9ea}"
    ".gradd-graph rect.plain{fill:#12161b}"
    ".gradd-graph rect.result{fill:#17351f;stroke:#67bf7e}"
    ".gradd-graph rect.gone{fill:#12161b}"
    ".gradd-graph path.line{stroke:#8f9ba7}"
    ".gradd-graph path.saved{stroke:#5d6771}"
    ".gradd-graph .head{fill:#8f9ba7}"
    "}";

// Text between tags or in an attribute; what XML cannot hold is shown as a replacement.
static void put_text(buffer *b, const char *text, size_t n) {
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c == '&')
      buffer_puts(b, "&amp;");
    else if (c == '<')
      buffer_puts(b, "&lt;");
    else if (c == '>')
      buffer_puts(b, "&gt;");
    else if (c == '"')
      buffer_puts(b, "&quot;");
    else if (c < ' ')
      buffer_puts(b, "\xEF\xBF\xBD");
    else
      buffer_putc(b, (char)c);
  }
}

// Coordinates have one decimal: the same everywhere.
static void put_number(buffer *b, const char *before, double x) {
  long long tenths = (long long)(x * 10 + (x < 0 ? -0.5 : 0.5)), whole = tenths / 10, rest = tenths % 10;
  buffer_puts(b, before);
  if (tenths < 0) buffer_putc(b, '-');
  buffer_printf(b, "%lld", whole < 0 ? -whole : whole);
  if (rest) buffer_printf(b, ".%lld", rest < 0 ? -rest : rest);
}

static void put_point(buffer *b, const char *before, double x, double y) {
  put_number(b, before, x);
  put_number(b, ",", y);
}

static void put_title(buffer *b, const char *text, size_t n) {
  buffer_puts(b, "<title>");
  put_text(b, text, n);
  buffer_puts(b, "</title>");
}

// ---- lines

// A curve from a point to another that leaves and arrives upright.
static void put_curve(buffer *b, double x, double y, double to_x, double to_y) {
  double middle = (y + to_y) / 2;
  put_point(b, "C", x, middle);
  put_point(b, " ", to_x, middle);
  put_point(b, " ", to_x, to_y);
}

static const char *argument_name(const drawing *d, const line *l, char number[24]) {
  const struct op *o = &OPS[graph_worker(d->g->nodes[l->to].fn)->op];
  if (!o->list) return o->args[l->argument].name;
  snprintf(number, 24, "%u", l->argument);
  return number;
}

static const char *name_of(const drawing *d, uint32_t i) {
  const graph_node *n = &d->g->nodes[i];
  return n->name ? n->name : graph_is_leaf(n) ? "leaf" : OPS[graph_worker(n->fn)->op].name;
}

static void put_line(buffer *b, const drawing *d, const line *l) {
  enum { HEAD = 6 };
  const box *from = &d->boxes[l->from], *to = &d->boxes[l->to];
  char number[24];
  double x = l->x_from, y = from->y + from->h;
  buffer_printf(b, "<g class=\"edge\" data-from=\"%lld\" data-to=\"%lld\"><title>",
                (long long)graph_id(d->g, l->from), (long long)graph_id(d->g, l->to));
  const char *words[] = {name_of(d, l->from), " → ", name_of(d, l->to),
                         l->saved ? " saved it as " : " takes it as ", argument_name(d, l, number)};
  for (size_t i = 0; i < 5; i++) put_text(b, words[i], strlen(words[i]));
  buffer_printf(b, "</title><path class=\"line%s\" d=\"", l->saved ? " saved" : "");
  put_point(b, "M", x, y);
  for (uint32_t i = 0; i < l->n_bends; i++) {
    const box *bend = &d->boxes[l->bend + i];
    put_curve(b, x, y, bend->x, bend->y);
    x = bend->x;
    y = bend->y + bend->h;
    put_number(b, "V", y);
  }
  put_curve(b, x, y, l->x_to, to->y - HEAD);
  buffer_puts(b, "\"/>");
  put_point(b, "<path class=\"head\" d=\"M", l->x_to, to->y);
  put_point(b, "L", l->x_to - 4, to->y - HEAD - 1.5);
  put_point(b, "L", l->x_to + 4, to->y - HEAD - 1.5);
  buffer_puts(b, "Z\"/></g>\n");
}

// The argument beside the head of a line, where there is more than one and room for it.
static void put_port(buffer *b, const drawing *d, const line *l) {
  char number[24];
  const char *name = argument_name(d, l, number);
  double next = 1e9;
  size_t n = 0;
  for (size_t k = 0; k < d->n_lines; k++) {
    const line *other = &d->lines[k];
    if (other->to != l->to) continue;
    n++;
    if (other->x_to > l->x_to && other->x_to - l->x_to < next) next = other->x_to - l->x_to;
  }
  if (n < 2 || (double)strlen(name) * 6.1 + 8 > next) return;
  put_number(b, "<text class=\"port\" x=\"", l->x_to + 6);
  put_number(b, "\" y=\"", d->boxes[l->to].y - 5);
  buffer_puts(b, "\">");
  put_text(b, name, strlen(name));
  buffer_puts(b, "</text>\n");
}

// ---- nodes

static bool is_taken(const drawing *d, uint32_t i) {
  for (size_t k = 0; k < d->n_lines; k++)
    if (d->lines[k].from == i) return true;
  return false;
}

static const char *class_of(const drawing *d, uint32_t i) {
  const graph_node *n = &d->g->nodes[i];
  if (graph_is_leaf(n)) return var_requires_grad(n->v) ? "node leaf grad" : "node leaf plain";
  bool gone = n->fn->flags & NODE_freed, result = !is_taken(d, i);
  return result ? (gone ? "node op result gone" : "node op result") : gone ? "node op gone" : "node op";
}

static void put_node(buffer *b, const drawing *d, uint32_t i, buffer *words) {
  const box *at = &d->boxes[i];
  bool leaf = graph_is_leaf(&d->g->nodes[i]);
  label l;
  words->len = 0;
  label_sentence(words, d->g, i);
  label_of(&l, d->g, i);
  if (l.failed) b->failed = true;
  buffer_printf(b, "<g data-node=\"%lld\">", (long long)graph_id(d->g, i));
  put_title(b, words->data ? words->data : "", words->len);
  buffer_printf(b, "<rect class=\"%s\"", class_of(d, i));
  put_number(b, " x=\"", at->x - at->w / 2);
  put_number(b, "\" y=\"", at->y);
  put_number(b, "\" width=\"", at->w);
  put_number(b, "\" height=\"", at->h);
  buffer_printf(b, "\" rx=\"%d\"/>", leaf ? 3 : 14);
  for (unsigned k = 0; k < l.n; k++) {
    buffer_printf(b, "<text class=\"%s\"", l.line[k].style);
    put_number(b, " x=\"", at->x);
    put_number(b, "\" y=\"", at->y + 9 + 12 + 16.0 * k);
    buffer_puts(b, "\">");
    put_text(b, l.line[k].text, strlen(l.line[k].text));
    buffer_puts(b, "</text>");
  }
  buffer_puts(b, "</g>\n");
}

// ---- the document

static void put_description(buffer *b, const drawing *d, buffer *words) {
  size_t leaves = 0;
  for (size_t i = 0; i < d->g->n_nodes; i++) leaves += graph_is_leaf(&d->g->nodes[i]);
  buffer_printf(
      b, "<title>Autograd graph of %zu node%s</title>\n<desc>%zu leaves and %zu ops, from inputs to results.",
      d->g->n_nodes, d->g->n_nodes == 1 ? "" : "s", leaves, d->g->n_nodes - leaves);
  for (uint32_t i = 0; i < d->g->n_nodes; i++) {
    words->len = 0;
    label_sentence(words, d->g, i);
    buffer_putc(b, '\n');
    put_text(b, words->data ? words->data : "", words->len);
    buffer_putc(b, '.');
  }
  buffer_puts(b, "</desc>\n");
}

static void put_document(buffer *b, const drawing *d, buffer *words) {
  put_number(b, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"gradd-graph\" role=\"img\" width=\"",
             d->width);
  put_number(b, "\" height=\"", d->height);
  put_number(b, "\" viewBox=\"0 0 ", d->width);
  put_number(b, " ", d->height);
  buffer_puts(b, "\">\n");
  put_description(b, d, words);
  buffer_printf(b, "<style>%s</style>\n<rect class=\"page\" width=\"100%%\" height=\"100%%\"/>\n", STYLE);
  for (size_t i = 0; i < d->n_lines; i++) put_line(b, d, &d->lines[i]);
  for (uint32_t i = 0; i < d->g->n_nodes; i++) put_node(b, d, i, words);
  for (size_t i = 0; i < d->n_lines; i++) put_port(b, d, &d->lines[i]);
  buffer_puts(b, "</svg>\n");
}

bool svg_write(buffer *b, const graph *g, fault *f) {
  drawing d;
  buffer words = {0};
  bool ok = drawing_make(&d, g, f);
  if (ok) put_document(b, &d, &words);
  if (words.failed) b->failed = true;
  buffer_finish(&words);
  drawing_finish(&d);
  return ok;
}
