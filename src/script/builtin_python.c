// builtin_python.c - Python's own functions: printing, numbers, texts.
#include "base/number.h"
#include "script/builtins.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool want_int(interpreter *in, const item *x, int64_t *out) {
  if (item_is_integer(x)) return *out = x->i, true;
  if (x->kind == ITEM_tensor && tensor_numel(&x->v->t) == 1 && !dtype_is_float((dtype)x->v->t.dtype))
    return *out = tensor_read(&x->v->t, 0).i, true;
  return raise_type(in, "'%s' object cannot be interpreted as an integer", item_type(x));
}

bool want_number(interpreter *in, const item *x, double *out) {
  if (item_is_number(x)) return *out = item_double(x), true;
  if (x->kind == ITEM_tensor && tensor_numel(&x->v->t) == 1)
    return *out = scalar_f64(tensor_read(&x->v->t, 0)), true;
  if (x->kind == ITEM_tensor)
    return raise_value(in, "only one element tensors can be converted to Python scalars");
  return raise_type(in, "must be real number, not %s", item_type(x));
}

bool want_text(interpreter *in, const item *x, const str **out) {
  if (x->kind == ITEM_text) return *out = item_str(x), true;
  return raise_type(in, "a str is needed, not %s", item_type(x));
}

bool want_flag(interpreter *in, const item *x, bool fallback, bool *out) {
  if (x->kind == ITEM_absent || x->kind == ITEM_none) return *out = fallback, true;
  return item_truth(in, *x, out);
}

item tensor_scalar(const var *v, int64_t i) {
  scalar x = tensor_read(&v->t, i);
  return x.kind == SCALAR_float ? item_float(x.d)
                                : item_of(x.kind == SCALAR_bool ? ITEM_bool : ITEM_int, x.i);
}

static bool put_separator(interpreter *in, buffer *line, const item *x, const char *fallback) {
  const str *t;
  if (x->kind == ITEM_absent || x->kind == ITEM_none) return buffer_puts(line, fallback), true;
  return want_text(in, x, &t) && (buffer_put(line, t->at, t->n), true);
}

static bool put_line(interpreter *in, const buffer *line) {
  size_t limit = in->out->limit;
  if (!text_whole(in, line)) return false;
  if (limit && line->len > limit - in->out->len) return too_much_printed(in);
  buffer_put(in->out, line->data, line->len);
  bool ok = text_whole(in, in->out);
  in->out->failed = in->out->over_budget = in->out->over_limit = false;
  observer *o = in->s->ag.observer;
  tell_line(in);
  if (ok && observed(o)) o->printed(o, line->data ? line->data : "", line->len);
  return ok;
}

// All of it is printed, or nothing.
BUILTIN(py_print) {
  unsigned n = all->n - all->n_keywords;
  buffer line = text_buffer(in);
  bool ok = true;
  (void)b, (void)out;
  // No more than may still be printed, and what the writers of numbers reserve without need.
  if (in->out->limit) line.limit = in->out->limit - in->out->len + 2 * FLOAT_MAX;
  for (unsigned i = 0; ok && i < n && !line.failed; i++) {
    if (i) ok = put_separator(in, &line, &a[0], " ");
    ok = ok && spend(in, 100) && put_str(in, &line, all->at[i]);
  }
  ok = ok && put_separator(in, &line, &a[1], "\n") && put_line(in, &line);
  buffer_finish(&line);
  return ok;
}

BUILTIN(py_len) {
  (void)b, (void)all;
  int64_t n = 0;
  switch ((item_kind)a->kind) {
  case ITEM_text:
    for (size_t i = 0; i < item_str(a)->n; i++) n += ((unsigned char)item_str(a)->at[i] & 0xC0) != 0x80;
    break;
  case ITEM_list:
  case ITEM_tuple:
  case ITEM_size: n = (int64_t)item_list(a)->n; break;
  case ITEM_range: n = range_length((const range *)a->o); break;
  case ITEM_tensor:
    if (!tensor_rank(&a->v->t)) return raise_type(in, "len() of a 0-d tensor");
    n = a->v->t.layout->dims[0];
    break;
  default: return raise_type(in, "object of type '%s' has no len()", item_type(a));
  }
  return *out = item_int(n), true;
}

