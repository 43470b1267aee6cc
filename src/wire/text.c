#include "wire/text.h"
#include "wire/element.h"
#include "wire/rows.h"
#include <math.h>
#include <stdio.h>

// ---------------------------------------------------------------------------------------- in

enum { PLAIN_MAX = 120 };

struct text {
  ctx *c;
  const char *start, *end;
  char separator; // 0: blanks
};

// One field. A word has no literal: then `value` is what it means.
struct field {
  const char *from, *to;
  unsigned kind; // MET_…
  bool word;
  double value;
  struct number number;
  char plain[PLAIN_MAX + 8]; // the literal as JSON writes it, if it was not written so
};

enum { WHERE_MAX = 64 };
static const char *where(const struct text *t, const char *p, char out[WHERE_MAX]) {
  size_t line = 1, column = 1;
  for (const char *at = t->start; at < p; at++)
    if (*at == '\n')
      line++, column = 1;
    else
      column += ((unsigned char)*at & 0xC0) != 0x80;
  snprintf(out, WHERE_MAX, "line %zu, column %zu: ", line, column);
  return out;
}

static const char *malformed(const struct text *t, const char *from, const char *to) {
  char place[WHERE_MAX], shown[EXCERPT_MAX];
  where(t, from, place);
  if (from == to)
    fail(&t->c->fault, ERR_bad_number, "%sexpected a number, found an empty field", place);
  else
    fail(&t->c->fault, ERR_bad_number, "%sexpected a number, found %s", place,
         element_excerpt(shown, from, (size_t)(to - from)));
  return NULL;
}

static const char *no_separator(const struct text *t, const char *p) {
  char place[WHERE_MAX], shown[EXCERPT_MAX];
  fail(&t->c->fault, ERR_bad_number, "%sexpected '%c' after a number, found %s", where(t, p, place),
       t->separator, element_excerpt(shown, p, 1));
  return NULL;
}

static inline bool blank(char x) { return x == ' ' || x == '\t' || x == '\r'; }
static inline bool line_end(char x) { return x == '\n' || x == '#'; }

static bool same_letters(const char *p, size_t n, const char *word) {
  if (strlen(word) != n) return false;
  for (size_t i = 0; i < n; i++)
    if ((p[i] | 0x20) != word[i]) return false;
  return true;
}

static bool read_word(struct field *f) {
  static const struct {
    const char *text;
    unsigned kind;
    double value;
  } words[] = {{"nan", MET_float, (double)NAN},
               {"inf", MET_float, (double)INFINITY},
               {"infinity", MET_float, (double)INFINITY},
               {"true", MET_bool, 1},
               {"false", MET_bool, 0}};
  bool sign = *f->from == '-' || *f->from == '+';
  const char *p = f->from + sign;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (!same_letters(p, (size_t)(f->to - p), words[i].text) || (sign && words[i].kind == MET_bool)) continue;
    f->word = true;
    f->kind = words[i].kind;
    f->value = *f->from == '-' ? -words[i].value : words[i].value;
    return true;
  }
  return false;
}

// Rewrites +1, 1., .5, 007 as JSON has them.
static bool read_loose(struct field *f) {
  const char *p = f->from, *end = f->to;
  char *o = f->plain;
  if (end - p > PLAIN_MAX) return false;
  if (*p == '-') *o++ = '-';
  if (*p == '-' || *p == '+') p++;
  const char *digits = p;
  while (p < end && *p == '0') p++;
  if (p == end || *p < '0' || *p > '9') {
    *o++ = '0';
    if (p == digits && (end - p < 2 || *p != '.' || p[1] < '0' || p[1] > '9'))
      return false; // no digit at all
  }
  while (p < end && *p >= '0' && *p <= '9') *o++ = *p++;
  if (p < end && *p == '.') {
    *o++ = *p++;
    if (p == end || *p < '0' || *p > '9') *o++ = '0';
  }
  while (p < end) *o++ = *p++;
  return number_scan(f->plain, o, &f->number) == o;
}

// Reads the field at p (behind blanks); returns what follows it and the blanks behind it.
static inline const char *read_field(const struct text *t, const char *p, struct field *f) {
  f->from = p;
  f->word = false;
  const char *to = number_scan(p, t->end, &f->number);
  if (!to || (to < t->end && !blank(*to) && !line_end(*to) && *to != t->separator)) {
    for (to = p; to < t->end && !line_end(*to) && (t->separator ? *to != t->separator : !blank(*to));) to++;
    while (to > p && blank(to[-1])) to--;
    f->to = to;
    if (to == p || !(read_word(f) || read_loose(f))) return malformed(t, p, to);
  }
  f->to = to;
  if (!f->word) f->kind = f->number.integer ? MET_int : MET_float;
  while (to < t->end && blank(*to)) to++;
  return to;
}

