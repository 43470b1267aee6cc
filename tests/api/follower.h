// follower.h - a client that follows a session: its events one by one, as they come.
#pragma once
#include "raw.h"

#define EVENTS  SESSION "/events"
#define UP(...) client_up_with((const char *const[]){__VA_ARGS__, NULL})

typedef struct follower {
  int fd;
  char *text; // what came and was not taken
  size_t n, cap;
  int seq; // of the last event taken
} follower;

// follow asks for lines of JSON with HTTP/1.0, so that the stream is just bytes, and waits for the answer's
// head. `query` begins with & or is empty; `headers` ends with \r\n or is empty.
follower *follow(const char *query, const char *headers);
follower *follow_at(const char *path, const char *query, const char *headers);
// follow_next waits for the next event and returns it; NULL: the stream has ended.
const cJSON *follow_next(follower *f);
// follow_until passes over events until one is of that kind.
const cJSON *follow_until(follower *f, const char *event);
// follow_told takes events up to the next command that is finished and returns them as words: a command as
// "POST /ops 201", a step as its op or its kind, others as their kind. Notes are passed over.
const char *follow_told(follower *f);
void unfollow(follower *f);

// metric reads a metric of the server; wait_metric_least and wait_metric_most wait until it is at least, or
// at most, that.
double metric(const char *name);
void wait_metric_least(const char *name, double value);
void wait_metric_most(const char *name, double value);

cJSON *at_key(const cJSON *event, const char *key); // NULL: it has none
double number_in(const cJSON *event, const char *name);
bool is_event(const cJSON *event, const char *kind);
answer *script(const char *lines); // POST S/run
// run_endless begins a script without end and returns its connection: the script stops when that is closed.
int run_endless(void);
