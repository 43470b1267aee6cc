// tensor_json_bench.c - ns per number of tensors as nested lists, as text, and of npy per byte.
#include "bench/best.h"
#include "base/mem.h"
#include "wire/npy.h"
#include "wire/tensor_json.h"
#include "wire/text.h"
#include <stdio.h>
#include <stdlib.h>

enum { COUNT = 1000000, ROUNDS = 7 };

static budget memory;
static ctx c = {.budget = &memory};

static void must(bool ok) {
  if (ok) return;
  fprintf(stderr, "%s\n", c.fault.detail);
  exit(1);
}

static double draw(int i, bool decimals) {
  double x = (double)((uint64_t)i * 0x9E3779B97F4A7C15u >> 11) * 0x1p-52 - 1;
  return decimals ? x : (double)(int)(x * 1000);
}

static tensor make(dtype t, int rank, const int64_t *dims, bool decimals) {
  tensor wide, out;
  must(tensor_new_sizes(&c, &wide, DT_float64, rank, dims));
  for (int i = 0; i < COUNT; i++) ((double *)tensor_data(&wide))[i] = draw(i, decimals);
  must(tensor_contiguous(&c, &out, &wide, t));
  tensor_drop(&wide);
  return out;
}

static void measure(const char *name, dtype t, int rank, const int64_t *dims, bool decimals) {
  tensor x = make(t, rank, dims, decimals), back;
  json_pool pool = {0};
  buffer b = {0}, lines = {0}, file = {0};
  double out, check, in, text_out, text_in, npy_out, npy_in;
  BEST(out, ROUNDS, COUNT, (b.len = 0, tensor_to_json(&b, &x)));
  BEST(check, ROUNDS, COUNT, must(json_validate(b.data, b.len, JSON_DEPTH, &c.fault)));
  json_cur at = {b.data, b.data + b.len, &pool, &c.fault};
  BEST(in, ROUNDS, COUNT, {
    must(tensor_from_json(&c, at, t, DT_float32, false, NULL, &back, NULL));
    tensor_drop(&back);
  });
  BEST(text_out, ROUNDS, COUNT, (lines.len = 0, text_write(&lines, &x, ' ')));
  BEST(text_in, ROUNDS, COUNT, {
    must(text_read(&c, lines.data, lines.len, 0, t, DT_float32, false, &back));
    tensor_drop(&back);
  });
  BEST(npy_out, ROUNDS, COUNT, (file.len = 0, npy_write(&file, &x)));
  BEST(npy_in, ROUNDS, COUNT, {
    must(npy_read(&c, file.data, file.len, NULL, &back));
    tensor_drop(&back);
  });
  must(!b.failed && !lines.failed && !file.failed);
  printf("%-34s json %5.1f out %5.1f in (check %5.1f)  txt %5.1f out %5.1f in  npy %4.1f out %4.1f in\n",
         name, out, in, check, text_out, text_in, npy_out, npy_in);
  buffer_finish(&b);
  buffer_finish(&lines);
  buffer_finish(&file);
  tensor_drop(&x);
}

int main(void) {
  budget_init(&memory, NULL, "memory", (size_t)1 << 32);
  printf("ns per number, best of %d runs over %d numbers\n", ROUNDS, COUNT);
  measure("float64, 17 digits, one list", DT_float64, 1, (int64_t[]){COUNT}, true);
  measure("float64, 17 digits, rows of 100", DT_float64, 2, (int64_t[]){COUNT / 100, 100}, true);
  measure("float64, 17 digits, rows of 1", DT_float64, 2, (int64_t[]){COUNT, 1}, true);
  measure("float32, one list", DT_float32, 1, (int64_t[]){COUNT}, true);
  measure("float32, rows of 4 in 4-d", DT_float32, 4, (int64_t[]){COUNT / 64, 4, 4, 4}, true);
  measure("float32, small integers", DT_float32, 1, (int64_t[]){COUNT}, false);
  measure("int64, small integers", DT_int64, 1, (int64_t[]){COUNT}, false);
  measure("bool", DT_bool, 1, (int64_t[]){COUNT}, false);
  return 0;
}
