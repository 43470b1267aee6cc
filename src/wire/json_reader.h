// json_reader.h - JSON in: one strict check of a whole body, then cursors that decode it where it lies.
//
// The check accepts exactly RFC 8259 in UTF-8, without byte order mark, lone surrogates, U+0000, duplicate
// keys or deep nesting. After it the cursors need not look for errors of grammar: a cursor is four words, is
// copied to remember a place, builds no tree and allocates only to unescape a string. Nothing recurses.
//
// A cursor works on the fault it was opened with: once that is set, every call returns false or the empty
// value, so a decoder may check at its end. A wrong kind is reported as bad_argument, naming the field.
#pragma once
#include "base/budget.h"
#include "base/number.h"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
  JSON_DEPTH = 64,      // default limit of nesting: [[]] is 2 deep
  JSON_DEPTH_MOST = 512 // larger limits are taken as this
};

// json_validate: bad_json or duplicate_key, with line and column (counted in characters, from 1), or
// out_of_memory (keys are collected: 16 bytes for each key of the objects that are open). O(n log n), blocks
// for nothing.
bool json_validate(const char *text, size_t n, int max_depth, fault *f);

// Where unescaped strings live; owned by the caller, zeroed at first. Finishing it ends the life of every
// string that a cursor unescaped; strings written without escapes are slices of the body.
typedef struct json_pool {
  budget *budget; // borrowed; what a body can make large is charged to it. NULL = to none
  fault *fault;   // borrowed; where a budget says that it has no room. Set with it
  struct json_block *blocks;
  size_t left;           // bytes free in the newest block
  const char *from, *to; // a long container of the text, noted when that was opened; NULL: none
} json_pool;
void json_pool_finish(json_pool *pool);
char *json_pool_take(json_pool *pool, size_t n); // uninitialised bytes, NULL if out of memory

typedef struct json_str {
  const char *text; // borrowed from the body or the pool; not NUL-terminated
  size_t n;
} json_str;
static inline bool json_is(json_str s, const char *word) {
  return s.n == strlen(word) && !memcmp(s.text, word, s.n);
}

typedef struct json_cur {
  const char *at, *end; // the text still to be read; borrowed
  json_pool *pool;      // borrowed
  fault *fault;         // borrowed
} json_cur;

typedef enum json_kind {
  JSON_end, // nothing more here: end of the text, or of the array or object the cursor is in
  JSON_null,
  JSON_bool,
  JSON_number,
  JSON_string,
  JSON_array,
  JSON_object,
} json_kind;

// json_open checks the text and sets c before its value.
bool json_open(json_cur *c, const char *text, size_t n, json_pool *pool, fault *f);

json_kind json_peek(json_cur *c);

// Containers: enter, then for each member or item decode or skip exactly one value; `next` returns false
// after the last one, and then stands behind the container.
//
//   if (!json_enter_object(c, NULL)) return false;
//   for (json_str key; json_next_key(c, &key);)
//     if (json_is(key, "dim")) json_read_i64(c, "dim", &dim);
//     else json_unknown_field(c, key, "dim, keepdim");
//
// `field` names the value in errors; NULL is the body itself.
bool json_enter_object(json_cur *c, const char *field);
bool json_next_key(json_cur *c, json_str *key);
bool json_enter_array(json_cur *c, const char *field);
bool json_next_item(json_cur *c);

// Scalars: false, with the fault set and *out untouched, if the value is of another kind. Floats also take
// the strings "NaN", "Infinity" and "-Infinity"; a value beyond the type is bad_number.
bool json_read_string(json_cur *c, const char *field, json_str *out);
bool json_read_bool(json_cur *c, const char *field, bool *out);
bool json_read_i64(json_cur *c, const char *field, int64_t *out);
bool json_read_f64(json_cur *c, const char *field, double *out);
bool json_read_f32(json_cur *c, const char *field, float *out);
bool json_read_number(json_cur *c, const char *field, struct number *out); // the literal, unconverted
bool json_read_null(json_cur *c); // true, and past it, if the value is null; else nothing happens

// json_skip passes one value of any kind; json_span does so and returns a cursor over just that value, to
// come back to later (its `at` and `end` are the value's text).
void json_skip(json_cur *c);
json_cur json_span(json_cur *c);
size_t json_count(json_cur c); // items of the array, or members of the object, that c is before; 0 for others

// Faults in the words of the reader; all return false.
bool json_wrong_kind(json_cur *c, const char *field,
                     const char *wanted); // "field 'dim' must be an integer, not …"
bool json_unknown_field(json_cur *c, json_str key, const char *known); // known: "op, args, kwargs"

// JSON Lines: each line that is not blank holds one value, checked when its turn comes.
typedef struct json_lines {
  const char *at, *end; // what is still to be read
  size_t line;          // number of the line last read, from 1; 0 before the first
  json_pool *pool;
  fault *fault;
} json_lines;
void json_lines_open(json_lines *l, const char *text, size_t n, json_pool *pool, fault *f);
bool json_lines_next(json_lines *l, json_cur *value); // false: no more lines, or the fault is set
