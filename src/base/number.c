#include "base/number.h"
#include "base/charconv.h"
#include <math.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "eight digits are read as one little-endian word");

__extension__ typedef unsigned __int128 u128;

enum {
  DIGITS_KEPT = 19,  // as many decimal digits as a uint64 always holds
  DIGITS_EXACT = 780 // no halfway point between two doubles has more significant digits (767)
};
// A written exponent stops growing here: far out of range for any text that fits in memory.
static const int64_t EXPONENT_CAP = 1000000000000000;

// ------------------------------------------------------------------------------ integers out

static const char PAIRS[] = "0001020304050607080910111213141516171819202122232425262728293031323334"
                            "3536373839404142434445464748495051525354555657585960616263646566676869"
                            "707172737475767778798081828384858687888990919293949596979899";

static size_t put_u64(char *out, uint64_t v) {
  char text[20], *p = text + sizeof text;
  for (; v >= 100; v /= 100) memcpy(p -= 2, PAIRS + 2 * (v % 100), 2);
  if (v >= 10)
    memcpy(p -= 2, PAIRS + 2 * v, 2);
  else
    *--p = (char)('0' + v);
  size_t n = (size_t)(text + sizeof text - p);
  memcpy(out, p, n);
  return n;
}

size_t number_put_i64(char *out, int64_t x) {
  if (x >= 0) return put_u64(out, (uint64_t)x);
  *out = '-';
  return 1 + put_u64(out + 1, 0 - (uint64_t)x);
}

// ------------------------------------------------------------------------------ in: the text

static inline bool is_digit(char c) { return (unsigned char)(c - '0') < 10; }

static inline bool eight_digits(uint64_t v) {
  const uint64_t high = 0xF0F0F0F0F0F0F0F0u, zeros = 0x3030303030303030u;
  return (v & high) == zeros && ((v + 0x0606060606060606u) & high) == zeros;
}

// Neighbours are joined in pairs, then fours, then eight: three multiplications.
static inline uint64_t eight_value(uint64_t v) {
  v -= 0x3030303030303030u;
  v = v * 10 + (v >> 8);
  const uint64_t mask = 0x000000FF000000FFu;
  return ((v & mask) * 0x000F424000000064u + ((v >> 16) & mask) * 0x0000271000000001u) >> 32;
}

static inline const char *scan_digits(const char *p, const char *end, uint64_t *value) {
  uint64_t v = *value, word;
  while (end - p >= 8) {
    memcpy(&word, p, 8);
    if (!eight_digits(word)) break;
    v = v * 100000000u + eight_value(word);
    p += 8;
  }
  while (p < end && is_digit(*p)) v = v * 10 + (uint64_t)(*p++ - '0');
  *value = v;
  return p;
}

// More than 19 digits: reads them again, without leading zeros, and keeps what fits. `exponent` comes as
// written.
static void scan_long(struct number *n, const char *p, const char *stop, int64_t exponent) {
  uint64_t m = 0;
  int kept = 0;
  bool fraction = false, cut = false;
  for (; p < stop; p++) {
    if (*p == '.') {
      fraction = true;
      continue;
    }
    if (kept == DIGITS_KEPT) { // the place of the last kept digit grows with every integer digit left out
      cut |= *p != '0';
      exponent += !fraction;
      continue;
    }
    m = m * 10 + (uint64_t)(*p - '0');
    kept += m != 0;
    exponent -= fraction;
  }
  n->mantissa = m;
  n->exponent = exponent;
  n->cut = cut;
}

