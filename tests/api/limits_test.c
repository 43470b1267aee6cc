// Every limit, with servers that have small ones: the documented status, everything else untouched.
#include "client.h"
#include "operations.h"
#include "raw.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FLAGS(...) ((const char *const[]){__VA_ARGS__, NULL})
TestSuite(limits, .fini = client_down, .timeout = 180);

static char *padded(const char *json, size_t size) {
  char *body = scratch(size + 1);
  memset(body, ' ', size);
  char *text_of = quoted(json);
  memcpy(body, text_of, strlen(text_of));
  return body;
}

static void expect_retry_after(answer *a) {
  const char *seconds = header(a, "Retry-After");
  cr_assert(seconds && atoi(seconds) >= 1, "no Retry-After in %s", a->headers);
}

// ---- bodies

Test(limits, body_that_is_too_large_is_413_everywhere) {
  client_up_with(FLAGS("--max-body", "1024", "--max-binary-body", "2048"));
  put(TENSOR("w"), "{'data':[1.0],'requires_grad':true}");
  EACH_OPERATION(o)
  if (o->traits & TAKES_BODY)
    expect_problem(
        ask(.method = o->method, .path = text(SESSION "%s", o->path), .body = padded(o->body, 1025)), 413,
        "body_too_large");
  expect_problem(ask(.method = "POST", .path = "/v1/sessions", .body = padded("{}", 1025)), 413,
                 "body_too_large");
  expect_problem(ask(.method = "POST", .path = OPS "/neg?args=w", .body = padded("{}", 1025)), 413,
                 "body_too_large");
  expect_status(ask(.method = "PUT", .path = TENSOR("w"), .body = padded("{'data':[1]}", 1024)), 200);
}

Test(limits, binary_bodies_have_their_own_limit) {
  client_up_with(FLAGS("--max-body", "1024", "--max-binary-body", "2048"));
  char *zeros = scratch(2052);
  expect_status(ask(.method = "PUT", .path = TENSOR("b") "?shape=512", .body = zeros, .size = 2048,
                    .type = "application/octet-stream"),
                201);
  expect_problem(ask(.method = "PUT", .path = TENSOR("b") "?shape=513", .body = zeros, .size = 2052,
                     .type = "application/octet-stream"),
                 413, "body_too_large");
  expect_problem(ask(.method = "PUT", .path = TENSOR("c"), .body = padded("1", 1025), .type = "text/csv"),
                 413, "body_too_large");
}

