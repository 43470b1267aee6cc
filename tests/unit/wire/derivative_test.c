// Local derivatives: every differentiable row has one that a person can read, and the well-known ones are
// right.
#include "wire/derivative.h"
#include "autograd/ops.h"
#include "base/mem.h"
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>

static buffer out;
static void finish(void) { buffer_finish(&out); }
TestSuite(derivative, .init = ops_init, .fini = finish);

static const char *written(unsigned op, const char *input, enum derivative_style style) {
  out.len = 0;
  cr_assert(derivative_write(&out, &OPS[op], input, style), "%s: %s has no local derivative", OPS[op].id,
            input);
  return buffer_cstr(&out);
}
#define TEXT(op, input, text)   cr_expect_str_eq(written(OP_##op, input, DERIVATIVE_text), text)
#define LATEX(op, input, latex) cr_expect_str_eq(written(OP_##op, input, DERIVATIVE_latex), latex)

static bool balanced(const char *latex) {
  char open[64];
  int depth = 0;
  for (const char *p = latex; *p; p++) {
    if (*p == '\\' && p[1]) {
      p++;
      continue;
    }
    if ((*p == '{' || *p == '(') && depth < 64) open[depth++] = *p;
    if ((*p == '}' || *p == ')') && (depth == 0 || open[--depth] != (*p == '}' ? '{' : '('))) return false;
  }
  return depth == 0;
}

static size_t count(const char *text, const char *word) {
  size_t n = 0;
  for (const char *p = text; (p = strstr(p, word)); p += strlen(word)) n++;
  return n;
}

// Words that are C, or helpers that only a formula of ops.def knows.
static const char *unreadable(const char *text) {
  static const char *const words[] = {
      "op_",   "OP_",    "scalar_int", "scalar_float", "DT_",     "A.",    "_grad(",
      "ints_", "SIZES(", "NUMEL(",     "number(",      "_slope(", "->",    "one_dim",
      "vjp",   "spread", "loss_grad",  "zeros_as",     "count(",  "@self", "_backward("};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strstr(text, words[i])) return words[i];
  return NULL;
}

Test(derivative, every_row_has_one_for_people) {
  unsigned n = 0;
  for (unsigned i = 0; i < OPS_COUNT; i++)
    for (const char *const *d = OPS[i].derivatives; d && *d; d += 3, n++) {
      const char *text = written(i, d[0], DERIVATIVE_text);
      const char *right = strstr(text, " = ") ? strstr(text, " = ") + 3 : strstr(text, " ↦ ");
      cr_expect(!strncmp(text, "∂y/∂", strlen("∂y/∂")) && right && *right, "%s: %s", OPS[i].id, text);
      cr_expect(!unreadable(text), "%s: %s: %s", OPS[i].id, unreadable(text), text);
      const char *latex = written(i, d[0], DERIVATIVE_latex);
      cr_expect(!strncmp(latex, "\\frac{\\partial y}{\\partial ", 26), "%s: %s", OPS[i].id, latex);
      cr_expect(balanced(latex), "%s: %s", OPS[i].id, latex);
      cr_expect(count(latex, "\\left") == count(latex, "\\right"), "%s: %s", OPS[i].id, latex);
      cr_expect(count(latex, "\\begin{") == count(latex, "\\end{"), "%s: %s", OPS[i].id, latex);
      cr_expect(!unreadable(latex), "%s: %s: %s", OPS[i].id, unreadable(latex), latex);
      cr_expect(!strchr(latex, '@'), "%s: %s", OPS[i].id, latex);
    }
  cr_expect(n > 120, "%u", n);
}

Test(derivative, arithmetic_is_told_by_its_factor) {
  TEXT(add, "self", "∂y/∂self = 1");
  TEXT(sub, "other", "∂y/∂other = -alpha");
  TEXT(mul, "self", "∂y/∂self = other");
  LATEX(mul, "self", "\\frac{\\partial y}{\\partial \\mathrm{self}} = \\mathrm{other}");
  TEXT(div, "other", "∂y/∂other = -self / other²");
  LATEX(div, "other",
        "\\frac{\\partial y}{\\partial \\mathrm{other}} = -\\frac{\\mathrm{self}}{\\mathrm{other}^{2}}");
  TEXT(pow_scalar, "self", "∂y/∂self = exponent · self^(exponent - 1)");
  LATEX(pow_scalar, "self",
        "\\frac{\\partial y}{\\partial \\mathrm{self}} = \\mathrm{exponent} \\cdot "
        "\\mathrm{self}^{\\mathrm{exponent} - 1}");
}

