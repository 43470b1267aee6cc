#include "base/log.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *line(const log_field *fields) {
  static char out[LOG_LINE + 1];
  out[log_format(out, LOG_LINE, "T", LOG_warn, fields)] = 0;
  return out;
}
#define LINE(...) line((const log_field[]){__VA_ARGS__, {0}})

Test(log, plain_values_are_not_quoted) {
  cr_assert_str_eq(LINE(log_msg("listening"), log_text("host", "127.0.0.1"), log_number("port", 80)),
                   "ts=T level=warn msg=listening host=127.0.0.1 port=80\n");
}

Test(log, a_value_cannot_forge_a_line_or_a_field) {
  cr_assert_str_eq(LINE(log_text("v", "a\nlevel=error\r\t\"\\\x1b[31m")),
                   "ts=T level=warn v=\"a\\nlevel=error\\r\\t\\\"\\\\\\x1b[31m\"\n");
  cr_assert_str_eq(LINE(log_text("v", "a b=c")), "ts=T level=warn v=\"a b=c\"\n");
  cr_assert_str_eq(LINE(log_text("v", "")), "ts=T level=warn v=\"\"\n");
}

Test(log, long_values_and_lines_are_cut) {
  char text[8 * LOG_VALUE];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = 0;
  const char *out = LINE(log_text("v", text));
  cr_assert(strstr(out, "xxx...\"\n"));
  cr_assert_lt(strlen(out), LOG_VALUE + 64);
  for (size_t i = 0; i < sizeof text - 1; i++) text[i] = 1;
  out = LINE(log_text("a", text), log_text("b", text), log_text("c", text), log_text("d", text));
  cr_assert_eq(strlen(out), LOG_LINE);
  cr_assert_eq(out[LOG_LINE - 1], '\n');
}

Test(log, levels_filter_and_lines_wait_for_a_flush) {
  int ends[2];
  char got[4096] = "";
  cr_assert_eq(pipe(ends), 0);
  log_to(ends[1]);
  LOG(LOG_debug, log_msg("hidden"));
  LOG(LOG_info, log_msg("shown"));
  log_flush();
  cr_assert_gt(read(ends[0], got, sizeof got - 1), 0);
  cr_assert(strstr(got, " level=info msg=shown\n"));
  cr_assert(!strstr(got, "hidden"));
  log_to(STDERR_FILENO);
}

Test(log, level_names) {
  log_level level;
  cr_assert(log_level_named("debug", &level) && level == LOG_debug);
  cr_assert(!log_level_named("loud", &level));
}

Test(log, a_sink_that_nobody_reads_stops_nobody) {
  enum { LINES = 4000 };
  static char all[1 << 20];
  int ends[2], lines = 0, lost = 0;
  cr_assert_eq(pipe(ends), 0);
  log_to(ends[1]);
  for (int i = 0; i < LINES; i++)
    LOG(LOG_warn, log_msg("a line of some length, so that the pipe is full soon"));
  size_t n = 0;
  for (int round = 0; round < 2; round++) { // what it holds, and what was pending
    n += (size_t)read(ends[0], all + n, sizeof all - 1 - n);
    LOG(LOG_warn, log_msg("last"));
    log_flush();
  }
  log_to(STDERR_FILENO);
  close(ends[1]);
  for (ssize_t more; (more = read(ends[0], all + n, sizeof all - 1 - n)) > 0;) n += (size_t)more;
  close(ends[0]);
  for (char *at = all; (at = strchr(at, '\n')); at++) lines++;
  char *told = strstr(all, "lost\" lines=");
  cr_assert(told && sscanf(told, "lost\" lines=%d", &lost) == 1);
  cr_assert_gt(lost, 0);
  cr_assert_eq(lines + lost, LINES + 2 + 1, "every line is there or counted: %d and %d", lines, lost);
}
