#include "wire/graph.h"
#include "autograd/backward.h"
#include "autograd/ops.h"
#include "base/mem.h"
#include "command/bind.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { SMALL_STACK = 256 * 1024, LONG = 1000000 };

static budget process;
static session s;
static graph g;
static buffer out;

static void up(void) {
  const limits l = {.session_bytes = (size_t)1 << 32, .session_nodes = 2 * LONG, .session_tensors = 100000};
  ops_init();
  budget_init(&process, NULL, "the process", (size_t)1 << 33);
  session_init(&s, "s", &process, &l, 1);
}

static void down(void) {
  graph_finish(&g);
  session_finish(&s);
  buffer_finish(&out);
  cr_assert_eq(budget_used(&process), 0, "something was not given back");
}

TestSuite(graph, .init = up, .fini = down, .timeout = 120);

static void name_it(const char *name, var *v) {
  bool made;
  cr_assert(v && session_bind(&s, name, strlen(name), v, &made), "%s: %s", name, session_fault(&s)->detail);
}

static void leaf(const char *name, double number, bool requires_grad) {
  size_t mark = scope_enter(&s.ag);
  tensor t;
  cr_assert(tensor_new_sizes(&s.ag.ctx, &t, DT_float32, 1, (int64_t[]){1}));
  *(float *)tensor_data(&t) = (float)number;
  var *v = scope_own(&s.ag, var_new(&s.ag, t));
  cr_assert(var_set_requires_grad(&s.ag, v, requires_grad));
  name_it(name, v);
  scope_leave(&s.ag, mark, NULL);
}

static value argument(const char *text) {
  char *end;
  long n = strtol(text, &end, 10);
  return *end ? value_text(text, strlen(text)) : value_int(n);
}

// op("mul", "a", "b", "y"): y = mul(a, b); b NULL: of one argument. Digits are numbers.
static void op(const char *name, const char *a, const char *b, const char *result) {
  size_t mark = scope_enter(&s.ag);
  value args[2] = {argument(a), b ? argument(b) : (value){0}};
  bound call;
  var *results[8];
  unsigned n;
  bool ok = bind_op(&s, name, strlen(name), args, b ? 2 : 1, NULL, 0, &call) &&
            bound_run(&s, &call, results, 8, &n);
  bound_finish(&call);
  cr_assert(ok, "%s: %s", name, session_fault(&s)->detail);
  if (result) name_it(result, results[0]);
  scope_leave(&s.ag, mark, NULL);
}

static void drop(const char *name) { cr_assert(session_unbind(&s, name, strlen(name))); }

static void run_backward(const char *name) {
  size_t mark = scope_enter(&s.ag);
  var *root = session_resolve(&s, name, strlen(name));
  backward_result r = {0};
  cr_assert(autograd_backward(&s.ag, &root, NULL, 1, NULL, 0, (backward_options){0}, &r), "%s",
            session_fault(&s)->detail);
  backward_result_finish(&s.ag, &r);
  scope_leave(&s.ag, mark, NULL);
}

static const char *write_as(void (*write)(buffer *, const graph *), const char *root) {
  out.len = 0;
  graph_finish(&g);
  cr_assert(graph_collect(&s, root, &g), "%s", session_fault(&s)->detail);
  write(&out, &g);
  const char *text = buffer_cstr(&out);
  cr_assert(text != NULL);
  return text;
}
static const char *json(const char *root) { return write_as(graph_write_json, root); }

static bool shows(const char *text, const char *part) { return strstr(text, part) != NULL; }

static const graph_node *named(const char *name) {
  for (size_t i = 0; i < g.n_nodes; i++)
    if (g.nodes[i].name && !strcmp(g.nodes[i].name, name)) return &g.nodes[i];
  cr_assert_fail("no node %s", name);
  return NULL;
}

