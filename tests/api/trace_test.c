// "trace": true, or ?trace=1, on backward, grad, batch, run and /v1/grad.
#include "client.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

// y = (x + w)(w + 1), w = 1, x = 2
#define TUTORIAL                                                                                             \
  "{'tensor':'w','data':[1.0],'requires_grad':true},{'tensor':'x','data':[2.0],'requires_grad':true},"       \
  "{'op':'add','args':['w','x'],'out':'a'},{'op':'add','args':['w',1],'out':'b'},"                           \
  "{'op':'mul','args':['a','b'],'out':'y'}"

TestSuite(trace, .init = client_up, .fini = client_down);

static void tutorial(void) { expect_status(batch("{'steps':[" TUTORIAL "]}"), 200); }

static const cJSON *member(const cJSON *of, const char *name) {
  return cJSON_GetObjectItemCaseSensitive(of, name);
}
static int number(const cJSON *of, const char *name) { return member(of, name)->valueint; }
static double first(const cJSON *value) {
  return value->child ? value->child->valuedouble : value->valuedouble;
}

// The id of the node that is shown under a name.
static int node(const answer *graph, const char *name) {
  const cJSON *n;
  cJSON_ArrayForEach(n, at(graph, "nodes")) {
    const cJSON *given = member(n, "name");
    if (cJSON_IsString(given) && !strcmp(given->valuestring, name)) return number(n, "id");
  }
  cr_assert_fail("no node %s in %s", name, graph->body);
  return 0;
}

Test(trace, of_the_tutorial_has_the_numbers_of_its_chain_rule) {
  tutorial();
  answer *g = get(SESSION "/graph"), *a = post(TENSOR("y") "/backward", "{'trace':true}");
  int w = node(g, "w"), x = node(g, "x"), sum = node(g, "a"), one = node(g, "b"), y = node(g, "y");
  expect_json(a, 200,
              text("{'grads':['w','x'],'nodes':5,'trace':{'truncated':false,'left_out':0,'steps':["
                   "{'k':0,'phase':'backward','kind':'node','line':null,'step':null,'node':%d,'grad_fn':'"
                   "MulBackward0',"
                   "'incoming':[1],'edges':[{'to':%d,'input':0,'local':{'text':'∂y/∂self = "
                   "other'},'contribution':[2]},"
                   "{'to':%d,'input':1,'local':{'text':'∂y/∂other = self'},'contribution':[3]}]},"
                   "{'k':1,'node':%d,'grad_fn':'AddBackward0','incoming':[3],'edges':[{'to':%d,'input':0,'"
                   "contribution':[3]}]},"
                   "{'k':2,'node':%d,'grad_fn':'AddBackward0','incoming':[2],'edges':[{'to':%d,'input':0,'"
                   "contribution':[2]},"
                   "{'to':%d,'input':1,'contribution':[2]}]},"
                   "{'k':3,'kind':'accumulate','node':%d,'grad_fn':'AccumulateGrad','name':'w','incoming':[5]"
                   ",'edges':[],"
                   "'made':true,'grad_before':null,'grad_after':[5]},"
                   "{'k':4,'kind':'accumulate','node':%d,'name':'x','incoming':[2],'grad_before':null,'grad_"
                   "after':[2]}],"
                   "'passes':[{'first':0,'last':4,'retain_graph':false,'create_graph':false,"
                   "'roots':[{'node':%d,'name':'y','seed':[1]}],'freed':[%d]}]}}",
                   y, sum, one, one, w, sum, w, x, w, x, y, y));
}

Test(trace, gradients_add_up_over_passes) {
  tutorial();
  post(SESSION "/backward", "{'tensors':['y'],'retain_graph':true}");
  answer *a = post(SESSION "/backward?return=grads", "{'tensors':['y'],'trace':true}");
  expect_json(a, 200, "{'grads':['w','x'],'values':{'w':{'data':[10]},'x':{'data':[4]}}}");
  cr_assert_eq(first(at(a, "trace.steps.3.grad_before")), 5);
  cr_assert_eq(first(at(a, "trace.steps.3.incoming")), 5);
  cr_assert_eq(first(at(a, "trace.steps.3.grad_after")), 10);
  cr_assert(cJSON_IsFalse(at(a, "trace.steps.3.made")));
}

