// derivative_term.h - a gradient formula of ops.def as a small tree of mathematics; private to derivative*.c.
#pragma once
#include "autograd/op.h"
#include "base/buffer.h"

enum term_kind {
  TERM_number, // text
  TERM_name,   // text: an input, an attribute, y, g
  TERM_neg,    // of one
  TERM_add,    // of two, as the next five
  TERM_sub,
  TERM_mul,
  TERM_div,
  TERM_pow,
  TERM_matmul,
  TERM_call,      // text(…)
  TERM_transpose, // of one
  TERM_cases,     // condition, then, else
  TERM_compare,   // text is the sign: of two
  TERM_between,   // low <= x <= high
  TERM_outside,   // x <= low or x >= high
};
enum { TERM_ARGS = 6, TERMS_MAX = 96 };
typedef struct term {
  uint8_t kind, n, text_n;
  uint8_t arg[TERM_ARGS];
  const char *text;
} term;

typedef struct terms {
  term at[TERMS_MAX];
  unsigned n;
  bool factor;  // g is 1, and what is left is the factor that it is multiplied by
  bool unknown; // the formula has a word that is not mathematics, or not of this kind
} terms;

// terms_parse reads a formula and gives the root of its tree; look at t->unknown.
unsigned terms_parse(terms *t, const char *formula, bool factor);
// terms_write prints a tree.
void terms_write(buffer *b, const terms *t, unsigned root, bool latex);
// terms_name prints one name: \mathrm{…} in LaTeX, unless it is a single letter.
void terms_name(buffer *b, const char *text, size_t n, bool latex);
