// rows.h - a tensor row by row (a row runs along the last dim), whatever its strides, and its rows as text.
// What all writers of tensors share; private to wire/.
#pragma once
#include "base/buffer.h"
#include "tensor/tensor.h"

// A walk in row-major order. A 0-d tensor is one row of one element; if a size is 0, the dims before the
// first such size are walked, and every row is empty.
struct rows {
  const char *at;  // the first element of this row
  int64_t n, step; // how many elements it has, and the bytes from one to the next
  int outer;       // how many dims stand outside of the rows
  int turned;      // how many of them began anew with this row: 0 = the same block as the row before
  int64_t index[RANK_MAX];
  const tensor *of; // borrowed
};
void rows_begin(struct rows *r, const tensor *t);
bool rows_next(struct rows *r); // false: that was the last one

// How elements are written: all words at most 16 bytes.
struct row_words {
  char separator;
  const char *nan, *inf, *minus_inf, *yes, *no;
};

// rows_put writes one row, without an end. False, the buffer failed: no room, or it is told to stop.
bool rows_put(buffer *b, const struct rows *r, const struct row_words *w);
