// Names bound to variables: generations, temporaries, limits, and what a reference resolves to.
#include "session/session.h"
#include "autograd/ops.h"
#include "base/mem.h"
#include "leaks.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static budget process;
static session s;
static const limits LIMITS = {
    .session_bytes = 1 << 20, .session_nodes = 100, .session_tensors = 5, .sessions = 1, .ttl_s = 60};

static void start(void) {
  ops_init();
  budget_init(&process, NULL, "process memory", 1 << 24);
  session_init(&s, "s", &process, &LIMITS, 1);
}
static void finish(void) {
  mem_fail_at(0, false);
  scope_leave(&s.ag, 0, NULL);
  session_finish(&s);
  leaks_none(&process);
}
TestSuite(session, .init = start, .fini = finish);

static var *number(double x) { return op_full(&s.ag, (ints){0}, scalar_float(x), DT_float32); }
static double value_of(const char *name) {
  var *v = session_resolve(&s, name, strlen(name));
  return v ? scalar_f64(tensor_read(&v->t, 0)) : -999;
}
static bool bind(const char *name, double x) {
  bool made;
  return session_bind(&s, name, strlen(name), number(x), &made);
}
static uint64_t generation(const char *name) {
  return binding_generation(session_find(&s, name, strlen(name)));
}
static err code(void) {
  err e = session_fault(&s)->code;
  fault_clear(session_fault(&s));
  return e;
}

Test(session, as_it_is_made) {
  cr_assert_str_eq(s.name, "s");
  cr_assert_eq(s.ttl_ms, 60000);
  cr_assert_eq(s.n_bindings, 0);
  cr_assert_eq(s.ag.default_dtype, DT_float32);
  cr_assert(s.ag.grad_mode);
  cr_assert_null(session_find(&s, "x", 1));
}

Test(session, bind_and_find) {
  bool made;
  var *v = number(3);
  cr_assert(session_bind(&s, "xyz", 2, v, &made)); // names need not end with NUL
  cr_assert(made);
  cr_assert_eq(binding_var(session_find(&s, "xy", 2)), v);
  cr_assert_null(session_find(&s, "xyz", 3));
  cr_assert_str_eq(binding_name(session_find(&s, "xy", 2)), "xy");
  cr_assert_eq(v->refs, 2);
  scope_leave(&s.ag, 0, NULL);
  cr_assert_eq(v->refs, 1, "the name keeps it");
  cr_assert(session_unbind(&s, "xy", 2));
  cr_assert(!session_unbind(&s, "xy", 2));
  cr_assert_eq(s.n_bindings, 0);
  cr_assert_eq(budget_used(&s.budget), 0);
}

Test(session, rebinding_raises_the_generation) {
  bool made;
  cr_assert(bind("a", 1) && bind("b", 2));
  cr_assert_eq(generation("a"), 0);
  cr_assert(session_bind(&s, "a", 1, number(5), &made));
  cr_assert(!made);
  cr_assert_eq(generation("a"), 1);
  cr_assert_eq(generation("b"), 0);
  cr_assert_eq(value_of("a"), 5);
  cr_assert_eq(s.n_bindings, 2);
  cr_assert_str_eq(binding_name(s.bindings), "a", "the order is that of the first binding");
}

// A name that goes and comes back is another tensor: no tag of old may fit it.
Test(session, a_name_that_comes_back_is_another) {
  bind("a", 1), bind("a", 1), bind("a", 1);
  uint64_t last = generation("a");
  cr_assert_eq(last, 2);
  session_unbind(&s, "a", 1);
  bind("b", 1);
  cr_assert_gt(generation("b"), last);
  bind("a", 1);
  cr_assert_gt(generation("a"), last);
  session_unbind(&s, "b", 1);
  session_unbind(&s, "a", 1);
  bind("a", 1);
  cr_assert_gt(generation("a"), last + 1);
}

Test(session, binding_back) {
  bool made;
  bind("a", 1);
  var *old = var_ref(binding_var(session_find(&s, "a", 1)));
  cr_assert(session_bind(&s, "a", 1, number(2), &made));
  session_bind_back(&s, "a", 1, old);
  cr_assert_eq(value_of("a"), 1);
  cr_assert_eq(generation("a"), 0);
  var_unref(&s.ag, old);
  size_t used = budget_used(&s.budget);
  bind("b", 2);
  scope_leave(&s.ag, 0, NULL);
  session_bind_back(&s, "b", 1, NULL);
  cr_assert_null(session_find(&s, "b", 1));
  bind("c", 1);
  cr_assert_eq(generation("c"), 0, "as if b had never been");
  session_unbind(&s, "c", 1);
  scope_leave(&s.ag, 0, NULL);
  cr_assert_leq(budget_used(&s.budget), used);
}

