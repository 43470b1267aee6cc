#include "command/bind.h"
#include "base/mem.h"
#include "command/fit.h"
#include "command/index.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- which value goes to which argument

enum { ARGS_MAX = 10 };
struct plan {
  const value *at[ARGS_MAX]; // NULL: the default
  int spread_from, spread;   // positional ints that together are the sizes: view(2, 3)
  int reached;               // how far it got before something did not fit, to tell which overload was meant
};

static const char *public_name(const struct op *o, bool inplace) {
  static _Thread_local char text[64];
  snprintf(text, sizeof text, "%s%s", o->name, inplace ? "_" : "");
  return text;
}

static int position_of(const struct op *o, const char *name, size_t n) {
  for (int i = 0; i < o->n_args; i++)
    if (strlen(o->args[i].name) == n && !memcmp(o->args[i].name, name, n)) return i;
  return -1;
}

// Keywords under which PyTorch knows the same argument.
static int argument_named(const struct op *o, const char *name, size_t n) {
  static const struct {
    const char *op, *name, *also; // op NULL: of any
  } SAME[] = {{NULL, "self", "input"},
              {NULL, "input", "self"},
              {NULL, "dim", "axis"}, // NumPy's words
              {NULL, "keepdim", "keepdims"},
              {NULL, "self", "x"},
              {NULL, "other", "x2"},
              {"dot", "other", "tensor"},
              {"split", "split_size_or_sections", "split_size"}};
  int at = position_of(o, name, n);
  for (size_t i = 0; at < 0 && i < sizeof SAME / sizeof *SAME; i++)
    if (strlen(SAME[i].also) == n && !memcmp(SAME[i].also, name, n) &&
        (!SAME[i].op || !strcmp(SAME[i].op, o->name)))
      at = position_of(o, SAME[i].name, strlen(SAME[i].name));
  return at;
}

// relu(x, inplace=True) is relu_(x).
static bool asks_inplace(const struct op *o, const keyword *k) {
  return o->flags & ROW_functional && k->value.kind == VALUE_bool && k->n == 7 &&
         !memcmp(k->name, "inplace", 7);
}

static bool unknown_word(fault *f, const char *op, const struct arg *a, const value *v) {
  const char *class = !strcmp(a->name, "reduction") ? "ValueError" : "RuntimeError";
  return fail_as(f, ERR_bad_argument, class, "%s(): '%.*s' is not a valid value for %s, which is one of %s",
                 op, (int)(v->n < 64 ? v->n : 64), v->text, a->name, a->choices);
}

static bool missing_from(const struct op *o, const char *name, const struct plan *p, fault *f) {
  char list[160] = "";
  int missing = 0, told = 0, n = 0;
  for (int i = 0; i < o->n_args; i++) missing += !p->at[i] && o->args[i].required;
  for (int i = 0; i < o->n_args && (size_t)n < sizeof list; i++) {
    if (p->at[i] || !o->args[i].required) continue;
    const char *before = told++ == 0 ? "" : told < missing ? ", " : missing > 2 ? ", and " : " and ";
    n += snprintf(list + n, sizeof list - (size_t)n, "%s'%s'", before, o->args[i].name);
  }
  return fail(f, ERR_bad_argument, "%s() missing %d required positional argument%s: %s", name, missing,
              missing == 1 ? "" : "s", list);
}

enum { REACHED_keywords = ARGS_MAX + 1, REACHED_required, REACHED_kinds };

