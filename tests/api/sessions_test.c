// /v1/sessions and /v1/sessions/{session}; and what holds for everything below a session.
#include "client.h"
#include "raw.h"
#include "operations.h"
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(sessions, .init = client_up, .fini = client_down);

Test(sessions, put_makes_one_and_is_idempotent) {
  answer *made = expect_status(put("/v1/sessions/lab", NULL), 201);
  expect_header(made, "Location", "/v1/sessions/lab");
  expect_json(made, 201, "{'name':'lab','tensors':0,'nodes':0,'dtype':'float32','limits':{'nodes':1000000}}");
  answer *again = expect_status(put("/v1/sessions/lab", NULL), 200);
  cr_assert(!header(again, "Location"));
  expect_json(get("/v1/sessions/lab"), 200, "{'name':'lab'}");
}

Test(sessions, settings_are_taken_and_shown) {
  expect_json(put("/v1/sessions/lab", "{'ttl_s':60,'seed':7,'dtype':'float64'}"), 201,
              "{'ttl_s':60,'seed':7,'dtype':'float64'}");
  expect_json(put("/v1/sessions/lab/tensors/w", "[1.5]"), 201, "{'dtype':'float64'}");
  double left = number_at(get("/v1/sessions/lab"), "expires_in_s");
  cr_assert(left > 0 && left <= 60);
  expect_json(put("/v1/sessions/lab", "{'ttl_s':90}"), 200, "{'ttl_s':90,'seed':7,'dtype':'float64'}");
}

Test(sessions, seeds_are_int64) {
  expect_json(patch(SESSION, "{'seed':-9223372036854775808}"), 200, "{'seed':-9223372036854775808}");
  cr_assert(strstr(patch(SESSION, "{'seed':9007199254740993}")->body, "\"seed\":9007199254740993,"));
  expect_problem(patch(SESSION, "{'seed':9223372036854775808}"), 400, "bad_number");
}

Test(sessions, post_makes_a_random_name) {
  answer *a = expect_status(post("/v1/sessions", "{'seed':1}"), 201),
         *b = expect_status(post("/v1/sessions", NULL), 201);
  const char *name = string_at(a, "name");
  cr_assert(strlen(name) == 27 && name[0] == 's', "%s", name);
  for (const char *p = name; *p; p++) cr_assert(isalnum((unsigned char)*p), "%s", name);
  cr_assert(strcmp(name, string_at(b, "name")) != 0);
  expect_header(a, "Location", text("/v1/sessions/%s", name));
  expect_status(get(header(a, "Location")), 200);
}

Test(sessions, patch_changes_settings) {
  expect_json(patch(SESSION, "{'ttl_s':12.5}"), 200, "{'ttl_s':12.5}");
  expect_json(patch(SESSION, "{'dtype':'float64'}"), 200, "{'ttl_s':12.5,'dtype':'float64'}");
  expect_json(patch(SESSION, "{}"), 200, "{'dtype':'float64'}");
}

Test(sessions, seed_makes_random_tensors_reproducible) {
  patch(SESSION, "{'seed':42}");
  answer *first = expect_status(op("{'op':'randn','args':[[4]],'out':'r'}"), 201);
  answer *second = expect_status(op("{'op':'randn','args':[[4]],'out':'r'}"), 201);
  patch(SESSION, "{'seed':42}");
  answer *third = expect_status(op("{'op':'randn','args':[[4]],'out':'r'}"), 201);
  char *a = cJSON_PrintUnformatted(at(first, "data")), *b = cJSON_PrintUnformatted(at(second, "data")),
       *c = cJSON_PrintUnformatted(at(third, "data"));
  cr_assert_str_eq(a, c);
  cr_assert_str_neq(a, b);
  free(a), free(b), free(c);
}

Test(sessions, state_counts_tensors_nodes_and_bytes) {
  double empty = number_at(get(SESSION), "bytes");
  put(TENSOR("w"), "{'shape':[1000],'fill':'ones','requires_grad':true}");
  op("{'op':'mul','args':['w',2],'out':'y'}");
  answer *a = expect_json(get(SESSION), 200, "{'tensors':2}");
  cr_assert(number_at(a, "nodes") >= 1);
  cr_assert(number_at(a, "bytes") >= empty + 8000);
  del(TENSOR("y")), del(TENSOR("w"));
  expect_json(get(SESSION), 200, "{'tensors':0,'nodes':0}");
}