// Passes blanks, comments and empty lines: the first field of the next line, or the end.
static const char *next_line(const struct text *t, const char *p) {
  for (; p < t->end; p++) {
    if (blank(*p) || *p == '\n') continue;
    if (*p != '#') return p;
    p = memchr(p, '\n', (size_t)(t->end - p));
    if (!p) return t->end;
  }
  return p;
}

// From behind a field to the next one of its line. NULL: the line is over, or the fault is set.
static inline const char *next_field(const struct text *t, const char *p) {
  if (p == t->end || line_end(*p)) return NULL;
  if (!t->separator) return p;
  if (*p != t->separator) return no_separator(t, p);
  for (p++; p < t->end && blank(*p);) p++;
  return p;
}

struct survey {
  unsigned met;
  int64_t lines, columns;
};

// The first pass: every field is well formed, every line as long as the first.
static bool survey(const struct text *t, struct survey *s) {
  struct field f;
  size_t tokens = 0;
  *s = (struct survey){0};
  for (const char *p = next_line(t, t->start); p < t->end; p = next_line(t, p)) {
    const char *line = p, *at = p;
    int64_t columns = 0;
    do {
      if (tokens++ % ELEMENT_LOOK == 0 && ctx_stopped(t->c)) return false;
      if (!(p = read_field(t, at, &f))) return false;
      s->met |= f.kind;
      columns++;
      at = next_field(t, p);
    } while (at);
    if (t->c->fault.code) return false;
    if (s->lines++ == 0) s->columns = columns;
    char place[WHERE_MAX];
    if (columns != s->columns)
      return fail(&t->c->fault, ERR_shape_mismatch, "%sa line of %lld numbers; the first line has %lld",
                  where(t, line, place), (long long)columns, (long long)s->columns);
  }
  return true;
}

static bool store(const struct text *t, const struct field *f, dtype type, void *slot) {
  char place[WHERE_MAX];
  if (f->word ? element_from_f64(type, slot, f->value) : element_from_number(type, slot, &f->number))
    return true;
  return element_out_of_range(t->c, where(t, f->from, place), f->from, (size_t)(f->to - f->from), type);
}

// The second pass.
static bool fill(const struct text *t, const tensor *out) {
  struct field f;
  size_t size = dtype_size((dtype)out->dtype), tokens = 0;
  char *slot = tensor_data(out);
  for (const char *p = next_line(t, t->start); p < t->end; p = next_line(t, p)) {
    const char *at = p;
    do {
      if (tokens++ % ELEMENT_LOOK == 0 && ctx_stopped(t->c)) return false;
      if (!(p = read_field(t, at, &f)) || !store(t, &f, (dtype)out->dtype, slot)) return false;
      slot += size;
      at = next_field(t, p);
    } while (at);
  }
  return true;
}

bool text_read(ctx *c, const char *text, size_t n, char separator, dtype want, dtype default_float,
               bool must_be_float, tensor *out) {
  if (!n) text = ""; // may have come as NULL
  struct text t = {c, text, text + n, blank(separator) ? 0 : separator};
  struct survey s;
  if (n >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3))
    t.start += 3; // spreadsheets begin csv with a byte order mark
  if (!survey(&t, &s)) return false;
  int64_t dims[2] = {s.lines, s.columns};
  int rank = 2;
  if (s.lines <= 1 || s.columns == 1) {
    dims[0] = s.lines * s.columns;
    rank = dims[0] != 1;
  }
  tensor fresh;
  if (!tensor_new_sizes(c, &fresh, element_dtype(s.met, want, default_float, must_be_float), rank, dims))
    return false;
  if (!fill(&t, &fresh)) {
    tensor_drop(&fresh);
    return false;
  }
  *out = fresh;
  return true;
}

// --------------------------------------------------------------------------------------- out

void text_write(buffer *b, const tensor *t, char separator) {
  struct row_words words = {separator ? separator : ' ', "nan", "inf", "-inf", "1", "0"};
  if (tensor_numel(t) == 0) return;
  struct rows r;
  rows_begin(&r, t);
  while (rows_put(b, &r, &words)) {
    buffer_putc(b, '\n');
    if (!rows_next(&r)) return;
    if (r.turned) buffer_putc(b, '\n');
  }
}
