#include "op_probes.h"
#include "autograd/op.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Ops that have no sample in the table: they make tensors, or write them.
static const struct {
  const char *id, *sample;
} MORE[] = {
    {"tensor", "[[1.5,2],[3,4]]"},
    {"zeros", "2 3"},
    {"ones", "2 3 requires_grad=true"},
    {"full", "[2,3] 1.5"},
    {"arange", "5"},
    {"arange_from", "1 5 2"},
    {"linspace", "0 1 5"},
    {"eye", "3"},
    {"rand", "2 3"},
    {"randn", "2 3"},
    {"rand_like", "f[2,3]"},
    {"randint", "5 [2,3]"},
    {"randint_from", "1 5 [2,3]"},
    {"randperm", "5"},
    {"normal", "0.5 2.0 [2,3]"},
    {"bernoulli", "f[2,3]"},
    {"manual_seed", "3"},
    {"randn_like", "f[2,3]"},
    {"zero_", "f[2,3]"},
    {"copy_", "f[2,3] f[3]"},
    {"detach_", "f[2,3]"},
    {"requires_grad_", "f[2,3]"},
};

struct text {
  FILE *to;
  char *bytes;
  size_t n;
};
static void text_open(struct text *t) {
  if (!(t->to = open_memstream(&t->bytes, &t->n))) die("no memory for a request");
}

// A call being written: its arguments as JSON, and the steps that make its tensors.
struct maker {
  struct text args, kwargs, setup;
  double value; // of floats: where the op is defined
  int tensors;
  bool any_arg, any_kwarg;
};

static const char *sample_of(const struct op *o) {
  for (size_t i = 0; i < sizeof MORE / sizeof *MORE; i++)
    if (!strcmp(MORE[i].id, o->id)) return MORE[i].sample;
  return *o->samples ? o->samples : NULL;
}

// f[2,3], c[2], i[3]<4, b[2]: floats are results of an op, so that they may be written and have a history.
static void put_tensor(struct maker *m, FILE *to, const char *spec) {
  int name = m->tensors++, shape = (int)strcspn(spec + 1, "]") + 1;
  FILE *setup = m->setup.to;
  fprintf(to, "\"a%d\"", name);
  if (name) fputc(',', setup);
  if (*spec != 'f' && *spec != 'c') {
    fprintf(setup, "{\"tensor\":\"a%d\",\"shape\":%.*s,\"fill\":\"ones\",\"dtype\":\"%s\"}", name, shape,
            spec + 1, *spec == 'i' ? "int64" : "bool");
    return;
  }
  fprintf(setup, "{\"tensor\":\"l%d\",\"shape\":%.*s,\"fill\":\"full\",\"value\":%g,\"requires_grad\":true},",
          name, shape, spec + 1, m->value);
  fprintf(setup, "{\"op\":\"clone\",\"args\":[\"l%d\"],\"out\":\"a%d\"}", name, name);
}

static bool is_tensor(const char *s) { return strchr("ficb", *s) && s[1] == '['; }

static void put_value(struct maker *m, FILE *to, const char *s, size_t n) {
  if (is_tensor(s))
    put_tensor(m, to, s);
  else if (*s == '(') { // (f[2],f[2])
    fputc('[', to);
    for (const char *at = s + 1; *at != ')'; at += strcspn(at, "]") + 1) {
      if (*at == ',') fputc(*at++, to);
      put_tensor(m, to, at);
    }
    fputc(']', to);
  } else if (strchr("-.0123456789[", *s) || !strncmp(s, "true", 4) || !strncmp(s, "false", 5) ||
             !strncmp(s, "null", 4))
    fprintf(to, "%.*s", (int)n, s);
  else
    fprintf(to, "\"%.*s\"", (int)n, s);
}

static void put_word(struct maker *m, const char *s, size_t n) {
  const char *is = *s == '(' || *s == '[' || is_tensor(s) ? NULL : memchr(s, '=', n);
  FILE *to = is ? m->kwargs.to : m->args.to;
  bool *any = is ? &m->any_kwarg : &m->any_arg;
  if (*any) fputc(',', to);
  *any = true;
  if (is) fprintf(to, "\"%.*s\":", (int)(is - s), s);
  put_value(m, to, is ? is + 1 : s, is ? n - (size_t)(is + 1 - s) : n);
}

// Words stand between blanks, but for those in brackets; a sample ends at ';'.
static void put_sample(struct maker *m, const char *s) {
  while (*s == ' ') s++;
  while (*s && *s != ';') {
    size_t n = 0;
    for (int depth = 0; s[n] && (depth || (s[n] != ' ' && s[n] != ';')); n++)
      depth += (s[n] == '[' || s[n] == '(') - (s[n] == ']' || s[n] == ')');
    put_word(m, s, n);
    for (s += n; *s == ' ';) s++;
  }
}

static void run_one(const struct op *o, bool inplace, const char *sample, void (*run)(const struct probe *)) {
  struct maker m = {.value = o->lo + .6 * (o->hi - o->lo)};
  char what[96], *body = NULL;
  text_open(&m.args);
  text_open(&m.kwargs);
  text_open(&m.setup);
  fputs("{\"steps\":[", m.setup.to);
  put_sample(&m, sample);
  fputs("]}", m.setup.to);
  fclose(m.args.to);
  fclose(m.kwargs.to);
  fclose(m.setup.to);
  snprintf(what, sizeof what, "%s%s %.*s", o->name, inplace ? "_" : "", (int)strcspn(sample, ";"), sample);
  if (asprintf(&body, "{\"op\":\"%s%s\",\"args\":[%s],\"kwargs\":{%s}}", o->name, inplace ? "_" : "",
               m.args.bytes, m.kwargs.bytes) < 0)
    die("no memory for a request");
  bool writes =
      inplace || o->flags & ROW_writes || (o->flags & ROW_multi && o->n_in == 0 && !o->list); // no result
  run(&(struct probe){
      what, {METHOD_POST, "/ops", body, "application/json", NULL}, writes ? 0 : CHARGES, m.setup.bytes});
  free(body);
  free(m.args.bytes);
  free(m.kwargs.bytes);
  free(m.setup.bytes);
}

void op_probes(void (*run)(const struct probe *)) {
  for (unsigned i = 0; i < OPS_COUNT; i++) {
    const struct op *o = &OPS[i];
    const char *sample = o->flags & ROW_internal ? NULL : sample_of(o);
    if (o->flags & ROW_internal) continue;
    if (!sample) die("%s has no sample", o->id);
    run_one(o, false, sample, run);
    if (o->flags & ROW_inplace) run_one(o, true, sample, run);
  }
}