// Lays positional and keyword values out over the arguments; a reason in f (if not NULL) when they do not
// fit.
static bool lay_out(const struct op *o, bool inplace, const value *args, unsigned n_args, const keyword *kw,
                    unsigned n_kw, struct plan *p, fault *f) {
  const char *name = f ? public_name(o, inplace) : NULL;
  unsigned used = 0;
  int positional = 0;
  *p = (struct plan){.spread_from = -1};
  for (int i = 0; i < o->n_args && used < n_args && !o->args[i].keyword_only; i++) {
    const struct arg *a = &o->args[i];
    positional++;
    if (a->kind == ARG_sizes && args[used].kind == VALUE_int) {
      p->spread_from = (int)used;
      while (used < n_args && args[used].kind == VALUE_int) used++, p->spread++;
      p->at[i] = &args[p->spread_from];
      continue;
    }
    p->at[i] = &args[used++];
  }
  p->reached = positional;
  if (used < n_args)
    return f && fail(f, ERR_bad_argument, "%s() takes %d positional argument%s but %u were given", name,
                     positional, positional == 1 ? "" : "s", n_args);
  if (p->spread > RANK_MAX)
    return f && fail(f, ERR_bad_argument, "%s(): at most %d dimensions are supported", name, RANK_MAX);
  p->reached = REACHED_keywords;
  for (unsigned k = 0; k < n_kw; k++) {
    if (asks_inplace(o, &kw[k])) continue;
    int i = argument_named(o, kw[k].name, kw[k].n);
    int n = (int)(kw[k].n < 64 ? kw[k].n : 64);
    if (i < 0)
      return f &&
             fail(f, ERR_bad_argument, "%s() got an unexpected keyword argument '%.*s'", name, n, kw[k].name);
    if (p->at[i])
      return f &&
             fail(f, ERR_bad_argument, "%s() got multiple values for argument '%.*s'", name, n, kw[k].name);
    p->at[i] = &kw[k].value;
  }
  p->reached = REACHED_required;
  for (int i = 0; i < o->n_args; i++) {
    const struct arg *a = &o->args[i];
    if (!p->at[i] && a->required) return f && missing_from(o, name, p, f);
    p->reached = REACHED_kinds + i;
    if (p->at[i] && a->kind == ARG_choice && p->at[i]->kind == VALUE_text && !fit_arg(o, a, p->at[i]))
      return f && unknown_word(f, name, a, p->at[i]);
    if (p->at[i] && !fit_arg(o, a, p->at[i]))
      return f && fail(f, ERR_bad_argument, "%s(): argument '%s' (position %d) must be %s, not %s", name,
                       a->name, i + 1, fit_wanted(a), value_kind_name(p->at[i]));
  }
  return true;
}

// ---- filling in

static bool push_var(session *s, bound *b, unsigned *cap, var *v) {
  if (b->n_in == *cap) {
    unsigned more = 2 * *cap;
    var **grown = mem_alloc(more * sizeof *grown);
    if (!grown) return fail(session_fault(s), ERR_out_of_memory, "no memory for the arguments of an op");
    memcpy(grown, b->in, b->n_in * sizeof *grown);
    bound_finish(b);
    b->in = grown;
    *cap = more;
  }
  b->in[b->n_in++] = v;
  return true;
}

var *value_variable(session *s, const value *v, const char *what) {
  autograd *a = &s->ag;
  tensor t;
  switch (v->kind) {
  case VALUE_var: return v->v;
  case VALUE_text: {
    binding *b = session_find(s, v->text, v->n);
    if (b) return binding_var(b);
    value number = fit_number(v);
    return number.kind == VALUE_text ? session_resolve(s, v->text, v->n) : value_variable(s, &number, what);
  }
  case VALUE_list:
    if (!v->class->tensor(v, a, DT_none, &t)) return NULL;
    return scope_own(a, var_new(a, t));
  case VALUE_none:
    return fail(session_fault(s), ERR_bad_argument, "%s must be a Tensor, not NoneType", what), NULL;
  default: break;
  }
  dtype as = v->kind == VALUE_bool ? DT_bool : v->kind == VALUE_int ? DT_int64 : DT_float64;
  if (!tensor_new(&a->ctx, &t, as, &LAYOUT_SCALAR)) return NULL;
  if (as == DT_bool)
    *(bool *)tensor_data(&t) = v->i != 0;
  else if (as == DT_int64)
    *(int64_t *)tensor_data(&t) = v->i;
  else
    *(double *)tensor_data(&t) = v->d;
  var *one = var_new(a, t);
  if (one) one->flags |= VAR_wrapped;
  return scope_own(a, one);
}

struct gather {
  session *s;
  bound *b;
  unsigned cap;
};
static bool gather_var(void *arg, const value *item) {
  struct gather *g = arg;
  var *v = value_variable(g->s, item, "every element of the list");
  if (v && item->kind != VALUE_var && v->flags & VAR_wrapped)
    return fail(session_fault(g->s), ERR_bad_argument, "expected Tensor as element of the list, but got %s",
                value_kind_name(item));
  return v && push_var(g->s, g->b, &g->cap, v);
}

