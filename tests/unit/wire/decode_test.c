// JSON documents into commands: every verb with every field, and what is not one.
#include "wire/decode.h"
#include "base/mem.h"
#include "command/world.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static decoder d;
static command got;
static char text[8192];

static void start(void) {
  world_start();
  decoder_init(&d, &s);
}
static void finish(void) {
  command_finish(&got);
  decoder_finish(&d);
  world_finish();
}
TestSuite(decode, .init = start, .fini = finish);

// Opens a document with ' for "; it stays until the next.
static json_cur open_text(const char *body) {
  json_cur c = {0};
  cr_assert_lt(strlen(body), sizeof text);
  strcpy(text, body);
  for (char *p = text; *p; p++)
    if (*p == '\'') *p = '"';
  json_open(&c, text, strlen(text), &d.pool, session_fault(&s));
  return c;
}

static bool step(const char *body) {
  json_cur block;
  command_finish(&got);
  got = (command){.allowed_ns = UINT64_MAX};
  decoder_reset(&d);
  fault_clear(session_fault(&s));
  json_cur c = open_text(body);
  bool ok = !session_fault(&s)->code && decode_step(&d, &c, &got, &block) && !block.at;
  cr_assert_eq(ok, session_fault(&s)->code == ERR_none, "%s", body);
  return ok;
}
static bool is(const value *v, const char *word) {
  return v->kind == VALUE_text && v->n == strlen(word) && !memcmp(v->text, word, v->n);
}

Test(decode, op) {
  cr_assert(step("{'op':'sum','args':['x',0,1.5,true,null,[1,2]],'kwargs':{'keepdim':true,'dim':[0,1]},'out':"
                 "'y','no_grad':true}"));
  cr_assert_eq(got.verb, VERB_op);
  cr_assert(is(&got.name, "sum"));
  cr_assert_eq(got.args.n, 6);
  cr_assert(is(&got.args.at[0], "x"));
  cr_assert_eq(got.args.at[1].kind, VALUE_int);
  cr_assert_eq(got.args.at[2].d, 1.5);
  cr_assert_eq(got.args.at[3].kind, VALUE_bool);
  cr_assert_eq(got.args.at[4].kind, VALUE_none);
  cr_assert_eq(got.args.at[5].kind, VALUE_list);
  cr_assert_eq(got.n_kw, 2);
  cr_assert_arr_eq(got.kw[1].name, "dim", 3);
  cr_assert_eq(got.out.n, 1);
  cr_assert(got.no_grad);
  cr_assert(step("{'op':'neg','args':[]}"));
  cr_assert_eq(got.out.n, 0);
  cr_assert(!got.no_grad);
  cr_assert(step("{'op':'max','args':['x',1],'out':['v','i'],'kwargs':null}"));
  cr_assert_eq(got.out.n, 2);
  cr_assert_eq(got.n_kw, 0);
  cr_assert(step("{'op':'neg','args':['x'],'out':null}"));
  cr_assert_eq(got.out.n, 0);
}

Test(decode, many_arguments) {
  char body[4096] = "{'op':'stack','args':[0";
  for (int i = 1; i < 500; i++) sprintf(body + strlen(body), ",%d", i);
  strcat(body, "]}");
  cr_assert(step(body));
  cr_assert_eq(got.args.n, 500);
  for (int i = 0; i < 500; i++) cr_assert_eq(got.args.at[i].i, i);
}

static bool count_items(void *arg, const value *item) {
  (void)item;
  return ++*(int *)arg < 3;
}

