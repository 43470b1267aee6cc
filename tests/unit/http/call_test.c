// Requests from start to end without a socket: what http_handle promises.
#include "base/mem.h"
#include "http/fixture.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static request r;
static reply rep;

static int ask(method m, const char *target, const char *key, const char *body) {
  fault f = {0};
  request_clear(&r);
  cr_assert(request_target(&r, target, &f), "%s", f.detail);
  r.method = m;
  r.idempotency_key = key;
  r.body = body;
  r.body_len = body ? strlen(body) : 0;
  http_handle(&fixture_app, &r, &rep);
  return rep.status;
}
static const char *body(void) { return buffer_cstr(&rep.body); }

static void start(void) { fixture_app_start(NULL); }
static void stop_all(void) {
  reply_finish(&rep);
  fixture_app_stop();
}
TestSuite(call, .init = start, .fini = stop_all);

Test(call, routes_and_methods) {
  cr_assert_eq(ask(METHOD_GET, "/ok", NULL, NULL), 200);
  cr_assert_eq(ask(METHOD_HEAD, "/ok", NULL, NULL), 200);
  cr_assert_eq(ask(METHOD_GET, "/nope", NULL, NULL), 404);
  cr_assert(strstr(body(), "\"code\":\"not_found\""));
  cr_assert_eq(ask(METHOD_POST, "/ok", NULL, NULL), 405);
  cr_assert_str_eq(reply_header_value(&rep, "Allow"), "GET, HEAD, OPTIONS");
  cr_assert_eq(ask(METHOD_OPTIONS, "/s/a", NULL, NULL), 204);
  cr_assert_str_eq(reply_header_value(&rep, "Allow"), "PUT, DELETE, OPTIONS");
  cr_assert_eq(ask(METHOD_OPTIONS, "/nope", NULL, NULL), 404);
  cr_assert_eq(ask(METHOD_OPTIONS, "*", NULL, NULL), 204);
}

Test(call, sessions_are_found_held_and_released) {
  cr_assert_eq(ask(METHOD_POST, "/s/a/count", NULL, NULL), 201);
  cr_assert_str_eq(body(), "1");
  cr_assert_eq(ask(METHOD_POST, "/s/z/count", NULL, NULL), 404);
  cr_assert(strstr(body(), "session_unknown"));
  cr_assert_eq(ask(METHOD_PUT, "/s/z", NULL, NULL), 201);
  cr_assert_eq(ask(METHOD_PUT, "/s/a", NULL, NULL), 200);
  cr_assert_eq(ask(METHOD_DELETE, "/s/a", NULL, NULL), 204);
  cr_assert_eq(ask(METHOD_POST, "/s/a/count", NULL, NULL), 404);
}

Test(call, a_hop_resumes_with_its_state) {
  cr_assert_eq(ask(METHOD_POST, "/s/a/count?hop", NULL, NULL), 201);
  cr_assert_str_eq(body(), "1");
  cr_assert_eq(fixture_sessions[0].runs, 2);
}

Test(call, a_failure_replaces_the_answer) {
  cr_assert_eq(ask(METHOD_POST, "/s/a/fail", NULL, NULL), 422);
  cr_assert(strstr(body(), "\"detail\":\"a cannot be added to x\""));
  cr_assert(strstr(body(), ",\"line\":3,\"printed\":[]}"));
  cr_assert(!strstr(body(), "half"));
  cr_assert_null(reply_header_value(&rep, "ETag"));
  cr_assert_eq(ask(METHOD_POST, "/s/a/fail?as=txt", NULL, NULL), 422);
  cr_assert_str_eq(body(), "shape_mismatch: a cannot be added to x\n");
}

Test(call, idempotency_of_sessions_and_without) {
  cr_assert_eq(ask(METHOD_POST, "/s/a/count", "k", "{}"), 201);
  cr_assert_eq(ask(METHOD_POST, "/s/a/count", "k", "{}"), 201);
  cr_assert_str_eq(body(), "1");
  cr_assert_str_eq(reply_header_value(&rep, "Idempotency-Replayed"), "true");
  cr_assert_eq(ask(METHOD_POST, "/s/b/count", "k", "{}"), 201);
  cr_assert_null(reply_header_value(&rep, "Idempotency-Replayed"));
  cr_assert_eq(ask(METHOD_POST, "/s/a/count", "k", "[]"), 422);
  cr_assert(strstr(body(), "idempotency_key_reused"));
  cr_assert_eq(ask(METHOD_POST, "/s/a/count", "k k", "{}"), 400);
  cr_assert_eq(ask(METHOD_POST, "/echo", "k", "one"), 200);
  cr_assert_eq(ask(METHOD_POST, "/echo", "k", "one"), 200);
  cr_assert_str_eq(body(), "one");
  cr_assert_str_eq(reply_header_value(&rep, "Idempotency-Replayed"), "true");
  cr_assert_eq(ask(METHOD_POST, "/s/a/fail", "f", NULL), 422);
  cr_assert_eq(ask(METHOD_POST, "/s/a/fail", "f", NULL), 422);
  cr_assert_str_eq(reply_header_value(&rep, "Idempotency-Replayed"), "true");
}

