// attribute.c - what stands behind a dot: modules, and the properties of tensors. One row each.
#include "autograd/view.h"
#include "script/builtin.h"
#include "script/interpreter.h"
#include <math.h>
#include <string.h>

static bool is_word(ident n, const char *word) { return strlen(word) == n.n && !memcmp(word, n.text, n.n); }
static int shown(ident n) { return (int)(n.n < 64 ? n.n : 64); }

// ---- modules

static const struct submodule {
  const char *owner, *name, *path;
} MODULES[] = {
    {"", "torch", "torch"},
    {"", "math", "math"},
    {"", "F", "torch.nn.functional"}, // what everybody calls it; so no import is needed
    {"", "nn", "torch.nn"},
    {"", "optim", "torch.optim"},
    {"torch", "nn", "torch.nn"},
    {"torch.nn", "functional", "torch.nn.functional"},
    {"torch", "optim", "torch.optim"},
    {"torch", "autograd", "torch.autograd"},
    {"torch", "linalg", "torch.linalg"},
    {"torch", "special", "torch.special"},
};

static const struct constant {
  const char *owner, *name;
  double d;
} CONSTANTS[] = {{"math", "pi", M_PI},      {"math", "e", M_E},         {"math", "tau", 2 * M_PI},
                 {"math", "inf", INFINITY}, {"math", "nan", NAN},       {"torch", "pi", M_PI},
                 {"torch", "e", M_E},       {"torch", "inf", INFINITY}, {"torch", "nan", NAN}};

// The modules that ops live in, and what their names begin with there.
static const struct op_home {
  const char *module, *prefix;
} HOMES[] = {
    {"torch", ""}, {"torch.nn.functional", ""}, {"torch.linalg", "linalg."}, {"torch.special", "special."}};

static bool op_of(const char *module, ident n, item *out) {
  char full[64];
  bool inplace;
  for (size_t i = 0; i < sizeof HOMES / sizeof *HOMES; i++) {
    size_t prefix = strlen(HOMES[i].prefix);
    if (strcmp(HOMES[i].module, module) || prefix + n.n >= sizeof full) continue;
    memcpy(full, HOMES[i].prefix, prefix);
    memcpy(full + prefix, n.text, n.n);
    int op = op_find(full, prefix + n.n, &inplace);
    if (op < 0 || OPS[op].flags & ROW_method_only) return false;
    *out = item_of(ITEM_op, op);
    out->inplace = inplace;
    return true;
  }
  return false;
}

bool find_module(const char *owner, ident n, item *out) {
  for (size_t i = 0; i < sizeof MODULES / sizeof *MODULES; i++)
    if (!strcmp(MODULES[i].owner, owner) && is_word(n, MODULES[i].name))
      return *out = (item){.kind = ITEM_module, .module = MODULES[i].path}, true;
  return false;
}

bool is_function(ident n) {
  static const char *const NAMES[] = {"tensor", "allclose", "equal", "manual_seed"};
  for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
    if (is_word(n, NAMES[i])) return true;
  return false;
}

static bool module_attribute(interpreter *in, const char *module, ident n, item *out) {
  if (!is_function(n) && op_of(module, n, out)) return true; // most often
  if (find_module(module, n, out)) return true;
  if (*module) {
    const builtin *b = builtin_of(module, n.text, n.n);
    if (b) return *out = (item){.kind = ITEM_builtin, .builtin = b}, true;
    for (size_t i = 0; i < sizeof CONSTANTS / sizeof *CONSTANTS; i++)
      if (!strcmp(CONSTANTS[i].owner, module) && is_word(n, CONSTANTS[i].name))
        return *out = item_float(CONSTANTS[i].d), true;
    dtype t = strcmp(module, "torch") ? DT_none : dtype_parse(n.text, n.n);
    if (t != DT_none) return *out = item_of(ITEM_dtype, t), true;
  }
  return raise_as(in, ERR_op_unknown, NULL, "module '%s' has no attribute '%.*s'", module, shown(n), n.text);
}

// ---- tensors

static bool get_shape(interpreter *in, var *v, item *out) {
  const layout *l = v->t.layout;
  list *size = list_new(in->pool, ITEM_size, l->rank);
  for (int i = 0; size && i < l->rank; i++) size->at[i] = item_int(l->dims[i]);
  if (size) *out = item_object(size);
  return size != NULL;
}

static bool get_grad(interpreter *in, var *v, item *out) {
  var *g = var_grad(v);
  *out = g ? item_var(g) : item_none();
  return item_borrow(in->pool, out);
}

static bool get_grad_fn(interpreter *in, var *v, item *out) {
  node *n = var_grad_fn(&in->s->ag, v);
  if (autograd_failed(&in->s->ag)) return false;
  if (!n) return *out = item_none(), true;
  graph_node *g = object_new(in->pool, ITEM_node, sizeof *g);
  if (!g) return false;
  g->n = node_ref(n);
  return *out = item_object(g), true;
}

