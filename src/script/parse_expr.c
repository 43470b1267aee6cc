// parse_expr.c - expressions, from the loosest binding operator to the tightest.
#include "script/parse.h"
#include "script/builtin.h"
#include <string.h>

expr *parse_new(parser *p, expr_kind kind, place at) {
  expr *e = parse_take(p, sizeof *e);
  if (!e) return NULL;
  e->kind = kind;
  e->at = at;
  e->height = 1;
  e->slot = -1;
  bool remembers = kind == EXPR_name || kind == EXPR_attribute;
  if (remembers && !(e->memo = parse_take(p, sizeof *e->memo))) return NULL;
  return e;
}

void parse_grow(expr *e, const expr *part) {
  if (!part) return;
  if (part->height >= e->height) e->height = (uint16_t)(part->height + 1);
  e->acts |= part->acts;
}

// A finished expression; a tree too high for the interpreter's stack is refused here.
static expr *done(parser *p, expr *e) {
  if (e && e->height > HEIGHT_MAX) return parse_fail(p, e->at, "the expression is too deep"), NULL;
  return e;
}

static expr *with_parts(parser *p, expr *e, expr *left, expr *right, expr *third) {
  if (!e) return NULL;
  e->left = left;
  e->right = right;
  e->third = third;
  parse_grow(e, left);
  parse_grow(e, right);
  parse_grow(e, third);
  return done(p, e);
}

static bool with_list(parser *p, expr *e, const struct list *l) {
  e->list = (expr **)l->at;
  e->n_list = (uint16_t)l->n;
  for (unsigned i = 0; i < l->n; i++) parse_grow(e, l->at[i]);
  return (l->n <= UINT16_MAX || parse_fail(p, e->at, "too many elements")) && done(p, e);
}

// ---- binary operators

static const struct infix {
  uint8_t token, strength, op;
} INFIX[] = {
    {TOKEN_bit_or, 1, OPERATOR_or},   {TOKEN_bit_and, 2, OPERATOR_and}, {TOKEN_plus, 3, OPERATOR_add},
    {TOKEN_minus, 3, OPERATOR_sub},   {TOKEN_times, 4, OPERATOR_mul},   {TOKEN_over, 4, OPERATOR_div},
    {TOKEN_floor, 4, OPERATOR_floor}, {TOKEN_modulo, 4, OPERATOR_mod},  {TOKEN_matmul, 4, OPERATOR_matmul},
};

static const struct infix *infix_of(token_kind kind) {
  for (size_t i = 0; i < sizeof INFIX / sizeof *INFIX; i++)
    if (INFIX[i].token == kind) return &INFIX[i];
  return NULL;
}

static expr *unary(parser *p);

static expr *power(parser *p) {
  expr *base = parse_atom(p);
  if (!base || !parse_is(p, TOKEN_power)) return base;
  place at = place_of(&p->t);
  expr *e = NULL, *exponent;
  if (!parse_next(p) || !(exponent = unary(p)) || !(e = parse_new(p, EXPR_binary, at))) return NULL;
  e->op = OPERATOR_pow;
  return with_parts(p, e, base, exponent, NULL);
}

static expr *unary(parser *p) {
  place at = place_of(&p->t);
  int op = parse_is(p, TOKEN_minus)     ? OPERATOR_neg
           : parse_is(p, TOKEN_plus)    ? OPERATOR_pos
           : parse_is(p, TOKEN_bit_not) ? OPERATOR_invert
                                        : -1;
  if (op < 0) return power(p);
  expr *e = NULL, *operand;
  if (!parse_deeper(p) || !parse_next(p)) return NULL;
  bool number = parse_is(p, TOKEN_int) || parse_is(p, TOKEN_float); // and no bracket before it
  if (!(operand = unary(p)) || !(e = parse_new(p, EXPR_unary, at))) return NULL;
  p->depth--;
  e->op = (uint8_t)op;
  e->written = number && op != OPERATOR_invert && (operand->kind == EXPR_int || operand->kind == EXPR_float);
  return with_parts(p, e, operand, NULL, NULL);
}

