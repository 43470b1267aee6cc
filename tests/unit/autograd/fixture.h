// fixture.h - a bare autograd state, and short words to build graphs in it.
#pragma once
#include "autograd/backward.h"
#include "autograd/formula.h"
#include <criterion/criterion.h>

extern autograd ag;
extern budget memory;

void fixture_start(void);
void fixture_finish(void); // asserts that no node is left and nothing is charged

// Vectors of float64; a leaf requires grad.
var *plain_of(size_t n, const double *values);
var *leaf_of(size_t n, const double *values);
var *matrix_of(int64_t rows, int64_t columns, const double *values, bool requires_grad);
var *cast_of(var *v, dtype t); // a fresh tensor without history
#define NUMBERS(...)                                                                                         \
  sizeof(double[]){__VA_ARGS__} / sizeof(double), (double[]) { __VA_ARGS__ }
#define PLAIN(...) plain_of(NUMBERS(__VA_ARGS__))
#define LEAF(...)  leaf_of(NUMBERS(__VA_ARGS__))

double at(const var *v, int64_t i);
bool holds(const var *v, size_t n,
           const double *values); // these elements, exactly (NaN is itself); else says so
#define HOLDS(v, ...) cr_expect(holds(v, NUMBERS(__VA_ARGS__)), "%s", #v)

var *add(var *x, var *y);
var *mul(var *x, var *y);
bool put(unsigned op, var *x, var *y); // x.op_(y), y NULL: x.op_()

static const backward_options ONCE = {0}, KEEP = {.retain_graph = true},
                              FOLLOW = {.retain_graph = true, .create_graph = true};
bool back(var *root, var *seed, backward_options options); // into all leaves
bool back_into(var *root, var *seed, var *input);
var *gradient(var *root, var *input,
              backward_options options); // of the sum of root; NULL: a fault, or not reached

// That something was refused, with this code and these words; forgets the fault.
bool refused(bool done, err code, const char *words);
#define REFUSED(done, code, words) cr_expect(refused(done, ERR_##code, words), #done)
