#include "http/body.h"
#include "autograd/formula.h"
#include "wire/npy.h"
#include "wire/raw.h"
#include "wire/text.h"
#include <string.h>
#include <strings.h>

static const struct {
  const char *name;
  body_type type;
} TYPES[] = {
    {"application/json", BODY_json},
    {"application/x-npy", BODY_npy},
    {"application/octet-stream", BODY_raw},
    {"text/csv", BODY_csv},
    {"text/plain", BODY_txt},
    {"application/jsonl", BODY_jsonl},
    {"application/x-ndjson", BODY_jsonl},
};

static const char NPY_MAGIC[] = "\x93NUMPY";

bool body_type_of(call *c, unsigned accepted, body_type *out) {
  const request *r = c->request;
  const char *type = r->content_type;
  size_t n = type ? strcspn(type, "; \t") : 0;
  *out = BODY_json;
  bool known = n == 0;
  // `curl -d` calls everything a form. PUT and PATCH cannot come from a foreign page's form, so there it is
  // JSON.
  if (n == 33 && !strncasecmp(type, "application/x-www-form-urlencoded", n)) {
    if (r->method == METHOD_POST)
      return fail(&c->ctx.fault, ERR_unsupported_media_type,
                  "a form is not taken here: say Content-Type: application/json (curl --json)");
    known = true;
  }
  for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES && !known; i++)
    if (strlen(TYPES[i].name) == n && !strncasecmp(TYPES[i].name, type, n))
      *out = TYPES[i].type, known = true;
  // It says itself what it is, and better than a label that curl or a library put on it.
  bool described = request_param(r, "dtype") || request_param(r, "shape");
  if (known && !described && accepted & 1u << BODY_npy && r->body_len > 6 && !memcmp(r->body, NPY_MAGIC, 6))
    *out = BODY_npy;
  if (known && accepted & 1u << *out) return true;
  return fail(&c->ctx.fault, ERR_unsupported_media_type, "Content-Type %.64s is not taken here",
              type ? type : "(none)");
}

bool body_fields(call *c, decoder *d, bool optional, uint64_t allowed, fields *f) {
  json_cur at;
  body_type type;
  session *s = call_session(c);
  decoder_init(d, s);
  f->present = 0;
  if (c->request->body_len == 0 && optional) return true;
  return body_type_of(c, 1u << BODY_json, &type) &&
         json_open(&at, c->request->body ? c->request->body : "", c->request->body_len, &d->pool,
                   session_fault(s)) &&
         decode_fields(&at, allowed, f);
}

bool body_reads_long(const call *c) { return call_long(c, (double)c->request->body_len * 0.008); }

bool query_flag(call *c, const char *name, bool *out) {
  const char *v = request_param(c->request, name);
  if (!v) return true;
  bool yes = !strcmp(v, "1") || !strcasecmp(v, "true"), no = !strcmp(v, "0") || !strcasecmp(v, "false");
  if (yes || no) *out = yes;
  return yes || no || fail(&c->ctx.fault, ERR_bad_argument, "%s must be 1 or 0, not '%.40s'", name, v);
}

// ?shape=2,3 (empty: a scalar)
static bool query_shape(call *c, ints *out) {
  const char *v = request_param(c->request, "shape");
  *out = ints_none();
  if (!v) return true;
  for (out->n = 0; *v;) {
    int64_t n = 0;
    const char *from = v;
    for (; *v >= '0' && *v <= '9'; v++)
      if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *v - '0', &n)) n = INT64_MAX / 16;
    if (v == from || (*v && *v != ',') || (*v == ',' && !v[1]))
      return fail(&c->ctx.fault, ERR_bad_argument, "shape must be sizes with commas, as in shape=2,3");
    if (out->n == RANK_MAX)
      return fail(&c->ctx.fault, ERR_shape_mismatch, "shape has more than %d dimensions", RANK_MAX);
    out->v[out->n++] = n;
    v += *v == ',';
  }
  return true;
}

