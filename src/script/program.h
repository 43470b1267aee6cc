// program.h - a parsed script: source, tree and all, counted, because functions outlive the run that made
// them.
#pragma once
#include "base/budget.h"
#include "script/parser.h"

typedef struct program {
  uint32_t refs;
  arena arena;
  size_t bytes; // charged
  budget *budget;
  parsed tree;
} program;

// program_new copies and parses a source. NULL: bad_script at *where, quota_exceeded or out_of_memory in f.
// With `expression` the source is a single one (script_parse_expression).
program *program_new(const char *source, size_t n, bool expression, budget *b, place *where, fault *f);
static inline program *program_ref(program *p) { return p->refs++, p; }
void program_unref(program *p); // NULL is fine
