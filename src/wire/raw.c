#include "wire/raw.h"
#include "base/mem.h"
#include "wire/rows.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "elements lie in memory as they are sent");

bool raw_bools(const char *bytes, size_t n) {
  unsigned char odd = 0;
  for (size_t i = 0; i < n; i++) odd |= (unsigned char)bytes[i] & 0xFE;
  return !odd;
}

bool raw_read(ctx *c, const char *bytes, size_t n, char **block, dtype t, const ints *shape, tensor *out) {
  size_t size = dtype_size(t), wanted;
  int64_t length = (int64_t)(n / size);
  layout *l = shape && shape->n >= 0 ? layout_new(c, shape->n, shape->v) : layout_new(c, 1, &length);
  if (!l) return false;
  bool ok = size_mul((size_t)l->numel, size, &wanted) && wanted == n;
  if (!ok)
    fail(&c->fault, ERR_shape_mismatch,
         "shape '%s' of %s elements of %zu bytes is invalid for input of %zu bytes", layout_text(l),
         DTYPE_ROWS[t].name, size, n);
  if (ok && t == DT_bool && !raw_bools(bytes, n))
    ok = fail(&c->fault, ERR_bad_argument, "a bool is one byte, 0 or 1; found another value");
  ok = ok && tensor_of_bytes(c, out, t, l, bytes, block);
  layout_unref(l);
  return ok;
}

static char *gather(char *p, const struct rows *r, size_t size) {
  const char *from = r->at;
  if (r->step == (int64_t)size) {
    memcpy(p, from, (size_t)r->n * size);
    return p + (size_t)r->n * size;
  }
  for (int64_t i = 0; i < r->n; i++, from += r->step, p += size)
    if (size == 8)
      memcpy(p, from, 8);
    else if (size == 4)
      memcpy(p, from, 4);
    else
      *p = *from;
  return p;
}

bool raw_write(buffer *b, const tensor *t) {
  size_t size = dtype_size((dtype)t->dtype), n;
  if (tensor_numel(t) == 0) return !b->failed;
  if (!size_mul((size_t)tensor_numel(t), size, &n))
    b->failed = true; // an expanded view may be larger than memory
  if (!buffer_reserve(b, n)) return false;
  if (t->layout->contiguous) {
    buffer_put(b, tensor_data(t), n);
    return true;
  }
  struct rows r;
  char *p = b->data + b->len;
  rows_begin(&r, t);
  do {
    if (buffer_stopped(b)) return false;
    p = gather(p, &r, size);
  } while (rows_next(&r));
  b->len += n;
  return true;
}
