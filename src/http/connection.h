// connection.h - what server.c, connection.c, response.c, stream.c and watch.c share: no one else includes
// it.
#pragma once
#include "http/call.h"
#include "http/guard.h"
#include "http/hub.h"
#include "http/server.h"
#include <microhttpd.h>
#include <uv.h>

enum { SPARE_MAX = 64, SWEEP_MS = 500, WATCH_MS = 50, KEEP_BYTES = 64 * 1024, RATE_MS = 64 };
// RATE_MS: a body or an answer may take 1 s for each 64 KiB, so n bytes may take n / RATE_MS milliseconds
// (about).
enum { SWALLOW = 16 << 20 }; // a body up to this is let pass when it was refused at its head

typedef struct peer peer;
typedef struct exchange exchange;

// An open connection.
struct peer {
  peer *prev, *next;
  int fd;
  uint64_t deadline_ms;     // the sweep ends it then; 0 = it waits for us, not we for it
  exchange *exchange;       // the request on it, NULL between requests
  uint64_t moved, moved_ms; // while draining: bytes of its body or answer that have come through, and when
};

typedef enum exchange_state {
  X_NEW,       // the request line has arrived
  X_BODY,      // headers are good; the body arrives, or nothing does
  X_REFUSED,   // the reply is complete; it goes out when the request has arrived whole
  X_PARKED,    // about to be suspended: a connection that MHD suspends while it expects to read is closed by
               // the end of what the client sends
  X_WAITING,   // suspended: a job waits or runs
  X_READY,     // resumed with its reply complete
  X_ABANDONED, // resumed without its job, which still runs: the answer is a fixed 503
  X_ANSWERED,  // the answer is on its way
  X_STREAM,    // so is one that goes on
  X_STREAM_WAITING, // and is suspended until there is more of it
} exchange_state;

// A request and its answer. Held by its connection until MHD says it is completed, and by its job until that
// ends; the last of the two gives it back.
struct exchange {
  server *server;
  struct MHD_Connection *connection; // NULL once it is completed
  peer *peer;
  exchange_state state;
  bool job_live, gone;
  bool interim;          // may be sent an answer before its answer (HTTP/1.1)
  bool asked;            // was sent one, to see whether the client is still there
  exchange *prev, *next; // among the suspended, or the spare
  uint64_t started_ns, answered_ns, body_started_ms;
  int64_t declared; // body length, or BODY_CHUNKED
  uint64_t received, limit;
  char *body; // owned; body_cap bytes are charged to the process
  size_t body_cap;
  request request;
  reply reply;
  char farewell[320]; // the body of the 503 when it is abandoned
  call call;
  job job;
  reader *reader;    // owned, of an answer that goes on; NULL: HEAD
  uint64_t streamed; // bytes of that
  uint64_t fed_ms;   // when the last of them were given to MHD
};

typedef enum phase { SERVING, LEAVING, DRAINING, HALTING, ENDED } phase;

struct server {
  uv_loop_t *loop;
  app *app;
  pool *pool;
  guard guard;
  struct MHD_Daemon *daemon;
  int listen_fd;
  char url[HOST_NAME + 32];
  phase phase;
  uint64_t phase_ms;
  bool pumping;
  bool wants_pump; // MHD is to be run before the loop sleeps
  peer *peers;
  exchange *suspended, *spare;
  int spares;
  unsigned requests;            // exchanges in use
  struct MHD_Response *leaving; // the 503 when there is no memory for any other answer
  uv_poll_t poll;
  uv_timer_t again, sweep, watch, drain;
  uv_prepare_t prepare;
  uv_check_t check;
  uv_async_t news;
  uv_signal_t term, interrupt;
  job trash; // frees large blocks on another thread
  bool trash_live;
  void *trash_list;       // owned
  struct pollfd *watched; // owned
  size_t watched_cap;
};

// connection.c: the daemon's callbacks.
void *connection_line(void *server, const char *target, struct MHD_Connection *c);
enum MHD_Result connection_access(void *server, struct MHD_Connection *c, const char *url, const char *verb,
                                  const char *version, const char *data, size_t *size, void **context);
void connection_completed(void *server, struct MHD_Connection *c, void **context,
                          enum MHD_RequestTerminationCode code);
void connection_notify(void *server, struct MHD_Connection *c, void **context,
                       enum MHD_ConnectionNotificationCode code);
void connection_free_spares(server *s);
void connection_suspend(exchange *x, exchange_state state);
// connection_resume takes a suspended exchange out of the registry, to be answered by the next pump.
void connection_resume(exchange *x, exchange_state state);

// response.c. NULL = no memory.
struct MHD_Response *connection_response(exchange *x, bool close); // of its reply
struct MHD_Response *connection_response_of(const request *asked, const reply *r, bool close);
struct MHD_Response *connection_leaving(void);

// stream.c: answers that go on.
struct MHD_Response *stream_response(exchange *x); // without headers
void stream_close(exchange *x);
void stream_start(server *s);
void stream_stop(server *s);
void stream_sweep(server *s);
void stream_end_all(server *s);
void stream_seen(exchange *x, short seen); // of a suspended one, what poll says of its socket

// watch.c: deadlines and clients that left.
void watch_start(server *s);
void watch_suspended(server *s); // there is a suspended connection now
// watch_busy says whether a request computes, or its body or answer still moves.
bool watch_busy(server *s);
// watch_shut ends connections without a request, and those whose body or answer moves, or should, if `moving`
// is set.
void watch_shut(server *s, bool moving);

// server.c
void server_pump(server *s);
