#include "wire/json_reader.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "wire/json_scan.h"
#include <math.h>
#include <stdio.h>

// ------------------------------------------------------------------------- unescaped strings

enum { BLOCK_MIN = 512 };
struct json_block {
  struct json_block *next;
  size_t size;
  char bytes[];
};

// A first small block is enough for most bodies, and not charged.
static size_t charged(size_t size) { return size > BLOCK_MIN ? sizeof(struct json_block) + size : 0; }

void json_pool_finish(json_pool *pool) {
  for (struct json_block *next, *block = pool->blocks; block; block = next) {
    next = block->next;
    if (pool->budget) budget_release(pool->budget, charged(block->size));
    mem_free(block);
  }
  *pool = (json_pool){.budget = pool->budget, .fault = pool->fault};
}

char *json_pool_take(json_pool *pool, size_t n) {
  if (!pool->blocks || pool->left < n) {
    size_t size = pool->blocks ? pool->blocks->size : BLOCK_MIN / 2, bytes;
    if (!size_mul(size, 2, &size) || size < n) size = n;
    if (!size_add(size, sizeof(struct json_block), &bytes)) return NULL;
    if (pool->budget && !budget_charge(pool->budget, charged(size), pool->fault)) return NULL;
    struct json_block *block = mem_alloc(bytes);
    if (!block) {
      if (pool->budget) budget_release(pool->budget, charged(size));
      return NULL;
    }
    block->next = pool->blocks;
    block->size = pool->left = size;
    pool->blocks = block;
  }
  char *taken = pool->blocks->bytes + (pool->blocks->size - pool->left);
  pool->left -= n;
  return taken;
}

static uint32_t hex4(const char *p) {
  uint32_t value = 0;
  for (int i = 0; i < 4; i++) value = value << 4 | (((unsigned char)p[i] & 15) + (p[i] > '9' ? 9u : 0u));
  return value;
}

