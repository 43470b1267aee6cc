// GET S/graph.
#include "client.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(graph, .init = client_up_with_graph, .fini = client_down);

static const cJSON *node(const answer *a, const char *name) {
  const cJSON *n;
  cJSON_ArrayForEach(n, at(a, "nodes")) {
    const cJSON *given = cJSON_GetObjectItemCaseSensitive(n, "name");
    if (cJSON_IsString(given) && strcmp(given->valuestring, name) == 0) return n;
  }
  cr_assert_fail("no node %s in %s", name, a->body);
  return NULL;
}

static const cJSON *member(const cJSON *of, const char *name) {
  return cJSON_GetObjectItemCaseSensitive(of, name);
}

static bool edge(const answer *a, const char *from, const char *to, int input) {
  int f = member(node(a, from), "id")->valueint, t = member(node(a, to), "id")->valueint;
  const cJSON *e;
  cJSON_ArrayForEach(e, at(a, "edges")) if (member(e, "from")->valueint == f &&
                                            member(e, "to")->valueint == t &&
                                            member(e, "input")->valueint == input) return true;
  return false;
}

Test(graph, has_a_node_a_tensor_and_an_edge_an_input) {
  answer *a = expect_status(get(SESSION "/graph?root=y"), 200);
  cr_assert(cJSON_GetArraySize(at(a, "nodes")) == 5, "%s", a->body);
  cr_assert(cJSON_GetArraySize(at(a, "edges")) == 5, "%s", a->body);
  cr_assert(edge(a, "w", "a", 0) && edge(a, "x", "a", 1) && edge(a, "w", "b", 0), "%s", a->body);
  cr_assert(edge(a, "a", "y", 0) && edge(a, "b", "y", 1), "%s", a->body);
}

Test(graph, nodes_are_described) {
  answer *a = expect_status(get(SESSION "/graph"), 200);
  const cJSON *w = node(a, "w"), *y = node(a, "y");
  cr_assert_str_eq(member(w, "kind")->valuestring, "leaf");
  cr_assert(cJSON_IsTrue(member(w, "is_leaf")) && cJSON_IsNull(member(w, "grad_fn")) &&
            cJSON_IsNull(member(w, "op")));
  cr_assert_str_eq(member(y, "kind")->valuestring, "op");
  cr_assert_str_eq(member(y, "op")->valuestring, "mul");
  cr_assert_str_eq(member(y, "grad_fn")->valuestring, "MulBackward0");
  cr_assert(cJSON_IsTrue(member(y, "requires_grad")) && cJSON_IsFalse(member(y, "freed")));
  cr_assert(member(y, "value")->child->valuedouble == 6);
  cr_assert(cJSON_GetArraySize(member(y, "saved")) == 2, "%s", a->body);
  cr_assert(cJSON_GetArraySize(member(node(a, "a"), "saved")) == 0, "add saves nothing");
}

Test(graph, tells_what_backward_freed) {
  post(TENSOR("y") "/backward", NULL);
  answer *a = expect_status(get(SESSION "/graph"), 200);
  cr_assert(cJSON_IsTrue(member(node(a, "y"), "freed")), "%s", a->body);
}

Test(graph, tells_versions) {
  op("{'op':'add_','args':['a',1]}");
  answer *a = expect_status(get(SESSION "/graph"), 200);
  cr_assert(member(node(a, "a"), "version")->valueint == 1);
  const cJSON *saved = member(node(a, "y"), "saved");
  bool old = false;
  const cJSON *s;
  cJSON_ArrayForEach(s, saved) old |= cJSON_IsString(member(s, "tensor")) &&
                                      !strcmp(member(s, "tensor")->valuestring, "a") &&
                                      member(s, "version")->valueint == 0;
  cr_assert(old, "%s", a->body);
}

Test(graph, root_limits_what_is_shown) {
  answer *a = expect_status(get(SESSION "/graph?root=b"), 200);
  cr_assert(cJSON_GetArraySize(at(a, "nodes")) == 2 && cJSON_GetArraySize(at(a, "edges")) == 1, "%s",
            a->body);
  expect_problem(get(SESSION "/graph?root=nobody"), 404, "tensor_unknown");
  expect_problem(get(SESSION "/graph?root=9x"), 400, "bad_name");
}

