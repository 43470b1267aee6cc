// Any bytes at all: a clear problem document with a stable code, the server alive, the session as it was.
#include "client.h"
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static answer *before;

static void up(void) {
  client_up();
  put(TENSOR("w"), "{'data':[1.0,2.0],'requires_grad':true}");
  op("{'op':'mul','args':['w','w'],'out':'y'}");
  before = get(SESSION);
}

// The session must be what it was, and still work.
static void down(void) {
  expect_json(get(SESSION), 200,
              text("{'tensors':%.0f,'nodes':%.0f,'bytes':%.0f}", number_at(before, "tensors"),
                   number_at(before, "nodes"), number_at(before, "bytes")));
  expect_data("w", "[1,2]");
  expect_json(post(TENSOR("y") "/backward?return=grads", "{'gradient':[1.0,1.0]}"), 200,
              "{'values':{'w':{'data':[2,4]}}}");
  client_down();
}

TestSuite(hostile, .init = up, .fini = down, .timeout = 120);

// Each place that takes JSON.
static const struct {
  const char *method, *path;
} TAKERS[] = {
    {"PUT", TENSOR("n")},
    {"POST", SESSION "/tensors"},
    {"PUT", TENSOR("w") "/data"},
    {"PUT", TENSOR("w") "/grad"},
    {"PATCH", TENSOR("w") "/data"},
    {"PATCH", TENSOR("w")},
    {"POST", OPS},
    {"POST", BATCH},
    {"POST", TENSOR("y") "/backward"},
    {"POST", SESSION "/grad"},
    {"POST", SESSION "/backward"},
    {"POST", SESSION "/zero_grad"},
    {"PATCH", SESSION},
    {"PUT", "/v1/sessions/unborn"},
};
enum { TAKER_COUNT = sizeof TAKERS / sizeof *TAKERS };

static void refused_by_all(const char *body, size_t size, const char *codes) {
  for (int i = 0; i < TAKER_COUNT; i++)
    client_expect_problem(TAKERS[i].path, (int)size,
                          ask(.method = TAKERS[i].method, .path = TAKERS[i].path, .body = body, .size = size),
                          0, codes);
}

Test(hostile, text_that_is_not_json) {
  static const char *const bodies[] = {
      " ",           "{",
      "}",           "[",
      "]",           "{\"a\"}",
      "{\"a\":}",    "{\"a\":1,}",
      "{,}",         "[1,]",
      "[,1]",        "[1 2]",
      "{\"a\" 1}",   "{a:1}",
      "{'a':1}",     "\"",
      "\"\\",        "\"\\x\"",
      "\"\\u12\"",   "tru",
      "nul",         "True",
      "None",        "undefined",
      "//",          "/**/1",
      "1 2",         "{}{}",
      "[1]]",        "\xEF\xBB\xBF{}",
      "\"a\nb\"",    "\"\t\"",
      "\"\\ud800\"", "{\"\\udc00\":1}",
      "'x'",         "@",
      "\f1",         "\v[]",
      "[1]\x1f",
  };
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
    refused_by_all(bodies[i], strlen(bodies[i]), "bad_json|bad_number");
}

Test(hostile, numbers_that_are_not_json) {
  static const char *const bodies[] = {"01",
                                       "-01",
                                       "1.",
                                       ".5",
                                       "-",
                                       "+1",
                                       "1e",
                                       "1e+",
                                       "0x10",
                                       "1_000",
                                       "1e5.5",
                                       "--1",
                                       "1-",
                                       "Infinity",
                                       "NaN",
                                       "-Infinity",
                                       "1e999999999999999999999",
                                       "2.e3"};
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    const char *body = text("{\"data\":[1,%s]}", bodies[i]);
    expect_problem(ask(.method = "PUT", .path = TENSOR("n"), .body = body), 400, "bad_number|bad_json");
    expect_problem(ask(.method = "PUT", .path = TENSOR("w") "/data", .body = body), 400,
                   "bad_number|bad_json");
    const char *call = text("{\"op\":\"add\",\"args\":[1,%s]}", bodies[i]);
    expect_problem(ask(.method = "POST", .path = OPS, .body = call), 400, "bad_number|bad_json");
  }
}

Test(hostile, bytes_that_are_not_utf8) {
  static const char *const bytes[] = {"\xff",         "\xc3",
                                      "\xc0\xaf",     "\xe0\x80\x80",
                                      "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                      "\x80",         "\xf8\x88\x80\x80\x80"};
  for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
    char *in_string = text("{\"data\":[\"%s\"]}", bytes[i]), *in_key = text("{\"%s\":1}", bytes[i]);
    refused_by_all(in_string, strlen(in_string), "bad_json");
    refused_by_all(in_key, strlen(in_key), "bad_json");
    refused_by_all(bytes[i], strlen(bytes[i]), "bad_json");
  }
}

