#include "wire/json_reader.h"
#include "base/buffer.h"
#include "base/mem.h"
#include "unit/wire/json_cases.h"
#include <criterion/criterion.h>
#include <math.h>

// The text without anything behind it, so that a sanitizer sees a byte read too far.
static char *exact(const char *text, size_t n) {
  char *copy = mem_alloc(n);
  memcpy(copy, text, n);
  return copy;
}

static err verdict(const char *text, size_t n) {
  fault f = {0};
  char *copy = exact(text, n);
  bool ok = json_validate(copy, n, JSON_DEPTH, &f);
  cr_assert_eq(ok, f.code == ERR_none);
  mem_free(copy);
  return f.code;
}

Test(json_validate, accepts_json) {
  for (size_t i = 0; i < JSON_ACCEPT_COUNT; i++)
    cr_assert_eq(verdict(JSON_ACCEPT[i].text, JSON_ACCEPT[i].n), ERR_none, "%s", JSON_ACCEPT[i].why);
}

Test(json_validate, rejects_what_is_not) {
  for (size_t i = 0; i < JSON_REJECT_COUNT; i++)
    cr_assert_eq(verdict(JSON_REJECT[i].text, JSON_REJECT[i].n), ERR_bad_json, "%s", JSON_REJECT[i].why);
}

Test(json_validate, rejects_duplicate_keys) {
  for (size_t i = 0; i < JSON_DUPLICATE_COUNT; i++)
    cr_assert_eq(verdict(JSON_DUPLICATE[i].text, JSON_DUPLICATE[i].n), ERR_duplicate_key, "%s",
                 JSON_DUPLICATE[i].why);
}

Test(json_validate, every_prefix_of_a_document_is_rejected) {
  const char *text = "{\"a\":[1.5e+3,true,\"\\u00e9\xC3\xA9\\uD83D\\uDE00\"],\"b\":{\"c\":null}}";
  for (size_t n = 0; n < strlen(text); n++) cr_assert_eq(verdict(text, n), ERR_bad_json, "%zu bytes", n);
  cr_assert_eq(verdict(text, strlen(text)), ERR_none);
}

static err nested(size_t depth, const char *open, const char *close, int max_depth) {
  buffer b = {0};
  for (size_t i = 0; i < depth; i++) buffer_puts(&b, open);
  buffer_puts(&b, "1");
  for (size_t i = 0; i < depth; i++) buffer_puts(&b, close);
  fault f = {0};
  json_validate(b.data, b.len, max_depth, &f);
  buffer_finish(&b);
  return f.code;
}

Test(json_validate, depth_is_limited) {
  cr_assert_eq(nested(64, "[", "]", 64), ERR_none);
  cr_assert_eq(nested(65, "[", "]", 64), ERR_bad_json);
  cr_assert_eq(nested(64, "{\"a\":", "}", 64), ERR_none);
  cr_assert_eq(nested(65, "{\"a\":", "}", 64), ERR_bad_json);
  cr_assert_eq(nested(1, "[", "]", 1), ERR_none);
  cr_assert_eq(nested(2, "[", "]", 1), ERR_bad_json);
  cr_assert_eq(nested(JSON_DEPTH_MOST, "[", "]", JSON_DEPTH_MOST), ERR_none);
  cr_assert_eq(nested(JSON_DEPTH_MOST + 1, "[", "]", 1 << 30), ERR_bad_json);
  cr_assert_eq(nested(1000000, "[", "]", 64), ERR_bad_json);
  cr_assert_eq(nested(1000000, "[{\"a\":", "}]", 64), ERR_bad_json);
}

static void many_keys(buffer *b, int count) {
  for (int i = 0; i < count; i++) buffer_printf(b, "%c\"key%d\":%d", i ? ',' : '{', i, i);
  buffer_puts(b, "}");
}

Test(json_validate, finds_one_duplicate_among_many_keys) {
  buffer b = {0};
  many_keys(&b, 100000);
  fault f = {0};
  cr_assert(json_validate(b.data, b.len, 64, &f));
  b.len--;
  buffer_puts(&b, ",\n\"key31415\":0}");
  cr_assert_not(json_validate(b.data, b.len, 64, &f));
  cr_assert_eq(f.code, ERR_duplicate_key);
  cr_assert_str_eq(f.detail, "line 2, column 1: this object already has a key 'key31415'");
  buffer_finish(&b);
}

Test(json_validate, a_hundred_thousand_equal_keys) {
  buffer b = {0};
  buffer_puts(&b, "{\"x\":0,\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,\"9\":0");
  for (int i = 0; i < 100000; i++) buffer_puts(&b, ",\"y\":0");
  buffer_puts(&b, "}");
  fault f = {0};
  cr_assert_not(json_validate(b.data, b.len, 64, &f));
  cr_assert_eq(f.code, ERR_duplicate_key);
  buffer_finish(&b);
}