static bool edge(const char *from, const char *to, unsigned argument_at) {
  for (size_t i = 0; i < g.n_edges; i++)
    if (&g.nodes[g.edges[i].from] == named(from) && &g.nodes[g.edges[i].to] == named(to) &&
        g.edges[i].argument == argument_at)
      return true;
  return false;
}

// y = (x + w)(w + 1)
static void tutorial(void) {
  leaf("w", 1, true);
  leaf("x", 2, true);
  op("add", "w", "x", "a");
  op("add", "w", "1", "b");
  op("mul", "a", "b", "y");
}

Test(graph, is_written_as_json) {
  tutorial();
  cr_assert_str_eq(
      json(NULL),
      "{\"nodes\":["
      "{\"id\":0,\"kind\":\"leaf\",\"name\":\"w\",\"grad_fn\":null,\"op\":null,\"tensor\":1,\"shape\":[1],"
      "\"dtype\":"
      "\"float32\","
      "\"is_leaf\":true,\"requires_grad\":true,\"version\":0,\"saved\":[],\"freed\":false,\"value\":[1]},"
      "{\"id\":2,\"kind\":\"leaf\",\"name\":\"x\",\"grad_fn\":null,\"op\":null,\"tensor\":2,\"shape\":[1],"
      "\"dtype\":"
      "\"float32\","
      "\"is_leaf\":true,\"requires_grad\":true,\"version\":0,\"saved\":[],\"freed\":false,\"value\":[2]},"
      "{\"id\":1,\"kind\":\"op\",\"name\":\"a\",\"grad_fn\":\"AddBackward0\",\"op\":\"add\",\"tensor\":3,"
      "\"shape\":[1],"
      "\"dtype\":\"float32\",\"is_leaf\":false,\"requires_grad\":true,\"version\":0,\"saved\":[],\"freed\":"
      "false,"
      "\"value\":[3]},"
      "{\"id\":3,\"kind\":\"op\",\"name\":\"b\",\"grad_fn\":\"AddBackward0\",\"op\":\"add\",\"tensor\":5,"
      "\"shape\":[1],"
      "\"dtype\":\"float32\",\"is_leaf\":false,\"requires_grad\":true,\"version\":0,\"saved\":[],\"freed\":"
      "false,"
      "\"value\":[2]},"
      "{\"id\":5,\"kind\":\"op\",\"name\":\"y\",\"grad_fn\":\"MulBackward0\",\"op\":\"mul\",\"tensor\":6,"
      "\"shape\":[1],"
      "\"dtype\":\"float32\",\"is_leaf\":false,\"requires_grad\":true,\"version\":0,"
      "\"saved\":[{\"tensor\":\"a\",\"version\":0},{\"tensor\":\"b\",\"version\":0}],\"freed\":false,"
      "\"value\":[6]}],"
      "\"edges\":[{\"from\":0,\"to\":1,\"input\":0},{\"from\":2,\"to\":1,\"input\":1},"
      "{\"from\":0,\"to\":3,\"input\":0},{\"from\":1,\"to\":5,\"input\":0},{\"from\":3,\"to\":5,\"input\":1}]"
      "}");
  buffer first = out;
  out = (buffer){0};
  cr_assert_str_eq(json(NULL), buffer_cstr(&first), "ids are the same every time");
  buffer_finish(&first);
}

Test(graph, of_nothing_is_empty) {
  cr_assert_str_eq(json(NULL), "{\"nodes\":[],\"edges\":[]}");
  cr_assert_str_eq(write_as(graph_write_mermaid, NULL), "flowchart LR\n");
  cr_assert(!strncmp(write_as(graph_write_dot, NULL), "digraph", 7));
}

