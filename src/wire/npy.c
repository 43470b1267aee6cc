#include "wire/npy.h"
#include "base/mem.h"
#include "wire/element.h"
#include "wire/raw.h"
#include <stdio.h>

enum { HEADER_MAX = 1 << 16, ALIGNMENT = 64, GROWTH = 21 };
static const char MAGIC[] = "\x93NUMPY";
enum { MAGIC_LENGTH = sizeof MAGIC - 1 };

// ------------------------------------------------------------------------------ element types

typedef void convert(void *to, const char *from, size_t n); // n elements; `from` need not be aligned

#define DEFINE_CONVERT(name, from_type, to_type, expression)                                                 \
  static void from_##name(void *to, const char *from, size_t n) {                                            \
    to_type *out = to;                                                                                       \
    for (size_t i = 0; i < n; i++) {                                                                         \
      from_type x;                                                                                           \
      memcpy(&x, from + i * sizeof x, sizeof x);                                                             \
      out[i] = expression;                                                                                   \
    }                                                                                                        \
  }

// A half has 5 bits of exponent and 10 of mantissa. Shifted to a float's places, the bits stand for the value
// divided by 2^112, which also holds for subnormals; an exponent of all ones stays one.
static float half_value(uint16_t half) {
  uint32_t bits = (uint32_t)(half & 0x7FFF) << 13;
  float x;
  if ((half & 0x7C00) == 0x7C00) {
    bits |= 0x7F800000;
    memcpy(&x, &bits, sizeof x);
  } else {
    memcpy(&x, &bits, sizeof x);
    x *= 0x1p112f;
  }
  return half & 0x8000 ? -x : x;
}

DEFINE_CONVERT(f2, uint16_t, float, half_value(x))
DEFINE_CONVERT(i1, int8_t, int64_t, (int64_t)x)
DEFINE_CONVERT(i2, int16_t, int64_t, x)
DEFINE_CONVERT(i4, int32_t, int64_t, x)
DEFINE_CONVERT(u1, uint8_t, int64_t, x)
DEFINE_CONVERT(u2, uint16_t, int64_t, x)
DEFINE_CONVERT(u4, uint32_t, int64_t, x)

struct element_type {
  char code[3];
  uint8_t size;
  dtype to;
  convert *convert; // NULL: the bytes are ours
};
static const struct element_type TYPES[] = {
    {"f4", 4, DT_float32, NULL},  {"f8", 8, DT_float64, NULL},    {"i8", 8, DT_int64, NULL},
    {"b1", 1, DT_bool, NULL},     {"f2", 2, DT_float32, from_f2}, {"i4", 4, DT_int64, from_i4},
    {"i2", 2, DT_int64, from_i2}, {"i1", 1, DT_int64, from_i1},   {"u4", 4, DT_int64, from_u4},
    {"u2", 2, DT_int64, from_u2}, {"u1", 1, DT_int64, from_u1},
};

static const struct element_type *element_type(ctx *c, const char *text, size_t n) {
  char shown[EXCERPT_MAX];
  const struct element_type *found = NULL;
  char order = n == 3 ? *text : 0;
  for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES && order; i++)
    if (!memcmp(TYPES[i].code, text + 1, 2)) found = &TYPES[i];
  if (found && (order == '<' || order == '=' || (found->size == 1 && (order == '|' || order == '>'))))
    return found;
  element_excerpt(shown, text, n);
  if (n && *text == '>')
    fail(&c->fault, ERR_dtype_mismatch,
         "npy: big-endian '%s' is not read; a.astype(a.dtype.newbyteorder('<')) helps", shown);
  else if (n && text[n - 1] == 'O')
    fail(&c->fault, ERR_dtype_mismatch, "npy: an array of Python objects ('%s') is not read", shown);
  else
    fail(&c->fault, ERR_dtype_mismatch,
         "npy: the type '%s' is not read; float64, float32, float16, int64, int32, int16, int8, uint32, "
         "uint16, uint8 "
         "and bool are",
         shown);
  return NULL;
}

// ------------------------------------------------------------------------------------- header
//
// A Python dict literal: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), } and blanks.

struct header {
  const struct element_type *type;
  bool fortran;
  ints shape;
};

struct scan {
  const char *at, *end;
  ctx *c;
};

static bool malformed(struct scan *s, const char *wanted) {
  char shown[EXCERPT_MAX];
  if (s->at == s->end)
    return fail(&s->c->fault, ERR_bad_argument, "npy: the header ends where %s is wanted", wanted);
  return fail(&s->c->fault, ERR_bad_argument, "npy: malformed header: wanted %s, found %s", wanted,
              element_excerpt(shown, s->at, (size_t)(s->end - s->at)));
}

static bool blank(char x) { return x == ' ' || x == '\n' || x == '\t' || x == '\r'; }

// Passes a character if it is the next one.
static bool take(struct scan *s, char wanted) {
  while (s->at < s->end && blank(*s->at)) s->at++;
  if (s->at == s->end || *s->at != wanted) return false;
  s->at++;
  return true;
}