BUILTIN(py_id) { return (void)in, (void)b, (void)all, *out = item_int((int64_t)identity(*a)), true; }

BUILTIN(py_range) {
  int64_t ends[3] = {0, 0, 1};
  (void)b, (void)a;
  if (all->n_keywords) return raise_type(in, "range() takes no keyword arguments");
  if (all->n == 0) return raise_type(in, "range expected at least 1 argument, got 0");
  if (all->n > 3) return raise_type(in, "range expected at most 3 arguments, got %u", all->n);
  for (unsigned i = 0; i < all->n; i++)
    if (!want_int(in, &all->at[i], &ends[all->n == 1 ? 1 : i])) return false;
  if (!ends[2]) return raise_value(in, "range() arg 3 must not be zero");
  range *r = object_new(in->pool, ITEM_range, sizeof *r);
  if (!r) return false;
  r->start = ends[0];
  r->stop = ends[1];
  r->step = ends[2];
  return *out = item_object(r), true;
}

BUILTIN(py_abs) {
  (void)b, (void)all;
  if (a->kind == ITEM_tensor) return call_op_on(in, "abs", *a, (item){0}, out);
  if (a->kind == ITEM_float) return *out = item_float(fabs(a->d)), true;
  if (!item_is_integer(a)) return raise_type(in, "bad operand type for abs(): '%s'", item_type(a));
  return a->i < 0 ? operate_unary(in, OPERATOR_neg, *a, out) : (*out = item_int(a->i), true);
}

