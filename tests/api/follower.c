#include "follower.h"
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000, TURNS = 20000 };

static long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

// False: the stream has ended. Signs of life extend no patience.
static bool more(follower *f, long until) {
  struct pollfd p = {.fd = f->fd, .events = POLLIN};
  if (f->cap - f->n < 65536) {
    f->cap = f->n + 131072;
    char *grown = scratch(f->cap + 1);
    memcpy(grown, f->text, f->n);
    f->text = grown;
  }
  long left = until - now_ms();
  cr_assert(left > 0 && poll(&p, 1, (int)left) > 0, "nothing comes");
  ssize_t got = recv(f->fd, f->text + f->n, f->cap - f->n, 0);
  if (got <= 0) return false;
  f->n += (size_t)got;
  f->text[f->n] = 0;
  return true;
}

static void take(follower *f, size_t n) {
  f->n -= n;
  memmove(f->text, f->text + n, f->n + 1);
}

follower *follow_at(const char *path, const char *query, const char *headers) {
  follower *f = scratch(sizeof *f);
  f->fd = raw_connect();
  f->text = scratch(1);
  raw_send(f->fd, text("GET %s?as=jsonl%s HTTP/1.0\r\nHost: localhost\r\n%s\r\n", path, query, headers));
  char *end;
  do cr_assert(more(f, now_ms() + PATIENCE_MS), "no answer: %s", f->text);
  while (!(end = strstr(f->text, "\r\n\r\n")));
  cr_assert(!strncmp(f->text + 8, " 200 ", 5), "%s", f->text);
  take(f, (size_t)(end + 4 - f->text));
  return f;
}

follower *follow(const char *query, const char *headers) {
  return follow_at(SESSION "/events", query, headers);
}

const cJSON *follow_next(follower *f) {
  long until = now_ms() + PATIENCE_MS;
  for (;;) {
    char *end = strchr(f->text, '\n');
    if (!end) {
      if (!more(f, until)) {
        cr_assert(f->n == 0, "half an event: %s", f->text);
        return NULL;
      }
      continue;
    }
    size_t n = (size_t)(end - f->text);
    if (!n) {
      take(f, 1);
      continue;
    }
    answer *a = calloc(1, sizeof *a); // which is freed with the others
    a->headers = strdup("Content-Type: application/json\r\n");
    a->body = strndup(f->text, a->size = n);
    take(f, n + 1);
    client_keep(a);
    cr_assert(a->json, "not JSON: %s", a->body);
    f->seq = (int)number_at(a, "seq");
    return a->json;
  }
}

static const char *string_in(const cJSON *event, const char *name) {
  const cJSON *v = at_key(event, name);
  return cJSON_IsString(v) ? v->valuestring : NULL;
}

const cJSON *follow_until(follower *f, const char *event) {
  for (;;) {
    const cJSON *e = follow_next(f);
    cr_assert(e, "the stream ended before %s", event);
    if (!strcmp(string_in(e, "event"), event)) return e;
  }
}

const char *follow_told(follower *f) {
  const char *told = "";
  for (;;) {
    const cJSON *e = follow_next(f);
    if (!e) return text("%s.", told);
    const char *event = string_in(e, "event"), *op = string_in(e, "op"), *kind = string_in(e, "kind");
    const char *separator = *told ? ", " : "";
    if (!strcmp(event, "note")) continue;
    if (strcmp(event, "command") != 0) {
      told = text("%s%s%s", told, separator, op ? op : kind ? kind : event);
      continue;
    }
    const cJSON *status = cJSON_GetObjectItemCaseSensitive(e, "status");
    const char *path = string_in(e, "path") + strlen(SESSION);
    if (!strcmp(string_in(e, "state"), "finished"))
      return text("%s%s%s %s %d", told, separator, string_in(e, "method"), path, status->valueint);
  }
}

void unfollow(follower *f) {
  close(f->fd);
  f->fd = -1;
}

double metric(const char *name) {
  const char *line = strstr(expect_status(get("/metrics"), 200)->body, text("\n%s ", name));
  cr_assert(line, "/metrics has no %s", name);
  return atof(line + strlen(name) + 2);
}

void wait_metric_least(const char *name, double value) {
  for (int turn = 0; turn < TURNS; turn++)
    if (metric(name) >= value) return;
  cr_assert(false, "%s is never %g", name, value);
}

void wait_metric_most(const char *name, double value) {
  for (int turn = 0; turn < TURNS; turn++)
    if (metric(name) <= value) return;
  cr_assert(false, "%s is never %g", name, value);
}

// ---- what they look at

cJSON *at_key(const cJSON *event, const char *key) { return cJSON_GetObjectItemCaseSensitive(event, key); }

double number_in(const cJSON *event, const char *name) {
  const cJSON *v = at_key(event, name);
  cr_assert(cJSON_IsNumber(v), "no %s", name);
  return v->valuedouble;
}

bool is_event(const cJSON *event, const char *kind) {
  return event && !strcmp(cJSON_GetObjectItemCaseSensitive(event, "event")->valuestring, kind);
}

answer *script(const char *lines) {
  return ask(.method = "POST", .path = SESSION "/run", .body = lines, .type = "text/plain");
}

int run_endless(void) {
  static const char ENDLESS[] = "x = torch.ones(300, 300)\nwhile True:\n    y = x @ x\n";
  int fd = raw_connect();
  raw_send(fd, text("POST " SESSION "/run HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                    "Content-Length: %zu\r\n\r\n%s",
                    strlen(ENDLESS), ENDLESS));
  return fd;
}
