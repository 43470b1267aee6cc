// Gradients, names, flags and data: the verbs that change what is there.
#include "command/world.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(verbs, .init = world_start, .fini = world_finish);

// ---- backward and grad

static void graph(void) {
  op("mul", VALUES(name("w"), name("x")), VALUES(name("p")));
  op("sum", VALUES(name("p")), VALUES(name("y")));
}

Test(verbs, backward_accumulates) {
  graph();
  cr_assert(run((command){
      .verb = VERB_backward, .args = VALUES(name("y")), .all_inputs = true, .retain_graph = RETAIN_yes}));
  cr_assert_eq(result.nodes, 4);
  cr_assert_eq(element("w.grad", 0), 5);
  cr_assert(run((command){.verb = VERB_backward,
                          .args = VALUES(name("y")),
                          .gradients = VALUES(value_int(2)),
                          .all_inputs = true}));
  cr_assert_eq(element("w.grad", 0), 15);
  cr_assert_eq(refused((command){.verb = VERB_backward, .args = VALUES(name("y")), .all_inputs = true}),
               ERR_graph_freed);
}

Test(verbs, backward_refusals) {
  graph();
  cr_assert_eq(refused((command){.verb = VERB_backward, .args = VALUES(name("p")), .all_inputs = true}),
               ERR_grad_not_scalar);
  cr_assert_eq(refused((command){.verb = VERB_backward, .args = VALUES(name("m")), .all_inputs = true}),
               ERR_no_graph);
  cr_assert_eq(refused((command){.verb = VERB_backward, .args = VALUES(name("y")), .inputs = {0}}),
               ERR_bad_argument);
  cr_assert_str_eq(detail, "'inputs' argument to backward() cannot be empty.");
  cr_assert_eq(refused((command){.verb = VERB_backward,
                                 .args = VALUES(name("y")),
                                 .gradients = VALUES(value_int(1), value_int(2)),
                                 .all_inputs = true}),
               ERR_bad_argument);
  cr_assert_eq(refused((command){.verb = VERB_backward,
                                 .args = VALUES(name("p")),
                                 .gradients = VALUES(name("w")),
                                 .all_inputs = true}),
               ERR_grad_output_shape);
  cr_assert_eq(refused((command){.verb = VERB_backward, .args = VALUES(name("zz")), .all_inputs = true}),
               ERR_tensor_unknown);
  cr_assert_eq(refused((command){.verb = VERB_backward, .args = VALUES(none()), .all_inputs = true}),
               ERR_bad_argument);
}

Test(verbs, a_number_as_seed_stands_everywhere) {
  graph();
  cr_assert(run((command){.verb = VERB_backward,
                          .args = VALUES(name("p")),
                          .gradients = VALUES(value_int(3)),
                          .all_inputs = true}));
  cr_assert_eq(element("x.grad", 4), -6);
}

Test(verbs, grad_gives_and_touches_nothing) {
  graph();
  values out = VALUES(name("gw"), name("gx"));
  cr_assert(run((command){.verb = VERB_grad,
                          .args = VALUES(name("y")),
                          .inputs = VALUES(name("w"), name("x")),
                          .out = out,
                          .retain_graph = RETAIN_yes}));
  cr_assert_eq(result.n, 2);
  cr_assert_eq(element("gw", 2), 9);
  cr_assert_eq(element("gx", 3), 1.5);
  cr_assert_null(var_grad(named("w")));
  cr_assert(run((command){.verb = VERB_grad,
                          .args = VALUES(name("y")),
                          .inputs = VALUES(name("w")),
                          .retain_graph = RETAIN_yes}));
  cr_assert_eq(result.names[0].kind, VALUE_none, "gradients get a name only when asked");
  cr_assert_eq(refused((command){.verb = VERB_grad, .args = VALUES(name("y"))}), ERR_bad_argument);
  cr_assert_eq(refused((command){.verb = VERB_grad, .args = VALUES(name("y")), .inputs = VALUES(name("m"))}),
               ERR_no_graph);
}

