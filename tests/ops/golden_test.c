// golden_test.c - runs the programs of tests/ops/golden/*.jsonl and compares with what PyTorch answered.
// See tests/ops/README.md for the format.
#include "base/buffer.h"
#include "base/mem.h"
#include "ops/message.h"
#include "wire/batch.h"
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP_NAME = 24, SHOWN = 40 };
static const char GROUPS[][GROUP_NAME] = {"unary",   "binary", "compare",    "reduce", "shape",    "index",
                                          "matmul",  "loss",   "activation", "dtype",  "creation", "inplace",
                                          "corners", "calls",  "arithmetic", "moves",  "autograd", "errors"};

struct run {
  session s;
  fault f; // of reading the expectations
  json_pool pool;
  char why[600];
  double rtol, atol;
};

static bool wrong(struct run *r, const char *format, ...) {
  va_list args;
  va_start(args, format);
  if (!*r->why) vsnprintf(r->why, sizeof r->why, format, args);
  va_end(args);
  return false;
}

static bool close_enough(const struct run *r, double got, double want) {
  if (isnan(want) || isnan(got)) return isnan(want) && isnan(got);
  if (isinf(want) || isinf(got)) return want == got;
  return fabs(got - want) <= r->atol + r->rtol * fabs(want);
}

static bool compare_data(struct run *r, const char *name, json_cur c, const tensor *t) {
  int64_t i = 0;
  if (!json_enter_array(&c, "data")) return wrong(r, "data of %s is no list", name);
  for (; json_next_item(&c); i++) {
    double want = 0;
    bool truth = false;
    int64_t whole = 0;
    scalar got = i < t->layout->numel ? tensor_read(t, i) : scalar_int(0);
    bool same;
    if (i >= t->layout->numel) return wrong(r, "%s has only %lld elements", name, (long long)i);
    if (t->dtype == DT_bool)
      same = json_read_bool(&c, name, &truth) && truth == (got.i != 0);
    else if (t->dtype == DT_int64)
      same = json_read_i64(&c, name, &whole) && (want = (double)whole, whole == got.i);
    else
      same = json_read_f64(&c, name, &want) && close_enough(r, got.d, want);
    if (!same)
      return wrong(r, "%s[%lld] is %.9g, PyTorch has %.9g", name, (long long)i, scalar_f64(got), want);
  }
  return i == t->layout->numel ||
         wrong(r, "%s has %lld elements, PyTorch %lld", name, (long long)t->layout->numel, (long long)i);
}

static bool compare_field(struct run *r, const char *name, json_str key, json_cur *c, var *v) {
  const tensor *t = &v->t;
  const char *fn = var_grad_fn_name(v);
  json_str text = {"", 0};
  bool flag = false;
  int64_t n = 0;
  if (json_is(key, "data")) return compare_data(r, name, json_span(c), t);
  if (json_is(key, "dtype")) {
    json_read_string(c, "dtype", &text);
    return json_is(text, DTYPE_ROWS[t->dtype].name) ||
           wrong(r, "%s is %s, PyTorch %.*s", name, DTYPE_ROWS[t->dtype].name, (int)text.n, text.text);
  }
  if (json_is(key, "grad_fn")) {
    if (json_read_null(c)) return !fn || wrong(r, "%s.grad_fn is %s, PyTorch None", name, fn);
    json_read_string(c, "grad_fn", &text);
    return (fn && json_is(text, fn)) ||
           wrong(r, "%s.grad_fn is %s, PyTorch %.*s", name, fn ? fn : "None", (int)text.n, text.text);
  }
  if (json_is(key, "shape")) {
    int d = 0;
    bool same = json_enter_array(c, "shape");
    for (; json_next_item(c); d++) {
      same = json_read_i64(c, "shape", &n) && same && d < t->layout->rank && n == t->layout->dims[d];
    }
    return (same && d == t->layout->rank) ||
           wrong(r, "%s has shape %s, not PyTorch's", name, layout_text(t->layout));
  }
  if (json_is(key, "version"))
    return (json_read_i64(c, "version", &n) && n == var_version(v)) ||
           wrong(r, "%s is at version %u, PyTorch %lld", name, var_version(v), (long long)n);
  if (!json_read_bool(c, "flag", &flag)) return wrong(r, "unknown expectation %.*s", (int)key.n, key.text);
  bool is = json_is(key, "requires_grad") ? var_requires_grad(v)
            : json_is(key, "is_leaf")     ? !fn
                                          : var_retains_grad(v);
  return is == flag || wrong(r, "%s.%.*s is %d", name, (int)key.n, key.text, is);
}

static bool compare(struct run *r, json_cur expect) {
  bool ok = json_enter_object(&expect, NULL);
  for (json_str name; json_next_key(&expect, &name);) {
    char text[128];
    snprintf(text, sizeof text, "%.*s", (int)name.n, name.text);
    bool grad = name.n > 5 && !strcmp(text + name.n - 5, ".grad");
    binding *b = session_find(&r->s, text, grad ? name.n - 5 : name.n);
    var *v = b ? grad ? var_grad(binding_var(b)) : binding_var(b) : NULL;
    json_cur c = json_span(&expect);
    if (json_read_null(&c)) {
      ok = ok && (!v || wrong(r, "%s is there, PyTorch has None", text));
      continue;
    }
    if (!v) {
      ok = wrong(r, "%s is None", text);
      continue;
    }
    json_enter_object(&c, NULL);
    for (json_str key; json_next_key(&c, &key);) {
      json_cur field = json_span(&c);
      ok = compare_field(r, text, key, &field, v) && ok;
    }
  }
  return ok && !r->f.code;
}

