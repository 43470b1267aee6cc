// gradients.c - backward, grad, zero_grad, and T/grad.
#include "http/address.h"
#include "http/answer.h"
#include "http/body.h"
#include "http/handlers.h"
#include "wire/trace.h"
#include <string.h>

static const char *const RETURN_PARAMS[] = {"as", "return", NULL};
static const char *const BACKWARD_PARAMS[] = {"as", "return", "trace", NULL};
static const char *const GRAD_PARAMS[] = {"as", "trace", NULL};
static const char *const NO_PARAMS[] = {"as", NULL};

static bool known(call *c, const char *const params[]) {
  return request_params_known(c->request, params, &c->ctx.fault);
}

// "trace": true in the body, or ?trace=1.
static bool wants_trace(call *c, const fields *f, bool *traced) {
  json_cur at = f->at[FIELD_trace];
  *traced = false;
  if (f->present & HAS(trace) && !json_read_bool(&at, "trace", traced)) return false;
  return !request_param(c->request, "trace") || query_flag(c, "trace", traced);
}

// Runs a backward or grad command and writes what `write` makes of its result. HOP when it is too long for
// here, as a traced one always is.
static outcome run(call *c, command *cmd, bool traced, enum document_data shown,
                   void (*write)(call *, json_writer *, session *, const command_result *)) {
  session *s = call_session(c);
  command_result r;
  json_writer w = {.out = &c->reply->body};
  if (traced && c->may_hop) return HOP;
  trace *t = traced ? trace_open(s) : NULL;
  if (traced && !t) return DONE;
  struct answer_plan plan = {c, shown, false, false};
  cmd->allowed_ns = call_allowed_ns(c);
  cmd->ready = answer_ready;
  cmd->ready_arg = &plan;
  trace_attach(t);
  bool ok = command_run(s, cmd, &r);
  trace_detach(t);
  if (ok) {
    call_changed(c);
    call_answer(c, 200);
    write(c, &w, s, &r);
    if (t) trace_append(t, w.out);
  }
  trace_close(t);
  bool hop = r.too_long || plan.hop;
  command_result_finish(s, &r);
  return hop ? HOP : DONE;
}

static enum document_data shown_of(const call *c) {
  return request_param(c->request, "return") ? DATA_all : DATA_none;
}

static void write_backward(call *c, json_writer *w, session *s, const command_result *r) {
  const char *ret = request_param(c->request, "return");
  document_backward(w, s, r, ret && !strcmp(ret, "grads"));
}

static bool return_ok(call *c) {
  const char *ret = request_param(c->request, "return");
  return !ret || !strcmp(ret, "grads") ||
         fail(&c->ctx.fault, ERR_bad_argument, "return must be grads, not '%.40s'", ret);
}

outcome tensor_backward(call *c) {
  decoder d;
  fields f;
  command cmd = {0};
  value name = address_name(c);
  bool traced;
  if (!CALL_OFFER(c, AS_json) || !known(c, BACKWARD_PARAMS) || !return_ok(c)) return DONE;
  if (body_reads_long(c)) return HOP;
  outcome o = DONE;
  if (body_fields(c, &d, true, BACKWARD_FIELDS | HAS(trace), &f) && wants_trace(c, &f, &traced) &&
      decode_backward(&d, &f, (values){&name, 1}, false, &cmd))
    o = run(c, &cmd, traced, shown_of(c), write_backward);
  decoder_finish(&d);
  return o;
}

outcome session_backward(call *c) {
  decoder d;
  fields f;
  command cmd = {0};
  values roots;
  bool traced;
  if (!CALL_OFFER(c, AS_json) || !known(c, BACKWARD_PARAMS) || !return_ok(c)) return DONE;
  if (body_reads_long(c)) return HOP;
  outcome o = DONE;
  bool ok = body_fields(c, &d, false, BACKWARD_FIELDS | HAS(tensors) | HAS(trace), &f) &&
            wants_trace(c, &f, &traced);
  if (ok && !(f.present & HAS(tensors)))
    ok = fail(&c->ctx.fault, ERR_bad_argument, "field 'tensors' is missing");
  if (ok && decode_values(&d, f.at[FIELD_tensors], &roots) && decode_backward(&d, &f, roots, true, &cmd))
    o = run(c, &cmd, traced, shown_of(c), write_backward);
  decoder_finish(&d);
  return o;
}

static void write_grads(call *c, json_writer *w, session *s, const command_result *r) {
  (void)c, (void)s;
  json_begin_object(w);
  json_add_key(w, "grads");
  json_begin_array(w);
  for (unsigned i = 0; i < r->n; i++)
    if (r->vars[i])
      document_tensor(w, &r->names[i], r->vars[i], DATA_all);
    else
      json_add_null(w);
  json_end_array(w);
  json_end_object(w);
}

