#include "script/environment.h"
#include "base/hash.h"
#include <string.h>

struct variable {
  UT_hash_handle hh;
  item value;
  size_t n;
  char name[];
};

static size_t bytes_of(size_t n) { return sizeof(struct variable) + n; }

static environment *of(session *s) { return (environment *)s->attached; }

static struct variable *find(const environment *e, const char *text, size_t n) {
  struct variable *v;
  HASH_FIND(hh, e->variables, text, n, v);
  return v;
}

static void drop(environment *e, struct variable *v) {
  item held = v->value;
  HASH_DEL(e->variables, v);
  budget_release(&e->pool.s->budget, bytes_of(v->n));
  mem_free(v);
  item_drop(&e->pool, &held);
}

static void forget(session *s, const char *text, size_t n) {
  environment *e = of(s);
  struct variable *v = e->variables ? find(e, text, n) : NULL;
  if (v) drop(e, v);
}

static void finish(session *s) {
  environment *e = of(s);
  struct variable *v, *next;
  script_finish_abandoned(e);
  HASH_ITER(hh, e->variables, v, next) drop(e, v);
  pool_finish(&e->pool);
  s->attached = NULL;
  budget_release(&s->budget, sizeof *e);
  mem_free(e);
}

void environment_release(environment *e) {
  if (!e->variables && !e->pool.first && !atomic_load(&e->abandoned)) finish(e->pool.s);
}

environment *environment_of(session *s) {
  if (s->attached) return of(s);
  if (!budget_charge(&s->budget, sizeof(environment), session_fault(s))) return NULL;
  environment *e = mem_zalloc(sizeof *e);
  if (!e) {
    budget_release(&s->budget, sizeof *e);
    return fail(session_fault(s), ERR_out_of_memory, "no memory for the variables of scripts"), NULL;
  }
  e->head = (attachment){finish, forget};
  pool_init(&e->pool, s);
  s->attached = &e->head;
  return e;
}

bool environment_get(environment *e, const char *text, size_t n, item *out) {
  binding *b = session_find(e->pool.s, text, n);
  if (b) return *out = item_var(binding_var(b)), true;
  struct variable *v = e->variables ? find(e, text, n) : NULL;
  if (v) *out = v->value;
  return v != NULL;
}

static bool set_variable(environment *e, const char *text, size_t n, const item *x) {
  session *s = e->pool.s;
  struct variable *v = find(e, text, n);
  if (v) {
    item old = v->value;
    item_hold(x);
    v->value = *x;
    item_drop(&e->pool, &old);
    return true;
  }
  if (!budget_charge(&s->budget, bytes_of(n), session_fault(s))) return false;
  v = mem_zalloc(bytes_of(n));
  hash_ok = v != NULL;
  if (v) {
    memcpy(v->name, text, n);
    v->n = n;
    v->value = *x;
    HASH_ADD_KEYPTR(hh, e->variables, v->name, n, v);
  }
  if (!hash_ok) {
    mem_free(v);
    budget_release(&s->budget, bytes_of(n));
    return fail(session_fault(s), ERR_out_of_memory, "no memory for a variable");
  }
  item_hold(x);
  session_unbind(s, text, n);
  return true;
}

bool environment_set(environment *e, const char *text, size_t n, const item *x) {
  session *s = e->pool.s;
  bool made;
  if (n > NAME_MAX_BYTES)
    return fail(session_fault(s), ERR_bad_name, "the name '%.40s…' is longer than %d bytes", text,
                NAME_MAX_BYTES);
  if (x->kind == ITEM_tensor) return session_bind(s, text, n, x->v, &made);
  return set_variable(e, text, n, x);
}

bool environment_unset(environment *e, const char *text, size_t n) {
  struct variable *v = e->variables ? find(e, text, n) : NULL;
  if (!v) return session_unbind(e->pool.s, text, n);
  drop(e, v);
  return true;
}
