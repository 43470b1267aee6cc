#include "base/utf8.h"
#include "wire/json_keys.h"
#include "wire/json_reader.h"
#include "wire/json_scan.h"
#include <stdio.h>

struct check {
  const char *start, *end;
  size_t first_line;
  fault *fault;
  const char *key; // the inside of the string last passed, to where it ends, and whether it has escapes
  const char *key_end;
  bool escaped;
  int depth, max_depth;
  bool object[JSON_DEPTH_MOST]; // by depth: an object, not an array
  size_t base[JSON_DEPTH_MOST]; // by depth: where an object's keys begin
  json_keys keys;
  json_pool pool;                 // unescaped keys
  const char *opened, *from, *to; // at depth 2: the container that is open, and the longest one
};

// ------------------------------------------------------------------------------------ faults

static const char *fail_at(struct check *c, err code, const char *p, const char *what, const char *found) {
  size_t line = c->first_line, column = 1;
  for (const char *at = c->start; at < p; at++)
    if (*at == '\n')
      line++, column = 1;
    else
      column += ((unsigned char)*at & 0xC0) != 0x80;
  fail(c->fault, code, "line %zu, column %zu: %s%s", line, column, what, found);
  return NULL;
}

static const char *bad(struct check *c, const char *p, const char *what) {
  return fail_at(c, ERR_bad_json, p, what, "");
}

static bool starts(const char *p, const char *end, const char *word) {
  size_t n = strlen(word);
  return (size_t)(end - p) >= n && !memcmp(p, word, n);
}

// What stands at p instead of what was wanted; the frequent mistakes get the remedy.
static const char *unexpected(struct check *c, const char *p, const char *wanted) {
  char found[64];
  unsigned char byte = p < c->end ? (unsigned char)*p : 0;
  if (p == c->end)
    snprintf(found, sizeof found, ", found the end of the text");
  else if (byte == '\'')
    snprintf(found, sizeof found, ", found '; strings stand in double quotes");
  else if (starts(p, c->end, "NaN") || starts(p, c->end, "Infinity") || starts(p, c->end, "-Infinity"))
    snprintf(found, sizeof found, "; NaN and infinities are written as strings, \"NaN\"");
  else if (starts(p, c->end, "True") || starts(p, c->end, "False") || starts(p, c->end, "None"))
    snprintf(found, sizeof found, "; JSON writes true, false and null");
  else if (byte == '/' || byte == '#')
    snprintf(found, sizeof found, "; JSON has no comments");
  else if (starts(p, c->end, "\xEF\xBB\xBF"))
    snprintf(found, sizeof found, ", found a byte order mark");
  else if (byte > 0x20 && byte < 0x7F)
    snprintf(found, sizeof found, ", found '%c'", byte);
  else {
    int n = utf8_step(p, c->end);
    if (n > 1)
      snprintf(found, sizeof found, ", found '%.*s'", n, p);
    else
      snprintf(found, sizeof found, ", found the byte 0x%02X", byte);
  }
  return fail_at(c, ERR_bad_json, p, wanted, found);
}

static const char *twice(struct check *c, const char *p, const char *key, size_t n) {
  char found[80];
  size_t cut = utf8_cut(key, n, 60);
  snprintf(found, sizeof found, "'%.*s%s'", (int)cut, key, cut < n ? "…" : "");
  for (char *at = found; *at; at++)
    if ((unsigned char)*at < 0x20) *at = '?';
  return fail_at(c, ERR_duplicate_key, p, "this object already has a key ", found);
}

// ---------------------------------------------------------------------- strings and literals

static int hex4(const char *p, const char *end) {
  int value = 0;
  if (end - p < 4) return -1;
  for (int i = 0; i < 4; i++) {
    unsigned char digit = (unsigned char)p[i], letter = digit | 0x20;
    if (digit >= '0' && digit <= '9')
      value = value * 16 + (digit - '0');
    else if (letter >= 'a' && letter <= 'f')
      value = value * 16 + (letter - 'a' + 10);
    else
      return -1;
  }
  return value;
}

