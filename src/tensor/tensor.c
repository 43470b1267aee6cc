#include "tensor/tensor.h"
#include "base/mem.h"
#include <string.h>

// ---- storage

struct alias { // a storage whose bytes belong to another one
  storage head;
  storage *of;
};

struct adopted { // a storage whose bytes are part of a block of their own
  storage head;
  void *block;
};

storage *storage_new(ctx *c, size_t nbytes) {
  size_t total;
  bool fits = size_add(sizeof(storage), nbytes, &total);
  if (fits && !budget_charge(c->budget, total, &c->fault)) return NULL; // the reason that a user can change
  if (!fits || nbytes >> 40) {
    if (fits) budget_release(c->budget, total);
    fail(&c->fault, ERR_quota_exceeded, "a tensor of %zu bytes is more than can be addressed", nbytes);
    return NULL;
  }
  storage *s = mem_alloc(total);
  if (!s) {
    budget_release(c->budget, total);
    fail(&c->fault, ERR_out_of_memory, "no memory for a tensor of %zu bytes", nbytes);
    return NULL;
  }
  *s = (storage){.refs = 1, .nbytes = nbytes, .kind = STORAGE_inline, .budget = c->budget, .data = s + 1};
  return s;
}

storage *storage_adopt(ctx *c, char **block, void *data, size_t nbytes) {
  size_t total;
  if (!size_add(sizeof(storage), nbytes, &total) || !budget_charge(c->budget, total, &c->fault)) return NULL;
  struct adopted *a = mem_alloc(sizeof *a);
  if (!a) {
    budget_release(c->budget, total);
    fail(&c->fault, ERR_out_of_memory, "no memory for a tensor of %zu bytes", nbytes);
    return NULL;
  }
  a->head =
      (storage){.refs = 1, .nbytes = nbytes, .kind = STORAGE_adopted, .budget = c->budget, .data = data};
  a->block = *block;
  *block = NULL;
  return &a->head;
}

storage *storage_alias(ctx *c, storage *of) {
  struct alias *a = mem_alloc(sizeof *a);
  if (!a) {
    fail(&c->fault, ERR_out_of_memory, "no memory for an alias of a tensor");
    return NULL;
  }
  a->head = (storage){
      .refs = 1, .nbytes = of->nbytes, .kind = STORAGE_alias, .budget = of->budget, .data = of->data};
  a->of = storage_ref(of);
  return &a->head;
}

void storage_wrote(storage *s) {
  s->version++;
  while (s->kind == STORAGE_alias) {
    s = ((struct alias *)s)->of;
    s->raw_writes++;
  }
}

const storage *storage_root(const storage *s) {
  while (s->kind == STORAGE_alias) s = ((const struct alias *)s)->of;
  return s;
}

void storage_free(storage *s) {
  for (bool last = true; last;) {
    storage *of = s->kind == STORAGE_alias ? ((struct alias *)s)->of : NULL;
    if (!of) budget_release(s->budget, sizeof *s + s->nbytes);
    if (s->kind == STORAGE_adopted) mem_free(((struct adopted *)s)->block);
    mem_free(s);
    s = of;
    last = s && !--s->refs;
  }
}

// ---- tensor

bool tensor_new(ctx *c, tensor *out, dtype t, layout *l) {
  storage *s = storage_new(c, (size_t)l->numel * dtype_size(t));
  if (!s) return false;
  *out = (tensor){s, layout_ref(l), 0, (uint8_t)t};
  return true;
}

bool tensor_new_sizes(ctx *c, tensor *out, dtype t, int rank, const int64_t *dims) {
  layout *l = layout_new(c, rank, dims);
  bool ok = l && tensor_new(c, out, t, l);
  layout_unref(l);
  return ok;
}