Test(decode, lists_are_looked_into_later) {
  int n = 0;
  cr_assert(step("{'op':'add','args':[[1,'two',[3],null,5]]}"));
  const value *list = &got.args.at[0];
  cr_assert(!list->class->each(list, count_items, &n));
  cr_assert_eq(n, 3, "a visitor may stop");
  cr_assert(step("{'op':'add','args':[[[1,2],[3,4.5]]]}"));
  tensor t;
  cr_assert(got.args.at[0].class->tensor(&got.args.at[0], &s.ag, DT_none, &t));
  cr_assert_eq(t.dtype, DT_float32);
  cr_assert_eq(scalar_f64(tensor_read(&t, 3)), 4.5);
  tensor_drop(&t);
  cr_assert(step("{'op':'add','args':[[[1,2],[3]]]}"));
  cr_assert(!got.args.at[0].class->tensor(&got.args.at[0], &s.ag, DT_none, &t));
  cr_assert_neq(failure(), ERR_none);
}

Test(decode, tensor_data) {
  cr_assert(step("{'tensor':'t','data':[[1,2],[3,4]],'requires_grad':true}"));
  cr_assert_eq(got.verb, VERB_tensor);
  cr_assert(is(&got.name, "t"));
  cr_assert(got.requires_grad);
  cr_assert_eq(got.data.dtype, DT_float32, "integers that require grad can only mean floats");
  cr_assert(step("{'tensor':'t','data':[1,2,3,4,5,6],'shape':[2,3],'dtype':'torch.float64'}"));
  cr_assert_eq(got.data.layout->rank, 2);
  cr_assert_eq(got.data.dtype, DT_float64);
  cr_assert(step("{'tensor':'t','data':[],'shape':[0,3]}"));
  cr_assert_eq(got.data.layout->dims[1], 3);
  cr_assert(step("{'tensor':'t','data':[7],'shape':1}"));
  cr_assert(step("{'tensor':'t','data':true,'dtype':null}"));
  cr_assert_eq(got.data.dtype, DT_bool);
}

Test(decode, tensor_fills) {
  static const struct {
    const char *fill;
    double first, last;
    dtype dtype;
  } FILLS[] = {{"'fill':'zeros'", 0, 0, DT_float32},
               {"'fill':'ones','dtype':'int64'", 1, 1, DT_int64},
               {"'fill':'full','value':2.5", 2.5, 2.5, DT_float32},
               {"'fill':'full','value':7", 7, 7, DT_int64},
               {"'fill':'full','value':true", 1, 1, DT_bool},
               {"'fill':'eye'", 1, 0, DT_float32},
               {"'fill':'arange'", 0, 5, DT_int64},
               {"'fill':'arange','start':1.5,'step':0.5", 1.5, 4, DT_float32},
               {"'fill':'linspace','start':1,'end':2", 1, 2, DT_float32},
               {"'fill':'arange','requires_grad':true", 0, 5, DT_float32}};
  for (size_t i = 0; i < sizeof FILLS / sizeof *FILLS; i++) {
    char body[200];
    snprintf(body, sizeof body, "{'tensor':'t','shape':[2,3],%s}", FILLS[i].fill);
    cr_assert(step(body), "%s: %s", body, session_fault(&s)->detail);
    cr_assert_eq(got.data.dtype, FILLS[i].dtype, "%s", body);
    cr_assert_eq(tensor_numel(&got.data), 6);
    cr_assert_eq(scalar_f64(tensor_read(&got.data, 0)), FILLS[i].first, "%s", body);
    cr_assert_eq(scalar_f64(tensor_read(&got.data, 5)), FILLS[i].last, "%s", body);
    cr_assert_eq(got.drawn, 0);
  }
  cr_assert(step("{'tensor':'t','shape':[5],'fill':'rand'}"));
  cr_assert_eq(got.drawn, 3);
  cr_assert_eq(s.ag.rng.counter, 3);
}

