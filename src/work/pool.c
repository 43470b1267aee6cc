#include "work/pool.h"
#include "base/clock.h"
#include "base/mem.h"
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

enum {
  TURNS = 32,
  TICK_MS = 20
}; // jobs run on the loop before it looks at its sockets again; deadline sweep

typedef struct slot { // one job in libuv's hands
  uv_work_t work;
  pool *pool;
  job *job;
  struct slot *next_free;
} slot;

typedef struct list {
  strand *head, *tail;
} list;

struct pool {
  uv_loop_t *loop;
  pool_limits limits;
  unsigned running, waiting;
  uint64_t inline_jobs, hopped_jobs;
  list ready;  // strands whose oldest job is to be tried
  list hungry; // strands whose oldest job wants a thread
  job *live;   // jobs that wait or run on a thread, newest first
  slot *free_slots;
  bool scheduling; // guards schedule against being entered from an ended callback
  bool idling;     // the idle handle is on: ready strands are left for the next turn of the loop
  uv_idle_t idle;
  uv_timer_t tick;
  slot slots[];
};

static void schedule(pool *p);
static void wake(pool *p);

static void list_push(list *l, strand *s, strand_list which) {
  s->list = which;
  s->after = NULL;
  s->before = l->tail;
  if (l->tail)
    l->tail->after = s;
  else
    l->head = s;
  l->tail = s;
}

static void list_unlink(pool *p, strand *s) {
  if (s->list == LIST_none) return;
  list *l = s->list == LIST_ready ? &p->ready : &p->hungry;
  if (s->before)
    s->before->after = s->after;
  else
    l->head = s->after;
  if (s->after)
    s->after->before = s->before;
  else
    l->tail = s->before;
  s->before = s->after = NULL;
  s->list = LIST_none;
}

static void on_tick(uv_timer_t *timer) {
  pool *p = timer->data;
  uint64_t now = clock_ms();
  for (job *j = p->live, *next; j; j = next) {
    next = j->live_next; // an ended callback frees j and touches no other job
    if (j->deadline_ms && now >= j->deadline_ms && !atomic_load_explicit(&j->stop, memory_order_relaxed))
      pool_stop(p, j, STOP_deadline);
  }
}

static void live_add(pool *p, job *j) {
  if (!p->live) uv_timer_start(&p->tick, on_tick, TICK_MS, TICK_MS);
  j->live_prev = NULL;
  j->live_next = p->live;
  if (p->live) p->live->live_prev = j;
  p->live = j;
}

static void live_remove(pool *p, job *j) {
  if (j->live_prev)
    j->live_prev->live_next = j->live_next;
  else
    p->live = j->live_next;
  if (j->live_next) j->live_next->live_prev = j->live_prev;
  if (!p->live) uv_timer_stop(&p->tick);
}

static void on_thread(uv_work_t *work) {
  slot *at = work->data;
  at->job->run(at->job, false);
}

// A strand with nothing running and jobs waiting stands in one list; every other strand in none.
static void settle(pool *p, strand *s) {
  list_unlink(p, s);
  if (s->busy || !s->head) return;
  bool wants_thread = s->head->hop && !s->head->stay;
  list_push(wants_thread ? &p->hungry : &p->ready, s, wants_thread ? LIST_hungry : LIST_ready);
}

static void off_thread(uv_work_t *work, int status) {
  (void)status; // nothing is ever cancelled in libuv: what it holds is running
  slot *at = work->data;
  pool *p = at->pool;
  job *j = at->job;
  at->job = NULL;
  at->next_free = p->free_slots;
  p->free_slots = at;
  p->running--;
  j->strand->busy = false;
  j->state = JOB_idle;
  live_remove(p, j);
  settle(p, j->strand);
  j->ended(j, STOP_no);
  schedule(p);
}

// Hands j, already out of its mailbox, to a free thread.
static void start(pool *p, job *j) {
  slot *at = p->free_slots;
  p->free_slots = at->next_free;
  at->job = j;
  at->work.data = at;
  j->strand->busy = true;
  j->state = JOB_running;
  p->running++;
  p->hopped_jobs++;
  uv_queue_work(p->loop, &at->work, on_thread, off_thread); // fails only without a work callback
}

static job *take(pool *p, strand *s) {
  job *j = s->head;
  list_unlink(p, s);
  strand_unlink(s, j);
  p->waiting--;
  return j;
}

static void feed_threads(pool *p) {
  while (p->hungry.head && p->free_slots) start(p, take(p, p->hungry.head));
}

