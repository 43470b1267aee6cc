#include "wire/json_writer.h"
#include "base/mem.h"
#include "wire/json_reader.h"
#include <criterion/criterion.h>
#include <math.h>

static buffer out;
static void finish(void) { buffer_finish(&out); }
TestSuite(json_writer, .fini = finish);

static const char *put(const char *text, size_t n) {
  out.len = 0;
  json_put_string(&out, text, n);
  return buffer_cstr(&out);
}

Test(json_writer, commas_come_by_themselves) {
  json_writer w = {.out = &out};
  json_begin_object(&w);
  json_add_key(&w, "empty");
  json_begin_array(&w);
  json_end_array(&w);
  json_add_key(&w, "shape");
  json_begin_array(&w);
  json_add_i64(&w, 2);
  json_add_i64(&w, -3);
  json_begin_object(&w);
  json_end_object(&w);
  json_begin_object(&w);
  json_add_name(&w, "a\"b", 3);
  json_add_null(&w);
  json_add_key(&w, "t");
  json_add_bool(&w, true);
  json_end_object(&w);
  json_end_array(&w);
  json_add_key(&w, "raw");
  json_add_raw(&w, "[0]", 3);
  json_add_key(&w, "here");
  json_put_bool(json_add_here(&w), false);
  json_add_key(&w, "text");
  json_add_text(&w, "x");
  json_add_key(&w, "f");
  json_begin_array(&w);
  json_add_f64(&w, 0.1);
  json_put_f32(json_add_here(&w), 0.1f);
  json_end_array(&w);
  json_end_object(&w);
  cr_assert_str_eq(buffer_cstr(&out),
                   "{\"empty\":[],\"shape\":[2,-3,{},{\"a\\\"b\":null,\"t\":true}],\"raw\":[0],"
                   "\"here\":false,\"text\":\"x\",\"f\":[0.1,0.1]}");
}

Test(json_writer, sixty_levels) {
  json_writer w = {.out = &out};
  for (int i = 0; i < 60; i++) {
    json_begin_array(&w);
    json_add_i64(&w, i);
  }
  for (int i = 0; i < 60; i++) {
    json_end_array(&w);
    if (i < 59) json_add_i64(&w, i);
  }
  fault f = {0};
  cr_assert(json_validate(out.data, out.len, 64, &f), "%s", f.detail);
}

Test(json_writer, strings_are_escaped) {
  cr_assert_str_eq(put("", 0), "\"\"");
  cr_assert_str_eq(put("plain text / <b>", 16), "\"plain text / <b>\"");
  cr_assert_str_eq(put("\"\\\b\f\n\r\t", 7), "\"\\\"\\\\\\b\\f\\n\\r\\t\"");
  cr_assert_str_eq(put("\0\x01\x1F\x7F", 4), "\"\\u0000\\u0001\\u001f\x7F\"");
  cr_assert_str_eq(put("\xE2\x80\xA7\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA", 12),
                   "\"\xE2\x80\xA7\\u2028\\u2029\xE2\x80\xAA\"");
  cr_assert_str_eq(put("\xC3\xA9\xF0\x9F\x98\x80", 6), "\"\xC3\xA9\xF0\x9F\x98\x80\"");
}

Test(json_writer, every_character_is_read_back) {
  for (uint32_t byte = 1; byte < 0x80; byte++) {
    char text[40];
    memset(text, 'a', sizeof text);
    text[byte % sizeof text] = (char)byte;
    fault f = {0};
    json_pool pool = {0};
    json_cur c;
    json_str s;
    put(text, sizeof text);
    if (!json_open(&c, out.data, out.len, &pool, &f)) cr_assert_fail("%s", f.detail);
    cr_assert(json_read_string(&c, NULL, &s));
    cr_assert_eq(s.n, sizeof text);
    cr_assert_arr_eq(s.text, text, sizeof text);
    json_pool_finish(&pool);
  }
}

Test(json_writer, what_has_no_literal_is_a_string) {
  json_put_f64(&out, (double)NAN);
  json_put_f64(&out, (double)INFINITY);
  json_put_f64(&out, (double)-INFINITY);
  json_put_f32(&out, NAN);
  json_put_f32(&out, INFINITY);
  json_put_f32(&out, -0.0f);
  json_put_null(&out);
  cr_assert_str_eq(buffer_cstr(&out), "\"NaN\"\"Infinity\"\"-Infinity\"\"NaN\"\"Infinity\"-0.0null");
}

Test(json_writer, failure_sticks_to_the_buffer) {
  buffer b = {0};
  json_writer w = {.out = &b};
  mem_fail_at(1, true);
  json_begin_object(&w);
  json_add_key(&w, "a");
  json_add_f64(&w, 1.5);
  json_add_key(&w, "b");
  json_add_text(&w, "\n");
  json_end_object(&w);
  mem_fail_at(0, false);
  cr_assert(b.failed);
  cr_assert_eq(b.len, 0);
  buffer_finish(&b);
}
