// script_run_fuzz.c - any bytes as a script, run in a session with small limits, in parts, with an allocation
// that fails in the middle or a wish to stop. The session must stay usable, and every byte must be given
// back. Every other script (by its length) is traced: its trace must be JSON and change nothing.
#include "autograd/op.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "script/script.h"
#include "traced.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
  if (!holds) abort();
}

static void check(session *s, bool ok) {
  fault *f = session_fault(s);
  must(ok == (f->code == ERR_none));
  must(f->code != ERR_internal && utf8_valid(f->detail, strlen(f->detail)));
  must(s->ag.grad_mode);
  fault_clear(f);
  scope_leave(&s->ag, 0, NULL);
}

// Returns how it ended and how much it printed, as a number; not what, for addresses are no use to compare.
static uint64_t run(session *s, const char *source, size_t n, uint64_t part_ns, bool abandon, bool traced) {
  static const script_limits LIMITS = {.steps = 20000, .output = 1 << 14};
  place where;
  trace *t = traced ? trace_open(s) : NULL;
  fault_clear(session_fault(s)); // it goes on without
  script *sc = script_open(s, source, n, &LIMITS, &where);
  script_state state = SCRIPT_more;
  for (int parts = 0; sc && state == SCRIPT_more; parts++) {
    traced_attach(s, t, source, n);
    state = script_run(sc, parts < 50 ? part_ns : UINT64_MAX);
    trace_detach(t);
    must(s->ag.grad_mode);
    if (state == SCRIPT_more && abandon) break;
  }
  bool ok = sc && (state != SCRIPT_failed);
  uint64_t printed = session_fault(s)->code;
  if (sc) {
    const buffer *out = script_printed(sc);
    must(out->len <= LIMITS.output);
    printed = printed << 32 | out->len;
  }
  if (sc && state == SCRIPT_more)
    script_abandon(sc);
  else
    script_finish(sc);
  check(s, ok);
  mem_fail_at(0, false);
  traced_check(t, ok && state == SCRIPT_done);
  trace_close(t);
  return printed;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  ops_init();
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const limits LIMITS = {.session_bytes = 1 << 20, .session_nodes = 2000, .session_tensors = 50};
  static atomic_int stop;
  const char *source = (const char *)data;
  budget process;
  session s;
  bool traced = size & 1;
  unsigned trouble = size ? data[size - 1] : 0; // a seed ends with a line end: no trouble
  budget_init(&process, NULL, "the process", 1 << 24);
  session_init(&s, "s", &process, &LIMITS, 1);
  s.ag.ctx.stop = &stop;
  atomic_store(&stop, trouble == 0xFF ? STOP_deadline : STOP_no);
  if (trouble >= 0x80 && trouble < 0xFF) mem_fail_at(1 + 3 * (trouble & 0x3F), trouble & 0x40);
  uint64_t printed = run(&s, source, size, trouble & 1 ? 400 : UINT64_MAX, trouble & 4, traced);
  atomic_store(&stop, STOP_no);
  run(&s, source, size, UINT64_MAX, false, traced); // once more, over what the first left
  run(&s, "x = [1]\nx = torch.ones(2)\nprint(x)", 34, UINT64_MAX, false, false);
  session_finish(&s);
  if (traced && trouble < 0x80 && !(trouble & 5)) {
    session_init(&s, "s", &process, &LIMITS, 1);
    must(run(&s, source, size, UINT64_MAX, false, false) == printed);
    session_finish(&s);
  }
  must(budget_used(&process) == 0);
  return 0;
}
