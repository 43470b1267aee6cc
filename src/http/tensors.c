// tensors.c - tensors as resources: S/tensors, T and T/data.
#include "http/address.h"
#include "http/answer.h"
#include "http/body.h"
#include "http/handlers.h"
#include "http/page_options.h"
#include "wire/control.h"
#include <string.h>

static const char *const READ_PARAMS[] = {"as", "data", "slice", NULL};
static const char *const WRITE_PARAMS[] = {"as", "data", "return", "requires_grad", "dtype", "shape", NULL};
static const char *const PLAIN_PARAMS[] = {"as", "data", "return", NULL};

static bool known(call *c, const char *const params[]) {
  return request_params_known(c->request, params, &c->ctx.fault);
}

outcome tensor_get(call *c) {
  if (!CALL_OFFER(c, TENSOR_OFFERS) || !known(c, READ_PARAMS)) return DONE;
  binding *b = address_find(c);
  value name = address_name(c);
  return b ? answer_read(c, &name, "", binding_var(b), binding_generation(b)) : DONE;
}

// Binds what the body says to a name and answers.
static outcome put(call *c, const value *name, body_type type) {
  session *s = call_session(c);
  decoder d;
  command cmd;
  command_result r = {0};
  enum document_data data;
  bool nothing;
  if (!answer_wants(c, true, &data, &nothing)) return DONE;
  struct answer_plan plan = {c, data, nothing, false};
  bool ok = body_tensor(c, &d, type, true, &cmd);
  cmd.name = *name;
  cmd.ready = answer_ready;
  cmd.ready_arg = &plan;
  ok = ok && command_run(s, &cmd, &r);
  if (ok) s->ag.ctx.stop = NULL; // it is done, so it is answered
  if (ok) answer_tensor(c, r.new_name ? 201 : 200, &r.names[0], "", r.vars[0], data, nothing);
  bool hop = cmd.too_long || plan.hop;
  command_finish(&cmd);
  command_result_finish(s, &r);
  decoder_finish(&d);
  return hop ? HOP : DONE;
}

outcome tensor_put(call *c) {
  body_type type;
  char tag[ETAG];
  value name = address_name(c);
  if (!CALL_OFFER(c, TENSOR_OFFERS) || !known(c, WRITE_PARAMS) || !body_type_of(c, BODY_TENSORS, &type))
    return DONE;
  binding *b = session_find(call_session(c), name.text, name.n);
  if (b) etag_write(tag, binding_var(b), binding_generation(b));
  if (!etag_allows(c, b ? tag : NULL)) return DONE;
  if (body_reads_long(c)) return HOP;
  return put(c, &name, type);
}

outcome tensors_post(call *c) {
  session *s = call_session(c);
  decoder d;
  fields f;
  command cmd = {.allowed_ns = call_allowed_ns(c)};
  command_result r = {0};
  enum document_data data;
  bool nothing;
  if (!CALL_OFFER(c, TENSOR_OFFERS) || !known(c, PLAIN_PARAMS) || !answer_wants(c, true, &data, &nothing))
    return DONE;
  if (body_reads_long(c)) return HOP;
  struct answer_plan plan = {c, data, nothing, false};
  cmd.ready = answer_ready;
  cmd.ready_arg = &plan;
  bool ok = body_fields(c, &d, false, TENSOR_FIELDS | HAS(name), &f);
  if (ok && f.present & HAS(name)) {
    json_str given;
    ok = json_read_string(&f.at[FIELD_name], "name", &given);
    if (ok) cmd.name = value_text(given.text, given.n);
  }
  ok = ok && decode_tensor(&d, &f, &cmd) && command_run(s, &cmd, &r);
  if (ok) s->ag.ctx.stop = NULL; // it is done, so it is answered
  if (ok) answer_tensor(c, 201, &r.names[0], "", r.vars[0], data, nothing);
  bool hop = cmd.too_long || plan.hop;
  command_finish(&cmd);
  command_result_finish(s, &r);
  decoder_finish(&d);
  return hop ? HOP : DONE;
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
  binding *b = address_find_for_write(c);
  if (!b ||
      !tensor_options_read(c->request->body ? c->request->body : "", c->request->body_len, &o, &c->ctx.fault))
    return DONE;
  var *v = binding_var(b);
  value name = address_name(c);
  uint8_t flags = v->flags;
  if (!answer_room(c, &v, 1, data, nothing)) return DONE;
  if (o.has_requires_grad && !var_set_requires_grad(&s->ag, v, o.requires_grad)) return DONE;
  if (o.retain_grad && !var_retain_grad(&s->ag, v)) return v->flags = flags, DONE;
  return answer_tensor(c, 200, &name, "", v, data, nothing);
}

