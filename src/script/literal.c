// literal.c - torch.tensor([...]): nested lists of numbers as a tensor.
#include "script/builtins.h"
#include <string.h>

struct shape {
  int rank;
  int64_t dims[RANK_MAX];
  unsigned t; // the widest dtype so far, DT_none: none
};

static void widen(struct shape *s, unsigned t) {
  if (s->t == DT_none || t > s->t) s->t = t;
}

// What one element is, and what it would be a tensor of.
static bool element_type(interpreter *in, const item *x, unsigned *t) {
  switch ((item_kind)x->kind) {
  case ITEM_bool: return *t = DT_bool, true;
  case ITEM_int: return *t = DT_int64, true;
  case ITEM_float: return *t = in->s->ag.default_dtype, true;
  case ITEM_tensor:
    if (tensor_numel(&x->v->t) != 1)
      return raise_value(in, "only one element tensors can be converted to Python scalars");
    return *t = x->v->t.dtype, true;
  case ITEM_text: return raise_value(in, "too many dimensions 'str'");
  case ITEM_none: return raise_as(in, ERR_bad_argument, "RuntimeError", "Could not infer dtype of NoneType");
  default: return raise_as(in, ERR_bad_argument, "RuntimeError", "Could not infer dtype of %s", item_type(x));
  }
}

// The sizes that the first elements have; the others are measured against them.
static bool measure(interpreter *in, const item *x, struct shape *s) {
  for (const item *at = x; item_is_list(at); at = &item_list(at)->at[0]) {
    if (s->rank == RANK_MAX)
      return raise_value(in, "too many dimensions: at most %d are supported", RANK_MAX);
    s->dims[s->rank++] = (int64_t)item_list(at)->n;
    if (!item_list(at)->n) break;
  }
  return true;
}

static bool check(interpreter *in, const item *x, int depth, struct shape *s) {
  unsigned t = DT_none;
  if (!spend(in, 10)) return false;
  if (depth == s->rank) {
    if (item_is_list(x)) return raise_value(in, "expected a number, got a list at dim %d", depth);
    if (!element_type(in, x, &t)) return false;
    return widen(s, t), true;
  }
  if (!item_is_list(x)) return raise_type(in, "expected a sequence at dim %d, got %s", depth, item_type(x));
  if ((int64_t)item_list(x)->n != s->dims[depth])
    return raise_value(in, "expected sequence of length %lld at dim %d (got %zu)", (long long)s->dims[depth],
                       depth, item_list(x)->n);
  for (size_t i = 0; i < item_list(x)->n; i++)
    if (!check(in, &item_list(x)->at[i], depth + 1, s)) return false;
  return true;
}

static void write(char **to, unsigned t, const item *x) {
  item number = x->kind == ITEM_tensor ? tensor_scalar(x->v, 0) : *x;
  double d = item_double(&number);
  switch (t) {
  case DT_bool: *(bool *)*to = d != 0; break;
  case DT_int64: {
    int64_t i = number.kind == ITEM_float ? f64_to_i64(d) : number.i;
    memcpy(*to, &i, sizeof i);
    break;
  }
  case DT_float32: {
    float f = (float)d;
    memcpy(*to, &f, sizeof f);
    break;
  }
  default: memcpy(*to, &d, sizeof d);
  }
  *to += dtype_size((dtype)t);
}

static void fill(char **to, unsigned t, const item *x) {
  if (!item_is_list(x)) {
    write(to, t, x);
    return;
  }
  for (size_t i = 0; i < item_list(x)->n; i++) fill(to, t, &item_list(x)->at[i]);
}

bool literal_tensor(interpreter *in, item data, unsigned want, var **out) {
  autograd *a = &in->s->ag;
  struct shape s = {.t = DT_none};
  tensor t;
  list *whole;
  if (data.kind == ITEM_tensor) {
    if (!spend_on(in, (size_t)tensor_numel(&data.v->t), 2)) return false;
    if (!tensor_clone(&a->ctx, &t, &data.v->t, want == DT_none ? (dtype)data.v->t.dtype : (dtype)want))
      return false;
    return (*out = scope_own(a, var_new(a, t))) != NULL;
  }
  if (data.kind == ITEM_text) return raise_type(in, "new(): invalid data type 'str'");
  if (data.kind == ITEM_range) {
    if (!item_iterate(in, data, &whole)) return false;
    data = item_object(whole);
  }
  if (!measure(in, &data, &s) || !check(in, &data, 0, &s)) return false;
  if (want == DT_none) want = s.t == DT_none ? in->s->ag.default_dtype : s.t;
  if (!tensor_new_sizes(&a->ctx, &t, (dtype)want, s.rank, s.dims)) return false;
  char *to = tensor_data(&t);
  if (tensor_numel(&t)) fill(&to, want, &data);
  return (*out = scope_own(a, var_new(a, t))) != NULL;
}

// ---- where its numbers are written

static bool is_literal_list(const expr *e) { return e->kind == EXPR_list || e->kind == EXPR_tuple; }

// The argument `data` of the call that runs; NULL: it is none that says so.
static const expr *written_data(const expr *call) {
  unsigned positional = (unsigned)(call->n_list - call->n_keywords);
  for (unsigned i = 0; i < call->n_keywords; i++)
    if (call->keywords[i].n == 4 && !memcmp(call->keywords[i].text, "data", 4))
      return call->list[positional + i];
  return positional == 1 ? call->list[0] : NULL;
}

static bool written_number(const expr *e, source_span *out) {
  const expr *digits = e->kind == EXPR_unary ? e->left : e;
  bool number = digits->kind == EXPR_int || digits->kind == EXPR_float;
  if (!number || !e->written || !digits->written) return false;
  *out = (source_span){e->at.line, e->at.column, digits->at.line, digits->at.column + digits->written};
  return true;
}

size_t literal_numbers(const interpreter *in, const var *v, source_span out[LITERALS]) {
  const layout *l = v->t.layout;
  const expr *data = in->program == in->own && in->called ? written_data(in->called) : NULL;
  if (!data || l->numel > LITERALS) return 0;
  for (int64_t i = 0; i < l->numel; i++) {
    const expr *at = data;
    int64_t rest = i, below = l->numel;
    for (int d = 0; d < l->rank; d++) { // down to the element
      if (!is_literal_list(at) || at->n_list != l->dims[d]) return 0;
      below /= l->dims[d];
      at = at->list[rest / below];
      rest %= below;
    }
    if (!written_number(at, &out[i])) return 0;
  }
  return (size_t)l->numel;
}
