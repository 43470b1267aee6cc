// builtin_list.c - lists, and the functions over what can be iterated.
#include "script/builtins.h"
#include <string.h>

static bool copied(interpreter *in, const item *of, item_kind which, item *out) {
  list *from = NULL, *l = list_new(in->pool, which, 0);
  if (!l || (of->kind != ITEM_absent && !item_iterate(in, *of, &from))) return false;
  size_t n = from ? from->n : 0;
  if (!list_reserve(in->pool, l, n) || !spend_on(in, n, 5)) return false;
  for (size_t i = 0; i < n; i++)
    if (!list_append(in->pool, l, from->at[i])) return false;
  return *out = item_object(l), true;
}

BUILTIN(py_list) { return (void)b, (void)all, copied(in, a, ITEM_list, out); }
BUILTIN(py_tuple) { return (void)b, (void)all, copied(in, a, ITEM_tuple, out); }

BUILTIN(py_zip) {
  list *l = list_new(in->pool, ITEM_list, 0), *of[16];
  size_t n = SIZE_MAX;
  (void)b, (void)a;
  if (all->n > 16) return raise_type(in, "zip() of more than 16 things at once");
  for (unsigned k = 0; k < all->n; k++) {
    if (!item_iterate(in, all->at[k], &of[k])) return false;
    if (of[k]->n < n) n = of[k]->n;
  }
  for (size_t i = 0; l && all->n && i < n; i++) {
    size_t mark = pool_enter(in->pool);
    list *row = spend(in, STEP_NS) ? list_new(in->pool, ITEM_tuple, 0) : NULL;
    bool ok = row && list_append(in->pool, l, item_object(row));
    for (unsigned k = 0; ok && k < all->n; k++) ok = list_append(in->pool, row, of[k]->at[i]);
    pool_leave(in->pool, mark);
    if (!ok) return false;
  }
  if (l) *out = item_object(l);
  return l != NULL;
}

BUILTIN(py_enumerate) {
  list *from, *l = list_new(in->pool, ITEM_list, 0);
  int64_t start = 0;
  (void)b, (void)all;
  if (!l || !item_iterate(in, a[0], &from) || (a[1].kind != ITEM_absent && !want_int(in, &a[1], &start)))
    return false;
  for (size_t i = 0; i < from->n; i++) {
    size_t mark = pool_enter(in->pool);
    int64_t number;
    if (__builtin_add_overflow(start, (int64_t)i, &number)) return raise_overflow(in);
    list *row = spend(in, STEP_NS) ? list_new(in->pool, ITEM_tuple, 0) : NULL;
    bool ok = row && list_append(in->pool, l, item_object(row)) &&
              list_append(in->pool, row, item_int(number)) && list_append(in->pool, row, from->at[i]);
    pool_leave(in->pool, mark);
    if (!ok) return false;
  }
  return *out = item_object(l), true;
}

BUILTIN(py_sum) {
  list *from;
  item sum = a[1].kind == ITEM_absent ? item_int(0) : a[1];
  (void)b, (void)all;
  if (sum.kind == ITEM_text) return raise_type(in, "sum() can't sum strings [use ''.join(seq) instead]");
  if (!item_iterate(in, a[0], &from)) return false;
  for (size_t i = 0; i < from->n; i++)
    if (!spend(in, STEP_NS) || !operate(in, OPERATOR_add, sum, from->at[i], &sum)) return false;
  return *out = sum, true;
}

static bool extreme(interpreter *in, const builtin *b, const arguments *all, unsigned better, item *out) {
  list *from = NULL;
  if (all->n_keywords) return raise_type(in, "%s() takes no keyword arguments here", b->name);
  if (!all->n) return raise_type(in, "%s expected at least 1 argument, got 0", b->name);
  if (all->n == 1 && !item_iterate(in, all->at[0], &from)) return false;
  const item *at = from ? from->at : all->at;
  size_t n = from ? from->n : all->n;
  if (!n) return raise_value(in, "%s() arg is an empty sequence", b->name);
  *out = at[0];
  for (size_t i = 1; i < n; i++) {
    item result;
    bool yes;
    if (!spend(in, STEP_NS) || !compare_items(in, better, at[i], *out, &result) ||
        !item_truth(in, result, &yes))
      return false;
    if (yes) *out = at[i];
  }
  return item_borrow(in->pool, out);
}

BUILTIN(py_min) { return (void)a, extreme(in, b, all, COMPARE_lt, out); }
BUILTIN(py_max) { return (void)a, extreme(in, b, all, COMPARE_gt, out); }

static bool until(interpreter *in, const item *of, bool decides, item *out) {
  list *from;
  if (!item_iterate(in, *of, &from)) return false;
  *out = item_bool(!decides);
  for (size_t i = 0; i < from->n; i++) {
    bool holds;
    if (!spend(in, STEP_NS) || !item_truth(in, from->at[i], &holds)) return false;
    if (holds == decides) return *out = item_bool(decides), true;
  }
  return true;
}

BUILTIN(py_all) { return (void)b, (void)all, until(in, a, false, out); }
BUILTIN(py_any) { return (void)b, (void)all, until(in, a, true, out); }

