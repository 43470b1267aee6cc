// The teaching page as files over HTTP. What it does in a browser is in tests/browser; builds without it
// answer with a word about that, and these tests are skipped.
#include "client.h"
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#define HTML        "text/html,application/xhtml+xml,*/*;q=0.8"
#define FOREVER     "public, max-age=31536000, immutable"
#define CROSS(dest) "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: " dest

TestSuite(page, .init = client_up, .fini = client_down);

static answer *root(const char *header) { return ask(.path = "/", .accept = HTML, .headers = {header}); }

static answer *page(void) {
  answer *a = expect_status(root(NULL), 200);
  if (!strstr(a->body, "<div id=\"app\">")) cr_skip_test("this build has no page");
  return a;
}

// The files that the page names, one after the other; from is moved on.
static const char *asset(const char **from) {
  const char *at = strstr(*from, "\"/assets/");
  if (!at) return NULL;
  size_t n = strcspn(++at, "\"");
  *from = at + n;
  return text("%.*s", (int)n, at);
}

static bool ends(const char *s, const char *with) {
  size_t n = strlen(s), m = strlen(with);
  return n >= m && strcmp(s + n - m, with) == 0;
}

static uint32_t gunzipped_size(const answer *a) { // the last four bytes of a gzip file
  const unsigned char *b = (const unsigned char *)a->body + a->size - 4;
  return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

Test(page, is_asked_for_anew_each_time_and_sent_once) {
  answer *a = page();
  expect_header(a, "Cache-Control", "no-cache");
  expect_header(a, "Vary", "Accept, Accept-Encoding");
  const char *tag = header(a, "ETag");
  cr_assert(tag && tag[0] == '"' && tag[strlen(tag) - 1] == '"');
  answer *same[] = {
      root(text("If-None-Match: %s", tag)), root(text("If-None-Match: \"x\", W/%s", tag)),
      ask(.method = "HEAD", .path = "/", .accept = HTML, .headers = {text("If-None-Match: %s", tag)})};
  for (int i = 0; i < 3; i++) {
    expect_header(expect_status(same[i], 304), "ETag", tag);
    expect_header(same[i], "Vary", "Accept, Accept-Encoding");
    expect_header(same[i], "Cache-Control", "no-cache");
    cr_assert(same[i]->size == 0);
  }
  cr_assert(expect_status(root("If-None-Match: \"another\""), 200)->size == a->size);
}

Test(page, may_load_from_its_own_server_alone) {
  page();
  static const char *const rules[] = {"default-src 'none'", "script-src 'self'", "connect-src 'self'",
                                      "style-src 'self'",   "base-uri 'none'",   "form-action 'none'"};
  static const char *const paths[] = {"/", "/?embed=1"};
  for (int i = 0; i < 2; i++) {
    answer *a = expect_status(ask(.path = paths[i], .accept = HTML), 200);
    const char *policy = header(a, "Content-Security-Policy");
    cr_assert(policy);
    for (size_t k = 0; k < sizeof rules / sizeof *rules; k++)
      cr_assert(strstr(policy, rules[k]), "%s: %s", rules[k], policy);
    cr_assert(!strstr(policy, "unsafe"), "%s", policy);
    cr_assert(ends(policy, i ? "frame-ancestors *" : "frame-ancestors 'self'"), "%s", policy);
    expect_header(a, "Referrer-Policy", "no-referrer");
    expect_header(a, "X-Content-Type-Options", "nosniff");
  }
}

Test(page, of_another_site_may_link_to_it_and_frame_it) {
  page();
  static const char *const paths[] = {"/", "/?embed=1"};
  for (int i = 0; i < 2; i++) {
    expect_status(ask(.path = paths[i], .accept = HTML, .headers = {CROSS("document")}), 200);
    expect_status(ask(.path = paths[i], .accept = HTML, .headers = {CROSS("iframe")}), 200);
  }
  // Whether the frame is shown is for the policy to say; nothing but the page gets so far.
  expect_problem(ask(.path = "/v1", .headers = {CROSS("iframe")}), 403, "origin_not_allowed");
  expect_problem(ask(.path = SESSION, .headers = {CROSS("iframe")}), 403, "origin_not_allowed");
  expect_problem(ask(.path = "/", .accept = HTML, .headers = {CROSS("object")}), 403, "origin_not_allowed");
  expect_problem(ask(.method = "POST", .path = "/", .headers = {CROSS("iframe")}), 403, "origin_not_allowed");
}

Test(page, names_files_that_never_change) {
  const char *from = page()->body, *path;
  int scripts = 0, styles = 0;
  while ((path = asset(&from))) {
    answer *a = expect_status(get(path), 200);
    expect_header(a, "Cache-Control", FOREVER);
    expect_header(a, "Vary", "Accept-Encoding");
    expect_header(a, "X-Content-Type-Options", "nosniff");
    const char *type = header(a, "Content-Type"), *tag = header(a, "ETag");
    scripts += ends(path, ".js") && strncmp(type, "text/javascript", 15) == 0;
    styles += ends(path, ".css") && strncmp(type, "text/css", 8) == 0;
    answer *unchanged = ask(.path = path, .headers = {text("If-None-Match: %s", tag)});
    cr_assert(expect_status(unchanged, 304)->size == 0);
    expect_header(unchanged, "Cache-Control", FOREVER);
    expect_header(unchanged, "Content-Length", header(a, "Content-Length"));
    answer *head = expect_status(ask(.method = "HEAD", .path = path), 200);
    cr_assert(head->size == 0);
    expect_header(head, "ETag", tag);
    expect_header(head, "Content-Length", header(a, "Content-Length"));
  }
  cr_assert(scripts == 1 && styles == 1, "%d scripts, %d styles", scripts, styles);
}

// Their name is the same in every build, so a browser asks whether they are, too.
Test(page, has_licences_that_are_asked_for_anew) {
  page();
  answer *a = expect_status(get("/assets/licenses.txt"), 200);
  expect_header(a, "Cache-Control", "no-cache");
  const char *tag = text("If-None-Match: %s", header(a, "ETag"));
  answer *same = expect_status(ask(.path = "/assets/licenses.txt", .headers = {tag}), 304);
  expect_header(same, "Cache-Control", "no-cache");
}

Test(page, comes_gzipped_to_who_takes_that) {
  const char *from = page()->body, *paths[8] = {"/"};
  int n = 1;
  while (n < 8 && (paths[n] = asset(&from))) n++;
  for (int i = 0; i < n; i++) {
    answer *plain = expect_status(ask(.path = paths[i], .accept = HTML), 200);
    answer *packed = ask(.path = paths[i], .accept = HTML, .headers = {"Accept-Encoding: br, gzip;q=0.5"});
    cr_assert(!header(expect_status(plain, 200), "Content-Encoding"));
    expect_header(expect_status(packed, 200), "Content-Encoding", "gzip");
    cr_assert(packed->size < plain->size && memcmp(packed->body, "\x1f\x8b", 2) == 0);
    cr_assert(gunzipped_size(packed) == plain->size);
    cr_assert_str_neq(header(packed, "ETag"), header(plain, "ETag"));
    expect_header(packed, "Content-Type", header(plain, "Content-Type"));
    const char *tag = text("If-None-Match: %s", header(packed, "ETag"));
    expect_status(ask(.path = paths[i], .accept = HTML, .headers = {tag}), 200);
    answer *same = ask(.path = paths[i], .accept = HTML, .headers = {tag, "Accept-Encoding: gzip"});
    expect_status(same, 304);
    answer *refused = ask(.path = paths[i], .accept = HTML, .headers = {"Accept-Encoding: gzip;q=0"});
    cr_assert(expect_status(refused, 200)->size == plain->size && !header(refused, "Content-Encoding"));
  }
}

Test(page, files_are_for_the_page_of_this_server) {
  const char *from = page()->body, *path = asset(&from);
  answer *a = ask(.path = path, .headers = {"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors",
                                            "Sec-Fetch-Dest: script"});
  expect_problem(a, 403, "origin_not_allowed");
  expect_problem(ask(.method = "POST", .path = path), 405, "method_not_allowed");
}

Test(page, a_file_that_is_not_there_is_404) {
  static const char *const none[] = {"/assets/nothing.js", "/assets/page.js", "/assets/page", "/assets/"};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) expect_problem(get(none[i]), 404, "not_found");
  static const char *const outside[] = {"/assets/..%2f..%2fetc%2fpasswd", "/assets/%2e%2e", "/assets/../v1"};
  for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) expect_refused(get(outside[i]));
  expect_problem(get(text("/assets/%0900d.js", 0)), 404, "not_found");
  cr_assert(expect_status(ask(.method = "HEAD", .path = "/assets/nothing.js"), 404)->size == 0);
}
