// parser.c - a whole script, its names and functions; statements and expressions are in parse_*.c.
#include "script/parser.h"
#include "base/utf8.h"
#include "script/parse.h"
#include <stdarg.h>
#include <string.h>

// ---- what all parts use

void *parse_take(parser *p, size_t n) {
  void *at = arena_take(p->arena, n);
  if (!at) return fail(p->fault, ERR_out_of_memory, "no memory for the script"), NULL;
  p->bytes += n;
  return memset(at, 0, n);
}

bool parse_fail(parser *p, place at, const char *format, ...) {
  va_list args;
  if (p->fault->code) return false;
  p->bad = at;
  va_start(args, format);
  vfail(p->fault, ERR_bad_script, format, args);
  va_end(args);
  return false;
}

bool parse_unexpected(parser *p) {
  const token *t = &p->t;
  place at = place_of(t);
  if (t->kind == TOKEN_end || t->kind == TOKEN_newline)
    return parse_fail(p, at, "invalid syntax: unexpected %s", token_text(t->kind));
  if (t->kind == TOKEN_indent) return parse_fail(p, at, "unexpected indent");
  if (t->kind == TOKEN_dedent) return parse_fail(p, at, "unexpected unindent");
  return parse_fail(p, at, "invalid syntax: unexpected '%.*s'", (int)utf8_cut(t->text, t->n, 40), t->text);
}

bool parse_next(parser *p) {
  if (lexer_next(&p->lex, &p->t)) return true;
  p->bad = (place){p->lex.bad_line, p->lex.bad_column};
  return false;
}

bool parse_accept(parser *p, token_kind kind, bool *found) {
  *found = p->t.kind == kind;
  return !*found || parse_next(p);
}

bool parse_expect(parser *p, token_kind kind) {
  if (p->t.kind == kind) return parse_next(p);
  if (p->t.kind == TOKEN_name || p->t.kind == TOKEN_end || p->t.kind == TOKEN_newline)
    return parse_fail(p, place_of(&p->t), "invalid syntax: expected '%s'", token_text(kind));
  return parse_unexpected(p);
}

bool parse_deeper(parser *p) {
  return ++p->depth <= NESTING_MAX || parse_fail(p, place_of(&p->t), "the script is nested too deep");
}

bool parse_push(parser *p, struct list *l, void *item) {
  if (l->n == l->cap) {
    unsigned cap = l->cap ? 2 * l->cap : 4;
    void **more = parse_take(p, cap * sizeof *more);
    if (!more) return false;
    if (l->n) memcpy(more, l->at, l->n * sizeof *more);
    l->at = more;
    l->cap = cap;
  }
  l->at[l->n++] = item;
  return true;
}

bool parse_inside(parser *p, const char *from, const char *end, place at, expr **out) {
  lexer lex = p->lex;
  token t = p->t;
  lexer_init_inside(&p->lex, from, end, at.line, at.column, p->fault);
  bool ok = parse_next(p) && (*out = parse_tuple(p));
  if (ok && !parse_is(p, TOKEN_newline) && !parse_is(p, TOKEN_end)) ok = parse_unexpected(p);
  p->lex = lex;
  p->t = t;
  return ok;
}

// ---- names

bool name_same(ident a, ident b) { return a.n == b.n && !memcmp(a.text, b.text, a.n); }

bool scope_use(parser *p, expr *e) {
  struct use *u = parse_take(p, sizeof *u);
  if (!u) return false;
  *u = (struct use){e, p->scope->uses};
  p->scope->uses = u;
  return true;
}

struct local *scope_find(const scope *s, ident n) {
  for (struct local *l = s->locals; l; l = l->next)
    if (name_same(l->name, n)) return l;
  return NULL;
}

struct local *scope_add(parser *p, ident n) {
  struct local *l = scope_find(p->scope, n);
  if (l || !(l = parse_take(p, sizeof *l))) return l;
  *l = (struct local){n, p->scope->locals, p->scope->outer ? p->scope->n_locals++ : -1};
  p->scope->locals = l;
  if (p->scope->n_locals > INT16_MAX) return parse_fail(p, place_of(&p->t), "too many names"), NULL;
  return l;
}

void scope_resolve(struct use *from, const struct use *until, ident n, int slot) {
  for (struct use *u = from; u != until; u = u->next)
    if (u->e->slot < 0 && name_same(u->e->text, n)) u->e->slot = (int16_t)slot;
}

bool scope_bind(parser *p, const expr *target) {
  switch (target->kind) {
  case EXPR_name: return target->slot >= 0 || scope_add(p, target->text);
  case EXPR_starred: return scope_bind(p, target->left);
  case EXPR_tuple:
  case EXPR_list: {
    int stars = 0;
    for (unsigned i = 0; i < target->n_list; i++) {
      stars += target->list[i]->kind == EXPR_starred;
      if (!scope_bind(p, target->list[i])) return false;
    }
    return stars < 2 || parse_fail(p, target->at, "multiple starred expressions in assignment");
  }
  case EXPR_attribute:
  case EXPR_subscript: return true;
  default:
    return parse_fail(p, target->at,
                      "cannot assign to this expression here: a target is a name, an index, an attribute or "
                      "several of these");
  }
}