Test(trace, of_a_batch_has_both_ways) {
  answer *a = batch("{'trace':true,'steps':[" TUTORIAL ",{'backward':'y'}],'return':['y']}");
  expect_json(a, 200, "{'completed':6,'values':{'y':{'data':[6]}},'trace':{'truncated':false}}");
  const cJSON *steps = at(a, "trace.steps"), *e;
  cr_assert_eq(cJSON_GetArraySize(steps), 8);
  int k = 0;
  cJSON_ArrayForEach(e, steps) {
    cr_assert_eq(number(e, "k"), k);
    cr_assert_eq(number(e, "step"), k < 3 ? k + 2 : 5);
    cr_assert_str_eq(member(e, "phase")->valuestring, k < 3 ? "forward" : "backward");
    k++;
  }
  cr_assert_str_eq(string_at(a, "trace.steps.2.op"), "mul");
  cr_assert_str_eq(string_at(a, "trace.steps.2.inputs.0.name"), "a");
  cr_assert_str_eq(string_at(a, "trace.steps.2.results.0.name"), "y");
  cr_assert_eq(first(at(a, "trace.steps.2.results.0.value")), 6);
  cr_assert_str_eq(string_at(a, "trace.steps.2.edges.0.local.latex"),
                   "\\frac{\\partial y}{\\partial \\mathrm{self}} = \\mathrm{other}");
}

// What is handed on to a node adds up to what arrives at it, and what arrives at a leaf is what .grad gains.
Test(trace, every_gradient_is_the_sum_of_what_is_handed_on) {
  batch(
      "{'steps':[{'tensor':'X','data':[[0.5,-1],[2,0.25],[1,1]]},{'tensor':'W1','shape':[2,4],'fill':'randn',"
      "'requires_grad':true},{'tensor':'W2','shape':[4,2],'fill':'randn','requires_grad':true},"
      "{'tensor':'t','data':[0,1,1]}]}");
  answer *a =
      expect_status(batch("{'trace':true,'steps':[{'op':'mm','args':['X','W1'],'out':'h'},{'op':'tanh','args'"
                          ":['h'],'out':'z'},"
                          "{'op':'mul','args':['z','z'],'out':'q'},{'op':'mm','args':['q','W2'],'out':'o'},"
                          "{'op':'cross_entropy','args':['o','t'],'out':'loss'},{'backward':'loss'}]}"),
                    200);
  const cJSON *steps = at(a, "trace.steps"), *e, *from, *edge;
  int sums = 0;
  cJSON_ArrayForEach(e, steps) {
    const cJSON *incoming = member(e, "incoming");
    if (!cJSON_IsArray(incoming) || strcmp(member(e, "phase")->valuestring, "backward")) continue;
    double total[64] = {0}, arrived[64] = {0};
    int n = 0, parts = 0;
    for (const cJSON *row = incoming->child; row; row = row->next)
      for (const cJSON *x = row->child; x; x = x->next) arrived[n++] = x->valuedouble;
    cJSON_ArrayForEach(from, steps) cJSON_ArrayForEach(edge, member(from, "edges")) {
      const cJSON *given = member(edge, "contribution");
      if (number(edge, "to") != number(e, "node") || !cJSON_IsArray(given)) continue;
      int i = 0;
      parts++;
      for (const cJSON *row = given->child; row; row = row->next)
        for (const cJSON *x = row->child; x; x = x->next) total[i++] += x->valuedouble;
    }
    cr_assert_gt(parts, 0);
    for (int i = 0; i < n; i++) cr_assert_float_eq(total[i], arrived[i], 1e-6, "%s", cJSON_Print(e));
    sums++;
  }
  cr_assert_gt(sums, 5);
}

Test(trace, of_grad_tells_what_was_asked_for) {
  tutorial();
  answer *a = post(SESSION "/grad?trace=1", "{'outputs':['y'],'inputs':['w','a'],'retain_graph':true}");
  expect_json(
      a, 200,
      "{'grads':[{'data':[5]},{'data':[2]}],'trace':{'passes':[{'first':0,'last':4,'retain_graph':true,"
      "'freed':[]}]}}");
  cr_assert_str_eq(string_at(a, "trace.steps.3.kind"), "capture");
  cr_assert_eq(first(at(a, "trace.steps.3.incoming")), 5);
  expect_problem(get(TENSOR("w") "/grad"), 404, "no_grad");
  cr_assert(!at(post(SESSION "/grad?trace=0", "{'outputs':['y'],'inputs':['w']}"), "trace"));
}

