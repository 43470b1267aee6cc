// The resources that belong to no session.
#include "client.h"
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

TestSuite(service, .init = client_up, .fini = client_down);

static bool starts(const char *s, const char *with) { return s && strncmp(s, with, strlen(with)) == 0; }

Test(service, root_is_a_page_for_a_browser_and_a_cheat_sheet_otherwise) {
  answer *page = expect_status(ask(.path = "/", .accept = "text/html,application/xhtml+xml,*/*;q=0.8"), 200);
  cr_assert(starts(header(page, "Content-Type"), "text/html"));
  cr_assert(strstr(page->body, "<html"));
  answer *sheet = expect_status(get("/"), 200); // curl's Accept: */*
  cr_assert(starts(header(sheet, "Content-Type"), "text/plain"));
  cr_assert(strstr(sheet->body, "curl"));
  cr_assert(strstr(sheet->body, "/v1/sessions/"));
}

// The teaching page knows its own address; what stands in for it, and the sheet, have to be told.
Test(service, pages_name_the_address_that_was_asked) {
  static const char *const accepts[] = {"text/plain", "text/html"};
  answer *page = expect_status(ask(.path = "/", .accept = "text/html"), 200);
  for (int i = 0; i < (strstr(page->body, "id=\"app\"") ? 1 : 2); i++) {
    const char *here = text("S=http://127.0.0.1:%d/v1/sessions/demo\n", server_port());
    cr_assert(strstr(expect_status(ask(.path = "/", .accept = accepts[i]), 200)->body, here));
    answer *named = ask(.path = "/", .accept = accepts[i], .headers = {"Host: localhost"});
    cr_assert(strstr(expect_status(named, 200)->body, "S=http://localhost/v1/sessions/demo\n"));
  }
}

Test(service, probes_say_ok) {
  cr_assert(starts(expect_status(get("/livez"), 200)->body, "ok"));
  cr_assert(starts(expect_status(get("/readyz"), 200)->body, "ok"));
}

Test(service, metrics_are_prometheus_text) {
  answer *a = expect_status(get("/metrics"), 200);
  const char *type = header(a, "Content-Type");
  cr_assert(starts(type, "text/plain") && strstr(type, "version=0.0.4"), "%s", type);
  cr_assert(a->size && a->body[a->size - 1] == '\n');
  int samples = 0;
  for (char *save, *line = strtok_r(text("%s", a->body), "\n", &save); line;
       line = strtok_r(NULL, "\n", &save)) {
    if (starts(line, "# HELP ") || starts(line, "# TYPE ")) continue;
    char *value = strrchr(line, ' '), *end;
    cr_assert(value && (islower((unsigned char)line[0])), "not a sample: %s", line);
    strtod(value + 1, &end);
    cr_assert(*end == 0, "not a number: %s", line);
    samples++;
  }
  cr_assert(samples >= 5, "only %d samples", samples);
}

Test(service, metrics_count_what_happens) {
  const char *before = text("%s", expect_status(get("/metrics"), 200)->body);
  post(OPS, "{'op':'add','args':[1,2]}");
  const char *after = expect_status(get("/metrics"), 200)->body;
  cr_assert(strcmp(before, after) != 0);
}

Test(service, metrics_count_the_tensors_of_all_sessions) {
  put(TENSOR("w"), "[1]");
  put(TENSOR("x"), "[1]");
  cr_assert(strstr(expect_status(get("/metrics"), 200)->body, "\ngradd_session_tensors 2\n"));
}

Test(service, about_names_version_limits_and_dtypes) {
  expect_json(
      get("/v1"), 200,
      "{'name':'gradd','dtypes':['float32','float64','int64','bool'],'limits':{'body_bytes':8388608,"
      "'binary_body_bytes':268435456,'session_nodes':1000000,'session_bytes':1073741824,'sessions':100000,"
      "'session_tensors':1000000,'connections':4096,'session_ttl_s':3600,'request_s':30,'waiting_per_session'"
      ":64,'waiting':1024}}");
  cr_assert(number_at(get("/v1"), "ops") == cJSON_GetArraySize(at(get("/v1/ops"), "ops")));
}

