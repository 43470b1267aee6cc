// server.h - the sockets: libmicrohttpd's daemon on the libuv loop, from start to a clean end. Loop thread
// only.
#pragma once
#include "http/app.h"
#include "work/pool.h"

struct uv_loop_s;
typedef struct server server;

// server_start listens as a->settings says, and takes SIGTERM and SIGINT: the first drains, the second halts.
// It borrows loop, app and pool. NULL: bad_argument (an address that cannot be used, or one that others can
// reach without a token file) or out_of_memory in f. From here on uv_run serves until the server has ended.
server *server_start(struct uv_loop_s *loop, app *a, pool *p, fault *f);

const char *server_url(const server *s); // http://127.0.0.1:8080

// server_drain stops taking work: /readyz turns 503; when the option drain_wait_s has passed, the port closes
// and new requests are refused; running ones finish, and bodies and answers that still move get through
// (within the option drain_s, then as in server_halt). server_halt stops every job, answers what waits with
// 503 and closes.
void server_drain(server *s);
void server_halt(server *s);

// server_delete frees an ended server, once the loop has let go of its handles.
void server_delete(server *s);
