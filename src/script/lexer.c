#include "script/lexer.h"
#include "base/number.h"
#include "base/utf8.h"
#include <stdio.h>
#include <string.h>

static const struct fixed {
  const char *text;
  uint8_t n, kind;
} SIGNS[] =
    {
#define SIGN(id, text) {text, sizeof text - 1, TOKEN_##id},
#define KEYWORD(id, text)
#define ABSENT(text)
#include "script/tokens.def"
},
  WORDS[] = {
#define SIGN(id, text)
#define KEYWORD(id, text) {text, sizeof text - 1, TOKEN_##id},
#define ABSENT(text)      {text, sizeof text - 1, TOKEN_COUNT},
#include "script/tokens.def"
};
#define COUNT(table) (sizeof(table) / sizeof *(table))

const char *token_text(token_kind kind) {
  static const char *const CALLED[] = {
      "end of the script", "end of line", "indentation", "dedent", "name", "number", "number", "string"};
  if (kind < COUNT(CALLED)) return CALLED[kind];
  for (size_t i = 0; i < COUNT(SIGNS); i++)
    if (SIGNS[i].kind == kind) return SIGNS[i].text;
  for (size_t i = 0; i < COUNT(WORDS); i++)
    if (WORDS[i].kind == kind) return WORDS[i].text;
  return "token";
}

void lexer_init(lexer *l, const char *source, size_t n, fault *f) {
  *l = (lexer){.at = source, .end = source + n, .line = 1, .fresh = true, .was_blank = true, .fault = f};
  if (n >= 3 && !memcmp(source, "\xEF\xBB\xBF", 3)) l->at += 3; // a byte order mark
  l->line_start = l->counted = l->at;
  l->n_indents = 1; // of column 0
}

void lexer_init_inside(lexer *l, const char *from, const char *end, uint32_t line, uint32_t column,
                       fault *f) {
  *l = (lexer){
      .at = from, .end = end, .line_start = from, .counted = from, .line = line, .fault = f, .brackets = 1};
  l->column_base = column - 1;
  l->n_indents = 1;
  l->was_blank = true;
}

// Counts on from where it was last asked: a line may be as long as the script.
static uint32_t column_of(lexer *l, const char *at) {
  if (l->counted < l->line_start || l->counted > at) {
    l->counted = l->line_start;
    l->characters = 0;
  }
  for (; l->counted < at; l->counted++) l->characters += ((unsigned char)*l->counted & 0xC0) != 0x80;
  return l->column_base + 1 + l->characters;
}

static bool bad(lexer *l, const char *at, const char *what) {
  l->bad_line = l->line;
  l->bad_column = column_of(l, at);
  return fail(l->fault, ERR_bad_script, "%s", what);
}

static void next_line(lexer *l) { // at stands behind a \n
  l->line++;
  l->line_start = l->at;
  l->column_base = 0;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c & 0x80;
}

// Spaces, comments, joined lines; within brackets also line ends.
static bool skip_blank(lexer *l) {
  while (l->at < l->end) {
    char c = *l->at;
    if (c == ' ' || c == '\t' || c == '\f' || (c == '\r' && l->at + 1 < l->end && l->at[1] == '\n')) {
      l->at++;
    } else if (c == '#') {
      while (l->at < l->end && *l->at != '\n') l->at++;
    } else if (c == '\n' && l->brackets) {
      l->at++;
      next_line(l);
    } else if (c == '\\') {
      size_t skip = l->end - l->at > 2 && l->at[1] == '\r' ? 3 : 2;
      if ((size_t)(l->end - l->at) < skip || l->at[skip - 1] != '\n')
        return bad(l, l->at, "unexpected character after line continuation character");
      l->at += skip;
      next_line(l);
    } else
      break;
  }
  return true;
}

// At the beginning of a line that has something on it: how far it is indented.
static bool read_indentation(lexer *l) {
  for (;;) {
    int width = 0;
    for (; l->at < l->end && (*l->at == ' ' || *l->at == '\t' || *l->at == '\f'); l->at++)
      width = *l->at == '\t' ? width / 8 * 8 + 8 : *l->at == ' ' ? width + 1 : 0;
    const char *p = l->at;
    while (p < l->end && *p == '#' && (p = memchr(p, '\n', (size_t)(l->end - p))) == NULL) p = l->end;
    if (p < l->end && *p == '\r') p++;
    if (p == l->end) {
      l->at = l->end;
      width = 0;
    } else if (*p == '\n') { // a blank line
      l->at = p + 1;
      next_line(l);
      continue;
    }
    l->fresh = false;
    if (width > l->indents[l->n_indents - 1]) {
      if (l->n_indents == INDENTS_MAX) return bad(l, l->at, "too many levels of indentation");
      l->indents[l->n_indents++] = width;
      l->dedents = -1;
      return true;
    }
    while (width < l->indents[l->n_indents - 1]) l->n_indents--, l->dedents++;
    if (width != l->indents[l->n_indents - 1])
      return bad(l, l->at, "unindent does not match any outer indentation level");
    return true;
  }
}

