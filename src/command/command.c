#include "command/command.h"
#include "autograd/formula.h"
#include "autograd/observer.h"
#include "base/mem.h"
#include <string.h>

// ---- binding results to names, all or none

struct rebinding {
  value name;
  var *old; // owned; NULL: the name was free
};
struct rebindings {
  struct rebinding few[4], *at;
  unsigned n;
};

static bool valid_name(session *s, const value *name) {
  return name->kind == VALUE_text ? session_name_ok(s, name->text, name->n) : session_name_ok(s, "", 0);
}

// Binds v; *name is then the session's own copy of the name.
static bool bind_one(session *s, struct rebindings *done, value *name, var *v) {
  binding *b = session_find(s, name->text, name->n);
  var *old = b ? var_ref(binding_var(b)) : NULL;
  bool made;
  if (!session_bind(s, name->text, name->n, v, &made)) return var_unref(&s->ag, old), false;
  const char *kept = binding_name(session_find(s, name->text, name->n));
  *name = value_text(kept, name->n);
  done->at[done->n++] = (struct rebinding){*name, old};
  return true;
}

static void note_temporary(session *s, const command *c, const value *name) {
  if (c->temporaries && name->text[0] == '_') session_mark_temporary(s, name->text, name->n);
}

static void rebindings_finish(session *s, const command *c, struct rebindings *r, bool keep) {
  for (unsigned i = r->n; i-- > 0;) {
    struct rebinding *b = &r->at[i];
    if (keep)
      note_temporary(s, c, &b->name);
    else
      session_bind_back(s, b->name.text, b->name.n, b->old);
    var_unref(&s->ag, b->old);
  }
  if (r->at != r->few) mem_free(r->at);
  r->n = 0;
}

static bool rebindings_init(session *s, struct rebindings *r, unsigned n) {
  r->n = 0;
  r->at = n <= 4 ? r->few : mem_alloc(n * sizeof *r->at);
  return r->at || fail(session_fault(s), ERR_out_of_memory, "no memory for the names of results");
}

static bool ready(const command *c, var *const *vars, size_t n) {
  return !c->ready || c->ready(c->ready_arg, vars, n);
}

// Binds results to the names asked for, or to a made one.
static bool bind_results(session *s, const command *c, command_result *r) {
  struct rebindings done;
  bool ok = true;
  if (c->out.n && c->out.n != r->n)
    return fail(session_fault(s), ERR_bad_argument, "%u name%s given in 'out' for %u result%s", c->out.n,
                c->out.n == 1 ? " was" : "s were", r->n, r->n == 1 ? "" : "s");
  if (!ready(c, r->vars, r->n) || !rebindings_init(s, &done, r->n)) return false;
  for (unsigned i = 0; ok && i < r->n; i++) {
    char fresh[NAME_MAX_BYTES + 1];
    if (i < c->out.n)
      r->names[i] = c->out.at[i];
    else if (c->verb == VERB_grad)
      r->names[i] = (value){0}; // gradients get a name only when asked
    else
      r->names[i] = value_text(fresh, session_fresh_name(s, fresh));
    if (!r->vars[i] || r->names[i].kind == VALUE_none) continue;
    ok = bind_one(s, &done, &r->names[i], r->vars[i]);
  }
  rebindings_finish(s, c, &done, ok);
  return ok;
}

static bool out_names_valid(session *s, const command *c) {
  for (unsigned i = 0; i < c->out.n; i++)
    if (!valid_name(s, &c->out.at[i])) return false;
  return true;
}

// ---- the verbs

static bool run_tensor(session *s, command *c, command_result *r) {
  char fresh[NAME_MAX_BYTES + 1];
  if (c->name.kind == VALUE_none)
    c->name = value_text(fresh, session_fresh_name(s, fresh));
  else if (!valid_name(s, &c->name))
    return false;
  if (c->requires_grad && !dtype_is_float((dtype)c->data.dtype))
    return fail(session_fault(s), ERR_dtype_not_differentiable,
                "Only Tensors of floating point and complex dtype can require gradients, not %s",
                DTYPE_ROWS[c->data.dtype].name);
  var *v = scope_own(&s->ag, var_new(&s->ag, c->data));
  c->data = (tensor){0};
  if (!v || !var_given(&s->ag, v, c->requires_grad, NULL, 0)) return false;
  if (!ready(c, &v, 1) || !session_bind(s, c->name.text, c->name.n, v, &r->new_name)) return false;
  const char *kept = binding_name(session_find(s, c->name.text, c->name.n));
  c->name = value_text(kept, c->name.n);
  note_temporary(s, c, &c->name);
  r->n = 1;
  r->vars[0] = v;
  r->names[0] = c->name;
  return true;
}