Test(decode, tensors_that_are_none) {
  static const struct {
    const char *fields;
    err code;
  } BAD[] = {
      {"'shape':[2]", ERR_bad_argument},
      {"'data':1,'fill':'ones'", ERR_bad_argument},
      {"'fill':'ones'", ERR_bad_argument},
      {"'fill':'twos','shape':[]", ERR_bad_argument},
      {"'fill':7,'shape':[]", ERR_bad_argument},
      {"'fill':'full','shape':[]", ERR_bad_argument},
      {"'fill':'ones','value':1,'shape':[]", ERR_unknown_field},
      {"'fill':'arange','end':1,'shape':[3]", ERR_unknown_field},
      {"'data':1,'value':1", ERR_unknown_field},
      {"'fill':'full','value':'x','shape':[]", ERR_bad_argument},
      {"'fill':'eye','shape':[1,2,3]", ERR_shape_mismatch},
      {"'fill':'eye','shape':[]", ERR_shape_mismatch},
      {"'data':[1,2],'shape':[3]", ERR_shape_mismatch},
      {"'data':[1,2],'shape':[-1]", ERR_shape_mismatch},
      {"'data':[1,2],'shape':'2'", ERR_bad_argument},
      {"'data':[1,2],'shape':[1.5]", ERR_bad_number},
      {"'data':1,'shape':[1,1,1,1,1,1,1,1,1]", ERR_shape_mismatch},
      {"'data':1,'dtype':'half'", ERR_bad_argument},
      {"'data':1,'dtype':7", ERR_bad_argument},
      {"'data':1,'dtype':'int64','requires_grad':true", ERR_dtype_not_differentiable},
      {"'data':1,'requires_grad':1", ERR_bad_argument},
      {"'data':{}", ERR_bad_argument},
      {"'data':'one'", ERR_bad_argument},
      {"'data':1e999", ERR_bad_number},
      {"'data':[99999999999999999999],'dtype':'int64'", ERR_bad_number},
      {"'fill':'zeros','shape':[2147483648,2147483648,2147483648]", ERR_quota_exceeded},
      {"'fill':'zeros','shape':[4294967296,4294967296]", ERR_quota_exceeded},
      {"'fill':'randn','shape':[9223372036854775807]", ERR_quota_exceeded},
      {"'fill':'arange','shape':[65536,65536]", ERR_quota_exceeded},
      {"'fill':'linspace','shape':[65536,65536]", ERR_quota_exceeded},
      {"'fill':'eye','shape':[65536,65536]", ERR_quota_exceeded},
      {"'fill':'zeros','shape':[99999999999999999999]", ERR_bad_number},
  };
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    char body[300];
    snprintf(body, sizeof body, "{'tensor':'t',%s}", BAD[i].fields);
    cr_assert(!step(body), "%s", body);
    err e = failure();
    cr_assert_eq(e, BAD[i].code, "%s: %s: %s", body, ERRORS[e].code, detail);
    cr_assert_null(got.data.storage);
    cr_assert_eq(s.ag.rng.counter, 0);
  }
}

Test(decode, backward) {
  cr_assert(step("{'backward':'y'}"));
  cr_assert_eq(got.verb, VERB_backward);
  cr_assert_eq(got.args.n, 1);
  cr_assert(got.all_inputs);
  cr_assert_eq(got.retain_graph, RETAIN_default);
  cr_assert_eq(got.gradients.n, 0);
  cr_assert(
      step("{'backward':'y','gradient':[1,2],'retain_graph':false,'create_graph':true,'inputs':['w','x']}"));
  cr_assert_eq(got.gradients.n, 1);
  cr_assert_eq(got.gradients.at[0].kind, VALUE_list, "one root: a list is its gradient");
  cr_assert_eq(got.retain_graph, RETAIN_no);
  cr_assert(got.create_graph && !got.all_inputs);
  cr_assert_eq(got.inputs.n, 2);
  cr_assert(step("{'backward':['y','z'],'grad_tensors':[null,[1]],'retain_graph':true,'inputs':null}"));
  cr_assert_eq(got.args.n, 2);
  cr_assert_eq(got.gradients.n, 2);
  cr_assert_eq(got.gradients.at[0].kind, VALUE_none);
  cr_assert_eq(got.retain_graph, RETAIN_yes);
  cr_assert(got.all_inputs);
  cr_assert(step("{'backward':['y','z'],'gradient':null,'retain_graph':null}"));
  cr_assert_eq(got.retain_graph, RETAIN_default);
  cr_assert(!step("{'backward':['y','z'],'gradient':1}"));
  cr_assert(!step("{'backward':'y','gradient':1,'grad_tensors':[1]}"));
  cr_assert(!step("{'backward':[]}"));
  cr_assert_eq(failure(), ERR_bad_argument);
}

