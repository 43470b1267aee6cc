#include "wire/derivative_term.h"
#include <ctype.h>
#include <stdlib.h>

// ---- building, with the little algebra that a person does on the way

static unsigned make(terms *t, enum term_kind what, const char *text, size_t text_n) {
  if (t->n == TERMS_MAX) {
    t->unknown = true;
    return 0;
  }
  t->at[t->n] = (term){.kind = (uint8_t)what, .text = text, .text_n = (uint8_t)text_n};
  return t->n++;
}
static unsigned make_of(terms *t, enum term_kind what, unsigned x, unsigned y) {
  unsigned at = make(t, what, "", 0);
  t->at[at].n = 2;
  t->at[at].arg[0] = (uint8_t)x;
  t->at[at].arg[1] = (uint8_t)y;
  return at;
}
static unsigned number(terms *t, const char *text) { return make(t, TERM_number, text, strlen(text)); }

static bool is_number(const terms *t, unsigned x, const char *text) {
  const term *at = &t->at[x];
  return at->kind == TERM_number && at->text_n == strlen(text) && !memcmp(at->text, text, at->text_n);
}
static bool is_kind(const terms *t, unsigned x, enum term_kind what) { return t->at[x].kind == what; }
static unsigned arg(const terms *t, unsigned x, unsigned i) { return t->at[x].arg[i]; }

static bool same(const terms *t, unsigned x, unsigned y) {
  const term *a = &t->at[x], *b = &t->at[y];
  if (a->kind != b->kind || a->n != b->n || a->text_n != b->text_n || memcmp(a->text, b->text, a->text_n))
    return false;
  for (unsigned i = 0; i < a->n; i++)
    if (!same(t, a->arg[i], b->arg[i])) return false;
  return true;
}

static bool constant(const terms *t, unsigned x) {
  const term *a = &t->at[x];
  if (a->kind == TERM_name) return false;
  for (unsigned i = 0; i < a->n; i++)
    if (!constant(t, a->arg[i])) return false;
  return true;
}

static unsigned negative(terms *t, unsigned x) {
  if (is_number(t, x, "0")) return x;
  if (is_kind(t, x, TERM_neg)) return arg(t, x, 0);
  unsigned at = make(t, TERM_neg, "", 0);
  t->at[at].n = 1;
  t->at[at].arg[0] = (uint8_t)x;
  return at;
}

static unsigned product(terms *t, unsigned x, unsigned y) {
  if (is_number(t, x, "0") || is_number(t, y, "1")) return x;
  if (is_number(t, y, "0") || is_number(t, x, "1")) return y;
  if (is_kind(t, x, TERM_neg)) return negative(t, product(t, arg(t, x, 0), y));
  if (is_kind(t, y, TERM_neg)) return negative(t, product(t, x, arg(t, y, 0)));
  if (is_kind(t, x, TERM_div) && is_number(t, arg(t, x, 0), "1"))
    return make_of(t, TERM_div, y, arg(t, x, 1));
  if (same(t, x, y)) return make_of(t, TERM_pow, x, number(t, "2"));
  if (constant(t, y) && !constant(t, x)) return make_of(t, TERM_mul, y, x);
  return make_of(t, TERM_mul, x, y);
}

static unsigned quotient(terms *t, unsigned x, unsigned y) {
  if (is_number(t, y, "1") || is_number(t, x, "0")) return x;
  if (is_kind(t, x, TERM_neg)) return negative(t, quotient(t, arg(t, x, 0), y));
  if (is_kind(t, x, TERM_div)) return make_of(t, TERM_div, arg(t, x, 0), product(t, arg(t, x, 1), y));
  return make_of(t, TERM_div, x, y);
}

static unsigned call_of(terms *t, const char *name, unsigned x) {
  unsigned at = make(t, TERM_call, name, strlen(name));
  t->at[at].n = 1;
  t->at[at].arg[0] = (uint8_t)x;
  return at;
}

static unsigned sum(terms *t, unsigned x, unsigned y) {
  return is_number(t, y, "-1") ? make_of(t, TERM_sub, x, number(t, "1")) : make_of(t, TERM_add, x, y);
}

