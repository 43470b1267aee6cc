// json_scan.h - the inner loops that the check, the cursors and the writer share. Private to wire/json_*.c.
#pragma once
#include "wire/json_reader.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Eight bytes at a time, in a word: the high bit of a byte is set where it is a hit. Only the lowest hit is
// exact (a borrow may mark bytes above it), and it is the only one that is looked at.
#define JSON_EACH(byte) (0x0101010101010101u * (byte))
static inline uint64_t json_word(const char *p) {
  uint64_t w;
  memcpy(&w, p, sizeof w);
  return w;
}
static inline uint64_t json_hits(uint64_t w, unsigned char byte) {
  return (w ^ JSON_EACH(byte)) - JSON_EACH(1);
}
static inline int json_first(uint64_t hits) { return __builtin_ctzll(hits) >> 3; }

// The first byte in [p, end) that may not stand in a string as it is, or is not ASCII; `end` if there is
// none.
static inline const char *json_plain_end(const char *p, const char *end) {
  for (; end - p >= 8; p += 8) {
    uint64_t w = json_word(p);
    uint64_t hits = (w | (w - JSON_EACH(0x20)) | json_hits(w, '"') | json_hits(w, '\\')) & JSON_EACH(0x80);
    if (hits) return p + json_first(hits);
  }
  while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' && *p != '\\') p++;
  return p;
}

static inline const char *json_blank_end(const char *p, const char *end) {
  while (p < end && (unsigned char)*p <= ' ' && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) p++;
  return p;
}

// json_check is json_validate for a text whose first line has the given number. It notes in `pool`, if that
// is not NULL, where the longest container inside the outermost one lies, so that no cursor has to look for
// its end again.
bool json_check(const char *text, size_t n, int max_depth, size_t first_line, json_pool *pool, fault *f);

// json_unescape decodes the checked inside of a string to out, which has room for n bytes; the bytes written.
size_t json_unescape(const char *text, size_t n, char *out);