// An op that writes its first argument; `out` names the same tensor once more.
static bool run_inplace(session *s, command *c, command_result *r, bound *b) {
  struct rebindings done;
  if (c->out.n > 1)
    return fail(session_fault(s), ERR_bad_argument, "an in-place op has one result, not %u", c->out.n);
  if (!rebindings_init(s, &done, 1)) return false;
  r->names[0] = c->out.n                                        ? c->out.at[0]
                : c->args.n && c->args.at[0].kind == VALUE_text ? c->args.at[0]
                                                                : (value){0};
  bool ok =
      ready(c, b->in, 1) && (c->out.n == 0 || bind_one(s, &done, &r->names[0], b->in[0])); // what can fail
  ok = ok && bound_run(s, b, r->vars, RESULTS_MAX, &r->n);
  rebindings_finish(s, c, &done, ok);
  return ok;
}

static bool run_op(session *s, command *c, command_result *r) {
  bound b;
  if (!out_names_valid(s, c)) return false;
  bool ok = bind_op(s, c->name.text, c->name.n, c->args.at, c->args.n, c->kw, c->n_kw, &b);
  if (ok && bound_cost(&b) > c->allowed_ns) ok = !(r->too_long = true);
  if (ok && (b.inplace || OPS[b.op].flags & ROW_writes))
    ok = run_inplace(s, c, r, &b);
  else if (ok)
    ok = bound_run(s, &b, r->vars, RESULTS_MAX, &r->n) && bind_results(s, c, r);
  bound_finish(&b);
  return ok;
}

enum { FEW = 4 };

static void resolved_finish(var **vars, var **few) { mem_free(vars != few ? vars : NULL); }

// Variables of a list of references, in few[] if there is room; NULL entries for None if allowed.
static var **resolve_all(session *s, const values *list, const char *what, bool none_allowed, var **few) {
  var **vars = list->n <= FEW ? few : mem_alloc(list->n * sizeof *vars);
  if (!vars) fail(session_fault(s), ERR_out_of_memory, "no memory for the arguments");
  for (unsigned i = 0; vars && i < list->n; i++) {
    bool none = none_allowed && list->at[i].kind == VALUE_none;
    vars[i] = none ? NULL : value_variable(s, &list->at[i], what);
    if (!vars[i] && !none) return resolved_finish(vars, few), NULL;
  }
  return vars;
}

static backward_options options_of(const command *c, bool (*asked)(void *, var *const *, size_t), void *arg) {
  bool retain = c->retain_graph == RETAIN_default ? c->create_graph : c->retain_graph == RETAIN_yes;
  return (backward_options){retain, c->create_graph, asked, arg};
}

// A bare number as seed stands for that number everywhere.
static bool spread_numbers(session *s, var **seeds, var *const *roots, unsigned n) {
  observer *watching = observer_aside(&s->ag); // it is no op of the caller's
  bool ok = true;
  for (unsigned i = 0; ok && i < n; i++)
    if (seeds[i] && seeds[i]->flags & VAR_wrapped)
      ok = (seeds[i] = op_expand(&s->ag, seeds[i], sizes_of(roots[i]))) != NULL;
  s->ag.observer = watching;
  return ok;
}

struct ends {
  var **roots, **seeds, **inputs;
  var *few[3][FEW];
};

static bool ends_init(session *s, const command *c, struct ends *e) {
  e->roots = e->seeds = e->inputs = NULL;
  fault *f = session_fault(s);
  if (c->gradients.n && c->gradients.n != c->args.n)
    return fail(f, ERR_bad_argument, "got %u tensors and %u gradients", c->args.n, c->gradients.n);
  if (!(e->roots = resolve_all(s, &c->args, "every output", false, e->few[0]))) return false;
  if (c->gradients.n && !(e->seeds = resolve_all(s, &c->gradients, "every gradient", true, e->few[1])))
    return false;
  if (!(e->inputs = resolve_all(s, &c->inputs, "every input", false, e->few[2]))) return false;
  return !e->seeds || spread_numbers(s, e->seeds, e->roots, c->args.n);
}

static void ends_finish(struct ends *e) {
  resolved_finish(e->roots, e->few[0]);
  resolved_finish(e->seeds, e->few[1]);
  resolved_finish(e->inputs, e->few[2]);
}

