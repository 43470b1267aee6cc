// json_writer.h - JSON out, into a buffer. Failure is the buffer's: it sticks there, and is looked at once.
//
// json_put_* write one bare value. json_add_* write the next value of a json_writer, which puts the commas:
//
//   json_writer w = {&out};
//   json_begin_object(&w);
//   json_add_key(&w, "shape");
//   json_begin_array(&w);
//   json_add_i64(&w, 2);
//   json_end_array(&w);
//   json_end_object(&w);
//
// Text given must be valid UTF-8 (utf8_valid); whatever came through json_open is. Numbers follow number.h,
// with the strings "NaN", "Infinity" and "-Infinity" for what JSON has no literal for.
#pragma once
#include "base/buffer.h"
#include "base/fault.h"
#include "base/number.h"
#include <math.h>

// ------------------------------------------------------------------------------- bare values

void json_put_string(buffer *b, const char *text, size_t n); // quoted and escaped
void json_put_special(buffer *b, double x);                  // NaN and infinities, as strings

static inline void json_put_i64(buffer *b, int64_t x) {
  if (buffer_reserve(b, NUMBER_MAX)) b->len += number_put_i64(b->data + b->len, x);
}
static inline void json_put_f64(buffer *b, double x) {
  if (__builtin_expect(!isfinite(x), 0))
    json_put_special(b, x);
  else if (buffer_reserve(b, NUMBER_MAX))
    b->len += number_put_f64(b->data + b->len, x);
}
static inline void json_put_f32(buffer *b, float x) {
  if (__builtin_expect(!isfinite(x), 0))
    json_put_special(b, (double)x);
  else if (buffer_reserve(b, NUMBER_MAX))
    b->len += number_put_f32(b->data + b->len, x);
}
static inline void json_put_bool(buffer *b, bool x) { buffer_put(b, x ? "true" : "false", x ? 4 : 5); }
static inline void json_put_null(buffer *b) { buffer_put(b, "null", 4); }

// -------------------------------------------------------------------------- nested documents

// One bit a level, the innermost lowest: something stands before the next value there. At most 63 levels
// deep.
typedef struct json_writer {
  buffer *out; // borrowed
  uint64_t comma;
} json_writer;

static inline void json_next(json_writer *w) {
  if (w->comma & 1) buffer_putc(w->out, ',');
  w->comma |= 1;
}
static inline void json_begin(json_writer *w, char bracket) {
  json_next(w);
  buffer_putc(w->out, bracket);
  w->comma <<= 1;
}
static inline void json_end(json_writer *w, char bracket) {
  buffer_putc(w->out, bracket);
  w->comma >>= 1;
}
static inline void json_begin_object(json_writer *w) { json_begin(w, '{'); }
static inline void json_end_object(json_writer *w) { json_end(w, '}'); }
static inline void json_begin_array(json_writer *w) { json_begin(w, '['); }
static inline void json_end_array(json_writer *w) { json_end(w, ']'); }

// The key of the next value. json_add_key: a word of ours, which needs no escapes; json_add_name: any text.
static inline void json_add_key(json_writer *w, const char *word) {
  buffer *b = w->out;
  size_t n = strlen(word);
  if ((b->failed || b->cap - b->len < n + 4) && !buffer_reserve(b, n + 4)) return;
  char *p = b->data + b->len;
  if (w->comma & 1) *p++ = ',';
  *p++ = '"';
  memcpy(p, word, n);
  memcpy(p + n, "\":", 2);
  b->len = (size_t)(p + n + 2 - b->data);
  w->comma &= ~(uint64_t)1; // the value follows without a comma
}
static inline void json_add_name(json_writer *w, const char *text, size_t n) {
  json_next(w);
  json_put_string(w->out, text, n);
  buffer_putc(w->out, ':');
  w->comma &= ~(uint64_t)1;
}

static inline void json_add_string(json_writer *w, const char *text, size_t n) {
  json_next(w);
  json_put_string(w->out, text, n);
}
static inline void json_add_text(json_writer *w, const char *text) { json_add_string(w, text, strlen(text)); }
static inline void json_add_i64(json_writer *w, int64_t x) {
  json_next(w);
  json_put_i64(w->out, x);
}
static inline void json_add_f64(json_writer *w, double x) {
  json_next(w);
  json_put_f64(w->out, x);
}
static inline void json_add_bool(json_writer *w, bool x) {
  json_next(w);
  json_put_bool(w->out, x);
}
static inline void json_add_null(json_writer *w) {
  json_next(w);
  json_put_null(w->out);
}
static inline void json_add_text_or_null(json_writer *w, const char *text) { // NULL is null
  if (text)
    json_add_text(w, text);
  else
    json_add_null(w);
}
static inline void json_add_raw(json_writer *w, const char *json, size_t n) { // one value, already JSON
  json_next(w);
  buffer_put(w->out, json, n);
}
// json_add_fault adds the members class, message, code and status to the object that is open.
void json_add_fault(json_writer *w, const fault *f);
// json_add_here puts the comma that is due and returns the buffer, for a value that the caller writes itself.
static inline buffer *json_add_here(json_writer *w) {
  json_next(w);
  return w->out;
}
