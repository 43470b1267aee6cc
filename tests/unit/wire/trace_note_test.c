// What a trace tells of scripts besides ops and passes, and of what failed.
#include "autograd/observer.h"
#include "base/mem.h"
#include "command/world.h"
#include "script/script.h"
#include "wire/trace.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static buffer out, body;
static void finish(void) {
  buffer_finish(&out);
  buffer_finish(&body);
  world_finish();
}
TestSuite(trace_note, .init = world_start, .fini = finish, .timeout = 60);

// Runs a script with a trace, which is in `out` then, `allowed` ns at a time. False: a fault, which stays.
static bool run_script(const char *source, uint64_t allowed) {
  place where;
  script *sc = script_open(&s, source, strlen(source), &SCRIPT_LIMITS, &where);
  trace *t = trace_open(&s);
  cr_assert(sc && t, "%s", session_fault(&s)->detail);
  script_state state = SCRIPT_more;
  for (int i = 0; state == SCRIPT_more; i++) {
    trace_attach(t);
    state = script_run(sc, i % 2 ? UINT64_MAX : allowed);
    trace_detach(t);
  }
  out.len = 0;
  trace_member(t, &out);
  buffer_cstr(&out);
  trace_close(t);
  script_finish(sc);
  scope_leave(&s.ag, 0, NULL);
  return state == SCRIPT_done;
}

static const char *traced(const char *source) {
  cr_assert(run_script(source, UINT64_MAX), "%s", session_fault(&s)->detail);
  return out.data;
}
static const char *failing(const char *source) {
  cr_assert_not(run_script(source, UINT64_MAX));
  failure();
  return out.data;
}
#define SHOWS(part)     cr_expect(strstr(out.data, part), "no %s in %s", part, out.data)
#define SHOWS_NOT(part) cr_expect(!strstr(out.data, part), "%s in %s", part, out.data)

// ---- where numbers are written

static const char *place_of(const char *source, unsigned line, unsigned column) {
  for (; line > 1; line--) source = strchr(source, '\n') + 1;
  while (column > 1) column -= ((unsigned char)*++source & 0xC0) != 0x80;
  return source;
}

// What stands at the places of all numbers, with | behind each, and ; behind each tensor.
static const char *numbers(const char *source) {
  static const char KEY[] = "\"numbers\":[";
  const char *at = traced(source);
  body.len = 0;
  while ((at = strstr(at, KEY))) {
    unsigned n[4];
    int used;
    for (at += sizeof KEY - 1; sscanf(at, "{\"line\":%u,\"column\":%u,\"end_line\":%u,\"end_column\":%u}%n",
                                      n, n + 1, n + 2, n + 3, &used) == 4;
         at += used + (at[used] == ',')) {
      const char *from = place_of(source, n[0], n[1]), *end = place_of(source, n[2], n[3]);
      buffer_put(&body, from, (size_t)(end - from));
      buffer_putc(&body, '|');
    }
    cr_expect_eq(*at, ']');
    buffer_putc(&body, ';');
  }
  return body.len ? buffer_cstr(&body) : "";
}
#define NUMBERS(source, are) cr_expect_str_eq(numbers(source), are, "%s", source)

Test(trace_note, numbers_stand_where_they_are_written) {
  NUMBERS("t = torch.tensor([[1., -2], [ +3 , 4e-1 ]])", "1.|-2|+3|4e-1|;");
  NUMBERS("t = torch.tensor(2.)\nu = torch.tensor( - .5)", "2.|;- .5|;");
  NUMBERS("t = torch.tensor(((0x1f, 1_000), [0b1, 1e3,],), dtype=torch.float32)", "0x1f|1_000|0b1|1e3|;");
  NUMBERS("t = torch.tensor(dtype=torch.float32, data=[1,2])", "1|2|;");
  NUMBERS("a = '中文'; t = torch.tensor([1, # 注释 [3]\n\t2, -  # 负\n 3])", "1|2|-  # 负\n 3|;");
  NUMBERS("数 = 1; t = torch.tensor((  [  (7)]  ))", "7|;");
  NUMBERS("print(f'中{torch.tensor([1., 2])}文', torch.tensor(3))", "1.|2|;3|;");
  NUMBERS("print(f'''中\n文 {torch.tensor(-4)}''')", "-4|;");
  NUMBERS("for i in range(2):\n  if i: t = \\\n torch.tensor([5,\r\n6])", "5|6|;");
  NUMBERS("def f():\n  return torch.tensor([1])\nx = f() + f()\ng = torch.tensor\ny = g([2])", "1|;1|;2|;");
  NUMBERS("x = [torch.tensor(i) for i in [1]] + [torch.tensor(8) for i in range(2)]", "8|;8|;");
}

