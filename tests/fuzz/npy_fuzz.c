// npy_fuzz.c - any bytes as an npy file. What is read must come back from its own npy file and raw bytes the
// same.
#include "base/mem.h"
#include "wire/npy.h"
#include "wire/raw.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
  if (!holds) abort();
}

static void same(const tensor *a, const tensor *b) {
  must(a->dtype == b->dtype && layout_same_dims(a->layout, b->layout));
  must(!memcmp(tensor_data(a), tensor_data(b), (size_t)tensor_numel(a) * dtype_size((dtype)a->dtype)));
}

static void round_trip(ctx *c, const tensor *t) {
  tensor again;
  buffer file = {0}, bytes = {0};
  ints shape = layout_sizes(t->layout);
  must(npy_write(&file, t) && npy_read(c, file.data, file.len, NULL, &again));
  same(t, &again);
  tensor_drop(&again);
  must(raw_write(&bytes, t) && raw_read(c, bytes.data, bytes.len, NULL, (dtype)t->dtype, &shape, &again));
  same(t, &again);
  tensor_drop(&again);
  buffer_finish(&file);
  buffer_finish(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  budget memory;
  budget_init(&memory, NULL, "memory", (size_t)1 << 26);
  ctx c = {.budget = &memory};
  tensor t;
  if (npy_read(&c, (const char *)data, size, NULL, &t)) {
    round_trip(&c, &t);
    tensor_drop(&t);
  } else
    must((c.fault.code == ERR_bad_argument || c.fault.code == ERR_shape_mismatch ||
          c.fault.code == ERR_dtype_mismatch || c.fault.code == ERR_quota_exceeded) &&
         c.fault.detail[0]);
  must(budget_used(&memory) == 0);
  return 0;
}
