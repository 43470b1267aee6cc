// Views: new sizes over old strides where they exist, against a search by hand over random strided views.
#include "base/mem.h"
#include "tensor/arrays.h"
#include <criterion/criterion.h>
#include <string.h>

TestSuite(view, .init = arrays_start, .fini = arrays_finish);

// Where in memory the elements lie, in row-major order.
static void places(const tensor *t, const void **out) {
  int64_t index[RANK_MAX] = {0};
  if (!tensor_numel(t)) return;
  do *out++ = array_place(t, index);
  while (index_next(tensor_rank(t), t->layout->dims, index));
}

// Random sizes with as many elements.
static int refactor(int64_t n, int64_t *dims) {
  int rank = 0;
  while (rank < 5 && (n > 1 || pick(3) == 0)) {
    int64_t d = 1 + pick(n < 7 ? n : 7);
    if (n % d) continue;
    if (rank == 4) d = n;
    dims[rank++] = d;
    n /= d;
  }
  if (n > 1) dims[rank++] = n;
  for (int i = rank - 1; i > 0; i--) {
    int64_t k = pick(i + 1), swap = dims[i];
    dims[i] = dims[k];
    dims[k] = swap;
  }
  return rank;
}

// Whether strides exist that meet these places: each size's stride is the distance of its first two
// positions.
static bool view_exists(const void *const *p, dtype t, int rank, const int64_t *dims, int64_t *strides) {
  int64_t each = 1, size = (int64_t)dtype_size(t), index[RANK_MAX] = {0}, i = 0;
  for (int d = rank - 1; d >= 0; d--) {
    strides[d] = dims[d] > 1 ? ((const char *)p[each] - (const char *)p[0]) / size : 0;
    each *= dims[d];
  }
  do {
    int64_t place = 0;
    for (int d = 0; d < rank; d++) place += index[d] * strides[d];
    if ((const char *)p[0] + place * size != p[i++]) return false;
  } while (index_next(rank, dims, index));
  return true;
}

Test(view, sizes_against_a_search) {
  int views = 0, copies = 0;
  for (int round = 0; round < 20000; round++) {
    tensor x = array_random(DT_int64, -1, NULL, SPREAD), y;
    const void *old[5 * 5 * 5 * 5 + 1] = {0}, *fresh[5 * 5 * 5 * 5 + 1];
    int64_t dims[RANK_MAX], strides[RANK_MAX];
    if (!tensor_numel(&x)) {
      tensor_drop(&x);
      continue;
    }
    int rank = refactor(tensor_numel(&x), dims);
    places(&x, old);
    bool ok = tensor_view_sizes(&at, &y, &x, rank, dims, false);
    cr_assert_eq(ok, view_exists(old, DT_int64, rank, dims, strides), "%s as %s", array_text(&x),
                 ints_text(rank, dims));
    cr_assert_eq(at.fault.code, ERR_none, "must = false leaves no fault");
    if (ok) {
      places(&y, fresh);
      for (int64_t i = 0; i < tensor_numel(&x); i++) cr_assert_eq(old[i], fresh[i], "%s", array_text(&x));
      cr_assert_eq(y.storage, x.storage);
      tensor_drop(&y);
      views++;
    } else {
      cr_assert(!tensor_view_sizes(&at, &y, &x, rank, dims, true));
      cr_assert_eq(at.fault.code, ERR_shape_mismatch);
      fault_clear(&at.fault);
      copies++;
    }
    tensor_drop(&x);
  }
  cr_assert(views > 2000 && copies > 2000, "%d %d", views, copies);
}

Test(view, of_nothing_and_of_one) {
  tensor none = array_random(DT_float32, 2, (int64_t[]){0, 3}, 0), y;
  cr_assert(tensor_view_sizes(&at, &y, &none, 3, (int64_t[]){5, 0, 2}, true));
  cr_assert_eq(tensor_numel(&y), 0);
  tensor_drop(&y);
  tensor_drop(&none);
  tensor one = array_random(DT_float32, 0, NULL, 0);
  cr_assert(tensor_view_sizes(&at, &y, &one, 3, (int64_t[]){1, 1, 1}, true));
  cr_assert_eq(tensor_data(&y), tensor_data(&one));
  tensor_drop(&one);
  cr_assert(tensor_view_sizes(&at, &one, &y, 0, NULL, true));
  cr_assert_eq(one.layout, &LAYOUT_SCALAR);
  tensor_drop(&one);
  tensor_drop(&y);
}