Test(trace_note, computed_elements_have_no_place) {
  NUMBERS("a = 1.\nt = torch.tensor([a, 2])", "");
  NUMBERS("a = [1, 2]\nt = torch.tensor(a)\nu = torch.tensor(*[a])\nv = torch.tensor(torch.tensor(a))", "");
  NUMBERS("t = torch.tensor([1 + 1, 2])\nu = torch.tensor([1] * 2)\nv = torch.tensor([*[1, 2]])", "");
  NUMBERS(
      "t = torch.tensor([-(1), 2])\nu = torch.tensor(--1)\nv = torch.tensor(-2 ** 2)\nw = torch.tensor(~1)",
      "");
  NUMBERS("t = torch.tensor([True, False])\nu = torch.tensor([])\nv = torch.tensor([1 if 1 else 2])", "");
  NUMBERS("t = torch.tensor([i for i in range(2)])\ndef f(x): return torch.tensor(x)\nu = f([1, 2])", "");
  NUMBERS("t = torch.tensor(range(2))\nu = torch.tensor(float('nan'))\nx = torch.ones(2) * 2", "");
}

Test(trace_note, numbers_are_those_of_the_source_that_runs) {
  traced("def f():\n  return torch.tensor([1, 2])\n");
  NUMBERS("x = f()", "");
  SHOWS("\"kind\":\"tensor\"");
}

Test(trace_note, many_numbers_are_left_out) {
  char source[1000] = "t = torch.tensor([0";
  for (int i = 1; i < 64; i++) strcat(source, ",0");
  strcat(source, "])");
  cr_expect_eq(strlen(numbers(source)), 64 * 2 + 1);
  strcpy(strrchr(source, ']'), ",0])");
  NUMBERS(source, "");
  SHOWS("\"shape\":[65]");
}

// ---- in order of time

static size_t count(const char *part) {
  size_t n = 0;
  for (const char *p = out.data; (p = strstr(p, part)); p += strlen(part)) n++;
  return n;
}

// The lines of all `line` notes.
static const char *lines(const char *source) {
  const char *at = traced(source);
  body.len = 0;
  while ((at = strstr(at, "\"kind\":\"line\",\"line\":"))) buffer_printf(&body, "%d ", atoi(at += 21));
  return buffer_cstr(&body);
}

Test(trace_note, lines_are_told_as_python_traces_them) {
  cr_expect_str_eq(lines("a = 1\nb = 2; c = (3 +\n 4)\n\npass"), "1 2 2 5 ");
  cr_expect_str_eq(lines("for i in [1, 2]:\n  a = i\nelse:\n  pass"), "1 2 1 2 1 4 ");
  cr_expect_str_eq(lines("i = 0\nwhile i < 2:\n  i += 1"), "1 2 3 2 3 2 ");
  cr_expect_str_eq(
      lines("def f(x):\n  if x:\n    return 1\n  return 2\na = f(0)\nwith torch.no_grad():\n  b = f(1)"),
      "1 5 2 4 6 7 2 3 ");
}