static bool add_int(void *arg, const value *item) {
  ints *to = arg;
  to->v[to->n++] = item->i; // `fits` has made sure of kind and number
  return true;
}

static scalar to_scalar(const value *word) {
  value number = fit_number(word), *v = &number;
  if (v->kind == VALUE_float) return scalar_float(v->d);
  scalar s = scalar_int(v->i);
  if (v->kind == VALUE_bool) s.kind = SCALAR_bool;
  return s;
}

// ---- attributes

// The default as Python writes it: None, true, 1, 0.5, -1.
static void fill_default(const struct arg *a, void *at) {
  const char *text = a->fallback;
  bool none = *text == 'N', digit = *text >= '0' && *text <= '9' && !text[1];
  double d = digit ? *text - '0' : none || *text == 'f' ? 0 : *text == 't' ? 1 : strtod(text, NULL);
  switch ((arg_kind)a->kind) {
  case ARG_int: *(int64_t *)at = (int64_t)d; break;
  case ARG_int_optional: *(int64_t *)at = INT64_MIN; break;
  case ARG_dims:
  case ARG_sizes: *(ints *)at = ints_none(); break;
  case ARG_bool: *(bool *)at = d != 0; break;
  case ARG_float: *(double *)at = d; break;
  case ARG_scalar:
  case ARG_promote: *(scalar *)at = none ? (scalar){0} : scalar_int((int64_t)d); break;
  case ARG_dtype: *(uint8_t *)at = DT_none; break;
  case ARG_choice: *(uint8_t *)at = (uint8_t)d; break;
  default: break;
  }
}

static bool fill_attr(fault *f, const struct arg *a, const value *v, const struct plan *p, const value *args,
                      void *at) {
  int position = 0;
  if (!v || (v->kind == VALUE_none && a->kind != ARG_index)) return fill_default(a, at), true;
  switch ((arg_kind)a->kind) {
  case ARG_int: *(int64_t *)at = v->i; break;
  case ARG_int_optional: // the smallest stands for None; the next is as far out of every range
    *(int64_t *)at = v->i == INT64_MIN ? INT64_MIN + 1 : v->i;
    break;
  case ARG_dims:
  case ARG_sizes: {
    ints *to = at;
    to->n = 0;
    if (a->kind == ARG_sizes && p->spread_from >= 0 && v == &args[p->spread_from])
      for (int i = 0; i < p->spread; i++) to->v[to->n++] = args[p->spread_from + i].i;
    else if (v->kind == VALUE_int)
      to->v[to->n++] = v->i;
    else
      v->class->each(v, add_int, to);
    break;
  }
  case ARG_bool: *(bool *)at = v->i != 0; break;
  case ARG_float: *(double *)at = scalar_f64(to_scalar(v)); break;
  case ARG_scalar:
  case ARG_promote: *(scalar *)at = to_scalar(v); break;
  case ARG_dtype: *(uint8_t *)at = (uint8_t)dtype_parse(v->text, v->n); break;
  case ARG_choice:
    fit_choice(a->choices, v->text, v->n, &position);
    *(uint8_t *)at = (uint8_t)position;
    break;
  case ARG_index: return index_read(f, v, at);
  default: break;
  }
  return true;
}

static bool fill(session *s, const struct op *o, const struct plan *p, const value *args, bound *b) {
  fault *f = session_fault(s);
  struct gather g = {s, b, BOUND_FEW};
  for (int i = 0; i < o->n_args; i++) {
    const struct arg *a = &o->args[i];
    const value *v = p->at[i];
    if (v && a->kind == ARG_tensors) {
      if (!v->class->each(v, gather_var, &g) || f->code) return false;
    } else if (a->kind == ARG_tensor || a->kind == ARG_tensor_optional) {
      bool none = !v || (v->kind == VALUE_none && !a->required);
      var *x = none ? NULL : value_variable(s, v, a->name);
      if (!x && f->code == ERR_no_grad &&
          !(i == 0 && (b->inplace || o->flags & (ROW_writes | ROW_method_only))))
        f->class = "TypeError"; // None as an operand; a method of None is an AttributeError
      if ((!x && !none) || !push_var(s, b, &g.cap, x)) return false;
    } else if (!fill_attr(f, a, v, p, args, (char *)b->attrs + a->offset))
      return false;
  }
  return true;
}

