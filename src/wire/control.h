// control.h - small control documents, read with cJSON inside the strict shell of json_reader.h: by the time
// cJSON sees a text it is known to be valid, shallow, short and free of duplicate keys.
#pragma once
#include "base/fault.h"
#include "tensor/dtype.h"
#include <stddef.h>

enum { CONTROL_MAX = 64 * 1024 }; // bytes of such a document

// PUT, POST, PATCH of a session: {"ttl_s", "seed", "dtype"}; nothing at all is an empty document.
typedef struct session_options {
  bool has_ttl, has_seed;
  int64_t ttl_ms;
  int64_t seed;
  dtype dtype; // DT_none: not given
} session_options;
bool session_options_read(const char *body, size_t n, session_options *o, fault *f);

// PATCH of a tensor: {"requires_grad": bool} or {"retain_grad": true}.
typedef struct tensor_options {
  bool has_requires_grad, requires_grad, retain_grad;
} tensor_options;
bool tensor_options_read(const char *body, size_t n, tensor_options *o, fault *f);
