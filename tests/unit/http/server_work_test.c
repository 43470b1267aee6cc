// The server behind a real port: sessions and jobs, deadlines and queues, slow and vanishing clients.
#include "base/mem.h"
#include "http/fixture.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static answer a;
TestSuite(server_work, .timeout = 60);

static void *count_many(void *session) {
  int fd = client_connect();
  char text[256];
  static _Thread_local answer mine;
  for (int i = 0; i < 200; i++) {
    snprintf(text, sizeof text, "POST /s/%s/count%s HTTP/1.1\r\n" HOST "\r\n", (char *)session,
             i % 2 ? "?hop" : "");
    client_send(fd, text);
    cr_assert(client_read(fd, &mine) && mine.status == 201);
  }
  close(fd);
  return NULL;
}

Test(server_work, a_session_never_overlaps_itself) {
  static char *const WHO[] = {"a", "a", "a", "b", "b", "c"};
  pthread_t client[6];
  SERVE("--threads=3");
  for (int i = 0; i < 6; i++) pthread_create(&client[i], NULL, count_many, WHO[i]);
  for (int i = 0; i < 6; i++) pthread_join(client[i], NULL);
  cr_assert_eq(fixture_sessions[0].count, 600);
  cr_assert_eq(fixture_sessions[1].count, 400);
  cr_assert_eq(fixture_sessions[2].count, 200);
  fixture_stop();
}

Test(server_work, inline_us_0_always_hops) {
  SERVE("--threads=1", "--inline-us=0");
  cr_assert_eq(client_ask(&a, ASK("POST", "/s/a/count")), 201);
  cr_assert_eq(client_ask(&a, ASK("DELETE", "/s/a")), 204);
  fixture_stop();
}

Test(server_work, a_client_that_leaves_stops_its_job) {
  SERVE("--threads=1");
  int fd = client_connect(), waiting = client_connect();
  client_send(fd, ASK("POST", "/s/a/hold"));
  fixture_until(&fixture_holding, 1);
  client_send(waiting, ASK("POST", "/s/a/hold"));
  close(waiting);
  close(fd);
  fixture_until(&fixture_stops[STOP_client_gone], 1);
  fixture_until(&fixture_holding, 0);
  cr_assert_eq(client_ask(&a, ASK("POST", "/s/a/count")), 201);
  fixture_stop();
}

// The end of what a client sends is not the end of the client, in HTTP/1.1.
Test(server_work, a_half_closed_client_gets_its_answer) {
  static const char INTERIM[] = "HTTP/1.1 100 Continue\r\n\r\n";
  char seen[sizeof INTERIM] = "";
  SERVE("--threads=1");
  int fd = client_connect(), old = client_connect();
  client_send(fd, ASK("POST", "/s/a/hold"));
  fixture_until(&fixture_holding, 1);
  shutdown(fd, SHUT_WR);
  cr_assert_eq(recv(fd, seen, sizeof seen - 1, MSG_WAITALL), sizeof seen - 1);
  cr_assert_str_eq(seen, INTERIM);
  atomic_store(&fixture_gate, true);
  cr_assert(client_read(fd, &a));
  cr_assert_eq(a.status, 200);
  cr_assert(client_closed(fd));
  atomic_store(&fixture_gate, false);
  client_send(old, "POST /s/a/hold HTTP/1.0\r\n" HOST "\r\n");
  fixture_until(&fixture_holding, 1);
  shutdown(old, SHUT_WR); // it cannot be asked
  fixture_until(&fixture_stops[STOP_client_gone], 1);
  close(fd), close(old);
  fixture_stop();
}

Test(server_work, deadlines_answer_504) {
  SERVE("--threads=1", "--deadline-s=1");
  int running = client_connect(), waiting = client_connect();
  client_send(running, ASK("POST", "/s/a/hold"));
  fixture_until(&fixture_holding, 1);
  client_send(waiting, ASK("POST", "/slow"));
  cr_assert(client_read(running, &a) && a.status == 504 && client_was_told(&a, "time_limit"));
  cr_assert(client_read(waiting, &a) && a.status == 504 && client_was_told(&a, "time_limit"));
  close(running);
  close(waiting);
  fixture_stop();
}