Test(trace, is_asked_for_with_a_boolean) {
  tutorial();
  expect_problem(post(TENSOR("y") "/backward?trace=yes", NULL), 422, "bad_argument");
  expect_refused(post(TENSOR("y") "/backward", "{'trace':'yes'}"));
  expect_refused(post(SESSION "/grad", "{'outputs':['y'],'inputs':['w'],'trace':1}"));
  expect_refused(batch("{'steps':[],'trace':[]}"));
  expect_problem(batch("{'steps':[{'op':'neg','args':['w'],'trace':true}]}"), 400, "unknown_field");
  expect_problem(get(TENSOR("w") "/grad"), 404, "no_grad");
  answer *a = expect_status(post(TENSOR("y") "/backward", "{'trace':false}"), 200);
  cr_assert(!at(a, "trace"));
}

Test(trace, of_json_lines) {
  static const char lines[] = "{\"tensor\":\"v\",\"data\":[1]}\n{\"op\":\"neg\",\"args\":[\"v\"]}\n";
  answer *a = ask(.method = "POST", .path = BATCH "?trace=1", .body = lines, .size = sizeof lines - 1,
                  .type = "application/jsonl");
  expect_json(a, 200, "{'completed':2}");
  cr_assert_eq(number_at(a, "trace.steps.0.step"), 1);
  cr_assert_str_eq(string_at(a, "trace.steps.0.results.0.name"), "t1");
}

Test(trace, of_a_failed_batch_is_that_of_its_completed_steps) {
  answer *a = batch("{'trace':true,'steps':[" TUTORIAL ",{'backward':'y'},{'backward':'y'}]}");
  expect_problem(a, 409, "graph_freed");
  cr_assert_eq(number_at(a, "completed"), 6);
  cr_assert_eq(cJSON_GetArraySize(at(a, "trace.steps")), 8);
  expect_data("w", "[1]");
  expect_json(get(TENSOR("w") "/grad"), 200, "{'data':[5]}");
}

Test(trace, failures_are_those_without_it) {
  tutorial();
  post(TENSOR("y") "/backward", NULL);
  answer *a = post(TENSOR("y") "/backward", "{'trace':true}");
  expect_problem(a, 409, "graph_freed");
  expect_json(get(TENSOR("w") "/grad"), 200, "{'data':[5]}");
  expect_problem(post(TENSOR("nobody") "/backward", "{'trace':true}"), 404, "tensor_unknown");
}

Test(trace, is_cut_and_says_so) {
  char *steps = scratch(1 << 20), *p = steps;
  p += strlen(strcpy(p, "{'trace':true,'steps':["));
  for (int i = 0; i < 10050; i++) {
    strcpy(p, i ? ",{'op':'neg','args':[1],'out':'_n'}" : "{'op':'neg','args':[1],'out':'_n'}");
    p += strlen(p);
  }
  strcpy(p, "]}");
  answer *a = expect_json(batch(steps), 200, "{'completed':10050,'trace':{'truncated':true}}");
  cr_assert_gt(number_at(a, "trace.left_out"), 0);
  cr_assert_eq(cJSON_GetArraySize(at(a, "trace.steps")) + number_at(a, "trace.left_out"), 10050);
}

Test(trace, is_kept_with_its_answer) {
  tutorial();
  request r = {"POST", TENSOR("y") "/backward", "{\"trace\":true}",
               14,     "application/json",      .headers = {"Idempotency-Key: once"}};
  answer *a = expect_status(client_send(r), 200), *b = expect_status(client_send(r), 200);
  cr_assert_str_eq(a->body, b->body);
  expect_json(get(TENSOR("w") "/grad"), 200, "{'data':[5]}");
}

// In-place writes, versions and the graph that is left: what a page draws from a trace is what the graph
// says.
Test(trace, speaks_of_the_nodes_of_the_graph) {
  answer *a =
      batch("{'trace':true,'steps':[{'tensor':'w','data':[1,2],'requires_grad':true,'dtype':'float32'},"
            "{'op':'mul','args':['w',2],'out':'base'},{'op':'getitem','args':['base',0],'out':'v'},"
            "{'op':'mul_','args':['v',3]},{'op':'add','args':['v',1],'out':'z'}]}");
  expect_status(a, 200);
  answer *g = expect_status(get(SESSION "/graph"), 200);
  cr_assert_eq(number_at(a, "trace.steps.2.node"), node(g, "base"));
  cr_assert_str_eq(string_at(a, "trace.steps.2.grad_fn"), "CopySlices");
  cr_assert_eq(number_at(a, "trace.steps.2.results.0.version"), 1);
  cr_assert_str_eq(string_at(a, "trace.steps.2.results.0.grad_fn"), "AsStridedBackward0");
  cr_assert_eq(number_at(a, "trace.steps.2.results.0.base"), number_at(a, "trace.steps.2.rewritten.id"));
  cr_assert_str_eq(string_at(a, "trace.steps.2.rewritten.name"), "base");
  cr_assert_eq(number_at(a, "trace.steps.3.rebuilt.0.node"), node(g, "v"));
  cr_assert_eq(number_at(a, "trace.steps.3.node"), node(g, "z"));
  cr_assert_eq(number_at(a, "trace.steps.3.edges.0.to"), node(g, "v"));
}

