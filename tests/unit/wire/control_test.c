// Small control documents: the settings of a session and of a tensor.
#include "wire/control.h"
#include "base/mem.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static session_options so;
static tensor_options to;
static fault f;

static char *quoted(const char *body) {
  char *copy = strdup(body);
  for (char *p = copy; *p; p++)
    if (*p == '\'') *p = '"';
  return copy;
}
static bool session_of(const char *body) {
  char *copy = quoted(body);
  fault_clear(&f);
  bool ok = session_options_read(copy, strlen(copy), &so, &f);
  cr_assert_eq(ok, f.code == ERR_none);
  free(copy);
  return ok;
}
static bool tensor_of(const char *body) {
  char *copy = quoted(body);
  fault_clear(&f);
  bool ok = tensor_options_read(copy, strlen(copy), &to, &f);
  cr_assert_eq(ok, f.code == ERR_none);
  free(copy);
  return ok;
}

Test(control, nothing_is_all_defaults) {
  cr_assert(session_of(""));
  cr_assert(!so.has_ttl && !so.has_seed);
  cr_assert_eq(so.dtype, DT_none);
  cr_assert(session_of(" { } "));
}

Test(control, a_session) {
  cr_assert(session_of("{'ttl_s':1.5,'seed':9007199254740992,'dtype':'float64'}"));
  cr_assert_eq(so.ttl_ms, 1500);
  cr_assert_eq(so.seed, 9007199254740992);
  cr_assert_eq(so.dtype, DT_float64);
  cr_assert(session_of("{'seed':-9223372036854775808}"));
  cr_assert_eq(so.seed, INT64_MIN);
  cr_assert(session_of("{'ttl_s':0.0001}"));
  cr_assert_eq(so.ttl_ms, 1, "never 0");
  cr_assert(session_of("{'ttl_s':31536000,'seed':0,'dtype':'torch.float32'}"));
  cr_assert(session_of("{'\\u0073eed':3}"));
  cr_assert_eq(so.seed, 3);
}

Test(control, sessions_that_are_none) {
  static const struct {
    const char *body;
    err code;
  } BAD[] = {{"{", ERR_bad_json},
             {"[]", ERR_bad_argument},
             {"7", ERR_bad_argument},
             {"null", ERR_bad_argument},
             {"'x'", ERR_bad_argument},
             {"{} {}", ERR_bad_json},
             {"{'ttl_s':1,'ttl_s':2}", ERR_duplicate_key},
             {"{'ttl_s':1,'ttl\\u005fs':2}", ERR_duplicate_key},
             {"{'ttl':1}", ERR_unknown_field},
             {"{'TTL_S':1}", ERR_unknown_field},
             {"{'':1}", ERR_unknown_field},
             {"{'ttl_s':0}", ERR_bad_argument},
             {"{'ttl_s':-1}", ERR_bad_argument},
             {"{'ttl_s':31536001}", ERR_bad_argument},
             {"{'ttl_s':'1'}", ERR_bad_argument},
             {"{'ttl_s':null}", ERR_bad_argument},
             {"{'ttl_s':[]}", ERR_bad_argument},
             {"{'seed':1.5}", ERR_bad_number},
             {"{'seed':9223372036854775808}", ERR_bad_number},
             {"{'seed':1e400}", ERR_bad_number},
             {"{'seed':true}", ERR_bad_argument},
             {"{'dtype':'int64'}", ERR_bad_argument},
             {"{'dtype':'bool'}", ERR_bad_argument},
             {"{'dtype':7}", ERR_bad_argument},
             {"{'dtype':''}", ERR_bad_argument},
             {"{'dtype':{'a':{'b':{}}}}", ERR_bad_argument},
             {"\xEF\xBB\xBF{}", ERR_bad_json},
             {"{'a\xff':1}", ERR_bad_json}};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    cr_assert(!session_of(BAD[i].body), "%s", BAD[i].body);
    cr_assert_eq(f.code, BAD[i].code, "%s: %s", BAD[i].body, ERRORS[f.code].code);
  }
}

Test(control, deep_and_long_documents) {
  size_t n = CONTROL_MAX + 1;
  char *body = malloc(n + 1);
  memset(body, ' ', n);
  body[0] = '{', body[1] = '}';
  fault_clear(&f);
  cr_assert(!session_options_read(body, n, &so, &f));
  cr_assert_eq(f.code, ERR_body_too_large);
  fault_clear(&f);
  cr_assert(session_options_read(body, CONTROL_MAX, &so, &f));
  memset(body, '[', CONTROL_MAX);
  fault_clear(&f);
  cr_assert(!session_options_read(body, CONTROL_MAX, &so, &f));
  cr_assert_eq(f.code, ERR_bad_json);
  free(body);
}

Test(control, a_tensor) {
  cr_assert(tensor_of("{'requires_grad':true}"));
  cr_assert(to.has_requires_grad && to.requires_grad && !to.retain_grad);
  cr_assert(tensor_of("{'requires_grad':false,'retain_grad':true}"));
  cr_assert(to.has_requires_grad && !to.requires_grad && to.retain_grad);
  static const struct {
    const char *body;
    err code;
  } BAD[] = {{"", ERR_bad_json},
             {"{}", ERR_bad_argument},
             {"{'retain_grad':false}", ERR_bad_argument},
             {"{'requires_grad':1}", ERR_bad_argument},
             {"{'requires_grad':null}", ERR_bad_argument},
             {"{'name':'x'}", ERR_unknown_field},
             {"[true]", ERR_bad_argument}};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    cr_assert(!tensor_of(BAD[i].body), "%s", BAD[i].body);
    cr_assert_eq(f.code, BAD[i].code, "%s: %s", BAD[i].body, ERRORS[f.code].code);
  }
}

Test(control, no_memory_at_any_point) {
  for (uint64_t n = 1;; n++) {
    mem_fail_at(n, n % 2);
    bool ok = session_of("{'ttl_s':1.5,'seed':3,'dtype':'float\\u00364'}"), reached = mem_fail_count() >= n;
    mem_fail_at(0, false);
    if (!reached) break;
    cr_assert(!ok);
    cr_assert_eq(f.code, ERR_out_of_memory);
  }
  cr_assert(so.has_ttl);
}
