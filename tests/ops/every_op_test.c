// every_op_test.c - one test for all rows of ops.def: the derivatives of each sample, and their derivatives,
// against differences of values; other layouts and dtypes; what a backward pass must leave behind. A new row
// needs no test.
#include "autograd/backward.h"
#include "autograd/ops.h"
#include "ops/sample.h"
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static session in;
static budget process;
static autograd *const a = &in.ag;
static sample s;
static unsigned bad;                  // differences found in this row
static var *(*tamper)(var *gradient); // plants a fault in the first gradients, or NULL

static const sample_how F64 = {.dtype = DT_float64};
static const backward_options ONCE = {0}, KEEP = {.retain_graph = true},
                              FOLLOW = {.retain_graph = true, .create_graph = true};

// A sample that has run.
struct run {
  var *leaf[SAMPLE_TENSORS], *out[SAMPLE_OUTPUTS], *g[SAMPLE_TENSORS];
  unsigned n_out;
  size_t mark;
};

static void report(const char *what, unsigned input, int64_t element, double got, double want) {
  if (bad++ < 5)
    fprintf(stderr, "%s(%s): %s, tensor %u[%lld]: %.12g, should be %.12g\n", OPS[s.op].id, s.text, what,
            input, (long long)element, got, want);
}

static bool near(double got, double want, double tolerance) {
  if (isnan(want) || isinf(want)) return isnan(want) ? isnan(got) : got == want;
  return fabs(got - want) <= tolerance * fmax(1, fabs(want));
}

static double element(const var *v, int64_t i) { return scalar_f64(tensor_read(&v->t, i)); }

// A weight of 0.5 to 1 for each element, so that errors do not cancel.
static double weight(unsigned k, int64_t i) {
  return .5 + .5 * fmod(.137 + .618034 * (double)(i + 1) + .271 * k, 1);
}

static var *weights(const var *like, unsigned k) {
  tensor t;
  ints size = layout_sizes(like->t.layout);
  cr_assert(tensor_new_sizes(&a->ctx, &t, (dtype)like->t.dtype, size.n, size.v));
  for (int64_t i = 0; i < t.layout->numel; i++)
    if (t.dtype == DT_float32)
      ((float *)tensor_data(&t))[i] = (float)weight(k, i);
    else
      ((double *)tensor_data(&t))[i] = weight(k, i);
  return scope_own(a, var_new(a, t));
}

static bool begin(struct run *r, sample_how how) {
  *r = (struct run){.mark = scope_enter(a)};
  return sample_run(&s, &in, how, r->leaf, r->out, &r->n_out);
}

static void end(struct run *r) { scope_leave(a, r->mark, NULL); }

static unsigned differentiable(var **from, unsigned n, var **to, var **seeds) {
  unsigned k = 0;
  for (unsigned i = 0; i < n; i++)
    if (from[i] && var_requires_grad(from[i])) to[k] = from[i], seeds[k++] = weights(from[i], i);
  return k;
}

static unsigned leaves(const struct run *r, var **to) {
  unsigned n = 0;
  for (unsigned i = 0; i < s.n_tensors; i++)
    if (s.tensors[i].kind == 'f') to[n++] = r->leaf[i];
  return n;
}

// The gradients of the weighted sum of from[], by tensor of the sample; NULL where there is none.
static void differentiate(struct run *r, var **from, unsigned n, backward_options options, var **g) {
  var *roots[SAMPLE_OUTPUTS], *seeds[SAMPLE_OUTPUTS], *wrt[SAMPLE_TENSORS], *got[SAMPLE_TENSORS] = {0};
  unsigned n_roots = differentiable(from, n, roots, seeds), n_wrt = leaves(r, wrt);
  size_t nodes;
  if (n_roots && n_wrt)
    cr_assert(autograd_grad(a, roots, seeds, n_roots, wrt, n_wrt, options, true, got, &nodes), "%s(%s): %s",
              OPS[s.op].id, s.text, in.ag.ctx.fault.detail);
  for (unsigned i = 0, k = 0; i < s.n_tensors; i++) {
    g[i] = s.tensors[i].kind == 'f' ? got[k++] : NULL;
    if (tamper && g[i] && from == r->out) g[i] = tamper(g[i]);
  }
}

static bool has_floats(const struct run *r) {
  for (unsigned i = 0; i < r->n_out; i++)
    if (dtype_is_float((dtype)r->out[i]->t.dtype)) return true;
  return false;
}

static double weighted(var **of, unsigned n) {
  double sum = 0;
  for (unsigned k = 0; k < n; k++)
    for (int64_t i = 0; of[k] && dtype_is_float((dtype)of[k]->t.dtype) && i < of[k]->t.layout->numel; i++)
      sum += weight(k, i) * element(of[k], i);
  return sum;
}

