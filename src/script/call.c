// call.c - calls: of ops by their rows, of builtins by theirs, of functions of the script.
#include "base/mem.h"
#include "command/command.h"
#include "script/builtin.h"
#include "script/interpreter.h"
#include <string.h>

// ---- a script's values as arguments of an op

static bool list_each(const value *l, value_visit *visit, void *arg);
static bool list_tensor(const value *l, autograd *a, dtype want, tensor *out);
static const list_class ITEMS = {list_each, list_tensor};

// Member by member, and x by its address: a value or an item that is written in parts and read as one stalls.
static bool to_value(interpreter *in, const item *x, value *out) {
  switch ((item_kind)x->kind) {
  case ITEM_none: out->kind = VALUE_none; return true;
  case ITEM_bool: out->kind = VALUE_bool, out->i = x->i; return true;
  case ITEM_int: out->kind = VALUE_int, out->i = x->i; return true;
  case ITEM_float: out->kind = VALUE_float, out->d = x->d; return true;
  case ITEM_tensor: out->kind = VALUE_var, out->v = x->v; return true;
  case ITEM_text: *out = value_text(item_str(x)->at, item_str(x)->n); return true;
  case ITEM_dtype: {
    const char *called = DTYPE_ROWS[x->i].name;
    *out = value_text(called, strlen(called));
    return true;
  }
  case ITEM_list:
  case ITEM_tuple:
  case ITEM_size: *out = (value){.kind = VALUE_list, .class = &ITEMS, .source = {x->o, in}}; return true;
  default: return raise_type(in, "a %s cannot be an argument of an op", item_type(x));
  }
}

static bool list_each(const value *v, value_visit *visit, void *arg) {
  const list *l = v->source[0];
  interpreter *in = (interpreter *)(uintptr_t)v->source[1];
  for (size_t i = 0; i < l->n; i++) {
    value x;
    if (!to_value(in, &l->at[i], &x) || !visit(arg, &x)) return false;
  }
  return true;
}

static bool list_tensor(const value *v, autograd *a, dtype want, tensor *out) {
  const list *l = v->source[0];
  interpreter *in = (interpreter *)(uintptr_t)v->source[1];
  item data = {.kind = l->head.kind, .o = (object *)(uintptr_t)&l->head};
  var *made;
  (void)a;
  if (!literal_tensor(in, data, want, &made)) return false;
  *out = tensor_ref(&made->t);
  return true;
}

// ---- ops

enum { VALUES_MAX = 32 };

static bool give(interpreter *in, var **results, unsigned n, bool many, item *out) {
  if (n == 1 && !many) return *out = item_var(results[0]), true;
  list *l = list_new(in->pool, ITEM_tuple, 0);
  for (unsigned i = 0; i < n; i++)
    if (!l || !list_append(in->pool, l, item_var(results[i]))) return false;
  if (l) *out = item_object(l);
  return l != NULL;
}

static bool run_bound(interpreter *in, bound *b, item *out) {
  var *results[RESULTS_MAX];
  unsigned n;
  if (in->allowed != UINT64_MAX) {
    uint64_t ns = bound_cost(b);
    if (ns > in->allowed) return !(in->too_long = true);
    in->allowed -= ns;
  }
  uint64_t drawn = in->s->ag.rng.counter;
  tell_line(in);
  if (bound_run(in->s, b, results, RESULTS_MAX, &n)) {
    return give(in, results, n, OPS[b->op].flags & ROW_multi, out);
  }
  in->s->ag.rng.counter = drawn; // a call that fails has drawn nothing
  return false;
}

// A name is for REST: in a script a text is no tensor.
static bool texts_fit(interpreter *in, int op, const char *called, const value *given, unsigned n) {
  const struct op *o = &OPS[op];
  for (unsigned i = 0; i < n && i < o->n_args; i++) {
    bool fits = o->args[i].kind == ARG_tensor || o->args[i].kind == ARG_tensor_optional;
    if (given[i].kind != VALUE_text || !fits) continue;
    return raise_type(in, "%s(): argument '%s' (position %u) must be Tensor, not str", called,
                      o->args[i].name, i + 1);
  }
  return true;
}

// Calls an op by the first of its rows.
static bool call_rows(interpreter *in, int first, bool inplace, const arguments *a, item *out) {
  value given[VALUES_MAX];
  keyword keywords[VALUES_MAX];
  unsigned positional = a->n - a->n_keywords;
  bound b;
  if (a->n > VALUES_MAX)
    return raise_type(in, "%s%s() got too many arguments", OPS[first].name, inplace ? "_" : "");
  for (unsigned i = 0; i < positional; i++)
    if (!to_value(in, &a->at[i], &given[i])) return false;
  for (unsigned i = 0; i < a->n_keywords; i++) {
    keywords[i] = (keyword){a->keywords[i].text, a->keywords[i].n, {0}};
    if (!to_value(in, &a->at[positional + i], &keywords[i].value)) return false;
  }
  if (!texts_fit(in, first, OPS[first].name, given, positional)) return false;
  bool ok = bind_rows(in->s, first, inplace, given, positional, keywords, a->n_keywords, &b);
  ok = ok && run_bound(in, &b, out);
  bound_finish(&b);
  return ok;
}