Test(decode, grad) {
  cr_assert(step("{'grad':['y'],'inputs':['w'],'grad_outputs':['c'],'allow_unused':true,'out':['g'],'create_"
                 "graph':true}"));
  cr_assert_eq(got.verb, VERB_grad);
  cr_assert_eq(got.gradients.n, 1);
  cr_assert(got.allow_unused && got.create_graph && !got.materialize);
  cr_assert_eq(got.out.n, 1);
  cr_assert(step("{'grad':'y','inputs':'w','materialize_grads':true,'grad_outputs':null}"));
  cr_assert(got.materialize);
  cr_assert(!step("{'grad':'y'}"));
  cr_assert(!step("{'grad':[],'inputs':['w']}"));
  cr_assert(!step("{'grad':'y','inputs':['w'],'materialize_grads':true,'allow_unused':false}"));
  cr_assert_eq(failure(), ERR_bad_argument);
}

Test(decode, the_other_verbs) {
  cr_assert(step("{'zero_grad':['w'],'set_to_none':false}"));
  cr_assert(!got.all && !got.set_to_none);
  cr_assert(step("{'zero_grad':null}"));
  cr_assert(got.all && got.set_to_none);
  cr_assert(step("{'delete':['w','x']}"));
  cr_assert_eq(got.args.n, 2);
  cr_assert(step("{'retain_grad':'p'}"));
  cr_assert_eq(got.verb, VERB_retain_grad);
  cr_assert(step("{'requires_grad':'m','value':true}"));
  cr_assert_eq(got.verb, VERB_requires_grad);
  cr_assert(got.requires_grad);
  cr_assert(step("{'requires_grad':'m','value':false}"));
  cr_assert(!got.requires_grad);
  cr_assert(step("{'step':'opt'}"));
  cr_assert_eq(got.verb, VERB_step);
  cr_assert(step("{'tensor':'t','shape':[3],'fill':'arange','step':2}"), "step is a field of a fill too");
  cr_assert_eq(got.verb, VERB_tensor);
}

Test(decode, unknown_and_misplaced_fields) {
  static const char *const BAD[] = {"{'op':'neg','colour':1}",
                                    "{'op':'neg','data':1}",
                                    "{'backward':'y','out':'g'}",
                                    "{'delete':[],'value':1}",
                                    "{'grad':'y','inputs':['w'],'fill':'ones'}",
                                    "{'tensor':'t','data':1,'inputs':[]}",
                                    "{'zero_grad':[],'out':'x'}",
                                    "{'op':'neg','':1}",
                                    "{'op':'neg','OP':1}",
                                    "{'retain_grad':'w','value':true}",
                                    "{'step':'o','args':[]}"};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    cr_assert(!step(BAD[i]), "%s", BAD[i]);
    cr_assert_eq(failure(), ERR_unknown_field, "%s", BAD[i]);
  }
  cr_assert(!step("{'op':'neg','op':'exp'}"));
  cr_assert_eq(failure(), ERR_duplicate_key);
  cr_assert(!step("{'op':'neg','kwargs':{'a':1,'\\u0061':2}}"));
  cr_assert_eq(failure(), ERR_duplicate_key, "escaped, it is the same key");
}

Test(decode, escaped_words_are_their_letters) {
  cr_assert(
      step("{'\\u006fp':'n\\u0065g','args':['\\u00e9'],'kwargs':{'di\\u006d':0},'out':'\\ud83d\\ude00'}"));
  cr_assert(is(&got.name, "neg"));
  cr_assert(is(&got.args.at[0], "é"));
  cr_assert_arr_eq(got.kw[0].name, "dim", 3);
  cr_assert(is(&got.out.at[0], "😀"));
}

