// subscript.c - x[...]: of lists, texts, ranges and tensors.
#include "base/utf8.h"
#include "script/interpreter.h"
#include <stdio.h>
#include <string.h>

__extension__ typedef __int128 wide; // spans of ranges that reach from end to end

int64_t range_length(const range *r) {
  wide span = r->step > 0 ? (wide)r->stop - r->start : (wide)r->start - r->stop;
  wide step = r->step > 0 ? r->step : -(wide)r->step;
  return span <= 0 ? 0
                   : (int64_t)((span + step - 1) / step > INT64_MAX ? INT64_MAX : (span + step - 1) / step);
}

static bool as_integer(const item *x, int64_t *out) {
  if (item_is_integer(x)) return *out = x->i, true;
  if (x->kind != ITEM_tensor || tensor_numel(&x->v->t) != 1 || dtype_is_float((dtype)x->v->t.dtype))
    return false;
  return *out = tensor_read(&x->v->t, 0).i, true;
}

// ---- slices, as Python adjusts them to a length

struct window {
  int64_t start, end, step, n;
};

static bool slice_bound(interpreter *in, const item *x, int64_t fallback, int64_t *out) {
  if (x->kind == ITEM_none) return *out = fallback, true;
  return as_integer(x, out) ||
         raise_type(in, "slice indices must be integers or None or have an __index__ method");
}

static int64_t clip(int64_t i, int64_t n, int64_t low, int64_t high) {
  if (i < 0) i = i < -n ? low : i + n;
  return i < low ? low : i > high ? high : i;
}

static bool window_of(interpreter *in, const slice *s, int64_t n, struct window *w) {
  int64_t start = 0, end = 0;
  if (!slice_bound(in, &s->part[2], 1, &w->step)) return false;
  if (w->step == 0) return raise_value(in, "slice step cannot be zero");
  if (w->step < -INT64_MAX) w->step = -INT64_MAX;
  bool up = w->step > 0;
  if (!slice_bound(in, &s->part[0], up ? 0 : INT64_MAX, &start) ||
      !slice_bound(in, &s->part[1], up ? INT64_MAX : INT64_MIN, &end))
    return false;
  int64_t low = up ? 0 : -1, high = up ? n : n - 1;
  w->start = clip(start, n, low, high);
  end = s->part[1].kind == ITEM_none && !up ? -1 : clip(end, n, low, high);
  w->end = end;
  range r = {.start = w->start, .stop = end, .step = w->step};
  w->n = range_length(&r);
  return true;
}

static bool position(interpreter *in, const item *index, int64_t n, const char *of, int64_t *out) {
  if (!as_integer(index, out))
    return raise_type(in, "%s indices must be integers or slices, not %s", of, item_type(index));
  if (*out < 0) *out += n;
  return (*out >= 0 && *out < n) ||
         raise_as(in, ERR_index_out_of_range, "IndexError", "%s index out of range", of);
}

// ---- lists

static bool list_part(interpreter *in, const list *l, const item *index, item *out) {
  int64_t i;
  struct window w;
  const char *of = l->head.kind == ITEM_list ? "list" : "tuple";
  if (index->kind != ITEM_slice) {
    if (!position(in, index, (int64_t)l->n, of, &i)) return false;
    return *out = l->at[i], item_borrow(in->pool, out);
  }
  if (!window_of(in, (const slice *)index->o, (int64_t)l->n, &w) || !spend_on(in, (size_t)w.n, 5))
    return false;
  list *part = list_new(in->pool, l->head.kind, 0);
  if (!part || !list_reserve(in->pool, part, (size_t)w.n)) return false;
  for (int64_t k = 0; k < w.n; k++)
    if (!list_append(in->pool, part, l->at[w.start + k * w.step])) return false;
  return *out = item_object(part), true;
}

// ---- texts, by characters

static size_t byte_of(const str *t, int64_t character) {
  size_t at = 0;
  while (character-- > 0 && at < t->n) at += (size_t)utf8_step(t->at + at, t->at + t->n);
  return at;
}

static bool text_part(interpreter *in, const str *t, const item *index, item *out) {
  int64_t n = 0;
  struct window w = {.step = 1, .n = 1};
  if (!spend_on(in, t->n, 2)) return false;
  for (size_t i = 0; i < t->n; i++) n += ((unsigned char)t->at[i] & 0xC0) != 0x80;
  if (index->kind == ITEM_slice ? !window_of(in, (const slice *)index->o, n, &w)
                                : !position(in, index, n, "string", &w.start))
    return false;
  buffer b = text_buffer(in);
  bool plain = t->n == (size_t)n, ok = true;
  buffer_reserve(&b, (size_t)w.n);
  for (int64_t k = 0; ok && k < w.n; k++) {
    size_t at = plain ? (size_t)(w.start + k * w.step) : byte_of(t, w.start + k * w.step);
    ok = plain || spend_on(in, at, 1);
    buffer_put(&b, t->at + at, (size_t)utf8_step(t->at + at, t->at + t->n));
  }
  ok = ok && str_from(in, &b, out);
  buffer_finish(&b);
  return ok;
}

