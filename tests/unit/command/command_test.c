// Every verb: what it binds and answers, and that a command that fails has done nothing.
#include "command/world.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(command, .init = world_start, .fini = world_finish);

static values no_values(void) { return (values){0}; }

// ---- tensor

Test(command, tensor_makes_and_rebinds) {
  cr_assert(run((command){
      .verb = VERB_tensor, .name = name("new"), .data = data_of(DT_float32, 2, 7), .requires_grad = true}));
  cr_assert(result.new_name);
  cr_assert_eq(result.n, 1);
  cr_assert_eq(element("new", 1), 7);
  cr_assert(var_requires_grad(named("new")));
  cr_assert(run((command){.verb = VERB_tensor, .name = name("new"), .data = data_of(DT_int64, 1, 3)}));
  cr_assert(!result.new_name);
  cr_assert_eq(named("new")->t.dtype, DT_int64);
  cr_assert(run((command){.verb = VERB_tensor, .name = none(), .data = data_of(DT_int64, 1, 3)}));
  cr_assert_eq(result.names[0].n, 2);
  cr_assert_not_null(named("t1"));
}

Test(command, tensor_refusals) {
  cr_assert_eq(
      refused((command){
          .verb = VERB_tensor, .name = name("n"), .data = data_of(DT_int64, 2, 7), .requires_grad = true}),
      ERR_dtype_not_differentiable);
  static const char *const BAD[] = {"", "1a", "a b", "a.grad", "grad.grad", "\xff", "a..b"};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
    cr_assert_eq(
        refused((command){.verb = VERB_tensor, .name = name(BAD[i]), .data = data_of(DT_int64, 2, 7)}),
        ERR_bad_name, "%s", BAD[i]);
  s.max_bindings = s.n_bindings;
  cr_assert_eq(refused((command){.verb = VERB_tensor, .name = none(), .data = data_of(DT_int64, 2, 7)}),
               ERR_quota_exceeded);
  cr_assert(run((command){.verb = VERB_tensor, .name = name("w"), .data = data_of(DT_int64, 2, 7)}));
}

Test(command, random_data_is_given_back) {
  s.ag.rng.counter = 10; // as if four blocks went into the data
  run((command){.verb = VERB_tensor, .name = name("1"), .data = data_of(DT_float32, 2, 7), .drawn = 4});
  cr_assert_eq(failure(), ERR_bad_name);
  cr_assert_eq(s.ag.rng.counter, 6);
}

// ---- ops

Test(command, op_binds_its_result) {
  cr_assert(op("add", VALUES(name("w"), value_int(1)), VALUES(name("y"))));
  cr_assert_eq(result.n, 1);
  cr_assert_arr_eq(result.names[0].text, "y", 1);
  cr_assert_eq(element("y", 1), -1);
  cr_assert_str_eq(var_grad_fn_name(named("y")), "AddBackward0");
  cr_assert(op("mul", VALUES(name("y"), name("y")), VALUES(name("y"))));
  cr_assert_eq(element("y", 0), 6.25);
  cr_assert(op("neg", VALUES(name("y")), no_values()));
  cr_assert_eq(element("t1", 0), -6.25);
  cr_assert(op("neg", VALUES(name("y")), no_values()));
  cr_assert_not_null(named("t2"));
}

Test(command, several_results) {
  cr_assert(op("max", VALUES(name("x"), value_int(1)), VALUES(name("v"), name("at"))));
  cr_assert_eq(result.n, 2);
  cr_assert_eq(element("v", 1), 6);
  cr_assert_eq(element("at", 1), 2);
  cr_assert_eq(
      refused((command){
          .verb = VERB_op, .name = name("unbind"), .args = VALUES(name("m")), .out = VALUES(name("first"))}),
      ERR_bad_argument);
  cr_assert_str_eq(detail, "1 name was given in 'out' for 3 results");
  cr_assert(op("unbind", VALUES(name("m")), no_values()));
  cr_assert_eq(result.n, 3);
  cr_assert_eq(element("t1", 2), 2);
  cr_assert_eq(element("t3", 2), 8);
  cr_assert(op("split", VALUES(name("m"), value_int(1)), VALUES(name("same"), name("same"), name("same"))));
  cr_assert_eq(element("same", 0), 6, "the last one stays");
  cr_assert_eq(binding_generation(session_find(&s, "same", 4)), 2);
}

Test(command, no_grad_is_of_the_command_alone) {
  cr_assert(run((command){.verb = VERB_op,
                          .no_grad = true,
                          .name = name("neg"),
                          .args = VALUES(name("w")),
                          .out = VALUES(name("y"))}));
  cr_assert(!var_requires_grad(named("y")));
  cr_assert(s.ag.grad_mode);
  refused((command){.verb = VERB_op, .no_grad = true, .name = name("nope")});
  cr_assert(s.ag.grad_mode);
}