static inline const char *scan(const char *p, const char *end, struct number *n) {
  n->text = p;
  n->negative = p < end && *p == '-';
  p += n->negative;
  const char *first = p;
  uint64_t m = 0;
  if (p == end || !is_digit(*p)) return NULL;
  if (*p == '0') {
    if (++p < end && is_digit(*p)) return NULL;
  } else {
    while (p < end && is_digit(*p)) m = m * 10 + (uint64_t)(*p++ - '0');
  }
  ptrdiff_t digits = p - first;
  int64_t exponent = 0, written = 0;
  bool integer = true;
  if (p < end && *p == '.') {
    const char *fraction = ++p;
    p = scan_digits(p, end, &m);
    if (p == fraction) return NULL;
    digits += p - fraction;
    exponent = fraction - p;
    integer = false;
  }
  const char *stop = p;
  if (p < end && (*p | 0x20) == 'e') {
    p++;
    bool minus = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) p++;
    if (p == end || !is_digit(*p)) return NULL;
    for (; p < end && is_digit(*p); p++)
      if (written < EXPONENT_CAP) written = written * 10 + (*p - '0');
    if (minus) written = -written;
    integer = false;
  }
  n->end = p;
  n->integer = integer;
  n->mantissa = m;
  n->exponent = exponent + written;
  n->cut = false;
  n->fits = integer && digits <= DIGITS_KEPT && m <= (uint64_t)INT64_MAX + n->negative;
  n->i64 = (int64_t)(n->negative ? 0 - m : m);
  if (__builtin_expect(digits > DIGITS_KEPT, 0)) scan_long(n, first, stop, written);
  return p;
}

const char *number_scan(const char *p, const char *end, struct number *out) { return scan(p, end, out); }

// ----------------------------------------------------------------------------- in: the value
//
// mantissa × 10^e is formed as a 64-bit binary mantissa that may be too small by less than `error` units in
// its last place. Unless a halfway point of the target type lies inside that margin (about 1 literal in 400),
// the rounding is certain; if it does, <charconv> decides from the digits.

// clang-format off
static const uint64_t FIVES[] = {
    1u, 5u, 25u, 125u, 625u, 3125u, 15625u, 78125u, 390625u, 1953125u, 9765625u, 48828125u, 244140625u,
    1220703125u, 6103515625u, 30517578125u, 152587890625u, 762939453125u, 3814697265625u,
    19073486328125u, 95367431640625u, 476837158203125u, 2384185791015625u, 11920928955078125u,
    59604644775390625u, 298023223876953125u, 1490116119384765625u,
};
// clang-format on

// The leading 64 bits of 10^(27k), k = -13 … 12, rounded down.
enum { TENS_STEP = 27, TENS_FIRST = -13, TENS_COUNT = 26 };
static const uint64_t TENS[TENS_COUNT] = {
    0x8049a4ac0c5811aeu, 0xcf42894a5dce35eau, 0xa76c582338ed2621u, 0x873e4f75e2224e68u, 0xda7f5bf590966848u,
    0xb080392cc4349decu, 0x8e938662882af53eu, 0xe65829b3046b0afau, 0xba121a4650e4ddebu, 0x964e858c91ba2655u,
    0xf2d56790ab41c2a2u, 0xc428d05aa4751e4cu, 0x9e74d1b791e07e48u, 0x8000000000000000u, 0xcecb8f27f4200f3au,
    0xa70c3c40a64e6c51u, 0x86f0ac99b4e8dafdu, 0xda01ee641a708de9u, 0xb01ae745b101e9e4u, 0x8e41ade9fbebc27du,
    0xe5d3ef282a242e81u, 0xb9a74a0637ce2ee1u, 0x95f83d0a1fb69cd9u, 0xf24a01a73cf2dccfu, 0xc3b8358109e84f07u,
    0x9e19db92b4e31ba9u,
};

// value ∈ [mantissa, mantissa + error) × 2^(exponent - 63), the mantissa's top bit set.
struct approximation {
  uint64_t mantissa;
  int exponent;
  unsigned error;
};

