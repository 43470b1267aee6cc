// All sessions: held while requests run, expired when nobody asks for them, remembered when they have.
#include "session/registry.h"
#include "autograd/formula.h"
#include "autograd/op.h"
#include "base/mem.h"
#include "leaks.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static budget process;
static registry *r;
static fault f;
static int retired;
static limits set = {
    .session_bytes = 1 << 20, .session_nodes = 100, .session_tensors = 100, .sessions = 50, .ttl_s = 10};

static size_t retire(void *user, session *s) {
  size_t much = s->ag.nodes + s->n_bindings;
  retired++;
  cr_assert_eq(user, &process);
  cr_assert_eq(((char *)s->extra)[0], s->name[0], "what belongs to the user is still there");
  session_finish(s);
  registry_free(r, s);
  return much;
}

static void start(void) {
  ops_init();
  budget_init(&process, NULL, "process memory", 1 << 24);
  r = registry_create(&process, &set, 100, retire, &process);
  cr_assert(r);
  retired = 0;
}
static void finish(void) {
  mem_fail_at(0, false);
  registry_destroy(r);
  leaks_none(&process);
}
TestSuite(registry, .init = start, .fini = finish);

static session *make(const char *name, int64_t now) {
  fault_clear(&f);
  session *s = registry_make(r, name, 1, now, &f);
  if (!s) return NULL;
  for (int i = 0; i < 100; i++) cr_assert_eq(((char *)s->extra)[i], 0);
  ((char *)s->extra)[0] = *name;
  return s;
}
static session *make_free(const char *name, int64_t now) {
  session *s = make(name, now);
  registry_release(r, s);
  return s;
}
static session *hold(const char *name, int64_t now) {
  fault_clear(&f);
  return registry_hold(r, name, now, &f);
}

Test(registry, made_found_and_closed) {
  session *s = make("a", 0);
  cr_assert_str_eq(s->name, "a");
  cr_assert_eq(s->holds, 1);
  cr_assert_eq(registry_count(r), 1);
  cr_assert_eq(hold("a", 1), s);
  cr_assert_eq(s->holds, 2);
  cr_assert_null(hold("b", 1));
  cr_assert_eq(f.code, ERR_session_unknown);
  cr_assert_null(registry_hold(r, "b", 1, NULL));
  registry_release(r, s);
  registry_close(r, s);
  registry_close(r, s);
  cr_assert_eq(registry_count(r), 0);
  cr_assert_null(hold("a", 1));
  cr_assert_eq(f.code, ERR_session_unknown, "deleted, not expired");
  cr_assert_eq(retired, 0, "somebody still holds it");
  registry_touch(r, s, 5);
  registry_release(r, s);
  cr_assert_eq(retired, 1);
}

Test(registry, a_name_is_free_while_the_old_one_is_held) {
  session *old = make("a", 0);
  registry_close(r, old);
  session *fresh = make("a", 1);
  cr_assert_neq(old, fresh);
  cr_assert_eq(hold("a", 1), fresh);
  registry_release(r, old);
  cr_assert_eq(registry_count(r), 1);
  registry_release(r, fresh);
  registry_release(r, fresh);
}

Test(registry, what_nobody_uses_expires) {
  make_free("a", 0);
  make_free("b", 5000);
  session *held = make("c", 0);
  registry_expire(r, 9999, 100, SIZE_MAX);
  cr_assert_eq(registry_count(r), 3);
  registry_expire(r, 10000, 100, SIZE_MAX);
  cr_assert_eq(registry_count(r), 2, "a went, c is held");
  cr_assert_null(hold("a", 10000));
  cr_assert_eq(f.code, ERR_session_expired);
  registry_release(r, hold("b", 14999));
  registry_expire(r, 15000, 100, SIZE_MAX);
  cr_assert_eq(registry_count(r), 2, "being asked for counts");
  registry_release(r, held);
  registry_expire(r, 15000, 100, SIZE_MAX);
  cr_assert_eq(registry_count(r), 1);
}

