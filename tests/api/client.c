#include "client.h"
#include <criterion/criterion.h>
#include <curl/curl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_S = 120 };

struct block {
  struct block *next;
  max_align_t bytes[];
};
static struct block *blocks;
static answer *answers;
static CURL *curl;

void *scratch(size_t size) {
  struct block *b = calloc(1, sizeof *b + size);
  cr_assert(b, "out of memory in the test");
  b->next = blocks;
  blocks = b;
  return b->bytes;
}

char *text(const char *format, ...) {
  va_list args;
  char *made = NULL;
  va_start(args, format);
  int n = vasprintf(&made, format, args);
  va_end(args);
  cr_assert(n >= 0);
  char *kept = memcpy(scratch((size_t)n + 1), made, (size_t)n + 1);
  free(made);
  return kept;
}

char *quoted(const char *json) {
  char *copy = text("%s", json);
  for (char *p = copy; *p; p++)
    if (*p == '\'') *p = '"';
  return copy;
}

void client_up_with(const char *const *args) {
  server_start(args);
  curl = curl_easy_init();
  cr_assert(curl);
  expect_status(put(SESSION, NULL), 201);
}

void client_up(void) { client_up_with(NULL); }

void client_up_with_graph(void) {
  client_up();
  put(TENSOR("w"), "{'data':[1.0],'requires_grad':true}");
  put(TENSOR("x"), "{'data':[2.0],'requires_grad':true}");
  op("{'op':'add','args':['w','x'],'out':'a'}");
  op("{'op':'add','args':['w',1],'out':'b'}");
  op("{'op':'mul','args':['a','b'],'out':'y'}");
}

void client_down(void) {
  if (curl) curl_easy_cleanup(curl); // keep-alive connections close first, so that draining is prompt
  curl = NULL;
  for (answer *a = answers, *next; a; a = next) {
    next = a->next;
    cJSON_Delete(a->json);
    free(a->headers), free(a->body), free(a);
  }
  for (struct block *b = blocks, *next; b; b = next) {
    next = b->next;
    free(b);
  }
  answers = NULL, blocks = NULL;
  server_stop();
}

// ---- sending

struct bytes {
  char *p;
  size_t n;
};

static size_t collect(char *data, size_t size, size_t count, void *into) {
  struct bytes *b = into;
  char *p = realloc(b->p, b->n + size * count + 1);
  if (!p) return 0;
  memcpy(p + b->n, data, size * count);
  b->p = p;
  b->n += size * count;
  b->p[b->n] = 0;
  return size * count;
}

// Header lines arrive one by one; a status line starts the block again (100 Continue comes before the
// answer).
static size_t collect_header(char *data, size_t size, size_t count, void *into) {
  struct bytes *b = into;
  if (size * count > 5 && strncmp(data, "HTTP/", 5) == 0) return b->n = 0, size * count;
  return collect(data, size, count, into);
}

static const char *type_of(const request *r) {
  if (!r->body) return "";
  return r->type ? r->type : "application/json";
}

static struct curl_slist *header_list(const request *r) {
  struct curl_slist *list = curl_slist_append(NULL, "Expect:");
  const char *type = type_of(r);
  list = curl_slist_append(list, *type ? text("Content-Type: %s", type) : "Content-Type:");
  if (r->accept) list = curl_slist_append(list, text("Accept: %s", r->accept));
  for (int i = 0; r->headers[i]; i++) list = curl_slist_append(list, r->headers[i]);
  return list;
}

