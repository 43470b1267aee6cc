// environment.h - what scripts leave in a session besides tensors: numbers, texts, lists, functions,
// optimizers, by name. Made when the session's first script runs; ends with the session, whose budget it is
// charged to.
//
// A name is a tensor of the session or a variable here, never both: binding one kind drops the other.
#pragma once
#include "script/object.h"

typedef struct environment {
  attachment head; // how the session sees it
  pool pool;
  struct variable *variables; // a hash table
  _Atomic(struct script *) abandoned;
} environment;

// environment_of gives the session's, making it if there is none; NULL: out_of_memory, quota_exceeded.
environment *environment_of(session *s);
// What the memo of a name tells, besides the kind of an item: where its value is kept.
enum memo_kind { MEMO_absent = ITEM_absent, MEMO_binding = 128, MEMO_variable };
// environment_get finds a name, among the tensors first. False: it is not defined (no fault); the memo is
// then good for whatever else the name means.
bool environment_get(environment *e, ident name, memo *m, item *out);
// environment_set binds it; bad_name, quota_exceeded, out_of_memory.
bool environment_set(environment *e, ident name, memo *m, const item *value);
// environment_unset drops it. False: there was none (no fault).
bool environment_unset(environment *e, const char *name, size_t n);
// environment_release ends it if it keeps nothing.
void environment_release(environment *e);
void script_finish_abandoned(environment *e); // script.c
