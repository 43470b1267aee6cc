#include "base/hash.h"
#include <stdlib.h>
#include <sys/random.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

_Thread_local bool hash_ok;

static uint64_t seed;

__attribute__((constructor)) static void draw_seed(void) {
  if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
    abort(); // before main: there is nobody to tell
}

uint64_t hash_bytes(const void *bytes, size_t n) { return XXH3_64bits_withSeed(bytes, n, seed); }
