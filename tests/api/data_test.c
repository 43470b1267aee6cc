// Numbers in and out, in every representation.
#include "client.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(data, .init = client_up, .fini = client_down);

static bool starts(const char *s, const char *with) { return s && strncmp(s, with, strlen(with)) == 0; }

// ---- JSON

Test(data, shortest_round_trip_text) {
  answer *a = expect_status(
      put(TENSOR("a"), "{'data':[0.1,16777217,1e-45,3.4028235e38,1e10,0.30000000000000004]}"), 201);
  cr_assert(strstr(a->body, "0.1,") && !strstr(a->body, "0.10000000"), "%s", a->body);
  cr_assert(number_at(a, "data.1") == 16777216.0);
  answer *b = expect_status(
      put(TENSOR("b"), "{'data':[0.1,0.30000000000000004,5e-324,1.7976931348623157e308],'dtype':'float64'}"),
      201);
  cr_assert(strstr(b->body, "0.30000000000000004") && strstr(b->body, "5e-324"), "%s", b->body);
  cr_assert(number_at(b, "data.3") == 1.7976931348623157e308);
}

Test(data, every_float64_comes_back_with_the_same_bits) {
  uint64_t state = 88172645463325252ull;
  double sent[500];
  char *body = scratch(500 * 26 + 64), *p = body + sprintf(body, "{\"dtype\":\"float64\",\"data\":[");
  for (int i = 0; i < 500; i++) {
    do {
      state ^= state << 13, state ^= state >> 7, state ^= state << 17;
      memcpy(&sent[i], &state, sizeof sent[i]);
    } while (!isfinite(sent[i]));
    p += sprintf(p, "%s%.17g", i ? "," : "", sent[i]);
  }
  strcpy(p, "]}");
  answer *a = expect_status(ask(.method = "PUT", .path = TENSOR("r"), .body = body), 201);
  const cJSON *got = at(a, "data")->child;
  for (int i = 0; i < 500; i++, got = got->next) cr_assert(got->valuedouble == sent[i], "%.17g", sent[i]);
}

Test(data, nan_and_infinities_are_words_in_both_directions) {
  answer *a = expect_json(put(TENSOR("a"), "['NaN','Infinity','-Infinity',1.5]"), 201,
                          "{'dtype':'float32','data':['NaN','Infinity','-Infinity',1.5]}");
  const char *data = strstr(a->body, "\"data\"");
  cr_assert(data && !strstr(data, "nan") && !strstr(data, "null"));
  expect_json(op("{'op':'div','args':[[1.0,-1.0,0.0],0]}"), 201, "{'data':['Infinity','-Infinity','NaN']}");
  expect_json(put(TENSOR("b"), "'NaN'"), 201, "{'shape':[],'data':'NaN'}");
  expect_problem(put(TENSOR("c"), "{'data':['NaN'],'dtype':'int64'}"), 400, "bad_number");
  expect_problem(put(TENSOR("c"), "{'data':['nan']}"), 422, "bad_argument");
  expect_problem(put(TENSOR("c"), "{'data':[NaN]}"), 400, "bad_json|bad_number");
}

Test(data, negative_zero_keeps_its_sign) {
  answer *a = expect_status(put(TENSOR("a"), "[-0.0,0.0]"), 201);
  cr_assert(signbit(number_at(a, "data.0")) && !signbit(number_at(a, "data.1")), "%s", a->body);
  expect_json(op("{'op':'div','args':[1,'a']}"), 201, "{'data':['-Infinity','Infinity']}");
}

Test(data, int64_is_exact) {
  answer *a =
      expect_status(put(TENSOR("a"), "[9223372036854775807,-9223372036854775808,9007199254740993]"), 201);
  cr_assert_str_eq(string_at(a, "dtype"), "int64");
  cr_assert(strstr(a->body, "[9223372036854775807,-9223372036854775808,9007199254740993]"), "%s", a->body);
  expect_text(get(TENSOR("a") "?as=txt"), 200, "9223372036854775807 -9223372036854775808 9007199254740993\n");
}

