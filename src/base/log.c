#include "base/log.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

log_level log_limit = LOG_info;

static const char *const LEVELS[] = {"error", "warn", "info", "debug"};
enum { PENDING = 32 * 1024 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // guards what follows
static char pending[PENDING];
static size_t used;
static uint64_t dropped; // lines that found no room
static int sink = STDERR_FILENO;

bool log_level_named(const char *name, log_level *level) {
  for (size_t i = 0; i < sizeof LEVELS / sizeof *LEVELS; i++)
    if (!strcmp(name, LEVELS[i])) return *level = (log_level)i, true;
  return false;
}

typedef struct line {
  char *at, *end;
} line;

static void put(line *l, const char *bytes, size_t n) {
  if (n > (size_t)(l->end - l->at)) n = (size_t)(l->end - l->at);
  memcpy(l->at, bytes, n);
  l->at += n;
}

static bool plain(const char *s, size_t n) {
  if (!n) return false;
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)s[i];
    if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\') return false;
  }
  return true;
}

static void put_escaped(line *l, unsigned char c) {
  char hex[5];
  if (c == '"' || c == '\\')
    put(l, (char[]){'\\', (char)c}, 2);
  else if (c == '\n')
    put(l, "\\n", 2);
  else if (c == '\r')
    put(l, "\\r", 2);
  else if (c == '\t')
    put(l, "\\t", 2);
  else if (c < ' ' || c == 0x7f)
    put(l, hex, (size_t)snprintf(hex, sizeof hex, "\\x%02x", c));
  else
    put(l, (char *)&c, 1); // UTF-8 passes; terminals never see a control character
}

static void put_number(line *l, uint64_t n) {
  char digits[20], *at = digits + sizeof digits;
  do *--at = (char)('0' + n % 10);
  while (n /= 10);
  put(l, at, (size_t)(digits + sizeof digits - at));
}

static void put_value(line *l, const char *text) {
  size_t n = strnlen(text, LOG_VALUE + 1);
  bool cut = n > LOG_VALUE;
  if (cut) n = LOG_VALUE;
  if (!cut && plain(text, n)) {
    put(l, text, n);
    return;
  }
  put(l, "\"", 1);
  for (size_t i = 0; i < n; i++) put_escaped(l, (unsigned char)text[i]);
  if (cut) put(l, "...", 3);
  put(l, "\"", 1);
}

size_t log_format(char *out, size_t room, const char *stamp, log_level level, const log_field *fields) {
  if (!room) return 0;
  line l = {out, out + room - 1}; // one byte is kept for the newline
  put(&l, "ts=", 3);
  put(&l, stamp, strlen(stamp));
  put(&l, " level=", 7);
  put(&l, LEVELS[level], strlen(LEVELS[level]));
  for (const log_field *f = fields; f->key; f++) {
    put(&l, " ", 1);
    put(&l, f->key, strlen(f->key));
    put(&l, "=", 1);
    if (f->text)
      put_value(&l, f->text);
    else
      put_number(&l, f->number);
  }
  *l.at++ = '\n';
  return (size_t)(l.at - out);
}

// Whether the sink takes PIPE_BUF bytes now. Its flags are not touched: others may share it.
static bool takes_more(void) {
  struct pollfd at = {.fd = sink, .events = POLLOUT};
  return poll(&at, 1, 0) == 1;
}

// Writes as much as goes without waiting: the service never waits for somebody to read its log.
static void write_out(void) {
  size_t done = 0;
  while (done < used && takes_more()) {
    ssize_t n = write(sink, pending + done, used - done < PIPE_BUF ? used - done : PIPE_BUF);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) break;
    done = n > 0 ? done + (size_t)n : used; // a broken log never stops it either
  }
  used -= done;
  memmove(pending, pending + done, used);
}

static void keep(const char *text, size_t n) {
  memcpy(pending + used, text, n);
  used += n;
}

// Says how many lines found no room, once there is some; false as long as there is none for n bytes more.
static bool make_room(const char *stamp, size_t n) {
  char text[LOG_LINE];
  if (PENDING - used < n) write_out();
  if (!dropped) return PENDING - used >= n;
  size_t told =
      log_format(text, sizeof text, stamp, LOG_warn,
                 (log_field[]){log_msg("lines of this log were lost"), log_number("lines", dropped), {0}});
  if (PENDING - used < told + n) return false;
  keep(text, told);
  dropped = 0;
  return true;
}

enum { STAMP = 40 };

// The time as 2026-11-26T00:07:40.123Z. A busy server logs many lines a second: all but the last digits stay.
static void write_stamp(char out[STAMP]) {
  static _Thread_local struct {
    time_t second;
    size_t n;
    char text[STAMP];
  } last = {.second = -1};
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec != last.second) {
    struct tm utc;
    gmtime_r(&now.tv_sec, &utc);
    last.n = strftime(last.text, STAMP - 5, "%Y-%m-%dT%H:%M:%S", &utc);
    last.second = now.tv_sec;
  }
  int ms = (int)(now.tv_nsec / 1000000);
  memcpy(out, last.text, last.n);
  memcpy(out + last.n,
         (char[]){'.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10), 'Z', 0}, 6);
}

void log_put(log_level level, const log_field *fields) {
  char stamp[STAMP], text[LOG_LINE];
  write_stamp(stamp);
  size_t n = log_format(text, sizeof text, stamp, level, fields);
  pthread_mutex_lock(&lock);
  if (make_room(stamp, n))
    keep(text, n);
  else
    dropped++;
  pthread_mutex_unlock(&lock);
}

void log_flush(void) {
  pthread_mutex_lock(&lock);
  if (used) write_out();
  pthread_mutex_unlock(&lock);
}

void log_to(int fd) {
  pthread_mutex_lock(&lock);
  if (used) write_out();
  sink = fd;
  pthread_mutex_unlock(&lock);
}
