// drawing_order.c - which box stands left of which: few crossings.
#include "wire/drawing.h"
#include <stdlib.h>

enum { SWEEPS = 24, EXCHANGES = 8 };

typedef struct around { // the boxes that one is linked to, above or below
  const uint32_t *at;
  uint32_t n;
} around;

static around above(const drawing *d, uint32_t i) {
  return (around){d->above + d->above_at[i], d->above_at[i + 1] - d->above_at[i]};
}
static around below(const drawing *d, uint32_t i) {
  return (around){d->below + d->below_at[i], d->below_at[i + 1] - d->below_at[i]};
}

// How many links of x and y cross if x stands left of y.
static size_t crossings_of(const drawing *d, around x, around y) {
  size_t n = 0;
  for (uint32_t i = 0; i < x.n; i++)
    for (uint32_t k = 0; k < y.n; k++) n += d->boxes[x.at[i]].at > d->boxes[y.at[k]].at;
  return n;
}

static size_t crossings(const drawing *d) {
  size_t n = 0;
  for (uint32_t l = 1; l < d->n_layers; l++)
    for (uint32_t i = d->layers[l]; i < d->layers[l + 1]; i++)
      for (uint32_t k = i + 1; k < d->layers[l + 1]; k++)
        n += crossings_of(d, above(d, d->row[i]), above(d, d->row[k]));
  return n;
}

static void number(drawing *d, uint32_t l) {
  for (uint32_t i = d->layers[l]; i < d->layers[l + 1]; i++) d->boxes[d->row[i]].at = i - d->layers[l];
}

// Sorts a layer by the mean place of what its boxes are linked to on one side; who is linked to nothing
// stays.
static void by_barycentre(drawing *d, uint32_t l, bool up) {
  uint32_t from = d->layers[l], to = d->layers[l + 1];
  for (uint32_t i = from; i < to; i++) {
    box *b = &d->boxes[d->row[i]];
    around a = up ? above(d, d->row[i]) : below(d, d->row[i]);
    b->key = b->at;
    if (!a.n) continue;
    b->key = 0;
    for (uint32_t k = 0; k < a.n; k++) b->key += d->boxes[a.at[k]].at;
    b->key /= a.n;
  }
  for (uint32_t i = from + 1; i < to; i++) { // stable, and nearly sorted as a rule
    uint32_t moved = d->row[i], k = i;
    for (; k > from && d->boxes[d->row[k - 1]].key > d->boxes[moved].key; k--) d->row[k] = d->row[k - 1];
    d->row[k] = moved;
  }
  number(d, l);
}

// Exchanges neighbours in a layer where that removes crossings; tells whether it did.
static bool exchange(drawing *d, uint32_t l) {
  bool better = false;
  for (uint32_t i = d->layers[l]; i + 1 < d->layers[l + 1]; i++) {
    uint32_t x = d->row[i], y = d->row[i + 1];
    size_t now = crossings_of(d, above(d, x), above(d, y)) + crossings_of(d, below(d, x), below(d, y));
    if (!now) continue;
    size_t then = crossings_of(d, above(d, y), above(d, x)) + crossings_of(d, below(d, y), below(d, x));
    if (then >= now) continue;
    d->row[i] = y;
    d->row[i + 1] = x;
    d->boxes[y].at--;
    d->boxes[x].at++;
    better = true;
  }
  return better;
}

void drawing_order(drawing *d) {
  size_t least = crossings(d), bytes = d->n_boxes * sizeof *d->row;
  memcpy(d->best, d->row, bytes);
  for (int sweep = 0; sweep < SWEEPS && least; sweep++) {
    bool up = sweep % 2 == 0; // looking up, that is going down
    for (uint32_t i = 1; i < d->n_layers; i++) by_barycentre(d, up ? i : d->n_layers - 1 - i, up);
    bool better = true;
    for (int k = 0; k < EXCHANGES && better; k++) {
      better = false;
      for (uint32_t l = 0; l < d->n_layers; l++) better |= exchange(d, l);
    }
    size_t n = crossings(d);
    if (n >= least) continue;
    least = n;
    memcpy(d->best, d->row, bytes);
  }
  memcpy(d->row, d->best, bytes);
  for (uint32_t l = 0; l < d->n_layers; l++) number(d, l);
}
