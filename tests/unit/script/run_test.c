// What a script leaves behind, what stops it, and how it goes on in parts.
#include "base/mem.h"
#include "script/world.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

TestSuite(script_run, .init = script_world_start, .fini = script_world_finish);

static session *const s = &script_session_s;
static place where;

static var *tensor_named(const char *text) {
  binding *b = session_find(s, text, strlen(text));
  return b ? binding_var(b) : NULL;
}

Test(script_run, tensors_are_those_of_the_session) {
  prints("w = torch.tensor([1., 2.], requires_grad=True)\ny = (w * w).sum()\ny.backward()", "");
  cr_assert(tensor_named("w") && var_grad(tensor_named("w")));
  prints("print(w.grad, y)", "tensor([2., 4.]) tensor(5., grad_fn=<SumBackward0>)\n");
  session_unbind(s, "w", 1);
  raises("print(w)", ERR_tensor_unknown, "NameError", 1);
}

Test(script_run, other_values_last_too) {
  prints("n = 3\nxs = [1, 'a', None]\ndef f(x):\n  return x + n\ng = lambda x: f(x) * 2", "");
  prints("print(n, xs, f(1), g(1))\nn = 10\nprint(f(1))", "3 [1, 'a', None] 4 8\n11\n");
  prints("opt = None\nw = torch.ones(1, requires_grad=True)\nopt = torch.optim.SGD([w], lr=1)", "");
  prints("(w * 2).sum().backward()\nopt.step()\nprint(w)", "tensor([-1.], requires_grad=True)\n");
}

Test(script_run, a_name_is_one_thing) {
  bool made;
  prints("a = 5", "");
  cr_assert(!tensor_named("a"));
  prints("a = torch.ones(1)", "");
  cr_assert(tensor_named("a"));
  prints("a = 'text'\nprint(a)", "text\n");
  cr_assert(!tensor_named("a"));
  prints("b = torch.ones(1)", "");
  cr_assert(session_bind(s, "a", 1, tensor_named("b"), &made)); // as a request would
  prints("print(a)", "tensor([1.])\n");
  session_unbind(s, "a", 1);
  raises("print(a)", ERR_tensor_unknown, "NameError", 1);
}

// What a node remembers of a name holds only while the names of the session are the same.
Test(script_run, a_function_sees_what_a_name_is_by_now) {
  bool made;
  prints("a = torch.ones(1)\nb = torch.zeros(1)\ndef f():\n  return a\nprint(f(), f())",
         "tensor([1.]) tensor([1.])\n");
  cr_assert(session_bind(s, "a", 1, tensor_named("b"), &made) && !made); // as requests would
  prints("print(f())", "tensor([0.])\n");
  session_unbind(s, "a", 1);
  raises("f()", ERR_tensor_unknown, "NameError", 4);
  cr_assert(session_bind(s, "a", 1, tensor_named("b"), &made) && made);
  prints("print(f())\na = 5\nprint(f())\na = 6\nprint(f())\ndel a\na = b + 2\nprint(f())",
         "tensor([0.])\n5\n6\ntensor([2.])\n");
  prints("def g(x):\n  return len(x)\nprint(g([1]))\nlen = lambda x: 'mine'\nprint(g([1]))\ndel "
         "len\nprint(g([1]))",
         "1\nmine\n1\n");
}

Test(script_run, an_attribute_is_that_of_what_stands_before_it) {
  prints("def f(m, x):\n  return m.sqrt(x)\nprint(f(math, 4), f(torch, torch.tensor(4.)), f(math, 9))",
         "2.0 tensor(2.) 3.0\n");
  prints("def g(x):\n  return x.sum(), x.T\nt = torch.ones(2, 1)\nprint(g(t))\nfor m in [math, torch, math]: "
         "print(m.pi)",
         "(tensor(2.), tensor([[1., 1.]]))\n3.141592653589793\n3.141592653589793\n3.141592653589793\n");
  prints("def h(x):\n  return x.index(1)\nprint(h([0, 1]), h((1, 2)), h([1]))", "1 0 0\n");
}

Test(script_run, completed_statements_stand) {
  raises("x = torch.ones(1)\nn = 2\nx += 1\ny = x + nope\nx += 1", ERR_tensor_unknown, "NameError", 4);
  prints("print(x, n)", "tensor([2.]) 2\n");
}

