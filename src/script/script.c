#include "script/script.h"
#include "base/mem.h"
#include "script/interpreter.h"
#include <string.h>

struct script {
  interpreter in;
  activation module;
  program *program;
  buffer printed;          // owned
  bool started, grad_mode; // grad_mode: its own, while it waits to go on
  script *next;            // of those that were abandoned
};

const script_limits SCRIPT_LIMITS = {.steps = 10000000000u, .output = 8 << 20};

static bool begin(script *sc, session *s, const char *source, size_t n, bool expression, place *where) {
  environment *e = environment_of(s);
  if (!e) return false;
  script_finish_abandoned(e);
  sc->in.env = e;
  sc->in.pool = &e->pool;
  if (!(sc->program = program_new(source, n, expression, &s->budget, where, session_fault(s)))) return false;
  sc->module.locals = mem_zalloc((sc->program->tree.n_locals + 1) * sizeof *sc->module.locals);
  return sc->module.locals || fail(session_fault(s), ERR_out_of_memory, "no memory for the script");
}

static script *make(session *s, const char *source, size_t n, bool expression, const script_limits *l,
                    place *where) {
  script *sc = mem_zalloc(sizeof *sc);
  *where = (place){1, 1};
  if (!sc) return fail(session_fault(s), ERR_out_of_memory, "no memory for the script"), NULL;
  sc->in.s = s;
  sc->in.out = &sc->printed;
  sc->in.steps = l->steps;
  sc->printed.limit = l->output;
  sc->printed.budget = &s->budget;
  if (begin(sc, s, source, n, expression, where)) return sc;
  script_finish(sc);
  return NULL;
}

script *script_open(session *s, const char *source, size_t n, const script_limits *l, place *where) {
  return make(s, source, n, false, l, where);
}

script *script_open_expression(session *s, const char *source, size_t n, const script_limits *l,
                               place *where) {
  return make(s, source, n, true, l, where);
}

script_state script_run(script *sc, uint64_t allowed_ns) {
  interpreter *in = &sc->in;
  autograd *a = &in->s->ag;
  bool was = a->grad_mode;
  in->allowed = allowed_ns;
  in->too_long = false;
  in->program = sc->program;
  in->own = sc->program;
  in->locals = &sc->module;
  in->depth = 0;
  if (sc->started) a->grad_mode = sc->grad_mode;
  bool ok = execute(in, sc->started ? NULL : &sc->program->tree.body);
  sc->started = true;
  sc->grad_mode = a->grad_mode;
  a->grad_mode = was;
  return ok ? SCRIPT_done : in->too_long && !in_fault(in)->code ? SCRIPT_more : SCRIPT_failed;
}

place script_where(const script *sc) { return sc->in.at; }
const buffer *script_printed(const script *sc) { return &sc->printed; }
session *script_session(const script *sc) { return sc->in.s; }

const ident *script_bound(const script *sc, unsigned *n) {
  *n = sc->program->tree.n_bound;
  return sc->program->tree.bound;
}

bool script_value(script *sc, ident n, item *out) {
  memo none = {0};
  return environment_get(sc->in.env, n, &none, out);
}

void script_finish(script *sc) {
  if (!sc) return;
  autograd *a = &sc->in.s->ag;
  bool was = a->grad_mode;
  if (sc->in.pool) execute_abandon(&sc->in);
  a->grad_mode = was;
  for (unsigned i = 0; sc->module.locals && i < sc->program->tree.n_locals; i++)
    item_drop(sc->in.pool, &sc->module.locals[i]);
  program_unref(sc->program);
  if (sc->in.env) environment_release(sc->in.env);
  mem_free(sc->in.frames);
  mem_free(sc->module.locals);
  buffer_finish(&sc->printed);
  mem_free(sc);
}

// Left in the session for whoever may touch it next.
void script_abandon(script *sc) {
  environment *e = sc->in.env;
  sc->next = atomic_load(&e->abandoned);
  while (!atomic_compare_exchange_weak(&e->abandoned, &sc->next, sc)) {
  }
}

void script_finish_abandoned(environment *e) {
  script *sc = atomic_exchange(&e->abandoned, NULL);
  while (sc) {
    script *next = sc->next;
    sc->in.env = NULL; // which stays
    script_finish(sc);
    sc = next;
  }
}