Test(registry, an_expired_one_is_not_found_even_before_it_is_swept) {
  make_free("a", 0);
  cr_assert_null(hold("a", 10000));
  cr_assert_eq(f.code, ERR_session_expired);
  cr_assert_eq(registry_count(r), 0);
  make_free("a", 10001);
  session *s = hold("a", 10002);
  cr_assert_not_null(s);
  registry_release(r, s);
}

// A name that is made again is no longer one that expired, also after its second end.
Test(registry, tombs_are_cleared) {
  make_free("a", 0);
  registry_expire(r, 20000, 100, SIZE_MAX);
  session *s = make("a", 20000);
  registry_close(r, s);
  registry_release(r, s);
  cr_assert_null(hold("a", 20001));
  cr_assert_eq(f.code, ERR_session_unknown);
}

Test(registry, tombs_are_a_ring) {
  char name[16];
  for (int i = 0; i < 6000; i++) {
    snprintf(name, sizeof name, "n%d", i);
    make_free(name, 0);
    registry_expire(r, 10000, 100, SIZE_MAX);
  }
  cr_assert_null(hold("n5999", 0));
  cr_assert_eq(f.code, ERR_session_expired);
  cr_assert_null(hold("n0", 0));
  cr_assert_eq(f.code, ERR_session_unknown, "forgotten by now");
}

Test(registry, a_sweep_has_its_bound_and_goes_on) {
  char name[16];
  for (int i = 0; i < 40; i++) {
    snprintf(name, sizeof name, "n%d", i);
    make_free(name, i % 2 ? 0 : 9999); // every other one outlives
  }
  size_t before = registry_count(r);
  registry_expire(r, 10000, 8, SIZE_MAX);
  cr_assert_geq(registry_count(r), before - 8);
  for (int i = 0; i < 10; i++) registry_expire(r, 10000, 8, SIZE_MAX);
  cr_assert_eq(registry_count(r), 20);
}

Test(registry, the_number_is_limited) {
  char name[16];
  for (int i = 0; i < 50; i++) {
    snprintf(name, sizeof name, "n%d", i);
    make_free(name, 0);
  }
  cr_assert_null(make("one_more", 0));
  cr_assert_eq(f.code, ERR_quota_exceeded);
  session *s = hold("n7", 0);
  registry_close(r, s);
  registry_release(r, s);
  cr_assert_eq(registry_count(r), 49);
}

Test(registry, the_process_pays) {
  size_t used = budget_used(&process);
  session *s = make("a", 0);
  cr_assert_gt(budget_used(&process), used);
  registry_close(r, s);
  registry_release(r, s);
  cr_assert_eq(budget_used(&process), used);
  process.limit = used + 10;
  cr_assert_null(make("a", 0));
  cr_assert_eq(f.code, ERR_overloaded);
  cr_assert_eq(budget_used(&process), used);
}

Test(registry, no_memory_at_any_point) {
  size_t used = budget_used(&process);
  for (uint64_t n = 1; n < 10; n++) {
    mem_fail_at(n, true);
    fault_clear(&f);
    session *s = registry_make(r, "a", 1, 0, &f);
    bool reached = mem_fail_count() >= n;
    mem_fail_at(0, false);
    if (s) ((char *)s->extra)[0] = 'a', registry_release(r, s);
    if (!reached) break;
    cr_assert_null(s);
    cr_assert_eq(f.code, ERR_out_of_memory);
    cr_assert_eq(registry_count(r), 0);
    cr_assert_eq(budget_used(&process), used);
  }
  cr_assert_eq(registry_count(r), 1);
}