Test(server_work, full_queues_answer_429_and_503) {
  SERVE("--threads=1", "--session-queue=1", "--queue=2");
  int fd[3];
  for (int i = 0; i < 3; i++) {
    fd[i] = client_connect();
    client_send(fd[i], i < 2 ? ASK("POST", "/s/a/hold") : ASK("POST", "/s/b/hold"));
    if (!i) fixture_until(&fixture_holding, 1);
    cr_assert_eq(client_ask(&a, ASK("GET", "/ok")), 200); // by now it was taken
  }
  cr_assert_eq(client_ask(&a, ASK("POST", "/s/a/hold")), 429);
  cr_assert(client_was_told(&a, "too_many_requests") && strstr(a.head, "Retry-After: 1\r\n"));
  cr_assert_eq(client_ask(&a, ASK("POST", "/s/c/hold")), 503);
  cr_assert(client_was_told(&a, "overloaded") && strstr(a.head, "Retry-After: 1\r\n"));
  cr_assert_eq(client_ask(&a, ASK("POST", "/s/d/count")), 201); // short work still runs
  fixture_gate = true;
  for (int i = 0; i < 3; i++) {
    cr_assert(client_read(fd[i], &a) && a.status == 200);
    close(fd[i]);
  }
  fixture_stop();
}

Test(server_work, a_key_in_progress_is_told_so) {
  SERVE("--threads=1");
  int fd = client_connect();
  client_send(fd, "POST /s/a/hold HTTP/1.1\r\n" HOST "Idempotency-Key: k\r\n\r\n");
  fixture_until(&fixture_holding, 1);
  cr_assert_eq(client_ask(&a, "POST /s/a/hold HTTP/1.1\r\n" HOST "Idempotency-Key: k\r\n\r\n"), 409);
  cr_assert(client_was_told(&a, "idempotency_in_progress"));
  fixture_gate = true;
  cr_assert(client_read(fd, &a) && a.status == 200);
  cr_assert_eq(client_ask(&a, "POST /s/a/hold HTTP/1.1\r\n" HOST "Idempotency-Key: k\r\n\r\n"), 200);
  cr_assert(strstr(a.head, "Idempotency-Replayed: true\r\n"));
  close(fd);
  fixture_stop();
}

Test(server_work, slow_clients_are_closed) {
  static const char *const SLOW[] = {"",
                                     "GET /ok HT",
                                     "GET /ok HTTP/1.1\r\nHost: loc",
                                     "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nx",
                                     "POST /echo HTTP/1.1\r\n" HOST
                                     "Transfer-Encoding: chunked\r\n\r\n5\r\nab",
                                     "POST /nope HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nx",
                                     ASK("HEAD", "/ok")};
  enum { N = sizeof SLOW / sizeof *SLOW };
  int fd[N];
  SERVE("--threads=1", "--header-s=1", "--idle-s=1");
  for (int i = 0; i < N; i++) client_send(fd[i] = client_connect(), SLOW[i]);
  for (int i = 0; i < N; i++) {
    char byte;
    while (read(fd[i], &byte, 1) == 1) {
    }
    close(fd[i]);
  }
  fixture_stop();
}

static void *drip(void *unused) { // more often than any inactivity timeout, for ever
  (void)unused;
  int fd = client_connect();
  client_send(fd, "GET /ok HTTP/1.1\r\n");
  while (send(fd, "X: y\r\n", 1, MSG_NOSIGNAL) == 1) usleep(20000);
  close(fd);
  return NULL;
}

#ifndef __SANITIZE_THREAD__ // the hook is armed from another thread than the one it makes fail
Test(server_work, allocation_may_fail_anywhere) {
  SERVE("--threads=1");
  for (int after = 0; after < 2; after++)
    for (uint64_t n = 1; n < 24; n++) {
      mem_fail_at(n, after);
      int status = client_ask(
          &a, "POST /s/a/count?hop HTTP/1.1\r\n" HOST "Idempotency-Key: %d-%d\r\nContent-Length: 2\r\n\r\n{}",
          after, (int)n);
      mem_fail_at(0, false);
      cr_assert(status == 0 || status == 201 || status == 503, "%d",
                status); // 0: no memory for the connection
      cr_assert_eq(client_ask(&a, ASK("GET", "/ok")), 200);
    }
  fixture_stop();
}
#endif

Test(server_work, a_drip_of_bytes_does_not_help) {
  pthread_t client;
  SERVE("--threads=1", "--header-s=1");
  pthread_create(&client, NULL, drip, NULL);
  pthread_join(client, NULL);
  fixture_stop();
}

Test(server_work, at_the_connection_limit_others_wait_their_turn) {
  SERVE("--threads=1", "--connections=3");
  int fd[5];
  for (int i = 0; i < 5; i++) fd[i] = client_connect();
  for (int i = 0; i < 3; i++) {
    client_send(fd[i], ASK("GET", "/ok"));
    cr_assert(client_read(fd[i], &a));
  }
  close(fd[0]);
  close(fd[1]);
  for (int i = 3; i < 5; i++) {
    client_send(fd[i], ASK("GET", "/ok"));
    cr_assert(client_read(fd[i], &a));
  }
  for (int i = 2; i < 5; i++) close(fd[i]);
  fixture_stop();
}