answer *client_send(request r) {
  if (r.body && !r.size) r.size = strlen(r.body);
  if (!r.method) r.method = "GET";
  struct bytes head = {0}, body = {0};
  struct curl_slist *headers = header_list(&r);
  curl_easy_reset(curl);
  curl_easy_setopt(curl, CURLOPT_URL, text("%s%s", server_url(), r.path));
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, collect_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &head);
  if (r.body || strcmp(r.method, "POST") == 0 || strcmp(r.method, "PUT") == 0 ||
      strcmp(r.method, "PATCH") == 0) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, r.body ? r.body : "");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r.size);
  }
  if (strcmp(r.method, "HEAD") == 0)
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  else
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, r.method);
  CURLcode code = curl_easy_perform(curl);
  answer *a = calloc(1, sizeof *a);
  cr_assert(a);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  // A refusal sent before the whole body was read is an answer, though curl calls the unsent rest an error.
  *a = (answer){.status = (int)status, .headers = head.p, .body = body.p, .size = body.n};
  curl_slist_free_all(headers);
  client_keep(a);
  cr_assert(status, "%s %s: no answer: %s", r.method, r.path, curl_easy_strerror(code));
  client_record(&r, a);
  return a;
}

answer *get(const char *path) { return ask(.method = "GET", .path = path); }
answer *del(const char *path) { return ask(.method = "DELETE", .path = path); }
static answer *send_json(const char *method, const char *path, const char *json) {
  return ask(.method = method, .path = path, .body = json ? quoted(json) : NULL);
}
answer *put(const char *path, const char *json) { return send_json("PUT", path, json); }
answer *post(const char *path, const char *json) { return send_json("POST", path, json); }
answer *patch(const char *path, const char *json) { return send_json("PATCH", path, json); }
void wait_running(void) {
  static const char GAUGE[] = "\ngradd_jobs_running ";
  for (int turn = 0; turn < 10000; turn++) {
    const char *at = strstr(expect_status(get("/metrics"), 200)->body, GAUGE);
    cr_assert(at, "/metrics has no gauge of running jobs");
    if (atoi(at + sizeof GAUGE - 1) > 0) return;
  }
  cr_assert(false, "nothing runs");
}

answer *batch(const char *json) { return post(BATCH, json); }
answer *op(const char *json) { return post(OPS, json); }

// ---- reading

const char *header(const answer *a, const char *name) {
  size_t n = strlen(name);
  for (const char *line = a->headers; line && *line;) {
    const char *end = strstr(line, "\r\n");
    size_t length = end ? (size_t)(end - line) : strlen(line);
    if (length > n && line[n] == ':' && strncasecmp(line, name, n) == 0) {
      const char *value = line + n + 1;
      while (*value == ' ') value++;
      return text("%.*s", (int)(line + length - value), value);
    }
    line = end ? end + 2 : NULL;
  }
  return NULL;
}

static bool is_json(const answer *a) {
  const char *type = header(a, "Content-Type");
  return type && strstr(type, "json") && a->size;
}

answer *client_keep(answer *a) {
  a->next = answers;
  answers = a;
  if (!a->headers) a->headers = calloc(1, 1);
  if (!a->body) a->body = calloc(1, 1);
  if (is_json(a)) a->json = cJSON_ParseWithLength(a->body, a->size);
  return a;
}

const cJSON *at(const answer *a, const char *path) {
  const cJSON *here = a->json;
  while (here && *path) {
    char key[128];
    size_t n = 0;
    for (; *path && *path != '.' && n + 1 < sizeof key; path++) {
      if (*path == '\\' && path[1]) path++;
      key[n++] = *path;
    }
    key[n] = 0;
    if (*path) path++;
    here = cJSON_IsArray(here) ? cJSON_GetArrayItem(here, atoi(key))
                               : cJSON_GetObjectItemCaseSensitive(here, key);
  }
  return here;
}

double number_at(const answer *a, const char *path) {
  const cJSON *v = at(a, path);
  cr_assert(cJSON_IsNumber(v), "no number at %s in: %s", path, a->body);
  return v->valuedouble;
}

const char *string_at(const answer *a, const char *path) {
  const cJSON *v = at(a, path);
  cr_assert(cJSON_IsString(v), "no string at %s in: %s", path, a->body);
  return v->valuestring;
}
