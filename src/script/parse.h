// parse.h - what the parts of the parser share; nobody else's business.
#pragma once
#include "script/parser.h"

struct use { // a name in an expression, to be resolved when its function ends
  expr *e;
  struct use *next;
};
struct local {
  ident name;
  struct local *next;
  int slot;
};

// What is being parsed: the module or a function.
typedef struct scope {
  struct scope *outer; // NULL: the module
  struct use *uses;
  struct local *locals;
  int n_locals;
  unsigned loops; // open ones
} scope;

typedef struct parser {
  lexer lex;
  token t; // the next one
  arena *arena;
  fault *fault;
  place bad; // where it failed
  scope *scope;
  unsigned depth;
  size_t bytes; // taken from the arena
} parser;

void *parse_take(parser *p, size_t n); // zeroed; NULL: out_of_memory
bool parse_fail(parser *p, place at, const char *format, ...) __attribute__((format(printf, 3, 4), cold));
bool parse_unexpected(parser *p); // complains of the next token
bool parse_next(parser *p);       // moves to the next token
static inline place place_of(const token *t) { return (place){t->line, t->column}; }
static inline bool parse_is(const parser *p, token_kind kind) { return p->t.kind == kind; }
bool parse_accept(parser *p, token_kind kind, bool *found); // takes the token if it is that
bool parse_expect(parser *p, token_kind kind);
bool parse_deeper(parser *p); // counts a level of nesting; p->depth-- ends it

// A growing list of pointers in the arena.
struct list {
  void **at;
  unsigned n, cap;
};
bool parse_push(parser *p, struct list *l, void *item);

// ---- expressions
expr *parse_new(parser *p, expr_kind kind, place at);
expr *parse_expression(parser *p); // one, as between commas
expr *parse_tuple(parser *p);      // one, or several with commas; starred ones too
expr *parse_target_list(parser *p);
expr *parse_strings(parser *p); // string literals side by side
expr *parse_atom(parser *p);    // with what follows it: calls, attributes, subscripts
expr *parse_comprehension(parser *p, expr *element, struct use *before);
bool parse_inside(parser *p, const char *from, const char *end, place at, expr **out);
void parse_grow(expr *e, const expr *part); // makes e at least one higher than part, and as acting

// ---- names
bool scope_use(parser *p, expr *name);
bool scope_bind(parser *p, const expr *target); // the names in it become locals of the function
struct local *scope_add(parser *p, ident n);
struct local *scope_find(const scope *s, ident n);
void scope_resolve(struct use *from, const struct use *until, ident n, int slot);
bool name_same(ident a, ident b);
bool parse_function(parser *p, token_kind end, function *f, bool lambda);

// ---- statements
bool parse_statement(parser *p, struct list *out); // one, or those of a line
bool parse_block(parser *p, block *out);           // from its colon on
bool parse_annotation(parser *p, token_kind sign); // behind `:` or `->`, if there is one: read and forgotten
bool parse_import(parser *p, stmt *s);
bool parse_import_from(parser *p, stmt *s);
