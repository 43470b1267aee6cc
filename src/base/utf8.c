#include "base/utf8.h"
#include <string.h>
#include <utf8proc.h>

int utf8_step(const char *p, const char *end) {
  const unsigned char *s = (const unsigned char *)p;
  if (s[0] < 0x80) return 1;
  int length = s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF5 ? 4 : 0;
  if (!length || end - p < length) return 0;
  unsigned char low = 0x80,
                high = 0xBF; // of the second byte: no long forms, no surrogates, no more than U+10FFFF
  if (s[0] == 0xE0)
    low = 0xA0;
  else if (s[0] == 0xED)
    high = 0x9F;
  else if (s[0] == 0xF0)
    low = 0x90;
  else if (s[0] == 0xF4)
    high = 0x8F;
  if (s[1] < low || s[1] > high) return 0;
  for (int i = 2; i < length; i++)
    if ((s[i] & 0xC0) != 0x80) return 0;
  return length;
}

const char *utf8_check(const char *text, size_t n) {
  const char *p = text, *end = text + n;
  while (p < end) {
    uint64_t words[2];
    if (end - p >= 16) {
      memcpy(words, p, 16);
      if (!((words[0] | words[1]) & 0x8080808080808080u)) {
        p += 16;
        continue;
      }
    }
    int step = utf8_step(p, end);
    if (!step) return p;
    p += step;
  }
  return NULL;
}

int utf8_get(const char *p, const char *end, uint32_t *code_point) {
  static const unsigned char lead_bits[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  int length = utf8_step(p, end);
  uint32_t c = (unsigned char)*p & lead_bits[length];
  for (int i = 1; i < length; i++) c = c << 6 | ((unsigned char)p[i] & 0x3F);
  *code_point = c;
  return length;
}

int utf8_put(char *out, uint32_t c) {
  if (c < 0x80) {
    out[0] = (char)c;
    return 1;
  }
  int length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (int i = length - 1; i; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
  out[0] = (char)(0xF00 >> length | c); // as many leading ones as bytes
  return length;
}

size_t utf8_cut(const char *text, size_t n, size_t limit) {
  if (n <= limit) return n;
  while (limit && ((unsigned char)text[limit] & 0xC0) == 0x80) limit--;
  return limit;
}

static bool letter(uint32_t c) {
  if (c < 0x80) return (c | 0x20) - 'a' < 26 || c == '_';
  switch (utf8proc_category((utf8proc_int32_t)c)) {
  case UTF8PROC_CATEGORY_LU:
  case UTF8PROC_CATEGORY_LL:
  case UTF8PROC_CATEGORY_LT:
  case UTF8PROC_CATEGORY_LM:
  case UTF8PROC_CATEGORY_LO:
  case UTF8PROC_CATEGORY_NL: return true;
  default: return false;
  }
}

static bool continues(uint32_t c) {
  if (c < 0x80) return letter(c) || c - '0' < 10;
  switch (utf8proc_category((utf8proc_int32_t)c)) {
  case UTF8PROC_CATEGORY_MN:
  case UTF8PROC_CATEGORY_MC:
  case UTF8PROC_CATEGORY_ND:
  case UTF8PROC_CATEGORY_PC: return true;
  default: return letter(c);
  }
}

bool utf8_identifier(const char *text, size_t n) {
  const char *end = text + n;
  for (const char *p = text; p < end;) {
    uint32_t c;
    int step = utf8_get(p, end, &c);
    if (!step || !(p == text ? letter(c) : continues(c))) return false;
    p += step;
  }
  return n != 0;
}

static bool all_digits(const char *text, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (text[i] < '0' || text[i] > '9') return false;
  return n != 0;
}

// Words that mean something else: in a query or an index, and in Python.
static bool taken(const char *text, size_t n) {
  static const char WORDS[] =
      " true false null NaN Infinity True False None and as assert async await break class continue def del "
      "elif else except finally for from global if import in is lambda nonlocal not or pass raise return try "
      "while with yield ";
  enum { LONGEST = 8 };
  char word[LONGEST + 3];
  if (n > LONGEST) return false;
  word[0] = word[n + 1] = ' ';
  memcpy(word + 1, text, n);
  word[n + 2] = 0;
  return strstr(WORDS, word) != NULL;
}

static bool part_valid(const char *text, size_t n) { return utf8_identifier(text, n) && !taken(text, n); }

bool name_valid(const char *name, size_t n, bool dots) {
  if (!n || n > NAME_MAX_BYTES) return false;
  const char *part = name, *end = name + n;
  while (dots) {
    const char *dot = memchr(part, '.', (size_t)(end - part));
    if (!dot) break;
    size_t length = (size_t)(dot - part);
    if (!part_valid(part, length) && (part == name || !all_digits(part, length))) return false;
    part = dot + 1;
  }
  size_t length = (size_t)(end - part);
  if (part == name) return dots ? part_valid(part, length) : utf8_identifier(part, length);
  if (length == 4 && !memcmp(part, "grad", 4)) return false;
  return part_valid(part, length) || all_digits(part, length);
}
