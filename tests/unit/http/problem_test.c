#include "http/problem.h"
#include <criterion/criterion.h>
#include <string.h>

static call c;
static request r;
static reply rep;

static const char *problem(const char *target, const char *language, err code, const char *detail) {
  static app a;
  fault ignored = {0};
  reply_clear(&rep);
  request_clear(&r);
  request_target(&r, target, &ignored);
  r.accept_language = language;
  r.id = 0x1234;
  call_init(&c, &a, &r, &rep);
  call_fail(&c, code, "%s", detail);
  call_extra(&c, "step", 3);
  problem_write(&c);
  return buffer_cstr(&rep.body);
}

Test(problem, document) {
  cr_assert_str_eq(problem("/", NULL, ERR_no_grad, "w.grad is None"),
                   "{\"type\":\"/problems/no_grad\",\"title\":\"The tensor has no gradient yet: its grad is "
                   "None.\",\"status\":404,\"detail\":\"w.grad is None\",\"code\":\"no_grad\",\"request_id\":"
                   "\"0000000000001234\",\"step\":3}\n");
  cr_assert_eq(rep.status, 404);
  cr_assert_str_eq(rep.content_type, "application/problem+json");
}

Test(problem, title_in_chinese) {
  cr_assert(strstr(problem("/", "zh-CN", ERR_no_grad, "x"), "该张量还没有梯度"));
  cr_assert_str_eq(reply_header_value(&rep, "Content-Language"), "zh");
  cr_assert_str_eq(reply_header_value(&rep, "Vary"), "Accept, Accept-Language");
}

// A detail in the words of a format that has no row stays English; a line is English always.
Test(problem, detail_in_chinese) {
  cr_assert(strstr(problem("/", "zh", ERR_bad_json, "a body is needed"), "\"detail\":\"需要请求体\""));
  cr_assert(strstr(problem("/", "en", ERR_bad_json, "a body is needed"), "\"detail\":\"a body is needed\""));
  cr_assert(strstr(problem("/", "zh", ERR_bad_json, "Heureka"), "\"detail\":\"Heureka\""));
  cr_assert_str_eq(problem("/?as=txt", "zh", ERR_bad_json, "a body is needed"),
                   "bad_json: a body is needed\n");
  cr_assert_null(reply_header_value(&rep, "Content-Language"));
  cr_assert_str_eq(reply_header_value(&rep, "Vary"), "Accept");
}

Test(problem, one_line_where_text_was_asked_for) {
  cr_assert_str_eq(problem("/?as=repr", NULL, ERR_no_grad, "a\nb\x1b[31m"), "no_grad: a b [31m\n");
  cr_assert_str_eq(rep.content_type, "text/plain; charset=utf-8");
}

Test(problem, any_bytes_make_a_valid_string) {
  static const struct {
    const char *in, *out;
  } CASES[] = {{"a\"\\\n\t\x01\x7f", "\"a\\\"\\\\\\n\\u0009\\u0001\\u007f\""},
               {"你\xf0\x9f\x98\x80", "\"你\xf0\x9f\x98\x80\""},
               {"\xff\xc0\x80\xed\xa0\x80",
                "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
               {"\xe4\xbd", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
               {"\xf4\x90\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    buffer b = {0};
    problem_string(&b, CASES[i].in);
    cr_assert_str_eq(buffer_cstr(&b), CASES[i].out);
    buffer_finish(&b);
  }
}

Test(problem, busy_answers_say_when_to_come_back) {
  problem("/", NULL, ERR_overloaded, "x");
  cr_assert_str_eq(reply_header_value(&rep, "Retry-After"), "1");
  problem("/", NULL, ERR_too_many_requests, "x");
  cr_assert_str_eq(reply_header_value(&rep, "Retry-After"), "1");
  problem("/", NULL, ERR_no_grad, "x");
  cr_assert_null(reply_header_value(&rep, "Retry-After"));
}

Test(problem, every_code_has_a_page) {
  buffer b = {0};
  for (int i = ERR_none + 1; i < ERR_COUNT; i++)
    cr_assert(problem_describe(&b, ERRORS[i].code, false), "%s", ERRORS[i].code);
  cr_assert(!problem_describe(&b, "none", false) && !problem_describe(&b, "", true));
  buffer_finish(&b);
}

Test(problem, vary_is_one_list) {
  reply_clear(&rep);
  cr_assert(reply_vary(&rep, "Accept") && reply_vary(&rep, "Accept-Language") && reply_vary(&rep, "accept"));
  cr_assert(reply_vary(&rep, "Origin"));
  cr_assert_str_eq(reply_header_value(&rep, "Vary"), "Accept, Accept-Language, Origin");
  cr_assert_eq(rep.headers, 1);
}

Test(problem, advice_speaks_one_language) {
  buffer b = {0};
  cr_assert(problem_describe(&b, "grad_not_scalar", true));
  cr_assert(strstr(buffer_cstr(&b),
                   "\"instead\":[{\"text\":\"请先把输出归约为一个数。\",\"code\":\"y.sum().backward()\"}"));
  buffer_finish(&b);
  cr_assert(problem_describe(&b, "internal", true));
  cr_assert_not(strstr(buffer_cstr(&b), "why"));
  buffer_finish(&b);
}

Test(problem, a_line_is_utf8_whatever_it_tells_of) {
  problem("/?as=txt", NULL, ERR_no_grad, "\xff\xfe \xe4\xbd\xa0\nx\x7f");
  cr_assert_str_eq(buffer_cstr(&rep.body), "no_grad: \xEF\xBF\xBD\xEF\xBF\xBD \xe4\xbd\xa0 x \n");
}
