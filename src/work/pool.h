// pool.h - runs the jobs of all strands on libuv's threads, fairly, and short ones on the loop thread.
//
// Never more jobs are handed to libuv than it has threads, so the queue in front is ours: bounded, fair
// between strands (round robin), and a waiting job can be taken out of it. Loop thread only, but for the
// jobs' run.
#pragma once
#include "work/strand.h"
#include <stddef.h>

struct uv_loop_s;
typedef struct pool pool;

typedef struct pool_limits {
  unsigned threads;    // 0 = one a CPU
  unsigned waiting;    // jobs in all mailboxes together
  unsigned per_strand; // jobs in one mailbox
} pool_limits;

// pool_new starts the threads at once, so that a machine that refuses them is noticed now. NULL:
// out_of_memory or overloaded in f. Sets UV_THREADPOOL_SIZE: call it before anything else uses libuv's pool.
pool *pool_new(struct uv_loop_s *loop, pool_limits limits, fault *f);

// pool_close, on an idle pool, starts closing its handles; once the loop has run again pool_delete frees it.
void pool_close(pool *p);
void pool_delete(pool *p);

typedef enum post { POST_done, POST_later, POST_strand_full, POST_full } post;

// pool_post runs j here and now if its strand is idle and the job is short (POST_done: ended is not called),
// or takes it for later (POST_later: ended follows, never from inside this call), or refuses it (nothing
// happens, though a job that came to want a thread has been tried: see job.run).
post pool_post(pool *p, job *j);

// pool_stop sets the job's stop flag; a waiting job leaves its mailbox and ends at once, from inside this
// call.
void pool_stop(pool *p, job *j, stop why);
void pool_stop_all(pool *p, stop why);

typedef struct pool_counts {
  unsigned threads, running, waiting;
  uint64_t inline_jobs, hopped_jobs; // since the start
} pool_counts;
pool_counts pool_count(const pool *p);