bool call_op(interpreter *in, const char *op, size_t n, const arguments *a, item *out) {
  bool inplace;
  int first = op_find(op, n, &inplace);
  if (first < 0) return raise_as(in, ERR_internal, NULL, "there is no op '%.*s'", (int)n, op);
  return call_rows(in, first, inplace, a, out);
}

bool call_op_on(interpreter *in, const char *op, item a, item b, item *out) {
  item both[] = {a, b};
  return call_op(in, op, strlen(op), &(arguments){both, b.kind == ITEM_absent ? 1 : 2, 0, NULL}, out);
}

// ---- functions of the script

static int parameter_named(const function *f, ident n) {
  for (unsigned i = 0; i < f->n_params; i++)
    if (f->locals[i].n == n.n && !memcmp(f->locals[i].text, n.text, n.n)) return (int)i;
  return -1;
}

// Lays the arguments out over the parameters; the items in locals[] are not held yet.
static bool lay_out(interpreter *in, const closure *c, const arguments *a, item *locals) {
  const function *f = c->f;
  unsigned positional = a->n - a->n_keywords;
  const char *called = f->name.text ? f->name.text : "<lambda>";
  int n = f->name.text ? (int)(f->name.n < 64 ? f->name.n : 64) : 8;
  if (positional > f->n_params)
    return raise_type(in, "%.*s() takes %u positional argument%s but %u %s given", n, called, f->n_params,
                      f->n_params == 1 ? "" : "s", positional, positional == 1 ? "was" : "were");
  for (unsigned i = 0; i < positional; i++) locals[i] = a->at[i];
  for (unsigned k = 0; k < a->n_keywords; k++) {
    ident word = a->keywords[k];
    int i = parameter_named(f, word), shown = (int)(word.n < 64 ? word.n : 64);
    if (i < 0)
      return raise_type(in, "%.*s() got an unexpected keyword argument '%.*s'", n, called, shown, word.text);
    if (locals[i].kind != ITEM_absent)
      return raise_type(in, "%.*s() got multiple values for argument '%.*s'", n, called, shown, word.text);
    locals[i] = a->at[positional + k];
  }
  for (unsigned i = 0; i < f->n_params; i++) {
    if (locals[i].kind == ITEM_absent) locals[i] = c->defaults[i];
    if (locals[i].kind == ITEM_absent)
      return raise_type(in, "%.*s() missing 1 required positional argument: '%.*s'", n, called,
                        (int)(f->locals[i].n < 64 ? f->locals[i].n : 64), f->locals[i].text);
  }
  return true;
}

static bool call_function(interpreter *in, const closure *c, const arguments *a, item *out) {
  unsigned n = c->f->n_locals;
  size_t bytes = (n + 1) * sizeof(item);
  if (in->depth + DEPTH_MAX / CALLS_MAX > DEPTH_MAX)
    return raise_as(in, ERR_bad_script, "RecursionError", "maximum recursion depth exceeded");
  item *locals = mem_zalloc(bytes);
  if (!locals) return fail(in_fault(in), ERR_out_of_memory, "no memory for a call");
  bool ok = lay_out(in, c, a, locals);
  for (unsigned i = 0; i < c->f->n_params; i++) {
    if (!ok) locals[i] = (item){0};
    item_hold(&locals[i]);
  }
  unsigned levels = DEPTH_MAX / CALLS_MAX;
  in->depth += levels;
  ok = ok && execute_function(in, c, locals, out);
  in->depth -= levels;
  for (unsigned i = 0; i < n; i++) item_drop(in->pool, &locals[i]);
  mem_free(locals);
  return ok;
}

// ---- anything

static bool call_bound_method(interpreter *in, const bound_method *m, const arguments *a, item *out) {
  item all[256];
  if (m->callee.kind == ITEM_builtin) return builtin_call(in, m->callee.builtin, &m->self, a, out);
  all[0] = m->self;
  memcpy(all + 1, a->at, a->n * sizeof *all); // at most 255, the parser has seen to it
  return call_item(in, m->callee, &(arguments){all, a->n + 1, a->n_keywords, a->keywords}, out);
}

bool call_item(interpreter *in, item callee, const arguments *a, item *out) {
  if (a->n > 255) return raise_type(in, "more than 255 arguments");
  switch ((item_kind)callee.kind) {
  case ITEM_builtin: return builtin_call(in, callee.builtin, NULL, a, out);
  case ITEM_op: return call_rows(in, (int)callee.i, callee.inplace, a, out);
  case ITEM_function: return call_function(in, (const closure *)callee.o, a, out);
  case ITEM_method: return call_bound_method(in, (const bound_method *)callee.o, a, out);
  default: return raise_type(in, "'%s' object is not callable", item_type(&callee));
  }
}

bool call_method(interpreter *in, item self, const expr *method, const arguments *a, item *out) {
  item all[256], callee;
  if (self.kind == ITEM_tensor && a->n < 255 &&
      find_method(method, &callee)) { // without making an object of it
    if (callee.kind == ITEM_builtin) return builtin_call(in, callee.builtin, &self, a, out);
    all[0] = self;
    memcpy(all + 1, a->at, a->n * sizeof *all);
    return call_item(in, callee, &(arguments){all, a->n + 1, a->n_keywords, a->keywords}, out);
  }
  return evaluate_attribute(in, self, method, &callee) && call_item(in, callee, a, out);
}
