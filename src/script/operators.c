// operators.c - operators: of Python's numbers, texts and lists here, of tensors by their ops.
#include "script/interpreter.h"
#include <math.h>
#include <string.h>

typedef bool number_operator(interpreter *in, item a, item b, item *out);

static number_operator add, sub, mul, div, floor_div, mod, power, matmul, bit_and, bit_or;

// One row an operator: what it is called, the op of tensors, its form with the operands the other way round
// (for a number before a tensor), whether it has one in place, and what it does with two numbers.
static const struct operator_row {
  const char *sign, *op, *reflected;
  bool inplace;
  number_operator *numbers;
} ROWS[] = {
    [OPERATOR_add] = {"+", "add", "add", true, add},
    [OPERATOR_sub] = {"-", "sub", "rsub", true, sub},
    [OPERATOR_mul] = {"*", "mul", "mul", true, mul},
    [OPERATOR_div] = {"/", "div", NULL, true, div},
    [OPERATOR_floor] = {"//", NULL, NULL, false, floor_div},
    [OPERATOR_mod] = {"%", NULL, NULL, false, mod},
    [OPERATOR_pow] = {"** or pow()", "pow", NULL, true, power},
    [OPERATOR_matmul] = {"@", "matmul", NULL, false, matmul},
    [OPERATOR_and] = {"&", "logical_and", "logical_and", false, bit_and},
    [OPERATOR_or] = {"|", "logical_or", "logical_or", false, bit_or},
};

static bool unsupported(interpreter *in, const char *sign, const char *equals, item a, item b) {
  return raise_type(in, "unsupported operand type(s) for %s%s: '%s' and '%s'", sign, equals, item_type(&a),
                    item_type(&b));
}

// ---- numbers

bool raise_overflow(interpreter *in) {
  return raise_as(in, ERR_bad_argument, "OverflowError",
                  "the integer is too large: integers have 64 bits here");
}

bool float_to_int(interpreter *in, double d, item *out) {
  if (isnan(d)) return raise_value(in, "cannot convert float NaN to integer");
  if (isinf(d))
    return raise_as(in, ERR_bad_argument, "OverflowError", "cannot convert float infinity to integer");
  if (fabs(d) >= 9.2233720368547758e18) return raise_overflow(in);
  return *out = item_int((int64_t)d), true;
}

static bool zero_division(interpreter *in, const char *what) {
  return raise_as(in, ERR_bad_argument, "ZeroDivisionError", "%s", what);
}

static bool integers(item a, item b) { return item_is_integer(&a) && item_is_integer(&b); }

