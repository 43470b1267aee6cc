// value.h - an argument before the op's signature has said what it is: what JSON, a query string, a script or
// a test gives. Borrowed throughout: a value lives as long as what it was read from.
#pragma once
#include "autograd/op.h"

typedef enum value_kind {
  VALUE_none,
  VALUE_bool,
  VALUE_int,
  VALUE_float,
  VALUE_text,
  VALUE_list,
  VALUE_var
} value_kind;

typedef struct value value;

// How to look into a list, whatever it is written in.
typedef bool value_visit(void *arg, const value *item); // false stops
typedef struct list_class {
  bool (*each)(const value *list, value_visit *visit, void *arg); // false: stopped, or a fault
  // The list as a literal tensor (nested numbers), in dtype `want` or as torch.tensor would infer it.
  bool (*tensor)(const value *list, autograd *a, dtype want, tensor *out);
} list_class;

struct value {
  value_kind kind;
  union {
    int64_t i; // bool and int
    double d;
    struct {
      const char *text; // a name or a word; UTF-8, not NUL-terminated
      size_t n;
    };
    struct {
      const list_class *class;
      const void *source[4]; // the class's own
    };
    var *v;
  };
};

static inline value value_text(const char *text, size_t n) {
  return (value){VALUE_text, {.text = text, .n = n}};
}
static inline value value_int(int64_t i) { return (value){VALUE_int, {.i = i}}; }
static inline value value_var(var *v) { return (value){.kind = VALUE_var, .v = v}; }

const char *value_kind_name(const value *v); // the Python type of such a value: "float", "NoneType"

typedef struct keyword {
  const char *name; // not NUL-terminated
  size_t n;
  value value;
} keyword;

// value_list makes a list of an array, which must live as long. It is no literal tensor.
value value_list(const value *items, unsigned n);
// value_split makes the list of the texts between commas; items beyond `most` are left in the last one.
value value_split(const char *text, value *items, unsigned most);