// The weighted sum of the results (order 1) or of their gradients (order 2).
static double probe(int order) {
  struct run r;
  cr_assert(begin(&r, F64), "%s(%s): %s", OPS[s.op].id, s.text, a->ctx.fault.detail);
  if (order == 2) differentiate(&r, r.out, r.n_out, ONCE, r.g);
  double sum = order == 1 ? weighted(r.out, r.n_out) : weighted(r.g, s.n_tensors);
  end(&r);
  return sum;
}

static bool single_precision(const struct run *r) {
  for (unsigned i = 0; i < r->n_out; i++)
    if (r->out[i]->t.dtype == DT_float32) return true;
  return false;
}

static void compare_differences(var **g, int order, bool coarse) {
  double h = coarse ? 1e-2 : 1e-5, tolerance = coarse ? 1e-3 : 2e-6;
  for (unsigned k = 0; k < s.n_tensors; k++)
    for (int64_t i = 0; s.tensors[k].kind == 'f' && i < s.tensors[k].numel; i++) {
      double *x = &s.tensors[k].data[i], was = *x;
      *x = was + h;
      double above = probe(order);
      *x = was - h;
      double below = probe(order), exact = g[k] ? element(g[k], i) : 0, numeric = (above - below) / (2 * h);
      *x = was;
      if (!near(exact, numeric, tolerance))
        report(order == 1 ? "derivative" : "second derivative", k, i, exact, numeric);
    }
}

static void check_shape(const struct run *r, var **g) {
  for (unsigned k = 0; k < s.n_tensors; k++) {
    if (!g[k]) continue;
    if (!layout_same_dims(g[k]->t.layout, r->leaf[k]->t.layout) || g[k]->t.dtype != r->leaf[k]->t.dtype)
      report("gradient of another shape or dtype", k, 0, g[k]->t.dtype, r->leaf[k]->t.dtype);
    if (var_requires_grad(g[k])) report("a gradient with a graph", k, 0, 1, 0);
  }
}

static void check_derivatives(void) {
  struct run r;
  var *second[SAMPLE_TENSORS];
  cr_assert(begin(&r, F64), "%s(%s): %s", OPS[s.op].id, s.text, a->ctx.fault.detail);
  if (has_floats(&r)) {
    bool coarse = single_precision(&r);
    differentiate(&r, r.out, r.n_out, KEEP, r.g);
    check_shape(&r, r.g);
    compare_differences(r.g, 1, coarse);
    differentiate(&r, r.out, r.n_out, FOLLOW, r.g);
    differentiate(&r, r.g, s.n_tensors, ONCE, second);
    check_shape(&r, second);
    compare_differences(second, 2, coarse);
  }
  end(&r);
}

// Results and gradients of this run against those of the plain one.
static void compare_runs(struct run *r, struct run *plain, const char *what, double tolerance) {
  differentiate(r, r->out, r->n_out, ONCE, r->g);
  cr_assert_eq(r->n_out, plain->n_out);
  for (unsigned k = 0; k < r->n_out; k++) {
    cr_assert(layout_same_dims(r->out[k]->t.layout, plain->out[k]->t.layout), "%s(%s): %s", OPS[s.op].id,
              s.text, what);
    for (int64_t i = 0; i < r->out[k]->t.layout->numel; i++)
      if (!near(element(r->out[k], i), element(plain->out[k], i), tolerance))
        report(what, k, i, element(r->out[k], i), element(plain->out[k], i));
  }
  for (unsigned k = 0; k < s.n_tensors; k++) {
    if (has_floats(plain) && !r->g[k] != !plain->g[k])
      report("a gradient is missing", k, 0, r->g[k] != NULL, plain->g[k] != NULL);
    for (int64_t i = 0; r->g[k] && plain->g[k] && i < r->g[k]->t.layout->numel; i++)
      if (!near(element(r->g[k], i), element(plain->g[k], i), tolerance))
        report(what, k, i, element(r->g[k], i), element(plain->g[k], i));
  }
}

// The same call in another form must agree; refused: whether this form may be refused, with such a message.
static void check_form(sample_how how, const char *what, double tolerance, const char *refused) {
  struct run plain, r;
  cr_assert(begin(&plain, F64));
  differentiate(&plain, plain.out, plain.n_out, ONCE, plain.g);
  if (begin(&r, how))
    compare_runs(&r, &plain, what, tolerance);
  else {
    cr_assert(refused && strstr(a->ctx.fault.detail, refused), "%s(%s), %s: %s", OPS[s.op].id, s.text, what,
              a->ctx.fault.detail);
    fault_clear(&a->ctx.fault);
  }
  end(&r);
  end(&plain);
}