#define ARITHMETIC(name, sign)                                                                               \
  static bool name(interpreter *in, item a, item b, item *out) {                                             \
    int64_t i;                                                                                               \
    if (!integers(a, b)) return *out = item_float(item_double(&a) sign item_double(&b)), true;               \
    if (__builtin_##name##_overflow(a.i, b.i, &i)) return raise_overflow(in);                                \
    return *out = item_int(i), true;                                                                         \
  }
ARITHMETIC(add, +)
ARITHMETIC(sub, -)
ARITHMETIC(mul, *)

static bool div(interpreter *in, item a, item b, item *out) {
  double over = item_double(&b);
  if (over == 0) return zero_division(in, integers(a, b) ? "division by zero" : "float division by zero");
  return *out = item_float(item_double(&a) / over), true;
}

static double float_mod(double a, double b) {
  double m = fmod(a, b);
  if (m != 0 && (m < 0) != (b < 0)) m += b;
  return m == 0 ? copysign(0, b) : m;
}

static bool floor_div(interpreter *in, item a, item b, item *out) {
  if (!integers(a, b)) {
    double x = item_double(&a), y = item_double(&b);
    if (y == 0) return zero_division(in, "float floor division by zero");
    double whole = floor((x - float_mod(x, y)) / y + 0.5);
    return *out = item_float(whole == 0 ? copysign(0, x / y) : whole), true;
  }
  if (b.i == 0) return zero_division(in, "integer division or modulo by zero");
  if (a.i == INT64_MIN && b.i == -1) return raise_overflow(in);
  int64_t q = a.i / b.i;
  return *out = item_int(q - (a.i % b.i != 0 && (a.i < 0) != (b.i < 0))), true;
}

static bool mod(interpreter *in, item a, item b, item *out) {
  if (!integers(a, b)) {
    if (item_double(&b) == 0) return zero_division(in, "float modulo");
    return *out = item_float(float_mod(item_double(&a), item_double(&b))), true;
  }
  if (b.i == 0) return zero_division(in, "integer modulo by zero");
  int64_t m = b.i == -1 ? 0 : a.i % b.i;
  if (m != 0 && (m < 0) != (b.i < 0)) m += b.i;
  return *out = item_int(m), true;
}

static bool integer_power(interpreter *in, int64_t base, int64_t exponent, item *out) {
  int64_t result = 1;
  for (; exponent; exponent >>= 1) {
    if (exponent & 1 && __builtin_mul_overflow(result, base, &result)) return raise_overflow(in);
    if (exponent > 1 && __builtin_mul_overflow(base, base, &base)) return raise_overflow(in);
  }
  return *out = item_int(result), true;
}

static bool power(interpreter *in, item a, item b, item *out) {
  if (integers(a, b) && b.i >= 0) return integer_power(in, a.i, b.i, out);
  double x = item_double(&a), y = item_double(&b);
  if (x == 0 && y < 0) return zero_division(in, "0.0 cannot be raised to a negative power");
  double p = pow(x, y);
  if (isnan(p) && !isnan(x) && !isnan(y))
    return raise_value(
        in, "a negative number cannot be raised to a fractional power: there are no complex numbers here");
  if (isinf(p) && isfinite(x) && isfinite(y))
    return raise_as(in, ERR_bad_argument, "OverflowError", "(34, 'Numerical result out of range')");
  return *out = item_float(p), true;
}

static bool matmul(interpreter *in, item a, item b, item *out) {
  return (void)out, unsupported(in, "@", "", a, b);
}

static bool bit_and(interpreter *in, item a, item b, item *out) {
  if (!integers(a, b)) return unsupported(in, "&", "", a, b);
  return *out = item_of(a.kind == ITEM_bool && b.kind == ITEM_bool ? ITEM_bool : ITEM_int, a.i & b.i), true;
}

static bool bit_or(interpreter *in, item a, item b, item *out) {
  if (!integers(a, b)) return unsupported(in, "|", "", a, b);
  return *out = item_of(a.kind == ITEM_bool && b.kind == ITEM_bool ? ITEM_bool : ITEM_int, a.i | b.i), true;
}

// ---- tensors

static bool is_bool(item x) {
  return x.kind == ITEM_bool || (x.kind == ITEM_tensor && x.v->t.dtype == DT_bool);
}

// A number before a tensor as a tensor of the dtype that the two have in common.
static bool as_tensor(interpreter *in, item number, const var *beside, item *out) {
  var *v;
  unsigned t = beside->t.dtype;
  if (!dtype_is_float((dtype)t)) t = number.kind == ITEM_float ? in->s->ag.default_dtype : DT_int64;
  if (!literal_tensor(in, number, t, &v)) return false;
  return *out = item_var(v), true;
}

static bool is_integral(item x) {
  return x.kind == ITEM_tensor ? !dtype_is_float((dtype)x.v->t.dtype) : item_is_integer(&x);
}

// a // b, and a % b = a - a // b * b.
static bool floor_tensors(interpreter *in, unsigned op, item a, item b, item *out) {
  item whole, times;
  if (!operate(in, OPERATOR_div, a, b, &whole) || !call_op_on(in, "floor", whole, (item){0}, &whole))
    return false;
  if (is_integral(a) && is_integral(b) && !call_op_on(in, "long", whole, (item){0}, &whole)) return false;
  if (op == OPERATOR_floor) return *out = whole, true;
  return operate(in, OPERATOR_mul, whole, b, &times) && operate(in, OPERATOR_sub, a, times, out);
}

static bool tensors(interpreter *in, unsigned op, item a, item b, item *out) {
  const struct operator_row *row = &ROWS[op];
  bool other = a.kind == ITEM_tensor ? b.kind == ITEM_tensor || item_is_number(&b) : item_is_number(&a);
  if (!other) return unsupported(in, row->sign, "", a, b);
  if ((op == OPERATOR_and || op == OPERATOR_or) && !(is_bool(a) && is_bool(b)))
    return raise_type(in, "%s is for bool tensors here", row->sign);
  if (op == OPERATOR_matmul && (a.kind != ITEM_tensor || b.kind != ITEM_tensor))
    return unsupported(in, "@", "", a, b);
  if (op == OPERATOR_floor || op == OPERATOR_mod) return floor_tensors(in, op, a, b, out);
  if (a.kind == ITEM_tensor) return call_op_on(in, row->op, a, b, out);
  if (row->reflected) return call_op_on(in, row->reflected, b, a, out);
  if (op == OPERATOR_div) { // as PyTorch writes it
    item inverse;
    return call_op_on(in, "reciprocal", b, (item){0}, &inverse) && call_op_on(in, "mul", inverse, a, out);
  }
  return as_tensor(in, a, b.v, &a) && call_op_on(in, row->op, a, b, out);
}

// ---- texts and lists

static bool concatenate(interpreter *in, item a, item b, item *out) {
  if (a.kind == ITEM_text) {
    if (b.kind != ITEM_text)
      return raise_type(in, "can only concatenate str (not \"%s\") to str", item_type(&b));
    const str *x = item_str(&a), *y = item_str(&b);
    str *t = spend_on(in, x->n + y->n, 1) ? str_new(in->pool, NULL, x->n + y->n) : NULL;
    if (!t) return false;
    memcpy(t->at, x->at, x->n);
    memcpy(t->at + x->n, y->at, y->n);
    return *out = item_object(t), true;
  }
  bool tuples = a.kind != ITEM_list && b.kind != ITEM_list && item_is_list(&b);
  if (!tuples && b.kind != a.kind)
    return raise_type(in, "can only concatenate %s (not \"%s\") to %s", item_type(&a), item_type(&b),
                      item_type(&a));
  const list *x = item_list(&a), *y = item_list(&b);
  list *l = spend_on(in, x->n + y->n, 10)
                ? list_new(in->pool, a.kind == ITEM_list ? ITEM_list : ITEM_tuple, 0)
                : NULL;
  if (!l || !list_reserve(in->pool, l, x->n + y->n)) return false;
  for (size_t i = 0; i < x->n + y->n; i++)
    if (!list_append(in->pool, l, i < x->n ? x->at[i] : y->at[i - x->n])) return false;
  return *out = item_object(l), true;
}

// Fills n bytes with a text of `each`: what is there is doubled, in pieces between which a stop is heeded.
static bool fill(interpreter *in, char *at, size_t n, const char *with, size_t each) {
  enum { PIECE = 1 << 22 };
  if (n) memcpy(at, with, each);
  for (size_t done = each, more; done < n; done += more) {
    size_t from = done % each;
    more = done - from < PIECE ? done - from : PIECE;
    if (more > n - done) more = n - done;
    memcpy(at + done, at + from, more);
    if (ctx_stopped(&in->s->ag.ctx)) return false;
  }
  return true;
}

static bool repeat(interpreter *in, item a, int64_t times, item *out) {
  size_t each = a.kind == ITEM_text ? item_str(&a)->n : item_list(&a)->n, n;
  if (times < 0) times = 0;
  if (!__builtin_mul_overflow(each, (size_t)times, &n) && n < SIZE_MAX / 64) {
    if (!spend_on(in, n, 2)) return false;
  } else
    return raise_as(in, ERR_quota_exceeded, "MemoryError", "the result would be too long");
  if (a.kind == ITEM_text) {
    str *t = str_new(in->pool, NULL, n);
    if (!t || !fill(in, t->at, n, item_str(&a)->at, each)) return false;
    return *out = item_object(t), true;
  }
  list *l = list_new(in->pool, a.kind == ITEM_list ? ITEM_list : ITEM_tuple, 0);
  if (!l || !list_reserve(in->pool, l, n)) return false;
  for (size_t i = 0; i < n; i++)
    if ((!(i & 0xffff) && ctx_stopped(&in->s->ag.ctx)) ||
        !list_append(in->pool, l, item_list(&a)->at[i % each]))
      return false;
  return *out = item_object(l), true;
}

static bool is_sequence(item x) { return x.kind == ITEM_text || item_is_list(&x); }

bool operate(interpreter *in, unsigned op, item a, item b, item *out) {
  if (a.kind == ITEM_tensor || b.kind == ITEM_tensor) {
    if (!(op == OPERATOR_mod && a.kind == ITEM_text)) return tensors(in, op, a, b, out);
  }
  if (item_is_number(&a) && item_is_number(&b)) return ROWS[op].numbers(in, a, b, out);
  if (op == OPERATOR_add && is_sequence(a)) return concatenate(in, a, b, out);
  if (op == OPERATOR_mul && is_sequence(a) && item_is_integer(&b)) return repeat(in, a, b.i, out);
  if (op == OPERATOR_mul && is_sequence(b) && item_is_integer(&a)) return repeat(in, b, a.i, out);
  if (op == OPERATOR_mul && (is_sequence(a) || is_sequence(b)))
    return raise_type(in, "can't multiply sequence by non-int of type '%s'",
                      item_type(is_sequence(a) ? &b : &a));
  if (op == OPERATOR_mod && a.kind == ITEM_text) return format_percent(in, a, b, out);
  return unsupported(in, ROWS[op].sign, "", a, b);
}

bool operate_inplace(interpreter *in, unsigned op, item a, item b, item *out) {
  const struct operator_row *row = &ROWS[op];
  if (a.kind == ITEM_list && op == OPERATOR_add) {
    list *more;
    if (!item_iterate(in, b, &more)) return false;
    size_t n = more->n; // it may be the same list
    for (size_t i = 0; i < n; i++)
      if (!list_append(in->pool, item_list(&a), more->at[i])) return false;
    return *out = a, true;
  }
  if (a.kind != ITEM_tensor || op == OPERATOR_matmul) return operate(in, op, a, b, out);
  if (b.kind != ITEM_tensor && !item_is_number(&b)) return unsupported(in, row->sign, "=", a, b);
  if (!row->inplace) return operate(in, op, a, b, out) && call_op_on(in, "copy_", a, *out, out);
  char inplace[32];
  size_t n = strlen(row->op);
  memcpy(inplace, row->op, n);
  inplace[n] = '_';
  inplace[n + 1] = 0;
  return call_op_on(in, inplace, a, b, out);
}

bool operate_unary(interpreter *in, unsigned op, item a, item *out) {
  if (a.kind == ITEM_tensor) {
    if (op == OPERATOR_pos) return *out = a, true;
    if (op == OPERATOR_neg) return call_op_on(in, "neg", a, (item){0}, out);
    if (is_bool(a)) return call_op_on(in, "logical_not", a, (item){0}, out);
    return raise_type(in, "~ is for bool tensors here");
  }
  bool integer = item_is_integer(&a);
  if (op == OPERATOR_invert && integer) return *out = item_int(~a.i), true;
  if (op != OPERATOR_invert && item_is_number(&a)) {
    if (op == OPERATOR_pos) return *out = integer ? item_int(a.i) : a, true;
    if (integer && a.i == INT64_MIN) return raise_overflow(in);
    return *out = integer ? item_int(-a.i) : item_float(-a.d), true;
  }
  return raise_type(in, "bad operand type for unary %s: '%s'",
                    op == OPERATOR_neg   ? "-"
                    : op == OPERATOR_pos ? "+"
                                         : "~",
                    item_type(&a));
}