// The frequent case without a plan: tensors and numbers by position, for tensors, and nothing else.
static bool is_plain(const struct op *o, const value *args, unsigned n_args, unsigned n_kw) {
  if (n_kw || n_args > o->n_args || n_args > BOUND_FEW) return false;
  for (unsigned i = 0; i < n_args; i++) {
    if (o->args[i].kind != ARG_tensor || o->args[i].keyword_only) return false;
    if (args[i].kind != VALUE_var && (!fit_is_number(&args[i]) || o->flags & ROW_no_numbers)) return false;
  }
  for (unsigned i = n_args; i < o->n_args; i++)
    if (o->args[i].required || o->args[i].kind <= ARG_tensors) return false;
  return true;
}

static bool fill_plain(session *s, const struct op *o, const value *args, unsigned n_args, bound *b) {
  for (; b->n_in < n_args; b->n_in++)
    if (!(b->few[b->n_in] = value_variable(s, &args[b->n_in], o->args[b->n_in].name))) return false;
  for (unsigned i = n_args; i < o->n_args; i++)
    fill_default(&o->args[i], (char *)b->attrs + o->args[i].offset);
  return true;
}

static void bound_init(bound *b, unsigned op, bool inplace) {
  b->op = (int)op;
  b->inplace = inplace;
  b->in = b->few;
  b->n_in = 0;
}

bool bind_row(session *s, unsigned op, bool inplace, const value *args, unsigned n_args, const keyword *kw,
              unsigned n_kw, bound *b) {
  struct plan p;
  bound_init(b, op, inplace);
  return lay_out(&OPS[op], inplace, args, n_args, kw, n_kw, &p, session_fault(s)) &&
         fill(s, &OPS[op], &p, args, b);
}

bool bind_rows(session *s, int first, bool inplace, const value *args, unsigned n_args, const keyword *kw,
               unsigned n_kw, bound *b) {
  struct plan p;
  int furthest = -1; // the reason of the overload that nearly fits is the one to tell
  bound_init(b, (unsigned)first, inplace);
  for (int op = first; op >= 0; op = op_next(op)) {
    if (inplace && !(OPS[op].flags & ROW_inplace)) continue;
    if (is_plain(&OPS[op], args, n_args, n_kw)) return b->op = op, fill_plain(s, &OPS[op], args, n_args, b);
    bool fits_it = lay_out(&OPS[op], inplace, args, n_args, kw, n_kw, &p, NULL);
    if (fits_it || p.reached > furthest) b->op = op, furthest = p.reached;
    if (!fits_it) continue;
    for (unsigned k = 0; k < n_kw; k++) b->inplace |= asks_inplace(&OPS[op], &kw[k]) && kw[k].value.i;
    return fill(s, &OPS[op], &p, args, b);
  }
  return lay_out(&OPS[b->op], inplace, args, n_args, kw, n_kw, &p, session_fault(s));
}

bool bind_op(session *s, const char *name, size_t n, const value *args, unsigned n_args, const keyword *kw,
             unsigned n_kw, bound *b) {
  bool inplace;
  int first = op_find(name, n, &inplace);
  if (first >= 0) return bind_rows(s, first, inplace, args, n_args, kw, n_kw, b);
  bound_init(b, 0, inplace);
  return fail(session_fault(s), ERR_op_unknown, "module 'torch' has no op '%.*s'; GET /v1/ops lists them all",
              (int)(n < 64 ? n : 64), name);
}

void bound_finish(bound *b) {
  if (b->in != b->few) mem_free(b->in);
  b->in = b->few;
}

bool bound_run(session *s, bound *b, var **out, unsigned room, unsigned *n_out) {
  if (b->inplace) {
    if (!op_apply_inplace(&s->ag, (unsigned)b->op, b->in, b->n_in, b->attrs)) return false;
    out[0] = b->in[0];
    *n_out = 1;
    return true;
  }
  return op_apply(&s->ag, (unsigned)b->op, b->in, b->n_in, b->attrs, out, room, n_out);
}