Test(hostile, nul_bytes) {
  refused_by_all("\0", 1, "bad_json");
  refused_by_all("{}\0", 3, "bad_json");
  refused_by_all("{}\0\0\0\0", 6, "bad_json");
  refused_by_all("{\"a\0b\":1}", 9, "bad_json");
  refused_by_all("{\"data\":[1,\0 2]}", 16, "bad_json");
}

Test(hostile, every_single_byte) {
  for (int b = 0; b < 256; b++) {
    if (b >= '0' && b <= '9') continue; // a digit is a 0-d tensor
    char one = (char)b;
    refused_by_all(&one, 1, "bad_json|bad_number");
  }
}

static char *repeated(const char *piece, size_t n, const char *middle, const char *end) {
  size_t p = strlen(piece), e = strlen(end), m = strlen(middle);
  char *s = scratch(n * (p + e) + m + 1), *at_ = s;
  for (size_t i = 0; i < n; i++) memcpy(at_, piece, p), at_ += p;
  memcpy(at_, middle, m), at_ += m;
  for (size_t i = 0; i < n; i++) memcpy(at_, end, e), at_ += e;
  return s;
}

Test(hostile, nesting_a_million_deep) {
  enum { DEEP = 1000000 };
  char *const bodies[] = {
      repeated("[", DEEP, "", ""),         repeated("[", DEEP, "1", "]"),
      repeated("{\"a\":", DEEP, "1", "}"), repeated("{\"data\":", DEEP, "", ""),
      repeated("[[],", DEEP, "1", "]"),
  };
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    refused_by_all(bodies[i], strlen(bodies[i]), NULL);
    char *args = text("{\"op\":\"neg\",\"args\":[%s]}", bodies[i]);
    expect_refused(ask(.method = "POST", .path = OPS, .body = args));
    char *steps = text("{\"steps\":[%s]}", bodies[i]);
    expect_refused(ask(.method = "POST", .path = BATCH, .body = steps));
  }
  char *blocks = repeated("{\"no_grad\":[", 100000, "", "]}");
  expect_refused(ask(.method = "POST", .path = BATCH, .body = text("{\"steps\":[%s]}", blocks)));
}

Test(hostile, rank_nine_and_more) {
  expect_problem(put(TENSOR("n"), "[[[[[[[[[1]]]]]]]]]"), 422, "shape_mismatch");
  expect_problem(put(TENSOR("n"), "{'shape':[1,1,1,1,1,1,1,1,1],'fill':'ones'}"), 422, "shape_mismatch");
  expect_problem(op("{'op':'view','args':['w',[1,1,1,1,1,1,1,1,2]]}"), 422, "shape_mismatch|bad_argument");
}

static const char *const SHAPES[] = {
    "[2147483647]",
    "[2147483648]",
    "[2147483647,2]",
    "[46341,46341]",
    "[65536,65536]",
    "[4294967295]",
    "[4294967296]",
    "[4294967297]",
    "[65536,65537]",
    "[2147483647,2147483647]",
    "[3037000500,3037000500]",
    "[4294967296,4294967296]",
    "[9223372036854775807]",
    "[4611686018427387904,2]",
    "[4611686018427387904,4]",
    "[2305843009213693952,8]",
    "[1000000,1000000,1000000]",
    "[2097152,2097152,2097152,2]",
    "[1073741824,1073741824,1073741824,0]",
    "[65536,65536,65536,65536]",
};

Test(hostile, shapes_near_the_powers_of_two) {
  for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++) {
    const char *codes = "quota_exceeded|bad_argument|shape_mismatch";
    expect_problem(put(TENSOR("n"), text("{'shape':%s,'fill':'zeros'}", SHAPES[i])), 422, codes);
    expect_problem(post(SESSION "/tensors", text("{'shape':%s,'fill':'randn'}", SHAPES[i])), 422, codes);
    expect_problem(op(text("{'op':'zeros','args':[%s]}", SHAPES[i])), 422, codes);
    expect_problem(op(text("{'op':'full','args':[%s,1]}", SHAPES[i])), 422, codes);
    expect_problem(put(TENSOR("n"), text("{'shape':%s,'data':[1,2]}", SHAPES[i])), 422, codes);
    expect_problem(op(text("{'op':'view','args':['w',%s]}", SHAPES[i])), 422, codes);
    char *shape = text("%.*s", (int)strlen(SHAPES[i]) - 2, SHAPES[i] + 1);
    expect_problem(ask(.method = "PUT", .path = text(TENSOR("n") "?shape=%s", shape), .body = "12345678",
                       .size = 8, .type = "application/octet-stream"),
                   422, codes);
    expect_problem(post(text(OPS "/zeros?args=%s", text("%%5B%s%%5D", shape)), NULL), 422, codes);
  }
}