Test(script_run, modes_end_with_the_script) {
  raises("with torch.no_grad():\n  x = 1\n  nope", ERR_tensor_unknown, "NameError", 3);
  cr_assert(s->ag.grad_mode);
  prints("torch.set_grad_enabled(False)\nprint(torch.is_grad_enabled())", "False\n");
  prints("print(torch.is_grad_enabled())", "True\n");
}

Test(script_run, steps_are_counted) {
  static const script_limits FEW = {.steps = 1000, .output = 1000};
  cr_assert_eq(run_script("i = 0\nwhile True: i += 1", &FEW), ERR_time_limit);
  cr_assert_eq(run_script("x = [0] * 100\nx = sum([1 for i in range(100000)])", &FEW), ERR_time_limit);
  cr_assert_eq(run_script("def f(): return f()\nf()", &SCRIPT_LIMITS), ERR_bad_script);
  cr_assert_eq(run_script("print('x' * 2000)", &FEW), ERR_quota_exceeded);
  cr_assert_eq(run_script("for i in range(100): print('0123456789')", &FEW), ERR_quota_exceeded);
}

static size_t idle_bytes;

// Once the script has made its first tensor.
static void *stop_soon(void *stop) {
  while (budget_used(&script_process) == idle_bytes) sched_yield();
  atomic_store((atomic_int *)stop, STOP_deadline);
  return NULL;
}

Test(script_run, a_stop_is_heeded) {
  static atomic_int stop = STOP_deadline;
  s->ag.ctx.stop = &stop;
  cr_assert_eq(run_script("while True: pass", &SCRIPT_LIMITS), ERR_time_limit);
  s->ag.ctx.stop = NULL;
}

Test(script_run, memory_is_the_sessions) {
  static const char *const GREEDY[] = {"torch.ones(10**6, 10**6)",
                                       "x = [0] * 10**8",
                                       "x = 'a' * 10**9",
                                       "x = list(range(10**9))",
                                       "x = []\nwhile True: x.append(x)",
                                       "x = 'a'\nwhile True: x += x",
                                       "a = []\nwhile True: a = [a, 1.5, 'x']",
                                       "xs = []\nwhile True: xs.append(torch.ones(1000))",
                                       "x = [0] * (2**62)",
                                       "x = '%10000d' % 1\nwhile True: x = x + x"};
  for (size_t i = 0; i < sizeof GREEDY / sizeof *GREEDY; i++) {
    cr_assert_eq(run_script(GREEDY[i], &SCRIPT_LIMITS), ERR_quota_exceeded, "%s: %s", GREEDY[i], raised);
    script_world_finish();
    script_world_start();
  }
}

// What a text is gathered in counts too, while it grows.
Test(script_run, texts_are_the_sessions) {
  static const char *const GREEDY[] = {"','.join([big] * 150)",
                                       "('a' * 10**4).replace('a', big)",
                                       "f'{[big] * 150}'",
                                       "f'{big}{[big] * 150!r}'",
                                       "('{0:9999}' * 10**5).format(1)",
                                       "('%9999d' * 10**5) % ((1,) * 10**5)",
                                       "'{!r}'.format([big] * 150)",
                                       "'%s' % ([big] * 150,)",
                                       "str([big] * 150)",
                                       "repr(l)",
                                       "format([big] * 150)",
                                       "assert False, [big] * 150"};
  prints("big = 'a' * 10**6\nl = [big]\nfor i in range(30): l = [l, l]", "");
  size_t before = budget_used(&script_process);
  for (size_t i = 0; i < sizeof GREEDY / sizeof *GREEDY; i++) {
    raises(GREEDY[i], ERR_quota_exceeded, "MemoryError", 1);
    cr_assert_eq(budget_used(&script_process), before, "%s", GREEDY[i]);
  }
  raises("print(*[big] * 150)", ERR_quota_exceeded, "MemoryError", 1);
  raises("print(l)", ERR_quota_exceeded, "MemoryError", 1);
  static const script_limits LITTLE = {.steps = 1000, .output = 10};
  cr_assert_eq(run_script("print(big, l)", &LITTLE), ERR_quota_exceeded);
  cr_assert_eq(run_script("print(123456789)", &LITTLE), ERR_none);
  cr_assert_eq(run_script("print(1234)\nprint(1234)", &LITTLE), ERR_none);
  cr_assert_eq(run_script("print(1234)\nprint(12345)", &LITTLE), ERR_quota_exceeded);
  cr_assert_eq(budget_used(&script_process), before);
}

