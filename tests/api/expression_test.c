// /v1/grad: the derivatives of one expression, in every form in which it can be asked for; and `gradd grad`.
#include "client.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

TestSuite(expression, .init = client_up, .fini = client_down);

#define GRAD "/v1/grad"

static answer *query_method(const char *json) {
  return ask(.method = "QUERY", .path = GRAD, .body = quoted(json));
}
static answer *form(const char *body) {
  return ask(.method = "POST", .path = GRAD, .body = body, .type = "application/x-www-form-urlencoded");
}

Test(expression, every_form_gives_the_same) {
  const char *want = "{'value':6,'grad':{'x':2,'w':5}}";
  expect_json(post(GRAD, "{'expr':'(x+w)*(w+1)','at':{'x':2,'w':1}}"), 200, want);
  expect_json(query_method("{'expr':'(x+w)*(w+1)','at':{'x':2,'w':1}}"), 200, want);
  expect_json(get(GRAD "?expr=(x%2Bw)*(w%2B1)&x=2&w=1"), 200, want);
  expect_json(form("expr=(x%2Bw)*(w%2B1)&x=2&w=1"), 200, want);
  expect_text(get(GRAD "?expr=(x%2Bw)*(w%2B1)&x=2&w=1&as=txt"), 200, "value 6\nx.grad 2\nw.grad 5\n");
  expect_text(ask(.path = GRAD "?expr=x*x&x=3", .accept = "text/plain"), 200, "value 9\nx.grad 6\n");
}

Test(expression, variables_are_tensors_of_any_shape) {
  expect_json(post(GRAD, "{'expr':'torch.sum(A @ v)','at':{'A':[[1,2],[3,4]],'v':[5,6]}}"), 200,
              "{'value':56,'grad':{'A':[[5,6],[5,6]],'v':[4,6]}}");
  expect_json(post(GRAD, "{'expr':'(x / 3).sum()','at':{'x':[]}}"), 200, "{'value':0,'grad':{'x':[]}}");
  expect_json(post(GRAD, "{'expr':'损失 * 2','at':{'损失':'NaN'}}"), 200,
              "{'value':'NaN','grad':{'损失':2}}");
  expect_json(get(GRAD "?expr=x%2Bx&x=-inf"), 200, "{'value':'-Infinity','grad':{'x':2}}");
  expect_json(post(GRAD, "{'expr':'x / 3','at':{'x':1},'dtype':'float32'}"), 200, "{'value':0.33333334}");
  expect_json(post(GRAD, "{'expr':'x / 3','at':{'x':1}}"), 200, "{'value':0.3333333333333333}");
  expect_json(post(GRAD, "{'expr':'x *\\n  torch.tensor(0.1)','at':{'x':1}}"), 200, "{'value':0.1}");
}

Test(expression, by_some_variables_only) {
  expect_json(post(GRAD, "{'expr':'x*y','at':{'x':2,'y':3},'wrt':['y']}"), 200, "{'grad':{'y':2}}");
  answer *a = post(GRAD, "{'expr':'x*y','at':{'x':2,'y':3},'wrt':'y'}");
  cr_assert_null(at(a, "grad.x"));
  expect_json(get(GRAD "?expr=x*y*z&x=2&y=3&z=4&wrt=x,z"), 200, "{'value':24,'grad':{'x':12,'z':6}}");
  expect_json(post(GRAD, "{'expr':'7','at':{'x':[1,2]}}"), 200, "{'value':7,'grad':{'x':[0,0]}}");
  expect_json(post(GRAD, "{'expr':'math.pi'}"), 200, "{'grad':{}}");
  expect_problem(post(GRAD, "{'expr':'x','at':{'x':1},'wrt':['q']}"), 404, "tensor_unknown");
  expect_problem(post(GRAD, "{'expr':'x','at':{'x':1},'wrt':['x','x']}"), 422, "bad_argument");
}