Test(data, scalars_are_bare_and_empty_tensors_are_empty) {
  expect_json(put(TENSOR("a"), "2.5"), 201, "{'shape':[],'data':2.5}");
  expect_json(put(TENSOR("b"), "true"), 201, "{'shape':[],'dtype':'bool','data':true}");
  expect_json(put(TENSOR("c"), "[[],[]]"), 201, "{'shape':[2,0],'data':[[],[]]}");
  expect_json(put(TENSOR("d"), "{'shape':[0,3],'fill':'zeros'}"), 201, "{'shape':[0,3],'data':[]}");
  expect_json(op("{'op':'sum','args':['d'],'kwargs':{'dim':0}}"), 201, "{'data':[0,0,0]}");
}

Test(data, slices_of_a_read) {
  put(TENSOR("m"), "{'shape':[3,4],'fill':'arange'}");
  expect_json(get(TENSOR("m") "?slice=0:2,:"), 200, "{'shape':[2,4],'data':[[0,1,2,3],[4,5,6,7]]}");
  expect_json(get(TENSOR("m") "?slice=1"), 200, "{'shape':[4],'data':[4,5,6,7]}");
  expect_json(get(TENSOR("m") "?slice=-1,::2"), 200, "{'data':[8,10]}");
  expect_json(get(TENSOR("m") "?slice=...,0"), 200, "{'data':[0,4,8]}");
  expect_json(get(TENSOR("m") "?slice=1,2"), 200, "{'shape':[],'data':6}");
  expect_json(get(TENSOR("m") "?slice=5:9"), 200, "{'shape':[0,4],'data':[]}");
  expect_text(get(TENSOR("m") "?slice=0,1:3&as=txt"), 200, "1 2\n");
  expect_problem(get(TENSOR("m") "?slice=3"), 422, "index_out_of_range");
  expect_problem(get(TENSOR("m") "?slice=0,0,0"), 422, "index_out_of_range");
  expect_problem(get(TENSOR("m") "?slice=::0"), 422, "bad_argument|index_out_of_range");
  expect_problem(get(TENSOR("m") "?slice=a"), 422, "bad_argument|index_out_of_range");
}

// ---- text

Test(data, txt_is_numbers_only) {
  put(TENSOR("s"), "{'data':5.0}"), put(TENSOR("v"), "{'data':[0.1,'NaN','-Infinity']}");
  put(TENSOR("m"), "{'data':[[1,2],[3,4]]}"), put(TENSOR("b"), "[true,false]");
  answer *a = expect_text(get(TENSOR("s") "?as=txt"), 200, "5\n");
  cr_assert(starts(header(a, "Content-Type"), "text/plain"));
  expect_header(a, "Tensor-Dtype", "float32");
  expect_header(a, "Tensor-Version", "0");
  expect_header(a, "Tensor-Requires-Grad", "false");
  expect_text(get(TENSOR("v") "?as=txt"), 200, "0.1 nan -inf\n");
  expect_header(expect_text(get(TENSOR("m") "?as=txt"), 200, "1 2\n3 4\n"), "Tensor-Shape", "2,2");
  expect_text(get(TENSOR("b") "?as=txt"), 200, "1 0\n");
}

Test(data, csv_has_commas) {
  put(TENSOR("m"), "{'data':[[1.5,2],['Infinity',4]]}");
  answer *a = expect_text(get(TENSOR("m") "?as=csv"), 200, "1.5,2\ninf,4\n");
  cr_assert(starts(header(a, "Content-Type"), "text/csv"));
  expect_header(a, "Tensor-Shape", "2,2");
}