static unsigned of_three(terms *t, enum term_kind what, unsigned x, unsigned y, unsigned z) {
  unsigned at = make_of(t, what, x, y);
  t->at[at].n = 3;
  t->at[at].arg[2] = (uint8_t)z;
  return at;
}

// ---- words

typedef struct words { // a call: its name, and its arguments without the autograd state
  const char *name;
  size_t n_name;
  unsigned arg[TERM_ARGS], n;
} words;

static bool named(const words *w, const char *name) {
  return strlen(name) == w->n_name && !memcmp(w->name, name, w->n_name);
}

// Ops and helpers of one argument that are functions in mathematics too.
static bool scalar_function(terms *t, const words *w, unsigned *out) {
  static const char *const functions[] = {"op_exp",  "op_log",  "op_sin",     "op_cos",  "op_tanh", "op_sinh",
                                          "op_cosh", "op_sign", "op_sigmoid", "op_sqrt", "op_abs"};
  if (w->n != 1) return false;
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
    if (named(w, functions[i])) return *out = call_of(t, functions[i] + 3, w->arg[0]), true;
  if (named(w, "op_rsqrt")) return *out = quotient(t, number(t, "1"), call_of(t, "sqrt", w->arg[0])), true;
  if (named(w, "op_neg")) return *out = negative(t, w->arg[0]), true;
  if (named(w, "one_minus")) return *out = make_of(t, TERM_sub, number(t, "1"), w->arg[0]), true;
  if (named(w, "number") || named(w, "scalar_int") || named(w, "scalar_float") || named(w, "one_dim"))
    return *out = w->arg[0], true;
  if (named(w, "NUMEL")) return *out = make(t, TERM_name, "n", 1), true;
  return false;
}

static bool arithmetic(terms *t, const words *w, unsigned *out) {
  const unsigned *x = w->arg;
  bool unit = w->n == 3 && is_number(t, x[2], "1"); // alpha
  if (named(w, "op_mul") || named(w, "scaled"))
    *out = named(w, "scaled") ? product(t, x[1], x[0]) : product(t, x[0], x[1]);
  else if (named(w, "op_div") || named(w, "op_div_scalar"))
    *out = quotient(t, x[0], x[1]);
  else if (named(w, "plus") || (named(w, "op_add") && unit))
    *out = sum(t, x[0], x[1]);
  else if (named(w, "op_sub") && unit)
    *out = make_of(t, TERM_sub, x[0], x[1]);
  else if (named(w, "op_pow_scalar"))
    *out = make_of(t, TERM_pow, x[0], x[1]);
  else if (named(w, "over_squares"))
    *out = quotient(t, x[0], sum(t, product(t, x[1], x[1]), product(t, x[2], x[2])));
  else if (named(w, "count"))
    *out = make(t, TERM_name, "n", 1);
  else if (named(w, "op_zeros_like"))
    *out = number(t, "0");
  else
    return false;
  return true;
}

static bool choice(terms *t, const words *w, unsigned *out) {
  static const char *const signs[][2] = {{"op_lt", "<"}, {"op_le", "<="}, {"op_gt", ">"}, {"op_ge", ">="}};
  const unsigned *x = w->arg;
  for (size_t i = 0; i < 4; i++)
    if (named(w, signs[i][0])) {
      *out = make_of(t, TERM_compare, x[0], x[1]);
      t->at[*out].text = signs[i][1];
      t->at[*out].text_n = (uint8_t)strlen(signs[i][1]);
      return true;
    }
  if (named(w, "op_where"))
    *out = of_three(t, TERM_cases, x[0], x[1], x[2]);
  else if (named(w, "op_masked_fill"))
    *out = of_three(t, TERM_cases, x[1], x[2], x[0]);
  else if (named(w, "inside"))
    *out = of_three(t, TERM_between, x[1], x[0], x[2]);
  else if (named(w, "outside"))
    *out = of_three(t, TERM_outside, x[1], x[0], x[2]);
  else
    return false;
  return true;
}