Test(graph, root_limits_what_is_shown) {
  tutorial();
  json("b");
  cr_assert(g.n_nodes == 2 && g.n_edges == 1 && edge("w", "b", 0));
  json("w");
  cr_assert(g.n_nodes == 1 && g.n_edges == 0 && g.nodes[0].fn && shows(out.data, "\"kind\":\"leaf\""));
  graph_finish(&g);
  cr_assert(!graph_collect(&s, "nobody", &g));
  cr_assert_eq(session_fault(&s)->code, ERR_tensor_unknown);
  fault_clear(session_fault(&s));
  cr_assert(!graph_collect(&s, "9x", &g));
  cr_assert_eq(session_fault(&s)->code, ERR_bad_name);
  fault_clear(session_fault(&s));
  cr_assert(!graph_collect(&s, "w.grad", &g) && g.nodes == NULL && g.names == NULL);
  cr_assert_eq(session_fault(&s)->code, ERR_no_grad);
  fault_clear(session_fault(&s));
}

Test(graph, root_may_be_a_gradient) {
  tutorial();
  run_backward("y");
  cr_assert(shows(json("w.grad"), "\"name\":\"w.grad\"") && shows(out.data, "\"value\":[5]"));
  cr_assert(g.n_nodes == 1 && !g.nodes[0].fn);
}

Test(graph, leaves_that_take_no_gradient_come_first) {
  leaf("c", 3, false);
  leaf("w", 1, true);
  op("mul", "w", "c", "y");
  leaf("d", 4, false);
  leaf("alone", 5, true);
  name_it("c_again", binding_var(session_find(&s, "c", 1)));
  json(NULL);
  cr_assert_eq(g.n_nodes, 5);
  cr_assert_str_eq(g.nodes[0].name, "c");
  cr_assert_str_eq(g.nodes[1].name, "d");
  cr_assert_str_eq(g.nodes[2].name, "alone", "it requires grad, but nothing was computed from it");
  cr_assert(g.n_edges == 1 && edge("w", "y", 0), "no node records c");
  cr_assert(shows(out.data, "\"saved\":[{\"tensor\":\"c\",\"version\":0}]"), "%s", out.data);
}

Test(graph, tells_what_backward_freed) {
  tutorial();
  run_backward("y");
  json("y");
  cr_assert(shows(out.data, "\"saved\":[],\"freed\":true,\"value\":[6]"), "%s", out.data);
  json("a");
  cr_assert_not(shows(out.data, "\"freed\":true"), "add saves nothing: there is nothing to free");
}

Test(graph, dropped_names_stay_in_the_graph) {
  tutorial();
  drop("a");
  drop("x");
  json("y");
  cr_assert(g.n_nodes == 5 && g.n_edges == 5);
  cr_assert(!g.nodes[1].name && !g.nodes[2].name, "x and a");
  cr_assert(shows(out.data, "\"saved\":[{\"tensor\":null,\"version\":0},{\"tensor\":\"b\""), "%s", out.data);
  cr_assert(shows(out.data, "\"id\":1,\"kind\":\"op\",\"name\":null,\"grad_fn\":\"AddBackward0\""));
  cr_assert(shows(out.data, "\"id\":2,\"kind\":\"leaf\",\"name\":null"));
}

Test(graph, tells_versions) {
  tutorial();
  op("add_", "a", "1", NULL);
  json(NULL);
  cr_assert_eq(g.n_nodes, 6);
  cr_assert(shows(out.data,
                  "\"name\":\"a\",\"grad_fn\":\"AddBackward0\",\"op\":\"add\",\"tensor\":3,\"shape\":[1],"
                  "\"dtype\":\"float32\",\"is_leaf\":false,\"requires_grad\":true,\"version\":1"),
            "%s", out.data);
  cr_assert(shows(out.data, "\"saved\":[{\"tensor\":\"a\",\"version\":0},{\"tensor\":\"b\",\"version\":0}]"));
}