Test(trace_note, tensors_and_names) {
  traced("a = torch.tensor([1., 2.], requires_grad=True)\nb = a * 2\na = b\nb = 1\ndel a\nc, d = "
         "torch.tensor(1),"
         " torch.tensor(2)");
  SHOWS(
      "\"notes\":[{\"at\":0,\"kind\":\"line\",\"line\":1,\"step\":null},"
      "{\"at\":0,\"kind\":\"tensor\",\"line\":1,\"step\":null,\"id\":6,\"name\":\"a\",\"dtype\":\"float32\","
      "\"shape\":[2],\"requires_grad\":true,\"value\":[1,2],\"numbers\":[");
  SHOWS("{\"at\":0,\"kind\":\"name\",\"line\":1,\"step\":null,\"name\":\"a\",\"id\":6},"
        "{\"at\":0,\"kind\":\"line\",\"line\":2,\"step\":null},"
        "{\"at\":1,\"kind\":\"name\",\"line\":2,\"step\":null,\"name\":\"b\",\"id\":8},"
        "{\"at\":1,\"kind\":\"line\",\"line\":3,\"step\":null},"
        "{\"at\":1,\"kind\":\"name\",\"line\":3,\"step\":null,\"name\":\"a\",\"id\":8},"
        "{\"at\":1,\"kind\":\"line\",\"line\":4,\"step\":null},"
        "{\"at\":1,\"kind\":\"name\",\"line\":4,\"step\":null,\"name\":\"b\",\"id\":null},"
        "{\"at\":1,\"kind\":\"line\",\"line\":5,\"step\":null},"
        "{\"at\":1,\"kind\":\"name\",\"line\":5,\"step\":null,\"name\":\"a\",\"id\":null}");
  SHOWS("\"id\":9,\"name\":\"c\",\"dtype\":\"int64\",\"shape\":[],");
  SHOWS("\"id\":10,\"name\":\"d\",");
  SHOWS_NOT("\"kind\":\"flags\"");
}

// A result that nobody wanted is freed; what comes to lie in its place does not give it its name.
Test(trace_note, a_name_is_for_the_tensor_that_got_it) {
  traced("w.neg()\na = torch.tensor([1., 2., 3.])\nw.neg()\nb = 1");
  SHOWS("\"results\":[{\"id\":6,\"name\":null,");
  SHOWS("\"id\":7,\"name\":\"a\",\"dtype\"");
}

Test(trace_note, prints) {
  traced("print('a', 1, sep='-', end='')\nprint()\nprint('中' * 2000)");
  SHOWS("{\"at\":0,\"kind\":\"print\",\"line\":1,\"step\":null,\"text\":\"a-1\"}");
  SHOWS("\"line\":2,\"step\":null,\"text\":\"\\n\"}");
  SHOWS("中\",\"cut\":true}");
  cr_expect_eq(count("中"), 4000 / 3);
}

Test(trace_note, gradients_that_no_pass_made) {
  traced("w.grad = torch.ones(3)\nw.grad = None\nw.grad = None\ndel w.grad\nw.sum().backward()\n"
         "o = torch.optim.SGD([w], lr=1)\no.step()\no.zero_grad(set_to_none=True)\no.zero_grad()");
  SHOWS("\"kind\":\"grad\",\"line\":1,\"step\":null,\"id\":1,\"name\":\"w\",\"grad\":6,\"value\":[1,1,1]}");
  SHOWS("\"kind\":\"grad\",\"line\":2,\"step\":null,\"id\":1,\"name\":\"w\",\"grad\":null,\"value\":null}");
  SHOWS("\"kind\":\"grad\",\"line\":8,");
  cr_expect_eq(count("\"kind\":\"grad\""), 3);
  SHOWS("\"kind\":\"data\",\"line\":7,\"step\":null,\"id\":1,\"name\":\"w\",\"version\":1,\"value\":[0.5,-3,"
        "2]}");
}

Test(trace_note, flags) {
  traced("w.requires_grad_(False)\nw.requires_grad = True\ny = w * 2\ny.retain_grad()\ny.detach_()");
  SHOWS("\"kind\":\"flags\",\"line\":1,\"step\":null,\"id\":1,\"name\":\"w\",\"requires_grad\":false,\"is_"
        "leaf\":true,"
        "\"retains_grad\":false}");
  SHOWS("\"kind\":\"flags\",\"line\":2,\"step\":null,\"id\":1,\"name\":\"w\",\"requires_grad\":true,");
  SHOWS("\"requires_grad\":true,\"is_leaf\":false,\"retains_grad\":true}");
  SHOWS("\"kind\":\"flags\",\"line\":5,");
}

