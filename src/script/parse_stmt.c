// parse_stmt.c - statements and blocks.
#include "script/parse.h"
#include <string.h>

static stmt *new_statement(parser *p, stmt_kind kind) {
  stmt *s = parse_take(p, sizeof *s);
  if (!s) return NULL;
  s->kind = kind;
  s->at = place_of(&p->t);
  return s;
}

static bool set_target(parser *p, stmt *s, expr *target) {
  if (!target || !(s->targets = parse_take(p, sizeof *s->targets))) return false;
  s->targets[0] = target;
  s->n_targets = 1;
  return true;
}

static int augmented(token_kind kind) {
  static const struct {
    uint8_t token, op;
  } SIGNS[] = {{TOKEN_plus_to, OPERATOR_add},    {TOKEN_minus_to, OPERATOR_sub},
               {TOKEN_times_to, OPERATOR_mul},   {TOKEN_over_to, OPERATOR_div},
               {TOKEN_floor_to, OPERATOR_floor}, {TOKEN_modulo_to, OPERATOR_mod},
               {TOKEN_power_to, OPERATOR_pow},   {TOKEN_matmul_to, OPERATOR_matmul},
               {TOKEN_and_to, OPERATOR_and},     {TOKEN_or_to, OPERATOR_or}};
  for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++)
    if (SIGNS[i].token == kind) return SIGNS[i].op;
  return -1;
}

bool parse_annotation(parser *p, token_kind sign) {
  bool found;
  struct use *uses = p->scope->uses;
  if (!parse_accept(p, sign, &found)) return false;
  if (found && !parse_expression(p)) return false;
  p->scope->uses = uses; // what it says is not looked at
  return true;
}

static bool assignments(parser *p, stmt *s) {
  struct list targets = {0};
  s->kind = STMT_assign;
  while (parse_is(p, TOKEN_assign)) {
    if (!scope_bind(p, s->value) || !parse_push(p, &targets, s->value) || !parse_next(p) ||
        !(s->value = parse_tuple(p)))
      return false;
  }
  s->targets = (expr **)targets.at;
  s->n_targets = targets.n;
  return true;
}

static bool expression_statement(parser *p, stmt *s) {
  bool annotated;
  if (!(s->value = parse_tuple(p))) return false;
  annotated = s->value->kind == EXPR_name && parse_is(p, TOKEN_colon);
  if (annotated && !parse_annotation(p, TOKEN_colon)) return false;
  if (parse_is(p, TOKEN_assign)) return assignments(p, s);
  int op = augmented(p->t.kind);
  if (op < 0) return !annotated || parse_unexpected(p);
  expr *target = s->value;
  if (target->kind != EXPR_name && target->kind != EXPR_subscript && target->kind != EXPR_attribute)
    return parse_fail(p, target->at, "illegal expression for augmented assignment");
  s->kind = STMT_augment;
  s->op = (uint8_t)op;
  return parse_next(p) && scope_bind(p, target) && set_target(p, s, target) && (s->value = parse_tuple(p));
}

static bool delete_statement(parser *p, stmt *s) {
  expr *all = parse_target_list(p);
  if (!all) return false;
  bool several = all->kind == EXPR_tuple;
  s->n_targets = several ? all->n_list : 1;
  s->targets = several ? all->list : parse_take(p, sizeof *s->targets);
  if (!several && !s->targets) return false;
  if (!several) s->targets[0] = all;
  for (unsigned i = 0; i < s->n_targets; i++) // `del ()` has none
    if (s->targets[i]->kind == EXPR_starred || !scope_bind(p, s->targets[i]))
      return parse_fail(p, s->at, "cannot delete this");
  return true;
}

static bool assert_statement(parser *p, stmt *s) {
  bool comma;
  if (!(s->value = parse_expression(p)) || !parse_accept(p, TOKEN_comma, &comma)) return false;
  return !comma || set_target(p, s, parse_expression(p));
}

static bool leave_loop(parser *p, stmt *s) {
  return p->scope->loops ||
         parse_fail(p, s->at,
                    s->kind == STMT_break ? "'break' outside loop" : "'continue' not properly in loop");
}

