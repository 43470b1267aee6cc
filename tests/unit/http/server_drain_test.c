// The server behind a real port comes to its end: what runs is finished, what waits is told, nothing holds
// it.
#include "http/fixture.h"
#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static answer a;
TestSuite(server_drain, .timeout = 60);

// An open connection is still answered while the server drains, but with 503: then the signal has been seen.
static void until_draining(int fd) {
  do {
    client_send(fd, ASK("GET", "/ok"));
    cr_assert(client_read(fd, &a));
  } while (a.status == 200);
  cr_assert_eq(a.status, 503);
}

Test(server_drain, draining_lets_running_requests_finish) {
  SERVE("--threads=1");
  int running = client_connect(), waiting = client_connect(), idle = client_connect();
  client_send(idle, ASK("GET", "/ok"));
  cr_assert(client_read(idle, &a));
  client_send(running, ASK("POST", "/s/a/hold"));
  fixture_until(&fixture_holding, 1);
  client_send(waiting, ASK("POST", "/s/a/count"));
  cr_assert_eq(client_ask(&a, ASK("GET", "/ok")), 200);
  fixture_signal();
  until_draining(idle);
  fixture_gate = true;
  cr_assert(client_read(running, &a) && a.status == 200 && strstr(a.head, "Connection: close\r\n"));
  cr_assert(client_read(waiting, &a) && a.status == 201);
  cr_assert(client_closed(running));
  fixture_join();
  close(running), close(waiting), close(idle);
}

Test(server_drain, while_the_proxy_is_given_time_work_is_taken) {
  SERVE("--threads=1", "--drain-wait-s=2");
  int fd = client_connect();
  fixture_signal();
  do { // from the signal on, answers close their connection
    client_send(fd, ASK("GET", "/ok"));
    cr_assert(client_read(fd, &a));
    cr_assert_eq(a.status, 200);
  } while (!strstr(a.head, "Connection: close"));
  cr_assert_eq(client_ask(&a, ASK("GET", "/ok")), 200);
  close(fd);
  fixture_join();
}

Test(server_drain, the_sweep_goes_on_while_leaving) {
  SERVE("--threads=1", "--drain-wait-s=3600", "--header-s=1");
  int half = client_connect();
  client_send(half, "GET /ok HTTP/1.1\r\nHo");
  fixture_signal();
  cr_assert(client_closed(half), "for being slow, long before the port closes");
  close(half);
  fixture_stop(); // a second signal
}

// Whoever neither reads nor sends holds no shutdown, whatever time it has.
Test(server_drain, a_stalled_client_does_not_hold_the_drain) {
  SERVE("--threads=1", "--drain-s=3600", "--header-s=3600");
  int fd = client_connect();
  client_send(fd,
              "PUT /big HTTP/1.1\r\n" HOST "Content-Type: application/x-npy\r\nContent-Length: 9\r\n\r\nx");
  cr_assert_eq(client_ask(&a, ASK("GET", "/ok")), 200);
  fixture_signal();
  fixture_join();
  close(fd);
}

Test(server_drain, the_drain_limit_and_a_second_signal_stop_jobs) {
  for (int twice = 0; twice < 2; twice++) {
    memset(fixture_stops, 0, sizeof fixture_stops);
    SERVE(twice ? "--drain-s=3600" : "--drain-s=0", "--threads=1");
    int running = client_connect(), waiting = client_connect(), upload = client_connect(),
        idle = client_connect();
    client_send(running, ASK("POST", "/s/a/hold"));
    fixture_until(&fixture_holding, 1);
    client_send(waiting, ASK("POST", "/s/a/hold"));
    client_send(upload, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nx");
    cr_assert_eq(client_ask(&a, ASK("GET", "/ok")), 200);
    fixture_signal();
    if (twice) until_draining(idle), fixture_signal();
    cr_assert(client_read(running, &a) && a.status == 503 && client_was_told(&a, "overloaded"));
    cr_assert(client_read(waiting, &a) && a.status == 503 && client_was_told(&a, "overloaded"));
    fixture_join();
    cr_assert_eq(fixture_stops[STOP_shutdown], 1);
    close(running), close(waiting), close(upload), close(idle);
  }
}

Test(server_drain, a_job_that_heeds_nothing_does_not_hold_the_shutdown) {
  SERVE("--drain-s=0", "--threads=1");
  int fd = client_connect();
  client_send(fd, "POST /stubborn HTTP/1.1\r\n" HOST "Accept-Language: zh\r\n\r\n");
  fixture_until(&fixture_holding, 1);
  fixture_signal();
  cr_assert(client_read(fd, &a) && a.status == 503 && client_was_told(&a, "overloaded"));
  cr_assert(strstr(a.head, "Content-Language: zh\r\n") && strstr(a.body, "服务器正在关闭"));
  cr_assert(client_closed(fd));
  close(fd);
  fixture_join_busy();
  fixture_gate = true; // the server has ended, and the job only now
}
