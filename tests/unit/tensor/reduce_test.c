// Reductions over every set of dims, in every dtype, over any strides.
#include "tensor/arrays.h"
#include "tensor/reduce.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(reduce, .init = arrays_start, .fini = arrays_finish);

struct naive {
  double value;
  uint64_t product; // of integers: it wraps
  int64_t at, count;
};

static void see(struct naive *a, reduction how, double x) {
  switch (how) {
  case REDUCE_sum:
  case REDUCE_mean: a->value += x; break;
  case REDUCE_prod: a->value *= x, a->product *= isfinite(x) ? (uint64_t)(int64_t)x : 0; break;
  case REDUCE_any: a->value = a->value != 0 || x != 0; break;
  case REDUCE_all: a->value = a->value != 0 && x != 0; break;
  case REDUCE_max:
  case REDUCE_min:
    if (!a->count || (!isnan(a->value) && (isnan(x) || (how == REDUCE_max ? x > a->value : x < a->value))))
      a->value = x, a->at = a->count;
  }
  a->count++;
}

// One output element, by walking all of the input and keeping what falls into it.
static struct naive fold(const tensor *x, reduction how, unsigned mask, bool keepdim, const int64_t *out) {
  int64_t index[RANK_MAX] = {0};
  struct naive a = {.value = how == REDUCE_prod || how == REDUCE_all, .product = 1};
  if (tensor_numel(x)) do {
      bool mine = true;
      for (int d = 0, o = 0; d < tensor_rank(x) && mine; d++) {
        if (!(mask & 1u << d))
          mine = index[d] == out[o++];
        else if (keepdim)
          o++;
      }
      if (mine) see(&a, how, array_get(x, index));
    } while (index_next(tensor_rank(x), x->layout->dims, index));
  if (how == REDUCE_mean) a.value /= (double)a.count;
  if (how == REDUCE_prod && !dtype_is_float((dtype)x->dtype)) a.value = (double)(int64_t)a.product;
  return a;
}

static void check(const tensor *x, reduction how, unsigned mask, bool keepdim, dtype t) {
  tensor y, at_ = {0};
  bool extreme = how == REDUCE_max || how == REDUCE_min;
  cr_assert(tensor_reduce(&at, &y, extreme ? &at_ : NULL, x, how, mask, keepdim, t));
  ints sizes = reduced_sizes(x->layout, mask, keepdim);
  cr_assert_eq(y.layout->rank, sizes.n);
  cr_assert_eq(y.dtype, t);
  int64_t index[RANK_MAX] = {0};
  if (tensor_numel(&y)) do {
      struct naive want = fold(x, how, mask, keepdim, index);
      double got = array_get(&y, index), wanted = t == DT_float32 ? (double)(float)want.value : want.value;
      cr_assert(same_number(got, wanted), "%d of %s over %u: %g, not %g", how, array_text(x), mask, got,
                wanted);
      if (extreme) cr_assert_eq(array_get_int(&at_, index), want.at, "%s over %u", array_text(x), mask);
    } while (index_next(sizes.n, y.layout->dims, index));
  tensor_drop(&y);
  tensor_drop(&at_);
}

static bool empty_extreme(const tensor *x, unsigned mask) {
  for (int d = 0; d < tensor_rank(x); d++)
    if (mask & 1u << d && x->layout->dims[d] == 0) return true;
  return false;
}

Test(reduce, every_mask) {
  for (int round = 0; round < 400; round++) {
    tensor x = array_random((dtype)pick(4), -1, NULL, SPREAD);
    dtype own = (dtype)x.dtype, number = own == DT_bool ? DT_int64 : own,
          real = dtype_is_float(own) ? own : DT_float32;
    for (unsigned mask = 0; mask < 1u << tensor_rank(&x); mask++) {
      bool keepdim = pick(2);
      check(&x, REDUCE_sum, mask, keepdim, number);
      check(&x, REDUCE_sum, mask, keepdim, DT_float64);
      if (!empty_extreme(&x, mask)) check(&x, REDUCE_mean, mask, keepdim, real);
      check(&x, REDUCE_prod, mask, keepdim, DT_float64);
      check(&x, REDUCE_any, mask, keepdim, DT_bool);
      check(&x, REDUCE_all, mask, keepdim, DT_bool);
      if (empty_extreme(&x, mask)) continue;
      check(&x, REDUCE_max, mask, keepdim, own);
      check(&x, REDUCE_min, mask, keepdim, own);
    }
    tensor_drop(&x);
  }
}

