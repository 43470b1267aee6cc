#include "autograd/ops.h"
#include "autograd/view.h"
#include "base/mem.h"
#include <string.h>

size_t node_bytes(unsigned n_edges, unsigned n_saved, unsigned n_out, size_t attr_size) {
  return sizeof(node) + n_edges * (sizeof(node *) + sizeof(uint16_t)) + n_saved * sizeof(saved) +
         (n_out ? n_out - 1 : 0) * sizeof(output_meta) + attr_size;
}

node *node_new(autograd *a, unsigned op, unsigned n_edges, unsigned n_saved, unsigned n_out, size_t attr_size,
               uint64_t cost) {
  attr_size = (attr_size + 7) & ~(size_t)7;
  size_t bytes = node_bytes(n_edges, n_saved, n_out, attr_size);
  if (n_edges > UINT16_MAX || n_out > UINT16_MAX || n_saved > UINT16_MAX) {
    fail(&a->ctx.fault, ERR_quota_exceeded, "an op of more than %d inputs or results is not supported",
         UINT16_MAX);
    return NULL;
  }
  if (a->nodes >= a->max_nodes) {
    fail(&a->ctx.fault, ERR_quota_exceeded, "the graph has %zu nodes, the limit of the session", a->nodes);
    return NULL;
  }
  if (!budget_charge(a->ctx.budget, bytes, &a->ctx.fault)) return NULL;
  node *n = mem_zalloc(bytes);
  if (!n) {
    budget_release(a->ctx.budget, bytes);
    fail(&a->ctx.fault, ERR_out_of_memory, "no memory for a node of the graph");
    return NULL;
  }
  n->refs = 1;
  n->op = (uint16_t)op;
  n->n_out = (uint16_t)n_out;
  n->n_edges = (uint16_t)n_edges;
  n->n_saved = (uint16_t)n_saved;
  n->attr_size = (uint16_t)attr_size;
  n->cost = cost > UINT32_MAX ? UINT32_MAX : (uint32_t)cost;
  a->nodes++;
  a->graph_cost += n->cost;
  return n;
}

void node_set_output(node *n, unsigned nr, layout *l, dtype t) {
  if (nr == 0)
    n->out_layout = layout_ref(l), n->out_dtype = (uint8_t)t;
  else
    node_more_outputs(n)[nr - 1] = (output_meta){layout_ref(l), t};
}

output_meta node_output(node *n, unsigned nr) {
  return nr == 0 ? (output_meta){n->out_layout, (dtype)n->out_dtype} : node_more_outputs(n)[nr - 1];
}

void node_save(node *n, unsigned i, const tensor *t, bool is_output, unsigned slot) {
  node_saved(n)[i] = (saved){.storage = storage_ref(t->storage),
                             .layout = layout_ref(t->layout),
                             .offset = t->offset,
                             .version = t->storage->version,
                             .dtype = t->dtype,
                             .is_output = is_output,
                             .slot = (uint16_t)slot};
}

void node_release_saved(node *n) {
  saved *s = node_saved(n);
  for (unsigned i = 0; i < n->n_saved; i++) {
    if (s[i].storage) {
      storage_unref(s[i].storage);
      s[i].storage = NULL;
      n->flags |= NODE_freed;
    } else if (n->refs)
      continue; // sizes alone stay as long as the node: without data it may run again
    layout_unref(s[i].layout);
    s[i].layout = NULL;
  }
  node *inner = n->op == OP_copy_slices ? copy_slices_inner(n) : NULL;
  if (inner) {
    node_release_saved(inner);
    n->flags |= inner->flags & NODE_freed;
  }
}

const char *node_name(const node *n) { return OPS[n->op].grad_name; }
