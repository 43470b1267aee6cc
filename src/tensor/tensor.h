// tensor.h - strided n-dimensional arrays: storage, layout, and the two together. Knows nothing of gradients.
//
// A tensor is a small value (copy it freely, with tensor_ref when the copy must live on). It points to
// counted bytes (storage) and to a counted, immutable description of how to walk them (layout). Counts are
// not atomic: a session is only ever touched by one thread at a time.
#pragma once
#include "base/ctx.h"
#include "tensor/dtype.h"

enum { RANK_MAX = 8 };

// A short list of sizes, dims or indices. n == -1 stands for "not given".
typedef struct ints {
  int n;
  int64_t v[RANK_MAX];
} ints;
static inline ints ints_none(void) { return (ints){.n = -1}; }

// ---- layout: sizes and strides (in elements). Immutable, shared; refs 0 = static.
typedef struct layout {
  uint32_t refs;
  uint8_t rank;
  bool contiguous; // row-major without gaps (also when numel is 0 or 1)
  int64_t numel;
  int64_t dims[]; // rank sizes, then rank strides
} layout;
static inline const int64_t *layout_strides(const layout *l) { return l->dims + l->rank; }
extern layout LAYOUT_SCALAR; // rank 0

// layout_new gives a contiguous layout. Fails (NULL, fault in c) on rank > RANK_MAX, a negative size, a
// product beyond 2^63, or lack of memory.
layout *layout_new(ctx *c, int rank, const int64_t *dims);
// layout_strided gives any layout; the caller has made sure that it stays inside its storage.
layout *layout_strided(ctx *c, int rank, const int64_t *dims, const int64_t *strides);
static inline layout *layout_ref(layout *l) {
  if (l->refs) l->refs++;
  return l;
}
void layout_unref(layout *l); // NULL is fine
bool layout_same_dims(const layout *a, const layout *b);
static inline ints layout_sizes(const layout *l) {
  ints s = {.n = l->rank};
  for (int i = 0; i < l->rank; i++) s.v[i] = l->dims[i];
  return s;
}
// "[2, 3]" for messages. The text lives in a small ring of per-thread buffers: good for one message.
const char *layout_text(const layout *l);
const char *ints_text(int n, const int64_t *v);

// ---- storage: counted bytes with one version counter for a family (base, views, detached aliases).
typedef struct storage {
  uint32_t refs;
  uint32_t version;         // +1 for each in-place write; what autograd compares
  uint64_t nbytes : 40;     // room for 1 TiB
  uint64_t raw_writes : 22; // writes that bypassed the version counter (.data); only ever compared
  uint64_t kind : 2;        // enum below
  budget *budget;           // charged with nbytes and the header; borrowed, outlives the storage
  void *data;
} storage;
enum { STORAGE_inline, STORAGE_alias, STORAGE_adopted };

// storage_new gives uninitialised bytes, charged to c->budget.
storage *storage_new(ctx *c, size_t nbytes);
// storage_adopt makes a storage of memory that is there already: nbytes at `data` inside *block, which mem.h
// gave. On success the block is the storage's own, and *block NULL.
storage *storage_adopt(ctx *c, char **block, void *data, size_t nbytes);
// storage_alias gives a second family over the same bytes: its own version counter (PyTorch's `.data`).
storage *storage_alias(ctx *c, storage *of);
// storage_wrote counts an in-place write: in the version of this family, and as a raw write in those it is an
// alias of.
void storage_wrote(storage *s);
const storage *storage_root(const storage *s); // the storage whose bytes these are
static inline storage *storage_ref(storage *s) { return s->refs++, s; }
void storage_free(storage *s);                 // whose last reference is gone
static inline void storage_unref(storage *s) { // NULL is fine
  if (s && !--s->refs) storage_free(s);
}

// ---- tensor
typedef struct tensor {
  storage *storage;
  layout *layout;
  int64_t offset; // elements from the start of the storage
  uint8_t dtype;  // enum dtype
} tensor;

// tensor_new gives an uninitialised contiguous tensor; `l` (contiguous) is borrowed and shared.
bool tensor_new(ctx *c, tensor *out, dtype t, layout *l);
// The same for fresh sizes.
bool tensor_new_sizes(ctx *c, tensor *out, dtype t, int rank, const int64_t *dims);
// tensor_of_bytes copies the elements from `bytes`, or, where they are many and lie well, makes a tensor of
// the memory itself: *block, in which they are, is then taken over (see storage_adopt). block NULL: always
// copies.
bool tensor_of_bytes(ctx *c, tensor *out, dtype t, layout *l, const char *bytes, char **block);
static inline tensor tensor_ref(const tensor *t) {
  storage_ref(t->storage);
  layout_ref(t->layout);
  return *t;
}
void tensor_drop(tensor *t); // unrefs and zeroes; a zeroed tensor is fine
static inline void *tensor_data(const tensor *t) {
  return (char *)t->storage->data + t->offset * (int64_t)dtype_size((dtype)t->dtype);
}
static inline int64_t tensor_numel(const tensor *t) { return t->layout->numel; }
static inline int tensor_rank(const tensor *t) { return t->layout->rank; }
// tensor_read gives element i (in row-major order of the view) as a Python number.
scalar tensor_read(const tensor *t, int64_t i);
// True when two elements of the view may be the same memory (expand): such a view cannot be written.
bool tensor_overlaps_itself(const tensor *t);

// ---- views: share the storage. `out` is written only on success.
bool tensor_view_as(ctx *c, tensor *out, const tensor *of, int rank, const int64_t *dims,
                    const int64_t *strides, int64_t offset);
// tensor_view_sizes: PyTorch's view(): new sizes over the same strides when they are compatible. `must` =
// false returns false without a fault when only a copy would do.
bool tensor_view_sizes(ctx *c, tensor *out, const tensor *of, int rank, const int64_t *dims, bool must);

// ---- copying
// tensor_copy writes src (broadcast to dst's sizes) into dst, converting the dtype. Handles overlap.
bool tensor_copy(ctx *c, const tensor *dst, const tensor *src);
// tensor_contiguous gives a contiguous tensor of dtype t: of itself, by reference, when it is one already.
bool tensor_contiguous(ctx *c, tensor *out, const tensor *of, dtype t);
// tensor_clone always copies.
bool tensor_clone(ctx *c, tensor *out, const tensor *of, dtype t);
bool tensor_fill(ctx *c, const tensor *dst, scalar value);

// ---- writing in place
// How the memory of two tensors meets. full: the same elements in the same order. unknown: they may share
// some, and one of them has gaps.
typedef enum overlap { OVERLAP_none, OVERLAP_full, OVERLAP_partial, OVERLAP_unknown } overlap;
overlap tensor_overlap(const tensor *a, const tensor *b);
bool overlap_refused(fault *f); // view_inplace, in PyTorch's words

// ---- dims: wraps negative, checks range. PyTorch's message for what does not fit.
bool dim_wrap(ctx *c, int64_t *dim, int rank); // rank 0 counts as 1, as in PyTorch
// dims_mask turns a list of dims (n == -1: all) into a bit mask; repeated dims are an error.
bool dims_mask(ctx *c, const ints *dims, int rank, unsigned *mask);
// broadcast_sizes gives the common sizes of n layouts; shape_mismatch in PyTorch's words otherwise.
bool broadcast_sizes(ctx *c, int n, const layout *const *layouts, ints *out);