Test(service, catalogue_is_complete) {
  answer *a = expect_status(get("/v1/ops"), 200);
  const cJSON *entry;
  cJSON_ArrayForEach(entry, at(a, "ops")) {
    static const char *const fields[] = {"name",  "signature", "args",    "doc", "derivative",
                                         "local", "saves",     "inplace", "view"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
      cr_assert(cJSON_GetObjectItemCaseSensitive(entry, fields[i]), "%s has no %s",
                cJSON_GetObjectItemCaseSensitive(entry, "name")->valuestring, fields[i]);
  }
  char names[] =
      "zeros ones full arange linspace eye zeros_like clone detach neg abs sign exp log sqrt rsqrt "
      "reciprocal square sin cos tan tanh relu sigmoid clamp pow add sub mul div maximum minimum eq ne "
      "lt le gt ge where masked_fill sum mean max min amax amin argmax argmin logsumexp any all "
      "reshape view flatten t transpose permute squeeze unsqueeze expand broadcast_to contiguous cat "
      "stack gather index_select matmul mm bmm mv dot addmm linear outer softmax log_softmax "
      "leaky_relu softplus gelu silu mse_loss l1_loss cross_entropy nll_loss binary_cross_entropy "
      "binary_cross_entropy_with_logits rand randn add_ sub_ mul_ div_ zero_ fill_ copy_ "
      "requires_grad_";
  for (char *rest, *name = strtok_r(names, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
    expect_json(get(text("/v1/ops/%s", name)), 200, text("{'name':'%s'}", name));
}

Test(service, op_is_described_with_its_overloads) {
  answer *a = expect_json(get("/v1/ops/mul"), 200, "{'name':'mul','inplace':true,'view':false}");
  cr_assert(cJSON_GetArraySize(at(a, "overloads")) >= 1);
  cr_assert(cJSON_IsString(at(a, "derivative.other")));
  cr_assert(starts(string_at(a, "signature"), "mul("));
  expect_json(get("/v1/ops/add_"), 200, "{'name':'add_','inplace':true}");
  expect_json(get("/v1/ops/view"), 200, "{'name':'view','view':true}");
  answer *sum = expect_status(get("/v1/ops/sum"), 200);
  bool keepdim = false;
  for (int i = 0; i < cJSON_GetArraySize(at(sum, "overloads")); i++)
    for (int k = 0; k < cJSON_GetArraySize(at(sum, text("overloads.%d.args", i))); k++)
      keepdim |= strcmp(string_at(sum, text("overloads.%d.args.%d.name", i, k)), "keepdim") == 0;
  cr_assert(keepdim, "%s", sum->body);
}

Test(service, unknown_op_is_404) { expect_problem(get("/v1/ops/frobnicate"), 404, "op_unknown"); }

Test(service, contract_is_served) {
  answer *a = expect_json(get("/openapi.json"), 200, "{'openapi':'3.1.0','info':{'title':'gradd'}}");
  cr_assert(at(a, "paths./v1/sessions/{session}/batch.post"));
}

struct row {
  const char *code, *status, *class, *title;
};

Test(service, every_error_code_is_explained) {
  static const struct row rows[] = {
#define ERROR(code, status, class, en, zh) {#code, #status, #class, en},
#include "../../src/base/errors.def"
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    answer *a = expect_status(get(text("/problems/%s", rows[i].code)), 200);
    cr_assert_str_eq(string_at(a, "code"), rows[i].code);
    cr_assert_str_eq(string_at(a, "raises"), rows[i].class);
    cr_assert_str_eq(string_at(a, "title.en"), rows[i].title);
    cr_assert(number_at(a, "status") == atoi(rows[i].status));
    cr_assert(*string_at(a, "title.zh"));
  }
}

Test(service, unknown_address_is_404) {
  expect_problem(get("/problems/nonsense"), 404, "not_found");
  expect_problem(get("/nothing"), 404, "not_found");
  expect_problem(get("/v1/nothing"), 404, "not_found");
  expect_problem(get(SESSION "/nothing"), 404, "not_found");
  expect_problem(get(TENSOR("w") "/nothing"), 404, "not_found");
  expect_problem(get(SESSION "/"), 404, "not_found");
  expect_problem(get("//"), 404, "not_found");
}

static const char *const PATHS[] = {"/",
                                    "/livez",
                                    "/readyz",
                                    "/metrics",
                                    "/openapi.json",
                                    "/problems/bad_json",
                                    "/v1",
                                    "/v1/ops",
                                    "/v1/ops/add",
                                    "/v1/sessions",
                                    SESSION,
                                    SESSION "/tensors",
                                    TENSOR("w"),
                                    TENSOR("w") "/data",
                                    TENSOR("w") "/grad",
                                    TENSOR("w") "/backward",
                                    SESSION "/backward",
                                    SESSION "/grad",
                                    SESSION "/zero_grad",
                                    OPS,
                                    OPS "/add",
                                    BATCH,
                                    SESSION "/graph"};

#define EACH_PATH(p) for (const char *const *p = PATHS; p < PATHS + sizeof PATHS / sizeof *PATHS; p++)

Test(service, options_lists_the_methods_of_every_path) {
  EACH_PATH(p) {
    answer *a = expect_status(ask(.method = "OPTIONS", .path = *p), 204);
    const char *allow = header(a, "Allow");
    cr_assert(allow && strstr(allow, "OPTIONS"), "%s: %s", *p, a->headers);
    cr_assert(!strstr(allow, "GET") == !strstr(allow, "HEAD"), "%s: GET and HEAD go together: %s", *p, allow);
  }
}

Test(service, method_that_a_path_does_not_serve_is_405_with_allow) {
  static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
  EACH_PATH(p) {
    const char *allow = header(ask(.method = "OPTIONS", .path = *p), "Allow");
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
      if (strstr(allow, methods[i])) continue;
      answer *a = expect_problem(ask(.method = methods[i], .path = *p), 405, "method_not_allowed");
      expect_header(a, "Allow", allow);
      cr_assert(strstr(string_at(a, "detail"), allow), "%s", a->body);
    }
  }
  expect_problem(ask(.method = "QUERY", .path = "/livez"), 405, "method_not_allowed");
}

Test(service, method_that_http_does_not_know_is_501) {
  expect_problem(ask(.method = "BREW", .path = "/v1"), 501, "method_unknown");
  expect_problem(ask(.method = "TRACE", .path = "/v1"), 501, "method_unknown");
}

Test(service, head_answers_as_get_without_a_body) {
  put(TENSOR("w"), "[1,2]");
  static const char *const paths[] = {"/",     "/livez",    "/v1",           "/v1/ops/add",
                                      SESSION, TENSOR("w"), SESSION "/graph"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    answer *full = expect_status(get(paths[i]), 200);
    answer *head = expect_status(ask(.method = "HEAD", .path = paths[i]), 200);
    cr_assert(head->size == 0);
    expect_header(head, "Content-Type", header(full, "Content-Type"));
  }
  cr_assert(expect_status(ask(.method = "HEAD", .path = TENSOR("nothing")), 404)->size == 0);
}

Test(service, representation_that_is_not_served_is_406) {
  expect_problem(ask(.path = "/", .accept = "image/png"), 406, "not_acceptable");
  expect_problem(ask(.path = "/v1/sessions", .accept = "image/png"), 406, "not_acceptable");
  expect_problem(ask(.method = "POST", .path = "/v1/sessions", .accept = "image/png"), 406, "not_acceptable");
  expect_problem(get(SESSION "?as=npy"), 406, "not_acceptable");
}

Test(service, accept_with_quality_zero_excludes) {
  expect_problem(ask(.path = "/v1/sessions", .accept = "application/json;q=0"), 406, "not_acceptable");
  expect_status(ask(.path = "/v1/sessions", .accept = "image/png, */*;q=0.1"), 200);
  expect_status(ask(.path = "/v1/sessions", .accept = "application/*"), 200);
  expect_json(ask(.path = "/", .accept = "application/json"), 200, "{'name':'gradd'}");
}

Test(service, query_is_checked_where_it_means_something) {
  expect_problem(get("/v1/sessions?nonsense=1"), 422, "bad_argument");
  expect_problem(get("/v1/sessions?limit=1&limit=2"), 422, "bad_argument");
  expect_problem(get("/v1/sessions?limit=%zz"), 400, "bad_header");
  expect_problem(get("/v1/sessions?prefix=%ff"), 400, "bad_header");
  expect_status(get("/livez?x=1"), 200);
  expect_status(get("/readyz?x=1"), 200);
  expect_status(get("/?x=1"), 200);
}

Test(service, requests_are_logged_without_their_query) {
  post(OPS "/add?args=12345,1", NULL);
  put(TENSOR("private"), "[12345]");
  expect_status(get("/livez"), 200);
  cr_assert(server_logged("method=POST path=" OPS "/add status=201 us="));
  cr_assert_not(server_logged("12345"));
}

Test(service, json_answers_end_their_line) {
  put(TENSOR("w"), "{'data':[1.0],'requires_grad':true}");
  static const char *const paths[] = {
      "/v1",       "/v1/ops/add", "/v1/ops",          "/v1/sessions",       SESSION,
      TENSOR("w"), "/nothing",    SESSION "/tensors", "/problems/bad_json", SESSION "/graph"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    answer *a = get(paths[i]);
    cr_assert(a->size > 1 && a->body[a->size - 1] == '\n' && a->body[a->size - 2] != '\n', "%s", paths[i]);
  }
  answer *writes[] = {post(TENSOR("w") "/backward", NULL), batch("{'steps':[]}"), put(TENSOR("w"), "[1]"),
                      op("{'op':'max','args':[[[1]],0]}")};
  for (int i = 0; i < 4; i++) cr_assert(writes[i]->body[writes[i]->size - 1] == '\n', "%s", writes[i]->body);
}

Test(service, long_target_is_414) {
  char *path = text("/v1?%02100d", 0);
  expect_problem(get(path), 414, "uri_too_long");
}

Test(service, every_answer_has_its_own_request_id) {
  const char *one = header(get("/v1"), "X-Request-Id"), *two = header(get("/v1"), "X-Request-Id");
  cr_assert(one && two && strcmp(one, two) != 0);
  cr_assert(header(get("/livez"), "X-Request-Id"));
}

Test(service_start, a_public_address_without_tokens_is_refused) {
  cr_assert(server_refuses((const char *const[]){"--host", "0.0.0.0", NULL}));
}

Test(service_start, an_unknown_option_is_refused) {
  cr_assert(server_refuses((const char *const[]){"--frobnicate", NULL}));
  cr_assert(server_refuses((const char *const[]){"--deadline-s", "soon", NULL}));
}
