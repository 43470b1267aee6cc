// drawing.h - where the nodes and lines of a picture go: layers, an order in each that has few crossings, and
// coordinates. Private to drawing*.c and svg.c.
//
// Layers are longest paths from the leaves, and what has room to move stands right above what first takes it.
// A line that passes through a layer has a bend there. The order comes of sweeps by barycentres and of
// exchanging neighbours while that helps; the coordinates of sweeps that move each layer as near to its
// neighbours as its order allows. All of it is bounded, iterative, and depends on nothing but the graph.
#pragma once
#include "wire/graph.h"

enum { DRAWING_NODES = 400, DRAWING_LINES = 1600, DRAWING_BOXES = 12000 };

typedef struct box { // a node, or a bend of a line
  bool bend;
  uint32_t layer, at; // and the place in it
  double x, y, w, h;  // x: of the middle; y: of the top
  double key, weight; // of the sweeps
} box;

typedef struct line {
  uint32_t from, to; // boxes
  uint32_t argument; // as in graph_edge
  bool saved;        // not an edge of the graph: what the op has saved
  uint32_t bend;     // its first; they are consecutive
  uint32_t n_bends;
  double x_from, x_to; // where it leaves and meets the boxes
} line;

typedef struct link { // a piece of a line, from a layer to the next
  uint32_t from, to;
} link;

typedef struct drawing {
  const graph *g;
  fault *fault;
  box *boxes; // the nodes of the graph by position, then bends
  line *lines;
  link *links;
  size_t n_boxes, n_lines, n_links;
  uint32_t n_layers, *layers; // layer l: row[layers[l] … layers[l + 1] - 1]
  uint32_t *row, *best;       // boxes by layer and place
  // What a box is linked to: above[above_at[i] … above_at[i + 1] - 1], below likewise.
  uint32_t *above, *above_at, *below, *below_at;
  double width, height;
} drawing;

// drawing_make does it all. quota_exceeded, out_of_memory; finish it in any case.
bool drawing_make(drawing *d, const graph *g, fault *f);
void drawing_finish(drawing *d);

void drawing_order(drawing *d); // the steps, in turn
bool drawing_place(drawing *d);
// drawing_take gives n zeroed things of some size, or NULL with a fault.
void *drawing_take(drawing *d, size_t n, size_t size);
