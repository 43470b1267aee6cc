// mode_test.c - grad mode, and failure: whatever goes wrong, wherever, a call that fails has changed nothing.
#include "unit/autograd/fixture.h"
#include "base/mem.h"
#include <string.h>

TestSuite(mode, .init = fixture_start, .fini = fixture_finish);

Test(mode, without_grad_mode_nothing_is_recorded) {
  var *w = LEAF(2);
  ag.grad_mode = false;
  var *y = mul(w, w);
  cr_expect(!var_requires_grad(y) && var_is_leaf(y) && ag.nodes == 0);
  ag.grad_mode = true;
  var *z = mul(y, w);
  cr_expect(var_requires_grad(z), "and can be used with it later");
  cr_expect(back(z, NULL, ONCE));
  HOLDS(var_grad(w), 4);
}

Test(mode, backward_works_without_grad_mode) {
  var *w = LEAF(2), *y = mul(w, w);
  ag.grad_mode = false;
  cr_expect(back(y, NULL, KEEP));
  HOLDS(var_grad(w), 4);
  var *g = gradient(y, w, FOLLOW);
  cr_expect(g && var_requires_grad(g), "create_graph records in either mode");
  cr_expect(!ag.grad_mode, "the mode is left as it was");
}

Test(mode, a_leaf_made_without_it_can_require_grad) {
  ag.grad_mode = false;
  var *w = LEAF(1);
  ag.grad_mode = true;
  cr_expect(back(mul(w, w), NULL, ONCE));
  HOLDS(var_grad(w), 2);
}

// ---- a world to look at before and after

struct world {
  var *w, *x;         // leaves; w has a gradient
  var *h, *view;      // a result that is written, and a view of it
  var *p, *whole, *y; // plain tensors; a root
};

struct state {
  double numbers[32];
  uint32_t versions[6];
  const void *grads[4], *history[4];
  size_t nodes, temps;
  bool grad_mode;
};

static struct world world_make(void) {
  struct world v = {.w = LEAF(1, 2), .x = LEAF(3, 4), .p = PLAIN(5, 6)};
  cr_assert(back(op_sum(&ag, mul(v.w, v.w), DT_none), NULL, ONCE));
  v.h = mul(v.w, v.x);
  v.view = op_view(&ag, v.h, (ints){2, {2, 1}});
  v.whole = cast_of(v.p, DT_int64);
  v.y = op_sum(&ag, op_tanh(&ag, mul(v.x, v.w)), DT_none);
  cr_assert(v.y);
  return v;
}

static struct state state_of(const struct world *v) {
  struct state s = {.nodes = ag.nodes, .temps = ag.n_temps, .grad_mode = ag.grad_mode};
  const var *all[] = {v->w, v->x, v->h, v->view, v->p, v->y};
  size_t k = 0;
  for (size_t i = 0; i < 6; i++) {
    s.versions[i] = all[i]->t.storage->version;
    for (int64_t e = 0; e < all[i]->t.layout->numel; e++) s.numbers[k++] = at(all[i], e);
  }
  for (size_t i = 0; i < 4; i++) {
    s.grads[i] = var_grad(all[i]);
    s.history[i] = all[i]->grad_fn;
    for (int64_t e = 0; s.grads[i] && e < 2; e++) s.numbers[k++] = at(s.grads[i], e);
  }
  return s;
}

static bool same_state(const struct state *p, const struct state *q) {
  return !memcmp(p->numbers, q->numbers, sizeof p->numbers) &&
         !memcmp(p->versions, q->versions, sizeof p->versions) &&
         !memcmp(p->grads, q->grads, sizeof p->grads) && !memcmp(p->history, q->history, sizeof p->history) &&
         p->temps == q->temps && p->grad_mode == q->grad_mode && p->nodes == q->nodes;
}

// The calls that must be all or nothing.
static bool run_backward(struct world *v) { return back(v->y, NULL, ONCE); }
static bool run_backward_followed(struct world *v) { return back(v->y, NULL, FOLLOW); }
static bool run_backward_into(struct world *v) { return back_into(v->y, NULL, v->x); }
static bool run_grad(struct world *v) { return gradient(v->y, v->w, FOLLOW) != NULL; }
static bool run_op(struct world *v) {
  return op_softmax(&ag, op_matmul(&ag, v->w, op_t(&ag, v->x)), 0, 0, DT_none) != NULL;
}
static bool run_pointwise(struct world *v) { return put(OP_mul, v->h, v->x); }
static bool run_view_write(struct world *v) { return put(OP_mul, v->view, v->view); }
static bool run_other_dtype(struct world *v) { return put(OP_add, v->p, v->whole); }
static bool run_becomes_result(struct world *v) { return put(OP_copy_, v->p, v->w); }
static bool run_exp(struct world *v) { return put(OP_exp, v->h, NULL); }
static bool run_cumsum(struct world *v) {
  return op_apply_inplace(&ag, OP_cumsum, &v->h, 1, &(struct cumsum_attrs){.dim = 0, .dtype = DT_none});
}

static const struct {
  const char *name;
  bool (*run)(struct world *v);
} CALLS[] = {{"backward", run_backward},
             {"backward(create_graph)", run_backward_followed},
             {"backward(inputs)", run_backward_into},
             {"grad", run_grad},
             {"op", run_op},
             {"mul_", run_pointwise},
             {"mul_ of a view", run_view_write},
             {"add_ of another dtype", run_other_dtype},
             {"copy_ into a plain tensor", run_becomes_result},
             {"exp_", run_exp},
             {"cumsum_", run_cumsum}};