Test(graph, writes_into_views_appear) {
  leaf("w", 1, true);
  op("mul", "w", "2", "base");
  op("unsqueeze", "base", "0", "view");
  op("mul_", "view", "w", NULL);
  json("base");
  cr_assert_eq(g.n_nodes, 3, "w, mul, CopySlices: %s", out.data);
  cr_assert(shows(out.data, "\"name\":\"base\",\"grad_fn\":\"CopySlices\",\"op\":\"copy_slices\""));
  cr_assert(shows(out.data, "\"saved\":[{\"tensor\":null,\"version\":0},{\"tensor\":\"w\",\"version\":0}]"),
            "the copy from before the write, and w: %s", out.data);
  cr_assert(edge("w", "base", 1));
  json(NULL);
  cr_assert(shows(out.data, "\"name\":\"view\",\"grad_fn\":\"AsStridedBackward0\",\"op\":\"as_strided\""));
  cr_assert(edge("base", "view", 0));
  cr_assert_eq(g.n_nodes, 4);
}

// What a name stood for before a write into its base is not what it stands for now.
Test(graph, outdated_views_lend_no_name) {
  leaf("w", 1, true);
  op("mul", "w", "2", "base");
  op("unsqueeze", "base", "0", "view");
  op("add", "view", "1", "y");
  op("mul_", "base", "3", NULL);
  json("y");
  cr_assert_eq(g.n_nodes, 4);
  for (size_t i = 0; i < g.n_nodes; i++)
    cr_assert(!g.nodes[i].name || (strcmp(g.nodes[i].name, "view") && strcmp(g.nodes[i].name, "base")));
}

Test(graph, saved_tensors_go_by_the_name_of_their_window) {
  leaf("w", 1, true);
  op("mul", "w", "2", "whole");
  op("unsqueeze", "whole", "0", "window");
  op("exp", "window", NULL, "y");
  op("mul", "window", "y", "z");
  json(NULL);
  cr_assert(
      shows(out.data, "\"saved\":[{\"tensor\":\"window\",\"version\":0},{\"tensor\":\"y\",\"version\":0}]"));
  cr_assert(shows(out.data, "\"saved\":[{\"tensor\":\"y\",\"version\":0}]"), "exp saves its result: %s",
            out.data);
  drop("window");
  json(NULL);
  cr_assert(shows(out.data, "\"saved\":[{\"tensor\":\"whole\",\"version\":0},"), "it shares the storage: %s",
            out.data);
}

Test(graph, every_argument_has_its_edge) {
  leaf("w", 1, true);
  op("mul", "w", "w", "square");
  json(NULL);
  cr_assert(g.n_edges == 2 && edge("w", "square", 0) && edge("w", "square", 1));
}

Test(graph, arguments_are_counted_as_in_the_signature) {
  leaf("zeros", 0, true);
  leaf("w", 1, true);
  size_t mark = scope_enter(&s.ag);
  var *zeros = session_resolve(&s, "zeros", 5), *w = session_resolve(&s, "w", 1);
  tensor t;
  cr_assert(tensor_new_sizes(&s.ag.ctx, &t, DT_int64, 1, (int64_t[]){1}));
  *(int64_t *)tensor_data(&t) = 0;
  var *index = scope_own(&s.ag, var_new(&s.ag, t));
  name_it("y", op_scatter_add(&s.ag, zeros, 0, index, w)); // scatter_add(self, dim, index, src)
  name_it("z", op_cat(&s.ag, (var *[]){zeros, w, w}, 3, 0));
  scope_leave(&s.ag, mark, NULL);
  json(NULL);
  cr_assert(edge("zeros", "y", 0) && edge("w", "y", 3));
  cr_assert(edge("zeros", "z", 0) && edge("w", "z", 1) && edge("w", "z", 2));
  const char *dot = write_as(graph_write_dot, NULL);
  cr_assert(shows(dot, "[label=\"src\"]") && shows(dot, "[label=\"2\"]"), "%s", dot);
}