Test(trace_note, elements_written_past_autograd) {
  traced("w.data = torch.ones(3)\nw.data -= 1\nw.data[0] = 5.\nv = w.detach()\nv[1] = 7.\ni[0] = 2");
  SHOWS(
      "\"kind\":\"data\",\"line\":1,\"step\":null,\"id\":1,\"name\":\"w\",\"version\":0,\"value\":[1,1,1]}");
  SHOWS("\"line\":2,\"step\":null,\"id\":1,\"name\":\"w\",\"version\":0,\"value\":[0,0,0]}");
  SHOWS("\"line\":3,\"step\":null,\"id\":1,\"name\":\"w\",\"version\":0,\"value\":[5,0,0]}");
  SHOWS("\"line\":5,\"step\":null,\"id\":1,\"name\":\"w\",\"version\":1,\"value\":[5,7,0]}");
  SHOWS("\"name\":\"v\",\"version\":1,\"value\":[5,7,0]}");
  SHOWS("\"name\":\"i\",\"version\":1,\"value\":[2,0]}");
}

Test(trace_note, a_tensor_of_several_names_is_noted_once) {
  static const char *const SOURCES[] = {"a = w.detach()\nb = a\nw.data[0] = 5.",
                                        "a = w.detach()\nb = a\ndel a\nw.data[0] = 5.",
                                        "a = w.detach()\nb = a\na = 1\nc = b\nb = c\nw.data[0] = 5.",
                                        "b = a = w.detach()\nq = w\na = w\na = b\ndel b\nw.data[0] = 5."};
  for (size_t i = 0; i < sizeof SOURCES / sizeof *SOURCES; i++) {
    traced(SOURCES[i]);
    cr_expect_eq(count("\"kind\":\"data\""), 2, "%s", out.data); // it, and w
    traced("w = torch.ones(3)\na = b = c = q = 0");
  }
}

Test(trace_note, a_statement_begun_twice_is_told_once) {
  static const char SOURCE[] =
      "a = torch.tensor([1., 2.])\nb = torch.ones(300, 300).neg() @ torch.ones(300, 300)\n"
      "for k in [1, 2]:\n  a = (a + 1).repeat(1) @ torch.ones(2, 900).exp()[:, :2]\n"
      "while a.sum() < 0: pass\nprint('done')\n";
  cr_assert(run_script(SOURCE, UINT64_MAX));
  size_t notes = count("\"at\":"), steps = count("\"k\":");
  cr_assert(run_script("del a, b", UINT64_MAX));
  for (uint64_t allowed = 100; allowed < 30000; allowed += 371) {
    cr_assert(run_script(SOURCE, allowed), "%s", session_fault(&s)->detail);
    cr_expect_eq(count("\"at\":"), notes);
    cr_expect_eq(count("\"k\":"), steps, "%s", out.data);
    cr_assert(run_script("del a, b", UINT64_MAX));
  }
}

Test(trace_note, there_are_so_many) {
  traced("for k in range(11000):\n  pass");
  size_t notes = count("\"at\":");
  cr_expect_eq(notes, TRACE_NOTES);
  SHOWS("\"notes_left_out\":2001,\"failed\":null,\"truncated\":false,\"left_out\":0}");
  char source[1000] = "for k in range(2000):\n  t = torch.tensor([0";
  for (int i = 1; i < 64; i++) strcat(source, ",0");
  traced(strcat(source, "])"));
  cr_expect(out.len < TRACE_BYTES + 200 && out.len > TRACE_BYTES - 8000, "%zu", out.len);
  SHOWS_NOT("\"notes_left_out\":0");
}

// ---- what failed

Test(trace_note, a_failed_op) {
  failing("a = w * 2\nb = torch.mm(w, a)");
  SHOWS("\"failed\":{\"kind\":\"op\",\"line\":2,\"step\":null,\"op\":\"mm\",\"inputs\":["
        "{\"input\":0,\"id\":1,\"name\":\"w\",\"version\":0,\"requires_grad\":true,\"is_leaf\":true},"
        "{\"input\":1,\"id\":7,\"name\":\"a\",\"version\":0,\"requires_grad\":true,\"is_leaf\":false}]}");
  failing("w += 1");
  SHOWS("\"op\":\"add_\",\"inputs\":[{\"input\":0,\"id\":1,");
  failing("nobody");
  SHOWS("\"failed\":null,");
}

