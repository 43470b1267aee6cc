// optimizer.h - gradient descent over parameters, as torch.optim does it: the same updates in the same order.
#pragma once
#include "autograd/var.h"

typedef enum optimizer_kind {
  OPTIMIZER_sgd,
  OPTIMIZER_adam,
  OPTIMIZER_adamw,
  OPTIMIZER_COUNT
} optimizer_kind;

typedef struct optimizer_options {
  double lr, momentum, dampening, weight_decay, beta1, beta2, eps;
  bool nesterov, amsgrad, maximize;
} optimizer_options;

extern const char *const OPTIMIZER_NAMES[OPTIMIZER_COUNT]; // "SGD", "Adam", "AdamW"

typedef struct optimizer optimizer;

// optimizer_defaults gives PyTorch's, with lr 0 where it must be said (SGD).
optimizer_options optimizer_defaults(optimizer_kind which);
// optimizer_new makes one for n parameters, which it refs. NULL with a ValueError: an option out of range, no
// parameters, or one that is no leaf; out_of_memory, quota_exceeded.
optimizer *optimizer_new(autograd *a, optimizer_kind which, const optimizer_options *o, var *const *params,
                         size_t n);
void optimizer_free(autograd *a, optimizer *o); // NULL is fine

// optimizer_step updates every parameter that has a gradient, in place and outside the graph: the version
// counters rise. All or nothing: a failure leaves parameters and state as they were.
bool optimizer_step(autograd *a, optimizer *o);
// optimizer_zero_grad is zero_grad: .grad becomes None, or a detached tensor of zeros.
bool optimizer_zero_grad(autograd *a, optimizer *o, bool set_to_none);
uint64_t optimizer_cost(const optimizer *o); // ns that a step takes, estimated
const optimizer_options *optimizer_options_of(const optimizer *o);
optimizer_kind optimizer_kind_of(const optimizer *o);
