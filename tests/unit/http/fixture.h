// fixture.h - a service with four sessions and handlers made for tests, in process or behind a real port.
#pragma once
#include "http/call.h"
#include "http/server.h"
#include <stdatomic.h>

enum { FIXTURE_SESSIONS = 4 };

typedef struct fixture_session {
  char name[8];
  strand strand;
  idempotency *keys;
  int held, count, runs;
  atomic_int running;
  bool overlapped, deleted;
} fixture_session;

extern fixture_session fixture_sessions[FIXTURE_SESSIONS]; // a, b, c, d
extern app fixture_app;
extern budget fixture_memory;
extern atomic_bool fixture_gate;    // POST …/hold waits for it, or for its stop flag
extern atomic_int fixture_holding;  // how many handlers wait there now
extern atomic_int fixture_stops[4]; // how many were stopped, by enum stop
extern const route_table FIXTURE_ROUTES;

// The routes: GET /ok · POST /echo (POOL, hops if ?hop) · PUT /big (BINARY) · POST /slow (POOL: waits as hold
// does) and under /s/{s}: POST /count (adds 1, ?hop hops) · POST /hold · POST /fail (after changing its
// state) · DELETE (STAY) · PUT (SESSION_OR_NONE).

void fixture_app_start(const char *const options[]); // NULL-terminated flags; without sockets
void fixture_app_stop(void);                         // asserts that nothing is held

int fixture_serve(const char *const options[]); // starts a server thread on a free port, returns the port
void fixture_signal(void);                      // SIGTERM
void fixture_join(void);                        // waits for the server's end
void fixture_stop(void);                        // both
void fixture_join_busy(void);                   // waits for the end of a server that leaves a job running

// A client of that server.
typedef struct answer {
  int status;
  char head[4096];
  char body[65536];
  size_t body_len;
} answer;
int client_connect(void);
void client_send(int fd, const char *text);
void client_send_bytes(int fd, const char *bytes, size_t n);
bool client_read(int fd, answer *a); // one answer; false if the connection ends before it
bool client_closed(int fd);          // waits for the end of the connection; false if more bytes come
// client_ask sends one request on a connection of its own and reads the answer; returns its status, 0 = none.
int client_ask(answer *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
// client_was_told says whether an answer is the problem of that code.
bool client_was_told(const answer *a, const char *code);

#define HOST                "Host: localhost\r\n"
#define ASK(method, target) method " " target " HTTP/1.1\r\n" HOST "\r\n"
#define SERVE(...)          fixture_serve((const char *const[]){__VA_ARGS__, NULL})

// fixture_until waits for another thread to set the value.
void fixture_until(atomic_int *value, int wanted);
