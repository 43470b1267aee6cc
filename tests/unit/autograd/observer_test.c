// Who watches is told of ops and passes in order, and of nothing that they are made of inside.
#include "autograd/observer.h"
#include "autograd/ops.h"
#include "unit/autograd/fixture.h"
#include <stdarg.h>
#include <stdio.h>

static char story[4096];
static void say(const char *format, ...) {
  size_t n = strlen(story);
  va_list args;
  va_start(args, format);
  vsnprintf(story + n, sizeof story - n, format, args);
  va_end(args);
}

static void op_begins(observer *o, const op_call *k, bool inplace) {
  cr_expect_null(k->a->observer, "its inside is not watched");
  (void)o;
  say("%s%s(", OPS[k->op].id, inplace ? "_" : "");
}
static void op_ends(observer *o, const op_call *k, bool inplace, var *const *out, unsigned n_out, bool ok) {
  (void)o, (void)k, (void)inplace;
  say(ok ? ")%g " : ")! ", ok && n_out ? at(out[0], 0) : 0);
}
static void pass_begins(observer *o, bool retain_graph, bool create_graph) {
  (void)o;
  say("pass%s%s ", retain_graph ? "+retain" : "", create_graph ? "+create" : "");
}
static void root(observer *o, node *fn, const var *of, const var *seed) {
  (void)o, (void)of;
  say("root:%s=%g ", node_name(fn), at(seed, 0));
}
static void node_begins(observer *o, node *n, var *const *g) {
  (void)o;
  say("%s[%g", node_name(n), at(g[0], 0));
}
static void contributes(observer *o, node *n, unsigned edge, const var *g) {
  (void)o, (void)n;
  say(" %u:%g", edge, at(g, 0));
}
static void node_ends(observer *o, node *n) {
  (void)o, (void)n;
  say("] ");
}
static void accumulates(observer *o, node *fn, var *of, const var *g) {
  (void)o;
  say("%s:%g+%g", fn ? node_name(fn) : "?", var_grad(of) ? at(var_grad(of), 0) : 0, at(g, 0));
}
static void accumulated(observer *o, var *of) {
  (void)o;
  say("=%g ", at(var_grad(of), 0));
}
static void captures(observer *o, node *fn, const var *input, const var *g) {
  (void)o, (void)fn, (void)input;
  say("capture:%g ", at(g, 0));
}
static void frees(observer *o, const node *n) {
  (void)o;
  if (n->n_saved && node_saved((node *)(uintptr_t)n)[0].storage) say("free:%s ", node_name(n));
}
static void pass_ends(observer *o, bool ok) {
  (void)o;
  say(ok ? "done" : "failed");
}

static void pass_failed(observer *o, var *const *roots, size_t n, node *fn, const saved *s) {
  (void)o, (void)roots;
  say("!%zu", n);
  if (fn) say(":%s", node_name(fn));
  if (s) say(":%s%u@%u", s->is_output ? "out" : "in", s->slot, s->version);
}
static void given(observer *o, const var *v, const source_span *numbers, size_t n) {
  (void)o, (void)numbers;
  say("given:%g%s+%zu ", at(v, 0), var_requires_grad(v) ? "*" : "", n);
}
static void grad_set(observer *o, const var *v) {
  (void)o;
  say("grad:%g ", var_grad(v) ? at(var_grad(v), 0) : 0);
}
static void flags_set(observer *o, const var *v) {
  (void)o;
  say("flags%s%s%s ", var_requires_grad(v) ? "+wants" : "", var_is_leaf(v) ? "+leaf" : "",
      var_retains_grad(v) ? "+retains" : "");
}
static void wrote(observer *o, const var *v) {
  (void)o;
  say("wrote:%g ", at(v, 0));
}

