#include "wire/drawing.h"
#include "autograd/ops.h"
#include "base/mem.h"
#include "wire/graph_names.h"
#include "wire/svg_label.h"
#include <stdlib.h>

enum { TEXT_LINE = 16, PADDING = 9, LEAST_WIDTH = 84 };
static const double DIGIT = 7.3;

void drawing_finish(drawing *d) {
  mem_free(d->boxes);
  mem_free(d->lines);
  mem_free(d->links);
  mem_free(d->layers);
  mem_free(d->row);
  mem_free(d->best);
  mem_free(d->above);
  mem_free(d->above_at);
  mem_free(d->below);
  mem_free(d->below_at);
  *d = (drawing){0};
}

void *drawing_take(drawing *d, size_t n, size_t size) {
  size_t bytes;
  void *p = size_mul(n + 1, size, &bytes) ? mem_zalloc(bytes) : NULL;
  if (!p) fail(d->fault, ERR_out_of_memory, "no memory for a picture of the graph");
  return p;
}

static bool too_large(drawing *d, const char *what, size_t n, size_t most) {
  return fail(
      d->fault, ERR_quota_exceeded,
      "a picture of %zu %s cannot be read; at most %zu are drawn: name a root nearer to the leaves, or ask "
      "for as=dot, mermaid or json",
      n, what, most);
}

// ---- lines: the edges of the graph, and what ops have saved of leaves that take no gradient

static void add_line(drawing *d, uint32_t from, uint32_t to, uint32_t argument, bool is_saved) {
  if (d->n_lines < DRAWING_LINES)
    d->lines[d->n_lines] = (line){.from = from, .to = to, .argument = argument, .saved = is_saved};
  d->n_lines++;
}

// The leaf without a node that has this name; they come first. n_nodes: there is none.
static size_t bare_leaf(const graph *g, const char *name) {
  size_t i = 0;
  while (i < g->n_nodes && !g->nodes[i].fn && g->nodes[i].name != name) i++;
  return i < g->n_nodes && !g->nodes[i].fn ? i : g->n_nodes;
}

static void add_saved(drawing *d, uint32_t to) {
  const graph *g = d->g;
  if (graph_is_leaf(&g->nodes[to])) return;
  node *fn = graph_worker(g->nodes[to].fn);
  size_t first = d->n_lines;
  for (unsigned i = 0; i < fn->n_saved; i++) {
    const saved *s = &node_saved(fn)[i];
    const char *name = s->storage ? graph_name_of(g, s) : NULL;
    size_t from = name ? bare_leaf(g, name) : g->n_nodes;
    if (from == g->n_nodes) continue;
    bool drawn = false;
    for (size_t k = first; k < d->n_lines && k < DRAWING_LINES; k++) drawn |= d->lines[k].from == from;
    if (!drawn) add_line(d, (uint32_t)from, to, graph_argument(&OPS[fn->op], s->slot), true);
  }
}

static bool make_lines(drawing *d) {
  const graph *g = d->g;
  if (!(d->lines = drawing_take(d, DRAWING_LINES, sizeof *d->lines))) return false;
  size_t e = 0;
  for (uint32_t to = 0; to < g->n_nodes; to++) { // edges are sorted by `to`
    for (; e < g->n_edges && g->edges[e].to == to; e++)
      add_line(d, g->edges[e].from, to, g->edges[e].argument, false);
    add_saved(d, to);
  }
  return d->n_lines <= DRAWING_LINES || too_large(d, "edges", d->n_lines, DRAWING_LINES);
}

// ---- layers

static void find_layers(drawing *d) {
  for (size_t i = 0; i < d->n_lines; i++) { // a node stands after all that leads to it
    const line *l = &d->lines[i];
    if (d->boxes[l->to].layer <= d->boxes[l->from].layer) d->boxes[l->to].layer = d->boxes[l->from].layer + 1;
  }
  for (uint32_t i = (uint32_t)d->g->n_nodes;
       i-- > 0;) { // and near to what takes it, if that makes no line longer
    uint32_t in = 0, out = 0, least = UINT32_MAX;
    for (size_t k = 0; k < d->n_lines; k++) {
      const line *l = &d->lines[k];
      in += l->to == i;
      out += l->from == i;
      if (l->from == i && d->boxes[l->to].layer < least) least = d->boxes[l->to].layer;
    }
    if (out && in <= out) d->boxes[i].layer = least - 1;
  }
  for (size_t i = 0; i < d->n_boxes; i++)
    if (d->boxes[i].layer >= d->n_layers) d->n_layers = d->boxes[i].layer + 1;
}

