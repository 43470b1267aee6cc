#include "ops/sample.h"
#include "autograd/ops.h"
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

// ---- reading. Words are parsed in place: a token ends at a space, and inside brackets at a comma.

struct reader {
  sample *s;
  const char *p;
  uint64_t random;
};

static double between(struct reader *r, double lo, double hi) { // multiples of 1/1024: exact in float32 too
  r->random = r->random * 6364136223846793005u + 1442695040888963407u;
  double unit = (double)(r->random >> 40) * 0x1p-24, x = lo + (hi - lo) * unit;
  return (double)(int64_t)(x * 1024) / 1024;
}

static void read_tensor(struct reader *r, value *at) {
  sample_tensor *t = &r->s->tensors[r->s->n_tensors++];
  cr_assert(r->s->n_tensors <= SAMPLE_TENSORS);
  int64_t below = 2;
  *t = (sample_tensor){.kind = *r->p++, .numel = 1, .at = at};
  for (r->p++; *r->p != ']'; r->p += *r->p == ',') {
    t->dims[t->rank] = strtoll(r->p, (char **)(uintptr_t)&r->p, 10);
    t->numel *= t->dims[t->rank++];
  }
  r->p++;
  if (*r->p == '<') below = strtoll(r->p + 1, (char **)(uintptr_t)&r->p, 10);
  cr_assert(t->numel <= SAMPLE_NUMEL);
  bool real = t->kind == 'f' || t->kind == 'c';
  double lo = real ? OPS[r->s->op].lo : 0, hi = real ? OPS[r->s->op].hi : (double)below;
  for (int64_t i = 0; i < t->numel; i++) t->data[i] = between(r, lo, hi);
  for (int64_t i = 0; !real && i < t->numel; i++) t->data[i] = (double)(int64_t)t->data[i];
  *at = (value){.kind = VALUE_var};
}

static bool ends(char c) { return !c || strchr(" ;,])", c); }

static bool is_tensor(const char *p) { return strchr("fcib", p[0]) && p[1] == '['; }

static void read_word(struct reader *r, value *v) {
  const char *from = r->p;
  char *end;
  if (*from == '"') {
    r->p = strchr(from + 1, '"') + 1;
    *v = value_text(from + 1, (size_t)(r->p - from - 2));
    return;
  }
  while (!ends(*r->p)) r->p++;
  size_t n = (size_t)(r->p - from);
  if (n == 4 && !memcmp(from, "null", 4))
    *v = (value){.kind = VALUE_none};
  else if ((n == 4 && !memcmp(from, "true", 4)) || (n == 5 && !memcmp(from, "false", 5)))
    *v = (value){VALUE_bool, {.i = *from == 't'}};
  else if (memchr(from, '.', n))
    *v = (value){.kind = VALUE_float, .d = strtod(from, &end)};
  else if (isdigit((unsigned char)from[n - 1])) {
    *v = value_int(strtoll(from, &end, 10));
    if (end != r->p) *v = value_text(from, n); // float32
  } else
    *v = value_text(from, n);
}

static void read_argument(struct reader *r, value *v) {
  if (is_tensor(r->p)) {
    read_tensor(r, v);
    return;
  }
  if (*r->p != '[' && *r->p != '(') {
    read_word(r, v);
    return;
  }
  value *items = r->s->lists[r->s->n_lists++];
  unsigned n = 0;
  for (r->p++; *r->p != ']' && *r->p != ')'; n++, r->p += *r->p == ',') {
    cr_assert(n < SAMPLE_ITEMS);
    if (is_tensor(r->p))
      read_tensor(r, &items[n]);
    else
      read_word(r, &items[n]);
  }
  r->p++;
  *v = value_list(items, n);
}

bool sample_read(sample *s, unsigned op, const char **p) {
  struct reader r = {s, *p + strspn(*p, "; "), op * 977 + strlen(*p)};
  const char *from = r.p;
  if (!*from) return false;
  s->op = op;
  s->n_tensors = s->n_args = s->n_kw = s->n_lists = 0;
  for (; *r.p && *r.p != ';'; r.p += strspn(r.p, " ")) {
    size_t n = strspn(r.p, "abcdefghijklmnopqrstuvwxyz_");
    cr_assert(s->n_args < SAMPLE_ARGS && s->n_kw < SAMPLE_ARGS);
    if (n && r.p[n] == '=') {
      keyword *k = &s->kw[s->n_kw++];
      *k = (keyword){.name = r.p, .n = n};
      r.p += n + 1;
      read_argument(&r, &k->value);
    } else
      read_argument(&r, &s->args[s->n_args++]);
    cr_assert(!*r.p || *r.p == ' ' || *r.p == ';', "%s: cannot read %s", OPS[op].id, r.p);
  }
  size_t n = (size_t)(r.p - from);
  cr_assert(n < sizeof s->text);
  memcpy(s->text, from, n);
  s->text[n] = 0;
  *p = r.p;
  return true;
}

// ---- making

static bool fill(ctx *c, const tensor *t, const double *data) {
  for (int64_t i = 0; i < t->layout->numel; i++) {
    int64_t at = t->offset, rest = i;
    for (int d = t->layout->rank - 1; d >= 0; rest /= t->layout->dims[d--])
      at += rest % t->layout->dims[d] * layout_strides(t->layout)[d];
    tensor one;
    if (!tensor_view_as(c, &one, t, 0, NULL, NULL, at) || !tensor_fill(c, &one, scalar_float(data[i])))
      return false;
    tensor_drop(&one);
  }
  return true;
}

static bool make(ctx *c, tensor *out, const sample_tensor *t, dtype as, bool gapped) {
  if (!gapped || !t->rank) return tensor_new_sizes(c, out, as, t->rank, t->dims);
  int64_t strides[RANK_MAX], room = 2;
  for (int d = 0; d < t->rank; d++) {
    strides[d] = room;
    room *= t->dims[d] ? t->dims[d] : 1;
  }
  tensor all;
  if (!tensor_new_sizes(c, &all, as, 1, &room)) return false;
  bool ok = tensor_view_as(c, out, &all, t->rank, t->dims, strides, 1);
  tensor_drop(&all);
  return ok;
}

bool sample_run(const sample *s, session *in, sample_how how, var **leaf, var **out, unsigned *n_out) {
  autograd *a = &in->ag;
  bool writes = how.inplace || OPS[s->op].flags & ROW_writes;
  for (unsigned i = 0; i < s->n_tensors; i++) {
    const sample_tensor *t = &s->tensors[i];
    tensor fresh;
    dtype as = t->kind == 'i' ? DT_int64 : t->kind == 'b' ? DT_bool : how.dtype;
    if (!make(&a->ctx, &fresh, t, as, how.gapped) || !fill(&a->ctx, &fresh, t->data)) return false;
    if (!(leaf[i] = scope_own(a, var_new(a, fresh)))) return false;
    if (t->kind == 'f' && !how.plain && !var_set_requires_grad(a, leaf[i], true)) return false;
    t->at->v = i == 0 && writes ? op_clone(a, leaf[i]) : leaf[i];
    if (!t->at->v) return false;
  }
  bound b;
  bool ok = bind_row(in, s->op, how.inplace, s->args, s->n_args, s->kw, s->n_kw, &b) &&
            bound_run(in, &b, out, SAMPLE_OUTPUTS, n_out);
  bound_finish(&b);
  return ok;
}