// Digits with single underscores between them, into digits[]; false: there is something wrong.
static bool put_digits(lexer *l, char *digits, size_t *n, size_t room) {
  bool last_underscore = true;
  for (; l->at < l->end && (is_digit(*l->at) || *l->at == '_'); l->at++) {
    if (*l->at == '_' && last_underscore) return false;
    last_underscore = *l->at == '_';
    if (last_underscore) continue;
    if (*n == room) return false;
    digits[(*n)++] = *l->at;
  }
  return !last_underscore;
}

static bool read_based(lexer *l, token *t) { // 0x1f, 0b101, 0o17
  char base_letter = (char)(l->at[1] | 0x20);
  unsigned base = base_letter == 'x' ? 16 : base_letter == 'b' ? 2 : 8;
  uint64_t value = 0;
  bool any = false;
  for (l->at += 2; l->at < l->end && is_word(*l->at); l->at++) {
    char c = (char)(*l->at | 0x20);
    if (*l->at == '_') continue;
    unsigned digit = is_digit(*l->at)       ? (unsigned)(*l->at - '0')
                     : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                                            : 99;
    if (digit >= base) return bad(l, l->at, "invalid digit in a number");
    if (value > ((uint64_t)INT64_MAX - digit) / base)
      return bad(l, t->text, "the integer is larger than 64 bits");
    value = value * base + digit;
    any = true;
  }
  t->kind = TOKEN_int;
  t->i = (int64_t)value;
  return any || bad(l, l->at, "invalid number");
}

// 1, 1_000, 1., .5, 1e-3. The pieces are laid out anew as JSON has them, which number.h reads.
static bool read_number(lexer *l, token *t) {
  enum { ROOM = 400 };
  char text[ROOM + 8];
  size_t n = 0, whole;
  bool is_float = false;
  if (*l->at == '0' && l->end - l->at > 1 && strchr("xXbBoO", l->at[1])) return read_based(l, t);
  if (*l->at == '.')
    text[n++] = '0';
  else if (!put_digits(l, text, &n, ROOM / 2))
    return bad(l, l->at, "invalid number");
  whole = n;
  if (l->at < l->end && *l->at == '.') {
    is_float = true;
    l->at++;
    text[n++] = '.';
    if (l->at < l->end && is_digit(*l->at)) {
      if (!put_digits(l, text, &n, ROOM)) return bad(l, l->at, "invalid number");
    } else
      text[n++] = '0';
  }
  if (l->at < l->end && (*l->at | 0x20) == 'e') {
    is_float = true;
    text[n++] = 'e';
    l->at++;
    if (l->at < l->end && (*l->at == '-' || *l->at == '+')) text[n++] = *l->at++;
    if (!put_digits(l, text, &n, ROOM)) return bad(l, l->at, "invalid number");
  }
  if (l->at < l->end && is_word(*l->at)) return bad(l, l->at, "invalid decimal literal");
  const char *from = text;
  while (whole > 1 && *from == '0') from++, whole--;
  if (!is_float && from > text && *from != '0')
    return bad(l, t->text, "leading zeros in decimal integer literals are not permitted");
  t->kind = is_float ? TOKEN_float : TOKEN_int;
  if (is_float ? number_to_f64(from, text + n, &t->d) : number_to_i64(from, text + n, &t->i)) return true;
  if (!is_float) return bad(l, t->text, "the integer is larger than 64 bits");
  return t->d = __builtin_inf(), true; // 1e999
}