Test(call, bodies_have_limits) {
  cr_assert_eq(ask(METHOD_GET, "/ok", NULL, "x"), 413);
  request_clear(&r);
}

Test(call, while_draining_only_open_routes_answer) {
  fixture_app.draining = true;
  cr_assert_eq(ask(METHOD_GET, "/ok", NULL, NULL), 503);
  cr_assert_str_eq(reply_header_value(&rep, "Retry-After"), "1");
  cr_assert_eq(ask(METHOD_GET, "/open", NULL, NULL), 200);
}

Test(call, allocation_may_fail_anywhere) {
  static const char *const TARGETS[] = {"/s/a/count?hop", "/s/a/count", "/s/a/fail", "/echo", "/nope"};
  for (size_t i = 0; i < sizeof TARGETS / sizeof *TARGETS; i++)
    for (int after = 0; after < 2; after++)
      for (uint64_t n = 1; n < 40; n++) {
        char key[32];
        snprintf(key, sizeof key, "%zu-%d-%d", i, after, (int)n);
        reply_finish(&rep);
        int before = fixture_sessions[0].count;
        mem_fail_at(n, after);
        int status = ask(METHOD_POST, TARGETS[i], key, "body");
        mem_fail_at(0, false);
        cr_assert(status == 200 || status == 201 || status == 404 || status == 422 || status == 503, "%d",
                  status);
        if (status == 201) cr_assert_eq(fixture_sessions[0].count, before + 1);
      }
}

Test(tokens, are_asked_for) {
  char path[] = "/tmp/gradd-token-XXXXXX", flag[64];
  int fd = mkstemp(path);
  const char text[] = "# comment\n\n0123456789abcdef\r\n  \nsecond-token-is-longer";
  cr_assert(write(fd, text, sizeof text - 1) > 0);
  close(fd);
  snprintf(flag, sizeof flag, "--token-file=%s", path);
  fixture_app_start((const char *const[]){flag, NULL});
  cr_assert_eq(ask(METHOD_GET, "/ok", NULL, NULL), 401);
  cr_assert_str_eq(reply_header_value(&rep, "WWW-Authenticate"), "Bearer");
  cr_assert_eq(ask(METHOD_GET, "/nope", NULL, NULL), 401);
  cr_assert_eq(ask(METHOD_GET, "/open", NULL, NULL), 200);
  cr_assert(app_token_ok(&fixture_app, "Bearer 0123456789abcdef"));
  cr_assert(app_token_ok(&fixture_app, "bearer second-token-is-longer"));
  static const char *const WRONG[] = {"",
                                      "Bearer",
                                      "Bearer ",
                                      "Bearer 0123456789abcdeF",
                                      "Basic 0123456789abcdef",
                                      "Bearer 0",
                                      "Bearer 0123456789abcdef0",
                                      "Bearer 0123456789abcdef0123456789abcdef",
                                      "Bearer # comment",
                                      "0123456789abcdef"};
  for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
    cr_assert(!app_token_ok(&fixture_app, WRONG[i]), "%s", WRONG[i]);
  cr_assert(!app_token_ok(&fixture_app, NULL));
  fixture_app_stop();
  unlink(path);
}

Test(tokens, the_file_is_checked) {
  static const struct {
    const char *text;
    int mode;
  } BAD[] = {{"", 0600}, {"short\n", 0600}, {"0123456789abcdef\n", 0644}};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    char path[] = "/tmp/gradd-token-XXXXXX", flag[64];
    settings s;
    fault f = {0};
    app a;
    budget b;
    int fd = mkstemp(path);
    cr_assert(write(fd, BAD[i].text, strlen(BAD[i].text)) >= 0);
    fchmod(fd, (mode_t)BAD[i].mode);
    close(fd);
    snprintf(flag, sizeof flag, "--token-file=%s", path);
    budget_init(&b, NULL, "process memory", 1 << 20);
    cr_assert(option_load(&s, 1, (char *[]){flag}, &f));
    cr_assert(!app_init(&a, &s, &b, &ROUTES, &f), "case %zu", i);
    cr_assert_eq(f.code, ERR_bad_argument);
    app_finish(&a);
    option_finish(&s);
    unlink(path);
  }
}