static bool range_part(interpreter *in, const range *r, const item *index, item *out) {
  int64_t i, n = range_length(r);
  struct window w;
  if (index->kind != ITEM_slice) {
    if (!position(in, index, n, "range object", &i)) return false;
    return *out = item_int(r->start + i * r->step), true;
  }
  range *part = object_new(in->pool, ITEM_range, sizeof *part);
  if (!part || !window_of(in, (const slice *)index->o, n, &w)) return false;
  wide first = r->start + (wide)w.start * r->step, end = r->start + (wide)w.end * r->step;
  wide step = (wide)r->step * w.step;
  part->start = (int64_t)first;
  part->step = (int64_t)step;
  part->stop = (int64_t)end;
  if (part->start != first || part->step != step || part->stop != end) return raise_overflow(in);
  return *out = item_object(part), true;
}

// ---- tensors: the index as index.h reads it, slices as text

enum { SLICE_TEXT = 80 };

static bool index_value(interpreter *in, const item *x, char text[SLICE_TEXT], value *out) {
  int64_t i, bounds[3];
  if (x->kind == ITEM_none) return *out = (value){.kind = VALUE_none}, true;
  if (x->kind == ITEM_ellipsis) return *out = value_text("...", 3), true;
  if (x->kind != ITEM_bool && as_integer(x, &i)) return *out = value_int(i), true;
  if (x->kind != ITEM_slice)
    return raise_as(in, ERR_index_out_of_range, "IndexError",
                    "only integers, slices (`:`), ellipsis (`...`) and None are valid indices here (got %s)",
                    item_type(x));
  size_t n = 0;
  for (int k = 0; k < 3; k++) {
    const item *part = &((const slice *)x->o)->part[k];
    if (k) text[n++] = ':';
    if (part->kind == ITEM_none) continue;
    if (!slice_bound(in, part, 0, &bounds[k])) return false;
    n += (size_t)snprintf(text + n, SLICE_TEXT - n, "%lld", (long long)bounds[k]);
  }
  return *out = value_text(text, n), true;
}

static bool index_each(const value *v, value_visit *visit, void *arg) {
  const list *l = v->source[0];
  interpreter *in = (interpreter *)(uintptr_t)v->source[1];
  char text[SLICE_TEXT];
  for (size_t i = 0; i < l->n; i++) {
    value x;
    if (!index_value(in, &l->at[i], text, &x) || !visit(arg, &x)) return false;
  }
  return true;
}

static bool index_tensor(const value *v, autograd *a, dtype want, tensor *out) {
  (void)v, (void)want, (void)out;
  return fail(&a->ctx.fault, ERR_bad_argument, "an index is no tensor");
}
static const list_class INDEX = {index_each, index_tensor};

static bool run_indexed(interpreter *in, const char *op, item of, const item *index, const item *written,
                        item *out) {
  char text[SLICE_TEXT];
  value args[3] = {value_var(of.v)};
  bound b;
  var *results[1];
  unsigned n;
  if (index->kind == ITEM_tuple)
    args[1] = (value){.kind = VALUE_list, .class = &INDEX, .source = {index->o, in}};
  else if (!index_value(in, index, text, &args[1]))
    return false;
  if (written) {
    if (written->kind == ITEM_tensor)
      args[2] = value_var(written->v);
    else if (written->kind == ITEM_float)
      args[2] = (value){.kind = VALUE_float, .d = written->d};
    else if (item_is_integer(written))
      args[2] = (value){.kind = written->kind == ITEM_bool ? VALUE_bool : VALUE_int, .i = written->i};
    else
      return raise_type(in, "can't assign a %s to a torch.%sTensor", item_type(written),
                        DTYPE_ROWS[of.v->t.dtype].word);
  }
  bool ok = bind_op(in->s, op, strlen(op), args, written ? 3 : 2, NULL, 0, &b) && spend(in, bound_cost(&b)) &&
            bound_run(in->s, &b, results, 1, &n);
  bound_finish(&b);
  if (ok) *out = item_var(results[0]);
  return ok;
}

// ---- rows by number, and elements by a mask

static bool is_mask(const item *index) { return index->kind == ITEM_tensor && index->v->t.dtype == DT_bool; }

// x[[2, 0]], x[indices]: rows in that order.
static bool picks_rows(const item *index) {
  if (index->kind == ITEM_tensor) return index->v->t.dtype == DT_int64 && tensor_rank(&index->v->t) == 1;
  return index->kind == ITEM_list;
}

static bool mask_fits(interpreter *in, const tensor *x, const tensor *mask) {
  if (layout_same_dims(x->layout, mask->layout)) return true;
  bool rows = tensor_rank(mask) == 1 && tensor_rank(x) > 1 && x->layout->dims[0] == mask->layout->dims[0];
  return rows || raise_as(in, ERR_index_out_of_range, "IndexError",
                          "The shape of the mask %s does not match the shape of the indexed tensor %s",
                          layout_text(mask->layout), layout_text(x->layout));
}

