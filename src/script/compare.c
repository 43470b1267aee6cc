// compare.c - truth and comparisons: of Python's values here, of tensors by their ops.
#include "script/interpreter.h"
#include <math.h>
#include <string.h>

// ---- truth

bool item_truth(interpreter *in, item x, bool *out) {
  switch ((item_kind)x.kind) {
  case ITEM_none: return *out = false, true;
  case ITEM_bool:
  case ITEM_int: return *out = x.i != 0, true;
  case ITEM_float: return *out = x.d != 0, true;
  case ITEM_text: return *out = item_str(&x)->n > 0, true;
  case ITEM_list:
  case ITEM_tuple:
  case ITEM_size: return *out = item_list(&x)->n > 0, true;
  case ITEM_range: return *out = range_length((const range *)x.o) > 0, true;
  case ITEM_tensor: {
    int64_t n = tensor_numel(&x.v->t);
    if (n != 1)
      return raise_as(in, ERR_bad_argument, "RuntimeError", "Boolean value of Tensor with %s is ambiguous",
                      n ? "more than one value" : "no values");
    return *out = scalar_f64(tensor_read(&x.v->t, 0)) != 0, true;
  }
  default: return *out = true, true;
  }
}

// ---- comparison

static const struct {
  const char *sign, *op, *mirrored;
} COMPARISONS[] = {{"<", "lt", "gt"},  {"<=", "le", "ge"}, {"==", "eq", "eq"},
                   {"!=", "ne", "ne"}, {">", "gt", "lt"},  {">=", "ge", "le"}};

static bool integers(item a, item b) { return item_is_integer(&a) && item_is_integer(&b); }

static int order_of(double a, double b) { return (a > b) - (a < b); }

// Of two numbers: -1, 0, 1, or 2 where they have no order.
static int order_numbers(item a, item b) {
  if (integers(a, b)) return (a.i > b.i) - (a.i < b.i);
  double x = item_double(&a), y = item_double(&b);
  return isnan(x) || isnan(y) ? 2 : order_of(x, y);
}

static bool compare_deep(interpreter *in, unsigned which, item a, item b, item *out);

static bool equal_lists(interpreter *in, const list *x, const list *y, bool *out) {
  *out = x->n == y->n;
  for (size_t i = 0; *out && i < x->n; i++) {
    item same;
    if (!spend(in, STEP_NS)) return false;
    if (x->at[i].kind == ITEM_tensor && y->at[i].kind == ITEM_tensor && x->at[i].v == y->at[i].v) continue;
    if (!compare_deep(in, COMPARE_eq, x->at[i], y->at[i], &same) || !item_truth(in, same, out)) return false;
  }
  return true;
}

static bool order_texts(const str *x, const str *y, int *order) {
  size_t n = x->n < y->n ? x->n : y->n;
  int c = memcmp(x->at, y->at, n);
  *order = c ? (c > 0) - (c < 0) : (x->n > y->n) - (x->n < y->n);
  return true;
}

// a == b for what has no order.
static bool identical(item a, item b) {
  if (a.kind != b.kind) return false;
  switch ((item_kind)a.kind) {
  case ITEM_none:
  case ITEM_ellipsis: return true;
  case ITEM_dtype:
  case ITEM_op: return a.i == b.i && a.inplace == b.inplace;
  case ITEM_module: return !strcmp(a.module, b.module);
  case ITEM_node: return ((graph_node *)a.o)->n == ((graph_node *)b.o)->n;
  default: return a.o == b.o;
  }
}

static bool compare_sequences(interpreter *in, unsigned which, item a, item b, item *out) {
  const list *x = item_list(&a), *y = item_list(&b);
  bool same;
  if (which == COMPARE_eq || which == COMPARE_ne) {
    if (!equal_lists(in, x, y, &same)) return false;
    return *out = item_bool(same == (which == COMPARE_eq)), true;
  }
  for (size_t i = 0; i < x->n && i < y->n; i++) {
    if (!spend(in, STEP_NS) || !compare_deep(in, COMPARE_eq, x->at[i], y->at[i], out) ||
        !item_truth(in, *out, &same))
      return false;
    if (!same) return compare_deep(in, which, x->at[i], y->at[i], out);
  }
  return compare_items(in, which, item_int((int64_t)x->n), item_int((int64_t)y->n), out);
}

