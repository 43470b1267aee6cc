// Readers of a hub get every event once, however little they take at a time, and are told what they miss.
#include "base/mem.h"
#include "http/hub.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static budget memory;
static hubs all;
static hub *h;
static int woken;
static void wake(void *server) {
  cr_assert_eq(server, &woken);
  woken++;
}
static const hub_terms TERMS = {1024, 100, 1};
static void start(void) {
  fault f = {0};
  budget_init(&memory, NULL, "memory", 1 << 22);
  hubs_init(&all, &memory);
  hubs_waken(&all, wake, &woken);
  h = hub_open(&all, &woken, TERMS, &f);
  cr_assert(h != NULL);
}
static void finish(void) {
  if (h) hub_drop(h);
  cr_assert_eq(budget_used(&memory), 0);
  cr_assert_null(all.first);
  hubs_finish(&all);
}
TestSuite(hub, .init = start, .fini = finish, .timeout = 60);

static reader *follow(reader_place from) {
  fault f = {0};
  reader *r = reader_open(h, from, &f);
  cr_assert(r != NULL);
  return r;
}
#define FOLLOW(...) follow((reader_place){__VA_ARGS__})

static char text[1 << 16];
static reader_state last;
static bool whole;
// All there is, or as many whole events as text has room for, `room` bytes at a time.
static const char *take(reader *r, size_t room) {
  size_t n = 0, got, rest;
  do {
    rest = sizeof text - 1 - n;
    last = reader_fill(r, text + n, rest > 8192 ? room : 1, &got, &whole);
    n += got;
  } while (got && (rest > 8192 || !whole));
  text[n] = 0;
  return text;
}

static void tell(int n) {
  char json[32];
  hub_tell(h, "step", json, (size_t)snprintf(json, sizeof json, "{\"x\":%d}", n));
}

#define EVENT(n, x) "id: " #n "\nevent: step\ndata: {\"seq\":" #n ",\"event\":\"step\",\"x\":" #x "}\n\n"
#define LINE(n, x)  "{\"seq\":" #n ",\"event\":\"step\",\"x\":" #x "}\n"

Test(hub, events_from_now_on) {
  tell(5);
  reader *r = FOLLOW(0), *lines = FOLLOW(.lines = true);
  cr_assert_str_eq(take(r, 1000), "retry: 2000\n\n");
  cr_assert_str_eq(take(r, 1000), "");
  cr_assert_eq(last, READER_more);
  tell(6);
  tell(7);
  cr_assert_str_eq(take(r, 1000), EVENT(2, 6) EVENT(3, 7));
  cr_assert_str_eq(take(lines, 1000), "\n" LINE(2, 6) LINE(3, 7));
  reader_close(r, 0);
  reader_close(lines, 0);
}

Test(hub, in_pieces_of_any_size) {
  for (size_t room = 1; room < 200; room++) {
    reader *r = FOLLOW(.resumes = true), *lines = FOLLOW(.resumes = true, .lines = true);
    if (room == 1) tell(1), tell(22);
    cr_assert_str_eq(take(r, room), "retry: 2000\n\n" EVENT(1, 1) EVENT(2, 22));
    cr_assert(whole);
    cr_assert_str_eq(take(lines, room), "\n" LINE(1, 1) LINE(2, 22));
    reader_close(r, 0);
    reader_close(lines, 0);
  }
}

Test(hub, resumes_after_a_number) {
  for (int i = 1; i <= 4; i++) tell(i);
  reader *r = FOLLOW(true, 2, true), *all_of_it = FOLLOW(true, 0, true), *none = FOLLOW(true, 4, true),
         *other_life = FOLLOW(true, 99, true);
  cr_assert_str_eq(take(r, 1000), "\n" LINE(3, 3) LINE(4, 4));
  cr_assert_str_eq(take(all_of_it, 1000), "\n" LINE(1, 1) LINE(2, 2) LINE(3, 3) LINE(4, 4));
  cr_assert_str_eq(take(none, 1000), "\n");
  cr_assert_str_eq(take(other_life, 1000), "\n" LINE(1, 1) LINE(2, 2) LINE(3, 3) LINE(4, 4));
  reader_close(r, 0), reader_close(all_of_it, 0), reader_close(none, 0), reader_close(other_life, 0);
}

