// Sentences follow Accept-Language: titles, details, advice and the op catalogue. What Python shows does not.
#include "client.h"
#include "raw.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

TestSuite(language, .init = client_up, .fini = client_down, .timeout = 120);

#define ZH                                                                                                   \
  { "Accept-Language: zh-CN,zh;q=0.9,en;q=0.8" }

static answer *in_language(const char *path, const char *language) {
  return ask(.path = path, .headers = {text("Accept-Language: %s", language)});
}

static void expect_problem_in(answer *a, const char *language, const char *detail) {
  expect_header(a, "Content-Language", language);
  expect_header(a, "Vary", "Accept, Accept-Language");
  cr_assert_str_eq(string_at(a, "detail"), detail);
}

Test(language, a_problem_speaks_that_of_the_reader) {
  answer *zh = expect_problem(ask(.path = SESSION "/tensors/no", .headers = ZH), 404, "tensor_unknown");
  answer *en = expect_problem(get(SESSION "/tensors/no"), 404, "tensor_unknown");
  cr_assert_str_eq(string_at(zh, "title"), "没有这个名称的张量。");
  cr_assert_str_eq(string_at(en, "title"), "There is no tensor of this name.");
  expect_problem_in(zh, "zh", "名称 'no' 未定义：会话 's' 中没有这个张量");
  expect_problem_in(en, "en", "name 'no' is not defined: there is no such tensor in session 's'");
}

