// parser.h - from a script's text to its syntax tree.
#pragma once
#include "base/arena.h"
#include "script/syntax.h"

// How deep brackets and blocks may nest, each of which takes two levels of NESTING_MAX, and how high the tree
// of an expression may be.
enum { NESTING_MAX = 100, HEIGHT_MAX = 200 };

typedef struct parsed {
  block body;
  unsigned n_locals;  // hidden ones of the module: what its comprehensions run over
  const ident *bound; // the names that the module binds, each once
  unsigned n_bound;
  size_t bytes; // that the tree takes
} parsed;

// script_parse reads a whole script of n bytes. The tree lives in `a` and borrows the source. False:
// bad_script or out_of_memory in f; *where is the place.
bool script_parse(const char *source, size_t n, arena *a, parsed *out, place *where, fault *f);
// script_parse_expression reads one expression, over several lines if need be, as a script that binds its
// value to EXPRESSION, a name that no script can write.
extern const ident EXPRESSION;
bool script_parse_expression(const char *source, size_t n, arena *a, parsed *out, place *where, fault *f);
