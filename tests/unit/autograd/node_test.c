// node_test.c - the graph: its names and edges, its limits, and how it goes away.
#include "unit/autograd/fixture.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

TestSuite(node, .init = fixture_start, .fini = fixture_finish);

Test(node, grad_fn_is_named_after_its_op) {
  var *w = LEAF(1, 2), *p = PLAIN(1, 2);
  cr_expect_null(var_grad_fn_name(w));
  cr_expect_str_eq(var_grad_fn_name(mul(w, p)), "MulBackward0");
  cr_expect_str_eq(var_grad_fn_name(op_sum(&ag, w, DT_none)), "SumBackward0");
  cr_expect_str_eq(var_grad_fn_name(op_sum_dim(&ag, w, one_dim(0), false, DT_none)), "SumBackward1");
  cr_expect_str_eq(var_grad_fn_name(op_square(&ag, w)), "PowBackward0");
}

Test(node, edges_lead_to_what_the_inputs_came_from) {
  var *w = LEAF(1, 2), *p = PLAIN(1, 2), *h = add(w, p), *y = mul(h, w);
  node *n = y->grad_fn;
  cr_assert_eq(n->n_edges, 2);
  cr_expect_eq(node_edges(n)[0], h->grad_fn);
  cr_expect_str_eq(node_name(node_edges(n)[1]), "AccumulateGrad");
  cr_expect_eq(var_accumulator_target(node_edges(n)[1]), w);
  cr_expect_eq(node_edges(h->grad_fn)[0], node_edges(n)[1], "one accumulator a leaf");
  cr_expect_null(node_edges(h->grad_fn)[1], "what takes no gradient has no edge");
}

Test(node, edges_name_the_output_of_several) {
  var *w = LEAF(1, 2, 3), *parts[3];
  struct unbind_attrs attrs = {0};
  unsigned n;
  cr_assert(op_apply(&ag, OP_unbind, &w, 1, &attrs, parts, 3, &n) && n == 3);
  var *y = mul(parts[2], parts[0]);
  cr_expect_eq(node_edge_nrs(y->grad_fn)[0], 2);
  cr_expect_eq(node_edge_nrs(y->grad_fn)[1], 0);
  cr_expect_eq(node_edges(y->grad_fn)[0], node_edges(y->grad_fn)[1]);
  cr_expect(back(y, NULL, ONCE));
  HOLDS(var_grad(w), 3, 0, 1);
}

Test(node, nodes_are_counted_and_go_with_the_last_need) {
  var *w = LEAF(1);
  size_t mark = scope_enter(&ag), charged = budget_used(&memory);
  var *y = w;
  for (int i = 0; i < 100; i++) y = mul(y, w);
  cr_expect_eq(ag.nodes, 101u);
  y = scope_leave(&ag, mark, y);
  cr_expect_eq(ag.nodes, 101u, "the newest keeps them all");
  scope_leave(&ag, mark, NULL);
  cr_expect_eq(ag.nodes, 0u);
  cr_expect_eq(budget_used(&memory), charged);
}

Test(node, the_number_of_nodes_is_limited) {
  var *w = LEAF(1), *y = w;
  ag.max_nodes = 10;
  for (int i = 0; i < 9; i++) y = mul(y, w); // and an accumulator
  cr_expect_eq(ag.nodes, 10u);
  REFUSED(mul(y, w) != NULL, quota_exceeded, "the graph has 10 nodes, the limit of the session");
  cr_expect(back(y, NULL, ONCE));
  HOLDS(var_grad(w), 10);
}

Test(node, a_graph_without_end_is_only_read_up_to_its_newest_node) {
  var *w = LEAF(2), *y = mul(w, w), *later = mul(y, y);
  cr_expect(back(y, NULL, KEEP));
  HOLDS(var_grad(w), 4);
  cr_expect(back(later, NULL, ONCE));
  HOLDS(var_grad(w), 4 + 32);
}

// ---- depth: nothing recurses

enum { CHAIN = 1000000, STACK = 256 * 1024 };

static void *long_chain(void *result) {
  size_t mark = scope_enter(&ag);
  var *w = LEAF(1), *y = w;
  size_t step = scope_enter(&ag);
  for (int i = 0; i < CHAIN && y; i++) y = scope_leave(&ag, step, i % 2 ? op_neg(&ag, y) : mul(y, w));
  bool ok = y && ag.nodes > CHAIN && back(y, NULL, ONCE);
  *(double *)result = ok ? at(var_grad(w), 0) : NAN;
  scope_leave(&ag, mark, NULL); // frees a million nodes
  return NULL;
}

