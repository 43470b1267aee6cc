#include "http/connection.h"
#include "base/log.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PUMP_TURNS = 64, DRAIN_TICK_MS = 20, GRACE_MS = 500, DESCRIPTORS = 64 };

static void on_again(uv_timer_t *timer) { server_pump(timer->data); }

void server_pump(server *s) {
  if (s->pumping || !s->daemon) return;
  MHD_UNSIGNED_LONG_LONG wait = 1;
  bool pending;
  int turns = 0;
  s->pumping = true;
  s->wants_pump = false;
  do {
    MHD_run(s->daemon);
    pending = MHD_get_timeout(s->daemon, &wait) == MHD_YES;
  } while (pending && !wait && ++turns < PUMP_TURNS);
  s->pumping = false;
  if (pending) uv_timer_start(&s->again, on_again, wait, 0);
}

static void on_readable(uv_poll_t *poll, int status, int events) {
  (void)status, (void)events;
  server_pump(poll->data);
}

// A job that ended resumes its connection; MHD sees that only when it is run.
static void on_check(uv_check_t *check) {
  server *s = check->data;
  if (s->wants_pump) server_pump(s);
}

static bool free_trash(job *j, bool may_hop) {
  (void)may_hop;
  server *s = (server *)((char *)j - offsetof(server, trash));
  mem_free_list(s->trash_list);
  s->trash_list = NULL;
  return true;
}

static void trash_freed(job *j, stop why) {
  server *s = (server *)((char *)j - offsetof(server, trash));
  if (why) free_trash(j, false); // it never ran
  s->trash_live = false;
}

// The large blocks of what this turn let go of.
static void take_out_trash(server *s) {
  if (s->trash_live || !(s->trash_list = mem_take_aside())) return;
  s->trash = (job){.run = free_trash, .ended = trash_freed, .hop = true};
  s->trash_live = pool_post(s->pool, &s->trash) == POST_later;
  if (!s->trash_live) free_trash(&s->trash, false);
}

static void on_prepare(uv_prepare_t *prepare) {
  server *s = prepare->data;
  if (s->wants_pump) server_pump(s);
  take_out_trash(s);
  log_flush();
}

static void mhd_log(void *user, const char *format, va_list args) {
  server *s = user;
  char text[LOG_VALUE];
  int n = vsnprintf(text, sizeof text, format, args);
  for (; n > 0 && n < (int)sizeof text && text[n - 1] == '\n'; n--) text[n - 1] = 0;
  // Once it serves, what it has to say is about what clients send.
  LOG(s->daemon ? LOG_debug : LOG_warn, log_msg("libmicrohttpd"), log_text("says", text));
}

static size_t keep_encoded(void *user, struct MHD_Connection *c,
                           char *text) { // request_target decodes, strictly
  (void)user, (void)c;
  return strlen(text);
}

static bool is_loopback(const struct sockaddr *a) {
  if (a->sa_family == AF_INET) return ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24 == 127;
  return a->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)a)->sin6_addr);
}

static bool is_any(const struct sockaddr *a) {
  if (a->sa_family == AF_INET) return ((const struct sockaddr_in *)a)->sin_addr.s_addr == INADDR_ANY;
  return a->sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)a)->sin6_addr);
}

static int listen_at(const struct addrinfo *at) {
  int on = 1, fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!bind(fd, at->ai_addr, at->ai_addrlen) && !listen(fd, 1024)) return fd;
  int why = errno;
  close(fd);
  errno = why;
  return -1;
}

// Listens at the first address of the host that can be had, and readies url and guard.
static bool open_port(server *s, fault *f) {
  const settings *set = s->app->settings;
  struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM},
                  *found = NULL, *at;
  char port[8], bound[HOST_NAME], list[4096];
  snprintf(port, sizeof port, "%u", (unsigned)set->port);
  int wrong = *set->host ? getaddrinfo(set->host, port, &hints, &found) : EAI_NONAME;
  if (wrong) return fail(f, ERR_bad_argument, "--host: \"%.64s\": %s", set->host, gai_strerror(wrong));
  for (at = found; at && s->listen_fd < 0; at = at->ai_next) {
    if (!is_loopback(at->ai_addr) && !s->app->token_bytes) {
      fail(f, ERR_bad_argument,
           "--host: others can reach %.64s, and without --token-file they all could use this server; give "
           "one, "
           "or "
           "listen on 127.0.0.1",
           set->host);
      break;
    }
    s->listen_fd = listen_at(at);
  }
  freeaddrinfo(found);
  if (s->listen_fd < 0)
    return fail(f, ERR_bad_argument, "cannot listen on %.64s port %s: %s", set->host, port, strerror(errno));
  struct sockaddr_storage own = {0};
  socklen_t len = sizeof own;
  const struct sockaddr *address = (struct sockaddr *)&own;
  if (getsockname(s->listen_fd, (struct sockaddr *)&own, &len) ||
      getnameinfo(address, len, bound, sizeof bound, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV))
    return fail(f, ERR_bad_argument, "cannot tell the address of %.64s", set->host);
  bool six = strchr(set->host, ':') != NULL;
  snprintf(s->url, sizeof s->url, "http://%s%.255s%s:%s", six ? "[" : "", set->host, six ? "]" : "", port);
  if (snprintf(list, sizeof list, "%s,%s", six ? "" : set->host, set->allow_host) >= (int)sizeof list)
    return fail(f, ERR_bad_argument, "--allow-host: the list is too long");
  return guard_init(&s->guard, is_any(address) ? NULL : bound, (unsigned)strtoul(port, NULL, 10), list, f);
}

