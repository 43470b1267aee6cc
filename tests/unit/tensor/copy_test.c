// Copying: every pair of dtypes, any strides, broadcast, and onto itself.
#include "base/mem.h"
#include "tensor/arrays.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(copy, .init = arrays_start, .fini = arrays_finish);

// What torch does with x when it goes from one dtype to another: through the C conversion, and INT64_MIN for
// what int64 cannot hold.
static double converted(double x, dtype to) {
  switch (to) {
  case DT_bool: return x != 0;
  case DT_int64: return x >= -0x1p63 && x < 0x1p63 ? (double)(int64_t)x : -0x1p63;
  case DT_float32: return (double)(float)x;
  default: return x;
  }
}

Test(copy, all_pairs_and_special_values) {
  static const double VALUES[] = {0,    -0.0,     1,     -1,       2.9,      -2.9,    1e10,
                                  1e18, -1e19,    1e300, -1e300,   0x1p63,   -0x1p63, 0x1p-149,
                                  0.1,  16777217, NAN,   INFINITY, -INFINITY};
  enum { N = sizeof VALUES / sizeof *VALUES };
  for (dtype from = 0; from < DT_COUNT; from++)
    for (dtype to = 0; to < DT_COUNT; to++)
      for (int reversed = 0; reversed < 2; reversed++) {
        tensor src, dst = array_new(to, 1, (int64_t[]){N});
        tensor line = array_new(from, 1, (int64_t[]){N});
        cr_assert(tensor_view_as(&at, &src, &line, 1, (int64_t[]){N}, (int64_t[]){reversed ? -1 : 1},
                                 reversed ? N - 1 : 0));
        for (int64_t i = 0; i < N; i++) {
          double x = VALUES[i];
          array_set(&src, &i, from == DT_int64 && !(fabs(x) < 0x1p62) ? 77 : x);
        }
        cr_assert(tensor_copy(&at, &dst, &src));
        for (int64_t i = 0; i < N; i++) {
          double x = array_get(&src, &i), got = array_get(&dst, &i);
          cr_assert(same_number(got, converted(x, to)) && signbit(got) == signbit(converted(x, to)),
                    "%g from %s to %s: %g", x, DTYPE_ROWS[from].name, DTYPE_ROWS[to].name, got);
        }
        tensor_drop(&src);
        tensor_drop(&line);
        tensor_drop(&dst);
      }
}

Test(copy, integers_are_exact) {
  static const int64_t VALUES[] = {INT64_MIN,        INT64_MAX,         INT64_MIN + 1,
                                   9007199254740993, -9007199254740993, 0};
  tensor src = array_new(DT_int64, 1, (int64_t[]){6}), dst = array_new(DT_int64, 1, (int64_t[]){6}), line;
  memcpy(tensor_data(&src), VALUES, sizeof VALUES);
  cr_assert(tensor_view_as(&at, &line, &src, 1, (int64_t[]){6}, (int64_t[]){-1}, 5));
  cr_assert(tensor_copy(&at, &dst, &line));
  for (int64_t i = 0; i < 6; i++) cr_assert_eq(array_get_int(&dst, &i), VALUES[5 - i]);
  tensor_drop(&line);
  tensor_drop(&src);
  tensor_drop(&dst);
}

Test(copy, any_strides_and_broadcast) {
  for (int round = 0; round < 3000; round++) {
    int rank;
    int64_t dims[RANK_MAX], own[RANK_MAX];
    sizes_random(4, 4, &rank, dims);
    int from = (int)pick(rank + 1);
    for (int i = from; i < rank; i++) own[i - from] = pick(4) ? dims[i] : 1;
    tensor dst = array_random((dtype)pick(4), rank, dims, 0),
           src = array_random((dtype)pick(4), rank - from, own, SPREAD);
    cr_assert(tensor_copy(&at, &dst, &src));
    int64_t index[RANK_MAX] = {0};
    if (tensor_numel(&dst)) do {
        double x = converted(array_get_broadcast(&src, rank, index), (dtype)dst.dtype);
        cr_assert_eq(array_get(&dst, index), x, "round %d", round);
      } while (index_next(rank, dims, index));
    tensor_drop(&src);
    tensor_drop(&dst);
  }
}

