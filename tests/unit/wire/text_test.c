#include "wire/text.h"
#include "base/mem.h"
#include "unit/wire/fixture.h"
#include "wire/tensor_json.h"

FIXTURE_SUITE(text);

static bool read(const char *text, size_t n, char separator, dtype want, tensor *t) {
  char *copy = mem_alloc(n);
  memcpy(copy, text, n);
  fault_clear(&c.fault);
  bool ok = text_read(&c, copy, n, separator, want, DT_float32, false, t);
  mem_free(copy);
  return ok;
}

// "float32 [2, 3] [[1,2,3],[4,5,6]]", or "bad_number: detail".
static const char *result(const char *text, char separator, dtype want) {
  tensor t;
  out.len = 0;
  if (!read(text, strlen(text), separator, want, &t)) {
    buffer_printf(&out, "%s: %s", ERRORS[c.fault.code].code, c.fault.detail);
    return buffer_cstr(&out);
  }
  buffer_printf(&out, "%s %s ", DTYPE_ROWS[t.dtype].name, layout_text(t.layout));
  tensor_to_json(&out, &t);
  tensor_drop(&t);
  return buffer_cstr(&out);
}

struct pair {
  const char *text, *wanted;
};
static void check(const struct pair *rows, size_t n, char separator, dtype want) {
  for (size_t i = 0; i < n; i++) {
    const char *got = result(rows[i].text, separator, want);
    cr_assert_str_eq(got, rows[i].wanted, "%s", rows[i].text);
  }
}
#define CHECK(rows, separator, want) check(rows, sizeof(rows) / sizeof *(rows), separator, want)

Test(text, blanks) {
  static const struct pair rows[] = {
      {"5", "int64 [] 5"},
      {"5\n", "int64 [] 5"},
      {"  2.5\t\r\n\n", "float32 [] 2.5"},
      {"1 2 3", "int64 [3] [1,2,3]"},
      {"1\n2\n3\n", "int64 [3] [1,2,3]"},
      {"1 2\n3 4\n", "int64 [2, 2] [[1,2],[3,4]]"},
      {"1 2.5\r\n3 nan\r\n", "float32 [2, 2] [[1,2.5],[3,\"NaN\"]]"},
      {"1 2\n\n\n3 4", "int64 [2, 2] [[1,2],[3,4]]"},
      {"# heading 1 2 3\n1 2 # and\n #\n3 4#x", "int64 [2, 2] [[1,2],[3,4]]"},
      {"", "float32 [0] []"},
      {"# nothing", "float32 [0] []"},
      {"nan inf -inf +inf NaN Infinity -INFINITY",
       "float32 [7] [\"NaN\",\"Infinity\",\"-Infinity\",\"Infinity\",\"NaN\",\"Infinity\",\"-Infinity\"]"},
      {"True False true false TRUE", "bool [5] [true,false,true,false,true]"},
      {"True 2", "int64 [2] [1,2]"},
      {"+1 007 -00 00", "int64 [4] [1,7,0,0]"},
      {"1. .5 -.5 +.25e1 1.e2 01.5 -0. 5.E-1", "float32 [8] [1,0.5,-0.5,2.5,100,1.5,-0.0,0.5]"},
      {"1.000000000000000000e+00 1.000000000000000056e-01", "float32 [2] [1,0.1]"},
      {"\xEF\xBB\xBF"
       "1 2",
       "int64 [2] [1,2]"},
      {"9223372036854775807 -9223372036854775808", "int64 [2] [9223372036854775807,-9223372036854775808]"},
  };
  CHECK(rows, 0, DT_none);
  CHECK(rows, ' ', DT_none);
}

