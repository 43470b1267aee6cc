// view_test.c - views, version counters and writes in place, by PyTorch's rules.
#include "unit/autograd/fixture.h"
#include <string.h>

TestSuite(view, .init = fixture_start, .fini = fixture_finish);

static ints sizes(int n, int64_t x, int64_t y) { return (ints){n, {x, y}}; }

Test(view, one_version_for_a_family) {
  var *base = PLAIN(1, 2, 3, 4), *v = op_view(&ag, base, sizes(2, 2, 2)), *row = op_select(&ag, v, 0, 1),
      *d = op_detach(&ag, base);
  cr_expect(put(OP_mul, row, PLAIN(10)));
  cr_expect(var_version(base) == 1 && var_version(v) == 1 && var_version(row) == 1 && var_version(d) == 1);
  cr_expect(put(OP_zero_, d, NULL) && put(OP_add, base, PLAIN(1)));
  cr_expect_eq(var_version(row), 3u);
  cr_expect_eq(var_version(op_clone(&ag, base)), 0u);
  HOLDS(base, 1, 1, 1, 1);
}

Test(view, a_saved_tensor_that_changed_is_named) {
  var *w = LEAF(1, 2, 3), *h = op_exp(&ag, w), *y = op_sum(&ag, mul(h, h), DT_none);
  cr_expect(put(OP_add, h, PLAIN(1)));
  REFUSED(back(y, NULL, ONCE), saved_modified,
          "one of the variables needed for gradient computation has been modified by an inplace operation: "
          "[torch.DoubleTensor [3]]");
  REFUSED(back(y, NULL, ONCE), saved_modified, "is at version 1; expected version 0 instead");
  cr_expect_null(var_grad(w));
}

// Which writes an op forbids until its backward: into its first input, its second, its result.
static const struct {
  const char *op;
  bool first, second, result;
} SAVES[] = {{"add", false, false, false}, {"sub", false, false, false}, {"mul", true, true, false},
             {"div", true, true, false},   {"neg", false, false, false}, {"exp", false, false, true},
             {"log", true, false, false},  {"sin", true, false, false},  {"tanh", false, false, true},
             {"sqrt", false, false, true}, {"relu", false, false, true}, {"sigmoid", false, false, true},
             {"pow", true, true, true},    {"abs", true, false, false},  {"maximum", true, true, false}};

static bool survives(unsigned op, int written) {
  struct add_attrs attrs = {.alpha = scalar_int(1)};
  var *w = LEAF(1, 2), *x = LEAF(3, 4), *all[3] = {op_clone(&ag, w), op_clone(&ag, x), NULL}, *y;
  unsigned n;
  cr_assert(op_apply(&ag, op, all, OPS[op].n_in, &attrs, &all[2], 1, &n));
  y = op_sum(&ag, op_view(&ag, all[2], sizes(1, 2, 0)), DT_none);
  cr_assert(put(OP_zero_, all[written], NULL));
  bool ok = back(y, NULL, ONCE);
  cr_assert(ok || ag.ctx.fault.code == ERR_saved_modified, "%s", ag.ctx.fault.detail);
  fault_clear(&ag.ctx.fault);
  return ok;
}

Test(view, an_op_minds_what_it_saved_and_no_more) {
  for (size_t i = 0; i < sizeof SAVES / sizeof *SAVES; i++) {
    bool inplace;
    unsigned op = (unsigned)op_find(SAVES[i].op, strlen(SAVES[i].op), &inplace);
    while (OPS[op].n_in < 2 && op_next((int)op) >= 0) op = (unsigned)op_next((int)op); // pow of two tensors
    cr_expect_eq(survives(op, 0), !SAVES[i].first, "%s, first", SAVES[i].op);
    if (OPS[op].n_in > 1) cr_expect_eq(survives(op, 1), !SAVES[i].second, "%s, second", SAVES[i].op);
    cr_expect_eq(survives(op, 2), !SAVES[i].result, "%s, result", SAVES[i].op);
  }
}

Test(view, mul_saves_an_operand_only_for_the_other) {
  var *w = LEAF(1, 2), *p = PLAIN(3, 4), *y = op_sum(&ag, mul(w, p), DT_none);
  ag.grad_mode = false;
  cr_expect(put(OP_zero_, w, NULL), "w itself is not needed");
  ag.grad_mode = true;
  cr_expect(back(y, NULL, ONCE));
  HOLDS(var_grad(w), 3, 4);
}

Test(view, a_leaf_that_requires_grad_is_not_written) {
  var *w = LEAF(1, 2), *p = PLAIN(1, 2);
  REFUSED(put(OP_mul, w, p), leaf_inplace,
          "a leaf Variable that requires grad is being used in an in-place operation.");
  REFUSED(put(OP_zero_, w, NULL), leaf_inplace, "a leaf Variable");
  HOLDS(w, 1, 2);
  cr_expect_eq(var_version(w), 0u);
  ag.grad_mode = false;
  cr_expect(put(OP_add, w, p));
  HOLDS(w, 2, 4);
}

Test(view, nor_is_a_view_of_one) {
  var *w = LEAF(1, 2), *v = op_view(&ag, w, sizes(2, 1, 2));
  REFUSED(put(OP_zero_, v, NULL), view_of_leaf_inplace,
          "a view of a leaf Variable that requires grad is being used in an in-place operation.");
  HOLDS(w, 1, 2);
}

Test(view, a_plain_tensor_becomes_part_of_the_graph) {
  var *w = LEAF(3, 4), *p = PLAIN(1, 2);
  cr_expect(put(OP_copy_, p, w));
  cr_expect(var_requires_grad(p) && !var_is_leaf(p));
  cr_expect_str_eq(var_grad_fn_name(p), "CopyBackwards");
  cr_expect(back(op_sum(&ag, p, DT_none), NULL, ONCE));
  HOLDS(var_grad(w), 1, 1);
}

