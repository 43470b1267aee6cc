// tensor_fuzz.c - any bytes as nested lists, as lines of numbers and as csv. What is read must come back the
// same from its own text. The first byte chooses the dtype that is wanted.
#include "base/mem.h"
#include "base/utf8.h"
#include "tensor/repr.h"
#include "wire/tensor_json.h"
#include "wire/text.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
  if (!holds) abort();
}

static void refused(const ctx *c) {
  must((c->fault.code == ERR_bad_argument || c->fault.code == ERR_shape_mismatch ||
        c->fault.code == ERR_bad_number) &&
       c->fault.detail[0] && utf8_valid(c->fault.detail, strlen(c->fault.detail)));
}

// NaNs may differ in their sign, which has no text.
static void same(const tensor *a, const tensor *b) {
  must(a->dtype == b->dtype && tensor_numel(a) == tensor_numel(b));
  for (int64_t i = 0; i < tensor_numel(a); i++) {
    scalar x = tensor_read(a, i), y = tensor_read(b, i);
    must(x.kind == y.kind &&
         (x.kind == SCALAR_float ? (x.d != x.d && y.d != y.d) || !memcmp(&x.d, &y.d, sizeof x.d)
                                 : x.i == y.i));
  }
}

static void lists(ctx *c, dtype want, const char *text, size_t n) {
  tensor t, again;
  buffer b = {0};
  json_pool pool = {0};
  json_cur at;
  fault f = {0};
  if (json_open(&at, text, n, &pool, &f)) {
    if (tensor_from_json(c, at, want, DT_float32, n & 1, NULL, &t, NULL)) {
      tensor_to_json(&b, &t);
      must(!b.failed);
      must(json_open(&at, b.data, b.len, &pool, &f));
      must(tensor_from_json(c, at, (dtype)t.dtype, DT_float32, false, NULL, &again, NULL));
      same(&t, &again);
      must(layout_same_dims(t.layout, again.layout) || tensor_numel(&t) == 0);
      tensor_drop(&again);
      b.len = 0;
      repr_write(&b, &t, n & 2, n & 4 ? "AddBackward0" : NULL, DT_float32);
      must(!b.failed);
      tensor_drop(&t);
    } else
      refused(c);
  }
  buffer_finish(&b);
  json_pool_finish(&pool);
}

static void lines(ctx *c, dtype want, const char *text, size_t n, char separator) {
  tensor t, again;
  buffer b = {0};
  fault_clear(&c->fault);
  if (text_read(c, text, n, separator, want, DT_float64, n & 1, &t)) {
    text_write(&b, &t, separator);
    must(!b.failed);
    must(text_read(c, b.data ? b.data : "", b.len, separator, (dtype)t.dtype, DT_float64, false, &again));
    same(&t, &again);
    must(layout_same_dims(t.layout, again.layout));
    tensor_drop(&again);
    tensor_drop(&t);
  } else
    refused(c);
  buffer_finish(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!size) return 0;
  budget memory;
  budget_init(&memory, NULL, "memory", (size_t)1 << 30);
  ctx c = {.budget = &memory};
  dtype want = (dtype)(data[0] % (DT_COUNT + 1));
  const char *text = (const char *)data + 1;
  lists(&c, want, text, size - 1);
  lines(&c, want, text, size - 1, 0);
  lines(&c, want, text, size - 1, ',');
  must(budget_used(&memory) == 0);
  return 0;
}