Test(session, temporaries_go_together) {
  bind("_a", 1), bind("b", 2), bind("_c", 3);
  session_mark_temporary(&s, "_a", 2);
  session_mark_temporary(&s, "_a", 2);
  session_mark_temporary(&s, "_c", 2);
  session_mark_temporary(&s, "none", 4);
  cr_assert_eq(s.n_temporary, 2);
  session_drop_temporaries(&s);
  cr_assert_eq(s.n_temporary, 0);
  cr_assert_eq(s.n_bindings, 1);
  cr_assert_eq(value_of("b"), 2);
  bind("_a", 4);
  session_drop_temporaries(&s);
  cr_assert_eq(value_of("_a"), 4, "the mark went with the name");
  session_mark_temporary(&s, "_a", 2);
  session_unbind(&s, "_a", 2);
  cr_assert_eq(s.n_temporary, 0);
}

Test(session, the_number_of_names_is_limited) {
  for (int i = 0; i < 5; i++) cr_assert(bind((char[]){(char)('a' + i), 0}, i));
  cr_assert(!bind("f", 1));
  cr_assert_eq(code(), ERR_quota_exceeded);
  cr_assert(bind("a", 9), "a name there is may be bound again");
  session_unbind(&s, "b", 1);
  cr_assert(bind("f", 1));
}

Test(session, its_bytes_are_limited) {
  var *v = number(1);
  s.budget.limit = budget_used(&s.budget) + 8;
  bool made;
  cr_assert(!session_bind(&s, "a", 1, v, &made));
  cr_assert_eq(code(), ERR_quota_exceeded);
  cr_assert_eq(s.n_bindings, 0);
  cr_assert_eq(v->refs, 1);
  s.budget.limit = 1 << 20;
}

Test(session, no_memory_at_any_point) {
  var *v = number(1);
  size_t used = budget_used(&s.budget);
  for (uint64_t n = 1; n < 20; n++) {
    bool made;
    mem_fail_at(n, true);
    bool ok = session_bind(&s, "a", 1, v, &made), reached = mem_fail_count() >= n;
    mem_fail_at(0, false);
    if (!reached) break;
    cr_assert(!ok);
    cr_assert_eq(code(), ERR_out_of_memory);
    cr_assert_eq(s.n_bindings, 0);
    cr_assert_eq(budget_used(&s.budget), used);
  }
  cr_assert_eq(s.n_bindings, 1);
}

Test(session, fresh_names_are_free) {
  char name[NAME_MAX_BYTES + 1];
  bind("t2", 1);
  cr_assert_eq(session_fresh_name(&s, name), 2);
  cr_assert_str_eq(name, "t1");
  session_fresh_name(&s, name);
  cr_assert_str_eq(name, "t3", "t2 is taken");
  s.next_name = UINT64_MAX;
  session_fresh_name(&s, name);
  cr_assert_str_eq(name, "t18446744073709551615");
}

Test(session, references) {
  bind("w", 2);
  var *w = session_resolve(&s, "w", 1);
  cr_assert_null(session_resolve(&s, "w.grad", 6));
  cr_assert_str_eq(session_fault(&s)->detail, "w.grad is None: no gradient has been accumulated for 'w'");
  cr_assert_eq(code(), ERR_no_grad);
  cr_assert(var_set_grad(&s.ag, w, number(7)));
  cr_assert_eq(value_of("w.grad"), 7);
  static const struct {
    const char *ref;
    err code;
  } BAD[] = {{"x", ERR_tensor_unknown},
             {"x.grad", ERR_tensor_unknown},
             {"w.gra", ERR_tensor_unknown},
             {"w.grad.grad", ERR_bad_name},
             {"", ERR_bad_name},
             {".grad", ERR_bad_name},
             {"1x", ERR_bad_name},
             {"a b", ERR_bad_name},
             {"a..b", ERR_bad_name},
             {"\xff\xfe", ERR_bad_name},
             {"a\nb", ERR_bad_name}};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    cr_assert_null(session_resolve(&s, BAD[i].ref, strlen(BAD[i].ref)));
    err got = code();
    cr_assert_eq(got, BAD[i].code, "%s: %s", BAD[i].ref, ERRORS[got].code);
  }
  char text[3000];
  memset(text, 'a', sizeof text);
  cr_assert_null(session_resolve(&s, text, sizeof text));
  cr_assert_eq(code(), ERR_bad_name);
}

Test(session, dotted_names) {
  cr_assert(bind("layer.0.weight", 4));
  cr_assert_eq(value_of("layer.0.weight"), 4);
  cr_assert(var_set_grad(&s.ag, session_resolve(&s, "layer.0.weight", 14), number(5)));
  cr_assert_eq(value_of("layer.0.weight.grad"), 5);
}

Test(session, a_seed_starts_the_numbers_anew) {
  double first = scalar_f64(tensor_read(&op_rand(&s.ag, (ints){0}, DT_float32)->t, 0));
  cr_assert_neq(scalar_f64(tensor_read(&op_rand(&s.ag, (ints){0}, DT_float32)->t, 0)), first);
  session_reseed(&s, 1);
  cr_assert_eq(scalar_f64(tensor_read(&op_rand(&s.ag, (ints){0}, DT_float32)->t, 0)), first);
}
