// ops_pointwise.c - reading of ops.def: the element loops of POINTWISE rows.
//
// A row's value is compiled once per dtype, in that type, with its arguments as plain numbers. Each loop is
// compiled for the strides that matter (all contiguous; a broadcast second operand) and once for any strides.
//
// With GCC and clang on x86-64 each loop exists for three generations of processors, chosen when the program
// is loaded, and calls the vector forms of the elementary functions that glibc's libmvec has: at most 4 units
// in the last place off (measured over float32), zeros, infinities and NaN as in libm.
#include "autograd/elements.h"
#include "autograd/ops.h"
#include "base/clones.h"
#include <math.h>

// <math.h> says that libmvec is there under -ffast-math only. Clang is told so by -fveclib.
#if VECTOR_MATH
#define VECTOR(f, f32)                                                                                       \
  extern double f(double) __attribute__((simd("notinbranch")));                                              \
  extern float f32(float) __attribute__((simd("notinbranch")));
// clang-format off
VECTOR(exp, expf) VECTOR(exp2, exp2f) VECTOR(expm1, expm1f) VECTOR(log, logf) VECTOR(log2, log2f)
VECTOR(log10, log10f) VECTOR(log1p, log1pf) VECTOR(sin, sinf) VECTOR(cos, cosf) VECTOR(tan, tanf)
VECTOR(asin, asinf) VECTOR(acos, acosf) VECTOR(atan, atanf) VECTOR(sinh, sinhf) VECTOR(cosh, coshf)
VECTOR(tanh, tanhf) VECTOR(asinh, asinhf) VECTOR(acosh, acoshf) VECTOR(atanh, atanhf) VECTOR(erf, erff)
    // clang-format on
    extern double pow(double, double) __attribute__((simd("notinbranch")));
extern float powf(float, float) __attribute__((simd("notinbranch")));
#endif
#include <tgmath.h>
#undef I

// Arithmetic of all four types: integers wrap, as in PyTorch, instead of being undefined.
#define WRAPPED(a, op, b)                                                                                    \
  _Generic((TYPE)0, int64_t : (TYPE)((uint64_t)(a)op(uint64_t)(b)), default : (TYPE)((a)op(b)))
#define ADD(a, b) WRAPPED(a, +, b)
#define SUB(a, b) WRAPPED(a, -, b)
#define MUL(a, b) WRAPPED(a, *, b)
#define NEG(a)    _Generic((TYPE)0, int64_t : SUB(0, a), default : (TYPE) - (a)) // 0 - 0 would lose a sign
#define NUMBER(s)                                                                                            \
  _Generic((TYPE)0, float : (TYPE)scalar_f64(s), double : (TYPE)scalar_f64(s), default : (TYPE)scalar_i64(s))
#define ABS(a)                                                                                               \
  _Generic((TYPE)0, float                                                                                    \
           : (TYPE)fabs((double)(a)), double                                                                 \
           : (TYPE)fabs((double)(a)), default                                                                \
           : (a) < 0 ? NEG(a) : (a))
#define SIGN(a)       (TYPE)(((a) > 0) - ((a) < 0))
#define IS_NAN(a)     ((a) != (a))
#define MAXIMUM(a, b) (IS_NAN(a) ? (a) : IS_NAN(b) ? (b) : (a) > (b) ? (a) : (b))
#define MINIMUM(a, b) (IS_NAN(a) ? (a) : IS_NAN(b) ? (b) : (a) < (b) ? (a) : (b))
#define RELU(a)       ((a) > 0 || IS_NAN(a) ? (a) : (TYPE)0)
#define ISINF(a)      _Generic((TYPE)0, float : isinf((double)(a)), double : isinf((double)(a)), default : 0)
#define ISFINITE(a)                                                                                          \
  _Generic((TYPE)0, float : isfinite((double)(a)), double : isfinite((double)(a)), default : 1)
#define WHOLE(f, a)                                                                                          \
  _Generic((TYPE)0, float : (TYPE)f((float)(a)), double : (TYPE)f((double)(a)), default : (a))
