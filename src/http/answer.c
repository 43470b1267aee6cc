#include "http/answer.h"
#include "tensor/repr.h"
#include "wire/npy.h"
#include "wire/raw.h"
#include "wire/tensor_json.h"
#include "wire/text.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

bool answer_wants(call *c, bool write, enum document_data *data, bool *nothing) {
  const char *some = request_param(c->request, "data"), *ret = request_param(c->request, "return");
  *nothing = false;
  *data = write ? DATA_small : DATA_all;
  if (some && strcmp(some, "none"))
    return fail(&c->ctx.fault, ERR_bad_argument, "data can be none, not '%.40s'", some);
  if (some) *data = DATA_none;
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
  if (as == AS_json && tensor_json_empty_rows(t) > EMPTY_ROWS_MAX) return (double)INFINITY;
  return n * widths[t->dtype] + rows * (2 * l->rank + 2);
}

// How many bytes of elements the answer has for t, the only one or one of several.
static double shown_bytes(const call *c, const tensor *t, bool only, enum document_data data, bool nothing) {
  bool plain = only && c->as != AS_json; // has no place for a document without data
  return !nothing && (plain || document_shows(t, data)) ? most_bytes(plain ? c->as : AS_json, t) : 0;
}

// Numbers are made at about 200 MB/s, bytes are copied at 5 GB/s.
static bool writes_long(const call *c, double bytes) {
  return call_long(c, bytes * (c->as == AS_npy || c->as == AS_raw ? 0.0002 : 0.005));
}

bool answer_is_long(const call *c, const tensor *t, enum document_data data, bool nothing) {
  return writes_long(c, shown_bytes(c, t, true, data, nothing));
}

// Whether an answer with all of t could fit at all: an element is a digit and what stands behind it at least.
static bool fits(call *c, const tensor *t, enum document_data data) {
  bool bytes = c->as == AS_npy || c->as == AS_raw;
  double least = (double)t->layout->numel * (bytes ? (double)dtype_size((dtype)t->dtype) : 2);
  if (c->as == AS_repr || (c->as == AS_json && !document_shows(t, data))) return true;
  return least - 1 <= (double)c->reply->body.limit ||
         fail(&c->ctx.fault, ERR_quota_exceeded,
              "the answer would be larger than %zu bytes: ask for a part of it", c->reply->body.limit);
}

static bool make_room(call *c, double need) {
  fault *f = session_fault(call_session(c));
  buffer *body = &c->reply->body;
  if (need > (double)body->limit)
    return fail(f, ERR_quota_exceeded,
                "the answer could be larger than %zu bytes: ask for return=meta, and then for a part of it",
                body->limit);
  return buffer_reserve(body, (size_t)need) || fail(f, body->over_budget ? ERR_overloaded : ERR_out_of_memory,
                                                    "there is no memory left for the answer");
}

bool answer_room(call *c, const tensor *t, enum document_data data, bool nothing) {
  return make_room(c, SHORT_ANSWER + MEMBERS + shown_bytes(c, t, true, data, nothing));
}

bool answer_ready(void *plan, var *const *vars, size_t n) {
  struct answer_plan *p = plan;
  call *c = p->call;
  double elements = 0;
  if (n != 1 && c->as != AS_json && !CALL_OFFER(c, AS_json)) return false; // the others hold one tensor
  for (size_t i = 0; i < n; i++)
    if (vars[i]) elements += shown_bytes(c, &vars[i]->t, n == 1, p->data, p->nothing);
  if (writes_long(c, elements)) return !(p->hop = true);
  return make_room(c, SHORT_ANSWER + (double)n * MEMBERS + elements);
}

// ---- answers

// What tells the tensors apart that NAME, or NAME.grad, was in turn.
static uint64_t generation_of(call *c, const value *name, bool grad) {
  binding *b = name->kind == VALUE_text ? session_find(call_session(c), name->text, name->n) : NULL;
  if (!b) return 0;
  return grad ? etag_generation_of_grad(binding_var(b)) : binding_generation(b);
}