Test(script_run, a_stop_is_heeded_within_a_statement) {
  static atomic_int stop;
  static const char *const LONG[] = {
      "torch.ones(1).expand(10**15).sum()", "torch.ones(1).expand(10**15).max()",
      "torch.ones(2, 64)[:1].expand(10**12, 64).sum(0)", "torch.ones(1, 1).expand(2, 10**15).prod(1)"};
  s->ag.ctx.stop = &stop;
  idle_bytes = budget_used(&script_process);
  for (size_t i = 0; i < sizeof LONG / sizeof *LONG; i++) {
    stop = STOP_no;
    pthread_t later;
    cr_assert_eq(pthread_create(&later, NULL, stop_soon, &stop), 0);
    cr_assert_eq(run_script(LONG[i], &SCRIPT_LIMITS), ERR_time_limit, "%s", LONG[i]);
    pthread_join(later, NULL);
  }
  s->ag.ctx.stop = NULL;
}

Test(script_run, a_text_repeated) {
  prints("x = 'ab' * 10**6 + 'abc' * 1001\nprint(len(x), x[:5], x[-7:], len('' * 10**12))",
         "2003003 ababa cabcabc 0\n");
}

Test(script_run, fields_are_padded_as_python_does) {
  prints("print(f'{1234567:_}', f'{1234567.5:_}', f'{1234567:,}', f'{65535:_x}', f'{-255:#_b}')",
         "1_234_567 1_234_567.5 1,234,567 ffff -0b1111_1111\n");
  prints("print(f'{5:>06}', f'{5:*>06}', f'{-5:06}', f'{-5:<06}', f'{5:#06x}', f'{\"a\":>04}', "
         "f'{\"a\":04}', f'{5:> 06}')",
         "000005 *****5 -00005 -50000 0x0005 000a a000 0000 5\n");
  prints("print(['a'.center(n, '*') for n in [3, 4]], ['ab'.center(n, '*') for n in [3, 4, 5]], 'a'.rjust(2, "
         "'é'), 'ab'.ljust(-5))",
         "['*a*', '*a**'] ['*ab', '*ab*', '**ab*'] éa ab\n");
  raises("f'{5:,x}'", ERR_bad_argument, "ValueError", 1);
  raises("f'{\"a\":,}'", ERR_bad_argument, "ValueError", 1);
  raises("'a'.center(9223372036854775807, 'é')", ERR_quota_exceeded, "MemoryError", 1);
  raises("'a'.ljust(10**15)", ERR_quota_exceeded, "MemoryError", 1);
}

Test(script_run, integers_end_at_64_bits) {
  raises("range(0, 2**62, 4)[::2**62]", ERR_bad_argument, "OverflowError", 1);
  raises("range(-2**62, 2**62, 2**61)[::-2**62]", ERR_bad_argument, "OverflowError", 1);
  prints("print(range(0, 9223372036854775807)[::4], range(10)[::-1], range(0, 10, 3)[:], range(10)[9::4])",
         "range(0, 9223372036854775807, 4) range(9, -1, -1) range(0, 12, 3) range(9, 10, 4)\n");
  prints("print(int('-9223372036854775808'), int('-007'), int(' +5\\n'), int('-0'))",
         "-9223372036854775808 -7 5 0\n");
  raises("int('--9223372036854775808')", ERR_bad_argument, "ValueError", 1);
  raises("int('--5')", ERR_bad_argument, "ValueError", 1);
  raises("int('+-5')", ERR_bad_argument, "ValueError", 1);
  raises("int('5\\0')", ERR_bad_argument, "ValueError", 1);
  raises("float('\\0')", ERR_bad_argument, "ValueError", 1);
  raises("'%\\0' % 5", ERR_bad_argument, "ValueError", 1);
  raises("'%d' % 1e22", ERR_bad_argument, "OverflowError", 1);
  raises("'%d' % float('nan')", ERR_bad_argument, "ValueError", 1);
  raises("enumerate([1, 2], 9223372036854775807)", ERR_bad_argument, "OverflowError", 1);
  prints("print(enumerate([1], 9223372036854775807), '%d' % -7.9)", "[(9223372036854775807, 1)] -7\n");
}

