// Walking several tensors together, against the index by index walk.
#include "tensor/arrays.h"
#include "tensor/iter.h"
#include <criterion/criterion.h>
#include <string.h>

TestSuite(iter, .init = arrays_start, .fini = arrays_finish);

static int operands;

// Adds up, with an order that shows: out = 2 * out + sum of inputs weighted by their number.
static void combine(char *const *p, const int64_t *stride, int64_t n, const void *attrs) {
  double scale = *(const double *)attrs;
  for (int64_t i = 0; i < n; i++) {
    double sum = scale * *(double *)(void *)(p[0] + i * stride[0]);
    for (int k = 1; k < operands; k++) sum += k * *(double *)(void *)(p[k] + i * stride[k]);
    *(double *)(void *)(p[0] + i * stride[0]) = sum;
  }
}

Test(iter, against_a_naive_walk) {
  const double scale = 2;
  for (int round = 0; round < 5000; round++) {
    int rank;
    int64_t dims[RANK_MAX], index[RANK_MAX] = {0}, i = 0;
    static double want[8 * 8 * 8 * 8];
    sizes_random(4, 6, &rank, dims);
    tensor out = array_random(DT_float64, rank, dims, 0), in[4];
    const tensor *inputs[4];
    operands = 1 + (int)pick(5);
    for (int k = 0; k + 1 < operands; k++) {
      int64_t own[RANK_MAX];
      int from = (int)pick(rank + 1);
      if (pick(2)) from = 0;
      for (int d = from; d < rank; d++) own[d - from] = pick(5) ? dims[d] : 1;
      in[k] = array_random(DT_float64, rank - from, own, SPREAD);
      inputs[k] = &in[k];
    }
    if (tensor_numel(&out)) do {
        double sum = 2 * array_get(&out, index);
        for (int k = 1; k < operands; k++) sum += k * array_get_broadcast(inputs[k - 1], rank, index);
        want[i++] = sum;
      } while (index_next(rank, dims, index));
    cr_assert(iter_run(&at, combine, &out, operands - 1, inputs, &scale));
    i = 0;
    if (tensor_numel(&out)) do
        cr_assert_eq(array_get(&out, index), want[i++], "round %d: %s", round, array_text(&out));
      while (index_next(rank, dims, index));
    for (int k = 0; k + 1 < operands; k++) tensor_drop(&in[k]);
    tensor_drop(&out);
  }
}

static int calls;
static int64_t elements;
static void count(char *const *p, const int64_t *stride, int64_t n, const void *attrs) {
  (void)p, (void)stride, (void)attrs;
  calls++;
  elements += n;
}

Test(iter, what_lies_together_is_one_call) {
  static const struct {
    int64_t dims[3], strides[3];
    int calls;
  } CASES[] = {
      {{2, 3, 4}, {12, 4, 1}, 1},    {{2, 3, 4}, {24, 8, 2}, 1}, {{2, 3, 4}, {16, 4, 1}, 2},
      {{2, 1, 4}, {4, 99, 1}, 1},    {{2, 3, 4}, {4, 8, 1}, 6},  {{2, 3, 4}, {0, 0, 0}, 1},
      {{2, 3, 4}, {-12, -4, -1}, 1}, {{1, 1, 1}, {5, 5, 5}, 1},  {{2, 0, 4}, {5, 5, 5}, 0},
  };
  tensor line = array_new(DT_float32, 1, (int64_t[]){200});
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    tensor x;
    cr_assert(tensor_view_as(&at, &x, &line, 3, CASES[i].dims, CASES[i].strides, 100));
    calls = 0;
    elements = 0;
    cr_assert(iter_run(&at, count, &x, 0, NULL, NULL));
    cr_assert_eq(calls, CASES[i].calls, "case %zu: %d calls", i, calls);
    cr_assert_eq(elements, array_count(3, CASES[i].dims));
    tensor_drop(&x);
  }
  tensor_drop(&line);
}

Test(iter, stops_when_asked) {
  atomic_int stop = STOP_deadline;
  int64_t strides[][2] = {{1, 1000}, {1000, 1}};
  tensor line = array_new(DT_bool, 1, (int64_t[]){1000 * 1000});
  for (int i = 0; i < 2; i++) {
    tensor x;
    cr_assert(tensor_view_as(&at, &x, &line, 2, (int64_t[]){1000, 1000}, strides[i], 0));
    at.stop = &stop;
    calls = 0;
    elements = 0;
    cr_assert(!iter_run(&at, count, &x, 0, NULL, NULL));
    cr_assert_eq(at.fault.code, ERR_time_limit);
    cr_assert_lt(elements, 600000);
    at.stop = NULL;
    fault_clear(&at.fault);
    tensor_drop(&x);
  }
  tensor_drop(&line);
}
