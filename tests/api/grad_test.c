// POST S/grad: torch.autograd.grad.
#include "client.h"
#include <criterion/criterion.h>
#include <string.h>

static void up(void) {
  client_up();
  put(TENSOR("w"), "{'data':[1.0],'requires_grad':true}");
  put(TENSOR("x"), "{'data':[2.0],'requires_grad':true}");
  put(TENSOR("u"), "{'data':[9.0],'requires_grad':true}");
  put(TENSOR("c"), "[4.0]");
  op("{'op':'add','args':['w','x'],'out':'a'}");
  op("{'op':'add','args':['w',1],'out':'b'}");
  op("{'op':'mul','args':['a','b'],'out':'y'}");
}

TestSuite(grad, .init = up, .fini = client_down);

static answer *grad(const char *json) { return post(SESSION "/grad", json); }

Test(grad, answers_one_entry_an_input_and_touches_no_grad) {
  expect_json(grad("{'outputs':['y'],'inputs':['w','x']}"), 200,
              "{'grads':[{'data':[5],'requires_grad':false},{'data':[2]}]}");
  expect_problem(get(TENSOR("w") "/grad"), 404, "no_grad");
}

Test(grad, out_binds_the_gradients) {
  expect_json(grad("{'outputs':['y'],'inputs':['w','x'],'out':['gw','gx']}"), 200,
              "{'grads':[{'name':'gw'},{'name':'gx'}]}");
  expect_data("gw", "[5]");
  expect_data("gx", "[2]");
  expect_problem(grad("{'outputs':['b'],'inputs':['w'],'out':['one','two']}"), 422, "bad_argument");
  expect_problem(grad("{'outputs':['b'],'inputs':['w'],'out':['9x']}"), 400, "bad_name");
}

Test(grad, intermediate_tensors_are_inputs_too) {
  expect_json(grad("{'outputs':['y'],'inputs':['a','b']}"), 200, "{'grads':[{'data':[2]},{'data':[3]}]}");
}

Test(grad, grad_outputs) {
  expect_json(grad("{'outputs':['y'],'inputs':['w'],'grad_outputs':[[10.0]],'retain_graph':true}"), 200,
              "{'grads':[{'data':[50]}]}");
  expect_json(grad("{'outputs':['y'],'inputs':['w'],'grad_outputs':['c'],'retain_graph':true}"), 200,
              "{'grads':[{'data':[20]}]}");
  expect_json(grad("{'outputs':['y'],'inputs':['w'],'grad_outputs':[null],'retain_graph':true}"), 200,
              "{'grads':[{'data':[5]}]}");
  expect_problem(grad("{'outputs':['y'],'inputs':['w'],'grad_outputs':[[1.0,2.0]]}"), 422,
                 "grad_output_shape");
}

Test(grad, unused_input) {
  answer *a =
      expect_problem(grad("{'outputs':['y'],'inputs':['w','u'],'retain_graph':true}"), 422, "unused_input");
  cr_assert(strstr(string_at(a, "detail"), "allow_unused"), "%s", a->body);
  expect_json(grad("{'outputs':['y'],'inputs':['w','u'],'allow_unused':true,'retain_graph':true}"), 200,
              "{'grads':[{'data':[5]},null]}");
  expect_json(grad("{'outputs':['y'],'inputs':['w','u'],'materialize_grads':true,'retain_graph':true}"), 200,
              "{'grads':[{'data':[5]},{'data':[0]}]}");
  expect_problem(grad("{'outputs':['y'],'inputs':['u'],'materialize_grads':true,'allow_unused':false}"), 422,
                 "bad_argument");
}

Test(grad, input_or_output_without_graph) {
  expect_problem(grad("{'outputs':['y'],'inputs':['c']}"), 422, "no_graph|unused_input");
  expect_problem(grad("{'outputs':['c'],'inputs':['w']}"), 422, "no_graph");
}

Test(grad, graph_is_freed_unless_retained) {
  grad("{'outputs':['y'],'inputs':['w'],'retain_graph':true}");
  grad("{'outputs':['y'],'inputs':['w']}");
  expect_problem(grad("{'outputs':['y'],'inputs':['w']}"), 409, "graph_freed");
}

Test(grad, create_graph_gives_higher_orders) {
  put(TENSOR("v"), "{'data':2.0,'requires_grad':true}");
  op("{'op':'pow','args':['v',4],'out':'p'}");
  expect_json(grad("{'outputs':['p'],'inputs':['v'],'create_graph':true,'out':['g1']}"), 200,
              "{'grads':[{'data':32,'requires_grad':true,'is_leaf':false}]}");
  expect_json(grad("{'outputs':['g1'],'inputs':['v'],'create_graph':true,'out':['g2']}"), 200,
              "{'grads':[{'data':48}]}");
  expect_json(grad("{'outputs':['g2'],'inputs':['v']}"), 200, "{'grads':[{'data':48}]}");
}

Test(grad, vector_output_needs_grad_outputs) {
  op("{'op':'mul','args':['w',[1.0,2.0]],'out':'v'}");
  expect_problem(grad("{'outputs':['v'],'inputs':['w']}"), 422, "grad_not_scalar");
  expect_json(grad("{'outputs':['v'],'inputs':['w'],'grad_outputs':[[1.0,1.0]]}"), 200,
              "{'grads':[{'data':[3]}]}");
}

Test(grad, request_is_checked) {
  expect_problem(grad("{}"), 422, "bad_argument");
  expect_problem(grad("{'outputs':['y']}"), 422, "bad_argument");
  expect_problem(grad("{'outputs':[],'inputs':['w']}"), 422, "bad_argument");
  expect_problem(grad("{'outputs':['y'],'inputs':[]}"), 422, "bad_argument");
  expect_problem(grad("{'outputs':'y','inputs':['w'],'retain_graph':5}"), 422, "bad_argument");
  expect_problem(grad("{'outputs':['nobody'],'inputs':['w']}"), 404, "tensor_unknown");
  expect_problem(grad("{'outputs':['y'],'inputs':['w'],'traces':true}"), 400, "unknown_field");
  expect_status(grad("{'outputs':['y'],'inputs':['w']}"), 200);
}
