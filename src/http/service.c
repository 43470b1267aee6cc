// service.c - the routes that tell about the service itself.
#include "http/call.h"
#include "http/handlers.h"
#include "http/page.h"
#include "http/problem.h"
#include <inttypes.h>

extern const unsigned char openapi_json[]; // api/openapi.yaml as JSON, embedded
extern const unsigned openapi_json_len;

static const char TEXT_PLAIN[] = "text/plain; charset=utf-8";

outcome service_root(call *c) {
  if (!CALL_OFFER(c, AS_txt, AS_html, AS_json)) return DONE;
  if (c->as == AS_json) return service_version(c);
  const page_file *page = c->as == AS_html ? page_find("/") : NULL;
  if (page) return page_answer(c, page);
  reply_vary(c->reply, "Accept");
  call_answer(c, 200);
  page_write(&c->reply->body, c->as == AS_html, c->request->host);
  if (c->as == AS_txt) return DONE;
  reply_header(c->reply, "Content-Security-Policy",
               "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
               "frame-ancestors 'none'");
  reply_header(c->reply, "Referrer-Policy", "no-referrer");
  return DONE;
}

outcome service_livez(call *c) {
  reply_fixed(c->reply, TEXT_PLAIN, "ok\n", 3);
  return DONE;
}

outcome service_readyz(call *c) {
  if (!c->app->leaving) {
    reply_fixed(c->reply, TEXT_PLAIN, "ok\n", 3);
    return DONE;
  }
  c->reply->status = 503;
  reply_fixed(c->reply, TEXT_PLAIN, "draining\n", 9);
  return DONE;
}

outcome service_metrics(call *c) {
  app *a = c->app;
  metrics_now now = {.memory = budget_used(a->memory), .memory_limit = a->memory->limit};
  now.readers = a->hubs.readers;
  if (a->look) a->look(a->server, &now);
  if (a->hooks.gauges) a->hooks.gauges(a, &now.sessions);
  c->reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
  metrics_write(&a->metrics, &now, &c->reply->body);
  return DONE;
}

outcome service_version(call *c) {
  const settings *s = c->app->settings;
  buffer *out = &c->reply->body;
  c->as = AS_json;
  call_answer(c, 200);
  buffer_printf(out, "{\"name\":\"gradd\",\"version\":\"%s\",\"ops\":%u,", GRADD_VERSION, c->app->ops);
  buffer_puts(out, "\"dtypes\":[\"float32\",\"float64\",\"int64\",\"bool\"],\"limits\":{");
  buffer_printf(out,
                "\"body_bytes\":%" PRIu64 ",\"binary_body_bytes\":%" PRIu64 ",\"answer_bytes\":%" PRIu64 ",",
                s->max_body, s->max_binary_body, s->max_answer);
  buffer_printf(out, "\"sessions\":%" PRIu64 ",\"session_bytes\":%" PRIu64 ",\"session_nodes\":%" PRIu64 ",",
                s->max_sessions, s->session_memory, s->session_nodes);
  buffer_printf(out, "\"session_tensors\":%" PRIu64 ",\"connections\":%" PRIu64 ",", s->session_tensors,
                s->connections);
  buffer_printf(out, "\"session_ttl_s\":%" PRIu64 ",\"request_s\":%" PRIu64 ",", s->session_ttl_s,
                s->deadline_s);
  buffer_printf(out, "\"waiting_per_session\":%" PRIu64 ",\"waiting\":%" PRIu64 "}}\n", s->session_queue,
                s->queue);
  return DONE;
}

outcome service_openapi(call *c) {
  reply_fixed(c->reply, "application/json", (const char *)openapi_json, openapi_json_len);
  return DONE;
}

outcome service_problem(call *c) {
  if (!problem_describe(&c->reply->body, c->arg[0], call_chinese(c)))
    return call_fail(c, ERR_not_found, "there is no error code %.64s", c->arg[0]);
  call_answer(c, 200);
  return DONE;
}