Test(decode, values) {
  static const struct {
    const char *text;
    value_kind kind;
  } GOOD[] = {{"null", VALUE_none},
              {"true", VALUE_bool},
              {"-9223372036854775808", VALUE_int},
              {"9223372036854775807", VALUE_int},
              {"1.0", VALUE_float},
              {"1e3", VALUE_float},
              {"-0", VALUE_int},
              {"'NaN'", VALUE_text},
              {"[]", VALUE_list},
              {"1e-999", VALUE_float}};
  for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
    value v;
    json_cur c = open_text(GOOD[i].text);
    cr_assert(decode_value(&c, &v), "%s", GOOD[i].text);
    cr_assert_eq(v.kind, GOOD[i].kind, "%s", GOOD[i].text);
  }
  static const struct {
    const char *text;
    err code;
  } BAD[] = {{"{}", ERR_bad_argument},
             {"9223372036854775808", ERR_bad_number},
             {"1e999", ERR_bad_number},
             {"", ERR_bad_json}};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    value v;
    json_cur c = open_text(BAD[i].text);
    cr_assert(session_fault(&s)->code || !decode_value(&c, &v), "%s", BAD[i].text);
    err e = failure();
    cr_assert_eq(e, BAD[i].code, "%s: %s", BAD[i].text, ERRORS[e].code);
  }
}

Test(decode, words_of_a_query) {
  static const struct {
    const char *text;
    value_kind kind;
  } WORDS[] = {{"x", VALUE_text},
               {"3", VALUE_int},
               {"-1.5", VALUE_float},
               {"true", VALUE_bool},
               {"True", VALUE_bool},
               {"False", VALUE_bool},
               {"None", VALUE_none},
               {"null", VALUE_none},
               {"[1,2]", VALUE_list},
               {"\"x\"", VALUE_text},
               {"", VALUE_text},
               {"1:2", VALUE_text},
               {"{}", VALUE_text},
               {"01", VALUE_text},
               {"[1,", VALUE_text},
               {"[w,[x,1:2]]", VALUE_list},
               {"torch.float32", VALUE_text},
               {"\xff", VALUE_text}};
  for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
    value v;
    cr_assert(decode_word(&d, WORDS[i].text, &v), "%s", WORDS[i].text);
    cr_assert_eq(v.kind, WORDS[i].kind, "%s", WORDS[i].text);
    cr_assert_eq(failure(), ERR_none);
  }
  value v;
  cr_assert(!decode_word(&d, "99999999999999999999", &v));
  cr_assert_eq(failure(), ERR_bad_number);
}

Test(decode, no_memory_at_any_point) {
  static const char *const BODIES[] = {
      "{'op':'stack','args':['w',[1,2,3],4,5,6,'\\u0061'],'kwargs':{'dim':0},'out':['a','c']}",
      "{'tensor':'t','shape':[2,3],'fill':'randn'}", "{'tensor':'t','data':[[1,2],[3,4]],'shape':[4]}",
      "{'backward':['y','z'],'grad_tensors':[[1],[2]],'inputs':['w']}"};
  for (size_t i = 0; i < sizeof BODIES / sizeof *BODIES; i++)
    for (uint64_t n = 1;; n++) {
      decoder_finish(&d);
      decoder_init(&d, &s);
      s.ag.rng.counter = 0;
      mem_fail_at(n, true);
      bool ok = step(BODIES[i]), reached = mem_fail_count() >= n;
      mem_fail_at(0, false);
      cr_assert_eq(ok, !reached, "%s, %d", BODIES[i], (int)n);
      if (!reached) break;
      cr_assert_eq(failure(), ERR_out_of_memory);
      cr_assert_eq(s.ag.rng.counter, 0);
    }
}
