// builtin_grad.c - backward, torch.autograd and torch.optim.
#include "script/builtins.h"
#include <string.h>

enum { TENSORS_MOST = 128 };

// One tensor, or a list of them (None where allowed), as what a command takes.
static bool tensors_of(interpreter *in, const item *x, const char *what, bool none_allowed,
                       value room[TENSORS_MOST], values *out) {
  list *l = NULL;
  const item *at = x;
  size_t n = 1;
  if (item_is_list(x)) {
    l = item_list(x);
    at = l->at;
    n = l->n;
  }
  if (n > TENSORS_MOST) return raise_type(in, "%s: at most %d at once", what, TENSORS_MOST);
  for (size_t i = 0; i < n; i++) {
    if (at[i].kind == ITEM_tensor)
      room[i] = value_var(at[i].v);
    else if (at[i].kind == ITEM_none && none_allowed)
      room[i] = (value){.kind = VALUE_none};
    else
      return raise_type(in, "%s must be Tensors, not %s", what, item_type(&at[i]));
  }
  return *out = (values){room, (unsigned)n}, true;
}

static bool is_given(const item *x) { return x->kind != ITEM_absent && x->kind != ITEM_none; }

static bool read_flags(interpreter *in, const item *retain, const item *create, command *c) {
  bool retains;
  if (!want_flag(in, create, false, &c->create_graph)) return false;
  if (!is_given(retain)) return true;
  if (!item_truth(in, *retain, &retains)) return false;
  c->retain_graph = retains ? RETAIN_yes : RETAIN_no;
  return true;
}

static bool run(interpreter *in, command *c, command_result *r) {
  c->allowed_ns = in->allowed;
  if (!spend(in, 0)) return false;
  bool ok = command_run(in->s, c, r);
  if (r->too_long) in->too_long = true;
  return ok;
}

static bool run_backward(interpreter *in, command *c, const item *inputs) {
  value room[TENSORS_MOST];
  command_result r = {0};
  c->verb = VERB_backward;
  c->all_inputs = !is_given(inputs);
  if (!c->all_inputs && !tensors_of(in, inputs, "inputs", false, room, &c->inputs)) return false;
  bool ok = run(in, c, &r);
  if (ok && in->allowed != UINT64_MAX) { // it was allowed, so it has been paid for
    uint64_t ns = r.nodes * 500;
    in->allowed = in->allowed > ns ? in->allowed - ns : 0;
  }
  command_result_finish(in->s, &r);
  return ok;
}

BUILTIN(tensor_backward_method) {
  value root = value_var(a[0].v), seed[TENSORS_MOST];
  command c = {.args = {&root, 1}};
  (void)b, (void)all, (void)out;
  if (is_given(&a[1])) {
    if (a[1].kind != ITEM_tensor)
      return raise_type(in, "gradients can be either Tensors or None, but got %s", item_type(&a[1]));
    seed[0] = value_var(a[1].v);
    c.gradients = (values){seed, 1};
  }
  return read_flags(in, &a[2], &a[3], &c) && run_backward(in, &c, &a[4]);
}

BUILTIN(tensor_retain_grad) { return (void)b, (void)all, (void)out, var_retain_grad(&in->s->ag, a->v); }

BUILTIN(autograd_backward_function) {
  value roots[TENSORS_MOST], seeds[TENSORS_MOST];
  command c = {0};
  (void)b, (void)all, (void)out;
  return tensors_of(in, &a[0], "tensors", false, roots, &c.args) &&
         (!is_given(&a[1]) || tensors_of(in, &a[1], "grad_tensors", true, seeds, &c.gradients)) &&
         read_flags(in, &a[2], &a[3], &c) && run_backward(in, &c, &a[5]);
}