static bool query_dtype(call *c, unsigned *out) {
  const char *v = request_param(c->request, "dtype");
  *out = v ? dtype_parse(v, strlen(v)) : DT_none;
  return !v || *out != DT_none ||
         fail(&c->ctx.fault, ERR_bad_argument, "dtype '%.40s' is not one of float32, float64, int64, bool",
              v);
}

// Binary and text bodies: into dtype t, and the shape asked for.
static bool read_plain(call *c, body_type type, unsigned t, bool real, const ints *shape, tensor *out) {
  session *s = call_session(c);
  ctx *at = &s->ag.ctx;
  const char *body = c->request->body ? c->request->body : "";
  size_t n = c->request->body_len;
  dtype base = s->ag.default_dtype;
  tensor read = {0}, cast = {0};
  bool ok;
  if (type == BODY_raw) {
    if (t == DT_none) t = base;
    ints flat = {1, {(int64_t)(n / dtype_size((dtype)t))}};
    return raw_read(at, body, n, c->request->body_block, (dtype)t, shape->n >= 0 ? shape : &flat, out);
  }
  if (type == BODY_npy)
    ok = npy_read(at, body, n, c->request->body_block, &read);
  else
    ok = text_read(at, body, n, type == BODY_csv ? ',' : 0, (dtype)t, base, real && t == DT_none, &read);
  dtype want = t != DT_none                                       ? (dtype)t
               : real && ok && !dtype_is_float((dtype)read.dtype) ? base
               : ok                                               ? (dtype)read.dtype
                                                                  : base;
  if (ok) ok = want == read.dtype ? (cast = tensor_ref(&read), true) : tensor_clone(at, &cast, &read, want);
  if (ok)
    ok = shape->n >= 0 ? tensor_view_sizes(at, out, &cast, shape->n, shape->v, true)
                       : (*out = tensor_ref(&cast), true);
  tensor_drop(&read);
  tensor_drop(&cast);
  return ok;
}

// JSON: an object with fields, or the bare data.
static bool read_json(call *c, decoder *d, bool whole, unsigned t, const ints *shape, command *out) {
  session *s = call_session(c);
  json_cur at;
  fields f;
  if (!json_open(&at, c->request->body ? c->request->body : "", c->request->body_len, &d->pool,
                 session_fault(s)))
    return false;
  if (json_peek(&at) != JSON_object)
    return decode_data(d, at, t, out->requires_grad, shape->n >= 0 ? shape : NULL, &out->data);
  if (t != DT_none || shape->n >= 0)
    return fail(&c->ctx.fault, ERR_bad_argument, "dtype and shape belong into the body, if it is an object");
  uint64_t allowed = whole ? TENSOR_FIELDS : HAS(data) | HAS(dtype) | HAS(shape);
  return decode_fields(&at, allowed, &f) && decode_tensor(d, &f, out);
}

bool body_tensor(call *c, decoder *d, body_type type, const var *like, command *out) {
  unsigned t = DT_none;
  ints shape;
  decoder_init(d, call_session(c));
  *out = (command){.verb = VERB_tensor, .allowed_ns = call_allowed_ns(c)};
  if (!query_flag(c, "requires_grad", &out->requires_grad)) return false;
  if (!query_dtype(c, &t) || !query_shape(c, &shape)) return false;
  bool bare = type == BODY_raw || type == BODY_csv || type == BODY_txt;
  if (like && bare) {
    t = like->t.dtype;
    shape = layout_sizes(like->t.layout);
  }
  if (out->requires_grad && t != DT_none && !dtype_is_float((dtype)t))
    return fail(&c->ctx.fault, ERR_dtype_not_differentiable,
                "Only Tensors of floating point and complex dtype can require gradients, not %s",
                DTYPE_ROWS[t].name);
  if (c->request->body_len == 0 && !bare)
    return fail(&c->ctx.fault, ERR_bad_json, "a body is needed: data, as JSON, npy, raw bytes, csv or text");
  if (type == BODY_json) return read_json(c, d, !like, t, &shape, out);
  return read_plain(c, type, t, out->requires_grad, &shape, &out->data);
}