Test(sessions, list_is_sorted_and_paged) {
  for (int i = 4; i >= 0; i--) put(text("/v1/sessions/p%d", i), NULL);
  answer *first =
      expect_json(get("/v1/sessions?prefix=p&limit=2"), 200, "{'sessions':[{'name':'p0'},{'name':'p1'}]}");
  answer *second = expect_json(get(text("/v1/sessions?prefix=p&limit=2&cursor=%s", string_at(first, "next"))),
                               200, "{'sessions':[{'name':'p2'},{'name':'p3'}]}");
  expect_json(get(text("/v1/sessions?prefix=p&limit=2&cursor=%s", string_at(second, "next"))), 200,
              "{'sessions':[{'name':'p4'}],'next':null}");
  expect_json(get("/v1/sessions?prefix=nothing"), 200, "{'sessions':[],'next':null}");
  expect_json(get("/v1/sessions"), 200, "{'sessions':[{},{},{},{},{},{'name':'s'}],'next':null}");
}

Test(sessions, list_refuses_a_bad_limit) {
  expect_problem(get("/v1/sessions?limit=0"), 422, "bad_argument");
  expect_problem(get("/v1/sessions?limit=1001"), 422, "bad_argument");
  expect_problem(get("/v1/sessions?limit=many"), 422, "bad_argument");
}

Test(sessions, delete_drops_everything) {
  put(TENSOR("w"), "[1]");
  answer *gone = expect_status(del(SESSION), 204);
  cr_assert(gone->size == 0);
  expect_problem(get(SESSION), 404, "session_unknown");
  expect_problem(del(SESSION), 404, "session_unknown");
  expect_status(put(SESSION, NULL), 201);
  expect_problem(get(TENSOR("w")), 404, "tensor_unknown");
}