outcome tensor_delete(call *c) {
  value name = address_name(c);
  if (!address_find_for_write(c)) return DONE;
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
  if (!CALL_OFFER(c, TENSOR_OFFERS) || !known(c, WRITE_PARAMS) || !answer_wants(c, true, &data, &nothing) ||
      !body_type_of(c, BODY_TENSORS, &type))
    return DONE;
  binding *b = address_find_for_write(c);
  if (!b) return DONE;
  if (body_reads_long(c)) return HOP;
  var *v = binding_var(b);
  value name = address_name(c);
  bool ok = body_tensor(c, &d, type, false, &cmd) && answer_room(c, &v, 1, data, nothing) &&
            command_write_data(call_session(c), v, &cmd.data);
  command_finish(&cmd);
  decoder_finish(&d);
  return ok ? answer_tensor(c, 200, &name, "", v, data, nothing) : DONE;
}

outcome data_patch(call *c) {
  decoder d;
  fields f;
  value index, number;
  enum document_data data;
  bool nothing;
  if (!CALL_OFFER(c, TENSOR_OFFERS) || !known(c, PLAIN_PARAMS) || !answer_wants(c, true, &data, &nothing))
    return DONE;
  binding *b = address_find_for_write(c);
  if (!b) return DONE;
  if (body_reads_long(c)) return HOP;
  var *v = binding_var(b);
  value name = address_name(c);
  bool ok = body_fields(c, &d, false, HAS(index) | HAS(value), &f);
  if (ok && f.present != (HAS(index) | HAS(value)))
    ok = fail(&c->ctx.fault, ERR_bad_argument, "the body must have index and value");
  ok = ok && decode_value(&f.at[FIELD_index], &index) && decode_value(&f.at[FIELD_value], &number) &&
       answer_room(c, &v, 1, data, nothing) && command_patch_data(call_session(c), v, &index, &number);
  decoder_finish(&d);
  return ok ? answer_tensor(c, 200, &name, "", v, data, nothing) : DONE;
}

outcome tensors_get(call *c) {
  static const char *const PARAMS[] = {"prefix", "limit", "cursor", "as", NULL};
  page_options page;
  session *s = call_session(c);
  if (!CALL_OFFER(c, AS_json) || !known(c, PARAMS) || !page_options_read(c->request, &page, &c->ctx.fault))
    return DONE;
  if (call_long(c, (double)s->n_bindings * 0.5)) return HOP;
  json_writer w = {.out = &c->reply->body};
  const binding *b = s->bindings, *last = NULL;
  if (*page.cursor)
    b = session_find(s, page.cursor, strlen(page.cursor))
            ? binding_next(session_find(s, page.cursor, strlen(page.cursor)))
            : NULL;
  call_answer(c, 200);
  json_begin_object(&w);
  json_add_key(&w, "tensors");
  json_begin_array(&w);
  for (int64_t left = page.limit; b && left > 0; b = binding_next(b)) {
    value name = value_text(binding_name(b), strlen(binding_name(b)));
    last = b;
    if (strncmp(name.text, page.prefix, strlen(page.prefix))) continue;
    document_tensor(&w, s, &name, binding_var(b), DATA_none);
    left--;
  }
  json_end_array(&w);
  json_add_key(&w, "next");
  if (b && last)
    json_add_text(&w, binding_name(last));
  else
    json_add_null(&w);
  json_end_object(&w);
  return DONE;
}