Test(data, accept_chooses_and_as_wins) {
  put(TENSOR("m"), "{'data':[[1,2]]}");
  expect_text(ask(.path = TENSOR("m"), .accept = "text/plain"), 200, "1 2\n");
  expect_text(ask(.path = TENSOR("m"), .accept = "text/csv"), 200, "1,2\n");
  expect_text(ask(.path = TENSOR("m"), .accept = "application/json;q=0.5, text/csv"), 200, "1,2\n");
  expect_json(ask(.path = TENSOR("m") "?as=json", .accept = "text/csv"), 200, "{'data':[[1,2]]}");
  expect_json(ask(.path = TENSOR("m"), .accept = "text/html, */*;q=0.8"), 200, "{'data':[[1,2]]}");
  expect_problem(get(TENSOR("m") "?as=pickle"), 406, "not_acceptable");
  answer *npy = expect_status(ask(.path = TENSOR("m"), .accept = "application/x-npy"), 200);
  cr_assert(npy->size > 6 && memcmp(npy->body, "\x93NUMPY", 6) == 0);
}

Test(data, repr_is_what_pytorch_prints) {
  static const struct {
    const char *body, *printed;
  } rows[] = {
      {"[5.0]", "tensor([5.])\n"},
      {"5", "tensor(5)\n"},
      {"2.5", "tensor(2.5000)\n"},
      {"[1,2]", "tensor([1, 2])\n"},
      {"[true,false]", "tensor([ True, False])\n"},
      {"[[1.0,2.0],[3.0,4.5]]", "tensor([[1.0000, 2.0000],\n        [3.0000, 4.5000]])\n"},
      {"{'data':[1.0],'requires_grad':true}", "tensor([1.], requires_grad=True)\n"},
      {"{'data':[1.0],'dtype':'float64'}", "tensor([1.], dtype=torch.float64)\n"},
      {"{'shape':[0,3],'fill':'zeros'}", "tensor([], size=(0, 3))\n"},
      {"[1.5,'NaN',1e10]", "tensor([1.5000e+00,        nan, 1.0000e+10])\n"},
      {"[0.1,-2.0,'Infinity']", "tensor([ 0.1000, -2.0000,     inf])\n"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    put(TENSOR("r"), rows[i].body);
    answer *a = expect_text(get(TENSOR("r") "?as=repr"), 200, rows[i].printed);
    cr_assert(starts(header(a, "Content-Type"), "text/plain"));
  }
  put(TENSOR("w"), "{'data':[1.0],'requires_grad':true}");
  expect_text(post(OPS "?as=repr", "{'op':'add','args':['w',1],'out':'y'}"), 201,
              "tensor([2.], grad_fn=<AddBackward0>)\n");
}

Test(data, error_as_text_is_one_line) {
  static const char *const paths[] = {TENSOR("no") "?as=txt", TENSOR("no") "?as=repr"};
  for (int i = 0; i < 2; i++) {
    answer *a = expect_status(get(paths[i]), 404);
    cr_assert(starts(header(a, "Content-Type"), "text/plain"));
    cr_assert(starts(a->body, "tensor_unknown: "), "%s", a->body);
    cr_assert(strchr(a->body, '\n') == a->body + a->size - 1, "%s", a->body);
  }
  expect_problem(get(TENSOR("no") "?as=npy"), 404, "tensor_unknown");
}

Test(data, text_comes_in_too) {
  expect_json(ask(.method = "PUT", .path = TENSOR("a"), .body = "1 2.5\n3 nan\n", .type = "text/plain"), 201,
              "{'dtype':'float32','shape':[2,2],'data':[[1,2.5],[3,'NaN']]}");
  expect_json(ask(.method = "PUT", .path = TENSOR("b") "?dtype=float64&requires_grad=1", .body = "1,2\n3,4\n",
                  .type = "text/csv"),
              201, "{'dtype':'float64','requires_grad':true,'data':[[1,2],[3,4]]}");
  expect_json(ask(.method = "PUT", .path = TENSOR("b") "/data", .body = "5,6\n7,8\n", .type = "text/csv"),
              200, "{'data':[[5,6],[7,8]]}");
  expect_problem(ask(.method = "PUT", .path = TENSOR("c"), .body = "1,2\n3\n", .type = "text/csv"), 422,
                 "shape_mismatch");
  expect_problem(ask(.method = "PUT", .path = TENSOR("c"), .body = "1,two\n", .type = "text/csv"), 400,
                 "bad_number");
}

// ---- raw and npy

Test(data, raw_is_little_endian_row_major) {
  float f[6] = {1, -2, 0.5f, INFINITY, 0, 3};
  expect_json(ask(.method = "PUT", .path = TENSOR("f") "?shape=2,3&requires_grad=1", .body = f,
                  .size = sizeof f, .type = "application/octet-stream"),
              201, "{'dtype':'float32','requires_grad':true,'data':[[1,-2,0.5],['Infinity',0,3]]}");
  answer *a = expect_status(get(TENSOR("f") "?as=raw"), 200);
  cr_assert(a->size == sizeof f && memcmp(a->body, f, sizeof f) == 0);
  cr_assert(starts(header(a, "Content-Type"), "application/octet-stream"));
  expect_header(a, "Tensor-Shape", "2,3");
  expect_header(a, "Tensor-Requires-Grad", "true");
  op("{'op':'t','args':['f'],'out':'ft'}"); // not contiguous: still written in row-major order
  answer *t = expect_status(get(TENSOR("ft") "?as=raw"), 200);
  float turned[6];
  cr_assert(t->size == sizeof turned);
  memcpy(turned, t->body, sizeof turned);
  cr_assert(turned[1] == INFINITY && turned[2] == -2);
  int64_t n[2] = {INT64_MAX, INT64_MIN};
  answer *i = expect_status(ask(.method = "PUT", .path = TENSOR("i") "?shape=2&dtype=int64", .body = n,
                                .size = sizeof n, .type = "application/octet-stream"),
                            201);
  cr_assert(strstr(i->body, "[9223372036854775807,-9223372036854775808]"));
  expect_json(ask(.method = "PUT", .path = TENSOR("b") "?shape=3&dtype=bool", .body = "\1\0\1", .size = 3,
                  .type = "application/octet-stream"),
              201, "{'data':[true,false,true]}");
  expect_problem(ask(.method = "PUT", .path = TENSOR("x") "?shape=3&dtype=bool", .body = "\1\0\2", .size = 3,
                     .type = "application/octet-stream"),
                 422, "bad_argument");
  expect_problem(ask(.method = "PUT", .path = TENSOR("x") "?shape=7", .body = f, .size = sizeof f,
                     .type = "application/octet-stream"),
                 422, "shape_mismatch");
  expect_problem(ask(.method = "PUT", .path = TENSOR("x") "?shape=2,x", .body = f, .size = sizeof f,
                     .type = "application/octet-stream"),
                 422, "bad_argument");
  float more[6] = {9, 9, 9, 9, 9, 9};
  expect_json(ask(.method = "PUT", .path = TENSOR("f") "/data", .body = more, .size = sizeof more,
                  .type = "application/octet-stream"),
              200, "{'data':[[9,9,9],[9,9,9]]}");
  expect_json(ask(.method = "PUT", .path = TENSOR("f") "/grad", .body = more, .size = sizeof more,
                  .type = "application/octet-stream"),
              200, "{'name':'f.grad','data':[[9,9,9],[9,9,9]]}");
}

// The memory of a large body becomes the tensor's; the connection goes on with bodies of any size.
Test(data, large_bodies_come_one_after_the_other) {
  enum { N = 1 << 19 };
  float *values = scratch(N * sizeof *values);
  for (int round = 0; round < 4; round++) {
    for (int i = 0; i < N; i++) values[i] = (float)(i + round);
    const char *path = round % 2 ? TENSOR("v") "?return=none&shape=512,1024" : TENSOR("u") "?return=none";
    answer *a = ask(.method = "PUT", .path = path, .body = values, .size = N * sizeof *values,
                    .type = "application/octet-stream");
    cr_assert(a->status == 201 || a->status == 200, "%d", a->status);
    expect_json(put(TENSOR("small"), "[1,2,3]"), round ? 200 : 201, "{'data':[1,2,3]}");
  }
  answer *v = expect_status(get(TENSOR("v") "?as=raw"), 200);
  expect_header(v, "Tensor-Shape", "512,1024");
  cr_assert(v->size == N * sizeof *values && !memcmp(v->body, values, v->size));
  expect_status(op("{'op':'add_','args':['u',1]}"), 201); // it may be written as any other
  expect_json(get(TENSOR("u") "?slice=0:2"), 200, "{'data':[3,4]}");
  del(TENSOR("u"));
  del(TENSOR("v"));
  cr_assert(number_at(get(SESSION), "bytes") < 1000);
}

// An npy file, version 1.0.
static size_t npy(char *into, const char *header_text, const void *values, size_t size) {
  size_t length = strlen(header_text), padded = (10 + length + 1 + 63) / 64 * 64 - 10;
  memcpy(into, "\x93NUMPY\1\0", 8);
  into[8] = (char)(padded & 255), into[9] = (char)(padded >> 8);
  memset(into + 10, ' ', padded);
  memcpy(into + 10, header_text, length);
  into[10 + padded - 1] = '\n';
  memcpy(into + 10 + padded, values, size);
  return 10 + padded + size;
}

static answer *put_npy(const char *header_text, const void *values, size_t size) {
  char *file = scratch(1024 + size);
  size_t n = npy(file, header_text, values, size);
  return ask(.method = "PUT", .path = TENSOR("n") "?requires_grad=0", .body = file, .size = n,
             .type = "application/x-npy");
}

Test(data, npy_in_and_out) {
  double d[4] = {1, 2, 3, 0.1};
  expect_json(put_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }", d, sizeof d), 201,
              "{'dtype':'float64','shape':[2,2],'data':[[1,2],[3,0.1]]}");
  answer *a = expect_status(get(TENSOR("n") "?as=npy"), 200);
  cr_assert(starts(header(a, "Content-Type"), "application/x-npy"));
  cr_assert(memcmp(a->body, "\x93NUMPY\1\0", 8) == 0);
  cr_assert(strstr(a->body + 10, "'descr': '<f8'") && strstr(a->body + 10, "'fortran_order': False") &&
            strstr(a->body + 10, "'shape': (2, 2)"));
  cr_assert(a->size % 64 == 32 && memcmp(a->body + a->size - sizeof d, d, sizeof d) == 0);
  expect_json(put_npy("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 2), }", d, sizeof d), 200,
              "{'data':[[1,3],[2,0.1]]}");
  expect_json(put_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4,), }", d, sizeof d), 200,
              "{'shape':[4]}");
  expect_json(put_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", d, 8), 200,
              "{'shape':[],'data':1}");
  int64_t i[1] = {9007199254740993};
  put_npy("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }", i, 8);
  cr_assert(strstr(get(TENSOR("n"))->body, "[9007199254740993]"));
  expect_json(put_npy("{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }", "\1\0", 2), 200,
              "{'dtype':'bool'}");
}

