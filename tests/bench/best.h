// best.h - the clock of the benchmarks, and the best of several runs.
#pragma once
#include <time.h>

static inline double now(void) { // ns
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

// BEST runs the loop `rounds` times over `count` things; best becomes the least ns for one.
#define BEST(best, rounds, count, loop)                                                                      \
  do {                                                                                                       \
    (best) = 1e300;                                                                                          \
    for (int round = 0; round < (rounds); round++) {                                                         \
      double start = now();                                                                                  \
      loop;                                                                                                  \
      double took = (now() - start) / (count);                                                               \
      if (took < (best)) (best) = took;                                                                      \
    }                                                                                                        \
  } while (0)
