// ops_builders.c - reading of ops.def: the body of each builder declared in ops.h.
#include "autograd/ops.h"

static var *build(autograd *a, enum op_id id, var *const *in, unsigned n_in, const void *attrs) {
  var *out[OUTPUTS_MAX] = {0};
  unsigned n;
  return op_apply(a, id, (var **)(uintptr_t)in, n_in, attrs, out, OUTPUTS_MAX, &n) ? out[0] : NULL;
}

// Each argument either becomes the next input or an attribute.
#define FILL_A(kind, n, d, w)  FILL_##kind(n) FILL_B_
#define FILL_B_(kind, n, d, w) FILL_##kind(n) FILL_A
#define FILL_A_END
#define FILL_B__END
#define FILL_T(n) one[k++] = n;
#define FILL_O(n) one[k++] = n;
#define FILL_L(n) in = n, k = n_##n;
#define FILL_KW(n)
#define FILL_I(n)    A.n = n;
#define FILL_IR(n)   A.n = n;
#define FILL_IO(n)   A.n = n;
#define FILL_DIMS(n) A.n = n;
#define FILL_DR(n)   A.n = n;
#define FILL_DN(n)   A.n = n;
#define FILL_V(n)    A.n = n;
#define FILL_B(n)    A.n = n;
#define FILL_F(n)    A.n = n;
#define FILL_S(n)    A.n = n;
#define FILL_SR(n)   A.n = n;
#define FILL_P(n)    A.n = n;
#define FILL_PR(n)   A.n = n;
#define FILL_D(n)    A.n = n##_;
#define FILL_E(n)    A.n = n;
#define FILL_X(n)    A.n = n;
#define FILL_ONLY(n)
#define FILL_RG(n) A.n = false;
#define DEFINE(id, ARGS)                                                                                     \
  var *op_##id(autograd *a READ(PARAMS_A ARGS)) {                                                            \
    var *one[INPUTS_MAX] = {NULL}, *const *in = one;                                                         \
    unsigned k = 0;                                                                                          \
    struct id##_attrs A;                                                                                     \
    A.end_ = 0;                                                                                              \
    READ(FILL_A ARGS)                                                                                        \
    return build(a, OP_##id, in, k, &A);                                                                     \
  }
#include "autograd/args.h"
#define SPECIAL(id, ...)
#define POINTWISE(id, name, grad, flags, ARGS, ...) DEFINE(id, ARGS)
#define FUSED(id, name, grad, flags, ARGS, ...)     DEFINE(id, ARGS)
#define KERNEL(id, name, grad, flags, ARGS, ...)    DEFINE(id, ARGS)
#define COMPOSITE(id, name, flags, ARGS, ...)       DEFINE(id, ARGS)
#include "autograd/ops.def"
#include "autograd/ops_end.h"
