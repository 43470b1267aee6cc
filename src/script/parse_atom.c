// parse_atom.c - names, literals, brackets, and the calls, attributes and subscripts behind them.
#include "script/parse.h"
#include "script/builtin.h"
#include <string.h>

static expr *name_expr(parser *p) {
  expr *e = parse_new(p, EXPR_name, place_of(&p->t));
  if (!e) return NULL;
  e->text = (ident){p->t.text, p->t.n};
  return scope_use(p, e) && parse_next(p) ? e : NULL;
}

static expr *literal(parser *p, expr_kind kind) {
  expr *e = parse_new(p, kind, place_of(&p->t));
  if (!e) return NULL;
  if (kind == EXPR_int) e->i = p->t.i;
  if (kind == EXPR_float) e->d = p->t.d;
  if (kind == EXPR_bool) e->i = p->t.kind == TOKEN_True;
  if (kind == EXPR_int || kind == EXPR_float) e->written = p->t.n <= UINT16_MAX ? (uint16_t)p->t.n : 0;
  return parse_next(p) ? e : NULL;
}

static expr *element(parser *p) {
  bool star;
  place at = place_of(&p->t);
  if (!parse_accept(p, TOKEN_times, &star)) return NULL;
  expr *inner = parse_expression(p), *e;
  if (!star || !inner) return inner;
  if (!(e = parse_new(p, EXPR_starred, at))) return NULL;
  e->left = inner;
  parse_grow(e, inner);
  return e;
}

// Elements up to the closing bracket, which is taken. *comma: there was one.
static bool elements(parser *p, token_kind close, struct list *items, bool *comma) {
  *comma = false;
  while (!parse_is(p, close)) {
    struct use *before = p->scope->uses;
    bool more;
    expr *e = element(p);
    if (e && parse_is(p, TOKEN_for) && items->n == 0) {
      e = parse_comprehension(p, e, before);
      return e && parse_push(p, items, e) && parse_expect(p, close);
    }
    if (!e || !parse_push(p, items, e) || !parse_accept(p, TOKEN_comma, &more)) return false;
    if (!more) break;
    *comma = true;
  }
  return parse_expect(p, close);
}

static expr *bracketed(parser *p, token_kind close, expr_kind kind) {
  place at = place_of(&p->t);
  struct list items = {0};
  bool comma;
  if (!parse_deeper(p) || !parse_next(p) || !elements(p, close, &items, &comma)) return NULL;
  p->depth--;
  expr *only = items.n == 1 ? items.at[0] : NULL;
  if (only && kind == EXPR_tuple && !comma && only->kind != EXPR_starred) return only;
  if (only && only->kind == EXPR_each) return only;
  expr *e = parse_new(p, kind, at);
  if (!e || items.n > UINT16_MAX) return e ? parse_fail(p, at, "too many elements"), NULL : NULL;
  e->list = (expr **)items.at;
  e->n_list = (uint16_t)items.n;
  for (unsigned i = 0; i < items.n; i++) parse_grow(e, items.at[i]);
  return e;
}

// ---- calls

struct arguments {
  struct list positional, by_name, names;
};

static bool keyword_argument(parser *p, struct arguments *a, expr *word) {
  ident *n = parse_take(p, sizeof *n);
  expr *value;
  if (word->kind != EXPR_name)
    return parse_fail(p, word->at, "expression cannot contain assignment, perhaps you meant \"==\"?");
  if (!n) return false;
  *n = word->text;
  p->scope->uses = p->scope->uses->next; // it is no use of a variable
  for (unsigned i = 0; i < a->names.n; i++)
    if (name_same(*(ident *)a->names.at[i], *n))
      return parse_fail(p, word->at, "keyword argument repeated: %.*s", (int)(n->n < 64 ? n->n : 64),
                        n->text);
  return parse_next(p) && (value = parse_expression(p)) && parse_push(p, &a->names, n) &&
         parse_push(p, &a->by_name, value);
}

static bool argument(parser *p, struct arguments *a) {
  struct use *before = p->scope->uses;
  expr *e = element(p);
  if (!e) return false;
  if (parse_is(p, TOKEN_assign)) return keyword_argument(p, a, e);
  if (a->names.n) return parse_fail(p, e->at, "positional argument follows keyword argument");
  if (parse_is(p, TOKEN_for) && !(e = parse_comprehension(p, e, before))) return false;
  return parse_push(p, &a->positional, e);
}

// Whether a call changes something besides giving a value, or takes long without a way back.
static bool call_acts(const expr *called) {
  if (called->kind == EXPR_attribute) return builtin_acts(called->text.text, called->text.n);
  if (called->kind == EXPR_name && called->slot < 0)
    return !builtin_find(called->text.text, called->text.n) ||
           builtin_acts(called->text.text, called->text.n);
  return true;
}

