// world.h - a session with a few tensors, and short words for values: what the tests of commands share.
//
// w [3] = 1.5 -2 3 and x [2, 3] = 1 … 6 are leaves that require grad; i [2] = 1 0 is int64, b [2] bool, m [3,
// 3] = 0 … 8.
#pragma once
#include "command/command.h"

extern session s;
extern budget process;
void world_start(void);
void world_finish(void); // aborts if anything is still charged

value name(const char *text); // a reference or a word
value real(double d);
value truth(bool yes);
value none(void);
#define LIST(...)                                                                                            \
  value_list((const value[]){__VA_ARGS__}, sizeof((const value[]){__VA_ARGS__}) / sizeof(value))
#define VALUES(...)                                                                                          \
  ((values){(const value[]){__VA_ARGS__}, sizeof((const value[]){__VA_ARGS__}) / sizeof(value)})
#define KW(word, v) ((keyword){word, sizeof word - 1, v})
#define KEYWORDS(...)                                                                                        \
  .kw = (const keyword[]){__VA_ARGS__}, .n_kw = sizeof((const keyword[]){__VA_ARGS__}) / sizeof(keyword)

var *named(const char *text);                // NULL: there is none
double element(const char *text, int64_t i); // of a tensor, by position
err failure(void);                           // takes the session's fault away; the detail stays in `detail`
extern char detail[FAULT_DETAIL];

extern bool world_identity; // whether world_text tells a tensor from an equal one; true at first

// run executes a command in a scope of its own and drops what it leaves; the result stays readable but for
// its variables. op is short for an op without keywords.
extern command_result result;
bool run(command c);
bool op(const char *op, values args, values out);
char *
world_text(const tensor *beside); // all of the session as text, to compare; free it. Not counting a tensor

err refused(command c);                           // runs what must fail, and asserts that all is as before
tensor data_of(dtype t, int64_t n, double value); // n times the same