static void refuses_settings(const char *method, const char *path) {
  static const struct {
    const char *body;
    int status;
    const char *code;
  } rows[] = {
      {"{'ttl_s':0}", 422, "bad_argument"},
      {"{'ttl_s':-1}", 422, "bad_argument"},
      {"{'ttl_s':'long'}", 422, "bad_argument"},
      {"{'dtype':'int64'}", 422, "bad_argument"},
      {"{'dtype':'half'}", 422, "bad_argument"},
      {"{'seed':'x'}", 422, "bad_argument"},
      {"{'color':'red'}", 400, "unknown_field"},
      {"{'seed':1,'seed':2}", 400, "duplicate_key"},
      {"{'seed':1.5}", 400, "bad_number"},
      {"{'ttl_s':1e999}", 400, "bad_number"},
      {"[]", 422, "bad_argument"},
      {"{", 400, "bad_json"},
      {"nonsense", 400, "bad_json"},
      {"{} {}", 400, "bad_json"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    expect_problem(ask(.method = method, .path = path, .body = quoted(rows[i].body)), rows[i].status,
                   rows[i].code);
}

Test(sessions, bad_settings_are_refused) {
  refuses_settings("PUT", "/v1/sessions/new");
  refuses_settings("PATCH", SESSION);
  refuses_settings("POST", "/v1/sessions");
  expect_problem(get("/v1/sessions/new"), 404, "session_unknown");
}

Test(sessions, patch_of_an_unknown_one_is_404) {
  expect_problem(patch("/v1/sessions/nobody", "{'ttl_s':5}"), 404, "session_unknown");
}

// ---- what holds for everything below a session

static answer *try_operation(const struct operation *o, const char *session, const char *type,
                             const char *accept) {
  return ask(.method = o->method, .path = text("/v1/sessions/%s%s", session, o->path),
             .body = o->body ? quoted(o->body) : NULL, .type = type, .accept = accept);
}

static void put_w(const char *session) {
  expect_status(put(text("/v1/sessions/%s/tensors/w", session), "{'data':[1.0],'requires_grad':true}"), 201);
  expect_status(post(text("/v1/sessions/%s/tensors/w/backward", session), NULL), 200);
}

Test(sessions, every_operation_works) {
  put_w("s");
  EACH_OPERATION(o) {
    answer *a = try_operation(o, "s", NULL, NULL);
    cr_assert(a->status / 100 == 2, "%s %s: %d %s", o->method, o->path, a->status, a->body);
  }
}

Test(sessions, unknown_session_is_404_everywhere) {
  EACH_OPERATION(o)
  if (!(o->traits & REVIVES)) expect_problem(try_operation(o, "nobody", NULL, NULL), 404, "session_unknown");
}

Test(sessions, bad_session_name_is_400_everywhere) {
  EACH_OPERATION(o) expect_problem(try_operation(o, "9lives", NULL, NULL), 400, "bad_name");
}

Test(sessions, unacceptable_representation_is_406_everywhere) {
  put_w("s");
  answer *before = get(SESSION);
  EACH_OPERATION(o)
  if (o->traits & ANSWERS) expect_problem(try_operation(o, "s", NULL, "image/png"), 406, "not_acceptable");
  expect_json(get(SESSION), 200, text("{'tensors':1,'bytes':%.0f}", number_at(before, "bytes")));
}

Test(sessions, body_of_another_type_is_415_everywhere) {
  put_w("s");
  EACH_OPERATION(o)
  if (o->traits & TAKES_BODY)
    expect_problem(try_operation(o, "s", "text/html", NULL), 415, "unsupported_media_type");
  answer *a = ask(.method = "POST", .path = "/v1/sessions", .body = "{}", .type = "text/html");
  expect_problem(a, 415, "unsupported_media_type");
}

Test(sessions, body_where_none_is_taken_is_413) {
  answer *a = ask(.method = "POST", .path = OPS "/add?args=1,1", .body = "{}");
  expect_problem(a, 413, "body_too_large");
  cr_assert(strstr(string_at(a, "detail"), "no body is taken here"), "%s", a->body);
  expect_problem(ask(.method = "DELETE", .path = TENSOR("w"), .body = "{}"), 413, "body_too_large");
}

// What `curl -d` labels as a form is JSON in truth. A page of another site can send a form by POST, but not
// by PUT.
Test(sessions, form_type_is_json_on_put_and_refused_on_post) {
  static const char form[] = "application/x-www-form-urlencoded";
  expect_status(ask(.method = "PUT", .path = TENSOR("w"), .body = "[1.5]", .type = form), 201);
  expect_status(ask(.method = "PATCH", .path = SESSION, .body = "{}", .type = form), 200);
  expect_problem(
      ask(.method = "POST", .path = OPS, .body = "{\"op\":\"neg\",\"args\":[\"w\"]}", .type = form), 415,
      "unsupported_media_type");
  expect_problem(ask(.method = "POST", .path = BATCH, .body = "{\"steps\":[]}", .type = "text/plain"), 415,
                 "unsupported_media_type");
  expect_problem(ask(.method = "POST", .path = BATCH, .body = "{\"steps\":[]}",
                     .type = "multipart/form-data; boundary=x"),
                 415, "unsupported_media_type");
  expect_status(ask(.method = "POST", .path = BATCH, .body = "{\"steps\":[]}", .type = ""), 200);
  expect_status(ask(.method = "POST", .path = BATCH, .body = "{\"steps\":[]}",
                    .type = "application/json; charset=utf-8"),
                200);
}

Test(sessions, body_that_is_not_json_is_400_everywhere) {
  put_w("s");
  EACH_OPERATION(o)
  if (o->traits & TAKES_BODY)
    expect_problem(ask(.method = o->method, .path = text(SESSION "%s", o->path), .body = "{\"data\":"), 400,
                   "bad_json");
}

Test(sessions, unknown_field_is_400_everywhere) {
  put_w("s");
  EACH_OPERATION(o)
  if (o->traits & TAKES_BODY)
    expect_problem(
        ask(.method = o->method, .path = text(SESSION "%s", o->path), .body = "{\"frobnicate\":1}"), 400,
        "unknown_field");
}

Test(sessions, unknown_query_parameter_is_refused_everywhere) {
  put_w("s");
  EACH_OPERATION(o) {
    if (strchr(o->path, '?')) continue; // the shell form of an op: every parameter is an argument
    struct operation with = *o;
    with.path = text("%s?frobnicate=1", o->path);
    expect_problem(try_operation(&with, "s", NULL, NULL), 422, "bad_argument");
  }
}

static bool listed(const char *name) {
  return cJSON_GetArraySize(at(get(text("/v1/sessions?prefix=%s", name)), "sessions")) > 0;
}

Test(sessions, expired_session_is_410_everywhere_until_it_is_made_anew) {
  put("/v1/sessions/brief", "{'ttl_s':0.3}");
  put_w("brief");
  while (listed("brief")) continue; // listing does not renew it
  EACH_OPERATION(o)
  if (!(o->traits & REVIVES)) expect_problem(try_operation(o, "brief", NULL, NULL), 410, "session_expired");
  expect_status(put("/v1/sessions/brief", NULL), 201);
  expect_problem(get("/v1/sessions/brief/tensors/w"), 404, "tensor_unknown");
}

Test(sessions, are_separate) {
  put("/v1/sessions/other", NULL);
  put(TENSOR("w"), "[1]");
  expect_problem(get("/v1/sessions/other/tensors/w"), 404, "tensor_unknown");
  put("/v1/sessions/other/tensors/w", "[2]");
  expect_data("w", "[1]");
}

// More nodes than are freed on the thread that answers.
Test(sessions, delete_of_a_long_chain) {
  enum { STEPS = 30000 };
  char *body = scratch(64 * STEPS), *p = body;
  p += sprintf(p, "{\"steps\":[{\"tensor\":\"w\",\"data\":[1.0],\"requires_grad\":true},"
                  "{\"op\":\"neg\",\"args\":[\"w\"],\"out\":\"y\"}");
  for (int i = 0; i < STEPS; i++) p += sprintf(p, ",{\"op\":\"neg\",\"args\":[\"y\"],\"out\":\"y\"}");
  strcpy(p, "]}");
  for (int i = 0; i < 4; i++) {
    expect_status(ask(.method = "POST", .path = BATCH, .body = body), 200);
    expect_json(get(SESSION), 200, text("{'nodes':%d}", STEPS + 2));
    expect_status(del(SESSION), 204);
    expect_problem(get(SESSION), 404, "session_unknown");
    expect_json(put(SESSION, NULL), 201,
                "{'tensors':0,'nodes':0}"); // while the other one is still being freed
  }
  expect_status(ask(.method = "POST", .path = BATCH, .body = body), 200);
  expect_status(put(TENSOR("y"), "[1]"), 200); // lets go of the chain
  expect_json(get(SESSION), 200, "{'tensors':2,'nodes':0}");
  expect_status(ask(.method = "POST", .path = BATCH, .body = body), 200);
  expect_status(del(SESSION), 204); // and the server stops at once
}

Test(sessions, list_goes_page_by_page) {
  for (int i = 0; i < 25; i++) put(text("/v1/sessions/page%02d", (i * 7) % 25), NULL);
  const char *cursor = "";
  int seen = 0;
  do {
    answer *a = expect_status(get(text("/v1/sessions?prefix=page&limit=10&cursor=%s", cursor)), 200);
    int n = cJSON_GetArraySize(at(a, "sessions"));
    for (int i = 0; i < n; i++)
      cr_assert_str_eq(string_at(a, text("sessions.%d.name", i)), text("page%02d", seen++));
    cursor = cJSON_IsString(at(a, "next")) ? string_at(a, "next") : NULL;
  } while (cursor);
  cr_assert(seen == 25, "%d", seen);
}

static void wait_waiting(int n) {
  static const char GAUGE[] = "\ngradd_jobs_waiting ";
  for (int turn = 0; turn < 20000; turn++)
    if (atoi(strstr(get("/metrics")->body, GAUGE) + sizeof GAUGE - 1) >= n) return;
  cr_assert(false, "nothing waits");
}

Test(sessions, put_behind_a_delete_makes_a_new_one) {
  int running = raw_connect(), gone = raw_connect(), anew = raw_connect();
  put(TENSOR("one"), "1.0");
  post(OPS "/expand?args=one,[6000,6000]&out=big&data=none", NULL);
  raw_request(running, "POST", OPS "?data=none", "{'op':'matmul','args':['big','big'],'out':'p'}");
  wait_running();
  raw_request(gone, "DELETE", SESSION, NULL);
  wait_waiting(1);
  raw_request(anew, "PUT", SESSION, "{'seed':7}");
  wait_waiting(2);
  close(running); // which stops it
  expect_status(raw_read(gone, 60000), 204);
  answer *a = expect_json(raw_read(anew, 60000), 201, "{'tensors':0,'seed':7}");
  raw_record("PUT", SESSION, a);
  expect_json(get(SESSION), 200, "{'seed':7}");
  close(gone), close(anew);
}
