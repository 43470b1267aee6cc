// The picture of a graph: whole XML, boxes that do not overlap, lines that go down, few crossings, bounded.
#include "wire/svg.h"
#include "base/mem.h"
#include "command/world.h"
#include "wire/drawing.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static buffer out;
static graph g;
static void finish(void) {
  graph_finish(&g);
  buffer_finish(&out);
  world_finish();
}
TestSuite(svg, .init = world_start, .fini = finish, .timeout = 60);

static void collect(const char *root) {
  graph_finish(&g);
  cr_assert(graph_collect(&s, root, &g), "%s", session_fault(&s)->detail);
}
static const char *picture(const char *root) {
  out.len = 0;
  out.failed = false;
  collect(root);
  cr_assert(svg_write(&out, &g, session_fault(&s)), "%s", session_fault(&s)->detail);
  return buffer_cstr(&out);
}
static bool shows(const char *part) { return strstr(out.data, part) != NULL; }
#define SHOWS(part) cr_expect(shows(part), "no %s in %s", part, out.data)

static size_t count(const char *part) {
  size_t n = 0;
  for (const char *p = out.data; (p = strstr(p, part)); p += strlen(part)) n++;
  return n;
}

// Tags are closed in order, attributes are quoted, and & begins an entity.
static bool is_xml(const char *p) {
  char open[16][16];
  int depth = 0;
  bool any = false;
  while (*p) {
    if (*p == '&' && strncmp(p, "&amp;", 5) && strncmp(p, "&lt;", 4) && strncmp(p, "&gt;", 4) &&
        strncmp(p, "&quot;", 6))
      return false;
    if (*p++ != '<') continue;
    bool closes = *p == '/';
    p += closes;
    size_t n = strcspn(p, " />");
    if (n > 15) return false;
    if (closes) {
      if (!depth-- || strncmp(open[depth], p, n) || open[depth][n]) return false;
    } else {
      snprintf(open[depth], 16, "%.*s", (int)n, p);
      any = true;
    }
    bool quoted = false;
    for (; *p && (*p != '>' || quoted); p++) {
      quoted ^= *p == '"';
      if (*p == '<') return false;
    }
    if (!*p || quoted) return false;
    if (!closes && p[-1] != '/' && ++depth == 16) return false;
    p++;
  }
  return any && depth == 0;
}

static void tutorial(void) {
  cr_assert(op("add", VALUES(name("w"), name("x")), VALUES(name("a"))));
  cr_assert(op("add", VALUES(name("w"), value_int(1)), VALUES(name("b"))));
  cr_assert(op("mul", VALUES(name("a"), name("b")), VALUES(name("y"))));
}

Test(svg, has_a_box_a_node_and_a_line_an_edge) {
  tutorial();
  cr_expect(is_xml(picture("y")), "%s", out.data);
  cr_expect_eq(count("<g data-node=\""), 5);
  cr_expect_eq(count("<g class=\"edge\""), 5);
  cr_expect_eq(count("class=\"node leaf grad\""), 2);
  cr_expect_eq(count("class=\"node op result\""), 1);
  cr_expect_eq(count("class=\"node op\""), 2);
  SHOWS("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"gradd-graph\" role=\"img\"");
  SHOWS("<title>Autograd graph of 5 nodes</title>\n<desc>2 leaves and 3 ops, from inputs to results.\nw: "
        "leaf, requires "
        "grad, float32 [3], version 0.");
  SHOWS(
      "<g data-node=\"5\"><title>y: mul (MulBackward0), float32 [2, 3], version 0, saved a v0, b v0</title>");
  SHOWS("data-from=\"1\" data-to=\"5\"><title>a → y takes it as self</title>");
  SHOWS("prefers-color-scheme:dark");
  cr_expect_not(shows("<script") || shows("href") || shows("url("));
}

Test(svg, the_same_graph_gives_the_same_bytes) {
  tutorial();
  picture(NULL);
  char *first = strdup(out.data);
  cr_expect_str_eq(picture(NULL), first);
  free(first);
}

Test(svg, of_nothing_is_empty) {
  for (int i = 0; i < 5; i++) cr_assert(session_unbind(&s, &"wxibm"[i], 1));
  cr_expect(is_xml(picture(NULL)), "%s", out.data);
  SHOWS("Autograd graph of 0 nodes");
}

Test(svg, shows_what_was_saved_freed_and_written_into_views) {
  cr_assert(op("mm", VALUES(name("x"), name("m")), VALUES(name("h"))));
  cr_assert(op("getitem", VALUES(name("h"), value_int(0)), VALUES(name("损失"))));
  cr_assert(op("mul_", VALUES(name("损失"), value_int(3)), (values){0}));
  cr_assert(op("sum", VALUES(name("h")), VALUES(name("loss"))));
  cr_expect(is_xml(picture(NULL)), "%s", out.data);
  SHOWS("<path class=\"line saved\"");
  SHOWS("<title>m → mm saved it as mat2</title>");
  SHOWS(">CopySlices<");
  SHOWS(">损失<");
  SHOWS(">saved m v0<");
  cr_assert(run((command){.verb = VERB_backward, .args = VALUES(name("loss")), .all_inputs = true}));
  cr_expect(is_xml(picture(NULL)), "%s", out.data);
  SHOWS("class=\"node op gone\"");
  SHOWS(">saved tensors freed<");
}

// ---- the drawing behind it

static drawing d;
static void draw(void) {
  collect(NULL);
  cr_assert(drawing_make(&d, &g, session_fault(&s)), "%s", session_fault(&s)->detail);
}

