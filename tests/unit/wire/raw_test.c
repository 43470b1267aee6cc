#include "wire/raw.h"
#include "base/mem.h"
#include "unit/wire/fixture.h"

FIXTURE_SUITE(raw);

static const float SIX[6] = {1, -2, 0.5f, -0.0f, 3e38f, 1e-45f};

Test(raw, comes_back_as_it_went) {
  tensor t;
  ints shape = {2, {2, 3}};
  cr_assert(raw_read(&c, (const char *)SIX, sizeof SIX, NULL, DT_float32, &shape, &t));
  cr_assert(tensor_rank(&t) == 2 && t.dtype == DT_float32 && !memcmp(tensor_data(&t), SIX, sizeof SIX));
  cr_assert(raw_write(&out, &t));
  cr_assert(out.len == sizeof SIX && !memcmp(out.data, SIX, out.len));
  tensor_drop(&t);
}

Test(raw, strided_tensors_are_written_in_row_major_order) {
  tensor t, turned;
  static const struct {
    dtype type;
    size_t size;
  } rows[] = {{DT_float32, 4}, {DT_float64, 8}, {DT_int64, 8}, {DT_bool, 1}};
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    char bytes[48];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(rows[k].type == DT_bool ? i % 2 : i);
    ints shape = {2, {2, 3}};
    cr_assert(raw_read(&c, bytes, 6 * rows[k].size, NULL, rows[k].type, &shape, &t));
    cr_assert(tensor_view_as(&c, &turned, &t, 2, (int64_t[]){2, 2}, (int64_t[]){1, 3}, 1));
    out.len = 0;
    cr_assert(raw_write(&out, &turned));
    cr_assert_eq(out.len, 4 * rows[k].size);
    static const int from[] = {1, 4, 2, 5};
    for (size_t i = 0; i < 4; i++)
      cr_assert(!memcmp(out.data + i * rows[k].size, bytes + (size_t)from[i] * rows[k].size, rows[k].size));
    tensor_drop(&turned);
    tensor_drop(&t);
  }
}

Test(raw, without_a_shape_it_is_one_dim) {
  tensor t;
  cr_assert(raw_read(&c, (const char *)SIX, sizeof SIX, NULL, DT_float64, NULL, &t));
  cr_assert(tensor_rank(&t) == 1 && tensor_numel(&t) == 3);
  tensor_drop(&t);
  ints none = ints_none();
  cr_assert(raw_read(&c, NULL, 0, NULL, DT_int64, &none, &t));
  cr_assert(tensor_rank(&t) == 1 && tensor_numel(&t) == 0);
  cr_assert(raw_write(&out, &t) && out.len == 0);
  tensor_drop(&t);
}

static err refusal(size_t n, dtype type, ints shape) {
  tensor t;
  static const char zeros[64];
  fault_clear(&c.fault);
  if (!raw_read(&c, zeros, n, NULL, type, &shape, &t)) return c.fault.code;
  tensor_drop(&t);
  return ERR_none;
}

Test(raw, the_bytes_are_those_of_the_shape) {
  cr_assert_eq(refusal(8, DT_float32, (ints){1, {2}}), ERR_none);
  cr_assert_eq(refusal(4, DT_float32, (ints){0}), ERR_none);
  cr_assert_eq(refusal(0, DT_float32, (ints){2, {0, 9}}), ERR_none);
  cr_assert_eq(refusal(9, DT_float32, (ints){1, {2}}), ERR_shape_mismatch);
  cr_assert_eq(refusal(9, DT_float32, (ints){.n = -1}), ERR_shape_mismatch);
  cr_assert_eq(refusal(7, DT_float32, (ints){1, {2}}), ERR_shape_mismatch);
  cr_assert_eq(refusal(0, DT_float32, (ints){0}), ERR_shape_mismatch);
  cr_assert_eq(refusal(4, DT_float32, (ints){2, {0, 9}}), ERR_shape_mismatch);
  cr_assert_eq(refusal(8, DT_float64, (ints){1, {-1}}), ERR_shape_mismatch);
  cr_assert_eq(refusal(0, DT_float64, (ints){2, {INT64_MAX / 16, 8}}), ERR_quota_exceeded);
  cr_assert_eq(refusal(0, DT_float64, (ints){1, {INT64_MAX / 16}}), ERR_shape_mismatch);
}

