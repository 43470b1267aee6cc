#include "base/mem.h"
#include "tensor/tensor.h"
#include <stdio.h>
#include <string.h>

layout LAYOUT_SCALAR = {.refs = 0, .rank = 0, .contiguous = true, .numel = 1};

static layout *layout_alloc(ctx *c, int rank) {
  layout *l = mem_alloc(sizeof *l + (size_t)rank * 2 * sizeof(int64_t));
  if (!l) {
    fail(&c->fault, ERR_out_of_memory, "no memory for the sizes of a tensor");
    return NULL;
  }
  l->refs = 1;
  l->rank = (uint8_t)rank;
  return l;
}

// The number of elements; false when rank, a size or the product is out of range.
static bool count(ctx *c, int rank, const int64_t *dims, int64_t *numel) {
  if (rank < 0 || rank > RANK_MAX)
    return fail_as(&c->fault, ERR_bad_argument, "RuntimeError",
                   "a tensor of %d dimensions is not supported: at most %d", rank, RANK_MAX);
  bool empty = false, fits = true;
  int64_t n = 1;
  for (int i = 0; i < rank; i++) {
    if (dims[i] < 0)
      return fail(&c->fault, ERR_shape_mismatch, "Trying to create tensor with negative dimension %lld: %s",
                  (long long)dims[i], ints_text(rank, dims));
    empty |= dims[i] == 0;
    fits = fits && __builtin_mul_overflow(n, dims[i] ? dims[i] : 1, &n) == 0;
  }
  if (!fits || n > INT64_MAX / 16)
    return fail(&c->fault, ERR_quota_exceeded, "a tensor of size %s has more elements than can be addressed",
                ints_text(rank, dims));
  *numel = empty ? 0 : n;
  return true;
}

// With the sizes alone, taken for contiguous; rank > 0.
static layout *sized(ctx *c, int rank, const int64_t *dims) {
  int64_t numel = 0;
  layout *l = count(c, rank, dims, &numel) ? layout_alloc(c, rank) : NULL;
  if (!l) return NULL;
  l->numel = numel;
  l->contiguous = true;
  memcpy(l->dims, dims, (size_t)rank * sizeof *dims);
  return l;
}

layout *layout_new(ctx *c, int rank, const int64_t *dims) {
  int64_t step = 1;
  if (rank == 0) return &LAYOUT_SCALAR;
  layout *l = sized(c, rank, dims);
  if (!l) return NULL;
  for (int i = rank - 1; i >= 0; i--) {
    l->dims[rank + i] = step;
    if (dims[i] > 1) step *= dims[i];
  }
  return l;
}

layout *layout_strided(ctx *c, int rank, const int64_t *dims, const int64_t *strides) {
  int64_t step = 1;
  if (rank == 0) return &LAYOUT_SCALAR;
  layout *l = sized(c, rank, dims);
  if (!l) return NULL;
  memcpy(l->dims + rank, strides, (size_t)rank * sizeof *strides);
  for (int i = rank - 1; i >= 0; i--) {
    if (dims[i] != 1 && strides[i] != step) l->contiguous = l->numel == 0;
    step *= dims[i];
  }
  return l;
}

void layout_unref(layout *l) {
  if (l && l->refs && --l->refs == 0) mem_free(l);
}

bool layout_same_dims(const layout *a, const layout *b) {
  return a == b || (a->rank == b->rank && !memcmp(a->dims, b->dims, a->rank * sizeof *a->dims));
}

const char *ints_text(int n, const int64_t *v) {
  static _Thread_local char ring[4][RANK_MAX * 22 + 4];
  static _Thread_local unsigned turn;
  char *s = ring[turn++ % 4], *p = s;
  *p++ = '[';
  for (int i = 0; i < n && i < RANK_MAX; i++) p += sprintf(p, "%s%lld", i ? ", " : "", (long long)v[i]);
  *p++ = ']';
  *p = 0;
  return s;
}

const char *layout_text(const layout *l) { return ints_text(l->rank, l->dims); }

bool dim_wrap(ctx *c, int64_t *dim, int rank) {
  int64_t n = rank ? rank : 1;
  if (*dim < -n || *dim >= n)
    return fail(&c->fault, ERR_index_out_of_range,
                "Dimension out of range (expected to be in range of [%lld, %lld], but got %lld)",
                (long long)-n, (long long)(n - 1), (long long)*dim);
  if (*dim < 0) *dim += n;
  return true;
}

bool dims_mask(ctx *c, const ints *dims, int rank, unsigned *mask) {
  *mask = 0;
  if (dims->n <= 0) { // not given, or []: all of them, as PyTorch's sum does
    *mask = (1u << rank) - 1;
    return true;
  }
  for (int i = 0; i < dims->n; i++) {
    int64_t d = dims->v[i];
    if (!dim_wrap(c, &d, rank)) return false;
    if (*mask & 1u << d)
      return fail_as(&c->fault, ERR_bad_argument, "RuntimeError",
                     "dim %lld appears multiple times in the list of dims", (long long)d);
    *mask |= 1u << d;
  }
  return true;
}

bool broadcast_sizes(ctx *c, int n, const layout *const *layouts, ints *out) {
  out->n = 0;
  for (int k = 0; k < n; k++)
    if (layouts[k]->rank > out->n) out->n = layouts[k]->rank;
  for (int i = 0; i < out->n; i++) out->v[i] = 1;
  for (int k = 0; k < n; k++) {
    const layout *l = layouts[k];
    for (int i = 0; i < l->rank; i++) {
      int at = out->n - l->rank + i;
      if (l->dims[i] == 1 || l->dims[i] == out->v[at]) continue;
      if (out->v[at] != 1)
        return fail(&c->fault, ERR_shape_mismatch,
                    "The size of tensor a (%lld) must match the size of tensor b (%lld) at non-singleton "
                    "dimension %d",
                    (long long)out->v[at], (long long)l->dims[i], at);
      out->v[at] = l->dims[i];
    }
  }
  return true;
}
