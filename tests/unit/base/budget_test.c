// Charging bytes: a limit, limits above it, and many threads at once.
#include "base/budget.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

static budget process, session;
static fault f;

static void start(void) {
  budget_init(&process, NULL, "process memory", 1000);
  budget_init(&session, &process, "the session", 600);
  fault_clear(&f);
}
TestSuite(budget, .init = start);

Test(budget, exactly_the_limit_fits) {
  cr_assert(budget_charge(&session, 600, &f));
  cr_assert_eq(budget_used(&session), 600);
  cr_assert_eq(budget_used(&process), 600);
  cr_assert(budget_charge(&session, 0, &f));
  cr_assert(!budget_charge(&session, 1, &f));
  cr_assert_eq(f.code, ERR_quota_exceeded);
  cr_assert(strstr(f.detail, "the session") && strstr(f.detail, "600 of 600"), "%s", f.detail);
  budget_release(&session, 600);
  cr_assert_eq(budget_used(&session), 0);
  cr_assert_eq(budget_used(&process), 0);
}

Test(budget, a_refusal_charges_nobody) {
  cr_assert(budget_charge(&process, 500, &f));
  cr_assert(!budget_charge(&session, 501, &f));
  cr_assert_eq(f.code, ERR_overloaded, "it is the process that has no room");
  cr_assert_eq(budget_used(&session), 0);
  cr_assert_eq(budget_used(&process), 500);
  fault_clear(&f);
  cr_assert(!budget_charge(&session, 601, &f));
  cr_assert_eq(f.code, ERR_quota_exceeded);
  cr_assert_eq(budget_used(&session), 0);
  cr_assert_eq(budget_used(&process), 500);
}

Test(budget, no_size_wraps) {
  cr_assert(budget_charge(&session, 10, &f));
  size_t huge[] = {SIZE_MAX, SIZE_MAX - 9, SIZE_MAX / 2, (size_t)1 << 63};
  for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
    fault_clear(&f);
    cr_assert(!budget_charge(&session, huge[i], &f), "%zu", huge[i]);
    cr_assert_eq(budget_used(&session), 10);
    cr_assert_eq(budget_used(&process), 10);
  }
}

enum { THREADS = 4, ROUNDS = 20000 };
static budget sessions[THREADS];

// What two threads try to charge at once may be refused to both, but is never granted beyond the limit.
static void *charge_and_release(void *arg) {
  budget *mine = arg;
  fault own;
  size_t held = 0;
  for (unsigned i = 0; i < ROUNDS; i++) {
    fault_clear(&own);
    size_t n = 1 + (i * 7 + (unsigned)(mine - sessions)) % 90;
    if (budget_charge(mine, n, &own)) held += n;
    if (held > 200 || i + 1 == ROUNDS) budget_release(mine, held), held = 0;
  }
  return NULL;
}

Test(budget, threads_share_the_process) {
  pthread_t thread[THREADS];
  for (int i = 0; i < THREADS; i++) budget_init(&sessions[i], &process, "the session", 400);
  for (int i = 0; i < THREADS; i++)
    cr_assert_eq(pthread_create(&thread[i], NULL, charge_and_release, &sessions[i]), 0);
  for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
  for (int i = 0; i < THREADS; i++) cr_assert_eq(budget_used(&sessions[i]), 0);
  cr_assert_eq(budget_used(&process), 0);
}
