#include "http/once.h"
#include "base/clock.h"
#include "base/mem.h"
#include <sys/random.h>

session *once_open(call *c) {
  const settings *set = c->app->settings;
  limits l = {.session_bytes = set->session_memory,
              .session_nodes = set->session_nodes,
              .session_tensors = set->session_tensors};
  uint64_t seed;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed) seed = clock_ns();
  session *s = mem_zalloc(sizeof *s);
  if (s)
    session_init(s, "run", c->app->memory, &l, seed >> 11);
  else
    call_fail(c, ERR_out_of_memory, "no memory for a session");
  return s;
}

void once_close(session *s) {
  scope_leave(&s->ag, 0, NULL);
  session_finish(s);
  mem_free(s);
}
