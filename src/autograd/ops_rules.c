// ops_rules.c - readings of ops.def: kernels, bodies, gradient formulas, and what the formulas use.
#include "autograd/elements.h"
#include "autograd/formula.h"
#include "autograd/kernel.h"
#include "autograd/ops.h"
#include "autograd/pointwise.h"
#include <math.h>
#include <string.h>

// The position of each tensor argument, as local constants IN_self, IN_other, ...
#define POS_A(kind, n, d, w)  POS_##kind(n) POS_B_
#define POS_B_(kind, n, d, w) POS_##kind(n) POS_A
#define POS_A_END
#define POS_B__END
#define POS_T(n) IN_##n,
#define POS_O(n) IN_##n,
#define POS_L(n)
#define POS_KW(n)
#define POS_I(n)
#define POS_IR(n)
#define POS_IO(n)
#define POS_DIMS(n)
#define POS_DR(n)
#define POS_DN(n)
#define POS_V(n)
#define POS_B(n)
#define POS_F(n)
#define POS_S(n)
#define POS_SR(n)
#define POS_P(n)
#define POS_PR(n)
#define POS_D(n)
#define POS_E(n)
#define POS_X(n)
#define POS_ONLY(n)
#define POS_RG(n)
#define POSITIONS(ARGS) enum { READ(POS_A ARGS) IN_END }

