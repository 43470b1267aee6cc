// S/tensors and T: leaves, names, flags, and writes outside autograd.
#include "client.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(tensors, .init = client_up, .fini = client_down);

Test(tensors, put_makes_a_leaf) {
  answer *a = expect_json(
      put(TENSOR("w"), "{'data':[1.0],'requires_grad':true}"), 201,
      "{'name':'w','dtype':'float32','shape':[1],'requires_grad':true,'is_leaf':true,'grad_fn':null,"
      "'retains_grad':false,'version':0,'has_grad':false,'data':[1]}");
  expect_header(a, "Location", TENSOR("w"));
  cr_assert(header(a, "ETag"));
  expect_json(get(TENSOR("w")), 200, "{'name':'w','data':[1]}");
}

Test(tensors, put_rebinds_a_name) {
  put(TENSOR("w"), "{'data':[1.0],'requires_grad':true}");
  op("{'op':'mul','args':['w',3],'out':'y'}");
  answer *again = expect_json(put(TENSOR("w"), "{'data':[[5,6]],'dtype':'float64'}"), 200,
                              "{'dtype':'float64','shape':[1,2],'requires_grad':false,'data':[[5,6]]}");
  cr_assert(!header(again, "Location"));
  expect_json(post(TENSOR("y") "/backward", NULL), 200,
              "{'grads':[],'nodes':2}"); // the old w lives, without a name
  expect_json(get(TENSOR("w")), 200, "{'has_grad':false}");
}

Test(tensors, dtype_is_inferred_as_by_torch_tensor) {
  expect_json(put(TENSOR("a"), "[1.5,2]"), 201, "{'dtype':'float32','shape':[2]}");
  expect_json(put(TENSOR("b"), "[1,2]"), 201, "{'dtype':'int64'}");
  expect_json(put(TENSOR("c"), "[true,false]"), 201, "{'dtype':'bool','data':[true,false]}");
  expect_json(put(TENSOR("d"), "[1,true]"), 201, "{'dtype':'int64','data':[1,1]}");
  expect_json(put(TENSOR("e"), "['NaN',1]"), 201, "{'dtype':'float32','data':['NaN',1]}");
  expect_json(put(TENSOR("f"), "2"), 201, "{'dtype':'int64','shape':[],'data':2}");
  expect_json(put(TENSOR("g"), "{'data':[1],'requires_grad':true}"), 201,
              "{'dtype':'float32','requires_grad':true}");
  expect_json(put(TENSOR("h"), "[]"), 201, "{'dtype':'float32','shape':[0],'data':[]}");
  expect_json(put(TENSOR("i"), "{'data':[1,0],'dtype':'bool'}"), 201, "{'data':[true,false]}");
}

Test(tensors, fills) {
  expect_json(put(TENSOR("a"), "{'shape':[2,2],'fill':'zeros'}"), 201,
              "{'dtype':'float32','data':[[0,0],[0,0]]}");
  expect_json(put(TENSOR("b"), "{'shape':[1],'fill':'ones','requires_grad':true}"), 201,
              "{'data':[1],'requires_grad':true}");
  expect_json(put(TENSOR("c"), "{'shape':[2],'fill':'full','value':2.5}"), 201, "{'data':[2.5,2.5]}");
  expect_json(put(TENSOR("d"), "{'shape':[2,2],'fill':'eye'}"), 201, "{'data':[[1,0],[0,1]]}");
  expect_json(put(TENSOR("e"), "{'shape':[2,2],'fill':'arange'}"), 201, "{'data':[[0,1],[2,3]]}");
  expect_json(put(TENSOR("f"), "{'shape':[3],'fill':'arange','start':1,'step':0.5}"), 201,
              "{'data':[1,1.5,2]}");
  expect_json(put(TENSOR("g"), "{'shape':[3],'fill':'linspace','start':0,'end':1}"), 201,
              "{'data':[0,0.5,1]}");
  expect_json(put(TENSOR("h"), "{'shape':[],'fill':'zeros','dtype':'int64'}"), 201, "{'shape':[],'data':0}");
  put(SESSION, "{'seed':3}");
  answer *r = expect_json(put(TENSOR("r"), "{'shape':[3],'fill':'rand'}"), 201, "{'shape':[3]}");
  for (int i = 0; i < 3; i++) {
    double v = number_at(r, text("data.%d", i));
    cr_assert(v >= 0 && v < 1);
  }
  expect_status(put(TENSOR("n"), "{'shape':[3],'fill':'randn','dtype':'float64'}"), 201);
}

