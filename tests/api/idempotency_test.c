// Idempotency-Key on every POST.
#include "client.h"
#include "raw.h"
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static void up(void) {
  client_up();
  put(TENSOR("w"), "{'data':[1.0],'requires_grad':true}");
  op("{'op':'mul','args':['w','w'],'out':'y'}");
}

TestSuite(idempotency, .init = up, .fini = client_down);

static answer *post_key(const char *path, const char *json, const char *key) {
  return ask(.method = "POST", .path = path, .body = json ? quoted(json) : NULL,
             .headers = {text("Idempotency-Key: %s", key)});
}

#define Y_BACKWARD TENSOR("y") "/backward"

Test(idempotency, retried_backward_does_not_accumulate_twice) {
  answer *first = expect_status(post_key(Y_BACKWARD, "{'retain_graph':true}", "k-1"), 200);
  cr_assert(!header(first, "Idempotency-Replayed"));
  answer *second = expect_text(post_key(Y_BACKWARD, "{'retain_graph':true}", "k-1"), 200, first->body);
  expect_header(second, "Idempotency-Replayed", "true");
  expect_header(second, "Content-Type", header(first, "Content-Type"));
  expect_json(get(TENSOR("w") "/grad"), 200, "{'data':[2]}");
  expect_status(post_key(Y_BACKWARD, "{'retain_graph':true}", "k-2"), 200);
  expect_json(get(TENSOR("w") "/grad"), 200, "{'data':[4]}");
}

Test(idempotency, every_post_replays) {
  static const struct {
    const char *path, *body;
  } rows[] = {
      {SESSION "/tensors", "{'data':[1]}"},
      {OPS, "{'op':'neg','args':['w']}"},
      {OPS "/neg?args=w", NULL},
      {Y_BACKWARD, "{'retain_graph':true}"},
      {SESSION "/backward", "{'tensors':['y'],'retain_graph':true}"},
      {SESSION "/grad", "{'outputs':['y'],'inputs':['w'],'retain_graph':true}"},
      {SESSION "/zero_grad", NULL},
      {BATCH, "{'steps':[{'op':'add','args':[1,2]}]}"},
      {"/v1/sessions", NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const char *key = text("key-%zu", i);
    answer *first = post_key(rows[i].path, rows[i].body, key),
           *second = post_key(rows[i].path, rows[i].body, key);
    cr_assert(first->status / 100 == 2, "%s: %s", rows[i].path, first->body);
    expect_text(second, first->status, first->body);
    expect_header(second, "Idempotency-Replayed", "true");
    if (header(first, "Location")) expect_header(second, "Location", header(first, "Location"));
    if (header(first, "ETag")) expect_header(second, "ETag", header(first, "ETag"));
  }
}

Test(idempotency, key_with_another_request_is_refused) {
  post_key(Y_BACKWARD, "{'retain_graph':true}", "k");
  expect_problem(post_key(Y_BACKWARD, "{'retain_graph':false}", "k"), 422, "idempotency_key_reused");
  expect_problem(post_key(Y_BACKWARD "?return=grads", "{'retain_graph':true}", "k"), 422,
                 "idempotency_key_reused");
  expect_problem(post_key(OPS, "{'op':'neg','args':['w']}", "k"), 422, "idempotency_key_reused");
  expect_json(get(TENSOR("w") "/grad"), 200, "{'data':[2]}");
}

Test(idempotency, keys_belong_to_their_session) {
  put("/v1/sessions/other", NULL);
  expect_status(post_key(OPS, "{'op':'add','args':[1,1],'out':'z'}", "k"), 201);
  answer *a =
      expect_status(post_key("/v1/sessions/other/ops", "{'op':'add','args':[1,1],'out':'z'}", "k"), 201);
  cr_assert(!header(a, "Idempotency-Replayed"));
  expect_status(get("/v1/sessions/other/tensors/z"), 200);
}

Test(idempotency, refusals_are_replayed_too) {
  answer *first = expect_problem(post_key(OPS, "{'op':'add_','args':['w',1]}", "k"), 409, "leaf_inplace");
  answer *second = expect_status(post_key(OPS, "{'op':'add_','args':['w',1]}", "k"), 409);
  cr_assert_str_eq(string_at(first, "detail"), string_at(second, "detail"));
  expect_header(second, "Idempotency-Replayed", "true");
}

Test(idempotency, bad_keys_are_refused) {
  expect_problem(post_key(OPS, "{'op':'neg','args':['w']}", "two words"), 400, "bad_header");
  expect_problem(post_key(OPS, "{'op':'neg','args':['w']}", text("%0256d", 0)), 400, "bad_header");
  expect_status(post_key(OPS, "{'op':'neg','args':['w']}", text("%0255d", 0)), 201);
}

Test(idempotency, other_methods_do_not_look_at_it) {
  const char *key = "Idempotency-Key: k";
  expect_status(ask(.method = "PUT", .path = TENSOR("a"), .body = "[1]", .headers = {key}), 201);
  expect_status(ask(.method = "PUT", .path = TENSOR("a"), .body = "[2]", .headers = {key}), 200);
  expect_data("a", "[2]");
}

// The first request computes for seconds; its twin comes meanwhile.
Test(idempotency, twin_of_a_running_request_is_409) {
  put(TENSOR("big") "?return=none", "{'shape':[4096,4096],'fill':'ones'}");
  int fd = raw_connect();
  const char *body = quoted("{'op':'matmul','args':['big','big'],'out':'p'}");
  raw_send(fd, text("POST " OPS "?data=none HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    "Idempotency-Key: slow\r\nContent-Length: %zu\r\n\r\n%s",
                    strlen(body), body));
  wait_running();
  answer *twin =
      ask(.method = "POST", .path = OPS "?data=none", .body = body, .headers = {"Idempotency-Key: slow"});
  expect_problem(twin, 409, "idempotency_in_progress");
  answer *first = raw_read(fd, 60000);
  expect_status(first, 201);
  answer *again =
      ask(.method = "POST", .path = OPS "?data=none", .body = body, .headers = {"Idempotency-Key: slow"});
  expect_header(expect_text(again, 201, first->body), "Idempotency-Replayed", "true");
  close(fd);
}
