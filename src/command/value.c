#include "command/value.h"
#include <string.h>

static bool array_each(const value *list, value_visit *visit, void *arg) {
  const value *items = list->source[0];
  size_t n = (size_t)(uintptr_t)list->source[1];
  for (size_t i = 0; i < n; i++)
    if (!visit(arg, &items[i])) return false;
  return true;
}

static bool array_tensor(const value *list, autograd *a, dtype want, tensor *out) {
  (void)list, (void)want, (void)out;
  return fail(&a->ctx.fault, ERR_bad_argument, "a list of words is not a tensor");
}

static const list_class ARRAY = {array_each, array_tensor};

value value_list(const value *items, unsigned n) {
  return (value){.kind = VALUE_list, .class = &ARRAY, .source = {items, (const void *)(uintptr_t)n}};
}

value value_split(const char *text, value *items, unsigned most) {
  unsigned n = 0;
  for (bool more = true; more && n < most; n++) {
    size_t len = n + 1 < most ? strcspn(text, ",") : strlen(text);
    items[n] = value_text(text, len);
    more = text[len] == ',';
    text += len + more;
  }
  return value_list(items, n);
}

const char *value_kind_name(const value *v) {
  static const char *const NAMES[] = {"NoneType", "bool", "int", "float", "str", "list", "Tensor"};
  return NAMES[v->kind];
}
