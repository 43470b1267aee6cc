// Sizes and strides: what is contiguous, what is too large, how shapes broadcast.
#include "base/mem.h"
#include "tensor/arrays.h"
#include <criterion/criterion.h>
#include <string.h>

TestSuite(layout, .init = arrays_start, .fini = arrays_finish);

static layout *make(int rank, const int64_t *dims) {
  fault_clear(&at.fault);
  return layout_new(&at, rank, dims);
}
#define DIMS(...)                                                                                            \
  (sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]) { __VA_ARGS__ }

Test(layout, row_major) {
  layout *l = make(DIMS(2, 3, 4));
  cr_assert_eq(l->numel, 24);
  cr_assert(l->contiguous);
  cr_assert_arr_eq(layout_strides(l), ((int64_t[]){12, 4, 1}), 24);
  cr_assert_str_eq(layout_text(l), "[2, 3, 4]");
  layout_unref(l);
  cr_assert_eq(make(0, NULL), &LAYOUT_SCALAR);
  layout_unref(&LAYOUT_SCALAR);
  l = make(DIMS(2, 0, 4));
  cr_assert_eq(l->numel, 0);
  cr_assert(l->contiguous);
  layout_unref(l);
}

Test(layout, what_is_contiguous) {
  static const struct {
    int rank;
    int64_t dims[3], strides[3];
    bool contiguous;
  } CASES[] = {
      {2, {2, 3}, {3, 1}, true},       {2, {2, 3}, {1, 2}, false},
      {2, {2, 3}, {4, 1}, false},      {2, {1, 3}, {99, 1}, true},
      {2, {3, 1}, {1, 99}, true},      {2, {3, 1}, {2, 1}, false},
      {2, {0, 3}, {-7, 5}, true},      {1, {1}, {-1}, true},
      {1, {4}, {-1}, false},           {1, {4}, {0}, false},
      {3, {2, 1, 3}, {3, 0, 1}, true}, {3, {2, 2, 3}, {3, 3, 1}, false},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    layout *l = layout_strided(&at, CASES[i].rank, CASES[i].dims, CASES[i].strides);
    cr_assert_eq(l->contiguous, CASES[i].contiguous, "case %zu", i);
    layout_unref(l);
  }
}

// Products near every power that an int may wrap at. Either the count is exact or it is refused.
Test(layout, sizes_near_the_edges) {
  static const struct {
    int rank;
    int64_t dims[8];
    int64_t numel; // -1: refused
  } CASES[] = {
      {1, {2147483647}, 2147483647},
      {1, {2147483648}, 2147483648},
      {2, {46341, 46341}, 2147488281},
      {2, {65536, 65536}, 4294967296},
      {3, {65536, 65536, 2}, 8589934592},
      {2, {2147483648, 268435455}, 576460750155939840},
      {2, {4294967296, 4294967296}, -1},
      {2, {4294967296, 2147483648}, -1},
      {2, {3037000500, 3037000500}, -1},
      {3, {2147483648, 2147483648, 2}, -1},
      {4, {65536, 65536, 65536, 65536}, -1},
      {1, {INT64_MAX}, -1},
      {2, {INT64_MAX, INT64_MAX}, -1},
      {2, {INT64_MAX, 1}, -1},
      {8, {256, 256, 256, 256, 256, 256, 256, 256}, -1},
      {8, {1, 1, 1, 1, 1, 1, 1, 7}, 7},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    layout *l = make(CASES[i].rank, CASES[i].dims);
    cr_assert_eq(l != NULL, CASES[i].numel >= 0, "case %zu", i);
    if (!l) cr_assert_eq(at.fault.code, ERR_quota_exceeded, "case %zu", i);
    if (l) {
      int64_t n = 1;
      for (int d = 0; d < CASES[i].rank; d++) n *= CASES[i].dims[d];
      cr_assert_eq(l->numel, n);
    }
    layout_unref(l);
  }
}

Test(layout, empty_ones_of_great_size) { // 0 times anything has no elements, but its strides must not wrap
  static const int64_t DIMS_OF[][3] = {
      {0, INT64_MAX, 1}, {INT64_MAX, 0, INT64_MAX}, {4294967296, 4294967296, 0}, {0, 2147483648, 2147483648}};
  for (size_t i = 0; i < sizeof DIMS_OF / sizeof *DIMS_OF; i++) {
    layout *l = make(3, DIMS_OF[i]);
    if (!l)
      cr_assert_eq(at.fault.code, ERR_quota_exceeded);
    else
      cr_assert_eq(l->numel, 0);
    layout_unref(l);
    layout *strided = layout_strided(&at, 3, DIMS_OF[i], (int64_t[]){1, 1, 1});
    cr_assert_eq(l != NULL, strided != NULL);
    layout_unref(strided);
  }
}

