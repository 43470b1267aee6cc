// Gathering and scattering, against one element at a time.
#include "tensor/arrays.h"
#include "tensor/index.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(index, .init = arrays_start, .fini = arrays_finish);

static tensor random_index(int rank, const int64_t *dims, int64_t below) {
  tensor i = array_random(DT_int64, rank, dims, 0);
  int64_t index[RANK_MAX] = {0};
  if (tensor_numel(&i)) do
      array_set(&i, index, (double)pick(below));
    while (index_next(rank, dims, index));
  return i;
}

static double added(dtype t, double a, double b) {
  return t == DT_bool ? a != 0 || b != 0 : t == DT_float32 ? (double)(float)(a + b) : a + b;
}

// Sizes of an index into x along dim: no larger elsewhere.
static void index_sizes(const tensor *x, int dim, int64_t *dims) {
  for (int d = 0; d < tensor_rank(x); d++) dims[d] = d == dim ? pick(6) : pick(x->layout->dims[d] + 1);
}

Test(index, gather) {
  for (int round = 0; round < 3000; round++) {
    tensor x = array_random((dtype)pick(4), -1, NULL, SPREAD), i, y;
    int r = tensor_rank(&x), dim = r ? (int)pick(r) : 0;
    int64_t dims[RANK_MAX], index[RANK_MAX] = {0}, from[RANK_MAX];
    index_sizes(&x, dim, dims);
    int64_t below = r ? x.layout->dims[dim] : 1;
    if (!below) dims[dim] = 0, below = 1;
    i = random_index(r, dims, below);
    cr_assert(tensor_gather(&at, &y, &x, dim, &i), "%s: %s", array_text(&x), at.fault.detail);
    cr_assert(layout_same_dims(y.layout, i.layout));
    if (tensor_numel(&y)) do {
        memcpy(from, index, sizeof from);
        if (r) from[dim] = array_get_int(&i, index);
        cr_assert_eq(array_get(&y, index), array_get(&x, from));
      } while (index_next(r, dims, index));
    tensor_drop(&x);
    tensor_drop(&i);
    tensor_drop(&y);
  }
}

Test(index, scatter_add) {
  for (int round = 0; round < 3000; round++) {
    tensor x = array_random((dtype)pick(4), -1, NULL, 0), want;
    int r = tensor_rank(&x), dim = r ? (int)pick(r) : 0;
    int64_t dims[RANK_MAX], larger[RANK_MAX], index[RANK_MAX] = {0}, to[RANK_MAX];
    index_sizes(&x, dim, dims);
    int64_t below = r ? x.layout->dims[dim] : 1;
    if (!below) dims[dim] = 0, below = 1;
    for (int d = 0; d < r; d++) larger[d] = dims[d] + pick(2);
    tensor i = random_index(r, dims, below), src = array_random((dtype)x.dtype, r, larger, SPREAD);
    cr_assert(tensor_clone(&at, &want, &x, (dtype)x.dtype));
    if (tensor_numel(&i)) do {
        memcpy(to, index, sizeof to);
        if (r) to[dim] = array_get_int(&i, index);
        array_set(&want, to, added((dtype)x.dtype, array_get(&want, to), array_get(&src, index)));
      } while (index_next(r, dims, index));
    cr_assert(tensor_scatter_add(&at, &x, dim, &i, &src));
    memset(index, 0, sizeof index);
    if (tensor_numel(&x)) do
        cr_assert_eq(array_get(&x, index), array_get(&want, index));
      while (index_next(r, x.layout->dims, index));
    tensor_drop(&x);
    tensor_drop(&i);
    tensor_drop(&src);
    tensor_drop(&want);
  }
}