bool tensor_of_bytes(ctx *c, tensor *out, dtype t, layout *l, const char *bytes, char **block) {
  enum { WORTH = 1 << 20 };
  size_t size = dtype_size(t), n = (size_t)l->numel * size;
  if (block && n >= WORTH && (uintptr_t)bytes % size == 0) {
    storage *s = storage_adopt(c, block, (void *)(uintptr_t)bytes, n);
    if (s) *out = (tensor){s, layout_ref(l), 0, (uint8_t)t};
    return s != NULL;
  }
  if (!tensor_new(c, out, t, l)) return false;
  if (n) memcpy(tensor_data(out), bytes, n);
  return true;
}

void tensor_drop(tensor *t) {
  storage_unref(t->storage);
  layout_unref(t->layout);
  *t = (tensor){0};
}

scalar tensor_read(const tensor *t, int64_t i) {
  const int64_t *dims = t->layout->dims, *strides = layout_strides(t->layout);
  int64_t at = t->offset;
  for (int d = t->layout->rank - 1; d >= 0; d--) {
    at += i % dims[d] * strides[d];
    i /= dims[d];
  }
  switch ((dtype)t->dtype) {
  case DT_bool: return (scalar){SCALAR_bool, {.i = ((bool *)t->storage->data)[at]}};
  case DT_int64: return scalar_int(((int64_t *)t->storage->data)[at]);
  case DT_float32: return scalar_float((double)((float *)t->storage->data)[at]);
  default: return scalar_float(((double *)t->storage->data)[at]);
  }
}

bool tensor_overlaps_itself(const tensor *t) {
  const int64_t *dims = t->layout->dims, *strides = layout_strides(t->layout);
  for (int i = 0; i < t->layout->rank; i++)
    if (strides[i] == 0 && dims[i] > 1) return t->layout->numel > 0;
  return false;
}

bool tensor_view_as(ctx *c, tensor *out, const tensor *of, int rank, const int64_t *dims,
                    const int64_t *strides, int64_t offset) {
  layout *l = layout_strided(c, rank, dims, strides);
  if (!l) return false;
  *out = (tensor){storage_ref(of->storage), l, offset, of->dtype};
  return true;
}

// Strides that walk the same elements in the same order under new sizes; false when there are none.
static bool restride(const layout *l, int rank, const int64_t *dims, int64_t *strides) {
  const int64_t *old = l->dims, *step = layout_strides(l);
  if (l->numel == 0) {
    int64_t s = 1;
    bool fits = true;
    for (int i = rank - 1; i >= 0; i--)
      strides[i] = s, fits = fits && i64_mul(s, dims[i] > 1 ? dims[i] : 1, &s);
    return fits;
  }
  int at = rank - 1;
  int64_t chunk_stride = l->rank ? step[l->rank - 1] : 1, chunk = 1, filled = 1;
  for (int i = l->rank - 1; i >= 0; i--) { // a chunk: old dims that lie in memory like one
    chunk *= old[i];
    if (i > 0 && (old[i - 1] == 1 || step[i - 1] == chunk * chunk_stride)) continue;
    while (at >= 0 && (filled < chunk || dims[at] == 1)) {
      strides[at] = filled * chunk_stride;
      filled *= dims[at--];
    }
    if (filled != chunk) return false;
    if (i > 0) chunk_stride = step[i - 1], chunk = filled = 1;
  }
  for (; at >= 0; at--) strides[at] = 1; // rank-0 source: every new size is 1
  return true;
}

bool tensor_view_sizes(ctx *c, tensor *out, const tensor *of, int rank, const int64_t *dims, bool must) {
  int64_t strides[RANK_MAX];
  if (restride(of->layout, rank, dims, strides))
    return tensor_view_as(c, out, of, rank, dims, strides, of->offset);
  if (must)
    fail(&c->fault, ERR_shape_mismatch,
         "view size is not compatible with input tensor's size and stride (at least one dimension spans "
         "across two "
         "contiguous subspaces). Use .reshape(...) instead.");
  return false;
}
