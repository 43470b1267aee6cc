// buffer.h - growing bytes. Failure sticks (out of memory or over `limit`): later writes do nothing, and
// `failed` is looked at once when the text is complete.
#pragma once
#include "base/budget.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct buffer {
  char *data; // owned; not NUL-terminated unless buffer_cstr was called
  size_t len, cap;
  size_t limit;           // 0 = none
  budget *budget;         // borrowed; what is not small is charged to it. NULL = to none. Set when empty
  const atomic_int *stop; // borrowed, may be NULL; who writes for long fails b when it is not 0
  bool failed;
  bool over_budget, over_limit; // why it failed
} buffer;

void buffer_finish(buffer *b); // frees the bytes; b is empty, its terms stay. A zeroed buffer is a valid one
bool buffer_reserve(buffer *b, size_t more); // room for `more` bytes after len; false = failed
void buffer_put_slow(buffer *b, const void *bytes, size_t n);
static inline void buffer_put(buffer *b, const void *bytes, size_t n) {
  if (__builtin_expect(b->cap - b->len < n || b->failed, 0))
    buffer_put_slow(b, bytes, n);
  else if (n) {
    memcpy(b->data + b->len, bytes, n);
    b->len += n;
  }
}
static inline void buffer_puts(buffer *b, const char *s) { buffer_put(b, s, strlen(s)); }
static inline void buffer_putc(buffer *b, char c) { buffer_put(b, &c, 1); }
void buffer_printf(buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
// buffer_stopped says whether b has failed, or fails now since it is told to stop: who writes for long asks.
bool buffer_stopped(buffer *b);
const char *buffer_cstr(buffer *b); // NUL-terminated view, NULL if failed