static bool bits_equal(const var *x, const var *y) {
  if (!x || !y) return x == y;
  for (int64_t i = 0; i < x->t.layout->numel; i++) {
    double p = element(x, i), q = element(y, i);
    if (memcmp(&p, &q, sizeof p)) return false;
  }
  return true;
}

// Twice the same bits; and .grad adds up.
static void check_repeated(void) {
  struct run r;
  var *again[SAMPLE_TENSORS], *roots[SAMPLE_OUTPUTS], *seeds[SAMPLE_OUTPUTS];
  cr_assert(begin(&r, F64));
  differentiate(&r, r.out, r.n_out, KEEP, r.g);
  differentiate(&r, r.out, r.n_out, KEEP, again);
  unsigned n = differentiable(r.out, r.n_out, roots, seeds);
  for (int pass = 0; n && pass < 2; pass++) {
    backward_result result;
    cr_assert(autograd_backward(a, roots, seeds, n, NULL, 0, pass ? ONCE : KEEP, &result));
    backward_result_finish(a, &result);
  }
  for (unsigned k = 0; k < s.n_tensors; k++) {
    if (!bits_equal(r.g[k], again[k])) report("not the same bits twice", k, 0, 0, 0);
    const var *grad = var_grad(r.leaf[k]);
    for (int64_t i = 0; r.g[k] && i < r.g[k]->t.layout->numel; i++)
      if (!grad || !near(element(grad, i), 2 * element(r.g[k], i), 1e-12))
        report(".grad after two passes", k, i, grad ? element(grad, i) : NAN, 2 * element(r.g[k], i));
  }
  end(&r);
}

static void check_plain(void) {
  struct run r;
  cr_assert(begin(&r, (sample_how){.dtype = DT_float64, .plain = true}), "%s(%s): %s", OPS[s.op].id, s.text,
            a->ctx.fault.detail);
  for (unsigned i = 0; i < r.n_out; i++)
    if (var_requires_grad(r.out[i])) report("requires grad for no reason", i, 0, 1, 0);
  end(&r);
  if (a->nodes) report("nodes are left", 0, 0, (double)a->nodes, 0);
}

static bool has_derivatives(const struct op *o) { return o->derivatives && o->derivatives[0]; }

static void check_row(unsigned op) {
  const struct op *o = &OPS[op];
  const char *at = o->samples ? o->samples : "";
  bool derived = has_derivatives(o) || o->flags & ROW_composite;
  bad = 0;
  cr_assert(*at || !has_derivatives(o), "%s has derivatives but no samples", o->id);
  while (sample_read(&s, op, &at)) {
    check_plain();
    if (derived) check_derivatives();
    if (op != OP_as_strided) // it looks at memory itself
      check_form((sample_how){.dtype = DT_float64, .gapped = true}, "non-contiguous", 1e-12,
                 "view size is not compatible");
    check_form((sample_how){.dtype = DT_float32}, "float32", 1e-5, NULL);
    if (o->flags & ROW_inplace)
      check_form((sample_how){.dtype = DT_float64, .inplace = true}, "in place", 1e-12,
                 "doesn't match the broadcast shape");
    check_repeated();
  }
}

static void start(void) {
  static const limits LIMITS = {1ull << 28, 100000, 1000, 10, 3600};
  ops_init();
  budget_init(&process, NULL, "test", 1ull << 30);
  session_init(&in, "test", &process, &LIMITS, 1);
}

static void finish(void) {
  session_finish(&in);
  cr_expect_eq(budget_used(&process), 0u, "%zu bytes are still charged", budget_used(&process));
}

ParameterizedTestParameters(every_op, row) {
  static unsigned ids[512];
  ops_init();
  for (unsigned i = 0; i < OPS_COUNT; i++) ids[i] = i;
  return cr_make_param_array(unsigned, ids, OPS_COUNT);
}

ParameterizedTest(const unsigned *op, every_op, row, .init = start, .fini = finish) {
  check_row(*op);
  cr_expect(bad == 0, "%s: %u differences", OPS[*op].id, bad);
}

// ---- that the test can fail

static var *one_percent_more(var *g) {
  tensor t;
  cr_assert(tensor_new(&a->ctx, &t, DT_float64, &LAYOUT_SCALAR));
  *(double *)tensor_data(&t) = 1.01;
  return op_mul(a, g, scope_own(a, var_new(a, t)));
}

Test(every_op, finds_a_wrong_formula, .init = start, .fini = finish) {
  tamper = one_percent_more;
  check_row(OP_sin);
  cr_expect(bad >= 6, "a derivative of 1.01 cos(x) passes for that of sin(x)");
}

static var *constant_part(var *g) { return op_detach(a, g); }

Test(every_op, finds_a_derivative_that_cannot_be_differentiated, .init = start, .fini = finish) {
  tamper = constant_part;
  check_row(OP_sin);
  cr_expect(bad >= 6, "a derivative without a derivative passes");
}
