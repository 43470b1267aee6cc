// Matrix products against three loops: any strides, no rows, no columns, nothing to sum, batches, integers.
#include "base/mem.h"
#include "tensor/arrays.h"
#include "tensor/linalg.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(linalg, .init = arrays_start, .fini = arrays_finish);

static double naive(const tensor *a, const tensor *b, const int64_t *index) {
  int r = tensor_rank(a);
  double sum = 0;
  for (int64_t k = 0; k < a->layout->dims[r - 1]; k++) {
    int64_t ia[3], ib[3];
    memcpy(ia, index, sizeof ia);
    memcpy(ib, index, sizeof ib);
    ia[r - 1] = k;
    ib[r - 2] = k;
    sum += array_get(a, ia) * array_get(b, ib);
  }
  return sum;
}

static void check(const tensor *a, const tensor *b) {
  tensor y;
  int r = tensor_rank(a);
  cr_assert(tensor_matmul(&at, &y, a, b), "%s: %s", array_text(a), at.fault.detail);
  cr_assert_eq(y.layout->rank, r);
  cr_assert_eq(y.layout->dims[r - 2], a->layout->dims[r - 2]);
  cr_assert_eq(y.layout->dims[r - 1], b->layout->dims[r - 1]);
  int64_t index[3] = {0};
  if (tensor_numel(&y)) do {
      double got = array_get(&y, index),
             want = naive(a, b, index); // small whole numbers: exact in every dtype
      cr_assert_eq(got, want, "%s: %g, not %g", array_text(a), got, want);
    } while (index_next(r, y.layout->dims, index));
  tensor_drop(&y);
}

Test(linalg, random_strides_and_batches) {
  static const dtype TYPES[] = {DT_int64, DT_float32, DT_float64};
  for (int round = 0; round < 6000; round++) {
    dtype t = TYPES[pick(3)];
    int r = 2 + (int)pick(2);
    int64_t n = pick(7), k = pick(7), m = pick(7), batch = pick(4);
    tensor a = array_random(t, r, (int64_t[]){r == 3 ? batch : n, r == 3 ? n : k, k}, SPREAD);
    tensor b = array_random(t, r, (int64_t[]){r == 3 ? batch : k, r == 3 ? k : m, m}, SPREAD);
    check(&a, &b);
    tensor_drop(&a);
    tensor_drop(&b);
  }
}

// Both orders of both factors, with and without gaps between the rows: the forms that BLAS reads as they lie.
Test(linalg, transposed_and_gapped) {
  for (int form = 0; form < 16; form++)
    for (int64_t n = 1; n < 5; n++)
      for (int64_t m = 1; m < 5; m++)
        for (int64_t k = 0; k < 4; k++) {
          int64_t gap = form & 4 ? 3 : 0, skip = form & 8 ? 2 : 0;
          tensor line = array_new(DT_float32, 1, (int64_t[]){100}), a, b;
          int64_t sa[2] = {k + gap ? k + gap : 1, 1}, ta[2] = {1, n + gap}, sb[2] = {m + skip, 1},
                  tb[2] = {1, k + skip ? k + skip : 1};
          cr_assert(tensor_view_as(&at, &a, &line, 2, (int64_t[]){n, k}, form & 1 ? ta : sa, 1));
          cr_assert(tensor_view_as(&at, &b, &line, 2, (int64_t[]){k, m}, form & 2 ? tb : sb, 2));
          check(&a, &b);
          tensor_drop(&a);
          tensor_drop(&b);
          tensor_drop(&line);
        }
}

Test(linalg, a_larger_one) { // crosses the blocks of BLAS, and the rows of one call
  static const dtype TYPES[] = {DT_int64, DT_float32, DT_float64};
  for (int i = 0; i < 3; i++) {
    tensor a = array_random(TYPES[i], 2, (int64_t[]){70, 50}, 0),
           b = array_random(TYPES[i], 2, (int64_t[]){50, 90}, 0);
    check(&a, &b);
    tensor_drop(&a);
    tensor_drop(&b);
  }
}

Test(linalg, int64_wraps) {
  tensor a = array_new(DT_int64, 2, (int64_t[]){1, 2}), b = array_new(DT_int64, 2, (int64_t[]){2, 1}), y;
  memcpy(tensor_data(&a), (int64_t[]){INT64_MAX, 2}, 16);
  memcpy(tensor_data(&b), (int64_t[]){2, INT64_MAX}, 16);
  cr_assert(tensor_matmul(&at, &y, &a, &b));
  cr_assert_eq(array_get_int(&y, (int64_t[]){0, 0}), -4);
  tensor_drop(&y);
  tensor_drop(&a);
  tensor_drop(&b);
}

Test(linalg, nan_passes) {
  tensor a = array_new(DT_float64, 2, (int64_t[]){2, 2}), b = array_new(DT_float64, 2, (int64_t[]){2, 2}), y;
  array_set(&a, (int64_t[]){0, 0}, NAN); // times 0 it is still NaN
  cr_assert(tensor_matmul(&at, &y, &a, &b));
  cr_assert(isnan(array_get(&y, (int64_t[]){0, 0})) && isnan(array_get(&y, (int64_t[]){0, 1})));
  cr_assert(!isnan(array_get(&y, (int64_t[]){1, 0})));
  tensor_drop(&y);
  tensor_drop(&a);
  tensor_drop(&b);
}

Test(linalg, refusals) {
  tensor a = array_new(DT_bool, 2, (int64_t[]){2, 2}), y;
  cr_assert(!tensor_matmul(&at, &y, &a, &a));
  cr_assert_eq(at.fault.code, ERR_dtype_mismatch);
  tensor_drop(&a);
  fault_clear(&at.fault);
  a = array_new(DT_float32, 2, (int64_t[]){0, 0});
  tensor wide;
  cr_assert(tensor_view_as(&at, &wide, &a, 2, (int64_t[]){0, 5000000000}, (int64_t[]){0, 0}, 0));
  cr_assert(!tensor_matmul(&at, &y, &a, &wide));
  cr_assert_eq(at.fault.code, ERR_quota_exceeded);
  tensor_drop(&wide);
  tensor_drop(&a);
  fault_clear(&at.fault);
  a = array_random(DT_float32, 2, (int64_t[]){3, 3}, 0);
  for (uint64_t n = 1; n < 12; n++) { // no memory at any point: nothing stays
    mem_fail_at(n, true);
    bool ok = tensor_matmul(&at, &y, &a, &a);
    mem_fail_at(0, false);
    if (ok)
      tensor_drop(&y);
    else
      cr_assert_eq(at.fault.code, ERR_out_of_memory);
    fault_clear(&at.fault);
  }
  tensor_drop(&a);
}
