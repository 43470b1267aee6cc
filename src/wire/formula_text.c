// formula_text.c - gradient formulas of ops.def, which are C, as people write them. They are nested calls of
// names, attributes and numbers; what is not recognised is left as it is.
#include "autograd/ops.h"
#include "wire/catalogue.h"
#include <ctype.h>

typedef struct span {
  const char *at, *end;
} span;

static span trim(span s) {
  while (s.at < s.end && *s.at == ' ') s.at++;
  while (s.end > s.at && s.end[-1] == ' ') s.end--;
  return s;
}

static bool is(span s, const char *word) {
  size_t n = strlen(word);
  return (size_t)(s.end - s.at) == n && !memcmp(s.at, word, n);
}

static bool starts(span s, const char *word) {
  size_t n = strlen(word);
  return (size_t)(s.end - s.at) >= n && !memcmp(s.at, word, n);
}

static void put_span(buffer *b, span s) { buffer_put(b, s.at, (size_t)(s.end - s.at)); }

enum { CALL_ARGS = 12 };
typedef struct call_text {
  span name, args[CALL_ARGS];
  unsigned n;
} call_text;

// name(args): false if s is no call, or one of too many arguments.
static bool split_call(span s, call_text *c) {
  const char *p = s.at;
  while (p < s.end && (isalnum((unsigned char)*p) || *p == '_')) p++;
  if (p == s.at || p == s.end || *p != '(' || s.end[-1] != ')') return false;
  *c = (call_text){.name = {s.at, p}};
  span arg = {p + 1, NULL};
  int depth = 0;
  for (p++; p < s.end; p++) {
    bool last = p == s.end - 1;
    depth += (*p == '(') - (*p == ')');
    if (!last && (depth || *p != ',')) continue;
    if (depth != (last ? -1 : 0) || c->n == CALL_ARGS) return false;
    arg.end = p;
    arg = trim(arg);
    if (arg.at < arg.end || c->n) c->args[c->n++] = arg;
    arg.at = p + 1;
  }
  return true;
}

static void put_term(buffer *b, span s);

static void put_args(buffer *b, const call_text *c, unsigned from) {
  buffer_putc(b, '(');
  for (unsigned i = from; i < c->n; i++) {
    if (i > from) buffer_puts(b, ", ");
    put_term(b, c->args[i]);
  }
  buffer_putc(b, ')');
}

// ---- builders of ops: op_ID(a, arguments in the order of the row)

static const struct op *row_of_builder(span name) {
  if (!starts(name, "op_")) return NULL;
  span id = {name.at + 3, name.end};
  for (unsigned i = 0; i < OPS_COUNT; i++)
    if (is(id, OPS[i].id)) return &OPS[i];
  return NULL;
}

static bool is_default(const struct arg *a, span s) {
  if (!a->fallback) return false;
  if (!strcmp(a->fallback, "None")) return is(s, "DT_none") || is(s, "ints_none()");
  if (a->kind == ARG_bool) return is(s, *a->fallback == '1' || *a->fallback == 't' ? "true" : "false");
  call_text c;
  bool number = a->kind == ARG_scalar && split_call(s, &c) && is(c.name, "scalar_int") && c.n == 1;
  return is(number ? c.args[0] : s, a->fallback);
}

// Arguments of the row that are in the call: requires_grad is none of a builder's.
static void put_builder(buffer *b, const struct op *o, const call_text *c) {
  unsigned n = c->n; // args[0] is the autograd state
  while (n > 1 && n - 2 < o->n_args && is_default(&o->args[n - 2], c->args[n - 1])) n--;
  buffer_puts(b, o->name);
  buffer_putc(b, '(');
  for (unsigned i = 1; i < n; i++) {
    if (i > 1) buffer_puts(b, ", ");
    if (i - 1 < o->n_args && o->args[i - 1].keyword_only) {
      buffer_puts(b, o->args[i - 1].name);
      buffer_putc(b, '=');
    }
    put_term(b, c->args[i]);
  }
  buffer_putc(b, ')');
}

// ---- the words of formula.h

// Words that only change the C type: what stands inside is what is meant.
static bool is_wrapping(span name) {
  static const char *const words[] = {"number", "scalar_int", "scalar_float", "one_dim"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (is(name, words[i])) return true;
  return false;
}

// call is a call of a helper, args[from…] its arguments without the autograd state.
static bool put_word(buffer *b, const call_text *c, unsigned from) {
  unsigned n = c->n - from;
  span first = n ? c->args[from] : (span){0};
  if (n == 1 && is_wrapping(c->name))
    put_term(b, first);
  else if (n == 1 && (is(c->name, "SIZES") || is(c->name, "sizes_of"))) {
    put_term(b, first);
    buffer_puts(b, ".shape");
  } else if (n == 1 && is(c->name, "NUMEL")) {
    put_term(b, first);
    buffer_puts(b, ".numel()");
  } else if (n == 1 && is(c->name, "one_minus")) {
    buffer_puts(b, "sub(1, ");
    put_term(b, first);
    buffer_putc(b, ')');
  } else if (n == 2 && is(c->name, "zeros_as")) {
    buffer_puts(b, "zeros(");
    put_term(b, c->args[from + 1]);
    buffer_putc(b, ')');
  } else if (n == 2 && (is(c->name, "plus") || is(c->name, "scaled"))) {
    buffer_puts(b, is(c->name, "plus") ? "add" : "mul");
    put_args(b, c, from);
  } else if (n == 0 && is(c->name, "ints_none"))
    buffer_puts(b, "None");
  else
    return false;
  return true;
}

static void put_call(buffer *b, const call_text *c) {
  const struct op *o = row_of_builder(c->name);
  if (o) {
    put_builder(b, o, c);
    return;
  }
  unsigned from = c->n && is(c->args[0], "a");
  if (put_word(b, c, from)) return;
  put_span(b, c->name);
  put_args(b, c, from);
}

// ---- names and numbers

static void put_atom(buffer *b, span s) {
  static const struct {
    const char *c, *text;
  } words[] = {
      {"true", "True"},
      {"false", "False"},
      {"y", "result"},
      {"y1", "result1"},
      {"DT_none", "None"},
      {"M_LN2", "log(2)"},
      {"M_LN10", "log(10)"},
      {"v", "g"}, // the gradients of all results
      {"M_2_SQRTPI", "2 / sqrt(pi)"},
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (is(s, words[i].c)) {
      buffer_puts(b, words[i].text);
      return;
    }
  if (s.at < s.end && *s.at == '-') {
    buffer_putc(b, '-');
    s.at++;
  }
  if (starts(s, "A."))
    s.at += 2;
  else if (starts(s, "OP_"))
    s.at += 3;
  if (s.at < s.end && *s.at == '.') buffer_putc(b, '0');
  put_span(b, s);
}

// Recursion is as deep as the longest formula of ours.
static void put_term(buffer *b, span s) {
  call_text c;
  s = trim(s);
  if (split_call(s, &c))
    put_call(b, &c);
  else
    put_atom(b, s);
}

void catalogue_formula(buffer *b, const char *text) { put_term(b, (span){text, text + strlen(text)}); }
