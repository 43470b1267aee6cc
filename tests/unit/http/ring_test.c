// Events come out of the ring as they went in, whatever its size and wherever it begins; the oldest go first.
#include "base/mem.h"
#include "http/ring.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static budget memory;
static ring r;
static void start(void) { budget_init(&memory, NULL, "memory", 1 << 20); }
static void finish(void) {
  ring_finish(&r);
  cr_expect_eq(budget_used(&memory), 0);
}
TestSuite(ring, .init = start, .fini = finish);

static void make(size_t most, uint64_t next) {
  fault f = {0};
  cr_assert(ring_init(&r, &memory, most, next, &f));
}

// An event of n bytes that tells its number.
static void put(size_t n) {
  char json[70000];
  int head = snprintf(json, sizeof json, "{\"n\":%llu,\"", (unsigned long long)r.next);
  cr_assert(n > (size_t)head && n <= sizeof json);
  for (size_t i = (size_t)head; i < n; i++) json[i] = (char)('a' + i % 26);
  json[n - 1] = '}';
  ring_put(&r, "step", json, n);
}

// All that are kept are whole, and their numbers go up to the last without a gap.
static size_t check(void) {
  size_t count = 0;
  uint64_t seq = ring_first(&r);
  for (uint64_t at = r.tail; at < r.head; at = ring_beyond(&r, at), seq++, count++) {
    ring_event e = ring_at(&r, at);
    char json[70000], begins[40];
    cr_assert_eq(e.seq, seq);
    cr_assert_str_eq(e.name, "step");
    ring_copy(&r, at, 0, json, e.n);
    snprintf(begins, sizeof begins, "{\"n\":%llu,\"", (unsigned long long)seq);
    cr_assert(!strncmp(json, begins, strlen(begins)));
    for (size_t i = strlen(begins); i + 1 < e.n; i++) cr_assert_eq(json[i], (char)('a' + i % 26));
    cr_assert_eq(json[e.n - 1], '}');
  }
  cr_assert_eq(seq, r.next);
  return count;
}

Test(ring, the_oldest_go_when_it_is_full) {
  make(1000, 1);
  for (int i = 0; i < 500; i++) {
    put(20 + (size_t)i * 37 % 300);
    check();
  }
  cr_expect(ring_first(&r) > 480 && r.head - r.tail <= 1000);
  cr_expect_eq(r.cap, 1000);
}

Test(ring, it_grows_up_to_its_bound) {
  make(100000, 1);
  cr_expect_lt(r.cap, 20000);
  for (int i = 0; i < 90; i++) {
    put(1000);
    cr_assert_eq(check(), (size_t)i + 1);
  }
  cr_expect_eq(r.cap, 100000);
  cr_expect_eq(budget_used(&memory), 100000);
  for (int i = 0; i < 90; i++) put(1000);
  cr_expect_eq(check(), 100000 / (1000 + sizeof(ring_event)));
}

Test(ring, without_room_to_grow_it_keeps_less) {
  make(100000, 1);
  fault f = {0};
  size_t rest = memory.limit - budget_used(&memory);
  cr_assert(budget_charge(&memory, rest, &f));
  for (int i = 0; i < 90; i++) put(1000);
  cr_expect(check() >= 10 && r.cap < 20000);
  budget_release(&memory, rest);
  mem_fail_at(1, true);
  put(15000);
  put(15000);
  mem_fail_at(0, false);
  cr_expect_eq(check(), 1);
  put(60000);
  cr_expect_eq(check(), 2);
}

Test(ring, what_is_not_kept_has_a_number) {
  make(1000, 7);
  put(100);
  ring_put(&r, "step", NULL, 0);
  char large[2000];
  memset(large, 'x', sizeof large);
  ring_put(&r, "step", large, sizeof large);
  put(100);
  cr_expect_eq(r.next, 11);
  cr_expect_eq(ring_first(&r), 7);
  cr_expect_eq(ring_at(&r, ring_after(&r, 7)).seq, 10);
  cr_expect_eq(ring_after(&r, 6), r.tail);
  cr_expect_eq(ring_after(&r, 10), r.head);
}

Test(ring, needs_memory) {
  fault f = {0};
  mem_fail_at(1, true);
  cr_expect_not(ring_init(&r, &memory, 1000, 1, &f));
  mem_fail_at(0, false);
  cr_expect_eq(f.code, ERR_out_of_memory);
  ring_finish(&r);
  fault_clear(&f);
  budget_init(&memory, NULL, "memory", 100);
  cr_expect_not(ring_init(&r, &memory, 1000, 1, &f));
  cr_expect_eq(f.code, ERR_overloaded);
}
