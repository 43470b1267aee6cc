// ops_table.c - reading of ops.def: the rows as data, and looking them up by name.
#include "autograd/ops.h"
#include <string.h>

// ---- signatures
#define ARG_A(kind, n, d, w)  ARG_##kind(n, #n, #d, w) ARG_B_
#define ARG_B_(kind, n, d, w) ARG_##kind(n, #n, #d, w) ARG_A
#define ARG_A_END
#define ARG_B__END
#define AT(n)                offsetof(SELF, n)
#define ARG_T(n, s, d, w)    {s, ARG_tensor, true, false, 0, NULL, NULL},
#define ARG_O(n, s, d, w)    {s, ARG_tensor_optional, false, false, 0, "None", NULL},
#define ARG_L(n, s, d, w)    {s, ARG_tensors, true, false, 0, NULL, NULL},
#define ARG_KW(n, s, d, w)   {"*", 0, false, true, 0, NULL, NULL},
#define ARG_I(n, s, d, w)    {s, ARG_int, false, false, AT(n), d, NULL},
#define ARG_IR(n, s, d, w)   {s, ARG_int, true, false, AT(n), NULL, NULL},
#define ARG_IO(n, s, d, w)   {s, ARG_int_optional, false, false, AT(n), "None", NULL},
#define ARG_DIMS(n, s, d, w) {s, ARG_dims, false, false, AT(n), "None", NULL},
#define ARG_DR(n, s, d, w)   {s, ARG_dims, true, false, AT(n), NULL, NULL},
#define ARG_DN(n, s, d, w)   {s, ARG_dims, true, false, AT(n), "None", NULL},
#define ARG_V(n, s, d, w)    {s, ARG_sizes, true, false, AT(n), NULL, NULL},
#define ARG_B(n, s, d, w)    {s, ARG_bool, false, false, AT(n), d, NULL},
#define ARG_F(n, s, d, w)    {s, ARG_float, false, false, AT(n), d, NULL},
#define ARG_S(n, s, d, w)    {s, ARG_scalar, false, false, AT(n), d, NULL},
#define ARG_SR(n, s, d, w)   {s, ARG_scalar, true, false, AT(n), NULL, NULL},
#define ARG_P(n, s, d, w)    {s, ARG_promote, false, false, AT(n), "None", NULL},
#define ARG_PR(n, s, d, w)   {s, ARG_promote, true, false, AT(n), NULL, NULL},
#define ARG_D(n, s, d, w)    {s, ARG_dtype, false, false, AT(n), "None", NULL},
#define ARG_E(n, s, d, w)    {s, ARG_choice, false, false, AT(n), d, w},
#define ARG_X(n, s, d, w)    {s, ARG_index, true, false, AT(n), NULL, NULL},
#define ARG_ONLY(n, s, d, w) {s, ARG_only, false, false, 0, "None", w},
#define ARG_RG(n, s, d, w)   {s, ARG_bool, false, false, AT(n), "false", NULL},

#include "autograd/args.h"
#define ARGUMENTS(id, ARGS)                                                                                  \
  static const struct arg *id##_args(void) {                                                                 \
    typedef struct id##_attrs SELF;                                                                          \
    static const struct arg rows[] = {                                                                       \
        READ(ARG_A ARGS){NULL, 0, false, false, offsetof(SELF, end_), NULL, NULL}};                          \
    return rows;                                                                                             \
  }
#define SPECIAL(id, ...)
#define POINTWISE(id, name, grad, flags, ARGS, ...) ARGUMENTS(id, ARGS)
#define FUSED(id, name, grad, flags, ARGS, ...)     ARGUMENTS(id, ARGS)
#define KERNEL(id, name, grad, flags, ARGS, ...)    ARGUMENTS(id, ARGS)
#define COMPOSITE(id, name, flags, ARGS, ...)       ARGUMENTS(id, ARGS)
#include "autograd/ops.def"

// ---- derivatives, as text: input, formula, what it uses
#define NO_GRADIENT
#define GRAD(input, uses, formula) #input, #formula, #uses,
#define GRAD_LIST(uses, formula)   "tensors[i]", #formula, #uses,
#define DERIVATIVES(id, ...)       static const char *const id##_derivatives[] = {__VA_ARGS__ NULL};
#define SPECIAL(id, ...)
#define POINTWISE(id, name, grad, flags, ARGS, types, result, value, GRADS, ...) DERIVATIVES(id, GRADS)
#define FUSED(id, name, grad, flags, ARGS, value, GRADS, ...)                    DERIVATIVES(id, GRADS)
#define KERNEL(id, name, grad, flags, ARGS, results, kernel, GRADS, ...)         DERIVATIVES(id, GRADS)
#define COMPOSITE(id, ...)
#include "autograd/ops.def"