Test(index, select_and_add_rows) {
  for (int round = 0; round < 3000; round++) {
    tensor x = array_random((dtype)pick(4), -1, NULL, 0), i, y, want;
    int r = tensor_rank(&x), dim = r ? (int)pick(r) : 0;
    int64_t n = pick(6), below = r ? x.layout->dims[dim] : 1, index[RANK_MAX] = {0}, from[RANK_MAX];
    bool alone = pick(4) == 0; // an index without dims
    if (!below) n = 0, below = 1, alone = false;
    if (!r) n = 1;
    i = alone ? random_index(0, NULL, below) : random_index(1, &n, below);
    if (alone) n = 1;
    cr_assert(tensor_index_select(&at, &y, &x, dim, &i));
    cr_assert_eq(y.layout->rank, r);
    if (r) cr_assert_eq(y.layout->dims[dim], n);
    if (tensor_numel(&y)) do {
        memcpy(from, index, sizeof from);
        if (r) from[dim] = alone ? array_get_int(&i, NULL) : array_get_int(&i, &index[dim]);
        cr_assert_eq(array_get(&y, index), array_get(&x, from));
      } while (index_next(r, y.layout->dims, index));
    cr_assert(tensor_clone(&at, &want, &x, (dtype)x.dtype));
    memset(index, 0, sizeof index);
    if (tensor_numel(&y)) do {
        memcpy(from, index, sizeof from);
        if (r) from[dim] = alone ? array_get_int(&i, NULL) : array_get_int(&i, &index[dim]);
        array_set(&want, from, added((dtype)x.dtype, array_get(&want, from), array_get(&y, index)));
      } while (index_next(r, y.layout->dims, index));
    cr_assert(tensor_index_add(&at, &x, dim, &i, &y));
    memset(index, 0, sizeof index);
    if (tensor_numel(&x)) do
        cr_assert_eq(array_get(&x, index), array_get(&want, index));
      while (index_next(r, x.layout->dims, index));
    tensor_drop(&x);
    tensor_drop(&i);
    tensor_drop(&y);
    tensor_drop(&want);
  }
}

Test(index, out_of_range_writes_nothing) {
  static const int64_t BAD[] = {-1, 3, INT64_MAX, INT64_MIN, 1ll << 32};
  for (size_t k = 0; k < sizeof BAD / sizeof *BAD; k++)
    for (int64_t place = 0; place < 4; place++) {
      tensor x = array_new(DT_float32, 1, (int64_t[]){3}), i = array_new(DT_int64, 1, (int64_t[]){4}), y;
      tensor src = array_new(DT_float32, 1, (int64_t[]){4});
      cr_assert(tensor_fill(&at, &i, scalar_int(1)));
      *(int64_t *)array_place(&i, &place) = BAD[k];
      for (int what = 0; what < 4; what++) {
        fault_clear(&at.fault);
        bool ok = what == 0   ? tensor_gather(&at, &y, &x, 0, &i)
                  : what == 1 ? tensor_index_select(&at, &y, &x, 0, &i)
                  : what == 2 ? tensor_scatter_add(&at, &x, 0, &i, &src)
                              : tensor_index_add(&at, &x, 0, &i, &src);
        cr_assert(!ok);
        cr_assert_eq(at.fault.code, ERR_index_out_of_range);
        for (int64_t n = 0; n < 3; n++) cr_assert_eq(array_get(&x, &n), n);
      }
      fault_clear(&at.fault);
      tensor_drop(&x);
      tensor_drop(&i);
      tensor_drop(&src);
    }
}

Test(index, flip) {
  for (int round = 0; round < 1000; round++) {
    tensor x = array_random((dtype)pick(4), -1, NULL, SPREAD), y;
    int r = tensor_rank(&x);
    unsigned mask = (unsigned)pick(1 << r);
    int64_t index[RANK_MAX] = {0}, from[RANK_MAX];
    cr_assert(tensor_flip(&at, &y, &x, mask));
    if (tensor_numel(&x)) do {
        for (int d = 0; d < r; d++) from[d] = mask & 1u << d ? x.layout->dims[d] - 1 - index[d] : index[d];
        cr_assert_eq(array_get(&y, index), array_get(&x, from));
      } while (index_next(r, x.layout->dims, index));
    tensor_drop(&x);
    tensor_drop(&y);
  }
}

Test(index, cumsum) {
  for (int round = 0; round < 1500; round++) {
    tensor x = array_random((dtype)pick(4), -1, NULL, SPREAD), y;
    dtype t = x.dtype == DT_bool ? DT_int64 : pick(2) ? (dtype)x.dtype : DT_float64;
    int r = tensor_rank(&x), dim = r ? (int)pick(r) : 0;
    int64_t index[RANK_MAX] = {0}, from[RANK_MAX];
    cr_assert(tensor_cumsum(&at, &y, &x, dim, t));
    cr_assert(layout_same_dims(y.layout, x.layout));
    if (tensor_numel(&x)) do {
        double sum = 0;
        memcpy(from, index, sizeof from);
        if (r)
          for (from[dim] = 0; from[dim] <= index[dim]; from[dim]++) sum += array_get(&x, from);
        else
          sum = array_get(&x, index);
        cr_assert_eq(array_get(&y, index), sum);
      } while (index_next(r, x.layout->dims, index));
    tensor_drop(&x);
    tensor_drop(&y);
  }
}
