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
  e->pool.s->names++;
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

static void look_up(environment *e, ident name, memo *m) {
  session *s = e->pool.s;
  *m = (memo){.names = s->names, .kind = MEMO_binding, .at = session_find(s, name.text, name.n)};
  if (m->at) return;
  m->at = e->variables ? find(e, name.text, name.n) : NULL;
  m->kind = m->at ? MEMO_variable : MEMO_absent;
}

bool environment_get(environment *e, ident name, memo *m, item *out) {
  if (m->names != e->pool.s->names) look_up(e, name, m);
  if (m->kind == MEMO_binding) return *out = item_var(binding_var(m->at)), true;
  if (m->kind == MEMO_variable) return *out = ((const struct variable *)m->at)->value, true;
  return false;
}

static void replace(environment *e, struct variable *v, const item *x) {
  item old = v->value;
  item_hold(x);
  v->value = *x;
  item_drop(&e->pool, &old);
}

static bool set_variable(environment *e, const char *text, size_t n, const item *x) {
  session *s = e->pool.s;
  struct variable *v = find(e, text, n);
  if (v) return replace(e, v, x), true;
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
  s->names++;
  session_unbind(s, text, n);
  return true;
}

bool environment_set(environment *e, ident name, memo *m, const item *x) {
  session *s = e->pool.s;
  bool made, is_tensor = x->kind == ITEM_tensor;
  if (m->names != s->names) look_up(e, name, m);
  if (is_tensor && m->kind == MEMO_binding) return session_rebind(s, m->at, x->v), true;
  if (!is_tensor && m->kind == MEMO_variable) return replace(e, m->at, x), true;
  if (name.n > NAME_MAX_BYTES)
    return fail(session_fault(s), ERR_bad_name, "the name '%.40s…' is longer than %d bytes", name.text,
                NAME_MAX_BYTES);
  if (is_tensor) return session_bind(s, name.text, name.n, x->v, &made);
  return set_variable(e, name.text, name.n, x);
}

bool environment_unset(environment *e, const char *text, size_t n) {
  struct variable *v = e->variables ? find(e, text, n) : NULL;
  if (!v) return session_unbind(e->pool.s, text, n);
  drop(e, v);
  return true;
}