size_t json_unescape(const char *text, size_t n, char *out) {
  static const char named[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
  const char *p = text, *end = text + n;
  char *o = out;
  while (p < end) {
    const char *slash = memchr(p, '\\', (size_t)(end - p));
    size_t run = (size_t)((slash ? slash : end) - p);
    memcpy(o, p, run);
    o += run;
    p += run;
    if (!slash) break;
    if (p[1] != 'u') {
      const char *pair = named;
      while (*pair != p[1]) pair += 2;
      *o++ = pair[1];
      p += 2;
      continue;
    }
    uint32_t c = hex4(p + 2);
    p += 6;
    if ((c & 0xFC00) == 0xD800) {
      c = 0x10000 + ((c & 0x3FF) << 10) + (hex4(p + 2) & 0x3FF);
      p += 6;
    }
    o += utf8_put(o, c);
  }
  return (size_t)(o - out);
}

// ---------------------------------------------------------------------------- passing values

static inline bool stopped(const json_cur *c) { return __builtin_expect(c->fault->code != ERR_none, 0); }

static inline const char *blank_end(json_cur *c) { return c->at = json_blank_end(c->at, c->end); }

// The closing quote of the string whose inside begins at p; *escaped says whether a backslash was met.
static inline const char *string_end(const char *p, const char *end, bool *escaped) {
  *escaped = false;
  for (;;) {
    while (end - p >= 8) {
      uint64_t w = json_word(p), hits = (json_hits(w, '"') | json_hits(w, '\\')) & ~w & JSON_EACH(0x80);
      if (hits) {
        p += json_first(hits);
        break;
      }
      p += 8;
    }
    while (p < end && *p != '"' && *p != '\\') p++;
    if (p == end || *p == '"') return p;
    *escaped = true;
    p += end - p >= 2 ? 2 : 1;
  }
}

// The next quote or bracket at or behind p.
static inline const char *mark_end(const char *p, const char *end) {
  for (; end - p >= 8; p += 8) {
    uint64_t w = json_word(p), lower = w | JSON_EACH(0x20);
    uint64_t hits = (json_hits(lower, '{') | json_hits(lower, '}') | json_hits(w, '"')) & JSON_EACH(0x80);
    if (hits) return p + json_first(hits);
  }
  return p;
}

// What follows the container that opens at p: outside of strings only brackets count. Where numbers begin
// there are often more of them, and big steps pay.
static const char *container_end(const char *p, const char *end) {
  size_t depth = 0;
  while (p < end) {
    unsigned char byte = (unsigned char)*p++;
    bool escaped;
    if (byte == '"') {
      p = string_end(p, end, &escaped);
      p += p < end;
    } else if ((byte | 0x20) == '{')
      depth++;
    else if ((byte | 0x20) == '}') {
      if (--depth == 0) break;
    } else if ((unsigned)(byte - '0') < 10)
      p = mark_end(p, end);
  }
  return p;
}

static const char *value_end(const char *p, const char *end) {
  if (p == end) return p;
  if (*p == '{' || *p == '[') return container_end(p, end);
  bool escaped;
  if (*p == '"') {
    p = string_end(p + 1, end, &escaped);
    return p + (p < end);
  }
  while (p < end && *p != ',' && *p != ']' && *p != '}' && (unsigned char)*p > ' ') p++;
  return p;
}

void json_skip(json_cur *c) {
  if (stopped(c)) return;
  bool known = blank_end(c) == c->pool->from && c->at < c->end;
  c->at = known ? c->pool->to : value_end(c->at, c->end);
}

json_cur json_span(json_cur *c) {
  json_cur span = *c;
  span.at = blank_end(c);
  json_skip(c);
  span.end = c->at;
  return span;
}

size_t json_count(json_cur c) {
  json_kind kind = json_peek(&c);
  size_t count = 0;
  if (kind != JSON_array && kind != JSON_object) return 0;
  for (c.at++; json_peek(&c) != JSON_end; count++) {
    json_skip(&c);
    if (kind == JSON_object) {
      blank_end(&c);
      c.at += c.at < c.end; // the colon
      json_skip(&c);
    }
    if (blank_end(&c) < c.end && *c.at == ',')
      c.at++;
    else if (stopped(&c))
      break;
  }
  return count;
}

// ------------------------------------------------------------------------------------ faults

static const char *const KINDS[] = {
    [JSON_end] = "nothing",      [JSON_null] = "null",       [JSON_bool] = "a bool",
    [JSON_number] = "a number",  [JSON_string] = "a string", [JSON_array] = "an array",
    [JSON_object] = "an object",
};

// The subject of a sentence: "field 'dim'", or "the body".
static const char *subject(const char *field, char out[64]) {
  if (!field) return "the body";
  size_t n = strlen(field), cut = utf8_cut(field, n, 40);
  if (cut < n)
    snprintf(out, 64, "field '%.*s…'", (int)cut, field);
  else
    snprintf(out, 64, "field '%s'", field);
  return out;
}

// The text of a literal, cut to what a sentence bears.
static int literal(const json_cur *c, size_t *n) {
  *n = (size_t)(value_end(c->at, c->end) - c->at);
  return (int)(*n < 40 ? *n : 40);
}

static bool wrong_literal(json_cur *c, err code, const char *field, const char *wanted) {
  char name[64];
  size_t n;
  int shown = literal(c, &n);
  return fail(c->fault, code, "%s must be %s, not %.*s%s", subject(field, name), wanted, shown, c->at,
              n > (size_t)shown ? "…" : "");
}

bool json_wrong_kind(json_cur *c, const char *field, const char *wanted) {
  char name[64];
  json_kind kind = json_peek(c);
  if (kind == JSON_number || kind == JSON_bool) return wrong_literal(c, ERR_bad_argument, field, wanted);
  return fail(c->fault, ERR_bad_argument, "%s must be %s, not %s", subject(field, name), wanted, KINDS[kind]);
}

static bool out_of_range(json_cur *c, const char *field, const char *type) {
  char name[64];
  size_t n;
  int shown = literal(c, &n);
  return fail(c->fault, ERR_bad_number, "%s: %.*s%s is out of the range of %s", subject(field, name), shown,
              c->at, n > (size_t)shown ? "…" : "", type);
}

bool json_unknown_field(json_cur *c, json_str key, const char *known) {
  char shown[NAME_MAX_BYTES + 1];
  size_t n = utf8_cut(key.text, key.n, NAME_MAX_BYTES);
  for (size_t i = 0; i < n; i++) shown[i] = (unsigned char)key.text[i] < 0x20 ? '?' : key.text[i];
  shown[n] = 0;
  return fail(c->fault, ERR_unknown_field, "unknown field '%s%s'; known here: %s", shown,
              n < key.n ? "…" : "", known);
}

// ----------------------------------------------------------------------------------- cursors

bool json_open(json_cur *c, const char *text, size_t n, json_pool *pool, fault *f) {
  *c = (json_cur){text, text + n, pool, f};
  return json_check(text, n, JSON_DEPTH, 1, pool, f);
}

json_kind json_peek(json_cur *c) {
  const char *p = blank_end(c);
  if (p == c->end || stopped(c)) return JSON_end;
  switch (*p) {
  case '{': return JSON_object;
  case '[': return JSON_array;
  case '"': return JSON_string;
  case 't':
  case 'f': return JSON_bool;
  case 'n': return JSON_null;
  default: return *p == '-' || (*p >= '0' && *p <= '9') ? JSON_number : JSON_end;
  }
}

static inline bool enter(json_cur *c, json_kind kind, const char *field) {
  if (stopped(c)) return false;
  if (json_peek(c) != kind) return json_wrong_kind(c, field, KINDS[kind]);
  c->at++;
  return true;
}

bool json_enter_object(json_cur *c, const char *field) { return enter(c, JSON_object, field); }
bool json_enter_array(json_cur *c, const char *field) { return enter(c, JSON_array, field); }

// Takes the string whose quote c is before.
static bool take_string(json_cur *c, json_str *out) {
  bool escaped;
  const char *from = c->at + 1, *to = string_end(from, c->end, &escaped);
  c->at = to + (to < c->end);
  *out = (json_str){from, (size_t)(to - from)};
  if (!escaped) return true;
  char *plain = json_pool_take(c->pool, out->n);
  if (!plain) return fail(c->fault, ERR_out_of_memory, "no memory for a string of %zu bytes", out->n);
  *out = (json_str){plain, json_unescape(from, out->n, plain)};
  return true;
}

// Past the comma before the next item; at the closing bracket past that, and false.
static inline bool next(json_cur *c) {
  if (stopped(c) || blank_end(c) == c->end) return false;
  if (*c->at == '}' || *c->at == ']') {
    c->at++;
    return false;
  }
  if (*c->at == ',') {
    c->at++;
    blank_end(c);
  }
  return true;
}

bool json_next_item(json_cur *c) { return next(c); }

bool json_next_key(json_cur *c, json_str *key) {
  if (!next(c) || !take_string(c, key)) return false;
  if (blank_end(c) < c->end) c->at++; // the colon
  return true;
}

bool json_read_string(json_cur *c, const char *field, json_str *out) {
  if (stopped(c)) return false;
  if (json_peek(c) != JSON_string) return json_wrong_kind(c, field, "a string");
  return take_string(c, out);
}

bool json_read_bool(json_cur *c, const char *field, bool *out) {
  if (stopped(c)) return false;
  if (json_peek(c) != JSON_bool) return json_wrong_kind(c, field, "true or false");
  *out = *c->at == 't';
  json_skip(c);
  return true;
}

bool json_read_null(json_cur *c) {
  if (json_peek(c) != JSON_null) return false;
  json_skip(c);
  return true;
}

bool json_read_number(json_cur *c, const char *field, struct number *out) {
  if (stopped(c)) return false;
  const char *after = json_peek(c) == JSON_number ? number_scan(c->at, c->end, out) : NULL;
  if (!after) return json_wrong_kind(c, field, "a number");
  c->at = after;
  return true;
}

bool json_read_i64(json_cur *c, const char *field, int64_t *out) {
  if (stopped(c)) return false;
  struct number n;
  const char *after = json_peek(c) == JSON_number ? number_scan(c->at, c->end, &n) : NULL;
  if (!after) return json_wrong_kind(c, field, "an integer");
  if (!n.integer) return wrong_literal(c, ERR_bad_number, field, "an integer");
  if (!number_i64(&n, out)) return out_of_range(c, field, "int64");
  c->at = after;
  return true;
}

// NaN and infinities, which have no literal: the string that c is before.
static bool non_finite(json_cur *c, double *out) {
  static const struct {
    const char *text;
    double value;
  } words[] = {
      {"\"NaN\"", (double)NAN}, {"\"Infinity\"", (double)INFINITY}, {"\"-Infinity\"", (double)-INFINITY}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    size_t n = strlen(words[i].text);
    if ((size_t)(c->end - c->at) < n || memcmp(c->at, words[i].text, n) != 0) continue;
    c->at += n;
    *out = words[i].value;
    return true;
  }
  return false;
}

bool json_read_f64(json_cur *c, const char *field, double *out) {
  if (stopped(c)) return false;
  struct number n;
  const char *after = json_peek(c) == JSON_number ? number_scan(c->at, c->end, &n) : NULL;
  if (!after) return non_finite(c, out) || json_wrong_kind(c, field, "a number");
  if (!number_f64(&n, out)) return out_of_range(c, field, "float64");
  c->at = after;
  return true;
}

bool json_read_f32(json_cur *c, const char *field, float *out) {
  if (stopped(c)) return false;
  struct number n;
  double special;
  const char *after = json_peek(c) == JSON_number ? number_scan(c->at, c->end, &n) : NULL;
  if (!after) {
    if (!non_finite(c, &special)) return json_wrong_kind(c, field, "a number");
    *out = (float)special;
    return true;
  }
  if (!number_f32(&n, out)) return out_of_range(c, field, "float32");
  c->at = after;
  return true;
}

// ------------------------------------------------------------------------------- JSON Lines

void json_lines_open(json_lines *l, const char *text, size_t n, json_pool *pool, fault *f) {
  *l = (json_lines){text, text + n, 0, pool, f};
}

bool json_lines_next(json_lines *l, json_cur *value) {
  while (l->at < l->end && !l->fault->code) {
    const char *line = l->at, *stop = memchr(line, '\n', (size_t)(l->end - line));
    if (!stop) stop = l->end;
    l->at = stop + (stop < l->end);
    l->line++;
    if (json_blank_end(line, stop) == stop) continue;
    *value = (json_cur){line, stop, l->pool, l->fault};
    return json_check(line, (size_t)(stop - line), JSON_DEPTH, l->line, l->pool, l->fault);
  }
  return false;
}
