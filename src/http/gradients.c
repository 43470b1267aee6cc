// gradients.c - backward, grad, zero_grad, and T/grad.
#include "http/answer.h"
#include "http/body.h"
#include "http/handlers.h"
#include <string.h>

static const char *const PLAIN_PARAMS[] = {"as", "data", "return", NULL};

static bool known(call *c) { return request_params_known(c->request, PLAIN_PARAMS, &c->ctx.fault); }

static value name_of(const call *c) { return value_text(c->arg[1], strlen(c->arg[1])); }

// Runs a backward or grad command and writes what `write` makes of its result. HOP when it is too long for
// here.
static outcome run(call *c, command *cmd, enum document_data shown,
                   void (*write)(call *, json_writer *, session *, const command_result *)) {
  session *s = call_session(c);
  command_result r;
  json_writer w = {.out = &c->reply->body};
  struct answer_plan plan = {c, shown, false};
  cmd->allowed_ns = call_allowed_ns(c);
  cmd->ready = answer_ready;
  cmd->ready_arg = &plan;
  bool ok = command_run(s, cmd, &r);
  if (ok) {
    s->ag.ctx.stop = NULL; // it is done, so it is answered
    call_answer(c, 200);
    write(c, &w, s, &r);
  }
  bool hop = r.too_long;
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
  value name = name_of(c);
  if (!CALL_OFFER(c, AS_json) || !known(c) || !return_ok(c)) return DONE;
  if (body_reads_long(c)) return HOP;
  outcome o = DONE;
  if (body_fields(c, &d, true, BACKWARD_FIELDS, &f) &&
      decode_backward(&d, &f, (values){&name, 1}, false, &cmd))
    o = run(c, &cmd, shown_of(c), write_backward);
  decoder_finish(&d);
  return o;
}

outcome session_backward(call *c) {
  decoder d;
  fields f;
  command cmd = {0};
  values roots;
  if (!CALL_OFFER(c, AS_json) || !known(c) || !return_ok(c)) return DONE;
  if (body_reads_long(c)) return HOP;
  outcome o = DONE;
  bool ok = body_fields(c, &d, false, BACKWARD_FIELDS | HAS(tensors), &f);
  if (ok && !(f.present & HAS(tensors)))
    ok = fail(&c->ctx.fault, ERR_bad_argument, "field 'tensors' is missing");
  if (ok && decode_values(&d, f.at[FIELD_tensors], &roots) && decode_backward(&d, &f, roots, true, &cmd))
    o = run(c, &cmd, shown_of(c), write_backward);
  decoder_finish(&d);
  return o;
}

static void write_grads(call *c, json_writer *w, session *s, const command_result *r) {
  (void)c;
  json_begin_object(w);
  json_add_key(w, "grads");
  json_begin_array(w);
  for (unsigned i = 0; i < r->n; i++)
    if (r->vars[i])
      document_tensor(w, s, &r->names[i], r->vars[i], DATA_all);
    else
      json_add_null(w);
  json_end_array(w);
  json_end_object(w);
}

outcome session_grad(call *c) {
  decoder d;
  fields f;
  command cmd = {0};
  if (!CALL_OFFER(c, AS_json) || !known(c)) return DONE;
  if (body_reads_long(c)) return HOP;
  outcome o = DONE;
  if (body_fields(c, &d, false, GRAD_FIELDS | HAS(outputs), &f) && decode_grad(&d, &f, &cmd))
    o = run(c, &cmd, DATA_all, write_grads);
  decoder_finish(&d);
  return o;
}

outcome session_zero_grad(call *c) {
  decoder d;
  fields f;
  command cmd = {.allowed_ns = UINT64_MAX};
  command_result r = {0};
  session *s = call_session(c);
  if (!known(c)) return DONE;
  if (body_reads_long(c)) return HOP;
  if (body_fields(c, &d, true, HAS(tensors) | HAS(set_to_none), &f) &&
      decode_zero_grad(&d, &f, FIELD_tensors, &cmd) && command_run(s, &cmd, &r))
    c->reply->status = 204;
  command_result_finish(s, &r);
  decoder_finish(&d);
  return DONE;
}

// ---- T/grad

static binding *find(call *c) {
  session *s = call_session(c);
  value name = name_of(c);
  binding *b = session_find(s, name.text, name.n);
  if (b) return b;
  if (!name_valid(name.text, name.n, true))
    fail(&c->ctx.fault, ERR_bad_name, "'%.80s' is not a tensor's name", name.text);
  else
    fail(&c->ctx.fault, ERR_tensor_unknown, "there is no tensor '%s' in session '%s'", name.text, s->name);
  return NULL;
}

outcome grad_get(call *c) {
  enum document_data data;
  bool nothing;
  char tag[ETAG];
  value name = name_of(c);
  if (!CALL_OFFER(c, TENSOR_OFFERS) || !known(c) || !answer_wants(c, false, &data, &nothing)) return DONE;
  binding *b = find(c);
  if (!b) return DONE;
  var *g = var_grad(binding_var(b));
  if (!g && c->as == AS_repr) {
    call_answer(c, 200);
    buffer_puts(&c->reply->body, "None\n");
    return DONE;
  }
  if (!g)
    return call_fail(c, ERR_no_grad, "%s.grad is None: no gradient has been accumulated for '%s'", name.text,
                     name.text);
  etag_write(tag, g, 0);
  if (etag_unchanged(c, tag)) {
    c->reply->status = 304;
    reply_header(c->reply, "ETag", "%s", tag);
    return DONE;
  }
  if (data == DATA_all && answer_is_long(c, g)) return HOP;
  return answer_tensor(c, 200, &name, ".grad", g, data, false);
}

// The conditions of the request speak of the gradient itself.
static bool allowed(call *c, var *v) {
  char tag[ETAG];
  var *g = var_grad(v);
  if (g) etag_write(tag, g, 0);
  return etag_allows(c, g ? tag : NULL);
}

outcome grad_put(call *c) {
  static const char *const PARAMS[] = {"as", "data", "return", "dtype", "shape", NULL};
  session *s = call_session(c);
  decoder d;
  command cmd;
  body_type type;
  enum document_data data;
  bool nothing;
  value name = name_of(c);
  if (!CALL_OFFER(c, TENSOR_OFFERS) || !request_params_known(c->request, PARAMS, &c->ctx.fault) ||
      !answer_wants(c, true, &data, &nothing) || !body_type_of(c, BODY_TENSORS, &type))
    return DONE;
  binding *b = find(c);
  if (!b || !allowed(c, binding_var(b))) return DONE;
  if (body_reads_long(c)) return HOP;
  var *v = binding_var(b);
  bool ok = body_tensor(c, &d, type, false, &cmd);
  if (ok && cmd.data.dtype != v->t.dtype && !dtype_is_float((dtype)cmd.data.dtype)) { // 1 means 1.0 here
    tensor cast;
    ok = tensor_clone(&s->ag.ctx, &cast, &cmd.data, (dtype)v->t.dtype);
    if (ok) tensor_drop(&cmd.data), cmd.data = cast;
  }
  ok = ok && answer_room(c, &v, 1, data, nothing) && command_set_grad(s, v, &cmd.data);
  command_finish(&cmd);
  decoder_finish(&d);
  return ok ? answer_tensor(c, 200, &name, ".grad", var_grad(v), data, nothing) : DONE;
}

outcome grad_delete(call *c) {
  binding *b = find(c);
  if (!b || !allowed(c, binding_var(b))) return DONE;
  command_set_grad(call_session(c), binding_var(b), NULL);
  c->reply->status = 204;
  return DONE;
}
