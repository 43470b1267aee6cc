// builtin_text.c - the methods of str.
#include "base/utf8.h"
#include "script/builtins.h"
#include <string.h>

static bool given(interpreter *in, buffer *b, bool ok, item *out) {
  ok = ok && str_from(in, b, out);
  buffer_finish(b);
  return ok;
}

BUILTIN(text_format) { return (void)b, format_method(in, a[0], all, out); }

BUILTIN(text_join) {
  buffer joined = text_buffer(in);
  list *parts;
  const str *t;
  (void)b, (void)all;
  if (!item_iterate(in, a[1], &parts)) return false;
  for (size_t i = 0; i < parts->n; i++) {
    if (parts->at[i].kind != ITEM_text) {
      buffer_finish(&joined);
      return raise_type(in, "sequence item %zu: expected str instance, %s found", i,
                        item_type(&parts->at[i]));
    }
    t = item_str(&parts->at[i]);
    if (!spend_on(in, t->n + item_str(a)->n, 1)) return buffer_finish(&joined), false;
    if (i) buffer_put(&joined, item_str(a)->at, item_str(a)->n);
    buffer_put(&joined, t->at, t->n);
    if (joined.failed) break;
  }
  return given(in, &joined, true, out);
}

// ASCII letters only.
static bool changed(interpreter *in, const str *t, char from, char to, item *out) {
  str *copy = spend_on(in, t->n, 1) ? str_new(in->pool, t->at, t->n) : NULL;
  for (size_t i = 0; copy && i < copy->n; i++)
    if (copy->at[i] >= from && copy->at[i] <= from + 25) copy->at[i] = (char)(copy->at[i] - from + to);
  if (copy) *out = item_object(copy);
  return copy != NULL;
}

BUILTIN(text_upper) { return (void)b, (void)all, changed(in, item_str(a), 'a', 'A', out); }
BUILTIN(text_lower) { return (void)b, (void)all, changed(in, item_str(a), 'A', 'a', out); }

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

BUILTIN(text_strip) {
  const str *t = item_str(a);
  size_t from = 0, end = t->n;
  (void)b, (void)all;
  while (from < end && is_blank(t->at[from])) from++;
  while (end > from && is_blank(t->at[end - 1])) end--;
  str *part = str_new(in->pool, t->at + from, end - from);
  if (part) *out = item_object(part);
  return part != NULL;
}

static bool add_part(interpreter *in, list *l, const char *at, size_t n) {
  str *part = spend(in, STEP_NS) ? str_new(in->pool, at, n) : NULL;
  return part && list_append(in->pool, l, item_object(part));
}

BUILTIN(text_split) {
  const str *t = item_str(a), *sep = NULL;
  const char *at = t->at, *end = t->at + t->n;
  list *l = list_new(in->pool, ITEM_list, 0);
  (void)b, (void)all;
  bool by_blanks = a[1].kind == ITEM_absent || a[1].kind == ITEM_none;
  if (!l || (!by_blanks && !want_text(in, &a[1], &sep))) return false;
  if (sep && !sep->n) return raise_value(in, "empty separator");
  while (by_blanks) {
    while (at < end && is_blank(*at)) at++;
    const char *from = at;
    if (at == end) break;
    while (at < end && !is_blank(*at)) at++;
    if (!add_part(in, l, from, (size_t)(at - from))) return false;
  }
  for (const char *next = at; sep && next; at = next ? next + sep->n : at) {
    next = memmem(at, (size_t)(end - at), sep->at, sep->n);
    if (!add_part(in, l, at, (size_t)((next ? next : end) - at))) return false;
  }
  return *out = item_object(l), true;
}

BUILTIN(text_replace) {
  const str *t = item_str(a), *old, *fresh;
  buffer whole = text_buffer(in);
  bool ok = true;
  (void)b, (void)all;
  if (!want_text(in, &a[1], &old) || !want_text(in, &a[2], &fresh)) return false;
  if (!old->n) return raise_value(in, "replace() of an empty text is not part of this language");
  for (const char *at = t->at, *end = at + t->n; ok && at && !whole.failed;) {
    const char *next = memmem(at, (size_t)(end - at), old->at, old->n);
    ok = spend_on(in, (size_t)((next ? next : end) - at) + fresh->n, 1);
    buffer_put(&whole, at, (size_t)((next ? next : end) - at));
    if (next) buffer_put(&whole, fresh->at, fresh->n);
    at = next ? next + old->n : NULL;
  }
  return given(in, &whole, ok, out);
}

BUILTIN(text_starts) {
  const str *t = item_str(a), *part;
  (void)b, (void)all;
  if (!want_text(in, &a[1], &part)) return false;
  return *out = item_bool(part->n <= t->n && !memcmp(t->at, part->at, part->n)), true;
}

BUILTIN(text_ends) {
  const str *t = item_str(a), *part;
  (void)b, (void)all;
  if (!want_text(in, &a[1], &part)) return false;
  return *out = item_bool(part->n <= t->n && !memcmp(t->at + t->n - part->n, part->at, part->n)), true;
}

static void put_times(buffer *b, const char *at, size_t n, size_t times) {
  for (size_t i = 0; i < times; i++) {
    if (!(i & 0xffff) && buffer_stopped(b)) return;
    buffer_put(b, at, n);
  }
}

// In a field of that width. In the middle, it is the width that says on which side the odd one is.
static bool aligned(interpreter *in, const item *a, char how, item *out) {
  const str *t = item_str(a), *fill = NULL;
  int64_t width, length = 0;
  if (!want_int(in, &a[1], &width) || (a[2].kind != ITEM_absent && !want_text(in, &a[2], &fill)))
    return false;
  if (fill && (!fill->n || (size_t)utf8_step(fill->at, fill->at + fill->n) != fill->n))
    return raise_type(in, "The fill character must be exactly one character long");
  for (size_t i = 0; i < t->n; i++) length += ((unsigned char)t->at[i] & 0xC0) != 0x80;
  size_t pad = width > length ? (size_t)(width - length) : 0, each = fill ? fill->n : 1, bytes;
  if (__builtin_mul_overflow(pad, each, &bytes))
    return raise_as(in, ERR_quota_exceeded, "MemoryError", "the result would be too long");
  if (!spend_on(in, bytes, 2) || !spend_on(in, t->n, 2)) return false;
  size_t left = how == '<' ? 0 : how == '>' ? pad : pad / 2 + (pad & (size_t)width & 1);
  buffer field = text_buffer(in);
  if (buffer_reserve(&field, bytes)) {
    put_times(&field, fill ? fill->at : " ", each, left);
    buffer_put(&field, t->at, t->n);
    put_times(&field, fill ? fill->at : " ", each, pad - left);
  }
  return given(in, &field, true, out);
}

BUILTIN(text_ljust) { return (void)b, (void)all, aligned(in, a, '<', out); }
BUILTIN(text_rjust) { return (void)b, (void)all, aligned(in, a, '>', out); }
BUILTIN(text_center) { return (void)b, (void)all, aligned(in, a, '^', out); }