// As many connections as there are descriptors for.
static unsigned connection_limit(const settings *set) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit)) return (unsigned)set->connections;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= set->connections + DESCRIPTORS) return (unsigned)set->connections;
  unsigned fewer = limit.rlim_cur > 2 * DESCRIPTORS ? (unsigned)limit.rlim_cur - DESCRIPTORS : DESCRIPTORS;
  LOG(LOG_warn, log_msg("fewer connections than asked for: the limit on open files is too low"),
      log_number("connections", fewer), log_number("asked", set->connections));
  return fewer;
}

static bool start_daemon(server *s, fault *f) {
  const settings *set = s->app->settings;
  // 16 KiB a connection: enough for 64 headers, and MHD clears it after every request. Timeouts are ours
  // (watch.c): MHD's are of inactivity, which a slow drip beats.
  s->daemon = MHD_start_daemon(
      MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, connection_access, s,
      MHD_OPTION_EXTERNAL_LOGGER, mhd_log, s, MHD_OPTION_LISTEN_SOCKET, s->listen_fd,
      MHD_OPTION_CONNECTION_LIMIT, connection_limit(set), MHD_OPTION_PER_IP_CONNECTION_LIMIT,
      (unsigned)set->connections_per_ip, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)16 * 1024,
      MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_NONCE_NC_SIZE, 0u, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
      MHD_OPTION_URI_LOG_CALLBACK, connection_line, s, MHD_OPTION_UNESCAPE_CALLBACK, keep_encoded, NULL,
      MHD_OPTION_NOTIFY_COMPLETED, connection_completed, s, MHD_OPTION_NOTIFY_CONNECTION, connection_notify,
      s, MHD_OPTION_END);
  return s->daemon || fail(f, ERR_out_of_memory, "libmicrohttpd did not start: see the log");
}

static void on_signal(uv_signal_t *handle, int number) {
  server *s = handle->data;
  LOG(LOG_info, log_msg(s->phase == SERVING ? "draining" : "halting"),
      log_number("signal", (uint64_t)number));
  if (s->phase == SERVING)
    server_drain(s);
  else
    server_halt(s);
}

static void look(void *user, metrics_now *now) {
  server *s = user;
  pool_counts jobs = pool_count(s->pool);
  now->connections = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
  now->threads = jobs.threads;
  now->running = jobs.running;
  now->waiting = jobs.waiting;
  now->inline_jobs = jobs.inline_jobs;
  now->hopped_jobs = jobs.hopped_jobs;
}

static bool later(void *user, job *j) {
  server *s = user;
  return pool_post(s->pool, j) == POST_later;
}

static void init_handles(server *s) {
  uv_poll_init(s->loop, &s->poll, MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd);
  uv_timer_init(s->loop, &s->again);
  uv_timer_init(s->loop, &s->sweep);
  uv_timer_init(s->loop, &s->watch);
  uv_timer_init(s->loop, &s->drain);
  uv_prepare_init(s->loop, &s->prepare);
  uv_check_init(s->loop, &s->check);
  uv_signal_init(s->loop, &s->term);
  uv_signal_init(s->loop, &s->interrupt);
  s->poll.data = s->again.data = s->sweep.data = s->watch.data = s->drain.data = s;
  s->prepare.data = s->check.data = s->term.data = s->interrupt.data = s;
  uv_poll_start(&s->poll, UV_READABLE, on_readable);
  uv_prepare_start(&s->prepare, on_prepare);
  uv_check_start(&s->check, on_check);
  uv_signal_start(&s->term, on_signal, SIGTERM);
  uv_signal_start(&s->interrupt, on_signal, SIGINT);
  stream_start(s);
  watch_start(s);
}