// ---- of scripts and expressions

static answer *traced_script(const char *path, const char *source) {
  return ask(.method = "POST", .path = path, .body = source, .type = "text/plain");
}

static const char SCRIPT[] = "w = torch.tensor([1.], requires_grad=True)\n"
                             "x = torch.tensor([2.], requires_grad=True)\n"
                             "def f(w):\n"
                             "  return w + 1\n"
                             "y = (w +\n"
                             "     x) * f(w)\n"
                             "y.backward()\n"
                             "print(w.grad)\n";

// The event of that op or node, the `nth` of its kind.
static const cJSON *event_of(const answer *a, const char *path, const char *phase, const char *key,
                             const char *is, int nth) {
  const cJSON *e;
  cJSON_ArrayForEach(e, at(a, path)) {
    const cJSON *value = member(e, key);
    if (!strcmp(member(e, "phase")->valuestring, phase) && cJSON_IsString(value) &&
        !strcmp(value->valuestring, is) && nth-- == 0)
      return e;
  }
  cr_assert_fail("no %s %s in %s", phase, is, a->body);
  return NULL;
}

Test(trace, of_a_script_tells_the_lines) {
  const char *paths[] = {SESSION "/run?trace=1", "/v1/run?trace=1&as=json"};
  for (int i = 0; i < 2; i++) {
    answer *a = expect_json(traced_script(paths[i], SCRIPT), 200,
                            "{'printed':['tensor([5.])'],'error':null,'trace':{'truncated':false}}");
    const cJSON *inner = event_of(a, "trace.steps", "forward", "op", "add", 1);
    cr_assert_eq(number(event_of(a, "trace.steps", "forward", "op", "add", 0), "line"), 5);
    cr_assert_eq(number(inner, "line"), 4, "of the function's body");
    cr_assert_eq(number(event_of(a, "trace.steps", "forward", "op", "mul", 0), "line"), 6,
                 "where the operator stands");
    const cJSON *back = event_of(a, "trace.steps", "backward", "grad_fn", "MulBackward0", 0);
    cr_assert_eq(number(back, "line"), 7);
    cr_assert_eq(first(member(cJSON_GetArrayItem(member(back, "edges"), 0), "contribution")), 2);
    cr_assert_eq(first(member(event_of(a, "trace.steps", "backward", "name", "w", 0), "grad_after")), 5);
  }
}

Test(trace, of_a_failing_script_has_what_ran_before) {
  answer *a = expect_problem(traced_script(SESSION "/run?trace=1", "a = torch.ones(2) + 1\na.nothing()\n"),
                             404, "op_unknown");
  cr_assert_eq(number_at(a, "line"), 2);
  cr_assert_eq(number(event_of(a, "trace.steps", "forward", "op", "add", 0), "line"), 1);
  expect_status(traced_script(SESSION "/run?trace=1&as=txt", "1"), 406);
  expect_problem(traced_script(SESSION "/run?trace=maybe", "1"), 422, "bad_argument");
}

Test(trace, of_an_expression_has_both_directions) {
  answer *a = expect_json(post("/v1/grad", "{'expr':'(x+w)*(w+1)','at':{'x':2,'w':1},'trace':true}"), 200,
                          "{'value':6,'grad':{'x':2,'w':5}}");
  cr_assert_eq(
      first(member(event_of(a, "trace.steps", "backward", "grad_fn", "MulBackward0", 0), "incoming")), 1);
  a = expect_json(get("/v1/grad?expr=x*x&x=3&trace=1"), 200, "{'grad':{'x':6}}");
  cr_assert_str_eq(string_at(a, "trace.steps.0.inputs.0.name"), "x");
  cr_assert_str_eq(string_at(a, "trace.notes.0.kind"), "tensor");
  cr_assert_str_eq(string_at(a, "trace.notes.0.name"), "x");
  expect_status(get("/v1/grad?expr=x*x&x=3&trace=1&as=txt"), 406);
}

// ---- what is no op

// The `nth` note of that kind.
static const cJSON *note_of(const answer *a, const char *kind, int nth) {
  const cJSON *e;
  cJSON_ArrayForEach(e, at(a, "trace.notes")) {
    if (!strcmp(member(e, "kind")->valuestring, kind) && nth-- == 0) return e;
  }
  cr_assert_fail("no %s in %s", kind, a->body);
  return NULL;
}