Test(hostile, sizes_that_are_no_sizes) {
  static const char *const sizes[] = {"-1",
                                      "-9223372036854775808",
                                      "1.5",
                                      "1e300",
                                      "'2'",
                                      "null",
                                      "true",
                                      "[2]",
                                      "{}",
                                      "9223372036854775808",
                                      "18446744073709551616",
                                      "1e19",
                                      "-0.5",
                                      "'NaN'"};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    expect_refused(put(TENSOR("n"), text("{'shape':[%s],'fill':'zeros'}", sizes[i])));
    if (strcmp(sizes[i], "[2]"))
      expect_refused(put(TENSOR("n"), text("{'shape':%s,'fill':'zeros'}", sizes[i])));
    expect_refused(op(text("{'op':'zeros','args':[[2,%s]]}", sizes[i])));
  }
}

Test(hostile, expansion_that_would_be_huge) {
  expect_refused(op("{'op':'linspace','args':[0,1,9223372036854775807]}"));
  expect_refused(op("{'op':'arange','args':[0,1e18]}"));
  expect_refused(op("{'op':'arange','args':[0,1,1e-300]}"));
  expect_refused(op("{'op':'arange','args':[0,1,0]}"));
  expect_refused(op("{'op':'arange','args':['NaN']}"));
  expect_refused(op("{'op':'eye','args':[4294967296]}"));
  expect_refused(op("{'op':'contiguous','args':['w'],'kwargs':{'x':[[[[[]]]]]}}"));
  put(TENSOR("one"), "[[1.0]]");
  expect_status(post(OPS "?data=none", "{'op':'expand','args':['one',[2147483647,2]],'out':'wide'}"), 201);
  expect_refused(get(TENSOR("wide")));
  expect_refused(op("{'op':'clone','args':['wide']}"));
  expect_refused(op("{'op':'add','args':['wide',1]}"));
  del(TENSOR("wide")), del(TENSOR("one"));
}

Test(hostile, indices_dims_and_attributes) {
  static const char *const numbers[] = {"2",
                                        "-3",
                                        "2147483648",
                                        "-2147483649",
                                        "4294967296",
                                        "9223372036854775807",
                                        "-9223372036854775808",
                                        "1e30",
                                        "1.5",
                                        "'a'",
                                        "[[]]",
                                        "{}",
                                        "null"};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    const char *n = numbers[i];
    expect_refused(op(text("{'op':'select','args':['w',0,%s]}", n)));
    expect_refused(op(text("{'op':'transpose','args':['w',0,%s]}", n)));
    expect_refused(op(text("{'op':'unsqueeze','args':['w',%s]}", strcmp(n, "2") ? n : "3")));
    if (strcmp(n, "null")) {
      expect_refused(op(text("{'op':'softmax','args':['w',%s]}", n)));
      expect_refused(op(text("{'op':'sum','args':['w'],'kwargs':{'dim':%s}}", n)));
      expect_refused(patch(TENSOR("w") "/data", text("{'index':[%s],'value':1}", n)));
    }
  }
  expect_refused(op("{'op':'index_select','args':['w',0,[9223372036854775807]]}"));
  expect_refused(op("{'op':'gather','args':['w',0,[-9223372036854775808]]}"));
  expect_refused(get(TENSOR("w") "?slice=9223372036854775808"));
  expect_refused(get(TENSOR("w") "?slice=99999999999999999999999999"));
  expect_refused(get(text(TENSOR("w") "?slice=%s", repeated(":,", 500, ":", ""))));
  expect_refused(
      patch(TENSOR("w") "/data", text("{'index':[%s0],'value':1}", repeated("null,", 1000, "", ""))));
}

Test(hostile, words_of_every_kind_where_another_is_expected) {
  static const char *const values[] = {"null", "true", "5",  "-1.5",   "'x'",  "[]",
                                       "{}",   "[[]]", "''", "[null]", "[{}]", "1e400"};
  static const char *const bodies[] = {
      "{'op':%s}",
      "{'op':'neg','args':%s}",
      "{'op':'neg','args':[%s],'out':5}",
      "{'op':'neg','args':['w'],'kwargs':%s,'out':7}",
      "{'op':'neg','args':['w'],'out':%s,'no_grad':'x'}",
      "{'op':'add','args':['w',%s],'kwargs':{'alpha':'x'}}",
  };
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    for (size_t k = 0; k < sizeof bodies / sizeof *bodies; k++) {
      if (k == 1 && !strcmp(values[i], "[[]]")) continue; // an argument that is a tensor without elements
      char *body = quoted(bodies[k]), *where = strstr(body, "%s");
      char *made = text("%.*s%s%s", (int)(where - body), body, quoted(values[i]), where + 2);
      expect_refused(ask(.method = "POST", .path = OPS, .body = made));
    }
    if (strcmp(values[i], "true"))
      expect_refused(put(TENSOR("n"), text("{'data':1,'requires_grad':%s}", values[i])));
    if (strcmp(values[i], "null")) // the dtype that is inferred, as None is
      expect_refused(put(TENSOR("n"), text("{'data':1,'dtype':%s}", values[i])));
    expect_refused(patch(SESSION, text("{'dtype':%s}", values[i])));
    if (strcmp(values[i], "5")) expect_refused(patch(SESSION, text("{'ttl_s':%s}", values[i])));
    expect_refused(
        patch(TENSOR("w"), text("{'retain_grad':%s}", strcmp(values[i], "true") ? values[i] : "false")));
  }
}

