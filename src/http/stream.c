// stream.c - answers that go on: the events of a session, on their way to a socket.
//
// MHD asks for more whenever the socket takes more. When there is nothing the connection is suspended, so it
// stands among those that watch.c looks after, and resumed for the next event, for a sign of life now and
// then, and for its end. One whose socket takes nothing has the deadline of any answer that does not move.
#include "http/connection.h"
#include "base/log.h"
#include "http/follow.h"
#include <poll.h>
#include <sys/socket.h>

enum { PING_MS = 15000, BLOCK = 1024 };

static uint64_t now_ms(const server *s) { return uv_now(s->loop); }

static void lose(exchange *x) {
  x->gone = true;
  x->server->app->metrics.readers_dropped++;
  char id[REQUEST_ID];
  LOG(LOG_debug, log_msg("slow reader of events dropped"), log_text("id", request_id(&x->request, id)));
}

// MHD's callback. Less than an event may fit; what ends there is cut off, and the client is to see that.
static ssize_t feed(void *user, uint64_t pos, char *out, size_t room) {
  exchange *x = user;
  server *s = x->server;
  (void)pos;
  size_t n = 0;
  bool whole = true;
  if (!x->peer) return MHD_CONTENT_READER_END_WITH_ERROR; // nobody would notice that it is gone
  reader_state state = x->reader ? reader_fill(x->reader, out, room, &n, &whole) : READER_ended;
  if (!n && state == READER_more) {
    connection_suspend(x, X_STREAM_WAITING);
    return 0;
  }
  x->peer->deadline_ms = now_ms(s) + s->app->settings->idle_s * 1000; // also of its last chunk
  if (n) {
    x->streamed += n;
    x->fed_ms = now_ms(s);
    return (ssize_t)n;
  }
  bool clean = whole && !x->gone;
  if (state == READER_lost && !x->gone) lose(x);
  return clean ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
}

struct MHD_Response *stream_response(exchange *x) {
  if (x->reader) reader_serve(x->reader, x);
  x->fed_ms = now_ms(x->server);
  struct MHD_Response *m = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, feed, x, NULL);
  // To HEAD, MHD would send the end of a chunked body, which is the beginning of the next answer then.
  if (m && !x->reader) MHD_set_response_options(m, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
  return m;
}

void stream_close(exchange *x) {
  if (x->reader) follow_left(x->server->app, x->reader);
  x->reader = NULL;
}

static void go_on(exchange *x) {
  if (x->state == X_STREAM_WAITING) connection_resume(x, X_STREAM);
}

// ---- why a suspended one goes on

static void tell(void *user, bool lost) {
  exchange *x = user;
  if (x->state == X_STREAM_WAITING)
    go_on(x);
  else if (lost && !x->gone && x->peer) { // as its socket is full, MHD would not ask for long
    lose(x);
    shutdown(x->peer->fd, SHUT_RDWR);
  }
}

static void on_news(uv_async_t *news) {
  server *s = news->data;
  hubs_news(&s->app->hubs, tell);
}

static void ping(void *user, uint64_t now) {
  exchange *x = user;
  if (x->state != X_STREAM_WAITING || now - x->fed_ms < PING_MS) return;
  reader_ping(x->reader);
  go_on(x);
}

void stream_sweep(server *s) { hubs_each(&s->app->hubs, ping, now_ms(s)); }

static void end(void *user, uint64_t now) {
  (void)now;
  exchange *x = user;
  reader_end(x->reader);
  go_on(x);
}

void stream_end_all(server *s) { hubs_each(&s->app->hubs, end, 0); }

// The end of what the client sends says no more than that it has sent all: what comes of a sign of life
// tells.
void stream_seen(exchange *x, short seen) {
  if (seen & (POLLHUP | POLLERR | POLLNVAL)) {
    x->gone = true;
    reader_end(x->reader);
    go_on(x);
  } else if (seen & POLLRDHUP && !x->asked) {
    x->asked = true;
    reader_ping(x->reader);
    go_on(x);
  }
}

// ---- the other threads' way here

static void wake(void *user) {
  server *s = user;
  uv_async_send(&s->news);
}

void stream_start(server *s) {
  uv_async_init(s->loop, &s->news, on_news);
  s->news.data = s;
  hubs_waken(&s->app->hubs, wake, s);
}

void stream_stop(server *s) {
  hubs_waken(&s->app->hubs, NULL, NULL);
  uv_close((uv_handle_t *)&s->news, NULL);
}
