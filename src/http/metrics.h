// metrics.h - counters for GET /metrics, in Prometheus' text form 0.0.4. Counting allocates and formats
// nothing. Loop thread only.
#pragma once
#include "base/buffer.h"
#include "http/route.h"

enum { LATENCY_BUCKETS = 16 };

typedef struct session_gauges {
  uint64_t sessions, tensors, nodes, bytes;
} session_gauges;

typedef struct metrics {
  const route_table *table;
  uint64_t (*requests)[5]; // owned: by route (the last row = no route) and status class 1xx … 5xx
  uint64_t latency[LATENCY_BUCKETS + 1]; // not cumulative; the last holds what is longer than every bound
  uint64_t latency_sum_ns;
  uint64_t bytes_in, bytes_out;
  uint64_t slow_connections, clients_gone, readers_dropped;
} metrics;

bool metrics_init(metrics *m, const route_table *table);
void metrics_finish(metrics *m);

// metrics_count counts one answered request; row NULL = it met no route.
void metrics_count(metrics *m, const route *row, int status, uint64_t ns, uint64_t in, uint64_t out);

// What is not counted but looked up when asked.
typedef struct metrics_now {
  session_gauges sessions;
  uint64_t memory, memory_limit;
  unsigned connections, threads, running, waiting, readers;
  uint64_t inline_jobs, hopped_jobs;
} metrics_now;

void metrics_write(const metrics *m, const metrics_now *now, buffer *out);
