// blas_test.c - the OpenBLAS that is installed computes right when several threads call it at once, and the
// server refuses to start on a flavour that would not.
#include <criterion/criterion.h>
#include <cblas.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// ---- the race: two threads, each with matrices of its own and a product that was computed before they
// started

enum { N = 96, CALLS = 25000, THREADS = 2 };

struct caller {
  float a[N * N], b[N * N], expected[N * N], c[N * N];
  int wrong;
};

static void multiply(const struct caller *k, float *c) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, N, N, N, 1, k->a, N, k->b, N, 0, c, N);
}

static void *call(void *arg) {
  struct caller *k = arg;
  for (int i = 0; i < CALLS; i++) {
    memset(k->c, 0, sizeof k->c);
    multiply(k, k->c);
    for (int j = 0; j < N * N; j++)
      if (!(fabsf(k->c[j] - k->expected[j]) < 1e-3f)) {
        k->wrong++;
        break;
      }
  }
  return NULL;
}

static void known(struct caller *k, unsigned seed) {
  for (int i = 0; i < N * N; i++) {
    k->a[i] = (float)((i * 7 + (int)seed * 31) & 63) / 64;
    k->b[i] = (float)((i * 13 + (int)seed * 17) & 127) / 128 - .5f;
  }
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      double sum = 0;
      for (int l = 0; l < N; l++) sum += (double)k->a[i * N + l] * (double)k->b[j * N + l];
      k->expected[i * N + j] = (float)sum;
    }
}

Test(blas, two_threads_get_the_right_product, .timeout = 120) {
  static struct caller callers[THREADS];
  pthread_t threads[THREADS];
  openblas_set_num_threads(1);
  for (unsigned i = 0; i < THREADS; i++) known(&callers[i], i);
  for (int i = 0; i < THREADS; i++) cr_assert(pthread_create(&threads[i], NULL, call, &callers[i]) == 0);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < THREADS; i++)
    cr_expect(callers[i].wrong == 0, "%d of %d products are wrong: %s", callers[i].wrong, CALLS,
              openblas_get_config());
}

// ---- the guard. blas_flavour.so, preloaded, says that OpenBLAS is of the flavour in GRADD_BLAS_FLAVOUR.

static int serve(const char *flavour, const char *threads, char *said, size_t size) {
  char preload[512];
  int out[2];
  const char *program = getenv("GRADD_BIN"), *library = getenv("GRADD_BLAS_FLAVOUR_SO");
  cr_assert(program && library, "run this with meson test");
  snprintf(preload, sizeof preload, "%s", library);
  cr_assert(pipe(out) == 0);
  pid_t pid = fork();
  if (!pid) {
    setenv("LD_PRELOAD", preload, 1);
    setenv("GRADD_BLAS_FLAVOUR", flavour, 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
    unsetenv("OMP_NUM_THREADS");
    dup2(out[1], STDOUT_FILENO);
    dup2(out[1], STDERR_FILENO);
    execl(program, program, "serve", "--port", "0", "--threads", threads, (char *)NULL);
    _exit(127);
  }
  close(out[1]);
  size_t n = 0;
  bool up = false;
  for (ssize_t more; n + 1 < size && (more = read(out[0], said + n, size - 1 - n)) > 0; n += (size_t)more) {
    said[n + (size_t)more] = 0;
    if (!up && (up = strstr(said, "listening on") != NULL)) kill(pid, SIGTERM);
  }
  said[n] = 0;
  close(out[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

enum { SAID = 16384, REFUSED = 2 };

Test(blas, server_refuses_the_serial_flavour_under_threads, .timeout = 120) {
  static char said[SAID];
  cr_expect_eq(serve("0", "2", said, sizeof said), REFUSED, "%s", said);
  cr_expect(strstr(said, "serial flavour"), "%s", said);
}

Test(blas, one_thread_may_use_the_serial_flavour, .timeout = 120) {
  static char said[SAID];
  cr_expect_eq(serve("0", "1", said, sizeof said), 0, "%s", said);
  cr_expect(strstr(said, "listening on"), "%s", said);
}

Test(blas, server_refuses_the_openmp_flavour_unless_told_one_thread, .timeout = 120) {
  static char said[SAID];
  cr_expect_eq(serve("2", "2", said, sizeof said), REFUSED, "%s", said);
  cr_expect(strstr(said, "OMP_NUM_THREADS=1"), "%s", said);
}

Test(blas, server_starts_on_the_pthread_flavour, .timeout = 120) {
  static char said[SAID];
  cr_expect_eq(serve("1", "2", said, sizeof said), 0, "%s", said);
  cr_expect(strstr(said, "listening on"), "%s", said);
}
