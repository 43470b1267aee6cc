// tensors.c - tensors as resources: S/tensors, T and T/data.
#include "http/address.h"
#include "http/answer.h"
#include "http/body.h"
#include "http/handlers.h"
#include "http/page_options.h"
#include "session/page.h"
#include "wire/control.h"
#include <string.h>

static const char *const READ_PARAMS[] = {"as", "data", "slice", NULL};
static const char *const WRITE_PARAMS[] = {"as", "return", "requires_grad", "dtype", "shape", NULL};
static const char *const PLAIN_PARAMS[] = {"as", "return", NULL};
static const char *const NO_PARAMS[] = {"as", NULL};

static bool known(call *c, const char *const params[]) {
  return request_params_known(c->request, params, &c->ctx.fault);
}

outcome tensor_get(call *c) {
  if (!CALL_OFFER(c, TENSOR_OFFERS) || !known(c, READ_PARAMS)) return DONE;
  binding *b = address_find(c);
  value name = address_name(c);
  return b ? answer_read(c, &name, false, binding_var(b)) : DONE;
}

// Runs the command that was decoded (ok), answers with the tensor that it made, and cleans up.
static outcome run(call *c, command *cmd, struct answer_plan *plan, decoder *d, bool ok) {
  session *s = call_session(c);
  command_result r = {0};
  cmd->ready = answer_ready;
  cmd->ready_arg = plan;
  ok = ok && command_run(s, cmd, &r);
  if (ok) answer_tensor(c, r.new_name ? 201 : 200, &r.names[0], false, r.vars[0], plan->data, plan->nothing);
  bool hop = cmd->too_long || plan->hop;
  command_finish(cmd);
  command_result_finish(s, &r);
  decoder_finish(d);
  return hop ? HOP : DONE;
}

// Binds what the body says to a name and answers.
static outcome put(call *c, const value *name, body_type type) {
  decoder d;
  command cmd;
  enum document_data data;
  bool nothing;
  if (!answer_wants(c, true, &data, &nothing)) return DONE;
  struct answer_plan plan = {c, data, nothing, false};
  bool ok = body_tensor(c, &d, type, NULL, &cmd);
  cmd.name = *name;
  return run(c, &cmd, &plan, &d, ok);
}

outcome tensor_put(call *c) {
  body_type type;
  value name = address_name(c);
  if (!CALL_OFFER(c, TENSOR_OFFERS) || !known(c, WRITE_PARAMS) || !body_type_of(c, BODY_TENSORS, &type))
    return DONE;
  binding *b = session_find(call_session(c), name.text, name.n);
  if (body_reads_long(c) || (b && call_frees_long(c))) return HOP;
  return put(c, &name, type);
}

outcome tensors_post(call *c) {
  decoder d;
  fields f;
  command cmd = {.allowed_ns = call_allowed_ns(c)};
  enum document_data data;
  bool nothing;
  if (!CALL_OFFER(c, TENSOR_OFFERS) || !known(c, PLAIN_PARAMS) || !answer_wants(c, true, &data, &nothing))
    return DONE;
  if (body_reads_long(c)) return HOP;
  struct answer_plan plan = {c, data, nothing, false};
  bool ok = body_fields(c, &d, false, TENSOR_FIELDS | HAS(name), &f);
  if (ok && f.present & HAS(name)) {
    json_str given;
    ok = json_read_string(&f.at[FIELD_name], "name", &given);
    if (ok) cmd.name = value_text(given.text, given.n);
  }
  ok = ok && decode_tensor(&d, &f, &cmd);
  return run(c, &cmd, &plan, &d, ok);
}

outcome tensor_patch(call *c) {
  session *s = call_session(c);
  tensor_options o;
  body_type type;
  enum document_data data;
  bool nothing;
  if (!CALL_OFFER(c, TENSOR_OFFERS) || !known(c, PLAIN_PARAMS) || !answer_wants(c, true, &data, &nothing) ||
      !body_type_of(c, 1u << BODY_json, &type))
    return DONE;
  binding *b = address_find(c);
  if (!b ||
      !tensor_options_read(c->request->body ? c->request->body : "", c->request->body_len, &o, &c->ctx.fault))
    return DONE;
  var *v = binding_var(b);
  value name = address_name(c);
  uint8_t flags = v->flags;
  if (answer_is_long(c, &v->t, data, nothing)) return HOP;
  if (!answer_room(c, &v->t, data, nothing)) return DONE;
  if (o.has_requires_grad && !var_set_requires_grad(&s->ag, v, o.requires_grad)) return DONE;
  if (o.retain_grad && !var_retain_grad(&s->ag, v)) return v->flags = flags, DONE;
  return answer_tensor(c, 200, &name, false, v, data, nothing);
}

