// observer.h - somebody who watches ops and nodes as they run, to make a trace of them.
//
// An observer only looks: nothing it is told may be kept, changed or referred to after the call, and it
// cannot fail. It is not called for what an op or a gradient formula is made of inside: `a->observer` is NULL
// meanwhile. With nobody watching, an op and a node cost one test of a pointer each.
#pragma once
#include "autograd/op.h"

typedef struct observer observer;

// Where something is written in a source: lines and columns from 1, of characters; the end is behind it.
typedef struct source_span {
  uint32_t line, column, end_line, end_column;
} source_span;

struct observer {
  int64_t line; // of the script that runs; 0: there is none. Who runs it sets it
#define EVENT(name, parameters, arguments) void(*name) parameters;
#include "autograd/observer.def"
};

static inline bool observed(const observer *o) { return __builtin_expect(o != NULL, 0); }

// observer_aside takes the observer away while its inside is of no interest; put back what it gave.
static inline observer *observer_aside(autograd *a) {
  observer *o = a->observer;
  a->observer = NULL;
  return o;
}

// Two observers as one. Both are borrowed and are told the same, `first` first.
typedef struct observer_pair {
  observer both; // first: the two are one
  observer *first, *second;
} observer_pair;

observer *observer_pair_init(observer_pair *p, observer *first, observer *second);