static bool return_statement(parser *p, stmt *s) {
  if (!p->scope->outer) return parse_fail(p, s->at, "'return' outside function");
  return parse_is(p, TOKEN_newline) || parse_is(p, TOKEN_end) || parse_is(p, TOKEN_semicolon) ||
         (s->value = parse_tuple(p));
}

static bool nothing(parser *p, stmt *s) { return (void)p, (void)s, true; }

static const struct simple {
  uint8_t token, kind;
  bool (*parse)(parser *p, stmt *s);
} SIMPLE[] = {
    {TOKEN_pass, STMT_pass, nothing},
    {TOKEN_break, STMT_break, leave_loop},
    {TOKEN_continue, STMT_continue, leave_loop},
    {TOKEN_return, STMT_return, return_statement},
    {TOKEN_del, STMT_delete, delete_statement},
    {TOKEN_assert, STMT_assert, assert_statement},
    {TOKEN_import, STMT_import, parse_import},
    {TOKEN_from, STMT_import, parse_import_from},
};

static bool is_print(const expr *called) {
  return called->kind == EXPR_name && called->slot < 0 && called->text.n == 5 &&
         !memcmp(called->text.text, "print", 5);
}

static bool defaults_act(const function *f) {
  for (unsigned i = 0; i < f->n_params; i++)
    if (f->defaults[i] && f->defaults[i]->acts) return true;
  return false;
}

// Whether a statement that was begun and found to take long could not be begun again: something besides the
// last thing that it does changes what others see.
static bool only_once(const stmt *s) {
  const expr *v = s->value, *target = s->n_targets ? s->targets[0] : NULL;
  bool stores = false;
  if (s->kind == STMT_import) return false;
  if (s->kind == STMT_def) return defaults_act(s->function);
  for (unsigned i = 0; i < s->n_targets; i++) {
    if (s->targets[i]->acts) return true;
    stores = stores || s->targets[i]->kind != EXPR_name;
  }
  if (stores && s->n_targets > 1) return true;
  if (target && (target->kind == EXPR_tuple || target->kind == EXPR_list))
    for (unsigned i = 0; i < target->n_list; i++)
      if (target->list[i]->kind != EXPR_name) return true;
  if (!v || !v->acts) return false;
  if (s->kind != STMT_expr || v->kind != EXPR_call || v->left->acts) return true;
  if (v->left->kind != EXPR_attribute && !is_print(v->left)) return true;
  for (unsigned i = 0; i < v->n_list; i++)
    if (v->list[i]->acts) return true;
  return false;
}

static stmt *simple_statement(parser *p) {
  stmt *s = new_statement(p, STMT_expr);
  const struct simple *found = NULL;
  if (!s) return NULL;
  for (size_t i = 0; i < sizeof SIMPLE / sizeof *SIMPLE; i++)
    if (SIMPLE[i].token == p->t.kind) found = &SIMPLE[i];
  if (found) s->kind = found->kind;
  bool ok = found ? parse_next(p) && found->parse(p, s) : expression_statement(p, s);
  if (!ok) return NULL;
  s->once = only_once(s);
  return s;
}

static bool simple_line(parser *p, struct list *out) {
  bool more = true;
  while (more && !parse_is(p, TOKEN_newline) && !parse_is(p, TOKEN_end)) {
    stmt *s = simple_statement(p);
    if (!s || !parse_push(p, out, s) || !parse_accept(p, TOKEN_semicolon, &more)) return false;
  }
  if (parse_is(p, TOKEN_end)) return true;
  return parse_is(p, TOKEN_newline) ? parse_next(p) : parse_unexpected(p);
}

// ---- compound statements

