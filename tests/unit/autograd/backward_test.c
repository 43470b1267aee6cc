// backward_test.c - leaves, flags and gradients, by PyTorch's rules.
#include "unit/autograd/fixture.h"
#include <math.h>

TestSuite(backward, .init = fixture_start, .fini = fixture_finish);

// ---- tensors, leaves, flags

Test(backward, a_leaf_is_what_has_no_grad_fn) {
  var *w = LEAF(1, 2), *p = PLAIN(3, 4), *y = mul(w, p);
  cr_expect(var_is_leaf(w) && var_is_leaf(p) && !var_is_leaf(y));
  cr_expect(var_is_leaf(mul(p, p)), "a result that takes no gradient is a leaf");
  cr_expect(!var_is_leaf(cast(&ag, w, DT_float32)), "a cast of a leaf that requires grad is none");
  cr_expect(var_is_leaf(op_detach(&ag, y)));
}

Test(backward, only_floating_dtypes_may_require_grad) {
  for (dtype t = 0; t < DT_COUNT; t++) {
    var *v = cast_of(PLAIN(1), t);
    if (dtype_is_float(t))
      cr_expect(var_set_requires_grad(&ag, v, true));
    else
      REFUSED(var_set_requires_grad(&ag, v, true), dtype_not_differentiable,
              "Only Tensors of floating point");
    cr_expect(var_set_requires_grad(&ag, v, false));
  }
}

Test(backward, requires_grad_changes_on_leaves_only) {
  var *w = LEAF(1), *y = mul(w, w);
  REFUSED(var_set_requires_grad(&ag, y, true), not_a_leaf,
          "you can only change requires_grad flags of leaf variables.");
  REFUSED(var_set_requires_grad(&ag, y, false), not_a_leaf, "use var_no_grad = var.detach()");
  cr_expect_eq(op_requires_grad_(&ag, y, true), y, "requires_grad_() of a result is no change");
  REFUSED(op_requires_grad_(&ag, y, false) != NULL, not_a_leaf, "leaf variables");
  cr_expect_eq(op_requires_grad_(&ag, w, false), w);
  cr_expect(!var_requires_grad(w));
}

Test(backward, results_require_grad_when_an_input_does) {
  var *w = LEAF(1, 2), *p = PLAIN(2, 1);
  cr_expect(var_requires_grad(add(w, p)) && var_requires_grad(add(p, w)) && !var_requires_grad(add(p, p)));
  cr_expect(!var_requires_grad(op_gt(&ag, w, p)) && !var_requires_grad(op_argmax(&ag, w, INT64_MIN, false)));
  cr_expect(!var_requires_grad(op_long(&ag, w)), "an integer result takes no gradient");
  ag.grad_mode = false;
  cr_expect(!var_requires_grad(mul(w, w)));
}

Test(backward, grad_is_kept_on_leaves_only) {
  var *w = LEAF(3), *h = mul(w, w), *y = mul(h, h);
  cr_expect(back(y, NULL, ONCE));
  HOLDS(var_grad(w), 4 * 27);
  cr_expect_null(var_grad(h));
  cr_expect_null(var_grad(y));
}

Test(backward, grad_may_be_assigned_if_it_fits) {
  var *w = LEAF(1, 2);
  cr_expect(var_set_grad(&ag, w, PLAIN(5, 6)));
  HOLDS(var_grad(w), 5, 6);
  REFUSED(var_set_grad(&ag, w, PLAIN(1)), shape_mismatch, "different size");
  REFUSED(var_set_grad(&ag, w, cast_of(PLAIN(1, 2), DT_float32)), dtype_mismatch, "different type");
  REFUSED(var_set_grad(&ag, w, w), bad_argument, "can't assign Variable as its own grad");
  HOLDS(var_grad(w), 5, 6);
  cr_expect(var_set_grad(&ag, w, NULL));
  cr_expect_null(var_grad(w));
}

Test(backward, a_gradient_has_the_dtype_of_its_tensor) {
  var *w = cast_of(PLAIN(.5, 2), DT_float32), *x = LEAF(3, 4);
  cr_assert(var_set_requires_grad(&ag, w, true));
  cr_expect(back(op_sum(&ag, mul(w, x), DT_none), NULL, ONCE));
  cr_expect_eq(var_grad(w)->t.dtype, DT_float32);
  cr_expect_eq(var_grad(x)->t.dtype, DT_float64);
  HOLDS(var_grad(w), 3, 4);
  HOLDS(var_grad(x), .5, 2);
}

