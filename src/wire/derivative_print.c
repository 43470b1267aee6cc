// derivative_print.c - the trees of derivative_term.h as text and as LaTeX.
#include "wire/derivative_term.h"

enum { SUM = 1, PRODUCT, SIGNED, POWER, ATOM }; // how tightly a term holds together

static int tightness(const term *x) {
  switch ((enum term_kind)x->kind) {
  case TERM_cases:
  case TERM_compare:
  case TERM_between:
  case TERM_outside: return 0;
  case TERM_add:
  case TERM_sub: return SUM;
  case TERM_mul:
  case TERM_div:
  case TERM_matmul: return PRODUCT;
  case TERM_neg: return SIGNED;
  case TERM_pow:
  case TERM_transpose: return POWER;
  case TERM_number:
  case TERM_name:
  case TERM_call: return ATOM;
  }
  return ATOM;
}

void terms_name(buffer *b, const char *text, size_t n, bool latex) {
  bool pi = n == strlen("π") && !memcmp(text, "π", n);
  if (!latex || n == 1) {
    buffer_put(b, text, n);
    return;
  }
  if (pi) {
    buffer_puts(b, "\\pi");
    return;
  }
  buffer_puts(b, "\\mathrm{");
  for (size_t i = 0; i < n; i++) {
    if (text[i] == '_') buffer_putc(b, '\\');
    buffer_putc(b, text[i]);
  }
  buffer_putc(b, '}');
}

static void put(buffer *b, const terms *t, unsigned at, bool latex);

// A part, in parentheses unless it holds together at least as tightly as `least`.
static void part(buffer *b, const terms *t, unsigned at, int least, bool latex) {
  bool loose = tightness(&t->at[at]) < least;
  if (loose) buffer_puts(b, latex ? "\\left(" : "(");
  put(b, t, at, latex);
  if (loose) buffer_puts(b, latex ? "\\right)" : ")");
}

static void pair(buffer *b, const terms *t, const term *x, int left, const char *sign, int right,
                 bool latex) {
  part(b, t, x->arg[0], left, latex);
  buffer_puts(b, sign);
  part(b, t, x->arg[1], right, latex);
}

static bool is(const term *x, const char *text) {
  return x->text_n == strlen(text) && !memcmp(x->text, text, x->text_n);
}

static void put_power(buffer *b, const terms *t, const term *x, bool latex) {
  const term *exponent = &t->at[x->arg[1]];
  part(b, t, x->arg[0], ATOM, latex);
  if (latex) {
    buffer_puts(b, "^{");
    put(b, t, x->arg[1], true);
    buffer_putc(b, '}');
  } else if (exponent->kind == TERM_number && (is(exponent, "2") || is(exponent, "3")))
    buffer_puts(b, is(exponent, "2") ? "²" : "³");
  else {
    buffer_putc(b, '^');
    part(b, t, x->arg[1], ATOM, false);
  }
}

static void put_list(buffer *b, const terms *t, const term *x, bool latex) {
  buffer_puts(b, latex ? "\\left(" : "(");
  for (unsigned i = 0; i < x->n; i++) {
    if (i) buffer_puts(b, latex ? ",\\," : ", ");
    put(b, t, x->arg[i], latex);
  }
  buffer_puts(b, latex ? "\\right)" : ")");
}

static void put_call(buffer *b, const terms *t, const term *x, bool latex) {
  static const char *const known[][2] = {{"log", "\\ln"},       {"sin", "\\sin"},   {"cos", "\\cos"},
                                         {"tanh", "\\tanh"},    {"sinh", "\\sinh"}, {"cosh", "\\cosh"},
                                         {"sigmoid", "\\sigma"}};
  if (!latex && is(x, "shape")) {
    part(b, t, x->arg[0], ATOM, false);
    buffer_puts(b, ".shape");
    return;
  }
  if (latex && (is(x, "exp") || is(x, "sqrt") || is(x, "abs"))) {
    buffer_puts(b, is(x, "exp") ? "e^{" : is(x, "sqrt") ? "\\sqrt{" : "\\left|");
    put(b, t, x->arg[0], true);
    buffer_puts(b, is(x, "abs") ? "\\right|" : "}");
    return;
  }
  const char *word = NULL;
  for (size_t i = 0; latex && i < sizeof known / sizeof *known; i++)
    if (is(x, known[i][0])) word = known[i][1];
  if (word)
    buffer_puts(b, word);
  else {
    if (latex) buffer_puts(b, "\\operatorname{");
    for (size_t i = 0; i < x->text_n; i++) {
      if (latex && x->text[i] == '_') buffer_putc(b, '\\');
      buffer_putc(b, x->text[i]);
    }
    if (latex) buffer_putc(b, '}');
  }
  put_list(b, t, x, latex);
}

