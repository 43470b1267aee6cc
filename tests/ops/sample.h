// sample.h - the calls in the `samples` column of ops.def: reading them, and making them in any dtype and
// layout.
#pragma once
#include "command/bind.h"

enum { SAMPLE_TENSORS = 6, SAMPLE_ARGS = 8, SAMPLE_ITEMS = 8, SAMPLE_NUMEL = 64, SAMPLE_OUTPUTS = 16 };

typedef struct sample_tensor {
  char kind; // f, c, i, b
  int rank;
  int64_t dims[RANK_MAX], numel;
  double data[SAMPLE_NUMEL];
  value *at; // the argument that it is
} sample_tensor;

typedef struct sample {
  unsigned op;
  char text[160]; // of the call alone
  sample_tensor tensors[SAMPLE_TENSORS];
  unsigned n_tensors, n_args, n_kw, n_lists;
  value args[SAMPLE_ARGS];
  keyword kw[SAMPLE_ARGS];
  value lists[SAMPLE_ARGS][SAMPLE_ITEMS];
} sample;

// sample_read reads the call at *p, fills its tensors from the row's range, and moves *p behind it. false: no
// more. The values point into s: do not copy it. A call that cannot be read fails the test.
bool sample_read(sample *s, unsigned op, const char **p);

typedef struct sample_how {
  dtype dtype;  // of the float tensors
  bool gapped;  // laid out in memory the other way round, with gaps
  bool plain;   // without requires_grad
  bool inplace; // the in-place form
} sample_how;

// sample_run makes the tensors (tensors[i] as leaf[i]) and the call, in the current scope. An op that writes
// gets a clone of its first tensor. false: a fault.
bool sample_run(const sample *s, session *in, sample_how how, var **leaf, var **out, unsigned *n_out);
