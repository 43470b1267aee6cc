#include "tensor/repr.h"
#include "base/number.h"
#include <math.h>
#include <stdio.h>

enum { THRESHOLD = 1000, EDGE = 3, LINE = 80, ELEMENT_MAX = 64 };
static const char PREFIX[] = "tensor(";
enum { INDENT = sizeof PREFIX - 1 };

// ------------------------------------------------------------------- the elements that are shown
//
// Of a summarised tensor the first and last EDGE along each dim, else all of them, in row-major order.

struct shown {
  const tensor *t;
  buffer *out; // says when to stop
  bool summarise;
  int64_t index[RANK_MAX];
};

static bool has_gap(const struct shown *s, int d) { return s->summarise && s->t->layout->dims[d] > 2 * EDGE; }

static const char *element(const struct shown *s) {
  int64_t at = 0;
  for (int d = 0; d < s->t->layout->rank; d++) at += s->index[d] * layout_strides(s->t->layout)[d];
  return (const char *)tensor_data(s->t) + at * (int64_t)dtype_size((dtype)s->t->dtype);
}

// Steps along dim d; false, the index at 0 again: that was the last one. *gap: some were left out before
// this.
static bool step(struct shown *s, int d, bool *gap) {
  int64_t n = s->t->layout->dims[d];
  *gap = has_gap(s, d) && s->index[d] == EDGE - 1;
  s->index[d] = *gap ? n - EDGE : s->index[d] + 1;
  if (s->index[d] < n) return true;
  s->index[d] = 0;
  return false;
}

// Steps to the next element in dims [0, dims); returns the dim that moved, -1 at the end or when it is to
// stop.
static int advance(struct shown *s, int dims, bool *gap) {
  if (buffer_stopped(s->out)) return -1;
  int d = dims - 1;
  while (d >= 0 && !step(s, d, gap)) d--;
  return d;
}

static double float_at(const struct shown *s) {
  const void *p = element(s);
  return s->t->dtype == DT_float32 ? (double)*(const float *)p : *(const double *)p;
}
static int64_t integer_at(const struct shown *s) {
  const void *p = element(s);
  return s->t->dtype == DT_bool ? *(const bool *)p : *(const int64_t *)p;
}

// ------------------------------------------------------------------------------------ format

struct format {
  enum { WORDS, INTEGERS, WHOLE, FIXED, SCIENTIFIC } mode; // WHOLE: floats without fraction, "5."
  int width;
};

static int put_float(char *out, const struct format *f, double x) {
  if (isnan(x)) return sprintf(out, "nan");
  if (isinf(x)) return sprintf(out, x > 0 ? "inf" : "-inf");
  return sprintf(out, f->mode == WHOLE ? "%.0f." : f->mode == FIXED ? "%.4f" : "%.4e", x);
}

static int put_element(char *out, const struct format *f, const struct shown *s) {
  if (f->mode == WORDS) return sprintf(out, integer_at(s) ? "True" : "False");
  if (f->mode == INTEGERS) return (int)number_put_i64(out, integer_at(s));
  return put_float(out, f, float_at(s));
}

static void widen(struct format *f, int width) {
  if (width > f->width) f->width = width;
}

// The smallest and largest integers are the longest ones.
static struct format format_integers(struct shown s, int rank) {
  struct format f = {s.t->dtype == DT_bool ? WORDS : INTEGERS, 1};
  struct shown low = s, high = s;
  int64_t least = INT64_MAX, most = INT64_MIN;
  char text[ELEMENT_MAX];
  bool gap;
  do {
    int64_t x = integer_at(&s);
    if (x <= least) least = x, low = s;
    if (x >= most) most = x, high = s;
  } while (advance(&s, rank, &gap) >= 0);
  widen(&f, put_element(text, &f, &low));
  widen(&f, put_element(text, &f, &high));
  return f;
}

// Zeros, NaN and infinities have no say in the format, nor in the width. Among the others of one sign the
// smallest and the largest are the longest, in any notation.
static struct format format_floats(struct shown s, int rank) {
  struct format f = {WHOLE, 1};
  double least[2] = {INFINITY, INFINITY}, most[2] = {0, 0}; // magnitudes, by sign
  char text[ELEMENT_MAX];
  bool gap;
  do {
    double x = float_at(&s), size = fabs(x);
    if (!isfinite(x) || x == 0) continue;
    if (x != ceil(x)) f.mode = FIXED;
    least[x < 0] = fmin(least[x < 0], size);
    most[x < 0] = fmax(most[x < 0], size);
  } while (advance(&s, rank, &gap) >= 0);
  double min = fmin(least[0], least[1]), max = fmax(most[0], most[1]);
  if (max == 0) return f;
  if (max / min > 1000 || max > 1e8 || (f.mode == FIXED && min < 1e-4)) f.mode = SCIENTIFIC;
  for (int sign = 0; sign < 2; sign++) {
    if (most[sign] == 0) continue;
    widen(&f, put_float(text, &f, sign ? -least[1] : least[0]));
    widen(&f, put_float(text, &f, sign ? -most[1] : most[0]));
  }
  return f;
}