static bool run_backward(session *s, command *c, command_result *r) {
  struct ends e;
  bool ok = ends_init(s, c, &e);
  if (ok && !c->all_inputs && c->inputs.n == 0)
    ok = fail_as(session_fault(s), ERR_bad_argument, "RuntimeError",
                 "'inputs' argument to backward() cannot be empty.");
  ok = ok && autograd_backward(&s->ag, e.roots, e.seeds, c->args.n, e.inputs, c->inputs.n,
                               options_of(c, c->ready, c->ready_arg), &r->received);
  r->nodes = r->received.nodes;
  ends_finish(&e);
  return ok;
}

struct grad_call {
  session *s;
  const command *c;
  command_result *r;
  var *const *inputs;
};

// The gradients are there, and the graph still is: what can fail comes now.
static bool take_grads(void *arg, var *const *grads, size_t n) {
  struct grad_call *g = arg;
  command_result *r = g->r;
  r->n = (unsigned)n;
  for (unsigned i = 0; i < r->n; i++) {
    if (grads[i] || !g->c->materialize) continue;
    if (!(r->vars[i] = op_zeros_like(&g->s->ag, g->inputs[i], DT_none))) return false;
  }
  return bind_results(g->s, g->c, r);
}

static bool run_grad(session *s, command *c, command_result *r) {
  struct ends e = {0};
  if (c->inputs.n == 0) return fail(session_fault(s), ERR_bad_argument, "grad requires non-empty inputs.");
  if (c->inputs.n > RESULTS_MAX)
    return fail(session_fault(s), ERR_quota_exceeded, "grad of %u inputs at once: at most %d", c->inputs.n,
                RESULTS_MAX);
  bool ok = out_names_valid(s, c) && ends_init(s, c, &e);
  struct grad_call g = {s, c, r, e.inputs};
  ok = ok &&
       autograd_grad(&s->ag, e.roots, e.seeds, c->args.n, e.inputs, c->inputs.n,
                     options_of(c, take_grads, &g), c->allow_unused || c->materialize, r->vars, &r->nodes);
  ends_finish(&e);
  return ok;
}

// What zero_grad(set_to_none=False) does: the tensor stays, its values become 0, its history goes.
static bool clear_grad(session *s, var *v, bool to_none) {
  var *g = var_grad(v);
  if (to_none) return var_set_grad(&s->ag, v, NULL);
  if (!g) return true;
  if (!op_zero_(&s->ag, g)) return false;
  node *fn = g->grad_fn;
  g->grad_fn = NULL;
  g->flags &= (uint8_t)~VAR_requires_grad;
  node_unref(&s->ag, fn);
  return true;
}

// All that are named, or of all tensors. One that is named may be the gradient of another: "w", "w.grad".
static bool clear_grads(session *s, const command *c, var *const *vars) {
  bool ok = true;
  for (unsigned i = 0; vars && i < c->args.n; i++) var_ref(vars[i]);
  for (unsigned i = 0; vars && ok && i < c->args.n; i++) ok = clear_grad(s, vars[i], c->set_to_none);
  for (unsigned i = 0; vars && i < c->args.n; i++) var_unref(&s->ag, vars[i]);
  for (const binding *b = vars ? NULL : s->bindings; ok && b; b = binding_next(b))
    ok = clear_grad(s, binding_var(b), c->set_to_none);
  return ok;
}

// All of them or none: once all are known, nothing stops it, and outside of any graph nothing refuses it.
static bool run_zero_grad(session *s, command *c) {
  autograd *a = &s->ag;
  const atomic_int *watched = a->ctx.stop;
  bool was = a->grad_mode;
  var *few[FEW], **vars = c->all ? NULL : resolve_all(s, &c->args, "every tensor", false, few);
  bool ok = (c->all || vars) && !ctx_stopped(&a->ctx);
  a->ctx.stop = NULL;
  a->grad_mode = false;
  ok = ok && clear_grads(s, c, vars);
  a->grad_mode = was;
  a->ctx.stop = watched;
  resolved_finish(vars, few);
  return ok;
}

static bool run_delete(session *s, const command *c) {
  for (unsigned i = 0; i < c->args.n; i++) {
    const value *name = &c->args.at[i];
    if (name->kind != VALUE_text || !session_find(s, name->text, name->n))
      return valid_name(s, name) && session_resolve(s, name->text, name->n) != NULL;
  }
  for (unsigned i = 0; i < c->args.n; i++) session_unbind(s, c->args.at[i].text, c->args.at[i].n);
  return true;
}

static bool run_flag(session *s, const command *c, command_result *r) {
  var *v = value_variable(s, &c->name, "the tensor");
  if (!v) return false;
  r->n = 1;
  r->vars[0] = v;
  r->names[0] = c->name;
  return c->verb == VERB_retain_grad ? var_retain_grad(&s->ag, v)
                                     : var_set_requires_grad(&s->ag, v, c->requires_grad);
}

