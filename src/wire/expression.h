// expression.h - one expression, its value and its derivatives: what /v1/grad and `gradd grad` answer.
//
// Named values go in, as JSON or as words, and become leaves of a session that has nothing else. Everything
// that fails leaves its fault in that session.
#pragma once
#include "script/script.h"
#include "wire/decode.h"
#include "wire/json_writer.h"
#include "wire/trace.h"

enum { EXPRESSION_INPUTS = 64 };

typedef struct expression_input {
  value name;  // text
  json_cur at; // its data
  var *v;      // owned; NULL until expression_begin
  bool wanted; // a derivative by it is asked for
} expression_input;

typedef struct expression {
  session *s; // borrowed
  decoder d;
  value expr, wrt; // text, and list or nothing
  int64_t order;   // 1, or 2: the Hessian too
  unsigned dtype;
  json_cur cotangent; // at NULL: none
  expression_input in[EXPRESSION_INPUTS];
  unsigned n_in, n_wanted;
  script *sc; // owned
  place where;
  bool placed; // the fault is at `where`
  bool differentiated;
  var *value;                    // owned
  var *grads[EXPRESSION_INPUTS]; // owned, by position among the wanted
  tensor *hessian;               // owned: n_wanted × n_wanted blocks
  bool traced;
  trace *trace; // owned; NULL unless traced
} expression;

void expression_init(expression *x, session *s);
// expression_json reads {"expr","at":{NAME: data},"wrt","order","dtype","cotangent","trace"}; expression_word
// one of these fields, or one variable, as a shell writes it. The text is borrowed until the end.
// bad_argument, and what JSON can be wrong about.
bool expression_json(expression *x, const char *body, size_t n);
bool expression_word(expression *x, const char *name, const char *text);
// expression_begin makes the leaves and parses the expression.
bool expression_begin(expression *x);
// expression_run computes as much as may take allowed_ns, as script_run does.
script_state expression_run(expression *x, uint64_t allowed_ns);
// When it is done, about how long its writing takes; and the writing: {"value","grad":{NAME: …}}, with order
// 2 "hessian":{NAME:{NAME: …}}; or a line each, `value 6`, `x.grad 2`, `x.w.hessian 1`.
uint64_t expression_write_ns(const expression *x);
void expression_write_json(const expression *x, buffer *out);
void expression_write_lines(const expression *x, buffer *out);
void expression_finish(expression *x); // before its session ends