// Each tensor argument as a local: a variable (from `from`, which may be NULL: no inputs) ...
#define VAR_A(kind, n, d, w)  VAR_##kind(n) VAR_B_
#define VAR_B_(kind, n, d, w) VAR_##kind(n) VAR_A
#define VAR_A_END
#define VAR_B__END
#define VAR_T(n)                                                                                             \
  var *n = from[IN_##n];                                                                                     \
  (void)n;
#define VAR_O(n) VAR_T(n)
#define VAR_L(n)
#define VAR_KW(n)
#define VAR_I(n)
#define VAR_IR(n)
#define VAR_IO(n)
#define VAR_DIMS(n)
#define VAR_DR(n)
#define VAR_DN(n)
#define VAR_V(n)
#define VAR_B(n)
#define VAR_F(n)
#define VAR_S(n)
#define VAR_SR(n)
#define VAR_P(n)
#define VAR_PR(n)
#define VAR_D(n)
#define VAR_E(n)
#define VAR_X(n)
#define VAR_ONLY(n)
#define VAR_RG(n)
// ... or its tensor.
#define RAW_A(kind, n, d, w)  RAW_##kind(n) RAW_B_
#define RAW_B_(kind, n, d, w) RAW_##kind(n) RAW_A
#define RAW_A_END
#define RAW_B__END
#define RAW_T(n)                                                                                             \
  const tensor *n = &k->in[IN_##n]->t;                                                                       \
  (void)n;
#define RAW_O(n)
#define RAW_L(n)
#define RAW_KW(n)
#define RAW_I(n)
#define RAW_IR(n)
#define RAW_IO(n)
#define RAW_DIMS(n)
#define RAW_DR(n)
#define RAW_DN(n)
#define RAW_V(n)
#define RAW_B(n)
#define RAW_F(n)
#define RAW_S(n)
#define RAW_SR(n)
#define RAW_P(n)
#define RAW_PR(n)
#define RAW_D(n)
#define RAW_E(n)
#define RAW_X(n)
#define RAW_ONLY(n)
#define RAW_RG(n)
#define ATTRIBUTES(id, from)                                                                                 \
  struct id##_attrs A = {0};                                                                                 \
  memcpy(&A, from, offsetof(struct id##_attrs, end_));                                                       \
  (void)A

#include "autograd/args.h"

// ---- kernels and bodies
#define SPECIAL(id, ...)
#define POINTWISE(id, ...)
#define FUSED(id, name, grad, flags, ARGS, value, ...)                                                       \
  static bool id##_kernel(op_call *k) {                                                                      \
    POSITIONS(ARGS);                                                                                         \
    autograd *const a = k->a;                                                                                \
    (void)a;                                                                                                 \
    var *const *const from = k->in;                                                                          \
    READ(VAR_A ARGS)                                                                                         \
    ATTRIBUTES(id, k->attrs);                                                                                \
    struct fused_scope scope = fused_enter(k);                                                               \
    return fused_leave(k, scope, (value));                                                                   \
  }
#define KERNEL(id, name, grad, flags, ARGS, results, call_, ...)                                             \
  static bool id##_kernel(op_call *k) {                                                                      \
    POSITIONS(ARGS);                                                                                         \
    (void)IN_END;                                                                                            \
    READ(RAW_A ARGS)                                                                                         \
    ATTRIBUTES(id, k->attrs);                                                                                \
    return (call_);                                                                                          \
  }
#define COMPOSITE(id, name, flags, ARGS, body, ...)                                                          \
  static var *id##_compose(op_call *k) {                                                                     \
    POSITIONS(ARGS);                                                                                         \
    autograd *const a = k->a;                                                                                \
    (void)a;                                                                                                 \
    var *const *const from = k->in;                                                                          \
    (void)from;                                                                                              \
    READ(VAR_A ARGS)                                                                                         \
    ATTRIBUTES(id, k->attrs);                                                                                \
    return (body);                                                                                           \
  }
#include "autograd/ops.def"

op_kernel *const OP_KERNELS[OP_COUNT] = {
#define SPECIAL(id, ...)
#define POINTWISE(id, ...)
#define FUSED(id, ...)  [OP_##id] = id##_kernel,
#define KERNEL(id, ...) [OP_##id] = id##_kernel,
#define COMPOSITE(id, ...)
#include "autograd/ops.def"
};
op_body *const OP_BODIES[OP_COUNT] = {
#define SPECIAL(id, ...)
#define POINTWISE(id, ...)
#define FUSED(id, ...)
#define KERNEL(id, ...)
#define COMPOSITE(id, ...) [OP_##id] = id##_compose,
#include "autograd/ops.def"
};

// ---- gradients
#define NOTHING     0
#define USES(x)     (1u << IN_##x)
#define OUT         USES_OUT
#define OUT1        USES_OUT1
#define SHAPE(x)    USES_SHAPE(IN_##x)
#define LIST_SHAPES USES_LIST_SHAPES
#define SIZES(x)    vjp_sizes(v, IN_##x)
#define NUMEL(x)    (double)numel_of(vjp_sizes(v, IN_##x))
#define NO_GRADIENT

#define GRAD(input, uses, formula)                                                                           \
  if (wanted & 1u << IN_##input) used |= (uses);
#define GRAD_LIST(uses, formula)                                                                             \
  if (wanted) used |= (uses);
#define USES_OF(id, ARGS, GRADS)                                                                             \
  static uint32_t id##_uses(uint32_t wanted) {                                                               \
    POSITIONS(ARGS);                                                                                         \
    uint32_t used = 0 * IN_END;                                                                              \
    GRADS(void) wanted;                                                                                      \
    return used;                                                                                             \
  }
#define SPECIAL(id, ...)
#define POINTWISE(id, name, grad, flags, ARGS, types, result, value, GRADS, ...) USES_OF(id, ARGS, GRADS)
#define FUSED(id, name, grad, flags, ARGS, value, GRADS, ...)                    USES_OF(id, ARGS, GRADS)
#define KERNEL(id, name, grad, flags, ARGS, results, kernel, GRADS, ...)         USES_OF(id, ARGS, GRADS)
#define COMPOSITE(id, ...)
#include "autograd/ops.def"
#undef GRAD
#undef GRAD_LIST

#define GRAD(input, uses, formula)                                                                           \
  if (v->wanted[IN_##input]) v->out[IN_##input] = (formula);
#define GRAD_LIST(uses, formula)                                                                             \
  for (unsigned i = 0; i < v->n->n_edges; i++)                                                               \
    if (v->wanted[i]) v->out[i] = (formula);
#define VJP(id, ARGS, GRADS)                                                                                 \
  static void id##_vjp(vjp *v) {                                                                             \
    POSITIONS(ARGS);                                                                                         \
    autograd *const a = v->a;                                                                                \
    var *const *const from = v->in;                                                                          \
    var *const g = v->g[0], *const y = v->y[0], *const y1 = v->y[1];                                         \
    READ(VAR_A ARGS)                                                                                         \
    ATTRIBUTES(id, node_attrs(v->n));                                                                        \
    (void)a, (void)from, (void)g, (void)y, (void)y1, (void)IN_END;                                           \
    GRADS                                                                                                    \
  }
#define SPECIAL(id, ...)
#define POINTWISE(id, name, grad, flags, ARGS, types, result, value, GRADS, ...) VJP(id, ARGS, GRADS)
#define FUSED(id, name, grad, flags, ARGS, value, GRADS, ...)                    VJP(id, ARGS, GRADS)
#define KERNEL(id, name, grad, flags, ARGS, results, kernel, GRADS, ...)         VJP(id, ARGS, GRADS)
#define COMPOSITE(id, ...)
#include "autograd/ops.def"

op_vjp *const OP_VJPS[OP_COUNT] = {
#define SPECIAL(id, ...)
#define POINTWISE(id, ...) [OP_##id] = id##_vjp,
#define FUSED(id, ...)     [OP_##id] = id##_vjp,
#define KERNEL(id, ...)    [OP_##id] = id##_vjp,
#define COMPOSITE(id, ...)
#include "autograd/ops.def"
};
op_uses *const OP_USES[OP_COUNT] = {
#define SPECIAL(id, ...)
#define POINTWISE(id, ...) [OP_##id] = id##_uses,
#define FUSED(id, ...)     [OP_##id] = id##_uses,
#define KERNEL(id, ...)    [OP_##id] = id##_uses,
#define COMPOSITE(id, ...)
#include "autograd/ops.def"
};
#include "autograd/ops_end.h"