static void headers(call *c, int status, const value *name, bool grad, var *v, const tensor *t) {
  char tag[ETAG], shape[RANK_MAX * 21 + 1] = "";
  etag_write(tag, c->session, v, generation_of(c, name, grad));
  reply_header_text(c->reply, "ETag", tag);
  if (status == 201 && name->kind == VALUE_text && !grad)
    reply_location(c->reply, call_session(c)->name, name->text, name->n);
  if (c->as == AS_json) return;
  for (int i = 0, n = 0; i < t->layout->rank; i++)
    n += snprintf(shape + n, sizeof shape - (size_t)n, "%s%lld", i ? "," : "", (long long)t->layout->dims[i]);
  reply_header(c->reply, "Tensor-Shape", "%s", shape);
  reply_header(c->reply, "Tensor-Dtype", "%s", DTYPE_ROWS[t->dtype].name);
  reply_header(c->reply, "Tensor-Version", "%u", var_version(v));
  reply_header(c->reply, "Tensor-Requires-Grad", "%s", var_requires_grad(v) ? "true" : "false");
}

static outcome answer(call *c, int status, const value *name, bool grad, var *v, const tensor *t,
                      enum document_data data, bool nothing) {
  session *s = call_session(c);
  buffer *out = &c->reply->body;
  json_writer w = {.out = out};
  char reference[NAME_MAX_BYTES + sizeof ".grad"];
  value shown = *name;
  call_answer(c, status);
  headers(c, status, name, grad, v, t);
  if (nothing) {
    c->reply->content_type = NULL;
    return DONE;
  }
  switch (c->as) {
  case AS_txt: text_write(out, t, ' '); break;
  case AS_csv: text_write(out, t, ','); break;
  case AS_npy: npy_write(out, t); break;
  case AS_raw: raw_write(out, t); break;
  case AS_repr:
    repr_write(out, t, var_requires_grad(v), var_grad_fn_name(v), s->ag.default_dtype);
    buffer_putc(out, '\n');
    break;
  default:
    if (grad)
      shown = value_text(reference, (size_t)sprintf(reference, "%.*s.grad", (int)name->n, name->text));
    document_part(&w, &shown, v, t, data);
  }
  return DONE;
}

outcome answer_tensor(call *c, int status, const value *name, bool grad, var *v, enum document_data data,
                      bool nothing) {
  call_changed(c);
  return answer(c, status, name, grad, v, &v->t, data, nothing);
}

// ?slice=0:10,: as x[0:10, :]
static var *sliced(call *c, var *v) {
  const char *text = request_param(c->request, "slice");
  session *s = call_session(c);
  if (!text) return v;
  value items[INDEX_MAX + 1], list = value_split(text, items, INDEX_MAX + 1);
  bool was = s->ag.grad_mode;
  bound b;
  var *out[1] = {NULL};
  unsigned n;
  value args[2] = {value_var(v), list};
  s->ag.grad_mode = false;
  bool ok = bind_op(s, "getitem", 7, args, 2, NULL, 0, &b) && bound_run(s, &b, out, 1, &n);
  bound_finish(&b);
  s->ag.grad_mode = was;
  return ok ? out[0] : NULL;
}

outcome answer_read(call *c, const value *name, bool grad, var *v) {
  enum document_data data;
  bool nothing;
  char tag[ETAG];
  if (!answer_wants(c, false, &data, &nothing)) return DONE;
  etag_write(tag, c->session, v, generation_of(c, name, grad));
  if (etag_unchanged(c, tag)) {
    c->reply->status = 304;
    reply_header_text(c->reply, "ETag", tag);
    return DONE;
  }
  var *part = sliced(c, v);
  if (!part) return DONE;
  if (!fits(c, &part->t, data)) return DONE;
  if (answer_is_long(c, &part->t, data, false)) return HOP;
  return answer(c, 200, name, grad, v, &part->t, data, false);
}
