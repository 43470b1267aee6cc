// decode_tensor.c - tensors in documents: written out, or a shape and what fills it.
#include "autograd/formula.h"
#include "wire/field.h"
#include "wire/tensor_json.h"
#include <string.h>

bool decode_data(decoder *d, json_cur c, unsigned t, bool requires_grad, const ints *shape, tensor *out) {
  autograd *a = &d->s->ag;
  bool number, real = requires_grad && t == DT_none; // integers that require grad can only mean floats
  return tensor_from_json(&a->ctx, c, (dtype)t, a->default_dtype, real, shape, out, &number);
}

// A number field of a fill, as the op takes it.
static bool read_scalar(const fields *f, enum field at, scalar fallback, scalar *out) {
  value v;
  *out = fallback;
  if (!field_has(f, at)) return true;
  json_cur c = f->at[at];
  if (!decode_value(&c, &v)) return false;
  if (v.kind == VALUE_int)
    *out = scalar_int(v.i);
  else if (v.kind == VALUE_float)
    *out = scalar_float(v.d);
  else if (v.kind == VALUE_bool)
    *out = (scalar){SCALAR_bool, {.i = v.i}};
  else
    return json_wrong_kind(&c, field_name(at), "a number");
  return true;
}

struct filling {
  ints shape;
  uint8_t dtype;
  scalar value, start, end, step;
};

static var *fill_zeros(autograd *a, const struct filling *x) { return op_zeros(a, x->shape, x->dtype); }
static var *fill_ones(autograd *a, const struct filling *x) { return op_ones(a, x->shape, x->dtype); }
static var *fill_full(autograd *a, const struct filling *x) {
  return op_full(a, x->shape, x->value, x->dtype);
}
static var *fill_rand(autograd *a, const struct filling *x) { return op_rand(a, x->shape, x->dtype); }
static var *fill_randn(autograd *a, const struct filling *x) { return op_randn(a, x->shape, x->dtype); }
static var *fill_eye(autograd *a, const struct filling *x) {
  if (x->shape.n != 1 && x->shape.n != 2)
    return fail(&a->ctx.fault, ERR_shape_mismatch, "eye takes a shape of one or two sizes"), NULL;
  return op_eye(a, x->shape.v[0], x->shape.v[x->shape.n - 1], x->dtype);
}
// Row by row through the shape: as many steps as it has elements.
static bool element_count(autograd *a, const ints *shape, int64_t *n) {
  layout *l = layout_new(&a->ctx, shape->n, shape->v);
  if (l) *n = l->numel;
  layout_unref(l);
  return l != NULL;
}
static var *fill_arange(autograd *a, const struct filling *x) {
  int64_t n;
  if (!element_count(a, &x->shape, &n)) return NULL;
  bool whole = x->start.kind != SCALAR_float && x->step.kind != SCALAR_float;
  unsigned t = x->dtype != DT_none ? x->dtype : whole ? DT_int64 : a->default_dtype;
  tensor out;
  if (!tensor_arange(&a->ctx, &out, x->start, x->step, n, (dtype)t)) return NULL;
  return op_reshape(a, scope_own(a, var_new(a, out)), x->shape);
}
static var *fill_linspace(autograd *a, const struct filling *x) {
  int64_t n;
  if (!element_count(a, &x->shape, &n)) return NULL;
  return op_reshape(a, op_linspace(a, x->start, x->end, n, x->dtype), x->shape);
}

static const struct {
  const char *name;
  var *(*make)(autograd *, const struct filling *);
  uint64_t takes;
  double ns; // an element, about
} FILLS[] = {
    {"zeros", fill_zeros, 0, 0.5},
    {"ones", fill_ones, 0, 0.5},
    {"full", fill_full, HAS(value), 0.5},
    {"rand", fill_rand, 0, 5},
    {"randn", fill_randn, 0, 20},
    {"eye", fill_eye, 0, 1},
    {"arange", fill_arange, HAS(start) | HAS(step), 2},
    {"linspace", fill_linspace, HAS(start) | HAS(end), 2},
};

