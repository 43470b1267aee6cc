// drawing_place.c - coordinates, given the order in each layer.
#include "wire/drawing.h"
#include "base/mem.h"

enum { ROUNDS = 96, ALONE = 24, GAP = 26, BEND_GAP = 14, MARGIN = 20, ROW_GAP = 46, PORT = 14 };

static double gap_between(const box *x, const box *y) {
  return x->w / 2 + y->w / 2 + (x->bend && y->bend ? BEND_GAP : x->bend || y->bend ? BEND_GAP + 4 : GAP);
}

// How much a link wants to be straight: most where a line only passes through, more between ops than from a
// leaf.
static double pull(const drawing *d, uint32_t x, uint32_t y) {
  bool bend = d->boxes[x].bend, other_bend = d->boxes[y].bend;
  if (bend || other_bend) return bend && other_bend ? 24 : 2;
  return graph_is_leaf(&d->g->nodes[x]) || graph_is_leaf(&d->g->nodes[y]) ? 1 : 4;
}

static void add_pull(drawing *d, uint32_t of, const uint32_t *list, uint32_t from, uint32_t to) {
  for (uint32_t i = from; i < to; i++) {
    double weight = pull(d, of, list[i]);
    d->boxes[of].key += weight * d->boxes[list[i]].x;
    d->boxes[of].weight += weight;
  }
}

// Where each box of a layer would like to be.
static void wish(drawing *d, uint32_t l, bool up, bool down) {
  for (uint32_t i = d->layers[l]; i < d->layers[l + 1]; i++) {
    uint32_t at = d->row[i];
    box *b = &d->boxes[at];
    b->key = b->weight = 0;
    if (up) add_pull(d, at, d->above, d->above_at[at], d->above_at[at + 1]);
    if (down) add_pull(d, at, d->below, d->below_at[at], d->below_at[at + 1]);
    if (b->weight > 0)
      b->key /= b->weight;
    else
      b->key = b->x, b->weight = 0.01;
  }
}

typedef struct block { // boxes of a layer that touch: the first stands at x, the others at their distance
                       // from it
  double x, weight;
  uint32_t first, last;
} block;

// Puts the boxes of a layer as near to their wishes as their order and their widths allow: least squares, by
// joining neighbours that would overlap.
static void settle(drawing *d, uint32_t l, block *blocks) {
  size_t n = 0;
  double shift = 0; // from the first box of the layer
  for (uint32_t i = d->layers[l]; i < d->layers[l + 1]; i++) {
    box *b = &d->boxes[d->row[i]];
    if (i > d->layers[l]) shift += gap_between(&d->boxes[d->row[i - 1]], b);
    blocks[n++] = (block){b->key - shift, b->weight, i, i};
    for (; n > 1 && blocks[n - 2].x > blocks[n - 1].x; n--) {
      block *a = &blocks[n - 2], *c = &blocks[n - 1];
      a->x = (a->x * a->weight + c->x * c->weight) / (a->weight + c->weight);
      a->weight += c->weight;
      a->last = c->last;
    }
  }
  shift = 0;
  for (size_t k = 0; k < n; k++)
    for (uint32_t i = blocks[k].first; i <= blocks[k].last; i++) {
      if (i > d->layers[l]) shift += gap_between(&d->boxes[d->row[i - 1]], &d->boxes[d->row[i]]);
      d->boxes[d->row[i]].x = blocks[k].x + shift;
    }
}

static void across(drawing *d, block *blocks) {
  for (uint32_t l = 0; l < d->n_layers; l++) { // at first, each layer is centred
    wish(d, l, false, false);
    settle(d, l, blocks);
    const box *first = &d->boxes[d->row[d->layers[l]]], *last = &d->boxes[d->row[d->layers[l + 1] - 1]];
    double middle = (first->x + last->x) / 2;
    for (uint32_t i = d->layers[l]; i < d->layers[l + 1]; i++) d->boxes[d->row[i]].x -= middle;
  }
  for (int round = 0; round < ROUNDS; round++) {
    bool up = round % 2 == 0, both = round >= ALONE;
    for (uint32_t i = 0; i < d->n_layers; i++) {
      uint32_t l = up ? i : d->n_layers - 1 - i;
      wish(d, l, up || both, !up || both);
      settle(d, l, blocks);
    }
  }
}

static void downwards(drawing *d) {
  double y = MARGIN, left = 0, right = 0;
  for (size_t i = 0; i < d->n_boxes; i++) {
    const box *b = &d->boxes[i];
    if (i == 0 || b->x - b->w / 2 < left) left = b->x - b->w / 2;
    if (i == 0 || b->x + b->w / 2 > right) right = b->x + b->w / 2;
  }
  for (uint32_t l = 0; l < d->n_layers; l++) {
    double most = 0;
    for (uint32_t i = d->layers[l]; i < d->layers[l + 1]; i++)
      if (d->boxes[d->row[i]].h > most) most = d->boxes[d->row[i]].h;
    for (uint32_t i = d->layers[l]; i < d->layers[l + 1]; i++) {
      box *b = &d->boxes[d->row[i]];
      b->x += MARGIN - left;
      if (b->bend) b->h = most;
      b->y = y + (most - b->h) / 2;
    }
    y += most + ROW_GAP;
  }
  d->width = right - left + 2 * MARGIN;
  d->height = d->n_layers ? y - ROW_GAP + MARGIN : 2 * MARGIN;
}

// ---- where lines leave and meet a box: side by side, in the order of their other ends

static double other_end(const drawing *d, const line *l, bool at_from) {
  uint32_t next =
      at_from ? (l->n_bends ? l->bend : l->to) : (l->n_bends ? l->bend + l->n_bends - 1 : l->from);
  return d->boxes[next].x;
}

static void ports(drawing *d, bool at_from) {
  for (size_t i = 0; i < d->n_lines; i++) {
    line *l = &d->lines[i];
    uint32_t of = at_from ? l->from : l->to, n = 0, before = 0;
    double x = other_end(d, l, at_from);
    for (size_t k = 0; k < d->n_lines; k++) {
      const line *other = &d->lines[k];
      if ((at_from ? other->from : other->to) != of) continue;
      double y = other_end(d, other, at_from);
      n++;
      before += y < x || (y == x && k < i);
    }
    const box *b = &d->boxes[of];
    double room = b->w - 2 * PORT, step = n > 1 ? room / (n - 1) : 0;
    if (step > 3 * PORT) step = 3 * PORT;
    double at = b->x + (before - (n - 1) / 2.0) * step;
    if (at_from)
      l->x_from = at;
    else
      l->x_to = at;
  }
}

// A line that is all but straight is made so.
static void straighten(drawing *d) {
  for (size_t i = 0; i < d->n_lines; i++) {
    line *l = &d->lines[i];
    double off = l->x_to - l->x_from;
    if (l->n_bends || off > PORT || off < -PORT) continue;
    l->x_from += off / 2;
    l->x_to -= off / 2;
  }
}

bool drawing_place(drawing *d) {
  block *blocks = drawing_take(d, d->n_boxes, sizeof *blocks);
  if (!blocks) return false;
  if (d->n_boxes) across(d, blocks);
  mem_free(blocks);
  downwards(d);
  ports(d, true);
  ports(d, false);
  straighten(d);
  return true;
}
