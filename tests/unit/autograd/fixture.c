#include "unit/autograd/fixture.h"
#include "autograd/ops.h"
#include "unit/leaks.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

autograd ag;
budget memory;

void fixture_start(void) {
  ops_init();
  budget_init(&memory, NULL, "test memory", 1ull << 32);
  autograd_init(&ag, &memory, 1, 10000000);
}

void fixture_finish(void) {
  scope_leave(&ag, 0, NULL);
  autograd_finish(&ag);
  leaks_none(&memory);
}

var *matrix_of(int64_t rows, int64_t columns, const double *values, bool requires_grad) {
  tensor t;
  cr_assert(tensor_new_sizes(&ag.ctx, &t, DT_float64, 2, (int64_t[]){rows, columns}));
  memcpy(tensor_data(&t), values, (size_t)(rows * columns) * sizeof *values);
  var *v = scope_own(&ag, var_new(&ag, t));
  cr_assert(v && var_set_requires_grad(&ag, v, requires_grad));
  return v;
}

var *plain_of(size_t n, const double *values) {
  tensor t;
  cr_assert(tensor_new_sizes(&ag.ctx, &t, DT_float64, 1, (int64_t[]){(int64_t)n}));
  memcpy(tensor_data(&t), values, n * sizeof *values);
  return scope_own(&ag, var_new(&ag, t));
}

var *leaf_of(size_t n, const double *values) {
  var *v = plain_of(n, values);
  cr_assert(v && var_set_requires_grad(&ag, v, true));
  return v;
}

var *cast_of(var *v, dtype t) {
  tensor copy;
  cr_assert(tensor_clone(&ag.ctx, &copy, &v->t, t));
  return scope_own(&ag, var_new(&ag, copy));
}

double at(const var *v, int64_t i) { return scalar_f64(tensor_read(&v->t, i)); }

bool holds(const var *v, size_t n, const double *values) {
  if (!v) return fprintf(stderr, "there is none\n"), false;
  if ((size_t)v->t.layout->numel != n)
    return fprintf(stderr, "%lld elements, not %zu\n", (long long)v->t.layout->numel, n), false;
  for (size_t i = 0; i < n; i++) {
    double x = at(v, (int64_t)i);
    if (x != values[i] && !(isnan(x) && isnan(values[i])))
      return fprintf(stderr, "element %zu is %.17g, should be %.17g\n", i, x, values[i]), false;
  }
  return true;
}

var *add(var *x, var *y) { return op_add(&ag, x, y, scalar_int(1)); }
var *mul(var *x, var *y) { return op_mul(&ag, x, y); }

bool put(unsigned op, var *x, var *y) {
  struct add_attrs one = {.alpha = scalar_int(1)}; // add_, sub_; others of these tests take nothing
  return op_apply_inplace(&ag, op, (var *[]){x, y}, y ? 2 : 1, &one);
}

static bool pass(var *root, var *seed, var *const *inputs, size_t n_inputs, backward_options options) {
  backward_result r;
  if (!root) return false;
  bool ok = autograd_backward(&ag, &root, seed ? &seed : NULL, 1, inputs, n_inputs, options, &r);
  backward_result_finish(&ag, &r);
  return ok;
}

bool back(var *root, var *seed, backward_options options) { return pass(root, seed, NULL, 0, options); }
bool back_into(var *root, var *seed, var *input) { return pass(root, seed, &input, 1, ONCE); }

var *gradient(var *root, var *input, backward_options options) {
  var *seed = op_ones_like(&ag, root, DT_none), *g = NULL;
  size_t nodes;
  return seed && autograd_grad(&ag, &root, &seed, 1, &input, 1, options, true, &g, &nodes) ? g : NULL;
}

bool refused(bool done, err code, const char *words) {
  fault f = ag.ctx.fault;
  fault_clear(&ag.ctx.fault);
  if (done) return fprintf(stderr, "it is not refused\n"), false;
  if (f.code == code && strstr(f.detail, words)) return true;
  fprintf(stderr, "%s: %s\n", ERRORS[f.code].code, f.detail);
  return false;
}