Test(command, op_refusals_leave_no_trace) {
  cr_assert_eq(refused((command){.verb = VERB_op, .name = name("nope")}), ERR_op_unknown);
  cr_assert_eq(refused((command){.verb = VERB_op, .name = name("add"), .args = VALUES(name("i"), name("w"))}),
               ERR_shape_mismatch);
  cr_assert_eq(
      refused((command){.verb = VERB_op, .name = name("add"), .args = VALUES(name("i"), name("zz"))}),
      ERR_tensor_unknown);
  cr_assert_eq(refused((command){.verb = VERB_op,
                                 .name = name("neg"),
                                 .args = VALUES(name("w")),
                                 .out = VALUES(name("a"), name("b"))}),
               ERR_bad_argument);
  cr_assert_str_eq(detail, "2 names were given in 'out' for 1 result");
  cr_assert_eq(
      refused((command){
          .verb = VERB_op, .name = name("neg"), .args = VALUES(name("w")), .out = VALUES(name("w.grad"))}),
      ERR_bad_name);
  cr_assert_eq(
      refused((command){
          .verb = VERB_op, .name = name("neg"), .args = VALUES(name("w")), .out = VALUES(value_int(1))}),
      ERR_bad_name);
  cr_assert_eq(refused((command){
                   .verb = VERB_op, .name = name("neg"), .args = VALUES(name("w")), .out = VALUES(none())}),
               ERR_bad_name);
  cr_assert_eq(
      refused((command){.verb = VERB_op, .name = name("add_"), .args = VALUES(name("w"), value_int(1))}),
      ERR_leaf_inplace);
  cr_assert_eq(refused((command){.verb = VERB_op,
                                 .name = name("add_"),
                                 .args = VALUES(name("w"), value_int(1)),
                                 .out = VALUES(name("x"))}),
               ERR_leaf_inplace, "x stays x");
  cr_assert_eq(refused((command){.verb = VERB_op,
                                 .name = name("randn"),
                                 .args = VALUES(value_int(3)),
                                 .out = VALUES(name("a"), name("b"))}),
               ERR_bad_argument, "and no random number is used up");
}

// The names that were bound before the one that failed are what they were, down to their generations.
Test(command, names_are_bound_all_or_none) {
  s.max_bindings = s.n_bindings + 2;
  op("neg", VALUES(name("w")), VALUES(name("a")));
  op("neg", VALUES(name("a")), VALUES(name("a")));
  values out = VALUES(name("a"), name("new"), name("one_more"));
  cr_assert_eq(
      refused((command){.verb = VERB_op, .name = name("unbind"), .args = VALUES(name("m")), .out = out}),
      ERR_quota_exceeded);
  cr_assert_eq(refused((command){.verb = VERB_op, .name = name("unbind"), .args = VALUES(name("m"))}),
               ERR_quota_exceeded);
  cr_assert_null(named("new"));
  out = VALUES(name("new"), name("new"), name("one_more"));
  cr_assert_eq(
      refused((command){.verb = VERB_op, .name = name("unbind"), .args = VALUES(name("m")), .out = out}),
      ERR_quota_exceeded);
  out = VALUES(name("a"), name("new"), name("a"));
  cr_assert(op("unbind", VALUES(name("m")), out));
}

Test(command, in_place) {
  cr_assert(op("add_", VALUES(name("m"), value_int(1)), no_values()));
  cr_assert_eq(result.n, 1);
  cr_assert_arr_eq(result.names[0].text, "m", 1);
  cr_assert_eq(element("m", 0), 1);
  cr_assert_eq(var_version(named("m")), 1);
  cr_assert(op("zero_", VALUES(name("m")), VALUES(name("also_m"))));
  cr_assert_eq(named("also_m"), named("m"), "one tensor, two names");
  cr_assert_eq(refused((command){.verb = VERB_op,
                                 .name = name("zero_"),
                                 .args = VALUES(name("m")),
                                 .out = VALUES(name("a"), name("b"))}),
               ERR_bad_argument);
  cr_assert_eq(refused((command){.verb = VERB_op,
                                 .name = name("add_"),
                                 .args = VALUES(name("m"), name("zz")),
                                 .out = VALUES(name("a"))}),
               ERR_tensor_unknown);
}