Test(graph, results_of_one_op_are_one_node) {
  size_t mark = scope_enter(&s.ag);
  tensor t;
  cr_assert(tensor_new_sizes(&s.ag.ctx, &t, DT_float32, 1, (int64_t[]){40}));
  cr_assert(tensor_fill(&s.ag.ctx, &t, scalar_int(1)));
  var *v = scope_own(&s.ag, var_new(&s.ag, t)), *pieces[4];
  cr_assert(var_set_requires_grad(&s.ag, v, true));
  name_it("x", v);
  value args[2] = {value_text("x", 1), value_int(10)};
  bound call;
  unsigned n;
  cr_assert(bind_op(&s, "split", 5, args, 2, NULL, 0, &call) && bound_run(&s, &call, pieces, 4, &n));
  bound_finish(&call);
  name_it("last", pieces[3]);
  name_it("first", pieces[0]);
  scope_leave(&s.ag, mark, NULL);
  json(NULL);
  cr_assert_eq(g.n_nodes, 2);
  cr_assert(shows(out.data, "\"name\":\"last\""), "named first");
  cr_assert(shows(out.data, "\"shape\":[40]") && shows(out.data, "\"value\":null"),
            "40 elements are too many");
  cr_assert(shows(json("first"), "\"name\":\"first\""), "the root goes before");
}

Test(graph, is_drawn_for_graphviz) {
  tutorial();
  leaf("c", 3, false);
  const char *dot = write_as(graph_write_dot, NULL);
  cr_assert_str_eq(dot, "digraph autograd {\n"
                        "  rankdir=LR;\n"
                        "  node [fontname=\"sans-serif\"];\n"
                        "  n0 [label=\"c\\nfloat32 [1]\", shape=box];\n"
                        "  n1 [label=\"w\\nfloat32 [1]\", shape=box, style=filled, fillcolor=lightblue];\n"
                        "  n2 [label=\"x\\nfloat32 [1]\", shape=box, style=filled, fillcolor=lightblue];\n"
                        "  n3 [label=\"a\\nadd (AddBackward0)\\nfloat32 [1]\"];\n"
                        "  n4 [label=\"b\\nadd (AddBackward0)\\nfloat32 [1]\"];\n"
                        "  n5 [label=\"y\\nmul (MulBackward0)\\nfloat32 [1]\"];\n"
                        "  n1 -> n3 [label=\"self\"];\n"
                        "  n2 -> n3 [label=\"other\"];\n"
                        "  n1 -> n4 [label=\"self\"];\n"
                        "  n3 -> n5 [label=\"self\"];\n"
                        "  n4 -> n5 [label=\"other\"];\n"
                        "}\n");
}

Test(graph, is_drawn_for_mermaid) {
  leaf("w", 1, true);
  leaf("c", 3, false);
  op("exp", "w", NULL, "y");
  op("mul", "w", "y", "z");
  cr_assert_str_eq(write_as(graph_write_mermaid, NULL),
                   "flowchart LR\n"
                   "  n0[\"c<br/>float32 [1]\"]\n"
                   "  n1[\"w<br/>float32 [1]\"]:::grad\n"
                   "  n2([\"y<br/>exp (ExpBackward0)<br/>float32 [1]\"])\n"
                   "  n3([\"z<br/>mul (MulBackward0)<br/>float32 [1]\"])\n"
                   "  n1 --> n2\n"
                   "  n1 -->|\"self\"| n3\n"
                   "  n2 -->|\"other\"| n3\n"
                   "  classDef grad fill:#add8e6,stroke:#4682b4,color:#000\n");
}

Test(graph, names_are_escaped) {
  leaf("a\"b\\c&d#e<f", 1, true); // no valid name has these; whoever binds it
  leaf("权重", 1, true);
  const char *dot = write_as(graph_write_dot, NULL);
  cr_assert(shows(dot, "label=\"a\\\"b\\\\c&amp;d#e<f\\nfloat32 [1]\"") && shows(dot, "\"权重\\n"), "%s",
            dot);
  const char *mermaid = write_as(graph_write_mermaid, NULL);
  cr_assert(shows(mermaid, "[\"a#34;b#92;c#38;d#35;e#60;f<br/>") && shows(mermaid, "[\"权重<br/>"), "%s",
            mermaid);
  cr_assert(shows(json(NULL), "\"name\":\"a\\\"b\\\\c&d#e<f\""));
}