static bool compare_error(struct run *r, json_cur c, bool failed, size_t step) {
  const fault *f = session_fault(&r->s);
  if (json_read_null(&c))
    return !failed || wrong(r, "fails at step %zu with %s: %s", step, ERRORS[f->code].code, f->detail);
  json_enter_object(&c, NULL);
  bool ok = failed || wrong(r, "succeeds, PyTorch raises");
  for (json_str key; json_next_key(&c, &key);) {
    json_str text;
    int64_t n = 0;
    if (json_is(key, "code")) {
      json_read_string(&c, "code", &text);
      if (failed && !json_is(text, ERRORS[f->code].code))
        ok =
            wrong(r, "fails with %s (%s), not %.*s", ERRORS[f->code].code, f->detail, (int)text.n, text.text);
    } else if (json_is(key, "class")) {
      json_read_string(&c, "class", &text);
      if (failed && !json_is(text, fault_class(f)))
        ok = wrong(r, "fails with class %s (%s: %s), not %.*s", fault_class(f), ERRORS[f->code].code,
                   f->detail, (int)text.n, text.text);
    } else if (json_is(key, "step")) {
      json_read_i64(&c, "step", &n);
      if (failed && (size_t)n != step)
        ok = wrong(r, "fails at step %zu (%s: %s), not %lld", step, ERRORS[f->code].code, f->detail,
                   (long long)n);
    } else if (json_is(key, "message")) {
      json_read_string(&c, "message", &text);
      if (failed && !json_is(text, f->detail) && !message_allowed(text.text, text.n, f->detail))
        ok = wrong(r, "says \"%s\", PyTorch \"%.*s\"", f->detail, (int)text.n, text.text);
    } else
      json_skip(&c);
  }
  return ok;
}

static double read_number(json_cur c, const char *name) {
  double d = 0;
  json_enter_object(&c, NULL);
  for (json_str key; json_next_key(&c, &key);)
    if (json_is(key, name))
      json_read_f64(&c, name, &d);
    else
      json_skip(&c);
  return d;
}

// One line. true: as PyTorch.
static bool run_case(const char *line, size_t n, struct run *r, char id[160]) {
  static budget process;
  static const limits LIMITS = {1ull << 30, 1000000, 100000, 10, 3600};
  json_cur c, steps = {0}, expect = {0}, error = {0}, tol = {0};
  memset(r, 0, sizeof *r);
  budget_init(&process, NULL, "test", 1ull << 32);
  session_init(&r->s, "golden", &process, &LIMITS, 1);
  cr_assert(json_open(&c, line, n, &r->pool, &r->f), "%s", r->f.detail);
  json_enter_object(&c, NULL);
  for (json_str key; json_next_key(&c, &key);) {
    json_str text;
    if (json_is(key, "id"))
      json_read_string(&c, "id", &text), snprintf(id, 160, "%.*s", (int)text.n, text.text);
    else if (json_is(key, "steps"))
      steps = json_span(&c);
    else if (json_is(key, "expect"))
      expect = json_span(&c);
    else if (json_is(key, "error"))
      error = json_span(&c);
    else if (json_is(key, "tol"))
      tol = json_span(&c);
    else
      json_skip(&c);
  }
  r->rtol = read_number(tol, "rtol");
  r->atol = read_number(tol, "atol");
  batch b;
  uint64_t all = UINT64_MAX;
  size_t at = 0;
  buffer body = {0};
  buffer_printf(&body, "{\"steps\":%.*s}", (int)(steps.end - steps.at), steps.at);
  bool failed = !batch_open(&b, &r->s, body.data, body.len, false, false);
  if (!failed) failed = batch_run(&b, &all) != BATCH_done, at = b.completed;
  bool ok = compare_error(r, error, failed, at);
  fault_clear(session_fault(&r->s));
  batch_finish(&b);
  buffer_finish(&body);
  ok = compare(r, expect) && ok;
  session_finish(&r->s);
  json_pool_finish(&r->pool);
  if (budget_used(&process)) ok = wrong(r, "%zu bytes are still charged", budget_used(&process));
  return ok;
}

// Runs the cases of one group; how many differ.
static size_t run_group(const char *group, bool tell, size_t *cases) {
  char path[512], *line = NULL, id[160];
  size_t cap = 0, bad = 0;
  const char *root = getenv("GRADD_SOURCE_ROOT");
  static struct run r;
  snprintf(path, sizeof path, "%s/tests/ops/golden/%s.jsonl", root ? root : ".", group);
  FILE *file = fopen(path, "r");
  cr_assert(file, "%s", path);
  for (ssize_t n; (n = getline(&line, &cap, file)) > 0; ++*cases) {
    if (run_case(line, (size_t)n, &r, id)) continue;
    if (bad++ < SHOWN && tell) fprintf(stderr, "%s: %s\n", id, r.why);
  }
  free(line);
  fclose(file);
  return bad;
}

ParameterizedTestParameters(golden, group) {
  return cr_make_param_array(char[GROUP_NAME], (void *)(uintptr_t)GROUPS, sizeof GROUPS / sizeof *GROUPS);
}

ParameterizedTest(const char (*group)[GROUP_NAME], golden, group) {
  size_t cases = 0;
  ops_init();
  size_t bad = run_group(*group, true, &cases);
  cr_expect(cases > 0);
  cr_expect(bad == 0, "%s: %zu of %zu cases differ from PyTorch", *group, bad, cases);
}

Test(golden, every_allowed_difference_is_needed) {
  size_t cases = 0, row = 0;
  ops_init();
  for (size_t i = 0; i < sizeof GROUPS / sizeof *GROUPS; i++) run_group(GROUPS[i], false, &cases);
  for (const char *torch; (torch = message_unused(&row));)
    cr_expect(false, "message.c, row %zu: no case needs \"%s\"", row, torch);
}
