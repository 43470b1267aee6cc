// Scripts over HTTP: in a session, and without one.
#include "client.h"
#include "raw.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FLAGS(...) ((const char *const[]){__VA_ARGS__, NULL})
TestSuite(run, .init = client_up, .fini = client_down);
TestSuite(run_limits, .fini = client_down, .timeout = 120);

static answer *send_script(const char *method, const char *path, const char *source) {
  return ask(.method = method, .path = path, .body = source, .type = "text/plain");
}
static answer *run(const char *source) { return send_script("POST", SESSION "/run", source); }
static answer *run_json(const char *source) { return send_script("POST", SESSION "/run?as=json", source); }

static const char FORWARD[] = "w = torch.tensor([1.], requires_grad=True)\n"
                              "x = torch.tensor([2.], requires_grad=True)\n"
                              "a = torch.add(w, x)\n"
                              "b = torch.add(w, 1)\n"
                              "y = torch.mul(a, b)\n";

Test(run, prints_as_python_does) {
  expect_text(run(text("%sy.backward()\nprint(w.grad, x.grad, a.grad)\nprint(y)", FORWARD)), 200,
              "tensor([5.]) tensor([2.]) None\ntensor([6.], grad_fn=<MulBackward0>)\n");
  expect_text(run("print(w.grad)"), 200, "tensor([5.])\n");
  expect_text(run(""), 200, "");
}

Test(run, tensors_are_seen_on_both_sides) {
  put(TENSOR("m"), "{'data':[[1,2],[3,4]]}");
  expect_text(run("n = m.t() * 10\nprint(m.shape)"), 200, "torch.Size([2, 2])\n");
  expect_json(get(TENSOR("n")), 200, "{'data':[[10,30],[20,40]]}");
  run("k = 3\nf = lambda x: x + k");
  expect_text(run("print(f(1))"), 200, "4\n");
  put(TENSOR("k"), "{'data':[1.5]}"); // a tensor takes the name
  expect_text(run("print(f(1))"), 200, "tensor([2.5000])\n");
  expect_status(del(TENSOR("k")), 204);
  expect_problem(run_json("print(k)"), 404, "tensor_unknown");
}

Test(run, answers_as_json) {
  expect_json(
      run_json(
          "x = torch.ones(2)\nn = 3\ns = ['a', 1.5, None]\ndef f(): pass\nprint(n)\nprint('two', end='')"),
      200,
      "{'printed':['3','two'],'values':{'x':{'name':'x','shape':[2],'data':[1,1]},'n':3,'s':['a',1.5,null]},'"
      "error':null}");
  answer *a = ask(.method = "POST", .path = SESSION "/run", .body = "print(1)", .type = "text/x-python",
                  .accept = "application/json");
  expect_json(a, 200, "{'printed':['1']}");
}

Test(run, a_failing_line_tells_its_place) {
  answer *a = expect_problem(run_json(text("print('before')\n%sw.add_(1)\nprint('after')", FORWARD)), 409,
                             "leaf_inplace");
  expect_json(a, 409,
              "{'line':7,'column':1,'printed':['before'],'detail':'a leaf Variable that requires grad is "
              "being used in an in-place operation.',"
              "'error':{'class':'RuntimeError','line':7}}");
  a = run("print('before')\n\nw.add_(1)");
  expect_text(a, 409,
              "before\nRuntimeError: a leaf Variable that requires grad is being used in an in-place "
              "operation. (line 3, column 1)\n");
  expect_text(run("print(y)"), 200, "tensor([6.], grad_fn=<MulBackward0>)\n"); // completed statements stand
}

Test(run, what_is_no_script_is_400) {
  answer *a = expect_problem(run_json("x = 1\ny = = 2"), 400, "bad_script");
  expect_json(a, 400, "{'line':2,'column':5,'printed':[]}");
  expect_text(run("while"), 400, "SyntaxError: invalid syntax: unexpected end of line (line 1, column 6)\n");
  expect_problem(run_json("import os"), 400, "bad_script");
  expect_problem(
      ask(.method = "POST", .path = SESSION "/run?as=json", .body = "x = '\xff'", .type = "text/plain"), 400,
      "bad_script");
}

