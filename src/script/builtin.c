#include "script/builtin.h"
#include "script/builtins.h"
#include <math.h>
#include <string.h>

#define MATH(f)                                                                                              \
  { "math", #f, "x", math_function, f }

static const builtin ROWS[] = {
    {"", "print", "... * sep? end? flush?", py_print, NULL},
    {"", "len", "obj", py_len, NULL},
    {"", "id", "obj", py_id, NULL},
    {"", "range", "...", py_range, NULL},
    {"", "abs", "x", py_abs, NULL},
    {"", "bool", "x?", py_bool, NULL},
    {"", "int", "x?", py_int, NULL},
    {"", "float", "x?", py_float, NULL},
    {"", "str", "object?", py_str, NULL},
    {"", "repr", "obj", py_repr, NULL},
    {"", "format", "value format_spec?", py_format, NULL},
    {"", "round", "number ndigits?", py_round, NULL},
    {"", "pow", "base exp", py_pow, NULL},
    {"", "list", "iterable?", py_list, NULL},
    {"", "tuple", "iterable?", py_tuple, NULL},
    {"", "zip", "...", py_zip, NULL},
    {"", "enumerate", "iterable start?", py_enumerate, NULL},
    {"", "sum", "iterable start?", py_sum, NULL},
    {"", "min", "...", py_min, NULL},
    {"", "max", "...", py_max, NULL},
    {"", "all", "iterable", py_all, NULL},
    {"", "any", "iterable", py_any, NULL},
    {"", "sorted", "iterable * reverse?", py_sorted, NULL},
    {"", "reversed", "sequence", py_reversed, NULL},

    {"list", "append", "self object", list_append_method, NULL},
    {"list", "extend", "self iterable", list_extend, NULL},
    {"list", "insert", "self index object", list_insert, NULL},
    {"list", "pop", "self index?", list_pop, NULL},
    {"list", "index", "self value", list_index, NULL},
    {"list", "count", "self value", list_count, NULL},
    {"list", "clear", "self", list_clear, NULL},
    {"list", "reverse", "self", list_reverse, NULL},
    {"list", "sort", "self * reverse?", list_sort, NULL},
    {"tuple", "index", "self value", list_index, NULL},
    {"tuple", "count", "self value", list_count, NULL},
    {"torch.Size", "numel", "self", size_numel, NULL},

    {"str", "format", "self ... **", text_format, NULL},
    {"str", "join", "self iterable", text_join, NULL},
    {"str", "upper", "self", text_upper, NULL},
    {"str", "lower", "self", text_lower, NULL},
    {"str", "strip", "self", text_strip, NULL},
    {"str", "split", "self sep?", text_split, NULL},
    {"str", "replace", "self old new", text_replace, NULL},
    {"str", "startswith", "self prefix", text_starts, NULL},
    {"str", "endswith", "self suffix", text_ends, NULL},
    {"str", "ljust", "self width fillchar?", text_ljust, NULL},
    {"str", "rjust", "self width fillchar?", text_rjust, NULL},
    {"str", "center", "self width fillchar?", text_center, NULL},

    MATH(sqrt),
    MATH(exp),
    MATH(log2),
    MATH(log10),
    MATH(log1p),
    MATH(expm1),
    MATH(sin),
    MATH(cos),
    MATH(tan),
    MATH(asin),
    MATH(acos),
    MATH(atan),
    MATH(sinh),
    MATH(cosh),
    MATH(tanh),
    MATH(asinh),
    MATH(acosh),
    MATH(atanh),
    MATH(erf),
    MATH(erfc),
    MATH(fabs),
    {"math", "gamma", "x", math_function, tgamma},
    {"math", "lgamma", "x", math_function, lgamma},
    {"math", "log", "x base?", math_log, NULL},
    {"math", "pow", "x y", math_pow, NULL},
    {"math", "atan2", "y x", math_atan2, NULL},
    {"math", "floor", "x", math_floor, NULL},
    {"math", "ceil", "x", math_ceil, NULL},
    {"math", "isnan", "x", math_isnan, NULL},
    {"math", "isinf", "x", math_isinf, NULL},
    {"math", "isfinite", "x", math_isfinite, NULL},

    {"torch", "tensor", "data * dtype? requires_grad?", torch_tensor, NULL},
    {"torch", "manual_seed", "seed", torch_manual_seed, NULL},
    {"torch", "no_grad", "", torch_no_grad, NULL},
    {"torch", "enable_grad", "", torch_enable_grad, NULL},
    {"torch", "set_grad_enabled", "mode", torch_set_grad_enabled, NULL},
    {"torch", "is_grad_enabled", "", torch_is_grad_enabled, NULL},
    {"torch", "is_tensor", "obj", torch_is_tensor, NULL},
    {"torch", "allclose", "input other rtol? atol?", torch_allclose, NULL},
    {"torch", "equal", "input other", torch_equal, NULL},
    {"torch", "numel", "input", tensor_numel_method, NULL},
    {"torch.autograd", "backward",
     "tensors grad_tensors? retain_graph? create_graph? grad_variables? inputs?", autograd_backward_function,
     NULL},
    {"torch.autograd", "grad",
     "outputs inputs grad_outputs? retain_graph? create_graph? only_inputs? allow_unused?",
     autograd_grad_function, NULL},
    {"torch.optim", "SGD", "params lr? momentum? dampening? weight_decay? nesterov? * maximize?", optim_sgd,
     NULL},
    {"torch.optim", "Adam", "params lr? betas? eps? weight_decay? amsgrad? * maximize?", optim_adam, NULL},
    {"torch.optim", "AdamW", "params lr? betas? eps? weight_decay? amsgrad? * maximize?", optim_adamw, NULL},

    {"Tensor", "backward", "self gradient? retain_graph? create_graph? inputs?", tensor_backward_method,
     NULL},
    {"Tensor", "retain_grad", "self", tensor_retain_grad, NULL},
    {"Tensor", "item", "self", tensor_item, NULL},
    {"Tensor", "tolist", "self", tensor_tolist, NULL},
    {"Tensor", "size", "self dim?", tensor_size, NULL},
    {"Tensor", "dim", "self", tensor_dim, NULL},
    {"Tensor", "ndimension", "self", tensor_dim, NULL},
    {"Tensor", "numel", "self", tensor_numel_method, NULL},
    {"Tensor", "nelement", "self", tensor_numel_method, NULL},
    {"Tensor", "is_contiguous", "self", tensor_is_contiguous, NULL},
    {"Tensor", "is_floating_point", "self", tensor_is_floating_point, NULL},
    {"Tensor", "allclose", "self other rtol? atol?", torch_allclose, NULL},
    {"Tensor", "equal", "self other", torch_equal, NULL},
    {"Node", "name", "self", node_name_method, NULL},
    {"Optimizer", "step", "self", optimizer_step_method, NULL},
    {"Optimizer", "zero_grad", "self set_to_none?", optimizer_zero_grad_method, NULL},
};
enum { ROW_COUNT = sizeof ROWS / sizeof *ROWS };

const builtin *builtin_of(const char *owner, const char *text, size_t n) {
  for (int i = 0; i < ROW_COUNT; i++)
    if (ROWS[i].name[0] == *text && strlen(ROWS[i].name) == n && !memcmp(ROWS[i].name, text, n) &&
        !strcmp(ROWS[i].owner, owner))
      return &ROWS[i];
  return NULL;
}

const builtin *builtin_find(const char *text, size_t n) { return builtin_of("", text, n); }

bool builtin_acts(const char *text, size_t n) {
  static const char *const WORDS[] = {"print", "append",    "extend",      "insert",      "pop",
                                      "clear", "reverse",   "sort",        "backward",    "grad",
                                      "step",  "zero_grad", "retain_grad", "manual_seed", "set_grad_enabled"};
  if (n && text[n - 1] == '_') return true;
  for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
    if (strlen(WORDS[i]) == n && !memcmp(WORDS[i], text, n)) return true;
  return false;
}

// ---- arguments over parameters

enum { PARAMS_MOST = 10 };
struct params {
  unsigned n;
  int positional; // how many may be given by position; -1: any number, which the function reads itself
  bool any_keyword;
  struct {
    const char *name;
    size_t n;
    bool required;
  } at[PARAMS_MOST];
};

static void read_params(const char *text, struct params *p) {
  bool by_name = false;
  while (*text) {
    size_t n = strcspn(text, " ");
    if (n == 3 && !memcmp(text, "...", 3))
      p->positional = -1, by_name = true;
    else if (n == 2 && !memcmp(text, "**", 2))
      p->any_keyword = true;
    else if (*text == '*')
      by_name = true;
    else {
      bool optional = text[n - 1] == '?';
      p->at[p->n].name = text;
      p->at[p->n].n = n - optional;
      p->at[p->n++].required = !optional;
      if (!by_name) p->positional++;
    }
    text += n;
    text += *text == ' ';
  }
}

static struct params params[ROW_COUNT];

__attribute__((constructor)) static void read_all_params(void) {
  for (int i = 0; i < ROW_COUNT; i++) read_params(ROWS[i].params, &params[i]);
}

static bool lay_out(interpreter *in, const builtin *b, const struct params *p, unsigned own,
                    const arguments *all, item *a) {
  unsigned positional = all->n - all->n_keywords;
  int most = p->positional < 0 ? -1 : p->positional - (int)own;
  if (most >= 0 && positional > (unsigned)most)
    return raise_type(in, "%s() takes %s%d positional argument%s but %u %s given", b->name,
                      p->n && !p->at[p->n - 1].required ? "at most " : "", most, most == 1 ? "" : "s",
                      positional, positional == 1 ? "was" : "were");
  for (unsigned i = 0; most >= 0 && i < positional; i++) a[own + i] = all->at[i];
  for (unsigned k = 0; k < all->n_keywords && !p->any_keyword; k++) {
    ident word = all->keywords[k];
    unsigned i = own;
    while (i < p->n && !(p->at[i].n == word.n && !memcmp(p->at[i].name, word.text, word.n))) i++;
    int shown = (int)(word.n < 64 ? word.n : 64);
    if (i == p->n && p->positional < 0)
      return raise_type(in, "'%.*s' is an invalid keyword argument for %s()", shown, word.text, b->name);
    if (i == p->n)
      return raise_type(in, "%s() got an unexpected keyword argument '%.*s'", b->name, shown, word.text);
    if (a[i].kind != ITEM_absent)
      return raise_type(in, "%s() got multiple values for argument '%.*s'", b->name, shown, word.text);
    a[i] = all->at[positional + k];
  }
  for (unsigned i = own; i < p->n; i++)
    if (p->at[i].required && a[i].kind == ITEM_absent)
      return raise_type(in, "%s() missing 1 required positional argument: '%.*s'", b->name, (int)p->at[i].n,
                        p->at[i].name);
  return true;
}

bool builtin_call(interpreter *in, const builtin *b, const item *self, const arguments *all, item *out) {
  item a[PARAMS_MOST] = {{0}};
  if (self) a[0] = *self;
  *out = item_none();
  return lay_out(in, b, &params[b - ROWS], self != NULL, all, a) && b->run(in, b, a, all, out);
}