Test(reduce, nan_wins_wherever_it_stands) {
  for (int64_t place = 0; place < 40; place++)
    for (int second = 0; second < 2; second++) {
      tensor x = array_new(place % 2 ? DT_float32 : DT_float64, 1, (int64_t[]){40}), v, i;
      array_set(&x, &place, NAN);
      if (second) array_set(&x, &(int64_t){39}, NAN);
      for (reduction how = REDUCE_max; how <= REDUCE_min; how++) {
        cr_assert(tensor_reduce(&at, &v, &i, &x, how, 1, false, (dtype)x.dtype));
        cr_assert(isnan(scalar_f64(tensor_read(&v, 0))));
        cr_assert_eq(scalar_i64(tensor_read(&i, 0)), place);
        tensor_drop(&v);
        tensor_drop(&i);
      }
      tensor_drop(&x);
    }
}

Test(reduce, infinities_and_signs) {
  tensor x = array_new(DT_float32, 1, (int64_t[]){3}), v, i;
  for (int64_t k = 0; k < 3; k++) array_set(&x, &k, -INFINITY);
  cr_assert(tensor_reduce(&at, &v, &i, &x, REDUCE_max, 1, false, DT_float32));
  cr_assert_eq(scalar_f64(tensor_read(&v, 0)), -INFINITY);
  cr_assert_eq(scalar_i64(tensor_read(&i, 0)), 0);
  tensor_drop(&v);
  tensor_drop(&i);
  array_set(&x, &(int64_t){1}, INFINITY);
  cr_assert(tensor_reduce(&at, &v, NULL, &x, REDUCE_sum, 1, false, DT_float32));
  cr_assert(isnan(scalar_f64(tensor_read(&v, 0))));
  tensor_drop(&v);
  tensor_drop(&x);
}

Test(reduce, int64_wraps) {
  tensor x = array_new(DT_int64, 1, (int64_t[]){3}), v;
  int64_t values[] = {INT64_MAX, INT64_MAX, 5};
  memcpy(tensor_data(&x), values, sizeof values);
  cr_assert(tensor_reduce(&at, &v, NULL, &x, REDUCE_sum, 1, false, DT_int64));
  cr_assert_eq(scalar_i64(tensor_read(&v, 0)), 3);
  tensor_drop(&v);
  cr_assert(tensor_reduce(&at, &v, NULL, &x, REDUCE_prod, 1, false, DT_int64));
  cr_assert_eq(scalar_i64(tensor_read(&v, 0)), 5);
  tensor_drop(&v);
  values[0] = INT64_MIN;
  memcpy(tensor_data(&x), values, sizeof values);
  cr_assert(tensor_reduce(&at, &v, NULL, &x, REDUCE_min, 1, false, DT_int64));
  cr_assert_eq(scalar_i64(tensor_read(&v, 0)), INT64_MIN);
  tensor_drop(&v);
  tensor_drop(&x);
}

// A float32 sum is carried in double precision: 2^24 + 1 + 1 … does not get stuck.
Test(reduce, float32_sums_are_carried_wide) {
  int64_t dims[][2] = {{1000, 1}, {1, 1000}, {500, 3}};
  for (int k = 0; k < 3; k++) {
    tensor x = array_new(DT_float32, 2, dims[k]), v;
    cr_assert(tensor_fill(&at, &x, scalar_float(1)));
    for (int64_t j = 0; j < dims[k][1]; j++) array_set(&x, (int64_t[]){0, j}, 16777216);
    for (unsigned mask = 1; mask < 4; mask++) {
      cr_assert(tensor_reduce(&at, &v, NULL, &x, REDUCE_sum, mask, false, DT_float64));
      tensor all_of_it;
      cr_assert(tensor_reduce(&at, &all_of_it, NULL, &v, REDUCE_sum, (1u << tensor_rank(&v)) - 1, false,
                              DT_float64));
      double all = scalar_f64(tensor_read(&all_of_it, 0));
      cr_assert_eq(all, (double)dims[k][1] * 16777216 + (double)(dims[k][0] - 1) * (double)dims[k][1]);
      tensor_drop(&all_of_it);
      tensor_drop(&v);
    }
    tensor_drop(&x);
  }
}