static bool measure(drawing *d, uint32_t i) {
  label l;
  label_of(&l, d->g, i);
  unsigned most = 0;
  for (unsigned k = 0; k < l.n; k++)
    if (l.line[k].columns > most) most = l.line[k].columns;
  double w = most * DIGIT + 2 * (PADDING + 5);
  d->boxes[i].w = w < LEAST_WIDTH ? LEAST_WIDTH : w;
  d->boxes[i].h = l.n * TEXT_LINE + 2 * PADDING;
  return !l.failed || fail(d->fault, ERR_out_of_memory, "no memory for a picture of the graph");
}

static bool make_boxes(drawing *d) {
  const graph *g = d->g;
  if (!(d->boxes = drawing_take(d, DRAWING_BOXES, sizeof *d->boxes))) return false;
  d->n_boxes = g->n_nodes;
  for (uint32_t i = 0; i < g->n_nodes; i++)
    if (!measure(d, i)) return false;
  find_layers(d);
  size_t bends = 0;
  for (size_t i = 0; i < d->n_lines; i++) {
    line *l = &d->lines[i];
    l->n_bends = d->boxes[l->to].layer - d->boxes[l->from].layer - 1;
    l->bend = (uint32_t)(d->n_boxes + bends);
    bends += l->n_bends;
  }
  if (d->n_boxes + bends > DRAWING_BOXES)
    return too_large(d, "nodes and bends", d->n_boxes + bends, DRAWING_BOXES);
  for (size_t i = 0; i < d->n_lines; i++)
    for (uint32_t k = 0; k < d->lines[i].n_bends; k++)
      d->boxes[d->lines[i].bend + k] =
          (box){.bend = true, .layer = d->boxes[d->lines[i].from].layer + 1 + k, .w = 2};
  d->n_boxes += bends;
  return true;
}

// ---- links, and the boxes by layer

static bool make_links(drawing *d) {
  size_t n = 0;
  for (size_t i = 0; i < d->n_lines; i++) n += d->lines[i].n_bends + 1;
  if (!(d->links = drawing_take(d, n, sizeof *d->links))) return false;
  for (size_t i = 0; i < d->n_lines; i++) {
    const line *l = &d->lines[i];
    uint32_t at = l->from;
    for (uint32_t k = 0; k < l->n_bends; k++, at = l->bend + k - 1)
      d->links[d->n_links++] = (link){at, l->bend + k};
    d->links[d->n_links++] = (link){at, l->to};
  }
  return true;
}

// A list for each box of the boxes at the other end of its links.
static bool gather(drawing *d, bool up, uint32_t **list, uint32_t **at) {
  *list = drawing_take(d, d->n_links, sizeof **list);
  *at = drawing_take(d, d->n_boxes + 1, sizeof **at);
  if (!*list || !*at) return false;
  for (size_t i = 0; i < d->n_links; i++) (*at)[(up ? d->links[i].to : d->links[i].from) + 1]++;
  for (size_t i = 0; i < d->n_boxes; i++) (*at)[i + 1] += (*at)[i];
  for (size_t i = d->n_links; i-- > 0;) { // from the end of each part: *at is right again afterwards
    uint32_t of = up ? d->links[i].to : d->links[i].from;
    (*list)[--(*at)[of + 1]] = up ? d->links[i].from : d->links[i].to;
  }
  for (size_t i = 0; i < d->n_boxes; i++) (*at)[i] = (*at)[i + 1];
  (*at)[d->n_boxes] = (uint32_t)d->n_links;
  return true;
}

static bool make_rows(drawing *d) {
  d->layers = drawing_take(d, d->n_layers + 1, sizeof *d->layers);
  d->row = drawing_take(d, d->n_boxes, sizeof *d->row);
  d->best = drawing_take(d, d->n_boxes, sizeof *d->best);
  if (!d->layers || !d->row || !d->best) return false;
  for (size_t i = 0; i < d->n_boxes; i++) d->layers[d->boxes[i].layer + 1]++;
  for (uint32_t l = 0; l < d->n_layers; l++) d->layers[l + 1] += d->layers[l];
  uint32_t *next = d->best; // no longer needed when the order is looked for; layers are no more than boxes
  for (uint32_t l = 0; l < d->n_layers; l++) next[l] = d->layers[l];
  for (uint32_t i = 0; i < d->n_boxes; i++) {
    box *b = &d->boxes[i];
    b->at = next[b->layer] - d->layers[b->layer];
    d->row[next[b->layer]++] = i;
  }
  return true;
}

bool drawing_make(drawing *d, const graph *g, fault *f) {
  *d = (drawing){.g = g, .fault = f};
  if (g->n_nodes > DRAWING_NODES) return too_large(d, "nodes", g->n_nodes, DRAWING_NODES);
  if (!make_lines(d) || !make_boxes(d) || !make_links(d)) return false;
  if (!gather(d, true, &d->above, &d->above_at) || !gather(d, false, &d->below, &d->below_at)) return false;
  if (!make_rows(d)) return false;
  drawing_order(d);
  return drawing_place(d);
}
