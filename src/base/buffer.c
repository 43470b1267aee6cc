#include "base/buffer.h"
#include "base/mem.h"
#include <stdio.h>

// The small answer of most requests, and of every refusal, is free.
static size_t charged(const buffer *b, size_t cap) {
  enum { FREE = 4096 };
  return b->budget && cap > FREE ? cap : 0;
}

static void uncharge(buffer *b, size_t n) {
  if (n) budget_release(b->budget, n);
}

// Forgets the bytes, which are no longer b's.
static void empty(buffer *b) {
  uncharge(b, charged(b, b->cap));
  *b = (buffer){.limit = b->limit, .budget = b->budget, .stop = b->stop};
}

void buffer_finish(buffer *b) {
  mem_free(b->data);
  empty(b);
}

bool buffer_reserve(buffer *b, size_t more) {
  if (b->failed) return false;
  if (b->cap - b->len >= more) return true;
  size_t need, cap;
  if (!size_add(b->len, more, &need)) return !(b->failed = true);
  if (b->limit && need > b->limit) return !(b->failed = b->over_limit = true);
  cap = b->cap ? b->cap : 256;
  while (cap < need && size_mul(cap, 2, &cap)) {
  }
  if (cap < need) cap = need;
  if (b->limit && cap > b->limit) cap = b->limit; // so that the inline writers stop there too
  size_t extra = charged(b, cap) - charged(b, b->cap);
  fault ignored = {0};
  if (extra && !budget_charge(b->budget, extra, &ignored)) return !(b->failed = b->over_budget = true);
  char *grown = mem_realloc(b->data, cap);
  if (!grown) {
    uncharge(b, extra);
    return !(b->failed = true);
  }
  b->data = grown;
  b->cap = cap;
  return true;
}

void buffer_put_slow(buffer *b, const void *bytes, size_t n) {
  if (!buffer_reserve(b, n) || !n) return;
  memcpy(b->data + b->len, bytes, n);
  b->len += n;
}

bool buffer_stopped(buffer *b) {
  if (b->stop && atomic_load_explicit(b->stop, memory_order_relaxed)) b->failed = true;
  return b->failed;
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
