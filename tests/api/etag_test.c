// ETag, If-Match, If-None-Match.
#include "client.h"
#include "operations.h"
#include <criterion/criterion.h>
#include <string.h>

static void up(void) {
  client_up();
  put(TENSOR("w"), "{'data':[1.0],'requires_grad':true}");
  put(TENSOR("m"), "[1.0,2.0]");
  post(TENSOR("w") "/backward", NULL);
}

TestSuite(etag, .init = up, .fini = client_down);

static const char *tag(const char *path) {
  const char *t = header(expect_status(get(path), 200), "ETag");
  cr_assert(t && t[0] == '"' && t[strlen(t) - 1] == '"', "%s", t ? t : "no ETag");
  return t;
}

static answer *get_unless(const char *path, const char *tags) {
  return ask(.path = path, .headers = {text("If-None-Match: %s", tags)});
}

static answer *put_if(const char *path, const char *body, const char *tags) {
  return ask(.method = "PUT", .path = path, .body = body, .headers = {text("If-Match: %s", tags)});
}

Test(etag, is_the_version_counter) {
  cr_assert_str_eq(tag(TENSOR("m")), "\"0\"");
  op("{'op':'add_','args':['m',1]}");
  cr_assert_str_eq(tag(TENSOR("m")), "\"1\"");
  expect_header(op("{'op':'add_','args':['m',1]}"), "ETag", "\"2\"");
}

Test(etag, changes_whenever_the_bytes_may_have) {
  const char *first = tag(TENSOR("m"));
  put(TENSOR("m") "/data", "[5,6]");
  const char *second = tag(TENSOR("m"));
  cr_assert_str_neq(first, second);
  patch(TENSOR("m") "/data", "{'index':[0],'value':9}");
  const char *third = tag(TENSOR("m"));
  cr_assert_str_neq(second, third);
  put(TENSOR("m"), "[1.0,2.0]"); // the name bound anew
  cr_assert_str_neq(third, tag(TENSOR("m")));
  cr_assert_str_neq(first, tag(TENSOR("m")));
}

Test(etag, of_a_view_follows_its_base) {
  op("{'op':'view','args':['m',[2,1]],'out':'v'}");
  const char *before = tag(TENSOR("v"));
  op("{'op':'add_','args':['m',1]}");
  cr_assert_str_neq(before, tag(TENSOR("v")));
}

Test(etag, writes_answer_the_new_one) {
  const char *made = header(expect_status(put(TENSOR("m") "/data", "[5,6]"), 200), "ETag");
  cr_assert_str_eq(made, tag(TENSOR("m")));
  made = header(expect_status(patch(TENSOR("m") "/data", "{'index':[0],'value':1}"), 200), "ETag");
  cr_assert_str_eq(made, tag(TENSOR("m")));
  made = header(expect_status(put(TENSOR("m"), "[5.5]"), 200), "ETag");
  cr_assert_str_eq(made, tag(TENSOR("m")));
  made = header(expect_status(patch(TENSOR("m"), "{'requires_grad':true}"), 200), "ETag");
  cr_assert_str_eq(made, tag(TENSOR("m")));
  made = header(expect_status(put(TENSOR("w") "/grad", "[5]"), 200), "ETag");
  cr_assert_str_eq(made, tag(TENSOR("w") "/grad"));
}

Test(etag, unchanged_tensor_is_304) {
  const char *t = tag(TENSOR("m"));
  answer *a = expect_status(get_unless(TENSOR("m"), t), 304);
  cr_assert(a->size == 0);
  expect_header(a, "ETag", t);
  expect_status(get_unless(TENSOR("m"), text("\"x\", W/%s", t)), 304);
  expect_status(get_unless(TENSOR("m"), "*"), 304);
  expect_status(get_unless(TENSOR("m"), "\"x\""), 200);
  expect_status(ask(.method = "HEAD", .path = TENSOR("m"), .headers = {text("If-None-Match: %s", t)}), 304);
  op("{'op':'add_','args':['m',1]}");
  expect_status(get_unless(TENSOR("m"), t), 200);
}

Test(etag, unchanged_gradient_is_304) {
  const char *t = tag(TENSOR("w") "/grad");
  expect_header(expect_status(get_unless(TENSOR("w") "/grad", t), 304), "ETag", t);
  post(TENSOR("w") "/backward", NULL);
  expect_json(get_unless(TENSOR("w") "/grad", t), 200, "{'data':[2]}");
}

Test(etag, write_at_the_right_version_passes) {
  expect_status(put_if(TENSOR("m") "/data", "[5,6]", tag(TENSOR("m"))), 200);
  expect_status(put_if(TENSOR("m") "/data", "[5,6]", text("\"x\", %s", tag(TENSOR("m")))), 200);
  expect_status(put_if(TENSOR("m"), "[7.0]", "*"), 200);
  expect_status(put_if(TENSOR("w") "/grad", "[7]", tag(TENSOR("w") "/grad")), 200);
  answer *gone =
      ask(.method = "DELETE", .path = TENSOR("m"), .headers = {text("If-Match: %s", tag(TENSOR("m")))});
  expect_status(gone, 204);
}

Test(etag, write_at_another_version_is_412_everywhere) {
  EACH_OPERATION(o) {
    if (!(o->traits & MATCHES)) continue;
    answer *a = ask(.method = o->method, .path = text(SESSION "%s", o->path),
                    .body = o->body ? quoted(o->body) : NULL, .headers = {"If-Match: \"nothing like it\""});
    expect_problem(a, 412, "version_changed");
  }
  expect_json(get(TENSOR("w")), 200, "{'data':[1],'has_grad':true}");
}

