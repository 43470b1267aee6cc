// ops.h - two readings of ops.def: an id and an attribute struct for each row, and a builder op_ID(a, ...)
// that takes the arguments in the row's order and gives the (first) result, owned by the scope. NULL for a
// required variable gives NULL: the failure is already on record, so that formulas nest.
#pragma once
#include "autograd/op.h"
#include "autograd/args.h"

// ---- 1. ids
enum op_id {
#define SPECIAL(id, ...)   OP_##id,
#define POINTWISE(id, ...) OP_##id,
#define FUSED(id, ...)     OP_##id,
#define KERNEL(id, ...)    OP_##id,
#define COMPOSITE(id, ...) OP_##id,
#include "autograd/ops.def"
  OP_COUNT
};

// ---- 2. attribute structs (end_ closes each, so that none is empty), and builders. Rows with a list take
// (a, variables, count, ...).
#define PARAMS_A(kind, n, d, w) PARAM_##kind(n) PARAMS_B
#define PARAMS_B(kind, n, d, w) PARAM_##kind(n) PARAMS_A
#define PARAMS_A_END
#define PARAMS_B_END
#define PARAM_T(n) , var *n
#define PARAM_O(n) , var *n
#define PARAM_L(n) , var *const *n, unsigned n_##n
#define PARAM_KW(n)
#define PARAM_I(n)    , int64_t n
#define PARAM_IR(n)   , int64_t n
#define PARAM_IO(n)   , int64_t n
#define PARAM_DIMS(n) , ints n
#define PARAM_DR(n)   , ints n
#define PARAM_DN(n)   , ints n
#define PARAM_V(n)    , ints n
#define PARAM_B(n)    , bool n
#define PARAM_F(n)    , double n
#define PARAM_S(n)    , scalar n
#define PARAM_SR(n)   , scalar n
#define PARAM_P(n)    , scalar n
#define PARAM_PR(n)   , scalar n
#define PARAM_D(n)    , uint8_t n##_
#define PARAM_E(n)    , uint8_t n
#define PARAM_X(n)    , index_spec n
#define PARAM_ONLY(n)
#define PARAM_RG(n)

#define DECLARE(id, ARGS)                                                                                    \
  struct id##_attrs {                                                                                        \
    READ(FIELDS_A ARGS) char end_;                                                                           \
  };                                                                                                         \
  var *op_##id(autograd *a READ(PARAMS_A ARGS));
#define SPECIAL(id, ...)
#define POINTWISE(id, name, grad, flags, ARGS, ...) DECLARE(id, ARGS)
#define FUSED(id, name, grad, flags, ARGS, ...)     DECLARE(id, ARGS)
#define KERNEL(id, name, grad, flags, ARGS, ...)    DECLARE(id, ARGS)
#define COMPOSITE(id, name, flags, ARGS, ...)       DECLARE(id, ARGS)
#include "autograd/ops.def"
#undef DECLARE
#include "autograd/ops_end.h"

// ---- Further readings, one table each, indexed by id.
typedef bool op_kernel(op_call *k); // KERNEL, FUSED: computes k->out
typedef void op_vjp(vjp *v);        // fills v->out
// COMPOSITE: gives the result, or fills k->results of a row with several.
typedef var *op_body(op_call *k);
// What the gradients of the inputs in the mask `wanted` use: a mask of inputs, USES_OUT, USES_OUT1,
// USES_SHAPE.
typedef uint32_t op_uses(uint32_t wanted);
extern op_kernel *const OP_KERNELS[OP_COUNT];
extern op_vjp *const OP_VJPS[OP_COUNT];
extern op_body *const OP_BODIES[OP_COUNT];
extern op_uses *const OP_USES[OP_COUNT];

// Pointwise rows: how dtypes combine, and the loops.
enum point_types { POINT_FLT = 1, POINT_FLO, POINT_NUM, POINT_INT, POINT_ALL, POINT_BIT };
struct pointwise {
  uint8_t types; // enum point_types; 0 = not a pointwise row
  bool to_bool;
  void (*loops[DT_COUNT])(char *const *p, const int64_t *stride, int64_t n, const void *attrs);
};
extern const struct pointwise OP_POINTWISE[OP_COUNT];