#define POW(a, b)                                                                                            \
  _Generic((TYPE)0, float                                                                                    \
           : (TYPE)pow((float)(a), (float)(b)), double                                                       \
           : (TYPE)pow((double)(a), (double)(b)), default                                                    \
           : (TYPE)int_pow((int64_t)(a), (int64_t)(b)))
#define POWER(a, b)                                                                                          \
  _Generic((TYPE)0, float                                                                                    \
           : (TYPE)f32_power((float)(a), (float)(b)), double                                                 \
           : (TYPE)f64_power((double)(a), (double)(b)), default                                              \
           : (TYPE)int_pow((int64_t)(a), (int64_t)(b)))
#define CLAMP(a, lo, hi)                                                                                     \
  ((hi).kind && (a) > NUMBER(hi)   ? NUMBER(hi)                                                              \
   : (lo).kind && (a) < NUMBER(lo) ? ((hi).kind && NUMBER(lo) > NUMBER(hi) ? NUMBER(hi) : NUMBER(lo))        \
                                   : (a))

static inline int64_t int_pow(int64_t base, int64_t exponent) { // negative exponents are refused before
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent & 1 ? -1 : 1) : 0;
  uint64_t result = 1, b = (uint64_t)base;
  for (; exponent; exponent >>= 1, b *= b)
    if (exponent & 1) result *= b;
  return (int64_t)result;
}

// One power for all elements: the common ones as PyTorch computes them, which decides what 0 and -0 give.
#define COMMON_POWERS(name, TYPE)                                                                            \
  static inline TYPE name(TYPE x, TYPE e) {                                                                  \
    return e == 2           ? x * x                                                                          \
           : e == 3         ? x * x * x                                                                      \
           : e == (TYPE).5  ? sqrt(x)                                                                        \
           : e == -(TYPE).5 ? 1 / sqrt(x)                                                                    \
           : e == -1        ? 1 / x                                                                          \
           : e == -2        ? 1 / (x * x)                                                                    \
                            : pow(x, e);                                                                            \
  }
COMMON_POWERS(f32_power, float)
COMMON_POWERS(f64_power, double)

// The inputs of element i, one local each.
#define LOAD_A(kind, n, d, w)  LOAD_##kind(n) LOAD_B_
#define LOAD_B_(kind, n, d, w) LOAD_##kind(n) LOAD_A
#define LOAD_A_END
#define LOAD_B__END
#define LOAD_T(n)                                                                                            \
  k++;                                                                                                       \
  const TYPE n = *(const TYPE *)(const void *)(p[k] + i * s[k]);
#define LOAD_KW(n)
#define LOAD_F(n)
#define LOAD_S(n)
#define LOAD_P(n)
#define LOAD_PR(n)
#define LOAD_B(n)
#define LOAD_E(n)
#define LOAD_ONLY(n)
// How many inputs there are.
#define COUNT_A(kind, n, d, w)  COUNT_##kind COUNT_B_
#define COUNT_B_(kind, n, d, w) COUNT_##kind COUNT_A
#define COUNT_A_END
#define COUNT_B__END
#define COUNT_T +1
#define COUNT_KW
#define COUNT_F
#define COUNT_S
#define COUNT_P
#define COUNT_PR
#define COUNT_B
#define COUNT_E
#define COUNT_ONLY

