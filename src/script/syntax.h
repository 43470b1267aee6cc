// syntax.h - the syntax tree of a script. Everything lives in the arena of its program; every node knows its
// line and column.
#pragma once
#include "script/lexer.h"

typedef struct expr expr;
typedef struct stmt stmt;

typedef struct place {
  uint32_t line, column;
} place;

typedef struct ident {
  const char *text; // in the program's copy of the source
  size_t n;
} ident;

// What a name or an attribute meant when it was evaluated last, so that it need not be looked for again.
typedef struct memo {
  uint64_t names;    // a name: the session's count (session.names) then; 0: nothing is known
  const void *owner; // an attribute: in which module, or PROPERTIES, METHODS (attribute.c)
  uint8_t kind;      // of an item; a name: or enum memo_kind (environment.h)
  bool inplace;
  union {
    int64_t i;
    void *at;
  };
} memo;

typedef enum expr_kind {
  EXPR_none, // None
  EXPR_bool, // i
  EXPR_int,
  EXPR_float,
  EXPR_ellipsis,
  EXPR_text,      // a string: text, n
  EXPR_format,    // one {…} of an f-string: left, conversion in op, its format (a joined one) in right
  EXPR_joined,    // an f-string: list
  EXPR_name,      // text, n; slot: its place among the locals, -1: of the session
  EXPR_tuple,     // list
  EXPR_list,      // list
  EXPR_each,      // a list comprehension: left for right in third if list[0]…
  EXPR_starred,   // *left, within a target, a call or a list
  EXPR_unary,     // op left
  EXPR_not,       // not left
  EXPR_binary,    // left op right
  EXPR_compare,   // left ops[0] list[0] ops[1] list[1] …
  EXPR_and,       // list
  EXPR_or,        // list
  EXPR_choice,    // left if right else third
  EXPR_call,      // left(list, keywords)
  EXPR_attribute, // left.text
  EXPR_subscript, // left[right]
  EXPR_slice,     // left:right:third, each may be NULL
  EXPR_lambda,    // function
} expr_kind;

typedef enum compare_kind {
  COMPARE_lt,
  COMPARE_le,
  COMPARE_eq,
  COMPARE_ne,
  COMPARE_gt,
  COMPARE_ge,
  COMPARE_in,
  COMPARE_not_in,
  COMPARE_is,
  COMPARE_is_not
} compare_kind;

// The operators between two values, in the order of the table in operators.c.
typedef enum operator_kind {
  OPERATOR_add,
  OPERATOR_sub,
  OPERATOR_mul,
  OPERATOR_div,
  OPERATOR_floor,
  OPERATOR_mod,
  OPERATOR_pow,
  OPERATOR_matmul,
  OPERATOR_and,
  OPERATOR_or,
  OPERATOR_neg,
  OPERATOR_pos,
  OPERATOR_invert
} operator_kind;

struct expr {
  uint8_t kind, op;
  bool acts;       // evaluating it may change something: see stmt.once
  uint16_t height; // of the tree below, itself included
  int16_t slot;
  place at;
  union {
    uint16_t n_list;
    uint16_t written; // EXPR_int, EXPR_float: in so many characters; EXPR_unary: 1 if it is a sign with
                      // nothing but blanks before such a number. 0: otherwise
  };
  uint16_t n_keywords;
  expr *left, *right;
  union {
    expr *third;
    memo *memo; // EXPR_name, EXPR_attribute
  };
  union {
    struct {
      expr **list;
      union {
        ident *keywords; // of the last n_keywords of the list
        uint8_t *ops;    // EXPR_compare
      };
    };
    ident text;
    int64_t i;
    double d;
    struct function *function;
  };
};

typedef struct block {
  stmt **at;
  unsigned n;
} block;

// What def and lambda make. The locals are the parameters, then the other names that the body binds.
typedef struct function {
  ident name;
  unsigned n_params, n_locals;
  const ident *locals;
  expr **defaults; // per parameter, NULL: it must be given
  block body;      // def
  expr *value;     // lambda
} function;

typedef enum stmt_kind {
  STMT_expr,
  STMT_assign,  // targets = value
  STMT_augment, // targets[0] op= value
  STMT_delete,  // targets
  STMT_pass,
  STMT_break,
  STMT_continue,
  STMT_return, // value may be NULL
  STMT_if,     // value, body, other
  STMT_while,  // value, body, other
  STMT_for,    // targets[0] in value, body, other
  STMT_with,   // value, body
  STMT_def,    // function; targets[0]: its name
  STMT_assert, // value, targets[0]: the message
  STMT_import, // targets[0]: the name to bind; value: the dotted path, as names in a tuple
} stmt_kind;

struct stmt {
  uint8_t kind, op;
  bool once; // it acts in its middle, so it cannot be begun again
  place at;
  unsigned n_targets;
  expr **targets;
  expr *value;
  block body, other;
  function *function;
};
