// apply.c - running a row: compute, then record.
#include "autograd/observer.h"
#include "autograd/pointwise.h"
#include "autograd/view.h"
#include "base/mem.h"
#include <string.h>

bool call_outputs(op_call *k, unsigned n) {
  k->out = mem_zalloc(n * sizeof *k->out);
  if (!k->out && n) return fail(&k->a->ctx.fault, ERR_out_of_memory, "no memory for the results of an op");
  k->n_out = n;
  return true;
}

static bool complete(autograd *a, const struct op *o, var *const *in, unsigned n_in) {
  if (autograd_failed(a)) return false;
  for (unsigned i = 0; i < n_in; i++) {
    if (in[i] || (!o->list && o->optional_mask >> i & 1)) continue;
    return fail(&a->ctx.fault, ERR_internal, "%s: a required argument is missing", o->name);
  }
  return true;
}

// Which inputs take gradient: in a mask for the rows with fixed inputs, any bit for a list.
static uint32_t wanted_inputs(const autograd *a, const struct op *o, var *const *in, unsigned n_in) {
  uint32_t wanted = 0;
  if (!a->grad_mode || !o->grad_mask) return 0;
  for (unsigned i = 0; i < n_in; i++)
    if (in[i] && (o->list || o->grad_mask >> i & 1) && var_requires_grad(in[i]))
      wanted |= 1u << (o->list ? 0 : i);
  return wanted;
}

// ---- recording

static unsigned count_saved(uint32_t uses, var *const *in, unsigned n_in) {
  unsigned n = !!(uses & USES_OUT) + !!(uses & USES_OUT1);
  if (uses & USES_LIST_SHAPES) return n + n_in;
  for (unsigned i = 0; i < n_in && i < INPUTS_MAX; i++)
    n += (in[i] && uses >> i & 1) + ((uses & USES_SHAPE(i)) != 0);
  return n;
}

static void save_shape(node *n, unsigned at, const tensor *t, unsigned slot) {
  node_saved(n)[at] = (saved){.layout = layout_ref(t->layout), .dtype = t->dtype, .slot = (uint16_t)slot};
}

// A node with its edges and saved inputs; the results are saved by save_outputs, when they exist.
// first: what to save in place of input 0 (an in-place op saves a copy from before the write), or NULL.
static node *record(autograd *a, unsigned op, var *const *in, unsigned n_in, const void *attrs,
                    unsigned n_out, uint32_t wanted, const tensor *first) {
  const struct op *o = &OPS[op];
  uint32_t uses = OP_USES[op](wanted);
  node *n =
      node_new(a, op, n_in, count_saved(uses, in, n_in), n_out, o->attr_size, op_cost(op, in, n_in, attrs));
  if (!n) return NULL;
  node **edges = node_edges(n);
  uint16_t *nrs = node_edge_nrs(n);
  memcpy(node_attrs(n), attrs, o->attr_size);
  unsigned at = 0;
  for (unsigned i = 0; i < n_in; i++) {
    if (!in[i]) continue;
    if ((o->list || wanted >> i & 1) && !var_edge(a, in[i], &edges[i], &nrs[i])) {
      node_unref(a, n);
      return NULL;
    }
    if (uses & USES_LIST_SHAPES) save_shape(n, at++, &in[i]->t, i);
    if (o->list) continue;
    if (uses >> i & 1) node_save(n, at++, i == 0 && first ? first : &in[i]->t, false, i);
    if (uses & USES_SHAPE(i)) save_shape(n, at++, &in[i]->t, i);
  }
  node_is_newest(a, n); // newer than what finding its edges may have made
  return n;
}

static void save_outputs(node *n, const tensor *out, unsigned n_out, uint32_t wanted) {
  uint32_t uses = OP_USES[n->op](wanted);
  unsigned at = n->n_saved - !!(uses & USES_OUT) - !!(uses & USES_OUT1);
  if (uses & USES_OUT) node_save(n, at++, &out[0], true, 0);
  if (uses & USES_OUT1) node_save(n, at, &out[1], true, 1);
  for (unsigned i = 0; i < n_out; i++) node_set_output(n, i, out[i].layout, (dtype)out[i].dtype);
}

// ---- results