enum { CALLS_COUNT = sizeof CALLS / sizeof *CALLS };

// One call that fails in the way `arm` arranges; false when it did not fail.
static bool fails_cleanly(size_t call, void (*arm)(uint64_t), void (*disarm)(void), uint64_t point) {
  size_t mark = scope_enter(&ag);
  struct world v = world_make();
  struct state before = state_of(&v);
  size_t inner = scope_enter(&ag);
  arm(point);
  bool ok = CALLS[call].run(&v);
  disarm();
  err code = ag.ctx.fault.code;
  fault_clear(&ag.ctx.fault);
  scope_leave(&ag, inner, NULL);
  struct state after = state_of(&v);
  cr_expect_eq(ok, code == ERR_none, "%s: result and fault disagree", CALLS[call].name);
  if (!ok)
    cr_expect(same_state(&before, &after), "%s, failing at %zu with %s, changed something", CALLS[call].name,
              (size_t)point, ERRORS[code].code);
  var_set_grad(&ag, v.w, NULL); // create_graph leaves cycles
  var_set_grad(&ag, v.x, NULL);
  scope_leave(&ag, mark, NULL);
  cr_expect_eq(ag.nodes, 0u, "%s, failing at %zu: %zu nodes are left", CALLS[call].name, (size_t)point,
               ag.nodes);
  cr_expect_eq(budget_used(&memory), 0u, "%s, failing at %zu: %zu bytes are left", CALLS[call].name,
               (size_t)point, budget_used(&memory));
  return !ok;
}

// ---- memory that cannot be had

static void no_allocation(uint64_t nth) { mem_fail_at(nth, false); }
static void none_from_there(uint64_t nth) { mem_fail_at(nth, true); }
static void allocations_again(void) { mem_fail_at(0, false); }

Test(mode, an_allocation_that_fails_changes_nothing) {
  for (size_t call = 0; call < CALLS_COUNT; call++) {
    uint64_t n = 1;
    while (fails_cleanly(call, no_allocation, allocations_again, n)) n++;
    cr_expect(n > 1 || CALLS[call].run == run_pointwise, "%s asks for no memory", CALLS[call].name);
    for (n = 1; fails_cleanly(call, none_from_there, allocations_again, n);) n++;
  }
}

static size_t limit;
static void little_memory(uint64_t step) {
  limit = memory.limit;
  memory.limit = budget_used(&memory) + (step - 1) * 16;
}
static void much_memory(void) { memory.limit = limit; }

Test(mode, a_quota_that_is_reached_changes_nothing) {
  for (size_t call = 0; call < CALLS_COUNT; call++)
    for (uint64_t n = 1; fails_cleanly(call, little_memory, much_memory, n);) n++;
}

static size_t most;
static void few_nodes(uint64_t n) {
  most = ag.max_nodes;
  ag.max_nodes = ag.nodes + (size_t)n - 1;
}
static void many_nodes(void) { ag.max_nodes = most; }

Test(mode, a_limit_on_nodes_that_is_reached_changes_nothing) {
  for (size_t call = 0; call < CALLS_COUNT; call++)
    for (uint64_t n = 1; fails_cleanly(call, few_nodes, many_nodes, n);) n++;
}

// ---- a wish to stop

static atomic_int wish;
static void stop_now(uint64_t reason) {
  atomic_store(&wish, (int)reason);
  ag.ctx.stop = &wish;
}
static void go_on(void) { ag.ctx.stop = NULL; }

Test(mode, a_wish_to_stop_changes_nothing) {
  for (size_t call = 0; call < CALLS_COUNT; call++) {
    fails_cleanly(call, stop_now, go_on, STOP_deadline);
    fails_cleanly(call, stop_now, go_on, STOP_shutdown);
  }
  var *w = LEAF(2), *y = mul(w, w);
  stop_now(STOP_deadline);
  REFUSED(back(y, NULL, ONCE), time_limit, "stopped");
  stop_now(STOP_shutdown);
  REFUSED(put(OP_mul, PLAIN(1), PLAIN(2)), overloaded, "shutting down");
  go_on();
  cr_expect(back(y, NULL, ONCE));
  HOLDS(var_grad(w), 4);
}

// ---- graphs that cannot be followed

Test(mode, a_changed_or_freed_tensor_is_found_before_anything_runs) {
  var *w = LEAF(2), *x = LEAF(3), *h = op_exp(&ag, w), *freed = mul(x, x);
  var *y = add(add(mul(x, x), mul(h, h)), freed);
  cr_expect(back(freed, NULL, ONCE));
  REFUSED(back(y, NULL, ONCE), graph_freed, "second time");
  HOLDS(var_grad(x), 6);
  cr_expect_null(var_grad(w));
  y = add(mul(x, x), mul(h, h));
  cr_expect(put(OP_add, h, PLAIN(1)));
  REFUSED(back(y, NULL, ONCE), saved_modified, "modified by an inplace operation");
  HOLDS(var_grad(x), 6);
  cr_expect_null(var_grad(w));
  cr_expect(back(mul(x, x), NULL, ONCE), "the session goes on");
  HOLDS(var_grad(x), 12);
}