Test(backward, broadcast_gradients_are_summed_back) {
  var *row = LEAF(1, 2, 3), *m = matrix_of(2, 3, (double[]){1, 2, 3, 4, 5, 6}, true),
      *one = matrix_of(1, 1, (double[]){2}, true);
  var *column = matrix_of(2, 1, (double[]){10, 20}, true);
  cr_expect(back(op_sum(&ag, mul(add(mul(row, m), column), one), DT_none), NULL, ONCE));
  HOLDS(var_grad(row), 10, 14, 18);
  HOLDS(var_grad(column), 6, 6);
  HOLDS(var_grad(one), 1 + 4 + 9 + 4 + 10 + 18 + 90);
  cr_expect_eq(var_grad(one)->t.layout->rank, 2);
}

Test(backward, retain_grad_keeps_the_gradient_of_a_result) {
  var *w = LEAF(2), *h = mul(w, w), *y = mul(h, h);
  REFUSED(var_retain_grad(&ag, PLAIN(1)), retain_without_grad,
          "can't retain_grad on Tensor that has requires_grad=False");
  cr_expect(var_retain_grad(&ag, w) && !var_retains_grad(w), "nothing to do on a leaf");
  cr_expect(var_retain_grad(&ag, h) && var_retain_grad(&ag, h) && var_retains_grad(h));
  cr_expect(back(y, NULL, KEEP));
  HOLDS(var_grad(h), 8);
  cr_expect(back(y, NULL, KEEP));
  HOLDS(var_grad(h), 16);
  HOLDS(var_grad(w), 64);
}

Test(backward, clone_is_differentiable_and_copies) {
  var *w = LEAF(1, 2), *c = op_clone(&ag, w);
  cr_expect(back(op_sum(&ag, mul(c, c), DT_none), NULL, ONCE));
  HOLDS(var_grad(w), 2, 4);
  ag.grad_mode = false;
  cr_expect(put(OP_zero_, c, NULL));
  HOLDS(w, 1, 2);
}

Test(backward, detach_shares_data_and_version) {
  var *w = LEAF(2, 3), *d = op_detach(&ag, w), *y = mul(w, w);
  cr_expect(!var_requires_grad(d) && d->t.storage == w->t.storage);
  cr_expect(put(OP_zero_, d, NULL));
  HOLDS(w, 0, 0);
  cr_expect_eq(var_version(w), 1u);
  REFUSED(back(op_sum(&ag, y, DT_none), NULL, ONCE), saved_modified, "is at version 1; expected version 0");
}

Test(backward, data_is_changed_behind_the_version) {
  var *w = LEAF(2, 3), *y = mul(w, w); // what `.data` writes is seen, silently, as in PyTorch
  cr_expect(tensor_fill(&ag.ctx, &w->t, scalar_int(10)));
  cr_expect_eq(var_version(w), 0u);
  cr_expect(back(op_sum(&ag, y, DT_none), NULL, ONCE));
  HOLDS(var_grad(w), 20, 20);
}

Test(backward, detach_in_place_makes_a_leaf) {
  var *w = LEAF(2), *y = mul(w, w);
  cr_expect(op_detach_(&ag, y) == y && var_is_leaf(y) && !var_requires_grad(y));
  REFUSED(back(y, NULL, ONCE), no_graph, "does not require grad and does not have a grad_fn");
}

// ---- backward() and grad()

Test(backward, only_one_element_has_an_implicit_gradient) {
  var *w = LEAF(1, 2), *one = matrix_of(1, 1, (double[]){3}, true);
  REFUSED(back(mul(w, w), NULL, ONCE), grad_not_scalar,
          "grad can be implicitly created only for scalar outputs");
  cr_expect(back(mul(one, one), NULL, ONCE), "one element of any shape will do");
  HOLDS(var_grad(one), 6);
}

Test(backward, a_given_gradient_has_the_shape_of_the_output) {
  var *w = LEAF(1, 2), *y = mul(w, w);
  REFUSED(back(y, PLAIN(1), ONCE), grad_output_shape,
          "Mismatch in shape: grad_output[0] has a shape of torch.Size([1]) and output[0] has a shape of "
          "torch.Size([2]).");
  cr_expect(back(y, PLAIN(1, 10), ONCE));
  HOLDS(var_grad(w), 2, 40);
}