// Merges two sorted runs. Stable; a comparison may fail.
static bool merge(interpreter *in, const item *x, size_t n, const item *y, size_t m, item *to,
                  bool descending) {
  while (n && m) {
    item less;
    bool takes_y;
    if (!spend(in, STEP_NS) ||
        !compare_items(in, COMPARE_lt, descending ? *x : *y, descending ? *y : *x, &less) ||
        !item_truth(in, less, &takes_y))
      return false;
    *to++ = takes_y ? *y : *x;
    if (takes_y)
      y++, m--;
    else
      x++, n--;
  }
  memcpy(to, x, n * sizeof *x);
  memcpy(to + n, y, m * sizeof *y);
  return true;
}

bool sort_items(interpreter *in, item *at, size_t n, bool descending) {
  if (n < 2) return true;
  list *room = list_new(in->pool, ITEM_list, 0);
  if (!room || !list_reserve(in->pool, room, 2 * n)) return false;
  item *from = room->at, *to = room->at + n; // these hold nothing: the list stays empty
  memcpy(from, at, n * sizeof *at);
  for (size_t run = 1; run < n; run *= 2) {
    for (size_t i = 0; i < n; i += 2 * run) {
      size_t first = n - i < run ? n - i : run, second = n - i - first < run ? n - i - first : run;
      if (!merge(in, from + i, first, from + i + first, second, to + i, descending)) return false;
    }
    item *other = from;
    from = to;
    to = other;
  }
  memcpy(at, from, n * sizeof *at);
  return true;
}

BUILTIN(py_sorted) {
  bool descending;
  (void)b, (void)all;
  return copied(in, a, ITEM_list, out) && want_flag(in, &a[1], false, &descending) &&
         sort_items(in, item_list(out)->at, item_list(out)->n, descending);
}

static void turn(list *l) {
  for (size_t i = 0, n = l->n; i < n / 2; i++) {
    item x = l->at[i];
    l->at[i] = l->at[n - 1 - i];
    l->at[n - 1 - i] = x;
  }
}

BUILTIN(py_reversed) {
  (void)b, (void)all;
  if (!copied(in, a, ITEM_list, out)) return false;
  return turn(item_list(out)), true;
}

BUILTIN(list_append_method) {
  return (void)b, (void)all, (void)out, list_append(in->pool, item_list(a), a[1]);
}

BUILTIN(list_extend) {
  (void)b, (void)all;
  item unused;
  *out = item_none();
  list *from;
  return item_iterate(in, a[1], &from) && operate_inplace(in, OPERATOR_add, a[0], item_object(from), &unused);
}

BUILTIN(list_insert) {
  list *l = item_list(a);
  int64_t i;
  (void)b, (void)all, (void)out;
  if (!want_int(in, &a[1], &i) || !list_reserve(in->pool, l, 1)) return false;
  if (i < 0) i = i + (int64_t)l->n < 0 ? 0 : i + (int64_t)l->n;
  if (i > (int64_t)l->n) i = (int64_t)l->n;
  memmove(&l->at[i + 1], &l->at[i], (l->n - (size_t)i) * sizeof *l->at);
  item_hold(&a[2]);
  l->at[i] = a[2];
  l->n++;
  return true;
}

BUILTIN(list_pop) {
  list *l = item_list(a);
  item index = a[1].kind == ITEM_absent ? item_int(-1) : a[1];
  (void)b, (void)all;
  if (!l->n) return raise_as(in, ERR_index_out_of_range, "IndexError", "pop from empty list");
  if (!item_is_integer(&index) || index.i < -(int64_t)l->n || index.i >= (int64_t)l->n)
    return raise_as(in, ERR_index_out_of_range, "IndexError", "pop index out of range");
  return get_item(in, a[0], index, out) && delete_item(in, a[0], index);
}

BUILTIN(list_index) {
  (void)b, (void)all;
  for (size_t i = 0; i < item_list(a)->n; i++) {
    bool same;
    if (!spend(in, STEP_NS) || !items_equal(in, item_list(a)->at[i], a[1], &same)) return false;
    if (same) return *out = item_int((int64_t)i), true;
  }
  return raise_value(in, "the value is not in the %s", item_type(a));
}

BUILTIN(list_count) {
  int64_t n = 0;
  (void)b, (void)all;
  for (size_t i = 0; i < item_list(a)->n; i++) {
    bool same;
    if (!spend(in, STEP_NS) || !items_equal(in, item_list(a)->at[i], a[1], &same)) return false;
    n += same;
  }
  return *out = item_int(n), true;
}

BUILTIN(list_clear) {
  list *l = item_list(a);
  (void)b, (void)all, (void)out;
  while (l->n) {
    item last = l->at[--l->n];
    item_drop(in->pool, &last);
  }
  return true;
}

BUILTIN(list_reverse) { return (void)in, (void)b, (void)all, (void)out, turn(item_list(a)), true; }

BUILTIN(list_sort) {
  bool descending;
  (void)b, (void)all, (void)out;
  return want_flag(in, &a[1], false, &descending) &&
         sort_items(in, item_list(a)->at, item_list(a)->n, descending);
}

BUILTIN(size_numel) {
  int64_t n = 1;
  (void)in, (void)b, (void)all;
  for (size_t i = 0; i < item_list(a)->n; i++) n *= item_list(a)->at[i].i;
  return *out = item_int(n), true;
}