// Two random windows of one storage: the source is read as it was before.
Test(copy, onto_itself) {
  for (int round = 0; round < 3000; round++) {
    tensor line = array_new(DT_float32, 1, (int64_t[]){200}), a, b;
    int64_t dims[2] = {1 + pick(5), 1 + pick(5)}, sa[2] = {pick(12), 1 + pick(3)},
            sb[2] = {pick(12) - 5, pick(5) - 2};
    sa[0] = 3 * dims[1] + pick(4); // no two elements of the target are the same
    int64_t offset = 60 + pick(8) - 4, index[2] = {0};
    cr_assert(tensor_view_as(&at, &a, &line, 2, dims, sa, offset));
    cr_assert(tensor_view_as(&at, &b, &line, 2, dims, sb, 60));
    double want[25];
    int n = 0;
    do want[n++] = array_get(&b, index);
    while (index_next(2, dims, index));
    cr_assert(tensor_copy(&at, &a, &b));
    memset(index, 0, sizeof index);
    n = 0;
    do cr_assert_eq(array_get(&a, index), want[n++], "round %d", round);
    while (index_next(2, dims, index));
    tensor_drop(&a);
    tensor_drop(&b);
    tensor_drop(&line);
  }
}

Test(copy, clone_contiguous_and_fill) {
  for (int round = 0; round < 1000; round++) {
    tensor x = array_random((dtype)pick(4), -1, NULL, SPREAD), y, z;
    dtype t = (dtype)pick(4);
    int64_t index[RANK_MAX] = {0};
    cr_assert(tensor_clone(&at, &y, &x, t));
    cr_assert(tensor_contiguous(&at, &z, &x, t));
    cr_assert(y.layout->contiguous && z.layout->contiguous && y.storage != x.storage);
    cr_assert_eq(z.storage == x.storage, x.layout->contiguous && x.dtype == t);
    if (tensor_numel(&x)) do {
        cr_assert_eq(array_get(&y, index), converted(array_get(&x, index), t));
        cr_assert_eq(array_get(&z, index), array_get(&y, index));
      } while (index_next(tensor_rank(&x), x.layout->dims, index));
    scalar s = pick(2) ? scalar_float(2.5) : scalar_int(-3);
    cr_assert(tensor_fill(&at, &y, s));
    memset(index, 0, sizeof index);
    if (tensor_numel(&x)) do
        cr_assert_eq(array_get(&y, index), converted(scalar_f64(s), t));
      while (index_next(tensor_rank(&x), x.layout->dims, index));
    tensor_drop(&x);
    tensor_drop(&y);
    tensor_drop(&z);
  }
}

Test(copy, no_memory_changes_nothing) {
  tensor line = array_new(DT_float32, 1, (int64_t[]){10}), a, b;
  cr_assert(tensor_view_as(&at, &a, &line, 1, (int64_t[]){9}, (int64_t[]){1}, 1));
  cr_assert(tensor_view_as(&at, &b, &line, 1, (int64_t[]){9}, (int64_t[]){1}, 0));
  for (uint64_t n = 1; n < 10; n++) {
    mem_fail_at(n, true);
    bool ok = tensor_copy(&at, &a, &b);
    bool reached = mem_fail_count() >= n;
    mem_fail_at(0, false);
    if (!reached) break;
    cr_assert(!ok);
    for (int64_t i = 0; i < 10; i++) cr_assert_eq(array_get(&line, &i), i);
    fault_clear(&at.fault);
  }
  for (int64_t i = 1; i < 10; i++) cr_assert_eq(array_get(&line, &i), i - 1);
  tensor_drop(&a);
  tensor_drop(&b);
  tensor_drop(&line);
}
