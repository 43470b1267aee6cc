// leaks.h - what a test asks at its end, where an assertion would no longer fail it.
#pragma once
#include "base/budget.h"
#include <stdio.h>
#include <stdlib.h>

int __lsan_do_recoverable_leak_check(void) __attribute__((weak)); // there under AddressSanitizer

// leaks_none aborts if bytes are still charged or, when a sanitizer can tell, still allocated.
static inline void leaks_none(const budget *b) {
  if (budget_used(b)) fprintf(stderr, "%zu bytes are still charged\n", budget_used(b)), abort();
  if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check()) abort();
}