// p is behind the backslash; returns what follows the escape.
static const char *pass_escape(struct check *c, const char *p) {
  if (p == c->end) return bad(c, p, "the text ends inside a string");
  if (*p != 'u')
    return memchr("\"\\/bfnrt", *p, 8)
               ? p + 1
               : bad(c, p - 1, "unknown escape; JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
  int unit = hex4(p + 1, c->end);
  if (unit < 0) return bad(c, p - 1, "\\u needs four hexadecimal digits");
  if (unit == 0) return bad(c, p - 1, "\\u0000 is not allowed in strings");
  if ((unit & 0xF800) != 0xD800) return p + 5;
  int low = starts(p + 5, c->end, "\\u") ? hex4(p + 7, c->end) : -1;
  if (unit >= 0xDC00 || low < 0xDC00 || low > 0xDFFF) return bad(c, p - 1, "half of a surrogate pair");
  return p + 11;
}

// p is at the opening quote; returns what follows the closing one.
static const char *pass_string(struct check *c, const char *p) {
  const char *open = p++;
  c->key = p;
  c->escaped = false;
  for (;;) {
    p = json_plain_end(p, c->end);
    if (p == c->end) return bad(c, open, "this string is not closed");
    unsigned char byte = (unsigned char)*p;
    if (byte == '"') {
      c->key_end = p;
      return p + 1;
    }
    if (byte == '\\') {
      c->escaped = true;
      if (!(p = pass_escape(c, p + 1))) return NULL;
    } else if (byte >= 0x80) {
      int n = utf8_step(p, c->end);
      if (!n) return bad(c, p, "the text is not valid UTF-8");
      p += n;
    } else
      return bad(c, p, "control characters, line ends too, are escaped inside a string");
  }
}

static inline const char *digits_end(const char *p, const char *end) {
  while (p < end && (unsigned char)(*p - '0') < 10) p++;
  return p;
}

static const char *pass_number(struct check *c, const char *p) {
  const char *end = c->end, *from;
  const char *first = p + (*p == '-');
  p = digits_end(first, end);
  if (p == first) return unexpected(c, starts(p, end, "Infinity") ? p - 1 : p, "expected a digit");
  if (*first == '0' && p > first + 1) return bad(c, first, "a number does not begin with zeros");
  if (p < end && *p == '.') {
    p = digits_end(from = p + 1, end);
    if (p == from) return unexpected(c, p, "expected a digit after the point");
  }
  if (p < end && (*p | 0x20) == 'e') {
    p++;
    p += p < end && (*p == '-' || *p == '+');
    from = p;
    p = digits_end(p, end);
    if (p == from) return unexpected(c, p, "expected a digit in the exponent");
  }
  return p;
}

static const char *pass_literal(struct check *c, const char *p) {
  const char *word = *p == 't' ? "true" : *p == 'f' ? "false" : "null";
  return starts(p, c->end, word) ? p + strlen(word) : unexpected(c, p, "expected a value");
}

// -------------------------------------------------------------------------------- containers

static bool open_container(struct check *c, const char *p) {
  if (c->depth == c->max_depth) {
    char limit[32];
    snprintf(limit, sizeof limit, "%d", c->max_depth);
    return fail_at(c, ERR_bad_json, p, "arrays and objects are nested deeper than ", limit);
  }
  if (c->depth == 1) c->opened = p;
  c->object[c->depth] = *p == '{';
  c->base[c->depth++] = c->keys.count;
  return true;
}

static bool close_container(struct check *c, const char *p) {
  --c->depth;
  if (c->depth == 1 && p - c->opened >= c->to - c->from) c->from = c->opened, c->to = p + 1;
  if (!c->object[c->depth]) return true;
  const struct json_key *key = json_keys_close(&c->keys, c->base[c->depth]);
  if (!key) return true;
  bool in_text = (uintptr_t)key->text - (uintptr_t)c->start < (uintptr_t)(c->end - c->start);
  return twice(c, in_text ? key->text - 1 : p, key->text, key->n);
}

static bool out_of_memory(struct check *c) {
  return fail(c->fault, ERR_out_of_memory, "no memory to check the keys of an object");
}

// Passes `"key":` at p and notes the key.
static const char *pass_key(struct check *c, const char *p) {
  const char *at = p, *limit = c->end;
  if (p == c->end || *p != '"') return unexpected(c, p, "expected a key in double quotes");
  if (!(p = pass_string(c, p))) return NULL;
  json_str key = {c->key, (size_t)(c->key_end - c->key)};
  if (key.n > UINT32_MAX) return bad(c, at, "this key is too long");
  if (c->escaped) {
    char *plain = json_pool_take(&c->pool, key.n);
    if (!plain) return out_of_memory(c) ? p : NULL;
    key = (json_str){plain, json_unescape(key.text, key.n, plain)};
    limit = key.text + key.n;
  }
  const struct json_key *twin;
  if (!json_keys_add(&c->keys, c->base[c->depth - 1], key, limit, &twin)) {
    if (twin) return twice(c, at, key.text, key.n);
    return out_of_memory(c) ? p : NULL;
  }
  p = json_blank_end(p, c->end);
  return p < c->end && *p == ':' ? p + 1 : unexpected(c, p, "expected ':' after a key");
}

// Passes a scalar at p.
static const char *pass_scalar(struct check *c, const char *p) {
  char next = p < c->end ? *p : 0;
  if (next == '"') return pass_string(c, p);
  if (next == '-' || (next >= '0' && next <= '9')) return pass_number(c, p);
  if (next == 't' || next == 'f' || next == 'n') return pass_literal(c, p);
  return unexpected(c, p, "expected a value");
}

// What follows a value inside a container: behind a comma, or, all containers closed that end here, the end
// of the outermost one (c->depth 0).
static const char *pass_after(struct check *c, const char *p) {
  while (p && c->depth) {
    bool object = c->object[c->depth - 1];
    p = json_blank_end(p, c->end);
    char next = p < c->end ? *p : 0;
    if (next == ',') return p + 1;
    if (next != (object ? '}' : ']'))
      return unexpected(c, p,
                        object ? "expected ',' or '}' after a member" : "expected ',' or ']' after an item");
    p = close_container(c, p) ? p + 1 : NULL;
  }
  return p;
}

// Passes one value and all inside it; returns what follows.
static const char *pass_value(struct check *c, const char *p) {
  do {
    bool empty = false; // a container just opened, which its bracket closes at once
    p = json_blank_end(p, c->end);
    if (c->depth && c->object[c->depth - 1]) {
      if (!(p = pass_key(c, p))) return NULL;
      p = json_blank_end(p, c->end);
    }
    while (!empty && p < c->end && (*p == '{' || *p == '[')) {
      char close = *p == '{' ? '}' : ']';
      if (!open_container(c, p)) return NULL;
      p = json_blank_end(p + 1, c->end);
      empty = p < c->end && *p == close;
      if (empty || close == ']') continue;
      if (!(p = pass_key(c, p))) return NULL;
      p = json_blank_end(p, c->end);
    }
    if (!empty && !(p = pass_scalar(c, p))) return NULL;
    p = pass_after(c, p);
  } while (p && c->depth);
  return p;
}

bool json_check(const char *text, size_t n, int max_depth, size_t first_line, json_pool *pool, fault *f) {
  struct check c;
  c.start = text;
  c.end = text + n;
  c.first_line = first_line;
  c.fault = f;
  c.depth = 0;
  c.max_depth = max_depth < 1 ? 1 : max_depth > JSON_DEPTH_MOST ? JSON_DEPTH_MOST : max_depth;
  c.pool = (json_pool){0};
  c.from = c.to = NULL;
  json_keys_init(&c.keys, pool ? pool->budget : NULL, f);
  const char *p = pass_value(&c, text);
  if (p && (p = json_blank_end(p, c.end)) < c.end) p = unexpected(&c, p, "expected nothing after the value");
  json_keys_finish(&c.keys);
  json_pool_finish(&c.pool);
  if (pool) pool->from = c.from, pool->to = c.to;
  return p != NULL;
}

bool json_validate(const char *text, size_t n, int max_depth, fault *f) {
  return json_check(text, n, max_depth, 1, NULL, f);
}
