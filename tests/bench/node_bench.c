// node_bench.c - what one recorded scalar op costs, as the graph grows: ns forward, backward and to free,
// bytes as charged and as the process grows. One line a size: nodes, the three times, the two sizes. Also the
// figures of plain builders that record nothing.
#include "bench/best.h"
#include "autograd/backward.h"
#include "autograd/ops.h"
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORK = 1000000, ROUNDS = 5 };

static budget memory;
static autograd a;

static double resident(void) {
  long pages = 0, total;
  FILE *f = fopen("/proc/self/statm", "r");
  if (!f || fscanf(f, "%ld %ld", &total, &pages) != 2) exit(1);
  fclose(f);
  return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void must(bool ok) {
  if (ok) return;
  fprintf(stderr, "%s\n", a.ctx.fault.detail);
  exit(1);
}

static var *number(double x, bool requires_grad) {
  tensor t;
  must(tensor_new_sizes(&a.ctx, &t, DT_float32, 0, NULL) && tensor_fill(&a.ctx, &t, scalar_float(x)));
  var *v = var_new(&a, t);
  must(v && var_set_requires_grad(&a, v, requires_grad));
  return v;
}

struct figures {
  double forward, backward, release, charged, resident;
};

// y = y * w and y = y + w in turn, each result held by the graph alone.
static var *chain(var *w, size_t nodes) {
  var *y = var_ref(w);
  for (size_t i = 0; i < nodes; i++) {
    size_t mark = scope_enter(&a);
    var *next = i % 2 ? op_add(&a, y, w, scalar_int(1)) : op_mul(&a, y, w);
    must(next != NULL);
    var_unref(&a, y);
    y = var_ref(next);
    scope_leave(&a, mark, NULL);
  }
  return y;
}

static struct figures measure(size_t nodes, bool look_at_memory) {
  struct figures f = {0};
  size_t repeats = look_at_memory ? 1 : WORK / nodes;
  for (size_t i = 0; i < repeats; i++) {
    var *w = number(0.999, true);
    if (look_at_memory) malloc_trim(0);
    double charged = (double)budget_used(&memory), pages = look_at_memory ? resident() : 0, t0 = now();
    var *y = chain(w, nodes);
    double t1 = now();
    if (look_at_memory) {
      f.charged = ((double)budget_used(&memory) - charged) / (double)nodes;
      f.resident = (resident() - pages) / (double)nodes;
    }
    backward_result got;
    double t2 = now();
    must(autograd_backward(&a, &y, NULL, 1, NULL, 0, (backward_options){0}, &got));
    double t3 = now();
    backward_result_finish(&a, &got);
    var_unref(&a, y);
    f.forward += t1 - t0;
    f.backward += t3 - t2;
    f.release += now() - t3;
    must(var_set_grad(&a, w, NULL));
    var_unref(&a, w);
  }
  double all = (double)nodes * (double)repeats;
  f.forward /= all;
  f.backward /= all;
  f.release /= all;
  return f;
}

static int by_total(const void *x, const void *y) {
  const struct figures *a_ = x, *b_ = y;
  double d = a_->forward + a_->backward + a_->release - b_->forward - b_->backward - b_->release;
  return d < 0 ? -1 : d > 0;
}

int main(void) {
  static const size_t SIZES[] = {1000, 10000, 100000, 1000000};
  enum { N = sizeof SIZES / sizeof *SIZES };
  struct figures got[N][ROUNDS];
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  ops_init();
  budget_init(&memory, NULL, "memory", (size_t)1 << 34);
  autograd_init(&a, &memory, 1, 4 * WORK);
  struct figures size[N];
  for (int i = N - 1; i >= 0; i--) size[i] = measure(SIZES[i], true);
  for (int round = 0; round < ROUNDS; round++) // in turn, so that a slow moment touches all sizes
    for (int i = 0; i < N; i++) got[i][round] = measure(SIZES[i], false);
  for (int i = 0; i < N; i++) {
    qsort(got[i], ROUNDS, sizeof got[i][0], by_total);
    struct figures f = got[i][ROUNDS / 2];
    printf("%zu %.1f %.1f %.1f %.1f %.1f\n", SIZES[i], f.forward, f.backward, f.release, size[N - 1].charged,
           i == N - 1 ? size[i].resident : 0.0);
  }
  autograd_finish(&a);
  return 0;
}
