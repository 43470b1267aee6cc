// copy.c - copying, converting and filling.
#include "tensor/iter.h"
#include <string.h>

#define TO_BOOL(x) ((x) != 0)
#define TO_INT(x)                                                                                            \
  _Generic((x), float : f64_to_i64((double)(x)), double : f64_to_i64((double)(x)), default : (int64_t)(x))
#define TO_FLOAT(x)  ((float)(x))
#define TO_DOUBLE(x) ((double)(x))

#define COPY(from, FROM, to, TO, convert)                                                                    \
  static void copy_##from##_##to(char *const *p, const int64_t *s, int64_t n, const void *unused) {          \
    (void)unused;                                                                                            \
    if (s[0] == sizeof(TO) && s[1] == sizeof(FROM)) {                                                        \
      TO *out = (TO *)(void *)p[0];                                                                          \
      const FROM *in = (const FROM *)(const void *)p[1];                                                     \
      for (int64_t i = 0; i < n; i++) out[i] = convert(in[i]);                                               \
    } else                                                                                                   \
      for (int64_t i = 0; i < n; i++)                                                                        \
        *(TO *)(void *)(p[0] + i * s[0]) = convert(*(const FROM *)(const void *)(p[1] + i * s[1]));          \
  }
#define COPIES(from, FROM)                                                                                   \
  COPY(from, FROM, bool, bool, TO_BOOL)                                                                      \
  COPY(from, FROM, int64, int64_t, TO_INT)                                                                   \
  COPY(from, FROM, float32, float, TO_FLOAT)                                                                 \
  COPY(from, FROM, float64, double, TO_DOUBLE)
COPIES(bool, bool)
COPIES(int64, int64_t)
COPIES(float32, float)
COPIES(float64, double)

#define LOOPS(from)                                                                                          \
  { copy_##from##_bool, copy_##from##_int64, copy_##from##_float32, copy_##from##_float64 }
static iter_loop *const COPY_LOOPS[DT_COUNT][DT_COUNT] = {
#define DTYPE(name, type, word, npy, kind) [DT_##name] = LOOPS(name),
    DTYPES
#undef DTYPE
};

static bool same_bytes_other_walk(const tensor *a, const tensor *b) {
  return storage_root(a->storage) == storage_root(b->storage) &&
         !(a->offset == b->offset && layout_same_dims(a->layout, b->layout) &&
           !memcmp(layout_strides(a->layout), layout_strides(b->layout), a->layout->rank * sizeof(int64_t)));
}

bool tensor_copy(ctx *c, const tensor *dst, const tensor *src) {
  tensor apart = {0};
  if (same_bytes_other_walk(dst, src)) { // x[1:] = x[:-1]: read everything before writing anything
    if (!tensor_clone(c, &apart, src, (dtype)src->dtype)) return false;
    src = &apart;
  }
  bool ok;
  if (src->dtype == dst->dtype && src->layout->contiguous && dst->layout->contiguous &&
      src->layout->numel == dst->layout->numel) {
    memcpy(tensor_data(dst), tensor_data(src), (size_t)dst->layout->numel * dtype_size((dtype)dst->dtype));
    ok = true;
  } else
    ok = iter_run(c, COPY_LOOPS[src->dtype][dst->dtype], dst, 1, &src, NULL);
  tensor_drop(&apart);
  return ok;
}

bool tensor_clone(ctx *c, tensor *out, const tensor *of, dtype t) {
  tensor fresh;
  bool ok = of->layout->contiguous ? tensor_new(c, &fresh, t, of->layout)
                                   : tensor_new_sizes(c, &fresh, t, of->layout->rank, of->layout->dims);
  if (!ok) return false;
  if (!tensor_copy(c, &fresh, of)) {
    tensor_drop(&fresh);
    return false;
  }
  *out = fresh;
  return true;
}

bool tensor_contiguous(ctx *c, tensor *out, const tensor *of, dtype t) {
  if (!of->layout->contiguous || of->dtype != t) return tensor_clone(c, out, of, t);
  *out = tensor_ref(of);
  return true;
}

bool tensor_fill(ctx *c, const tensor *dst, scalar value) {
  union {
    storage head;
    char bytes[sizeof(storage) + sizeof(double)];
  } room;
  room.head = (storage){.refs = 1, .nbytes = sizeof(double), .data = room.bytes + sizeof(storage)};
  tensor one = {&room.head, &LAYOUT_SCALAR, 0, value.kind == SCALAR_float ? DT_float64 : DT_int64};
  if (value.kind == SCALAR_float)
    memcpy(room.head.data, &value.d, sizeof value.d);
  else
    memcpy(room.head.data, &value.i, sizeof value.i);
  const tensor *src = &one;
  return iter_run(c, COPY_LOOPS[one.dtype][dst->dtype], dst, 1, &src, NULL);
}

// ---- writing in place

// Dims in some order lie in memory without gaps, and no element twice.
static bool is_dense(const layout *l) {
  const int64_t *dims = l->dims, *strides = layout_strides(l);
  int64_t step = 1;
  unsigned left = 0;
  for (int i = 0; i < l->rank; i++) left |= dims[i] != 1 ? 1u << i : 0;
  while (left) {
    int next = -1;
    for (int i = 0; i < l->rank && next < 0; i++)
      if (left & 1u << i && strides[i] == step) next = i;
    if (next < 0) return false;
    step *= dims[next];
    left &= ~(1u << next);
  }
  return true;
}

// The first byte and the one behind the last that t may touch.
static void extent(const tensor *t, const char **from, const char **to) {
  int64_t low = 0, high = 0, size = (int64_t)dtype_size((dtype)t->dtype);
  for (int i = 0; i < t->layout->rank; i++) {
    int64_t reach = (t->layout->dims[i] - 1) * layout_strides(t->layout)[i];
    *(reach < 0 ? &low : &high) += reach;
  }
  *from = (const char *)tensor_data(t) + low * size;
  *to = (const char *)tensor_data(t) + (high + 1) * size;
}

overlap tensor_overlap(const tensor *a, const tensor *b) {
  const char *a0, *a1, *b0, *b1;
  if (a->layout->numel == 0 || b->layout->numel == 0 || storage_root(a->storage) != storage_root(b->storage))
    return OVERLAP_none;
  extent(a, &a0, &a1);
  extent(b, &b0, &b1);
  if (a1 <= b0 || b1 <= a0) return OVERLAP_none;
  if (!same_bytes_other_walk(a, b)) return OVERLAP_full;
  return is_dense(a->layout) && is_dense(b->layout) ? OVERLAP_partial : OVERLAP_unknown;
}

bool overlap_refused(fault *f) {
  return fail(
      f, ERR_view_inplace,
      "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
      "memory location. Please clone() the tensor before performing the operation.");
}