Test(layout, bad_ranks_and_sizes) {
  int64_t dims[12] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  for (int rank = 9; rank <= 12; rank++) {
    cr_assert_null(make(rank, dims));
    cr_assert_eq(at.fault.code, ERR_bad_argument);
  }
  cr_assert_null(make(-1, dims));
  cr_assert_null(make(DIMS(2, -1)));
  cr_assert_str_eq(at.fault.detail, "Trying to create tensor with negative dimension -1: [2, -1]");
  cr_assert_null(make(DIMS(INT64_MIN)));
  mem_fail_at(1, false);
  cr_assert_null(make(DIMS(2)));
  mem_fail_at(0, false);
  cr_assert_eq(at.fault.code, ERR_out_of_memory);
}

Test(layout, the_text_of_the_longest) {
  int64_t dims[8];
  for (int i = 0; i < 8; i++) dims[i] = INT64_MIN;
  cr_assert_eq(strlen(ints_text(8, dims)), 8 * 20 + 7 * 2 + 2);
  cr_assert_str_eq(ints_text(0, NULL), "[]");
}

Test(layout, dims_wrap) {
  for (int rank = 0; rank <= 8; rank++)
    for (int64_t d = -12; d < 12; d++) {
      int64_t n = rank ? rank : 1, dim = d;
      fault_clear(&at.fault);
      bool ok = dim_wrap(&at, &dim, rank);
      cr_assert_eq(ok, d >= -n && d < n, "%d %lld", rank, (long long)d);
      if (ok)
        cr_assert_eq(dim, d < 0 ? d + n : d);
      else
        cr_assert_eq(at.fault.code, ERR_index_out_of_range);
    }
  int64_t least = INT64_MIN, most = INT64_MAX;
  cr_assert(!dim_wrap(&at, &least, 3) && !dim_wrap(&at, &most, 3));
}

Test(layout, masks) {
  unsigned mask;
  cr_assert(dims_mask(&at, &(ints){-1, {0}}, 3, &mask));
  cr_assert_eq(mask, 7);
  cr_assert(dims_mask(&at, &(ints){0, {0}}, 3, &mask));
  cr_assert_eq(mask, 7);
  cr_assert(dims_mask(&at, &(ints){2, {-1, 0}}, 3, &mask));
  cr_assert_eq(mask, 5);
  cr_assert(!dims_mask(&at, &(ints){2, {-1, 2}}, 3, &mask));
  cr_assert_str_eq(at.fault.detail, "dim 2 appears multiple times in the list of dims");
  fault_clear(&at.fault);
  cr_assert(!dims_mask(&at, &(ints){1, {3}}, 3, &mask));
  cr_assert_eq(at.fault.code, ERR_index_out_of_range);
  cr_assert(dims_mask(&at, &(ints){-1, {0}}, 8, &mask));
  cr_assert_eq(mask, 255);
}

// The rule itself, dim by dim from the right.
static bool naive_broadcast(int n, layout *const *l, int *rank, int64_t *dims) {
  *rank = 0;
  for (int k = 0; k < n; k++)
    if (l[k]->rank > *rank) *rank = l[k]->rank;
  for (int d = 0; d < *rank; d++) {
    dims[d] = 1;
    for (int k = 0; k < n; k++) {
      int own = d - (*rank - l[k]->rank);
      int64_t size = own < 0 ? 1 : l[k]->dims[own];
      if (size == 1) continue;
      if (dims[d] != 1 && dims[d] != size) return false;
      dims[d] = size;
    }
  }
  return true;
}

Test(layout, broadcasting) {
  int fits = 0, misfits = 0;
  for (int round = 0; round < 5000; round++) {
    int n = 1 + (int)pick(3), rank;
    layout *l[3] = {0};
    int64_t dims[RANK_MAX], want[RANK_MAX];
    for (int k = 0; k < n; k++) {
      sizes_random(4, 3, &rank, dims);
      l[k] = make(rank, dims);
    }
    ints got;
    bool ok = broadcast_sizes(&at, n, (const layout *const *)l, &got),
         right = naive_broadcast(n, l, &rank, want);
    cr_assert_eq(ok, right, "round %d", round);
    if (ok) {
      cr_assert_eq(got.n, rank);
      for (int i = 0; i < rank; i++) cr_assert_eq(got.v[i], want[i]);
      fits++;
    } else {
      cr_assert_eq(at.fault.code, ERR_shape_mismatch);
      misfits++;
    }
    for (int k = 0; k < n; k++) layout_unref(l[k]);
  }
  cr_assert(fits > 500 && misfits > 500, "%d %d", fits, misfits);
}