bool parse_block(parser *p, block *out) {
  struct list items = {0};
  place at = place_of(&p->t);
  if (!parse_expect(p, TOKEN_colon)) return false;
  if (!parse_deeper(p)) return false;
  if (!parse_is(p, TOKEN_newline)) {
    if (!simple_line(p, &items)) return false;
  } else {
    if (!parse_next(p)) return false;
    if (!parse_is(p, TOKEN_indent)) return parse_fail(p, place_of(&p->t), "expected an indented block");
    if (!parse_next(p)) return false;
    while (!parse_is(p, TOKEN_dedent) && !parse_is(p, TOKEN_end))
      if (!parse_statement(p, &items)) return false;
    if (parse_is(p, TOKEN_dedent) && !parse_next(p)) return false;
  }
  p->depth--;
  *out = (block){(stmt **)items.at, items.n};
  return items.n || parse_fail(p, at, "expected an indented block");
}

static bool loop_body(parser *p, stmt *s) {
  bool found;
  p->scope->loops++;
  if (!parse_block(p, &s->body)) return false;
  p->scope->loops--;
  return parse_accept(p, TOKEN_else, &found) && (!found || parse_block(p, &s->other));
}

static bool if_statement(parser *p, stmt *s) {
  bool found;
  if (!(s->value = parse_expression(p)) || !parse_block(p, &s->body)) return false;
  if (parse_is(p, TOKEN_elif)) {
    stmt *inner = new_statement(p, STMT_if);
    if (!inner || !parse_deeper(p) || !(s->other.at = parse_take(p, sizeof *s->other.at)) || !parse_next(p))
      return false;
    s->other.at[0] = inner;
    s->other.n = 1;
    if (!if_statement(p, inner)) return false;
    p->depth--;
    inner->once = only_once(inner);
    return true;
  }
  return parse_accept(p, TOKEN_else, &found) && (!found || parse_block(p, &s->other));
}

static bool while_statement(parser *p, stmt *s) {
  return (s->value = parse_expression(p)) && loop_body(p, s);
}

static bool for_statement(parser *p, stmt *s) {
  expr *target = parse_target_list(p);
  return target && scope_bind(p, target) && set_target(p, s, target) && parse_expect(p, TOKEN_in) &&
         (s->value = parse_tuple(p)) && loop_body(p, s);
}

static bool with_statement(parser *p, stmt *s) {
  if (!(s->value = parse_expression(p))) return false;
  if (parse_is(p, TOKEN_as))
    return parse_fail(p, place_of(&p->t), "'with ... as' is not part of this language");
  if (!parse_is(p, TOKEN_comma)) return parse_block(p, &s->body);
  stmt *inner = new_statement(p, STMT_with); // with a, b: is with a: with b:
  if (!inner || !parse_deeper(p) || !(s->body.at = parse_take(p, sizeof *s->body.at)) || !parse_next(p))
    return false;
  s->body.at[0] = inner;
  s->body.n = 1;
  if (!with_statement(p, inner)) return false;
  p->depth--;
  inner->once = only_once(inner);
  return true;
}

static bool def_statement(parser *p, stmt *s) {
  expr *target = parse_new(p, EXPR_name, place_of(&p->t));
  if (!target || !(s->function = parse_take(p, sizeof *s->function))) return false;
  if (!parse_is(p, TOKEN_name)) return parse_unexpected(p);
  target->text = s->function->name = (ident){p->t.text, p->t.n};
  return scope_use(p, target) && scope_bind(p, target) && set_target(p, s, target) && parse_next(p) &&
         parse_expect(p, TOKEN_open) && parse_function(p, TOKEN_close, s->function, false);
}

static const struct simple COMPOUND[] = {
    {TOKEN_if, STMT_if, if_statement},    {TOKEN_while, STMT_while, while_statement},
    {TOKEN_for, STMT_for, for_statement}, {TOKEN_with, STMT_with, with_statement},
    {TOKEN_def, STMT_def, def_statement},
};

bool parse_statement(parser *p, struct list *out) {
  for (size_t i = 0; i < sizeof COMPOUND / sizeof *COMPOUND; i++) {
    if (COMPOUND[i].token != p->t.kind) continue;
    stmt *s = new_statement(p, COMPOUND[i].kind);
    if (!s || !parse_deeper(p) || !parse_next(p) || !COMPOUND[i].parse(p, s)) return false;
    p->depth--;
    s->once = only_once(s);
    return parse_push(p, out, s);
  }
  return simple_line(p, out);
}
