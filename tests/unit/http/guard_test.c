#include "http/guard.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static guard g;
static request r;
static fault f;
static int64_t body;

static void start(void) {
  cr_assert(guard_init(&g, "127.0.0.1", 8080, "Example.org, api.example.org:8443", &f));
}
TestSuite(guard, .init = start);

// Runs the guard over "Name: value" lines.
static err judge(const char *verb, const char *version, const char *target, const char *lines) {
  static char text[4096];
  fault_clear(&f);
  request_clear(&r);
  intake in = {.request = &r, .fault = &f};
  request_target(&r, target, &f);
  strcpy(text, lines);
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
    char *colon = strchr(line, ':');
    *colon = 0;
    char *value = colon + 1 + (colon[1] == ' ');
    guard_header(&in, line, strlen(line), value, strlen(value));
  }
  guard_check(&g, &in, verb, version, &body);
  return f.code;
}
#define GET(lines)  judge("GET", "HTTP/1.1", "/", lines)
#define POST(lines) judge("POST", "HTTP/1.1", "/", "Host: localhost\n" lines)

Test(guard, hosts) {
  static const struct {
    const char *host;
    bool ok;
  } CASES[] = {
      {"localhost", true},
      {"localhost:8080", true},
      {"LOCALHOST:8080", true},
      {"127.0.0.1", true},
      {"127.0.0.1:8080", true},
      {"[::1]:8080", true},
      {"[::1]", true},
      {"example.org", true},
      {"EXAMPLE.org:8080", true},
      {"api.example.org:8443", true},
      {"api.example.org", true},
      {"localhost:8081", false},
      {"localhost:", false},
      {"localhost:x", false},
      {"localhost:808080", false},
      {"localhost.", false},
      {"evil.example", false},
      {"example.org.evil", false},
      {"xexample.org", false},
      {"", false},
      {":8080", false},
      {"[::1", false},
      {"[::1]x", false},
      {"127.0.0.2", false},
      {"localhost:8443", false},
      {"localhost, evil", false},
      {"user@localhost", false},
      {"0.0.0.0", false},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
    cr_assert_eq(guard_host_ok(&g, CASES[i].host), CASES[i].ok, "%s", CASES[i].host);
}

Test(guard, bound_to_every_address_takes_any_literal_address_but_no_foreign_name) {
  cr_assert(guard_init(&g, NULL, 80, "", &f));
  cr_assert(guard_host_ok(&g, "10.1.2.3") && guard_host_ok(&g, "[2001:db8::1]:80") &&
            guard_host_ok(&g, "localhost"));
  cr_assert(!guard_host_ok(&g, "evil.example") && !guard_host_ok(&g, "10.1.2.3:81"));
  cr_assert(guard_init(&g, "2001:db8::1", 80, "", &f));
  cr_assert(guard_host_ok(&g, "[2001:db8::1]"));
}

Test(guard, allow_list_is_checked) {
  cr_assert(!guard_init(&g, NULL, 80, "a:b", &f));
  fault_clear(&f);
  cr_assert(!guard_init(&g, NULL, 80, "a:99999", &f));
  fault_clear(&f);
  char many[8 * HOSTS_MAX] = "";
  for (int i = 0; i < HOSTS_MAX; i++) strcat(many, "a,");
  cr_assert(!guard_init(&g, NULL, 80, many, &f));
}

Test(guard, request_line) {
  const char *host = "Host: localhost";
  cr_assert_eq(judge("GET", "HTTP/1.1", "/", host), ERR_none);
  cr_assert_eq(judge("GET", "HTTP/1.0", "/", host), ERR_none);
  cr_assert_eq(judge("GET", "HTTP/1.9", "/", host), ERR_bad_header);
  cr_assert_eq(judge("GET", "", "/", host), ERR_bad_header);
  cr_assert_eq(judge("get", "HTTP/1.1", "/", host), ERR_method_unknown);
  cr_assert_eq(judge("TRACE", "HTTP/1.1", "/", host), ERR_method_unknown);
  cr_assert_eq(judge("GET", "HTTP/1.1", "*", host), ERR_bad_header);
  cr_assert_eq(judge("OPTIONS", "HTTP/1.1", "*", host), ERR_none);
  cr_assert_eq(judge("GET", "HTTP/1.1", "http://evil/q", host), ERR_bad_header);
}

Test(guard, headers) {
  cr_assert_eq(GET("X: 1"), ERR_bad_header);
  cr_assert_eq(GET("Host: localhost\nHost: localhost"), ERR_bad_header);
  cr_assert_eq(GET("Host: localhost\nContent-Length : 5"), ERR_bad_header);
  cr_assert_eq(GET("Host: localhost\nX Y: 5"), ERR_bad_header);
  cr_assert_eq(GET("Host: localhost\n: 5"), ERR_bad_header);
  cr_assert_eq(GET("Host: localhost\nX: a\x01z"), ERR_bad_header);
  cr_assert_eq(GET("Host: localhost\nX: a\x7f"), ERR_bad_header);
  cr_assert_eq(GET("Host: localhost\nX: a\tb \xc3\xa9"), ERR_none);
  cr_assert_eq(GET("Host: localhost\nAuthorization: Bearer a\nauthorization: Bearer b"), ERR_bad_header);
  cr_assert_eq(GET("Host: localhost\nAccept: text/csv\nAccept: text/html"), ERR_none);
  cr_assert_str_eq(r.accept, "text/csv");
  cr_assert_eq(GET("Host: localhost\nExpect: 200-ok"), ERR_expectation_failed);
  cr_assert_eq(GET("Host: localhost\nExpect: 100-Continue"), ERR_none);
  char many[4096] = "Host: localhost\n";
  for (int i = 1; i < HEADERS_MAX; i++) strcat(many, "X: y\n");
  cr_assert_eq(GET(many), ERR_none);
  strcat(many, "X: y\n");
  cr_assert_eq(GET(many), ERR_headers_too_large);
}

Test(guard, headers_that_handlers_read) {
  cr_assert_eq(POST("Content-Type: a\nIdempotency-Key: b\nIf-Match: c\nIf-None-Match: d\nAccept-Language: e\n"
                    "Prefer: f\nAuthorization: g\nLast-Event-ID: h"),
               ERR_none);
  cr_assert_str_eq(r.content_type, "a");
  cr_assert_str_eq(r.idempotency_key, "b");
  cr_assert_str_eq(r.if_match, "c");
  cr_assert_str_eq(r.if_none_match, "d");
  cr_assert_str_eq(r.accept_language, "e");
  cr_assert_str_eq(r.prefer, "f");
  cr_assert_str_eq(r.authorization, "g");
  cr_assert_str_eq(r.last_event_id, "h");
}

Test(guard, framing) {
  cr_assert_eq(POST("Content-Length: 5"), ERR_none);
  cr_assert_eq(body, 5);
  cr_assert_eq(POST("Content-Length: 999999999999999"), ERR_none);
  cr_assert_eq(body, 999999999999999);
  cr_assert_eq(POST("Transfer-Encoding: Chunked"), ERR_none);
  cr_assert_eq(body, BODY_CHUNKED);
  cr_assert_eq(POST(""), ERR_none);
  cr_assert_eq(body, 0);
  static const char *const BAD[] = {"Content-Length: 9999999999999999",
                                    "Content-Length: +5",
                                    "Content-Length: 5,5",
                                    "Content-Length: -1",
                                    "Content-Length: 0x5",
                                    "Content-Length:",
                                    "Content-Length: 5\nContent-Length: 5",
                                    "Transfer-Encoding: gzip, chunked",
                                    "Transfer-Encoding: chunked, chunked",
                                    "Transfer-Encoding: identity",
                                    "Transfer-Encoding: chunked\nTransfer-Encoding: chunked",
                                    "Transfer-Encoding: chunked\nContent-Length: 5"};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    char lines[256] = "Host: localhost\n";
    strcat(lines, BAD[i]);
    cr_assert_eq(judge("POST", "HTTP/1.1", "/", lines), ERR_bad_header, "%s", BAD[i]);
  }
  cr_assert_eq(judge("POST", "HTTP/1.0", "/", "Host: localhost\nTransfer-Encoding: chunked"), ERR_bad_header);
}

