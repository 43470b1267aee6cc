// svg.h - the graph as a picture: layers from the leaves at the top to the results at the bottom, drawn here,
// with no script and no font from elsewhere.
//
// Leaves are boxes (filled where they require grad, dashed where they do not), ops are round, results, which
// nothing was computed from, have a thick border, and what backward has freed is pale. A dashed line leads
// from a leaf that takes no gradient to the op that saved it. Light or dark follows the reader's preference.
// Every node and line has a <title>, and node boxes have data-node, the id of GET graph. The same graph gives
// the same bytes.
#pragma once
#include "wire/graph.h"

// svg_write writes the document. quota_exceeded: more nodes or edges than can be read in a picture (see
// drawing.h); out_of_memory. Nothing is written then. Otherwise failure is the buffer's.
bool svg_write(buffer *b, const graph *g, fault *f);