BUILTIN(autograd_grad_function) {
  value roots[TENSORS_MOST], seeds[TENSORS_MOST], inputs[TENSORS_MOST];
  command c = {.verb = VERB_grad};
  command_result r = {0};
  (void)b, (void)all;
  if (!tensors_of(in, &a[0], "outputs", false, roots, &c.args) ||
      !tensors_of(in, &a[1], "inputs", false, inputs, &c.inputs) ||
      (is_given(&a[2]) && !tensors_of(in, &a[2], "grad_outputs", true, seeds, &c.gradients)) ||
      !read_flags(in, &a[3], &a[4], &c) || !want_flag(in, &a[6], false, &c.allow_unused))
    return false;
  list *l = list_new(in->pool, ITEM_tuple, 0);
  if (!l || !list_reserve(in->pool, l, c.inputs.n)) return false; // nothing may fail once the graph is freed
  bool ok = run(in, &c, &r);
  for (unsigned i = 0; ok && i < r.n; i++)
    list_append(in->pool, l, r.vars[i] ? item_var(r.vars[i]) : item_none());
  command_result_finish(in->s, &r);
  if (ok) *out = item_object(l);
  return ok;
}

// ---- torch.optim

static bool option(interpreter *in, const item *x, double *to) {
  return x->kind == ITEM_absent || want_number(in, x, to);
}

static bool make(interpreter *in, optimizer_kind which, const item *params, const optimizer_options *o,
                 item *out) {
  list *l;
  value room[TENSORS_MOST];
  var *vars[TENSORS_MOST];
  values given;
  if (params->kind == ITEM_tensor)
    return raise_type(in,
                      "params argument given to the optimizer should be an iterable of Tensors or dicts, but "
                      "got torch.%sTensor",
                      DTYPE_ROWS[params->v->t.dtype].word);
  if (!item_iterate(in, *params, &l)) return false;
  item as_list = item_object(l);
  if (!tensors_of(in, &as_list, "optimizer parameters", false, room, &given)) return false;
  for (unsigned i = 0; i < given.n; i++) vars[i] = given.at[i].v;
  held_optimizer *h = object_new(in->pool, ITEM_optimizer, sizeof *h);
  if (!h || !(h->o = optimizer_new(&in->s->ag, which, o, vars, given.n))) return false;
  return *out = item_object(h), true;
}

BUILTIN(optim_sgd) {
  optimizer_options o = optimizer_defaults(OPTIMIZER_sgd);
  (void)b, (void)all;
  if (a[1].kind == ITEM_absent)
    return raise_value(in, "parameter group didn't specify a value of required optimization parameter lr");
  return option(in, &a[1], &o.lr) && option(in, &a[2], &o.momentum) && option(in, &a[3], &o.dampening) &&
         option(in, &a[4], &o.weight_decay) && want_flag(in, &a[5], false, &o.nesterov) &&
         want_flag(in, &a[6], false, &o.maximize) && make(in, OPTIMIZER_sgd, &a[0], &o, out);
}

static bool adam(interpreter *in, optimizer_kind which, item *a, item *out) {
  optimizer_options o = optimizer_defaults(which);
  list *betas;
  if (a[2].kind != ITEM_absent) {
    if (!item_iterate(in, a[2], &betas)) return false;
    if (betas->n != 2) return raise_value(in, "not enough values to unpack (expected 2, got %zu)", betas->n);
    if (!want_number(in, &betas->at[0], &o.beta1) || !want_number(in, &betas->at[1], &o.beta2)) return false;
  }
  return option(in, &a[1], &o.lr) && option(in, &a[3], &o.eps) && option(in, &a[4], &o.weight_decay) &&
         want_flag(in, &a[5], false, &o.amsgrad) && want_flag(in, &a[6], false, &o.maximize) &&
         make(in, which, &a[0], &o, out);
}

BUILTIN(optim_adam) { return (void)b, (void)all, adam(in, OPTIMIZER_adam, a, out); }
BUILTIN(optim_adamw) { return (void)b, (void)all, adam(in, OPTIMIZER_adamw, a, out); }

BUILTIN(optimizer_step_method) {
  optimizer *o = ((held_optimizer *)a->o)->o;
  (void)b, (void)all, (void)out;
  return spend(in, optimizer_cost(o)) && optimizer_step(&in->s->ag, o);
}

BUILTIN(optimizer_zero_grad_method) {
  bool to_none;
  optimizer *o = ((held_optimizer *)a->o)->o;
  (void)b, (void)all, (void)out;
  return want_flag(in, &a[1], false, &to_none) && spend(in, optimizer_cost(o) / 4) &&
         optimizer_zero_grad(&in->s->ag, o, to_none);
}
