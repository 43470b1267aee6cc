// create.h - tensors made from nothing.
#pragma once
#include "tensor/tensor.h"

// The counter-based random state of a session: the same seed gives the same numbers, whatever the threads do.
// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11), from Random123.
typedef struct rng {
  uint64_t seed, counter; // counter: blocks of four 32-bit words used so far
} rng;

// n values start, start + step, ... of dtype t.
bool tensor_arange(ctx *c, tensor *out, scalar start, scalar step, int64_t n, dtype t);
// n evenly spaced values from start to end, both included (n == 1: start).
bool tensor_linspace(ctx *c, tensor *out, double start, double end, int64_t n, dtype t);
// Fill a contiguous floating tensor: uniform in [0, 1), normal with mean 0 and deviation 1 (Box-Muller).
bool tensor_uniform(ctx *c, const tensor *dst, rng *r);
bool tensor_normal(ctx *c, const tensor *dst, rng *r);
// Zeroes what lies above (keep_lower) or below the k-th diagonal of the last two dims of a contiguous tensor.
void tensor_triangle(const tensor *dst, int64_t k, bool keep_lower);
