#include "wire/json_keys.h"
#include "base/mem.h"
#include "wire/json_scan.h"

enum { FEW = 8 }; // keys of one object that are compared at once

void json_keys_init(json_keys *k, budget *b, fault *f) {
  k->keys = k->few;
  k->budget = b;
  k->fault = f;
  k->count = 0;
  k->cap = sizeof k->few / sizeof *k->few;
}

void json_keys_finish(json_keys *k) {
  if (k->keys == k->few) return;
  if (k->budget) budget_release(k->budget, k->cap * sizeof *k->keys);
  mem_free(k->keys);
}

static bool grow(json_keys *k) {
  size_t cap, bytes;
  if (!size_mul(k->cap, 2, &cap) || !size_mul(cap, sizeof *k->keys, &bytes)) return false;
  bool first = k->keys == k->few;
  size_t more = bytes - (first ? 0 : k->cap * sizeof *k->keys);
  if (k->budget && !budget_charge(k->budget, more, k->fault)) return false;
  struct json_key *grown = mem_realloc(first ? NULL : k->keys, bytes);
  if (!grown) {
    if (k->budget) budget_release(k->budget, more);
    return false;
  }
  if (first) memcpy(grown, k->few, sizeof k->few);
  k->keys = grown;
  k->cap = cap;
  return true;
}

// Only sorts apart what differs; equal hashes are compared in full. The last word is read whole where the
// body goes on far enough, then cut.
static inline uint32_t hash(const char *p, size_t n, const char *limit) {
  uint64_t h = n * 0x9E3779B97F4A7C15u, w = 0;
  for (; n > 8; n -= 8, p += 8) {
    h = (h ^ json_word(p)) * 0xD6E8FEB86659FD93u;
    h ^= h >> 32;
  }
  if (limit - p >= 8)
    w = n ? json_word(p) << (64 - 8 * n) : 0;
  else
    for (size_t i = 0; i < n; i++) w |= (uint64_t)(unsigned char)p[i] << (64 - 8 * n + 8 * i);
  h = (h ^ w) * 0xD6E8FEB86659FD93u;
  return (uint32_t)(h >> 32);
}

static inline bool equal(const struct json_key *a, const struct json_key *b) {
  return a->hash == b->hash && a->n == b->n && !memcmp(a->text, b->text, a->n);
}

bool json_keys_add(json_keys *k, size_t base, json_str key, const char *limit, const struct json_key **twin) {
  *twin = NULL;
  if (k->count == k->cap && !grow(k)) return false;
  struct json_key *new = &k->keys[k->count];
  *new = (struct json_key){key.text, (uint32_t)key.n, hash(key.text, key.n, limit)};
  if (k->count - base < FEW)
    for (const struct json_key *old = k->keys + base; old < new; old++)
      if (equal(old, new)) {
        *twin = old;
        return false;
      }
  k->count++;
  return true;
}

static inline bool before(const struct json_key *a, const struct json_key *b) {
  if (a->hash != b->hash) return a->hash < b->hash;
  if (a->n != b->n) return a->n < b->n;
  int order = memcmp(a->text, b->text, a->n);
  return order ? order < 0 : (uintptr_t)a->text < (uintptr_t)b->text;
}

// Lets keys[i] sink in the heap of n keys.
static void sink(struct json_key *keys, size_t i, size_t n) {
  struct json_key sinking = keys[i];
  for (size_t child; (child = 2 * i + 1) < n; i = child) {
    if (child + 1 < n && before(&keys[child], &keys[child + 1])) child++;
    if (!before(&sinking, &keys[child])) break;
    keys[i] = keys[child];
  }
  keys[i] = sinking;
}

const struct json_key *json_keys_close(json_keys *k, size_t base) {
  struct json_key *keys = k->keys + base;
  size_t n = k->count - base;
  k->count = base;
  if (n <= FEW) return NULL;
  for (size_t i = n / 2; i--;) sink(keys, i, n);
  for (size_t last = n - 1; last; last--) {
    struct json_key greatest = keys[0];
    keys[0] = keys[last];
    keys[last] = greatest;
    sink(keys, 0, last);
  }
  for (size_t i = 1; i < n; i++)
    if (equal(&keys[i - 1], &keys[i])) return &keys[i];
  return NULL;
}
