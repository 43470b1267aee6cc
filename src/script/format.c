// format.c - the mini-language of format specifications, the % operator, and str.format.
#include "base/utf8.h"
#include "script/interpreter.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH_MAX = 10000, PRECISION_MAX = 300, NUMBER_ROOM = 700 };

// [[fill]align][sign][#][0][width][,_][.precision][type]
struct spec {
  char fill[4];
  int fill_n;
  char align, sign, type; // 0: not given
  char separator;         // 0: none
  bool alternate, zero;
  int width, precision; // precision -1: not given
};

static const char *read_int(const char *p, const char *end, int *out) {
  for (*out = 0; p < end && *p >= '0' && *p <= '9'; p++)
    if (*out <= WIDTH_MAX) *out = *out * 10 + (*p - '0');
  return p;
}

static bool read_spec(interpreter *in, const char *p, size_t n, struct spec *s) {
  const char *end = p + n;
  *s = (struct spec){.fill = " ", .fill_n = 1, .precision = -1};
  int first = n ? utf8_step(p, end) : 0;
  bool filled = first && p + first < end && p[first] && strchr("<>^=", p[first]);
  if (filled) {
    memcpy(s->fill, p, (size_t)first);
    s->fill_n = first;
    s->align = p[first];
    p += first + 1;
  } else if (p < end && strchr("<>^=", *p) && *p)
    s->align = *p++;
  if (p < end && (*p == '+' || *p == '-' || *p == ' ')) s->sign = *p++;
  if (p < end && *p == '#') s->alternate = true, p++;
  if (p < end && *p == '0') s->zero = !filled, p++; // which a fill that is given overrides
  p = read_int(p, end, &s->width);
  if (p < end && (*p == ',' || *p == '_')) s->separator = *p++;
  if (p < end && *p == '.') {
    const char *from = ++p;
    p = read_int(p, end, &s->precision);
    if (p == from) return raise_value(in, "Format specifier missing precision");
  }
  if (p < end) s->type = *p++;
  if (s->width > WIDTH_MAX || s->precision > WIDTH_MAX)
    return raise_value(in, "Too many decimal digits in format string");
  if (p == end) return true;
  return raise_value(in, "Invalid format specifier");
}

static bool spend_field(interpreter *in, const struct spec *s) {
  return spend_on(in, (size_t)s->width + STEP_NS, 2);
}

// A format's character as an error may show it, which is UTF-8: a part of a longer one is a question mark.
static char whole_character(char c) { return (unsigned char)c < 0x80 ? c : '?'; }

static bool unknown_type(interpreter *in, char type, item x) {
  return raise_value(in, "Unknown format code '%c' for object of type '%s'", whole_character(type),
                     item_type(&x));
}

static void put_fill(buffer *b, const struct spec *s, int n) {
  if (n <= 0 || !buffer_reserve(b, (size_t)n * (size_t)s->fill_n)) return;
  if (s->fill_n == 1) {
    memset(b->data + b->len, s->fill[0], (size_t)n);
    b->len += (size_t)n;
  } else
    for (int i = 0; i < n; i++) buffer_put(b, s->fill, (size_t)s->fill_n);
}

static int length_of(const char *text, size_t n) {
  int characters = 0;
  for (size_t i = 0; i < n; i++) characters += ((unsigned char)text[i] & 0xC0) != 0x80;
  return characters;
}

// Puts a finished body in its field; `sign_n` bytes of it stand before padding of kind '='.
static void put_field(buffer *b, const struct spec *s, char align, const char *body, size_t n,
                      size_t sign_n) {
  int pad = s->width - length_of(body, n);
  if (pad < 0) pad = 0;
  if (align == '=') buffer_put(b, body, sign_n);
  if (align != '<') put_fill(b, s, align == '^' ? pad / 2 : pad);
  buffer_put(b, body + (align == '=' ? sign_n : 0), n - (align == '=' ? sign_n : 0));
  if (align == '<' || align == '^') put_fill(b, s, align == '^' ? pad - pad / 2 : pad);
}

// Puts a separator between groups of the digits before the point.
static size_t put_grouped(char *out, const char *digits, size_t n, const struct spec *s) {
  bool powers = s->type && strchr("bxXo", s->type);
  size_t whole = 0, o = 0, group = powers ? 4 : 3;
  while (whole < n && (powers || (digits[whole] >= '0' && digits[whole] <= '9'))) whole++;
  for (size_t i = 0; i < whole; i++) {
    if (i && (whole - i) % group == 0) out[o++] = s->separator;
    out[o++] = digits[i];
  }
  memcpy(out + o, digits + whole, n - whole);
  return o + n - whole;
}

