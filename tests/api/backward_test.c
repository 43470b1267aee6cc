// T/backward, S/backward and S/zero_grad.
#include "client.h"
#include <criterion/criterion.h>
#include <string.h>

TestSuite(backward, .init = client_up_with_graph, .fini = client_down);

#define Y_BACKWARD TENSOR("y") "/backward"

static void expect_grad(const char *name, const char *json) {
  expect_json(get(text(SESSION "/tensors/%s/grad", name)), 200, text("{'data':%s}", json));
}

Test(backward, names_what_received_gradient_and_counts_nodes) {
  expect_json(post(Y_BACKWARD, NULL), 200, "{'grads':['w','x'],'nodes':5}");
  expect_grad("w", "[5]"), expect_grad("x", "[2]");
  expect_problem(get(TENSOR("a") "/grad"), 404, "no_grad");
}

Test(backward, empty_object_is_the_same_as_no_body) {
  expect_json(post(Y_BACKWARD, "{}"), 200, "{'grads':['w','x'],'nodes':5}");
}

Test(backward, returns_gradients_when_asked) {
  expect_json(post(Y_BACKWARD "?return=grads", NULL), 200,
              "{'grads':['w','x'],'values':{'w':{'name':'w.grad','data':[5]},'x':{'data':[2]}}}");
  expect_problem(post(Y_BACKWARD "?return=everything", NULL), 422, "bad_argument");
}

Test(backward, second_pass_needs_retain_graph) {
  post(Y_BACKWARD, "{'retain_graph':true}");
  post(Y_BACKWARD, NULL);
  expect_grad("w", "[10]");
  answer *a = expect_problem(post(Y_BACKWARD, NULL), 409, "graph_freed");
  cr_assert(strstr(string_at(a, "detail"), "retain_graph"), "%s", a->body);
  expect_grad("w", "[10]");
}

Test(backward, graph_that_saved_nothing_is_not_freed) {
  op("{'op':'add','args':['a','a'],'out':'s'}");
  expect_status(post(TENSOR("s") "/backward", NULL), 200);
  expect_status(post(TENSOR("s") "/backward", NULL), 200);
  expect_grad("w", "[4]");
}

Test(backward, retained_tensors_are_named_too) {
  patch(TENSOR("b"), "{'retain_grad':true}");
  expect_json(post(Y_BACKWARD, NULL), 200, "{'grads':['w','x','b']}");
  expect_grad("b", "[3]");
}

Test(backward, inputs_limits_who_accumulates) {
  expect_json(post(Y_BACKWARD, "{'inputs':['x']}"), 200, "{'grads':['x']}");
  expect_problem(get(TENSOR("w") "/grad"), 404, "no_grad");
  expect_problem(post(Y_BACKWARD, "{'inputs':[]}"), 422, "bad_argument");
}

Test(backward, of_a_vector_needs_a_gradient) {
  put(TENSOR("v"), "{'data':[1.0,2.0],'requires_grad':true}");
  op("{'op':'mul','args':['v','v'],'out':'z'}");
  answer *a = expect_problem(post(TENSOR("z") "/backward", NULL), 422, "grad_not_scalar");
  cr_assert(strstr(string_at(a, "detail"), "scalar"), "%s", a->body);
  expect_problem(post(TENSOR("z") "/backward", "{'gradient':[1.0]}"), 422, "grad_output_shape");
  expect_problem(post(TENSOR("z") "/backward", "{'gradient':'nobody'}"), 404, "tensor_unknown");
  expect_json(post(TENSOR("z") "/backward", "{'gradient':[1.0,10.0]}"), 200, "{'grads':['v']}");
  expect_grad("v", "[2,40]");
}

Test(backward, gradient_may_be_a_name) {
  put(TENSOR("g"), "[3.0]");
  post(Y_BACKWARD, "{'gradient':'g'}");
  expect_grad("w", "[15]");
}

Test(backward, one_element_of_any_rank_is_a_scalar) {
  op("{'op':'view','args':['y',[1,1,1]],'out':'yy'}");
  expect_status(post(TENSOR("yy") "/backward", NULL), 200);
}

Test(backward, without_graph_is_an_error) {
  put(TENSOR("c"), "[1.0]");
  answer *a = expect_problem(post(TENSOR("c") "/backward", NULL), 422, "no_graph");
  cr_assert(strstr(string_at(a, "detail"), "does not require grad"), "%s", a->body);
  expect_problem(post(TENSOR("nobody") "/backward", NULL), 404, "tensor_unknown");
}

