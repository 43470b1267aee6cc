#include "probes.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS_MOST = 20000 };

// The session as the request finds it.
static void world(const struct probe *p) {
  ask first = {.method = METHOD_POST, .target = "/batch", .body = p->setup};
  service_reset();
  if (p->setup && service_ask(&first) != 200) die("%s: %s", p->what, service_body());
  ask events = {.method = METHOD_GET, .target = "/events"};
  if (p->flags & FOLLOWED && service_ask(&events) != 200) die("%s: %s", p->what, service_body());
  free(service_snapshot()); // whatever reading makes is there already
}

static size_t begin(const struct probe *p) {
  service_clear();
  size_t base = budget_used(&service_memory);
  world(p);
  if (p->flags & KEYED) service_ask(&p->ask);
  return base;
}

static void end(const struct probe *p, unsigned n, size_t base) {
  service_clear();
  if (budget_used(&service_memory) != base)
    die("%s, point %u: %zu bytes were charged before, %zu after", p->what, n, base,
        budget_used(&service_memory));
}

struct outcome_seen probe_clean(const struct probe *p) {
  struct outcome_seen seen = {0};
  size_t base = begin(p);
  seen.status = service_ask(&p->ask);
  if (!(seen.route = service_route())) die("%s: no route for %s", p->what, p->ask.target);
  if ((seen.status >= 400) != ((p->flags & FAILS) != 0))
    die("%s: %d %s", p->what, seen.status, service_body());
  seen.body_len = service_body_len();
  seen.body = malloc(seen.body_len + 1);
  if (!seen.body) die("no memory for an answer");
  memcpy(seen.body, service_body(), seen.body_len);
  seen.after = service_snapshot();
  end(p, 0, base);
  return seen;
}

void outcome_forget(struct outcome_seen *o) {
  free(o->body);
  free(o->after);
}

static void same(const struct probe *p, unsigned n, const char *before, const char *after) {
  size_t at = 0;
  while (before[at] && before[at] == after[at]) at++;
  if (!before[at] && !after[at]) return;
  size_t from = at > 120 ? at - 120 : 0;
  die("%s, point %u: the session was\n%.400s\nand is\n%.400s\n(status %d)", p->what, n, before + from,
      after + from, service_reply()->status);
}

static void check_answer(const struct probe *p, unsigned n, const struct outcome_seen *clean) {
  int status = service_reply()->status;
  if (status != clean->status)
    die("%s, point %u: %d, not %d: %s", p->what, n, status, clean->status, service_body());
  bool same_body =
      service_body_len() == clean->body_len && !memcmp(service_body(), clean->body, clean->body_len);
  if (!(p->flags & VARIES) && !same_body)
    die("%s, point %u: the answer is not that of a clean run: %s", p->what, n, service_body());
  char *after = service_snapshot();
  same(p, n, clean->after, after);
  free(after);
}

// The session after the first `steps` lines of a batch.
static char *after_steps(const struct probe *p, unsigned steps) {
  ask a = p->ask;
  const char *end = a.body;
  for (unsigned i = 0; i < steps; i++) end = strchr(end, '\n') + 1;
  world(p);
  a.target = "/batch";
  a.n = (size_t)(end - a.body);
  a.key = NULL;
  if (steps && service_ask(&a) != 200) die("%s: %u steps alone: %s", p->what, steps, service_body());
  return service_snapshot();
}

static void check_steps(const struct probe *p, unsigned n) {
  const char *said = strstr(service_body(), "\"completed\":");
  unsigned from = said ? (unsigned)atoi(said + strlen("\"completed\":")) : 0, to = from;
  bool found = false;
  char *after = service_snapshot();
  for (const char *at = p->ask.body; !said && (at = strchr(at, '\n')); at++)
    to++; // it could not even say so much
  for (unsigned steps = from; steps <= to && !found; steps++) {
    char *wanted = after_steps(p, steps);
    found = !strcmp(wanted, after);
    if (said) same(p, n, wanted, after);
    free(wanted);
  }
  if (!found) die("%s, point %u: the session is as after no number of steps: %s", p->what, n, after);
  free(after);
}

static void check_unchanged(const struct probe *p, const char *before, unsigned n) {
  char *after = service_snapshot();
  same(p, n, before, after);
  free(after);
}

unsigned refuse_everywhere(const struct probe *p, const struct refusal *how,
                           const struct outcome_seen *clean) {
  unsigned refused = 0;
  for (unsigned n = 1; n < POINTS_MOST; n++) {
    size_t base = begin(p);
    char *before = service_snapshot();
    how->arm(n);
    bool no = service_ask(&p->ask) == how->status && strstr(service_body(), how->code),
         reached = how->disarm(n);
    refused += no;
    if (!no)
      check_answer(p, n, clean);
    else if (p->flags & STEPS)
      check_steps(p, n);
    else
      check_unchanged(p, before, n);
    free(before);
    end(p, n, base);
    if (!reached) return refused;
  }
  die("%s, %s: more than %d points: %s", p->what, how->name, POINTS_MOST, service_body());
}
