// POST S/batch.
#include "client.h"
#include <criterion/criterion.h>
#include <string.h>

TestSuite(batch, .init = client_up, .fini = client_down);

#define TUTORIAL                                                                                             \
  "{'tensor':'w','data':[1.0],'requires_grad':true},{'tensor':'x','data':[2.0],'requires_grad':true},"       \
  "{'op':'add','args':['w','x'],'out':'a'},{'op':'add','args':['w',1],'out':'b'},{'op':'mul','args':['a','"  \
  "b'],'out':'y'}"

Test(batch, tutorial_graph_in_one_request) {
  expect_json(
      batch("{'steps':[" TUTORIAL ",{'backward':'y'}],'return':['y','w.grad','x.grad','a.grad']}"), 200,
      "{'completed':6,'values':{'y':{'name':'y','data':[6],'grad_fn':'MulBackward0'},'w.grad':{'data':[5]},"
      "'x.grad':{'data':[2]},'a.grad':null}}");
  expect_json(get(TENSOR("w") "/grad"), 200, "{'data':[5]}");
}

Test(batch, names_alone_need_no_list) {
  expect_json(
      batch("{'steps':[" TUTORIAL ",{'grad':'y','inputs':'w','retain_graph':true,'out':'gw'},"
            "{'backward':'y','inputs':'w'},{'zero_grad':'w'},{'delete':'a'}],'return':['gw','w.grad']}"),
      200, "{'completed':9,'values':{'gw':{'data':[5]},'w.grad':null}}");
  expect_problem(get(TENSOR("a")), 404, "tensor_unknown");
}

Test(batch, a_step_can_seed) {
  static const char *const steps = "{'steps':[{'manual_seed':-7},{'op':'randn','args':[3],'out':'r'}],"
                                   "'return':['r']}";
  char *first = text("%s", expect_status(batch(steps), 200)->body);
  cr_assert_str_eq(expect_status(batch(steps), 200)->body, first);
  expect_json(get(SESSION), 200, "{'seed':-7}");
  expect_problem(batch("{'steps':[{'manual_seed':1.5}]}"), 400, "bad_number");
}

Test(batch, nothing_to_do_is_done) { expect_json(batch("{'steps':[]}"), 200, "{'completed':0,'values':{}}"); }

Test(batch, every_kind_of_step) {
  expect_json(
      batch("{'steps':[" TUTORIAL ","
            "{'retain_grad':'b'},"
            "{'backward':'y','retain_graph':true},"
            "{'grad':['y'],'inputs':['w'],'grad_outputs':[[2.0]],'retain_graph':true,'out':['gw']},"
            "{'zero_grad':['w'],'set_to_none':false},"
            "{'requires_grad':'x','value':false},"
            "{'no_grad':[{'op':'mul','args':['w',2],'out':'d'}]},"
            "{'tensor':'z','shape':[0,3],'data':[]},"
            "{'tensor':'o','shape':[2],'fill':'ones','dtype':'float64'},"
            "{'delete':['a']}],"
            "'return':['gw','w.grad','b.grad','d','z','o','x']}"),
      200,
      "{'completed':14,'values':{'gw':{'data':[10]},'w.grad':{'data':[0]},'b.grad':{'data':[3]},"
      "'d':{'requires_grad':false,'data':[2]},'z':{'shape':[0,3]},'o':{'dtype':'float64','data':[1,1]},"
      "'x':{'requires_grad':false}}}");
  expect_problem(get(TENSOR("a")), 404, "tensor_unknown");
}

Test(batch, several_roots_and_no_grad_for_all) {
  expect_json(batch("{'steps':[" TUTORIAL
                    ",{'backward':['y','a'],'grad_tensors':[null,[10.0]]}],'return':['w.grad']}"),
              200, "{'values':{'w.grad':{'data':[15]}}}");
  expect_json(batch("{'no_grad':true,'steps':[{'op':'mul','args':['w',3],'out':'t'}],'return':['t']}"), 200,
              "{'values':{'t':{'requires_grad':false,'data':[3]}}}");
}

