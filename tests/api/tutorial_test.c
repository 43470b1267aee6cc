// The autograd tutorial, block by block: every value it prints, over HTTP.
#include "client.h"
#include <criterion/criterion.h>
#include <string.h>

TestSuite(tutorial, .init = client_up, .fini = client_down);

// w = torch.tensor([1.], requires_grad=True); x = torch.tensor([2.], requires_grad=True)
static void leaves(void) {
  put(TENSOR("w"), "{'data':[1.0],'requires_grad':true}");
  put(TENSOR("x"), "{'data':[2.0],'requires_grad':true}");
}

// a = torch.add(w, x); b = torch.add(w, 1); y = torch.mul(a, b)
static void forward(void) {
  op("{'op':'add','args':['w','x'],'out':'a'}");
  op("{'op':'add','args':['w',1],'out':'b'}");
  op("{'op':'mul','args':['a','b'],'out':'y'}");
}

static answer *backward(const char *json) { return expect_status(post(TENSOR("y") "/backward", json), 200); }

static void prints_grad(const char *name, const char *printed) {
  expect_text(get(text(SESSION "/tensors/%s/grad?as=repr", name)), 200, text("%s\n", printed));
}

Test(tutorial, computation_graph) {
  leaves();
  forward();
  backward(NULL);
  static const struct {
    const char *name, *is_leaf, *grad, *grad_fn;
  } rows[] = {
      {"w", "true", "tensor([5.])", "null"},    {"x", "true", "tensor([2.])", "null"},
      {"a", "false", "None", "'AddBackward0'"}, {"b", "false", "None", "'AddBackward0'"},
      {"y", "false", "None", "'MulBackward0'"},
  };
  for (int i = 0; i < 5; i++) {
    expect_json(get(text(SESSION "/tensors/%s", rows[i].name)), 200,
                text("{'is_leaf':%s,'grad_fn':%s}", rows[i].is_leaf, rows[i].grad_fn));
    prints_grad(rows[i].name, rows[i].grad);
  }
  expect_problem(get(TENSOR("a") "/grad"), 404, "no_grad");
}

Test(tutorial, backward_with_retain_graph) {
  leaves();
  forward();
  backward("{'retain_graph':true}");
  prints_grad("w", "tensor([5.])");
  backward(NULL);
  prints_grad("w", "tensor([10.])");
}

Test(tutorial, gradients_accumulate) {
  static const char *const printed[] = {"tensor([5.])", "tensor([10.])", "tensor([15.])", "tensor([20.])"};
  leaves();
  for (int i = 0; i < 4; i++) {
    forward();
    backward(NULL);
    prints_grad("w", printed[i]);
  }
}

Test(tutorial, gradients_are_zeroed_by_hand) {
  leaves();
  for (int i = 0; i < 4; i++) {
    forward();
    backward(NULL);
    prints_grad("w", "tensor([5.])");
    expect_json(op("{'op':'zero_','args':['w.grad']}"), 201, "{'data':[0]}");
  }
}

Test(tutorial, requires_grad_is_inherited) {
  static const char *const names[] = {"a", "b", "y"};
  leaves();
  forward();
  for (int i = 0; i < 3; i++)
    expect_json(get(text(SESSION "/tensors/%s", names[i])), 200, "{'requires_grad':true,'is_leaf':false}");
}

Test(tutorial, in_place_keeps_the_tensor) {
  expect_json(put(TENSOR("a"), "{'shape':[1],'fill':'ones'}"), 201, "{'data':[1]}");
  expect_text(get(TENSOR("a") "?as=repr"), 200, "tensor([1.])\n");
  op("{'op':'detach','args':['a'],'out':'first'}"); // shares the bytes of the first a
  op("{'op':'add','args':['a',[1.0]],'out':'a'}");  // a = a + torch.ones((1, )): another tensor
  expect_text(get(TENSOR("a") "?as=repr"), 200, "tensor([2.])\n");
  expect_text(get(TENSOR("first") "?as=repr"), 200, "tensor([1.])\n");
  op("{'op':'detach','args':['a'],'out':'second'}");
  op("{'op':'add_','args':['a',[1.0]]}"); // a += torch.ones((1, )): the same one
  expect_text(get(TENSOR("a") "?as=repr"), 200, "tensor([3.])\n");
  expect_text(get(TENSOR("second") "?as=repr"), 200, "tensor([3.])\n");
  expect_json(get(TENSOR("a")), 200, "{'version':1}");
}

Test(tutorial, leaf_may_not_be_changed_in_place) {
  leaves();
  forward();
  answer *a = expect_problem(op("{'op':'add_','args':['w',1]}"), 409, "leaf_inplace");
  cr_assert(strstr(string_at(a, "detail"), "a leaf Variable that requires grad"), "%s", a->body);
  backward(NULL);
  prints_grad("w", "tensor([5.])");
}

Test(tutorial, detach_shares_the_data) {
  leaves();
  forward();
  backward(NULL);
  op("{'op':'detach','args':['w'],'out':'w_detach'}");
  expect_json(get(TENSOR("w_detach")), 200, "{'requires_grad':false,'is_leaf':true}");
  patch(TENSOR("w_detach") "/data", "{'index':[0],'value':999}");
  expect_text(get(TENSOR("w") "?as=repr"), 200, "tensor([999.], requires_grad=True)\n");
}

Test(tutorial, no_grad_records_nothing) {
  leaves();
  expect_json(op("{'op':'add','args':['w','x'],'out':'a','no_grad':true}"), 201,
              "{'requires_grad':false,'grad_fn':null,'is_leaf':true}");
  expect_json(get(SESSION), 200, "{'nodes':0}");
}
