#include "base/buffer.h"
#include "base/mem.h"
#include <stdio.h>

void buffer_finish(buffer *b) {
  mem_free(b->data);
  *b = (buffer){0};
}

bool buffer_reserve(buffer *b, size_t more) {
  if (b->failed) return false;
  if (b->cap - b->len >= more) return true;
  size_t need, cap;
  if (!size_add(b->len, more, &need) || (b->limit && need > b->limit)) return !(b->failed = true);
  cap = b->cap ? b->cap : 256;
  while (cap < need && size_mul(cap, 2, &cap)) {
  }
  if (cap < need) cap = need;
  if (b->limit && cap > b->limit) cap = b->limit; // so that the inline writers stop there too
  char *grown = mem_realloc(b->data, cap);
  if (!grown) return !(b->failed = true);
  b->data = grown;
  b->cap = cap;
  return true;
}

void buffer_put_slow(buffer *b, const void *bytes, size_t n) {
  if (!buffer_reserve(b, n) || !n) return;
  memcpy(b->data + b->len, bytes, n);
  b->len += n;
}

void buffer_printf(buffer *b, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  size_t room = b->failed ? 0 : b->cap - b->len;
  int n = vsnprintf(room ? b->data + b->len : NULL, room, format, args);
  if (n >= 0 && (size_t)n >= room && buffer_reserve(b, (size_t)n + 1))
    vsnprintf(b->data + b->len, (size_t)n + 1, format, again);
  if (n >= 0 && !b->failed) b->len += (size_t)n;
  va_end(again);
  va_end(args);
}

const char *buffer_cstr(buffer *b) {
  if (!buffer_reserve(b, 1)) return NULL;
  b->data[b->len] = 0;
  return b->data;
}