// From the opening quote on.
static bool read_string(lexer *l, token *t) {
  char quote = *l->at;
  size_t n = l->end - l->at >= 3 && l->at[1] == quote && l->at[2] == quote ? 3 : 1;
  const char *open = l->at;
  uint32_t line = l->line;
  t->kind = TOKEN_string;
  t->body = l->at += n;
  for (; l->at < l->end; l->at++) {
    if (*l->at == '\\' && l->at + 1 < l->end) {
      l->at++;
      if (*l->at != '\n') continue;
      l->at++;
      next_line(l);
      l->at--;
    } else if (*l->at == '\n') {
      if (n == 1) break;
      l->at++;
      next_line(l);
      l->at--;
    } else if (*l->at == quote &&
               (n == 1 || (l->end - l->at >= 3 && l->at[1] == quote && l->at[2] == quote))) {
      t->n_body = (size_t)(l->at - t->body);
      l->at += n;
      return true;
    }
  }
  l->bad_line = line;
  l->bad_column = l->line == line ? column_of(l, open) : t->column;
  return fail(l->fault, ERR_bad_script,
              n == 3 ? "unterminated triple-quoted string literal" : "unterminated string literal");
}

static bool read_prefix(lexer *l, token *t) { // r"", f"", rf""
  const char *p = l->at;
  t->raw = t->formatted = false;
  for (; l->end - p > 1 && p - l->at < 2; p++) {
    char c = (char)(*p | 0x20);
    if (c == 'r' && !t->raw)
      t->raw = true;
    else if (c == 'f' && !t->formatted)
      t->formatted = true;
    else if (c != 'u' || p > l->at)
      break;
  }
  if (*p != '"' && *p != '\'') return false;
  l->at = p;
  return true;
}

static bool read_word(lexer *l, token *t) {
  while (l->at < l->end && is_word(*l->at)) l->at++;
  t->n = (size_t)(l->at - t->text);
  t->kind = TOKEN_name;
  for (size_t i = 0; i < COUNT(WORDS); i++)
    if (WORDS[i].n == t->n && *WORDS[i].text == *t->text && !memcmp(WORDS[i].text, t->text, t->n))
      t->kind = WORDS[i].kind;
  if (t->kind == TOKEN_COUNT) {
    char what[80];
    snprintf(what, sizeof what, "%.*s is not part of this language", (int)t->n, t->text);
    return bad(l, t->text, what);
  }
  if (t->kind != TOKEN_name || utf8_identifier(t->text, t->n)) return true;
  return bad(l, t->text, "invalid character in identifier");
}

static bool read_sign(lexer *l, token *t) {
  for (size_t i = 0; i < COUNT(SIGNS); i++)
    if (*SIGNS[i].text == *l->at && (size_t)(l->end - l->at) >= SIGNS[i].n &&
        !memcmp(l->at, SIGNS[i].text, SIGNS[i].n)) {
      t->kind = SIGNS[i].kind;
      l->at += SIGNS[i].n;
      if (t->kind == TOKEN_open || t->kind == TOKEN_open_list || t->kind == TOKEN_open_dict) {
        if (++l->brackets > BRACKETS_MAX) return bad(l, t->text, "too many nested parentheses");
      } else if ((t->kind == TOKEN_close || t->kind == TOKEN_close_list || t->kind == TOKEN_close_dict) &&
                 l->brackets)
        l->brackets--;
      return true;
    }
  return bad(l, l->at, "invalid character");
}

static bool read_line_end(lexer *l, token *t) { // at a \n or at the end of the source
  if (l->at < l->end) {
    l->at++;
    next_line(l);
    l->fresh = true;
  } else if (l->was_blank) {
    if (l->n_indents > 1) {
      l->n_indents--;
      t->kind = TOKEN_dedent;
      return true;
    }
    t->kind = TOKEN_end;
    return true;
  }
  t->kind = TOKEN_newline;
  l->was_blank = true;
  return true;
}

bool lexer_next(lexer *l, token *t) {
  if (l->fresh && !l->brackets && !read_indentation(l)) return false;
  if (!l->dedents && !skip_blank(l)) return false;
  *t = (token){.line = l->line, .column = column_of(l, l->at), .text = l->at};
  if (l->dedents) {
    t->kind = l->dedents < 0 ? TOKEN_indent : TOKEN_dedent;
    l->dedents += l->dedents < 0 ? 1 : -1;
    return true;
  }
  if (l->at == l->end || *l->at == '\n') return read_line_end(l, t);
  l->was_blank = false;
  char c = *l->at;
  bool ok;
  if (is_digit(c) || (c == '.' && l->end - l->at > 1 && is_digit(l->at[1])))
    ok = read_number(l, t);
  else if (c == '"' || c == '\'' || (is_word(c) && read_prefix(l, t)))
    ok = read_string(l, t);
  else if (is_word(c))
    ok = read_word(l, t);
  else
    ok = read_sign(l, t);
  t->n = (size_t)(l->at - t->text);
  return ok;
}