// ---- def and lambda

static bool parameter(parser *p, function *f, struct list *defaults, bool lambda) {
  place at = place_of(&p->t);
  ident n = {p->t.text, p->t.n};
  expr *value = NULL;
  bool found;
  if (parse_is(p, TOKEN_times) || parse_is(p, TOKEN_power))
    return parse_fail(p, at, "parameters with a star are not part of this language");
  if (!parse_is(p, TOKEN_name)) return parse_unexpected(p);
  if (scope_find(p->scope, n))
    return parse_fail(p, at, "duplicate argument '%.*s' in function definition", (int)(n.n < 64 ? n.n : 64),
                      n.text);
  if (!scope_add(p, n) || !parse_next(p)) return false;
  if (!lambda && !parse_annotation(p, TOKEN_colon)) return false;
  if (!parse_accept(p, TOKEN_assign, &found)) return false;
  if (found) { // a default is a matter of the outside
    scope *inner = p->scope;
    p->scope = inner->outer;
    value = parse_expression(p);
    p->scope = inner;
    if (!value) return false;
  } else if (defaults->n && defaults->at[defaults->n - 1])
    return parse_fail(p, at, "non-default argument follows default argument");
  f->n_params++;
  return parse_push(p, defaults, value);
}

// The names of the function's locals, in the order of their slots, and the uses of them.
static bool settle(parser *p, scope *s, function *f) {
  ident *names = parse_take(p, (size_t)s->n_locals * sizeof *names + 1);
  if (!names) return false;
  f->n_locals = (unsigned)s->n_locals;
  f->locals = names;
  for (const struct local *l = s->locals; l; l = l->next) {
    names[l->slot] = l->name;
    scope_resolve(s->uses, NULL, l->name, l->slot);
  }
  return true;
}

bool parse_function(parser *p, token_kind end, function *f, bool lambda) {
  scope inner = {.outer = p->scope};
  struct list defaults = {0};
  bool more = true;
  p->scope = &inner;
  while (more && !parse_is(p, end))
    if (!parameter(p, f, &defaults, lambda) || !parse_accept(p, TOKEN_comma, &more)) return false;
  if (!parse_expect(p, end)) return false;
  f->defaults = (expr **)defaults.at;
  if (lambda) {
    if (!(f->value = parse_expression(p))) return false;
  } else if (!parse_annotation(p, TOKEN_arrow) || !parse_block(p, &f->body))
    return false;
  p->scope = inner.outer;
  return settle(p, &inner, f);
}

// ---- the whole

static bool is_text(parser *p, const char *source, size_t n) {
  if (utf8_check(source, n)) return parse_fail(p, (place){1, 1}, "the script is not valid UTF-8");
  return !memchr(source, 0, n) || parse_fail(p, (place){1, 1}, "source code cannot contain null bytes");
}

// The result of a parser that has read all statements (ok), or failed.
static bool finish(parser *p, const struct list *items, bool ok, parsed *out, place *where) {
  const scope *module = p->scope;
  *out = (parsed){0};
  *where = p->bad;
  if (!ok) return false;
  for (const struct local *l = module->locals; l; l = l->next) out->n_bound++;
  ident *bound = parse_take(p, out->n_bound * sizeof *bound + 1);
  if (!bound) return false;
  unsigned i = out->n_bound;
  for (const struct local *l = module->locals; l; l = l->next) bound[--i] = l->name;
  out->bound = bound;
  out->bytes = p->bytes;
  out->body = (block){(stmt **)items->at, items->n};
  out->n_locals = (unsigned)module->n_locals;
  return true;
}

bool script_parse(const char *source, size_t n, arena *a, parsed *out, place *where, fault *f) {
  scope module = {0};
  parser p = {.arena = a, .fault = f, .scope = &module};
  struct list items = {0};
  lexer_init(&p.lex, source, n, f);
  bool ok = is_text(&p, source, n) && parse_next(&p);
  while (ok && !parse_is(&p, TOKEN_end)) ok = parse_statement(&p, &items);
  return finish(&p, &items, ok, out, where);
}

const ident EXPRESSION = {"=", 1};

bool script_parse_expression(const char *source, size_t n, arena *a, parsed *out, place *where, fault *f) {
  scope module = {0};
  parser p = {.arena = a, .fault = f, .scope = &module};
  struct list items = {0};
  place start = {1, 1};
  expr *value = NULL, *target = NULL, **targets = NULL;
  stmt *s = NULL;
  bool ok = is_text(&p, source, n) && parse_inside(&p, source, source + n, start, &value);
  ok = ok && (target = parse_new(&p, EXPR_name, start)) && (s = parse_take(&p, sizeof *s)) &&
       (targets = parse_take(&p, sizeof *targets));
  if (ok) {
    target->text = EXPRESSION;
    target->slot = -1;
    targets[0] = target;
    *s = (stmt){.kind = STMT_assign, .at = start, .n_targets = 1, .targets = targets, .value = value};
    ok = parse_push(&p, &items, s);
  }
  return finish(&p, &items, ok, out, where);
}