Test(script_run, cycles_and_deep_lists_are_freed) {
  prints("a = []\na.append(a)\nb = [a, 1]\na.append(b)", "");
  prints("a = []\nfor i in range(20000): a = [a]", "");
  raises("print(a)", ERR_bad_script, "RecursionError", 1);
  raises("b = []\nfor i in range(20000): b = [b]\na == b", ERR_bad_script, "RecursionError", 3);
}

// Runs with so little time that it stops before nearly every statement.
static int in_parts(const char *source, uint64_t ns, char *printed, size_t room) {
  script *sc = script_open(s, source, strlen(source), &SCRIPT_LIMITS, &where);
  cr_assert(sc, "%s", session_fault(s)->detail);
  int parts = 1;
  script_state state;
  while ((state = script_run(sc, ns)) == SCRIPT_more) {
    cr_assert(s->ag.grad_mode && parts < 100000);
    if (++parts % 7 == 0) state = script_run(sc, parts % 2 ? 20000 : 200000); // else it might not get on
    if (state != SCRIPT_more) break;
  }
  cr_assert_eq(state, SCRIPT_done, "%s", session_fault(s)->detail);
  size_t n = script_printed(sc)->len < room ? script_printed(sc)->len : room - 1;
  memcpy(printed, script_printed(sc)->data, n);
  printed[n] = 0;
  script_finish(sc);
  scope_leave(&s->ag, 0, NULL);
  return parts;
}

Test(script_run, goes_on_where_it_stopped) {
  static const char SOURCE[] = "def f(x):\n  return x * 2\n"
                               "w = torch.tensor([1.], requires_grad=True)\n"
                               "total = 0\n"
                               "c = torch.zeros(3)\n"
                               "l = [3, 1, 2]\n"
                               "for i in range(4):\n"
                               "  with torch.no_grad():\n"
                               "    k = w + i\n"
                               "    print(k.requires_grad, i)\n"
                               "  n = i\n"
                               "  c[0] += 1\n"
                               "  c[1:] *= 2\n"
                               "  c.data[2] += i\n"
                               "  c //= 1\n"
                               "  l += [l[0]]\n"
                               "  l.append(l[0] + 1); l.sort()\n"
                               "  print(c, l, c._version)\n"
                               "  while n > 0:\n"
                               "    n -= 1\n"
                               "    total += n\n"
                               "print(total, [j for j in range(3)], torch.randn(2).shape)\n";
  char whole[1000], parts[1000];
  in_parts(SOURCE, UINT64_MAX, whole, sizeof whole);
  for (uint64_t ns = 50; ns < 6000; ns += 23) {
    in_parts(SOURCE, ns, parts, sizeof parts);
    cr_assert_str_eq(parts, whole);
  }
}

Test(script_run, what_was_too_long_did_nothing) {
  static const char SOURCE[] =
      "torch.manual_seed(3)\nx = torch.rand(3)\ny = torch.rand(300, 300)\nprint(x.tolist(), y.sum().item())";
  char whole[1000], parts[1000];
  in_parts(SOURCE, UINT64_MAX, whole, sizeof whole);
  cr_assert(in_parts(SOURCE, 3000, parts, sizeof parts) > 1);
  cr_assert_str_eq(parts, whole);
}

Test(script_run, an_abandoned_script_is_finished_by_the_next) {
  static const char SOURCE[] =
      "for x in [torch.ones(2), [1]]:\n  y = [z for z in [x]]\n  def f(): pass\n  f()";
  script *sc = script_open(s, SOURCE, strlen(SOURCE), &SCRIPT_LIMITS, &where);
  cr_assert_eq(script_run(sc, 2000), SCRIPT_more);
  script_abandon(sc);
  prints("print(1)", "1\n");
  sc = script_open(s, SOURCE, strlen(SOURCE), &SCRIPT_LIMITS, &where);
  cr_assert_eq(script_run(sc, 2000), SCRIPT_more);
  script_abandon(sc); // the end of the session finishes it
}

// ---- every allocation fails once, and then all from there on

