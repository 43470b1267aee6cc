// session.h - one client's world: names bound to variables, an autograd state, a byte budget, a seed, a time
// to live.
//
// Owned by the registry. Everything below `ag` is touched by one thread at a time: the strand of the session.
#pragma once
#include "autograd/var.h"
#include "base/utf8.h"
#include <stdint.h>

typedef struct limits {
  size_t session_bytes, session_nodes, session_tensors, sessions;
  uint32_t ttl_s;
} limits;

typedef struct binding binding;
typedef struct session session;

// What a layer above keeps with a session, such as names that are no tensors.
typedef struct attachment {
  void (*finish)(session *s);                             // the session ends: called before all else
  void (*forget)(session *s, const char *name, size_t n); // a tensor takes this name, new among the tensors
} attachment;

struct session {
  char name[NAME_MAX_BYTES + 1];
  int64_t ttl_ms;
  uint32_t life;   // how many sessions of this name ended before, or more (see ETag)
  uint32_t holds;  // requests that hold it: not expired, not freed
  bool closed;     // deleted: freed when the last hold goes
  int64_t used_ms; // when it was last used, on the clock of the registry
  budget budget;
  autograd ag;
  binding *latest;   // that was looked up: often the next one too
  binding *bindings; // hash table and, in it, the order of binding
  size_t n_bindings, max_bindings;
  size_t n_temporary; // names that go when the batch ends
  uint64_t mentions;  // see session_first_mention
  uint64_t names;     // counts the names that came and went, those of the attachment too: while it stays,
                      // a binding that was found is the one to be found. Not 0
  uint64_t dropped;   // above every generation of a name that was deleted
  uint64_t next_name; // for tensors whose name we choose
  struct session *prev, *next; // the registry's list, least recently used first
  attachment *attached;        // NULL: nothing; it is the owner's, who sets it
  void *extra;                 // memory that the user of the registry asked for, zeroed at first
};

// A name. `generation` tells apart the tensors that a name was bound to in turn (see ETag).
const char *binding_name(const binding *b);
var *binding_var(const binding *b);
uint64_t binding_generation(const binding *b);
binding *binding_next(const binding *b); // in order of first binding

void session_init(session *s, const char *name, budget *process, const limits *l, uint64_t seed);
void session_finish(session *s);

// session_find gives the binding of a name, NULL if there is none. name need not end with NUL.
binding *session_find(session *s, const char *name, size_t n);
// session_bind binds v (a reference is taken) to a name, in place of what it was bound to. The name is valid.
// Charged to the budget; quota_exceeded past the number of names. made: whether the name is new.
bool session_bind(session *s, const char *name, size_t n, var *v, bool *made);
// session_rebind is session_bind of a name that is bound.
void session_rebind(session *s, binding *b, var *v);
bool session_unbind(session *s, const char *name, size_t n); // false: no such name
// session_bind_back undoes a session_bind: the name is bound to `old` again, at its generation of then; NULL:
// it is free again. Cannot fail.
void session_bind_back(session *s, const char *name, size_t n, var *old);
// session_mark_temporary makes a name go at the next session_drop_temporaries.
void session_mark_temporary(session *s, const char *name, size_t n);
void session_drop_temporaries(session *s);
// session_first_mention says whether it is called for the first time with a name, or the gradient of it,
// since session_forget_mentions: so that a list of names is gone through once for each.
void session_forget_mentions(session *s);
bool session_first_mention(session *s, binding *b, bool grad);
// session_fresh_name writes a name that is free ("t1", "t2", …) and returns its length.
size_t session_fresh_name(session *s, char out[NAME_MAX_BYTES + 1]);
// session_name_ok says whether a tensor may have that name; false with bad_name.
bool session_name_ok(session *s, const char *name, size_t n);
// session_resolve gives the variable of NAME or NAME.grad, owned by the scope; tensor_unknown, no_grad,
// bad_name.
var *session_resolve(session *s, const char *ref, size_t n);
void session_reseed(session *s, uint64_t seed);
static inline fault *session_fault(session *s) { return &s->ag.ctx.fault; }