Test(hub, what_is_gone_is_a_gap) {
  for (int i = 1; i <= 100; i++) tell(i);
  reader *r = FOLLOW(true, 2, true), *events = FOLLOW(.resumes = true, .after = 2);
  int to = 0;
  cr_assert_eq(sscanf(take(r, 5000), "\n{\"seq\":%*d,\"event\":\"gap\",\"from\":3,\"to\":%d}", &to), 1, "%s",
               text);
  cr_assert(to > 50 && to < 100);
  char next[60];
  snprintf(next, sizeof next, "}\n{\"seq\":%d,\"event\":\"step\",\"x\":%d}\n", to + 1, to + 1);
  cr_assert(strstr(text, next), "%s", text);
  snprintf(next, sizeof next, "retry: 2000\n\nid: %d\nevent: gap\ndata: {\"seq\":%d,", to, to);
  cr_assert(!strncmp(take(events, 5000), next, strlen(next)), "%s", text);
  hub_tell(h, "step", NULL, 0);
  cr_assert_str_eq(take(r, 5000), "{\"seq\":101,\"event\":\"gap\",\"from\":101,\"to\":101}\n");
  tell(7);
  cr_assert_str_eq(take(r, 5000), LINE(102, 7));
  reader_close(r, 0), reader_close(events, 0);
}

Test(hub, who_falls_behind_is_lost) {
  reader *r = FOLLOW(.lines = true), *half = FOLLOW(.lines = true);
  size_t n;
  tell(1);
  reader_fill(half, text, 20, &n, &whole);
  cr_assert_not(whole);
  for (int i = 1; i <= 100; i++) tell(i);
  cr_assert_str_eq(take(r, 1000), "\n");
  cr_assert(last == READER_lost && whole);
  take(half, 1000);
  cr_assert(last == READER_lost && !whole);
  reader_close(r, 0), reader_close(half, 0);
}

Test(hub, what_did_not_happen_is_undone) {
  tell(1), tell(2), tell(3);
  reader *r = FOLLOW(.lines = true);
  hub_undo(h, 2);
  cr_assert_str_eq(take(r, 1000), "\n{\"seq\":4,\"event\":\"undo\",\"from\":2}\n");
  reader_close(r, 0);
}

Test(hub, signs_of_life) {
  reader *r = FOLLOW(0), *lines = FOLLOW(.lines = true);
  size_t n;
  reader_ping(r);
  cr_assert_str_eq(take(r, 1000), "retry: 2000\n\n");
  reader_ping(r), reader_ping(r), reader_ping(lines);
  cr_assert_str_eq(take(r, 1000), ": keep-alive\n\n");
  take(lines, 1000);
  tell(1);
  reader_fill(r, text, 10, &n, &whole);
  reader_ping(r); // not inside an event
  cr_assert_str_eq(take(r, 1000), &EVENT(1, 1)[10]);
  reader_ping(lines);
  cr_assert_str_eq(take(lines, 1000), "\n" LINE(1, 1));
  reader_close(r, 0), reader_close(lines, 0);
}

static int called, lost;
static void call(void *user, bool is_lost) {
  cr_assert_eq(user, text);
  called++;
  lost += is_lost;
}

Test(hub, wakes_once_until_somebody_looks) {
  reader *r = FOLLOW(0);
  reader_serve(r, text);
  hubs_news(&all, call);
  cr_assert_eq(called, 0);
  tell(1), tell(2);
  cr_assert_eq(woken, 1);
  hubs_news(&all, call);
  cr_assert(called == 1 && !lost);
  for (int i = 0; i < 100; i++) tell(i);
  cr_assert_eq(woken, 2);
  hubs_news(&all, call);
  cr_assert(called == 2 && lost == 1);
  hubs_waken(&all, NULL, NULL);
  tell(1);
  cr_assert_eq(woken, 2);
  reader_close(r, 0);
}

Test(hub, ends_with_its_session) {
  reader *r = FOLLOW(.lines = true), *other = FOLLOW(.lines = true);
  hub_close(h);
  h = NULL;
  cr_assert_str_eq(take(r, 1000), "\n{\"seq\":1,\"event\":\"end\"}\n");
  cr_assert_eq(last, READER_ended);
  reader_end(other);
  cr_assert_str_eq(take(other, 1000), "\n");
  cr_assert_eq(last, READER_ended);
  reader_close(r, 0), reader_close(other, 0);
}

Test(hub, is_idle_when_the_last_reader_has_left) {
  reader *r = FOLLOW(0), *other = FOLLOW(0);
  cr_assert(all.readers == 2 && hub_readers(h) == 2);
  cr_assert_null(hub_idle(&all, NULL, 100));
  reader_close(r, 10);
  reader_close(other, 50);
  cr_assert_null(hub_idle(&all, NULL, 49));
  cr_assert_eq(hub_idle(&all, NULL, 50), h);
  cr_assert_null(hub_idle(&all, h, 50));
  tell(1);
  cr_assert_eq(hub_drop(h), 2);
  h = NULL;
}

