// probes.h - one valid request for every route, and some that do more, with what must hold after each when
// something is refused on its way.
#pragma once
#include "service.h"

enum {
  STEPS = 1,     // a batch: completed steps stand when a later one is refused
  SILENT = 2,    // allocates nothing
  VARIES = 4,    // the answer is another one each time, or shows a limit
  KEYED = 8,     // sent twice with one key: the second answer is the first one
  FAILS = 32,    // is a mistake
  CHARGES = 16,  // cannot do without bytes of the session
  FOLLOWED = 64, // somebody follows the session; what there is no memory to tell him is not told
};

struct probe {
  const char *what;
  ask ask;
  unsigned flags;
  const char *setup; // the body of a batch that comes first; NULL: none
};
extern struct probe PROBES[];
extern const unsigned PROBES_COUNT;
void probes_prepare(void); // fills in the binary bodies

// What a request answers and leaves behind when nothing fails; owns its texts.
struct outcome_seen {
  const route *route;
  int status;
  char *body, *after;
  size_t body_len;
};
struct outcome_seen probe_clean(const struct probe *p);
void outcome_forget(struct outcome_seen *o);

// A way to refuse: at point n (from 1).
struct refusal {
  const char *name;
  void (*arm)(unsigned n);
  bool (*disarm)(unsigned n); // false: the request did not get as far as point n
  const char *code;           // what it is refused with
  int status;
};
// refuse_everywhere sends the request until nothing is refused any more, and returns how often it was.
unsigned refuse_everywhere(const struct probe *p, const struct refusal *how,
                           const struct outcome_seen *clean);
