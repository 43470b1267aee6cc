#include "script/object.h"
#include "base/mem.h"
#include <string.h>

void pool_init(pool *p, session *s) { *p = (pool){.s = s}; }

static fault *fault_of(pool *p) { return session_fault(p->s); }

// ---- the end of an object

// Lets go of what an object owns besides itself.
static void empty(pool *p, object *o) {
  switch ((item_kind)o->kind) {
  case ITEM_list:
  case ITEM_tuple:
  case ITEM_size: {
    list *l = (list *)o;
    size_t n = l->n;
    l->n = 0;
    for (size_t i = 0; i < n; i++) item_drop(p, &l->at[i]);
    mem_free(l->at);
    budget_release(&p->s->budget, l->cap * sizeof *l->at);
    l->at = NULL;
    l->cap = 0;
    break;
  }
  case ITEM_slice:
    for (int i = 0; i < 3; i++) item_drop(p, &((slice *)o)->part[i]);
    memset(((slice *)o)->part, 0, sizeof((slice *)o)->part);
    break;
  case ITEM_function: {
    closure *c = (closure *)o;
    for (unsigned i = 0; c->program && i < c->f->n_params; i++) item_drop(p, &c->defaults[i]);
    program_unref(c->program);
    c->program = NULL;
    break;
  }
  case ITEM_method: {
    bound_method *m = (bound_method *)o;
    item self = m->self, callee = m->callee;
    m->self = m->callee = (item){0};
    item_drop(p, &self);
    item_drop(p, &callee);
    break;
  }
  case ITEM_node:
    node_unref(&p->s->ag, ((graph_node *)o)->n);
    ((graph_node *)o)->n = NULL;
    break;
  case ITEM_optimizer:
    optimizer_free(&p->s->ag, ((held_optimizer *)o)->o);
    ((held_optimizer *)o)->o = NULL;
    break;
  default: break;
  }
}

static void unlink_object(pool *p, object *o) {
  if (o->prev)
    o->prev->next = o->next;
  else
    p->first = o->next;
  if (o->next) o->next->prev = o->prev;
}

// A list of a list of a list … is freed by a work list, not by recursion.
void object_unref(pool *p, object *o) {
  if (!o || --o->refs) return;
  unlink_object(p, o);
  o->next = p->dead;
  p->dead = o;
  if (p->burying) return;
  p->burying = true;
  while ((o = p->dead)) {
    p->dead = o->next;
    empty(p, o);
    budget_release(&p->s->budget, o->bytes);
    mem_free(o);
  }
  p->burying = false;
}

void pool_finish(pool *p) {
  pool_leave(p, 0);
  for (object *o = p->first; o; o = o->next) o->refs++; // so that emptying one frees none
  for (object *o = p->first; o; o = o->next) empty(p, o);
  for (object *o = p->first, *next; o; o = next) {
    next = o->next;
    budget_release(&p->s->budget, o->bytes);
    mem_free(o);
  }
  p->first = NULL;
  mem_free(p->temps);
  p->temps = NULL;
  p->cap_temps = 0;
}

// ---- scopes

object *pool_own(pool *p, object *o) {
  if (!o) return NULL;
  if (p->n_temps == p->cap_temps) {
    size_t cap = p->cap_temps ? 2 * p->cap_temps : 64;
    object **more = mem_realloc(p->temps, cap * sizeof *more);
    if (!more) {
      object_unref(p, o);
      return fail(fault_of(p), ERR_out_of_memory, "no memory for a value"), NULL;
    }
    p->temps = more;
    p->cap_temps = cap;
  }
  return p->temps[p->n_temps++] = o;
}

void pool_leave(pool *p, size_t mark) {
  while (p->n_temps > mark) object_unref(p, p->temps[--p->n_temps]);
}

// ---- making

