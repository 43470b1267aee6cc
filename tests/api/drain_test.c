// SIGTERM: what runs is answered, nothing new is begun, the exit status is 0.
#include "client.h"
#include "raw.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

TestSuite(drain, .init = client_up, .fini = client_down, .timeout = 120);

// A backward pass of about a second.
static void put_long_graph(void) {
  put(TENSOR("m") "?return=none", "{'shape':[1024,1024],'fill':'eye','requires_grad':true}");
  op("{'op':'matmul','args':['m','m'],'out':'h'}");
  for (int i = 0; i < 20; i++) post(OPS "/matmul?args=h,m&out=h&data=none", NULL);
  op("{'op':'sum','args':['h'],'out':'y'}");
}

static void probe(int fd, const char *path) {
  raw_send(fd, text("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path));
}

Test(drain, running_backward_is_answered) {
  put_long_graph();
  put(TENSOR("big") "?return=none", "{'shape':[8388608],'fill':'zeros'}");
  int running = raw_connect(), open = raw_connect(), held = raw_connect();
  probe(open, "/readyz");
  expect_status(raw_read(open, 10000), 200);
  probe(held,
        TENSOR("big") "?as=raw"); // an answer that is not read yet holds the server, however fast it computes
  cr_assert(raw_first(&held, 1, 30000) == 0);
  raw_request(running, "POST", TENSOR("y") "/backward", NULL);
  wait_running();
  kill(server_pid(), SIGTERM);

  answer *ready = NULL;
  do { // the signal takes a moment
    probe(open, "/readyz");
    ready = raw_read(open, 10000);
  } while (ready->status == 200);
  expect_text(ready, 503, "draining\n");
  raw_record("GET", "/readyz", ready);
  probe(open, "/livez");
  expect_status(raw_read(open, 10000), 200);
  raw_request(open, "POST", OPS, "{'op':'add','args':[1,1]}");
  answer *refused = expect_problem(raw_read(open, 10000), 503, "overloaded");
  cr_assert(header(refused, "Retry-After"));
  raw_record("POST", OPS, refused);

  answer *a = expect_json(raw_read(running, 60000), 200, "{'grads':['m']}");
  raw_record("POST", TENSOR("y") "/backward", a);
  cr_assert(expect_status(raw_read(held, 60000), 200)->size == 4 * 8388608);
  close(running), close(open), close(held);
  server_expect_exit();
}

Test(drain, waiting_requests_are_answered_too) {
  put_long_graph();
  int running = raw_connect(), waiting = raw_connect();
  raw_request(running, "POST", TENSOR("y") "/backward", NULL);
  raw_request(waiting, "POST", OPS, "{'op':'add','args':[1,1]}");
  wait_running();
  kill(server_pid(), SIGTERM);
  expect_status(raw_read(running, 60000), 200);
  answer *a = raw_read(waiting, 60000);
  if (a->status != 201) expect_problem(a, 503, "overloaded");
  close(running), close(waiting);
  server_expect_exit();
}

Test(drain, idle_server_stops_at_once) {
  int idle = raw_connect(), half = raw_connect();
  probe(idle, "/livez");
  expect_status(raw_read(idle, 10000), 200);
  raw_send(half, "GET /livez HTTP/1.1\r\nHost: loc");
  server_stop();
  cr_assert(raw_closed(idle, 5000) && raw_closed(half, 5000));
  close(idle), close(half);
}

Test(drain, sigint_is_the_same) {
  kill(server_pid(), SIGINT);
  server_expect_exit();
}

Test(drain, second_signal_does_not_hurt) {
  put_long_graph();
  int running = raw_connect();
  raw_request(running, "POST", TENSOR("y") "/backward", NULL);
  wait_running();
  kill(server_pid(), SIGTERM);
  kill(server_pid(), SIGTERM);
  answer *a = raw_read(running, 60000);
  cr_assert(a->status == 200 || a->status == 503, "%d", a->status);
  close(running);
  server_expect_exit();
}

Test(drain, client_that_vanishes_while_draining) {
  put_long_graph();
  int running = raw_connect();
  raw_request(running, "POST", TENSOR("y") "/backward", NULL);
  wait_running();
  kill(server_pid(), SIGTERM);
  close(running);
  server_expect_exit();
}

Test(drain, an_upload_in_progress_gets_through) {
  int upload = raw_connect(), open = raw_connect();
  probe(open, "/livez");
  expect_status(raw_read(open, 10000), 200);
  raw_send(upload, "PUT " TENSOR("w") " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                      "Content-Length: 16\r\n\r\n{\"data\"");
  get("/livez"); // by now it has arrived
  kill(server_pid(), SIGTERM);
  answer *ready = NULL;
  do {
    probe(open, "/readyz");
    ready = raw_read(open, 10000);
  } while (ready->status == 200);
  expect_status(ready, 503);
  raw_send(upload, ":[1,2,3]}");
  expect_json(raw_read(upload, 20000), 201, "{'shape':[3]}");
  close(upload), close(open);
  server_expect_exit();
}
