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

enum { MEMBERS = 1024 }; // all of a tensor's document but its data

// How many bytes the elements of a tensor take at most.
static double most_bytes(representation as, const tensor *t) {
  static const int widths[DT_COUNT] = {[DT_bool] = 6, [DT_int64] = 22, [DT_float32] = 17, [DT_float64] = 26};
  const layout *l = t->layout;
  double n = (double)l->numel, rows = 1, shown = 1;
  for (int i = 0; i < l->rank; i++) {
    if (i + 1 < l->rank) rows *= (double)(l->dims[i] ? l->dims[i] : 1);
    shown *= (double)(l->dims[i] < 7 ? l->dims[i] : 7); // a summary shows three at both ends
  }
  if (as == AS_npy || as == AS_raw) return n * (double)dtype_size((dtype)t->dtype);
  if (as == AS_repr) return (n <= 1000 ? n : shown) * 128;
  return n * widths[t->dtype] + rows * (2 * l->rank + 2);
}

bool answer_room(call *c, var *const *vars, size_t n, enum document_data data, bool nothing) {
  fault *f = session_fault(call_session(c));
  buffer *body = &c->reply->body;
  double need = SHORT_ANSWER;
  for (size_t i = 0; i < n && !nothing; i++) {
    const tensor *t = vars[i] ? &vars[i]->t : NULL;
    bool plain = n == 1 && c->as != AS_json; // has no place for a document without data
    bool whole = data == DATA_all || (data == DATA_small && t && t->layout->numel <= SMALL_DATA);
    need += MEMBERS;
    if (t && (plain || whole)) need += most_bytes(plain ? c->as : AS_json, t);
  }
  if (need > (double)body->limit)
    return fail(f, ERR_quota_exceeded,
                "the answer could be larger than %zu bytes: ask for return=meta, and then for a part of it", body->limit);
  return buffer_reserve(body, (size_t)need) || fail(f, ERR_out_of_memory, "there is no memory for the answer");
}

bool answer_ready(void *plan, var *const *vars, size_t n) {
  struct answer_plan *p = plan;
  return answer_room(p->call, vars, n, p->data, p->nothing);
}

static void headers(call *c, int status, const value *name, const char *suffix, var *v, const tensor *t) {
  char tag[ETAG], shape[RANK_MAX * 21 + 1] = "";
  session *s = call_session(c);
  binding *b = name->kind == VALUE_text ? session_find(s, name->text, name->n) : NULL;
  etag_write(tag, v, b && !*suffix ? binding_generation(b) : 0);
  reply_header_text(c->reply, "ETag", tag);
  if (status == 201 && name->kind == VALUE_text && !*suffix)
    reply_location(c->reply, s->name, name->text, name->n);
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