Test(expression, the_hessian_has_a_block_for_each_pair) {
  expect_json(post(GRAD, "{'expr':'(x+w)*(w+1)','at':{'x':2,'w':1},'order':2}"), 200,
              "{'value':6,'grad':{'x':2,'w':5},'hessian':{'x':{'x':0,'w':1},'w':{'x':1,'w':2}}}");
  expect_json(post(GRAD, "{'expr':'torch.sum(v**3) * s','at':{'v':[1,2],'s':2},'order':2}"), 200,
              "{'hessian':{'v':{'v':[[12,0],[0,24]],'s':[3,12]},'s':{'v':[3,12],'s':0}}}");
  expect_json(get(GRAD "?expr=x*x*x&x=2&order=2"), 200, "{'hessian':{'x':{'x':12}}}");
  expect_text(get(GRAD "?expr=x*x&x=2&order=2&as=txt"), 200, "value 4\nx.grad 4\nx.x.hessian 2\n");
  expect_problem(post(GRAD, "{'expr':'x','at':{'x':1},'order':3}"), 422, "bad_argument");
  expect_problem(post(GRAD, "{'expr':'x.sum()','at':{'x':[[[[[1]]]]]},'order':2}"), 422, "shape_mismatch");
}

Test(expression, of_several_elements_needs_a_cotangent) {
  answer *a = expect_problem(post(GRAD, "{'expr':'x.exp()','at':{'x':[0,1]}}"), 422, "grad_not_scalar");
  cr_assert(strstr(string_at(a, "detail"), "cotangent"));
  expect_json(post(GRAD, "{'expr':'x*x','at':{'x':[1,2]},'cotangent':[10,1]}"), 200, "{'grad':{'x':[20,4]}}");
  expect_json(post(GRAD, "{'expr':'x*x','at':{'x':[1,2]},'cotangent':1}"), 200, "{'grad':{'x':[2,4]}}");
  expect_json(get(GRAD "?expr=x*x&x=[1,2]&cotangent=[1,0]"), 200, "{'grad':{'x':[2,0]}}");
  expect_problem(post(GRAD, "{'expr':'x*x','at':{'x':[1,2]},'cotangent':[1,2,3]}"), 422, "grad_output_shape");
}

Test(expression, what_is_wrong_is_said_with_its_place) {
  answer *a = expect_problem(post(GRAD, "{'expr':'x +* 2','at':{'x':2}}"), 400, "bad_script");
  cr_assert(number_at(a, "line") == 1 && number_at(a, "column") == 4);
  expect_problem(post(GRAD, "{'expr':'1)*(2'}"), 400, "bad_script");
  expect_problem(post(GRAD, "{'expr':'x = 2'}"), 400, "bad_script");
  expect_problem(post(GRAD, "{'expr':''}"), 400, "bad_script");
  a = expect_problem(post(GRAD, "{'expr':'x * y','at':{'x':2}}"), 404, "tensor_unknown");
  cr_assert(number_at(a, "column") == 5);
  expect_problem(post(GRAD, "{'expr':'x > 1','at':{'x':2}}"), 422, "dtype_not_differentiable");
  expect_problem(post(GRAD, "{'expr':'[x]','at':{'x':2}}"), 422, "bad_argument");
  expect_problem(post(GRAD, "{'at':{'x':2}}"), 422, "bad_argument");
  expect_problem(post(GRAD, "{'expr':'x','at':{'x':2},'more':1}"), 400, "unknown_field");
  expect_problem(post(GRAD, "{'expr':'x','at':{'class':2}}"), 400, "bad_name");
  expect_problem(post(GRAD, "{'expr':'x','at':{'x':'word'}}"), 422, "bad_argument");
  expect_problem(post(GRAD, "{'expr':'x','at':{'x':1},'dtype':'int64'}"), 422, "bad_argument");
  expect_problem(get(GRAD "?expr=x&x=1&x=2"), 422, "bad_argument");
  expect_problem(get(GRAD "?expr=x&x=one"), 422, "bad_argument");
  expect_problem(get(GRAD "?expr=x&x=1&as=npy"), 406, "not_acceptable");
  expect_problem(get(GRAD "?expr=x%20x&x=1"), 400, "bad_script");
  expect_problem(get(GRAD "?expr=y&x=1"), 404, "tensor_unknown");
  expect_problem(query_method("{'expr':'x x'}"), 400, "bad_script");
  expect_problem(query_method("{'expr':'y'}"), 404, "tensor_unknown");
  expect_problem(get(GRAD "?expr=x.add_(1)&x=1"), 409, "leaf_inplace");
  expect_problem(query_method("{'expr':'x.add_(1)','at':{'x':1}}"), 409, "leaf_inplace");
  expect_problem(post(GRAD, "{'expr':'x.add_(1)','at':{'x':1}}"), 409, "leaf_inplace");
  const char *bodies[] = {"POST", "QUERY"};
  for (int i = 0; i < 2; i++)
    expect_problem(ask(.method = bodies[i], .path = GRAD "?as=npy", .body = quoted("{'expr':'1'}")), 406,
                   "not_acceptable");
  expect_problem(query_method("{'expr':'x','at':{'x':1},'wrt':1}"), 422, "bad_argument");
  expect_problem(form("expr=x&x=%zz"), 400, "bad_header");
  for (int i = 0; i < 2; i++)
    expect_problem(ask(.method = bodies[i], .path = GRAD, .body = "x", .type = "text/csv"), 415,
                   "unsupported_media_type");
}