// The first prefix_n bytes of the digits are 0x or the like.
static void put_number_field(buffer *b, struct spec *s, bool negative, const char *digits, size_t n,
                             size_t prefix_n) {
  char body[2 * NUMBER_ROOM];
  size_t at = 0;
  if (negative)
    body[at++] = '-';
  else if (s->sign == '+' || s->sign == ' ')
    body[at++] = s->sign;
  memcpy(body + at, digits, prefix_n);
  at += prefix_n;
  size_t sign_n = at;
  digits += prefix_n;
  n -= prefix_n;
  if (s->separator)
    at += put_grouped(body + at, digits, n, s);
  else {
    memcpy(body + at, digits, n);
    at += n;
  }
  if (s->zero) {
    if (!s->align) s->align = '=';
    s->fill[0] = '0';
    s->fill_n = 1;
  }
  put_field(b, s, s->align ? s->align : '>', body, at, sign_n);
}

// ---- numbers

static size_t put_general(char *out, double x,
                          const struct spec *s) { // no type: repr, or precision and a point
  if (s->precision < 0) return put_float(out, x);
  int precision = s->precision ? s->precision : 1;
  int n = snprintf(out, NUMBER_ROOM, "%.*g", precision, x), exponent = x == 0 ? 0 : (int)floor(log10(x));
  if (strpbrk(out, "en.")) return (size_t)n;
  if (exponent >= precision - 1) { // Python turns to the exponent one digit earlier here
    n = snprintf(out, NUMBER_ROOM, "%.*e", precision - 1, x);
    char *e = memchr(out, 'e', (size_t)n), *last = e; // without the zeros before it
    while (precision > 1 && (last[-1] == '0' || last[-1] == '.') && last > out + 1) last--;
    memmove(last, e, (size_t)(out + n - e));
    return (size_t)(n - (e - last));
  }
  memcpy(out + n, ".0", 2);
  return (size_t)n + 2;
}

static bool format_float(interpreter *in, buffer *b, item x, struct spec *s) {
  char digits[NUMBER_ROOM], how[8];
  double d = item_double(&x), size = fabs(d);
  int precision = s->precision < 0 ? 6 : s->precision;
  size_t n;
  if (s->type && !strchr("eEfFgG%", s->type)) return unknown_type(in, s->type, x);
  if (precision > PRECISION_MAX) return raise_value(in, "precision too big");
  if (!isfinite(d)) {
    n = (size_t)sprintf(digits, isnan(d) ? "nan" : "inf");
    if (s->type == 'E' || s->type == 'F' || s->type == 'G')
      for (size_t i = 0; i < n; i++) digits[i] = (char)(digits[i] - 32);
    if (s->type == '%') digits[n++] = '%';
  } else if (!s->type) {
    n = put_general(digits, size, s);
  } else {
    char type = s->type == '%' ? 'f' : s->type;
    snprintf(how, sizeof how, "%%%s.*%c", s->alternate ? "#" : "", type);
    n = (size_t)snprintf(digits, sizeof digits, how, precision, s->type == '%' ? size * 100 : size);
    if (n >= sizeof digits - 1) return raise_value(in, "the number is too long to be formatted");
    if (s->type == '%') digits[n++] = '%';
  }
  put_number_field(b, s, signbit(d) && !isnan(d), digits, n, 0);
  return true;
}

static bool format_int(interpreter *in, buffer *b, item x, struct spec *s) {
  char digits[80], *p = digits + sizeof digits;
  if (s->type && strchr("eEfFgG%", s->type)) return format_float(in, b, x, s);
  static const struct {
    char type, digit;
    unsigned base;
  } BASES[] = {{0, 'a', 10},   {'d', 'a', 10}, {'n', 'a', 10}, {'x', 'a', 16},
               {'X', 'A', 16}, {'o', 'a', 8},  {'b', 'a', 2}};
  const size_t COUNT = sizeof BASES / sizeof *BASES;
  size_t i = 0;
  while (i < COUNT && BASES[i].type != s->type) i++;
  if (i == COUNT) return unknown_type(in, s->type, x);
  if (s->precision >= 0) return raise_value(in, "Precision not allowed in integer format specifier");
  bool groups = BASES[i].type != 'n' && (s->separator != ',' || BASES[i].base == 10);
  if (s->separator && !groups)
    return raise_value(in, "Cannot specify '%c' with '%c'.", s->separator, whole_character(s->type));
  uint64_t left = x.i < 0 ? 0 - (uint64_t)x.i : (uint64_t)x.i;
  do {
    unsigned digit = (unsigned)(left % BASES[i].base);
    *--p = (char)(digit < 10 ? '0' + digit : (unsigned)BASES[i].digit + digit - 10);
  } while (left /= BASES[i].base);
  size_t prefix_n = s->alternate && BASES[i].base != 10 ? 2 : 0;
  if (prefix_n) *--p = s->type, *--p = '0';
  put_number_field(b, s, x.i < 0, p, (size_t)(digits + sizeof digits - p), prefix_n);
  return true;
}