static expr *binary(parser *p, unsigned weakest) {
  expr *left = unary(p);
  for (const struct infix *i; left && (i = infix_of(p->t.kind)) && i->strength >= weakest;) {
    place at = place_of(&p->t);
    expr *right = NULL, *e = NULL;
    if (!parse_next(p) || !(right = binary(p, i->strength + 1u)) || !(e = parse_new(p, EXPR_binary, at)))
      return NULL;
    e->op = i->op;
    left = with_parts(p, e, left, right, NULL);
  }
  return left;
}

// ---- comparisons, not, and, or

static bool comparison_next(parser *p, int *kind) {
  static const struct {
    uint8_t token, kind;
  } SIGNS[] = {{TOKEN_less, COMPARE_lt},    {TOKEN_at_most, COMPARE_le}, {TOKEN_equal, COMPARE_eq},
               {TOKEN_unequal, COMPARE_ne}, {TOKEN_greater, COMPARE_gt}, {TOKEN_at_least, COMPARE_ge},
               {TOKEN_in, COMPARE_in},      {TOKEN_not, COMPARE_not_in}, {TOKEN_is, COMPARE_is}};
  *kind = -1;
  for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++)
    if (SIGNS[i].token == p->t.kind) *kind = SIGNS[i].kind;
  if (*kind < 0) return true;
  if (!parse_next(p)) return false;
  if (*kind == COMPARE_not_in) return parse_expect(p, TOKEN_in);
  bool negated = false;
  if (*kind == COMPARE_is && !parse_accept(p, TOKEN_not, &negated)) return false;
  if (negated) *kind = COMPARE_is_not;
  return true;
}

static expr *comparison(parser *p) {
  expr *left = binary(p, 1), *e = NULL;
  struct list operands = {0};
  uint8_t ops[NESTING_MAX];
  for (;;) {
    int kind;
    expr *right;
    place at = place_of(&p->t);
    if (!left || !comparison_next(p, &kind)) return NULL;
    if (kind < 0) break;
    if (!e && !(e = parse_new(p, EXPR_compare, at))) return NULL;
    if (operands.n == NESTING_MAX) return parse_fail(p, at, "the comparison is too long"), NULL;
    ops[operands.n] = (uint8_t)kind;
    if (!(right = binary(p, 1)) || !parse_push(p, &operands, right)) return NULL;
  }
  if (!e) return left;
  if (!with_list(p, e, &operands) || !(e->ops = parse_take(p, operands.n))) return NULL;
  memcpy(e->ops, ops, operands.n);
  return with_parts(p, e, left, NULL, NULL);
}

static expr *negation(parser *p) {
  place at = place_of(&p->t);
  bool is_not;
  if (!parse_accept(p, TOKEN_not, &is_not)) return NULL;
  if (!is_not) return comparison(p);
  if (!parse_deeper(p)) return NULL;
  expr *operand = negation(p), *e = operand ? parse_new(p, EXPR_not, at) : NULL;
  p->depth--;
  return with_parts(p, e, operand, NULL, NULL);
}

// What `and` or `or` joins.
static expr *joined(parser *p, token_kind by, expr_kind kind, expr *(*part)(parser *)) {
  place at = place_of(&p->t);
  expr *first = part(p), *e, *next;
  struct list parts = {0};
  if (!first || !parse_is(p, by)) return first;
  if (!parse_push(p, &parts, first)) return NULL;
  while (parse_is(p, by))
    if (!parse_next(p) || !(next = part(p)) || !parse_push(p, &parts, next)) return NULL;
  e = parse_new(p, kind, at);
  return e && with_list(p, e, &parts) ? e : NULL;
}

static expr *conjunction(parser *p) { return joined(p, TOKEN_and, EXPR_and, negation); }
static expr *disjunction(parser *p) { return joined(p, TOKEN_or, EXPR_or, conjunction); }

// ---- lambda, a if c else b

static expr *lambda(parser *p) {
  expr *e = parse_new(p, EXPR_lambda, place_of(&p->t));
  if (!e || !(e->function = parse_take(p, sizeof *e->function)) || !parse_next(p)) return NULL;
  if (!parse_function(p, TOKEN_colon, e->function, true)) return NULL;
  for (unsigned i = 0; i < e->function->n_params; i++) parse_grow(e, e->function->defaults[i]);
  return e;
}

