// iterate.c - what `for` runs over, as a list.
#include "base/utf8.h"
#include "script/interpreter.h"

static bool characters(interpreter *in, const str *t, list **out) {
  list *l = list_new(in->pool, ITEM_list, 0);
  for (size_t at = 0; l && at < t->n;) {
    size_t n = (size_t)utf8_step(t->at + at, t->at + t->n);
    str *one = spend(in, STEP_NS) ? str_new(in->pool, t->at + at, n) : NULL;
    if (!one || !list_append(in->pool, l, item_object(one))) return false;
    at += n;
  }
  return (*out = l) != NULL;
}

static bool numbers(interpreter *in, const range *r, list **out) {
  int64_t n = range_length(r);
  list *l = list_new(in->pool, ITEM_list, 0);
  if (!l || !list_reserve(in->pool, l, (size_t)n) || !spend_on(in, (size_t)n, 4)) return false;
  for (int64_t i = 0; i < n; i++) l->at[l->n++] = item_int(r->start + i * r->step);
  return *out = l, true;
}

bool item_iterate(interpreter *in, item of, list **out) {
  item pieces;
  switch ((item_kind)of.kind) {
  case ITEM_list:
  case ITEM_tuple:
  case ITEM_size: return *out = item_list(&of), true;
  case ITEM_text: return characters(in, item_str(&of), out);
  case ITEM_range: return numbers(in, (const range *)of.o, out);
  case ITEM_tensor:
    if (tensor_rank(&of.v->t) == 0) return raise_type(in, "iteration over a 0-d tensor");
    if (of.v->t.layout->dims[0] == 0) return (*out = list_new(in->pool, ITEM_tuple, 0)) != NULL;
    if (of.v->t.layout->dims[0] > RESULTS_MAX) break;
    if (!call_op_on(in, "unbind", of, (item){0}, &pieces)) return false;
    return *out = item_list(&pieces), true;
  default: return raise_type(in, "'%s' object is not iterable", item_type(&of));
  }
  list *l = list_new(in->pool, ITEM_tuple, 0); // too many for one call: each by itself
  for (int64_t i = 0; l && i < of.v->t.layout->dims[0]; i++)
    if (!get_item(in, of, item_int(i), &pieces) || !list_append(in->pool, l, pieces)) return false;
  return (*out = l) != NULL;
}
