#include "wire/expression.h"
#include "autograd/backward.h"
#include "autograd/formula.h"
#include "autograd/ops.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "wire/field.h"
#include "wire/tensor_json.h"
#include <string.h>

enum { ELEMENT_NS = 80 }; // writing one

static fault *fault_of(expression *x) { return session_fault(x->s); }

void expression_init(expression *x, session *s) {
  *x = (expression){.s = s, .order = 1, .dtype = DT_float64, .where = {1, 1}};
  decoder_init(&x->d, s);
}

void expression_finish(expression *x) {
  autograd *a = &x->s->ag;
  trace_close(x->trace);
  for (unsigned i = 0; x->hessian && i < x->n_wanted * x->n_wanted; i++) tensor_drop(&x->hessian[i]);
  mem_free(x->hessian);
  for (unsigned i = 0; i < x->n_wanted; i++) var_unref(a, x->grads[i]);
  for (unsigned i = 0; i < x->n_in; i++) var_unref(a, x->in[i].v);
  var_unref(a, x->value);
  script_finish(x->sc);
  decoder_finish(&x->d);
}

// ---- reading

static bool add_input(expression *x, value name, json_cur at) {
  fault *f = fault_of(x);
  int shown = (int)utf8_cut(name.text, name.n, 40);
  if (!name_valid(name.text, name.n, true) || memchr(name.text, '.', name.n))
    return fail(f, ERR_bad_name, "'%.*s' is not a name for a variable", shown, name.text);
  for (unsigned i = 0; i < x->n_in; i++)
    if (x->in[i].name.n == name.n && !memcmp(x->in[i].name.text, name.text, name.n))
      return fail(f, ERR_duplicate_key, "the variable '%.*s' is given twice", shown, name.text);
  if (x->n_in == EXPRESSION_INPUTS)
    return fail(f, ERR_quota_exceeded, "more than %d variables: put them into tensors", EXPRESSION_INPUTS);
  x->in[x->n_in++] = (expression_input){.name = name, .at = at};
  return true;
}

static bool set_order(expression *x, json_cur c) {
  if (!json_read_i64(&c, "order", &x->order)) return false;
  return x->order == 1 || x->order == 2 ||
         fail(fault_of(x), ERR_bad_argument, "order must be 1, the gradient, or 2, the Hessian too, not %lld",
              (long long)x->order);
}

static bool set_dtype(expression *x, value name) {
  x->dtype = dtype_parse(name.text, name.n);
  return (x->dtype != DT_none && dtype_is_float((dtype)x->dtype)) ||
         fail(fault_of(x), ERR_bad_argument, "dtype must be float32 or float64, not '%.*s'",
              (int)utf8_cut(name.text, name.n, 40), name.text);
}

static bool set_wrt(expression *x, values names) {
  value *kept = decoder_take(&x->d, names.n + 1, sizeof *kept);
  if (!kept) return false;
  memcpy(kept, names.at, names.n * sizeof *kept);
  x->wrt = value_list(kept, names.n);
  for (unsigned i = 0; i < names.n; i++)
    if (kept[i].kind != VALUE_text)
      return fail(fault_of(x), ERR_bad_argument, "wrt must be names of variables");
  return true;
}

static bool read_variables(expression *x, json_cur c) {
  if (!json_enter_object(&c, "at")) return false;
  for (json_str key; json_next_key(&c, &key);)
    if (!add_input(x, value_text(key.text, key.n), json_span(&c))) return false;
  return !c.fault->code;
}

bool expression_json(expression *x, const char *body, size_t n) {
  json_cur c;
  fields f;
  value name;
  values wrt;
  uint64_t known = HAS(expr) | HAS(at) | HAS(wrt) | HAS(order) | HAS(dtype) | HAS(cotangent) | HAS(trace);
  if (!json_open(&c, body, n, &x->d.pool, fault_of(x)) || !decode_fields(&c, known, &f)) return false;
  if (field_has(&f, FIELD_expr) && !field_text(&f, FIELD_expr, &x->expr)) return false;
  if (field_has(&f, FIELD_at) && !read_variables(x, f.at[FIELD_at])) return false;
  if (field_has(&f, FIELD_order) && !set_order(x, f.at[FIELD_order])) return false;
  if (field_has(&f, FIELD_dtype) && !(field_text(&f, FIELD_dtype, &name) && set_dtype(x, name))) return false;
  if (field_has(&f, FIELD_cotangent)) x->cotangent = f.at[FIELD_cotangent];
  if (!field_flag(&f, FIELD_trace, &x->traced)) return false;
  if (!field_has(&f, FIELD_wrt)) return true;
  c = f.at[FIELD_wrt];
  return json_read_null(&c) || (decode_values(&x->d, c, &wrt) && set_wrt(x, wrt));
}

