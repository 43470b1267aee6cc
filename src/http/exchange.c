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
  r->host = r->accept = r->accept_encoding = r->accept_language = r->authorization = NULL;
  r->content_type = r->content_encoding = r->idempotency_key = NULL;
  r->if_match = r->if_none_match = r->last_event_id = r->prefer = NULL;
  r->body = NULL;
  r->body_len = 0;
  r->body_block = NULL;
}

const char *request_id(const request *r, char out[REQUEST_ID]) {
  for (int i = 0; i < 16; i++) out[i] = "0123456789abcdef"[r->id >> (60 - 4 * i) & 15];
  out[16] = 0;
  return out;
}

void reply_clear(reply *r) {
  r->status = 200;
  r->content_type = NULL;
  r->body.len = 0;
  r->body.failed = r->body.over_budget = false;
  r->fixed = NULL;
  r->fixed_len = 0;
  r->close = r->endless = false;
  r->headers = 0;
  r->text_len = 0;
}

void reply_finish(reply *r) { buffer_finish(&r->body); }

static bool value_ok(const char *s) {
  for (; *s; s++)
    if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f) return false;
  return true;
}

bool reply_header_text(reply *r, const char *name, const char *value) {
  size_t n = strlen(value) + 1;
  if (r->headers == REPLY_HEADERS || n > sizeof r->text - r->text_len || !value_ok(value)) return false;
  memcpy(r->text + r->text_len, value, n);
  r->header[r->headers].name = name;
  r->header[r->headers++].value = (unsigned short)r->text_len;
  r->text_len += n;
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

static bool listed(const char *list, const char *name) {
  size_t n = strlen(name);
  for (const char *p = list; *p; p += strspn(p, ", ")) {
    size_t word = strcspn(p, ", ");
    if (word == n && !strncasecmp(p, name, n)) return true;
    p += word;
  }
  return false;
}

bool reply_vary(reply *r, const char *name) {
  int i = 0;
  while (i < r->headers && strcasecmp(r->header[i].name, "Vary")) i++;
  if (i == r->headers) return reply_header_text(r, "Vary", name);
  const char *before = r->text + r->header[i].value;
  if (listed(before, name)) return true;
  if (r->headers == REPLY_HEADERS) return false;
  if (!reply_header(r, "Vary", "%s, %s", before, name)) return false;
  r->header[i].value = r->header[--r->headers].value;
  return true;
}

bool reply_location(reply *r, const char *session, const char *tensor, size_t n) {
  static const char ROOT[] = "/v1/sessions/", TENSORS[] = "/tensors/";
  const struct {
    const char *text;
    size_t n;
  } parts[] = {
      {ROOT, sizeof ROOT - 1}, {session, strlen(session)}, {TENSORS, sizeof TENSORS - 1}, {tensor, n}};
  char encoded[512], *out = encoded, *end = encoded + sizeof encoded - 3;
  for (int i = 0; i < (tensor ? 4 : 2); i++)
    for (size_t k = 0; k < parts[i].n; k++) {
      unsigned char byte = (unsigned char)parts[i].text[k];
      if (out >= end) return false;
      if (byte < 0x80)
        *out++ = (char)byte;
      else
        *out++ = '%', *out++ = "0123456789ABCDEF"[byte >> 4], *out++ = "0123456789ABCDEF"[byte & 15];
    }
  *out = 0;
  return reply_header_text(r, "Location", encoded);
}

const char *reply_header_value(const reply *r, const char *name) {
  for (int i = 0; i < r->headers; i++)
    if (!strcasecmp(r->header[i].name, name)) return r->text + r->header[i].value;
  return NULL;
}

size_t reply_head(const reply *r, const char *id, size_t n, char *out, size_t room) {
  size_t at = (size_t)snprintf(out, room,
                               "HTTP/1.1 %d Refused\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                               "X-Request-Id: %s\r\nConnection: close\r\n",
                               r->status, r->content_type, n, id);
  for (int i = 0; i < r->headers && at < room; i++)
    at +=
        (size_t)snprintf(out + at, room - at, "%s: %s\r\n", r->header[i].name, r->text + r->header[i].value);
  if (at < room) at += (size_t)snprintf(out + at, room - at, "\r\n");
  return at < room ? at : 0;
}

void reply_fixed(reply *r, const char *content_type, const char *bytes, size_t n) {
  r->content_type = content_type;
  r->fixed = bytes;
  r->fixed_len = n;
}