Test(batch, names_with_an_underscore_end_with_the_batch) {
  expect_json(batch("{'steps':[{'op':'add','args':[1,2],'out':'_t'},{'op':'mul','args':['_t',2],'out':'y'}],"
                    "'return':['_t','y']}"),
              200, "{'values':{'_t':{'data':3},'y':{'data':6}}}");
  expect_problem(get(TENSOR("_t")), 404, "tensor_unknown");
  expect_data("y", "6");
}

Test(batch, results_of_every_step_on_request) {
  expect_json(post(BATCH "?results=1",
                   "{'steps':[" TUTORIAL ",{'backward':'y','retain_graph':true},{'zero_grad':['w']},"
                   "{'grad':['y'],'inputs':['w']},{'delete':['a']},{'op':'max','args':[[[1.0,2.0]],1],'out':["
                   "'v','i']}]}"),
              200,
              "{'completed':10,'results':[{'name':'w'},{'name':'x'},{'name':'a'},{'name':'b'},{'name':'y','"
              "data':[6]},"
              "{'grads':['w','x'],'nodes':5},null,{'grads':[{'data':[5]}]},null,"
              "{'results':[{'name':'v','data':[2]},{'name':'i','data':[1]}]}]}");
}

Test(batch, completed_steps_stand_and_the_error_names_the_step) {
  answer *a = expect_problem(
      batch("{'steps':[" TUTORIAL ",{'op':'add_','args':['w',1]},{'tensor':'never','data':1}]}"), 409,
      "leaf_inplace");
  cr_assert(number_at(a, "step") == 5 && number_at(a, "completed") == 5);
  expect_data("y", "[6]");
  expect_problem(get(TENSOR("never")), 404, "tensor_unknown");
}

Test(batch, failure_inside_no_grad_names_the_block) {
  answer *a = expect_problem(
      batch("{'steps':[{'tensor':'w','data':[1.0]},{'no_grad':[{'op':'neg','args':['w'],'out':'n'},"
            "{'op':'neg','args':['nobody']}]}]}"),
      404, "tensor_unknown");
  cr_assert(number_at(a, "step") == 1 && number_at(a, "completed") == 1);
}

