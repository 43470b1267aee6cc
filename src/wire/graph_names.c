#include "wire/graph_names.h"
#include "base/mem.h"
#include <stdlib.h>

static int compare_order(const void *x, const void *y) {
  const graph_name *a = x, *b = y;
  return (a->order > b->order) - (a->order < b->order);
}

static int compare_variable(const void *x, const void *y) {
  uintptr_t a = (uintptr_t)((const graph_name *)x)->v, b = (uintptr_t)((const graph_name *)y)->v;
  return a != b ? (a > b) - (a < b) : compare_order(x, y);
}

bool graph_names_collect(session *s, graph *g) {
  size_t bytes, n = 0;
  if (!s->n_bindings) return true;
  if (size_mul(s->n_bindings, sizeof *g->names, &bytes)) g->names = mem_alloc(bytes);
  if (!g->names) return fail(session_fault(s), ERR_out_of_memory, "no memory for a picture of the graph");
  for (const binding *b = s->bindings; b; b = binding_next(b), n++)
    g->names[n] = (graph_name){.v = binding_var(b), .name = binding_name(b), .order = n};
  qsort(g->names, n, sizeof *g->names, compare_variable);
  for (size_t i = 0; i < n; i++)
    if (i == 0 || g->names[i].v != g->names[i - 1].v) g->names[g->n_names++] = g->names[i];
  qsort(g->names, g->n_names, sizeof *g->names, compare_order);
  return true;
}

// ---- by place: the storage, then the window of it

static int compare_storage(const storage *a, const storage *b) {
  return ((uintptr_t)a > (uintptr_t)b) - ((uintptr_t)a < (uintptr_t)b);
}

static int compare_window(int64_t a_offset, const layout *a, int64_t b_offset, const layout *b) {
  if (a_offset != b_offset) return a_offset < b_offset ? -1 : 1;
  if (a == b) return 0;
  if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
  for (int i = 0; i < 2 * a->rank; i++) // sizes, then strides
    if (a->dims[i] != b->dims[i]) return a->dims[i] < b->dims[i] ? -1 : 1;
  return 0;
}

static int compare_place(const void *x, const void *y) {
  const tensor *a = &((const graph_name *)x)->v->t, *b = &((const graph_name *)y)->v->t;
  int c = compare_storage(a->storage, b->storage);
  if (!c) c = compare_window(a->offset, a->layout, b->offset, b->layout);
  return c ? c : compare_order(x, y);
}

void graph_names_index(graph *g) {
  if (!g->n_names) return;
  qsort(g->names, g->n_names, sizeof *g->names, compare_place);
  for (size_t i = 0, end; i < g->n_names; i = end) {
    size_t first = i;
    for (end = i; end < g->n_names && g->names[end].v->t.storage == g->names[i].v->t.storage; end++)
      if (g->names[end].order < g->names[first].order) first = end;
    for (size_t k = i; k < end; k++) g->names[k].family = g->names[first].name;
  }
}

const char *graph_name_of(const graph *g, const saved *s) {
  size_t from = 0, to = g->n_names; // the first entry that does not stand before the place
  while (from < to) {
    size_t middle = from + (to - from) / 2;
    const tensor *t = &g->names[middle].v->t;
    int c = compare_storage(t->storage, s->storage);
    if (!c) c = compare_window(t->offset, t->layout, s->offset, s->layout);
    if (c < 0)
      from = middle + 1;
    else
      to = middle;
  }
  if (!g->n_names) return NULL;
  const graph_name *at = &g->names[from];
  if (from < g->n_names && at->v->t.storage == s->storage)
    return compare_window(at->v->t.offset, at->v->t.layout, s->offset, s->layout) ? at->family : at->name;
  // past the last window of the same storage
  return from && at[-1].v->t.storage == s->storage ? at[-1].family : NULL;
}
