#include "wire/tensor_json.h"
#include "base/mem.h"
#include "wire/element.h"
#include "wire/json_scan.h"
#include "wire/rows.h"
#include <math.h>

// ------------------------------------------------------------------------- in: the first pass
//
// Finds the shape, the kinds of elements and where the value ends. The first path down to an element or an
// empty list fixes the rank, the first list that is closed on a level fixes the size there, as in PyTorch.

struct survey {
  const char *end;
  unsigned met;            // MET_…
  int depth;               // lists that are open
  int rank;                // -1: not known yet
  int known;               // levels below this one have no size yet
  int64_t dims[RANK_MAX];  // by level
  int64_t count[RANK_MAX]; // by level: items of the open list so far
  const char *open[RANK_MAX];
};

static bool wrong_kind(ctx *c, const struct survey *s, const char *p) {
  const char *found = *p == '"' ? "a string" : *p == '{' ? "an object" : *p == 'n' ? "null" : "nothing";
  const char *where = s->depth ? " at index " : "", *index = s->depth ? ints_text(s->depth, s->count) : "";
  return fail(&c->fault, ERR_bad_argument,
              "a tensor is made of numbers, true and false, and the strings \"NaN\", \"Infinity\" and "
              "\"-Infinity\"; found %s%s%s",
              found, where, index);
}

// Blames the outermost open list whose length does not fit, as PyTorch does; else what stands at an odd
// level.
static bool ragged(ctx *c, const struct survey *s, bool list_found) {
  fault none = {0};
  json_pool pool = {0};
  for (int d = 1; d < s->depth; d++) {
    if (d < s->known) continue;
    json_cur list = {s->open[d], s->end, &pool, &none};
    long long n = (long long)json_count(list), expected = (long long)s->dims[d];
    if (n != expected)
      return fail_as(&c->fault, ERR_shape_mismatch, "ValueError",
                     "expected sequence of length %lld at dim %d (got %lld)", expected, d, n);
  }
  if (list_found)
    return fail_as(&c->fault, ERR_shape_mismatch, "TypeError",
                   "expected a number at index %s (got a sequence)", ints_text(s->depth, s->count));
  return fail_as(&c->fault, ERR_shape_mismatch, "TypeError",
                 "expected sequence of length %lld at dim %d (got a number)", (long long)s->dims[s->depth],
                 s->depth);
}

static bool open_list(ctx *c, struct survey *s, const char *p) {
  if (s->depth == s->rank) return ragged(c, s, true);
  if (s->depth == RANK_MAX)
    return fail(&c->fault, ERR_shape_mismatch, "too many dimensions: a tensor has at most %d", RANK_MAX);
  s->open[s->depth] = p;
  s->count[s->depth++] = 0;
  return true;
}

static bool close_list(ctx *c, struct survey *s) {
  int level = s->depth - 1;
  if (s->rank < 0) s->rank = s->known = s->depth; // an empty list
  if (level < s->known) {
    s->dims[level] = s->count[level];
    s->known = level;
  } else if (s->count[level] != s->dims[level])
    return ragged(c, s, false);
  if (--s->depth) s->count[s->depth - 1]++;
  return true;
}

// The end of the checked literal at p.
static inline const char *literal_end(const char *p, const char *end) {
  for (; end - p >= 8; p += 8) {
    uint64_t w = json_word(p), lower = w | JSON_EACH(0x20);
    uint64_t hits = (json_hits(w, ',') | json_hits(lower, '}') | (w - JSON_EACH(0x21))) & JSON_EACH(0x80);
    if (hits) return p + json_first(hits);
  }
  while (p < end && *p != ',' && *p != ']' && *p != '}' && (unsigned char)*p > ' ') p++;
  return p;
}

// The string of a special value at p: its length with quotes, 0 if it is none.
static size_t special(const char *p, const char *end, double *out) {
  static const struct {
    const char *text;
    double value;
  } words[] = {
      {"\"NaN\"", (double)NAN}, {"\"Infinity\"", (double)INFINITY}, {"\"-Infinity\"", -(double)INFINITY}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    size_t n = strlen(words[i].text);
    if ((size_t)(end - p) < n || memcmp(p, words[i].text, n) != 0) continue;
    *out = words[i].value;
    return n;
  }
  return 0;
}

// Passes the element at p; NULL with the fault set if there is none or it stands at an odd level.
static inline const char *pass_element(ctx *c, struct survey *s, const char *p) {
  double value;
  const char *from = p;
  if ((unsigned char)(*p - '0') < 10 || *p == '-') {
    if (s->met & MET_float)
      p = literal_end(p, s->end);
    else {
      bool integer = true;
      for (; p < s->end && *p != ',' && *p != ']' && *p != '}' && (unsigned char)*p > ' '; p++)
        integer &= *p != '.' && (*p | 0x20) != 'e';
      s->met |= integer ? MET_int : MET_float;
    }
  } else if (*p == 't' || *p == 'f') {
    s->met |= MET_bool;
    p += *p == 't' ? 4 : 5;
  } else if (*p == '"' && (p += special(p, s->end, &value)) > from)
    s->met |= MET_float;
  else {
    wrong_kind(c, s, p);
    return NULL;
  }
  if (__builtin_expect(s->depth != s->rank, 0)) {
    if (s->rank >= 0) {
      ragged(c, s, false);
      return NULL;
    }
    s->rank = s->known = s->depth;
  }
  if (s->depth) s->count[s->depth - 1]++;
  return p;
}

