#include "work/pool.h"
#include "base/clock.h"
#include <criterion/criterion.h>
#include <string.h>
#include <uv.h>

// A job that records when it ran, and on a thread waits until it is let go or stopped.
typedef struct probe {
  job job;
  char name;
  bool wants_thread, holds;
  atomic_bool *gate;
  int tries, ended;
  stop why;
} probe;

static uv_loop_t loop;
static pool *p;
static fault f;
static char order[512];
static atomic_int order_len;
static atomic_int at_once, most_at_once;

static bool run(job *j, bool may_hop) {
  probe *me = (probe *)j;
  me->tries++;
  if (may_hop && me->wants_thread) return false;
  int now = atomic_fetch_add(&at_once, 1) + 1, most = atomic_load(&most_at_once);
  while (now > most && !atomic_compare_exchange_weak(&most_at_once, &most, now)) {
  }
  while (me->gate && !atomic_load(me->gate) && !atomic_load(&j->stop)) {
  }
  order[atomic_fetch_add(&order_len, 1)] = me->name;
  atomic_fetch_sub(&at_once, 1);
  return true;
}

static void ended(job *j, stop why) {
  probe *me = (probe *)j;
  me->ended++;
  me->why = why;
}

static probe make(char name, strand *s, bool wants_thread) {
  return (probe){
      .job = {.run = run, .ended = ended, .strand = s}, .name = name, .wants_thread = wants_thread};
}

static void start(unsigned threads, unsigned waiting, unsigned per_strand) {
  uv_loop_init(&loop);
  p = pool_new(&loop, (pool_limits){threads, waiting, per_strand}, &f);
  cr_assert(p, "%s", f.detail);
}

static pool_counts at_end;

static void finish(void) {
  uv_run(&loop, UV_RUN_DEFAULT);
  at_end = pool_count(p);
  pool_close(p);
  uv_run(&loop, UV_RUN_DEFAULT);
  cr_assert_eq(uv_loop_close(&loop), 0);
  pool_delete(p);
}

Test(pool, a_short_job_on_an_idle_strand_runs_at_once) {
  start(2, 10, 10);
  strand s = {0};
  probe a = make('a', &s, false);
  cr_assert_eq(pool_post(p, &a.job), POST_done);
  cr_assert_eq(a.tries, 1);
  cr_assert_eq(a.ended, 0);
  cr_assert_eq(pool_count(p).inline_jobs, 1);
  finish();
}

Test(pool, a_long_job_is_tried_then_runs_on_a_thread) {
  start(2, 10, 10);
  probe a = make('a', NULL, true);
  cr_assert_eq(pool_post(p, &a.job), POST_later);
  finish();
  cr_assert_eq(a.tries, 2);
  cr_assert_eq(a.ended, 1);
  cr_assert_eq(a.why, STOP_no);
}

Test(pool, hop_skips_the_try_and_stay_never_leaves_the_loop) {
  start(2, 10, 10);
  probe a = make('a', NULL, true), b = make('b', NULL, true);
  a.job.hop = true;
  b.job.stay = true;
  cr_assert_eq(pool_post(p, &a.job), POST_later);
  cr_assert_eq(pool_post(p, &b.job), POST_done);
  finish();
  cr_assert_eq(a.tries, 1);
}

Test(pool, a_strand_keeps_arrival_order_and_never_overlaps) {
  enum { N = 40 };
  start(4, 100, 100);
  strand s = {0};
  atomic_bool gate = false;
  probe jobs[N];
  for (int i = 0; i < N; i++) {
    jobs[i] = make((char)('0' + i), &s, i % 3 != 1);
    if (!i) jobs[i].gate = &gate;
    cr_assert_eq(pool_post(p, &jobs[i].job), POST_later);
  }
  gate = true;
  finish();
  cr_assert_eq(order_len, N);
  for (int i = 0; i < N; i++) cr_assert_eq(order[i], '0' + i);
  cr_assert_eq(most_at_once, 1);
}

Test(pool, strands_take_turns) {
  start(1, 100, 100);
  strand s[3] = {{0}};
  atomic_bool gate = false;
  probe first = make('-', NULL, true), jobs[9];
  first.gate = &gate;
  pool_post(p, &first.job);
  for (int i = 0; i < 9; i++) { // three jobs of a, then of b, then of c
    jobs[i] = make((char)('a' + i / 3), &s[i / 3], true);
    cr_assert_eq(pool_post(p, &jobs[i].job), POST_later);
  }
  gate = true;
  finish();
  cr_assert_str_eq(order, "-abcabcabc");
}

