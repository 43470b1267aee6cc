// bare_mhd.c - the least that libmicrohttpd on libuv can do: one static answer to everything. What the server
// adds is measured against this. Prints its URL, then serves until it is killed; bodies are read and
// forgotten.
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <uv.h>

static struct MHD_Daemon *mhd;
static struct MHD_Response *hello;
static uv_timer_t again;

static void pump(void) {
  MHD_UNSIGNED_LONG_LONG wait = 1;
  int turns = 0;
  enum MHD_Result pending;
  do {
    MHD_run(mhd);
    pending = MHD_get_timeout(mhd, &wait);
  } while (pending == MHD_YES && !wait && ++turns < 64);
  if (pending == MHD_YES) uv_timer_start(&again, (uv_timer_cb)(void (*)(void))pump, wait, 0);
}

static void on_readable(uv_poll_t *poll, int status, int events) {
  (void)poll, (void)status, (void)events;
  pump();
}

static enum MHD_Result answer(void *user, struct MHD_Connection *c, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **context) {
  static int seen;
  (void)user, (void)url, (void)method, (void)version, (void)data;
  if (!*context) return *context = &seen, MHD_YES;
  if (*size) return *size = 0, MHD_YES;
  return MHD_queue_response(c, 200, hello);
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  hello = MHD_create_response_from_buffer(6, "hello\n", MHD_RESPMEM_PERSISTENT);
  MHD_add_response_header(hello, "Content-Type", "text/plain");
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  mhd = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, answer,
                         NULL, MHD_OPTION_SOCK_ADDR, &at, MHD_OPTION_CONNECTION_LIMIT, 1024u,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)16 * 1024, MHD_OPTION_CONNECTION_TIMEOUT,
                         0u, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
  if (!mhd) return 1;
  printf("listening on http://127.0.0.1:%u\n", MHD_get_daemon_info(mhd, MHD_DAEMON_INFO_BIND_PORT)->port);
  fflush(stdout);
  uv_loop_t *loop = uv_default_loop();
  uv_poll_t poll;
  uv_timer_init(loop, &again);
  uv_poll_init(loop, &poll, MHD_get_daemon_info(mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd);
  uv_poll_start(&poll, UV_READABLE, on_readable);
  return uv_run(loop, UV_RUN_DEFAULT);
}