bool command_run(session *s, command *c, command_result *r) {
  bool was = s->ag.grad_mode, ok = false;
  uint64_t seed = s->ag.rng.seed, drawn = s->ag.rng.counter - c->drawn, next_name = s->next_name;
  r->n = 0;
  r->nodes = 0;
  r->new_name = r->too_long = false;
  r->received = (backward_result){0};
  if ((c->verb == VERB_backward || c->verb == VERB_grad) && 3 * s->ag.graph_cost > c->allowed_ns)
    return !(r->too_long = true); // forward once, and about twice that back
  if (c->no_grad) s->ag.grad_mode = false;
  switch (c->verb) {
  case VERB_none:
    ok = fail(session_fault(s), ERR_bad_argument, "a step must name a tensor, an op or another verb");
    break;
  case VERB_tensor: ok = run_tensor(s, c, r); break;
  case VERB_op: ok = run_op(s, c, r); break;
  case VERB_backward: ok = run_backward(s, c, r); break;
  case VERB_grad: ok = run_grad(s, c, r); break;
  case VERB_zero_grad: ok = run_zero_grad(s, c); break;
  case VERB_delete: ok = run_delete(s, c); break;
  case VERB_retain_grad:
  case VERB_requires_grad: ok = run_flag(s, c, r); break;
  case VERB_manual_seed: ok = true, session_reseed(s, (uint64_t)c->seed); break;
  case VERB_step:
    ok = fail(session_fault(s), ERR_optimizer_unknown, "there is no optimizer '%.*s' in session '%s'",
              (int)(c->name.n < 80 ? c->name.n : 80), c->name.text, s->name);
    break;
  }
  s->ag.grad_mode = was;
  if (!ok) { // random numbers and names are not used up either
    s->ag.rng = (rng){seed, drawn};
    s->next_name = next_name;
  }
  return ok;
}

void command_result_finish(session *s, command_result *r) { backward_result_finish(&s->ag, &r->received); }

void command_finish(command *c) { tensor_drop(&c->data); }

// ---- outside autograd

static bool same_shape(session *s, const var *v, const tensor *data) {
  if (layout_same_dims(v->t.layout, data->layout)) return true;
  return fail(session_fault(s), ERR_shape_mismatch, "the data has shape %s, the tensor %s",
              layout_text(data->layout), layout_text(v->t.layout));
}

// Writes all of it or nothing: no stop in between.
static bool write_raw(session *s, var *v, const tensor *window, const tensor *data) {
  ctx *c = &s->ag.ctx;
  const atomic_int *watched = c->stop;
  if (ctx_stopped(c)) return false;
  c->stop = NULL;
  bool ok = tensor_copy(c, window, data);
  c->stop = watched;
  if (ok) v->t.storage->raw_writes++, var_wrote(&s->ag, v);
  return ok;
}

bool command_write_data(session *s, var *v, const tensor *data) {
  return same_shape(s, v, data) && write_raw(s, v, &v->t, data);
}

bool command_patch_data(session *s, var *v, const value *index, const value *number) {
  autograd *a = &s->ag;
  bool was = a->grad_mode;
  a->grad_mode = false;
  struct keyword kw = {"index", 5, *index};
  value self = value_var(v);
  bound b;
  bool ok = bind_op(s, "getitem", 7, &self, 1, &kw, 1, &b);
  var *window[1], *x = NULL;
  unsigned n;
  ok = ok && bound_run(s, &b, window, 1, &n) && (x = value_variable(s, number, "value"));
  bound_finish(&b);
  ints sizes;
  if (ok) {
    const layout *both[] = {window[0]->t.layout, x->t.layout};
    ok = broadcast_sizes(&a->ctx, 2, both, &sizes);
    if (ok && (sizes.n != both[0]->rank || memcmp(sizes.v, both[0]->dims, both[0]->rank * sizeof *sizes.v)))
      ok = fail(session_fault(s), ERR_shape_mismatch, "the value has shape %s, what is indexed has %s",
                layout_text(both[1]), layout_text(both[0]));
  }
  ok = ok && write_raw(s, v, &window[0]->t, &x->t);
  a->grad_mode = was;
  return ok;
}

bool command_set_grad(session *s, var *v, tensor *data) {
  if (!data) return var_set_grad(&s->ag, v, NULL);
  var *g = scope_own(&s->ag, var_new(&s->ag, *data));
  *data = (tensor){0};
  return g && var_set_grad(&s->ag, v, g);
}
