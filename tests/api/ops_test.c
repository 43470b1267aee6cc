// POST S/ops, in both forms.
#include "client.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void up(void) {
  client_up();
  put(TENSOR("w"), "{'data':[1.0,2.0,3.0],'requires_grad':true}");
  put(TENSOR("m"), "{'data':[[1,5],[7,2]],'dtype':'float32'}");
}

TestSuite(ops, .init = up, .fini = client_down);

Test(ops, result_is_a_tensor_bound_to_out) {
  answer *a = expect_json(
      op("{'op':'add','args':['w',1],'out':'b'}"), 201,
      "{'name':'b','dtype':'float32','shape':[3],'requires_grad':true,'is_leaf':false,"
      "'grad_fn':'AddBackward0','retains_grad':false,'version':0,'has_grad':false,'data':[2,3,4]}");
  expect_header(a, "Location", TENSOR("b"));
  cr_assert(header(a, "ETag"));
  expect_json(get(TENSOR("b")), 200, "{'grad_fn':'AddBackward0','data':[2,3,4]}");
}

Test(ops, without_out_a_name_is_made) {
  answer *a = expect_status(op("{'op':'neg','args':['w']}"), 201);
  expect_json(get(text(SESSION "/tensors/%s", string_at(a, "name"))), 200, "{'data':[-1,-2,-3]}");
  answer *b = expect_status(op("{'op':'neg','args':['w']}"), 201);
  cr_assert(strcmp(string_at(a, "name"), string_at(b, "name")) != 0);
}

Test(ops, out_replaces_what_the_name_held) {
  op("{'op':'mul','args':['w',2],'out':'w2'}");
  op("{'op':'mul','args':['w2',2],'out':'w2'}");
  expect_data("w2", "[4,8,12]");
}

