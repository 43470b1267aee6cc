#include "http/exchange.h"
#include <stdio.h>
#include <strings.h>

const char *const METHOD_NAMES[METHOD_COUNT] = {"GET",   "HEAD",   "POST",  "PUT",
                                                "PATCH", "DELETE", "QUERY", "OPTIONS"};

method method_named(const char *name) {
  int m = 0;
  while (m < METHOD_COUNT && strcmp(METHOD_NAMES[m], name)) m++;
  return (method)m;
}

void request_clear(request *r) {
  r->method = METHOD_GET;
  r->id = 0;
  r->target_len = 0;
  r->target[0] = 0;
  r->asterisk = false;
  r->segments = r->params = 0;
  r->accept = r->accept_language = r->authorization = r->content_type = r->idempotency_key = NULL;
  r->if_match = r->if_none_match = r->last_event_id = r->prefer = NULL;
  r->body = NULL;
  r->body_len = 0;
}

const char *request_id(const request *r, char out[REQUEST_ID]) {
  snprintf(out, REQUEST_ID, "%016llx", (unsigned long long)r->id);
  return out;
}

void reply_clear(reply *r) {
  r->status = 200;
  r->content_type = NULL;
  r->body.len = 0;
  r->body.failed = false;
  r->fixed = NULL;
  r->fixed_len = 0;
  r->close = false;
  r->headers = 0;
  r->text_len = 0;
}

void reply_finish(reply *r) { buffer_finish(&r->body); }

static bool value_ok(const char *s) {
  for (; *s; s++)
    if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f) return false;
  return true;
}

bool reply_header(reply *r, const char *name, const char *format, ...) {
  if (r->headers == REPLY_HEADERS) return false;
  size_t room = sizeof r->text - r->text_len;
  va_list args;
  va_start(args, format);
  int n = vsnprintf(r->text + r->text_len, room, format, args);
  va_end(args);
  if (n < 0 || (size_t)n >= room || !value_ok(r->text + r->text_len)) return false;
  r->header[r->headers].name = name;
  r->header[r->headers++].value = (unsigned short)r->text_len;
  r->text_len += (size_t)n + 1;
  return true;
}

const char *reply_header_value(const reply *r, const char *name) {
  for (int i = 0; i < r->headers; i++)
    if (!strcasecmp(r->header[i].name, name)) return r->text + r->header[i].value;
  return NULL;
}

void reply_fixed(reply *r, const char *content_type, const char *bytes, size_t n) {
  r->content_type = content_type;
  r->fixed = bytes;
  r->fixed_len = n;
}