outcome session_grad(call *c) {
  decoder d;
  fields f;
  command cmd = {0};
  bool traced;
  if (!CALL_OFFER(c, AS_json) || !known(c, GRAD_PARAMS)) return DONE;
  if (body_reads_long(c)) return HOP;
  outcome o = DONE;
  if (body_fields(c, &d, false, GRAD_FIELDS | HAS(outputs) | HAS(trace), &f) && wants_trace(c, &f, &traced) &&
      decode_grad(&d, &f, &cmd))
    o = run(c, &cmd, traced, DATA_all, write_grads);
  decoder_finish(&d);
  return o;
}

outcome session_zero_grad(call *c) {
  decoder d;
  fields f;
  command cmd = {.allowed_ns = UINT64_MAX};
  command_result r = {0};
  session *s = call_session(c);
  if (!known(c, NO_PARAMS)) return DONE;
  if (body_reads_long(c) || call_frees_long(c)) return HOP;
  bool ok = body_fields(c, &d, true, HAS(tensors) | HAS(set_to_none), &f) &&
            decode_zero_grad(&d, &f, FIELD_tensors, &cmd);
  double us = (double)s->n_bindings * 0.05 + (cmd.set_to_none ? 0 : (double)budget_used(&s->budget) * 1e-4);
  bool hop = ok && call_long(c, us);
  if (ok && !hop && command_run(s, &cmd, &r)) {
    call_changed(c);
    c->reply->status = 204;
  }
  command_result_finish(s, &r);
  decoder_finish(&d);
  return hop ? HOP : DONE;
}

// ---- T/grad

outcome grad_get(call *c) {
  static const char *const PARAMS[] = {"as", "data", "slice", NULL};
  value name = address_name(c);
  if (!CALL_OFFER(c, TENSOR_OFFERS) || !known(c, PARAMS)) return DONE;
  binding *b = address_find(c);
  if (!b) return DONE;
  var *g = var_grad(binding_var(b));
  if (g) return answer_read(c, &name, true, g);
  if (c->as != AS_repr)
    return call_fail(c, ERR_no_grad, "%s.grad is None: no gradient has been accumulated for '%s'", name.text,
                     name.text);
  call_answer(c, 200);
  buffer_puts(&c->reply->body, "None\n");
  return DONE;
}

static bool is_null(const request *r) {
  enum { SHORT = 64 };
  json_pool pool = {0};
  fault quiet = {0};
  json_cur c;
  bool yes = r->body_len && r->body_len < SHORT && json_open(&c, r->body, r->body_len, &pool, &quiet) &&
             json_peek(&c) == JSON_null;
  json_pool_finish(&pool);
  return yes;
}

outcome grad_put(call *c) {
  session *s = call_session(c);
  decoder d;
  command cmd;
  body_type type;
  enum document_data data;
  bool nothing;
  value name = address_name(c);
  if (!CALL_OFFER(c, TENSOR_OFFERS) || !known(c, RETURN_PARAMS) || !answer_wants(c, true, &data, &nothing) ||
      !body_type_of(c, BODY_TENSORS, &type))
    return DONE;
  binding *b = address_find(c);
  if (!b) return DONE;
  if (type == BODY_json && is_null(c->request))
    return call_fail(c, ERR_bad_argument, "a gradient is a tensor; DELETE sets it to None");
  var *v = binding_var(b);
  if (body_reads_long(c) || answer_is_long(c, &v->t, data, nothing) || call_frees_long(c)) return HOP;
  bool ok = body_tensor(c, &d, type, v, &cmd);
  if (ok && cmd.data.dtype != v->t.dtype && !dtype_is_float((dtype)cmd.data.dtype)) { // 1 means 1.0 here
    tensor cast;
    ok = tensor_clone(&s->ag.ctx, &cast, &cmd.data, (dtype)v->t.dtype);
    if (ok) tensor_drop(&cmd.data), cmd.data = cast;
  }
  ok = ok && answer_room(c, &v->t, data, nothing) && command_set_grad(s, v, &cmd.data);
  command_finish(&cmd);
  decoder_finish(&d);
  return ok ? answer_tensor(c, 200, &name, true, var_grad(v), data, nothing) : DONE;
}

outcome grad_delete(call *c) {
  if (!known(c, NO_PARAMS)) return DONE;
  binding *b = address_find(c);
  if (!b) return DONE;
  if (call_frees_long(c)) return HOP;
  command_set_grad(call_session(c), binding_var(b), NULL);
  c->reply->status = 204;
  return DONE;
}