expr *parse_expression(parser *p) {
  expr *e = NULL, *condition, *other;
  if (!parse_deeper(p)) return NULL;
  place at = place_of(&p->t);
  if (parse_is(p, TOKEN_lambda))
    e = lambda(p);
  else if ((e = disjunction(p)) && parse_is(p, TOKEN_if)) {
    expr *choice = parse_new(p, EXPR_choice, at);
    if (!choice || !parse_next(p) || !(condition = disjunction(p)) || !parse_expect(p, TOKEN_else) ||
        !(other = parse_expression(p)))
      return NULL;
    e = with_parts(p, choice, e, condition, other);
  }
  p->depth--;
  return e;
}

// ---- lists with commas

static expr *starred(parser *p, expr *(*part)(parser *)) {
  place at = place_of(&p->t);
  bool star;
  if (!parse_accept(p, TOKEN_times, &star)) return NULL;
  expr *inner = part(p);
  if (!star || !inner) return inner;
  expr *e = parse_new(p, EXPR_starred, at);
  return with_parts(p, e, inner, NULL, NULL);
}

static bool ends_list(const parser *p) {
  switch (p->t.kind) {
  case TOKEN_end:
  case TOKEN_newline:
  case TOKEN_semicolon:
  case TOKEN_assign:
  case TOKEN_close:
  case TOKEN_close_list:
  case TOKEN_close_dict:
  case TOKEN_colon:
  case TOKEN_in: return true;
  default:
    return p->t.kind >= TOKEN_power_to && p->t.kind <= TOKEN_or_to && token_text(p->t.kind)[1] == '=' &&
           p->t.kind != TOKEN_equal;
  }
}

static expr *several(parser *p, expr *(*part)(parser *)) {
  place at = place_of(&p->t);
  expr *first = starred(p, part), *e, *next;
  struct list items = {0};
  bool comma;
  if (!first || !parse_is(p, TOKEN_comma)) return first;
  if (!parse_push(p, &items, first)) return NULL;
  for (;;) {
    if (!parse_accept(p, TOKEN_comma, &comma)) return NULL;
    if (!comma || ends_list(p)) break;
    if (!(next = starred(p, part)) || !parse_push(p, &items, next)) return NULL;
  }
  e = parse_new(p, EXPR_tuple, at);
  return e && with_list(p, e, &items) ? e : NULL;
}

expr *parse_tuple(parser *p) { return several(p, parse_expression); }
expr *parse_target_list(parser *p) { return several(p, parse_atom); }

// ---- [element for target in values if condition …]

expr *parse_comprehension(parser *p, expr *element, struct use *before) {
  expr *e = parse_new(p, EXPR_each, element->at), *target, *values, *condition;
  struct list conditions = {0};
  if (!e || !parse_expect(p, TOKEN_for) || !(target = parse_target_list(p))) return NULL;
  struct use *head = p->scope->uses;
  if (!parse_expect(p, TOKEN_in) || !(values = disjunction(p))) return NULL;
  struct use *tail = p->scope->uses;
  while (parse_is(p, TOKEN_if)) {
    if (!parse_next(p) || !(condition = disjunction(p)) || !parse_push(p, &conditions, condition))
      return NULL;
  }
  if (parse_is(p, TOKEN_for))
    return parse_fail(p, place_of(&p->t), "a comprehension with several for is not part of this language"),
           NULL;
  // The names in the target hide others of the same name, but not in the values that they run over.
  expr **names = target->kind == EXPR_tuple ? target->list : &target;
  for (unsigned i = 0; i < (target->kind == EXPR_tuple ? target->n_list : 1u); i++) {
    if (names[i]->kind != EXPR_name)
      return parse_fail(p, names[i]->at, "a comprehension runs over names"), NULL;
    int slot = p->scope->n_locals++;
    scope_resolve(head, before, names[i]->text, slot);
    scope_resolve(p->scope->uses, tail, names[i]->text, slot);
  }
  if (!with_list(p, e, &conditions)) return NULL;
  return with_parts(p, e, element, target, values);
}
