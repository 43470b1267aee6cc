// watch.c - what MHD does not watch: connections slower than their deadline, and clients that leave while
// their request is suspended (MHD looks at a suspended socket no more).
#include "http/connection.h"
#include "base/log.h"
#include "base/mem.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

enum { STALL_MS = 5000 }; // a client that neither sends nor takes anything for so long holds no shutdown

// How many bytes of its answer the client has acknowledged.
static uint64_t acknowledged(int fd) {
  struct { // what Linux gives; the C library's tcp_info is its beginning
    struct tcp_info head;
    uint64_t pacing_rate, max_pacing_rate, bytes_acked;
  } info = {0};
  _Static_assert(sizeof info.head == 104, "the rest follows at once");
  socklen_t n = sizeof info;
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) ? 0 : info.bytes_acked;
}

static bool computes(const exchange *x) { return x->state > X_REFUSED && x->state < X_ANSWERED; }

// A body or an answer that still moves; not one that goes on. Only a request whose head has come whole
// counts.
static bool moves(peer *p, uint64_t now) {
  const exchange *x = p->exchange;
  if (x->state == X_NEW || x->state > X_ANSWERED) return false;
  uint64_t moved = x->state == X_ANSWERED ? acknowledged(p->fd) + (1ull << 62) : x->received;
  if (moved != p->moved || !p->moved_ms) p->moved = moved, p->moved_ms = now;
  return now - p->moved_ms < STALL_MS;
}

bool watch_busy(server *s) {
  uint64_t now = uv_now(s->loop);
  bool busy = false;
  for (peer *p = s->peers; p; p = p->next)
    if (p->exchange) busy |= computes(p->exchange) || moves(p, now);
  return busy;
}

void watch_shut(server *s, bool moving) {
  for (peer *p = s->peers; p; p = p->next)
    if (!p->exchange || (moving && !computes(p->exchange))) shutdown(p->fd, SHUT_RDWR);
}

static void on_sweep(uv_timer_t *timer) {
  server *s = timer->data;
  uint64_t now = uv_now(s->loop);
  for (peer *p = s->peers; p; p = p->next) {
    if (!p->deadline_ms || now < p->deadline_ms) continue;
    p->deadline_ms = now + 1000; // once more then, should MHD not have noticed
    if (p->exchange) s->app->metrics.slow_connections++;
    LOG(LOG_debug, log_msg("slow connection closed"), log_number("fd", (uint64_t)p->fd));
    shutdown(p->fd, SHUT_RDWR); // MHD finds it closed, and closes
  }
  stream_sweep(s);
  if (s->app->hooks.expire) s->app->hooks.expire(s->app);
}

void watch_start(server *s) { uv_timer_start(&s->sweep, on_sweep, SWEEP_MS, SWEEP_MS); }

// Fills s->watched with the suspended sockets; 0 if there is no memory, and the next turn tries again.
static size_t gather(server *s) {
  size_t n = 0;
  for (exchange *x = s->suspended; x; x = x->next) {
    if (x->gone || !x->peer) continue;
    if (n == s->watched_cap) {
      size_t cap = n ? 2 * n : 64;
      struct pollfd *grown = mem_realloc(s->watched, cap * sizeof *grown);
      if (!grown) return 0;
      s->watched = grown;
      s->watched_cap = cap;
    }
    s->watched[n++] = (struct pollfd){.fd = x->peer->fd, .events = POLLRDHUP};
  }
  return n;
}

// Whether the client of a suspended request has left. The end of what it sends may mean that, or only that it
// has said all (shutdown): an interim answer, which every client of HTTP/1.1 must pass over, makes the system
// of one that is gone say so.
static bool left(exchange *x, short seen) {
  static const char HELLO[] = "HTTP/1.1 100 Continue\r\n\r\n";
  if (seen & (POLLHUP | POLLERR | POLLNVAL)) return true;
  if (!(seen & POLLRDHUP)) return false;
  if (!x->interim) return true;
  if (!x->asked) send(x->peer->fd, HELLO, sizeof HELLO - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
  x->asked = true;
  return false;
}

static void on_watch(uv_timer_t *timer) {
  server *s = timer->data;
  if (!s->suspended) {
    uv_timer_stop(timer);
    return;
  }
  size_t n = gather(s), i = 0;
  if (!n || poll(s->watched, n, 0) <= 0) return;
  for (exchange *x = s->suspended, *next; x && i < n; x = next) {
    next = x->next;
    if (x->gone || !x->peer) continue;
    short seen = s->watched[i++].revents;
    if (x->state == X_STREAM_WAITING) {
      stream_seen(x, seen);
      continue;
    }
    if (!left(x, seen)) continue;
    x->gone = true;
    s->app->metrics.clients_gone++;
    pool_stop(s->pool, &x->job, STOP_client_gone); // may end the job, and so resume x
  }
}

void watch_suspended(server *s) {
  if (!uv_is_active((uv_handle_t *)&s->watch)) uv_timer_start(&s->watch, on_watch, WATCH_MS, WATCH_MS);
}
