// Raw HTTP that a proper client would never send. Each probe is answered once, by a refusal that closes the
// connection or by the one proper answer; the bytes behind it are never taken for a second request.
#include "client.h"
#include "raw.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

TestSuite(probes, .init = client_up, .fini = client_down, .timeout = 120);

typedef enum verdict {
  REFUSED, // a problem document of ours with this status, then the connection closes
  CLOSED,  // refused too, but by the HTTP library before we are asked: the page is its own, or there is none
  SERVED,  // one proper answer with this status; the connection may go on
  EITHER,  // legal but unusual: served or refused, never both
} verdict;

struct probe {
  const char *name, *bytes;
  size_t size; // 0: strlen
  verdict verdict;
  int status;
};

#define H                    "Host: localhost\r\n"
#define SMUGGLED             "GET /v1/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define POST_(headers, body) "POST /v1/sessions HTTP/1.1\r\n" H headers "\r\n" body
#define BYTES(s)             s, sizeof(s) - 1

static const struct probe PROBES[] = {
    {"Content-Length and Transfer-Encoding",
     BYTES(POST_("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" SMUGGLED)), REFUSED, 400},
    {"space before the colon", BYTES(POST_("Content-Length : 47\r\n", SMUGGLED)), REFUSED, 400},
    {"Content-Length 5 and 0", BYTES(POST_("Content-Length: 5\r\nContent-Length: 0\r\n", "{   }" SMUGGLED)),
     REFUSED, 400},
    {"Content-Length 0 and 5", BYTES(POST_("Content-Length: 0\r\nContent-Length: 5\r\n", "{   }" SMUGGLED)),
     REFUSED, 400},
    {"Content-Length +5", BYTES(POST_("Content-Length: +5\r\n", "{   }" SMUGGLED)), CLOSED, 400},
    {"Content-Length with a trailing space", BYTES(POST_("Content-Length: 5 \r\n", "{   }")), EITHER, 201},
    {"Content-Length 5,5", BYTES(POST_("Content-Length: 5,5\r\n", "{   }" SMUGGLED)), CLOSED, 400},
    {"Transfer-Encoding gzip, chunked",
     BYTES(POST_("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n" SMUGGLED)), REFUSED, 400},
    {"Transfer-Encoding xchunked", BYTES(POST_("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n" SMUGGLED)),
     REFUSED, 400},
    {"Transfer-Encoding chunked with a trailing space",
     BYTES(POST_("Transfer-Encoding: chunked \r\n", "0\r\n\r\n")), EITHER, 201},
    {"Transfer-Encoding identity and chunked",
     BYTES(POST_("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" SMUGGLED)),
     REFUSED, 400},
    {"bare LF", BYTES("GET /livez HTTP/1.1\nHost: localhost\n\n"), EITHER, 200},
    {"obs-fold", BYTES("POST /v1/sessions HTTP/1.1\r\n" H "X-A: 1\r\n Content-Length: 47\r\n\r\n" SMUGGLED),
     REFUSED, 400},
    {"no Host", BYTES("GET /livez HTTP/1.1\r\n\r\n" SMUGGLED), REFUSED, 400},
    {"two Hosts", BYTES("GET /livez HTTP/1.1\r\n" H H "\r\n" SMUGGLED), REFUSED, 400},
    {"HTTP/1.9", BYTES("GET /livez HTTP/1.9\r\n" H "\r\n" SMUGGLED), REFUSED, 400},
    {"NUL in a value", BYTES("GET /livez HTTP/1.1\r\n" H "X-A: a\0b\r\n\r\n"), EITHER, 200},
    {"%00 in the path", BYTES("GET /livez%00 HTTP/1.1\r\n" H "\r\n" SMUGGLED), REFUSED, 400},
    {"%2f in the path", BYTES("GET /v1%2fsessions HTTP/1.1\r\n" H "\r\n" SMUGGLED), REFUSED, 400},
    {"space in the path", BYTES("GET /live z HTTP/1.1\r\n" H "\r\n" SMUGGLED), REFUSED, 400},
    {"absolute form", BYTES("GET http://evil.example/livez HTTP/1.1\r\n" H "\r\n" SMUGGLED), REFUSED, 400},
    {"chunk extension with a bare LF",
     BYTES(POST_("Transfer-Encoding: chunked\r\n", "2;a=\nb\r\n{}\r\n0\r\n\r\n")), EITHER, 201},
    {"lower-case method", BYTES("get /livez HTTP/1.1\r\n" H "\r\n" SMUGGLED), REFUSED, 501},
    {"another expectation", BYTES(POST_("Expect: 200-ok\r\nContent-Length: 2\r\n", "{}" SMUGGLED)), REFUSED,
     417},
    {"Transfer-Encoding in HTTP/1.0",
     BYTES("POST /v1/sessions HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED),
     REFUSED, 400},
    {"HTTP/0.9", BYTES("GET /livez\r\n\r\n" SMUGGLED), CLOSED, 400},
    {"CONNECT", BYTES("CONNECT evil.example:80 HTTP/1.1\r\n" H "\r\n" SMUGGLED), REFUSED, 0},
    {"a control character in a value", BYTES("GET /livez HTTP/1.1\r\n" H "X-A: a\x01z\r\n\r\n" SMUGGLED),
     REFUSED, 400},
    {"an empty header name", BYTES("GET /livez HTTP/1.1\r\n" H ": x\r\n\r\n"), EITHER, 200},
    {"a header without a colon", BYTES("GET /livez HTTP/1.1\r\n" H "nonsense\r\n\r\n" SMUGGLED), CLOSED, 400},
    {"a length of 20 digits", BYTES(POST_("Content-Length: 18446744073709551617\r\n", "{" SMUGGLED)), CLOSED,
     0},
    {"a negative length", BYTES(POST_("Content-Length: -1\r\n", "{}" SMUGGLED)), CLOSED, 400},
    {"not HTTP", BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"), CLOSED, 0},
};

// How many status lines there are; a sentence about HTTP/1.1 is none.
static int answers_in(const char *bytes) {
  int n = 0, minor, status;
  for (const char *p = bytes; (p = strstr(p, "HTTP/1.")); p++)
    n += sscanf(p, "HTTP/1.%1d %3d", &minor, &status) == 2;
  return n;
}

static void expect_refusal(const struct probe *p, const char *got, bool closed) {
  cr_assert(closed, "%s: the connection stays open after: %s", p->name, got);
  cr_assert(!strstr(got, "HTTP/1.1 2") && !strstr(got, "HTTP/1.0 2"), "%s: served: %s", p->name, got);
  cr_assert(!strstr(got, "/v1/smuggled"), "%s: the bytes behind it were read as a request: %s", p->name, got);
  if (p->verdict == CLOSED) return; // the library may repeat its header block, or close without a word
  cr_assert(answers_in(got) == 1, "%s: not one answer: %s", p->name, got);
  int status = atoi(got + 9);
  cr_assert(p->status ? status == p->status : status >= 400, "%s: %s", p->name, got);
  cr_assert(strstr(got, "application/problem+json"), "%s: no problem document: %s", p->name, got);
  cr_assert(strcasestr(got, "Connection: close"), "%s: does not announce the end: %s", p->name, got);
}

// A proper answer leaves the connection in step: the next request on it gets its own answer.
static void expect_served(const struct probe *p, int fd) {
  answer *a = raw_read(fd, 10000);
  if (p->verdict == EITHER && a->status / 100 != 2) {
    bool closed;
    char *rest = raw_rest(fd, 10000, &closed);
    cr_assert(closed && !strstr(rest, "HTTP/1.1 2"), "%s: %d, then %s", p->name, a->status, rest);
    return;
  }
  cr_assert(a->status == p->status, "%s: %d %s", p->name, a->status, a->body);
  raw_send(fd, "GET /readyz HTTP/1.1\r\n" H "\r\n");
  answer *next = raw_read(fd, 10000);
  cr_assert(next->status == 200 && strncmp(next->body, "ok", 2) == 0, "%s: out of step: %d %s", p->name,
            next->status, next->body);
}

Test(probes, each_is_answered_once) {
  for (size_t i = 0; i < sizeof PROBES / sizeof *PROBES; i++) {
    const struct probe *p = &PROBES[i];
    int fd = raw_connect();
    raw_write(fd, p->bytes, p->size);
    if (p->verdict == SERVED || p->verdict == EITHER)
      expect_served(p, fd);
    else {
      bool closed;
      char *got = raw_rest(fd, 15000, &closed);
      expect_refusal(p, got, closed);
    }
    close(fd);
    cr_assert(get("/livez")->status == 200, "%s", p->name);
  }
}

Test(probes, same_when_it_comes_byte_by_byte) {
  for (size_t i = 0; i < sizeof PROBES / sizeof *PROBES; i += 5) {
    const struct probe *p = &PROBES[i];
    int fd = raw_connect();
    for (size_t k = 0; k < p->size; k++) raw_write(fd, p->bytes + k, 1);
    if (p->verdict == SERVED || p->verdict == EITHER)
      expect_served(p, fd);
    else {
      bool closed;
      char *got = raw_rest(fd, 15000, &closed);
      cr_assert(closed && !strstr(got, "HTTP/1.1 2"), "%s: %s", p->name, got);
    }
    close(fd);
  }
}

Test(probes, expect_100_continue) {
  int fd = raw_connect();
  raw_send(fd,
           "PUT " TENSOR("w") " HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Type: application/json\r\n"
                              "Content-Length: 3\r\n\r\n");
  char go[26] = "";
  cr_assert(raw_first(&fd, 1, 10000) == 0 && read(fd, go, 25) == 25);
  cr_assert_str_eq(go, "HTTP/1.1 100 Continue\r\n\r\n");
  raw_send(fd, "[1]");
  expect_status(raw_read(fd, 10000), 201);
  close(fd);
}

Test(probes, refusal_comes_before_the_body) {
  int fd = raw_connect();
  raw_send(fd,
           "PUT " TENSOR("w") " HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Type: application/json\r\n"
                              "Content-Length: 999999999\r\n\r\n");
  expect_problem(raw_read(fd, 10000), 413, "body_too_large");
  cr_assert(raw_closed(fd, 10000));
  close(fd);
}

Test(probes, head_has_no_body) {
  int fd = raw_connect();
  raw_send(fd, "HEAD /v1 HTTP/1.1\r\n" H "\r\nGET /livez HTTP/1.1\r\n" H "\r\n");
  answer *head = expect_status(raw_read_head(fd, 10000), 200);
  cr_assert(atoi(header(head, "Content-Length")) > 2);
  cr_assert(strncmp(expect_status(raw_read(fd, 10000), 200)->body, "ok", 2) == 0);
  close(fd);
}

Test(probes, http_1_0_closes) {
  int fd = raw_connect();
  raw_send(fd, "GET /livez HTTP/1.0\r\n" H "\r\n");
  bool closed;
  char *got = raw_rest(fd, 10000, &closed);
  cr_assert(closed && strstr(got, " 200 ") && answers_in(got) == 1, "%s", got);
  close(fd);
}

Test(probes, options_asterisk) {
  int fd = raw_connect();
  raw_send(fd, "OPTIONS * HTTP/1.1\r\n" H "\r\nGET * HTTP/1.1\r\n" H "\r\n");
  expect_status(raw_read(fd, 10000), 204);
  expect_problem(raw_read(fd, 10000), 400, "bad_header");
  close(fd);
}

Test(probes, pipelined_requests_that_wait_are_answered_in_order) {
  put(TENSOR("m") "?return=none", "{'shape':[512,512],'fill':'ones'}");
  put("/v1/sessions/two", NULL);
  int fd = raw_connect();
  raw_request(fd, "POST", OPS "?data=none", "{'op':'matmul','args':['m','m'],'out':'first'}");
  raw_request(fd, "POST", "/v1/sessions/two/ops", "{'op':'add','args':[1,1],'out':'second'}");
  raw_request(fd, "POST", OPS "?data=none", "{'op':'matmul','args':['first','m'],'out':'third'}");
  cr_assert_str_eq(string_at(expect_status(raw_read(fd, 30000), 201), "name"), "first");
  cr_assert_str_eq(string_at(expect_status(raw_read(fd, 30000), 201), "name"), "second");
  cr_assert_str_eq(string_at(expect_status(raw_read(fd, 30000), 201), "name"), "third");
  close(fd);
}

Test(probes, chunked_body_is_put_together) {
  int fd = raw_connect();
  raw_send(fd, "PUT " TENSOR("w") " HTTP/1.1\r\n" H
                                  "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "1\r\n[\r\n3;ext=1\r\n1,2\r\n1\r\n]\r\n0\r\nX-Trailer: ignored\r\n\r\n");
  expect_json(raw_read(fd, 10000), 201, "{'data':[1,2]}");
  close(fd);
}

// ---- resources

Test(probes, a_gigabyte_claimed_and_one_byte_sent) {
  long before = server_rss_kib();
  int fds[8];
  for (int i = 0; i < 8; i++) {
    fds[i] = raw_connect();
    raw_send(fds[i],
             text("PUT " TENSOR("w") " HTTP/1.1\r\n" H "Content-Type: %s\r\nContent-Length: %s\r\n\r\n[",
                  i % 2 ? "application/json" : "application/octet-stream",
                  i < 4   ? "1073741824"
                  : i % 2 ? "8000000"
                          : "260000000"));
    if (i < 4) expect_problem(raw_read(fds[i], 10000), 413, "body_too_large");
  }
  expect_status(get("/livez"), 200);
  cr_assert(server_rss_kib() < before + (32 << 10), "%ld KiB grew to %ld", before, server_rss_kib());
  for (int i = 0; i < 8; i++) close(fds[i]);
  expect_status(get("/livez"), 200);
}

Test(probes, client_that_vanishes_in_mid_backward) {
  put(TENSOR("m") "?return=none", "{'shape':[1024,1024],'fill':'eye','requires_grad':true}");
  op("{'op':'matmul','args':['m','m'],'out':'h'}");
  for (int i = 0; i < 40; i++) post(OPS "/matmul?args=h,m&out=h&data=none", NULL);
  op("{'op':'sum','args':['h'],'out':'y'}");
  for (int i = 0; i < 3; i++) {
    int fd = raw_connect();
    raw_request(fd, "POST", TENSOR("y") "/backward", "{'retain_graph':true}");
    get("/livez");
    close(fd);
  }
  expect_status(get("/readyz"), 200);
  expect_json(op("{'op':'add','args':[1,1]}"), 201, "{'data':2}"); // its turn comes when the rest has stopped
}

Test(probes, client_that_vanishes_while_uploading) {
  for (int i = 0; i < 50; i++) {
    int fd = raw_connect();
    raw_send(fd, "PUT " TENSOR("w") " HTTP/1.1\r\n" H
                                    "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n[1,2,");
    close(fd);
  }
  expect_problem(get(TENSOR("w")), 404, "tensor_unknown");
}

static void up_with_files(void) {
  struct rlimit files;
  cr_assert(getrlimit(RLIMIT_NOFILE, &files) == 0);
  files.rlim_cur = files.rlim_max < 8192 ? files.rlim_max : 8192; // the server inherits it
  setrlimit(RLIMIT_NOFILE, &files);
  client_up_with((const char *const[]){"--header-s", "3", NULL});
}

TestSuite(slow, .init = up_with_files, .fini = client_down, .timeout = 120);

Test(slow, a_thousand_slow_clients_and_a_healthy_one) {
  enum { SLOW = 1000 };
  static int fds[SLOW];
  for (int i = 0; i < SLOW; i++) {
    fds[i] = raw_connect();
    raw_send(fds[i], i % 2
                         ? "GET /livez HTTP/1.1\r\nHost: loc"
                         : "PUT " TENSOR("w") " HTTP/1.1\r\n" H
                                              "Content-Type: application/json\r\nContent-Length: 9\r\n\r\n[");
  }
  for (int i = 0; i < 200; i++) {
    expect_status(put(TENSOR("n"), "[1.0,2.0]"), i ? 200 : 201);
    expect_json(op("{'op':'sum','args':['n'],'out':'s'}"), 201, "{'data':3}");
  }
  int gone = 0;
  for (int i = 0; i < SLOW; i++) {
    bool closed;
    raw_rest(fds[i], 30000, &closed);
    gone += closed;
    close(fds[i]);
  }
  cr_assert(gone == SLOW, "only %d of %d slow connections were ended", gone, SLOW);
  expect_status(get("/livez"), 200);
}