Test(trace_note, a_failed_pass) {
  failing("y = w * 2\ny.add_(1)\nz = (y * w).sum()\ny.zero_()\nz.backward()");
  SHOWS("\"failed\":{\"kind\":\"pass\",\"line\":5,");
  SHOWS("\"grad_fn\":\"MulBackward0\",\"saved\":{\"input\":0,\"output\":null,\"id\":7,\"name\":\"y\","
        "\"version\":2,"
        "\"expected\":1}}");
  failing("y = w.exp()\ny[0] = 1\ny.sum().backward()");
  SHOWS("\"grad_fn\":\"ExpBackward0\",\"saved\":{\"input\":null,\"output\":0,\"id\":");
  failing("y = (w * w).sum()\ny.backward()\ny.backward()");
  SHOWS("\"name\":\"y\"}],\"node\":");
  SHOWS("\"grad_fn\":\"MulBackward0\",\"saved\":null}");
  failing("w.backward()");
  SHOWS("\"roots\":[{\"node\":0,\"id\":1,\"name\":\"w\"}],\"node\":null,\"grad_fn\":null,\"saved\":null}");
  failing("i.sum().backward()");
  SHOWS("\"roots\":[{\"node\":null,\"id\":");
}

Test(trace_note, nodes_tell_what_they_saved) {
  traced("y = w.exp()\nz = y / w\nb = w * 1\nb[0].mul_(w[1])");
  SHOWS("\"saved\":[{\"input\":null,\"output\":0,\"name\":\"y\",\"version\":0}]");
  SHOWS("\"saved\":[{\"input\":0,\"output\":null,\"name\":\"y\",\"version\":0},"
        "{\"input\":1,\"output\":null,\"name\":\"w\",\"version\":0}]");
  SHOWS("\"grad_fn\":\"CopySlices\"");
}

// ---- taken back, and without memory

Test(trace_note, a_step_that_is_undone_leaves_no_note) {
  trace *t = trace_open(&s);
  cr_assert(t != NULL);
  trace_attach(t);
  observer *o = s.ag.observer;
  o->step_begins(o, 0);
  cr_assert(run((command){.verb = VERB_tensor, .name = name("q"), .data = data_of(DT_float32, 2, 1)}));
  o->step_begins(o, 1);
  cr_assert(run((command){.verb = VERB_tensor, .name = name("r"), .data = data_of(DT_float32, 2, 1)}));
  cr_assert(run((command){.verb = VERB_requires_grad, .name = name("r"), .requires_grad = true}));
  o->step_failed(o);
  cr_assert_not(op("mm", VALUES(name("w"), name("w")), VALUES(name("n"))));
  failure();
  trace_detach(t);
  trace_member(t, &out);
  buffer_cstr(&out);
  trace_close(t);
  cr_expect_eq(count("\"at\":"), 2, "%s", out.data);
  SHOWS("\"notes\":[{\"at\":0,\"kind\":\"tensor\",\"line\":null,\"step\":0,\"id\":6,\"name\":\"q\",");
  SHOWS(
      "\"kind\":\"name\",\"line\":null,\"step\":0,\"name\":\"q\",\"id\":6}],\"notes_left_out\":0,\"failed\":{"
      "\"kind\":\"op\",");
}

Test(trace_note, failing_memory_leaves_out) {
  static const char SOURCE[] = "a = torch.tensor([1., 2.], requires_grad=True)\nb = (a * a).sum()\n"
                               "b.backward()\nprint(a.grad)\na.grad = None\nb.backward()";
  for (uint64_t nth = 1;; nth++) {
    place where;
    cr_assert_lt(nth, 1000);
    mem_fail_at(nth, nth % 2);
    script *sc = script_open(&s, SOURCE, sizeof SOURCE - 1, &SCRIPT_LIMITS, &where);
    trace *t = sc ? trace_open(&s) : NULL;
    trace_attach(t);
    if (t) cr_expect_eq(script_run(sc, UINT64_MAX), SCRIPT_failed);
    bool reached = mem_fail_count() >= nth;
    trace_detach(t);
    mem_fail_at(0, false);
    out.len = 0;
    if (t) trace_member(t, &out);
    trace_close(t);
    script_finish(sc);
    scope_leave(&s.ag, 0, NULL);
    session_unbind(&s, "a", 1);
    session_unbind(&s, "b", 1);
    if (!reached) break;
    failure();
  }
  failure();
  buffer_cstr(&out);
  SHOWS("\"failed\":{\"kind\":\"pass\",\"line\":6,");
}
