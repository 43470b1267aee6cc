// evaluate.c - expressions to values.
#include "script/builtin.h"
#include "script/interpreter.h"
#include <stdarg.h>
#include <string.h>

bool spent(interpreter *in) {
  return fail(in_fault(in), ERR_time_limit, "the script was stopped: it took more steps than it may");
}

static bool vraise(interpreter *in, err code, const char *class, const char *format, va_list args) {
  fault *f = in_fault(in);
  if (f->code) return false;
  vfail(f, code, format, args);
  f->class = class;
  return false;
}

// The names are in parentheses since they are macros to the analyzer.
bool(raise_type)(interpreter *in, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vraise(in, ERR_bad_argument, "TypeError", format, args);
  va_end(args);
  return false;
}

bool(raise_value)(interpreter *in, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vraise(in, ERR_bad_argument, "ValueError", format, args);
  va_end(args);
  return false;
}

bool(raise_as)(interpreter *in, err code, const char *class, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vraise(in, code, class, format, args);
  va_end(args);
  return false;
}

// ---- names

static int shown(ident n) { return (int)(n.n < NAME_MAX_BYTES ? n.n : NAME_MAX_BYTES); }

static bool read_name(interpreter *in, const expr *e, item *out) {
  ident n = e->text;
  in->at = e->at;
  if (e->slot >= 0) {
    *out = in->locals->locals[e->slot];
    if (out->kind == ITEM_absent)
      return raise_as(in, ERR_tensor_unknown, "UnboundLocalError",
                      "cannot access local variable '%.*s' where it is not associated with a value", shown(n),
                      n.text);
    return item_borrow(in->pool, out);
  }
  if (environment_get(in->env, n, e->memo, out)) return item_borrow(in->pool, out);
  if (e->memo->kind != MEMO_absent) return *out = memo_item(e->memo), true;
  const builtin *b = builtin_find(n.text, n.n);
  bool found = b != NULL;
  if (found)
    *out = (item){.kind = ITEM_builtin, .builtin = b};
  else
    found = find_module("", n, out); // known without being imported
  if (found) return memo_keep(e->memo, out), true;
  return raise_as(in, ERR_tensor_unknown, "NameError", "name '%.*s' is not defined", shown(n), n.text);
}

// ---- lists of expressions, with starred ones spread

static bool evaluate_list(interpreter *in, expr *const *e, unsigned n, item_kind which, item *out) {
  list *l = list_new(in->pool, which, 0);
  if (!l || !list_reserve(in->pool, l, n)) return false;
  for (unsigned i = 0; i < n; i++) {
    item x;
    list *more;
    if (e[i]->kind != EXPR_starred) {
      if (!evaluate(in, e[i], &x) || !list_append(in->pool, l, x)) return false;
      continue;
    }
    if (!evaluate(in, e[i]->left, &x) || !item_iterate(in, x, &more)) return false;
    for (size_t k = 0; k < more->n; k++)
      if (!list_append(in->pool, l, more->at[k])) return false;
  }
  *out = item_object(l);
  return true;
}

static bool comprehension(interpreter *in, const expr *e, item *out) {
  item source, x;
  list *over, *l = list_new(in->pool, ITEM_list, 0);
  if (!l || !evaluate(in, e->third, &source) || !item_iterate(in, source, &over)) return false;
  for (size_t i = 0; i < over->n; i++) {
    bool keep = true;
    size_t mark = pool_enter(in->pool), vars = scope_enter(&in->s->ag);
    bool ok = spend(in, STEP_NS) && store_to(in, e->right, over->at[i]);
    for (unsigned k = 0; ok && keep && k < e->n_list; k++)
      ok = evaluate(in, e->list[k], &x) && item_truth(in, x, &keep);
    ok = ok && (!keep || (evaluate(in, e->left, &x) && list_append(in->pool, l, x)));
    pool_leave(in->pool, mark);
    scope_leave(&in->s->ag, vars, NULL);
    if (!ok) return false;
  }
  *out = item_object(l);
  return true;
}

// ---- f-strings