Test(tensors, shape_beside_data_reshapes) {
  expect_json(put(TENSOR("a"), "{'data':[1.0,2,3,4],'shape':[2,2]}"), 201, "{'data':[[1,2],[3,4]]}");
  expect_json(put(TENSOR("b"), "{'data':[],'shape':[0,3]}"), 201, "{'shape':[0,3],'data':[]}");
  expect_problem(put(TENSOR("c"), "{'data':[1,2,3],'shape':[2,2]}"), 422, "shape_mismatch");
}

Test(tensors, bad_tensors_are_refused) {
  static const struct {
    const char *body;
    int status;
    const char *code;
  } rows[] = {
      {"{'data':[[1,2],[3]]}", 422, "shape_mismatch"},
      {"{'data':[1,[2]]}", 422, "shape_mismatch"},
      {"{'data':[1],'dtype':'int64','requires_grad':true}", 422, "dtype_not_differentiable"},
      {"{'data':[true],'dtype':'bool','requires_grad':true}", 422, "dtype_not_differentiable"},
      {"{'data':[1],'dtype':'complex64'}", 422, "bad_argument"},
      {"{'data':['one']}", 422, "bad_argument"},
      {"{'data':[null]}", 422, "bad_argument"},
      {"{'data':{'x':1}}", 422, "bad_argument"},
      {"{'data':[9223372036854775808],'dtype':'int64'}", 400, "bad_number"},
      {"{'data':[1e999]}", 400, "bad_number"},
      {"{'shape':[2]}", 422, "bad_argument"},
      {"{'shape':[-1],'fill':'zeros'}", 422, "shape_mismatch"},
      {"{'shape':[1.5],'fill':'zeros'}", 400, "bad_number"},
      {"{'shape':[2],'fill':'sevens'}", 422, "bad_argument"},
      {"{'shape':[2],'fill':'full'}", 422, "bad_argument"},
      {"{'shape':[1,1,1,1,1,1,1,1,1],'fill':'zeros'}", 422, "shape_mismatch"},
      {"{'data':[1],'requires_grad':'yes'}", 422, "bad_argument"},
      {"{'data':[1],'name':'w'}", 400, "unknown_field"},
      {"{'data':[1],'data':[2]}", 400, "duplicate_key"},
      {"{}", 422, "bad_argument"},
      {"null", 422, "bad_argument"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    expect_problem(put(TENSOR("w"), rows[i].body), rows[i].status, rows[i].code);
  expect_problem(put(TENSOR("w"), NULL), 400, "bad_json");
  expect_problem(get(TENSOR("w")), 404, "tensor_unknown");
  expect_problem(post(SESSION "/tensors", "{'data':[[1,2],[3]]}"), 422, "shape_mismatch");
}

Test(tensors, post_takes_a_name_or_makes_one) {
  expect_header(expect_json(post(SESSION "/tensors", "{'data':[1.0]}"), 201, "{'name':'t1'}"), "Location",
                TENSOR("t1"));
  expect_json(post(SESSION "/tensors", "{'name':'w','data':[1.0],'requires_grad':true}"), 201,
              "{'name':'w','requires_grad':true}");
  expect_json(post(SESSION "/tensors", "{'shape':[2],'fill':'ones'}"), 201, "{'name':'t2'}");
  del(TENSOR("t1"));
  expect_json(post(SESSION "/tensors", "{'data':3}"), 201, "{'name':'t1','shape':[]}");
  expect_problem(post(SESSION "/tensors", "{'name':'a-b','data':3}"), 400, "bad_name");
}

Test(tensors, list_is_sorted_and_paged_and_has_no_data) {
  static const char *const names[] = {"layer2.bias", "layer1.weight", "layer1.bias", "x"};
  for (int i = 0; i < 4; i++) put(text(SESSION "/tensors/%s", names[i]), "[1,2]");
  answer *a = expect_json(get(SESSION "/tensors"), 200,
                          "{'tensors':[{'name':'layer1.bias','shape':[2]},{'name':'layer1.weight'},"
                          "{'name':'layer2.bias'},{'name':'x'}],'next':null}");
  cr_assert(!at(a, "tensors.0.data"));
  expect_json(get(SESSION "/tensors?prefix=layer1."), 200,
              "{'tensors':[{'name':'layer1.bias'},{'name':'layer1.weight'}]}");
  answer *page =
      expect_json(get(SESSION "/tensors?limit=3"), 200, "{'tensors':[{},{},{'name':'layer2.bias'}]}");
  expect_json(get(text(SESSION "/tensors?limit=3&cursor=%s", string_at(page, "next"))), 200,
              "{'tensors':[{'name':'x'}],'next':null}");
  expect_problem(get(SESSION "/tensors?limit=0"), 422, "bad_argument");
}

Test(tensors, unknown_tensor_is_404) {
  static const char *const paths[] = {"", "/grad"};
  for (int i = 0; i < 2; i++) {
    expect_problem(get(text(TENSOR("no") "%s", paths[i])), 404, "tensor_unknown");
    expect_problem(del(text(TENSOR("no") "%s", paths[i])), 404, "tensor_unknown");
  }
  expect_problem(patch(TENSOR("no"), "{'requires_grad':true}"), 404, "tensor_unknown");
  expect_problem(put(TENSOR("no") "/data", "[1]"), 404, "tensor_unknown");
  expect_problem(patch(TENSOR("no") "/data", "{'index':[0],'value':1}"), 404, "tensor_unknown");
  expect_problem(put(TENSOR("no") "/grad", "[1]"), 404, "tensor_unknown");
}

Test(tensors, requires_grad_can_be_changed_on_leaves_only) {
  put(TENSOR("w"), "[1.5]");
  expect_json(patch(TENSOR("w"), "{'requires_grad':true}"), 200, "{'requires_grad':true,'is_leaf':true}");
  op("{'op':'mul','args':['w',2],'out':'y'}");
  expect_problem(patch(TENSOR("y"), "{'requires_grad':false}"), 422, "not_a_leaf");
  expect_json(patch(TENSOR("w"), "{'requires_grad':false}"), 200, "{'requires_grad':false}");
  put(TENSOR("i"), "[1]");
  expect_problem(patch(TENSOR("i"), "{'requires_grad':true}"), 422, "dtype_not_differentiable");
  expect_problem(patch(TENSOR("w"), "{'requires_grad':1}"), 422, "bad_argument");
  expect_problem(patch(TENSOR("w"), "{}"), 422, "bad_argument");
}

Test(tensors, retain_grad) {
  put(TENSOR("w"), "{'data':[1.0],'requires_grad':true}");
  put(TENSOR("c"), "[1.0]");
  op("{'op':'add','args':['w',1],'out':'b'}");
  expect_json(patch(TENSOR("b"), "{'retain_grad':true}"), 200, "{'retains_grad':true}");
  expect_json(patch(TENSOR("w"), "{'retain_grad':true}"), 200,
              "{'retains_grad':false}"); // a leaf keeps it anyway
  expect_problem(patch(TENSOR("c"), "{'retain_grad':true}"), 422, "retain_without_grad");
  op("{'op':'mul','args':['b',3],'out':'y'}");
  expect_json(post(TENSOR("y") "/backward", NULL), 200, "{'grads':['w','b']}");
  expect_json(get(TENSOR("b") "/grad"), 200, "{'name':'b.grad','data':[3]}");
}

Test(tensors, put_data_writes_outside_autograd) {
  put(TENSOR("w"), "{'data':[1.0,2.0],'requires_grad':true}");
  op("{'op':'detach','args':['w'],'out':'d'}");
  op("{'op':'view','args':['w',[2,1]],'out':'v'}");
  expect_json(put(TENSOR("w") "/data", "{'data':[5,6]}"), 200,
              "{'data':[5,6],'requires_grad':true,'is_leaf':true,'version':0}");
  expect_data("d", "[5,6]");
  expect_data("v", "[[5],[6]]");
  expect_json(put(TENSOR("w") "/data", "[7,8]"), 200, "{'data':[7,8]}");
  put(TENSOR("k"), "{'data':1.0,'requires_grad':true}");
  expect_json(put(TENSOR("k") "/data", "2.5"), 200, "{'data':2.5,'shape':[]}");
  expect_problem(put(TENSOR("w") "/data", "[1,2,3]"), 422, "shape_mismatch");
  expect_problem(put(TENSOR("w") "/data", "[[1,2]]"), 422, "shape_mismatch");
  expect_data("w", "[7,8]");
}

Test(tensors, put_data_does_not_trip_the_version_check) {
  put(TENSOR("w"), "{'data':[2.0],'requires_grad':true}");
  op("{'op':'mul','args':['w','w'],'out':'y'}");
  put(TENSOR("w") "/data", "[10]");
  expect_status(post(TENSOR("y") "/backward", NULL), 200);
  expect_json(get(TENSOR("w") "/grad"), 200, "{'data':[20]}"); // PyTorch's .data: silently the new value
}

Test(tensors, patch_data_indexes) {
  put(TENSOR("m"), "{'shape':[3,3],'fill':'zeros'}");
  expect_json(patch(TENSOR("m") "/data", "{'index':[0,1],'value':5}"), 200,
              "{'data':[[0,5,0],[0,0,0],[0,0,0]]}");
  expect_json(patch(TENSOR("m") "/data", "{'index':['1:3',-1],'value':7}"), 200,
              "{'data':[[0,5,0],[0,0,7],[0,0,7]]}");
  expect_json(patch(TENSOR("m") "/data", "{'index':[2],'value':[1,2,3]}"), 200,
              "{'data':[[0,5,0],[0,0,7],[1,2,3]]}");
  expect_json(patch(TENSOR("m") "/data", "{'index':['...',0],'value':9}"), 200,
              "{'data':[[9,5,0],[9,0,7],[9,2,3]]}");
  expect_json(patch(TENSOR("m") "/data", "{'index':[null,0,0],'value':4}"), 200,
              "{'data':[[4,5,0],[9,0,7],[9,2,3]]}");
  expect_json(patch(TENSOR("m") "/data", "{'index':['::2','::2'],'value':0}"), 200,
              "{'data':[[0,5,0],[9,0,7],[0,2,0]]}");
  expect_problem(patch(TENSOR("m") "/data", "{'index':[3],'value':1}"), 422, "index_out_of_range");
  expect_problem(patch(TENSOR("m") "/data", "{'index':[-4],'value':1}"), 422, "index_out_of_range");
  expect_problem(patch(TENSOR("m") "/data", "{'index':[0,0,0],'value':1}"), 422, "index_out_of_range");
  expect_problem(patch(TENSOR("m") "/data", "{'index':['::0'],'value':1}"), 422,
                 "bad_argument|index_out_of_range");
  expect_problem(patch(TENSOR("m") "/data", "{'index':['a:b'],'value':1}"), 422,
                 "bad_argument|index_out_of_range");
  expect_problem(patch(TENSOR("m") "/data", "{'index':[0],'value':[1,2]}"), 422, "shape_mismatch");
  expect_problem(patch(TENSOR("m") "/data", "{'index':[0]}"), 422, "bad_argument");
}

Test(tensors, delete_drops_the_name_not_the_graph) {
  put(TENSOR("w"), "{'data':[3.0],'requires_grad':true}");
  op("{'op':'mul','args':['w',2],'out':'a'}");
  op("{'op':'mul','args':['a','a'],'out':'y'}");
  cr_assert(expect_status(del(TENSOR("a")), 204)->size == 0);
  expect_problem(get(TENSOR("a")), 404, "tensor_unknown");
  expect_problem(del(TENSOR("a")), 404, "tensor_unknown");
  expect_status(post(TENSOR("y") "/backward", NULL), 200);
  expect_json(get(TENSOR("w") "/grad"), 200, "{'data':[24]}");
}

Test(tensors, details_say_what_to_do) {
  put(TENSOR("w"), "{'data':[1.0],'requires_grad':true}");
  answer *null = expect_problem(put(TENSOR("w") "/grad", "null"), 422, "bad_argument");
  cr_assert(strstr(string_at(null, "detail"), "DELETE"), "%s", null->body);
  answer *end =
      expect_problem(put(TENSOR("a"), "{'shape':[3],'fill':'arange','end':3}"), 400, "unknown_field");
  cr_assert(strstr(string_at(end, "detail"), "'end'"), "%s", end->body);
  const char *read = string_at(get(TENSOR("no")), "detail");
  cr_assert_str_eq(read, string_at(op("{'op':'neg','args':['no']}"), "detail"));
  cr_assert_str_eq(read, string_at(batch("{'steps':[{'delete':'no'}]}"), "detail"));
  answer *name = put(TENSOR("1x"), "1");
  cr_assert_str_eq(string_at(name, "detail"), string_at(get(TENSOR("1x")), "detail"));
  cr_assert_str_eq(string_at(name, "detail"),
                   string_at(op("{'op':'neg','args':['w'],'out':'1x'}"), "detail"));
}

Test(tensors, gradient_is_set_and_cleared) {
  put(TENSOR("w"), "{'data':[1.0,2.0],'requires_grad':true}");
  expect_problem(get(TENSOR("w") "/grad"), 404, "no_grad");
  expect_text(get(TENSOR("w") "/grad?as=repr"), 200, "None\n");
  expect_problem(get(TENSOR("w") "/grad?as=npy"), 404, "no_grad");
  expect_json(put(TENSOR("w") "/grad", "{'data':[7,8]}"), 200,
              "{'name':'w.grad','data':[7,8],'requires_grad':false}");
  expect_json(get(TENSOR("w")), 200, "{'has_grad':true}");
  expect_json(put(TENSOR("w") "/grad", "[1,2]"), 200, "{'data':[1,2]}");
  expect_text(get(TENSOR("w") "/grad?as=repr"), 200, "tensor([1., 2.])\n");
  expect_problem(put(TENSOR("w") "/grad", "[1]"), 422, "shape_mismatch");
  expect_problem(get(TENSOR("w") "/grad?slice=5"), 422, "index_out_of_range");
  expect_status(del(TENSOR("w") "/grad"), 204);
  expect_problem(get(TENSOR("w") "/grad"), 404, "no_grad");
  expect_status(del(TENSOR("w") "/grad"), 204); // as `w.grad = None` twice
}

Test(tensors, gradient_is_a_reference_everywhere) {
  put(TENSOR("w"), "{'data':[1.0,2.0],'requires_grad':true}");
  put(TENSOR("w") "/grad", "[3,4]");
  expect_json(op("{'op':'mul','args':['w.grad',2],'out':'g2'}"), 201, "{'data':[6,8]}");
  expect_json(op("{'op':'zero_','args':['w.grad']}"), 201, "{'name':'w.grad','data':[0,0]}");
  expect_json(get(TENSOR("w") "/grad"), 200, "{'data':[0,0]}");
  del(TENSOR("w") "/grad");
  expect_problem(op("{'op':'mul','args':['w.grad',2]}"), 404, "no_grad");
  expect_problem(op("{'op':'mul','args':['v.grad',2]}"), 404, "tensor_unknown");
}

Test(tensors, writes_answer_what_is_asked_for) {
  cr_assert(expect_status(put(TENSOR("a") "?return=none", "[1,2]"), 201)->size == 0);
  cr_assert(!at(expect_json(put(TENSOR("a") "?return=meta", "[1,2]"), 200, "{'shape':[2]}"), "data"));
  cr_assert(at(expect_status(put(TENSOR("big"), "{'shape':[1000],'fill':'ones'}"), 201), "data"));
  cr_assert(!at(expect_status(put(TENSOR("big"), "{'shape':[1001],'fill':'ones'}"), 200), "data"));
  cr_assert(
      at(expect_status(put(TENSOR("big") "?return=data", "{'shape':[1001],'fill':'ones'}"), 200), "data"));
  cr_assert(at(expect_status(get(TENSOR("big")), 200), "data"));
  cr_assert(!at(expect_status(get(TENSOR("big") "?data=none"), 200), "data"));
  cr_assert(!at(expect_status(post(OPS "?data=none", "{'op':'neg','args':['a']}"), 201), "data"));
  expect_problem(put(TENSOR("a") "?return=everything", "[1]"), 422, "bad_argument");
}

Test(tensors, many_empty_rows_are_not_echoed) {
  expect_json(put(TENSOR("e"), "{'shape':[100000000,0],'fill':'zeros'}"), 201, "{'shape':[100000000,0]}");
  expect_problem(put(TENSOR("f") "?return=data", "{'shape':[100000000,0],'fill':'zeros'}"), 422,
                 "quota_exceeded");
  expect_problem(get(TENSOR("f")), 404, "tensor_unknown");
  expect_json(put(TENSOR("g"), "{'shape':[3,0],'fill':'zeros'}"), 201, "{'data':[[],[],[]]}");
}
