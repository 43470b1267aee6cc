#include "wire/catalogue.h"
#include "autograd/ops.h"
#include "base/mem.h"
#include "wire/json_reader.h"
#include <criterion/criterion.h>
#include <ctype.h>

static buffer out;
static void finish(void) { buffer_finish(&out); }
TestSuite(catalogue, .init = ops_init, .fini = finish);

static const char *formula(const char *text) {
  out.len = 0;
  catalogue_formula(&out, text);
  return buffer_cstr(&out);
}

static const char *one(const char *name) {
  out.len = 0;
  cr_assert(catalogue_write_one(&out, name, strlen(name), false), "%s", name);
  return buffer_cstr(&out);
}

static bool shows(const char *text, const char *part) { return strstr(text, part) != NULL; }

Test(catalogue, formulas_lose_their_c) {
  static const char *const cases[][2] = {
      {"g", "g"},
      {"op_mul(a, g, other)", "mul(g, other)"},
      {"op_zeros_like(a, g, DT_none)", "zeros_like(g)"},
      {"op_sum_dim(a, g, one_dim(A.dim), true, DT_none)", "sum(g, dim, True)"},
      {"op_sub(a, g, y, scalar_int(1))", "sub(g, result)"},
      {"op_sub(a, g, y, scalar_int(2))", "sub(g, result, alpha=2)"},
      {"op_pow_scalar(a, y, scalar_int(3))", "pow(result, 3)"},
      {"op_mul(a, g, number(a, -.5))", "mul(g, -0.5)"},
      {"op_div(a, g, op_mul(a, self, number(a, M_LN2)))", "div(g, mul(self, log(2)))"},
      {"op_div(a, op_expand(a, g, SIZES(self)), number(a, NUMEL(self)))",
       "div(expand(g, self.shape), self.numel())"},
      {"one_minus(a, op_mul(a, y, y))", "sub(1, mul(result, result))"},
      {"plus(a, x, -1)", "add(x, -1)"},
      {"scaled(a, g, A.alpha)", "mul(g, alpha)"},
      {"share(a, self, other, OP_gt)", "share(self, other, gt)"},
      {"extreme_grad(a, g, self, y1, ints_none(), false)", "extreme_grad(g, self, result1, None, False)"},
      {"split_grad(v, A.split_size, A.dim)", "split_grad(g, split_size, dim)"},
      {"zeros_as(a, g, SIZES(self))", "zeros(self.shape)"},
      {"", ""},
      {"f(", "f("},
      {"f(()", "f(()"},
      {"f())", "f())"},
      {"op_unheard_of(a, g)", "op_unheard_of(g)"},
      {"f()", "f()"},
      {"f(1,2,3,4,5,6,7,8,9,10,11,12,13)", "f(1,2,3,4,5,6,7,8,9,10,11,12,13)"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    cr_assert_str_eq(formula(cases[i][0]), cases[i][1], "%s gave %s", cases[i][0], out.data);
}

// The words of C that people should not see: whole ones, and beginnings.
static bool is_c(const char *word, size_t n) {
  static const char *const whole[] = {
      "a",      "v",        "y",         "y1",        "true",       "false",        "SIZES",
      "NUMEL",  "sizes_of", "number",    "ints_none", "scalar_int", "scalar_float", "plus",
      "scaled", "one_dim",  "one_minus", "zeros_as"};
  static const char *const begin[] = {"op_", "OP_", "DT_", "M_", "A."};
  for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
    if (strlen(whole[i]) == n && !memcmp(whole[i], word, n)) return true;
  for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
    if (strlen(begin[i]) <= n && !memcmp(begin[i], word, strlen(begin[i]))) return true;
  return false;
}

Test(catalogue, no_row_shows_its_c) {
  unsigned formulas = 0;
  for (unsigned i = 0; i < OPS_COUNT; i++)
    for (const char *const *d = OPS[i].derivatives; d && *d; d += 3, formulas++) {
      const char *text = formula(d[1]);
      int depth = 0;
      for (const char *p = text, *end; *p && depth >= 0; p = end) {
        for (end = p; isalnum((unsigned char)*end) || *end == '_' || *end == '.'; end++) {
        }
        cr_assert(!is_c(p, (size_t)(end - p)), "%s: '%.*s' in %s", OPS[i].id, (int)(end - p), p, text);
        if (end > p) continue;
        depth += (*p == '(') - (*p == ')');
        cr_assert(strchr("(), -/", *p), "%s: '%c' in %s", OPS[i].id, *p, text);
        end = p + 1;
      }
      cr_assert(depth == 0 && *text, "%s: %s", OPS[i].id, text);
    }
  cr_assert(formulas > 100);
}

Test(catalogue, signatures_are_pytorchs) {
  cr_assert(shows(one("sum"), "\"signature\":\"sum(self, dim, keepdim=False, *, dtype=None)\""));
  cr_assert(shows(one("zero_"), "\"signature\":\"zero_(self)\""));
  cr_assert(
      shows(one("mse_loss"),
            "\"signature\":\"mse_loss(input, target, size_average=None, reduce=None, reduction='mean')\""));
  cr_assert(shows(one("var"), "\"signature\":\"var(self, dim=None, unbiased=True, keepdim=False)\""));
  cr_assert(shows(out.data, "\"kind\":\"bool\",\"default\":true,") && shows(out.data, "\"default\":false,"));
  cr_assert(shows(one("hardtanh"), "\"signature\":\"hardtanh(input, min_val=-1.0, max_val=1.0)\""));
  cr_assert(
      shows(one("zeros"), "\"signature\":\"zeros(size, *, dtype=None, device=None, requires_grad=False)\""));
  cr_assert(shows(one("linalg.vector_norm"),
                  "\"signature\":\"linalg.vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None)\""));
}

Test(catalogue, an_entry_tells_everything) {
  const char *entry =
      "\"name\":\"mse_loss\",\"signature\":\"mse_loss(input, target, size_average=None, reduce=None, "
      "reduction='mean')\",\"args\":["
      "{\"name\":\"input\",\"kind\":\"tensor\",\"keyword_only\":false},"
      "{\"name\":\"target\",\"kind\":\"tensor\",\"keyword_only\":false},"
      "{\"name\":\"size_average\",\"kind\":\"bool\",\"default\":null,\"keyword_only\":false},"
      "{\"name\":\"reduce\",\"kind\":\"bool\",\"default\":null,\"keyword_only\":false},"
      "{\"name\":\"reduction\",\"kind\":\"string\",\"default\":\"mean\",\"keyword_only\":false}],"
      "\"doc\":\"The squared difference.\",\"derivative\":{"
      "\"input\":\"mul(loss_grad(g, input, target, reduction), mul(difference(input, target), 2))\","
      "\"target\":\"mul(loss_grad(g, input, target, reduction), mul(difference(target, input), 2))\"},"
      "\"saves\":{\"input\":[\"input\",\"target\"],\"target\":[\"input\",\"target\"]},"
      "\"local\":{\"input\":{\"text\":\"∂y/∂input = 2 · (input - target) / n\",\"latex\":"
      "\"\\\\frac{\\\\partial y}{\\\\partial \\\\mathrm{input}} = \\\\frac{2}{n}\\\\left(\\\\mathrm{input} - "
      "\\\\mathrm{target}\\\\right)\"},\"target\":{\"text\":\"∂y/∂target = 2 · (target - input) / "
      "n\",\"latex\":"
      "\"\\\\frac{\\\\partial y}{\\\\partial \\\\mathrm{target}} = \\\\frac{2}{n}\\\\left(\\\\mathrm{target} "
      "- "
      "\\\\mathrm{input}\\\\right)\"}},"
      "\"inplace\":false,\"view\":false";
  buffer want = {0};
  buffer_printf(&want, "{%s,\"overloads\":[{%s}]}", entry, entry);
  cr_assert_str_eq(one("mse_loss"), buffer_cstr(&want));
  buffer_finish(&want);
}

Test(catalogue, derivatives_tell_what_they_save) {
  cr_assert(
      shows(one("exp"), "\"derivative\":{\"self\":\"mul(g, result)\"},\"saves\":{\"self\":[\"result\"]}"));
  cr_assert(shows(one("sum"), "\"saves\":{\"self\":[]}"));
  cr_assert(shows(one("max"), "\"saves\":{\"self\":[\"result1\"]}"));
  cr_assert(shows(one("split"), "\"saves\":{\"self\":[]}"), "sizes are not data");
  cr_assert(shows(one("cat"), "\"derivative\":{\"tensors[i]\":\"cat_grad(g, i, dim)\"}"));
  cr_assert(shows(one("detach"), "\"derivative\":{},\"saves\":{}"), "not differentiable");
  cr_assert(shows(one("softmax"), "\"derivative\":null,\"saves\":{}"), "built of other ops");
  cr_assert(
      shows(one("pow"),
            "\"saves\":{\"self\":[\"self\",\"exponent\"],\"exponent\":[\"self\",\"exponent\",\"result\"]}"));
}

Test(catalogue, inplace_names_have_entries) {
  cr_assert(shows(one("add_"), "{\"name\":\"add_\",\"signature\":\"add_(self, other, *, alpha=1)\""));
  cr_assert(shows(out.data, "\"inplace\":true"));
  cr_assert(shows(one("pow_"), "pow_(self, exponent)"));
  cr_assert_not(shows(one("clamp_"), "\"inplace\":false"));
  cr_assert(shows(one("zero_"), "\"inplace\":true"));
  cr_assert(shows(one("view"), "\"view\":true"));
  size_t before = out.len;
  static const char *const unknown[] = {"",      "_",        "sum_",  "frobnicate",
                                        "slice", "_softmax", "add__", "copy_slices"};
  for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
    cr_assert_not(catalogue_write_one(&out, unknown[i], strlen(unknown[i]), false), "%s", unknown[i]);
  cr_assert_eq(out.len, before, "nothing was written");
}

static const char *line_name(const char *line, size_t *n) {
  static const char head[] = "{\"name\":\"";
  cr_assert(!strncmp(line, head, strlen(head)), "%.40s", line);
  *n = strcspn(line + strlen(head), "\"");
  return line + strlen(head);
}

Test(catalogue, lists_every_public_row_by_name) {
  catalogue_write(&out, false);
  unsigned rows = 0, lines = 0;
  for (unsigned i = 0; i < OPS_COUNT; i++) rows += !(OPS[i].flags & ROW_internal);
  const char *p = buffer_cstr(&out), *before = NULL;
  size_t n, n_before = 0;
  for (p = strchr(p, '\n') + 1; *p == '{'; p = strchr(p, '\n') + 1, lines++) {
    const char *name = line_name(p, &n);
    if (before) {
      int c = memcmp(before, name, n < n_before ? n : n_before);
      cr_assert(c < 0 || (c == 0 && n_before <= n), "%.*s", (int)n, name);
    }
    before = name;
    n_before = n;
  }
  cr_assert_str_eq(p, "]}");
  cr_assert_eq(lines, rows);
  cr_assert(lines > 100);
  fault f = {0};
  json_cur at;
  cr_assert(json_open(&at, out.data, out.len, NULL, &f), "%s", f.detail);
  out.len = 0;
  catalogue_write(&out, true);
  cr_assert(shows(buffer_cstr(&out), "\"doc\":\"取负。\""));
}

Test(catalogue, is_printed_for_people) {
  cr_assert(catalogue_print(&out, NULL, false));
  cr_assert(shows(buffer_cstr(&out), "\nneg                               Minus self.\n"), "%s", out.data);
  out.len = 0;
  cr_assert(catalogue_print(&out, "gelu", false));
  cr_assert_str_eq(buffer_cstr(&out),
                   "gelu(input, *, approximate='none')\n"
                   "  x * Phi(x), the Gaussian error linear unit.\n"
                   "  高斯误差线性单元。\n"
                   "  approximate: 'none', 'tanh'\n"
                   "  grad_fn: GeluBackward0\n"
                   "  gradient of input: mul(g, gelu_slope(input, approximate)); saves input\n");
  out.len = 0;
  cr_assert(catalogue_print(&out, "mul", true));
  cr_assert_str_eq(buffer_cstr(&out), "mul(self, other)\n"
                                      "  逐元素相乘。\n"
                                      "  self * other.\n"
                                      "  grad_fn: MulBackward0\n"
                                      "  self 的梯度: mul(g, other)；保存 other\n"
                                      "  other 的梯度: mul(g, self)；保存 self\n"
                                      "  原地形式: mul_\n");
  out.len = 0;
  cr_assert(catalogue_print(&out, "sum", false) && shows(buffer_cstr(&out), "\n\nsum(self, dim, "));
  out.len = 0;
  cr_assert_not(catalogue_print(&out, "frobnicate", false));
  cr_assert_eq(out.len, 0);
}

Test(catalogue, failed_allocations_fail_the_buffer) {
  for (int all_after = 0; all_after < 2; all_after++)
    for (uint64_t nth = 1;; nth++) {
      buffer_finish(&out);
      mem_fail_at(nth, all_after);
      cr_assert(catalogue_write_one(&out, "mul", 3, false));
      cr_assert(catalogue_print(&out, "sum", false));
      mem_fail_at(0, false);
      if (!out.failed) break;
      cr_assert_lt(nth, 100);
    }
}
