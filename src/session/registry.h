// registry.h - all sessions by name, least recently used first, and the names of those that expired.
// Loop thread only.
#pragma once
#include "session/session.h"

typedef struct registry registry;

// registry_create: `extra` bytes with each session belong to the user (session.extra, zeroed). retire, if not
// NULL, is given each session that nobody holds or can find any more, and must see to it that session_finish
// (which any thread may call) and then registry_free are called; it returns how many nodes and names it has
// freed itself. NULL = out of memory.
registry *registry_create(budget *process, const limits *l, size_t extra,
                          size_t (*retire)(void *user, session *), void *user);
// registry_free frees the memory of a retired session.
void registry_free(registry *r, session *s);
void registry_destroy(registry *r);

// registry_hold finds a session, holds it until registry_release and notes the use. One that has outlived its
// time to live expires here. NULL: session_unknown or session_expired in f (f may be NULL).
session *registry_hold(registry *r, const char *name, int64_t now_ms, fault *f);
// registry_make makes and holds a session; the name is valid and free. quota_exceeded past the number of
// sessions.
session *registry_make(registry *r, const char *name, uint64_t seed, int64_t now_ms, fault *f);
void registry_release(registry *r, session *s);
// registry_touch notes a use.
void registry_touch(registry *r, session *s, int64_t now_ms);
// registry_close takes the name away; the session is freed when nobody holds it.
void registry_close(registry *r, session *s);
// registry_expire closes what has not been used for its time to live; looks at no more than `most` sessions,
// and at no further one when `most_freed` nodes and names were freed, the next time at those that follow.
void registry_expire(registry *r, int64_t now_ms, unsigned most, size_t most_freed);

size_t registry_count(const registry *r);
// registry_page writes the first `most` sessions whose names begin with prefix and come after `after` in byte
// order, and returns how many there are. It takes as long as they are many.
size_t registry_page(registry *r, const char *prefix, const char *after, int64_t now_ms, session **out,
                     size_t most);
session *registry_first(registry *r); // in no particular order, with session->next
// registry_random_name writes "s" and 26 letters and digits: 128 random bits.
void registry_random_name(char out[NAME_MAX_BYTES + 1]);
