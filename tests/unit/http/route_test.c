#include "http/route.h"
#include <criterion/criterion.h>
#include <string.h>

static const route ROWS[] = {
    {"root", 1 << METHOD_GET, "/", LOOP, NULL, NONE, 0, ""},
    {"put", 1 << METHOD_PUT, "/v1/s/{s}", SESSION, NULL, JSON, 0, ""},
    {"get", 1 << METHOD_GET, "/v1/s/{s}", SESSION, NULL, NONE, 0, ""},
    {"grad", 1 << METHOD_POST | 1 << METHOD_QUERY, "/v1/s/{s}/t/{t}/grad", SESSION, NULL, JSON, 0, ""},
    {"file", 1 << METHOD_GET, "/v1/s/{s}/t.safetensors", SESSION, NULL, NONE, 0, ""},
};
static const route_table TABLE = {ROWS, sizeof ROWS / sizeof *ROWS};

static route_match match(method m, const char *target) {
  static request r; // the match points into it
  static router table;
  fault f = {0};
  route_match out;
  request_clear(&r);
  r.method = m;
  cr_assert(request_target(&r, target, &f), "%s", f.detail);
  router_init(&table, &TABLE);
  router_find(&table, &r, &out);
  return out;
}

Test(route, finds_by_path_and_method_and_takes_arguments) {
  cr_assert_str_eq(match(METHOD_GET, "/").route->name, "root");
  cr_assert_str_eq(match(METHOD_PUT, "/v1/s/demo").route->name, "put");
  cr_assert_str_eq(match(METHOD_GET, "/v1/s/demo").route->name, "get");
  cr_assert_str_eq(match(METHOD_HEAD, "/v1/s/demo").route->name, "get");
  cr_assert_str_eq(match(METHOD_GET, "/v1/s/demo/t.safetensors").route->name, "file");
  route_match m = match(METHOD_QUERY, "/v1/s/%E4%BD%A0/t/w.b/grad?x=1");
  cr_assert_str_eq(m.route->name, "grad");
  cr_assert_str_eq(m.arg[0], "你");
  cr_assert_str_eq(m.arg[1], "w.b");
}

Test(route, unknown_paths_match_nothing) {
  static const char *const PATHS[] = {
      "/v1",        "/v1/",    "/v1/s",    "/v1/s/a/b",         "/v1/s/a/",
      "//v1/s/a",   "/V1/s/a", "/v1/sx/a", "/v1/s/a/t/b/grads", "/v1/s/a/t/b/gra",
      "/v1/s/a/t/b"};
  for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
    route_match m = match(METHOD_GET, PATHS[i]);
    cr_assert_null(m.route, "%s", PATHS[i]);
    cr_assert_eq(m.allowed, 0, "%s", PATHS[i]);
  }
}

Test(route, a_known_path_tells_its_methods) {
  char allow[64];
  route_match m = match(METHOD_DELETE, "/v1/s/demo");
  cr_assert_null(m.route);
  cr_assert_str_eq(route_allow(m.allowed, allow), "GET, HEAD, PUT, OPTIONS");
  cr_assert_str_eq(route_allow((1u << METHOD_COUNT) - 1, allow),
                   "GET, HEAD, POST, PUT, PATCH, DELETE, QUERY, OPTIONS");
}

Test(route, every_row_of_the_service_can_be_found) {
  static router table;
  router_init(&table, &ROUTES);
  for (int i = 0; i < ROUTES.count; i++) {
    static request r;
    char target[256];
    size_t n = 0;
    fault f = {0};
    route_match m;
    for (const char *c = ROUTES.rows[i].pattern; *c; c++) {
      if (*c == '{')
        target[n++] = 'q', c = strchr(c, '}');
      else
        target[n++] = *c;
    }
    target[n] = 0;
    request_clear(&r);
    for (int verb = 0; verb < METHOD_COUNT; verb++) {
      if (!(ROUTES.rows[i].methods & (1u << verb))) continue;
      r.method = (method)verb;
      cr_assert(request_target(&r, target, &f));
      router_find(&table, &r, &m);
      cr_assert_eq(m.route, &ROUTES.rows[i], "%s %s is hidden by an earlier row", METHOD_NAMES[verb], target);
    }
  }
}