Test(expression, limits_and_keys) {
  expect_problem(post(GRAD, "{'expr':'torch.ones(10**6, 10**6).sum()'}"), 422, "quota_exceeded");
  size_t n = 9 << 20;
  char *large = scratch(n + 1);
  memset(large, ' ', n);
  const char *methods[] = {"POST", "QUERY"};
  for (int i = 0; i < 2; i++)
    expect_problem(ask(.method = methods[i], .path = GRAD, .body = large, .size = n), 413, "body_too_large");
  answer *first = ask(.method = "POST", .path = GRAD, .body = quoted("{'expr':'torch.rand(1)'}"),
                      .headers = {"Idempotency-Key: g1"});
  answer *again = ask(.method = "POST", .path = GRAD, .body = quoted("{'expr':'torch.rand(1)'}"),
                      .headers = {"Idempotency-Key: g1"});
  cr_assert_str_eq(expect_status(first, 200)->body, expect_status(again, 200)->body);
}

TestSuite(expression_slow, .fini = client_down);

Test(expression_slow, past_the_deadline_is_504) {
  client_up_with((const char *const[]){"--deadline-s", "1", NULL});
  const char *slow =
      "{'expr':'sum([torch.ones(500,500) @ torch.ones(500,500) for i in range(100000)]).sum()'}";
  expect_problem(post(GRAD, slow), 504, "time_limit");
  expect_json(get(GRAD "?expr=x*x&x=3"), 200, "{'grad':{'x':6}}");
}

// ---- without a server

static int command_line(const char *arguments, char out[4096]) {
  char line[1024];
  const char *binary = getenv("GRADD_BIN");
  cr_assert(binary);
  snprintf(line, sizeof line, "'%s' grad %s 2>&1", binary, arguments);
  FILE *p = popen(line, "r");
  cr_assert(p);
  out[fread(out, 1, 4095, p)] = 0;
  int status = pclose(p);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(expression_command, prints_and_tells_by_its_status) {
  char out[4096];
  cr_assert_eq(command_line("'(x+w)*(w+1)' x=2 w=1", out), 0);
  cr_assert_str_eq(out, "value 6\nx.grad 2\nw.grad 5\n");
  cr_assert_eq(command_line("'x*x' 'x=[1,2]' --cotangent 1 --as json", out), 0);
  cr_assert_str_eq(out, "{\"value\":[1,4],\"grad\":{\"x\":[2,4]}}\n");
  cr_assert_eq(command_line("'x*y' x=2 y=3 --wrt y --order 2", out), 0);
  cr_assert_str_eq(out, "value 6\ny.grad 2\ny.y.hessian 0\n");
  cr_assert_eq(command_line("'x +' x=2", out), 1);
  cr_assert(strstr(out, "SyntaxError: ") == out, "%s", out);
  cr_assert_eq(command_line("x x", out), 1);
  cr_assert_eq(command_line("x x=1 --nonsense 2", out), 1);
  cr_assert_eq(command_line("", out), 2);
}