BUILTIN(py_bool) {
  bool holds = false;
  (void)b, (void)all;
  if (a->kind != ITEM_absent && !item_truth(in, *a, &holds)) return false;
  return *out = item_bool(holds), true;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

// The text without blanks around it, as a number's readers want it.
static void trimmed(const str *t, const char **from, const char **end) {
  *from = t->at;
  *end = t->at + t->n;
  while (*from < *end && is_blank(**from)) (*from)++;
  while (*end > *from && is_blank((*end)[-1])) (*end)--;
}

static bool quoted(interpreter *in, const char *what, const item *x) {
  buffer text = text_buffer(in);
  bool ok = put_repr(in, &text, *x);
  if (ok)
    raise_value(in, "%s: %.*s", what, (int)(text.len < 100 ? text.len : 100), text.data ? text.data : "");
  buffer_finish(&text);
  return false;
}

// An integer with a sign or not, and with zeros before it or not.
static bool read_integer(const char *p, const char *end, int64_t *out) {
  static const char LOWEST[] = "9223372036854775808"; // has no counterpart
  bool minus = p < end && *p == '-';
  if (p < end && (*p == '+' || *p == '-')) p++;
  while (end - p > 1 && *p == '0') p++;
  if (p == end || *p < '0' || *p > '9') return false;
  if (minus && (size_t)(end - p) == strlen(LOWEST) && !memcmp(p, LOWEST, strlen(LOWEST)))
    return *out = INT64_MIN, true;
  if (!number_to_i64(p, end, out)) return false;
  if (minus) *out = -*out;
  return true;
}

BUILTIN(py_int) {
  const char *from, *end;
  int64_t i;
  (void)b, (void)all;
  item x = *a;
  if (x.kind == ITEM_absent) return *out = item_int(0), true;
  if (x.kind == ITEM_text) {
    trimmed(item_str(&x), &from, &end);
    if (!read_integer(from, end, &i)) return quoted(in, "invalid literal for int() with base 10", a);
    return *out = item_int(i), true;
  }
  if (x.kind == ITEM_tensor) {
    if (tensor_numel(&x.v->t) != 1)
      return raise_value(in, "only one element tensors can be converted to Python scalars");
    x = tensor_scalar(x.v, 0);
  }
  if (item_is_integer(&x)) return *out = item_int(x.i), true;
  if (x.kind != ITEM_float)
    return raise_type(in, "int() argument must be a string, a bytes-like object or a real number, not '%s'",
                      item_type(&x));
  return float_to_int(in, x.d, out);
}

static bool float_of_text(const str *t, double *out) {
  static const struct {
    const char *word;
    double d;
  } WORDS[] = {{"inf", INFINITY}, {"infinity", INFINITY}, {"nan", NAN}};
  const char *from, *end;
  char copy[64];
  trimmed(t, &from, &end);
  bool minus = from < end && *from == '-';
  if (from < end && (*from == '+' || *from == '-')) from++;
  size_t n = (size_t)(end - from);
  for (size_t i = 0; i < 3; i++)
    if (strlen(WORDS[i].word) == n && !strncasecmp(WORDS[i].word, from, n))
      return *out = minus ? -WORDS[i].d : WORDS[i].d, true;
  if (n == 0 || n >= sizeof copy || !((*from >= '0' && *from <= '9') || *from == '.') ||
      memchr(from, 'x', n) || memchr(from, 'X', n))
    return false;
  memcpy(copy, from, n);
  copy[n] = 0;
  char *after;
  double d = strtod(copy, &after);
  if (after != copy + n || !strpbrk(copy, "0123456789")) return false;
  return *out = minus ? -d : d, true;
}

BUILTIN(py_float) {
  double d = 0;
  (void)b, (void)all;
  if (a->kind == ITEM_text && !float_of_text(item_str(a), &d))
    return quoted(in, "could not convert string to float", a);
  if (a->kind != ITEM_absent && a->kind != ITEM_text) {
    if (!item_is_number(a) && a->kind != ITEM_tensor)
      return raise_type(in, "float() argument must be a string or a real number, not '%s'", item_type(a));
    if (!want_number(in, a, &d)) return false;
  }
  return *out = item_float(d), true;
}

static bool worded(interpreter *in, const item *x, bool (*put)(interpreter *, buffer *, item), item *out) {
  buffer text = text_buffer(in);
  bool ok = (x->kind == ITEM_absent || put(in, &text, *x)) && str_from(in, &text, out);
  buffer_finish(&text);
  return ok;
}

BUILTIN(py_str) { return (void)b, (void)all, worded(in, a, put_str, out); }
BUILTIN(py_repr) { return (void)b, (void)all, worded(in, a, put_repr, out); }

BUILTIN(py_format) {
  const str *spec = NULL;
  buffer text = text_buffer(in);
  (void)b, (void)all;
  if (a[1].kind != ITEM_absent && !want_text(in, &a[1], &spec)) return false;
  bool ok =
      put_formatted(in, &text, a[0], spec ? spec->at : "", spec ? spec->n : 0) && str_from(in, &text, out);
  buffer_finish(&text);
  return ok;
}

BUILTIN(py_round) {
  int64_t digits = 0;
  bool given = a[1].kind != ITEM_absent && a[1].kind != ITEM_none;
  (void)b, (void)all;
  if (given && !want_int(in, &a[1], &digits)) return false;
  if (a->kind == ITEM_tensor && !given) return call_op_on(in, "round", *a, (item){0}, out);
  if (!item_is_number(a)) return raise_type(in, "type %s doesn't define __round__ method", item_type(a));
  if (item_is_integer(a) && digits >= 0) return *out = item_int(a->i), true;
  if (!given) {
    item whole = item_float(nearbyint(a->d));
    return py_int(in, b, &whole, all, out);
  }
  double d = item_double(a);
  if (digits < -400) digits = -400;
  if (digits < 0) {
    double unit = pow(10, (double)-digits), r = nearbyint(d / unit) * unit;
    return *out = item_is_integer(a) ? item_int(f64_to_i64(r)) : item_float(r), true;
  }
  if (!isfinite(d) || digits > 300) return *out = item_float(d), true;
  char text[700];
  snprintf(text, sizeof text, "%.*f", (int)digits, d);
  return *out = item_float(strtod(text, NULL)), true;
}

BUILTIN(py_pow) { return (void)b, (void)all, operate(in, OPERATOR_pow, a[0], a[1], out); }
