#include "http/idempotency.h"
#include "base/mem.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static budget memory;
static idempotency_shelf shelf;
static idempotency *store;
static request r;
static reply rep, out;
static fault f;
static unsigned ticket;

static void start(void) {
  budget_init(&memory, NULL, "process memory", 64 << 20);
  shelf = (idempotency_shelf){.budget = &memory};
  store = idempotency_new(&shelf, 4);
  cr_assert(store);
}
static void finish(void) {
  idempotency_free(store);
  reply_finish(&rep);
  reply_finish(&out);
  cr_assert_eq(budget_used(&memory), 0);
}
TestSuite(idempotency, .init = start, .fini = finish);

static bool claim(const char *key, const char *target, const char *body) {
  fault_clear(&f);
  reply_clear(&out);
  request_clear(&r);
  r.method = METHOD_POST;
  cr_assert(request_target(&r, target, &f));
  r.idempotency_key = key;
  r.body = body;
  r.body_len = strlen(body);
  return idempotency_claim(store, &r, &out, &ticket, &f);
}

static void answer(int status, const char *body) {
  reply_clear(&rep);
  rep.status = status;
  rep.content_type = "application/json";
  reply_header(&rep, "ETag", "\"7\"");
  buffer_puts(&rep.body, body);
  idempotency_settle(store, ticket, &rep, false);
}

Test(idempotency, a_retry_gets_the_stored_answer) {
  cr_assert(claim("k", "/a?x=1", "{}"));
  answer(201, "yes");
  cr_assert(!claim("k", "/a?x=1", "{}"));
  cr_assert_eq(f.code, ERR_none);
  cr_assert_eq(out.status, 201);
  cr_assert_arr_eq(out.body.data, "yes", 3);
  cr_assert_str_eq(out.content_type, "application/json");
  cr_assert_str_eq(reply_header_value(&out, "ETag"), "\"7\"");
  cr_assert_str_eq(reply_header_value(&out, "Idempotency-Replayed"), "true");
}

Test(idempotency, another_request_with_the_key_is_refused) {
  cr_assert(claim("k", "/a", "{}"));
  cr_assert(!claim("k", "/a", "{ }"));
  cr_assert_eq(f.code, ERR_idempotency_key_reused);
  answer(200, "");
  cr_assert(!claim("k", "/b", "{}"));
  cr_assert_eq(f.code, ERR_idempotency_key_reused);
  cr_assert(!claim("k", "/a?x", "{}"));
  cr_assert(claim("other", "/b", "{}"));
}

Test(idempotency, while_it_runs_a_retry_is_told_so) {
  cr_assert(claim("k", "/a", ""));
  cr_assert(!claim("k", "/a", ""));
  cr_assert_eq(f.code, ERR_idempotency_in_progress);
}

Test(idempotency, answers_that_say_try_again_are_not_kept) {
  static const int AGAIN[] = {429, 500, 503, 504};
  for (int i = 0; i < 4; i++) {
    cr_assert(claim("k", "/a", ""));
    answer(AGAIN[i], "no");
  }
  cr_assert(claim("k", "/a", ""));
  answer(422, "no");
  cr_assert(!claim("k", "/a", ""));
  cr_assert_eq(out.status, 422);
}

Test(idempotency, keys_are_visible_ascii) {
  char key[258];
  memset(key, 'k', sizeof key);
  key[256] = 0;
  cr_assert(!claim(key, "/a", ""));
  cr_assert_eq(f.code, ERR_bad_header);
  key[255] = 0;
  cr_assert(claim(key, "/a", ""));
  cr_assert(!claim("", "/a", "") && !claim("a b", "/a", "") && !claim("\xc3\xa9", "/a", ""));
  cr_assert_eq(f.code, ERR_bad_header);
}

Test(idempotency, the_least_recently_used_go_first_and_running_ones_never) {
  cr_assert(claim("running", "/a", ""));
  for (const char *k = "abc"; *k; k++) {
    cr_assert(claim((char[]){*k, 0}, "/a", ""));
    answer(200, "");
  }
  cr_assert(!claim("a", "/a", ""));
  cr_assert(claim("d", "/a", "")); // in the place of b
  answer(200, "");
  cr_assert(!claim("a", "/a", "") && f.code == ERR_none);
  cr_assert(!claim("running", "/a", "") && f.code == ERR_idempotency_in_progress);
  cr_assert(claim("b", "/a", ""));
}