static bool compare_plain(interpreter *in, unsigned which, item a, item b, item *out) {
  bool equality = which == COMPARE_eq || which == COMPARE_ne;
  int order;
  if (item_is_number(&a) && item_is_number(&b))
    order = order_numbers(a, b);
  else if (a.kind == ITEM_text && b.kind == ITEM_text)
    order_texts(item_str(&a), item_str(&b), &order);
  else if (item_is_list(&a) && item_is_list(&b) && (a.kind == ITEM_list) == (b.kind == ITEM_list))
    return compare_sequences(in, which, a, b, out);
  else if (equality)
    order = identical(a, b) ? 0 : 2;
  else
    return raise_type(in, "'%s' not supported between instances of '%s' and '%s'", COMPARISONS[which].sign,
                      item_type(&a), item_type(&b));
  bool holds = order == 2            ? which == COMPARE_ne
               : which == COMPARE_lt ? order < 0
               : which == COMPARE_le ? order <= 0
               : which == COMPARE_eq ? order == 0
               : which == COMPARE_ne ? order != 0
               : which == COMPARE_gt ? order > 0
                                     : order >= 0;
  return *out = item_bool(holds), true;
}

static bool contains(interpreter *in, item x, item in_what, bool *out) {
  if (in_what.kind == ITEM_text) {
    if (x.kind != ITEM_text)
      return raise_type(in, "'in <string>' requires string as left operand, not %s", item_type(&x));
    const str *whole = item_str(&in_what), *part = item_str(&x);
    return *out = memmem(whole->at, whole->n, part->at, part->n) != NULL, true;
  }
  if (in_what.kind == ITEM_tensor || (!item_is_list(&in_what) && in_what.kind != ITEM_range))
    return raise_type(in, "argument of type '%s' is not iterable here", item_type(&in_what));
  if (in_what.kind == ITEM_range && item_is_integer(&x)) {
    const range *r = (const range *)in_what.o;
    bool inside = r->step > 0 ? x.i >= r->start && x.i < r->stop : x.i <= r->start && x.i > r->stop;
    uint64_t up = (uint64_t)x.i - (uint64_t)r->start, by = (uint64_t)r->step;
    return *out = inside && (r->step > 0 ? up % by : (0 - up) % (0 - by)) == 0, true;
  }
  list *l;
  if (!item_iterate(in, in_what, &l)) return false;
  *out = false;
  for (size_t i = 0; !*out && i < l->n; i++) {
    item same;
    if (!spend(in, STEP_NS) || !compare_items(in, COMPARE_eq, l->at[i], x, &same) ||
        !item_truth(in, same, out))
      return false;
  }
  return true;
}

static bool is_same(item a, item b) {
  if (a.kind == ITEM_tensor && b.kind == ITEM_tensor) return a.v == b.v;
  if (item_is_number(&a)) return a.kind == b.kind && order_numbers(a, b) == 0;
  return identical(a, b);
}

static bool compare_deep(interpreter *in, unsigned which, item a, item b, item *out) {
  if (in->depth >= DEPTH_MAX)
    return raise_as(in, ERR_bad_script, "RecursionError", "maximum recursion depth exceeded in comparison");
  in->depth++;
  bool ok = compare_items(in, which, a, b, out);
  in->depth--;
  return ok;
}

bool compare_items(interpreter *in, unsigned which, item a, item b, item *out) {
  bool holds;
  switch (which) {
  case COMPARE_in:
  case COMPARE_not_in:
    if (!contains(in, a, b, &holds)) return false;
    return *out = item_bool(holds == (which == COMPARE_in)), true;
  case COMPARE_is: return *out = item_bool(is_same(a, b)), true;
  case COMPARE_is_not: return *out = item_bool(!is_same(a, b)), true;
  default: break;
  }
  bool left = a.kind == ITEM_tensor, right = b.kind == ITEM_tensor;
  if (left && (right || item_is_number(&b))) return call_op_on(in, COMPARISONS[which].op, a, b, out);
  if (right && item_is_number(&a)) return call_op_on(in, COMPARISONS[which].mirrored, b, a, out);
  return compare_plain(in, which, a, b, out);
}

bool items_equal(interpreter *in, item a, item b, bool *out) {
  item same;
  return compare_items(in, COMPARE_eq, a, b, &same) && item_truth(in, same, out);
}