// What is not done element by element: a gradient has to be handed through it.
static bool matrix(terms *t, const words *w, unsigned *out) {
  const unsigned *x = w->arg;
  if (named(w, "op_mm") || named(w, "op_bmm") || named(w, "op_mv")) {
    *out = make_of(t, TERM_matmul, x[0], x[1]);
    return true;
  }
  bool last_two = named(w, "op_transpose") && w->n == 3 && is_number(t, x[1], "1") && is_number(t, x[2], "2");
  if (!named(w, "op_t") && !last_two) return false;
  *out = make(t, TERM_transpose, "", 0);
  t->at[*out].n = 1;
  t->at[*out].arg[0] = (uint8_t)x[0];
  return true;
}

static unsigned understood(terms *t, const words *w) {
  unsigned out = 0;
  if (scalar_function(t, w, &out) || arithmetic(t, w, &out) || choice(t, w, &out)) return out;
  if (t->factor && w->n >= 2 && (named(w, "op_expand") || named(w, "spread"))) return w->arg[0];
  if (!t->factor && matrix(t, w, &out)) return out;
  if (w->n == 1 && (named(w, "SIZES") || named(w, "sizes_of"))) return call_of(t, "shape", w->arg[0]);
  const char *name = w->name;
  size_t n = w->n_name;
  bool op = n > 3 && !memcmp(name, "op_", 3);
  if (t->factor || !op) return t->unknown = true, 0;
  out = make(t, TERM_call, name + 3, n - 3);
  t->at[out].n = (uint8_t)w->n;
  for (unsigned i = 0; i < w->n; i++) t->at[out].arg[i] = (uint8_t)w->arg[i];
  return out;
}

// ---- reading

static unsigned atom(terms *t, const char *text, size_t n) {
  static const char *const sure[][2] = {{"M_LN2", "2"}, {"M_LN10", "10"}};
  for (size_t i = 0; i < 2; i++)
    if (n == strlen(sure[i][0]) && !memcmp(text, sure[i][0], n))
      return call_of(t, "log", number(t, sure[i][1]));
  if (n == 10 && !memcmp(text, "M_2_SQRTPI", n))
    return quotient(t, number(t, "2"), call_of(t, "sqrt", make(t, TERM_name, "π", strlen("π"))));
  if (n == 1 && *text == 'g' && t->factor) return number(t, "1");
  if (n > 2 && !memcmp(text, "A.", 2)) text += 2, n -= 2;
  if (isdigit((unsigned char)*text) || *text == '.') return make(t, TERM_number, text, n);
  t->unknown |= n == 1 && *text == 'v'; // the gradients of several results: no mathematics
  return make(t, TERM_name, text, n);
}

// One term at *p, which is then behind it. Recursion is as deep as the longest formula of ours.
static unsigned read(terms *t, const char **p) {
  while (**p == ' ') ++*p;
  if (**p == '-') {
    ++*p;
    unsigned x = read(t, p);
    return is_number(t, x, "1") ? number(t, "-1") : negative(t, x);
  }
  const char *from = *p;
  while (isalnum((unsigned char)**p) || **p == '_' || **p == '.') ++*p;
  size_t n = (size_t)(*p - from);
  if (!n) return t->unknown = true, 0;
  if (**p != '(') return atom(t, from, n);
  words w = {.name = from, .n_name = n};
  for (bool first = true; **p == '(' || **p == ','; first = false) {
    ++*p;
    while (**p == ' ') ++*p;
    size_t skip = first && !strncmp(*p, "a,", 2) ? 1 : !strncmp(*p, "DT_none", 7) ? 7 : 0;
    if (skip) { // the autograd state, and no dtype
      *p += skip;
      continue;
    }
    if (w.n == TERM_ARGS) return t->unknown = true, 0;
    unsigned x = read(t, p);
    if (t->unknown) return 0;
    w.arg[w.n++] = x;
  }
  if (**p != ')') return t->unknown = true, 0;
  ++*p;
  return understood(t, &w);
}

unsigned terms_parse(terms *t, const char *formula, bool factor) {
  t->n = 0;
  t->unknown = false;
  t->factor = factor;
  unsigned root = read(t, &formula);
  if (*formula) t->unknown = true;
  return root;
}
