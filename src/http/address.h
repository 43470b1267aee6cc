// address.h - the tensor that {t} of a path names.
#pragma once
#include "command/value.h"
#include "http/etag.h"
#include "http/sessions.h"
#include <string.h>

static inline value address_name(const call *c) { return value_text(c->arg[1], strlen(c->arg[1])); }

// address_find gives its binding; NULL: tensor_unknown or bad_name.
binding *address_find(call *c);
// address_find_for_write gives it if the conditions of the request allow a write to it; also version_changed.
binding *address_find_for_write(call *c);