Test(raw, a_bool_is_0_or_1) {
  tensor t;
  cr_assert(!raw_read(&c, "\1\0\2", 3, NULL, DT_bool, NULL, &t) && c.fault.code == ERR_bad_argument);
  fault_clear(&c.fault);
  cr_assert(raw_read(&c, "\1\0\1", 3, NULL, DT_bool, NULL, &t));
  tensor_drop(&t);
}

Test(raw, no_room) {
  tensor t, wide;
  cr_assert(raw_read(&c, (const char *)SIX, sizeof SIX, NULL, DT_float32, NULL, &t));
  out.limit = sizeof SIX - 1;
  cr_assert(!raw_write(&out, &t) && out.failed);
  buffer_finish(&out);
  cr_assert(tensor_view_as(&c, &wide, &t, 2, (int64_t[]){(int64_t)1 << 58, 6}, (int64_t[]){0, 1}, 0) ==
                false ||
            (!raw_write(&out, &wide) && (tensor_drop(&wide), true)));
  tensor_drop(&t);
  budget_init(&memory, NULL, "memory", 16);
  fault_clear(&c.fault);
  cr_assert(!raw_read(&c, (const char *)SIX, sizeof SIX, NULL, DT_float32, NULL, &t));
  cr_assert_eq(c.fault.code, ERR_overloaded);
}

// ---- the memory of a body

Test(raw, many_elements_take_the_block_over) {
  enum { N = 1 << 19 };
  ints shape = {2, {2, N / 2}};
  char *block = mem_alloc(N * sizeof(float) + 128), *kept = block;
  float *data = (float *)(void *)(block + 128);
  for (int i = 0; i < N; i++) data[i] = (float)i;
  tensor t;
  cr_assert(raw_read(&c, (const char *)data, N * sizeof *data, &block, DT_float32, &shape, &t));
  cr_expect_null(block, "the tensor has it");
  cr_expect_eq(tensor_data(&t), kept + 128);
  cr_expect_eq(t.layout->rank, 2);
  cr_expect_eq(budget_used(c.budget), N * sizeof *data + sizeof(storage));
  tensor_drop(&t);
  cr_expect_eq(budget_used(c.budget), 0u);
}

Test(raw, few_elements_or_crooked_ones_are_copied) {
  enum { N = 1 << 19 };
  char *block = mem_zalloc(N * sizeof(float) + 128), *kept = block;
  tensor t;
  cr_assert(raw_read(&c, block, 64, &block, DT_float32, NULL, &t));
  cr_expect_eq(block, kept);
  tensor_drop(&t);
  cr_assert(raw_read(&c, block + 2, N * sizeof(float), &block, DT_float32, NULL, &t),
            "not where floats may lie");
  cr_expect_eq(block, kept);
  tensor_drop(&t);
  mem_free(block);
}

Test(raw, a_refused_block_stays_with_its_owner) {
  enum { N = 1 << 19 };
  char *block = mem_zalloc(N * sizeof(float)), *kept = block;
  budget small;
  tensor t;
  budget_init(&small, NULL, "little", 1 << 20);
  budget *was = c.budget;
  c.budget = &small;
  cr_expect(!raw_read(&c, block, N * sizeof(float), &block, DT_float32, NULL, &t));
  cr_expect_eq(block, kept);
  cr_expect_eq(budget_used(&small), 0u);
  fault_clear(&c.fault);
  c.budget = was;
  mem_free(block);
}
