#include "command/fit.h"
#include <math.h>
#include <string.h>

const char *fit_wanted(const struct arg *a) {
  switch ((arg_kind)a->kind) {
  case ARG_tensor:
  case ARG_tensor_optional: return "Tensor";
  case ARG_tensors: return "tuple of Tensors";
  case ARG_int:
  case ARG_int_optional: return "int";
  case ARG_dims:
  case ARG_sizes: return "tuple of ints";
  case ARG_bool: return "bool";
  case ARG_float: return "float";
  case ARG_scalar:
  case ARG_promote: return "Number";
  case ARG_dtype: return "torch.dtype";
  case ARG_choice: return "str";
  case ARG_only: return *a->choices ? a->choices : "None";
  case ARG_index: return "index";
  }
  return "value";
}

// JSON has no literal for these three.
value fit_number(const value *v) {
  static const struct {
    const char *word;
    double d;
  } WORDS[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
  for (size_t i = 0; v->kind == VALUE_text && i < sizeof WORDS / sizeof *WORDS; i++)
    if (strlen(WORDS[i].word) == v->n && !memcmp(WORDS[i].word, v->text, v->n))
      return (value){.kind = VALUE_float, .d = WORDS[i].d};
  return *v;
}

struct all_ints {
  bool yes;
  int n;
};
static bool count_int(void *arg, const value *item) {
  struct all_ints *a = arg;
  a->n++;
  return a->yes = item->kind == VALUE_int && a->n <= RANK_MAX;
}
static bool is_ints(const value *v) {
  struct all_ints a = {true, 0};
  v->class->each(v, count_int, &a);
  return a.yes;
}

bool fit_choice(const char *words, const char *text, size_t n, int *position) {
  for (int i = 0; *words; i++) {
    size_t len = strcspn(words, "|");
    if (len == n && !memcmp(words, text, n)) return *position = i, true;
    words += len + (words[len] == '|');
  }
  return false;
}

bool fit_arg(const struct op *o, const struct arg *a, const value *v) {
  int unused;
  if (v->kind == VALUE_none && (!a->required || a->fallback)) return true;
  switch ((arg_kind)a->kind) {
  case ARG_tensor:
  case ARG_tensor_optional: return v->kind != VALUE_none && !(o->flags & ROW_no_numbers && fit_is_number(v));
  case ARG_tensors: return v->kind == VALUE_list;
  case ARG_int:
  case ARG_int_optional: return v->kind == VALUE_int;
  case ARG_dims:
  case ARG_sizes: return v->kind == VALUE_int || (v->kind == VALUE_list && is_ints(v));
  case ARG_bool: return v->kind == VALUE_bool || (v->kind == VALUE_int && (v->i == 0 || v->i == 1));
  case ARG_float:
  case ARG_scalar:
  case ARG_promote: {
    value number = fit_number(v);
    return fit_is_number(&number);
  }
  case ARG_dtype: return v->kind == VALUE_text && dtype_parse(v->text, v->n) != DT_none;
  case ARG_only:
  case ARG_choice: return v->kind == VALUE_text && fit_choice(a->choices, v->text, v->n, &unused);
  case ARG_index: return true; // what is no index is found on reading it
  }
  return false;
}
