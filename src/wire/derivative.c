#include "wire/derivative.h"
#include "autograd/ops.h"
#include "wire/derivative_term.h"
#include <ctype.h>

static const struct in_words {
  uint16_t op;
  bool flow;
  const char *input, *text, *latex;
} IN_WORDS[] = {
#define FACTOR_(id, input, text, latex) {OP_##id, false, #input, text, latex},
#define FLOW_(id, input, text, latex)   {OP_##id, true, #input, text, latex},
#define FACTOR(id, input, ...)          FACTOR_(id, input, __VA_ARGS__)
#define FLOW(id, input, ...)            FLOW_(id, input, __VA_ARGS__)
#include "wire/derivatives.def"
#undef FACTOR_
#undef FLOW_
};

static const struct in_words *words_for(const struct op *o, const char *input) {
  for (size_t i = 0; i < sizeof IN_WORDS / sizeof *IN_WORDS; i++)
    if (&OPS[IN_WORDS[i].op] == o && !strcmp(IN_WORDS[i].input, input)) return &IN_WORDS[i];
  return NULL;
}

// LaTeX with @name for the names of a signature.
static void put_latex(buffer *b, const char *text) {
  for (; *text; text++) {
    size_t n = 0;
    while (*text == '@' &&
           (isalnum((unsigned char)text[1 + n]) || (text[1 + n] == '_' && text[2 + n] != '{')))
      n++;
    if (!n) {
      buffer_putc(b, *text);
      continue;
    }
    terms_name(b, text + 1, n, true);
    text += n;
  }
}

static void put_left(buffer *b, const char *input, enum derivative_style style, bool flow) {
  size_t n = strcspn(input, "[");
  if (style == DERIVATIVE_text)
    buffer_printf(b, "∂y/∂%s%s", input, flow ? ": g ↦ " : " = ");
  else {
    buffer_puts(b, "\\frac{\\partial y}{\\partial ");
    terms_name(b, input, n, true);
    if (input[n]) buffer_puts(b, "_{i}");
    buffer_puts(b, flow ? "}\\colon g \\mapsto " : "} = ");
  }
}

static const char *formula_for(const struct op *o, const char *input) {
  for (const char *const *d = o->derivatives; d && *d; d += 3)
    if (!strcmp(*d, input)) return d[1];
  return NULL;
}

bool derivative_write(buffer *b, const struct op *o, const char *input, enum derivative_style style) {
  const struct in_words *words = words_for(o, input);
  bool latex = style == DERIVATIVE_latex;
  if (words) {
    put_left(b, input, style, words->flow);
    if (latex)
      put_latex(b, words->latex);
    else
      buffer_puts(b, words->text);
    return true;
  }
  const char *formula = formula_for(o, input);
  if (!formula) return false;
  terms t;
  bool factor = true;
  unsigned root = terms_parse(&t, formula, true);
  if (t.unknown) {
    factor = false;
    root = terms_parse(&t, formula, false);
  }
  if (t.unknown) return false;
  put_left(b, input, style, !factor);
  terms_write(b, &t, root, latex);
  return true;
}

const char *derivative_input(const struct op *o, unsigned i) {
  if (o == &OPS[OP_copy_slices]) return i == 0 ? "self" : NULL;
  if (o->list) return o->derivatives && *o->derivatives ? *o->derivatives : NULL;
  for (unsigned k = 0; k < o->n_args; k++) {
    bool input = o->args[k].kind == ARG_tensor || o->args[k].kind == ARG_tensor_optional;
    if (input && i-- == 0) return formula_for(o, o->args[k].name) ? o->args[k].name : NULL;
  }
  return NULL;
}
