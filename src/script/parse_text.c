// parse_text.c - string literals: escapes, pieces side by side, and what stands between braces in an
// f-string.
#include "base/utf8.h"
#include "script/parse.h"
#include <string.h>

// A string literal, and how far the characters before its parts are counted: it may be as long as the script.
typedef struct quoted {
  token t;
  const char *counted;
  place at;
} quoted;

// The place of a byte of a string literal.
static place place_in(quoted *q, const char *at) {
  if (at < q->counted) q->counted = q->t.text, q->at = place_of(&q->t);
  for (; q->counted < at; q->counted++)
    if (*q->counted == '\n')
      q->at = (place){q->at.line + 1, 1};
    else if (((unsigned char)*q->counted & 0xC0) != 0x80)
      q->at.column++;
  return q->at;
}

// ---- escapes

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// \x41, \u0041, \U00000041: n digits from p on. -1: malformed.
static int64_t hex(const char *p, const char *end, int n) {
  int64_t code = 0;
  if (end - p < n) return -1;
  for (int i = 0; i < n; i++) {
    int digit = hex_digit(p[i]);
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}

// One escape behind its backslash; writes it at *out. NULL: malformed.
static const char *escape(const char *p, const char *end, char **out) {
  static const char FROM[] = "\\'\"abfnrtv", TO[] = "\\'\"\a\b\f\n\r\t\v";
  const char *known = *p ? strchr(FROM, *p) : NULL;
  if (known) return *(*out)++ = TO[known - FROM], p + 1;
  if (*p == '\n') return p + 1;
  if (*p >= '0' && *p <= '7') {
    uint32_t code = 0;
    for (int i = 0; i < 3 && p < end && *p >= '0' && *p <= '7'; i++) code = code * 8 + (uint32_t)(*p++ - '0');
    *out += utf8_put(*out, code);
    return p;
  }
  int n = *p == 'x' ? 2 : *p == 'u' ? 4 : *p == 'U' ? 8 : 0;
  if (*p == 'N') return NULL;
  if (!n) return *(*out)++ = '\\', p; // not one: it stands for itself
  int64_t code = hex(p + 1, end, n);
  if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return NULL;
  *out += utf8_put(*out, (uint32_t)code);
  return p + 1 + n;
}

// The text from `from` to `end`; {{ and }} are single in an f-string.
static expr *text_piece(parser *p, quoted *q, const char *from, const char *end) {
  expr *e = parse_new(p, EXPR_text, place_of(&q->t));
  char *text = e ? parse_take(p, (size_t)(end - from) + 4) : NULL, *out = text;
  if (!text) return NULL;
  for (const char *at = from; at < end;) {
    if (*at == '\\' && !q->t.raw) {
      const char *next = at + 1 < end ? escape(at + 1, end, &out) : NULL;
      if (!next) return parse_fail(p, place_in(q, at), "malformed escape in a string"), NULL;
      at = next;
      continue;
    }
    if (*at == '\r' && at + 1 < end && at[1] == '\n') at++; // lines end with \n whatever the file says
    if (q->t.formatted && (*at == '{' || *at == '}')) at++;
    *out++ = *at++;
  }
  e->text = (ident){text, (size_t)(out - text)};
  return e;
}

// ---- f-strings

// Where the expression that begins at p ends: at its `!`, `:` or `}`. NULL: nowhere.
static const char *expression_end(const char *p, const char *end) {
  int open = 0;
  char quote = 0;
  for (; p < end; p++) {
    if (quote) {
      if (*p == quote) quote = 0;
    } else if (*p == '"' || *p == '\'')
      quote = *p;
    else if (*p == '(' || *p == '[' || *p == '{')
      open++;
    else if (open && (*p == ')' || *p == ']' || *p == '}'))
      open--;
    else if (!open && (*p == '}' || *p == ':' || (*p == '!' && !(p + 1 < end && p[1] == '='))))
      return p;
  }
  return NULL;
}

static const char *spec_end(const char *p, const char *end) {
  int open = 0;
  for (; p < end && (open || *p != '}'); p++) open += (*p == '{') - (*p == '}');
  return p < end ? p : NULL;
}

static bool pieces(parser *p, quoted *q, const char *from, const char *end, struct list *out);

static expr *joined(parser *p, const token *t, const struct list *parts) {
  expr *only = parts->n == 1 ? parts->at[0] : NULL;
  if (only && only->kind == EXPR_text) return only;
  expr *e = parse_new(p, EXPR_joined, place_of(t));
  if (!e || parts->n > UINT16_MAX) return e ? parse_fail(p, place_of(t), "too many elements"), NULL : NULL;
  e->list = (expr **)parts->at;
  e->n_list = (uint16_t)parts->n;
  for (unsigned i = 0; i < parts->n; i++) parse_grow(e, parts->at[i]);
  return e;
}

// {x=}: the text of the expression stands before its value.
static bool shows_itself(const char *from, const char **end) {
  const char *last = *end;
  while (last > from && last[-1] == ' ') last--;
  if (last - from < 2 || last[-1] != '=' || strchr("=!<>", last[-2])) return false;
  *end = last - 1;
  return true;
}

// {expression!r:spec} behind its opening brace; *at moves behind the closing one.
static bool replacement(parser *p, quoted *q, const char **at, const char *end, struct list *out) {
  const char *from = *at, *stop = expression_end(from, end), *expr_end = stop;
  place where = place_in(q, from);
  if (!stop) return parse_fail(p, where, "f-string: expecting '}'");
  expr *e = parse_new(p, EXPR_format, where), *label;
  if (!e) return false;
  bool shown = shows_itself(from, &expr_end);
  if (shown && (!(label = text_piece(p, q, from, stop)) || !parse_push(p, out, label))) return false;
  const char *c = from;
  while (c < expr_end && (*c == ' ' || *c == '\n')) c++;
  if (c == expr_end) return parse_fail(p, where, "f-string: empty expression not allowed");
  if (!parse_inside(p, from, expr_end, where, &e->left)) return false;
  parse_grow(e, e->left);
  if (*stop == '!') {
    if (stop + 1 >= end || !strchr("rs", stop[1]))
      return parse_fail(p, where, "f-string: invalid conversion character");
    e->op = (uint8_t)stop[1];
    stop += 2;
  }
  if (stop < end && *stop == ':') {
    struct list spec = {0};
    const char *close = spec_end(stop + 1, end);
    if (!close) return parse_fail(p, where, "f-string: expecting '}'");
    if (!parse_deeper(p) || !pieces(p, q, stop + 1, close, &spec) || !(e->right = joined(p, &q->t, &spec)))
      return false;
    p->depth--;
    parse_grow(e, e->right);
    stop = close;
  } else if (shown && !e->op)
    e->op = 'r';
  if (stop >= end || *stop != '}') return parse_fail(p, where, "f-string: expecting '}'");
  *at = stop + 1;
  return parse_push(p, out, e);
}

static bool pieces(parser *p, quoted *q, const char *from, const char *end, struct list *out) {
  const char *start = from, *at = from;
  expr *text;
  while (at < end) {
    bool twice = at + 1 < end && at[1] == *at;
    bool escape = *at == '\\' && !q->t.raw && at + 1 < end, brace = *at == '{' || *at == '}';
    if (escape || (brace && twice))
      at += 2;
    else if (!brace)
      at++;
    else if (*at == '}')
      return parse_fail(p, place_in(q, at), "f-string: single '}' is not allowed");
    else {
      if (at > start && (!(text = text_piece(p, q, start, at)) || !parse_push(p, out, text))) return false;
      at++;
      if (!replacement(p, q, &at, end, out)) return false;
      start = at;
    }
  }
  if (at == start && out->n) return true;
  return (text = text_piece(p, q, start, at)) && parse_push(p, out, text);
}

// ---- pieces side by side

static expr *together(parser *p, const token *first, const struct list *parts) {
  bool plain = true;
  size_t n = 0;
  for (unsigned i = 0; i < parts->n; i++) {
    const expr *e = parts->at[i];
    plain = plain && e->kind == EXPR_text;
    if (plain) n += e->text.n;
  }
  if (!plain || parts->n == 1) return joined(p, first, parts);
  expr *e = parse_new(p, EXPR_text, place_of(first));
  char *text = e ? parse_take(p, n + 1) : NULL;
  if (!text) return NULL;
  e->text = (ident){text, n};
  for (unsigned i = 0; i < parts->n; i++) {
    const expr *part = parts->at[i];
    memcpy(text, part->text.text, part->text.n);
    text += part->text.n;
  }
  return e;
}

expr *parse_strings(parser *p) {
  struct list parts = {0};
  token first = p->t;
  while (parse_is(p, TOKEN_string)) {
    quoted q = {p->t, p->t.text, place_of(&p->t)};
    const char *from = q.t.body, *end = from + q.t.n_body;
    expr *text;
    bool ok = q.t.formatted ? pieces(p, &q, from, end, &parts)
                            : (text = text_piece(p, &q, from, end)) && parse_push(p, &parts, text);
    if (!ok || !parse_next(p)) return NULL;
  }
  return together(p, &first, &parts);
}