Test(trace, notes_tell_lines_tensors_names_and_what_was_printed) {
  answer *a = expect_status(traced_script(SESSION "/run?trace=1", SCRIPT), 200);
  const cJSON *w = note_of(a, "tensor", 0), *span = member(w, "numbers")->child;
  cr_assert_str_eq(member(w, "name")->valuestring, "w");
  cr_assert_eq(first(member(w, "value")), 1);
  cr_assert(cJSON_IsTrue(member(w, "requires_grad")));
  cr_assert_eq(number(span, "line"), 1);
  cr_assert_eq(number(span, "column"), 19);
  cr_assert_eq(number(span, "end_line"), 1);
  cr_assert_eq(number(span, "end_column"), 21);
  cr_assert_eq(number(note_of(a, "name", 0), "id"), number(w, "id"));
  cr_assert_eq(number(note_of(a, "line", 1), "line"), 2);
  cr_assert_eq(number(note_of(a, "line", 3), "line"), 5, "def is one statement");
  cr_assert_eq(number(note_of(a, "line", 4), "line"), 4, "the body of the function");
  cr_assert_str_eq(member(note_of(a, "print", 0), "text")->valuestring, "tensor([5.])\n");
  const cJSON *add = event_of(a, "trace.steps", "forward", "op", "add", 0);
  const cJSON *grad = event_of(a, "trace.steps", "backward", "kind", "accumulate", 0);
  cr_assert_eq(number(member(add, "inputs")->child, "id"), number(w, "id"));
  cr_assert_eq(number(grad, "tensor"), number(w, "id"));
  answer *g = get(SESSION "/graph");
  const cJSON *n;
  cJSON_ArrayForEach(n, at(g, "nodes")) {
    if (number(n, "id") == node(g, "w")) cr_assert_eq(number(n, "tensor"), number(w, "id"));
  }
}

Test(trace, notes_tell_gradients_flags_and_data) {
  tutorial();
  answer *a =
      traced_script(SESSION "/run?trace=1", "y.retain_grad()\ny.backward()\nw.grad = None\nw.data -= 1\n"
                                            "x.requires_grad_(False)\ndel y");
  expect_json(a, 200, "{'trace':{'failed':null,'notes_left_out':0}}");
  cr_assert(cJSON_IsTrue(member(note_of(a, "flags", 0), "retains_grad")));
  cr_assert(cJSON_IsFalse(member(note_of(a, "flags", 1), "requires_grad")));
  cr_assert(cJSON_IsNull(member(note_of(a, "grad", 0), "grad")));
  cr_assert_eq(first(member(note_of(a, "data", 0), "value")), 0);
  cr_assert(cJSON_IsNull(member(note_of(a, "name", 0), "id")));
  a = batch("{'trace':true,'steps':[{'tensor':'v','data':[1,2]},{'zero_grad':['x']},{'delete':['v']}]}");
  cr_assert_str_eq(member(note_of(a, "tensor", 0), "name")->valuestring, "v");
  cr_assert(!member(note_of(a, "tensor", 0), "numbers"));
  cr_assert_str_eq(member(note_of(a, "grad", 0), "name")->valuestring, "x");
  cr_assert_eq(number(note_of(a, "grad", 0), "step"), 1);
}

Test(trace, of_what_fails_tells_what_it_was_about) {
  answer *a = traced_script(SESSION "/run?trace=1", "w = torch.ones(2, requires_grad=True)\nw += 1");
  expect_problem(a, 409, "leaf_inplace");
  expect_json(a, 409,
              "{'trace':{'failed':{'kind':'op','line':2,'op':'add_','inputs':[{'input':0,'name':'w',"
              "'version':0,'requires_grad':true,'is_leaf':true},{'input':1,'name':null}]}}}");
  a = traced_script("/v1/run?trace=1", "w = torch.ones(2, requires_grad=True)\ny = w * 2\nz = (y * y).sum()\n"
                                       "y.zero_()\nz.backward()");
  expect_json(a, 409,
              "{'trace':{'failed':{'kind':'pass','line':5,'roots':[{'name':'z'}],'grad_fn':'MulBackward0',"
              "'saved':{'input':0,'output':null,'name':'y','version':1,'expected':0}}}}");
  a = batch("{'trace':true,'steps':[" TUTORIAL ",{'backward':'y'},{'backward':'y'}]}");
  expect_json(
      a, 409,
      "{'trace':{'failed':{'kind':'pass','line':null,'step':6,'grad_fn':'MulBackward0','saved':null}}}");
}
