// Following a session has its ends: readers that are too slow or too many, sessions and servers that stop.
#include "follower.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

TestSuite(events_end, .init = client_up, .fini = client_down, .timeout = 240);
// Tests that start their own server.
TestSuite(events_end_with, .fini = client_down, .timeout = 240);

// ---- who does not keep up

// A client that reads no more than the head. Its socket takes what it takes: with a window narrower than a
// segment the rest would come at the pace of the sender's probes, over minutes.
static int deaf(void) {
  int fd = raw_connect();
  raw_send(fd, "GET " EVENTS " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  cr_assert_eq(raw_first(&fd, 1, 60000), 0);
  return fd;
}

static void chatter(void) {
  expect_status(script("x = torch.ones(64)\nfor i in range(500):\n    x = x + 1\n"), 200);
}

Test(events_end_with, who_falls_behind_is_dropped) {
  UP("--events-memory", "64KiB");
  int fd = deaf();
  for (int turn = 0; turn < 1000 && metric("gradd_readers_dropped_total") == 0; turn++) chatter();
  cr_expect_geq(metric("gradd_readers_dropped_total"), 1);
  wait_metric_most("gradd_readers", 0);
  bool closed;
  do raw_rest(fd, 60000, &closed);
  while (!closed);
  close(fd);
  follower *f = follow("", "Last-Event-ID: 1\r\n");
  cr_expect(is_event(follow_next(f), "gap"));
  unfollow(f);
}

Test(events_end_with, who_takes_nothing_for_long_is_closed) {
  UP("--events-memory", "256MiB", "--idle-s", "1");
  int fd = deaf();
  for (int turn = 0; turn < 1000 && metric("gradd_slow_connections_total") == 0; turn++) chatter();
  cr_expect_geq(metric("gradd_slow_connections_total"), 1);
  wait_metric_most("gradd_readers", 0);
  close(fd);
}

Test(events_end_with, no_more_than_so_many) {
  UP("--session-readers", "2", "--readers", "3");
  expect_status(put("/v1/sessions/other", NULL), 201);
  follower *a = follow("", ""), *b = follow("", "");
  answer *refused = expect_problem(get(EVENTS), 429, "too_many_requests");
  cr_expect(header(refused, "Retry-After"));
  expect_status(ask(.method = "HEAD", .path = EVENTS), 429);
  expect_status(ask(.method = "HEAD", .path = "/v1/sessions/other/events"), 200);
  follower *c = follow_at("/v1/sessions/other/events", "", "");
  refused = expect_problem(get("/v1/sessions/other/events"), 503, "overloaded");
  cr_expect(header(refused, "Retry-After"));
  unfollow(c);
  wait_metric_most("gradd_readers", 2);
  c = follow_at("/v1/sessions/other/events", "", "");
  unfollow(a), unfollow(b), unfollow(c);
}

// ---- ends

Test(events_end, with_a_session_that_another_takes_the_place_of) {
  follower *f = follow("", "");
  del(SESSION);
  put(SESSION, NULL);
  follower *g = follow("&last_event_id=0", "");
  op("{'op':'add','args':[1,1],'out':'two'}");
  cr_expect_str_eq(follow_told(f), "DELETE  204");
  cr_expect(is_event(follow_next(f), "end"));
  cr_expect_null(follow_next(f));
  cr_expect_eq(number_in(follow_next(g), "seq"), 1);
  unfollow(f), unfollow(g);
}

static bool listed(const char *name) {
  const cJSON *s;
  cJSON_ArrayForEach(s, at(expect_status(get("/v1/sessions"), 200), "sessions")) {
    if (!strcmp(cJSON_GetObjectItem(s, "name")->valuestring, name)) return true;
  }
  return false;
}

static void wait_unlisted(const char *name) {
  for (int turn = 0; turn < 100000; turn++)
    if (!listed(name)) return;
  cr_assert(false, "%s does not expire", name);
}

Test(events_end, who_follows_a_session_uses_it) {
  follower *f = follow("", "");
  patch(SESSION, "{'ttl_s':1}");
  put("/v1/sessions/alone", "{'ttl_s':1}");
  wait_unlisted("alone");
  put("/v1/sessions/alone", "{'ttl_s':1}");
  wait_unlisted("alone"); // by now the time of s is over, too
  cr_expect(listed("s"));
  op("{'op':'add','args':[1,1],'out':'two'}");
  follow_told(f);
  cr_expect_str_eq(follow_told(f), "add, POST /ops 201");
  unfollow(f);
  wait_unlisted("s");
  expect_problem(get(EVENTS), 410, "session_expired");
  wait_metric_most("gradd_readers", 0);
}

Test(events_end_with, a_server_that_drains_does_not_wait_for_readers) {
  UP("--drain-s", "3600");
  follower *f = follow("", ""), *g = follow("", "");
  int fd = deaf(), head = raw_connect();
  raw_send(head, "HEAD " EVENTS " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect_status(raw_read_head(head, 60000), 200);
  op("{'op':'add','args':[1,1],'out':'two'}");
  kill(server_pid(), SIGTERM);
  follow_told(f);
  cr_expect_null(follow_next(f));
  follow_told(g);
  cr_expect_null(follow_next(g));
  server_expect_exit();
  close(fd), close(head);
  unfollow(f), unfollow(g);
}

// Its head came before the port closed, the end of its empty body does so after.
Test(events_end_with, nobody_begins_to_follow_a_server_that_drains) {
  UP("--drain-s", "3600");
  follower *f = follow("", "");
  int late = raw_connect(), running = run_endless();
  raw_send(late, "GET " EVENTS " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  follow_until(f, "step");
  kill(server_pid(), SIGTERM);
  while (follow_next(f)) continue;
  raw_send(late, "0\r\n\r\n");
  expect_problem(raw_read(late, 60000), 503, "overloaded");
  close(running), close(late);
  server_expect_exit();
  unfollow(f);
}

Test(events_end_with, until_the_port_closes) {
  UP("--drain-wait-s", "3600");
  follower *f = follow("", "");
  kill(server_pid(), SIGTERM);
  for (int turn = 0; turn < 10000 && get("/readyz")->status == 200; turn++) continue;
  op("{'op':'add','args':[1,1],'out':'two'}");
  cr_expect_str_eq(follow_told(f), "add, POST /ops 201");
  kill(server_pid(), SIGTERM); // halts
  cr_expect_null(follow_next(f));
  server_expect_exit();
  unfollow(f);
}

Test(events_end_with, a_server_that_is_killed_twice_ends_with_readers_and_a_script) {
  UP("--drain-s", "3600");
  follower *f = follow("", "");
  int fd = deaf(), running = run_endless();
  follow_until(f, "step");
  kill(server_pid(), SIGTERM);
  while (follow_next(f)) continue; // until the server has heard that: two signals at once are one
  kill(server_pid(), SIGTERM);
  server_expect_exit();
  close(fd), close(running);
  unfollow(f);
}

Test(events_end_with, is_behind_the_token) {
  char name[] = "/tmp/gradd-token-XXXXXX";
  int file = mkstemp(name);
  cr_assert(file >= 0 && write(file, "0123456789abcdef\n", 17) == 17);
  close(file);
  server_start((const char *const[]){"--token-file", name, NULL});
  unlink(name);
  int fd = raw_connect();
  raw_send(fd, "GET " EVENTS " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect_problem(raw_read(fd, 60000), 401, "token_needed");
  close(fd);
}