static const char EVERYTHING[] =
    "import torch.nn.functional as F\n"
    "from math import pi, sqrt\n"
    "w = torch.tensor([[1., 2.], [3., 4.]], requires_grad=True)\n"
    "b = torch.zeros(2, requires_grad=True)\n"
    "def model(x, scale=1.0):\n"
    "  return torch.tanh(x @ w + b) * scale\n"
    "opts = [torch.optim.SGD([w], lr=0.1, momentum=0.9), torch.optim.Adam([b], amsgrad=True)]\n"
    "for i, (x, t) in enumerate(zip([torch.ones(1, 2)], [torch.zeros(1, 2)])):\n"
    "  loss = F.mse_loss(model(x, scale=2), t)\n"
    "  for o in opts: o.zero_grad()\n"
    "  loss.backward()\n"
    "  for o in opts: o.step()\n"
    "  print(f'{i:3d} {loss.item():.3f} {\"x\"!r:>5}', '%s %d' % (w.shape, i), '{:>5}'.format('a'))\n"
    "a = w.detach().clone()\n"
    "a[0, 1] += 5\n"
    "a.data *= 2\n"
    "xs = [v * v for v in range(5) if v % 2] + list('abc')\n"
    "xs.append((1, None)); xs.insert(0, 'z'); xs.extend(xs[1:3]); del xs[0]\n"
    "first, *rest = xs\n"
    "print(xs[::-1], rest[-1], sorted([3, 1, 2]), ','.join(['a', 'b']).split(','), id(w) > 0, a.tolist())\n"
    "g, = torch.autograd.grad((w ** 3).sum(), w, create_graph=True)\n"
    "print(g.grad_fn, g.sum().grad_fn.next_functions, min([2, 1]), range(3)[1:], sqrt(4), pi > 3)\n"
    "with torch.no_grad():\n"
    "  k = lambda x: x if x else 'none'\n"
    "  print(k(0), k(a[0, 0]), w.grad)\n";

Test(script_run, every_allocation_may_fail) {
  uint64_t count = 0;
  for (uint64_t nth = 1; nth < 5000; nth++) {
    budget process;
    session own;
    static const limits LIMITS = {.session_bytes = 1 << 24, .session_nodes = 1000, .session_tensors = 100};
    budget_init(&process, NULL, "process memory", 1 << 25);
    session_init(&own, "s", &process, &LIMITS, 1);
    mem_fail_at(nth, nth % 2);
    script *sc = script_open(&own, EVERYTHING, sizeof EVERYTHING - 1, &SCRIPT_LIMITS, &where);
    bool ok = sc && script_run(sc, UINT64_MAX) == SCRIPT_done;
    count = mem_fail_count();
    mem_fail_at(0, false);
    err e = session_fault(&own)->code;
    cr_assert_eq(ok, e == ERR_none);
    cr_assert(ok || e == ERR_out_of_memory, "%s: %s", ERRORS[e].code, session_fault(&own)->detail);
    script_finish(sc);
    scope_leave(&own.ag, 0, NULL);
    session_finish(&own);
    cr_assert_eq(budget_used(&process), 0, "%llu", (unsigned long long)nth);
    if (ok && count < nth) return;
  }
  cr_assert_fail("there was no end: %llu allocations", (unsigned long long)count);
}

// What was made for a tensor's former shape is refused, not read past its end.
Test(script_run, data_of_another_shape) {
  raises("x = torch.ones(6, requires_grad=True)\nx.sum().backward()\nx.data = torch.ones(2)\n"
         "(x * 3).sum().backward()",
         ERR_shape_mismatch, "RuntimeError", 4);
  static const char *const ASK[] = {"v", "b"}, *const WITH[] = {"torch.zeros(1)", "torch.zeros(1).expand(6)"};
  for (int i = 0; i < 4; i++) {
    char source[256];
    snprintf(source, sizeof source,
             "b = torch.zeros(6)\nv = b[2:6]\nb.data = %s\nx = torch.ones(4, requires_grad=True)\nv.mul_(x)\n"
             "%s.sum().backward()",
             WITH[i / 2], ASK[i % 2]);
    raises(source, ERR_bad_argument, "RuntimeError", 6);
  }
  raises("w = torch.zeros(1, 0, requires_grad=True)\nw.grad = torch.zeros(1, 0)\n"
         "o = torch.optim.SGD([w], lr=.1)\nw.data = torch.ones(3, 1)\no.step()",
         ERR_shape_mismatch, "RuntimeError", 5);
}
