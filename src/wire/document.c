#include "wire/document.h"
#include "base/mem.h"
#include "wire/tensor_json.h"
#include <stdlib.h>
#include <string.h>

static void add_sizes(json_writer *w, const layout *l) {
  json_begin_array(w);
  for (int i = 0; i < l->rank; i++) json_add_i64(w, l->dims[i]);
  json_end_array(w);
}

static void add_name(json_writer *w, const value *name, const char *suffix) {
  json_add_key(w, "name");
  if (name->kind != VALUE_text) {
    json_add_null(w);
    return;
  }
  char text[NAME_MAX_BYTES + 16];
  size_t n = name->n < NAME_MAX_BYTES + 8 ? name->n : NAME_MAX_BYTES + 8;
  memcpy(text, name->text, n);
  memcpy(text + n, suffix, strlen(suffix));
  json_add_string(w, text, n + strlen(suffix));
}

bool document_shows(const tensor *t, enum document_data data) {
  if (data != DATA_small) return data == DATA_all;
  return t->layout->numel <= SMALL_DATA && tensor_json_empty_rows(t) <= SMALL_DATA;
}

static void tensor_members(json_writer *w, var *v, const tensor *t, enum document_data data) {
  const char *grad_fn = var_grad_fn_name(v);
  json_add_key(w, "dtype");
  json_add_text(w, DTYPE_ROWS[t->dtype].name);
  json_add_key(w, "shape");
  add_sizes(w, t->layout);
  json_add_key(w, "requires_grad");
  json_add_bool(w, var_requires_grad(v));
  json_add_key(w, "is_leaf");
  json_add_bool(w, !grad_fn);
  json_add_key(w, "grad_fn");
  json_add_text_or_null(w, grad_fn);
  json_add_key(w, "retains_grad");
  json_add_bool(w, var_retains_grad(v));
  json_add_key(w, "version");
  json_add_i64(w, var_version(v));
  json_add_key(w, "has_grad");
  json_add_bool(w, var_grad(v) != NULL);
  if (!document_shows(t, data)) return;
  json_add_key(w, "data");
  tensor_to_json(json_add_here(w), t);
}

void document_tensor(json_writer *w, const value *name, var *v, enum document_data data) {
  document_part(w, name, v, &v->t, data);
}

void document_part(json_writer *w, const value *name, var *v, const tensor *part, enum document_data data) {
  json_begin_object(w);
  add_name(w, name, "");
  tensor_members(w, v, part, data);
  json_end_object(w);
}

void document_grad(json_writer *w, const char *name, var *g, enum document_data data) {
  value text = value_text(name, strlen(name));
  json_begin_object(w);
  add_name(w, &text, ".grad");
  tensor_members(w, g, &g->t, data);
  json_end_object(w);
}

void document_session(json_writer *w, const session *s, int64_t expires_ms) {
  json_begin_object(w);
  json_add_key(w, "name");
  json_add_text(w, s->name);
  json_add_key(w, "tensors");
  json_add_i64(w, (int64_t)s->n_bindings);
  json_add_key(w, "nodes");
  json_add_i64(w, (int64_t)s->ag.nodes);
  json_add_key(w, "bytes");
  json_add_i64(w, (int64_t)budget_used(&s->budget));
  json_add_key(w, "ttl_s");
  json_add_f64(w, (double)s->ttl_ms / 1000);
  json_add_key(w, "expires_in_s");
  json_add_f64(w, (double)(expires_ms > 0 ? expires_ms : 0) / 1000);
  json_add_key(w, "seed");
  json_add_i64(w, (int64_t)s->ag.rng.seed);
  json_add_key(w, "dtype");
  json_add_text(w, DTYPE_ROWS[s->ag.default_dtype].name);
  json_add_key(w, "limits");
  json_begin_object(w);
  json_add_key(w, "nodes");
  json_add_i64(w, (int64_t)s->ag.max_nodes);
  json_add_key(w, "bytes");
  json_add_i64(w, (int64_t)s->budget.limit);
  json_add_key(w, "tensors");
  json_add_i64(w, (int64_t)s->max_bindings);
  json_end_object(w);
  json_end_object(w);
}

// The first name of a variable.
static const char *name_of(const session *s, const var *v) {
  for (const binding *b = s->bindings; b; b = binding_next(b))
    if (binding_var(b) == v) return binding_name(b);
  return NULL;
}

struct place {
  const var *v;
  size_t at;
};

static int by_address(const void *x, const void *y) {
  const var *a = ((const struct place *)x)->v, *b = ((const struct place *)y)->v;
  return (a > b) - (a < b);
}

// The names of n different variables, found in one walk over the bindings; to be freed. NULL: they are few
// enough to be looked for one by one, or there is no memory for more.
static const char **names_of(const session *s, var *const *vars, size_t n) {
  enum { WORTH = 10000 };
  if (n * s->n_bindings < WORTH) return NULL;
  const char **names = mem_zalloc(n * sizeof *names);
  struct place *places = mem_alloc(n * sizeof *places);
  if (!names || !places) {
    mem_free(names);
    mem_free(places);
    return NULL;
  }
  for (size_t i = 0; i < n; i++) places[i] = (struct place){vars[i], i};
  qsort(places, n, sizeof *places, by_address);
  for (const binding *b = s->bindings; b; b = binding_next(b)) {
    struct place key = {binding_var(b), 0}, *found = bsearch(&key, places, n, sizeof key, by_address);
    if (found && !names[found->at]) names[found->at] = binding_name(b);
  }
  mem_free(places);
  return names;
}

void document_backward(json_writer *w, session *s, const command_result *r, bool grad_values) {
  const backward_result *got = &r->received;
  const char **names = names_of(s, got->received, got->n_received);
  json_begin_object(w);
  json_add_key(w, "grads");
  json_begin_array(w);
  for (size_t i = 0; i < got->n_received; i++) {
    const char *name = names ? names[i] : name_of(s, got->received[i]);
    if (name) json_add_text(w, name); // a tensor that has lost its name cannot be asked for
  }
  json_end_array(w);
  json_add_key(w, "nodes");
  json_add_i64(w, (int64_t)got->nodes);
  if (grad_values) {
    json_add_key(w, "values");
    json_begin_object(w);
    for (size_t i = 0; i < got->n_received; i++) {
      const char *name = names ? names[i] : name_of(s, got->received[i]);
      if (!name || !var_grad(got->received[i])) continue;
      json_add_name(w, name, strlen(name));
      document_grad(w, name, var_grad(got->received[i]), DATA_all);
    }
    json_end_object(w);
  }
  json_end_object(w);
  mem_free(names);
}
