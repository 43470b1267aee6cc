// json_keys.h - the keys of the objects that are open, and whether one of them appears twice.
//
// A stack: an object's keys lie above those of the objects around it. Few keys are compared one with another
// as they come; many are sorted when the object ends (heap sort: no input makes it quadratic, nothing
// recurses).
#pragma once
#include "wire/json_reader.h"

struct json_key {
  const char *text; // of the body, or of the pool if it was escaped
  uint32_t n, hash;
};

typedef struct json_keys {
  struct json_key *keys; // `few`, or owned
  budget *budget;        // borrowed; what is owned is charged to it. NULL = to none
  fault *fault;          // borrowed; where a budget says that it has no room
  size_t count, cap;
  struct json_key few[32];
} json_keys;

void json_keys_init(json_keys *k, budget *b, fault *f);
void json_keys_finish(json_keys *k);

// json_keys_add notes a key of the object whose first key has index `base`, read from a body that goes on to
// `limit`. False: out of memory, or *twin is an equal key.
bool json_keys_add(json_keys *k, size_t base, json_str key, const char *limit, const struct json_key **twin);

// json_keys_close takes the object's keys off the stack. Not NULL: a key that was there before (valid until
// the next call). Of the two it is the one that lies later in memory.
const struct json_key *json_keys_close(json_keys *k, size_t base);
