#include "session/optimizer.h"
#include "autograd/formula.h"
#include "autograd/view.h"
#include "base/mem.h"
#include <math.h>

enum { SLOTS = 3 }; // SGD: the momentum buffer. Adam: exp_avg, exp_avg_sq, max_exp_avg_sq

struct param {
  var *v;           // owned
  var *slot[SLOTS]; // owned, NULL before the first step
  uint64_t steps;
};
struct optimizer {
  optimizer_kind kind;
  optimizer_options o;
  size_t n;
  struct param *params; // owned
};

const char *const OPTIMIZER_NAMES[OPTIMIZER_COUNT] = {"SGD", "Adam", "AdamW"};

optimizer_options optimizer_defaults(optimizer_kind which) {
  if (which == OPTIMIZER_sgd) return (optimizer_options){.lr = 0};
  return (optimizer_options){.lr = 1e-3,
                             .beta1 = 0.9,
                             .beta2 = 0.999,
                             .eps = 1e-8,
                             .weight_decay = which == OPTIMIZER_adamw ? 1e-2 : 0};
}

const optimizer_options *optimizer_options_of(const optimizer *o) { return &o->o; }
optimizer_kind optimizer_kind_of(const optimizer *o) { return o->kind; }

static bool invalid(autograd *a, const char *what, double x) {
  return fail_as(&a->ctx.fault, ERR_bad_argument, "ValueError", "Invalid %s: %.17g", what, x);
}

static bool valid(autograd *a, optimizer_kind which, const optimizer_options *o) {
  if (!(o->lr >= 0)) return invalid(a, "learning rate", o->lr);
  if (which == OPTIMIZER_sgd) {
    if (!(o->momentum >= 0)) return invalid(a, "momentum value", o->momentum);
    if (!(o->weight_decay >= 0)) return invalid(a, "weight_decay value", o->weight_decay);
    return !o->nesterov || (o->momentum > 0 && o->dampening == 0) ||
           fail_as(&a->ctx.fault, ERR_bad_argument, "ValueError",
                   "Nesterov momentum requires a momentum and zero dampening");
  }
  if (!(o->eps >= 0)) return invalid(a, "epsilon value", o->eps);
  if (!(o->beta1 >= 0 && o->beta1 < 1)) return invalid(a, "beta parameter at index 0", o->beta1);
  if (!(o->beta2 >= 0 && o->beta2 < 1)) return invalid(a, "beta parameter at index 1", o->beta2);
  return o->weight_decay >= 0 || invalid(a, "weight_decay value", o->weight_decay);
}

optimizer *optimizer_new(autograd *a, optimizer_kind which, const optimizer_options *options,
                         var *const *params, size_t n) {
  fault *f = &a->ctx.fault;
  size_t bytes;
  if (!valid(a, which, options)) return NULL;
  if (n == 0)
    return fail_as(f, ERR_bad_argument, "ValueError", "optimizer got an empty parameter list"), NULL;
  for (size_t i = 0; i < n; i++)
    if (!var_is_leaf(params[i]) && !var_retains_grad(params[i]))
      return fail_as(f, ERR_not_a_leaf, "ValueError", "can't optimize a non-leaf Tensor"), NULL;
  if (!size_mul(n, sizeof(struct param), &bytes))
    return fail(f, ERR_quota_exceeded, "too many parameters"), NULL;
  if (!budget_charge(a->ctx.budget, sizeof(optimizer) + bytes, f)) return NULL;
  optimizer *o = mem_zalloc(sizeof *o);
  if (o) o->params = mem_zalloc(bytes);
  if (!o || !o->params) {
    mem_free(o);
    budget_release(a->ctx.budget, sizeof(optimizer) + bytes);
    return fail(f, ERR_out_of_memory, "no memory for an optimizer"), NULL;
  }
  o->kind = which;
  o->o = *options;
  o->n = n;
  for (size_t i = 0; i < n; i++) o->params[i].v = var_ref(params[i]);
  return o;
}

void optimizer_free(autograd *a, optimizer *o) {
  if (!o) return;
  for (size_t i = 0; i < o->n; i++) {
    var_unref(a, o->params[i].v);
    for (int k = 0; k < SLOTS; k++) var_unref(a, o->params[i].slot[k]);
  }
  budget_release(a->ctx.budget, sizeof *o + o->n * sizeof *o->params);
  mem_free(o->params);
  mem_free(o);
}

uint64_t optimizer_cost(const optimizer *o) {
  double ns = 0;
  for (size_t i = 0; i < o->n; i++) ns += 2000 + 15 * (double)tensor_numel(&o->params[i].v->t);
  return ns < 1e18 ? (uint64_t)ns : (uint64_t)1e18;
}

// ---- the updates, as expressions. They give the new value of the parameter and fill next[] with new state.

static var *times(autograd *a, var *x, double by) { return op_mul(a, x, number(a, by)); }
static var *add(autograd *a, var *x, var *y, double alpha) { return op_add(a, x, y, scalar_float(alpha)); }