Test(derivative, functions_have_their_names) {
  TEXT(tanh, "self", "∂y/∂self = 1 - y²");
  TEXT(sqrt, "self", "∂y/∂self = 1 / (2 · y)");
  TEXT(log2, "self", "∂y/∂self = 1 / (log(2) · self)");
  TEXT(floor, "self", "∂y/∂self = 0");
  TEXT(relu, "self", "∂y/∂self = 0 if y ≤ 0 else 1");
  LATEX(cos, "self", "\\frac{\\partial y}{\\partial \\mathrm{self}} = -\\sin\\left(\\mathrm{self}\\right)");
  LATEX(asin, "self",
        "\\frac{\\partial y}{\\partial \\mathrm{self}} = \\frac{1}{\\sqrt{1 - \\mathrm{self}^{2}}}");
  LATEX(leaky_relu, "input",
        "\\frac{\\partial y}{\\partial \\mathrm{input}} = \\begin{cases}1 & \\mathrm{input} > 0 \\\\ "
        "\\mathrm{negative\\_slope} & \\text{otherwise}\\end{cases}");
}

Test(derivative, what_is_not_element_by_element_hands_g_on) {
  TEXT(mm, "self", "∂y/∂self: g ↦ g @ mat2ᵀ");
  LATEX(mm, "mat2",
        "\\frac{\\partial y}{\\partial \\mathrm{mat2}}\\colon g \\mapsto \\mathrm{self}^{\\top}\\,g");
  TEXT(sum, "self", "∂y/∂self = 1");
  TEXT(mean, "self", "∂y/∂self = 1 / n");
  TEXT(view, "self", "∂y/∂self: g ↦ reshape(g, self.shape)");
  TEXT(cat, "tensors[i]", "∂y/∂tensors[i]: g ↦ the piece of g where tensors[i] stands");
  LATEX(slice, "self",
        "\\frac{\\partial y}{\\partial \\mathrm{self}}\\colon g \\mapsto \\begin{cases}g & \\text{in "
        "}\\mathrm{start}{:}\\mathrm{end}{:}\\mathrm{step} \\\\ 0 & \\text{otherwise}\\end{cases}");
  TEXT(copy_slices, "self",
       "∂y/∂self: g ↦ g outside the window that was written; inside it, what the write hands on");
}

Test(derivative, inputs_are_found_by_number) {
  cr_expect_str_eq(derivative_input(&OPS[OP_addmm], 2), "mat2");
  cr_expect_str_eq(derivative_input(&OPS[OP_where], 1), "self");
  cr_expect_null(derivative_input(&OPS[OP_where], 0));
  cr_expect_null(derivative_input(&OPS[OP_mul], 2));
  cr_expect_null(derivative_input(&OPS[OP_isnan], 0));
  cr_expect_str_eq(derivative_input(&OPS[OP_cat], 7), "tensors[i]");
  cr_expect_str_eq(derivative_input(&OPS[OP_copy_slices], 0), "self");
}

Test(derivative, what_has_none_writes_nothing) {
  out.len = 0;
  cr_expect_not(derivative_write(&out, &OPS[OP_isnan], "self", DERIVATIVE_text));
  cr_expect_not(derivative_write(&out, &OPS[OP_mul], "nobody", DERIVATIVE_latex));
  cr_expect_eq(out.len, 0);
}

Test(derivative, failed_allocations_fail_the_buffer) {
  for (uint64_t nth = 1;; nth++) {
    buffer_finish(&out);
    mem_fail_at(nth, true);
    cr_assert(derivative_write(&out, &OPS[OP_gelu], "input", DERIVATIVE_latex));
    mem_fail_at(0, false);
    if (!out.failed) break;
    cr_assert_lt(nth, 20);
  }
}
