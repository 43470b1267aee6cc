// expect.c - the checks of client.h.
#include "client.h"
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 1500 };

static const char *shown(const answer *a) {
  return text("%d\n%s\n%.*s", a->status, a->headers, (int)(a->size < SHOWN ? a->size : SHOWN), a->body);
}

answer *client_expect_status(const char *file, int line, answer *a, int status) {
  cr_assert(a->status == status, "%s:%d: expected %d, got %s", file, line, status, shown(a));
  return a;
}

static bool same_scalar(const cJSON *want, const cJSON *got) {
  if (cJSON_IsNumber(want)) return cJSON_IsNumber(got) && want->valuedouble == got->valuedouble;
  if (cJSON_IsString(want)) return cJSON_IsString(got) && strcmp(want->valuestring, got->valuestring) == 0;
  return want->type == got->type;
}

// Everything in want is in got. The nesting of want is the test's own, so recursion is bounded.
static bool holds(const cJSON *want, const cJSON *got) {
  const cJSON *item;
  if (cJSON_IsObject(want)) {
    cJSON_ArrayForEach(item, want) {
      const cJSON *other = cJSON_GetObjectItemCaseSensitive(got, item->string);
      if (!cJSON_IsObject(got) || !other || !holds(item, other)) return false;
    }
    return cJSON_IsObject(got);
  }
  if (!cJSON_IsArray(want)) return same_scalar(want, got);
  if (!cJSON_IsArray(got) || cJSON_GetArraySize(want) != cJSON_GetArraySize(got)) return false;
  const cJSON *other = got->child;
  cJSON_ArrayForEach(item, want) {
    if (!holds(item, other)) return false;
    other = other->next;
  }
  return true;
}

answer *client_expect_json(const char *file, int line, answer *a, int status, const char *json) {
  client_expect_status(file, line, a, status);
  cJSON *want = cJSON_Parse(quoted(json));
  cr_assert(want, "%s:%d: the test's own JSON is malformed: %s", file, line, json);
  bool good = a->json && holds(want, a->json);
  cJSON_Delete(want);
  cr_assert(good, "%s:%d: expected %s in %s", file, line, json, shown(a));
  return a;
}

answer *client_expect_text(const char *file, int line, answer *a, int status, const char *body) {
  client_expect_status(file, line, a, status);
  bool good = a->size == strlen(body) && memcmp(a->body, body, a->size) == 0;
  cr_assert(good, "%s:%d: expected the text <%s> in %s", file, line, body, shown(a));
  return a;
}

answer *client_expect_header(const char *file, int line, answer *a, const char *name, const char *value) {
  const char *got = header(a, name);
  cr_assert(got && strcmp(got, value) == 0, "%s:%d: expected %s: %s in %s", file, line, name, value,
            shown(a));
  return a;
}

// Is word one of the words of "a|b|c"?
static bool among(const char *word, const char *list) {
  size_t n = strlen(word);
  for (const char *p = list; (p = strstr(p, word)); p++)
    if ((p == list || p[-1] == '|') && (!p[n] || p[n] == '|')) return true;
  return false;
}

static bool snake_case(const char *s) {
  if (!islower((unsigned char)*s)) return false;
  for (; *s; s++)
    if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s) && *s != '_') return false;
  return true;
}

answer *client_expect_problem(const char *file, int line, answer *a, int status, const char *code) {
  const char *type = header(a, "Content-Type"), *id = header(a, "X-Request-Id");
  if (status)
    client_expect_status(file, line, a, status);
  else
    cr_assert(a->status >= 400 && a->status < 500, "%s:%d: expected a refusal, got %s", file, line, shown(a));
  cr_assert(type && strncmp(type, "application/problem+json", 24) == 0, "%s:%d: not a problem document: %s",
            file, line, shown(a));
  cr_assert(id && *id, "%s:%d: no X-Request-Id in %s", file, line, shown(a));
  cr_assert(a->json, "%s:%d: the problem is not JSON: %s", file, line, shown(a));
  const char *said = string_at(a, "code");
  cr_assert(snake_case(said), "%s:%d: the code is not a stable word: %s", file, line, said);
  cr_assert(!code || among(said, code), "%s:%d: expected %s, got %s", file, line, code, shown(a));
  cr_assert(*string_at(a, "title") && *string_at(a, "detail"), "%s:%d: title or detail is empty", file, line);
  cr_assert(strstr(string_at(a, "type"), said), "%s:%d: the type does not name the code: %s", file, line,
            shown(a));
  cr_assert((int)number_at(a, "status") == a->status, "%s:%d: status disagrees: %s", file, line, shown(a));
  cr_assert(strcmp(string_at(a, "request_id"), id) == 0, "%s:%d: request ids differ: %s", file, line,
            shown(a));
  return a;
}

answer *client_expect_data(const char *file, int line, const char *name, const char *json) {
  return client_expect_json(file, line, get(text(SESSION "/tensors/%s", name)), 200,
                            text("{'data':%s}", json));
}