// Turns the tensors of a call into variables with their history; takes the tensors over.
static bool wrap(op_call *k, const struct op *o, node *n, var **out) {
  autograd *a = k->a;
  bool ok = true;
  for (unsigned i = 0; i < k->n_out; i++) {
    var *v = ok ? var_new(a, k->out[i]) : NULL;
    if (!ok) tensor_drop(&k->out[i]);
    if (v && n && dtype_is_float((dtype)v->t.dtype)) {
      v->grad_fn = node_ref(n);
      v->output_nr = (uint16_t)i;
    }
    ok = v && scope_own(a, v);
    if (ok && o->flags & ROW_view && o->grad_mask) ok = view_track(a, v, k->in[0], o->flags & ROW_many_views);
    if (ok) out[i] = v;
  }
  if (ok && o->requires_grad_at >= 0 && *((const bool *)k->attrs + o->requires_grad_at))
    ok = var_set_requires_grad(a, out[0], true);
  return ok;
}

static bool run_kernel(op_call *k) {
  if (OPS[k->op].flags & ROW_no_promote && !dtype_is_float((dtype)k->in[0]->t.dtype))
    return fail(&k->a->ctx.fault, ERR_dtype_mismatch, "\"%s\" not implemented for '%s'", OPS[k->op].name,
                DTYPE_ROWS[k->in[0]->t.dtype].word);
  return OP_POINTWISE[k->op].types ? pointwise_run(k) : OP_KERNELS[k->op](k);
}

static bool compute(op_call *k, const struct op *o, var **out, unsigned room, unsigned *n_out) {
  autograd *a = k->a;
  tensor fixed[OUTPUTS_MAX] = {{0}};
  node *n = NULL;
  uint32_t wanted = wanted_inputs(a, o, k->in, k->n_in);
  k->out = o->flags & ROW_multi ? NULL : fixed;
  k->n_out = o->n_out;
  bool ok = run_kernel(k);
  if (ok && k->n_out > room)
    ok = fail(&a->ctx.fault, ERR_quota_exceeded, "%s gives %u results, %u are allowed", o->name, k->n_out,
              room);
  if (ok && wanted && k->n_out && dtype_is_float((dtype)k->out[0].dtype)) {
    n = record(a, k->op, k->in, k->n_in, k->attrs, k->n_out, wanted, NULL);
    ok = n != NULL;
    if (ok) save_outputs(n, k->out, k->n_out, wanted);
  }
  if (ok) {
    *n_out = k->n_out;
    ok = wrap(k, o, n, out);
  } else
    for (unsigned i = 0; k->out && i < k->n_out; i++) tensor_drop(&k->out[i]);
  node_unref(a, n);
  if (k->out != fixed) mem_free(k->out);
  return ok;
}

static bool apply_kernel(op_call *k, const struct op *o, var **out, unsigned room, unsigned *n_out) {
  if (!observed(k->a->observer)) return compute(k, o, out, room, n_out);
  observer *watching = observer_aside(k->a);
  watching->op_begins(watching, k, false);
  bool ok = compute(k, o, out, room, n_out);
  watching->op_ends(watching, k, false, out, ok ? *n_out : 0, ok);
  k->a->observer = watching;
  return ok;
}

bool op_apply(autograd *a, unsigned op, var **in, unsigned n_in, const void *attrs, var **out, unsigned room,
              unsigned *n_out) {
  const struct op *o = &OPS[op];
  if (!complete(a, o, in, n_in)) return false;
  op_call k = {.a = a, .op = op, .in = in, .n_in = n_in, .attrs = attrs, .results = out, .room = room};
  if (o->flags & ROW_writes) {
    if (!op_apply_inplace(a, op, in, n_in, attrs)) return false;
    out[0] = in[0];
    *n_out = 1;
    return true;
  }
  if (!(o->flags & ROW_composite)) return apply_kernel(&k, o, out, room, n_out);
  size_t mark = scope_enter(a);
  var *v = OP_BODIES[op](&k);
  if (o->flags & ROW_multi) return v != NULL && (*n_out = k.n_results, true); // its results stay in the scope
  v = autograd_failed(a) ? scope_leave(a, mark, NULL) : scope_leave(a, mark, v);
  out[0] = v;
  *n_out = 1;
  return v != NULL;
}

