#include "wire/tensor_json.h"
#include "base/mem.h"
#include <criterion/criterion.h>
#include <math.h>

static budget memory;
static ctx c;
static buffer out;
static json_pool pool;
static bool was_number;

static void begin(void) {
  budget_init(&memory, NULL, "memory", (size_t)1 << 30);
  c = (ctx){.budget = &memory};
}
static void finish(void) {
  buffer_finish(&out);
  json_pool_finish(&pool);
  cr_assert_eq(budget_used(&memory), 0);
}
TestSuite(tensor_json, .init = begin, .fini = finish);

struct how {
  dtype want, otherwise;
  bool must_be_float;
  const ints *shape;
};
static const struct how AS_IT_IS = {DT_none, DT_float32, false, NULL};

// Reads from a copy without anything behind it, so that a sanitizer sees a byte read too far.
static bool read(const char *text, struct how how, tensor *t) {
  size_t n = strlen(text);
  char *copy = mem_alloc(n);
  memcpy(copy, text, n);
  json_cur at = {copy, copy + n, &pool, &c.fault};
  fault_clear(&c.fault);
  bool ok = json_validate(copy, n, JSON_DEPTH, &c.fault) &&
            tensor_from_json(&c, at, how.want, how.otherwise, how.must_be_float, how.shape, t, &was_number);
  mem_free(copy);
  return ok;
}