Test(view, reads_in_row_major_order) {
  for (int round = 0; round < 500; round++) {
    tensor x = array_random((dtype)pick(4), -1, NULL, SPREAD);
    int64_t index[RANK_MAX] = {0}, i = 0;
    if (tensor_numel(&x)) do {
        scalar s = tensor_read(&x, i++);
        cr_assert_eq(scalar_f64(s), array_get(&x, index));
        cr_assert_eq(s.kind == SCALAR_float, dtype_is_float((dtype)x.dtype));
      } while (index_next(tensor_rank(&x), x.layout->dims, index));
    tensor_drop(&x);
  }
}

Test(view, an_expanded_one_overlaps_itself) {
  tensor x = array_new(DT_float32, 1, (int64_t[]){3}), y;
  cr_assert(!tensor_overlaps_itself(&x));
  cr_assert(tensor_view_as(&at, &y, &x, 2, (int64_t[]){2, 3}, (int64_t[]){0, 1}, 0));
  cr_assert(tensor_overlaps_itself(&y));
  tensor_drop(&y);
  cr_assert(tensor_view_as(&at, &y, &x, 2, (int64_t[]){1, 3}, (int64_t[]){0, 1}, 0));
  cr_assert(!tensor_overlaps_itself(&y));
  tensor_drop(&y);
  cr_assert(tensor_view_as(&at, &y, &x, 2, (int64_t[]){2, 0}, (int64_t[]){0, 1}, 0));
  cr_assert(!tensor_overlaps_itself(&y));
  tensor_drop(&y);
  tensor_drop(&x);
}

Test(view, storage_is_counted_and_charged) {
  tensor x = array_new(DT_float64, 1, (int64_t[]){100});
  cr_assert_eq(budget_used(&memory), 100 * 8 + sizeof(storage));
  tensor y = tensor_ref(&x);
  cr_assert_eq(x.storage->refs, 2);
  storage *alias = storage_alias(&at, x.storage);
  cr_assert_eq(alias->data, x.storage->data);
  cr_assert_eq(storage_root(alias), x.storage);
  storage *second = storage_alias(&at, alias);
  cr_assert_eq(storage_root(second), x.storage);
  second->version++;
  cr_assert_eq(x.storage->version, 0);
  tensor_drop(&x);
  tensor_drop(&y);
  storage_unref(alias);
  cr_assert_neq(budget_used(&memory), 0, "the alias of the alias keeps the bytes");
  storage_unref(second);
  tensor_drop(&y);
}

Test(view, no_memory_leaves_nothing_behind) {
  tensor x;
  for (int n = 1; n < 3; n++) {
    fault_clear(&at.fault);
    mem_fail_at((uint64_t)n, false);
    bool ok = tensor_new_sizes(&at, &x, DT_float32, 2, (int64_t[]){3, 4});
    mem_fail_at(0, false);
    cr_assert(!ok);
    cr_assert_eq(at.fault.code, ERR_out_of_memory);
  }
  fault_clear(&at.fault);
  cr_assert(!tensor_new_sizes(&at, &x, DT_float64, 2, (int64_t[]){1 << 20, 1 << 20}));
  cr_assert_eq(at.fault.code, ERR_overloaded, "the limit comes first");
  fault_clear(&at.fault);
  size_t limit = at.budget->limit, used = budget_used(at.budget);
  at.budget->limit = SIZE_MAX / 2;
  cr_assert(!tensor_new_sizes(&at, &x, DT_float64, 2, (int64_t[]){1 << 20, 1 << 20}));
  cr_assert_eq(at.fault.code, ERR_quota_exceeded, "beyond what a header can name");
  cr_assert_eq(budget_used(at.budget), used);
  at.budget->limit = limit;
  fault_clear(&at.fault);
  cr_assert(!tensor_new_sizes(&at, &x, DT_float64, 2, (int64_t[]){1 << 14, 1 << 14}));
  cr_assert_eq(at.fault.code, ERR_overloaded, "beyond the budget of the process");
}