// A word as JSON: numbers and lists as they are, NaN and the infinities without the quotes that JSON wants.
static bool open_word(expression *x, const char *name, const char *text, json_cur *c) {
  static const struct {
    const char *word, *json;
  } SPECIAL[] = {{"NaN", "\"NaN\""},      {"nan", "\"NaN\""},        {"Infinity", "\"Infinity\""},
                 {"inf", "\"Infinity\""}, {"-inf", "\"-Infinity\""}, {"-Infinity", "\"-Infinity\""}};
  fault quiet = {0};
  for (size_t i = 0; i < sizeof SPECIAL / sizeof *SPECIAL; i++)
    if (!strcmp(text, SPECIAL[i].word)) text = SPECIAL[i].json;
  if (!json_open(c, text, strlen(text), &x->d.pool, &quiet)) {
    if (quiet.code == ERR_out_of_memory) return fail(fault_of(x), quiet.code, "%s", quiet.detail);
    return fail(fault_of(x), ERR_bad_argument,
                "%.64s must be a number, or lists of numbers in brackets, not '%.*s'%s", name,
                (int)utf8_cut(text, strlen(text), 40), text,
                x->expr.kind == VALUE_text ? "" : "; what is to be differentiated is called expr");
  }
  c->fault = fault_of(x);
  return true;
}

bool expression_word(expression *x, const char *name, const char *text) {
  json_cur c;
  values wrt;
  if (!strcmp(name, "expr")) return x->expr = value_text(text, strlen(text)), true;
  if (!strcmp(name, "dtype")) return set_dtype(x, value_text(text, strlen(text)));
  if (!strcmp(name, "wrt")) return decode_words(&x->d, name, text, true, &wrt) && set_wrt(x, wrt);
  if (!open_word(x, name, text, &c)) return false;
  if (!strcmp(name, "order")) return set_order(x, c);
  if (!strcmp(name, "cotangent")) return x->cotangent = c, true;
  return add_input(x, value_text(name, strlen(name)), c);
}

// ---- computing

static expression_input *input_named(expression *x, const value *name) {
  for (unsigned i = 0; i < x->n_in; i++)
    if (x->in[i].name.n == name->n && !memcmp(x->in[i].name.text, name->text, name->n)) return &x->in[i];
  fail(fault_of(x), ERR_tensor_unknown, "wrt names '%.*s', which is not one of the variables",
       (int)utf8_cut(name->text, name->n, 40), name->text);
  return NULL;
}

static bool mark(void *arg, const value *name) {
  expression *x = arg;
  expression_input *in = input_named(x, name);
  if (in && in->wanted)
    return fail(fault_of(x), ERR_bad_argument, "wrt names '%.*s' twice", (int)name->n, name->text);
  if (!in) return false;
  x->n_wanted++;
  return in->wanted = true;
}

static bool mark_wanted(expression *x) {
  if (x->wrt.kind == VALUE_list) return x->wrt.class->each(&x->wrt, mark, x);
  for (unsigned i = 0; i < x->n_in; i++) x->in[i].wanted = true;
  x->n_wanted = x->n_in;
  return true;
}

static bool make_leaf(expression *x, expression_input *in) {
  autograd *a = &x->s->ag;
  tensor t;
  bool made;
  if (!decode_data(&x->d, in->at, x->dtype, in->wanted, NULL, &t) || !(in->v = var_new(a, t))) return false;
  return var_given(a, in->v, in->wanted, NULL, 0) &&
         session_bind(x->s, in->name.text, in->name.n, in->v, &made);
}

bool expression_begin(expression *x) {
  if (x->expr.kind != VALUE_text)
    return fail(fault_of(x), ERR_bad_argument, "expr is missing: the expression to differentiate");
  x->s->ag.default_dtype = (dtype)x->dtype;
  if (x->traced && !(x->trace = trace_open(x->s))) return false;
  if (!mark_wanted(x)) return false;
  trace_attach(x->trace);
  bool made = true;
  for (unsigned i = 0; made && i < x->n_in; i++) made = make_leaf(x, &x->in[i]);
  trace_detach(x->trace);
  if (!made) return false;
  x->sc = script_open_expression(x->s, x->expr.text, x->expr.n, &SCRIPT_LIMITS, &x->where);
  x->placed = !x->sc;
  return x->sc != NULL;
}