Test(run, a_form_is_text) {
  answer *a = ask(.method = "POST", .path = "/v1/run", .body = "print('a=1&b=%20+')",
                  .type = "application/x-www-form-urlencoded");
  expect_text(a, 200, "a=1&b=%20+\n");
}

Test(run, every_way_has_the_same_answers) {
  static const struct {
    const char *method, *path;
  } WAYS[] = {{"POST", SESSION "/run"}, {"POST", "/v1/run"}, {"QUERY", "/v1/run"}};
  for (int i = 0; i < 3; i++) {
    const char *m = WAYS[i].method, *plain = WAYS[i].path, *json = text("%s?as=json", plain);
    expect_text(send_script(m, plain, "print(torch.arange(3))"), 200, "tensor([0, 1, 2])\n");
    expect_json(send_script(m, json, "q = 1"), 200, "{'printed':[],'values':{'q':1},'error':null}");
    expect_problem(send_script(m, json, "("), 400, "bad_script");
    expect_problem(send_script(m, json, "print(nope)"), 404, "tensor_unknown");
    expect_problem(send_script(m, json, "torch.nope(1)"), 404, "op_unknown");
    expect_problem(send_script(m, json, "v = torch.ones(1, requires_grad=True)\nv += 1"), 409,
                   "leaf_inplace");
    expect_problem(send_script(m, json, "1 / 0"), 422, "bad_argument");
    expect_problem(send_script(m, json, "torch.ones(10**6, 10**6)"), 422, "quota_exceeded");
    expect_problem(send_script(m, text("%s?trace=2&as=json", plain), "1"), 422, "bad_argument");
    expect_problem(send_script(m, text("%s?as=npy", plain), "1"), 406, "not_acceptable");
    expect_problem(ask(.method = m, .path = plain, .body = "1", .type = "image/png"), 415,
                   "unsupported_media_type");
  }
  expect_problem(send_script("POST", "/v1/sessions/nobody/run", "1"), 404, "session_unknown");
  expect_status(send_script("POST", "/v1/run", "only = torch.ones(1)"), 200);
  expect_problem(get(TENSOR("only")), 404, "tensor_unknown"); // it was of a session of its own
}

Test(run, a_key_runs_a_script_once) {
  request r = {.method = "POST",
               .path = SESSION "/run",
               .body = "n = n + 1\nprint(n)",
               .type = "text/plain",
               .headers = {"Idempotency-Key: k1"}};
  run("n = 0");
  expect_text(client_send(r), 200, "1\n");
  expect_text(client_send(r), 200, "1\n");
  expect_text(run("print(n)"), 200, "1\n");
}

Test(run, long_scripts_go_on_elsewhere) {
  expect_text(run("t = 0\nfor i in range(20000):\n  t += i\nprint(t)"), 200, "199990000\n");
  expect_text(run("x = torch.rand(400, 400)\ny = x @ x\nprint(y.shape)\ntorch.set_grad_enabled(False)\nz = x "
                  "@ y\nprint(torch.is_grad_enabled())"),
              200, "torch.Size([400, 400])\nFalse\n");
  expect_text(run("print(torch.is_grad_enabled())"), 200, "True\n");
  answer *a = run_json("big = torch.zeros(200, 200)");
  cr_assert_eq(a->status, 200);
}

Test(run_limits, time_and_size) {
  client_up_with(FLAGS("--deadline-s", "1", "--max-body", "1024", "--session-memory", "4MiB"));
  static const char *const WAYS[][2] = {
      {"POST", SESSION "/run?as=json"}, {"POST", "/v1/run?as=json"}, {"QUERY", "/v1/run?as=json"}};
  char long_body[1026];
  memset(long_body, '#', 1025);
  long_body[1025] = 0;
  for (int i = 0; i < 3; i++) {
    answer *a =
        expect_problem(send_script(WAYS[i][0], WAYS[i][1], "print(1)\nwhile True: pass"), 504, "time_limit");
    expect_json(a, 504, "{'printed':['1'],'line':2}");
    expect_problem(send_script(WAYS[i][0], WAYS[i][1], long_body), 413, "body_too_large");
    expect_problem(send_script(WAYS[i][0], WAYS[i][1], "x = [1]\nwhile True: x = x + x"), 422,
                   "quota_exceeded");
  }
  expect_text(run("print('still here')"), 200, "still here\n");
}

