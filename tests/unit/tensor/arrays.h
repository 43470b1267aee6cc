// arrays.h - random strided tensors and the plain way to walk them: what the tensor tests compare with.
#pragma once
#include "tensor/tensor.h"

extern ctx at;        // where the tests compute
extern budget memory; // and charge
void arrays_start(void);
void arrays_finish(void); // aborts if anything is still charged

void pick_seed(uint64_t seed);
int64_t pick(int64_t n); // 0 … n - 1, reproducible

enum { SPREAD = 1 }; // dims may have stride 0: for what is only read

// array_random gives sizes (random, some 0 or 1, if rank < 0) any strides: gaps, permuted, negative, and with
// SPREAD 0. Values are small whole numbers.
tensor array_random(dtype t, int rank, const int64_t *dims, unsigned flags);
// array_new is contiguous and filled in order from 0.
tensor array_new(dtype t, int rank, const int64_t *dims);
void sizes_random(int most_rank, int64_t most, int *rank, int64_t *dims);

// One step of an index in row-major order; false after the last one. A rank of 0 has one position.
bool index_next(int rank, const int64_t *dims, int64_t *index);
int64_t array_count(int rank, const int64_t *dims);

// Elements by index, and broadcast (index is that of a larger rank).
void *array_place(const tensor *t, const int64_t *index);
double array_get(const tensor *t, const int64_t *index);
int64_t array_get_int(const tensor *t, const int64_t *index);
void array_set(const tensor *t, const int64_t *index, double x);
double array_get_broadcast(const tensor *t, int rank, const int64_t *index);

bool same_number(double a, double b);    // NaN is itself
const char *array_text(const tensor *t); // its sizes and strides, for a failure
