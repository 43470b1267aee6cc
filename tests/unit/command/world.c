#include "command/world.h"
#include "base/mem.h"
#include "leaks.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

session s;
budget process;
char detail[FAULT_DETAIL];
command_result result;
bool world_identity = true;
static const limits LIMITS = {
    .session_bytes = 1 << 22, .session_nodes = 10000, .session_tensors = 1000, .sessions = 1, .ttl_s = 60};

value name(const char *text) { return value_text(text, strlen(text)); }
value real(double d) { return (value){VALUE_float, {.d = d}}; }
value truth(bool yes) { return (value){VALUE_bool, {.i = yes}}; }
value none(void) { return (value){VALUE_none, {0}}; }

static void bind(const char *as, dtype t, int rank, const int64_t *dims, bool requires_grad,
                 const double *x) {
  tensor fresh;
  bool made;
  cr_assert(tensor_new_sizes(&s.ag.ctx, &fresh, t, rank, dims));
  for (int64_t i = 0; i < tensor_numel(&fresh); i++) {
    char *p = (char *)tensor_data(&fresh) + i * (int64_t)dtype_size(t);
    double d = x ? x[i] : (double)i;
    if (t == DT_bool)
      *(bool *)p = d != 0;
    else if (t == DT_int64)
      *(int64_t *)(void *)p = (int64_t)d;
    else
      *(float *)(void *)p = (float)d;
  }
  var *v = scope_own(&s.ag, var_new(&s.ag, fresh));
  cr_assert(v && (!requires_grad || var_set_requires_grad(&s.ag, v, true)));
  cr_assert(session_bind(&s, as, strlen(as), v, &made));
}

void world_start(void) {
  ops_init();
  budget_init(&process, NULL, "process memory", 1 << 26);
  session_init(&s, "s", &process, &LIMITS, 1);
  bind("w", DT_float32, 1, (int64_t[]){3}, true, (double[]){1.5, -2, 3});
  bind("x", DT_float32, 2, (int64_t[]){2, 3}, true, (double[]){1, 2, 3, 4, 5, 6});
  bind("i", DT_int64, 1, (int64_t[]){2}, false, (double[]){1, 0});
  bind("b", DT_bool, 1, (int64_t[]){2}, false, (double[]){1, 0});
  bind("m", DT_float32, 2, (int64_t[]){3, 3}, false, NULL);
  scope_leave(&s.ag, 0, NULL);
}

void world_finish(void) {
  mem_fail_at(0, false);
  scope_leave(&s.ag, 0, NULL);
  session_finish(&s);
  leaks_none(&process);
}

var *named(const char *text) {
  binding *b = session_find(&s, text, strlen(text));
  return b ? binding_var(b) : NULL;
}

double element(const char *text, int64_t i) {
  var *v = session_resolve(&s, text, strlen(text));
  cr_assert(v, "%s: %s", text, session_fault(&s)->detail);
  return scalar_f64(tensor_read(&v->t, i));
}

err failure(void) {
  fault *f = session_fault(&s);
  err e = f->code;
  strcpy(detail, f->detail);
  fault_clear(f);
  return e;
}

bool run(command c) {
  if (!c.allowed_ns) c.allowed_ns = UINT64_MAX;
  size_t mark = scope_enter(&s.ag);
  bool ok = command_run(&s, &c, &result);
  command_result_finish(&s, &result);
  command_finish(&c);
  scope_leave(&s.ag, mark, NULL);
  cr_assert_eq(ok, session_fault(&s)->code == ERR_none && !result.too_long);
  return ok;
}

bool op(const char *of, values args, values out) {
  return run((command){.verb = VERB_op, .name = name(of), .args = args, .out = out});
}

static void put(FILE *to, const var *v) {
  fprintf(to, "%s %s version %u raw %u requires %d", DTYPE_ROWS[v->t.dtype].name, layout_text(v->t.layout),
          var_version(v), (unsigned)v->t.storage->raw_writes, var_requires_grad(v));
  for (int64_t i = 0; i < tensor_numel(&v->t); i++) fprintf(to, " %.9g", scalar_f64(tensor_read(&v->t, i)));
}

char *world_text(const tensor *beside) {
  char *text;
  size_t n;
  FILE *to = open_memstream(&text, &n);
  for (const binding *b = s.bindings; b; b = binding_next(b)) {
    var *v = binding_var(b), *g = var_grad(v);
    const char *fn = var_grad_fn_name(v);
    fprintf(to, "%s-%llu %s ", binding_name(b), (unsigned long long)binding_generation(b), fn ? fn : "leaf");
    put(to, v);
    if (g) fputs(" grad ", to), put(to, g);
    if (world_identity) fprintf(to, " %p %p", (void *)v, (void *)g);
    fputc('\n', to);
  }
  size_t bytes = budget_used(&s.budget);
  if (beside && beside->storage) bytes -= sizeof(storage) + beside->storage->nbytes;
  fprintf(to, "%zu nodes, %zu bytes, random %llu, next name %llu\n", s.ag.nodes, bytes,
          (unsigned long long)s.ag.rng.counter, (unsigned long long)s.next_name);
  fclose(to);
  return text;
}

// Runs what must fail, and looks whether all is as before.
err refused(command c) {
  char *before = world_text(&c.data);
  bool ok = run(c);
  err e = failure();
  cr_assert(!ok);
  char *after = world_text(NULL);
  cr_assert_str_eq(after, before);
  free(before);
  free(after);
  return e;
}

tensor data_of(dtype t, int64_t n, double from) {
  tensor fresh;
  cr_assert(tensor_new_sizes(&s.ag.ctx, &fresh, t, 1, &n));
  cr_assert(tensor_fill(&s.ag.ctx, &fresh, scalar_float(from)));
  return fresh;
}
