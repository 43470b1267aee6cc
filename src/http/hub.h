// hub.h - what happens in a session, for those who follow it.
//
// A session that is followed has a hub: a ring of the newest events, into which whatever thread works for the
// session puts them, and the readers, each with a place in the ring and with no memory for events of its own.
// One lock, in `hubs`, guards every ring and the places of readers; it is held while an event is copied, and
// for nothing longer. All else is the loop thread's.
//
// An event goes out as
//   id: 12                                           {"seq":12,"event":"step",…}
//   event: step
//   data: {"seq":12,"event":"step",…}
// and an empty line, or, for those who asked for lines of JSON, as on the right. A `gap` with its "from" and
// "to" stands for events that there are no more.
#pragma once
#include "http/ring.h"
#include <pthread.h>
#include <stdatomic.h>

typedef struct hub hub;
typedef struct reader reader;

typedef struct hubs {
  pthread_mutex_t lock;
  void (*wake)(void *server); // under the lock: called from any thread when there is news. NULL: nobody waits
  void *server;
  budget *budget; // borrowed; pays for rings and readers
  hub *first;
  unsigned readers;
} hubs;

void hubs_init(hubs *all, budget *b);
void hubs_finish(hubs *all); // without a hub
// hubs_waken names who is woken; NULL, NULL: nobody from now on.
void hubs_waken(hubs *all, void (*wake)(void *server), void *server);
// hubs_news calls for each reader of a hub with news; lost: what it reads next is gone, or half gone.
void hubs_news(hubs *all, void (*call)(void *user, bool lost));
void hubs_each(hubs *all, void (*call)(void *user, uint64_t now), uint64_t now); // for each reader

typedef struct hub_terms {
  size_t ring_bytes; // at most
  uint64_t wait_ms;  // for which hub_tell_slowly waits in all; it regains a tenth of the time that passes
  uint64_t next;     // the number of the first event
} hub_terms;

// hub_open makes a hub. NULL: overloaded, out_of_memory.
hub *hub_open(hubs *all, void *session, hub_terms terms, fault *f);
// hub_close says that the session has ended: once every reader knows, the hub is no more.
void hub_close(hub *h);
// hub_drop frees a hub without readers and returns the number that its next event would have had.
uint64_t hub_drop(hub *h);
// hub_tell puts an event, n bytes of a JSON object; NULL if there was no memory for it. hub_undo puts `undo`,
// "from": the newest n events and what is between them have not happened. Any thread.
void hub_tell(hub *h, const char *name, const char *json, size_t n);
// hub_tell_slowly waits a while, if there is no room but what readers have still to read: then they need not
// be lost only because a computing thread is faster than the loop thread. Not for the loop thread. It waits
// no longer once *stop (NULL: nobody stops it) is not 0.
void hub_tell_slowly(hub *h, const char *name, const char *json, size_t n, const atomic_int *stop);
void hub_undo(hub *h, uint64_t n);
unsigned hub_readers(const hub *h);
void *hub_session(const hub *h); // NULL: it has ended
// hub_idle is the first hub after `after` (NULL: of all) that has had no reader since `before`; NULL: none.
hub *hub_idle(const hubs *all, const hub *after, int64_t before);

typedef struct reader_place {
  bool resumes;   // after event `after`; else it begins with the next one
  uint64_t after; // one that was never given: all there are
  bool lines;     // of JSON, in place of text/event-stream
} reader_place;

// reader_open adds a reader. NULL: overloaded, out_of_memory.
reader *reader_open(hub *h, reader_place from, fault *f);
// reader_close takes it away at the time `now`; the hub of a session that has ended goes with the last.
void reader_close(reader *r, int64_t now);
hub *reader_hub(const reader *r);
void reader_serve(reader *r, void *user); // what hubs_news and hubs_each call with
void reader_ping(reader *r);              // a line without meaning is due
void reader_end(reader *r);               // it gets nothing more

typedef enum reader_state { READER_more, READER_ended, READER_lost } reader_state;
// reader_fill writes what there is to send, at most `room` bytes; *n = 0: what is the matter is what it
// returns. READER_lost: it was too slow, and stands before events that are gone. *whole: it ends between
// events.
reader_state reader_fill(reader *r, char *out, size_t room, size_t *n, bool *whole);
