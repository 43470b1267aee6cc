#include "base/message.h"
#include "base/utf8.h"
#include <stdio.h>
#include <string.h>

const struct message MESSAGES[] = {
#define MESSAGE(en, zh) {en, zh, false},
#define PIECE(en, zh)   {en, zh, true},
#include "base/messages.def"
};
const size_t MESSAGE_COUNT = sizeof MESSAGES / sizeof *MESSAGES;

static int number(const char **p) {
  int n = 0;
  while (**p >= '0' && **p <= '9') n = n * 10 + (*(*p)++ - '0');
  return n;
}

bool message_conversion(const char *p, struct conversion *out) {
  if (!(p = strchr(p, '%'))) return false;
  *out = (struct conversion){.precision = -1, .at = p++};
  const char *digits = p;
  int place = number(&p);
  if (*p == '$')
    out->place = (unsigned)place, p++;
  else
    p = digits;
  if (*p == '#') out->piece = true, p++;
  while (*p >= '0' && *p <= '9') p++; // a width: it only pads
  if (*p == '.' && *++p == '*')
    out->star = true, p++;
  else if (p[-1] == '.')
    out->precision = number(&p);
  if (*p == 'l') out->length = *p++;
  if (*p == 'l') out->length = 'q', p++;
  if (*p == 'z') out->length = *p++;
  out->kind = *p;
  out->after = *p ? p + 1 : p;
  return true;
}

// ---- what was given

struct given {
  struct conversion as;
  union {
    long long i;
    unsigned long long u;
    double d;
    const char *s;
  };
};

// The arguments, as the English format reads them; 0 of one that it does not know how to read.
static unsigned take(struct given at[MESSAGE_ARGS], const char *format, va_list args) {
  unsigned n = 0;
  struct conversion c;
  for (const char *p = format; message_conversion(p, &c); p = c.after) {
    if (c.kind == '%') continue;
    if (n == MESSAGE_ARGS) return 0;
    if (c.star) c.precision = va_arg(args, int);
    struct given *g = &at[n++];
    g->as = c;
    switch (c.kind) {
    case 'd':
      g->i = c.length == 'q'   ? va_arg(args, long long)
             : c.length == 'l' ? va_arg(args, long)
                               : va_arg(args, int);
      break;
    case 'u':
    case 'x':
      g->u = c.length == 'q'   ? va_arg(args, unsigned long long)
             : c.length == 'l' ? va_arg(args, unsigned long)
             : c.length == 'z' ? va_arg(args, size_t)
                               : va_arg(args, unsigned);
      break;
    case 'c': g->i = va_arg(args, int); break;
    case 'g': g->d = va_arg(args, double); break;
    case 's': g->s = va_arg(args, const char *); break;
    default: return 0;
    }
  }
  return n;
}

// ---- what is said

struct out {
  char *at;
  size_t room; // with the NUL
  bool full;
};

static void put(struct out *o, const char *text, size_t n) {
  if (o->full) return;
  o->full = n >= o->room;
  if (o->full) n = utf8_cut(text, n, o->room - 1);
  memcpy(o->at, text, n);
  o->at += n;
  o->room -= n;
  *o->at = 0;
}

enum { PIECE_PARTS = 3 };
struct part {
  const char *at;
  size_t n;
};

// Whether the text is what the pattern says, and of what: a %s takes as little as it can, the last one what
// there is.
static bool matches(const char *pattern, const char *text, size_t n, struct part parts[PIECE_PARTS]) {
  const char *end = text + n;
  struct conversion c = {.after = pattern};
  for (unsigned i = 0;; i++) {
    const char *p = c.after;
    bool more = message_conversion(p, &c);
    size_t fixed = more ? (size_t)(c.at - p) : strlen(p);
    const char *from = text;
    if (i && !more && (size_t)(end - text) > fixed) text = end - fixed;
    while (i && more && (size_t)(end - text) > fixed && memcmp(text, p, fixed)) text++;
    if ((size_t)(end - text) < fixed || memcmp(text, p, fixed)) return false;
    if (i) parts[i - 1] = (struct part){from, (size_t)(text - from)};
    text += fixed;
    if (!more) return text == end;
    if (i == PIECE_PARTS) return false;
  }
}

// A piece in Chinese, or as it is. What varies in it stands as it is.
static void put_piece(struct out *o, const char *text, size_t n) {
  struct part parts[PIECE_PARTS] = {0};
  for (size_t i = 0; n && i < MESSAGE_COUNT; i++) {
    const struct message *m = &MESSAGES[i];
    if (m->en[0] != text[0] && m->en[0] != '%') continue;
    if (!m->piece && (strchr(m->en, '%') || strlen(m->en) != n)) continue;
    if (!matches(m->en, text, n, parts)) continue;
    struct conversion c;
    const char *p = m->zh;
    for (unsigned k = 0; message_conversion(p, &c); p = c.after) {
      put(o, p, (size_t)(c.at - p));
      unsigned of = c.place ? (unsigned)c.place - 1 : k++;
      if (of < PIECE_PARTS && parts[of].at) put(o, parts[of].at, parts[of].n);
    }
    put(o, p, strlen(p));
    return;
  }
  put(o, text, n);
}

static void put_given(struct out *o, const struct given *g, bool piece) {
  const struct conversion *c = &g->as;
  char text[32];
  int n = 0;
  switch (c->kind) {
  case 's': {
    const char *s = g->s ? g->s : "(null)";
    size_t shown = c->precision < 0 ? strlen(s) : strnlen(s, (size_t)c->precision);
    if (piece)
      put_piece(o, s, shown);
    else
      put(o, s, shown);
    return;
  }
  case 'c': text[n++] = (char)g->i; break;
  case 'g': n = snprintf(text, sizeof text, "%.*g", c->precision, g->d); break;
  case 'd': n = snprintf(text, sizeof text, "%lld", g->i); break;
  case 'x': n = snprintf(text, sizeof text, "%llx", g->u); break;
  default: n = snprintf(text, sizeof text, "%llu", g->u); break;
  }
  put(o, text, (size_t)n);
}

static const char *lookup(const char *format) {
  for (size_t i = 0; i < MESSAGE_COUNT; i++)
    if (MESSAGES[i].en[0] == format[0] && !MESSAGES[i].piece && !strcmp(MESSAGES[i].en, format))
      return MESSAGES[i].zh;
  return NULL;
}

bool message_chinese(char *out, size_t room, const char *format, va_list args) {
  struct given at[MESSAGE_ARGS];
  struct conversion c;
  struct out o = {out, room, false};
  const char *p = lookup(format);
  *out = 0;
  if (!p) return false;
  unsigned n = take(at, format, args), next = 0;
  for (; message_conversion(p, &c); p = c.after) {
    put(&o, p, (size_t)(c.at - p));
    unsigned place = c.place ? c.place - 1 : next++;
    if (c.kind == '%')
      put(&o, "%", 1), next -= !c.place;
    else if (place < n && (c.kind != 's' || c.precision))
      put_given(&o, &at[place], c.piece);
  }
  put(&o, p, strlen(p));
  return *out;
}
