#include "http/answer.h"
#include "wire/npy.h"
#include "wire/raw.h"
#include "wire/repr.h"
#include "wire/text.h"
#include <string.h>

bool answer_is_long(const call *c, const var *v) {
  double each = c->as == AS_npy || c->as == AS_raw ? 0.001 : 0.06; // µs a number
  return call_long(c, (double)v->t.layout->numel * each);
}

bool answer_wants(call *c, bool write, enum document_data *data, bool *nothing) {
  const char *some = request_param(c->request, "data"), *ret = request_param(c->request, "return");
  *nothing = false;
  *data = write ? DATA_small : DATA_all;
  if (some && strcmp(some, "none") && strcmp(some, "all"))
    return fail(&c->ctx.fault, ERR_bad_argument, "data must be none or all, not '%.40s'", some);
  if (some) *data = strcmp(some, "none") ? DATA_all : DATA_none;
  if (!ret) return true;
  if (!strcmp(ret, "data"))
    *data = DATA_all;
  else if (!strcmp(ret, "meta"))
    *data = DATA_none;
  else if (!strcmp(ret, "none"))
    *nothing = true;
  else
    return fail(&c->ctx.fault, ERR_bad_argument, "return must be data, meta or none, not '%.40s'", ret);
  return true;
}

static void headers(call *c, int status, const value *name, const char *suffix, var *v, const tensor *t) {
  char tag[ETAG], shape[RANK_MAX * 21 + 1] = "";
  session *s = call_session(c);
  binding *b = name->kind == VALUE_text ? session_find(s, name->text, name->n) : NULL;
  etag_write(tag, v, b && !*suffix ? binding_generation(b) : 0);
  reply_header(c->reply, "ETag", "%s", tag);
  if (status == 201 && name->kind == VALUE_text)
    reply_header(c->reply, "Location", "/v1/sessions/%s/tensors/%.*s%s", s->name, (int)name->n, name->text,
                 *suffix ? "/grad" : "");
  if (c->as == AS_json) return;
  for (int i = 0, n = 0; i < t->layout->rank; i++)
    n += snprintf(shape + n, sizeof shape - (size_t)n, "%s%lld", i ? "," : "", (long long)t->layout->dims[i]);
  reply_header(c->reply, "Tensor-Shape", "%s", shape);
  reply_header(c->reply, "Tensor-Dtype", "%s", DTYPE_ROWS[t->dtype].name);
  reply_header(c->reply, "Tensor-Version", "%u", var_version(v));
  reply_header(c->reply, "Tensor-Requires-Grad", "%s", var_requires_grad(v) ? "true" : "false");
}

static outcome answer(call *c, int status, const value *name, const char *suffix, var *v, const tensor *t,
                      enum document_data data, bool nothing) {
  session *s = call_session(c);
  buffer *out = &c->reply->body;
  json_writer w = {.out = out};
  char owner[NAME_MAX_BYTES + 1];
  call_answer(c, status);
  headers(c, status, name, suffix, v, t);
  if (nothing) return DONE;
  switch (c->as) {
  case AS_txt: text_write(out, t, ' '); break;
  case AS_csv: text_write(out, t, ','); break;
  case AS_npy: npy_write(out, t); break;
  case AS_raw: raw_write(out, t); break;
  case AS_repr:
    repr_write(out, t, var_requires_grad(v), var_grad_fn_name(&s->ag, v), s->ag.default_dtype);
    buffer_putc(out, '\n');
    break;
  default:
    if (!*suffix)
      document_part(&w, s, name, v, t, data);
    else {
      snprintf(owner, sizeof owner, "%.*s", (int)name->n, name->text);
      document_grad(&w, s, owner, v, data);
    }
  }
  return DONE;
}

outcome answer_tensor(call *c, int status, const value *name, const char *suffix, var *v,
                      enum document_data data, bool nothing) {
  return answer(c, status, name, suffix, v, &v->t, data, nothing);
}

outcome answer_part(call *c, const value *name, var *v, const tensor *part, enum document_data data) {
  return answer(c, 200, name, "", v, part, data, false);
}