Test(verbs, grad_of_what_is_unused) {
  graph();
  op("neg", VALUES(name("x")), VALUES(name("other")));
  values in = VALUES(name("w"), name("other")), out = VALUES(name("ga"), name("gb"));
  cr_assert_eq(refused((command){.verb = VERB_grad, .args = VALUES(name("y")), .inputs = in, .out = out}),
               ERR_unused_input);
  cr_assert(run((command){.verb = VERB_grad,
                          .args = VALUES(name("y")),
                          .inputs = in,
                          .out = out,
                          .allow_unused = true,
                          .retain_graph = RETAIN_yes}));
  cr_assert_not_null(named("ga"));
  cr_assert_null(named("gb"), "None has no name");
  cr_assert(run((command){.verb = VERB_grad,
                          .args = VALUES(name("y")),
                          .inputs = in,
                          .out = out,
                          .materialize = true,
                          .retain_graph = RETAIN_yes}));
  cr_assert_eq(element("gb", 5), 0);
}

// The graph is freed by a grad that succeeds, and by no other.
Test(verbs, a_grad_that_fails_keeps_the_graph) {
  graph();
  s.max_bindings = s.n_bindings;
  cr_assert_eq(refused((command){.verb = VERB_grad,
                                 .args = VALUES(name("y")),
                                 .inputs = VALUES(name("w")),
                                 .out = VALUES(name("gw"))}),
               ERR_quota_exceeded);
  s.max_bindings++;
  cr_assert(run((command){
      .verb = VERB_grad, .args = VALUES(name("y")), .inputs = VALUES(name("w")), .out = VALUES(name("gw"))}));
  cr_assert_eq(refused((command){.verb = VERB_grad,
                                 .args = VALUES(name("y")),
                                 .inputs = VALUES(name("w")),
                                 .out = VALUES(name("gw"))}),
               ERR_graph_freed);
}

// ---- zero_grad, delete, flags

Test(verbs, zero_grad_both_ways) {
  graph();
  run((command){.verb = VERB_backward, .args = VALUES(name("y")), .all_inputs = true});
  var *g = var_grad(named("w"));
  cr_assert(run((command){.verb = VERB_zero_grad, .args = VALUES(name("w"))}));
  cr_assert_eq(var_grad(named("w")), g, "the same tensor");
  cr_assert_eq(element("w.grad", 0), 0);
  cr_assert_neq(element("x.grad", 0), 0);
  cr_assert(run((command){.verb = VERB_zero_grad, .args = VALUES(name("w")), .set_to_none = true}));
  cr_assert_null(var_grad(named("w")));
  cr_assert(run((command){.verb = VERB_zero_grad, .all = true}));
  cr_assert_eq(element("x.grad", 0), 0);
  cr_assert(run((command){.verb = VERB_zero_grad, .all = true, .set_to_none = true}));
  cr_assert_null(var_grad(named("x")));
  cr_assert_eq(refused((command){.verb = VERB_zero_grad, .args = VALUES(name("w"), name("zz"))}),
               ERR_tensor_unknown);
}

Test(verbs, zero_grad_of_a_gradient_that_goes) {
  graph();
  run((command){.verb = VERB_backward, .args = VALUES(name("y")), .all_inputs = true});
  cr_assert(
      run((command){.verb = VERB_zero_grad, .args = VALUES(name("w"), name("w.grad")), .set_to_none = true}));
  cr_assert_null(var_grad(named("w")));
}

Test(verbs, zero_grad_forgets_history) {
  op("mul", VALUES(name("x"), name("x")), VALUES(name("p")));
  op("sum", VALUES(name("p")), VALUES(name("y")));
  run((command){.verb = VERB_backward, .args = VALUES(name("y")), .all_inputs = true, .create_graph = true});
  cr_assert(var_requires_grad(var_grad(named("x"))));
  cr_assert(run((command){.verb = VERB_zero_grad, .args = VALUES(name("x"))}));
  cr_assert(!var_requires_grad(var_grad(named("x"))));
  cr_assert_eq(element("x.grad", 5), 0);
}

Test(verbs, zero_grad_all_or_none) {
  graph();
  run((command){.verb = VERB_backward, .args = VALUES(name("y")), .all_inputs = true, .create_graph = true});
  atomic_int stop_flag = STOP_deadline;
  s.ag.ctx.stop = &stop_flag;
  cr_assert_eq(refused((command){.verb = VERB_zero_grad, .all = true}), ERR_time_limit);
  s.ag.ctx.stop = NULL;
  cr_assert(var_requires_grad(var_grad(named("x"))));
  op("ones", VALUES(LIST(value_int(1))), VALUES(name("one")));
  op("expand", VALUES(name("one"), LIST(value_int(2), value_int(3))), VALUES(name("wide")));
  cr_assert(var_set_grad(&s.ag, named("x"), named("wide")));
  cr_assert(run((command){.verb = VERB_zero_grad, .args = VALUES(name("w"), name("x"))}));
  cr_assert_eq(element("x.grad", 5), 0,
               "one number that stands for many may be written, as all of them are the same");
}