static bool need(struct scan *s, char wanted) {
  return take(s, wanted) || malformed(s, (char[]){'\'', wanted, '\'', 0});
}

static bool take_word(struct scan *s, const char *word) {
  size_t n = strlen(word);
  if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0) return false;
  s->at += n;
  return true;
}

static bool quoted(struct scan *s, const char **text, size_t *n) {
  char quote = take(s, '\'') ? '\'' : take(s, '"') ? '"' : 0;
  if (!quote) return malformed(s, "a quoted string");
  const char *from = s->at;
  while (s->at < s->end && *s->at != quote && *s->at != '\\') s->at++;
  *text = from;
  *n = (size_t)(s->at - from);
  return need(s, quote);
}

static bool read_size(struct scan *s, int64_t *size) {
  const char *from = s->at;
  for (*size = 0; s->at < s->end && (unsigned char)(*s->at - '0') < 10; s->at++)
    if (!i64_mul(*size, 10, size) || !i64_add(*size, *s->at - '0', size))
      return fail(&s->c->fault, ERR_shape_mismatch, "npy: a size in the shape is too large");
  if (s->at == from) return malformed(s, "a size");
  take(s, 'L'); // as Python 2 wrote it
  return true;
}

static bool read_shape(struct scan *s, ints *shape) {
  bool comma = true;
  if (!need(s, '(')) return false;
  for (shape->n = 0; !take(s, ')'); comma = take(s, ',')) {
    if (!comma) return malformed(s, "',' or ')'");
    while (s->at < s->end && blank(*s->at)) s->at++;
    if (shape->n == RANK_MAX)
      return fail(&s->c->fault, ERR_shape_mismatch, "npy: too many dimensions: a tensor has at most %d",
                  RANK_MAX);
    if (!read_size(s, &shape->v[shape->n++])) return false;
  }
  return true;
}

static bool read_descr(struct scan *s, struct header *h) {
  const char *text = NULL;
  size_t n = 0;
  if (take(s, '[') || take(s, '('))
    return fail(&s->c->fault, ERR_dtype_mismatch,
                "npy: structured arrays are not read; save each field by itself");
  return quoted(s, &text, &n) && (h->type = element_type(s->c, text, n));
}

static bool read_order(struct scan *s, struct header *h) {
  while (s->at < s->end && blank(*s->at)) s->at++;
  h->fortran = take_word(s, "True");
  return h->fortran || take_word(s, "False") || malformed(s, "True or False");
}

static bool read_header(struct scan *s, struct header *h) {
  enum { DESCR = 1, ORDER = 2, SHAPE = 4 };
  unsigned met = 0;
  bool comma = true;
  if (!need(s, '{')) return false;
  for (; !take(s, '}'); comma = take(s, ',')) {
    const char *key = NULL;
    size_t n = 0;
    if (!comma) return malformed(s, "',' or '}'");
    if (!quoted(s, &key, &n)) return false;
    unsigned which = n == 5 && !memcmp(key, "descr", 5)             ? DESCR
                     : n == 13 && !memcmp(key, "fortran_order", 13) ? ORDER
                     : n == 5 && !memcmp(key, "shape", 5)           ? SHAPE
                                                                    : 0;
    if (!which || met & which) {
      s->at = key;
      return malformed(s, "descr, fortran_order and shape, each once");
    }
    met |= which;
    if (!need(s, ':')) return false;
    if (!(which == DESCR ? read_descr(s, h) : which == ORDER ? read_order(s, h) : read_shape(s, &h->shape)))
      return false;
  }
  while (s->at < s->end && blank(*s->at)) s->at++;
  if (s->at < s->end) return malformed(s, "nothing more");
  return met == (DESCR | ORDER | SHAPE) ||
         fail(&s->c->fault, ERR_bad_argument, "npy: the header lacks one of descr, fortran_order and shape");
}

// Finds the header's text and the data behind it.
static bool split(ctx *c, const char *bytes, size_t n, struct scan *header, const char **data) {
  const unsigned char *u = (const unsigned char *)bytes;
  if (n < MAGIC_LENGTH || memcmp(bytes, MAGIC, MAGIC_LENGTH) != 0)
    return fail(&c->fault, ERR_bad_argument, "this is not an npy file: it does not begin with \\x93NUMPY");
  if (n < MAGIC_LENGTH + 4) return fail(&c->fault, ERR_bad_argument, "npy: the file ends inside its header");
  if (u[6] < 1 || u[6] > 3 || u[7] != 0)
    return fail(&c->fault, ERR_bad_argument, "npy: version %d.%d is not known; 1.0, 2.0 and 3.0 are", u[6],
                u[7]);
  size_t from = u[6] == 1 ? 10 : 12;
  if (n < from) return fail(&c->fault, ERR_bad_argument, "npy: the file ends inside its header");
  size_t length = (size_t)u[8] | (size_t)u[9] << 8;
  if (u[6] > 1) length |= (size_t)u[10] << 16 | (size_t)u[11] << 24;
  if (length > HEADER_MAX)
    return fail(&c->fault, ERR_bad_argument, "npy: a header of %zu bytes is too long: at most %d", length,
                HEADER_MAX);
  if (n - from < length) return fail(&c->fault, ERR_bad_argument, "npy: the file ends inside its header");
  *header = (struct scan){bytes + from, bytes + from + length, c};
  *data = bytes + from + length;
  return true;
}