// Returns where the value ends, or NULL.
static const char *survey(ctx *c, struct survey *s, const char *p) {
  for (size_t tokens = 0;; tokens++) {
    if (tokens % ELEMENT_LOOK == 0 && ctx_stopped(c)) return NULL;
    p = json_blank_end(p, s->end);
    if (p == s->end) {
      fail(&c->fault, ERR_bad_argument, "a tensor is missing here");
      return NULL;
    }
    if (*p == '[') {
      if (!open_list(c, s, p++)) return NULL;
      continue;
    }
    if (*p == ']' && s->depth) {
      if (!close_list(c, s)) return NULL;
      p++;
    } else if (!(p = pass_element(c, s, p)))
      return NULL;
    if (!s->depth) return p;
    if (p < s->end && *p != ',') p = json_blank_end(p, s->end);
    if (p < s->end && *p == ',') p++;
  }
}

// ------------------------------------------------------------------------ in: the second pass

// What element_read did not take: words, and literals that have to be converted.
static const char *read_odd(ctx *c, const char *p, const char *end, dtype t, void *slot) {
  struct number n;
  double value;
  const char *after;
  bool fits;
  size_t length = special(p, end, &value);
  if (length) {
    after = p + length;
    fits = element_from_f64(t, slot, value);
  } else if (*p == 't' || *p == 'f') {
    after = p + (*p == 't' ? 4 : 5);
    fits = element_from_f64(t, slot, *p == 't');
  } else {
    after = number_scan(p, end, &n);
    fits = after && element_from_number(t, slot, &n);
    if (!after) after = p;
  }
  if (fits) return after;
  bool quoted = *p == '"';
  element_out_of_range(c, "", p + quoted, (size_t)(after - p) - (quoted ? 2 : 0), t);
  return NULL;
}

static bool fill(ctx *c, const char *p, const char *end, const tensor *out) {
  dtype t = (dtype)out->dtype;
  size_t size = dtype_size(t);
  char *slot = tensor_data(out);
  int64_t numel = tensor_numel(out);
  for (int64_t i = 0; i < numel; i++, slot += size) {
    if (i % ELEMENT_LOOK == 0 && ctx_stopped(c)) return false;
    while (*p == ',' || *p == '[' || *p == ']' || (unsigned char)*p <= ' ') p++;
    const char *after = element_read(t, p, end, slot);
    if (!after && !(after = read_odd(c, p, end, t, slot))) return false;
    p = after;
  }
  return true;
}

bool tensor_from_json(ctx *c, json_cur at, dtype want, dtype default_float, bool must_be_float,
                      const ints *shape, tensor *out, bool *was_number) {
  struct survey s = {.end = at.end, .rank = -1};
  const char *end = survey(c, &s, at.at);
  if (!end) return false;
  int64_t numel = 1;
  for (int i = 0; i < s.rank; i++) numel *= s.dims[i];
  bool reshaped = shape && shape->n >= 0;
  layout *l = reshaped ? layout_new(c, shape->n, shape->v) : layout_new(c, s.rank, s.dims);
  if (!l) return false;
  bool ok =
      l->numel == numel || fail(&c->fault, ERR_shape_mismatch, "shape '%s' is invalid for input of size %lld",
                                layout_text(l), (long long)numel);
  tensor fresh;
  ok = ok && tensor_new(c, &fresh, element_dtype(s.met, want, default_float, must_be_float), l);
  layout_unref(l);
  if (!ok) return false;
  if (!fill(c, at.at, end, &fresh)) {
    tensor_drop(&fresh);
    return false;
  }
  *out = fresh;
  if (was_number) *was_number = s.rank == 0;
  return true;
}

// --------------------------------------------------------------------------------------- out

static void put_brackets(buffer *b, char bracket, int n) {
  char row[RANK_MAX];
  memset(row, bracket, sizeof row);
  buffer_put(b, row, (size_t)n);
}

int64_t tensor_json_empty_rows(const tensor *t) {
  const layout *l = t->layout;
  int64_t rows = 1;
  for (int d = 0; !l->numel && l->dims[d]; d++)
    if (!i64_mul(rows, l->dims[d], &rows)) return INT64_MAX;
  return l->numel ? 0 : rows;
}

void tensor_to_json(buffer *b, const tensor *t) {
  static const struct row_words words = {',', "\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "true", "false"};
  struct rows r;
  rows_begin(&r, t);
  if (tensor_json_empty_rows(t) > EMPTY_ROWS_MAX) b->failed = true;
  int depth = tensor_rank(t) ? r.outer + 1 : 0;
  put_brackets(b, '[', depth);
  while (rows_put(b, &r, &words) && rows_next(&r)) {
    put_brackets(b, ']', r.turned + 1);
    buffer_putc(b, ',');
    put_brackets(b, '[', r.turned + 1);
  }
  put_brackets(b, ']', depth);
}
