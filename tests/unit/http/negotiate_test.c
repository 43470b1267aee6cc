#include "http/negotiate.h"
#include <criterion/criterion.h>
#include <string.h>

static request r;
static fault f;

static representation pick(const char *target, const char *accept) {
  static const representation OFFERS[] = {AS_json, AS_txt, AS_repr, AS_npy, AS_html};
  representation out;
  fault_clear(&f);
  request_clear(&r);
  cr_assert(request_target(&r, target, &f));
  r.accept = accept;
  return negotiate(&r, OFFERS, 5, &out, &f) ? out : AS_COUNT;
}

Test(negotiate, the_query_wins) {
  cr_assert_eq(pick("/?as=npy", "text/plain"), AS_npy);
  cr_assert_eq(pick("/?as=repr", NULL), AS_repr);
  cr_assert_eq(pick("/?as=svg", NULL), AS_COUNT);
  cr_assert_eq(f.code, ERR_not_acceptable);
  cr_assert(strstr(f.detail, "json, txt, repr, npy, html"));
  cr_assert_eq(pick("/?as=", NULL), AS_COUNT);
}

Test(negotiate, accept_with_weights) {
  static const struct {
    const char *accept;
    representation as;
  } CASES[] = {
      {NULL, AS_json},
      {"*/*", AS_json},
      {"", AS_COUNT},
      {"text/plain", AS_txt},
      {"TEXT/Plain; charset=utf-8", AS_txt},
      {"application/*", AS_json},
      {"application/x-npy", AS_npy},
      {"application/json;q=0.5, text/plain;q=0.6", AS_txt},
      {"application/json;q=0.5,text/plain;q=0.45,*/*;q=0.1", AS_json},
      {"application/json;q=0, */*", AS_txt},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", AS_html},
      {"text/* , application/json;q=0.9", AS_txt},
      {"application/problem+json", AS_json},
      {"image/png", AS_COUNT},
      {"image/png, */*;q=0.1", AS_json},
      {"application/json;q=1.000", AS_json},
      {"application/json;q=0.0001", AS_COUNT},
      {";;;,,,=q;q=;q", AS_COUNT},
      {"application/json;q=bad", AS_COUNT},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
    cr_assert_eq(pick("/", CASES[i].accept), CASES[i].as, "%s", CASES[i].accept ? CASES[i].accept : "absent");
}

Test(negotiate, errors_as_a_line) {
  static const struct {
    const char *target, *accept;
    bool line;
  } CASES[] = {{"/", NULL, false},
               {"/", "*/*", false},
               {"/?as=txt", NULL, true},
               {"/?as=repr", NULL, true},
               {"/?as=json", "text/plain", false},
               {"/", "text/plain", true},
               {"/", "image/png", false},
               {"/?as=npy", NULL, false}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    pick(CASES[i].target, CASES[i].accept);
    cr_assert_eq(negotiate_line(&r), CASES[i].line, "case %zu", i);
  }
}

Test(negotiate, language) {
  static const struct {
    const char *language;
    bool zh;
  } CASES[] = {{NULL, false},
               {"", false},
               {"en", false},
               {"zh", true},
               {"zh-CN,zh;q=0.9,en;q=0.8", true},
               {"en-US,zh;q=0.9", false},
               {"de", false},
               {"ZH-tw", true},
               {"zhx", false},
               {"zh-Hans", true},
               {"zh-Hant-TW", true},
               {"*", false},
               {"zh, *", false}, // as much, and English is first
               {"en;q=0.5, *", true},
               {"zh;q=0.5, *;q=0.4", true},
               {"zh;q=0, *", false},
               {"zh;q=0", false},
               {"en;q=0", false},
               {"en;q=0, *;q=0.1", true},
               {"de, zh;q=0.3, en;q=0.2", true},
               {"zh;q=0.8, en;q=0.8", false},
               {"zh-CN;q=0.001", true},
               {"zh;q=bad, en;q=0.1", false}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    request_clear(&r);
    r.accept_language = CASES[i].language;
    cr_assert_eq(negotiate_chinese(&r), CASES[i].zh, "case %zu", i);
  }
}
