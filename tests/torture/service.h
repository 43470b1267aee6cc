// service.h - gradd in process for the torture programs: its routes over real sessions, without sockets.
//
// There is one session, `s`, made anew for every request by service_reset: a leaf w [3] and a leaf x [2, 3]
// with gradients, p = w * x and y = sum(p * p) with their graph alive (q = p * p retains its gradient), base
// = x.clone() with row = base[0], a free matrix m [3, 3] and indices i [2].
#pragma once
#include "http/sessions.h"

typedef struct ask {
  method method;
  const char *target; // below /v1/sessions/s; from the root if it starts with '@'
  const char *body;   // NULL: none
  const char *type;   // Content-Type; NULL: none
  const char *key;    // Idempotency-Key; NULL: none
  size_t n;           // bytes of body; 0: it is text
} ask;

extern app service;
extern budget service_memory;

void service_start(void);
void service_stop(void); // exits with a message if memory is still charged

// service_ask runs a request and returns its status. The reply lives until the next one, its body starts
// empty and without memory, so that writing it must allocate.
int service_ask(const ask *a);
const reply *service_reply(void);
const char *service_body(void); // NUL-terminated; until the next call
size_t service_body_len(void);
const route *service_route(void); // what the last request was routed to, NULL if to nothing

// service_reset makes the session anew. service_clear deletes it, and every other one.
void service_reset(void);
void service_clear(void);
session *service_session(void); // NULL if there is none

// service_snapshot is all that can be read of the session, as text (free it): its documents, every tensor and
// gradient with its ETag, the graph, and the state of its random numbers. "" if there is no session.
char *service_snapshot(void);

// die prints and ends the program.
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
