#include "wire/control.h"
#include "base/mem.h"
#include "wire/json_reader.h"
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

__attribute__((constructor)) static void use_our_memory(void) {
  cJSON_InitHooks(&(cJSON_Hooks){mem_alloc, mem_free});
}

// The document as a tree whose root is an object; NULL with a fault. Free with cJSON_Delete.
static cJSON *parse(const char *body, size_t n, fault *f) {
  if (n > CONTROL_MAX)
    return fail(f, ERR_body_too_large, "this document may have at most %d bytes", CONTROL_MAX), NULL;
  if (!json_validate(body, n, JSON_DEPTH, f)) return NULL;
  cJSON *root = cJSON_ParseWithLength(body, n);
  if (!root) return fail(f, ERR_out_of_memory, "no memory to read the body"), NULL;
  if (cJSON_IsObject(root)) return root;
  cJSON_Delete(root);
  return fail(f, ERR_bad_argument, "the body must be an object"), NULL;
}

static bool read_ttl(const cJSON *v, session_options *o, fault *f) {
  if (!cJSON_IsNumber(v)) return fail(f, ERR_bad_argument, "field 'ttl_s' must be a number of seconds");
  if (isinf(v->valuedouble)) return fail(f, ERR_bad_number, "field 'ttl_s' is out of range");
  if (!(v->valuedouble > 0 && v->valuedouble <= 31536000))
    return fail(f, ERR_bad_argument, "ttl_s must be more than 0 and at most 31536000 seconds");
  o->has_ttl = true;
  o->ttl_ms = (int64_t)ceil(v->valuedouble * 1000);
  return true;
}

// cJSON has only doubles: the seed is read again where it stands.
static bool read_seed(const char *body, size_t n, session_options *o, fault *f) {
  json_pool pool = {0};
  json_cur c;
  bool open = json_open(&c, body, n, &pool, f) && json_enter_object(&c, NULL);
  for (json_str key; open && json_next_key(&c, &key);)
    if (!json_is(key, "seed"))
      json_skip(&c);
    else
      o->has_seed = json_read_i64(&c, "field 'seed'", &o->seed);
  json_pool_finish(&pool);
  return !f->code;
}

static bool read_dtype(const cJSON *v, session_options *o, fault *f) {
  o->dtype = cJSON_IsString(v) ? dtype_parse(v->valuestring, strlen(v->valuestring)) : DT_none;
  return dtype_is_float(o->dtype) || fail(f, ERR_bad_argument, "field 'dtype' must be float32 or float64");
}

static bool unknown(const cJSON *v, const char *known, fault *f) {
  json_cur c = {.fault = f};
  return json_unknown_field(&c, (json_str){v->string, strlen(v->string)}, known);
}

bool session_options_read(const char *body, size_t n, session_options *o, fault *f) {
  *o = (session_options){.dtype = DT_none};
  if (n == 0) return true;
  cJSON *root = parse(body, n, f), *v;
  cJSON_ArrayForEach(v, root) {
    if (!strcmp(v->string, "ttl_s"))
      read_ttl(v, o, f);
    else if (!strcmp(v->string, "seed"))
      read_seed(body, n, o, f);
    else if (!strcmp(v->string, "dtype"))
      read_dtype(v, o, f);
    else
      unknown(v, "ttl_s, seed, dtype", f);
  }
  cJSON_Delete(root);
  return !f->code;
}

bool tensor_options_read(const char *body, size_t n, tensor_options *o, fault *f) {
  *o = (tensor_options){0};
  cJSON *root = parse(body, n, f), *v;
  cJSON_ArrayForEach(v, root) {
    bool *to = NULL;
    if (!strcmp(v->string, "requires_grad"))
      to = &o->requires_grad, o->has_requires_grad = true;
    else if (!strcmp(v->string, "retain_grad"))
      to = &o->retain_grad;
    else
      unknown(v, "requires_grad, retain_grad", f);
    if (to && !cJSON_IsBool(v)) fail(f, ERR_bad_argument, "field '%s' must be true or false", v->string);
    if (to) *to = cJSON_IsTrue(v);
    if (to == &o->retain_grad && cJSON_IsFalse(v))
      fail(f, ERR_bad_argument, "retain_grad can be set, not taken back");
  }
  if (root && !root->child) fail(f, ERR_bad_argument, "the body must have requires_grad or retain_grad");
  cJSON_Delete(root);
  return !f->code;
}
