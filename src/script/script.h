// script.h - running a script in a session. It can be run in parts: it stops before a statement that would
// take longer than it may, and goes on where it stopped.
#pragma once
#include "base/buffer.h"
#include "script/object.h"

typedef struct script_limits {
  uint64_t steps; // values evaluated and statements executed
  size_t output;  // bytes that may be printed
} script_limits;
extern const script_limits SCRIPT_LIMITS; // those of every front door

typedef struct script script;
typedef enum script_state { SCRIPT_failed, SCRIPT_done, SCRIPT_more } script_state;

// script_open parses a source of n bytes; nothing is executed. NULL: bad_script, at *where, or what memory
// and quota say; the fault is the session's.
script *script_open(session *s, const char *source, size_t n, const script_limits *l, place *where);
// script_open_expression parses a single expression; script_value of EXPRESSION is its value when it has run.
script *script_open_expression(session *s, const char *source, size_t n, const script_limits *l,
                               place *where);
// script_run executes statements while their estimated cost fits into allowed_ns (UINT64_MAX: all).
// SCRIPT_more: the next one costs more. SCRIPT_failed: the fault is the session's. Completed statements
// stand. Between two calls the session is as any request may see it.
script_state script_run(script *sc, uint64_t allowed_ns);
place script_where(const script *sc);           // of the failure
const buffer *script_printed(const script *sc); // what was printed so far
session *script_session(const script *sc);
// script_bound gives the names that the module binds anywhere, in the order in which they appear.
const ident *script_bound(const script *sc, unsigned *n);
// script_value finds what one of them is now; false: nothing.
bool script_value(script *sc, ident n, item *out);
void script_finish(script *sc); // NULL is fine
// script_abandon lets go of it in a thread that may not touch the session: the next script, or the end of the
// session, finishes it.
void script_abandon(script *sc);
