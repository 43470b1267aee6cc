#include "wire/rows.h"
#include "base/number.h"
#include "wire/element.h"
#include <math.h>

void rows_begin(struct rows *r, const tensor *t) {
  const layout *l = t->layout;
  int last = l->rank - 1;
  for (int i = 0; i < l->rank && !l->numel; i++)
    if (l->dims[i] == 0) {
      last = i;
      break;
    }
  int64_t size = (int64_t)dtype_size((dtype)t->dtype);
  *r = (struct rows){.at = tensor_data(t), .n = 1, .step = size, .of = t};
  if (last < 0) return;
  r->n = l->dims[last];
  r->step = layout_strides(l)[last] * size;
  r->outer = last;
}

bool rows_next(struct rows *r) {
  const layout *l = r->of->layout;
  int64_t size = (int64_t)dtype_size((dtype)r->of->dtype);
  r->turned = 0;
  for (int d = r->outer - 1; d >= 0; d--) {
    int64_t step = l->numel ? layout_strides(l)[d] * size : 0;
    r->at += step;
    if (++r->index[d] < l->dims[d]) return true;
    r->at -= step * l->dims[d];
    r->index[d] = 0;
    r->turned++;
  }
  return false;
}

static inline char *put_word(char *p, const char *word) {
  size_t n = strlen(word);
  memcpy(p, word, n);
  return p + n;
}

static inline char *put_f64(char *p, double x, const struct row_words *w) {
  if (__builtin_expect(isfinite(x), 1)) return p + number_put_f64(p, x);
  return put_word(p, isnan(x) ? w->nan : x > 0 ? w->inf : w->minus_inf);
}
static inline char *put_f32(char *p, float x, const struct row_words *w) {
  if (__builtin_expect(isfinite(x), 1)) return p + number_put_f32(p, x);
  return put_word(p, isnan(x) ? w->nan : x > 0 ? w->inf : w->minus_inf);
}
static inline char *put_i64(char *p, int64_t x, const struct row_words *w) {
  (void)w;
  return p + number_put_i64(p, x);
}
static inline char *put_bool(char *p, bool x, const struct row_words *w) {
  return put_word(p, x ? w->yes : w->no);
}

// One loop a dtype. The room for an element is asked for inline: this is the inner loop of every download.
#define DEFINE_PUT(name, type, put)                                                                          \
  static bool put_##name##s(buffer *b, const char *at, int64_t step, int64_t n, const struct row_words *w) { \
    for (int64_t i = 0; i < n; i++, at += step) {                                                            \
      if (b->cap - b->len <= NUMBER_MAX && !buffer_reserve(b, NUMBER_MAX + 1)) return false;                 \
      char *p = put(b->data + b->len, *(const type *)(const void *)at, w);                                   \
      *p++ = w->separator;                                                                                   \
      b->len = (size_t)(p - b->data);                                                                        \
    }                                                                                                        \
    return true;                                                                                             \
  }
DEFINE_PUT(bool, bool, put_bool)
DEFINE_PUT(int64, int64_t, put_i64)
DEFINE_PUT(float32, float, put_f32)
DEFINE_PUT(float64, double, put_f64)

static bool (*const PUTS[DT_COUNT])(buffer *, const char *, int64_t, int64_t, const struct row_words *) = {
#define DTYPE(name, type, word, npy, kind) [DT_##name] = put_##name##s,
    DTYPES
#undef DTYPE
};

bool rows_put(buffer *b, const struct rows *r, const struct row_words *w) {
  for (int64_t done = 0; done < r->n; done += ELEMENT_LOOK) {
    int64_t part = r->n - done < ELEMENT_LOOK ? r->n - done : ELEMENT_LOOK;
    if (buffer_stopped(b) || !PUTS[r->of->dtype](b, r->at + done * r->step, r->step, part, w)) return false;
  }
  if (r->n) b->len--; // a separator stands between elements, not behind the last
  return !b->failed;
}