// The value as a variable: a number becomes a tensor that depends on nothing.
static bool value_of_script(expression *x) {
  autograd *a = &x->s->ag;
  item got;
  if (!script_value(x->sc, EXPRESSION, &got)) got = item_none();
  if (got.kind == ITEM_tensor)
    x->value = var_ref(got.v);
  else if (item_is_number(&got)) {
    var *v = op_full(a, (ints){0}, scalar_float(item_double(&got)), (uint8_t)x->dtype);
    x->value = v ? var_ref(v) : NULL;
  } else
    return fail(fault_of(x), ERR_bad_argument, "the expression gives a %s, which has no gradient",
                item_type(&got));
  if (!x->value) return false;
  if (!dtype_is_float((dtype)x->value->t.dtype))
    return fail(fault_of(x), ERR_dtype_not_differentiable,
                "the expression gives %s values, which have no gradient", DTYPE_ROWS[x->value->t.dtype].name);
  return x->value->t.layout->numel == 1 || x->cotangent.at ||
         fail(fault_of(x), ERR_grad_not_scalar,
              "the expression has shape %s, and grad can be implicitly created only for scalar outputs: give "
              "a "
              "cotangent of that shape, or sum it up",
              layout_text(x->value->t.layout));
}

// What the gradient starts from; NULL with no fault: 1.
static var *seed_of(expression *x) {
  autograd *a = &x->s->ag;
  tensor t;
  if (!x->cotangent.at || !decode_data(&x->d, x->cotangent, x->value->t.dtype, false, NULL, &t)) return NULL;
  var *seed = scope_own(a, var_new(a, t));
  bool number = seed && seed->t.layout->rank == 0;
  return number ? op_expand(a, seed, layout_sizes(x->value->t.layout)) : seed;
}

// The gradient of `of`, seeded or not, by all wanted inputs: zeros where it does not depend on them. To the
// scope.
static bool gradients(expression *x, var *of, var *seed, bool again, var **out) {
  autograd *a = &x->s->ag;
  var *wanted[EXPRESSION_INPUTS];
  unsigned n = x->n_wanted;
  size_t nodes;
  for (unsigned i = 0, k = 0; k < n; i++)
    if (x->in[i].wanted) wanted[k++] = x->in[i].v;
  for (unsigned i = 0; i < n; i++) out[i] = NULL;
  backward_options options = {.retain_graph = true, .create_graph = again};
  if (n && var_requires_grad(of) &&
      !autograd_grad(a, &of, seed ? &seed : NULL, 1, wanted, n, options, true, out, &nodes))
    return false;
  for (unsigned i = 0; i < n; i++)
    if (!out[i] && !(out[i] = op_zeros_like(a, wanted[i], DT_none))) return false;
  return true;
}

static bool make_blocks(expression *x) {
  unsigned n = x->n_wanted;
  ctx *c = &x->s->ag.ctx;
  x->hessian = mem_zalloc(n * n * sizeof *x->hessian + 1);
  if (!x->hessian) return fail(&c->fault, ERR_out_of_memory, "no memory for the Hessian");
  for (unsigned i = 0; i < n; i++)
    for (unsigned k = 0; k < n; k++) {
      ints rows = layout_sizes(x->grads[i]->t.layout), columns = layout_sizes(x->grads[k]->t.layout);
      if (rows.n + columns.n > RANK_MAX)
        return fail(&c->fault, ERR_shape_mismatch, "the Hessian would have more than %d dimensions",
                    RANK_MAX);
      for (int d = 0; d < columns.n; d++) rows.v[rows.n + d] = columns.v[d];
      rows.n += columns.n;
      if (!tensor_new_sizes(c, &x->hessian[i * n + k], (dtype)x->dtype, rows.n, rows.v)) return false;
    }
  return true;
}

// One row of the Hessian: the gradient of element `at` of gradient i.
static bool add_row(expression *x, unsigned i, var *flat, int64_t at) {
  autograd *a = &x->s->ag;
  var *row[EXPRESSION_INPUTS];
  size_t mark = scope_enter(a), size = dtype_size((dtype)x->dtype);
  var *element = op_select(a, flat, 0, at);
  bool ok = element && gradients(x, element, NULL, false, row);
  for (unsigned k = 0; ok && k < x->n_wanted; k++) {
    tensor whole;
    size_t n = (size_t)tensor_numel(&row[k]->t) * size;
    ok = tensor_contiguous(&a->ctx, &whole, &row[k]->t, (dtype)x->dtype);
    if (!ok) break;
    if (n)
      memcpy((char *)tensor_data(&x->hessian[i * x->n_wanted + k]) + (size_t)at * n, tensor_data(&whole), n);
    tensor_drop(&whole);
  }
  scope_leave(a, mark, NULL);
  return ok;
}

static bool hessian(expression *x) {
  autograd *a = &x->s->ag;
  if (!make_blocks(x)) return false;
  for (unsigned i = 0; i < x->n_wanted; i++) {
    var *flat = op_reshape(a, x->grads[i], (ints){1, {-1}});
    for (int64_t at = 0; flat && at < tensor_numel(&flat->t); at++)
      if (!add_row(x, i, flat, at)) return false;
    if (!flat) return false;
  }
  return true;
}