static bool put_format(interpreter *in, buffer *b, const expr *e) {
  item x, spec = {0};
  if (!evaluate(in, e->left, &x) || (e->right && !evaluate(in, e->right, &spec))) return false;
  in->at = e->at;
  if (e->op) {
    buffer inner = text_buffer(in);
    bool ok = (e->op == 'r' ? put_repr : put_str)(in, &inner, x) && str_from(in, &inner, &x);
    buffer_finish(&inner);
    if (!ok) return false;
  }
  return put_formatted(in, b, x, e->right ? item_str(&spec)->at : "", e->right ? item_str(&spec)->n : 0);
}

static bool joined(interpreter *in, const expr *e, item *out) {
  buffer b = text_buffer(in);
  bool ok = true;
  for (unsigned i = 0; ok && i < e->n_list; i++) {
    const expr *part = e->list[i];
    if (part->kind == EXPR_text)
      buffer_put(&b, part->text.text, part->text.n);
    else
      ok = put_format(in, &b, part);
  }
  ok = ok && str_from(in, &b, out);
  buffer_finish(&b);
  return ok;
}

// ---- operators

static bool binary(interpreter *in, const expr *e, item *out) {
  item a, b;
  if (!evaluate(in, e->left, &a) || !evaluate(in, e->right, &b)) return false;
  in->at = e->at;
  return operate(in, e->op, a, b, out);
}

// a < b < c is a < b and b < c, with b evaluated once.
static bool comparison(interpreter *in, const expr *e, item *out) {
  item a, b;
  bool holds;
  if (!evaluate(in, e->left, &a)) return false;
  for (unsigned i = 0;; i++) { // there is at least one
    if (!evaluate(in, e->list[i], &b)) return false;
    in->at = e->at;
    if (!compare_items(in, e->ops[i], a, b, out)) return false;
    if (i + 1 == e->n_list) return true;
    if (!item_truth(in, *out, &holds)) return false;
    if (!holds) return true;
    a = b;
  }
}

static bool short_circuit(interpreter *in, const expr *e, item *out) {
  for (unsigned i = 0;; i++) { // there is at least one
    bool holds;
    if (!evaluate(in, e->list[i], out)) return false;
    if (i + 1 == e->n_list) return true;
    in->at = e->list[i]->at;
    if (!item_truth(in, *out, &holds)) return false;
    if (holds == (e->kind == EXPR_or)) return true;
  }
}

static bool choice(interpreter *in, const expr *e, item *out) {
  bool holds;
  if (!evaluate(in, e->right, out)) return false;
  in->at = e->right->at;
  return item_truth(in, *out, &holds) && evaluate(in, holds ? e->left : e->third, out);
}

static bool negation(interpreter *in, const expr *e, item *out) {
  bool holds;
  if (!evaluate(in, e->left, out)) return false;
  in->at = e->at;
  if (!item_truth(in, *out, &holds)) return false;
  *out = item_bool(!holds);
  return true;
}

// ---- calls

enum { FEW_ARGUMENTS = 8 };

static bool evaluate_call(interpreter *in, const expr *e, item *out) {
  item few[FEW_ARGUMENTS], callee, all;
  arguments a = {few, e->n_list, e->n_keywords, e->keywords};
  bool on = e->left->kind == EXPR_attribute, spread = e->n_list > FEW_ARGUMENTS;
  if (!evaluate(in, on ? e->left->left : e->left, &callee)) return false;
  for (unsigned i = 0; i < e->n_list; i++) spread |= e->list[i]->kind == EXPR_starred;
  if (spread) {
    if (!evaluate_list(in, e->list, e->n_list, ITEM_list, &all)) return false;
    a.at = item_list(&all)->at;
    a.n = (unsigned)item_list(&all)->n;
  } else
    for (unsigned i = 0; i < e->n_list; i++)
      if (!evaluate(in, e->list[i], &few[i])) return false;
  in->at = e->at;
  in->called = e;
  return on ? call_method(in, callee, e->left, &a, out) : call_item(in, callee, &a, out);
}