Test(limits, chunked_body_is_counted_while_it_comes) {
  client_up_with(FLAGS("--max-body", "1024"));
  int fd = raw_connect();
  raw_send(fd, "PUT " TENSOR("w") " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                  "Transfer-Encoding: chunked\r\n\r\n");
  char *block = padded("", 512);
  for (int i = 0; i < 3; i++) raw_send(fd, "200\r\n"), raw_send(fd, block), raw_send(fd, "\r\n");
  raw_send(fd, "0\r\n\r\n");
  answer *a = expect_problem(raw_read(fd, 10000), 413, "body_too_large");
  raw_record("PUT", TENSOR("w"), a);
  close(fd);
  expect_problem(get(TENSOR("w")), 404, "tensor_unknown");
}

Test(limits, answer_that_is_too_large_is_refused) {
  client_up_with(FLAGS("--max-answer", "65536"));
  put(TENSOR("b") "?return=none", "{'shape':[20000],'fill':'randn','dtype':'float64'}");
  expect_problem(get(TENSOR("b")), 422, "quota_exceeded");
  expect_status(get(TENSOR("b") "?slice=0:100"), 200);
}

Test(limits, problem_with_a_trace_is_an_answer_too) {
  client_up_with(FLAGS("--max-answer", "65536"));
  answer *a = ask(.method = "POST", .path = "/v1/run?trace=1", .type = "text/plain",
                  .body = "x = torch.ones(3)\nfor i in range(1000):\n  x = x + 1\nprint('!')\nnothing");
  expect_json(expect_problem(a, 404, "tensor_unknown"), 404, "{'printed':['!'],'trace':{'truncated':true}}");
  cr_assert(strlen(a->body) < 65536 + 1024);
}

Test(limits, parts_of_a_formatted_string) {
  enum { PARTS = 65536 };
  char *source = scratch(3 * PARTS + 5), *at = source;
  client_up();
  at += sprintf(at, "f'");
  for (int i = 0; i < PARTS; i++) at += sprintf(at, "{1}");
  sprintf(at, "'");
  expect_problem(ask(.method = "POST", .path = "/v1/run?as=json", .body = source, .type = "text/plain"), 400,
                 "bad_script");
}

// ---- sessions, memory, nodes

Test(limits, number_of_sessions) {
  client_up_with(FLAGS("--max-sessions", "2"));
  expect_status(put("/v1/sessions/two", NULL), 201);
  expect_problem(put("/v1/sessions/three", NULL), 422, "quota_exceeded");
  expect_problem(post("/v1/sessions", NULL), 422, "quota_exceeded");
  expect_status(put("/v1/sessions/two", NULL), 200);
  del("/v1/sessions/two");
  expect_status(put("/v1/sessions/three", NULL), 201);
}

Test(limits, memory_of_a_session) {
  client_up_with(FLAGS("--session-memory", "262144"));
  put(TENSOR("a"), "{'shape':[20000],'fill':'ones'}");
  answer *before = get(SESSION);
  expect_problem(put(TENSOR("b"), "{'shape':[60000],'fill':'ones'}"), 422, "quota_exceeded");
  expect_problem(post(SESSION "/tensors", "{'shape':[60000],'fill':'ones'}"), 422, "quota_exceeded");
  expect_problem(op("{'op':'outer','args':['a','a'],'out':'c'}"), 422, "quota_exceeded");
  expect_problem(post(OPS "/outer?args=a,a", NULL), 422, "quota_exceeded");
  expect_problem(batch("{'steps':[{'op':'outer','args':['a','a']}]}"), 422, "quota_exceeded");
  expect_json(get(SESSION), 200, text("{'tensors':1,'bytes':%.0f}", number_at(before, "bytes")));
  del(TENSOR("a"));
  expect_status(put(TENSOR("b"), "{'shape':[50000],'fill':'ones'}"), 201);
}

Test(limits, detail_names_the_limit_that_is_met) {
  client_up();
  answer *a = put(TENSOR("w"), "{'shape':[999999,999999],'fill':'zeros'}");
  expect_problem(a, 422, "quota_exceeded");
  cr_assert(strstr(string_at(a, "detail"), "the limit of the session"), "%s", a->body);
}

Test(limits, nodes_of_a_session) {
  client_up_with(FLAGS("--session-nodes", "10"));
  put(TENSOR("w"), "{'data':[1.0],'requires_grad':true}");
  put(TENSOR("y"), "[1.0]");
  answer *a = NULL;
  int made = 0;
  for (; made < 20 && (a = op("{'op':'mul','args':['y','w'],'out':'y'}"))->status == 201; made++) continue;
  expect_problem(a, 422, "quota_exceeded");
  cr_assert(made >= 8 && made <= 10, "%d", made);
  expect_data("y", "[1]");
  expect_status(op("{'op':'mul','args':['y','w'],'no_grad':true}"), 201);
  del(TENSOR("y"));
  put(TENSOR("y"), "[1.0]");
  expect_status(op("{'op':'mul','args':['y','w'],'out':'y'}"), 201);
}

Test(limits, memory_of_the_process) {
  client_up_with(FLAGS("--max-memory", "67108864"));
  answer *a = expect_problem(put(TENSOR("b"), "{'shape':[33554432],'fill':'ones'}"), 503, "overloaded");
  expect_retry_after(a);
  expect_status(put(TENSOR("b"), "{'shape':[1000],'fill':'ones'}"), 201);
}

// A refusal in the words of what was asked for: JSON or a line.
static answer *expect_line(answer *a, int status, const char *code) {
  if (!strncmp(header(a, "Content-Type"), "application/", 12)) return expect_problem(a, status, code);
  cr_assert(!strncmp(expect_status(a, status)->body, code, strlen(code)), "%s", a->body);
  return a;
}

// A small tensor can have an enormous answer.
static void put_wide(const char *number, const char *sizes) {
  put(TENSOR("o"), number);
  expect_status(post(text(OPS "/expand?args=o,%s&out=wide&data=none", sizes), NULL), 201);
}

Test(limits, answers_are_charged_to_the_process) {
  client_up_with(FLAGS("--max-memory", "67108864"));
  put_wide("0.12345678", "[8000000]");
  static const char *const AS[] = {"json", "txt", "csv"};
  for (int i = 0; i < 3; i++)
    expect_retry_after(expect_line(get(text(TENSOR("wide") "?as=%s", AS[i])), 503, "overloaded"));
  expect_problem(batch("{'steps':[],'return':['wide']}"), 503, "overloaded");
  answer *a =
      expect_problem(ask(.method = "POST", .path = BATCH "?results=1",
                         .body = quoted("{'steps':[{'tensor':'k','data':1},{'op':'mul','args':['wide',"
                                        "1]},{'tensor':'l','data':1}]}")),
                     503, "overloaded");
  cr_assert_leq(number_at(a, "completed"), 2);
  expect_problem(get(TENSOR("l")), 404, "tensor_unknown");
  expect_problem(put(TENSOR("z") "?return=data", "{'shape':[4000000],'fill':'ones'}"), 503, "overloaded");
  expect_problem(get(TENSOR("z")), 404, "tensor_unknown");
  expect_status(get(TENSOR("wide") "?slice=0:10"), 200);
  cr_assert_leq(server_rss_kib(), 400 * 1024);
}

Test(limits, what_a_body_is_decoded_into_is_charged_to_the_process) {
  enum { N = 2500000 };
  client_up_with(FLAGS("--max-memory", "41943040"));
  char *lists = scratch(3 * N + 100), *end = lists + sprintf(lists, "{\"op\":\"cat\",\"args\":[[]");
  for (int i = 1; i < N; i++, end += 3) memcpy(end, ",[]", 3);
  strcpy(end, "]}");
  expect_problem(post(OPS, lists), 503, "overloaded");
  char *keys = scratch(12 * 600000 + 100);
  end = keys + sprintf(keys, "{\"op\":\"neg\",\"kwargs\":{\"k\":1");
  for (int i = 0; i < 600000; i++) end += sprintf(end, ",\"%06d\":1", i);
  strcpy(end, "}}");
  expect_problem(post(OPS, keys), 503, "overloaded");
  expect_status(op("{'op':'add','args':[1,1]}"), 201);
}

Test(limits, short_documents_are_refused_by_their_length) {
  client_up();
  static const char *const TARGETS[] = {"POST /v1/sessions", "PUT /v1/sessions/new", "PATCH " SESSION,
                                        "PATCH " TENSOR("w")};
  for (int i = 0; i < 4; i++) {
    int fd = raw_connect();
    raw_send(fd, text("%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                      "Content-Length: 70000\r\nExpect: 100-continue\r\n\r\n",
                      TARGETS[i]));
    expect_problem(raw_read(fd, 20000), 413, "body_too_large");
    close(fd);
  }
}

// ---- time

// 80 products of 1024×1024 matrices: each takes milliseconds, their gradient takes seconds.
static void put_long_graph(void) {
  put(TENSOR("m") "?return=none", "{'shape':[1024,1024],'fill':'eye','requires_grad':true}");
  op("{'op':'matmul','args':['m','m'],'out':'h'}");
  for (int i = 0; i < 80; i++) expect_status(post(OPS "/matmul?args=h,m&out=h&data=none", NULL), 201);
  expect_status(op("{'op':'sum','args':['h'],'out':'y'}"), 201);
}

// A large matrix that takes no time to make.
static void put_big(void) {
  put(TENSOR("one"), "1.0");
  expect_status(post(OPS "/expand?args=one,[6000,6000]&out=big&data=none", NULL), 201);
}

Test(limits, backward_past_the_deadline_is_504_and_changes_nothing) {
  client_up_with(FLAGS("--deadline-s", "1"));
  put_long_graph();
  expect_problem(post(TENSOR("y") "/backward", "{'retain_graph':true}"), 504, "time_limit");
  expect_problem(post(SESSION "/backward", "{'tensors':['y'],'retain_graph':true}"), 504, "time_limit");
  expect_problem(post(SESSION "/grad", "{'outputs':['y'],'inputs':['m'],'retain_graph':true}"), 504,
                 "time_limit");
  expect_problem(get(TENSOR("m") "/grad"), 404, "no_grad");
  expect_status(get(SESSION), 200);
}

Test(limits, op_past_the_deadline_is_504) {
  client_up_with(FLAGS("--deadline-s", "1"));
  put_big();
  expect_problem(op("{'op':'matmul','args':['big','big'],'out':'p'}"), 504, "time_limit");
  expect_problem(post(OPS "/matmul?args=big,big&out=p", NULL), 504, "time_limit");
  answer *a = expect_problem(
      batch("{'steps':[{'tensor':'k','data':1},{'op':'matmul','args':['big','big'],'out':'p'}]}"), 504,
      "time_limit");
  cr_assert(number_at(a, "step") == 1);
  expect_problem(get(TENSOR("p")), 404, "tensor_unknown");
  expect_data("k", "1");
}

Test(limits, a_read_past_the_deadline_is_504) {
  static const char *const AS[] = {"json", "txt", "csv"};
  client_up_with(FLAGS("--deadline-s", "1"));
  put_wide("0.12345678", "[20000,20000]");
  for (int i = 0; i < 3; i++) expect_line(get(text(TENSOR("wide") "?as=%s", AS[i])), 504, "time_limit");
  expect_problem(batch("{'steps':[],'return':['wide']}"), 504, "time_limit");
}

// The status of an answer that is not read any further: it is long.
static int status_of(const char *method, const char *path, const char *json) {
  char line[13] = "";
  int fd = raw_connect();
  raw_request(fd, method, path, json);
  cr_assert_eq(recv(fd, line, 12, MSG_WAITALL), 12);
  close(fd);
  return atoi(line + sizeof "HTTP/1.1");
}

// Writing the answer may take longer than there is; what was done is answered all the same.
Test(limits, a_write_past_the_deadline_is_answered_or_was_not_done) {
  client_up_with(FLAGS("--deadline-s", "1"));
  put(TENSOR("w") "?return=none", "{'shape':[20000000],'fill':'zeros'}");
  int status = status_of("PATCH", TENSOR("w") "/data?return=data", "{'index':['0:'],'value':0.12345678}");
  answer *after = expect_status(get(TENSOR("w") "?slice=7"), 200);
  cr_assert(status == 200 || status == 504, "%d", status);
  cr_assert_eq(number_at(after, "data") != 0, status == 200);
  status = status_of("PATCH", TENSOR("w") "?return=data", "{'requires_grad':true}");
  after = get(TENSOR("w") "?data=none");
  cr_assert(status == 200 || status == 504, "%d", status);
  cr_assert_eq(cJSON_IsTrue(at(after, "requires_grad")), status == 200);
}

Test(limits, a_batch_stopped_half_way_is_not_run_again) {
  client_up_with(FLAGS("--deadline-s", "1"));
  put_big();
  put(TENSOR("w"), "[0]");
  request r = {.method = "POST",
               .path = BATCH,
               .body =
                   quoted("{'steps':[{'op':'add_','args':['w',1]},{'op':'matmul','args':['big','big']}]}"),
               .headers = {"Idempotency-Key: once"}};
  answer *first = expect_problem(client_send(r), 504, "time_limit");
  cr_assert_eq(number_at(first, "completed"), 1);
  expect_header(expect_text(client_send(r), 504, first->body), "Idempotency-Replayed", "true");
  expect_data("w", "[1]");
}

// ---- queues

Test(limits, full_session_is_429) {
  enum { WAITERS = 4 };
  client_up_with(FLAGS("--session-queue", "1", "--inline-us", "0"));
  put_big();
  put(TENSOR("w"), "{'data':[1.0],'requires_grad':true}");
  int holder = raw_connect(), waiting[WAITERS];
  raw_request(holder, "POST", OPS "?data=none", "{'op':'matmul','args':['big','big'],'out':'p'}");
  wait_running();
  for (int i = 0; i < WAITERS; i++) {
    waiting[i] = raw_connect();
    raw_request(waiting[i], "POST", OPS, "{'op':'add','args':[1,1],'out':'z'}");
  }
  int first = raw_first(waiting, WAITERS, 20000); // only the ones that found no place are answered so soon
  cr_assert(first >= 0);
  expect_problem(raw_read(waiting[first], 5000), 429, "too_many_requests");
  EACH_OPERATION(o)
  if (o->traits & WAITS) {
    answer *a = ask(.method = o->method, .path = text(SESSION "%s", o->path),
                    .body = o->body ? quoted(o->body) : NULL);
    expect_retry_after(expect_problem(a, 429, "too_many_requests"));
  }
  put("/v1/sessions/other", NULL);
  expect_status(post("/v1/sessions/other/ops", "{'op':'add','args':[1,1]}"),
                201); // another session is served
  close(holder);
  for (int i = 0; i < WAITERS; i++) close(waiting[i]);
}

Test(limits, full_server_is_503) {
  enum { SESSIONS = 5 };
  client_up_with(FLAGS("--queue", "1", "--threads", "1", "--inline-us", "0"));
  put_big();
  int holder = raw_connect(), waiting[SESSIONS];
  for (int i = 0; i < SESSIONS; i++) put(text("/v1/sessions/q%d", i), NULL);
  raw_request(holder, "POST", OPS "?data=none", "{'op':'matmul','args':['big','big'],'out':'p'}");
  wait_running();
  for (int i = 0; i < SESSIONS; i++) {
    waiting[i] = raw_connect();
    raw_request(waiting[i], "POST", text("/v1/sessions/q%d/ops", i), "{'op':'add','args':[1,1]}");
  }
  int first = raw_first(waiting, SESSIONS, 20000);
  cr_assert(first >= 0);
  answer *a = expect_problem(raw_read(waiting[first], 5000), 503, "overloaded");
  expect_retry_after(a);
  raw_record("POST", text("/v1/sessions/q%d/ops", first), a);
  expect_status(get("/livez"), 200);
  close(holder);
  for (int i = 0; i < SESSIONS; i++) close(waiting[i]);
}

Test(limits, requests_of_one_session_run_in_order) {
  client_up_with(FLAGS("--inline-us", "0"));
  put(TENSOR("n"), "0");
  int fds[32];
  for (int i = 0; i < 32; i++) {
    fds[i] = raw_connect();
    raw_request(fds[i], "POST", OPS, "{'op':'add_','args':['n',1]}");
  }
  double sum = 0;
  for (int i = 0; i < 32; i++) {
    sum += number_at(expect_status(raw_read(fds[i], 20000), 201), "data");
    close(fds[i]);
  }
  cr_assert(sum == 32 * 33 / 2, "%g", sum); // each saw its own value
  expect_data("n", "32");
}