Test(etag, lost_update_is_found) {
  const char *mine = tag(TENSOR("m"));
  expect_status(put_if(TENSOR("m") "/data", "[1,1]", mine), 200);
  expect_problem(put_if(TENSOR("m") "/data", "[2,2]", mine), 412, "version_changed");
  expect_data("m", "[1,1]");
}

Test(etag, weak_tags_do_not_match_for_a_write) {
  expect_problem(put_if(TENSOR("m") "/data", "[2,2]", text("W/%s", tag(TENSOR("m")))), 412,
                 "version_changed");
}

Test(etag, create_only) {
  answer *a = ask(.method = "PUT", .path = TENSOR("n"), .body = "[1]", .headers = {"If-None-Match: *"});
  expect_status(a, 201);
  answer *b = ask(.method = "PUT", .path = TENSOR("n"), .body = "[2]", .headers = {"If-None-Match: *"});
  expect_problem(b, 412, "version_changed");
  expect_data("n", "[1]");
}

Test(etag, if_match_on_a_name_that_does_not_exist) {
  expect_problem(put_if(TENSOR("nobody"), "[1]", "*"), 412, "version_changed");
  expect_problem(put_if(TENSOR("nobody"), "[1]", "\"0\""), 412, "version_changed");
}

Test(etag, of_a_gradient_changes_with_the_gradient) {
  const char *first = tag(TENSOR("w") "/grad");
  expect_status(get_unless(TENSOR("w") "/grad", first), 304);
  del(TENSOR("w") "/grad");
  put(TENSOR("w") "/grad", "[7]"); // another tensor, at version 0 again
  const char *second = tag(TENSOR("w") "/grad");
  cr_assert_str_neq(first, second);
  expect_json(get_unless(TENSOR("w") "/grad", first), 200, "{'data':[7]}");
  expect_problem(put_if(TENSOR("w") "/grad", "[8]", first), 412, "version_changed");
  post(TENSOR("w") "/backward", NULL); // adds to it in place
  cr_assert_str_neq(second, tag(TENSOR("w") "/grad"));
}

Test(etag, if_match_on_what_does_not_exist_is_412_on_every_method) {
  static const char *const methods[] = {"PUT", "PATCH", "DELETE"};
  for (int i = 0; i < 3; i++)
    expect_problem(ask(.method = methods[i], .path = TENSOR("nobody"), .headers = {"If-Match: *"},
                       .body = i < 2 ? "{\"requires_grad\":true}" : NULL),
                   412, "version_changed");
  expect_problem(ask(.method = "DELETE", .path = TENSOR("nobody")), 404, "tensor_unknown");
}

static answer *post_if(const char *path, const char *body, const char *tags) {
  return ask(.method = "POST", .path = path, .body = body ? quoted(body) : NULL,
             .headers = {text("If-Match: %s", tags)});
}

Test(etag, of_an_in_place_op_is_that_of_its_first_argument) {
  expect_status(post_if(OPS "/add_?args=m,1", NULL, tag(TENSOR("m"))), 201);
  expect_problem(post_if(OPS "/add_?args=m,1", NULL, "\"0\""), 412, "version_changed");
  expect_status(post_if(OPS, "{'op':'add_','args':['m',1]}", "\"1\""), 201);
  expect_data("m", "[3,4]");
  expect_status(post_if(OPS, "{'op':'zero_','args':['w.grad']}", tag(TENSOR("w") "/grad")), 201);
  expect_problem(post_if(OPS, "{'op':'add','args':['m',1],'out':'n'}", "\"2\""), 412, "version_changed");
  expect_status(post_if(OPS, "{'op':'add','args':['m',1],'out':'n'}", "*"), 201);
}

Test(etag, of_backward_is_that_of_its_root) {
  expect_status(post_if(TENSOR("w") "/backward", NULL, tag(TENSOR("w"))), 200);
  expect_problem(post_if(TENSOR("w") "/backward", NULL, "\"7\""), 412, "version_changed");
  expect_json(get(TENSOR("w") "/grad"), 200, "{'data':[2]}");
}

Test(etag, a_session_has_none) {
  static const char *const body = "{}";
  expect_status(put_if(SESSION, body, "*"), 200);
  expect_problem(put_if("/v1/sessions/nobody", body, "*"), 412, "version_changed");
  expect_problem(post_if("/v1/sessions", NULL, "\"0\""), 412, "version_changed");
  expect_status(post_if(BATCH, "{'steps':[]}", "*"), 200);
  answer *again = ask(.method = "PUT", .path = SESSION, .headers = {"If-None-Match: *"});
  expect_problem(again, 412, "version_changed");
  answer *made = ask(.method = "PUT", .path = "/v1/sessions/fresh", .headers = {"If-None-Match: *"});
  expect_status(made, 201);
}

Test(etag, tells_sessions_of_one_name_apart) {
  del(SESSION);
  put(SESSION, NULL);
  put(TENSOR("m"), "[1.0,2.0]");
  const char *second = tag(TENSOR("m"));
  cr_assert_str_neq(second, "\"0\"", "that was the one before");
  expect_status(get_unless(TENSOR("m"), "\"0\""), 200);
  expect_status(get_unless(TENSOR("m"), second), 304);
  expect_problem(put_if(TENSOR("m") "/data", "[3,4]", "\"0\""), 412, "version_changed");
  expect_status(put_if(TENSOR("m") "/data", "[3,4]", second), 200);
}