Test(backward, a_root_needs_a_graph) {
  REFUSED(back(PLAIN(1), NULL, ONCE), no_graph,
          "element 0 of tensors does not require grad and does not have a grad_fn");
  var *w = LEAF(1);
  cr_expect(back(w, NULL, ONCE), "a leaf is a graph of its own");
  cr_expect(back(w, PLAIN(4), ONCE));
  HOLDS(var_grad(w), 5);
}

Test(backward, several_roots_add_up) {
  var *w = LEAF(3), *roots[] = {mul(w, w), add(w, w)}, *seeds[] = {PLAIN(1), PLAIN(10)};
  backward_result r;
  cr_expect(autograd_backward(&ag, roots, seeds, 2, NULL, 0, ONCE, &r));
  cr_expect(r.n_received == 1 && r.received[0] == w);
  backward_result_finish(&ag, &r);
  HOLDS(var_grad(w), 6 + 20);
}

Test(backward, inputs_alone_receive) {
  var *w = LEAF(2), *x = LEAF(5), *h = mul(w, x);
  cr_expect(back_into(mul(h, h), NULL, x));
  HOLDS(var_grad(x), 2 * 10 * 2);
  cr_expect_null(var_grad(w));
  h = mul(w, x);
  cr_expect(back_into(mul(h, h), NULL, h), "a result among them retains its gradient");
  HOLDS(var_grad(h), 20);
  cr_expect(var_retains_grad(h));
}

Test(backward, later_passes_add_into_the_same_tensor) {
  var *w = LEAF(1, 2), *y = op_sum(&ag, mul(w, w), DT_none);
  cr_expect(back(y, NULL, KEEP));
  var *grad = var_grad(w);
  uint32_t version = var_version(grad);
  cr_expect(back(y, NULL, KEEP));
  cr_expect(var_grad(w) == grad && var_version(grad) == version + 1);
  HOLDS(grad, 4, 8);
  var_ref(grad);
  cr_expect(back(y, NULL, FOLLOW));
  cr_expect(var_grad(w) != grad, "a sum that can be differentiated is a new tensor");
  HOLDS(grad, 4, 8);
  HOLDS(var_grad(w), 6, 12);
  var_unref(&ag, grad);
}

Test(backward, gradients_do_not_share_memory) {
  var *w = LEAF(1), *x = LEAF(2), *seed = PLAIN(3);
  cr_expect(back(add(w, x), seed, ONCE));
  cr_expect(var_grad(w)->t.storage != var_grad(x)->t.storage && var_grad(w)->t.storage != seed->t.storage);
}

Test(backward, a_graph_is_freed_where_something_was_saved) {
  var *w = LEAF(3), *sum = add(add(w, w), w), *product = mul(w, w);
  cr_expect(back(sum, NULL, ONCE) && back(sum, NULL, ONCE), "sums save nothing");
  HOLDS(var_grad(w), 6);
  cr_expect(back(product, NULL, KEEP) && back(product, NULL, ONCE));
  REFUSED(back(product, NULL, ONCE), graph_freed, "Trying to backward through the graph a second time");
  HOLDS(var_grad(w), 18);
  REFUSED(back(add(product, w), NULL, ONCE), graph_freed, "second time");
}

Test(backward, grad_returns_and_touches_nothing) {
  var *w = LEAF(3), *x = LEAF(4), *p = PLAIN(1), *y = mul(w, w), *g[2];
  size_t nodes;
  cr_expect(autograd_grad(&ag, &y, NULL, 1, &w, 1, KEEP, false, g, &nodes));
  HOLDS(g[0], 6);
  cr_expect(!var_requires_grad(g[0]) && !var_grad(w));
  REFUSED(autograd_grad(&ag, &y, NULL, 1, &p, 1, KEEP, true, g, &nodes), no_graph,
          "One of the differentiated Tensors does not require grad");
  REFUSED(autograd_grad(&ag, &y, NULL, 1, (var *[]){w, x}, 2, KEEP, false, g, &nodes), unused_input,
          "appears to not have been used in the graph. Set allow_unused=True");
  cr_expect(autograd_grad(&ag, &y, NULL, 1, (var *[]){w, x}, 2, ONCE, true, g, &nodes));
  cr_expect_null(g[1]);
}