static observer watching = {.op_begins = op_begins,
                            .op_ends = op_ends,
                            .pass_begins = pass_begins,
                            .root = root,
                            .node_begins = node_begins,
                            .contributes = contributes,
                            .node_ends = node_ends,
                            .accumulates = accumulates,
                            .accumulated = accumulated,
                            .captures = captures,
                            .frees = frees,
                            .pass_ends = pass_ends,
                            .pass_failed = pass_failed,
                            .given = given,
                            .grad_set = grad_set,
                            .flags_set = flags_set,
                            .wrote = wrote};

static void watch(void) {
  *story = 0;
  ag.observer = &watching;
}
static const char *told(void) {
  cr_expect_eq(ag.observer, &watching, "it is there again");
  ag.observer = NULL;
  return story;
}

TestSuite(observer, .init = fixture_start, .fini = fixture_finish);

Test(observer, ops_are_told_one_by_one) {
  var *x = LEAF(2, 3);
  watch();
  var *y = op_softmax(&ag, x, 0, 3, DT_none); // a composite of one op, whose value is made of others
  cr_assert(y && op_mul(&ag, op_neg(&ag, x), x));
  cr_assert(put(OP_zero_, PLAIN(1), NULL));
  var *two = matrix_of(1, 1, (double[]){2}, true), *three = matrix_of(1, 1, (double[]){3}, true);
  *story = 0;
  cr_assert(op_linear(&ag, two, three, NULL));
  cr_expect_str_eq(told(), "t()3 mm()6 ");
}

Test(observer, a_pass_is_told_from_seed_to_grad) {
  var *w = LEAF(1), *x = LEAF(2), *a = add(w, x), *b = add(w, PLAIN(1)), *y = mul(a, b);
  watch();
  cr_assert(back(y, NULL, ONCE));
  cr_expect_str_eq(
      told(), "pass root:MulBackward0=1 MulBackward0[1 0:2 1:3] AddBackward0[3 0:3] AddBackward0[2 0:2 1:2] "
              "AccumulateGrad:0+5=5 AccumulateGrad:0+2=2 free:MulBackward0 done");
}

Test(observer, what_is_added_up_is_told_as_it_is_added) {
  var *w = LEAF(1, 2), *scalar = op_sum(&ag, w, DT_none), *y = op_sum(&ag, mul(w, scalar), DT_none);
  watch();
  cr_assert(back(y, NULL, KEEP));
  cr_expect_str_eq(told(), "pass+retain root:SumBackward0=1 SumBackward0[1 0:1] MulBackward0[1 0:3 1:3] "
                           "SumBackward0[3 0:3] AccumulateGrad:0+6=6 done");
  watch();
  cr_assert(back(y, NULL, ONCE));
  cr_expect(strstr(told(), "AccumulateGrad:6+6=12 "), "%s", story);
}

Test(observer, retained_and_captured_gradients) {
  var *w = LEAF(3), *a = mul(w, w), *y = mul(a, a);
  cr_assert(var_retain_grad(&ag, a));
  watch();
  cr_assert(back(y, NULL, KEEP));
  cr_expect(strstr(told(), "AccumulateGrad:0+108=108 MulBackward0:0+18=18 done"), "%s", story);
  watch();
  cr_assert(gradient(y, w, FOLLOW));
  cr_expect(strstr(told(), "pass+retain+create ") && strstr(story, "capture:108 done"), "%s", story);
}

static bool never(void *arg, var *const *vars, size_t n) {
  (void)arg, (void)vars, (void)n;
  return fail(&ag.ctx.fault, ERR_overloaded, "not now");
}

Test(observer, a_pass_that_fails_says_so) {
  var *w = LEAF(3), *y = mul(w, w);
  watch();
  REFUSED(back(y, NULL, (backward_options){.ready = never}), overloaded, "not now");
  cr_expect(strstr(told(), "MulBackward0[1 0:3 1:3] failed!1"), "%s", story);
  watch();
  REFUSED(back(PLAIN(1), NULL, ONCE), no_graph, "does not require grad");
  cr_expect_str_eq(told(), "!1");
  watch();
  REFUSED(gradient(y, PLAIN(1), ONCE) != NULL, no_graph, "does not require grad");
  cr_expect(strstr(told(), "!1"), "%s", story);
  watch();
  REFUSED(op_mm(&ag, w, w) != NULL, shape_mismatch, "");
  cr_expect_str_eq(told(), "mm()! ");
}