outcome tensor_delete(call *c) {
  value name = address_name(c);
  if (!known(c, NO_PARAMS) || !address_find(c)) return DONE;
  if (call_frees_long(c)) return HOP;
  session_unbind(call_session(c), name.text, name.n);
  c->reply->status = 204;
  return DONE;
}

outcome data_put(call *c) {
  decoder d;
  command cmd;
  body_type type;
  enum document_data data;
  bool nothing;
  if (!CALL_OFFER(c, TENSOR_OFFERS) || !known(c, PLAIN_PARAMS) || !answer_wants(c, true, &data, &nothing) ||
      !body_type_of(c, BODY_TENSORS, &type))
    return DONE;
  binding *b = address_find(c);
  if (!b) return DONE;
  var *v = binding_var(b);
  if (body_reads_long(c) || answer_is_long(c, &v->t, data, nothing)) return HOP;
  value name = address_name(c);
  bool ok = body_tensor(c, &d, type, v, &cmd) && answer_room(c, &v->t, data, nothing) &&
            command_write_data(call_session(c), v, &cmd.data);
  command_finish(&cmd);
  decoder_finish(&d);
  return ok ? answer_tensor(c, 200, &name, false, v, data, nothing) : DONE;
}

outcome data_patch(call *c) {
  decoder d;
  fields f;
  value index, number;
  enum document_data data;
  bool nothing;
  if (!CALL_OFFER(c, TENSOR_OFFERS) || !known(c, PLAIN_PARAMS) || !answer_wants(c, true, &data, &nothing))
    return DONE;
  binding *b = address_find(c);
  if (!b) return DONE;
  var *v = binding_var(b);
  bool slow = call_long(c, (double)v->t.layout->numel * 0.001); // all of it may be written
  if (slow || body_reads_long(c) || answer_is_long(c, &v->t, data, nothing)) return HOP;
  value name = address_name(c);
  bool ok = body_fields(c, &d, false, HAS(index) | HAS(value), &f);
  if (ok && f.present != (HAS(index) | HAS(value)))
    ok = fail(&c->ctx.fault, ERR_bad_argument, "the body must have index and value");
  ok = ok && decode_value(&f.at[FIELD_index], &index) && decode_value(&f.at[FIELD_value], &number) &&
       answer_room(c, &v->t, data, nothing) && command_patch_data(call_session(c), v, &index, &number);
  decoder_finish(&d);
  return ok ? answer_tensor(c, 200, &name, false, v, data, nothing) : DONE;
}

static const char *name_of_binding(const void *b) { return binding_name(b); }

outcome tensors_get(call *c) {
  static const char *const PARAMS[] = {"prefix", "limit", "cursor", "as", NULL};
  page_options o;
  session *s = call_session(c);
  binding *found[PAGE_MOST + 1]; // one more than are shown tells that there are more
  if (!CALL_OFFER(c, AS_json) || !known(c, PARAMS) || !page_options_read(c->request, &o, &c->ctx.fault))
    return DONE;
  if (call_long(c, (double)s->n_bindings * 0.1)) return HOP;
  page p = {.at = (void **)found,
            .most = (size_t)o.limit + 1,
            .name_of = name_of_binding,
            .prefix = o.prefix,
            .after = o.cursor};
  for (binding *b = s->bindings; b; b = binding_next(b)) page_offer(&p, b);
  page_sort(&p);
  json_writer w = {.out = &c->reply->body};
  size_t n = p.n < p.most ? p.n : p.most - 1;
  call_answer(c, 200);
  json_begin_object(&w);
  json_add_key(&w, "tensors");
  json_begin_array(&w);
  for (size_t i = 0; i < n; i++) {
    value name = value_text(binding_name(found[i]), strlen(binding_name(found[i])));
    document_tensor(&w, &name, binding_var(found[i]), DATA_none);
  }
  json_end_array(&w);
  json_add_key(&w, "next");
  if (p.n > n)
    json_add_text(&w, binding_name(found[n - 1]));
  else
    json_add_null(&w);
  json_end_object(&w);
  return DONE;
}
