#include "session/session.h"
#include "autograd/observer.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"
#include <stdio.h>
#include <string.h>

struct binding {
  var *v;
  uint64_t generation;
  uint64_t mentioned[2]; // itself and its gradient, by the count of the session
  UT_hash_handle hh;
  uint8_t n;
  bool temporary;
  char name[]; // with NUL
};

const char *binding_name(const binding *b) { return b->name; }
var *binding_var(const binding *b) { return b->v; }
uint64_t binding_generation(const binding *b) { return b->generation; }
binding *binding_next(const binding *b) { return b->hh.next; }

void session_init(session *s, const char *name, budget *process, const limits *l, uint64_t seed) {
  memset(s, 0, sizeof *s);
  snprintf(s->name, sizeof s->name, "%s", name);
  s->ttl_ms = (int64_t)l->ttl_s * 1000;
  s->max_bindings = l->session_tensors;
  s->next_name = s->names = 1;
  budget_init(&s->budget, process, "the session", l->session_bytes);
  autograd_init(&s->ag, &s->budget, seed, l->session_nodes);
}

static size_t binding_bytes(size_t n) { return sizeof(binding) + n + 1 + sizeof(var); }

// A name of ours that is free again is the next to be made.
static void reuse_name(session *s, const binding *b) {
  uint64_t number = 0;
  if (b->n < 2 || b->n > 16 || b->name[0] != 't' || b->name[1] == '0') return;
  for (int i = 1; i < b->n; i++) {
    if (b->name[i] < '0' || b->name[i] > '9') return;
    number = number * 10 + (uint64_t)(b->name[i] - '0');
  }
  if (number < s->next_name) s->next_name = number;
}

static void tell(session *s, const char *name, size_t n, const var *was, const var *now) {
  observer *o = s->ag.observer;
  if (observed(o)) o->renamed(o, name, n, was, now);
}

static void drop(session *s, binding *b) {
  var *v = b->v;
  tell(s, b->name, b->n, v, NULL);
  reuse_name(s, b);
  budget_release(&s->budget, binding_bytes(b->n));
  if (s->latest == b) s->latest = NULL;
  HASH_DEL(s->bindings, b);
  s->n_bindings--;
  s->names++;
  s->n_temporary -= b->temporary;
  mem_free(b);
  var_unref(&s->ag, v);
}

void session_finish(session *s) {
  binding *b, *next;
  if (s->attached) s->attached->finish(s);
  HASH_ITER(hh, s->bindings, b, next) drop(s, b);
  autograd_finish(&s->ag);
}

binding *session_find(session *s, const char *name, size_t n) {
  binding *b = s->latest;
  if (b && b->n == n && !memcmp(b->name, name, n)) return b;
  HASH_FIND(hh, s->bindings, name, n, b);
  if (b) s->latest = b;
  return b;
}

void session_rebind(session *s, binding *b, var *v) {
  var *old = b->v;
  b->v = var_ref(v);
  b->generation++;
  tell(s, b->name, b->n, old, v);
  var_unref(&s->ag, old);
}

bool session_bind(session *s, const char *name, size_t n, var *v, bool *made) {
  fault *f = session_fault(s);
  binding *b = session_find(s, name, n);
  *made = !b;
  if (b) return session_rebind(s, b, v), true;
  if (s->n_bindings >= s->max_bindings)
    return fail(f, ERR_quota_exceeded, "the session has %zu tensors, its limit", s->n_bindings);
  if (!budget_charge(&s->budget, binding_bytes(n), f)) return false;
  bool added = false;
  b = mem_alloc(sizeof *b + n + 1);
  if (b) {
    memcpy(b->name, name, n);
    b->name[n] = 0;
    b->n = (uint8_t)n;
    b->temporary = false;
    b->mentioned[0] = b->mentioned[1] = 0;
    b->generation = s->dropped;
    hash_ok = true;
    HASH_ADD_KEYPTR(hh, s->bindings, b->name, n, b);
    added = hash_ok;
  }
  if (!added) {
    mem_free(b);
    budget_release(&s->budget, binding_bytes(n));
    return fail(f, ERR_out_of_memory, "no memory for a name");
  }
  b->v = var_ref(v);
  s->n_bindings++;
  s->names++;
  if (s->attached) s->attached->forget(s, name, n);
  tell(s, b->name, n, NULL, v);
  return true;
}

bool session_unbind(session *s, const char *name, size_t n) {
  binding *b = session_find(s, name, n);
  if (!b) return false;
  if (b->generation >= s->dropped) s->dropped = b->generation + 1;
  drop(s, b);
  return true;
}

void session_bind_back(session *s, const char *name, size_t n, var *old) {
  binding *b = session_find(s, name, n);
  if (!old) {
    drop(s, b);
    return;
  }
  var *v = b->v;
  b->v = var_ref(old);
  b->generation--;
  tell(s, b->name, n, v, old);
  var_unref(&s->ag, v);
}

void session_mark_temporary(session *s, const char *name, size_t n) {
  binding *b = session_find(s, name, n);
  if (!b || b->temporary) return;
  b->temporary = true;
  s->n_temporary++;
}

void session_drop_temporaries(session *s) {
  binding *b, *next;
  if (!s->n_temporary) return;
  HASH_ITER(hh, s->bindings, b, next)
  if (b->temporary) {
    if (b->generation >= s->dropped) s->dropped = b->generation + 1;
    drop(s, b);
  }
}

void session_forget_mentions(session *s) { s->mentions++; }

bool session_first_mention(session *s, binding *b, bool grad) {
  if (b->mentioned[grad] == s->mentions) return false;
  b->mentioned[grad] = s->mentions;
  return true;
}

size_t session_fresh_name(session *s, char out[NAME_MAX_BYTES + 1]) {
  size_t n;
  do n = (size_t)snprintf(out, NAME_MAX_BYTES + 1, "t%llu", (unsigned long long)s->next_name++);
  while (session_find(s, out, n));
  return n;
}

bool session_name_ok(session *s, const char *name, size_t n) {
  return name_valid(name, n, true) ||
         fail(
             session_fault(s), ERR_bad_name,
             "'%.*s' is not a tensor's name: identifiers of at most %d bytes, joined by dots, none of them a "
             "keyword of Python",
             (int)(n < 80 ? n : 80), name, NAME_MAX_BYTES);
}

var *session_resolve(session *s, const char *ref, size_t n) {
  fault *f = session_fault(s);
  binding *b = session_find(s, ref, n);
  if (b) return b->v;
  bool grad = n > 5 && !memcmp(ref + n - 5, ".grad", 5);
  if (grad) b = session_find(s, ref, n - 5);
  if (!b) {
    if (session_name_ok(s, ref, grad ? n - 5 : n))
      fail(f, ERR_tensor_unknown, "name '%.*s' is not defined: there is no such tensor in session '%s'",
           (int)n, ref, s->name);
    return NULL;
  }
  var *g = var_grad(b->v);
  if (!g)
    fail(f, ERR_no_grad, "%s.grad is None: no gradient has been accumulated for '%s'", b->name, b->name);
  return g;
}

void session_reseed(session *s, uint64_t seed) { s->ag.rng = (rng){.seed = seed}; }
