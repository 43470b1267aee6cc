#include "autograd/pointwise.h"
#include "tensor/iter.h"

static dtype wider(dtype x, dtype y) { return x == DT_none ? y : y == DT_none ? x : x > y ? x : y; }

dtype dtype_of_scalar(const autograd *a, scalar s) {
  return s.kind == SCALAR_float ? a->default_dtype : s.kind == SCALAR_int ? DT_int64 : DT_bool;
}

void promote_var(promotion *p, const var *v) {
  dtype t = (dtype)v->t.dtype;
  if (v->flags & VAR_wrapped) p->number = wider(p->number, t);
  else if (v->t.layout->rank == 0) p->zero = wider(p->zero, t);
  else p->dims = wider(p->dims, t);
}

void promote_scalar(promotion *p, const autograd *a, scalar s) {
  if (s.kind != SCALAR_none) p->number = wider(p->number, dtype_of_scalar(a, s));
}

// The lower group counts only if it is of a higher kind: a float number lifts an int tensor, not its width.
static dtype group(dtype high, dtype low, const autograd *a, bool number) {
  if (high == DT_none) return low;
  if (low == DT_none || DTYPE_ROWS[low].kind <= DTYPE_ROWS[high].kind) return high;
  return number && dtype_is_float(low) ? a->default_dtype : low;
}

dtype promote_result(const promotion *p, const autograd *a) {
  dtype number = p->number != DT_none && dtype_is_float(p->number) ? a->default_dtype : p->number;
  return group(group(p->dims, p->zero, a, false), number, a, true);
}

// The dtype the loops run in; DT_none = refused, fault set.
static dtype compute_dtype(op_call *k) {
  const struct op *o = &OPS[k->op];
  const struct pointwise *row = &OP_POINTWISE[k->op];
  promotion p = PROMOTION_NONE;
  for (unsigned i = 0; i < k->n_in; i++) promote_var(&p, k->in[i]);
  for (unsigned i = 0; i < o->n_args; i++)
    if (o->args[i].kind == ARG_promote)
      promote_scalar(&p, k->a, *(const scalar *)(const void *)((const char *)k->attrs + o->args[i].offset));
  dtype t = promote_result(&p, k->a);
  if (row->types == POINT_FLT && !dtype_is_float(t)) t = k->a->default_dtype;
  if (row->loops[t]) return t;
  if (k->op == OP_pow_scalar || k->op == OP_pow || k->op == OP_clamp) {
    if (t == DT_bool && k->op != OP_clamp) return DT_int64;
  }
  if (k->op == OP_sub || k->op == OP_rsub)
    fail(&k->a->ctx.fault, ERR_dtype_mismatch,
         "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
         "operator instead.");
  else if (k->op == OP_neg)
    fail(&k->a->ctx.fault, ERR_dtype_mismatch,
         "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the "
         "`~` or `logical_not()` operator instead.");
  else fail(&k->a->ctx.fault, ERR_dtype_mismatch, "\"%s\" not implemented for '%s'", o->name, DTYPE_ROWS[t].word);
  return DT_none;
}

// Integers to a negative power have no integer result.
static bool powers_fit(op_call *k, dtype t) {
  if (t != DT_int64 || (k->op != OP_pow_scalar && k->op != OP_pow)) return true;
  if (k->op == OP_pow_scalar) {
    const struct pow_scalar_attrs *A = k->attrs;
    if (scalar_i64(A->exponent) >= 0) return true;
    return fail(&k->a->ctx.fault, ERR_bad_argument, "Integers to negative integer powers are not allowed.");
  }
  return true;
}

bool pointwise_run(op_call *k) {
  ctx *c = &k->a->ctx;
  const struct pointwise *row = &OP_POINTWISE[k->op];
  dtype t = compute_dtype(k);
  if (t == DT_none || !powers_fit(k, t)) return false;
  const layout *layouts[INPUTS_MAX];
  const tensor *operands[INPUTS_MAX];
  tensor cast[INPUTS_MAX] = {{0}}, out = {0};
  layout *shape = k->in[0]->t.layout;
  bool same = shape->contiguous, ok = true;
  for (unsigned i = 0; i < k->n_in; i++) {
    layouts[i] = k->in[i]->t.layout;
    same = same && (layouts[i] == shape || layout_same_dims(layouts[i], shape));
  }
  dtype result = row->to_bool ? DT_bool : t;
  if (same) ok = tensor_new(c, &out, result, shape);
  else {
    ints sizes;
    ok = broadcast_sizes(c, (int)k->n_in, layouts, &sizes) && tensor_new_sizes(c, &out, result, sizes.n, sizes.v);
  }
  for (unsigned i = 0; ok && i < k->n_in; i++) {
    operands[i] = &k->in[i]->t;
    if (operands[i]->dtype == t) continue;
    ok = tensor_clone(c, &cast[i], operands[i], t);
    operands[i] = &cast[i];
  }
  ok = ok && iter_run(c, row->loops[t], &out, (int)k->n_in, operands, k->attrs);
  for (unsigned i = 0; i < k->n_in; i++) tensor_drop(&cast[i]);
  if (ok) k->out[0] = out;
  else tensor_drop(&out);
  return ok;
}