static expr *call(parser *p, expr *called) {
  expr *e = parse_new(p, EXPR_call, called->at);
  struct arguments a = {0};
  bool comma = true;
  if (!e || !parse_deeper(p) || !parse_next(p)) return NULL;
  while (!parse_is(p, TOKEN_close)) {
    if (!comma) return parse_unexpected(p), NULL;
    if (!argument(p, &a) || !parse_accept(p, TOKEN_comma, &comma)) return NULL;
  }
  p->depth--;
  if (!parse_next(p)) return NULL;
  if (a.positional.n + a.names.n > 255) return parse_fail(p, e->at, "more than 255 arguments"), NULL;
  ident *names = parse_take(p, a.names.n * sizeof *names + 1);
  for (unsigned i = 0; i < a.names.n; i++)
    if (!names || !parse_push(p, &a.positional, a.by_name.at[i])) return NULL;
  for (unsigned i = 0; i < a.names.n; i++) names[i] = *(ident *)a.names.at[i];
  e->left = called;
  e->list = (expr **)a.positional.at;
  e->n_list = (uint16_t)a.positional.n;
  e->n_keywords = (uint16_t)a.names.n;
  e->keywords = names;
  parse_grow(e, called);
  for (unsigned i = 0; i < e->n_list; i++) parse_grow(e, e->list[i]);
  e->acts |= call_acts(called);
  return e;
}

// ---- subscripts

static expr *slice_part(parser *p, bool *ok) {
  expr *e = NULL;
  if (!parse_is(p, TOKEN_colon) && !parse_is(p, TOKEN_comma) && !parse_is(p, TOKEN_close_list))
    *ok = (e = parse_expression(p)) != NULL;
  return e;
}

static expr *subscript_item(parser *p) {
  place at = place_of(&p->t);
  bool ok = true, colon;
  expr *first = slice_part(p, &ok), *e;
  if (!ok || (first && !parse_is(p, TOKEN_colon))) return first;
  if (!parse_is(p, TOKEN_colon)) return parse_unexpected(p), NULL;
  if (!(e = parse_new(p, EXPR_slice, at)) || !parse_next(p)) return NULL;
  e->left = first;
  e->right = slice_part(p, &ok);
  if (!ok || !parse_accept(p, TOKEN_colon, &colon)) return NULL;
  if (colon) e->third = slice_part(p, &ok);
  parse_grow(e, e->left);
  parse_grow(e, e->right);
  parse_grow(e, e->third);
  return ok ? e : NULL;
}

static expr *subscript(parser *p, expr *of) {
  place at = place_of(&p->t);
  struct list items = {0};
  bool comma = false, more = true;
  if (!parse_deeper(p) || !parse_next(p)) return NULL;
  while (more && !(comma && parse_is(p, TOKEN_close_list))) {
    expr *item = subscript_item(p);
    if (!item || !parse_push(p, &items, item) || !parse_accept(p, TOKEN_comma, &more)) return NULL;
    comma |= more;
  }
  p->depth--;
  if (!parse_expect(p, TOKEN_close_list)) return NULL;
  expr *e = parse_new(p, EXPR_subscript, of->at), *index = items.at[0];
  if (comma && e) {
    if (!(index = parse_new(p, EXPR_tuple, at))) return NULL;
    index->list = (expr **)items.at;
    index->n_list = (uint16_t)items.n;
    for (unsigned i = 0; i < items.n; i++) parse_grow(index, items.at[i]);
  }
  if (!e) return NULL;
  e->left = of;
  e->right = index;
  parse_grow(e, of);
  parse_grow(e, index);
  return e;
}

static expr *attribute(parser *p, expr *of) {
  expr *e = parse_new(p, EXPR_attribute, of->at);
  if (!e || !parse_next(p)) return NULL;
  if (!parse_is(p, TOKEN_name)) return parse_unexpected(p), NULL;
  e->left = of;
  e->text = (ident){p->t.text, p->t.n};
  parse_grow(e, of);
  return parse_next(p) ? e : NULL;
}

static expr *primary(parser *p) {
  switch (p->t.kind) {
  case TOKEN_name: return name_expr(p);
  case TOKEN_int: return literal(p, EXPR_int);
  case TOKEN_float: return literal(p, EXPR_float);
  case TOKEN_string: return parse_strings(p);
  case TOKEN_None: return literal(p, EXPR_none);
  case TOKEN_True:
  case TOKEN_False: return literal(p, EXPR_bool);
  case TOKEN_ellipsis: return literal(p, EXPR_ellipsis);
  case TOKEN_open: return bracketed(p, TOKEN_close, EXPR_tuple);
  case TOKEN_open_list: return bracketed(p, TOKEN_close_list, EXPR_list);
  case TOKEN_open_dict:
    return parse_fail(p, place_of(&p->t), "dictionaries and sets are not part of this language"), NULL;
  default: return parse_unexpected(p), NULL;
  }
}

expr *parse_atom(parser *p) {
  expr *e = primary(p);
  while (e) {
    if (parse_is(p, TOKEN_open))
      e = call(p, e);
    else if (parse_is(p, TOKEN_open_list))
      e = subscript(p, e);
    else if (parse_is(p, TOKEN_dot))
      e = attribute(p, e);
    else
      break;
    if (e && e->height > HEIGHT_MAX) return parse_fail(p, e->at, "the expression is too deep"), NULL;
  }
  return e;
}
