// What a command of a session that is followed tells of itself: what was sent, and why it failed.
#include "follower.h"
#include <criterion/criterion.h>
#include <string.h>

TestSuite(events_told, .init = client_up, .fini = client_down, .timeout = 240);

static const cJSON *command(follower *f, const char *state) {
  const cJSON *e;
  do e = follow_until(f, "command");
  while (strcmp(at_key(e, "state")->valuestring, state));
  return e;
}

Test(events_told, what_was_asked_for) {
  follower *f = follow("", "");
  static const char CODE[] = "w = torch.ones(2)  # \xe4\xb8\x80\nprint(w)\n";
  ask(.method = "POST", .path = SESSION "/run?as=txt", .type = "text/x-python", .body = CODE);
  const cJSON *e = command(f, "began");
  cr_expect_str_eq(at_key(e, "query")->valuestring, "as=txt");
  cr_expect_str_eq(at_key(e, "type")->valuestring, "text/x-python");
  cr_expect_str_eq(at_key(e, "body")->valuestring, CODE);
  cr_expect_eq(number_in(e, "body_bytes"), sizeof CODE - 1);
  cr_expect_null(at_key(command(f, "finished"), "error"));
  del(TENSOR("w"));
  e = command(f, "began");
  cr_expect_null(at_key(e, "body_bytes"));
  cr_expect_null(at_key(e, "query"));
  const char *half = text("%s%*s", "x = 1 #", 70000, "");
  static const struct {
    const char *type, *body;
    size_t n;
  } UNTOLD[] = {{"application/octet-stream", "abcd", 4}, {"text/plain", "x = '\xff'", 7}};
  for (size_t i = 0; i < 3; i++) {
    bool large = i == 2;
    ask(.method = "POST", .path = SESSION "/run", .type = large ? NULL : UNTOLD[i].type,
        .body = large ? half : UNTOLD[i].body);
    e = command(f, "began");
    cr_expect(cJSON_IsNull(at_key(e, "body")));
    cr_expect_eq(number_in(e, "body_bytes"), large ? strlen(half) : UNTOLD[i].n);
  }
  unfollow(f);
}

Test(events_told, why_it_failed) {
  follower *f = follow("", "");
  for (int json = 0; json < 2; json++) {
    ask(.method = "POST", .path = json ? SESSION "/run?as=json" : SESSION "/run?as=txt",
        .type = "text/x-python", .body = "w = torch.ones(2, requires_grad=True)\nprint(1)\nw.mul_(2)\n");
    const cJSON *error = at_key(command(f, "finished"), "error"), *failed = at_key(error, "failed");
    cr_assert(error && failed);
    cr_expect_str_eq(at_key(error, "class")->valuestring, "RuntimeError");
    cr_expect_str_eq(at_key(error, "code")->valuestring, "leaf_inplace");
    cr_expect_str_eq(at_key(error, "message")->valuestring,
                     "a leaf Variable that requires grad is being used in an in-place operation.");
    cr_expect_eq(number_in(error, "status"), 409);
    cr_expect_eq(number_in(error, "line"), 3);
    cr_expect_eq(number_in(error, "column"), 1);
    cr_expect_str_eq(at_key(failed, "op")->valuestring, "mul_");
    cr_expect_str_eq(at_key(cJSON_GetArrayItem(at_key(failed, "inputs"), 0), "name")->valuestring, "w");
  }
  batch("{'steps':[{'op':'mul','args':['w','w'],'out':'y'},{'op':'sum','args':['y'],'out':'z'},{'backward':'"
        "z'},{'backward':'z'}]}");
  const cJSON *error = at_key(command(f, "finished"), "error");
  cr_expect_str_eq(at_key(error, "code")->valuestring, "graph_freed");
  cr_expect_eq(number_in(error, "step"), 3);
  cr_expect_str_eq(at_key(at_key(error, "failed"), "kind")->valuestring, "pass");
  del(TENSOR("nothing"));
  error = at_key(command(f, "finished"), "error");
  cr_expect_str_eq(at_key(error, "code")->valuestring, "tensor_unknown");
  cr_expect_null(at_key(error, "failed"));
  unfollow(f);
}
