// number_bench.c - ns per number, text → floats and back, beside the C library in the same run.
#include "bench/best.h"
#include "base/number.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 1000000, ROUNDS = 7 };

static uint64_t state = 88172645463325252u;
static uint64_t random_bits(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

static double any_f64(void) {
  double x;
  do {
    uint64_t bits = random_bits();
    memcpy(&x, &bits, sizeof x);
  } while (!isfinite(x));
  return x;
}
static double unit_f64(void) { return (double)(random_bits() >> 11) * 0x1p-52 - 1; }
static double short_f64(void) { return (double)(int64_t)(random_bits() % 2000001 - 1000000) / 1000; }
static double small_int(void) { return (double)(random_bits() % 1000); }

static double values[COUNT];
static char text[COUNT * 28];
static volatile double sink;

static const char *join(bool single) {
  char *p = text;
  for (int i = 0; i < COUNT; i++) {
    p += single ? number_put_f32(p, (float)values[i]) : number_put_f64(p, values[i]);
    *p++ = ',';
  }
  return p;
}

static void measure(const char *name, double (*draw)(void), bool single) {
  double in_f64, in_f32, in_libc, out, out_libc, sum = 0;
  char scratch[64];
  for (int i = 0; i < COUNT; i++) values[i] = draw();
  const char *end = join(single);
  BEST(
      in_f64, ROUNDS, COUNT, for (const char *p = text; p < end; p++) {
        double x;
        p = number_read_f64(p, end, &x);
        sum += x;
      });
  BEST(
      in_f32, ROUNDS, COUNT, for (const char *p = text; single && p < end; p++) {
        float x;
        p = number_read_f32(p, end, &x);
        sum += (double)x;
      });
  BEST(
      in_libc, ROUNDS, COUNT, for (const char *p = text; p < end; p++) {
        char *stop;
        sum += strtod(p, &stop);
        p = stop;
      });
  BEST(out, ROUNDS, COUNT, join(single));
  BEST(out_libc, ROUNDS, COUNT,
       for (int i = 0; i < COUNT; i++) sum += snprintf(scratch, 64, single ? "%.9g" : "%.17g", values[i]));
  sink = sum;
  printf("%-24s %6.1f in f64", name, in_f64);
  if (single)
    printf("  %6.1f in f32", in_f32);
  else
    printf("  %6s       ", "");
  printf("  %6.1f out   (%5.1f bytes; strtod %6.1f, printf %6.1f)\n", out, (double)(end - text) / COUNT - 1,
         in_libc, out_libc);
}

int main(void) {
  printf("ns per number, best of %d runs over %d numbers\n", ROUNDS, COUNT);
  measure("f64 uniform in [-1, 1)", unit_f64, false);
  measure("f64 random bits", any_f64, false);
  measure("f64 three decimals", short_f64, false);
  measure("f32 uniform in [-1, 1)", unit_f64, true);
  measure("f32 three decimals", short_f64, true);
  measure("f32 small integers", small_int, true);
  return 0;
}