Test(pool, full_queues_refuse) {
  start(1, 3, 2);
  strand a = {0}, b = {0};
  atomic_bool gate = false;
  probe jobs[8];
  for (int i = 0; i < 8; i++) jobs[i] = make('x', i < 4 ? &a : &b, true), jobs[i].gate = &gate;
  cr_assert_eq(pool_post(p, &jobs[0].job), POST_later); // runs
  cr_assert_eq(pool_post(p, &jobs[1].job), POST_later);
  cr_assert_eq(pool_post(p, &jobs[2].job), POST_later);
  cr_assert_eq(pool_post(p, &jobs[3].job), POST_strand_full);
  cr_assert_eq(pool_post(p, &jobs[4].job), POST_later); // waits for the thread
  cr_assert_eq(pool_post(p, &jobs[5].job), POST_full);
  cr_assert_eq(pool_count(p).waiting, 3);
  gate = true;
  finish();
  cr_assert_eq(order_len, 4);
}

Test(pool, a_waiting_job_can_be_stopped_and_the_next_takes_its_place) {
  start(1, 10, 10);
  strand s = {0};
  atomic_bool gate = false;
  probe a = make('a', &s, true), b = make('b', &s, true), c = make('c', &s, false), d = make('d', NULL, true);
  a.gate = &gate;
  pool_post(p, &a.job);
  pool_post(p, &b.job);
  pool_post(p, &c.job);
  pool_post(p, &d.job);
  pool_stop(p, &b.job, STOP_client_gone);
  pool_stop(p, &d.job, STOP_client_gone);
  cr_assert_eq(b.why, STOP_client_gone);
  cr_assert_eq(d.ended, 1);
  gate = true;
  finish();
  cr_assert_str_eq(order, "ac");
}

Test(pool, a_running_job_sees_its_stop_flag) {
  start(1, 10, 10);
  atomic_bool never = false;
  probe a = make('a', NULL, true);
  a.gate = &never;
  pool_post(p, &a.job);
  pool_stop(p, &a.job, STOP_shutdown);
  finish();
  cr_assert_eq(a.job.stop, STOP_shutdown);
  cr_assert_eq(a.why, STOP_no);
}

Test(pool, deadlines_stop_running_jobs_and_end_waiting_ones) {
  start(1, 10, 10);
  atomic_bool never = false;
  strand s = {0};
  probe a = make('a', &s, true), b = make('b', &s, true);
  a.gate = b.gate = &never;
  a.job.deadline_ms = b.job.deadline_ms = clock_ms() + 1;
  pool_post(p, &a.job);
  pool_post(p, &b.job);
  finish();
  cr_assert_eq(a.job.stop, STOP_deadline);
  cr_assert_eq(a.why, STOP_no);
  cr_assert(b.why == STOP_deadline || b.job.stop == STOP_deadline);
}

Test(pool, stopping_all_ends_everything) {
  enum { N = 30 };
  start(2, 100, 100);
  atomic_bool never = false;
  strand s[3] = {{0}};
  probe jobs[N];
  for (int i = 0; i < N; i++) {
    jobs[i] = make('x', &s[i % 3], true);
    jobs[i].gate = &never;
    pool_post(p, &jobs[i].job);
  }
  pool_stop_all(p, STOP_shutdown);
  finish();
  for (int i = 0; i < N; i++) cr_assert_eq(jobs[i].ended, 1);
  cr_assert_eq(at_end.waiting, 0);
}

Test(pool, many_inline_jobs_leave_the_loop_room) {
  enum { N = 100 };
  start(1, 200, 200);
  strand s = {0};
  atomic_bool gate = false;
  probe first = make('-', &s, true), jobs[N];
  first.gate = &gate;
  pool_post(p, &first.job);
  for (int i = 0; i < N; i++) {
    jobs[i] = make('x', &s, false);
    cr_assert_eq(pool_post(p, &jobs[i].job), POST_later);
  }
  gate = true;
  finish();
  cr_assert_eq(order_len, N + 1);
  cr_assert_eq(at_end.inline_jobs, N);
}