Test(observer, nodes_keep_their_numbers) {
  var *w = LEAF(1), *x = LEAF(2), *y = mul(w, x), *z = add(y, w);
  node *n = z->grad_fn;
  cr_expect_eq(node_id(y->grad_fn), 1);
  cr_expect_eq(node_id(n), 3);
  cr_expect_eq(node_id(node_edges(y->grad_fn)[0]), 0);
  cr_expect_eq(node_id(node_edges(y->grad_fn)[1]), 2);
  cr_assert(back(z, NULL, KEEP));
  cr_expect_eq(node_id(n), 3);
}

Test(observer, a_refused_pass_names_the_node_and_what_it_had_saved) {
  var *w = LEAF(3), *a = mul(w, PLAIN(2)), *y = op_exp(&ag, a), *z = mul(y, y);
  watch();
  cr_assert(put(OP_zero_, y, NULL));
  *story = 0;
  REFUSED(back(z, NULL, ONCE), saved_modified, "modified by an inplace operation");
  cr_expect_str_eq(told(), "!1:MulBackward0:in0@0");
  var *x = mul(w, w);
  cr_assert(back(x, NULL, ONCE));
  watch();
  REFUSED(back(x, NULL, ONCE), graph_freed, "a second time");
  cr_expect_str_eq(told(), "!1:MulBackward0");
}

Test(observer, what_is_neither_op_nor_pass) {
  var *w = LEAF(3), *g = PLAIN(5), *y = mul(w, w);
  watch();
  cr_assert(var_given(&ag, g, true, NULL, 0));
  cr_assert(var_set_requires_grad(&ag, g, false));
  cr_assert(var_retain_grad(&ag, y));
  cr_assert(var_detach(&ag, y));
  cr_assert(var_set_grad(&ag, w, NULL)); // it is None already
  cr_assert(var_set_grad(&ag, w, g));
  cr_assert(var_set_grad(&ag, w, g));
  cr_assert(var_set_grad(&ag, w, NULL));
  var_wrote(&ag, w);
  cr_expect_str_eq(told(),
                   "given:5*+0 flags+leaf flags+wants+retains flags+leaf+retains grad:5 grad:0 wrote:3 ");
}

Test(observer, variables_have_numbers_of_their_own) {
  var *w = LEAF(1), *x = LEAF(2);
  cr_expect(w->id && x->id == w->id + 1);
  uint64_t last = mul(w, x)->id;
  cr_expect_gt(last, x->id);
  scope_leave(&ag, 0, NULL);
  cr_expect_gt(LEAF(1)->id, last);
}

Test(observer, two_are_told_the_same) {
  observer other = watching;
  observer_pair pair;
  var *w = LEAF(3);
  *story = 0;
  ag.observer = observer_pair_init(&pair, &watching, &other);
  ag.observer->line = 7;
  var *y = mul(w, w);
  cr_assert(back(y, NULL, ONCE));
  var_wrote(&ag, w);
  ag.observer = NULL;
  cr_expect_str_eq(story,
                   "mul(mul()9 )9 pass pass root:MulBackward0=1 root:MulBackward0=1 "
                   "MulBackward0[1MulBackward0[1 0:3 0:3 1:3 1:3] ] AccumulateGrad:0+6AccumulateGrad:0+6"
                   "=6 =6 free:MulBackward0 free:MulBackward0 donedonewrote:3 wrote:3 ");
#define EVENT(name, parameters, arguments) cr_expect(pair.both.name, "%s", #name);
#include "autograd/observer.def"
  cr_expect(watching.line == 7 && other.line == 7);
  watching.line = 0;
}
