// watch.c - what MHD does not watch: connections slower than their deadline, and clients that leave while
// their request is suspended (MHD looks at a suspended socket no more).
#include "http/connection.h"
#include "base/log.h"
#include "base/mem.h"
#include <poll.h>
#include <sys/socket.h>

bool watch_busy(const server *s) {
  for (const peer *p = s->peers; p; p = p->next)
    if (p->exchange && p->exchange->state > X_REFUSED) return true;
  return false;
}

void watch_shut(server *s, bool arriving) {
  for (peer *p = s->peers; p; p = p->next) {
    bool idle = !p->exchange, incomplete = !idle && p->exchange->state <= X_REFUSED;
    if (idle || (arriving && incomplete)) shutdown(p->fd, SHUT_RDWR);
  }
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
    if (!(s->watched[i++].revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL))) continue;
    x->gone = true;
    s->app->metrics.clients_gone++;
    pool_stop(s->pool, &x->job, STOP_client_gone); // may end the job, and so resume x
  }
}

void watch_suspended(server *s) {
  if (!uv_is_active((uv_handle_t *)&s->watch)) uv_timer_start(&s->watch, on_watch, WATCH_MS, WATCH_MS);
}