static bool get_transpose(interpreter *in, var *v, item *out) {
  int rank = v->t.layout->rank;
  list *dims = list_new(in->pool, ITEM_tuple, (size_t)rank);
  if (!dims) return false;
  for (int i = 0; i < rank; i++) dims->at[i] = item_int(rank - 1 - i);
  return call_op_on(in, "permute", item_var(v), item_object(dims), out);
}

static bool get_data(interpreter *in, var *v, item *out) {
  return call_op_on(in, "data", item_var(v), (item){0}, out);
}
static bool get_dtype(interpreter *in, var *v, item *out) {
  return (void)in, *out = item_of(ITEM_dtype, v->t.dtype), true;
}
static bool get_ndim(interpreter *in, var *v, item *out) {
  return (void)in, *out = item_int(v->t.layout->rank), true;
}
static bool get_is_leaf(interpreter *in, var *v, item *out) {
  return (void)in, *out = item_bool(var_is_leaf(v)), true;
}
static bool get_version(interpreter *in, var *v, item *out) {
  return (void)in, *out = item_int(var_version(v)), true;
}
static bool get_requires_grad(interpreter *in, var *v, item *out) {
  return (void)in, *out = item_bool(var_requires_grad(v)), true;
}
static bool get_retains_grad(interpreter *in, var *v, item *out) {
  return (void)in, *out = item_bool(var_retains_grad(v)), true;
}

static bool set_requires_grad(interpreter *in, var *v, item x) {
  if (x.kind != ITEM_bool)
    return raise_as(in, ERR_bad_argument, "RuntimeError", "requires_grad must be a bool");
  return var_set_requires_grad(&in->s->ag, v, x.i);
}

static bool set_grad(interpreter *in, var *v, item x) {
  if (x.kind == ITEM_none) return var_set_grad(&in->s->ag, v, NULL);
  if (x.kind != ITEM_tensor)
    return raise_type(in, "assigned grad expected to be a Tensor or None but got grad of type %s",
                      item_type(&x));
  if (x.v == v)
    return raise_as(in, ERR_bad_argument, "RuntimeError", "can't assign Variable as its own grad");
  return var_set_grad(&in->s->ag, v, x.v);
}

// x.data = y: x has the elements of y from now on, shared with y; its version counter goes on.
static bool set_data(interpreter *in, var *v, item x) {
  autograd *a = &in->s->ag;
  if (x.kind != ITEM_tensor)
    return raise_type(in, "Variable data has to be a tensor, but got %s", item_type(&x));
  tensor *from = &x.v->t;
  bool same = layout_same_dims(from->layout, v->t.layout);
  if (from->dtype != v->t.dtype || (!same && !var_is_leaf(v)) || var_is_view(v))
    return raise_as(in, ERR_dtype_mismatch, "RuntimeError",
                    "Attempted to call `variable.set_data(tensor)`, but `variable` and `tensor` have "
                    "incompatible tensor type.");
  const storage *root = storage_root(from->storage);
  bool itself = root == storage_root(v->t.storage) && from->offset == v->t.offset &&
                from->layout->contiguous && v->t.layout->contiguous;
  if (same && itself) return var_wrote(a, v), true; // after x.data -= …
  storage *alias = storage_alias(&a->ctx, (storage *)(uintptr_t)root);
  if (!alias) return false;
  alias->version = v->t.storage->version;
  tensor fresh = {alias, layout_ref(from->layout), from->offset, from->dtype}, old = v->t;
  v->t = fresh;
  tensor_drop(&old);
  var_wrote(a, v);
  return true;
}

static const struct property {
  const char *name;
  bool (*get)(interpreter *in, var *v, item *out);
  bool (*set)(interpreter *in, var *v, item x); // NULL: read only
} PROPERTIES[] = {
    {"grad", get_grad, set_grad},    {"data", get_data, set_data},
    {"shape", get_shape, NULL},      {"requires_grad", get_requires_grad, set_requires_grad},
    {"grad_fn", get_grad_fn, NULL},  {"is_leaf", get_is_leaf, NULL},
    {"dtype", get_dtype, NULL},      {"T", get_transpose, NULL},
    {"ndim", get_ndim, NULL},        {"retains_grad", get_retains_grad, NULL},
    {"_version", get_version, NULL},
};

static const struct property *property_named(ident n) {
  for (size_t i = 0; i < sizeof PROPERTIES / sizeof *PROPERTIES; i++)
    if (is_word(n, PROPERTIES[i].name)) return &PROPERTIES[i];
  return NULL;
}

static bool bind_method(interpreter *in, item self, item callee, item *out) {
  bound_method *m = object_new(in->pool, ITEM_method, sizeof *m);
  if (!m) return false;
  item_hold(&self);
  m->self = self;
  m->callee = callee;
  return *out = item_object(m), true;
}