static int by_bytes(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

// Pages of every size, over names in no order, are one sorted list in the end.
Test(registry, pages) {
  static const char *const NAMES[] = {"b", "a", "aa", "zz", "m1", "m", "m10", "m2", "B", "_x", "é", "ma"};
  enum { N = sizeof NAMES / sizeof *NAMES };
  const char *sorted[N];
  for (int i = 0; i < N; i++) make_free(sorted[i] = NAMES[i], i);
  qsort(sorted, N, sizeof *sorted, by_bytes);
  static const char *const PREFIXES[] = {"", "m", "a", "none"};
  for (size_t p = 0; p < 4; p++)
    for (size_t most = 1; most <= N + 1; most++) {
      session *page[N + 1];
      const char *after = "";
      int i = 0;
      for (size_t n; (n = registry_page(r, PREFIXES[p], after, 20, page, most));)
        for (size_t k = 0; k < n; k++, i++) {
          while (strncmp(sorted[i], PREFIXES[p], strlen(PREFIXES[p]))) i++;
          cr_assert_str_eq(page[k]->name, sorted[i]);
          after = page[k]->name;
        }
      while (i < N && strncmp(sorted[i], PREFIXES[p], strlen(PREFIXES[p]))) i++;
      cr_assert_eq(i, N);
    }
}

Test(registry, random_names) {
  char a[NAME_MAX_BYTES + 1], b[NAME_MAX_BYTES + 1];
  bool seen[256] = {false};
  for (int i = 0; i < 200; i++) {
    registry_random_name(a);
    registry_random_name(b);
    cr_assert_eq(strlen(a), 27);
    cr_assert(name_valid(a, 27, false));
    cr_assert_neq(strcmp(a, b), 0);
    for (int k = 1; k < 27; k++) seen[(unsigned char)a[k]] = true;
  }
  int letters = 0;
  for (int i = 0; i < 256; i++) letters += seen[i];
  cr_assert_eq(letters, 32, "all letters of base32 occur");
}

Test(registry, the_end_frees_what_is_left) {
  make_free("a", 0);
  make_free("b", 0);
}

Test(registry, a_sweep_frees_no_more_than_it_may) {
  for (int i = 0; i < 10; i++) {
    char name[8], tensor[8];
    snprintf(name, sizeof name, "s%d", i);
    session *s = make(name, 0);
    for (int k = 0; k < 10; k++) {
      bool made;
      size_t n = (size_t)snprintf(tensor, sizeof tensor, "t%d", k);
      var *v = op_zeros(&s->ag, (ints){0}, DT_float32);
      cr_assert(session_bind(s, tensor, n, v, &made));
      scope_leave(&s->ag, 0, NULL);
    }
    registry_release(r, s);
  }
  registry_expire(r, 1000000, 100, 25);
  cr_assert_eq(registry_count(r), 7, "the third reaches the limit");
  registry_expire(r, 1000000, 100, SIZE_MAX);
  cr_assert_eq(registry_count(r), 0);
}

// Names come and go in any order: a listing is always all there are, sorted.
Test(registry, order_of_many) {
  enum { MANY = 50, TURNS = 2000 };
  bool there[MANY] = {false};
  unsigned random = 1;
  for (int turn = 0; turn < TURNS; turn++) {
    char name[16];
    session *page[MANY + 1];
    random = random * 1664525u + 1013904223u;
    unsigned at = random >> 16 & 63;
    if (at >= MANY) continue;
    snprintf(name, sizeof name, "n%02u", at);
    if (there[at]) {
      session *s = registry_hold(r, name, 0, &f);
      registry_close(r, s);
      registry_release(r, s);
    } else
      make_free(name, 0);
    there[at] = !there[at];
    size_t n = registry_page(r, "", "", 0, page, MANY + 1), k = 0;
    for (unsigned i = 0; i < MANY; i++) {
      if (!there[i]) continue;
      snprintf(name, sizeof name, "n%02u", i);
      cr_assert(k < n);
      cr_assert_str_eq(page[k++]->name, name);
    }
    cr_assert_eq(k, n);
  }
}

Test(registry, lives_of_a_name) {
  session *s = make("again", 0);
  cr_assert_eq(s->life, 0);
  registry_close(r, s);
  registry_release(r, s);
  s = make("again", 0);
  cr_assert_eq(s->life, 1);
  registry_release(r, s);
}
