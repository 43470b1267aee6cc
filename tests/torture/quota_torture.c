// Every limit, met at every point of every endpoint and of every op: the bytes of the session, those of the
// process, the nodes of the graph, the names. The answer is the documented one, and the session is as it was.
#include "op_probes.h"
#include "probes.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP = 24 }; // bytes by which a limit is raised from one point to the next

static struct { size_t *at, was; } limit;

static void set_limit(size_t *at, size_t to) {
  limit.at = at;
  limit.was = *at;
  *at = to;
}

static void session_bytes(unsigned n) {
  session *s = service_session();
  set_limit(&s->budget.limit, budget_used(&s->budget) + (n - 1) * STEP);
}
static void process_bytes(unsigned n) {
  set_limit(&service_memory.limit,
            budget_used(&service_memory) + (n - 1) * STEP * (1 + n / 1024)); // coarser, the more there is
}
static void session_nodes(unsigned n) {
  session *s = service_session();
  set_limit(&s->ag.max_nodes, s->ag.nodes + n - 1);
}
static void session_names(unsigned n) {
  session *s = service_session();
  set_limit(&s->max_bindings, s->n_bindings + n - 1);
}

// The point after the last is the one whose request succeeds.
static bool lift(unsigned n) {
  (void)n;
  if (limit.at == &service_memory.limit || service_session())
    *limit.at = limit.was; // else it went with the session
  return service_reply()->status >= 400 &&
         (strstr(service_body(), "quota_exceeded") || strstr(service_body(), "overloaded"));
}

static const struct refusal HOWS[] = {
    {"bytes of the session", session_bytes, lift, "quota_exceeded", 422},
    {"bytes of the process", process_bytes, lift, "overloaded", 503},
    {"nodes", session_nodes, lift, "quota_exceeded", 422},
    {"names", session_names, lift, "quota_exceeded", 422},
};
enum { COUNT = sizeof HOWS / sizeof *HOWS };

static unsigned done;

static void run(const struct probe *p) {
  struct outcome_seen clean = probe_clean(p);
  unsigned refused[COUNT];
  for (int i = 0; i < COUNT; i++) refused[i] = refuse_everywhere(p, &HOWS[i], &clean);
  printf("ok %u - %s: %s, refused at", ++done, clean.route->name, p->what);
  for (int i = 0; i < COUNT; i++)
    printf(" %u points of %s%s", refused[i], HOWS[i].name, i + 1 < COUNT ? "," : "\n");
  if (p->flags & CHARGES && !refused[0]) die("%s was never refused for the bytes of the session", p->what);
  fflush(stdout);
  outcome_forget(&clean);
}

int main(void) {
  service_start();
  probes_prepare();
  for (unsigned i = 0; i < PROBES_COUNT; i++) run(&PROBES[i]);
  op_probes(run);
  service_stop();
  printf("1..%u\n", done);
  return EXIT_SUCCESS;
}