static void put_cases(buffer *b, const terms *t, const term *x, bool latex) {
  const char *const words[2][4] = {{"", " if ", " else ", ""},
                                   {"\\begin{cases}", " & ", " \\\\ ", " & \\text{otherwise}\\end{cases}"}};
  buffer_puts(b, words[latex][0]);
  part(b, t, x->arg[1], SUM, latex);
  buffer_puts(b, words[latex][1]);
  put(b, t, x->arg[0], latex);
  buffer_puts(b, words[latex][2]);
  part(b, t, x->arg[2], SUM, latex);
  buffer_puts(b, words[latex][3]);
}

static void put_sign(buffer *b, const term *x, bool latex) {
  const char *sign = is(x, "<=") ? (latex ? "\\le" : "≤") : is(x, ">=") ? (latex ? "\\ge" : "≥") : NULL;
  buffer_putc(b, ' ');
  if (sign)
    buffer_puts(b, sign);
  else
    buffer_put(b, x->text, x->text_n);
  buffer_putc(b, ' ');
}

static void put_range(buffer *b, const terms *t, const term *x, bool latex) {
  static const char *const signs[2][3] = {{" ≤ ", " ≥ ", " or "}, {" \\le ", " \\ge ", "\\text{ or }"}};
  bool outside = x->kind == TERM_outside;
  if (outside) {
    part(b, t, x->arg[1], SUM, latex);
    buffer_puts(b, signs[latex][0]);
    part(b, t, x->arg[0], SUM, latex);
    buffer_puts(b, signs[latex][2]);
  } else {
    part(b, t, x->arg[0], SUM, latex);
    buffer_puts(b, signs[latex][0]);
  }
  part(b, t, x->arg[1], SUM, latex);
  buffer_puts(b, signs[latex][outside ? 1 : 0]);
  part(b, t, x->arg[2], SUM, latex);
}

static void put_fraction(buffer *b, const terms *t, const term *x, bool latex) {
  if (!latex) {
    pair(b, t, x, PRODUCT, " / ", SIGNED, false);
    return;
  }
  buffer_puts(b, "\\frac{");
  put(b, t, x->arg[0], true);
  buffer_puts(b, "}{");
  put(b, t, x->arg[1], true);
  buffer_putc(b, '}');
}

static void put(buffer *b, const terms *t, unsigned at, bool latex) {
  const term *x = &t->at[at];
  switch ((enum term_kind)x->kind) {
  case TERM_number:
    if (*x->text == '.') buffer_putc(b, '0');
    buffer_put(b, x->text, x->text_n);
    break;
  case TERM_name: terms_name(b, x->text, x->text_n, latex); break;
  case TERM_neg:
    buffer_putc(b, '-');
    part(b, t, x->arg[0], PRODUCT, latex);
    break;
  case TERM_add: pair(b, t, x, SUM, " + ", SUM, latex); break;
  case TERM_sub: pair(b, t, x, SUM, " - ", PRODUCT, latex); break;
  case TERM_mul: pair(b, t, x, PRODUCT, latex ? " \\cdot " : " · ", PRODUCT, latex); break;
  case TERM_div: put_fraction(b, t, x, latex); break;
  case TERM_matmul: pair(b, t, x, PRODUCT, latex ? "\\," : " @ ", POWER, latex); break;
  case TERM_pow: put_power(b, t, x, latex); break;
  case TERM_transpose:
    part(b, t, x->arg[0], ATOM, latex);
    buffer_puts(b, latex ? "^{\\top}" : "ᵀ");
    break;
  case TERM_call: put_call(b, t, x, latex); break;
  case TERM_cases: put_cases(b, t, x, latex); break;
  case TERM_compare:
    part(b, t, x->arg[0], SUM, latex);
    put_sign(b, x, latex);
    part(b, t, x->arg[1], SUM, latex);
    break;
  case TERM_between:
  case TERM_outside: put_range(b, t, x, latex); break;
  }
}

void terms_write(buffer *b, const terms *t, unsigned root, bool latex) { put(b, t, root, latex); }
