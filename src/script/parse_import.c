// parse_import.c - the imports that are accepted; they bind a name to what is there anyway.
#include "script/parse.h"
#include <string.h>

// What may be imported, and what `import` of it binds.
static const char *const MODULES[] = {"torch",          "torch.nn",     "torch.nn.functional", "torch.optim",
                                      "torch.autograd", "torch.linalg", "torch.special",       "math"};

static bool dotted(parser *p, char *out, size_t room, ident *first) {
  size_t n = 0;
  bool dot = true;
  *first = (ident){p->t.text, p->t.n};
  while (dot) {
    if (!parse_is(p, TOKEN_name)) return parse_unexpected(p);
    if (n + p->t.n + 2 > room)
      return parse_fail(p, place_of(&p->t), "this module is not part of this language");
    memcpy(out + n, p->t.text, p->t.n);
    n += p->t.n;
    if (!parse_next(p) || !parse_accept(p, TOKEN_dot, &dot)) return false;
    if (dot) out[n++] = '.';
  }
  out[n] = 0;
  return true;
}

static const char *module_named(const char *path) {
  for (size_t i = 0; i < sizeof MODULES / sizeof *MODULES; i++)
    if (!strcmp(MODULES[i], path)) return MODULES[i];
  return NULL;
}

// One imported thing: `path` is bound to `as`.
static bool import_as(parser *p, stmt *s, ident path, ident as, struct list *targets, struct list *paths) {
  expr *target = parse_new(p, EXPR_name, s->at), *source = parse_new(p, EXPR_text, s->at);
  if (!target || !source) return false;
  target->text = as;
  source->text = path;
  return scope_use(p, target) && scope_bind(p, target) && parse_push(p, targets, target) &&
         parse_push(p, paths, source);
}

static bool finish_import(parser *p, stmt *s, const struct list *targets, const struct list *paths) {
  expr *all = parse_new(p, EXPR_tuple, s->at);
  if (!all) return false;
  all->list = (expr **)paths->at;
  all->n_list = (uint16_t)paths->n;
  s->value = all;
  s->targets = (expr **)targets->at;
  s->n_targets = targets->n;
  return paths->n <= UINT16_MAX || parse_fail(p, s->at, "too many names");
}

bool parse_import(parser *p, stmt *s) {
  struct list targets = {0}, paths = {0};
  bool more = true;
  while (more) {
    char text[64];
    ident first, as;
    place at = place_of(&p->t);
    bool renamed;
    if (!dotted(p, text, sizeof text, &first)) return false;
    const char *module = module_named(text);
    if (!module) return parse_fail(p, at, "module '%s' cannot be imported here: only torch and math", text);
    if (!parse_accept(p, TOKEN_as, &renamed)) return false;
    ident path = renamed ? (ident){module, strlen(module)} : first;
    as = renamed ? (ident){p->t.text, p->t.n} : first;
    if (renamed && (!parse_is(p, TOKEN_name) ? !parse_unexpected(p) : !parse_next(p))) return false;
    if (!import_as(p, s, path, as, &targets, &paths) || !parse_accept(p, TOKEN_comma, &more)) return false;
  }
  return finish_import(p, s, &targets, &paths);
}

bool parse_import_from(parser *p, stmt *s) {
  struct list targets = {0}, paths = {0};
  char text[64];
  ident first;
  place at = place_of(&p->t);
  bool more = true, parens;
  if (!dotted(p, text, sizeof text, &first)) return false;
  if (!module_named(text))
    return parse_fail(p, at, "module '%s' cannot be imported here: only torch and math", text);
  if (!parse_expect(p, TOKEN_import) || !parse_accept(p, TOKEN_open, &parens)) return false;
  while (more && !(parens && parse_is(p, TOKEN_close))) {
    ident what = {p->t.text, p->t.n}, as = what;
    bool renamed;
    if (!parse_is(p, TOKEN_name)) return parse_unexpected(p);
    if (!parse_next(p) || !parse_accept(p, TOKEN_as, &renamed)) return false;
    if (renamed) {
      as = (ident){p->t.text, p->t.n};
      if (!parse_is(p, TOKEN_name)) return parse_unexpected(p);
      if (!parse_next(p)) return false;
    }
    size_t n = strlen(text);
    char *path = parse_take(p, n + what.n + 2);
    if (!path) return false;
    memcpy(path, text, n);
    path[n] = '.';
    memcpy(path + n + 1, what.text, what.n);
    if (!import_as(p, s, (ident){path, n + 1 + what.n}, as, &targets, &paths) ||
        !parse_accept(p, TOKEN_comma, &more))
      return false;
  }
  return (!parens || parse_expect(p, TOKEN_close)) && finish_import(p, s, &targets, &paths);
}
