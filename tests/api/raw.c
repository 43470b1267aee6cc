#include "raw.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int raw_connect(void) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server_port())};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  cr_assert(fd >= 0);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  cr_assert(connect(fd, (struct sockaddr *)&to, sizeof to) == 0, "cannot connect: %s", strerror(errno));
  return fd;
}

void raw_write(int fd, const void *bytes, size_t size) {
  const char *p = bytes;
  while (size) {
    ssize_t n = send(fd, p, size, MSG_NOSIGNAL);
    if (n <= 0) return;
    p += n, size -= (size_t)n;
  }
}

void raw_send(int fd, const char *bytes) { raw_write(fd, bytes, strlen(bytes)); }

void raw_request(int fd, const char *method, const char *path, const char *json) {
  const char *body = json ? quoted(json) : "";
  raw_send(fd, text("%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                    "%zu\r\n\r\n%s",
                    method, path, strlen(body), body));
}

static long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

// One byte more at the end of *buffer; false when the peer closed or the time is over.
static bool more(int fd, char **buffer, size_t *n, size_t want, long until) {
  char *p = realloc(*buffer, *n + want + 1);
  if (!p) return false;
  *buffer = p;
  while (want) {
    long left = until - now_ms();
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    if (left <= 0 || poll(&poller, 1, (int)left) <= 0) return false;
    ssize_t got = recv(fd, *buffer + *n, want, 0);
    if (got <= 0) return false;
    *n += (size_t)got, want -= (size_t)got;
    (*buffer)[*n] = 0;
  }
  return true;
}

static bool read_chunked(int fd, answer *a, long until) {
  for (;;) {
    char *line = NULL;
    size_t n = 0, size;
    while (n < 2 || memcmp(line + n - 2, "\r\n", 2) != 0)
      if (!more(fd, &line, &n, 1, until)) return free(line), false;
    size = strtoul(line, NULL, 16);
    free(line);
    if (!more(fd, &a->body, &a->size, size + 2, until)) return false;
    a->size -= 2;
    a->body[a->size] = 0;
    if (!size) return true;
  }
}

static void read_body(int fd, answer *a, bool head, long until) {
  const char *length = header(a, "Content-Length"), *coding = header(a, "Transfer-Encoding");
  if (head || a->status == 204 || a->status == 304 || a->status / 100 == 1) return;
  if (coding)
    read_chunked(fd, a, until);
  else if (length)
    more(fd, &a->body, &a->size, strtoul(length, NULL, 10), until);
  else
    while (more(fd, &a->body, &a->size, 1, until)) continue;
}

static answer *read_answer(int fd, bool head, int ms) {
  long until = now_ms() + ms;
  answer *a = calloc(1, sizeof *a);
  char *block = NULL;
  size_t n = 0;
  cr_assert(a);
  for (;;) {
    while (n < 4 || memcmp(block + n - 4, "\r\n\r\n", 4) != 0)
      if (!more(fd, &block, &n, 1, until)) return free(block), client_keep(a);
    if (n > 12 && strncmp(block + 9, "100", 3) == 0)
      n = 0; // 100 Continue: the answer is still to come
    else
      break;
  }
  a->status = n > 12 ? atoi(block + 9) : 0;
  char *lines = strstr(block, "\r\n") + 2;
  lines[strlen(lines) - 2] = 0;
  a->headers = strdup(lines);
  free(block);
  read_body(fd, a, head, until);
  return client_keep(a);
}

answer *raw_read(int fd, int ms) { return read_answer(fd, false, ms); }
answer *raw_read_head(int fd, int ms) { return read_answer(fd, true, ms); }

bool raw_closed(int fd, int ms) {
  long until = now_ms() + ms;
  char byte;
  for (;;) {
    long left = until - now_ms();
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    if (left <= 0 || poll(&poller, 1, (int)left) <= 0) return false;
    return recv(fd, &byte, 1, 0) <= 0;
  }
}

int raw_first(const int *fds, int n, int ms) {
  struct pollfd polls[64];
  cr_assert(n <= 64);
  for (int i = 0; i < n; i++) polls[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
  if (poll(polls, (nfds_t)n, ms) <= 0) return -1;
  for (int i = 0; i < n; i++)
    if (polls[i].revents) return i;
  return -1;
}

char *raw_rest(int fd, int ms, bool *closed) {
  enum { MOST = 64 << 10 };
  char *bytes = scratch(MOST + 1);
  size_t n = 0;
  long until = now_ms() + ms;
  for (*closed = false; n < MOST;) {
    long left = until - now_ms();
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    if (left <= 0 || poll(&poller, 1, (int)left) <= 0) return bytes;
    ssize_t got = recv(fd, bytes + n, MOST - n, 0);
    if (got <= 0) return *closed = true, bytes;
    n += (size_t)got;
  }
  return bytes;
}

void raw_record(const char *method, const char *path, const answer *a) {
  if (a->status) client_record(&(request){.method = method, .path = path, .type = ""}, a);
}