// Tries the oldest job of the strand at the head of the ready list on the loop thread.
static void try_next(pool *p) {
  strand *s = p->ready.head;
  job *j = s->head;
  s->busy = true;
  j->state = JOB_running;
  bool finished = j->run(j, !j->stay);
  s->busy = false;
  if (!finished) {
    j->state = JOB_waiting;
    j->hop = true; // it keeps its place, and now waits for a thread
    settle(p, s);
    return;
  }
  take(p, s);
  p->inline_jobs++;
  j->state = JOB_idle;
  live_remove(p, j);
  settle(p, s);
  j->ended(j, STOP_no);
}

static void on_idle(uv_idle_t *idle) { schedule(idle->data); }

static void schedule(pool *p) {
  if (p->scheduling) return;
  p->scheduling = true;
  feed_threads(p);
  for (int turn = 0; p->ready.head && turn < TURNS; turn++) {
    try_next(p);
    feed_threads(p);
  }
  p->scheduling = false;
  if (p->ready.head)
    wake(p);
  else if (p->idling)
    uv_idle_stop(&p->idle), p->idling = false;
}

// Has the loop call schedule in its next turn, without sleeping before it.
static void wake(pool *p) {
  if (!p->idling) uv_idle_start(&p->idle, on_idle);
  p->idling = true;
}

static post enqueue(pool *p, job *j) {
  strand *s = j->strand;
  if (s->waiting >= p->limits.per_strand) return POST_strand_full;
  if (p->waiting >= p->limits.waiting) return POST_full;
  j->state = JOB_waiting;
  strand_push(s, j);
  p->waiting++;
  live_add(p, j);
  if (s->list == LIST_none) settle(p, s);
  return POST_later;
}

post pool_post(pool *p, job *j) {
  if (!j->strand) {
    j->self = (strand){0};
    j->strand = &j->self;
  }
  atomic_store_explicit(&j->stop, STOP_no, memory_order_relaxed);
  strand *s = j->strand;
  if (s->busy || s->head) return enqueue(p, j);
  if (j->stay || !j->hop) {
    s->busy = true;
    j->state = JOB_running;
    bool finished = j->run(j, !j->stay);
    j->state = JOB_idle;
    s->busy = false;
    if (finished) {
      p->inline_jobs++;
      if (s->head) settle(p, s), schedule(p);
      return POST_done;
    }
    j->hop = true;
  }
  if (!p->free_slots || p->hungry.head) return enqueue(p, j);
  live_add(p, j);
  start(p, j);
  return POST_later;
}

void pool_stop(pool *p, job *j, stop why) {
  int none = STOP_no;
  atomic_compare_exchange_strong(&j->stop, &none, why);
  if (j->state != JOB_waiting) return;
  strand *s = j->strand;
  list_unlink(p, s);
  strand_unlink(s, j);
  p->waiting--;
  j->state = JOB_idle;
  live_remove(p, j);
  settle(p, s);
  if (p->ready.head) wake(p);
  j->ended(j, why);
}

void pool_stop_all(pool *p, stop why) {
  for (job *j = p->live, *next; j; j = next) {
    next = j->live_next;
    pool_stop(p, j, why);
  }
}

pool_counts pool_count(const pool *p) {
  return (pool_counts){p->limits.threads, p->running, p->waiting, p->inline_jobs, p->hopped_jobs};
}

static void nothing(uv_work_t *work) { (void)work; }
static void warmed(uv_work_t *work, int status) {
  (void)status;
  work->data = NULL;
}

// libuv starts all its threads at the first piece of work, and aborts if it cannot.
static void warm_up(pool *p) {
  uv_work_t first = {.data = p};
  uv_queue_work(p->loop, &first, nothing, warmed);
  while (first.data) uv_run(p->loop, UV_RUN_ONCE);
}

pool *pool_new(uv_loop_t *loop, pool_limits limits, fault *f) {
  if (!limits.threads) limits.threads = uv_available_parallelism();
  if (limits.threads > 128) limits.threads = 128;
  pool *p = mem_zalloc(sizeof *p + limits.threads * sizeof p->slots[0]);
  if (!p) return fail(f, ERR_out_of_memory, "out of memory"), NULL;
  p->loop = loop;
  p->limits = limits;
  for (unsigned i = 0; i < limits.threads; i++) {
    p->slots[i].pool = p;
    p->slots[i].next_free = p->free_slots;
    p->free_slots = &p->slots[i];
  }
  char size[16];
  snprintf(size, sizeof size, "%u", limits.threads);
  setenv("UV_THREADPOOL_SIZE", size, 1);
  uv_idle_init(loop, &p->idle);
  uv_timer_init(loop, &p->tick);
  p->idle.data = p->tick.data = p;
  warm_up(p);
  return p;
}

void pool_close(pool *p) {
  uv_close((uv_handle_t *)&p->idle, NULL);
  uv_close((uv_handle_t *)&p->tick, NULL);
}

void pool_delete(pool *p) { mem_free(p); }
