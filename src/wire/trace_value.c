#include "wire/trace_value.h"
#include "wire/tensor_json.h"
#include "wire/trace.h"

enum { SUMMED_MOST = 1 << 18, WORK_MOST = 1 << 24 }; // elements of one value, of all values of a trace

static void add_sizes(json_writer *w, const layout *l) {
  json_add_key(w, "shape");
  json_begin_array(w);
  for (int i = 0; i < l->rank; i++) json_add_i64(w, l->dims[i]);
  json_end_array(w);
}

void trace_type(json_writer *w, const tensor *t) {
  json_add_key(w, "dtype");
  json_add_text(w, DTYPE_ROWS[t->dtype].name);
  add_sizes(w, t->layout);
}

static double element(const tensor *t, int64_t i) {
  scalar x = tensor_read(t, i);
  return x.kind == SCALAR_float ? x.d : (double)x.i;
}

// Least, greatest and mean; NaN is what they are when an element is.
static void add_summary(json_writer *w, const tensor *t) {
  double least = element(t, 0), most = least, sum = 0;
  int64_t n = tensor_numel(t);
  for (int64_t i = 0; i < n; i++) {
    double x = element(t, i);
    if (!(x >= least)) least = isnan(least) ? least : x;
    if (!(x <= most)) most = isnan(most) ? most : x;
    sum += x;
  }
  json_add_key(w, "min");
  json_add_f64(w, least);
  json_add_key(w, "max");
  json_add_f64(w, most);
  json_add_key(w, "mean");
  json_add_f64(w, sum / (double)n);
}

// Without elements there may still be many brackets to write.
static bool short_enough(const layout *l) {
  int64_t brackets = 1;
  for (int i = 0; i < l->rank && brackets <= TRACE_ELEMENTS; i++) brackets *= l->dims[i] ? l->dims[i] : 1;
  return l->numel <= TRACE_ELEMENTS && brackets <= TRACE_ELEMENTS;
}

void trace_value(json_writer *w, const tensor *t, uint64_t *work) {
  if (short_enough(t->layout)) {
    tensor_to_json(json_add_here(w), t);
    return;
  }
  json_begin_object(w);
  add_sizes(w, t->layout);
  json_add_key(w, "dtype");
  json_add_text(w, DTYPE_ROWS[t->dtype].name);
  uint64_t n = (uint64_t)tensor_numel(t);
  if (n && n <= SUMMED_MOST && n <= WORK_MOST - *work) {
    *work += n;
    add_summary(w, t);
  }
  json_end_object(w);
}

// ---- attributes

static void add_scalar(json_writer *w, scalar x) {
  switch (x.kind) {
  case SCALAR_none: json_add_null(w); break;
  case SCALAR_bool: json_add_bool(w, x.i); break;
  case SCALAR_int: json_add_i64(w, x.i); break;
  case SCALAR_float: json_add_f64(w, x.d); break;
  }
}

static void add_ints(json_writer *w, ints x) {
  if (x.n < 0) {
    json_add_null(w);
    return;
  }
  json_begin_array(w);
  for (int i = 0; i < x.n; i++) json_add_i64(w, x.v[i]);
  json_end_array(w);
}

static void add_choice(json_writer *w, const struct arg *a, unsigned at) {
  const char *word = a->choices;
  for (; at > 0; at--) word += strcspn(word, "|") + 1;
  json_add_string(w, word, strcspn(word, "|"));
}

static void add_attribute(json_writer *w, const struct arg *a, const void *at) {
  switch ((arg_kind)a->kind) {
  case ARG_int:
  case ARG_int_optional:
    if (*(const int64_t *)at == INT64_MIN)
      json_add_null(w);
    else
      json_add_i64(w, *(const int64_t *)at);
    break;
  case ARG_dims:
  case ARG_sizes: add_ints(w, *(const ints *)at); break;
  case ARG_bool: json_add_bool(w, *(const bool *)at); break;
  case ARG_float: json_add_f64(w, *(const double *)at); break;
  case ARG_scalar:
  case ARG_promote: add_scalar(w, *(const scalar *)at); break;
  case ARG_choice: add_choice(w, a, *(const uint8_t *)at); break;
  case ARG_dtype:
    if (*(const uint8_t *)at == DT_none)
      json_add_null(w);
    else
      json_add_text(w, DTYPE_ROWS[*(const uint8_t *)at].name);
    break;
  case ARG_tensor:
  case ARG_tensor_optional:
  case ARG_tensors:
  case ARG_only:
  case ARG_index: json_add_null(w); break;
  }
}

void trace_attributes(json_writer *w, const struct op *o, const void *attrs) {
  json_begin_object(w);
  for (unsigned i = 0; i < o->n_args; i++) {
    const struct arg *a = &o->args[i];
    if (a->kind == ARG_tensor || a->kind == ARG_tensor_optional || a->kind == ARG_tensors ||
        a->kind == ARG_index || a->kind == ARG_only)
      continue;
    json_add_key(w, a->name);
    add_attribute(w, a, (const char *)attrs + a->offset);
  }
  json_end_object(w);
}