server *server_start(uv_loop_t *loop, app *a, pool *p, fault *f) {
  server *s = mem_zalloc(sizeof *s);
  if (!s) return fail(f, ERR_out_of_memory, "out of memory"), NULL;
  s->loop = loop;
  s->app = a;
  s->pool = p;
  s->listen_fd = -1;
  signal(SIGPIPE, SIG_IGN);
  s->leaving = connection_leaving();
  if (!s->leaving) fail(f, ERR_out_of_memory, "out of memory");
  if (s->leaving && open_port(s, f) && start_daemon(s, f)) {
    a->server = s;
    a->look = look;
    a->later = later;
    init_handles(s);
    mem_set_aside(true);
    return s;
  }
  if (s->listen_fd >= 0) close(s->listen_fd);
  if (s->leaving) MHD_destroy_response(s->leaving);
  mem_free(s);
  return NULL;
}

const char *server_url(const server *s) { return s->url; }

static void end(server *s) {
  s->phase = ENDED;
  stream_stop(s);
  s->app->look = NULL;
  s->app->later = NULL;
  MHD_stop_daemon(s->daemon); // aborts if a connection is suspended: abandon_all saw to that
  s->daemon = NULL;
  MHD_destroy_response(s->leaving);
  connection_free_spares(s);
  mem_set_aside(false);
  mem_free_list(mem_take_aside());
  uv_handle_t *handles[] = {(uv_handle_t *)&s->poll,  (uv_handle_t *)&s->again, (uv_handle_t *)&s->sweep,
                            (uv_handle_t *)&s->watch, (uv_handle_t *)&s->drain, (uv_handle_t *)&s->prepare,
                            (uv_handle_t *)&s->check, (uv_handle_t *)&s->term,  (uv_handle_t *)&s->interrupt};
  for (size_t i = 0; i < sizeof handles / sizeof *handles; i++) uv_close(handles[i], NULL);
  signal(SIGTERM, SIG_IGN); // one more of them changes nothing now
  signal(SIGINT, SIG_IGN);
  LOG(LOG_info, log_msg("stopped"));
  log_flush();
  uv_stop(s->loop); // a job that heeds no stop flag must not hold it
}

static void abandon_all(server *s) {
  stream_end_all(s);
  while (s->suspended) connection_resume(s->suspended, X_ABANDONED);
  server_pump(s);
}

static void close_port(server *s) {
  s->app->draining = true;
  MHD_quiesce_daemon(s->daemon);
  close(s->listen_fd);
  stream_end_all(s);
}

static void on_drain_tick(uv_timer_t *timer) {
  server *s = timer->data;
  const settings *set = s->app->settings;
  uint64_t in_phase = uv_now(s->loop) - s->phase_ms;
  if (s->phase == LEAVING && in_phase >= set->drain_wait_s * 1000) {
    s->phase = DRAINING;
    s->phase_ms += in_phase;
    in_phase = 0;
    close_port(s);
    server_pump(s);
  }
  if (s->phase == DRAINING) {
    if (!watch_busy(s))
      watch_shut(s, in_phase >= GRACE_MS); // an answered connection may ask /readyz until then
    if (!s->requests && !s->peers)
      end(s);
    else if (in_phase >= set->drain_s * 1000)
      server_halt(s);
    return;
  }
  if (s->phase != HALTING) return;
  if (in_phase >= GRACE_MS && s->suspended) abandon_all(s);
  if ((!s->suspended && !s->peers) || in_phase >= 2 * GRACE_MS) {
    abandon_all(s);
    end(s);
  }
}

void server_drain(server *s) {
  if (s->phase != SERVING) return;
  s->app->leaving = true;
  s->app->draining = s->app->settings->drain_wait_s == 0;
  s->phase = LEAVING;
  s->phase_ms = uv_now(s->loop);
  uv_timer_start(&s->drain, on_drain_tick, 0, DRAIN_TICK_MS);
}

void server_halt(server *s) {
  if (s->phase == HALTING || s->phase == ENDED) return;
  server_drain(s);
  if (s->phase == LEAVING) close_port(s);
  watch_shut(s, true);
  s->phase = HALTING;
  s->phase_ms = uv_now(s->loop);
  pool_stop_all(s->pool, STOP_shutdown);
}

void server_delete(server *s) {
  mem_free_list(s->trash_list); // of a job that never came to run
  mem_free(s->watched);
  mem_free(s);
}