Test(hub, needs_memory) {
  fault f = {0};
  size_t before = budget_used(&memory);
  for (unsigned nth = 1; nth <= 2; nth++) {
    mem_fail_at(nth, false);
    cr_assert_null(hub_open(&all, &woken, TERMS, &f));
    cr_assert_eq(f.code, ERR_out_of_memory);
    fault_clear(&f);
  }
  mem_fail_at(1, false);
  cr_assert_null(reader_open(h, (reader_place){0}, &f));
  mem_fail_at(0, false);
  cr_assert_eq(f.code, ERR_out_of_memory);
  fault_clear(&f);
  cr_assert_eq(budget_used(&memory), before);
  cr_assert(budget_charge(&memory, memory.limit - before, &f));
  cr_assert_null(hub_open(&all, &woken, TERMS, &f));
  cr_assert_null(reader_open(h, (reader_place){0}, &f));
  cr_assert_eq(f.code, ERR_overloaded);
  budget_release(&memory, memory.limit - before);
}

enum { TOLD = 20000 };
static void *teller(void *arg) {
  (void)arg;
  for (int i = 1; i <= TOLD; i++) tell(i);
  return NULL;
}

// A reader beside the thread that tells: what it gets is in order, and what it does not get is a gap.
Test(hub, across_threads) {
  pthread_t thread;
  int seen = 0, n;
  reader *r = FOLLOW(.resumes = true, .lines = true);
  pthread_create(&thread, NULL, teller, NULL);
  while (seen < TOLD) {
    take(r, 700);
    for (const char *at = text; (at = strchr(at, '{')); at++) {
      int from, to;
      if (sscanf(at, "{\"seq\":%d,\"event\":\"gap\",\"from\":%d,\"to\":%d", &n, &from, &to) == 3) {
        cr_assert(from == seen + 1 && to >= from && n == to);
        seen = to;
      } else if (sscanf(at, "{\"seq\":%d,\"event\":\"step\",\"x\":%d}", &n, &from) == 2) {
        cr_assert(n == seen + 1 && from == n, "%d after %d", n, seen);
        seen = n;
      } else
        cr_assert_eq(last, READER_lost, "%s", at);
    }
    if (last == READER_lost) {
      reader_close(r, 0);
      r = FOLLOW(true, (uint64_t)seen, true);
    }
  }
  pthread_join(thread, NULL);
  reader_close(r, 0);
}

static void *slow_teller(void *arg) {
  char json[32];
  for (int i = 1; i <= TOLD; i++)
    hub_tell_slowly(h, "step", json, (size_t)snprintf(json, sizeof json, "{\"x\":%d}", i), arg);
  return NULL;
}

Test(hub, waits_for_a_reader_that_goes_on) {
  pthread_t thread;
  fault f = {0};
  hub_drop(h);
  h = hub_open(&all, &woken, (hub_terms){1024, 3600000, 1}, &f); // whatever the machine does
  reader *r = FOLLOW(.resumes = true, .lines = true);
  pthread_create(&thread, NULL, slow_teller, NULL);
  for (int seen = 0, n, x; seen < TOLD;) {
    take(r, 700);
    cr_assert(last == READER_more);
    for (const char *at = text; (at = strchr(at, '{')); at++) {
      cr_assert_eq(sscanf(at, "{\"seq\":%d,\"event\":\"step\",\"x\":%d}", &n, &x), 2);
      cr_assert_eq(n, seen + 1);
      seen = n;
    }
  }
  pthread_join(thread, NULL);
  reader_close(r, 0);
}

Test(hub, waits_no_longer_than_it_may) {
  atomic_int stop = 1;
  fault f = {0};
  hub_drop(h);
  h = hub_open(&all, &woken, (hub_terms){1024, 3600000, 1}, &f);
  reader *r = FOLLOW(0); // takes nothing
  slow_teller(&stop);
  pthread_t thread;
  stop = 0;
  pthread_create(&thread, NULL, slow_teller, &stop);
  pthread_mutex_lock(&all.lock);
  pthread_mutex_unlock(&all.lock);
  stop = 1; // wherever it is by now
  pthread_join(thread, NULL);
  cr_assert_str_eq(take(r, 1000), "retry: 2000\n\n");
  cr_assert_eq(last, READER_lost);
  reader_close(r, 0);
}

Test(hub, does_not_wait_long_for_one_that_does_not) {
  reader *r = FOLLOW(0), *ended = FOLLOW(0);
  reader_end(ended);
  slow_teller(NULL); // returns
  cr_assert_str_eq(take(r, 1000), "retry: 2000\n\n");
  cr_assert_eq(last, READER_lost);
  reader_close(r, 0), reader_close(ended, 0);
}
