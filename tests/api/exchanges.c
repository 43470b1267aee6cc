// exchanges.c - the log of what was said: one JSON object a line, read by check_exchanges.py.
#include "client.h"
#include <criterion/criterion.h>
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BODY_MAX = 256 << 10 };

static bool is_text(const char *type) {
  return type && (strstr(type, "json") || strncmp(type, "text/", 5) == 0);
}

static void add_body(cJSON *line, const char *key, const char *type, const void *body, size_t size) {
  if (!body || !size || !is_text(type)) return;
  if (size > BODY_MAX || memchr(body, 0, size)) return;
  char *copy = calloc(1, size + 1);
  if (!copy) return;
  memcpy(copy, body, size);
  cJSON_AddStringToObject(line, key, copy);
  free(copy);
}

// "Name: value" lines into an object with lower-case names; a repeated header keeps its first value.
static void add_header(cJSON *into, const char *line, size_t length) {
  char name[64];
  size_t n = 0;
  while (n < length && line[n] != ':' && n + 1 < sizeof name)
    name[n] = (char)tolower((unsigned char)line[n]), n++;
  if (n == length || line[n] != ':') return;
  name[n++] = 0;
  while (n < length && line[n] == ' ') n++;
  char *value = text("%.*s", (int)(length - n), line + n);
  if (!cJSON_GetObjectItemCaseSensitive(into, name)) cJSON_AddStringToObject(into, name, value);
}

static void add_headers(cJSON *into, const char *block) {
  for (const char *end; block && (end = strstr(block, "\r\n")); block = end + 2)
    add_header(into, block, (size_t)(end - block));
}

static cJSON *exchange(const request *r, const answer *a) {
  cJSON *line = cJSON_CreateObject();
  const char *query = strchr(r->path, '?'), *type = r->type ? r->type : "application/json";
  size_t path = query ? (size_t)(query - r->path) : strlen(r->path);
  cJSON_AddStringToObject(line, "method", r->method);
  cJSON_AddStringToObject(line, "path", text("%.*s", (int)path, r->path));
  cJSON_AddStringToObject(line, "query", query ? query + 1 : "");
  cJSON *headers = cJSON_AddObjectToObject(line, "request_headers");
  if (r->body && *type) cJSON_AddStringToObject(headers, "content-type", type);
  if (r->accept) cJSON_AddStringToObject(headers, "accept", r->accept);
  for (int i = 0; r->headers[i]; i++) add_header(headers, r->headers[i], strlen(r->headers[i]));
  add_body(line, "request_body", *type ? type : "application/json", r->body, r->size);
  cJSON_AddNumberToObject(line, "status", a->status);
  add_headers(cJSON_AddObjectToObject(line, "response_headers"), a->headers);
  cJSON_AddNumberToObject(line, "response_size", (double)a->size);
  add_body(line, "response_body", header(a, "Content-Type"), a->body, a->size);
  return line;
}

void client_record(const request *r, const answer *a) {
  const char *file = getenv("GRADD_EXCHANGES");
  if (!file || !*file) return;
  cJSON *line = exchange(r, a);
  char *printed = cJSON_PrintUnformatted(line), *whole = NULL;
  cJSON_Delete(line);
  cr_assert(printed && asprintf(&whole, "%s\n", printed) > 0);
  int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  cr_assert(fd >= 0, "cannot append to %s", file);
  ssize_t n = write(fd, whole, strlen(whole)); // one write a line: tests run in several processes
  cr_assert(n == (ssize_t)strlen(whole), "short write to %s", file);
  close(fd);
  free(printed), free(whole);
}
