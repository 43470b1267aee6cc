#include "tensor/arrays.h"
#include "leaks.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ctx at;
budget memory;
static uint64_t state = 1;

void arrays_start(void) {
  budget_init(&memory, NULL, "process memory", 1u << 30);
  at = (ctx){.budget = &memory};
  state = 1;
}

void arrays_finish(void) { leaks_none(&memory); }

void pick_seed(uint64_t seed) { state = seed; }

int64_t pick(int64_t n) {
  state += 0x9E3779B97F4A7C15u; // splitmix64
  uint64_t z = state;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return (int64_t)((z ^ z >> 31) % (uint64_t)n);
}

void sizes_random(int most_rank, int64_t most, int *rank, int64_t *dims) {
  *rank = (int)pick(most_rank + 1);
  for (int i = 0; i < *rank; i++) dims[i] = pick(12) ? 1 + pick(most) : 0;
}

int64_t array_count(int rank, const int64_t *dims) {
  int64_t n = 1;
  for (int i = 0; i < rank; i++) n *= dims[i];
  return n;
}

bool index_next(int rank, const int64_t *dims, int64_t *index) {
  for (int d = rank - 1; d >= 0; d--) {
    if (++index[d] < dims[d]) return true;
    index[d] = 0;
  }
  return false;
}

tensor array_random(dtype t, int rank, const int64_t *dims, unsigned flags) {
  int64_t strides[RANK_MAX], order[RANK_MAX], step = 1 + pick(3) / 2, offset = pick(3), sizes[RANK_MAX];
  tensor whole, view;
  if (rank < 0) sizes_random(4, 5, &rank, sizes), dims = sizes;
  for (int i = 0; i < rank; i++) order[i] = i;
  if (pick(2))
    for (int i = rank - 1; i > 0; i--) {
      int64_t k = pick(i + 1), swap = order[i];
      order[i] = order[k];
      order[k] = swap;
    }
  for (int i = rank - 1; i >= 0; i--) {
    int64_t d = order[i];
    strides[d] = step;
    if (flags & SPREAD && pick(5) == 0) {
      strides[d] = 0;
      continue;
    }
    if (pick(6) == 0 && dims[d] > 0) {
      offset += (dims[d] - 1) * step;
      strides[d] = -step;
    }
    step *= dims[d] ? dims[d] : 1;
    if (pick(4) == 0) step += pick(3);
  }
  cr_assert(tensor_new_sizes(&at, &whole, t, 1, (int64_t[]){step + offset + 8}));
  for (int64_t i = 0; i < tensor_numel(&whole); i++)
    array_set(&whole, &i, t == DT_bool ? (double)pick(2) : (double)(pick(21) - 10));
  cr_assert(tensor_view_as(&at, &view, &whole, rank, dims, strides, offset));
  tensor_drop(&whole);
  return view;
}

tensor array_new(dtype t, int rank, const int64_t *dims) {
  tensor fresh;
  cr_assert(tensor_new_sizes(&at, &fresh, t, rank, dims));
  int64_t index[RANK_MAX] = {0}, i = 0;
  if (!tensor_numel(&fresh)) return fresh;
  do array_set(&fresh, index, (double)i++);
  while (index_next(rank, dims, index));
  return fresh;
}

void *array_place(const tensor *t, const int64_t *index) {
  int64_t place = t->offset;
  for (int i = 0; i < t->layout->rank; i++) place += index[i] * t->layout->dims[t->layout->rank + i];
  return (char *)t->storage->data + place * DTYPE_ROWS[t->dtype].size;
}

double array_get(const tensor *t, const int64_t *index) {
  const void *p = array_place(t, index);
  switch ((dtype)t->dtype) {
  case DT_bool: return *(const bool *)p;
  case DT_int64: return (double)*(const int64_t *)p;
  case DT_float32: return (double)*(const float *)p;
  default: return *(const double *)p;
  }
}

int64_t array_get_int(const tensor *t, const int64_t *index) { return *(int64_t *)array_place(t, index); }

void array_set(const tensor *t, const int64_t *index, double x) {
  void *p = array_place(t, index);
  switch ((dtype)t->dtype) {
  case DT_bool: *(bool *)p = x != 0; break;
  case DT_int64: *(int64_t *)p = (int64_t)x; break;
  case DT_float32: *(float *)p = (float)x; break;
  default: *(double *)p = x;
  }
}

double array_get_broadcast(const tensor *t, int rank, const int64_t *index) {
  int64_t own[RANK_MAX];
  int shift = rank - t->layout->rank;
  for (int i = 0; i < t->layout->rank; i++) own[i] = t->layout->dims[i] == 1 ? 0 : index[i + shift];
  return array_get(t, own);
}

bool same_number(double a, double b) { return (isnan(a) && isnan(b)) || a == b; }

const char *array_text(const tensor *t) {
  static char text[400];
  snprintf(text, sizeof text, "%s %s strides %s", DTYPE_ROWS[t->dtype].name, layout_text(t->layout),
           ints_text(t->layout->rank, layout_strides(t->layout)));
  return text;
}