Test(command, too_long_is_not_begun) {
  char *before = world_text(NULL);
  static const char *const OPS_OF_ONE[] = {"neg", "exp", "relu_", "zero_"};
  for (int i = 0; i < 4; i++) {
    command c = {.verb = VERB_op,
                 .allowed_ns = 1,
                 .name = name(OPS_OF_ONE[i]),
                 .args = VALUES(name("m")),
                 .out = VALUES(name("y"))};
    cr_assert(!run(c));
    cr_assert(result.too_long);
    cr_assert_eq(failure(), ERR_none);
  }
  char *after = world_text(NULL);
  cr_assert_str_eq(after, before);
  free(before);
  free(after);
  op("sum", VALUES(name("x")), VALUES(name("y")));
  before = world_text(NULL);
  cr_assert(
      !run((command){.verb = VERB_backward, .allowed_ns = 1, .args = VALUES(name("y")), .all_inputs = true}));
  cr_assert(result.too_long);
  cr_assert(!run(
      (command){.verb = VERB_grad, .allowed_ns = 1, .args = VALUES(name("y")), .inputs = VALUES(name("x"))}));
  cr_assert(result.too_long);
  after = world_text(NULL);
  cr_assert_str_eq(after, before);
  free(before);
  free(after);
  cr_assert(run((command){.verb = VERB_backward, .args = VALUES(name("y")), .all_inputs = true}));
  cr_assert(!result.too_long);
}

// ---- what may still refuse when all is known

static int asked;
static size_t asked_for;
static bool no(void *arg, var *const *vars, size_t n) {
  (void)vars;
  asked++;
  asked_for = n;
  return arg ? true : fail(session_fault(&s), ERR_out_of_memory, "no room");
}

Test(command, ready_is_asked_before_anything_changes) {
  op("mul", VALUES(name("x"), name("x")), VALUES(name("p")));
  op("sum", VALUES(name("p")), VALUES(name("y")));
  command all[] = {
      {.verb = VERB_tensor, .name = name("w")},
      {.verb = VERB_op, .name = name("neg"), .args = VALUES(name("w")), .out = VALUES(name("w"))},
      {.verb = VERB_op, .name = name("randn"), .args = VALUES(value_int(3))},
      {.verb = VERB_op, .name = name("unbind"), .args = VALUES(name("m"))},
      {.verb = VERB_op,
       .name = name("add_"),
       .args = VALUES(name("m"), value_int(1)),
       .out = VALUES(name("w"))},
      {.verb = VERB_op, .name = name("zero_"), .args = VALUES(name("m"))},
      {.verb = VERB_backward, .args = VALUES(name("y")), .all_inputs = true},
      {.verb = VERB_backward, .args = VALUES(name("y")), .inputs = VALUES(name("p"), name("x"))},
      {.verb = VERB_grad, .args = VALUES(name("y")), .inputs = VALUES(name("x")), .out = VALUES(name("w"))},
  };
  static const size_t COUNTS[] = {1, 1, 1, 3, 1, 1, 1, 2, 1};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    all[i].ready = no;
    if (all[i].verb == VERB_tensor) all[i].data = data_of(DT_float32, 2, 1);
    asked = 0;
    cr_assert_eq(refused(all[i]), ERR_out_of_memory, "%zu", i);
    cr_assert_eq(asked, 1, "%zu", i);
    cr_assert_eq(asked_for, COUNTS[i], "%zu", i);
  }
  for (size_t i = 1; i < sizeof all / sizeof *all; i++) { // and then all of it goes through
    if (all[i].verb == VERB_backward || all[i].verb == VERB_grad) all[i].retain_graph = RETAIN_yes;
    all[i].ready_arg = &asked;
    cr_assert(run(all[i]), "%zu: %s", i, session_fault(&s)->detail);
  }
}

Test(command, temporaries_are_marked_when_the_command_holds) {
  cr_assert(run((command){.verb = VERB_op,
                          .temporaries = true,
                          .name = name("neg"),
                          .args = VALUES(name("w")),
                          .out = VALUES(name("_t"))}));
  cr_assert(op("neg", VALUES(name("w")), VALUES(name("_kept"))));
  command fails = {.verb = VERB_op, .temporaries = true, .name = name("unbind"), .args = VALUES(name("m"))};
  fails.out = VALUES(name("_kept"), name("_t"), name("one_more"));
  fails.ready = no;
  cr_assert_eq(refused(fails), ERR_out_of_memory);
  s.max_bindings = s.n_bindings;
  fails.ready = NULL;
  cr_assert_eq(refused(fails), ERR_quota_exceeded);
  session_drop_temporaries(&s);
  cr_assert_null(named("_t"));
  cr_assert_not_null(named("_kept"), "a failed rebinding does not make it a temporary");
}