// ---- in place

static bool castable(fault *f, dtype from, dtype to) {
  if (DTYPE_ROWS[from].kind <= DTYPE_ROWS[to].kind) return true;
  return fail(f, ERR_dtype_mismatch, "result type %s can't be cast to the desired output type %s",
              DTYPE_ROWS[from].word, DTYPE_ROWS[to].word);
}

// A write is begun only to be finished: half of one would be seen, for the target has a name.
static bool write_whole(op_call *k, const tensor *target, const tensor *result) {
  ctx *c = &k->a->ctx;
  const atomic_int *watched = c->stop;
  if (ctx_stopped(c)) return false;
  c->stop = NULL;
  bool ok = result ? tensor_copy(c, target, result) : OP_KERNELS[k->op](k);
  c->stop = watched;
  return ok;
}

static bool operands_apart(op_call *k, const tensor *target) {
  for (unsigned i = 1; OPS[k->op].flags & ROW_apart && i < k->n_in; i++)
    if (tensor_overlap(target, &k->in[i]->t) != OVERLAP_none) return overlap_refused(&k->a->ctx.fault);
  return true;
}

// Runs any kernel and copies its result into the target.
static bool kernel_into(op_call *k, const tensor *target) {
  tensor result[OUTPUTS_MAX] = {{0}};
  k->out = result;
  k->n_out = 1;
  fault *f = &k->a->ctx.fault;
  bool ok =
      operands_apart(k, target) && run_kernel(k) && castable(f, (dtype)result[0].dtype, (dtype)target->dtype);
  if (ok && !layout_same_dims(result[0].layout, target->layout))
    ok = fail(f, ERR_shape_mismatch, "output with shape %s doesn't match the broadcast shape %s",
              layout_text(target->layout), layout_text(result[0].layout));
  ok = ok && write_whole(k, target, &result[0]);
  tensor_drop(&result[0]);
  return ok;
}

static bool write(op_call *k, const tensor *target) {
  if (OPS[k->op].flags & ROW_writes) return k->out = NULL, write_whole(k, target, NULL);
  bool wrote = false;
  if (OP_POINTWISE[k->op].types && (!pointwise_into(k, target, &wrote) || wrote)) return wrote;
  return kernel_into(k, target);
}

static bool write_and_record(op_call *k, const struct op *o) {
  autograd *a = k->a;
  unsigned op = k->op, n_in = k->n_in;
  var **in = k->in, *v = in[0];
  const void *attrs = k->attrs;
  uint32_t wanted = dtype_is_float((dtype)v->t.dtype) ? wanted_inputs(a, o, in, n_in) : 0;
  if (!inplace_allowed(a, op, v, wanted != 0)) return false;
  rebase r = {0};
  tensor before = {0};
  bool ok = true;
  if (wanted) {
    if (OP_USES[op](wanted) & 1u) ok = tensor_clone(&a->ctx, &before, &v->t, (dtype)v->t.dtype);
    node *n = ok ? record(a, op, in, n_in, attrs, 1, wanted, before.storage ? &before : NULL) : NULL;
    ok = n && inplace_prepare(a, v, n, &r);
  }
  ok = ok && write(k, &v->t);
  if (ok) {
    storage_wrote(v->t.storage);
    if (r.n) {
      save_outputs(r.n, &v->t, 1, wanted);
      inplace_commit(a, v, &r);
    }
  } else if (r.n)
    inplace_abandon(a, &r);
  tensor_drop(&before);
  return ok;
}

bool op_apply_inplace(autograd *a, unsigned op, var **in, unsigned n_in, const void *attrs) {
  const struct op *o = &OPS[op];
  if (!complete(a, o, in, n_in)) return false;
  op_call k = {.a = a, .op = op, .in = in, .n_in = n_in, .attrs = attrs};
  if (o->flags & ROW_composite) return OP_BODIES[op](&k) != NULL; // made of ops that write
  if (!observed(a->observer)) return write_and_record(&k, o);
  observer *watching = observer_aside(a);
  watching->op_begins(watching, &k, true);
  bool ok = write_and_record(&k, o);
  watching->op_ends(watching, &k, true, in, ok, ok);
  a->observer = watching;
  return ok;
}