Test(json_validate, says_where_and_what) {
  static const struct {
    const char *text, *detail;
  } rows[] = {
      {"", "line 1, column 1: expected a value, found the end of the text"},
      {"[1,\n  2 3]", "line 2, column 5: expected ',' or ']' after an item, found '3'"},
      {"{\"\xC3\xA9\": nope}", "line 1, column 7: expected a value, found 'n'"},
      {"{\"a\":1,}", "line 1, column 8: expected a key in double quotes, found '}'"},
      {"{'a':1}",
       "line 1, column 2: expected a key in double quotes, found '; strings stand in double quotes"},
      {"[NaN]", "line 1, column 2: expected a value; NaN and infinities are written as strings, \"NaN\""},
      {"[-Infinity]",
       "line 1, column 2: expected a digit; NaN and infinities are written as strings, \"NaN\""},
      {"[True]", "line 1, column 2: expected a value; JSON writes true, false and null"},
      {"{} // no", "line 1, column 4: expected nothing after the value; JSON has no comments"},
      {"\xEF\xBB\xBF{}", "line 1, column 1: expected a value, found a byte order mark"},
      {"[\x01]", "line 1, column 2: expected a value, found the byte 0x01"},
      {"[1,\xE4\xBD\xA0]", "line 1, column 4: expected a value, found '\xE4\xBD\xA0'"},
      {"\n[\"abc", "line 2, column 2: this string is not closed"},
      {"[007]", "line 1, column 2: a number does not begin with zeros"},
      {"{\"a\":1,\n\"a\":2}", "line 2, column 1: this object already has a key 'a'"},
      {"{\"a\\n\":1,\"a\\n\":2}", "line 1, column 10: this object already has a key 'a?'"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    fault f = {0};
    json_validate(rows[i].text, strlen(rows[i].text), JSON_DEPTH, &f);
    cr_assert_str_eq(f.detail, rows[i].detail);
  }
}

Test(json_validate, allocation_failure_is_an_error) {
  buffer b = {0};
  buffer_puts(&b, "[{\"\\u0061bc\":1},");
  many_keys(&b, 1000);
  buffer_puts(&b, "]");
  uint64_t nth = 1;
  for (;; nth++) {
    fault f = {0};
    mem_fail_at(nth, false);
    bool ok = json_validate(b.data, b.len, 64, &f);
    mem_fail_at(0, false);
    if (ok) break;
    cr_assert_eq(f.code, ERR_out_of_memory);
  }
  cr_assert_gt(nth, 5, "keys and unescaped keys are allocated");
  buffer_finish(&b);
}

// ------------------------------------------------------------------------------------ cursors

static json_pool pool;
static fault f;
static json_cur cursor(const char *text) {
  json_cur c;
  fault_clear(&f);
  cr_assert(json_open(&c, text, strlen(text), &pool, &f), "%s", f.detail);
  return c;
}
static void finish(void) { json_pool_finish(&pool); }

TestSuite(json_reader, .fini = finish);

#define cr_text(str, want) cr_assert(json_is(str, want), "%.*s, not %s", (int)(str).n, (str).text, want)

Test(json_reader, decodes_a_step) {
  json_cur c = cursor(" { \"op\" : \"add\", \"args\" : [\"w\", [1, [2]], 3], \"out\":\"a\" } ");
  json_str key, text;
  int64_t x;
  cr_assert_eq(json_peek(&c), JSON_object);
  cr_assert(json_enter_object(&c, NULL));
  cr_assert(json_next_key(&c, &key));
  cr_text(key, "op");
  cr_assert(json_read_string(&c, "op", &text));
  cr_text(text, "add");
  cr_assert(json_next_key(&c, &key));
  cr_text(key, "args");
  cr_assert_eq(json_count(c), 3);
  cr_assert(json_enter_array(&c, "args"));
  cr_assert(json_next_item(&c));
  cr_assert(json_read_string(&c, "args", &text));
  cr_text(text, "w");
  cr_assert(json_next_item(&c));
  json_skip(&c);
  cr_assert(json_next_item(&c));
  cr_assert(json_read_i64(&c, "args", &x));
  cr_assert_eq(x, 3);
  cr_assert_eq(json_peek(&c), JSON_end);
  cr_assert_not(json_next_item(&c));
  cr_assert(json_next_key(&c, &key));
  cr_text(key, "out");
  cr_assert(json_read_string(&c, "out", &text));
  cr_assert_not(json_next_key(&c, &key));
  cr_assert_eq(json_peek(&c), JSON_end);
  cr_assert_eq(f.code, ERR_none);
}

Test(json_reader, empty_containers) {
  json_cur c = cursor("[{ },[ ]]");
  json_str key;
  cr_assert(json_enter_array(&c, NULL));
  cr_assert(json_next_item(&c));
  cr_assert_eq(json_count(c), 0);
  cr_assert(json_enter_object(&c, NULL));
  cr_assert_not(json_next_key(&c, &key));
  cr_assert(json_next_item(&c));
  cr_assert(json_enter_array(&c, NULL));
  cr_assert_not(json_next_item(&c));
  cr_assert_not(json_next_item(&c));
  cr_assert_eq(f.code, ERR_none);
}

Test(json_reader, counts_items_and_members) {
  cr_assert_eq(json_count(cursor("[1,[2,3],{\"a\":4,\"b\":5},\"]\"]")), 4);
  cr_assert_eq(json_count(cursor("{\"a\":[1,2],\"b\\\"}\":{\"c\":3}}")), 2);
  cr_assert_eq(json_count(cursor("7")), 0);
}

Test(json_reader, strings_are_unescaped_and_stay) {
  json_cur c =
      cursor("[\"plain\",\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\",\"a\\nb\"]");
  json_str s[4];
  json_enter_array(&c, NULL);
  for (int i = 0; json_next_item(&c); i++) cr_assert(json_read_string(&c, NULL, &s[i]));
  cr_text(s[0], "plain");
  cr_text(s[1], "\"\\/\b\f\n\r\t");
  cr_text(s[2], "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  cr_text(s[3], "a\nb");
}

Test(json_reader, many_escaped_strings_share_blocks) {
  buffer b = {0};
  buffer_puts(&b, "[\"\"");
  for (int i = 0; i < 5000; i++) buffer_printf(&b, ",\"\\n%d\"", i);
  buffer_puts(&b, "]");
  json_cur c = cursor(buffer_cstr(&b));
  mem_fail_at(UINT64_MAX, false);
  json_str s, first = {0};
  json_enter_array(&c, NULL);
  for (int i = -1; json_next_item(&c); i++) {
    cr_assert(json_read_string(&c, NULL, &s));
    if (i == 0) first = s;
  }
  cr_assert_lt(mem_fail_count(), 20);
  mem_fail_at(0, false);
  cr_text(first, "\n0");
  cr_text(s, "\n4999");
  buffer_finish(&b);
}

Test(json_reader, escaped_keys) {
  json_cur c = cursor("{\"\\u006fp\":1}");
  json_str key;
  json_enter_object(&c, NULL);
  cr_assert(json_next_key(&c, &key));
  cr_text(key, "op");
}

Test(json_reader, scalars) {
  json_cur c =
      cursor("[true,false,null,-7,2.5,\"NaN\",\"-Infinity\",\"Infinity\",0.1,-0.0,9223372036854775807]");
  bool yes = false, no = true;
  int64_t i;
  double d, nan, minus, plus, zero;
  float tenth;
  json_enter_array(&c, NULL);
  json_next_item(&c), json_read_bool(&c, NULL, &yes);
  json_next_item(&c), json_read_bool(&c, NULL, &no);
  json_next_item(&c);
  cr_assert(json_read_null(&c));
  cr_assert_not(json_read_null(&c));
  json_next_item(&c), json_read_i64(&c, NULL, &i);
  cr_assert_eq(i, -7);
  json_next_item(&c), json_read_f64(&c, NULL, &d);
  json_next_item(&c), json_read_f64(&c, NULL, &nan);
  json_next_item(&c), json_read_f64(&c, NULL, &minus);
  json_next_item(&c), json_read_f64(&c, NULL, &plus);
  json_next_item(&c), json_read_f32(&c, NULL, &tenth);
  json_next_item(&c), json_read_f64(&c, NULL, &zero);
  json_next_item(&c), json_read_i64(&c, NULL, &i);
  cr_assert_eq(f.code, ERR_none, "%s", f.detail);
  cr_assert(yes && !no && d == 2.5 && isnan(nan) && minus == (double)-INFINITY && plus == (double)INFINITY);
  cr_assert(tenth == 0.1f && zero == 0 && signbit(zero) && i == INT64_MAX);
}

Test(json_reader, span_comes_back_to_a_value) {
  json_cur c = cursor("{\"kwargs\": {\"dim\": [0, \"]\"]} ,\"op\":\"sum\"}");
  json_str key, op;
  json_enter_object(&c, NULL);
  json_next_key(&c, &key);
  json_cur kwargs = json_span(&c);
  cr_text(((json_str){kwargs.at, (size_t)(kwargs.end - kwargs.at)}), "{\"dim\": [0, \"]\"]}");
  json_next_key(&c, &key);
  json_read_string(&c, "op", &op);
  cr_text(op, "sum");
  cr_assert(json_enter_object(&kwargs, "kwargs"));
  cr_assert(json_next_key(&kwargs, &key));
  cr_text(key, "dim");
}

static const char *read_as(const char *text, char type) {
  json_cur c = cursor(text);
  json_str s;
  bool b;
  int64_t i;
  double d;
  float x;
  struct number n;
  bool ok = type == 's'   ? json_read_string(&c, "dim", &s)
            : type == 'b' ? json_read_bool(&c, "dim", &b)
            : type == 'i' ? json_read_i64(&c, "dim", &i)
            : type == 'd' ? json_read_f64(&c, "dim", &d)
            : type == 'f' ? json_read_f32(&c, "dim", &x)
            : type == 'n' ? json_read_number(&c, "dim", &n)
            : type == 'a' ? json_enter_array(&c, "dim")
                          : json_enter_object(&c, NULL);
  cr_assert_not(ok);
  json_str key;
  cr_assert_not(json_next_item(&c), "a fault stops the walk");
  cr_assert_not(json_next_key(&c, &key));
  cr_assert_not(json_read_string(&c, "x", &s));
  return f.detail;
}

Test(json_reader, faults_name_the_field) {
  cr_assert_str_eq(read_as("\"x\"", 'i'), "field 'dim' must be an integer, not a string");
  cr_assert_str_eq(read_as("2.0", 'i'), "field 'dim' must be an integer, not 2.0");
  cr_assert_str_eq(read_as("null", 's'), "field 'dim' must be a string, not null");
  cr_assert_str_eq(read_as("1", 'b'), "field 'dim' must be true or false, not 1");
  cr_assert_str_eq(read_as("true", 'd'), "field 'dim' must be a number, not true");
  cr_assert_str_eq(read_as("\"nan\"", 'f'), "field 'dim' must be a number, not a string");
  cr_assert_str_eq(read_as("{}", 'n'), "field 'dim' must be a number, not an object");
  cr_assert_str_eq(read_as("{}", 'a'), "field 'dim' must be an array, not an object");
  cr_assert_str_eq(read_as("[1]", 'o'), "the body must be an object, not an array");
  cr_assert_eq(f.code, ERR_bad_argument);
  cr_assert_str_eq(read_as("1e999", 'd'), "field 'dim': 1e999 is out of the range of float64");
  cr_assert_eq(f.code, ERR_bad_number);
  cr_assert_str_eq(read_as("1e39", 'f'), "field 'dim': 1e39 is out of the range of float32");
  cr_assert_str_eq(read_as("9223372036854775808", 'i'),
                   "field 'dim': 9223372036854775808 is out of the range of int64");
}

Test(json_reader, unknown_field) {
  json_cur c = cursor("{\"arg\\u0007s\":1}");
  json_str key;
  json_enter_object(&c, NULL);
  json_next_key(&c, &key);
  cr_assert_not(json_unknown_field(&c, key, "op, args"));
  cr_assert_eq(f.code, ERR_unknown_field);
  cr_assert_str_eq(f.detail, "unknown field 'arg?s'; known here: op, args");
}

Test(json_reader, string_without_memory) {
  json_cur c = cursor("\"\\n\"");
  json_str s;
  mem_fail_at(1, true);
  bool ok = json_read_string(&c, "op", &s);
  mem_fail_at(0, false);
  cr_assert_not(ok);
  cr_assert_eq(f.code, ERR_out_of_memory);
}

// --------------------------------------------------------------------------------- JSON Lines

Test(json_reader, lines) {
  const char *text = "\n {\"a\":1}\r\n\n[2]\n  \n3";
  json_lines l;
  json_cur c;
  fault_clear(&f);
  json_lines_open(&l, text, strlen(text), &pool, &f);
  cr_assert(json_lines_next(&l, &c));
  cr_assert_eq(json_peek(&c), JSON_object);
  cr_assert_eq(l.line, 2);
  cr_assert(json_lines_next(&l, &c));
  cr_assert_eq(json_peek(&c), JSON_array);
  cr_assert(json_lines_next(&l, &c));
  cr_assert_eq(json_peek(&c), JSON_number);
  cr_assert_eq(l.line, 6);
  cr_assert_not(json_lines_next(&l, &c));
  cr_assert_eq(f.code, ERR_none);
}

Test(json_reader, a_bad_line_stops_and_is_named) {
  const char *text = "1\n{\"a\":\n2}\n3";
  json_lines l;
  json_cur c;
  fault_clear(&f);
  json_lines_open(&l, text, strlen(text), &pool, &f);
  cr_assert(json_lines_next(&l, &c));
  cr_assert_not(json_lines_next(&l, &c));
  cr_assert_eq(f.code, ERR_bad_json);
  cr_assert_str_eq(f.detail, "line 2, column 6: expected a value, found the end of the text");
  cr_assert_not(json_lines_next(&l, &c));
}