Test(view, a_write_into_a_view_is_a_write_into_its_base) {
  var *w = LEAF(1, 2, 3, 4), *h = mul(w, PLAIN(2)), *m = op_view(&ag, h, sizes(2, 2, 2));
  var *top = op_select(&ag, m, 0, 0), *side = op_select(&ag, m, 1, 0);
  cr_expect(put(OP_mul, top, PLAIN(10, 100)));
  HOLDS(h, 20, 400, 6, 8);
  cr_expect_str_eq(var_grad_fn_name(h), "CopySlices");
  cr_expect_str_eq(var_grad_fn_name(side), "AsStridedBackward0", "a sibling is made anew from the base");
  cr_expect(back(op_sum(&ag, mul(side, PLAIN(1, 1)), DT_none), NULL, KEEP));
  HOLDS(var_grad(w), 20, 0, 2, 0);
  cr_expect(back(op_sum(&ag, h, DT_none), NULL, ONCE));
  HOLDS(var_grad(w), 40, 200, 4, 2);
}

Test(view, one_of_several_views_is_not_written) {
  var *w = LEAF(1, 2), *h = mul(w, PLAIN(2)), *pieces[2];
  struct split_attrs attrs = {.split_size_or_sections = 1};
  unsigned n;
  cr_assert(op_apply(&ag, OP_split, &h, 1, &attrs, pieces, 2, &n) && n == 2);
  REFUSED(put(OP_zero_, pieces[1], NULL), view_inplace,
          "Output 1 of SplitBackward0 is a view and is being modified inplace. This view is the output of a "
          "function that "
          "returns multiple views.");
  cr_expect(put(OP_zero_, h, NULL));
  REFUSED(op_neg(&ag, pieces[0]) != NULL, view_inplace,
          "Output 0 of SplitBackward0 is a view and its base or another view of its base has been modified "
          "inplace.");
}

Test(view, a_view_made_without_grad_mode_is_not_written_with_it) {
  var *w = LEAF(1, 2), *h = mul(w, PLAIN(2));
  ag.grad_mode = false;
  var *v = op_view(&ag, h, sizes(2, 2, 1));
  cr_expect(put(OP_mul, v, PLAIN(2)), "without it, it may be");
  ag.grad_mode = true;
  REFUSED(put(OP_zero_, v, NULL), view_inplace,
          "A view was created in no_grad mode and is being modified inplace");
  HOLDS(h, 4, 8);
}

Test(view, expanded_memory_is_not_written) {
  var *p = PLAIN(1), *v = op_expand(&ag, p, sizes(1, 3, 0));
  REFUSED(put(OP_add, v, PLAIN(1)), view_inplace,
          "more than one element of the written-to tensor refers to a single memory location");
  HOLDS(p, 1);
  cr_expect(put(OP_zero_, v, NULL), "the same for all may be written");
  HOLDS(p, 0);
}

Test(view, an_operand_that_lies_partly_in_the_target_is_refused) {
  var *p = PLAIN(1, 2, 3, 4), *left = op_slice(&ag, p, 0, 0, 3, 1), *right = op_slice(&ag, p, 0, 1, 4, 1);
  REFUSED(put(OP_add, right, left), view_inplace,
          "some elements of the input tensor and the written-to tensor refer");
  REFUSED(put(OP_copy_, right, left), view_inplace, "some elements of the input tensor");
  REFUSED(put(OP_mul, p, op_select(&ag, p, 0, 1)), view_inplace, "some elements of the input tensor");
  HOLDS(p, 1, 2, 3, 4);
  cr_expect_eq(var_version(p), 0u);
  var *even = op_slice(&ag, p, 0, 0, 4, 2), *odd = op_slice(&ag, p, 0, 1, 4, 2);
  cr_expect(put(OP_add, even, odd) && put(OP_mul, p, p),
            "what does not touch is fine, and so is the tensor itself");
  HOLDS(p, 9, 4, 49, 16);
}

Test(view, gaps_that_interleave_are_read_before_they_are_written) {
  var *p = PLAIN(1, 2, 3, 4, 5, 6), *from = op_slice(&ag, p, 0, 0, 4, 2), *to = op_slice(&ag, p, 0, 2, 6, 2);
  cr_expect(put(OP_add, to, from));
  HOLDS(p, 1, 2, 4, 4, 8, 6);
}

Test(view, a_write_in_place_takes_no_memory) {
  var *p = PLAIN(1, 2, 3, 4);
  double *was = tensor_data(&p->t);
  size_t charged = budget_used(&memory), limit = memory.limit;
  memory.limit = charged;
  cr_expect(put(OP_mul, p, p) && put(OP_add, p, p) && put(OP_neg, p, NULL), "%s", ag.ctx.fault.detail);
  memory.limit = limit;
  cr_expect_eq(tensor_data(&p->t), was);
  HOLDS(p, -2, -8, -18, -32);
}

Test(view, a_wider_result_is_not_written_into_a_narrower_kind) {
  var *whole = cast_of(PLAIN(1, 2), DT_int64), *single = cast_of(PLAIN(1, 2), DT_float32);
  REFUSED(put(OP_mul, whole, PLAIN(.5, .5)), dtype_mismatch,
          "result type Double can't be cast to the desired output type Long");
  cr_expect(put(OP_mul, single, PLAIN(.5, .25)), "a wider float is rounded");
  cr_expect_eq(single->t.dtype, DT_float32);
  HOLDS(single, .5, .5);
  REFUSED(put(OP_mul, PLAIN(1), PLAIN(1, 2)), shape_mismatch,
          "output with shape [1] doesn't match the broadcast shape [2]");
}
