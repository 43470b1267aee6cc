// cost.c - rough estimates of how long a call takes, so that the server can tell what may run between two
// requests and what belongs on a worker. Only the order of magnitude matters.
#include "autograd/ops.h"

enum { CALL_NS = 150, ELEMENT_NS = 2 };

static uint64_t saturating(double ns) {
  return ns > 1e18 ? (uint64_t)1e18 : ns > 0 ? (uint64_t)ns : 0;
} // NaN: 0

static double product_of(const ints *s) {
  double n = 1;
  for (int i = 0; i < s->n; i++) n *= s->v[i] > 0 ? (double)s->v[i] : 1;
  return n;
}

// Elements of the broadcast of all inputs, each dim taken at its largest.
static double broadcast_numel(var *const *in, unsigned n_in) {
  double n = 1;
  int rank = 0;
  for (unsigned i = 0; i < n_in; i++)
    if (in[i] && in[i]->t.layout->rank > rank) rank = in[i]->t.layout->rank;
  for (int d = 1; d <= rank; d++) {
    int64_t widest = 1;
    for (unsigned i = 0; i < n_in; i++) {
      const layout *l = in[i] ? in[i]->t.layout : &LAYOUT_SCALAR;
      if (d <= l->rank && l->dims[l->rank - d] > widest) widest = l->dims[l->rank - d];
    }
    n *= (double)widest;
  }
  return n;
}

static double numel(const var *v) { return v ? (double)v->t.layout->numel : 0; }

uint64_t op_cost(unsigned op, var *const *in, unsigned n_in, const void *attrs) {
  const struct op *o = &OPS[op];
  if (OP_POINTWISE[op].types && n_in <= 2 && numel(in[0]) == 1 && numel(in[n_in - 1]) == 1)
    return CALL_NS + 3 * ELEMENT_NS;
  double elements = 0, all = 1;
  for (unsigned i = 0; i < n_in; i++) {
    if (!in[i]) continue;
    elements += (double)in[i]->t.layout->numel;
    all *= 1 + (double)in[i]->t.layout->numel;
  }
  for (unsigned i = 0; i < o->n_args; i++) { // sizes asked for: zeros(1000, 1000), repeat
    const void *at = (const char *)attrs + o->args[i].offset;
    if (o->args[i].kind == ARG_sizes && !(o->flags & ROW_view)) elements += product_of(at);
    if (o->args[i].kind == ARG_scalar && n_in == 0) elements += scalar_f64(*(const scalar *)at);
    if (o->args[i].kind == ARG_int && n_in == 0) elements += (double)*(const int64_t *)at;
  }
  bool product =
      op == OP_mm || op == OP_bmm || op == OP_mv || op == OP_matmul || op == OP_addmm || op == OP_linear;
  if (o->flags & ROW_view) return CALL_NS;
  unsigned first = op == OP_addmm;
  if (product && n_in >= first + 2 && in[first] &&
      in[first + 1]) { // n·k·m, bounded by the product of the sizes
    const layout *x = in[first]->t.layout;
    double k = x->rank ? (double)x->dims[x->rank - 1] : 1;
    double n = (double)x->numel, m = (double)in[first + 1]->t.layout->numel / (k > 0 ? k : 1);
    return saturating(CALL_NS + n * (m > 1 ? m : 1) / 8);
  }
  if (op == OP_outer) return saturating(CALL_NS + all * ELEMENT_NS);
  if (OP_POINTWISE[op].types && n_in >= 2) elements += broadcast_numel(in, n_in);
  if (o->flags & ROW_composite) elements *= 4;
  return saturating(CALL_NS + elements * ELEMENT_NS);
}