static bool no_attribute(interpreter *in, item of, ident n) {
  return raise_as(in, ERR_op_unknown, "AttributeError", "'%s' object has no attribute '%.*s'", item_type(&of),
                  shown(n), n.text);
}

static bool tensor_attribute(interpreter *in, item of, ident n, item *out) {
  const struct property *p = property_named(n);
  bool inplace;
  if (p) return p->get(in, of.v, out);
  int op = op_find(n.text, n.n, &inplace); // builtins were looked for before
  if (op < 0 || !OPS[op].n_args || OPS[op].args[0].kind != ARG_tensor) return no_attribute(in, of, n);
  item callee = item_of(ITEM_op, op);
  callee.inplace = inplace;
  return bind_method(in, of, callee, out);
}

// ---- nodes of the graph

static bool next_functions(interpreter *in, node *n, item *out) {
  list *all = list_new(in->pool, ITEM_tuple, 0);
  for (unsigned i = 0; all && i < n->n_edges; i++) {
    node *to = node_edges(n)[i];
    list *pair = list_new(in->pool, ITEM_tuple, 2);
    if (!pair || !list_append(in->pool, all, item_object(pair))) return false;
    pair->at[0] = item_none();
    pair->at[1] = item_int(to ? node_edge_nrs(n)[i] : 0);
    graph_node *g = to ? object_new(in->pool, ITEM_node, sizeof *g) : NULL;
    if (to && !g) return false;
    if (!g) continue;
    g->n = node_ref(to);
    g->head.refs++;
    pair->at[0] = item_object(g);
  }
  if (all) *out = item_object(all);
  return all != NULL;
}

// ---- any

// Results of max(dim) and its kin have names, too.
static bool named_result(const list *l, ident n, item *out) {
  if (l->n != 2 || l->at[0].kind != ITEM_tensor || l->at[1].kind != ITEM_tensor) return false;
  if (is_word(n, "values")) return *out = l->at[0], true;
  return is_word(n, "indices") && (*out = l->at[1], true);
}

bool get_attribute(interpreter *in, item of, ident n, item *out) {
  const char *owner = item_type(&of);
  if (of.kind == ITEM_module) return module_attribute(in, of.module, n, out);
  const builtin *b = builtin_of(owner, n.text, n.n);
  if (b) return bind_method(in, of, (item){.kind = ITEM_builtin, .builtin = b}, out);
  if (of.kind == ITEM_tensor) return tensor_attribute(in, of, n, out);
  if (of.kind == ITEM_node && is_word(n, "next_functions"))
    return next_functions(in, ((graph_node *)of.o)->n, out);
  if (of.kind == ITEM_tuple && named_result(item_list(&of), n, out)) return item_borrow(in->pool, out);
  return no_attribute(in, of, n);
}

bool evaluate_attribute(interpreter *in, item of, const expr *e, item *out) {
  memo *m = e->memo;
  const struct property *p;
  if (of.kind == ITEM_module) {
    if (m->owner == of.module) return *out = memo_item(m), true;
    if (!module_attribute(in, of.module, e->text, out)) return false;
    m->owner = of.module;
    return memo_keep(m, out), true;
  }
  if (of.kind != ITEM_tensor) return get_attribute(in, of, e->text, out);
  if (m->owner == PROPERTIES) return PROPERTIES[m->i].get(in, of.v, out);
  if (!(p = property_named(e->text))) return get_attribute(in, of, e->text, out);
  m->owner = PROPERTIES;
  m->i = p - PROPERTIES;
  return p->get(in, of.v, out);
}

bool find_method(const expr *e, item *out) {
  static const char METHODS[1];
  memo *m = e->memo;
  ident n = e->text;
  bool inplace = false;
  if (m->owner == METHODS) return *out = memo_item(m), true;
  int op = is_function(n) ? -1 : op_find(n.text, n.n, &inplace);
  if (op >= 0 && OPS[op].n_args && OPS[op].args[0].kind == ARG_tensor && op != OP_data)
    *out = (item){.kind = ITEM_op, .inplace = inplace, .i = op};
  else
    *out = (item){.kind = ITEM_builtin, .builtin = builtin_of("Tensor", n.text, n.n)};
  if (out->kind == ITEM_builtin && !out->builtin) return false;
  m->owner = METHODS;
  return memo_keep(m, out), true;
}

bool set_attribute(interpreter *in, item of, ident n, item x) {
  tell_line(in);
  const struct property *p = of.kind == ITEM_tensor ? property_named(n) : NULL;
  if (p && p->set) return p->set(in, of.v, x);
  if (p)
    return raise_as(in, ERR_bad_argument, "AttributeError",
                    "attribute '%s' of 'torch._C._TensorBase' objects is not writable", p->name);
  return raise_as(in, ERR_bad_argument, "AttributeError",
                  "'%s' object has no attribute '%.*s' that could be set", item_type(&of), shown(n), n.text);
}