Test(batch, failing_steps) {
  static const struct {
    const char *step;
    int status;
    const char *code;
  } rows[] = {
      {"{'step':'opt'}", 404, "optimizer_unknown"},
      {"{'op':'frobnicate','args':[1]}", 404, "op_unknown"},
      {"{'op':'add','args':['w',1],'color':'red'}", 400, "unknown_field"},
      {"{'tensor':'9x','data':1}", 400, "bad_name"},
      {"{'tensor':'t','data':[[1],[1,2]]}", 422, "shape_mismatch"},
      {"{'tensor':'t'}", 422, "bad_argument"},
      {"{'data':[1]}", 422, "bad_argument"},
      {"{'backward':'w'}", 422, "no_graph"},
      {"{'backward':'nobody'}", 404, "tensor_unknown"},
      {"{'grad':['w'],'inputs':['w']}", 422, "no_graph"},
      {"{'zero_grad':['nobody']}", 404, "tensor_unknown"},
      {"{'delete':['nobody']}", 404, "tensor_unknown"},
      {"{'retain_grad':'w'}", 422, "retain_without_grad"},
      {"{'requires_grad':'i','value':true}", 422, "dtype_not_differentiable"},
      {"{}", 422, "bad_argument"},
      {"{'op':'add','args':[1,2],'backward':'w'}", 400, "unknown_field"},
      {"5", 422, "bad_argument"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    answer *a =
        batch(text("{'steps':[{'tensor':'w','data':[1.0]},{'tensor':'i','data':[1]},%s]}", rows[i].step));
    expect_problem(a, rows[i].status, rows[i].code);
    cr_assert(number_at(a, "step") == 2 && number_at(a, "completed") == 2, "%s", a->body);
  }
}

Test(batch, malformed_body_executes_nothing) {
  expect_problem(batch("{'steps':[{'tensor':'w','data':1},{'tensor':}]}"), 400, "bad_json");
  expect_problem(batch("{'steps':[{'tensor':'w','data':1},{'tensor':'x','data':[01]}]}"), 400,
                 "bad_json|bad_number");
  expect_problem(batch("{'steps':[{'tensor':'w','data':1,'data':2}]}"), 400, "duplicate_key");
  expect_problem(batch("{'steps':[{'tensor':'w','data':1}],'retrun':['w']}"), 400, "unknown_field");
  expect_problem(batch("{'steps':{}}"), 422, "bad_argument");
  expect_problem(batch("{}"), 422, "bad_argument");
  expect_problem(batch("[]"), 422, "bad_argument");
  expect_problem(get(TENSOR("w")), 404, "tensor_unknown");
}

Test(batch, return_of_an_unknown_name) {
  answer *a =
      expect_problem(batch("{'steps':[{'tensor':'w','data':1}],'return':['nobody']}"), 404, "tensor_unknown");
  cr_assert(number_at(a, "completed") == 1);
  expect_data("w", "1");
}

Test(batch, json_lines) {
  static const char *const types[] = {"application/jsonl", "application/x-ndjson"};
  for (int i = 0; i < 2; i++) {
    const char *lines = quoted("{'tensor':'w','data':[1.0],'requires_grad':true}\n"
                               "{'op':'mul','args':['w',3],'out':'y'}\r\n"
                               "\n"
                               "{'backward':'y'}\n");
    expect_json(ask(.method = "POST", .path = BATCH "?return=y,w.grad", .body = lines, .type = types[i]), 200,
                "{'completed':3,'values':{'y':{'data':[3]},'w.grad':{'data':[3]}}}");
  }
  expect_problem(ask(.method = "POST", .path = BATCH, .body = "{\"tensor\":\"k\",\"data\":1}\n{\"tensor\"\n",
                     .type = "application/jsonl"),
                 400, "bad_json");
  expect_problem(get(TENSOR("k")), 404, "tensor_unknown");
  expect_json(ask(.method = "POST", .path = BATCH "?return=n&no_grad=1", .type = "application/jsonl",
                  .body = "{\"op\":\"neg\",\"args\":[\"w\"],\"out\":\"n\"}\n"),
              200, "{'values':{'n':{'requires_grad':false}}}");
}

Test(batch, trains_a_thousand_steps_and_stays_flat) {
  static const char step[] =
      "{'op':'mul','args':['w','x'],'out':'_p'},{'op':'mse_loss','args':['_p','t'],'out':'_l'},"
      "{'backward':'_l'},{'no_grad':[{'op':'sub_','args':['w','w.grad'],'kwargs':{'alpha':0.05}}]},"
      "{'zero_grad':['w']}";
  batch("{'steps':[{'tensor':'w','data':0.0,'requires_grad':true},{'tensor':'x','data':[1.0,2.0]},"
        "{'tensor':'t','data':[3.0,6.0]}]}");
  char *many = scratch(50 * sizeof step + 64), *p = many;
  p = stpcpy(p, "{'steps':[");
  for (int i = 0; i < 50; i++) p = stpcpy(stpcpy(p, i ? "," : ""), step);
  stpcpy(p, "]}");
  expect_json(batch(many), 200, "{'completed':250}");
  double bytes = number_at(get(SESSION), "bytes");
  for (int i = 0; i < 19; i++) expect_status(batch(many), 200);
  double w = number_at(get(TENSOR("w")), "data");
  cr_assert(w > 2.999 && w < 3.001, "%g", w);
  answer *s = expect_json(get(SESSION), 200, "{'tensors':3,'nodes':0}");
  cr_assert(number_at(s, "bytes") <= bytes + 4096, "%g grew to %g", bytes, number_at(s, "bytes"));
}

Test(batch, a_name_returned_twice_stands_once) {
  answer *a =
      expect_json(batch("{'steps':[{'tensor':'v','data':[1.0],'requires_grad':true},{'backward':'v'}],"
                        "'return':['v','v.grad','v','v.grad']}"),
                  200, "{'values':{'v':{'data':[1]},'v.grad':{'data':[1]}}}");
  cr_assert_eq(cJSON_GetArraySize(at(a, "values")), 2);
}