static bool format_text(interpreter *in, buffer *b, item x, const char *at, size_t n, struct spec *s) {
  if (s->type && s->type != 's') return unknown_type(in, s->type, x);
  if (s->sign) return raise_value(in, "Sign not allowed in string format specifier");
  if (s->align == '=') return raise_value(in, "'=' alignment not allowed in string format specifier");
  if (s->precision >= 0) {
    size_t cut = 0;
    for (int characters = 0; cut < n && characters < s->precision; characters++)
      cut += (size_t)utf8_step(at + cut, at + n);
    n = cut;
  }
  if (s->separator) return raise_value(in, "Cannot specify '%c' with 's'.", s->separator);
  if (s->zero) s->fill[0] = '0';
  put_field(b, s, s->align ? s->align : '<', at, n, 0);
  return true;
}

bool put_formatted(interpreter *in, buffer *b, item x, const char *spec, size_t n) {
  struct spec s;
  if (x.kind == ITEM_tensor && tensor_rank(&x.v->t) == 0) { // the number that it holds
    scalar number = tensor_read(&x.v->t, 0);
    x = number.kind == SCALAR_float ? item_float(number.d)
                                    : item_of(number.kind == SCALAR_bool ? ITEM_bool : ITEM_int, number.i);
  }
  if (n == 0) return put_str(in, b, x);
  if (!read_spec(in, spec, n, &s) || !spend_field(in, &s)) return false;
  if (x.kind == ITEM_bool &&
      !s.type) { // as a word when it has no type: Python takes it for an int, but for this
    return format_int(in, b, item_int(x.i), &s);
  }
  if (x.kind == ITEM_float) return format_float(in, b, x, &s);
  if (item_is_integer(&x)) return format_int(in, b, x, &s);
  if (x.kind == ITEM_text) return format_text(in, b, x, item_str(&x)->at, item_str(&x)->n, &s);
  return raise_type(in, "unsupported format string passed to %s.__format__", item_type(&x));
}

// ---- the % operator

static bool to_number(interpreter *in, item x, char type, item *out) {
  if (x.kind == ITEM_tensor && tensor_numel(&x.v->t) == 1) {
    scalar n = tensor_read(&x.v->t, 0);
    x = n.kind == SCALAR_float ? item_float(n.d) : item_int(n.i);
  }
  if (!item_is_number(&x)) {
    if (strchr("di", type))
      return raise_type(in, "%%%c format: a real number is required, not %s", type, item_type(&x));
    return raise_type(in, "must be real number, not %s", item_type(&x));
  }
  if (type == 'd' && x.kind == ITEM_float) return float_to_int(in, x.d, out);
  return *out = x, true;
}

struct percent {
  interpreter *in;
  const list *values; // NULL: `only` is the one
  item only;
  size_t used;
};

static bool next_value(struct percent *p, item *out) {
  size_t n = p->values ? p->values->n : 1;
  if (p->used == n) return raise_type(p->in, "not enough arguments for format string");
  *out = p->values ? p->values->at[p->used] : p->only;
  p->used++;
  return true;
}

// One %…, behind the sign.
static bool percent_one(struct percent *p, buffer *b, const char **at, const char *end) {
  interpreter *in = p->in;
  struct spec s = {.fill = " ", .fill_n = 1, .precision = -1};
  bool left = false;
  item x;
  const char *c = *at;
  for (; c < end && *c && strchr("-+ 0#", *c); c++) {
    if (*c == '-') left = true;
    if (*c == '+' || *c == ' ') s.sign = s.sign == '+' ? '+' : *c;
    if (*c == '0') s.zero = true;
    if (*c == '#') s.alternate = true;
  }
  c = read_int(c, end, &s.width);
  if (c < end && *c == '.') c = read_int(c + 1, end, &s.precision);
  if (s.width > WIDTH_MAX || s.precision > WIDTH_MAX) return raise_value(in, "precision too big");
  if (c == end) return raise_value(in, "incomplete format");
  s.type = *c++;
  *at = c;
  if (s.type == '%') return buffer_putc(b, '%'), true;
  if (!s.type || !strchr("diuxXofFeEgGsr", s.type))
    return raise_value(in, "unsupported format character '%c' (0x%x)", whole_character(s.type),
                       (unsigned char)s.type);
  if (!next_value(p, &x) || !spend_field(in, &s)) return false;
  if (left) s.align = '<', s.zero = false;
  if (s.type == 's' || s.type == 'r') {
    buffer inner = text_buffer(in);
    bool ok = (s.type == 'r' ? put_repr : put_str)(in, &inner, x) && str_from(in, &inner, &x);
    buffer_finish(&inner);
    s.type = 's';
    s.sign = 0;
    s.zero = false;
    if (!s.align) s.align = '>';
    return ok && format_text(in, b, x, item_str(&x)->at, item_str(&x)->n, &s);
  }
  if (s.type == 'i' || s.type == 'u') s.type = 'd';
  if (!to_number(in, x, s.type, &x)) return false;
  if (strchr("fFeEgG", s.type)) return format_float(in, b, x, &s);
  if (x.kind == ITEM_float) return raise_type(in, "%%%c format: an integer is required, not float", s.type);
  s.precision = -1;
  return format_int(in, b, x, &s);
}