static void *deep(void *nothing) {
  size_t mark = scope_enter(&s.ag);
  for (int i = 0; i < LONG; i++) {
    var *y = op_neg(&s.ag, session_resolve(&s, "y", 1));
    name_it("y", y);
    scope_leave(&s.ag, mark, NULL);
  }
  json("y");
  cr_assert_eq(g.n_nodes, LONG + 1);
  cr_assert_eq(g.n_edges, LONG);
  for (size_t i = 1; i < g.n_nodes; i++)
    cr_assert(!g.nodes[i].fn->pending && g.nodes[i - 1].fn->seq < g.nodes[i].fn->seq);
  write_as(graph_write_dot, NULL);
  return nothing;
}

Test(graph, of_a_million_nodes_needs_no_stack) {
  pthread_attr_t attr;
  pthread_t thread;
  leaf("y", 1, true);
  cr_assert(!pthread_attr_init(&attr) && !pthread_attr_setstacksize(&attr, SMALL_STACK));
  cr_assert(!pthread_create(&thread, &attr, deep, NULL) && !pthread_join(thread, NULL));
  pthread_attr_destroy(&attr);
}

Test(graph, stops_when_it_is_told_to) {
  atomic_int wish = STOP_no;
  tutorial();
  s.ag.ctx.stop = &wish;
  json(NULL);
  wish = STOP_deadline;
  void (*const writings[])(buffer *, const graph *) = {graph_write_json, graph_write_dot,
                                                       graph_write_mermaid};
  for (int i = 0; i < 3; i++) {
    buffer_finish(&out);
    writings[i](&out, &g);
    cr_assert(out.failed);
    cr_assert_eq(session_fault(&s)->code, ERR_time_limit);
    fault_clear(session_fault(&s));
  }
  graph_finish(&g);
  cr_assert(!graph_collect(&s, NULL, &g) && !g.nodes);
  cr_assert_eq(session_fault(&s)->code, ERR_time_limit);
  fault_clear(session_fault(&s));
  s.ag.ctx.stop = NULL;
  buffer_finish(&out);
}

// Makes what has to be made anew at every attempt: the view is behind its base.
static void fail_everywhere(void (*write)(buffer *, const graph *), bool all_after) {
  for (uint64_t nth = 1;; nth++) {
    cr_assert_lt(nth, 1000);
    op("mul_", "base", "1", NULL);
    buffer_finish(&out);
    mem_fail_at(nth, all_after);
    bool ok = graph_collect(&s, NULL, &g);
    cr_assert(ok || (!g.nodes && !g.edges && !g.names));
    if (ok) write(&out, &g);
    mem_fail_at(0, false);
    cr_assert(ok || session_fault(&s)->code == ERR_out_of_memory);
    cr_assert_eq(autograd_failed(&s.ag), !ok);
    fault_clear(session_fault(&s));
    graph_finish(&g);
    if (ok && !out.failed) break;
  }
}

Test(graph, survives_every_failed_allocation) {
  void (*const writings[])(buffer *, const graph *) = {graph_write_json, graph_write_dot,
                                                       graph_write_mermaid};
  tutorial();
  op("mul", "w", "2", "base");
  op("unsqueeze", "base", "0", "view");
  char name[8];
  for (int i = 0; i < 200; i++) { // more than the first arrays hold
    snprintf(name, sizeof name, "t%d", i);
    op(i % 2 ? "mul" : "exp", i % 50 ? "y" : "x", i % 2 ? "w" : NULL, name);
  }
  for (int i = 0; i < 6; i++) fail_everywhere(writings[i / 2], i % 2);
  run_backward("y");
  run_backward("view");
}