static var *sgd(autograd *a, const optimizer_options *o, const struct param *p, var *g, var **next) {
  if (o->weight_decay != 0) g = add(a, g, p->v, o->weight_decay);
  if (o->momentum != 0) {
    next[0] = p->slot[0] ? add(a, times(a, p->slot[0], o->momentum), g, 1 - o->dampening) : op_clone(a, g);
    g = o->nesterov ? add(a, g, next[0], o->momentum) : next[0];
  }
  return add(a, p->v, g, -o->lr);
}

static var *adam(autograd *a, const optimizer *of, const struct param *p, var *g, var **next) {
  const optimizer_options *o = &of->o;
  double steps = (double)(p->steps + 1), step_size = o->lr / (1 - pow(o->beta1, steps));
  double root = sqrt(1 - pow(o->beta2, steps));
  var *x = p->v, *zero = p->slot[0] ? NULL : op_zeros_like(a, x, DT_none);
  if (of->kind == OPTIMIZER_adamw)
    x = times(a, x, 1 - o->lr * o->weight_decay);
  else if (o->weight_decay != 0)
    g = add(a, g, x, o->weight_decay);
  next[0] = add(a, times(a, zero ? zero : p->slot[0], o->beta1), g, 1 - o->beta1);
  next[1] = add(a, times(a, zero ? zero : p->slot[1], o->beta2), op_mul(a, times(a, g, 1 - o->beta2), g), 1);
  var *square = next[1];
  if (o->amsgrad) square = next[2] = zero ? op_clone(a, next[1]) : op_maximum(a, p->slot[2], next[1]);
  var *size = plus(a, op_div(a, op_sqrt(a, square), number(a, root)), o->eps);
  return op_add(a, x, op_div(a, times(a, next[0], -step_size), size), scalar_int(1));
}

// ---- a step: everything is computed, then taken over

struct update {
  var *value, *next[SLOTS]; // of the scope
};

static bool compute(autograd *a, const optimizer *o, struct update *u) {
  for (size_t i = 0; i < o->n; i++) {
    const struct param *p = &o->params[i];
    var *g = var_grad(p->v);
    if (!g) continue;
    if (o->o.maximize) g = op_neg(a, g);
    u[i].value = o->kind == OPTIMIZER_sgd ? sgd(a, &o->o, p, g, u[i].next) : adam(a, o, p, g, u[i].next);
    if (u[i].value && !layout_same_dims(u[i].value->t.layout, p->v->t.layout))
      return fail(&a->ctx.fault, ERR_shape_mismatch,
                  "output with shape %s doesn't match the broadcast shape %s", layout_text(p->v->t.layout),
                  layout_text(u[i].value->t.layout));
    if (!u[i].value || autograd_failed(a) || !inplace_allowed(a, OP_copy_, p->v, false) ||
        ctx_stopped(&a->ctx))
      return false;
  }
  return true;
}

// Same sizes and dtype, nothing shared: the copies cannot fail once they may not be stopped.
static bool commit(autograd *a, optimizer *o, struct update *u) {
  const atomic_int *watched = a->ctx.stop;
  a->ctx.stop = NULL;
  bool ok = true;
  for (size_t i = 0; ok && i < o->n; i++) {
    struct param *p = &o->params[i];
    if (!u[i].value) continue;
    ok = tensor_copy(&a->ctx, &p->v->t, &u[i].value->t);
    if (!ok) break;
    storage_wrote(p->v->t.storage);
    var_wrote(a, p->v);
    p->steps++;
    for (int k = 0; k < SLOTS; k++) {
      if (!u[i].next[k]) continue;
      var_unref(a, p->slot[k]);
      p->slot[k] = var_ref(u[i].next[k]);
    }
  }
  a->ctx.stop = watched;
  return ok;
}

bool optimizer_step(autograd *a, optimizer *o) {
  bool was = a->grad_mode;
  struct update *u = mem_zalloc(o->n * sizeof *u);
  if (!u) return fail(&a->ctx.fault, ERR_out_of_memory, "no memory for a step of the optimizer");
  size_t mark = scope_enter(a);
  a->grad_mode = false;
  bool ok = compute(a, o, u) && commit(a, o, u);
  a->grad_mode = was;
  scope_leave(a, mark, NULL);
  mem_free(u);
  return ok;
}

bool optimizer_zero_grad(autograd *a, optimizer *o, bool set_to_none) {
  for (size_t i = 0; i < o->n; i++) {
    var *v = o->params[i].v, *g = var_grad(v);
    if (!g) continue;
    if (set_to_none) {
      if (!var_set_grad(a, v, NULL)) return false;
      continue;
    }
    node *fn = g->grad_fn; // the tensor stays, its history goes, its values become 0
    g->grad_fn = NULL;
    g->flags &= (uint8_t)~VAR_requires_grad;
    node_unref(a, fn);
    if (!op_zero_(a, g)) return false;
  }
  return true;
}