// The number of elements, if exactly as many lie in n bytes.
static bool check_size(ctx *c, const struct header *h, size_t n, size_t *count) {
  size_t size = h->type->size, elements = 1;
  bool empty = false, fits = true;
  for (int i = 0; i < h->shape.n; i++) {
    empty |= h->shape.v[i] == 0;
    fits = fits && size_mul(elements, (size_t)h->shape.v[i], &elements);
  }
  if (empty)
    elements = 0;
  else if (!fits)
    elements = SIZE_MAX;
  *count = elements;
  if (n % size == 0 && n / size == elements) return true;
  return fail(&c->fault, ERR_bad_argument, "npy: %s: the shape %s of '%s' does not fit %zu bytes of data",
              n / size < elements ? "the file is cut off" : "bytes are left over",
              ints_text(h->shape.n, h->shape.v), h->type->code, n);
}

static bool read_data(ctx *c, const struct header *h, const ints *sizes, const char *data, size_t count,
                      char **block, tensor *out) {
  size_t bytes = count * h->type->size;
  if (h->type->to == DT_bool && !raw_bools(data, bytes))
    return fail(&c->fault, ERR_bad_argument, "npy: a bool is one byte, 0 or 1; found another value");
  layout *l = layout_new(c, sizes->n, sizes->v);
  if (!l) return false;
  bool ok = h->type->convert ? tensor_new(c, out, h->type->to, l)
                             : tensor_of_bytes(c, out, h->type->to, l, data, block);
  layout_unref(l);
  if (ok && h->type->convert) h->type->convert(tensor_data(out), data, count);
  return ok;
}

// Column-major data is row-major data of the reversed sizes: read as that, turned round, and copied.
static bool read_fortran(ctx *c, const struct header *h, const char *data, size_t count, tensor *out) {
  ints sizes = {.n = h->shape.n};
  int64_t strides[RANK_MAX];
  tensor reversed, view;
  for (int i = 0; i < sizes.n; i++) sizes.v[i] = h->shape.v[sizes.n - 1 - i];
  if (!read_data(c, h, &sizes, data, count, NULL, &reversed)) return false;
  for (int i = 0; i < sizes.n; i++) strides[i] = layout_strides(reversed.layout)[sizes.n - 1 - i];
  bool ok = tensor_view_as(c, &view, &reversed, sizes.n, h->shape.v, strides, 0);
  tensor_drop(&reversed);
  if (!ok) return false;
  ok = tensor_contiguous(c, out, &view, h->type->to);
  tensor_drop(&view);
  return ok;
}

bool npy_read(ctx *c, const char *bytes, size_t n, char **block, tensor *out) {
  struct scan s = {0};
  struct header h = {0};
  const char *data = NULL;
  size_t count = 0;
  if (!split(c, bytes, n, &s, &data) || !read_header(&s, &h)) return false;
  if (!check_size(c, &h, (size_t)(bytes + n - data), &count)) return false;
  return h.fortran && h.shape.n > 1 ? read_fortran(c, &h, data, count, out)
                                    : read_data(c, &h, &h.shape, data, count, block, out);
}

// ------------------------------------------------------------------------------------ writing

bool npy_write(buffer *b, const tensor *t) {
  char text[512], *p = text + MAGIC_LENGTH + 4;
  const layout *l = t->layout;
  p += sprintf(p, "{'descr': '%s', 'fortran_order': False, 'shape': (", DTYPE_ROWS[t->dtype].npy);
  for (int i = 0; i < l->rank; i++)
    p += sprintf(p, i ? ", %lld" : l->rank == 1 ? "%lld," : "%lld", (long long)l->dims[i]);
  p += sprintf(p, "), }");
  // As numpy.save pads: room for the first size to grow to 21 digits in place, then at least one blank.
  if (l->rank) p += sprintf(p, "%*s", GROWTH - snprintf(NULL, 0, "%lld", (long long)l->dims[0]), "");
  do *p++ = ' ';
  while ((p - text + 1) % ALIGNMENT);
  *p++ = '\n';
  size_t length = (size_t)(p - text) - MAGIC_LENGTH - 4;
  memcpy(text, MAGIC, MAGIC_LENGTH);
  memcpy(text + MAGIC_LENGTH, (char[]){1, 0, (char)(length & 255), (char)(length >> 8)}, 4);
  buffer_put(b, text, (size_t)(p - text));
  return raw_write(b, t) && !b->failed;
}