// ---------------------------------------------------------------------------------- elements

static void put_repeated(buffer *b, char c, int n) {
  char run[LINE];
  memset(run, c, sizeof run);
  buffer_put(b, run, (size_t)n);
}

static void put_padded(buffer *b, const struct format *f, const struct shown *s) {
  char text[ELEMENT_MAX];
  int n = put_element(text, f, s);
  if (n < f->width) put_repeated(b, ' ', f->width - n);
  buffer_put(b, text, (size_t)n);
}

// A row along the last dim, wrapped; the gap counts as an element.
static void put_row(buffer *b, const struct format *f, struct shown *s) {
  int last = s->t->layout->rank - 1, indent = INDENT + last;
  int per_line = (LINE - indent) / (f->width + 2), n = 0;
  if (per_line < 1) per_line = 1;
  bool gap = false, more = true;
  for (; more; n++) {
    if (n) buffer_puts(b, n % per_line ? ", " : ",\n");
    if (n && n % per_line == 0) put_repeated(b, ' ', indent + 1);
    if (gap) {
      buffer_puts(b, " ...");
      gap = false;
      continue;
    }
    put_padded(b, f, s);
    more = step(s, last, &gap);
  }
}

static void put_between(buffer *b, const struct shown *s, int d) {
  buffer_putc(b, ',');
  put_repeated(b, '\n', s->t->layout->rank - 1 - d);
  put_repeated(b, ' ', INDENT + d + 1);
}

static void put_elements(buffer *b, const tensor *t) {
  struct shown s = {.t = t, .out = b, .summarise = tensor_numel(t) > THRESHOLD};
  int rank = tensor_rank(t), d;
  struct format f = dtype_is_float((dtype)t->dtype) ? format_floats(s, rank) : format_integers(s, rank);
  bool gap;
  if (rank == 0) {
    put_padded(b, &f, &s);
    return;
  }
  put_repeated(b, '[', rank);
  for (;;) {
    put_row(b, &f, &s);
    if ((d = advance(&s, rank - 1, &gap)) < 0 || b->failed) break;
    put_repeated(b, ']', rank - 1 - d);
    put_between(b, &s, d);
    if (gap) {
      buffer_puts(b, "...");
      put_between(b, &s, d);
    }
    put_repeated(b, '[', rank - 1 - d);
  }
  put_repeated(b, ']', rank);
}

// ---------------------------------------------------------------------------------- suffixes

// Appends ", " and the suffix, on a line of its own if this one would be too long. *line is how long it is.
static void put_suffix(buffer *b, size_t *line, const char *word, const char *value, const char *end) {
  size_t n = strlen(word) + strlen(value) + strlen(end);
  if (*line + n + 2 > LINE) {
    buffer_puts(b, ",\n");
    put_repeated(b, ' ', INDENT);
    *line = INDENT + n;
  } else {
    buffer_puts(b, ", ");
    *line += n + 2;
  }
  buffer_puts(b, word);
  buffer_puts(b, value);
  buffer_puts(b, end);
}

// The length of the text's last line as PyTorch counts it: two more than it has.
static size_t last_line(const buffer *b, size_t start) {
  size_t n = b->len - start;
  for (size_t i = n; i > 0; i--)
    if (b->data[start + i - 1] == '\n') return n - (i - 1) + 1;
  return n + 2;
}

static void put_size(buffer *b, size_t *line, const layout *l) {
  char text[RANK_MAX * 22 + 2], *p = text;
  for (int d = 0; d < l->rank; d++) p += sprintf(p, d ? ", %lld" : "%lld", (long long)l->dims[d]);
  put_suffix(b, line, "size=(", text, ")");
}

void repr_write(buffer *b, const tensor *t, bool requires_grad, const char *grad_fn_name,
                dtype default_float) {
  size_t start = b->len;
  bool empty = tensor_numel(t) == 0;
  buffer_puts(b, PREFIX);
  if (empty)
    buffer_puts(b, "[]");
  else
    put_elements(b, t);
  if (b->failed) return;
  size_t line = last_line(b, start);
  if (empty && tensor_rank(t) != 1) put_size(b, &line, t->layout);
  if (t->dtype != default_float && (empty || dtype_is_float((dtype)t->dtype)))
    put_suffix(b, &line, "dtype=torch.", DTYPE_ROWS[t->dtype].name, "");
  if (grad_fn_name)
    put_suffix(b, &line, "grad_fn=<", grad_fn_name, ">");
  else if (requires_grad)
    put_suffix(b, &line, "requires_grad=True", "", "");
  buffer_putc(b, ')');
}
