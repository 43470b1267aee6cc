// Tensors made from nothing: exact sequences, and random numbers that come again.
#include "tensor/arrays.h"
#include "tensor/create.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(create, .init = arrays_start, .fini = arrays_finish);

Test(create, arange) {
  for (dtype t = DT_int64; t < DT_COUNT; t++) {
    tensor x;
    cr_assert(tensor_arange(&at, &x, scalar_int(5), scalar_int(-2), 4, t));
    for (int64_t i = 0; i < 4; i++) cr_assert_eq(array_get(&x, &i), 5 - 2 * i);
    tensor_drop(&x);
    cr_assert(tensor_arange(&at, &x, scalar_int(0), scalar_int(1), 0, t));
    cr_assert_eq(tensor_numel(&x), 0);
    tensor_drop(&x);
    cr_assert(tensor_arange(&at, &x, scalar_float(0.5), scalar_float(0.25), 3, t));
    for (int64_t i = 0; i < 3; i++)
      cr_assert_eq(array_get(&x, &i), t == DT_int64 ? 0 + (i == 2) : 0.5 + 0.25 * (double)i);
    tensor_drop(&x);
  }
  tensor x;
  cr_assert(tensor_arange(&at, &x, scalar_int(INT64_MAX - 1), scalar_int(1), 3, DT_int64)); // wraps, defined
  cr_assert_eq(array_get_int(&x, &(int64_t){1}), INT64_MAX);
  cr_assert_eq(array_get_int(&x, &(int64_t){2}), INT64_MIN);
  tensor_drop(&x);
}

Test(create, linspace_meets_both_ends) {
  for (int64_t n = 1; n < 40; n++)
    for (dtype t = DT_float32; t < DT_COUNT; t++) {
      tensor x;
      cr_assert(tensor_linspace(&at, &x, 0.1, 0.7, n, t));
      double first = array_get(&x, &(int64_t){0}), last = array_get(&x, &(int64_t){n - 1});
      cr_assert_eq(first, t == DT_float32 ? (double)0.1f : 0.1);
      if (n > 1) cr_assert_eq(last, t == DT_float32 ? (double)0.7f : 0.7);
      for (int64_t i = 1; i < n; i++) cr_assert_gt(array_get(&x, &i), array_get(&x, &(int64_t){i - 1}));
      tensor_drop(&x);
    }
}

static tensor drawn(rng *r, bool (*draw)(ctx *, const tensor *, rng *), dtype t, int64_t n) {
  tensor x;
  cr_assert(tensor_new_sizes(&at, &x, t, 1, &n));
  cr_assert(draw(&at, &x, r));
  return x;
}

static void check_same(const tensor *a, const tensor *b) {
  cr_assert_arr_eq(tensor_data(a), tensor_data(b), (size_t)tensor_numel(a) * dtype_size((dtype)a->dtype));
}

Test(create, the_seed_decides) {
  bool (*const draws[])(ctx *, const tensor *, rng *) = {tensor_uniform, tensor_normal};
  for (int d = 0; d < 2; d++)
    for (dtype t = DT_float32; t < DT_COUNT; t++) {
      rng r = {42, 0}, again = {42, 0}, other = {43, 0};
      tensor x = drawn(&r, draws[d], t, 101), y = drawn(&again, draws[d], t, 101),
             z = drawn(&other, draws[d], t, 101);
      check_same(&x, &y);
      cr_assert_eq(r.counter, 51);
      cr_assert_eq(r.seed, 42);
      int equal = 0;
      for (int64_t i = 0; i < 101; i++) equal += array_get(&x, &i) == array_get(&z, &i);
      cr_assert_lt(equal, 5);
      tensor_drop(&x);
      tensor_drop(&y);
      tensor_drop(&z);
    }
}

