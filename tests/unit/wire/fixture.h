// fixture.h - a budget, a context and a buffer for a suite: FIXTURE_SUITE(name) makes them anew for each
// test, and after it nothing may be charged.
#pragma once
#include "base/buffer.h"
#include "base/ctx.h"
#include <criterion/criterion.h>

static budget memory;
static ctx c;
static buffer out;

static void begin(void) {
  budget_init(&memory, NULL, "memory", (size_t)1 << 30);
  c = (ctx){.budget = &memory};
}
static void finish(void) {
  buffer_finish(&out);
  cr_assert_eq(budget_used(&memory), 0);
}

#define FIXTURE_SUITE(name) TestSuite(name, .init = begin, .fini = finish)
