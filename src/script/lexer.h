// lexer.h - the tokens of a script, one after the other, with Python's lines and indentation.
#pragma once
#include "base/fault.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum token_kind {
  TOKEN_end,
  TOKEN_newline,
  TOKEN_indent,
  TOKEN_dedent,
  TOKEN_name,
  TOKEN_int,
  TOKEN_float,
  TOKEN_string,
#define SIGN(id, text)    TOKEN_##id,
#define KEYWORD(id, text) TOKEN_##id,
#define ABSENT(text)
#include "script/tokens.def"
  TOKEN_COUNT
} token_kind;

typedef struct token {
  token_kind kind;
  uint32_t line, column; // from 1; a column counts characters
  const char *text;      // borrowed from the source: the whole token
  size_t n;
  union {
    int64_t i;
    double d;
    struct { // TOKEN_string: what stands between the quotes
      const char *body;
      size_t n_body;
      bool raw, formatted;
    };
  };
} token;

enum { INDENTS_MAX = 100, BRACKETS_MAX = 200 };

typedef struct lexer {
  const char *at, *end, *line_start; // line_start: where the line of `at` begins
  uint32_t line, column_base;        // column_base: of line_start, where the text is a part of a longer line
  const char *counted;               // up to here the characters of the line are counted:
  uint32_t characters;               // so many
  int indents[INDENTS_MAX], n_indents;
  int dedents;    // due before the next token
  int brackets;   // open ones: line ends and indentation mean nothing within
  bool fresh;     // at the beginning of a line
  bool was_blank; // nothing but a newline came since the last NEWLINE
  fault *fault;   // borrowed
  uint32_t bad_line, bad_column;
} lexer;

// lexer_init begins at the start of a source of well-formed UTF-8, which must outlive the tokens.
void lexer_init(lexer *l, const char *source, size_t n, fault *f);
// lexer_init_inside begins within an expression, such as one between the braces of an f-string.
void lexer_init_inside(lexer *l, const char *from, const char *end, uint32_t line, uint32_t column, fault *f);
// lexer_next reads a token. False: bad_script, at bad_line and bad_column. After the end it is TOKEN_end.
bool lexer_next(lexer *l, token *t);
// token_text: the sign or word that such a token is, or what it is called.
const char *token_text(token_kind kind);
