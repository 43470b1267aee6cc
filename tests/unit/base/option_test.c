#include "base/option.h"
#include "base/mem.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static settings set;
static fault f;

#define LOAD(...)                                                                                            \
  (fault_clear(&f), option_finish(&set),                                                                     \
   option_load(&set, sizeof((char *[]){__VA_ARGS__}) / sizeof(char *), (char *[]){__VA_ARGS__}, &f))

static void finish(void) { option_finish(&set); }
TestSuite(option, .fini = finish);

static const char *config_file(const char *text) {
  static char path[] = "/tmp/gradd-option-XXXXXX";
  int fd = mkstemp(path);
  cr_assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
  close(fd);
  return path;
}

Test(option, defaults) {
  cr_assert(option_load(&set, 0, NULL, &f));
  cr_assert_str_eq(set.host, "127.0.0.1");
  cr_assert_eq(set.port, 8080);
  cr_assert_eq(set.max_body, 8u << 20);
  cr_assert_eq(set.deadline_s, 30);
}

Test(option, flags_with_space_or_equals_sign_and_sizes_with_suffix) {
  cr_assert(LOAD("--port", "0", "--max-body=64KiB", "--max-binary-body", "1G", "--host=::1"), "%s", f.detail);
  cr_assert_eq(set.port, 0);
  cr_assert_eq(set.max_body, 65536);
  cr_assert_eq(set.max_binary_body, 1u << 30);
  cr_assert_str_eq(set.host, "::1");
}

Test(option, flag_beats_environment_beats_file_beats_default) {
  const char *path = config_file("# comment\nport = 1\nqueue = 11\nmax-body = 2MiB\nhost = localhost\n");
  char flag[128];
  snprintf(flag, sizeof flag, "--config=%s", path);
  setenv("GRADD_PORT", "2", 1);
  setenv("GRADD_QUEUE", "22", 1);
  cr_assert(LOAD(flag, "--port", "3"), "%s", f.detail);
  cr_assert_eq(set.port, 3);
  cr_assert_eq(set.queue, 22);
  cr_assert_eq(set.max_body, 2u << 20);
  cr_assert_str_eq(set.host, "localhost");
  setenv("GRADD_CONFIG", path, 1);
  cr_assert(LOAD("--queue=5"), "%s", f.detail);
  cr_assert_eq(set.max_body, 2u << 20);
  unlink(path);
}

Test(option, errors_name_the_option_and_what_it_takes) {
  cr_assert(!LOAD("--prot", "1") && strstr(f.detail, "unknown option \"--prot\""), "%s", f.detail);
  cr_assert(!LOAD("--port", "http") && strstr(f.detail, "--port: \"http\" is not a whole number"), "%s",
            f.detail);
  cr_assert(!LOAD("--port=65536") && strstr(f.detail, "not between 0 and 65535"), "%s", f.detail);
  cr_assert(!LOAD("--port=-1") && !LOAD("--port= 1") && !LOAD("--port=") && !LOAD("--port=1x"));
  cr_assert(!LOAD("--port=99999999999999999999999"));
  cr_assert(!LOAD("--port") && strstr(f.detail, "--port needs a value"), "%s", f.detail);
  cr_assert(!LOAD("--max-body=8MB") && strstr(f.detail, "size such as"), "%s", f.detail);
  cr_assert(!LOAD("--max-body=99999999999999T"));
  cr_assert(!LOAD("serve") && strstr(f.detail, "unexpected argument"), "%s", f.detail);
  cr_assert(!LOAD("--config=/nowhere/at/all") && strstr(f.detail, "cannot read"), "%s", f.detail);
  setenv("GRADD_THREADS", "many", 1);
  cr_assert(!LOAD("--port=1") && strstr(f.detail, "GRADD_THREADS: \"many\""), "%s", f.detail);
}

Test(option, errors_in_the_file_name_file_and_line) {
  char flag[128];
  const char *path = config_file("port = 1\nprot = 2\n");
  snprintf(flag, sizeof flag, "--config=%s", path);
  cr_assert(!LOAD(flag) && strstr(f.detail, ":2: unknown option \"prot\""), "%s", f.detail);
  unlink(path);
}

Test(option, help_shows_every_option_with_its_default) {
  char *text = NULL;
  size_t n = 0;
  FILE *out = open_memstream(&text, &n);
  option_help(out);
  fclose(out);
  cr_assert(strstr(text, "--max-body ") && strstr(text, "[8MiB]") && strstr(text, "[127.0.0.1]"));
  free(text);
}

Test(option, allocation_may_fail_anywhere) {
  for (uint64_t n = 1;; n++) {
    mem_fail_at(n, true);
    bool ok = LOAD("--host=localhost");
    mem_fail_at(0, false);
    if (ok) break;
    cr_assert_eq(f.code, ERR_out_of_memory);
  }
}