// Where a mask holds, as a tensor of numbers.
static bool positions(interpreter *in, const tensor *mask, item *out) {
  int64_t n = tensor_numel(mask), found = 0;
  tensor t;
  if (!spend_on(in, (size_t)n, 10)) return false;
  for (int64_t i = 0; i < n; i++) found += tensor_read(mask, i).i != 0;
  if (!tensor_new_sizes(&in->s->ag.ctx, &t, DT_int64, 1, &found)) return false;
  int64_t *to = tensor_data(&t);
  for (int64_t i = 0; i < n; i++)
    if (tensor_read(mask, i).i) *to++ = i;
  var *v = scope_own(&in->s->ag, var_new(&in->s->ag, t));
  if (v) *out = item_var(v);
  return v != NULL;
}

static bool tensor_part(interpreter *in, item of, const item *index, item *out) {
  item rows = *index;
  var *v;
  if (is_mask(index)) {
    const tensor *mask = &index->v->t;
    if (!mask_fits(in, &of.v->t, mask) || !positions(in, mask, &rows)) return false;
    bool each = tensor_rank(mask) != 1 || tensor_rank(&of.v->t) == 1;
    if (each && !call_op_on(in, "reshape", of, item_int(-1), &of)) return false;
  } else if (index->kind == ITEM_list) {
    if (!literal_tensor(in, *index, DT_none, &v)) return false;
    rows = item_var(v);
  } else if (!picks_rows(index))
    return run_indexed(in, "getitem", of, index, NULL, out);
  item all[] = {of, item_int(0), rows};
  return call_op(in, "index_select", 12, &(arguments){all, 3, 0, NULL}, out);
}

// x[mask] = one number.
static bool write_masked(interpreter *in, item of, item mask, item x) {
  item unused, shape;
  if (!mask_fits(in, &of.v->t, &mask.v->t)) return false;
  if (x.kind == ITEM_tensor && tensor_rank(&x.v->t) > 0)
    return raise_as(in, ERR_shape_mismatch, NULL,
                    "where a mask holds, one number can be written, not a tensor of shape %s",
                    layout_text(x.v->t.layout));
  if (tensor_rank(&mask.v->t) != tensor_rank(&of.v->t)) { // rows: a column of truth
    list *sizes = list_new(in->pool, ITEM_tuple, (size_t)tensor_rank(&of.v->t));
    if (!sizes) return false;
    for (size_t i = 0; i < sizes->n; i++) sizes->at[i] = item_int(i ? 1 : mask.v->t.layout->dims[0]);
    shape = item_object(sizes);
    if (!call_op_on(in, "reshape", mask, shape, &mask)) return false;
  }
  item all[] = {of, mask, x};
  return call_op(in, "masked_fill_", 12, &(arguments){all, 3, 0, NULL}, &unused);
}

// ---- any

bool get_item(interpreter *in, item of, item index, item *out) {
  switch ((item_kind)of.kind) {
  case ITEM_list:
  case ITEM_tuple:
  case ITEM_size: return list_part(in, item_list(&of), &index, out);
  case ITEM_text: return text_part(in, item_str(&of), &index, out);
  case ITEM_range: return range_part(in, (const range *)of.o, &index, out);
  case ITEM_tensor: return tensor_part(in, of, &index, out);
  default: return raise_type(in, "'%s' object is not subscriptable", item_type(&of));
  }
}

bool set_item(interpreter *in, item of, item index, item x) {
  int64_t i = 0;
  item unused;
  if (of.kind == ITEM_tensor && is_mask(&index)) return write_masked(in, of, index, x);
  if (of.kind == ITEM_tensor) return run_indexed(in, "setitem_", of, &index, &x, &unused);
  if (of.kind != ITEM_list)
    return raise_type(in, "'%s' object does not support item assignment", item_type(&of));
  list *l = item_list(&of);
  if (index.kind == ITEM_slice)
    return raise_type(in, "assigning to a slice of a list is not part of this language");
  if (!as_integer(&index, &i))
    return raise_type(in, "list indices must be integers or slices, not %s", item_type(&index));
  if (i < 0) i += (int64_t)l->n;
  if (i < 0 || i >= (int64_t)l->n)
    return raise_as(in, ERR_index_out_of_range, "IndexError", "list assignment index out of range");
  item old = l->at[i];
  item_hold(&x);
  l->at[i] = x;
  item_drop(in->pool, &old);
  return true;
}

bool delete_item(interpreter *in, item of, item index) {
  int64_t i = 0;
  if (of.kind != ITEM_list)
    return raise_type(in, "'%s' object doesn't support item deletion", item_type(&of));
  list *l = item_list(&of);
  if (!position(in, &index, (int64_t)l->n, "list", &i)) return false;
  item old = l->at[i];
  memmove(&l->at[i], &l->at[i + 1], (l->n - (size_t)i - 1) * sizeof *l->at);
  l->n--;
  item_drop(in->pool, &old);
  return true;
}
