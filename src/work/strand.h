// strand.h - a mailbox of jobs that run one at a time, in arrival order.
//
// Strands are the ordering of a session; the pool runs them, many strands side by side. A strand owns
// nothing: zero it and it is ready. It must outlive its jobs. Loop thread only.
#pragma once
#include "base/ctx.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct job job;
typedef struct strand strand;

typedef enum strand_list { LIST_none, LIST_ready, LIST_hungry } strand_list;

struct strand {
  job *head, *tail; // waiting, oldest first
  unsigned waiting;
  bool busy;        // a job of this strand is running
  strand_list list; // which of the pool's lists it stands in
  strand *before, *after;
};

typedef enum job_state { JOB_idle, JOB_waiting, JOB_running } job_state;

// A job is embedded in what its owner knows about it. Filled in by the owner:
struct job {
  // run does the work. On the loop thread it is called with may_hop and may return false, meaning "longer
  // than the loop can wait": it is then called once more, on a thread, with may_hop false, and must finish
  // there.
  bool (*run)(job *j, bool may_hop);
  // ended is called once, on the loop thread, for a job that pool_post did not finish itself: `why` is
  // STOP_no after it ran (it may still have looked at `stop` and given up), else the reason it never ran.
  void (*ended)(job *j, stop why);
  strand *strand;       // borrowed; NULL = ordered with nothing
  uint64_t deadline_ms; // on clock_ms; 0 = none
  bool stay;            // runs on the loop thread only
  bool hop;             // goes to a thread without being tried on the loop

  atomic_int stop; // a value of enum stop, set by pool_stop, read by the running job

  // The pool's own.
  job_state state;
  job *prev, *next;           // in the mailbox
  job *live_prev, *live_next; // among all jobs that wait or run on a thread
  strand self;                // stands in for a NULL strand
};

// Mailbox operations; they know nothing of the pool.
void strand_push(strand *s, job *j);
void strand_unlink(strand *s, job *j);
