// Allocation fails at every point of every endpoint and of every op, once and from there on: nothing crashes,
// nothing leaks, and a request that was refused has changed nothing.
#include "base/mem.h"
#include "op_probes.h"
#include "probes.h"
#include <stdio.h>
#include <stdlib.h>

static void fail_once(unsigned n) { mem_fail_at(n, false); }
static void fail_onward(unsigned n) { mem_fail_at(n, true); }
static bool stop_failing(unsigned n) {
  bool reached = mem_fail_count() >= n;
  mem_fail_at(0, false);
  return reached;
}
static const struct refusal ONCE = {"one failure", fail_once, stop_failing, "out_of_memory", 503};
static const struct refusal ONWARD = {"failure from there on", fail_onward, stop_failing, "out_of_memory",
                                      503};

static unsigned done, points[ROUTES_MAX];
static bool silent[ROUTES_MAX];

static void run(const struct probe *p) {
  struct outcome_seen clean = probe_clean(p);
  unsigned once = refuse_everywhere(p, &ONCE, &clean), onward = refuse_everywhere(p, &ONWARD, &clean);
  size_t row = (size_t)(clean.route - ROUTES.rows);
  points[row] += once;
  silent[row] |= (p->flags & SILENT) != 0;
  if ((p->flags & SILENT) && once) die("%s allocates after all: %u", p->what, once);
  printf("ok %u - %s: %s, refused at %u points, %u from there on\n", ++done, clean.route->name, p->what, once,
         onward);
  fflush(stdout);
  outcome_forget(&clean);
}

int main(void) {
  service_start();
  probes_prepare();
  for (unsigned i = 0; i < PROBES_COUNT; i++) run(&PROBES[i]);
  op_probes(run);
  answer_probes(run);
  for (int i = 0; i < ROUTES.count; i++)
    if (!points[i] && !silent[i]) die("%s was never refused", ROUTES.rows[i].name);
  service_stop();
  printf("1..%u\n", done);
  return EXIT_SUCCESS;
}