Test(data, npy_is_known_by_its_first_bytes) {
  static const char *const types[] = {"", "application/octet-stream", "application/x-www-form-urlencoded"};
  double d[] = {1.5, 2.5};
  char *file = scratch(4096);
  size_t n = npy(file, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", d, sizeof d);
  for (int i = 0; i < 3; i++)
    expect_json(ask(.method = "PUT", .path = TENSOR("n"), .body = file, .size = n, .type = types[i]),
                i ? 200 : 201, "{'dtype':'float64','data':[1.5,2.5]}");
  // Who says what the bytes are is believed.
  expect_json(ask(.method = "PUT", .path = TENSOR("n") "?dtype=float32", .body = "\x93NUMPY\1", .size = 8,
                  .type = types[1]),
              200, "{'dtype':'float32','shape':[2]}");
}

Test(data, encoded_bodies_are_415) {
  answer *a = ask(.method = "PUT", .path = TENSOR("n"), .body = "[1]", .headers = {"Content-Encoding: gzip"});
  expect_problem(a, 415, "unsupported_media_type");
  expect_status(
      ask(.method = "PUT", .path = TENSOR("n"), .body = "[1]", .headers = {"Content-Encoding: identity"}),
      201);
}

Test(data, broken_npy_is_refused) {
  double d[4] = {0};
  expect_refused(put_npy("{'descr': '<c16', 'fortran_order': False, 'shape': (2,), }", d, sizeof d));
  expect_refused(put_npy("{'descr': '>f8', 'fortran_order': False, 'shape': (5,), }", d, sizeof d));
  expect_refused(put_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (5,), }", d, sizeof d));
  expect_refused(put_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", d, sizeof d));
  expect_refused(
      put_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", d, sizeof d));
  expect_refused(put_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-4,), }", d, sizeof d));
  expect_refused(put_npy("{'descr': '<f8'", d, sizeof d));
  expect_refused(put_npy("((((((((((((((((((((((((((((", d, sizeof d));
  static const char *const files[] = {"", "\x93NUM", "\x93NUMPY\1", "\x93NUMPY\x09", "not npy at all"};
  for (size_t i = 1; i < sizeof files / sizeof *files; i++)
    expect_refused(ask(.method = "PUT", .path = TENSOR("n"), .body = files[i], .type = "application/x-npy"));
  expect_problem(get(TENSOR("n")), 404, "tensor_unknown");
}

Test(data, answers_of_all_kinds_carry_the_same_etag) {
  put(TENSOR("m"), "{'data':[[1,2]]}");
  const char *tag = header(get(TENSOR("m")), "ETag");
  static const char *const kinds[] = {"txt", "repr", "npy", "raw", "csv"};
  for (int i = 0; i < 5; i++) expect_header(get(text(TENSOR("m") "?as=%s", kinds[i])), "ETag", tag);
}

Test(data, bare_numbers_take_dtype_and_shape_of_the_tensor_they_replace) {
  put(TENSOR("m"), "{'data':[[1,2],[3,4]],'dtype':'float64'}");
  double numbers[4] = {5, 6, 7, 8.5};
  expect_json(ask(.method = "PUT", .path = TENSOR("m") "/data", .body = numbers, .size = sizeof numbers,
                  .type = "application/octet-stream"),
              200, "{'dtype':'float64','data':[[5,6],[7,8.5]]}");
  expect_json(ask(.method = "PUT", .path = TENSOR("m") "/data", .body = "1 2 3 4", .type = "text/plain"), 200,
              "{'data':[[1,2],[3,4]]}");
  expect_problem(ask(.method = "PUT", .path = TENSOR("m") "/data", .body = numbers, .size = 24,
                     .type = "application/octet-stream"),
                 422, "shape_mismatch");
  expect_problem(put(TENSOR("m") "/data?dtype=int64", "[[1,2],[3,4]]"), 422, "bad_argument");
  expect_problem(put(TENSOR("n") "?shape=2", "{'data':[1,2]}"), 422, "bad_argument");
}

Test(data, tensor_without_elements_goes_round) {
  put(TENSOR("e"), "{'shape':[0,3],'fill':'zeros'}");
  answer *raw = expect_status(get(TENSOR("e") "?as=raw"), 200);
  cr_assert(raw->size == 0);
  expect_header(raw, "Tensor-Shape", "0,3");
  expect_json(
      ask(.method = "PUT", .path = TENSOR("f") "?shape=0,3", .body = "", .type = "application/octet-stream"),
      201, "{'shape':[0,3],'data':[]}");
}

Test(data, answer_of_a_large_view) { // it costs nothing to make, and much to write
  put(TENSOR("one"), "1.5");
  answer *a = expect_status(post(OPS "/expand?args=one,[300,1000]&out=wide", NULL), 201);
  cr_assert(a->size > 300 * 1000 * 4 && cJSON_GetArraySize(at(a, "data")) == 300);
  a = expect_status(
      batch("{'steps':[{'op':'expand','args':['one',[300,1000]],'out':'wide'}],'return':['wide']}"), 200);
  cr_assert(cJSON_GetArraySize(at(a, "values.wide.data")) == 300);
  a = expect_status(
      post(BATCH "?results=1", "{'steps':[{'op':'expand','args':['one',[300,1000]],'out':'wide'}]}"), 200);
  cr_assert(cJSON_GetArraySize(at(a, "results.0.data")) == 300);
  expect_json(get(SESSION "/tensors"), 200, "{'tensors':[{'name':'one'},{'name':'wide'}]}");
}