Test(text, commas) {
  static const struct pair rows[] = {
      {"1,2\n3,4\n", "int64 [2, 2] [[1,2],[3,4]]"},
      {" 1 , 2.5 \r\n\t3,inf", "float32 [2, 2] [[1,2.5],[3,\"Infinity\"]]"},
      {"1,2,3", "int64 [3] [1,2,3]"},
      {"1\n2\n", "int64 [2] [1,2]"},
      {"7", "int64 [] 7"},
      {"1,2,\n", "bad_number: line 1, column 5: expected a number, found an empty field"},
      {"1,2,", "bad_number: line 1, column 5: expected a number, found an empty field"},
      {"1,,2\n", "bad_number: line 1, column 3: expected a number, found an empty field"},
      {",1", "bad_number: line 1, column 1: expected a number, found an empty field"},
      {"1 2,3", "bad_number: line 1, column 3: expected ',' after a number, found 2"},
      {"1,2\n3,two\n", "bad_number: line 2, column 3: expected a number, found two"},
      {"\"1\",2", "bad_number: line 1, column 1: expected a number, found \"1\""},
      {"1;2", "bad_number: line 1, column 1: expected a number, found 1;2"},
      {"x,y\n1,2\n", "bad_number: line 1, column 1: expected a number, found x"},
      {"1,2\n3\n", "shape_mismatch: line 2, column 1: a line of 1 numbers; the first line has 2"},
      {"1,2\n\n3,4\n5,6,7\n", "shape_mismatch: line 4, column 1: a line of 3 numbers; the first line has 2"},
      {"1,9223372036854775808\n", "bad_number: line 1, column 3: value cannot be converted to type int64 "
                                  "without overflow: 9223372036854775808"},
      {"1.5,1e39\n",
       "bad_number: line 1, column 5: value cannot be converted to type float32 without overflow: 1e39"},
  };
  CHECK(rows, ',', DT_none);
}

Test(text, a_given_dtype) {
  static const struct pair integers[] = {
      {"1.9 -1.9 True 3", "int64 [4] [1,-1,1,3]"},
      {"1 nan",
       "bad_number: line 1, column 3: value cannot be converted to type int64 without overflow: nan"}};
  static const struct pair bools[] = {
      {"0 1 2.5 nan False -0.0", "bool [6] [false,true,true,true,false,false]"}};
  static const struct pair doubles[] = {{"1 0.1 true", "float64 [3] [1,0.1,1]"}, {"", "float64 [0] []"}};
  CHECK(integers, 0, DT_int64);
  CHECK(bools, 0, DT_bool);
  CHECK(doubles, 0, DT_float64);
}

Test(text, must_be_float) {
  tensor t;
  cr_assert(text_read(&c, "1 2", 3, 0, DT_none, DT_float64, true, &t));
  cr_assert_eq(t.dtype, DT_float64);
  tensor_drop(&t);
}

Test(text, malformed_numbers) {
  static const char *const rows[] = {"+",   "-",      ".",   "-.",    "1e",   "1e+",      "e5",    "--1",
                                     "+-1", "0x10",   "1_0", "1.2.3", "1,2",  "nanx",     "+true", "-false",
                                     "i",   "infin",  "1f",  "1L",    "\x01", "\xFF\xFE", "é",     "1-2",
                                     "1d5", "<html>", "[1]", "+e1",   ".e1",  "-+1",      "..5"};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    tensor t;
    cr_assert(!read(rows[i], strlen(rows[i]), 0, DT_none, &t), "%s", rows[i]);
    cr_assert_eq(c.fault.code, ERR_bad_number, "%s", rows[i]);
    for (const char *p = c.fault.detail; *p; p++)
      cr_assert((*p >= ' ' && *p < 127) || strstr(p, "…"), "%s", rows[i]);
  }
  tensor t;
  cr_assert(text_read(&c, NULL, 0, 0, DT_none, DT_float32, false, &t));
  tensor_drop(&t);
  cr_assert(!read("1\0", 2, 0, DT_none, &t) && c.fault.code == ERR_bad_number);
  cr_assert(!read("1\0\0002", 4, ',', DT_none, &t) && c.fault.code == ERR_bad_number);
  char digits[400];
  memset(digits, '7', sizeof digits);
  cr_assert(read(digits, sizeof digits, 0, DT_bool, &t) == false && c.fault.code == ERR_bad_number);
  cr_assert(read(digits, 300, 0, DT_float64, &t));
  tensor_drop(&t);
  digits[0] = '+';
  cr_assert(!read(digits, 300, 0, DT_float64, &t) && c.fault.code == ERR_bad_number);
}