Test(hostile, many_keys_and_long_strings) {
  char *keys = scratch(200 * 1000), *p = keys;
  p += sprintf(p, "{\"op\":\"neg\",\"args\":[\"w\"],\"kwargs\":{");
  for (int i = 0; i < 10000; i++) p += sprintf(p, "%s\"k%d\":0", i ? "," : "", i);
  strcpy(p, "}}");
  expect_refused(ask(.method = "POST", .path = OPS, .body = keys));
  char *longest = repeated("x", 1000000, "", "");
  expect_refused(ask(.method = "POST", .path = OPS, .body = text("{\"op\":\"%s\"}", longest)));
  expect_refused(
      ask(.method = "POST", .path = OPS, .body = text("{\"op\":\"neg\",\"args\":[\"%s\"]}", longest)));
  expect_refused(ask(.method = "PUT", .path = TENSOR("n"), .body = text("{\"%s\":1}", longest)));
  expect_refused(ask(.method = "PUT", .path = TENSOR("n"), .body = text("{\"data\":[\"%s\"]}", longest)));
  char *digits = repeated("9", 100000, "", "");
  expect_refused(
      ask(.method = "PUT", .path = TENSOR("n"), .body = text("{\"dtype\":\"int64\",\"data\":[%s]}", digits)));
  expect_refused(ask(.method = "PUT", .path = TENSOR("n"), .body = text("[1e%s]", digits)));
  expect_refused(ask(.method = "PUT", .path = TENSOR("n"), .body = text("[%s]", digits)));
}

Test(hostile, queries) {
  static const char *const queries[] = {
      "as=", "as=%00", "as=json&as=json", "slice=", "slice=:::", "slice=[0]", "slice=0,,0", "data=all",
      "=",   "&=&",    "a&b&c",           "%",      "slice=%ff"};
  for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
    if (!strcmp(queries[i], "slice=")) continue; // may mean the whole
    expect_refused(get(text(TENSOR("w") "?%s", queries[i])));
  }
  static const char *const calls[] = {"args=[",
                                      "args=w,",
                                      "args=,",
                                      "args=]",
                                      "args=w,{",
                                      "args=\"w",
                                      "args=[[[[[[[[[[[1]]]]]]]]]]]",
                                      "args=w&out=",
                                      "args=w&no_grad=maybe",
                                      "args=w&dim=[",
                                      "args=nobody"};
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    expect_refused(post(text(OPS "/neg?%s", calls[i]), NULL));
}

// Mutations of valid requests, the same in every run: the answer may be anything proper, but it is an answer.
Test(hostile, mutated_requests_are_always_answered) {
  static const char *const valid[] = {
      "{\"op\":\"add\",\"args\":[\"w\",1],\"kwargs\":{\"alpha\":2},\"no_grad\":true}",
      "{\"steps\":[{\"tensor\":\"_t\",\"data\":[[1],[3]]},{\"op\":\"sum\",\"args\":[\"_t\"]}]}",
      "{\"outputs\":[\"y\"],\"inputs\":[\"w\"],\"grad_outputs\":[[1,1]],\"retain_graph\":true}",
  };
  static const char *const paths[] = {OPS, BATCH, SESSION "/grad"};
  put("/v1/sessions/fuzz", NULL);
  uint32_t state = 2463534242u;
  for (int round = 0; round < 3000; round++) {
    int which = round % 3;
    size_t size = strlen(valid[which]);
    char *body = text("%s", valid[which]);
    for (int k = 0; k < 1 + round % 3; k++) {
      state ^= state << 13, state ^= state >> 17, state ^= state << 5;
      body[state % size] = (char)(state >> 16);
    }
    char *path = text("%s", paths[which]);
    answer *a = ask(.method = "POST", .path = text("/v1/sessions/fuzz%s", path + strlen(SESSION)),
                    .body = body, .size = size);
    cr_assert(a->status >= 200 && a->status < 500, "%d for %s", a->status, body);
    if (a->status >= 400) expect_refused(a);
  }
}