Test(idempotency, when_all_run_another_key_is_refused) {
  for (const char *k = "abcd"; *k; k++) cr_assert(claim((char[]){*k, 0}, "/a", ""));
  cr_assert(!claim("e", "/a", ""));
  cr_assert_eq(f.code, ERR_out_of_memory);
}

Test(idempotency, a_large_answer_is_not_kept_but_never_run_again) {
  cr_assert(claim("k", "/a", ""));
  reply_clear(&rep);
  cr_assert(buffer_reserve(&rep.body, IDEMPOTENCY_BYTES));
  memset(rep.body.data, 'x', IDEMPOTENCY_BYTES);
  rep.body.len = IDEMPOTENCY_BYTES;
  idempotency_settle(store, ticket, &rep, false);
  cr_assert(!claim("k", "/a", ""));
  cr_assert_eq(f.code, ERR_idempotency_key_reused);
  cr_assert(strstr(f.detail, "carried out"));
}

Test(idempotency, bytes_are_bounded) {
  for (const char *k = "abc"; *k; k++) {
    cr_assert(claim((char[]){*k, 0}, "/a", ""));
    reply_clear(&rep);
    size_t n = IDEMPOTENCY_BYTES / 2 - 1024;
    cr_assert(buffer_reserve(&rep.body, n));
    memset(rep.body.data, 'x', n);
    rep.body.len = n;
    idempotency_settle(store, ticket, &rep, false);
    cr_assert_leq(budget_used(&memory), IDEMPOTENCY_BYTES);
  }
  cr_assert(!claim("c", "/a", "") && f.code == ERR_none);
  cr_assert(claim("a", "/a", ""));
}

Test(idempotency, allocation_may_fail_anywhere) {
  for (uint64_t n = 1; n < 20; n++) {
    mem_fail_at(n, true);
    bool ok = claim("k", "/a", "");
    if (ok)
      answer(200, "yes");
    else
      cr_assert_eq(f.code, ERR_out_of_memory);
    mem_fail_at(0, false);
    bool again = claim("k", "/a", "");
    cr_assert(again != ok); // once it ran, it never runs again
    if (again)
      answer(503, "");
    else
      idempotency_free(store), store = idempotency_new(&shelf, 4);
  }
}

Test(idempotency, what_changed_something_is_kept_whatever_it_says) {
  cr_assert(claim("k", "/a", "{}"));
  rep.status = 504;
  idempotency_settle(store, ticket, &rep, true);
  cr_assert(!claim("k", "/a", "{}"));
  cr_assert_eq(f.code, ERR_none);
  cr_assert_eq(out.status, 504);
}

Test(idempotency, answers_go_oldest_first_when_memory_runs_short) {
  idempotency *other = idempotency_new(&shelf, 4);
  char *large = calloc(1, 100001), key[] = "k0";
  memset(large, 'x', 100000);
  for (int i = 0; i < 3; i++, key[1]++) {
    cr_assert(claim(key, "/a", "{}"));
    answer(200, large);
  }
  size_t kept = shelf.bytes;
  idempotency_relieve(&shelf);
  cr_assert_eq(shelf.bytes, kept, "there is room");
  size_t filler = memory.limit / 8 * 7 - 150000 - budget_used(&memory) + kept;
  cr_assert(budget_charge(&memory, filler, &f));
  idempotency_relieve(&shelf);
  budget_release(&memory, filler);
  cr_assert(shelf.bytes && shelf.bytes < kept / 2, "%zu of %zu", shelf.bytes, kept);
  cr_assert(!claim("k2", "/a", "{}"));
  cr_assert_eq(out.body.len, 100000);
  cr_assert(!claim("k0", "/a", "{}"));
  cr_assert_eq(f.code, ERR_idempotency_key_reused, "its answer went, the key did not");
  memory.limit = 8 * 150000; // all stores together have an eighth of it
  idempotency *first = store;
  store = other;
  cr_assert(claim("k9", "/a", "{}"));
  answer(200, large);
  cr_assert(!claim("k9", "/a", "{}"));
  cr_assert_eq(f.code, ERR_none);
  idempotency_free(other);
  store = first;
  cr_assert(!claim("k2", "/a", "{}"));
  cr_assert_eq(f.code, ERR_idempotency_key_reused);
  cr_assert_eq(shelf.bytes, 0);
  free(large);
}