static const char *written(const char *json, dtype want, char separator) {
  json_pool pool = {0};
  json_cur at = {json, json + strlen(json), &pool, &c.fault};
  tensor t;
  cr_assert(tensor_from_json(&c, at, want, DT_float32, false, NULL, &t, NULL), "%s", c.fault.detail);
  out.len = 0;
  text_write(&out, &t, separator);
  tensor_drop(&t);
  return buffer_cstr(&out);
}

Test(text, a_vector_is_one_row_and_a_matrix_a_row_a_line) {
  cr_assert_str_eq(written("5.0", DT_none, 0), "5\n");
  cr_assert_str_eq(written("[0.1,\"NaN\",\"-Infinity\",\"Infinity\"]", DT_none, 0), "0.1 nan -inf inf\n");
  cr_assert_str_eq(written("[0.1,2]", DT_none, ','), "0.1,2\n");
  cr_assert_str_eq(written("[[1,2],[3,4]]", DT_none, 0), "1 2\n3 4\n");
  cr_assert_str_eq(written("[[1.5,2],[\"Infinity\",4]]", DT_none, ','), "1.5,2\ninf,4\n");
  cr_assert_str_eq(written("[true,false]", DT_none, ' '), "1 0\n");
  cr_assert_str_eq(written("[9223372036854775807]", DT_none, ' '), "9223372036854775807\n");
  cr_assert_str_eq(written("0.1", DT_float64, ' '), "0.1\n");
  cr_assert_str_eq(written("[[[1,2],[3,4]],[[5,6],[7,8]]]", DT_none, ' '), "1 2\n3 4\n\n5 6\n7 8\n");
  cr_assert_str_eq(written("[[[1],[2]],[[5],[6]]]", DT_none, ','), "1\n2\n\n5\n6\n");
  cr_assert_str_eq(written("[]", DT_none, ' '), "");
  cr_assert_str_eq(written("[[],[]]", DT_none, ' '), "");
}

Test(text, comes_back_as_it_went) {
  static const char *const rows[] = {"2.5", "[1,2,3]", "[0.1,\"NaN\",\"-Infinity\",-0.0,1e-45]",
                                     "[[1,2],[3,4]]", "[[0.1,1e+30],[\"Infinity\",-5]]"};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int separator = 0; separator < 2; separator++) {
      tensor t;
      written(rows[i], DT_none, separator ? ',' : 0);
      cr_assert(read(out.data, out.len, separator ? ',' : 0, DT_none, &t), "%s", c.fault.detail);
      out.len = 0;
      tensor_to_json(&out, &t);
      cr_assert_str_eq(buffer_cstr(&out), rows[i]);
      tensor_drop(&t);
    }
}

Test(text, stops_when_told_to) {
  atomic_int stop_flag = STOP_client_gone;
  tensor t;
  c.stop = &stop_flag;
  cr_assert(!read("1 2", 3, 0, DT_none, &t) && c.fault.code == ERR_time_limit);
}

Test(text, no_memory_and_no_room) {
  tensor t;
  for (uint64_t nth = 1; nth < 3; nth++) {
    mem_fail_at(nth, false);
    bool ok = text_read(&c, "1 2\n3 4\n", 8, 0, DT_none, DT_float32, false, &t);
    mem_fail_at(0, false);
    cr_assert(!ok && c.fault.code == ERR_out_of_memory);
    cr_assert_eq(budget_used(&memory), 0);
    fault_clear(&c.fault);
  }
  cr_assert(text_read(&c, "1 2\n3 4\n", 8, 0, DT_none, DT_float32, false, &t));
  buffer small = {.limit = 7};
  text_write(&small, &t, ' ');
  cr_assert(small.failed);
  buffer_finish(&small);
  tensor_drop(&t);
}