static bool decode_fill(decoder *d, const fields *f, unsigned t, const ints *shape, command *c) {
  autograd *a = &d->s->ag;
  value name;
  struct filling x = {.shape = *shape, .dtype = (uint8_t)t};
  size_t which = 0;
  if (!field_text(f, FIELD_fill, &name)) return false;
  while (which < sizeof FILLS / sizeof *FILLS &&
         (strlen(FILLS[which].name) != name.n || memcmp(FILLS[which].name, name.text, name.n)))
    which++;
  if (which == sizeof FILLS / sizeof *FILLS)
    return fail(&a->ctx.fault, ERR_bad_argument,
                "fill '%.*s' is not one of zeros, ones, full, rand, randn, eye, arange, linspace",
                (int)(name.n < 40 ? name.n : 40), name.text);
  if (shape->n < 0) return fail(&a->ctx.fault, ERR_bad_argument, "fill needs a shape");
  uint64_t extra = f->present & (HAS(value) | HAS(start) | HAS(end) | HAS(step)) & ~FILLS[which].takes;
  if (extra)
    return fail(&a->ctx.fault, ERR_unknown_field, "fill '%s' takes no '%s'", FILLS[which].name,
                field_name((enum field)__builtin_ctzll(extra)));
  if (FILLS[which].takes & HAS(value) && !field_has(f, FIELD_value))
    return fail(&a->ctx.fault, ERR_bad_argument, "fill 'full' needs a value");
  if (!read_scalar(f, FIELD_value, scalar_int(0), &x.value) ||
      !read_scalar(f, FIELD_start, scalar_int(0), &x.start) ||
      !read_scalar(f, FIELD_end, scalar_int(1), &x.end) ||
      !read_scalar(f, FIELD_step, scalar_int(1), &x.step))
    return false;
  if (c->requires_grad && t == DT_none) x.dtype = (uint8_t)a->default_dtype;
  double ns = FILLS[which].ns;
  for (int i = 0; i < shape->n; i++) ns *= (double)shape->v[i];
  if (c->allowed_ns != UINT64_MAX && ns > (double)c->allowed_ns) return !(c->too_long = true);
  size_t mark = scope_enter(a);
  uint64_t drawn = a->rng.counter;
  bool was = a->grad_mode;
  a->grad_mode = false;
  var *v = FILLS[which].make(a, &x);
  if (v)
    c->data = tensor_ref(&v->t);
  else
    a->rng.counter = drawn;
  c->drawn = a->rng.counter - drawn;
  a->grad_mode = was;
  scope_leave(a, mark, NULL);
  return v != NULL;
}

bool decode_tensor(decoder *d, const fields *f, command *c) {
  unsigned t;
  ints shape;
  fault *fa = session_fault(d->s);
  c->verb = VERB_tensor;
  if (!field_flag(f, FIELD_requires_grad, &c->requires_grad) || !field_dtype(f, &t) ||
      !field_shape(f, &shape))
    return false;
  if (c->requires_grad && t != DT_none && !dtype_is_float((dtype)t))
    return fail(fa, ERR_dtype_not_differentiable,
                "Only Tensors of floating point and complex dtype can require gradients, not %s",
                DTYPE_ROWS[t].name);
  if (field_has(f, FIELD_data) == field_has(f, FIELD_fill))
    return fail(fa, ERR_bad_argument, "a tensor needs either 'data', or 'shape' and 'fill'");
  if (field_has(f, FIELD_fill)) return decode_fill(d, f, t, &shape, c);
  if (f->present & (HAS(value) | HAS(start) | HAS(end) | HAS(step)))
    return fail(fa, ERR_unknown_field, "value, start, end and step go with 'fill'");
  return decode_data(d, f->at[FIELD_data], t, c->requires_grad, shape.n >= 0 ? &shape : NULL, &c->data);
}