Test(backward, gradients_of_gradients) {
  var *w = LEAF(2), *y = op_pow_scalar(&ag, w, scalar_int(4));
  var *g = gradient(y, w, FOLLOW), *gg = gradient(g, w, FOLLOW), *ggg = gradient(gg, w, ONCE);
  HOLDS(g, 32);
  HOLDS(gg, 48);
  HOLDS(ggg, 48);
  cr_expect(var_requires_grad(gg) && !var_requires_grad(ggg));
}

Test(backward, zeroing_to_none_and_to_zero) {
  var *w = LEAF(3);
  cr_expect(back(mul(w, w), NULL, ONCE));
  var *grad = var_grad(w);
  cr_expect(op_zero_(&ag, grad) == grad && var_grad(w) == grad, "zero_() keeps the tensor");
  HOLDS(grad, 0);
  cr_expect(back(mul(w, w), NULL, ONCE));
  HOLDS(var_grad(w), 6);
  cr_expect(var_set_grad(&ag, w, NULL));
  cr_expect_null(var_grad(w));
}

Test(backward, nodes_run_from_the_newest_to_the_oldest) {
  // the sums are ((third + second) + first): in any other order the 1 is lost
  var *w = LEAF(1), *first = mul(w, PLAIN(1)), *second = mul(w, PLAIN(1e16)), *third = mul(w, PLAIN(-1e16));
  cr_expect(back(add(add(first, second), third), NULL, ONCE));
  HOLDS(var_grad(w), 1);
}

Test(backward, the_tutorial) {
  var *w = LEAF(1), *x = LEAF(2), *a = add(x, w), *b = add(w, PLAIN(1)), *y = mul(a, b);
  HOLDS(y, 6);
  HOLDS(gradient(y, a, KEEP), 2);
  HOLDS(gradient(y, b, KEEP), 3);
  cr_expect(back(y, NULL, KEEP));
  HOLDS(var_grad(w), 5);
  HOLDS(var_grad(x), 2);
  cr_expect(back(y, NULL, ONCE));
  HOLDS(var_grad(w), 10);
}

Test(backward, points_where_there_is_no_derivative) {
  var *w = LEAF(-1, 0, 2), *zero = LEAF(0), *same = LEAF(1, 2), *other = LEAF(1, 3);
  HOLDS(gradient(op_relu(&ag, w), w, ONCE), 0, 0, 1);
  HOLDS(gradient(op_abs(&ag, w), w, ONCE), -1, 0, 1);
  HOLDS(gradient(op_sqrt(&ag, zero), zero, ONCE), INFINITY);
  HOLDS(gradient(op_maximum(&ag, same, other), same, ONCE), .5, 0);
  HOLDS(gradient(op_minimum(&ag, same, other), other, ONCE), .5, 0);
  HOLDS(gradient(op_clamp(&ag, w, scalar_int(-1), scalar_int(2)), w, ONCE), 1, 1, 1);
  var *ties = LEAF(3, 1, 3, 3);
  HOLDS(gradient(op_amax(&ag, ties, ints_none(), false), ties, ONCE), 1. / 3, 0, 1. / 3, 1. / 3);
  HOLDS(gradient(op_max(&ag, ties), ties, ONCE), 1. / 3, 0, 1. / 3, 1. / 3);
  HOLDS(gradient(op_max_dim(&ag, ties, 0, false), ties, ONCE), 1, 0, 0, 0);
  HOLDS(gradient(op_atan2(&ag, zero, PLAIN(0)), zero, ONCE), NAN);
}

Test(backward, only_what_retains_is_looked_at) {
  var *w = LEAF(2), *h = mul(w, w), *y = mul(h, h);
  cr_expect_null(ag.retaining);
  cr_expect(var_retain_grad(&ag, h) && var_retain_grad(&ag, h) && var_retain_grad(&ag, w));
  cr_expect(ag.retaining && ag.retaining->owner == h && !ag.retaining->next_retaining);
  size_t mark = scope_enter(&ag);
  cr_expect(var_retain_grad(&ag, mul(w, w)));
  scope_leave(&ag, mark, NULL);
  cr_expect(ag.retaining && ag.retaining->owner == h && !ag.retaining->next_retaining,
            "one that has gone is left out");
  cr_expect(back(y, NULL, ONCE));
  HOLDS(var_grad(h), 8);
}
