#include "command/index.h"
#include <string.h>

// One bound of a slice as text; *p moves past it. Empty = not given.
static bool slice_bound(const char **p, const char *end, int64_t *out, bool *given) {
  bool minus = *p < end && **p == '-';
  const char *from = *p += minus;
  int64_t n = 0;
  for (; *p < end && **p >= '0' && **p <= '9'; (*p)++)
    if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, **p - '0', &n)) return false;
  *given = *p > from;
  if (*given) *out = minus ? -n : n;
  return *given || !minus;
}

static bool parse_slice(const char *text, size_t n, index_item *it) {
  const char *p = text, *end = text + n;
  bool given;
  *it = (index_item){INDEX_slice, INT64_MIN, INT64_MIN, 1};
  if (n == 3 && !memcmp(text, "...", 3)) return it->kind = INDEX_ellipsis, true;
  if (!memchr(text, ':', n)) { // "3": an int that came as text
    it->kind = INDEX_int;
    return slice_bound(&p, end, &it->start, &given) && given && p == end;
  }
  if (!slice_bound(&p, end, &it->start, &given) || p == end || *p++ != ':') return false;
  if (!slice_bound(&p, end, &it->stop, &given)) return false;
  if (p == end) return true;
  return *p++ == ':' && slice_bound(&p, end, &it->step, &given) && p == end;
}

struct index_fill {
  fault *f;
  index_spec *to;
};
static bool add_index(void *arg, const value *item) {
  struct index_fill *x = arg;
  if (x->to->n == INDEX_MAX)
    return fail(x->f, ERR_index_out_of_range, "too many indices: at most %d", INDEX_MAX);
  index_item *it = &x->to->item[x->to->n++];
  *it = (index_item){.kind = INDEX_none};
  if (item->kind == VALUE_none) return true;
  if (item->kind == VALUE_int) return *it = (index_item){INDEX_int, item->i, 0, 0}, true;
  if (item->kind == VALUE_text && parse_slice(item->text, item->n, it)) return true;
  return fail(x->f, ERR_index_out_of_range,
              "only integers, slices (`:`), ellipsis (`...`) and None are valid indices (got %s)",
              value_kind_name(item));
}

bool index_read(fault *f, const value *v, index_spec *to) {
  struct index_fill x = {f, to};
  *to = (index_spec){.tuple = v->kind == VALUE_list};
  return v->kind == VALUE_list ? v->class->each(v, add_index, &x) && !f->code : add_index(&x, v);
}
