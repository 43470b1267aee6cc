// object.h - the values of a script: small ones by themselves, others as counted objects.
//
// An `item` in a local C variable is borrowed: what it points to is owned by the scope of the statement that
// made or read it (pool_own for objects, the autograd's own scope for tensors), or by a container. item_hold
// and item_drop are for containers and variables.
#pragma once
#include "session/optimizer.h"
#include "session/session.h"
#include "script/program.h"

typedef enum item_kind {
  ITEM_absent, // an argument that was not given, a local that is not bound
  ITEM_none,
  ITEM_bool,
  ITEM_int,
  ITEM_float,
  ITEM_ellipsis,
  ITEM_dtype,
  ITEM_mode,    // torch.no_grad() and the like: i is the grad mode
  ITEM_module,  // module
  ITEM_builtin, // builtin
  ITEM_op,      // a function of torch: i is the first row, `inplace` as op_find gives it
  ITEM_tensor,
  ITEM_text, // objects from here on
  ITEM_list,
  ITEM_tuple,
  ITEM_size, // torch.Size: a tuple that prints otherwise
  ITEM_range,
  ITEM_slice,
  ITEM_function,
  ITEM_method, // a function with its first argument
  ITEM_node,   // grad_fn
  ITEM_optimizer,
} item_kind;

typedef struct object object;
struct builtin;

typedef struct item {
  uint8_t kind;
  bool inplace;
  union {
    int64_t i; // bool, int, dtype, mode, op
    double d;
    var *v;
    object *o;
    const char *module;
    const struct builtin *builtin;
  };
} item;

struct object {
  uint32_t refs;
  uint8_t kind;
  size_t bytes;        // charged
  object *prev, *next; // all objects of the pool; next also links those that wait to be freed
};

typedef struct str { // UTF-8, immutable
  object head;
  size_t n;
  char at[];
} str;
typedef struct list { // list, tuple and size
  object head;
  item *at; // owned
  size_t n, cap;
} list;
typedef struct range {
  object head;
  int64_t start, stop, step;
} range;
typedef struct slice {
  object head;
  item part[3]; // start, stop, step
} slice;
typedef struct closure {
  object head;
  program *program; // counted: the function's tree lives there
  const function *f;
  item defaults[];
} closure;
typedef struct bound_method {
  object head;
  item self, callee;
} bound_method;
typedef struct graph_node {
  object head;
  node *n;
} graph_node;
typedef struct held_optimizer {
  object head;
  optimizer *o;
} held_optimizer;

// All objects of a session, and those that the statements being executed own.
typedef struct pool {
  session *s;
  object *first, *dead;
  bool burying;
  object **temps;
  size_t n_temps, cap_temps;
} pool;

void pool_init(pool *p, session *s);
void pool_finish(pool *p); // frees every object, cycles too
// pool_own gives one reference of o to the current scope; NULL passes through. NULL (o dropped): no memory.
object *pool_own(pool *p, object *o);
static inline size_t pool_enter(const pool *p) { return p->n_temps; }
void pool_leave(pool *p, size_t mark);

// object_new gives a zeroed object of `bytes`, charged, owned by the scope; NULL: quota_exceeded,
// out_of_memory.
void *object_new(pool *p, item_kind which, size_t bytes);
void object_unref(pool *p, object *o);

static inline item item_of(item_kind which, int64_t i) { return (item){.kind = (uint8_t)which, .i = i}; }
static inline item item_none(void) { return item_of(ITEM_none, 0); }
static inline item item_bool(bool b) { return item_of(ITEM_bool, b); }
static inline item item_int(int64_t i) { return item_of(ITEM_int, i); }
static inline item item_float(double d) { return (item){.kind = ITEM_float, .d = d}; }
static inline item item_var(var *v) { return (item){.kind = ITEM_tensor, .v = v}; }
static inline item item_object(void *o) { return (item){.kind = ((object *)o)->kind, .o = o}; }
static inline bool item_is_object(const item *x) { return x->kind >= ITEM_text; }
static inline bool item_is_number(const item *x) { return x->kind >= ITEM_bool && x->kind <= ITEM_float; }
static inline bool item_is_integer(const item *x) { return x->kind == ITEM_bool || x->kind == ITEM_int; }
static inline bool item_is_list(const item *x) { return x->kind >= ITEM_list && x->kind <= ITEM_size; }
static inline double item_double(const item *x) { return x->kind == ITEM_float ? x->d : (double)x->i; }
static inline str *item_str(const item *x) { return (str *)x->o; }
static inline list *item_list(const item *x) { return (list *)x->o; }

// A memo keeps an item that is nobody's.
static inline item memo_item(const memo *m) {
  item x = {.kind = m->kind, .inplace = m->inplace};
  return x.i = m->i, x; // all members of the union begin, and end, as the number does
}
static inline void memo_keep(memo *m, const item *x) {
  m->kind = x->kind;
  m->inplace = x->inplace;
  m->i = x->i;
}

// item_hold counts one more owner of x. item_drop ends one. item_borrow makes the scope one: for what is read
// from a place that may be overwritten while it is in use.
static inline void item_hold(const item *x) {
  if (x->kind == ITEM_tensor)
    var_ref(x->v);
  else if (item_is_object(x))
    x->o->refs++;
}
void item_drop(pool *p, const item *x);
bool item_borrow(pool *p, const item *x);

// New objects, owned by the scope; NULL on failure.
str *str_new(pool *p, const char *at, size_t n);    // at NULL: to be filled in
list *list_new(pool *p, item_kind which, size_t n); // n absent items
bool list_reserve(pool *p, list *l, size_t more);
bool list_append(pool *p, list *l, item x); // holds x
const char *item_type(const item *x);       // its Python type: "float", "Tensor"
