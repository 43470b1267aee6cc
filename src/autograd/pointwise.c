#include "autograd/pointwise.h"
#include "tensor/iter.h"
#include <string.h>

static dtype wider(dtype x, dtype y) { return x == DT_none ? y : y == DT_none ? x : x > y ? x : y; }

dtype dtype_of_scalar(const autograd *a, scalar s) {
  return s.kind == SCALAR_float ? a->default_dtype : s.kind == SCALAR_int ? DT_int64 : DT_bool;
}

void promote_var(promotion *p, const var *v) {
  dtype t = (dtype)v->t.dtype;
  if (v->flags & VAR_wrapped)
    p->number = wider(p->number, t);
  else if (v->t.layout->rank == 0)
    p->zero = wider(p->zero, t);
  else
    p->dims = wider(p->dims, t);
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

// ---- what is refused

static bool no_bool(op_call *k, bool every) {
  if (k->op == OP_neg)
    return fail(&k->a->ctx.fault, ERR_dtype_mismatch,
                "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert "
                "a mask, use "
                "the `~` or `logical_not()` operator instead.");
  return fail(&k->a->ctx.fault, ERR_dtype_mismatch,
              "Subtraction, the `-` operator, with %s is not supported. %s",
              every ? "two bool tensors" : "a bool tensor",
              every ? "Use the `^` or `logical_xor()` operator instead."
                    : "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.");
}

static scalar number_at(const op_call *k, const struct arg *a) {
  return *(const scalar *)(const void *)((const char *)k->attrs + a->offset);
}

static bool bools_fit(op_call *k) {
  const struct op *o = &OPS[k->op];
  unsigned bools = 0, numbers = 0;
  if (!(o->flags & ROW_no_bool)) return true;
  for (unsigned i = 0; i < k->n_in; i++) bools += k->in[i]->t.dtype == DT_bool;
  for (unsigned i = 0; i < o->n_args; i++)
    if (o->args[i].kind == ARG_promote) numbers++, bools += number_at(k, &o->args[i]).kind == SCALAR_bool;
  return bools == 0 || no_bool(k, bools == k->n_in + numbers);
}

// A number beside integers must be a whole one, and true only beside bools: alpha of add.
static bool number_fits(op_call *k, const struct arg *a, scalar s, dtype t) {
  if (s.kind == SCALAR_float && !dtype_is_float(t))
    return fail(&k->a->ctx.fault, ERR_dtype_mismatch,
                "For integral input tensors, argument %s must not be a floating point number.", a->name);
  if (s.kind == SCALAR_bool && t != DT_bool)
    return fail_as(&k->a->ctx.fault, ERR_bad_argument, "RuntimeError",
                   "Boolean %s only supported for Boolean results.", a->name);
  return true;
}

// Integers to a negative power have no integer result.
static bool power_fits(op_call *k, dtype t) {
  const struct pow_scalar_attrs *A = k->attrs;
  if (t != DT_int64 || k->op != OP_pow_scalar || scalar_i64(A->exponent) >= 0) return true;
  return fail(&k->a->ctx.fault, ERR_dtype_mismatch, "Integers to negative integer powers are not allowed.");
}

// Integers have no quotient by 0.
static bool divisor_fits(op_call *k, dtype t) {
  const struct op *o = &OPS[k->op];
  if (!(o->flags & ROW_divides) || dtype_is_float(t)) return true;
  bool zero = false;
  const tensor *by = k->n_in > 1 ? &k->in[1]->t : NULL;
  for (int64_t i = 0; by && !zero && i < by->layout->numel; i++) zero = tensor_read(by, i).i == 0;
  for (unsigned i = 0; i < o->n_args; i++)
    if (o->args[i].kind == ARG_promote) zero = zero || number_at(k, &o->args[i]).i == 0;
  return !zero || fail_as(&k->a->ctx.fault, ERR_bad_argument, "RuntimeError", "ZeroDivisionError");
}

static bool numbers_fit(op_call *k, dtype t) {
  const struct op *o = &OPS[k->op];
  unsigned bounds = 0, given = 0;
  for (unsigned i = 0; o->numbers && i < o->n_args; i++) {
    const struct arg *a = &o->args[i];
    if (a->kind == ARG_scalar && !number_fits(k, a, number_at(k, a), t)) return false;
    if (a->kind == ARG_promote) bounds++, given += number_at(k, a).kind != SCALAR_none;
  }
  if (bounds && !given)
    return fail_as(&k->a->ctx.fault, ERR_bad_argument, "RuntimeError",
                   "torch.%s: At least one of 'min' or 'max' must not be None", o->name);
  return power_fits(k, t) && divisor_fits(k, t);
}

// ---- running

// The dtype the loops run in; DT_none = refused, fault set.
static dtype compute_dtype(op_call *k) {
  const struct op *o = &OPS[k->op];
  const struct pointwise *row = &OP_POINTWISE[k->op];
  promotion p = PROMOTION_NONE;
  for (unsigned i = 0; i < k->n_in; i++) promote_var(&p, k->in[i]);
  for (unsigned i = 0; i < o->n_args; i++)
    if (o->args[i].kind == ARG_promote) promote_scalar(&p, k->a, number_at(k, &o->args[i]));
  dtype t = promote_result(&p, k->a);
  if (row->types == POINT_FLT && !dtype_is_float(t)) t = k->a->default_dtype;
  if (row->types == POINT_INT && t == DT_bool) t = DT_int64;
  if (!bools_fit(k) || !numbers_fit(k, t)) return DT_none;
  if (row->loops[t]) return t;
  if (k->op == OP_neg)
    no_bool(k, true);
  else
    fail(&k->a->ctx.fault, ERR_dtype_mismatch, "\"%s\" not implemented for '%s'", o->name,
         DTYPE_ROWS[t].word);
  return DT_none;
}

// The inputs in the dtype computed in.
struct operands {
  const tensor *at[INPUTS_MAX];
  tensor cast[INPUTS_MAX];
};

static void operands_finish(op_call *k, struct operands *o) {
  for (unsigned i = 0; i < k->n_in; i++) tensor_drop(&o->cast[i]);
}

static bool operands_init(op_call *k, struct operands *o, dtype t) {
  bool ok = true;
  for (unsigned i = 0; i < k->n_in; i++) o->cast[i] = (tensor){0};
  for (unsigned i = 0; ok && i < k->n_in; i++) {
    o->at[i] = &k->in[i]->t;
    if (o->at[i]->dtype == t) continue;
    ok = tensor_clone(&k->a->ctx, &o->cast[i], o->at[i], t);
    o->at[i] = &o->cast[i];
  }
  if (!ok) operands_finish(k, o);
  return ok;
}

// The sizes of the result; *same: those of input 0, which is contiguous.
static bool result_sizes(op_call *k, bool *same, ints *sizes) {
  const layout *layouts[INPUTS_MAX], *shape = k->in[0]->t.layout;
  *same = shape->contiguous;
  for (unsigned i = 0; i < k->n_in; i++) {
    layouts[i] = k->in[i]->t.layout;
    *same = *same && (layouts[i] == shape || layout_same_dims(layouts[i], shape));
  }
  return *same || broadcast_sizes(&k->a->ctx, (int)k->n_in, layouts, sizes);
}

static dtype result_dtype(const op_call *k, dtype t) { return OP_POINTWISE[k->op].to_bool ? DT_bool : t; }

static bool run_as(op_call *k, dtype t) {
  ctx *c = &k->a->ctx;
  bool same;
  ints sizes;
  tensor out = {0};
  struct operands o;
  if (!result_sizes(k, &same, &sizes)) return false;
  bool ok = same ? tensor_new(c, &out, result_dtype(k, t), k->in[0]->t.layout)
                 : tensor_new_sizes(c, &out, result_dtype(k, t), sizes.n, sizes.v);
  if (!ok || !operands_init(k, &o, t)) return tensor_drop(&out), false;
  ok = iter_run(c, OP_POINTWISE[k->op].loops[t], &out, (int)k->n_in, o.at, k->attrs);
  operands_finish(k, &o);
  if (ok)
    k->out[0] = out;
  else
    tensor_drop(&out);
  return ok;
}

// The frequent case without the preparations: short operands of one floating dtype and the same sizes, and
// numbers beside them. *ran stays false when it is another.
static bool run_plain(op_call *k, bool *ran) {
  enum { SHORT = 4096 };
  const var *first = k->in[0];
  layout *l = first->t.layout;
  dtype t = (dtype)first->t.dtype;
  if (!dtype_is_float(t) || !OP_POINTWISE[k->op].loops[t] || !l->contiguous || l->numel > SHORT ||
      first->flags & VAR_wrapped)
    return true;
  char *p[OPERANDS_MAX];
  int64_t stride[OPERANDS_MAX], size = (int64_t)dtype_size(t);
  union {
    float f32;
    double f64;
  } number[INPUTS_MAX];
  for (unsigned i = 0; i < k->n_in; i++) {
    const tensor *x = &k->in[i]->t;
    if (k->in[i]->flags & VAR_wrapped && x->dtype != DT_bool) { // some ops refuse a bool
      scalar s = tensor_read(x, 0);
      if (t == DT_float64)
        number[i].f64 = scalar_f64(s);
      else
        number[i].f32 = s.kind == SCALAR_float ? (float)s.d : (float)s.i;
      p[i + 1] = (char *)&number[i];
      stride[i + 1] = 0;
    } else if (x->dtype == t &&
               (x->layout == l || (x->layout->contiguous && layout_same_dims(x->layout, l)))) {
      p[i + 1] = tensor_data(x);
      stride[i + 1] = size;
    } else
      return true;
  }
  tensor *out = k->out;
  if (!bools_fit(k) || !numbers_fit(k, t) || !tensor_new(&k->a->ctx, out, result_dtype(k, t), l))
    return false;
  p[0] = tensor_data(out);
  stride[0] = (int64_t)dtype_size((dtype)out->dtype);
  OP_POINTWISE[k->op].loops[t](p, stride, l->numel, k->attrs);
  return *ran = true;
}

bool pointwise_run(op_call *k) {
  bool ran = false;
  if (!run_plain(k, &ran) || ran) return ran;
  dtype t = compute_dtype(k);
  return t != DT_none && run_as(k, t);
}

// Whether an input lies where writing element after element would be read again; refused where PyTorch
// refuses it.
static bool overlaps(op_call *k, const tensor *target, bool *apart) {
  *apart = true;
  for (unsigned i = 0; i < k->n_in; i++) {
    overlap how = tensor_overlap(target, &k->in[i]->t);
    if (how == OVERLAP_partial) return overlap_refused(&k->a->ctx.fault);
    if (how == OVERLAP_unknown) *apart = false;
  }
  return true;
}

bool pointwise_into(op_call *k, const tensor *target, bool *wrote) {
  ctx *c = &k->a->ctx;
  const layout *l = target->layout;
  bool same, apart;
  ints sizes;
  struct operands o;
  dtype t = compute_dtype(k);
  if (t == DT_none || !result_sizes(k, &same, &sizes) || !overlaps(k, target, &apart)) return false;
  bool fits = same || (sizes.n == l->rank && !memcmp(sizes.v, l->dims, (size_t)sizes.n * sizeof *sizes.v));
  if (!fits || !apart || result_dtype(k, t) != target->dtype) return true;
  if (ctx_stopped(c) || !operands_init(k, &o, t)) return false;
  const atomic_int *watched = c->stop;
  c->stop = NULL;
  iter_run(c, OP_POINTWISE[k->op].loops[t], target, (int)k->n_in, o.at, k->attrs);
  c->stop = watched;
  operands_finish(k, &o);
  return *wrote = true;
}
