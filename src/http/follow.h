// follow.h - sessions that are followed: what a request tells the hub of its session, and when a hub comes
// and goes.
//
// A hub is made for the first reader, and stays until the session ends or has had no reader for as long as
// the option events_keep_s says. Readers together hold the session: while it is followed it is in use. Loop
// thread only, but for follow_wanted, follow_enter, follow_failed, follow_leave and follow_answered, which
// run on the strand.
#pragma once
#include "http/call.h"
#include "http/hub.h"
#include "session/session.h"
#include <stdatomic.h>

// What of it lies with a session, zeroed at first.
typedef struct follow {
  _Atomic(hub *) hub; // NULL: nobody follows. It does not go while a job of the session runs
  uint64_t told;      // the number of the last event of an earlier hub
  bool held;          // its readers hold the session
} follow;

// follow_wanted says whether what the call does is to be told: it is done on a thread then, as its trace may
// take long to write.
bool follow_wanted(const call *c, follow *f);
void follow_enter(call *c, session *s, follow *f);
// follow_failed keeps what failed for whoever is told that the command is finished; the first counts. Faults
// of the call are kept without it.
void follow_failed(call *c, const fault *f);
void follow_leave(call *c);
void follow_answered(call *c);

// follow_closed: the session has lost its name, and goes when nobody holds it. follow_end: it goes now.
void follow_closed(app *a, session *s, follow *f);
void follow_end(follow *f);
void follow_sweep(app *a);
// follow_left closes a reader that was taken from a call.
void follow_left(app *a, reader *r);
