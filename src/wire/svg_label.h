// svg_label.h - what is written in a node of the picture; private to svg*.c and drawing.c.
#pragma once
#include "wire/graph.h"

enum { LABEL_LINES = 6, LABEL_TEXT = 128, LABEL_COLUMNS = 32 };
typedef struct label_line {
  const char *style; // class of the text
  char text[LABEL_TEXT];
  unsigned columns; // how wide it is, in digits
} label_line;
typedef struct label {
  label_line line[LABEL_LINES];
  unsigned n;
  bool failed; // there was no memory for it
} label;

// label_of fills a label for the node at a position.
void label_of(label *l, const graph *g, size_t position);
// label_sentence writes all that the picture tells of a node, in words, without markup.
void label_sentence(buffer *b, const graph *g, size_t position);
