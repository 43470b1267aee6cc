// hash.h - uthash, set up for keys that strangers choose: keyed with a secret of this process, and failing
// cleanly when memory runs out. Include this, never uthash.h.
//
// After an add, hash_ok says whether it was done; set it to true before.
#pragma once
#include "base/mem.h"
#include <stdbool.h>
#include <stdint.h>

uint64_t hash_bytes(const void *bytes, size_t n); // keyed: differs from process to process
extern _Thread_local bool hash_ok;

#define HASH_NONFATAL_OOM             1
#define uthash_malloc(n)              mem_alloc(n)
#define uthash_free(p, n)             mem_free(p)
#define uthash_nonfatal_oom(e)        (hash_ok = false)
#define HASH_FUNCTION(key, n, value)  ((value) = (unsigned)hash_bytes((key), (n)))
#define HASH_INITIAL_NUM_BUCKETS      8U
#define HASH_INITIAL_NUM_BUCKETS_LOG2 3U
#include <uthash.h>