Test(ops, arguments_are_pytorchs) {
  static const struct {
    const char *body, *data;
  } rows[] = {
      {"{'op':'sum','args':['m']}", "15"},
      {"{'op':'sum','args':['m'],'kwargs':{'dim':0,'keepdim':true}}", "[[8,7]]"},
      {"{'op':'sum','args':['m',1]}", "[6,9]"},
      {"{'op':'sum','args':['m',[0,1]]}", "15"},
      {"{'op':'sum','kwargs':{'input':'m','dim':-1}}", "[6,9]"},
      {"{'op':'mean','args':['m']}", "3.75"},
      {"{'op':'add','args':['m','m'],'kwargs':{'alpha':2}}", "[[3,15],[21,6]]"},
      {"{'op':'sub','args':[10,'m']}", "[[9,5],[3,8]]"},
      {"{'op':'mul','args':['m',[[1,0],[0,1]]]}", "[[1,0],[0,2]]"},
      {"{'op':'matmul','args':['m','m']}", "[[36,15],[21,39]]"},
      {"{'op':'clamp','args':['m'],'kwargs':{'min':2,'max':5}}", "[[2,5],[5,2]]"},
      {"{'op':'transpose','args':['m',0,1]}", "[[1,7],[5,2]]"},
      {"{'op':'cat','args':[['m','m']],'kwargs':{'dim':1}}", "[[1,5,1,5],[7,2,7,2]]"},
      {"{'op':'where','args':[[[true,false],[false,true]],'m',0.0]}", "[[1,0],[0,2]]"},
      {"{'op':'arange','args':[3]}", "[0,1,2]"},
      {"{'op':'full','args':[[2],7.5]}", "[7.5,7.5]"},
      {"{'op':'mse_loss','args':['m',[[1.0,5],[7,4]]],'kwargs':{'reduction':'sum'}}", "4"},
      {"{'op':'gt','args':['m',4]}", "[[false,true],[true,false]]"},
      {"{'op':'argmax','args':['m'],'kwargs':{'dim':1}}", "[1,0]"},
      {"{'op':'relu','args':[[-1.0,2.0]]}", "[0,2]"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    expect_json(op(rows[i].body), 201, text("{'data':%s}", rows[i].data));
}

Test(ops, types_are_promoted_as_in_pytorch) {
  expect_json(op("{'op':'add','args':[[1,2],1.5]}"), 201, "{'dtype':'float32','data':[2.5,3.5]}");
  expect_json(op("{'op':'div','args':[[1,2],2]}"), 201, "{'dtype':'float32','data':[0.5,1]}");
  expect_json(op("{'op':'sum','args':[[true,true]]}"), 201, "{'dtype':'int64','data':2}");
  put(TENSOR("d"), "{'data':2.0,'dtype':'float64'}");
  expect_json(op("{'op':'mul','args':['w','d']}"), 201,
              "{'dtype':'float32'}"); // 0-d does not promote within floats
}

Test(ops, several_results) {
  answer *a = expect_json(op("{'op':'max','args':['m',1],'out':['values','indices']}"), 201,
                          "{'results':[{'name':'values','dtype':'float32','data':[5,7]},"
                          "{'name':'indices','dtype':'int64','data':[1,0]}]}");
  expect_header(a, "Location", TENSOR("values"));
  expect_data("indices", "[1,0]");
  answer *made = expect_status(op("{'op':'max','args':['m',1]}"), 201);
  cr_assert(cJSON_GetArraySize(at(made, "results")) == 2);
  expect_problem(post(OPS "/max?args=m,1&out=no,nor&as=npy", NULL), 406, "not_acceptable");
  expect_problem(get(TENSOR("no")), 404, "tensor_unknown");
  expect_problem(op("{'op':'max','args':['m',1],'out':['one']}"), 422, "bad_argument");
  expect_problem(op("{'op':'neg','args':['m'],'out':['a','b']}"), 422, "bad_argument");
}

Test(ops, in_place_acts_on_the_first_argument) {
  answer *a =
      expect_json(op("{'op':'add_','args':['m',1]}"), 201, "{'name':'m','version':1,'data':[[2,6],[8,3]]}");
  expect_header(a, "Location", TENSOR("m"));
  expect_json(op("{'op':'zero_','args':['m']}"), 201, "{'version':2,'data':[[0,0],[0,0]]}");
  expect_json(op("{'op':'copy_','args':['m',[1.0,2.0]]}"), 201, "{'data':[[1,2],[1,2]]}");
  expect_json(op("{'op':'requires_grad_','args':['m']}"), 201, "{'requires_grad':true}");
}

Test(ops, views_share_storage_and_version) {
  op("{'op':'view','args':['m',[4]],'out':'v'}");
  op("{'op':'select','args':['m',0,1],'out':'row'}");
  op("{'op':'add_','args':['v',10]}");
  expect_json(get(TENSOR("m")), 200, "{'version':1,'data':[[11,15],[17,12]]}");
  expect_json(get(TENSOR("row")), 200, "{'version':1,'data':[17,12]}");
}

Test(ops, no_grad_is_a_field_of_the_request) {
  expect_json(op("{'op':'mul','args':['w',2],'no_grad':true}"), 201,
              "{'requires_grad':false,'grad_fn':null}");
  expect_json(op("{'op':'mul','args':['w',2]}"), 201, "{'requires_grad':true}");
  expect_json(op("{'op':'sub_','args':['w',1],'no_grad':true}"), 201,
              "{'requires_grad':true,'is_leaf':true,'data':[0,1,2]}");
}

Test(ops, literals_and_gradients_are_references) {
  put(TENSOR("w") "/grad", "[1,1,1]");
  expect_json(op("{'op':'add','args':['w.grad',[1.0,2.0,3.0]]}"), 201, "{'data':[2,3,4]}");
  expect_json(op("{'op':'add','args':[1,2]}"), 201, "{'shape':[],'dtype':'int64','data':3}");
}

Test(ops, representation_of_the_result) {
  expect_text(post(OPS "?as=txt", "{'op':'sum','args':['m']}"), 201, "15\n");
  expect_text(post(OPS "?as=repr", "{'op':'sum','args':['w']}"), 201, "tensor(6., grad_fn=<SumBackward0>)\n");
  answer *a = expect_status(post(OPS "?as=raw", "{'op':'sum','args':['m']}"), 201);
  cr_assert(a->size == 4);
}

// ---- the form without a body

Test(ops, shell_form) {
  expect_json(post(OPS "/add?args=w,1&out=b", NULL), 201, "{'name':'b','data':[2,3,4]}");
  expect_json(post(OPS "/sum?args=m&dim=0&keepdim=1&out=s", NULL), 201, "{'name':'s','data':[[8,7]]}");
  expect_json(post(OPS "/sum?args=m&dim=0&keepdim=true", NULL), 201, "{'shape':[1,2]}");
  expect_json(post(OPS "/add?args=w,[1,2,3]&no_grad=1", NULL), 201, "{'requires_grad':false,'data':[2,4,6]}");
  expect_json(post(OPS "/mse_loss?args=m,m&reduction=sum", NULL), 201, "{'data':0}");
  expect_json(post(OPS "/max?args=m,1&out=v,i", NULL), 201, "{'results':[{'name':'v'},{'name':'i'}]}");
  expect_text(post(OPS "/mul?args=w,w&as=txt", NULL), 201, "1 4 9\n");
  expect_json(post(OPS "/cat?args=[w,w.detached]", NULL), 404, "{'code':'tensor_unknown'}");
  expect_json(post(OPS "/cat?args=[w,[4]]&out=c", NULL), 201, "{'name':'c','data':[1,2,3,4]}");
  expect_json(post(OPS "/stack?args=[w,w],1", NULL), 201, "{'shape':[3,2]}");
  expect_json(post(OPS "/getitem?args=m,[0,1:]", NULL), 201, "{'shape':[1]}");
  expect_json(post(OPS "/zero_?args=m", NULL), 201, "{'name':'m','data':[[0,0],[0,0]]}");
}

Test(ops, may_be_named_as_in_python) {
  static const char *const names[] = {"torch.relu", "F.relu", "nn.functional.relu",
                                      "torch.nn.functional.relu"};
  for (int i = 0; i < 4; i++) {
    expect_json(op(text("{'op':'%s','args':['w']}", names[i])), 201, "{'data':[1,2,3]}");
    expect_json(get(text("/v1/ops/%s", names[i])), 200, "{'name':'relu'}");
  }
  expect_json(op("{'op':'torch.linalg.norm','args':[[3.0,4.0]]}"), 201, "{'data':5}");
  expect_problem(op("{'op':'torch.frobnicate','args':['w']}"), 404, "op_unknown");
  expect_problem(op("{'op':'torch.','args':['w']}"), 404, "op_unknown");
}

Test(ops, shell_form_refuses) {
  expect_problem(post(OPS "/frobnicate?args=w", NULL), 404, "op_unknown");
  expect_problem(post(OPS "/add?args=nobody,1", NULL), 404, "tensor_unknown");
  expect_problem(post(OPS "/add?args=w,1&color=red", NULL), 422, "bad_argument");
  expect_problem(post(OPS "/add_?args=w,1", NULL), 409, "leaf_inplace");
  expect_problem(post(OPS "/add?args=w,1&out=9x", NULL), 400, "bad_name");
  expect_problem(post(OPS "/add?args=w,1&as=pickle", NULL), 406, "not_acceptable");
}

// ---- refusals

Test(ops, request_is_checked) {
  static const struct {
    const char *body;
    int status;
    const char *code;
  } rows[] = {
      {"{}", 422, "bad_argument"},
      {"{'op':5}", 422, "bad_argument"},
      {"{'op':'add','args':'w'}", 422, "bad_argument"},
      {"{'op':'add','args':['w',1],'kwargs':[]}", 422, "bad_argument"},
      {"{'op':'add','args':['w',1],'no_grad':'yes'}", 422, "bad_argument"},
      {"{'op':'add','args':['w',1],'output':'y'}", 400, "unknown_field"},
      {"{'op':'add','args':['w',1],'op':'sub'}", 400, "duplicate_key"},
      {"{'op':'frobnicate','args':['w']}", 404, "op_unknown"},
      {"{'op':'add','args':['nobody',1]}", 404, "tensor_unknown"},
      {"{'op':'add','args':['w',1],'out':'9x'}", 400, "bad_name"},
      {"{'op':'add','args':['w',1],'out':'w.grad'}", 400, "bad_name"},
      {"{'op':'add','args':['w']}", 422, "bad_argument"},
      {"{'op':'add','args':['w',1,2,3]}", 422, "bad_argument"},
      {"{'op':'add','args':['w',1],'kwargs':{'color':1}}", 422, "bad_argument"},
      {"{'op':'add','args':['w',1],'kwargs':{'other':1}}", 422, "bad_argument"},
      {"{'op':'add','args':['w',1e999]}", 400, "bad_number"},
      {"{'op':'mse_loss','args':['m','m'],'kwargs':{'reduction':'most'}}", 422, "bad_argument"},
      {"{'op':'sum','args':['m'],'kwargs':{'dim':'first'}}", 422, "bad_argument"},
      {"{'op':'add','args':['w',[1.0,2.0]]}", 422, "shape_mismatch"},
      {"{'op':'matmul','args':['m',[[1.0,2.0,3.0]]]}", 422, "shape_mismatch"},
      {"{'op':'view','args':['m',[3]]}", 422, "shape_mismatch"},
      {"{'op':'expand','args':['w',[2,2]]}", 422, "shape_mismatch"},
      {"{'op':'cat','args':[['m',[[1.0,2.0,3.0]]]]}", 422, "shape_mismatch"},
      {"{'op':'sum','args':['m'],'kwargs':{'dim':2}}", 422, "index_out_of_range"},
      {"{'op':'select','args':['m',0,2]}", 422, "index_out_of_range"},
      {"{'op':'transpose','args':['m',0,-3]}", 422, "index_out_of_range"},
      {"{'op':'cross_entropy','args':['m',[0,7]]}", 422, "index_out_of_range"},
      {"{'op':'mm','args':['m',[[1,2],[3,4]]]}", 422, "dtype_mismatch"},
      {"{'op':'gather','args':['m',0,[[0.0,1.0]]]}", 422, "dtype_mismatch"},
      {"{'op':'requires_grad_','args':[[1,2]]}", 422, "dtype_not_differentiable"},
      {"{'op':'add_','args':['w',1]}", 409, "leaf_inplace"},
      {"[1]", 422, "bad_argument"},
      {"", 400, "bad_json"},
  };
  answer *before = get(SESSION);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    expect_problem(op(*rows[i].body ? rows[i].body : NULL), rows[i].status, rows[i].code);
  expect_json(get(SESSION), 200, text("{'tensors':2,'nodes':%.0f}", number_at(before, "nodes")));
  expect_data("w", "[1,2,3]");
}

Test(ops, mean_of_integers_is_a_dtype_error) {
  put(TENSOR("i"), "[1,2]");
  expect_problem(op("{'op':'mean','args':['i']}"), 422, "dtype_mismatch");
  expect_problem(op("{'op':'add_','args':['i',1.5]}"), 422, "dtype_mismatch");
}

// ---- in-place rules

Test(ops, leaf_that_requires_grad_may_not_be_changed) {
  answer *a = expect_problem(op("{'op':'add_','args':['w',1]}"), 409, "leaf_inplace");
  cr_assert(strstr(string_at(a, "detail"), "leaf"), "%s", a->body);
  expect_json(get(TENSOR("w")), 200, "{'version':0,'data':[1,2,3]}");
}

Test(ops, view_of_such_a_leaf_has_its_own_error) {
  op("{'op':'view','args':['w',[3,1]],'out':'v'}");
  expect_problem(op("{'op':'add_','args':['v',1]}"), 409, "view_of_leaf_inplace");
}

Test(ops, view_made_under_no_grad_may_not_be_changed_with_grad) {
  op("{'op':'mul','args':['w',2],'out':'h'}");
  op("{'op':'view','args':['h',[3]],'out':'v','no_grad':true}");
  expect_problem(op("{'op':'add_','args':['v',1]}"), 409, "view_inplace");
}

Test(ops, in_place_on_a_view_rewrites_history) {
  op("{'op':'mul','args':['w',2],'out':'h'}");
  op("{'op':'view','args':['h',[3]],'out':'v'}");
  op("{'op':'mul_','args':['v',3]}");
  expect_json(get(TENSOR("h")), 200, "{'grad_fn':'CopySlices','data':[6,12,18]}");
  expect_json(get(TENSOR("v")), 200, "{'grad_fn':'AsStridedBackward0'}");
}

Test(ops, plain_tensor_becomes_a_non_leaf) {
  put(TENSOR("p"), "[1.0,1.0,1.0]");
  expect_json(op("{'op':'mul_','args':['p','w']}"), 201,
              "{'is_leaf':false,'grad_fn':'MulBackward0','requires_grad':true}");
}

Test(ops, detail_speaks_pytorchs_words) {
  answer *a = expect_problem(op("{'op':'add','args':['w',[1.0,2.0]]}"), 422, "shape_mismatch");
  cr_assert(strstr(string_at(a, "detail"), "3") && strstr(string_at(a, "detail"), "2"), "%s", a->body);
  answer *b = expect_problem(op("{'op':'neg','args':['nobody']}"), 404, "tensor_unknown");
  cr_assert(strstr(string_at(b, "detail"), "nobody"), "%s", b->body);
  answer *c = expect_problem(op("{'op':'frobnicate','args':['w']}"), 404, "op_unknown");
  cr_assert(strstr(string_at(c, "detail"), "frobnicate"), "%s", c->body);
}
