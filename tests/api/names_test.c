// What a name may be.
#include "client.h"
#include <criterion/criterion.h>
#include <string.h>

TestSuite(names, .init = client_up, .fini = client_down);

#define X8  "xxxxxxxx"
#define X64 X8 X8 X8 X8 X8 X8 X8 X8
#define HAN "%E5%90%8D" // 名, three bytes

static const char *const GOOD[] = {
    "w",
    "W",
    "_w",
    "_",
    "w1",
    "snake_case_1",
    HAN,
    "%C3%A9t%C3%A9",
    "%CE%B8",
    "x" HAN "2",
    X64,
    HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN "x", // 64 bytes
};
static const char *const BAD[] = {
    "1w",
    "a-b",
    "a%20b",
    "%20a",
    "a%0A",
    "a%09",
    "a%7F",
    "a:b",
    "a*b",
    "a%22b",
    "a'b",
    "a%3Cb",
    "%F0%9F%98%80", // 😀
    "%E2%80%AEa",
    "%C2%A0a",
    "a%E2%80%8Bb",
    X64 "x",
    HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN, // 66 bytes
    "%EF%BC%91",
    "a%CC%81%00", // a full-width digit first
};
#define EACH(p, list) for (const char *const *p = list; p < list + sizeof list / sizeof *list; p++)

Test(names, good_ones_work_everywhere) {
  EACH(n, GOOD) {
    answer *a = expect_status(put(text("/v1/sessions/%s", *n), NULL), 201);
    cr_assert(strlen(string_at(a, "name")) <= 64);
    expect_status(put(text(SESSION "/tensors/%s", *n), "[1]"), 201);
    expect_json(get(text(SESSION "/tensors/%s", *n)), 200, "{'data':[1]}");
    answer *made = expect_status(post(OPS, text("{'op':'neg','args':['%s']}", string_at(a, "name"))), 201);
    cr_assert(made);
    expect_status(del(text(SESSION "/tensors/%s", *n)), 204);
  }
}

Test(names, bad_ones_are_refused_everywhere) {
  EACH(n, BAD) {
    expect_problem(put(text("/v1/sessions/%s", *n), NULL), 400, "bad_name|bad_header");
    expect_problem(put(text(SESSION "/tensors/%s", *n), "[1]"), 400, "bad_name|bad_header");
    expect_problem(get(text(SESSION "/tensors/%s", *n)), 400, "bad_name|bad_header");
    expect_problem(get(text(SESSION "/tensors/%s/grad", *n)), 400, "bad_name|bad_header");
  }
  expect_json(get(SESSION "/tensors"), 200, "{'tensors':[]}");
}

Test(names, of_tensors_may_have_dots) {
  static const char *const good[] = {"layer1.weight", "a.b.c",  "net._0.bias",     "w.grad2",
                                     "grad",          "grad.w", "layers.0.weight", "a.1"};
  static const char *const bad[] = {".a", "a.", "a..b", ".", "1.a", "a.1b", "layers.0.weight-x"};
  static const char *const taken[] = {"true",  "null", "None",         "NaN", "Infinity",
                                      "class", "for",  "layer.lambda", "if.w"};
  EACH(n, good) expect_status(put(text(SESSION "/tensors/%s", *n), "[1]"), 201);
  EACH(n, taken) expect_problem(put(text(SESSION "/tensors/%s", *n), "[1]"), 400, "bad_name");
  EACH(n, bad) expect_problem(put(text(SESSION "/tensors/%s", *n), "[1]"), 400, "bad_name");
}

Test(names, of_sessions_may_be_keywords) { expect_status(put("/v1/sessions/class", NULL), 201); }

Test(names, of_sessions_have_no_dots) { expect_problem(put("/v1/sessions/a.b", NULL), 400, "bad_name"); }

Test(names, gradient_is_a_reference_not_a_name) {
  put(TENSOR("w"), "{'data':[1.0],'requires_grad':true}");
  expect_problem(put(TENSOR("w.grad"), "[1]"), 400, "bad_name");
  expect_problem(op("{'op':'neg','args':['w'],'out':'w.grad'}"), 400, "bad_name");
  expect_problem(batch("{'steps':[{'tensor':'w.grad','data':1}]}"), 400, "bad_name");
}

Test(names, in_bodies_are_checked_too) {
  put(TENSOR("w"), "{'data':[1.0],'requires_grad':true}");
  static const char *const bad[] = {"", "1w", "a-b", "a b", "a\\u0000b", "a\\u202eb", X64 "x", "a/b", "../w"};
  EACH(n, bad) {
    expect_problem(op(text("{'op':'neg','args':['w'],'out':'%s'}", *n)), 400, "bad_name|bad_json");
    expect_problem(post(SESSION "/tensors", text("{'name':'%s','data':1}", *n)), 400, "bad_name|bad_json");
    expect_problem(batch(text("{'steps':[{'tensor':'%s','data':1}]}", *n)), 400, "bad_name|bad_json");
    expect_problem(post(SESSION "/backward", text("{'tensors':['%s']}", *n)), 400, "bad_name|bad_json");
  }
  expect_json(get(SESSION "/tensors"), 200, "{'tensors':[{'name':'w'}]}");
}

Test(names, encoding_in_the_path_is_checked) {
  static const char *const bad[] = {"%",         "%4",           "%zz", "%ff",   "%C3",  "%C0%AF",
                                    "%ED%A0%80", "%F5%80%80%80", "%00", "a%2fb", "a%5cb"};
  EACH(n, bad) {
    expect_problem(put(text("/v1/sessions/%s", *n), NULL), 400, "bad_header|bad_name");
    expect_problem(put(text(SESSION "/tensors/%s", *n), "[1]"), 400, "bad_header|bad_name");
  }
  expect_status(put(SESSION "/tensors/%77", "[1]"), 201); // an encoded w is w
  expect_json(get(TENSOR("w")), 200, "{'name':'w'}");
}

Test(names, dot_segments_lead_nowhere) {
  expect_refused(get("/v1/sessions/../sessions/s"));
  expect_refused(get("/v1/sessions/%2e%2e/s"));
  expect_refused(get("/../../etc/passwd"));
  expect_refused(get("/..%2f..%2fetc/passwd"));
}

Test(names, location_is_ascii) {
  answer *a = expect_status(put(text(SESSION "/tensors/%s", HAN), "[1]"), 201);
  expect_header(a, "Location", text(SESSION "/tensors/%s", HAN));
  expect_json(get(header(a, "Location")), 200, "{'data':[1]}");
}