static bool differentiate(expression *x) {
  autograd *a = &x->s->ag;
  var *grads[EXPRESSION_INPUTS];
  size_t mark = scope_enter(a);
  var *seed = seed_of(x);
  bool ok = !fault_of(x)->code && gradients(x, x->value, seed, x->order == 2, grads);
  for (unsigned i = 0; ok && i < x->n_wanted; i++) x->grads[i] = var_ref(grads[i]);
  ok = ok && (x->order == 1 || hessian(x));
  scope_leave(a, mark, NULL);
  return ok;
}

static script_state run(expression *x, uint64_t allowed_ns) {
  if (x->differentiated) return SCRIPT_done;
  if (!x->value) {
    script_state state = script_run(x->sc, allowed_ns);
    if (state == SCRIPT_failed) x->where = script_where(x->sc), x->placed = true;
    if (state != SCRIPT_done) return state;
    if (!value_of_script(x)) return SCRIPT_failed;
  }
  double passes = 1;
  for (unsigned i = 0; x->order == 2 && i < x->n_in; i++)
    if (x->in[i].wanted) passes += 3 * (double)tensor_numel(&x->in[i].v->t);
  if (passes * 3 * (double)x->s->ag.graph_cost > (double)allowed_ns) return SCRIPT_more;
  x->differentiated = differentiate(x);
  return x->differentiated ? SCRIPT_done : SCRIPT_failed;
}

script_state expression_run(expression *x, uint64_t allowed_ns) {
  trace_attach(x->trace);
  script_state state = run(x, allowed_ns);
  trace_detach(x->trace);
  return state;
}

// ---- writing

uint64_t expression_write_ns(const expression *x) {
  uint64_t n = (uint64_t)tensor_numel(&x->value->t);
  for (unsigned i = 0; i < x->n_wanted; i++) n += (uint64_t)tensor_numel(&x->grads[i]->t);
  for (unsigned i = 0; x->hessian && i < x->n_wanted * x->n_wanted; i++)
    n += (uint64_t)tensor_numel(&x->hessian[i]);
  return ELEMENT_NS * n;
}

static const expression_input *wanted_at(const expression *x, unsigned i) {
  const expression_input *in = x->in;
  while (!in->wanted || i--) in++;
  return in;
}

void expression_write_json(const expression *x, buffer *out) {
  json_writer w = {.out = out};
  json_begin_object(&w);
  json_add_key(&w, "value");
  tensor_to_json(json_add_here(&w), &x->value->t);
  json_add_key(&w, "grad");
  json_begin_object(&w);
  for (unsigned i = 0; i < x->n_wanted; i++) {
    const value *name = &wanted_at(x, i)->name;
    json_add_name(&w, name->text, name->n);
    tensor_to_json(json_add_here(&w), &x->grads[i]->t);
  }
  json_end_object(&w);
  if (x->hessian) {
    json_add_key(&w, "hessian");
    json_begin_object(&w);
    for (unsigned i = 0; i < x->n_wanted * x->n_wanted; i++) {
      const value *row = &wanted_at(x, i / x->n_wanted)->name, *column = &wanted_at(x, i % x->n_wanted)->name;
      if (i % x->n_wanted == 0) json_add_name(&w, row->text, row->n), json_begin_object(&w);
      json_add_name(&w, column->text, column->n);
      tensor_to_json(json_add_here(&w), &x->hessian[i]);
      if ((i + 1) % x->n_wanted == 0) json_end_object(&w);
    }
    json_end_object(&w);
  }
  json_end_object(&w);
  if (x->trace) trace_append(x->trace, out);
}

static void put_name(buffer *out, const value *name, char after) {
  buffer_put(out, name->text, name->n);
  buffer_putc(out, after);
}

static void put_line(buffer *out, const char *what, const tensor *t) {
  buffer_puts(out, what);
  buffer_putc(out, ' ');
  tensor_to_json(out, t);
  buffer_putc(out, '\n');
}

void expression_write_lines(const expression *x, buffer *out) {
  put_line(out, "value", &x->value->t);
  for (unsigned i = 0; i < x->n_wanted; i++) {
    put_name(out, &wanted_at(x, i)->name, '.');
    put_line(out, "grad", &x->grads[i]->t);
  }
  for (unsigned i = 0; x->hessian && i < x->n_wanted * x->n_wanted; i++) {
    put_name(out, &wanted_at(x, i / x->n_wanted)->name, '.');
    put_name(out, &wanted_at(x, i % x->n_wanted)->name, '.');
    put_line(out, "hessian", &x->hessian[i]);
  }
}
