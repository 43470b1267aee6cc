// client.h - requests to the server under test, what came back, and what was expected of it.
//
// JSON in this folder is written with ' for " so that C stays readable; every function that takes JSON puts
// the quotes right. Answers live until client_down, so a test never frees one. Every exchange is appended to
// the file named by $GRADD_EXCHANGES, where check_exchanges.py compares it with api/openapi.yaml.
#pragma once
#include "server.h"
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct answer {
  int status;    // 0: no answer at all
  char *headers; // "Name: value\r\n"…, without the status line
  char *body;    // NUL-terminated for convenience; may hold NULs itself
  size_t size;
  cJSON *json; // the body parsed, if its type is JSON
  struct answer *next;
} answer;

typedef struct request {
  const char *method, *path; // path with its query
  const void *body;          // NULL: none
  size_t size;
  const char *type; // Content-Type; "" sends none
  const char *accept;
  const char *headers[6]; // "Name: value", ends with NULL
} request;

// For TestSuite(…, .init = client_up, .fini = client_down): a server with default limits and a session `s`.
void client_up(void);
// client_up_with_graph has in the session y = (x + w)(w + 1), w = 1, x = 2.
void client_up_with_graph(void);
void client_down(void);
// client_up_with starts it with other flags (NULL-terminated).
void client_up_with(const char *const *args);

#define SESSION      "/v1/sessions/s"
#define TENSOR(name) SESSION "/tensors/" name
#define OPS          SESSION "/ops"
#define BATCH        SESSION "/batch"

answer *client_send(request r);
#define ask(...) client_send((request){__VA_ARGS__})
answer *get(const char *path);
answer *del(const char *path);
answer *put(const char *path, const char *json); // json NULL: no body
answer *post(const char *path, const char *json);
answer *patch(const char *path, const char *json);
answer *batch(const char *json); // POST S/batch
answer *op(const char *json);    // POST S/ops

// Waits until a request computes on a thread of the server.
void wait_running(void);

// A formatted string that lives until client_down.
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Memory that lives until client_down.
void *scratch(size_t size);
// A copy of json with ' replaced by ".
char *quoted(const char *json);

// header returns the value of an answer's header, or NULL. The value lives until client_down.
const char *header(const answer *a, const char *name);
// at returns the member at a path such as "values.y.data" or "grads.0"; "\." is a dot inside a key. May be
// NULL.
const cJSON *at(const answer *a, const char *path);
double number_at(const answer *a, const char *path);
const char *string_at(const answer *a, const char *path);

// Expectations. Each fails the test with the whole answer in the message and gives the answer back.
#define HERE                     __FILE__, __LINE__
#define expect_status(a, status) client_expect_status(HERE, a, status)
// The answer has that status and a body that holds everything in json: objects may have further members,
// arrays may not, numbers are equal exactly.
#define expect_json(a, status, json) client_expect_json(HERE, a, status, json)
#define expect_text(a, status, text) client_expect_text(HERE, a, status, text)
// A problem document, complete and consistent, with that status and code; "a|b" allows either code.
#define expect_problem(a, status, code) client_expect_problem(HERE, a, status, code)
// Any clean refusal: a problem document with a 4xx status.
#define expect_refused(a)             client_expect_problem(HERE, a, 0, NULL)
#define expect_header(a, name, value) client_expect_header(HERE, a, name, value)
// The data of a tensor answered by GET T: expect_data("w", "[5]").
#define expect_data(name, json) client_expect_data(HERE, name, json)

answer *client_expect_status(const char *file, int line, answer *a, int status);
answer *client_expect_json(const char *file, int line, answer *a, int status, const char *json);
answer *client_expect_text(const char *file, int line, answer *a, int status, const char *body);
answer *client_expect_problem(const char *file, int line, answer *a, int status, const char *code);
answer *client_expect_header(const char *file, int line, answer *a, const char *name, const char *value);
answer *client_expect_data(const char *file, int line, const char *name, const char *json);

// client_keep takes ownership of an answer made elsewhere (raw.c), parses its body and frees it at
// client_down.
answer *client_keep(answer *a);
// client_record appends an exchange to $GRADD_EXCHANGES.
void client_record(const request *r, const answer *a);