static inline bool approximate(const struct number *n, struct approximation *a) {
  int64_t e = n->exponent;
  if (e < TENS_STEP * TENS_FIRST || e >= TENS_STEP * (TENS_FIRST + TENS_COUNT)) return false;
  int row = (int)(e + TENS_STEP * -TENS_FIRST) / TENS_STEP;
  int tens = (row + TENS_FIRST) * TENS_STEP, fives = (int)e - tens;
  u128 product = (u128)n->mantissa * FIVES[fives]; // exact
  uint64_t high = (uint64_t)(product >> 64);
  int zeros = high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)product);
  uint64_t m = (uint64_t)((product << zeros) >> 64);
  int exponent = 127 - zeros + fives;
  unsigned error = 1;
  if (tens) { // both factors are short by less than 1 unit, the product is cut: 3 units, doubled by the shift
    product = (u128)m * TENS[row];
    int shift = !(product >> 127);
    m = (uint64_t)(product >> (64 - shift));
    exponent += ((tens * 217706) >> 16) + 1 - shift; // ⌊log2 10^tens⌋
    error = 6;
  }
  *a = (struct approximation){m, exponent, error + (n->cut ? 20 : 0)}; // digits left out: below 2^64 / 10^18
  return true;
}

// Rounds to the 64 - drop leading bits; false if the margin of error leaves two answers.
static inline bool round_off(const struct approximation *a, int drop, uint64_t *out) {
  uint64_t half = (uint64_t)1 << (drop - 1), low = a->mantissa & (2 * half - 1);
  *out = (a->mantissa >> drop) + (low > half);
  return low + a->error <= half || low > half;
}

// Writes the literal anew, without sign and with at most DIGITS_EXACT + 1 digits, for <charconv>: whatever
// the length of the text and wherever its point. `*lead` gets the decimal exponent of the first digit.
enum { PLAIN_MAX = DIGITS_EXACT + 1 + 24 };
static size_t plain(const struct number *n, char out[PLAIN_MAX], int64_t *lead) {
  size_t len = 0;
  int64_t exponent = n->exponent;
  if (!n->cut)
    len = put_u64(out, n->mantissa);
  else {
    bool more = false;
    for (const char *p = n->text + n->negative; p < n->end && (*p | 0x20) != 'e'; p++) {
      if (*p == '.' || (!len && *p == '0')) continue;
      if (len < DIGITS_EXACT)
        out[len++] = *p;
      else
        more |= *p != '0';
    }
    if (more) out[len++] = '1'; // stands for all that follows: it is not zero
    exponent -= (int64_t)len - DIGITS_KEPT;
  }
  *lead = exponent + (int64_t)len - 1;
  out[len++] = 'e';
  return len + number_put_i64(out + len, exponent);
}

enum { LEAD_MAX = 308, LEAD_MIN = -400 }; // beyond these no digits can be finite, or other than 0

#define DEFINE_EXACT(type, f)                                                                                \
  static bool __attribute__((noinline, cold)) exact_##f(const struct number *n, type *out) {                 \
    char text[PLAIN_MAX];                                                                                    \
    int64_t lead;                                                                                            \
    size_t len = plain(n, text, &lead);                                                                      \
    type x = 0;                                                                                              \
    if (lead > LEAD_MAX) return false;                                                                       \
    if (lead >= LEAD_MIN && !charconv_read_##f(text, text + len, &x)) {                                      \
      if (lead > 0) return false;                                                                            \
      x = 0;                                                                                                 \
    }                                                                                                        \
    *out = n->negative ? -x : x;                                                                             \
    return true;                                                                                             \
  }
DEFINE_EXACT(double, f64)
DEFINE_EXACT(float, f32)

static inline bool to_f64(const struct number *n, double *out) {
  uint64_t bits = 0;
  if (n->mantissa) {
    struct approximation a;
    if (!approximate(n, &a) || a.exponent < -1022 || a.exponent > 1022 || !round_off(&a, 11, &bits))
      return exact_f64(n, out);
    bits += (uint64_t)(a.exponent + 1022) << 52; // the mantissa's top bit adds the missing 1
  }
  bits |= (uint64_t)n->negative << 63;
  memcpy(out, &bits, sizeof bits);
  return true;
}