Test(verbs, delete_all_or_none) {
  cr_assert_eq(refused((command){.verb = VERB_delete, .args = VALUES(name("w"), name("zz"))}),
               ERR_tensor_unknown);
  cr_assert_eq(refused((command){.verb = VERB_delete, .args = VALUES(value_int(1))}), ERR_bad_name);
  cr_assert(run((command){.verb = VERB_delete, .args = VALUES(name("w"), name("x"))}));
  cr_assert_null(named("w"));
  cr_assert(run((command){.verb = VERB_delete, .args = VALUES(name("m"), name("m"))}),
            "named twice: once is enough");
  cr_assert(run((command){.verb = VERB_delete}));
}

Test(verbs, flags) {
  cr_assert(run((command){.verb = VERB_requires_grad, .name = name("m"), .requires_grad = true}));
  cr_assert(var_requires_grad(named("m")));
  cr_assert(run((command){.verb = VERB_requires_grad, .name = name("m")}));
  cr_assert(!var_requires_grad(named("m")));
  cr_assert_eq(refused((command){.verb = VERB_requires_grad, .name = name("i"), .requires_grad = true}),
               ERR_dtype_not_differentiable);
  graph();
  cr_assert_eq(refused((command){.verb = VERB_requires_grad, .name = name("p")}), ERR_not_a_leaf);
  cr_assert_eq(refused((command){.verb = VERB_retain_grad, .name = name("m")}), ERR_retain_without_grad);
  cr_assert(run((command){.verb = VERB_retain_grad, .name = name("p")}));
  cr_assert(var_retains_grad(named("p")));
  cr_assert_eq(refused((command){.verb = VERB_retain_grad, .name = name("zz")}), ERR_tensor_unknown);
}

Test(verbs, nothing_and_optimizers) {
  cr_assert_eq(refused((command){.verb = VERB_none}), ERR_bad_argument);
  cr_assert_eq(refused((command){.verb = VERB_step, .name = name("opt")}), ERR_optimizer_unknown);
}

// ---- .data

Test(verbs, data_bypasses_the_version) {
  tensor data = data_of(DT_float64, 3, 9);
  var *w = named("w");
  cr_assert(command_write_data(&s, w, &data));
  cr_assert_eq(element("w", 2), 9);
  cr_assert_eq(var_version(w), 0);
  cr_assert_eq(w->t.storage->raw_writes, 1);
  tensor_drop(&data);
  data = data_of(DT_float32, 4, 9);
  cr_assert(!command_write_data(&s, w, &data));
  cr_assert_eq(failure(), ERR_shape_mismatch);
  cr_assert_eq(w->t.storage->raw_writes, 1);
  tensor_drop(&data);
}

static bool patch(const char *of, value index, value number) {
  bool ok = command_patch_data(&s, named(of), &index, &number);
  scope_leave(&s.ag, 0, NULL);
  return ok;
}

Test(verbs, data_in_part) {
  cr_assert(patch("x", LIST(value_int(1), name("1:")), value_int(-7)));
  cr_assert_eq(element("x", 4), -7);
  cr_assert_eq(element("x", 5), -7);
  cr_assert_eq(element("x", 3), 4);
  cr_assert_eq(var_version(named("x")), 0);
  cr_assert_eq(named("x")->t.storage->raw_writes, 1);
  cr_assert(patch("x", value_int(0), name("w")));
  cr_assert_eq(element("x", 1), -2);
  cr_assert(!patch("x", value_int(5), value_int(1)));
  cr_assert_eq(failure(), ERR_index_out_of_range);
  cr_assert(!patch("x", LIST(value_int(0), value_int(0)), name("w")));
  cr_assert_eq(failure(), ERR_shape_mismatch);
  cr_assert(!patch("x", name("bad"), value_int(1)));
  cr_assert_eq(failure(), ERR_index_out_of_range);
  cr_assert_eq(named("x")->t.storage->raw_writes, 2);
  cr_assert(s.ag.grad_mode);
}