Test(run_limits, others_are_not_disturbed) {
  client_up_with(FLAGS("--deadline-s", "2"));
  int fd = raw_connect();
  raw_send(fd, "POST /v1/run HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: "
               "16\r\n\r\nwhile True: pass");
  wait_running();
  expect_text(run("print(1)"), 200, "1\n");
  expect_status(post(OPS "/add?args=1,1", NULL), 201);
  close(fd);
}

// A list that holds one list many times over is small where it stands, and has no end when written out.
Test(run_limits, lists_of_the_same_list) {
  client_up_with(FLAGS("--deadline-s", "2"));
  answer *a = run_json("n = 1\na = [1]\nfor i in range(12): a = [a] * 60");
  expect_json(a, 200, "{'printed':[],'error':null}");
  cr_assert(!strstr(a->body, "[["));
  expect_problem(run_json("a = []\nfor i in range(7): a = [a] * 300\nt = torch.tensor(a)"), 504,
                 "time_limit");
}

Test(run_limits, large_gradients_are_written_elsewhere) {
  client_up_with(FLAGS("--deadline-s", "2"));
  int fd = raw_connect();
  raw_send(fd, "GET /v1/grad?expr=x.expand(1000000000)&x=2&cotangent=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  wait_running();
  expect_text(run("print(1)"), 200, "1\n");
  close(fd);
}

Test(run_limits, a_full_session_is_429) {
  enum { WAITERS = 4 };
  client_up_with(FLAGS("--session-queue", "1", "--inline-us", "0"));
  int fds[WAITERS + 1];
  for (int i = 0; i <= WAITERS; i++) {
    fds[i] = raw_connect();
    raw_send(fds[i], "POST " SESSION "/run HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                     "text/plain\r\nContent-Length: 16\r\n\r\nwhile True: pass");
    if (i == 0) wait_running();
  }
  cr_assert(raw_first(fds + 1, WAITERS, 20000) >= 0); // only those that found no place are answered so soon
  expect_problem(run_json("print(1)"), 429, "too_many_requests");
  for (int i = 0; i <= WAITERS; i++) close(fds[i]);
}

Test(run_limits, an_expired_session_is_410) {
  client_up();
  put("/v1/sessions/brief", "{'ttl_s':0.3}");
  const char *list = "/v1/sessions?prefix=brief"; // which does not renew it
  while (cJSON_GetArraySize(at(get(list), "sessions")) > 0) continue;
  expect_problem(send_script("POST", "/v1/sessions/brief/run", "1"), 410, "session_expired");
}

// ---- without a server

// Runs the binary with a script on its standard input; gives the exit status, *out lives until the next call.
static int command_line(const char *arguments, const char *source, const char **out) {
  static char text_of[4096];
  char line[1024];
  const char *binary = getenv("GRADD_BIN");
  cr_assert(binary);
  snprintf(line, sizeof line, "printf '%%s' \"$GRADD_TEST_SCRIPT\" | '%s' run %s 2>&1", binary, arguments);
  setenv("GRADD_TEST_SCRIPT", source, 1);
  FILE *p = popen(line, "r");
  cr_assert(p);
  text_of[fread(text_of, 1, sizeof text_of - 1, p)] = 0;
  *out = text_of;
  int status = pclose(p);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(run_command, prints_and_tells_by_its_status) {
  const char *out;
  cr_assert_eq(command_line("-", "x = torch.ones(2)\nprint(x)", &out), 0);
  cr_assert_str_eq(out, "tensor([1., 1.])\n");
  cr_assert_eq(command_line("-", "print(1)\n1 / 0", &out), 1);
  cr_assert_str_eq(out, "1\nZeroDivisionError: division by zero (line 2, column 3)\n");
  cr_assert_eq(command_line("- --as json", "n = 2", &out), 0);
  cr_assert_str_eq(out, "{\"printed\":[],\"values\":{\"n\":2},\"error\":null}\n");
  cr_assert_eq(command_line("/no/such/file", "", &out), 1);
  cr_assert_eq(command_line("- --as xml", "", &out), 2);
  cr_assert_eq(command_line("", "", &out), 2);
}