bool format_percent(interpreter *in, item format, item with, item *out) {
  struct percent p = {in, with.kind == ITEM_tuple ? item_list(&with) : NULL, with, 0};
  const str *t = item_str(&format);
  buffer b = text_buffer(in);
  bool ok = spend_on(in, t->n, 2);
  for (const char *at = t->at, *end = at + t->n; ok && at < end;) {
    const char *sign = memchr(at, '%', (size_t)(end - at));
    buffer_put(&b, at, (size_t)((sign ? sign : end) - at));
    if (!sign) break;
    at = sign + 1;
    ok = percent_one(&p, &b, &at, end) && text_whole(in, &b);
  }
  if (ok && p.values && p.used < p.values->n)
    ok = raise_type(in, "not all arguments converted during string formatting");
  if (ok && !p.values && !p.used) ok = raise_type(in, "not all arguments converted during string formatting");
  ok = ok && str_from(in, &b, out);
  buffer_finish(&b);
  return ok;
}

// ---- str.format

static bool named_argument(const arguments *a, const char *at, size_t n, item *out) {
  for (unsigned i = 0; i < a->n_keywords; i++)
    if (a->keywords[i].n == n && !memcmp(a->keywords[i].text, at, n))
      return *out = a->at[a->n - a->n_keywords + i], true;
  return false;
}

// {}, {0}, {name}, each with !r and :spec; *next counts those without a number.
static bool field_one(interpreter *in, buffer *b, const char *at, const char *close, const arguments *a,
                      unsigned *next) {
  const char *end = at;
  unsigned positional = a->n - a->n_keywords;
  item x;
  while (end < close && *end != ':' && *end != '!') end++;
  int number;
  if (end == at)
    number = (int)(*next)++;
  else if (read_int(at, end, &number) != end)
    number = -1;
  if (number >= 0) {
    if ((unsigned)number >= positional)
      return raise_as(in, ERR_index_out_of_range, "IndexError",
                      "Replacement index %d out of range for positional args tuple", number);
    x = a->at[number];
  } else if (!named_argument(a, at, (size_t)(end - at), &x))
    return raise_as(in, ERR_bad_argument, "KeyError", "'%.*s'", (int)(end - at < 64 ? end - at : 64), at);
  if (end < close && *end == '!') {
    buffer inner = text_buffer(in);
    bool ok = end + 1 < close && (end[1] == 'r' || end[1] == 's');
    ok = ok ? (end[1] == 'r' ? put_repr : put_str)(in, &inner, x) && str_from(in, &inner, &x)
            : raise_value(in, "Unknown conversion specifier");
    buffer_finish(&inner);
    if (!ok) return false;
    end += 2;
  }
  if (end < close && *end == ':') end++;
  return put_formatted(in, b, x, end, (size_t)(close - end));
}

bool format_method(interpreter *in, item format, const arguments *a, item *out) {
  const str *t = item_str(&format);
  buffer b = text_buffer(in);
  unsigned next = 0;
  bool ok = spend_on(in, t->n, 2);
  for (const char *at = t->at, *end = at + t->n; ok && at < end;) {
    bool brace = *at == '{' || *at == '}';
    if (!brace || (at + 1 < end && at[1] == *at)) {
      buffer_putc(&b, *at);
      at += brace ? 2 : 1;
      continue;
    }
    const char *close = *at == '{' ? memchr(at, '}', (size_t)(end - at)) : NULL;
    if (!close)
      ok = raise_value(in, *at == '{' ? "expected '}' before end of string"
                                      : "Single '}' encountered in format string");
    else
      ok = field_one(in, &b, at + 1, close, a, &next) && text_whole(in, &b);
    at = close ? close + 1 : end;
  }
  ok = ok && str_from(in, &b, out);
  buffer_finish(&b);
  return ok;
}