Test(verbs, set_grad) {
  var *w = named("w");
  tensor data = data_of(DT_float32, 3, 4);
  cr_assert(command_set_grad(&s, w, &data));
  cr_assert_null(data.storage, "taken");
  cr_assert_eq(element("w.grad", 2), 4);
  data = data_of(DT_float32, 2, 4);
  cr_assert(!command_set_grad(&s, w, &data));
  cr_assert_eq(failure(), ERR_shape_mismatch);
  data = data_of(DT_float64, 3, 4);
  cr_assert(!command_set_grad(&s, w, &data));
  cr_assert_eq(failure(), ERR_dtype_mismatch);
  cr_assert_eq(element("w.grad", 2), 4);
  cr_assert(command_set_grad(&s, w, NULL));
  cr_assert_null(var_grad(w));
}

// A write of .data is seen by every view, and is not stopped half way.
Test(verbs, data_is_written_whole) {
  atomic_int stop = STOP_no;
  op("getitem", VALUES(name("m"), value_int(0)), VALUES(name("row")));
  cr_assert(patch("m", LIST(value_int(0), value_int(1)), real(5.5)));
  cr_assert_eq(element("row", 1), 5.5);
  s.ag.ctx.stop = &stop;
  atomic_store(&stop, STOP_deadline);
  tensor data = data_of(DT_float32, 3, 9);
  cr_assert(!command_write_data(&s, named("row"), &data));
  cr_assert_eq(failure(), ERR_time_limit);
  cr_assert_eq(element("row", 1), 5.5);
  s.ag.ctx.stop = NULL;
  tensor_drop(&data);
}

// ---- stopping

// A wish to stop is met before anything changes, or not at all.
Test(verbs, stopped_or_done_never_half) {
  atomic_int stop = STOP_no;
  graph();
  command all[] = {
      {.verb = VERB_op, .name = name("exp"), .args = VALUES(name("x")), .out = VALUES(name("x2"))},
      {.verb = VERB_op, .name = name("add_"), .args = VALUES(name("m"), value_int(1))},
      {.verb = VERB_op, .name = name("add_"), .args = VALUES(name("m"), name("w")), .no_grad = true},
      {.verb = VERB_op, .name = name("zero_"), .args = VALUES(name("m"))},
      {.verb = VERB_op, .name = name("copy_"), .args = VALUES(name("m"), name("i")), .no_grad = true},
      {.verb = VERB_op,
       .name = name("matmul"),
       .args = VALUES(name("m"), name("m")),
       .out = VALUES(name("m"))},
      {.verb = VERB_op, .name = name("randn"), .args = VALUES(value_int(9))},
      {.verb = VERB_backward, .args = VALUES(name("y")), .all_inputs = true},
      {.verb = VERB_backward, .args = VALUES(name("y")), .all_inputs = true, .create_graph = true},
      {.verb = VERB_grad, .args = VALUES(name("y")), .inputs = VALUES(name("x")), .out = VALUES(name("m"))},
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    char *before = world_text(NULL);
    atomic_store(&stop, STOP_client_gone);
    s.ag.ctx.stop = &stop;
    all[i].allowed_ns = UINT64_MAX;
    bool ok = run(all[i]);
    s.ag.ctx.stop = NULL;
    if (!ok) {
      cr_assert_eq(failure(), ERR_time_limit, "%zu: %s", i, detail);
      char *after = world_text(NULL);
      cr_assert_str_eq(after, before);
      free(after);
    }
    free(before);
    if (all[i].verb == VERB_backward || all[i].verb == VERB_grad)
      cr_assert(!ok, "a pass looks between its nodes");
  }
}

// ---- random numbers

Test(verbs, a_seed_starts_the_numbers_again) {
  cr_assert(op("manual_seed", VALUES(value_int(3)), (values){0}) && result.n == 0);
  op("rand", VALUES(value_int(2)), VALUES(name("p")));
  op("manual_seed", VALUES(value_int(3)), (values){0});
  op("rand", VALUES(value_int(2)), VALUES(name("q")));
  cr_assert_eq(element("p", 1), element("q", 1));
  cr_assert_eq(refused((command){.verb = VERB_op,
                                 .name = name("manual_seed"),
                                 .args = VALUES(value_int(4)),
                                 .out = VALUES(name("r"))}),
               ERR_bad_argument);
  cr_assert_eq(s.ag.rng.seed, 3u, "a refused seed is none");
}