static inline bool to_f32(const struct number *n, float *out) {
  uint64_t wide = 0;
  if (n->mantissa) {
    struct approximation a;
    if (!approximate(n, &a) || a.exponent < -126 || a.exponent > 126 || !round_off(&a, 40, &wide))
      return exact_f32(n, out);
    wide += (uint64_t)(a.exponent + 126) << 23;
  }
  uint32_t bits = (uint32_t)wide | (uint32_t)n->negative << 31;
  memcpy(out, &bits, sizeof bits);
  return true;
}

bool number_f64(const struct number *n, double *out) { return to_f64(n, out); }
bool number_f32(const struct number *n, float *out) { return to_f32(n, out); }

const char *number_read_f64(const char *p, const char *end, double *out) {
  struct number n;
  p = scan(p, end, &n);
  return p && to_f64(&n, out) ? p : NULL;
}

const char *number_read_f32(const char *p, const char *end, float *out) {
  struct number n;
  p = scan(p, end, &n);
  return p && to_f32(&n, out) ? p : NULL;
}

const char *number_read_i64(const char *p, const char *end, int64_t *out) {
  struct number n;
  p = scan(p, end, &n);
  return p && number_i64(&n, out) ? p : NULL;
}

bool number_to_f64(const char *text, const char *end, double *out) {
  struct number n;
  return scan(text, end, &n) == end && to_f64(&n, out);
}

bool number_to_f32(const char *text, const char *end, float *out) {
  struct number n;
  return scan(text, end, &n) == end && to_f32(&n, out);
}

bool number_to_i64(const char *text, const char *end, int64_t *out) {
  struct number n = {0};
  return scan(text, end, &n) == end && number_i64(&n, out);
}

// -------------------------------------------------------------------------------- floats out

// d.ddde±xx → plain notation for 1e-4 <= |x| < 1e16, where Python too writes it; else the text stays as it
// is.
static size_t lay_out(char *out, const char *sci, size_t len) {
  const char *e = sci + len;
  while (*--e != 'e') {
  }
  int exponent = 0;
  for (const char *p = e + 2; p < sci + len; p++) exponent = exponent * 10 + (*p - '0');
  if (e[1] == '-') exponent = -exponent;
  if (exponent < -4 || exponent >= 16) {
    memcpy(out, sci, len);
    return len;
  }
  char *o = out, digits[20];
  if (*sci == '-') *o++ = *sci++;
  size_t n = 1;
  digits[0] = sci[0];
  if (sci[1] == '.') {
    memcpy(digits + 1, sci + 2, (size_t)(e - sci - 2));
    n = (size_t)(e - sci - 1);
  }
  if (exponent < 0) {
    memcpy(o, "0.000", 5);
    o += 1 - exponent;
    memcpy(o, digits, n);
    return (size_t)(o - out) + n;
  }
  size_t whole = (size_t)exponent + 1;
  if (n <= whole) {
    memcpy(o, digits, n);
    memset(o + n, '0', whole - n);
    return (size_t)(o - out) + whole;
  }
  memcpy(o, digits, whole);
  o[whole] = '.';
  memcpy(o + whole + 1, digits + whole, n - whole);
  return (size_t)(o - out) + n + 1;
}

size_t number_put_f64(char *out, double x) {
  if (fabs(x) <= 9007199254740992.0 && (double)(int64_t)x == x) {
    if (x != 0 || !signbit(x)) return number_put_i64(out, (int64_t)x);
    memcpy(out, "-0.0", 4);
    return 4;
  }
  char sci[NUMBER_MAX];
  return lay_out(out, sci, charconv_put_f64(sci, x));
}

size_t number_put_f32(char *out, float x) {
  if (fabsf(x) <= 16777216.0f && (float)(int32_t)x == x) {
    if (x != 0 || !signbit(x)) return number_put_i64(out, (int32_t)x);
    memcpy(out, "-0.0", 4);
    return 4;
  }
  char sci[NUMBER_MAX];
  return lay_out(out, sci, charconv_put_f32(sci, x));
}
