// JSON to the letter, through every place that takes it: the table of the unit tests, sent as bodies.
#include "client.h"
#include "json_cases.h"
#include "operations.h"
#include <criterion/criterion.h>
#include <string.h>

TestSuite(json, .init = client_up, .fini = client_down, .timeout = 120);

static answer *send_to(const struct operation *o, const struct json_case *c) {
  return ask(.method = o->method, .path = text(SESSION "%s", o->path), .body = c->text, .size = c->n);
}

Test(json, text_that_is_not_json_is_400_everywhere) {
  put(TENSOR("w"), "{'data':[1.0],'requires_grad':true}");
  for (int i = 0; i < JSON_REJECT_COUNT; i++) {
    if (!JSON_REJECT[i].n) continue; // no body at all
    EACH_OPERATION(o)
    if (o->traits & TAKES_BODY)
      client_expect_problem(JSON_REJECT[i].why, i, send_to(o, &JSON_REJECT[i]), 400, "bad_json|bad_number");
  }
  expect_problem(put(TENSOR("w"), NULL), 400, "bad_json");
  expect_data("w", "[1]");
}

Test(json, key_named_twice_is_400_everywhere) {
  put(TENSOR("w"), "{'data':[1.0],'requires_grad':true}");
  for (int i = 0; i < JSON_DUPLICATE_COUNT; i++) EACH_OPERATION(o)
  if (o->traits & TAKES_BODY)
    client_expect_problem(JSON_DUPLICATE[i].why, i, send_to(o, &JSON_DUPLICATE[i]), 400, "duplicate_key");
  expect_data("w", "[1]");
}

Test(json, text_that_is_json_is_understood) {
  const struct operation put_tensor = {"PUT", "/tensors/n", 0, 0};
  for (int i = 0; i < JSON_ACCEPT_COUNT; i++) {
    answer *a = send_to(&put_tensor, &JSON_ACCEPT[i]);
    const char *why = JSON_ACCEPT[i].why;
    cr_assert(a->status == 200 || a->status == 201 || a->status == 400 || a->status == 422, "%s: %d", why,
              a->status);
    if (a->status >= 400)
      cr_assert(strcmp(string_at(a, "code"), "bad_json") && strcmp(string_at(a, "code"), "duplicate_key"),
                "%s: %s", why, a->body);
  }
}
