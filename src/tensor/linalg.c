#include "tensor/linalg.h"
#include <cblas.h>
#include <limits.h>
#include <string.h>

// A matrix as BLAS sees it.
struct matrix {
  const void *data;
  CBLAS_TRANSPOSE trans;
  int ld;
};

// One stride is 1 and the other at least the row length: BLAS can read it as it lies.
static bool as_blas(const tensor *t, struct matrix *m) {
  const int64_t *d = t->layout->dims + t->layout->rank - 2,
                *s = layout_strides(t->layout) + t->layout->rank - 2;
  if ((s[1] == 1 || d[1] == 1) && (s[0] >= d[1] || d[0] == 1) && s[0] <= INT_MAX)
    *m = (struct matrix){NULL, CblasNoTrans, (int)(d[0] == 1 ? (d[1] ? d[1] : 1) : s[0])};
  else if ((s[0] == 1 || d[0] == 1) && (s[1] >= d[0] || d[1] == 1) && s[1] <= INT_MAX)
    *m = (struct matrix){NULL, CblasTrans, (int)(d[1] == 1 ? (d[0] ? d[0] : 1) : s[1])};
  else
    return false;
  if (m->ld < 1) m->ld = 1;
  return true;
}

static const void *at(const tensor *t, int64_t batch) {
  int64_t step = t->layout->rank == 3 ? layout_strides(t->layout)[0] : 0;
  return (const char *)tensor_data(t) + batch * step * (int64_t)dtype_size((dtype)t->dtype);
}

static void int_product(int64_t *out, const tensor *a, const tensor *b, int64_t batch, const int64_t nkm[3]) {
  const int64_t *sa = layout_strides(a->layout) + a->layout->rank - 2,
                *sb = layout_strides(b->layout) + b->layout->rank - 2;
  const int64_t *x = at(a, batch), *y = at(b, batch);
  for (int64_t i = 0; i < nkm[0]; i++)
    for (int64_t j = 0; j < nkm[2]; j++) {
      uint64_t sum = 0;
      for (int64_t k = 0; k < nkm[1]; k++)
        sum += (uint64_t)x[i * sa[0] + k * sa[1]] * (uint64_t)y[k * sb[0] + j * sb[1]];
      out[i * nkm[2] + j] = (int64_t)sum;
    }
}

// Rows of one BLAS call: so many that it lasts some 50 ms at most, for the stop flag is looked at in between.
static int64_t rows_at_once(const int64_t nkm[3]) {
  double work = (double)nkm[1] * (double)nkm[2];
  double rows = work > 0 ? 1e9 / work : 1e9;
  return rows < 64 ? 64 : rows > 1e9 ? 1000000000 : (int64_t)rows;
}

static bool blas_product(ctx *c, void *out, dtype t, struct matrix a, struct matrix b, const int64_t nkm[3]) {
  int64_t size = (int64_t)dtype_size(t), step = rows_at_once(nkm);
  int k = (int)nkm[1], m = (int)nkm[2];
  for (int64_t from = 0; from < nkm[0]; from += step) {
    int n = (int)(nkm[0] - from < step ? nkm[0] - from : step);
    const void *rows = (const char *)a.data + from * (a.trans == CblasTrans ? 1 : a.ld) * size;
    void *to = (char *)out + from * nkm[2] * size;
    if (from && ctx_stopped(c)) return false;
    if (t == DT_float32)
      cblas_sgemm(CblasRowMajor, a.trans, b.trans, n, m, k, 1, rows, a.ld, b.data, b.ld, 0, to, m);
    else
      cblas_dgemm(CblasRowMajor, a.trans, b.trans, n, m, k, 1, rows, a.ld, b.data, b.ld, 0, to, m);
  }
  return true;
}

static bool product(ctx *c, const tensor *out, const tensor *a, const tensor *b, const int64_t nkm[3]) {
  int64_t batches = out->layout->rank == 3 ? out->layout->dims[0] : 1;
  size_t bytes = (size_t)(nkm[0] * nkm[2]) * dtype_size((dtype)out->dtype);
  struct matrix ma = {0}, mb = {0};
  if (dtype_is_float((dtype)out->dtype) && (!as_blas(a, &ma) || !as_blas(b, &mb))) return false;
  for (int64_t i = 0; i < batches; i++) {
    char *to = (char *)tensor_data(out) + (size_t)i * bytes;
    if (ctx_stopped(c)) return false;
    if (out->dtype == DT_int64)
      int_product((int64_t *)(void *)to, a, b, i, nkm);
    else {
      ma.data = at(a, i);
      mb.data = at(b, i);
      if (!blas_product(c, to, (dtype)out->dtype, ma, mb, nkm)) return false;
    }
  }
  return true;
}

bool tensor_matmul(ctx *c, tensor *out, const tensor *a, const tensor *b) {
  int r = a->layout->rank;
  int64_t nkm[3] = {a->layout->dims[r - 2], a->layout->dims[r - 1], b->layout->dims[r - 1]};
  int64_t sizes[3] = {r == 3 ? a->layout->dims[0] : nkm[0], r == 3 ? nkm[0] : nkm[2], nkm[2]};
  if (a->dtype == DT_bool)
    return fail(&c->fault, ERR_dtype_mismatch, "\"addmm_impl_cpu_\" not implemented for 'Bool'");
  if (nkm[0] > INT_MAX || nkm[1] > INT_MAX || nkm[2] > INT_MAX)
    return fail(&c->fault, ERR_quota_exceeded,
                "a matrix product over more than 2^31 rows or columns is not supported");
  tensor x = {0}, y = {0}, z = {0};
  struct matrix unused;
  bool ok = tensor_new_sizes(c, &z, (dtype)a->dtype, r, sizes);
  if (ok && (z.layout->numel == 0 || nkm[1] == 0)) { // nothing to multiply, whatever the strides
    memset(tensor_data(&z), 0, (size_t)z.layout->numel * dtype_size((dtype)z.dtype));
    return *out = z, true;
  }
  if (ok) ok = as_blas(a, &unused) ? (x = tensor_ref(a), true) : tensor_clone(c, &x, a, (dtype)a->dtype);
  if (ok) ok = as_blas(b, &unused) ? (y = tensor_ref(b), true) : tensor_clone(c, &y, b, (dtype)b->dtype);
  if (ok) ok = product(c, &z, &x, &y, nkm);
  tensor_drop(&x);
  tensor_drop(&y);
  if (ok)
    *out = z;
  else
    tensor_drop(&z);
  return ok;
}
