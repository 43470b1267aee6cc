// fit.h - does a value fit a kind of argument? Without resolving anything.
#pragma once
#include "command/value.h"

bool fit_arg(const struct op *o, const struct arg *a, const value *v);
const char *fit_wanted(const struct arg *a); // what an argument must be, for messages: "tuple of ints"
// fit_number turns "NaN" and "Infinity" into the numbers they stand for wherever a number may stand.
value fit_number(const value *v);
static inline bool fit_is_number(const value *v) {
  return v->kind == VALUE_int || v->kind == VALUE_float || v->kind == VALUE_bool;
}
// fit_choice finds a word among "none|mean|sum".
bool fit_choice(const char *words, const char *text, size_t n, int *position);
