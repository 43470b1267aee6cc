// Tensors, sessions and backward passes as JSON documents.
#include "wire/document.h"
#include "command/world.h"
#include <criterion/criterion.h>
#include <string.h>

static buffer out;
static void finish(void) {
  buffer_finish(&out);
  world_finish();
}
TestSuite(document, .init = world_start, .fini = finish);

static const char *of(const char *name_of, enum document_data data) {
  json_writer w = {.out = &out};
  value v = name(name_of);
  out.len = 0;
  document_tensor(&w, &v, named(name_of), data);
  return buffer_cstr(&out);
}

Test(document, a_leaf) {
  cr_assert_str_eq(of("w", DATA_all),
                   "{\"name\":\"w\",\"dtype\":\"float32\",\"shape\":[3],\"requires_grad\":true,\"is_leaf\":"
                   "true,\"grad_fn\":null,"
                   "\"retains_grad\":false,\"version\":0,\"has_grad\":false,\"data\":[1.5,-2,3]}");
  cr_assert(strstr(of("i", DATA_all), "\"dtype\":\"int64\""));
  cr_assert(strstr(of("b", DATA_all), "\"data\":[true,false]"));
  cr_assert_null(strstr(of("w", DATA_none), "data"));
}

Test(document, a_result) {
  op("sum", VALUES(name("w")), VALUES(name("y")));
  cr_assert(run((command){.verb = VERB_retain_grad, .name = name("y")}));
  cr_assert(run((command){.verb = VERB_backward, .args = VALUES(name("y")), .all_inputs = true}));
  cr_assert_str_eq(
      of("y", DATA_all),
      "{\"name\":\"y\",\"dtype\":\"float32\",\"shape\":[],\"requires_grad\":true,\"is_leaf\":false,"
      "\"grad_fn\":\"SumBackward0\",\"retains_grad\":true,\"version\":0,\"has_grad\":true,\"data\":2.5}");
}

Test(document, a_view_of_what_was_written) { // telling it makes nothing
  op("clone", VALUES(name("x")), VALUES(name("base")));
  op("select", VALUES(name("base"), value_int(0), value_int(0)), VALUES(name("row")));
  op("mul_", VALUES(name("base"), value_int(2)), (values){0});
  size_t nodes = s.ag.nodes;
  cr_assert(
      strstr(of("row", DATA_all),
             "\"is_leaf\":false,\"grad_fn\":\"AsStridedBackward0\",\"retains_grad\":false,\"version\":1"),
      "%s", out.data);
  cr_assert_eq(s.ag.nodes, nodes);
  op("sum", VALUES(name("row")), VALUES(name("y"))); // now it is needed
  cr_assert_str_eq(var_grad_fn_name(named("row")), "AsStridedBackward0");
}

Test(document, large_ones_are_not_echoed) {
  op("zeros", VALUES(value_int(SMALL_DATA)), VALUES(name("small")));
  op("zeros", VALUES(value_int(SMALL_DATA + 1)), VALUES(name("large")));
  cr_assert(strstr(of("small", DATA_small), "\"data\":["));
  cr_assert_null(strstr(of("large", DATA_small), "\"data\""));
  cr_assert(strstr(of("large", DATA_all), "\"data\":["));
}

Test(document, parts_gradients_and_the_nameless) {
  json_writer w = {.out = &out};
  value v = name("x"), no = none();
  tensor part;
  cr_assert(tensor_view_as(&s.ag.ctx, &part, &named("x")->t, 1, (int64_t[]){2}, (int64_t[]){3}, 1));
  document_part(&w, &v, named("x"), &part, DATA_all);
  cr_assert(strstr(buffer_cstr(&out), "\"shape\":[2],\"requires_grad\":true,\"is_leaf\":true"), "%s",
            out.data);
  cr_assert(strstr(out.data, "\"data\":[2,5]}"));
  tensor_drop(&part);
  out.len = 0;
  w = (json_writer){.out = &out};
  document_grad(&w, "x", named("w"), DATA_none);
  cr_assert(strstr(buffer_cstr(&out), "{\"name\":\"x.grad\",\"dtype\""));
  out.len = 0;
  w = (json_writer){.out = &out};
  document_tensor(&w, &no, named("w"), DATA_none);
  cr_assert(strstr(buffer_cstr(&out), "{\"name\":null,\"dtype\""));
}

Test(document, the_longest_name) {
  char longest[NAME_MAX_BYTES + 1];
  memset(longest, 'n', NAME_MAX_BYTES);
  longest[NAME_MAX_BYTES] = 0;
  cr_assert(op("neg", VALUES(name("w")), VALUES(name(longest))));
  cr_assert(strstr(of(longest, DATA_none), longest));
  json_writer w = {.out = &out};
  out.len = 0;
  document_grad(&w, longest, named("w"), DATA_none);
  cr_assert(strstr(buffer_cstr(&out), "nnn.grad\""));
}

Test(document, a_session) {
  json_writer w = {.out = &out};
  document_session(&w, &s, 2500);
  cr_assert(strstr(buffer_cstr(&out), "{\"name\":\"s\",\"tensors\":5,\"nodes\":0,\"bytes\":"), "%s",
            out.data);
  cr_assert(strstr(out.data, "\"expires_in_s\":2.5,"));
  cr_assert(strstr(
      out.data,
      "\"seed\":1,\"dtype\":\"float32\",\"limits\":{\"nodes\":10000,\"bytes\":4194304,\"tensors\":1000}}"));
  out.len = 0;
  w = (json_writer){.out = &out};
  document_session(&w, &s, -7);
  cr_assert(strstr(buffer_cstr(&out), "\"expires_in_s\":0,") || strstr(out.data, "\"expires_in_s\":0.0,"),
            "%s", out.data);
}

Test(document, a_backward) {
  json_writer w = {.out = &out};
  op("mul", VALUES(name("w"), name("x")), VALUES(name("p")));
  op("sum", VALUES(name("p")), VALUES(name("y")));
  command c = {
      .verb = VERB_backward, .allowed_ns = UINT64_MAX, .args = VALUES(name("y")), .all_inputs = true};
  cr_assert(command_run(&s, &c, &result));
  document_backward(&w, &s, &result, false);
  cr_assert_str_eq(buffer_cstr(&out), "{\"grads\":[\"w\",\"x\"],\"nodes\":4}");
  session_unbind(&s, "x", 1);
  out.len = 0;
  w = (json_writer){.out = &out};
  document_backward(&w, &s, &result, true);
  cr_assert(
      strstr(buffer_cstr(&out), "{\"grads\":[\"w\"],\"nodes\":4,\"values\":{\"w\":{\"name\":\"w.grad\""),
      "%s", out.data);
  command_result_finish(&s, &result);
}