static size_t crossings(void) {
  size_t n = 0;
  for (size_t i = 0; i < d.n_links; i++)
    for (size_t k = i + 1; k < d.n_links; k++) {
      const box *a = &d.boxes[d.links[i].from], *b = &d.boxes[d.links[k].from];
      const box *c = &d.boxes[d.links[i].to], *e = &d.boxes[d.links[k].to];
      n += a->layer == b->layer && ((a->at < b->at && c->at > e->at) || (a->at > b->at && c->at < e->at));
    }
  return n;
}

static void check_drawing(void) {
  for (size_t i = 0; i < d.n_lines; i++)
    cr_expect_lt(d.boxes[d.lines[i].from].layer, d.boxes[d.lines[i].to].layer, "lines go down");
  for (size_t i = 0; i < d.n_links; i++)
    cr_expect_eq(d.boxes[d.links[i].from].layer + 1, d.boxes[d.links[i].to].layer);
  for (uint32_t l = 0; l < d.n_layers; l++) {
    cr_expect_lt(d.layers[l], d.layers[l + 1], "no layer is empty");
    for (uint32_t i = d.layers[l]; i < d.layers[l + 1]; i++) {
      const box *b = &d.boxes[d.row[i]], *left = i > d.layers[l] ? &d.boxes[d.row[i - 1]] : NULL;
      cr_expect(b->layer == l && b->at == i - d.layers[l]);
      cr_expect(b->x - b->w / 2 >= 0 && b->x + b->w / 2 <= d.width && b->y >= 0 && b->y + b->h <= d.height);
      if (left) cr_expect_geq(b->x - b->w / 2, left->x + left->w / 2 + 10, "boxes keep apart");
    }
  }
  for (size_t i = 0; i < d.n_lines; i++) {
    const box *from = &d.boxes[d.lines[i].from], *to = &d.boxes[d.lines[i].to];
    cr_expect(d.lines[i].x_from >= from->x - from->w / 2 && d.lines[i].x_from <= from->x + from->w / 2);
    cr_expect(d.lines[i].x_to >= to->x - to->w / 2 && d.lines[i].x_to <= to->x + to->w / 2);
  }
}

Test(svg, a_tree_is_drawn_without_crossings) {
  char in[32], to[32];
  for (int i = 0; i < 8; i++) {
    snprintf(to, sizeof to, "l%d", i * 3 % 8);
    cr_assert(op("randn", VALUES(value_int(2)), VALUES(name(to))));
    cr_assert(run((command){.verb = VERB_requires_grad, .name = name(to), .requires_grad = true}));
  }
  for (int level = 8; level > 1; level /= 2)
    for (int i = 0; i < level / 2; i++) {
      char other[32];
      snprintf(in, sizeof in, level == 8 ? "l%d" : "n%d", level == 8 ? i : level + i);
      snprintf(other, sizeof other, level == 8 ? "l%d" : "n%d", level == 8 ? 7 - i : level + level - 1 - i);
      snprintf(to, sizeof to, "n%d", level / 2 + i);
      cr_assert(op("mul", VALUES(name(in), name(other)), VALUES(name(to))));
    }
  draw();
  check_drawing();
  cr_expect_eq(crossings(), 0);
  drawing_finish(&d);
}

static uint64_t state = 7;
static unsigned pick(unsigned n) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(state >> 33) % n;
}

// A tangle of `n` ops, each of earlier results.
static void tangle(unsigned n) {
  char a[16], b[16], to[16];
  for (unsigned i = 0; i < n; i++) {
    snprintf(a, sizeof a, i ? "t%u" : "w", i ? pick(i) : 0);
    snprintf(b, sizeof b, i ? "t%u" : "w", i ? pick(i) : 0);
    snprintf(to, sizeof to, "t%u", i);
    cr_assert(op("mul", VALUES(name(a), name(b)), VALUES(name(to))), "%s", session_fault(&s)->detail);
  }
}

Test(svg, a_tangle_keeps_the_rules) {
  tangle(60);
  draw();
  check_drawing();
  drawing_finish(&d);
  cr_expect(is_xml(picture(NULL)));
}

Test(svg, is_refused_beyond_what_can_be_read) {
  tangle(DRAWING_NODES - 5); // with the five tensors there were
  cr_expect(is_xml(picture(NULL)));
  cr_assert(op("neg", VALUES(name("w")), VALUES(name("more"))));
  collect(NULL);
  out.len = 0;
  cr_assert_not(svg_write(&out, &g, session_fault(&s)));
  cr_expect_eq(failure(), ERR_quota_exceeded);
  cr_expect(strstr(detail, "401 nodes") && strstr(detail, "root"), "%s", detail);
  cr_expect_eq(out.len, 0);
}

Test(svg, failing_memory_writes_nothing_or_fails) {
  tutorial();
  for (uint64_t nth = 1;; nth++) {
    cr_assert_lt(nth, 100);
    buffer_finish(&out);
    collect(NULL);
    mem_fail_at(nth, nth % 2);
    bool ok = svg_write(&out, &g, session_fault(&s));
    bool reached = mem_fail_count() >= nth;
    mem_fail_at(0, false);
    if (!ok) cr_expect_eq(failure(), ERR_out_of_memory);
    cr_expect(ok || out.len == 0);
    if (!reached) {
      cr_expect(ok && !out.failed && is_xml(buffer_cstr(&out)));
      break;
    }
  }
}
