// formula.h - the words that gradient formulas and bodies in ops.def are written in, beyond the ops
// themselves. Everything here gives variables owned by the scope, and passes NULL through.
#pragma once
#include "autograd/ops.h"

// ---- small words
var *number(autograd *a, double d);         // a bare number
var *number_as(autograd *a, scalar s);      // one that stays an integer if it is one
var *plus(autograd *a, var *x, double d);   // x + d
var *one_minus(autograd *a, var *x);        // 1 - x
var *scaled(autograd *a, var *x, scalar s); // s * x; x itself when s is 1
var *cast(autograd *a, var *x, unsigned t); // x itself when it has that dtype, or none is asked for
var *zeros_as(autograd *a, var *like, ints size);
ints sizes_of(const var *x);
ints vjp_sizes(const vjp *v, unsigned input); // the sizes of an input: of its edge, or as saved
int64_t numel_of(ints size);                  // -1: beyond what an int64 holds
static inline ints one_dim(int64_t d) { return (ints){1, {d}}; }
ints inverse(ints permutation);
int64_t count_over(ints size, ints dims);      // how many elements a reduction over dims folds into one
var *count(autograd *a, ints size, ints dims); // the same as a number

// ---- gradients of arithmetic
var *pow_grad(autograd *a, var *g, var *x, scalar exponent);
var *pow_grad_self(autograd *a, var *g, var *x, var *exponent);
var *pow_grad_exponent(autograd *a, var *g, var *x, var *exponent, var *y);
var *pow_grad_base(autograd *a, var *g, scalar base, var *exponent, var *y);
var *share(autograd *a, var *g, var *x, var *other,
           var *loses); // g, half of it where x equals other, 0 where it loses
var *over_squares(autograd *a, var *top, var *x, var *y); // top / (x² + y²)
var *inside(autograd *a, var *x, scalar min, scalar max); // min <= x <= max, as bool

var *floor_quotient(autograd *a, var *x, var *y);
var *trunc_quotient(autograd *a, var *x, var *y);
var *sign_ratio(autograd *a, var *x, var *y);                // y / x, which is 1 or -1; 0 where x is 0
var *prevails(autograd *a, var *x, var *other, bool larger); // x is taken by fmax (fmin), as bool
var *rest_of(autograd *a, scalar weight);                    // 1 - weight, a number
var *lerp_number_value(autograd *a, var *x, var *end, double weight);
var *lerp_value(autograd *a, var *x, var *end, var *weight);
var *addcdiv_value(autograd *a, var *x, var *top, var *bottom, scalar value);
var *isclose_body(autograd *a, var *x, var *y, double rtol, double atol, bool equal_nan);
var *equal_body(autograd *a, var *x, var *y);
var *clamp_value(autograd *a, var *x, var *min, var *max); // a NULL: no bound
var *between(autograd *a, var *x, var *min, var *max);
var *below_range(autograd *a, var *x, var *min, var *max); // x < min, and the range is not empty there
var *above_range(autograd *a, var *x, var *min, var *max); // x > max, or the range is empty there

// ---- reductions
var *spread(autograd *a, var *g, ints size, ints dims,
            bool keepdim); // what a reduction gave, back over its dims
var *extreme_grad(autograd *a, var *g, var *x, var *y, ints dims, bool keepdim);
var *extreme_all_grad(autograd *a, var *g, var *x, var *y);
var *put_along(autograd *a, var *g, var *index, ints size, int64_t dim, bool keepdim);
var *logsumexp_value(autograd *a, var *x, ints dims, bool keepdim);
var *variance_value(autograd *a, var *x, ints dims, int64_t correction, bool keepdim); // INT64_MIN: 1
var *std_value(autograd *a, var *x, ints dims, int64_t correction, bool keepdim);
var *variance_grad(autograd *a, var *g, var *x, ints dims, int64_t correction, bool keepdim);
var *std_grad(autograd *a, var *g, var *y); // of the variance, given that of its root y
var *norm_value(autograd *a, var *x, scalar ord, ints dims, bool keepdim, unsigned t);
var *norm_or_zero(autograd *a, var *x, scalar ord, ints dims, bool keepdim,
                  unsigned t); // of nothing 0, whatever the order
var *norm_grad(autograd *a, var *g, var *x, var *y, scalar ord, ints dims, bool keepdim);
var *linalg_norm_body(autograd *a, var *x, scalar ord, ints dims, bool keepdim, unsigned t);
var *linalg_norm_fro_body(autograd *a, var *x, ints dims, bool keepdim, unsigned t);
var *prod_grad(autograd *a, var *g, var *x, var *y);
var *prod_dim_grad(autograd *a, var *g, var *x, var *y, int64_t dim, bool keepdim);

