// criterion.h - the part of Criterion that our unit tests use, as one header: every test in a forked child,
// nothing else. ThreadSanitizer cannot run under Criterion (both want the same fixed addresses); with this
// directory first on the include path the same test files build into programs that it can watch.
#pragma once
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct plain_suite {
  double timeout;
  void (*init)(void), (*fini)(void);
};
struct plain_test {
  const char *suite, *name;
  void (*run)(void);
  struct plain_suite extra;
};
static struct plain_test plain_tests[128];
static struct {
  const char *name;
  struct plain_suite set;
} plain_suites[8];
static int plain_test_count, plain_suite_count;

#define TestSuite(suite_name, ...)                                                                           \
  __attribute__((constructor(201))) static void plain_suite_##suite_name(void) {                             \
    plain_suites[plain_suite_count].name = #suite_name;                                                      \
    plain_suites[plain_suite_count++].set = (struct plain_suite){__VA_ARGS__};                               \
  }                                                                                                          \
  struct plain_suite
#define Test(suite_name, test_name, ...)                                                                     \
  static void suite_name##_##test_name(void);                                                                \
  __attribute__((constructor(202))) static void plain_add_##suite_name##_##test_name(void) {                 \
    plain_tests[plain_test_count++] =                                                                        \
        (struct plain_test){#suite_name, #test_name, suite_name##_##test_name, {__VA_ARGS__}};               \
  }                                                                                                          \
  static void suite_name##_##test_name(void)

#define plain_fail(...)                                                                                      \
  do {                                                                                                       \
    fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                                          \
    fprintf(stderr, " " __VA_ARGS__);                                                                        \
    fputc('\n', stderr);                                                                                     \
    exit(1);                                                                                                 \
  } while (0)
#define cr_assert(what, ...)                                                                                 \
  do {                                                                                                       \
    if (!(what)) plain_fail(__VA_ARGS__);                                                                    \
  } while (0)
#define cr_assert_fail(...)            plain_fail(__VA_ARGS__)
#define cr_assert_not(a, ...)          cr_assert(!(a), __VA_ARGS__)
#define cr_assert_eq(a, b, ...)        cr_assert((a) == (b), __VA_ARGS__)
#define cr_assert_neq(a, b, ...)       cr_assert((a) != (b), __VA_ARGS__)
#define cr_assert_lt(a, b, ...)        cr_assert((a) < (b), __VA_ARGS__)
#define cr_assert_leq(a, b, ...)       cr_assert((a) <= (b), __VA_ARGS__)
#define cr_assert_gt(a, b, ...)        cr_assert((a) > (b), __VA_ARGS__)
#define cr_assert_geq(a, b, ...)       cr_assert((a) >= (b), __VA_ARGS__)
#define cr_assert_null(a, ...)         cr_assert(!(a), __VA_ARGS__)
#define cr_assert_not_null(a, ...)     cr_assert((a) != NULL, __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...)    cr_assert(!strcmp((a), (b)), __VA_ARGS__)
#define cr_assert_arr_eq(a, b, n, ...) cr_assert(!memcmp((a), (b), (n)), __VA_ARGS__)

static void plain_run(const struct plain_test *t) {
  struct plain_suite suite = {0};
  for (int i = 0; i < plain_suite_count; i++)
    if (!strcmp(plain_suites[i].name, t->suite)) suite = plain_suites[i].set;
  alarm(suite.timeout ? (unsigned)suite.timeout : 120);
  if (suite.init) suite.init();
  if (t->extra.init) t->extra.init();
  t->run();
  if (t->extra.fini) t->extra.fini();
  if (suite.fini) suite.fini();
}

#ifndef PLAIN_NO_MAIN // in a helper file of tests
int main(void) {
  int failed = 0;
  for (int i = 0; i < plain_test_count; i++) {
    pid_t child = fork();
    if (!child) {
      plain_run(&plain_tests[i]);
      exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (!status) continue;
    failed++;
    fprintf(stderr, "FAILED %s::%s (status %#x)\n", plain_tests[i].suite, plain_tests[i].name,
            (unsigned)status);
  }
  printf("%d tests, %d failed\n", plain_test_count, failed);
  return failed != 0;
}
#endif