// The counter moves on by the blocks used: what is drawn in two pieces of even size is what is drawn at once.
Test(create, the_counter_moves_on) {
  rng r = {7, 0}, pieces = {7, 0}, far = {7, UINT64_MAX - 1};
  tensor whole = drawn(&r, tensor_uniform, DT_float64, 100),
         a = drawn(&pieces, tensor_uniform, DT_float64, 40);
  tensor b = drawn(&pieces, tensor_uniform, DT_float64, 60),
         none = drawn(&pieces, tensor_uniform, DT_float64, 0);
  cr_assert_eq(r.counter, 50);
  cr_assert_eq(pieces.counter, 50);
  cr_assert_arr_eq(tensor_data(&whole), tensor_data(&a), 40 * 8);
  cr_assert_arr_eq((double *)tensor_data(&whole) + 40, tensor_data(&b), 60 * 8);
  tensor wraps = drawn(&far, tensor_uniform, DT_float64, 10);
  cr_assert_eq(far.counter, 3);
  tensor_drop(&whole);
  tensor_drop(&a);
  tensor_drop(&b);
  tensor_drop(&none);
  tensor_drop(&wraps);
}

Test(create, range_and_moments) {
  enum { N = 200000 };
  for (dtype t = DT_float32; t < DT_COUNT; t++) {
    rng r = {1, 0};
    tensor u = drawn(&r, tensor_uniform, t, N), z = drawn(&r, tensor_normal, t, N);
    double sum = 0, squares = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0;
    for (int64_t i = 0; i < N; i++) {
      double x = array_get(&u, &i), y = array_get(&z, &i);
      cr_assert(x >= 0 && x < 1, "%.17g", x);
      cr_assert(isfinite(y));
      sum += x, squares += x * x;
      s1 += y, s2 += y * y, s3 += y * y * y, s4 += y * y * y * y;
    }
    cr_assert(fabs(sum / N - 0.5) < 0.005 && fabs(squares / N - 1.0 / 3) < 0.005);
    cr_assert(fabs(s1 / N) < 0.02 && fabs(s2 / N - 1) < 0.02 && fabs(s3 / N) < 0.06 &&
              fabs(s4 / N - 3) < 0.15);
    tensor_drop(&u);
    tensor_drop(&z);
  }
}

Test(create, triangles) {
  for (int round = 0; round < 1000; round++) {
    int rank = 2 + (int)pick(2);
    int64_t dims[3], k = pick(12) - 6, index[3] = {0};
    for (int i = 0; i < rank; i++) dims[i] = pick(5);
    bool lower = pick(2);
    tensor x = array_new((dtype)pick(4), rank, dims), was;
    cr_assert(tensor_clone(&at, &was, &x, (dtype)x.dtype));
    tensor_triangle(&x, k, lower);
    if (tensor_numel(&x)) do {
        int64_t distance = index[rank - 1] - index[rank - 2];
        bool kept = lower ? distance <= k : distance >= k;
        cr_assert_eq(array_get(&x, index), kept ? array_get(&was, index) : 0);
      } while (index_next(rank, dims, index));
    tensor_drop(&x);
    tensor_drop(&was);
  }
}

Test(create, stops_when_asked) {
  atomic_int stop = STOP_client_gone;
  tensor x;
  rng r = {1, 9};
  cr_assert(tensor_new_sizes(&at, &x, DT_float32, 1, (int64_t[]){100}));
  at.stop = &stop;
  cr_assert(!tensor_normal(&at, &x, &r));
  cr_assert_eq(at.fault.code, ERR_time_limit);
  cr_assert_eq(r.counter, 9, "nothing is used up");
  at.stop = NULL;
  fault_clear(&at.fault);
  tensor_drop(&x);
}

Test(create, dtype_names) {
  static const struct {
    const char *name;
    dtype is;
  } NAMES[] = {{"float32", DT_float32},
               {"torch.float32", DT_float32},
               {"float", DT_float32},
               {"double", DT_float64},
               {"torch.double", DT_float64},
               {"long", DT_int64},
               {"torch.long", DT_int64},
               {"bool", DT_bool},
               {"half", DT_none},
               {"", DT_none},
               {"torch.", DT_none},
               {"float3", DT_none},
               {"float322", DT_none}};
  for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
    cr_assert_eq(dtype_parse(NAMES[i].name, strlen(NAMES[i].name)), NAMES[i].is, "%s", NAMES[i].name);
  cr_assert_eq(scalar_i64(scalar_float(NAN)), INT64_MIN);
  cr_assert_eq(scalar_i64(scalar_float(1e30)), INT64_MIN);
  cr_assert_eq(scalar_i64(scalar_float(-2.9)), -2);
  cr_assert_eq(scalar_i64(scalar_int(INT64_MIN)), INT64_MIN);
}
