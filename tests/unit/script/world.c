#include "script/world.h"
#include "base/mem.h"
#include "autograd/op.h"
#include "leaks.h"
#include <criterion/criterion.h>
#include <string.h>

session script_session_s;
budget script_process;
char raised[FAULT_DETAIL];
static char printed_text[1 << 16];
static place failed_at;
static const char *failed_class;
static bool parsed_it;

void script_world_start(void) {
  static const limits LIMITS = {.session_bytes = 1 << 24, .session_nodes = 100000, .session_tensors = 1000};
  ops_init();
  budget_init(&script_process, NULL, "process memory", 1 << 25);
  session_init(&script_session_s, "s", &script_process, &LIMITS, 1);
}

void script_world_finish(void) {
  mem_fail_at(0, false);
  scope_leave(&script_session_s.ag, 0, NULL);
  session_finish(&script_session_s);
  leaks_none(&script_process);
}

err run_script(const char *source, const script_limits *l) {
  session *s = &script_session_s;
  fault *f = session_fault(s);
  script *sc = script_open(s, source, strlen(source), l, &failed_at);
  script_state state = sc ? script_run(sc, UINT64_MAX) : SCRIPT_failed;
  const buffer *out = sc ? script_printed(sc) : NULL;
  size_t n = out && out->len < sizeof printed_text ? out->len : 0;
  if (n) memcpy(printed_text, out->data, n);
  printed_text[n] = 0;
  err code = f->code;
  cr_assert_eq(state == SCRIPT_done, code == ERR_none);
  parsed_it = sc != NULL;
  if (sc) failed_at = script_where(sc);
  failed_class = code ? fault_class(f) : "";
  strcpy(raised, f->detail);
  script_finish(sc);
  fault_clear(f);
  scope_leave(&s->ag, 0, NULL);
  cr_assert(s->ag.grad_mode);
  return code;
}

void prints(const char *source, const char *expected) {
  err code = run_script(source, &SCRIPT_LIMITS);
  cr_assert_eq(code, ERR_none, "%s\n%s, line %u", source, raised, failed_at.line);
  cr_assert_str_eq(printed_text, expected, "%s\nprinted: %s\n   want: %s", source, printed_text, expected);
}

void raises(const char *source, err code, const char *class, unsigned line) {
  err got = run_script(source, &SCRIPT_LIMITS);
  cr_assert_eq(got, code, "%s\n%s", source, raised);
  cr_assert_str_eq(failed_class, class, "%s\n%s: %s", source, failed_class, raised);
  cr_assert_eq(failed_at.line, line, "%s\nline %u, not %u: %s", source, failed_at.line, line, raised);
}

void refuses(const char *source, unsigned line, unsigned column) {
  err got = run_script(source, &SCRIPT_LIMITS);
  cr_assert_eq(got, ERR_bad_script, "%s\n%s", source, raised);
  cr_assert(!parsed_it, "%s", source);
  cr_assert(failed_at.line == line && failed_at.column == column, "%s\n%u:%u %s", source, failed_at.line,
            failed_at.column, raised);
}
