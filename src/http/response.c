// response.c - a reply as MHD's response.
#include "http/connection.h"

static bool has_body(const reply *r) { return r->status != 204 && r->status != 304; }

// The bytes stay where they are until MHD reports the request completed: nothing is copied.
static struct MHD_Response *of_bytes(const reply *r) {
  const char *bytes = r->fixed ? r->fixed : r->body.data;
  size_t n = r->fixed ? r->fixed_len : r->body.len;
  bool told = has_body(r) || (r->status == 304 && r->fixed); // to 304, MHD writes the length and no more
  return MHD_create_response_from_buffer(told ? n : 0, (void *)(uintptr_t)bytes, MHD_RESPMEM_PERSISTENT);
}

static struct MHD_Response *with_headers(struct MHD_Response *m, const request *asked, const reply *r,
                                         bool close) {
  char id[REQUEST_ID];
  if (!m) return NULL;
  bool ok = !has_body(r) || !r->content_type || MHD_add_response_header(m, "Content-Type", r->content_type);
  if (!reply_header_value(r, "Cache-Control")) // what is computed is asked for anew each time
    ok = ok && MHD_add_response_header(m, "Cache-Control", "no-store");
  ok = ok && MHD_add_response_header(m, "X-Content-Type-Options", "nosniff");
  ok = ok && (!asked || MHD_add_response_header(m, "X-Request-Id", request_id(asked, id)));
  for (int i = 0; ok && i < r->headers; i++) {
    const char *value = r->text + r->header[i].value;
    ok = MHD_add_response_header(m, r->header[i].name, *value ? value : " "); // MHD takes no empty one
  }
  if (ok && close) ok = MHD_add_response_header(m, "Connection", "close");
  if (ok) return m;
  MHD_destroy_response(m);
  return NULL;
}

struct MHD_Response *connection_response(exchange *x, bool close) {
  const reply *r = &x->reply;
  return with_headers(r->endless ? stream_response(x) : of_bytes(r), &x->request, r, close);
}

struct MHD_Response *connection_response_of(const request *asked, const reply *r, bool close) {
  return with_headers(of_bytes(r), asked, r, close);
}

struct MHD_Response *connection_leaving(void) {
  static const char BODY[] =
      "{\"type\":\"/problems/overloaded\",\"title\":\"The server is overloaded or shutting "
      "down.\",\"status\":503,\"detail\":\"the server is shutting down or out of memory\",\"code\":"
      "\"overloaded\"}\n";
  reply r = {
      .status = 503, .content_type = "application/problem+json", .fixed = BODY, .fixed_len = sizeof BODY - 1};
  reply_header(&r, "Retry-After", "1");
  reply_header(&r, "Content-Language", "en"); // of whoever asks, nothing is known
  return connection_response_of(NULL, &r, true);
}
