// handlers.h - declares every handler that routes.def names. The contract of a handler is in route.h and
// call.h.
#pragma once
#include "http/route.h"

#define ROUTE(name, methods, pattern, kind, handle, body, flags, doc) handler handle;
#include "http/routes.def"