void *object_new(pool *p, item_kind which, size_t bytes) {
  if (!budget_charge(&p->s->budget, bytes, fault_of(p))) return NULL;
  object *o = mem_zalloc(bytes);
  if (!o) {
    budget_release(&p->s->budget, bytes);
    return fail(fault_of(p), ERR_out_of_memory, "no memory for a value"), NULL;
  }
  o->refs = 1;
  o->kind = (uint8_t)which;
  o->bytes = bytes;
  o->next = p->first;
  if (p->first) p->first->prev = o;
  p->first = o;
  return pool_own(p, o);
}

void item_drop(pool *p, const item *x) {
  if (x->kind == ITEM_tensor)
    var_unref(&p->s->ag, x->v);
  else if (item_is_object(x))
    object_unref(p, x->o);
}

bool item_borrow(pool *p, const item *x) {
  item_hold(x);
  if (x->kind == ITEM_tensor) return scope_own(&p->s->ag, x->v) != NULL;
  return !item_is_object(x) || pool_own(p, x->o) != NULL;
}

str *str_new(pool *p, const char *at, size_t n) {
  size_t bytes;
  if (!size_add(n, sizeof(str) + 1, &bytes))
    return fail(fault_of(p), ERR_quota_exceeded, "the text is too long"), NULL;
  str *t = object_new(p, ITEM_text, bytes);
  if (!t) return NULL;
  t->n = n;
  if (at && n) memcpy(t->at, at, n);
  return t;
}

bool list_reserve(pool *p, list *l, size_t more) {
  size_t need, bytes, cap = l->cap;
  fault *f = fault_of(p);
  if (!size_add(l->n, more, &need)) return fail(f, ERR_quota_exceeded, "the list is too long");
  if (need <= cap) return true;
  cap = l->n && cap * 2 > need ? cap * 2 : need;
  if (!size_mul(cap, sizeof *l->at, &bytes)) return fail(f, ERR_quota_exceeded, "the list is too long");
  size_t added = bytes - l->cap * sizeof *l->at;
  if (!budget_charge(&p->s->budget, added, f)) return false;
  item *at = mem_realloc(l->at, bytes);
  if (!at) {
    budget_release(&p->s->budget, added);
    return fail(f, ERR_out_of_memory, "no memory for a list");
  }
  l->at = at;
  l->cap = cap;
  return true;
}

list *list_new(pool *p, item_kind which, size_t n) {
  list *l = object_new(p, which, sizeof *l);
  if (!l || !list_reserve(p, l, n)) return NULL;
  if (n) memset(l->at, 0, n * sizeof *l->at);
  l->n = n;
  return l;
}

bool list_append(pool *p, list *l, item x) {
  if (!list_reserve(p, l, 1)) return false;
  item_hold(&x);
  l->at[l->n++] = x;
  return true;
}

const char *item_type(const item *x) {
  static const char *const NAMES[] = {[ITEM_absent] = "nothing",
                                      [ITEM_none] = "NoneType",
                                      [ITEM_bool] = "bool",
                                      [ITEM_int] = "int",
                                      [ITEM_float] = "float",
                                      [ITEM_ellipsis] = "ellipsis",
                                      [ITEM_dtype] = "torch.dtype",
                                      [ITEM_mode] = "no_grad",
                                      [ITEM_module] = "module",
                                      [ITEM_builtin] = "builtin_function_or_method",
                                      [ITEM_op] = "builtin_function_or_method",
                                      [ITEM_tensor] = "Tensor",
                                      [ITEM_text] = "str",
                                      [ITEM_list] = "list",
                                      [ITEM_tuple] = "tuple",
                                      [ITEM_size] = "torch.Size",
                                      [ITEM_range] = "range",
                                      [ITEM_slice] = "slice",
                                      [ITEM_function] = "function",
                                      [ITEM_method] = "method",
                                      [ITEM_node] = "Node",
                                      [ITEM_optimizer] = "Optimizer"};
  return NAMES[x->kind];
}