Test(guard, sites) {
  cr_assert_eq(GET("Host: evil.example"), ERR_host_not_allowed);
  cr_assert_eq(GET("Host: localhost:8080\nOrigin: http://localhost:8080"), ERR_none);
  cr_assert_eq(GET("Host: example.org\nOrigin: https://EXAMPLE.org"), ERR_none);
  static const char *const FOREIGN[] = {"http://evil.example",
                                        "null",
                                        "http://localhost:3000",
                                        "http://localhost",
                                        "localhost:8080",
                                        "",
                                        "file://localhost:8080",
                                        "http://localhost:8080/",
                                        "http://localhost:8080.evil"};
  for (size_t i = 0; i < sizeof FOREIGN / sizeof *FOREIGN; i++) {
    char lines[256];
    sprintf(lines, "Host: localhost:8080\nOrigin: %s", FOREIGN[i]);
    cr_assert_eq(GET(lines), ERR_origin_not_allowed, "%s", FOREIGN[i]);
  }
  const char *link =
      "Host: localhost\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document";
  cr_assert_eq(GET("Host: localhost\nSec-Fetch-Site: cross-site"), ERR_origin_not_allowed);
  cr_assert_eq(GET("Host: localhost\nSec-Fetch-Site: same-origin"), ERR_none);
  cr_assert_eq(GET(link), ERR_none);
  cr_assert_eq(judge("POST", "HTTP/1.1", "/", link), ERR_origin_not_allowed);
}
