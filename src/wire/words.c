// words.c - values as a shell writes them, in a query string.
#include "wire/decode.h"
#include <string.h>

enum { WORDS_MOST = 64, WORDS_DEEP = 8 };

// Splits at commas outside brackets and quotes; the pieces are cut with NULs in `text`.
static unsigned split(char *text, char **out, unsigned most) {
  unsigned n = 0;
  int depth = 0;
  bool quoted = false;
  for (char *from = text, *p = text;; p++) {
    if (*p == '"' && (p == text || p[-1] != '\\')) quoted = !quoted;
    if (!quoted) depth += (*p == '[') - (*p == ']');
    if (*p && (*p != ',' || depth > 0 || quoted)) continue;
    bool end = !*p;
    *p = 0;
    if (n < most) out[n] = from;
    n++;
    if (end) return n;
    from = p + 1;
  }
}

static bool read_word(decoder *d, const char *text, int depth, value *out);

static bool read_words(decoder *d, const char *parameter, const char *text, size_t length, bool names,
                       int depth, values *out) {
  char *piece[WORDS_MOST], *copy = decoder_take(d, length + 1, 1);
  value *at = decoder_take(d, WORDS_MOST, sizeof *at);
  if (!copy || !at) return false;
  memcpy(copy, text, length);
  copy[length] = 0;
  unsigned n = length || names ? split(copy, piece, WORDS_MOST) : 0;
  if (n > WORDS_MOST)
    return fail(session_fault(d->s), ERR_bad_argument, "%s: at most %d in this form", parameter, WORDS_MOST);
  for (unsigned i = 0; i < n; i++)
    if (names)
      at[i] = value_text(piece[i], strlen(piece[i]));
    else if (!read_word(d, piece[i], depth, &at[i]))
      return false;
  *out = (values){at, n};
  return true;
}

static bool read_word(decoder *d, const char *text, int depth, value *out) {
  fault quiet = {0};
  json_cur c;
  size_t n = strlen(text);
  if (!strcmp(text, "True") || !strcmp(text, "False"))
    return *out = (value){VALUE_bool, {.i = *text == 'T'}}, true;
  if (!strcmp(text, "None")) return *out = (value){VALUE_none, {0}}, true;
  if (json_open(&c, text, n, &d->pool, &quiet) && json_peek(&c) != JSON_object) {
    c.fault = session_fault(d->s);
    return decode_value(&c, out);
  }
  if (quiet.code == ERR_out_of_memory) return fail(session_fault(d->s), quiet.code, "%s", quiet.detail);
  *out = value_text(text, n);
  if (depth == WORDS_DEEP || n < 2 || *text != '[' || text[n - 1] != ']') return true;
  values items; // a list of names, which JSON would want in quotes
  if (!read_words(d, "a list", text + 1, n - 2, false, depth + 1, &items)) return false;
  *out = value_list(items.at, items.n);
  return true;
}

bool decode_word(decoder *d, const char *text, value *out) { return read_word(d, text, 0, out); }

bool decode_words(decoder *d, const char *parameter, const char *text, bool names, values *out) {
  return read_words(d, parameter, text, strlen(text), names, 0, out);
}