#define LOOP(id, ARGS, suffix, IN, OUT, value)                                                               \
  static inline __attribute__((always_inline)) void id##_##suffix##_at(                                      \
      char *const *p, const int64_t *s, int64_t n, const struct id##_attrs A) {                              \
    typedef IN TYPE;                                                                                         \
    for (int64_t i = 0; i < n; i++) {                                                                        \
      int k = 0;                                                                                             \
      READ(LOAD_A ARGS)                                                                                      \
      *(OUT *)(void *)(p[0] + i * s[0]) = (OUT)(value);                                                      \
    }                                                                                                        \
    (void)A;                                                                                                 \
  }                                                                                                          \
  CLONES static void id##_##suffix(char *const *p, const int64_t *s, int64_t n, const void *attrs) {         \
    enum { INPUTS = 0 READ(COUNT_A ARGS) };                                                                  \
    const struct id##_attrs A = *(const struct id##_attrs *)attrs;                                           \
    char *const q[3] = {p[0], p[1], INPUTS > 1 ? p[2] : p[1]};                                               \
    const int64_t whole[3] = {sizeof(OUT), sizeof(IN), sizeof(IN)}, still[3] = {sizeof(OUT), sizeof(IN), 0}; \
    if (s[0] == sizeof(OUT) && s[1] == sizeof(IN) && (INPUTS == 1 || s[2] == sizeof(IN)))                    \
      id##_##suffix##_at(q, whole, n, A);                                                                    \
    else if (INPUTS > 1 && s[0] == sizeof(OUT) && s[1] == sizeof(IN) && s[2] == 0)                           \
      id##_##suffix##_at(q, still, n, A);                                                                    \
    else                                                                                                     \
      id##_##suffix##_at(p, s, n, A);                                                                        \
  }

#define LOOPS_FLT(id, ARGS, R, value)                                                                        \
  LOOP(id, ARGS, f32, float, OUT_##R(float), value) LOOP(id, ARGS, f64, double, OUT_##R(double), value)
#define LOOPS_FLO(id, ARGS, R, value) LOOPS_FLT(id, ARGS, R, value)
#define LOOPS_NUM(id, ARGS, R, value)                                                                        \
  LOOPS_FLT(id, ARGS, R, value) LOOP(id, ARGS, i64, int64_t, OUT_##R(int64_t), value)
#define LOOPS_INT(id, ARGS, R, value) LOOPS_NUM(id, ARGS, R, value)
#define LOOPS_ALL(id, ARGS, R, value)                                                                        \
  LOOPS_NUM(id, ARGS, R, value) LOOP(id, ARGS, b8, bool, OUT_##R(bool), value)
#define LOOPS_BIT(id, ARGS, R, value)                                                                        \
  LOOP(id, ARGS, i64, int64_t, OUT_##R(int64_t), value) LOOP(id, ARGS, b8, bool, OUT_##R(bool), value)
#define OUT_SAME(type) type
#define OUT_BOOL(type) bool
#pragma GCC diagnostic push
#ifndef __clang__ // one text for four types: what is trivial for bool is not for float
#pragma GCC diagnostic ignored "-Wint-in-bool-context"
#pragma GCC diagnostic ignored "-Wbool-compare"
#pragma GCC diagnostic ignored "-Wtype-limits"
#endif
#include "autograd/args.h"
#define SPECIAL(id, ...)
#define POINTWISE(id, name, grad, flags, ARGS, types, result, value, ...)                                    \
  LOOPS_##types(id, ARGS, result, value)
#define FUSED(id, ...)
#define KERNEL(id, ...)
#define COMPOSITE(id, ...)
#include "autograd/ops.def"
#pragma GCC diagnostic pop

#define TABLE_FLT(id)                                                                                        \
  { [DT_float32] = id##_f32, [DT_float64] = id##_f64 }
#define TABLE_FLO(id) TABLE_FLT(id)
#define TABLE_NUM(id)                                                                                        \
  { [DT_int64] = id##_i64, [DT_float32] = id##_f32, [DT_float64] = id##_f64 }
#define TABLE_INT(id) TABLE_NUM(id)
#define TABLE_ALL(id)                                                                                        \
  { [DT_bool] = id##_b8, [DT_int64] = id##_i64, [DT_float32] = id##_f32, [DT_float64] = id##_f64 }
#define TABLE_BIT(id)                                                                                        \
  { [DT_bool] = id##_b8, [DT_int64] = id##_i64 }
#define RESULT_SAME false
#define RESULT_BOOL true
const struct pointwise OP_POINTWISE[OP_COUNT] = {
#define SPECIAL(id, ...)
#define POINTWISE(id, name, grad, flags, ARGS, types, result, ...)                                           \
  [OP_##id] = {POINT_##types, RESULT_##result, TABLE_##types(id)},
#define FUSED(id, ...)
#define KERNEL(id, ...)
#define COMPOSITE(id, ...)
#include "autograd/ops.def"
};
#include "autograd/ops_end.h"
