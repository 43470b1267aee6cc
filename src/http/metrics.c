#include "http/metrics.h"
#include "base/mem.h"
#include <inttypes.h>

static const uint64_t BOUND_US[LATENCY_BUCKETS] = {50,     100,     250,     500,     1000,   2500,
                                                   5000,   10000,   25000,   50000,   100000, 250000,
                                                   500000, 1000000, 5000000, 30000000};

bool metrics_init(metrics *m, const route_table *table) {
  *m = (metrics){.table = table};
  m->requests = mem_zalloc((size_t)(table->count + 1) * sizeof *m->requests);
  return m->requests != NULL;
}

void metrics_finish(metrics *m) {
  mem_free(m->requests);
  *m = (metrics){0};
}

void metrics_count(metrics *m, const route *row, int status, uint64_t ns, uint64_t in, uint64_t out) {
  int class = status / 100 - 1, bucket = 0;
  m->requests[row ? row - m->table->rows : m->table->count][class < 0 || class > 4 ? 4 : class]++;
  while (bucket < LATENCY_BUCKETS && ns > BOUND_US[bucket] * 1000) bucket++;
  m->latency[bucket]++;
  m->latency_sum_ns += ns;
  m->bytes_in += in;
  m->bytes_out += out;
}

static void header(buffer *out, const char *name, const char *kind, const char *help) {
  buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void one(buffer *out, const char *name, const char *kind, const char *help, uint64_t value) {
  header(out, name, kind, help);
  buffer_printf(out, "%s %" PRIu64 "\n", name, value);
}

static void write_requests(const metrics *m, buffer *out) {
  header(out, "gradd_requests_total", "counter", "Answered requests by route and status class.");
  for (int row = 0; row <= m->table->count; row++)
    for (int class = 0; class < 5; class ++) {
      if (!m->requests[row][class]) continue;
      buffer_printf(out, "gradd_requests_total{route=\"%s\",status=\"%dxx\"} %" PRIu64 "\n",
                    row < m->table->count ? m->table->rows[row].name : "none", class + 1,
                    m->requests[row][class]);
    }
}

static void write_latency(const metrics *m, buffer *out) {
  uint64_t total = 0;
  header(out, "gradd_request_seconds", "histogram", "Time from the request line to the complete answer.");
  for (int i = 0; i < LATENCY_BUCKETS; i++) {
    total += m->latency[i];
    buffer_printf(out, "gradd_request_seconds_bucket{le=\"%g\"} %" PRIu64 "\n", (double)BOUND_US[i] / 1e6,
                  total);
  }
  total += m->latency[LATENCY_BUCKETS];
  buffer_printf(out, "gradd_request_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", total);
  buffer_printf(out, "gradd_request_seconds_sum %.9g\n", (double)m->latency_sum_ns / 1e9);
  buffer_printf(out, "gradd_request_seconds_count %" PRIu64 "\n", total);
}

void metrics_write(const metrics *m, const metrics_now *now, buffer *out) {
  write_requests(m, out);
  write_latency(m, out);
  one(out, "gradd_request_bytes_total", "counter", "Bytes of request bodies.", m->bytes_in);
  one(out, "gradd_answer_bytes_total", "counter", "Bytes of answer bodies.", m->bytes_out);
  one(out, "gradd_slow_connections_total", "counter", "Connections closed for being too slow.",
      m->slow_connections);
  one(out, "gradd_clients_gone_total", "counter", "Clients that left before their answer.", m->clients_gone);
  one(out, "gradd_readers_dropped_total", "counter", "Readers of events dropped for being too slow.",
      m->readers_dropped);
  one(out, "gradd_readers", "gauge", "Clients that follow a session.", now->readers);
  one(out, "gradd_connections", "gauge", "Open connections.", now->connections);
  header(out, "gradd_jobs_total", "counter", "Session requests by where they ran.");
  buffer_printf(out, "gradd_jobs_total{on=\"loop\"} %" PRIu64 "\n", now->inline_jobs);
  buffer_printf(out, "gradd_jobs_total{on=\"thread\"} %" PRIu64 "\n", now->hopped_jobs);
  one(out, "gradd_threads", "gauge", "Computing threads.", now->threads);
  one(out, "gradd_jobs_running", "gauge", "Requests on a computing thread.", now->running);
  one(out, "gradd_jobs_waiting", "gauge", "Requests waiting for their turn.", now->waiting);
  one(out, "gradd_memory_bytes", "gauge", "Bytes charged to the process budget.", now->memory);
  one(out, "gradd_memory_limit_bytes", "gauge", "The process budget.", now->memory_limit);
  one(out, "gradd_sessions", "gauge", "Open sessions.", now->sessions.sessions);
  one(out, "gradd_session_tensors", "gauge", "Named tensors of all sessions.", now->sessions.tensors);
  one(out, "gradd_session_nodes", "gauge", "Graph nodes of all sessions.", now->sessions.nodes);
  one(out, "gradd_session_bytes", "gauge", "Bytes of all sessions.", now->sessions.bytes);
}