// "float32 [2, 3] [[1,2,3],[4,5,6]]", or "bad_number: detail".
static const char *result(const char *text, struct how how) {
  tensor t;
  out.len = 0;
  if (!read(text, how, &t)) {
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
static void check(const struct pair *rows, size_t n, struct how how) {
  for (size_t i = 0; i < n; i++) {
    const char *got = result(rows[i].text, how);
    cr_assert_str_eq(got, rows[i].wanted, "%s", rows[i].text);
  }
}
#define CHECK(rows, ...) check(rows, sizeof(rows) / sizeof *(rows), (struct how)__VA_ARGS__)

Test(tensor_json, shapes_and_kinds) {
  static const struct pair rows[] = {
      {"5", "int64 [] 5"},
      {" -2.5 ", "float32 [] -2.5"},
      {"true", "bool [] true"},
      {"\"NaN\"", "float32 [] \"NaN\""},
      {"[]", "float32 [0] []"},
      {"[ ]", "float32 [0] []"},
      {"[[],[]]", "float32 [2, 0] [[],[]]"},
      {"[[[],[]]]", "float32 [1, 2, 0] [[[],[]]]"},
      {"[1,2,3]", "int64 [3] [1,2,3]"},
      {"[1,2.0,3]", "float32 [3] [1,2,3]"},
      {"[1,2e0]", "float32 [2] [1,2]"},
      {"[2E0,1]", "float32 [2] [2,1]"},
      {"[true,false]", "bool [2] [true,false]"},
      {"[true,2]", "int64 [2] [1,2]"},
      {"[true,0.5,false]", "float32 [3] [1,0.5,0]"},
      {"[true,\"Infinity\"]", "float32 [2] [1,\"Infinity\"]"},
      {"\n[ [1 , 2],\t[ 3,4 ]\r\n] ", "int64 [2, 2] [[1,2],[3,4]]"},
      {"[[[[[[[[7]]]]]]]]", "int64 [1, 1, 1, 1, 1, 1, 1, 1] [[[[[[[[7]]]]]]]]"},
      {"[[[1],[2]],[[3],[4]],[[5],[6]]]", "int64 [3, 2, 1] [[[1],[2]],[[3],[4]],[[5],[6]]]"},
      {"[\"NaN\",\"-Infinity\",-0.0,0.1]", "float32 [4] [\"NaN\",\"-Infinity\",-0.0,0.1]"},
      {"[9223372036854775807,-9223372036854775808]", "int64 [2] [9223372036854775807,-9223372036854775808]"},
      {"[9223372036854775808,1.5]", "float32 [2] [9.223372e+18,1.5]"},
      {"[0.1,16777217,1e-45,3.4028235e38]", "float32 [4] [0.1,16777216,1e-45,3.4028235e+38]"},
  };
  CHECK(rows, {DT_none, DT_float32, false, NULL});
}

Test(tensor_json, tells_numbers_from_lists) {
  tensor t;
  static const struct {
    const char *text;
    bool number;
  } rows[] = {{"1", true},    {"true", true}, {"\"NaN\"", true},
              {"[1]", false}, {"[]", false},  {"[[1]]", false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    cr_assert(read(rows[i].text, AS_IT_IS, &t));
    cr_assert_eq(was_number, rows[i].number, "%s", rows[i].text);
    tensor_drop(&t);
  }
}

Test(tensor_json, the_default_float_and_must_be_float) {
  static const struct pair wide[] = {{"[0.1,0.30000000000000004]", "float64 [2] [0.1,0.30000000000000004]"},
                                     {"[]", "float64 [0] []"},
                                     {"[1]", "int64 [1] [1]"},
                                     {"[true]", "bool [1] [true]"}};
  static const struct pair floats[] = {
      {"1", "float32 [] 1"}, {"[1,true]", "float32 [2] [1,1]"}, {"[true]", "bool [1] [true]"}};
  CHECK(wide, {DT_none, DT_float64, false, NULL});
  CHECK(floats, {DT_none, DT_float32, true, NULL});
}

Test(tensor_json, a_given_dtype) {
  static const struct pair integers[] = {
      {"[1.7,-1.7,1e3,true,-0.5]", "int64 [5] [1,-1,1000,1,0]"},
      {"-9223372036854775808.0", "int64 [] -9223372036854775808"},
      {"[]", "int64 [0] []"},
      {"[9223372036854775808]",
       "bad_number: value cannot be converted to type int64 without overflow: 9223372036854775808"},
      {"[1,\"NaN\"]", "bad_number: value cannot be converted to type int64 without overflow: NaN"},
      {"\"-Infinity\"", "bad_number: value cannot be converted to type int64 without overflow: -Infinity"},
      {"[1e30]", "bad_number: value cannot be converted to type int64 without overflow: 1e30"},
      {"9.3e18", "bad_number: value cannot be converted to type int64 without overflow: 9.3e18"},
  };
  static const struct pair bools[] = {
      {"[0,1,-2,0.0,-0.0,1e-3,\"NaN\",true,false]",
       "bool [9] [false,true,true,false,false,true,true,true,false]"},
      {"1e999", "bad_number: value cannot be converted to type bool without overflow: 1e999"}};
  static const struct pair singles[] = {
      {"[1,true,0.1,\"Infinity\"]", "float32 [4] [1,1,0.1,\"Infinity\"]"},
      {"1e39", "bad_number: value cannot be converted to type float32 without overflow: 1e39"}};
  static const struct pair doubles[] = {
      {"[1,true,0.1,1e39]", "float64 [4] [1,1,0.1,1e+39]"},
      {"[1,[1e999]]", "shape_mismatch: expected a number at index [1] (got a sequence)"},
      {"[1,1e999]", "bad_number: value cannot be converted to type float64 without overflow: 1e999"}};
  CHECK(integers, {DT_int64, DT_float32, false, NULL});
  CHECK(bools, {DT_bool, DT_float32, false, NULL});
  CHECK(singles, {DT_float32, DT_float64, false, NULL});
  CHECK(doubles, {DT_float64, DT_float32, false, NULL});
}

Test(tensor_json, float32_is_rounded_once) { // this literal rounds up to a tie as a double, and up from it
  tensor t;
  cr_assert(read("1.00000017881393432617187499", (struct how){DT_float32, DT_float32, false, NULL}, &t));
  cr_assert_eq(*(float *)tensor_data(&t), 0x1.000002p0f);
  tensor_drop(&t);
}

Test(tensor_json, ragged_lists_in_the_words_of_pytorch) {
  static const struct pair rows[] = {
      {"[[1,2],[3]]", "shape_mismatch: expected sequence of length 2 at dim 1 (got 1)"},
      {"[[1,2,3],[1,2]]", "shape_mismatch: expected sequence of length 3 at dim 1 (got 2)"},
      {"[[1],[]]", "shape_mismatch: expected sequence of length 1 at dim 1 (got 0)"},
      {"[[],[1]]", "shape_mismatch: expected sequence of length 0 at dim 1 (got 1)"},
      {"[[],[[]]]", "shape_mismatch: expected sequence of length 0 at dim 1 (got 1)"},
      {"[[[1],[2]],[[1,2]]]", "shape_mismatch: expected sequence of length 2 at dim 1 (got 1)"},
      {"[[[1,2],[2,3]],[[1,2],[1]]]", "shape_mismatch: expected sequence of length 2 at dim 2 (got 1)"},
      {"[[1,2],[3,[4],5]]", "shape_mismatch: expected sequence of length 2 at dim 1 (got 3)"},
      {"[[1,2],[3,[4]]]", "shape_mismatch: expected a number at index [1, 1] (got a sequence)"},
      {"[1,[2]]", "shape_mismatch: expected a number at index [1] (got a sequence)"},
      {"[[1],2]", "shape_mismatch: expected sequence of length 1 at dim 1 (got a number)"},
      {"[[[1]],[]]", "shape_mismatch: expected sequence of length 1 at dim 1 (got 0)"},
      {"[[],1]", "shape_mismatch: expected sequence of length 0 at dim 1 (got a number)"},
      {"[[[[[[[[[1]]]]]]]]]", "shape_mismatch: too many dimensions: a tensor has at most 8"},
      {"[[[[[[[[[]]]]]]]]]", "shape_mismatch: too many dimensions: a tensor has at most 8"},
  };
  CHECK(rows, {DT_none, DT_float32, false, NULL});
}

Test(tensor_json, what_is_no_number) {
  static const char *const rows[] = {
      "null",   "{}",     "{\"x\":1}",        "\"one\"",       "\"nan\"",        "[null]",
      "[1,{}]", "[\"\"]", "[[1],[\"NaN \"]]", "\"\\u004eaN\"", "[1,\"Infinit\"]"};
  tensor t;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    cr_assert(!read(rows[i], AS_IT_IS, &t), "%s", rows[i]);
    cr_assert_eq(c.fault.code, ERR_bad_argument, "%s", rows[i]);
  }
  read("[[1,2],[3,null]]", AS_IT_IS, &t);
  cr_assert(strstr(c.fault.detail, "found null at index [1, 1]"), "%s", c.fault.detail);
}

Test(tensor_json, a_given_shape) {
  static const struct {
    const char *text;
    ints shape;
    const char *wanted;
  } rows[] = {
      {"[1,2,3,4,5,6]", {2, {2, 3}}, "int64 [2, 3] [[1,2,3],[4,5,6]]"},
      {"[[1,2,3],[4,5,6]]", {1, {6}}, "int64 [6] [1,2,3,4,5,6]"},
      {"7", {2, {1, 1}}, "int64 [1, 1] [[7]]"},
      {"[7]", {0, {0}}, "int64 [] 7"},
      {"[]", {2, {0, 3}}, "float32 [0, 3] []"},
      {"[]", {3, {2, 0, 3}}, "float32 [2, 0, 3] [[],[]]"},
      {"[[],[]]", {1, {0}}, "float32 [0] []"},
      {"[1,2,3]", {.n = -1}, "int64 [3] [1,2,3]"},
      {"[1,2,3]", {2, {2, 2}}, "shape_mismatch: shape '[2, 2]' is invalid for input of size 3"},
      {"[]", {0, {0}}, "shape_mismatch: shape '[]' is invalid for input of size 0"},
      {"[1]", {1, {-1}}, "shape_mismatch: Trying to create tensor with negative dimension -1: [-1]"},
      {"[1]",
       {2, {4611686018427387904, 4}},
       "quota_exceeded: a tensor of size [4611686018427387904, 4] has more elements than can be addressed"},
      {"[[1,2],[3]]", {1, {3}}, "shape_mismatch: expected sequence of length 2 at dim 1 (got 1)"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const char *got = result(rows[i].text, (struct how){DT_none, DT_float32, false, &rows[i].shape});
    cr_assert_str_eq(got, rows[i].wanted, "%s", rows[i].text);
  }
}

Test(tensor_json, reads_the_value_before_a_cursor) {
  const char *text = "{\"data\": [1, 2] , \"x\": 5}";
  json_cur at;
  json_str key;
  tensor t;
  cr_assert(json_open(&at, text, strlen(text), &pool, &c.fault));
  cr_assert(json_enter_object(&at, NULL) && json_next_key(&at, &key));
  cr_assert(tensor_from_json(&c, at, DT_none, DT_float32, false, NULL, &t, NULL));
  cr_assert(tensor_rank(&t) == 1 && tensor_numel(&t) == 2);
  tensor_drop(&t);
  json_skip(&at);
  cr_assert(json_next_key(&at, &key));
  cr_assert(tensor_from_json(&c, at, DT_none, DT_float32, false, NULL, &t, &was_number));
  cr_assert(was_number && *(int64_t *)tensor_data(&t) == 5);
  tensor_drop(&t);
}

Test(tensor_json, strided_views) {
  tensor t, v;
  cr_assert(read("[[[0,1,2],[3,4,5]],[[6,7,8],[9,10,11]]]", AS_IT_IS, &t));
  static const struct {
    int rank;
    int64_t dims[3], strides[3], offset;
    const char *json;
  } rows[] = {
      {3, {3, 2, 2}, {1, 3, 6}, 0, "[[[0,6],[3,9]],[[1,7],[4,10]],[[2,8],[5,11]]]"},
      {2, {2, 2}, {6, 2}, 3, "[[3,5],[9,11]]"},
      {2, {2, 3}, {0, 1}, 3, "[[3,4,5],[3,4,5]]"},
      {1, {3}, {0}, 4, "[4,4,4]"},
      {0, {0}, {0}, 11, "11"},
      {3, {2, 0, 3}, {6, 3, 1}, 0, "[[],[]]"},
      {2, {0, 3}, {1, 1}, 12, "[]"},
      {1, {4}, {-1}, 3, "[3,2,1,0]"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    cr_assert(tensor_view_as(&c, &v, &t, rows[i].rank, rows[i].dims, rows[i].strides, rows[i].offset));
    out.len = 0;
    tensor_to_json(&out, &v);
    cr_assert_str_eq(buffer_cstr(&out), rows[i].json);
    tensor_drop(&v);
  }
  tensor_drop(&t);
}

Test(tensor_json, a_long_list_comes_back_bit_for_bit) {
  enum { N = 200000 }; // several looks at the stop flag
  atomic_int stop_flag = STOP_no;
  c.stop = &stop_flag;
  tensor t, back;
  for (int type = DT_float32; type <= DT_float64; type++) {
    cr_assert(tensor_new_sizes(&c, &t, (dtype)type, 2, (int64_t[]){N / 100, 100}));
    uint64_t state = 88172645463325252u;
    for (size_t i = 0; i < N; i++) {
      state ^= state << 13, state ^= state >> 7, state ^= state << 17;
      if (type == DT_float32) {
        float *x = (float *)tensor_data(&t) + i;
        memcpy(x, &state, sizeof *x);
        if (!isfinite(*x)) *x = INFINITY;
      } else {
        double *x = (double *)tensor_data(&t) + i;
        memcpy(x, &state, sizeof *x);
        if (!isfinite(*x)) *x = -(double)INFINITY;
      }
    }
    out.len = 0;
    out.stop = &stop_flag;
    tensor_to_json(&out, &t);
    cr_assert(read(buffer_cstr(&out), (struct how){(dtype)type, DT_float32, false, NULL}, &back));
    cr_assert(layout_same_dims(back.layout, t.layout));
    cr_assert(!memcmp(tensor_data(&back), tensor_data(&t), N * dtype_size((dtype)type)));
    tensor_drop(&back);
    tensor_drop(&t);
  }
}

Test(tensor_json, stops_when_told_to) {
  atomic_int stop_flag = STOP_no;
  tensor t;
  cr_assert(tensor_new_sizes(&c, &t, DT_float32, 1, (int64_t[]){300000}));
  memset(tensor_data(&t), 0, 1200000);
  out.stop = &stop_flag;
  tensor_to_json(&out, &t);
  cr_assert(!out.failed && out.len == 600001);
  buffer_cstr(&out);
  atomic_store(&stop_flag, STOP_deadline);
  buffer late = {.stop = &stop_flag};
  tensor_to_json(&late, &t);
  cr_assert(late.failed);
  buffer_finish(&late);
  tensor_drop(&t);
  c.stop = &stop_flag;
  cr_assert(!read(out.data, AS_IT_IS, &t));
  cr_assert_eq(c.fault.code, ERR_time_limit);
}

Test(tensor_json, empty_rows_have_a_limit) {
  tensor t;
  cr_assert(tensor_new_sizes(&c, &t, DT_float32, 2, (int64_t[]){(int64_t)1 << 40, 0}));
  tensor_to_json(&out, &t);
  cr_assert(out.failed);
  tensor_drop(&t);
}

Test(tensor_json, no_memory_and_no_room) {
  tensor t;
  for (uint64_t nth = 1; nth < 3; nth++) {
    const char *text = "[[1,2],[3,4]]";
    json_cur at = {text, text + strlen(text), &pool, &c.fault};
    mem_fail_at(nth, false);
    bool ok = tensor_from_json(&c, at, DT_none, DT_float32, false, NULL, &t, NULL);
    mem_fail_at(0, false);
    cr_assert(!ok && c.fault.code == ERR_out_of_memory);
    cr_assert_eq(budget_used(&memory), 0);
    fault_clear(&c.fault);
  }
  budget_init(&memory, NULL, "memory", 50);
  cr_assert(!read("[1,2,3]", AS_IT_IS, &t) && c.fault.code == ERR_overloaded);
  budget_init(&memory, NULL, "memory", 1 << 20);
  cr_assert(tensor_new_sizes(&c, &t, DT_int64, 2, (int64_t[]){300, 2}));
  memset(tensor_data(&t), 0, 4800);
  for (size_t limit = 1; limit < 800; limit += 7) {
    buffer small = {.limit = limit};
    tensor_to_json(&small, &t);
    cr_assert(small.failed);
    buffer_finish(&small);
  }
  tensor_drop(&t);
}
