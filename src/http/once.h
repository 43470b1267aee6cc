// once.h - a session that lives as long as its request.
#pragma once
#include "http/sessions.h"

// once_open makes one, within the limits that every session has; the process is charged. NULL: a fault is
// set.
session *once_open(call *c);
void once_close(session *s);