// ---- the table
struct op OPS[OP_COUNT] = {
#define SPECIAL(id_, grad)                                                                                   \
  [OP_##id_] = {.id = #id_, .name = #id_, .grad_name = grad, .flags = ROW_internal, .requires_grad_at = -1},
#define ROW(id_, name_, grad, flags_, results, value, derivatives_, lo_, hi_, samples_, en_, zh_)            \
  [OP_##id_] = {.id = #id_,                                                                                  \
                .name = name_,                                                                               \
                .grad_name = grad,                                                                           \
                .flags = flags_,                                                                             \
                .n_out = results,                                                                            \
                .formula = #value,                                                                           \
                .derivatives = derivatives_,                                                                 \
                .lo = lo_,                                                                                   \
                .hi = hi_,                                                                                   \
                .samples = samples_,                                                                         \
                .en = en_,                                                                                   \
                .zh = zh_,                                                                                   \
                .requires_grad_at = -1},
#define POINTWISE(id, name, grad, flags, ARGS, types, result, value, GRADS, lo, hi, samples, en, zh)         \
  ROW(id, name, grad, flags, 1, value, id##_derivatives, lo, hi, samples, en, zh)
#define FUSED(id, name, grad, flags, ARGS, value, GRADS, lo, hi, samples, en, zh)                            \
  ROW(id, name, grad, flags, 1, value, id##_derivatives, lo, hi, samples, en, zh)
#define KERNEL(id, name, grad, flags, ARGS, results, kernel, GRADS, lo, hi, samples, en, zh)                 \
  ROW(id, name, grad, flags, results, kernel, id##_derivatives, lo, hi, samples, en, zh)
#define COMPOSITE(id, name, flags, ARGS, body, lo, hi, samples, en, zh)                                      \
  ROW(id, name, "", (flags) | ROW_composite, 1, body, NULL, lo, hi, samples, en, zh)
#include "autograd/ops.def"
};
const unsigned OPS_COUNT = OP_COUNT;

// ---- start-up: argument tables sit behind functions, so they are hung on here, with what follows from them
enum { BUCKETS = 1024 };
static int16_t buckets[BUCKETS], chain[OP_COUNT]; // id + 1, 0 = end; chains in table order

static unsigned bucket(const char *name, size_t n) {
  uint32_t h = 2166136261u; // FNV-1a: the names are ours, so nobody can choose them to collide
  for (size_t i = 0; i < n; i++) h = (h ^ (unsigned char)name[i]) * 16777619u;
  return (h ^ h >> 15) % BUCKETS;
}

static struct arg arg_rows[OP_COUNT * 6];
static unsigned arg_rows_used;

static void hang(enum op_id id, const struct arg *rows) {
  struct op *o = &OPS[id];
  struct arg *to = &arg_rows[arg_rows_used];
  bool keyword_only = false;
  o->args = to;
  for (; rows->name; rows++) {
    if (rows->name[0] == '*') {
      keyword_only = true;
      continue;
    }
    *to = *rows;
    to->keyword_only = keyword_only;
    if (!strcmp(rows->name, "requires_grad")) o->requires_grad_at = (int16_t)rows->offset;
    o->numbers = o->numbers || rows->kind == ARG_scalar || rows->kind == ARG_promote;
    if (rows->kind == ARG_tensors) o->list = true, o->grad_mask = 0xFF;
    if (rows->kind == ARG_tensor || rows->kind == ARG_tensor_optional) {
      for (const char *const *d = o->derivatives; d && *d; d += 3)
        if (!strcmp(*d, rows->name)) o->grad_mask |= (uint8_t)(1u << o->n_in);
      if (rows->kind == ARG_tensor_optional) o->optional_mask |= (uint8_t)(1u << o->n_in);
      o->n_in++;
    }
    to++, o->n_args++, arg_rows_used++;
  }
  o->attr_size = rows->offset;
}

void ops_init(void) {
  static bool done;
  if (done) return;
  done = true;
#define SPECIAL(id, ...)
#define POINTWISE(id, ...) hang(OP_##id, id##_args());
#define FUSED(id, ...)     hang(OP_##id, id##_args());
#define KERNEL(id, ...)    hang(OP_##id, id##_args());
#define COMPOSITE(id, ...) hang(OP_##id, id##_args());
#include "autograd/ops.def"
  for (int id = OP_COUNT - 1; id >= 0; id--) {
    unsigned b = bucket(OPS[id].name, strlen(OPS[id].name));
    chain[id] = buckets[b];
    buckets[b] = (int16_t)(id + 1);
  }
}
#include "autograd/ops_end.h"

static int search(int from, const char *name, size_t n, unsigned flag) {
  for (int at = from; at; at = chain[at - 1]) {
    const struct op *o = &OPS[at - 1];
    if (strlen(o->name) == n && !memcmp(o->name, name, n) && !(o->flags & ROW_internal) &&
        (o->flags & flag) == flag)
      return at - 1;
  }
  return -1;
}

// How much of a name is the module in which Python finds the op.
static size_t module_of(const char *name, size_t n) {
  static const char *const MODULES[] = {"torch.nn.functional.", "nn.functional.", "torch.", "F."};
  for (size_t i = 0; i < sizeof MODULES / sizeof *MODULES; i++) {
    size_t length = strlen(MODULES[i]);
    if (length < n && !memcmp(name, MODULES[i], length)) return length;
  }
  return 0;
}

static int find(const char *name, size_t n, unsigned flag) {
  return search(buckets[bucket(name, n)], name, n, flag);
}

static int find_alias(const char *name, size_t n, unsigned flag) {
  static const char *const ALIASES[][2] = {
#define ALIAS(other, name) {#other, #name},
#include "autograd/aliases.def"
  };
  for (size_t i = 0; i < sizeof ALIASES / sizeof *ALIASES; i++)
    if (strlen(ALIASES[i][0]) == n && !memcmp(ALIASES[i][0], name, n))
      return find(ALIASES[i][1], strlen(ALIASES[i][1]), flag);
  return -1;
}

static int find_plain(const char *name, size_t n, bool *inplace) {
  *inplace = false;
  int id = find(name, n, 0);
  if (id >= 0) return id;
  *inplace = n > 1 && name[n - 1] == '_';
  if (!*inplace) return find_alias(name, n, 0);
  id = find(name, n - 1, ROW_inplace);
  return id >= 0 ? id : find_alias(name, n - 1, ROW_inplace);
}

int op_find(const char *name, size_t n, bool *inplace) {
  int id = find_plain(name, n, inplace);
  size_t module = id < 0 ? module_of(name, n) : 0;
  return module ? find_plain(name + module, n - module, inplace) : id;
}

int op_next(int op) { return search(chain[op], OPS[op].name, strlen(OPS[op].name), 0); }
