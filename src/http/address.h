// address.h - the tensor that {t} of a path names.
#pragma once
#include "command/value.h"
#include "http/etag.h"
#include "http/sessions.h"
#include <string.h>

static inline value address_name(const call *c) { return value_text(c->arg[1], strlen(c->arg[1])); }

// address_find gives its binding; NULL: tensor_unknown or bad_name.
binding *address_find(call *c);
