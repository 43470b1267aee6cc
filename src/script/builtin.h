// builtin.h - the functions and methods that are no ops: one row each.
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct interpreter;
struct item;
struct arguments;

typedef struct builtin {
  const char
      *owner; // "" for Python's own, a module ("torch.autograd"), or a type whose method it is ("Tensor")
  const char *name;
  // Parameters, separated by spaces: `x` must be given, `x?` may be, those behind `*` by keyword only. `...`:
  // any number by position, which the function reads from its arguments itself. Methods begin with self.
  const char *params;
  bool (*run)(struct interpreter *in, const struct builtin *b, struct item *a, const struct arguments *all,
              struct item *out);
  double (*math)(double); // of a row of `math`
} builtin;

// builtin_of finds a row; NULL: there is none.
const builtin *builtin_of(const char *owner, const char *name, size_t n);
// builtin_find finds one of Python's own.
const builtin *builtin_find(const char *name, size_t n);
// builtin_acts says whether a method or function of that name does something besides giving a value.
bool builtin_acts(const char *name, size_t n);
// builtin_call lays the arguments out over the parameters and runs it. self, if not NULL, comes first.
bool builtin_call(struct interpreter *in, const builtin *b, const struct item *self,
                  const struct arguments *a, struct item *out);