Test(backward, on_a_leaf_adds_the_seed) {
  expect_json(post(TENSOR("w") "/backward", NULL), 200, "{'grads':['w'],'nodes':1}");
  expect_grad("w", "[1]");
}

Test(backward, saved_tensor_that_was_changed_is_found) {
  op("{'op':'add_','args':['a',1]}");
  answer *a = expect_problem(post(Y_BACKWARD, NULL), 409, "saved_modified");
  const char *detail = string_at(a, "detail");
  cr_assert(strstr(detail, "version") && strstr(detail, "1") && strstr(detail, "0"), "%s", detail);
  expect_problem(get(TENSOR("w") "/grad"), 404, "no_grad");
}

Test(backward, create_graph_gives_a_gradient_with_history) {
  put(TENSOR("v"), "{'data':2.0,'requires_grad':true}");
  op("{'op':'pow','args':['v',3],'out':'p'}");
  post(TENSOR("p") "/backward", "{'create_graph':true}");
  expect_json(get(TENSOR("v") "/grad"), 200, "{'data':12,'requires_grad':true}");
  expect_status(post(TENSOR("p") "/backward", NULL), 200); // retain_graph follows create_graph
}

Test(backward, request_is_checked) {
  expect_problem(post(Y_BACKWARD, "{'retain_graph':1}"), 422, "bad_argument");
  expect_problem(post(Y_BACKWARD, "{'gradient':'9x'}"), 400, "bad_name");
  expect_problem(post(Y_BACKWARD, "{'traces':true}"), 400, "unknown_field");
  expect_problem(post(Y_BACKWARD, "{'inputs':['nobody']}"), 404, "tensor_unknown");
  expect_problem(post(Y_BACKWARD, "[]"), 422, "bad_argument");
  expect_json(post(Y_BACKWARD, NULL), 200, "{'nodes':5}");
}

// ---- several roots

Test(backward, several_roots) {
  op("{'op':'mul','args':['w',[1.0,2.0]],'out':'v'}");
  expect_json(post(SESSION "/backward", "{'tensors':['y','v'],'grad_tensors':[null,[1.0,1.0]]}"), 200,
              "{'grads':['w','x']}");
  expect_grad("w", "[8]");
}

Test(backward, several_roots_are_checked) {
  expect_problem(post(SESSION "/backward", "{}"), 422, "bad_argument");
  expect_problem(post(SESSION "/backward", "{'tensors':[]}"), 422, "bad_argument");
  expect_problem(post(SESSION "/backward", "{'tensors':['y'],'grad_tensors':[null,null]}"), 422,
                 "bad_argument|grad_output_shape");
  expect_problem(post(SESSION "/backward", "{'tensors':['nobody']}"), 404, "tensor_unknown");
  post(SESSION "/backward", "{'tensors':['y']}");
  expect_problem(post(SESSION "/backward", "{'tensors':['y']}"), 409, "graph_freed");
  expect_grad("w", "[5]");
}

// ---- zero_grad

Test(backward, zero_grad_sets_to_none_or_to_zeros) {
  post(Y_BACKWARD, "{'retain_graph':true}");
  cr_assert(expect_status(post(SESSION "/zero_grad", "{'tensors':['w'],'set_to_none':false}"), 204)->size ==
            0);
  expect_grad("w", "[0]"), expect_grad("x", "[2]");
  expect_status(post(SESSION "/zero_grad", "{'tensors':['w']}"), 204);
  expect_problem(get(TENSOR("w") "/grad"), 404, "no_grad");
  post(Y_BACKWARD, NULL);
  expect_status(post(SESSION "/zero_grad", NULL), 204);
  expect_problem(get(TENSOR("w") "/grad"), 404, "no_grad");
  expect_problem(get(TENSOR("x") "/grad"), 404, "no_grad");
  expect_status(post(SESSION "/zero_grad", "{'set_to_none':false}"), 204);
}

Test(backward, zero_grad_is_checked_before_it_changes_anything) {
  post(Y_BACKWARD, NULL);
  expect_problem(post(SESSION "/zero_grad", "{'tensors':['w','nobody']}"), 404, "tensor_unknown");
  expect_problem(post(SESSION "/zero_grad", "{'tensors':7}"), 422, "bad_argument");
  expect_problem(post(SESSION "/zero_grad", "{'set_to_none':0}"), 422, "bad_argument");
  expect_grad("w", "[5]");
}