Test(graph, dropped_names_stay_in_the_graph) {
  del(TENSOR("a"));
  answer *a = expect_status(get(SESSION "/graph?root=y"), 200);
  cr_assert(cJSON_GetArraySize(at(a, "nodes")) == 5, "%s", a->body);
}

Test(graph, as_dot_and_mermaid) {
  answer *dot = expect_status(get(SESSION "/graph?as=dot"), 200);
  cr_assert(strncmp(header(dot, "Content-Type"), "text/vnd.graphviz", 17) == 0);
  cr_assert(strncmp(dot->body, "digraph", 7) == 0 && strstr(dot->body, "->") &&
                strstr(dot->body, "MulBackward0"),
            "%s", dot->body);
  answer *mermaid = expect_status(get(SESSION "/graph?as=mermaid&root=y"), 200);
  cr_assert(strncmp(header(mermaid, "Content-Type"), "text/vnd.mermaid", 16) == 0);
  cr_assert(strstr(mermaid->body, "-->") && strstr(mermaid->body, "MulBackward0"), "%s", mermaid->body);
  expect_status(ask(.path = SESSION "/graph", .accept = "text/vnd.graphviz"), 200);
  expect_problem(get(SESSION "/graph?as=npy"), 406, "not_acceptable");
  expect_problem(get(SESSION "/graph?as=pdf"), 406, "not_acceptable");
}

Test(graph, as_svg) {
  answer *svg = expect_status(get(SESSION "/graph?as=svg&root=y"), 200);
  expect_header(svg, "Content-Type", "image/svg+xml");
  cr_assert(!strncmp(svg->body, "<svg ", 5) && strstr(svg->body, "</svg>"), "%s", svg->body);
  cr_assert(strstr(svg->body, "MulBackward0") && strstr(svg->body, "prefers-color-scheme:dark"), "%s",
            svg->body);
  answer *json = get(SESSION "/graph?root=y");
  const cJSON *n;
  cJSON_ArrayForEach(n, at(json, "nodes"))
      cr_assert(strstr(svg->body, text("<g data-node=\"%d\">", member(n, "id")->valueint)), "%s", svg->body);
  expect_status(ask(.path = SESSION "/graph", .accept = "image/svg+xml"), 200);
  cr_assert_str_eq(get(SESSION "/graph?as=svg&root=y")->body, svg->body);
}

Test(graph, too_large_for_a_picture_is_refused_with_words) {
  char *steps = scratch(1 << 16), *p = steps;
  p += strlen(strcpy(p, "{'steps':["));
  for (int i = 0; i < 400; i++) {
    strcpy(p, i ? ",{'op':'mul','args':['y',1],'out':'y'}" : "{'op':'mul','args':['y',1],'out':'y'}");
    p += strlen(p);
  }
  strcpy(p, "]}");
  expect_status(batch(steps), 200);
  expect_problem(get(SESSION "/graph?as=svg"), 422, "quota_exceeded");
  expect_status(get(SESSION "/graph?as=svg&root=a"), 200);
  expect_status(get(SESSION "/graph?as=dot"), 200);
}

Test(graph, of_an_empty_session_is_empty) {
  put("/v1/sessions/empty", NULL);
  expect_json(get("/v1/sessions/empty/graph"), 200, "{'nodes':[],'edges':[]}");
}

Test(graph, of_a_long_chain_is_complete) {
  char *steps = scratch(200000), *p = steps;
  p += strlen(strcpy(p, "{'steps':["));
  for (int i = 0; i < 2000; i++) {
    strcpy(p, i ? ",{'op':'mul','args':['y',1],'out':'y'}" : "{'op':'mul','args':['y',1],'out':'y'}");
    p += strlen(p);
  }
  strcpy(p, "]}");
  expect_json(batch(steps), 200, "{'completed':2000}");
  answer *a = expect_status(get(SESSION "/graph?root=y"), 200);
  cr_assert(cJSON_GetArraySize(at(a, "nodes")) == 2005, "%d", cJSON_GetArraySize(at(a, "nodes")));
}