Test(node, a_chain_of_a_million_nodes_needs_no_stack) {
  pthread_attr_t attr;
  pthread_t thread;
  double result = 0;
  cr_assert(!pthread_attr_init(&attr) && !pthread_attr_setstacksize(&attr, STACK));
  cr_assert(!pthread_create(&thread, &attr, long_chain, &result));
  pthread_join(thread, NULL);
  pthread_attr_destroy(&attr);
  cr_expect_eq(result, CHAIN / 2 + 1, "it is %g",
               result); // of w^(n/2 + 1) at 1, with an even number of signs
  cr_expect_eq(ag.nodes, 0u);
}

// ---- memory stays flat

static bool train_once(var *w, var *x, var *target, var *rate) {
  size_t mark = scope_enter(&ag);
  var *error = op_sub(&ag, op_mul(&ag, w, x), target, scalar_int(1));
  bool ok = back(op_sum(&ag, mul(error, error), DT_none), NULL, ONCE);
  ag.grad_mode = false;
  ok = ok && op_apply_inplace(&ag, OP_sub, (var *[]){w, mul(var_grad(w), rate)}, 2,
                              &(struct sub_attrs){.alpha = scalar_int(1)});
  ag.grad_mode = true;
  ok = ok && op_zero_(&ag, var_grad(w));
  scope_leave(&ag, mark, NULL);
  return ok;
}

Test(node, a_million_training_steps_leave_memory_as_it_was) {
  var *w = LEAF(5, -5), *x = PLAIN(1, 2), *target = PLAIN(3, 8), *rate = PLAIN(.1, .1);
  cr_assert(train_once(w, x, target, rate));
  size_t charged = budget_used(&memory);
  for (int i = 0; i < 1000000; i++)
    if (!train_once(w, x, target, rate)) cr_assert_fail("step %d: %s", i, ag.ctx.fault.detail);
  cr_expect_eq(budget_used(&memory), charged);
  cr_expect_eq(ag.nodes, 0u);
  cr_expect(fabs(at(w, 0) - 3) < 1e-9 && fabs(at(w, 1) - 4) < 1e-9);
}

// ---- cycles

Test(node, the_cycle_of_create_graph_is_taken_apart_at_the_end) {
  var *w = LEAF(3), *y = op_pow_scalar(&ag, w, scalar_int(3));
  cr_expect(back(y, NULL, FOLLOW)); // w.grad has a graph that leads to w
  cr_expect(var_requires_grad(var_grad(w)));
  scope_leave(&ag, 0, NULL);
  cr_expect(ag.nodes > 0, "the cycle holds itself");
} // fixture_finish finds nothing left

Test(node, a_gradient_that_was_followed_can_be_followed_again) {
  var *w = LEAF(2), *y = op_pow_scalar(&ag, w, scalar_int(3));
  cr_expect(back(y, NULL, FOLLOW));
  HOLDS(var_grad(w), 12);
  var *first = var_ref(var_grad(w));
  cr_expect(var_set_grad(&ag, w, NULL));
  cr_expect(back(first, NULL, ONCE));
  HOLDS(var_grad(w), 12);
  var_unref(&ag, first);
}

Test(node, the_cycle_of_a_former_leaf_written_with_its_own_result_is_taken_apart) {
  var *w = LEAF(1, 2), *y = op_exp(&ag, w);
  cr_assert(var_set_requires_grad(&ag, w, false)); // now it may be written
  cr_assert(put(OP_add, w, y));
  cr_expect_str_eq(var_grad_fn_name(w), "AddBackward0");
}

Test(node, the_cycle_through_the_base_of_a_view_is_taken_apart) {
  var *base = PLAIN(1, 2), *view = op_view(&ag, base, (ints){1, {2}});
  cr_assert(view && var_set_requires_grad(&ag, view, true));
  var *y = op_exp(&ag, view);
  cr_assert(var_set_requires_grad(&ag, view, false));
  cr_assert(put(OP_add, base, y));
  cr_expect_str_eq(var_grad_fn_name(base), "AddBackward0");
}

Test(node, sizes_alone_are_kept_after_a_pass) {
  var *w = LEAF(1), *y = op_sum(&ag, op_cat(&ag, (var *[]){w, w, w}, 3, 0), DT_none);
  cr_expect(back(y, NULL, ONCE) && back(y, NULL, ONCE), "nothing that was freed is needed");
  HOLDS(var_grad(w), 6);
}

Test(node, a_mark_of_one_pass_is_gone_in_the_next) {
  var *w = LEAF(2), *x = LEAF(3), *y = mul(w, w), *m = mul(x, x);
  var *in[2] = {w, m}, *g[2], *seed = op_ones_like(&ag, y, DT_none);
  size_t nodes;
  cr_expect(autograd_grad(&ag, &y, &seed, 1, in, 2, ONCE, true, g, &nodes) && !g[1]);
  cr_expect_eq(m->grad_fn->flags & (NODE_needed | NODE_runs), 0);
}
