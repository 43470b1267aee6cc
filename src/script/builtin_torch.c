// builtin_torch.c - torch's functions and the methods of tensors that are no ops.
#include "script/builtins.h"
#include <math.h>
#include <string.h>

static bool wanted_dtype(interpreter *in, const item *x, unsigned *out) {
  *out = DT_none;
  if (x->kind == ITEM_absent || x->kind == ITEM_none) return true;
  if (x->kind != ITEM_dtype)
    return raise_type(in, "tensor(): argument 'dtype' must be torch.dtype, not %s", item_type(x));
  return *out = (unsigned)x->i, true;
}

static bool want_tensor(interpreter *in, const item *x, const char *of, const char *argument) {
  if (x->kind == ITEM_tensor) return true;
  return raise_type(in, "%s(): argument '%s' must be Tensor, not %s", of, argument, item_type(x));
}

BUILTIN(torch_tensor) {
  unsigned t;
  bool requires_grad;
  var *v;
  source_span numbers[LITERALS];
  (void)b, (void)all;
  if (!wanted_dtype(in, &a[1], &t) || !want_flag(in, &a[2], false, &requires_grad)) return false;
  if (!literal_tensor(in, a[0], t, &v)) return false;
  *out = item_var(v);
  tell_line(in);
  size_t n = observed(in->s->ag.observer) ? literal_numbers(in, v, numbers) : 0;
  return var_given(&in->s->ag, v, requires_grad, numbers, n);
}

BUILTIN(torch_manual_seed) {
  int64_t seed;
  (void)b, (void)all, (void)out;
  if (!want_int(in, a, &seed)) return false;
  return session_reseed(in->s, (uint64_t)seed), true;
}

BUILTIN(torch_no_grad) {
  return (void)in, (void)b, (void)a, (void)all, *out = item_of(ITEM_mode, false), true;
}
BUILTIN(torch_enable_grad) {
  return (void)in, (void)b, (void)a, (void)all, *out = item_of(ITEM_mode, true), true;
}

BUILTIN(torch_set_grad_enabled) {
  bool on;
  (void)b, (void)all;
  if (!item_truth(in, *a, &on)) return false;
  in->s->ag.grad_mode = on;
  return *out = item_of(ITEM_mode, on), true;
}

BUILTIN(torch_is_grad_enabled) {
  return (void)b, (void)a, (void)all, *out = item_bool(in->s->ag.grad_mode), true;
}
BUILTIN(torch_is_tensor) {
  return (void)in, (void)b, (void)all, *out = item_bool(a->kind == ITEM_tensor), true;
}

BUILTIN(torch_allclose) {
  double rtol = 1e-5, atol = 1e-8;
  (void)all;
  if (!want_tensor(in, &a[0], b->name, "input") || !want_tensor(in, &a[1], b->name, "other")) return false;
  if ((a[2].kind != ITEM_absent && !want_number(in, &a[2], &rtol)) ||
      (a[3].kind != ITEM_absent && !want_number(in, &a[3], &atol)))
    return false;
  const tensor *x = &a[0].v->t, *y = &a[1].v->t;
  if (x->dtype != y->dtype)
    return raise_as(in, ERR_dtype_mismatch, NULL, "%s did not match %s", DTYPE_ROWS[x->dtype].word,
                    DTYPE_ROWS[y->dtype].word);
  int64_t n = tensor_numel(x), m = tensor_numel(y), most = n > m ? n : m;
  if (!layout_same_dims(x->layout, y->layout) && n != 1 && m != 1)
    return raise_as(in, ERR_shape_mismatch, NULL, "allclose() of sizes %s and %s: they must be the same here",
                    layout_text(x->layout), layout_text(y->layout));
  if (!n || !m) return *out = item_bool(n == m), true;
  if (!spend_on(in, (size_t)most, 20)) return false;
  bool close = true;
  for (int64_t i = 0; close && i < most; i++) {
    double p = scalar_f64(tensor_read(x, n == 1 ? 0 : i)), q = scalar_f64(tensor_read(y, m == 1 ? 0 : i));
    close = p == q || (isfinite(q) && fabs(p - q) <= atol + rtol * fabs(q));
  }
  return *out = item_bool(close), true;
}

BUILTIN(torch_equal) {
  (void)all;
  if (!want_tensor(in, &a[0], b->name, "input") || !want_tensor(in, &a[1], b->name, "other")) return false;
  const tensor *x = &a[0].v->t, *y = &a[1].v->t;
  bool same = layout_same_dims(x->layout, y->layout);
  if (!spend_on(in, (size_t)tensor_numel(x), 20)) return false;
  for (int64_t i = 0; same && i < tensor_numel(x); i++)
    same = scalar_f64(tensor_read(x, i)) == scalar_f64(tensor_read(y, i));
  return *out = item_bool(same), true;
}

BUILTIN(tensor_item) {
  (void)b, (void)all;
  if (tensor_numel(&a->v->t) != 1)
    return raise_value(in, "only one element tensors can be converted to Python scalars");
  return *out = tensor_scalar(a->v, 0), true;
}

static bool nested(interpreter *in, const var *v, int d, int64_t *at, item *out) {
  const layout *l = v->t.layout;
  if (d == l->rank) return *out = tensor_scalar(v, (*at)++), true;
  list *row = list_new(in->pool, ITEM_list, 0);
  if (!row || !list_reserve(in->pool, row, (size_t)l->dims[d])) return false;
  for (int64_t i = 0; i < l->dims[d]; i++) {
    item x;
    size_t mark = pool_enter(in->pool);
    bool ok = nested(in, v, d + 1, at, &x) && list_append(in->pool, row, x);
    pool_leave(in->pool, mark);
    if (!ok) return false;
  }
  return *out = item_object(row), true;
}

BUILTIN(tensor_tolist) {
  int64_t at = 0;
  (void)b, (void)all;
  return spend_on(in, (size_t)tensor_numel(&a->v->t), 30) && nested(in, a->v, 0, &at, out);
}

BUILTIN(tensor_size) {
  int64_t d;
  (void)b, (void)all;
  if (a[1].kind == ITEM_absent) return get_attribute(in, a[0], (ident){"shape", 5}, out);
  if (!want_int(in, &a[1], &d) || !dim_wrap(&in->s->ag.ctx, &d, tensor_rank(&a->v->t))) return false;
  if (!tensor_rank(&a->v->t))
    return raise_as(in, ERR_index_out_of_range, "IndexError",
                    "dimension specified as %lld but tensor has no dimensions", (long long)d);
  return *out = item_int(a->v->t.layout->dims[d]), true;
}

BUILTIN(tensor_dim) { return (void)in, (void)b, (void)all, *out = item_int(tensor_rank(&a->v->t)), true; }
BUILTIN(tensor_is_contiguous) {
  return (void)in, (void)b, (void)all, *out = item_bool(a->v->t.layout->contiguous), true;
}
BUILTIN(tensor_is_floating_point) {
  return (void)in, (void)b, (void)all, *out = item_bool(dtype_is_float((dtype)a->v->t.dtype)), true;
}
BUILTIN(tensor_numel_method) {
  (void)all;
  return want_tensor(in, a, b->name, "input") && (*out = item_int(tensor_numel(&a->v->t)), true);
}

BUILTIN(node_name_method) {
  const char *n = node_name(((graph_node *)a->o)->n);
  (void)b, (void)all;
  str *t = str_new(in->pool, n, strlen(n));
  if (t) *out = item_object(t);
  return t != NULL;
}
