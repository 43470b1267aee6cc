// Who may ask: Host, Origin, Sec-Fetch-Site, bearer tokens.
#include "client.h"
#include "raw.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLAGS(...) ((const char *const[]){__VA_ARGS__, NULL})
static void up(void) { client_up_with(FLAGS("--allow-host", "api.example.org,other.example.org:8443")); }

TestSuite(origin, .init = up, .fini = client_down);
TestSuite(token, .fini = client_down);

static answer *get_host(const char *host) { return ask(.path = "/v1", .headers = {text("Host: %s", host)}); }

Test(origin, hosts_that_are_answered_for) {
  static const char *const hosts[] = {
      "localhost",        "LOCALHOST", "127.0.0.1", "[::1]", "api.example.org", "other.example.org:8443",
      "other.example.org"};
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) expect_status(get_host(hosts[i]), 200);
  static const char *const own[] = {"localhost", "127.0.0.1", "[::1]", "api.example.org"};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    expect_status(get_host(text("%s:%d", own[i], server_port())), 200);
}

Test(origin, hosts_that_are_not) {
  static const char *const hosts[] = {
      "evil.example",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "evil.example:80",
      "localhost:1",
      "127.0.0.2",
      "0.0.0.0",
      "[::]",
      "[::1",
      "localhost:",
      "localhost:99999",
      "localhost:8x",
      "user@localhost",
      "localhost,evil",
      "api.example.org.",
      "xapi.example.org",
      "api.example.org:8443",
  };
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    expect_problem(get_host(hosts[i]), 403, "host_not_allowed");
    answer *a =
        ask(.method = "PUT", .path = TENSOR("w"), .body = "[1]", .headers = {text("Host: %s", hosts[i])});
    expect_problem(a, 403, "host_not_allowed");
  }
  expect_problem(get(TENSOR("w")), 404, "tensor_unknown");
}

static answer *put_origin(const char *origin) {
  return ask(.method = "PUT", .path = TENSOR("w"), .body = "[1]", .headers = {text("Origin: %s", origin)});
}

Test(origin, own_pages_may) {
  expect_status(put_origin(server_url()), 201);
  answer *a = ask(.method = "PUT", .path = TENSOR("w"), .body = "[1]",
                  .headers = {"Host: api.example.org", "Origin: https://api.example.org"});
  expect_status(a, 200);
}

Test(origin, foreign_pages_may_not) {
  static const char *const origins[] = {"http://evil.example",
                                        "https://127.0.0.1.evil.example",
                                        "null",
                                        "http://localhost:1",
                                        "http://127.0.0.1",
                                        "file://",
                                        "",
                                        "chrome-extension://abc"};
  for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
    if (!*origins[i]) continue;
    expect_problem(put_origin(origins[i]), 403, "origin_not_allowed");
    answer *a = ask(.method = "POST", .path = "/v1/sessions", .headers = {text("Origin: %s", origins[i])});
    expect_problem(a, 403, "origin_not_allowed");
  }
  expect_problem(get(TENSOR("w")), 404, "tensor_unknown");
}

Test(origin, sec_fetch_site) {
  static const struct {
    const char *site;
    int status;
  } rows[] = {{"same-origin", 200}, {"none", 200}, {"same-site", 200}, {"cross-site", 403}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    answer *a = ask(.path = "/v1", .headers = {text("Sec-Fetch-Site: %s", rows[i].site)});
    if (rows[i].status == 200)
      expect_status(a, 200);
    else
      expect_problem(a, 403, "origin_not_allowed");
  }
  answer *post_ =
      ask(.method = "POST", .path = "/v1/sessions",
          .headers = {"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"});
  expect_problem(post_, 403, "origin_not_allowed");
  answer *link =
      ask(.path = "/", .accept = "text/html",
          .headers = {"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"});
  expect_status(link, 200); // a link from another page
  answer *image = ask(.path = TENSOR("w"), .headers = {"Sec-Fetch-Site: cross-site",
                                                       "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"});
  expect_problem(image, 403, "origin_not_allowed");
}

Test(origin, foreign_origin_gets_no_cors_headers) {
  answer *a = ask(.method = "OPTIONS", .path = TENSOR("w"),
                  .headers = {"Origin: http://evil.example", "Access-Control-Request-Method: PUT"});
  cr_assert(a->status == 403 || a->status == 204);
  cr_assert(!header(a, "Access-Control-Allow-Origin"));
}

Test(origin, other_expectations_are_417) {
  answer *a = ask(.method = "PUT", .path = TENSOR("w"), .body = "[1]", .headers = {"Expect: the-unexpected"});
  expect_problem(a, 417, "expectation_failed");
}

Test(origin, too_many_headers_are_431) {
  int fd = raw_connect();
  raw_send(fd, "GET /v1 HTTP/1.1\r\nHost: localhost\r\n");
  for (int i = 0; i < 70; i++) raw_send(fd, text("X-Header-%d: x\r\n", i));
  raw_send(fd, "\r\n");
  answer *a = expect_problem(raw_read(fd, 10000), 431, "headers_too_large");
  raw_record("GET", "/v1", a);
  close(fd);
}

// ---- tokens

static char token_file[] = "/tmp/gradd-token-XXXXXX";

static void up_with_token(const char *host) {
  int fd = mkstemp(token_file);
  cr_assert(fd >= 0 && write(fd, "0123456789abcdef0123456789abcdef\n", 33) == 33);
  close(fd);
  server_start(FLAGS("--host", host, "--token-file", token_file));
}

Test(token, is_asked_for_when_a_file_is_given) {
  // client_up makes its session without a token, so this test speaks for itself on raw sockets
  up_with_token("127.0.0.1");
  static const struct {
    const char *header;
    int status;
  } rows[] = {
      {"", 401},
      {"Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n", 200},
      {"Authorization: Bearer 0123456789abcdef0123456789abcdeF\r\n", 401},
      {"Authorization: Bearer 0123456789abcdef\r\n", 401},
      {"Authorization: Bearer \r\n", 401},
      {"Authorization: Basic MDEyMzQ1\r\n", 401},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int fd = raw_connect();
    raw_send(fd, text("GET /v1 HTTP/1.1\r\nHost: localhost\r\n%s\r\n", rows[i].header));
    answer *a = expect_status(raw_read(fd, 10000), rows[i].status);
    if (rows[i].status == 401)
      expect_header(expect_problem(a, 401, "token_needed"), "WWW-Authenticate", "Bearer");
    raw_record("GET", "/v1", a);
    close(fd);
  }
  int fd = raw_connect();
  raw_send(fd, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect_status(raw_read(fd, 10000), 200); // probes need none
  close(fd);
  unlink(token_file);
}

Test(token, allows_a_public_address) {
  up_with_token("0.0.0.0");
  unlink(token_file);
  int fd = raw_connect();
  raw_send(fd, "GET /v1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect_problem(raw_read(fd, 10000), 401, "token_needed");
  close(fd);
}