// ---- shape
var *reshape_body(autograd *a, var *x, ints shape);
var *flatten_body(autograd *a, var *x, int64_t start, int64_t end);
var *narrow_body(autograd *a, var *x, int64_t dim, int64_t start, int64_t length);
var *chunk_body(op_call *k, var *x, int64_t chunks, int64_t dim);
var *select_grad(autograd *a, var *g, ints size, int64_t dim, int64_t index);
var *pieces_grad(vjp *v, int64_t dim);
var *unbind_grad(vjp *v, int64_t dim);
var *cat_grad(vjp *v, unsigned i, int64_t dim);
var *rows_grad(autograd *a, var *g, ints size, int64_t dim, var *index);
var *repeat_grad(autograd *a, var *g, ints size, ints repeats);
var *take_value(autograd *a, var *x, var *index);
var *take_grad(autograd *a, var *g, ints size, var *index);
var *take_along_body(autograd *a, var *x, var *index, int64_t dim); // INT64_MIN: of all elements
var *embedding_value(autograd *a, var *index, var *weight);
var *embedding_grad(autograd *a, var *g, ints size, var *index, int64_t padding); // INT64_MIN: none
var *one_hot_body(autograd *a, var *x, int64_t classes);                          // -1: as many as there are
var *where_body(op_call *k, var *condition);
var *diag_value(autograd *a, var *x, int64_t k);
var *diag_grad(autograd *a, var *g, ints size, int64_t k);
var *matrix_trace(autograd *a, var *x);
var *matrix_trace_grad(autograd *a, var *g, ints size);
var *roll_value(autograd *a, var *x, ints shifts, ints dims);
ints negated(ints x);
var *pad_value(autograd *a, var *x, ints pad, scalar value);
var *tile_body(autograd *a, var *x, ints dims);
var *movedim_body(autograd *a, var *x, ints from, ints to);
var *unflatten_body(autograd *a, var *x, int64_t dim, ints sizes);
var *pair(op_call *k, var *first, var *second); // a body's two results
var *mean_over(autograd *a, var *x, ints dims, bool keepdim);
var *meshgrid_body(op_call *k, bool xy);
var *getitem_body(autograd *a, var *x, const index_spec *index);
var *setitem_body(autograd *a, var *x, const index_spec *index, var *value);

// ---- flags of a tensor, in place
var *requires_grad_body(autograd *a, var *x, bool on);
var *detach_body(autograd *a, var *x);

// ---- matrices
var *addmm_value(autograd *a, var *x, var *m1, var *m2, scalar beta, scalar alpha);
var *outer_body(autograd *a, var *x, var *y);
var *matmul_body(autograd *a, var *x, var *y);
var *linear_body(autograd *a, var *x, var *weight, var *bias);

// ---- activations
var *dropout_body(autograd *a, var *x, double p, bool training);
var *bernoulli_body(autograd *a, var *p);
var *layer_norm_body(autograd *a, var *x, ints shape, var *weight, var *bias, double eps);
var *cosine_similarity_body(autograd *a, var *x, var *y, int64_t dim, double eps);
var *kl_div_body(autograd *a, var *x, var *t, unsigned reduction, bool log_target); // reduction 3: batchmean
var *hardswish_slope(autograd *a, var *x);
var *mish_slope(autograd *a, var *x);
var *elu_slope(autograd *a, var *x, double alpha);
var *softplus_slope(autograd *a, var *x, double beta, double threshold);
var *gelu_value(autograd *a, var *x, unsigned approximate);
var *gelu_slope(autograd *a, var *x, unsigned approximate);
var *silu_slope(autograd *a, var *x);
var *softmax_body(autograd *a, var *x, int64_t dim, bool log);
var *softmax_value(autograd *a, var *x, int64_t dim);
var *softmax_grad(autograd *a, var *g, var *y, int64_t dim);
var *log_softmax_value(autograd *a, var *x, int64_t dim);

// ---- losses. reduction: 0 none, 1 mean, 2 sum
var *reduce_loss(autograd *a, var *each, unsigned reduction);
var *loss_grad(autograd *a, var *g, var *x, var *t, unsigned reduction); // of each element
var *difference(autograd *a, var *x, var *t);                            // x - t, where one may be bool
var *mse_value(autograd *a, var *x, var *t);
var *huber_value(autograd *a, var *x, var *t, double delta);
var *smooth_l1_value(autograd *a, var *x, var *t, double beta);
var *huber_slope(autograd *a, var *x, var *t, double delta, double slope);
var *bce_value(autograd *a, var *x, var *t, var *weight);
var *bce_slope(autograd *a, var *x, var *t, var *weight);
var *bce_target_slope(autograd *a, var *x, var *weight);
var *logits_value(autograd *a, var *x, var *t, var *weight, var *pos_weight);
var *logits_slope(autograd *a, var *x, var *t, var *weight, var *pos_weight);
var *logits_target_slope(autograd *a, var *x, var *weight, var *pos_weight);
var *nll_body(autograd *a, var *x, var *t, var *weight, int64_t ignore, unsigned reduction);
var *nll_value(autograd *a, var *x, var *t, var *weight, int64_t ignore, unsigned reduction);
var *nll_grad(autograd *a, var *g, ints size, var *t, var *weight, int64_t ignore, unsigned reduction);
var *cross_entropy_body(autograd *a, var *x, var *t, var *weight, int64_t ignore, unsigned reduction,
                        double smoothing);
