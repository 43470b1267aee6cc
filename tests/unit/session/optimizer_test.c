// What golden programs cannot show of optimizers: a step is all or nothing, and nothing leaks.
#include "session/optimizer.h"
#include "autograd/ops.h"
#include "base/mem.h"
#include "leaks.h"
#include <criterion/criterion.h>

static budget process;
static autograd a;

static void start(void) {
  ops_init();
  budget_init(&process, NULL, "process memory", 1 << 22);
  autograd_init(&a, &process, 1, 1000);
}

static void finish(void) {
  mem_fail_at(0, false);
  scope_leave(&a, 0, NULL);
  autograd_finish(&a);
  leaks_none(&process);
}

TestSuite(optimizer, .init = start, .fini = finish);

static var *leaf(double x) {
  tensor t;
  cr_assert(tensor_new_sizes(&a.ctx, &t, DT_float64, 1, (int64_t[]){2}));
  cr_assert(tensor_fill(&a.ctx, &t, scalar_float(x)));
  var *v = scope_own(&a, var_new(&a, t));
  cr_assert(v && var_set_requires_grad(&a, v, true));
  return v;
}

static double value_of(const var *v) { return scalar_f64(tensor_read(&v->t, 0)); }

Test(optimizer, a_step_is_all_or_nothing) {
  for (optimizer_kind which = 0; which < OPTIMIZER_COUNT; which++) {
    var *params[] = {leaf(1), leaf(2), leaf(3)};
    optimizer_options o = optimizer_defaults(which);
    o.lr = 0.1;
    o.momentum = 0.9;
    o.amsgrad = true;
    optimizer *opt = optimizer_new(&a, which, &o, params, 3);
    cr_assert(opt && optimizer_cost(opt) > 0);
    for (int i = 0; i < 2; i++) cr_assert(var_set_grad(&a, params[i], op_ones_like(&a, params[i], DT_none)));
    for (uint64_t nth = 1;; nth++) {
      double before[] = {value_of(params[0]), value_of(params[1])};
      uint32_t version = var_version(params[0]);
      mem_fail_at(nth, true);
      bool ok = optimizer_step(&a, opt);
      bool reached = mem_fail_count() >= nth;
      mem_fail_at(0, false);
      cr_assert_eq(ok, a.ctx.fault.code == ERR_none);
      cr_assert(ok || (value_of(params[0]) == before[0] && value_of(params[1]) == before[1]));
      cr_assert_eq(var_version(params[0]), version + ok);
      cr_assert_eq(value_of(params[2]), 3);
      fault_clear(&a.ctx.fault);
      if (!reached) break;
    }
    cr_assert(value_of(params[0]) < 1 && value_of(params[1]) < 2);
    cr_assert(optimizer_zero_grad(&a, opt, false) && value_of(var_grad(params[0])) == 0);
    cr_assert(optimizer_zero_grad(&a, opt, true) && !var_grad(params[0]));
    optimizer_free(&a, opt);
  }
}

Test(optimizer, options_are_checked) {
  var *w = leaf(1);
  optimizer_options o = optimizer_defaults(OPTIMIZER_adam);
  static const struct { double lr, beta1, eps; } BAD[] = {{-1, 0.9, 1e-8}, {1, 1, 1e-8}, {1, 0.9, -1}};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    o.lr = BAD[i].lr, o.beta1 = BAD[i].beta1, o.eps = BAD[i].eps;
    cr_assert(!optimizer_new(&a, OPTIMIZER_adam, &o, &w, 1));
    cr_assert_str_eq(fault_class(&a.ctx.fault), "ValueError");
    fault_clear(&a.ctx.fault);
  }
}