static bool lambda(interpreter *in, const function *f, item *out) {
  closure *c = object_new(in->pool, ITEM_function, sizeof *c + f->n_params * sizeof *c->defaults);
  if (!c) return false;
  c->f = f;
  c->program = program_ref(in->program);
  for (unsigned i = 0; i < f->n_params; i++) {
    item x;
    if (!f->defaults[i]) continue;
    if (!evaluate(in, f->defaults[i], &x)) return false;
    item_hold(&x);
    c->defaults[i] = x;
  }
  *out = item_object(c);
  return true;
}

// ---- attributes and subscripts

static bool attribute(interpreter *in, const expr *e, item *out) {
  item of;
  if (!evaluate(in, e->left, &of)) return false;
  in->at = e->at;
  return evaluate_attribute(in, of, e, out);
}

static bool subscript(interpreter *in, const expr *e, item *out) {
  item of, index;
  if (!evaluate(in, e->left, &of) || !evaluate(in, e->right, &index)) return false;
  in->at = e->at;
  return get_item(in, of, index, out);
}

static bool make_slice(interpreter *in, const expr *e, item *out) {
  const expr *parts[] = {e->left, e->right, e->third};
  slice *s = object_new(in->pool, ITEM_slice, sizeof *s);
  for (int i = 0; s && i < 3; i++) {
    item x = item_none();
    if (parts[i] && !evaluate(in, parts[i], &x)) return false;
    item_hold(&x);
    s->part[i] = x;
  }
  if (s) *out = item_object(s);
  return s != NULL;
}

static bool constant_text(interpreter *in, const expr *e, item *out) {
  str *t = str_new(in->pool, e->text.text, e->text.n);
  if (t) *out = item_object(t);
  return t != NULL;
}

static bool evaluate_kind(interpreter *in, const expr *e, item *out) {
  switch ((expr_kind)e->kind) {
  case EXPR_none: return *out = item_none(), true;
  case EXPR_bool: return *out = item_bool(e->i), true;
  case EXPR_int: return *out = item_int(e->i), true;
  case EXPR_float: return *out = item_float(e->d), true;
  case EXPR_ellipsis: return *out = item_of(ITEM_ellipsis, 0), true;
  case EXPR_text: return constant_text(in, e, out);
  case EXPR_joined: return joined(in, e, out);
  case EXPR_name: return read_name(in, e, out);
  case EXPR_tuple: return evaluate_list(in, e->list, e->n_list, ITEM_tuple, out);
  case EXPR_list: return evaluate_list(in, e->list, e->n_list, ITEM_list, out);
  case EXPR_each: return comprehension(in, e, out);
  case EXPR_unary:
    if (!evaluate(in, e->left, out)) return false;
    in->at = e->at;
    return operate_unary(in, e->op, *out, out);
  case EXPR_not: return negation(in, e, out);
  case EXPR_binary: return binary(in, e, out);
  case EXPR_compare: return comparison(in, e, out);
  case EXPR_and:
  case EXPR_or: return short_circuit(in, e, out);
  case EXPR_choice: return choice(in, e, out);
  case EXPR_call: return evaluate_call(in, e, out);
  case EXPR_attribute: return attribute(in, e, out);
  case EXPR_subscript: return subscript(in, e, out);
  case EXPR_slice: return make_slice(in, e, out);
  case EXPR_lambda: return lambda(in, e->function, out);
  case EXPR_format:
  case EXPR_starred: break; // within their owners only
  }
  in->at = e->at;
  return raise_as(in, ERR_bad_script, NULL, "can't use starred expression here");
}

bool evaluate(interpreter *in, const expr *e, item *out) {
  if (!spend(in, STEP_NS)) return false;
  if (in->depth >= DEPTH_MAX) {
    in->at = e->at;
    return raise_as(in, ERR_bad_script, "RecursionError",
                    "maximum recursion depth exceeded: the script goes too deep");
  }
  in->depth++;
  bool ok = evaluate_kind(in, e, out);
  in->depth--;
  return ok;
}