Test(language, qualities_and_regions) {
  static const struct {
    const char *asked, *spoken;
  } CASES[] = {
      {"zh", "zh"},
      {"zh-CN", "zh"},
      {"zh-Hans", "zh"},
      {"zh-TW", "zh"},
      {"*", "en"},
      {"fr", "en"},
      {"en;q=0.4, *;q=0.5", "zh"},
      {"zh;q=0.4, *;q=0.5", "en"},
      {"zh;q=0, *", "en"},
      {"zh;q=0.9, en", "en"},
      {"fr, zh;q=0.7, en;q=0.3", "zh"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    expect_header(in_language("/nothing", CASES[i].asked), "Content-Language", CASES[i].spoken);
    expect_header(in_language("/v1/ops/add", CASES[i].asked), "Content-Language", CASES[i].spoken);
  }
}

// Also where the path, the session, the route or the first header is already reason enough.
Test(language, early_refusals_too) {
  expect_problem_in(ask(.path = "/nothing", .headers = ZH), "zh", "/nothing 处没有资源");
  expect_problem_in(ask(.method = "POST", .path = "/v1/ops", .headers = ZH), "zh",
                    "/v1/ops 不支持方法 POST，它支持 GET, HEAD, OPTIONS");
  expect_problem_in(ask(.path = "/v1/sessions", .accept = "image/png", .headers = ZH), "zh",
                    "此处不提供 image/png；as= 可以是 json");
  expect_problem_in(ask(.path = "/v1/sessions/never/tensors", .headers = ZH), "zh",
                    "没有会话 'never'；PUT /v1/sessions/never 可创建它");
  int fd = raw_connect();
  raw_send(
      fd, "GET /v1 HTTP/1.1\r\nIf-Match: 1\r\nIf-Match: 2\r\nHost: localhost\r\nAccept-Language: zh\r\n\r\n");
  expect_problem_in(expect_problem(raw_read(fd, 10000), 400, "bad_header"), "zh",
                    "请求头 If-Match 出现了两次");
  close(fd), fd = raw_connect();
  raw_send(fd, "GET /%zz HTTP/1.1\r\nHost: localhost\r\nAccept-Language: zh\r\n\r\n");
  expect_problem_in(expect_problem(raw_read(fd, 10000), 400, "bad_header"), "zh", "地址中的 %-编码格式有误");
  close(fd), fd = raw_connect();
  raw_send(fd, "GET /v1 HTTP/1.1\r\nHost: evil.example\r\nAccept-Language: zh\r\n\r\n");
  expect_problem_in(expect_problem(raw_read(fd, 10000), 403, "host_not_allowed"), "zh",
                    "本服务器不响应主机名 \"evil.example\"；可用选项 allow-host 添加");
  close(fd);
}

Test(language, a_line_is_english_and_so_is_what_python_says) {
  answer *line = ask(.path = SESSION "/tensors/no?as=txt", .headers = ZH);
  expect_text(line, 404,
              "tensor_unknown: name 'no' is not defined: there is no such tensor in session 's'\n");
  expect_header(line, "Vary", "Accept");
  cr_assert_null(header(line, "Content-Language"));
  static const char SCRIPT[] = "w = torch.ones(2, requires_grad=True)\nw += 1\n";
  answer *a = ask(.method = "POST", .path = SESSION "/run?as=json", .body = SCRIPT, .size = sizeof SCRIPT - 1,
                  .type = "text/plain", .headers = ZH);
  expect_problem_in(expect_problem(a, 409, "leaf_inplace"), "zh",
                    "需要梯度的叶子张量正被用于 in-place 操作。");
  cr_assert_str_eq(string_at(a, "error.message"),
                   "a leaf Variable that requires grad is being used in an in-place operation.");
  answer *txt = ask(.method = "POST", .path = SESSION "/run", .body = SCRIPT, .size = sizeof SCRIPT - 1,
                    .type = "text/plain", .headers = ZH);
  cr_assert(strstr(txt->body, "RuntimeError: a leaf Variable that requires grad is being used"), "%s",
            txt->body);
}

Test(language, composed_details) {
  answer *a = ask(.method = "POST", .path = OPS, .body = "{\"op\": 1}", .size = 9, .type = "application/json",
                  .headers = ZH);
  expect_problem_in(a, "zh", "字段 'op' 必须是字符串，不能是 1");
  a = ask(.method = "POST", .path = OPS, .body = "{\"op\": add}", .size = 11, .type = "application/json",
          .headers = ZH);
  expect_problem_in(a, "zh", "第 1 行第 8 列：应为一个值，实际是 'a'");
}

Test(language, advice) {
  answer *zh = expect_status(ask(.path = "/problems/leaf_inplace", .headers = ZH), 200);
  answer *en = expect_status(get("/problems/leaf_inplace"), 200);
  expect_header(zh, "Content-Language", "zh");
  expect_header(en, "Content-Language", "en");
  expect_header(zh, "Vary", "Accept-Language");
  cr_assert(strstr(string_at(zh, "why"), "叶子张量") && strstr(string_at(en, "why"), "leaf"));
  cr_assert_str_eq(string_at(zh, "instead.1.code"), "w.detach().add_(1)");
  cr_assert_str_eq(string_at(en, "instead.1.code"), "w.detach().add_(1)");
  cr_assert_str_neq(string_at(zh, "instead.1.text"), string_at(en, "instead.1.text"));
}

Test(language, the_op_catalogue) {
  static const char *const PATHS[] = {"/v1/ops", "/v1/ops/add"};
  for (int i = 0; i < 2; i++) {
    answer *zh = expect_status(ask(.path = PATHS[i], .headers = ZH), 200),
           *en = expect_status(get(PATHS[i]), 200);
    expect_header(zh, "Content-Language", "zh");
    expect_header(en, "Content-Language", "en");
    expect_header(zh, "Vary", "Accept-Language");
    expect_header(en, "Vary", "Accept-Language");
    cr_assert(strcmp(zh->body, en->body) != 0);
  }
  expect_problem_in(ask(.path = "/v1/ops/no_such_op", .headers = ZH), "zh",
                    "没有算子 'no_such_op'；GET /v1/ops 列出全部算子");
}

Test(language, while_draining) {
  put(TENSOR("big") "?return=none", "{'shape':[8388608],'fill':'zeros'}");
  int held = raw_connect(), open = raw_connect();
  raw_send(open, "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect_status(raw_read(open, 10000), 200);
  raw_send(held, "GET " TENSOR("big") "?as=raw HTTP/1.1\r\nHost: localhost\r\n\r\n");
  cr_assert(raw_first(&held, 1, 30000) == 0); // an answer that is not read yet holds the server
  kill(server_pid(), SIGTERM);
  answer *a;
  do { // the signal takes a moment
    raw_send(open, "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    a = raw_read(open, 10000);
  } while (a->status == 200);
  raw_send(open, "GET /v1 HTTP/1.1\r\nHost: localhost\r\nAccept-Language: zh\r\n\r\n");
  expect_problem_in(expect_problem(raw_read(open, 10000), 503, "overloaded"), "zh", "服务器正在关闭");
  expect_status(raw_read(held, 60000), 200);
  close(held), close(open);
  server_expect_exit();
}
