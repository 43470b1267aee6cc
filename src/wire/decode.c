#include "wire/decode.h"
#include "wire/field.h"
#include "autograd/formula.h"
#include "base/mem.h"
#include "wire/tensor_json.h"
#include <stdio.h>
#include <string.h>

static const struct {
  const char *name;
  uint8_t n;
} FIELD_NAMES[] = {
#define FIELD(name) {#name, sizeof #name - 1},
    FIELDS
#undef FIELD
};

const uint64_t TENSOR_FIELDS = HAS(data) | HAS(shape) | HAS(dtype) | HAS(fill) | HAS(value) | HAS(start) |
                               HAS(end) | HAS(step) | HAS(requires_grad);
const uint64_t OP_FIELDS = HAS(op) | HAS(args) | HAS(kwargs) | HAS(out) | HAS(no_grad);
const uint64_t BACKWARD_FIELDS =
    HAS(gradient) | HAS(grad_tensors) | HAS(retain_graph) | HAS(create_graph) | HAS(inputs);
const uint64_t GRAD_FIELDS = HAS(inputs) | HAS(grad_outputs) | HAS(retain_graph) | HAS(create_graph) |
                             HAS(allow_unused) | HAS(materialize_grads) | HAS(out);

// Charged to the process: what a batch has decoded may be let go of by a thread that may not touch the
// session.
void decoder_init(decoder *d, session *s) {
  budget *process = s->budget.parent;
  fault *f = session_fault(s);
  *d = (decoder){.s = s, .pool = {.budget = process, .fault = f}, .arena = {.budget = process, .fault = f}};
}
void decoder_reset(decoder *d) { arena_reset(&d->arena); }
void decoder_finish(decoder *d) {
  arena_finish(&d->arena);
  json_pool_finish(&d->pool);
}

// ---- fields

bool decode_fields(json_cur *c, uint64_t allowed, fields *f) {
  f->present = 0;
  if (!json_enter_object(c, NULL)) return false;
  for (json_str key; json_next_key(c, &key);) {
    int at = 0;
    while (at < FIELD_COUNT && (FIELD_NAMES[at].n != key.n || memcmp(FIELD_NAMES[at].name, key.text, key.n)))
      at++;
    if (at == FIELD_COUNT || !(allowed & 1ull << at)) {
      char known[512] = ""; // all names together are shorter than the room
      size_t n = 0;
      for (int i = 0; i < FIELD_COUNT; i++)
        if (allowed & 1ull << i)
          n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", n ? ", " : "", FIELD_NAMES[i].name);
      return json_unknown_field(c, key, known);
    }
    f->present |= 1ull << at;
    f->at[at] = json_span(c);
  }
  return !c->fault->code;
}

const char *field_name(enum field at) { return FIELD_NAMES[at].name; }

bool field_flag(const fields *f, enum field at, bool *out) {
  if (!field_has(f, at)) return true;
  json_cur c = f->at[at];
  return json_read_bool(&c, FIELD_NAMES[at].name, out);
}

// ---- lists, where they lie in the text

static json_cur cur_of(const value *list) {
  return (json_cur){list->source[0], list->source[1], (json_pool *)(uintptr_t)list->source[2],
                    (fault *)(uintptr_t)list->source[3]};
}

static bool list_each(const value *list, value_visit *visit, void *arg) {
  json_cur c = cur_of(list);
  value item;
  if (!json_enter_array(&c, NULL)) return false;
  while (json_next_item(&c))
    if (!decode_value(&c, &item) || !visit(arg, &item)) return false;
  return !c.fault->code;
}

static bool list_tensor(const value *list, autograd *a, dtype want, tensor *out) {
  bool number;
  return tensor_from_json(&a->ctx, cur_of(list), want, a->default_dtype, false, NULL, out, &number);
}

static const list_class JSON_LIST = {list_each, list_tensor};

bool decode_value(json_cur *c, value *out) {
  bool truth;
  json_str s;
  struct number number;
  switch (json_peek(c)) {
  case JSON_null: return *out = (value){VALUE_none, {0}}, json_read_null(c);
  case JSON_bool:
    if (!json_read_bool(c, NULL, &truth)) return false;
    return *out = (value){VALUE_bool, {.i = truth}}, true;
  case JSON_number:
    if (!json_read_number(c, NULL, &number)) return false;
    if (number.integer) {
      *out = (value){VALUE_int, {0}};
      return number_i64(&number, &out->i) ||
             fail(c->fault, ERR_bad_number, "an integer is out of range: it does not fit 64 bits");
    }
    *out = (value){VALUE_float, {0}};
    return number_f64(&number, &out->d) || fail(c->fault, ERR_bad_number, "a number is out of range");
  case JSON_string:
    if (!json_read_string(c, NULL, &s)) return false;
    return *out = value_text(s.text, s.n), true;
  case JSON_array: {
    json_cur at = json_span(c);
    *out = (value){.kind = VALUE_list, .class = &JSON_LIST, .source = {at.at, at.end, at.pool, at.fault}};
    return true;
  }
  case JSON_object: return json_wrong_kind(c, NULL, "a value or a list");
  case JSON_end: break;
  }
  return json_wrong_kind(c, NULL, "a value");
}

void *decoder_take(decoder *d, size_t n, size_t size) {
  size_t bytes;
  void *p = size_mul(n, size, &bytes) ? arena_take(&d->arena, bytes) : NULL;
  if (!p) fail(session_fault(d->s), ERR_out_of_memory, "no memory to decode the request");
  return p;
}

bool decode_values(decoder *d, json_cur c, values *out) {
  enum { FEW = 4 }; // that are not counted before
  value few[FEW], *at = few;
  size_t n = 0, room = FEW;
  bool list = json_peek(&c) == JSON_array;
  json_cur all = c;
  if (!list && !decode_value(&c, &few[n++])) return false;
  if (list && !json_enter_array(&c, NULL)) return false;
  while (list && json_next_item(&c)) {
    if (n == room) {
      if (!(at = decoder_take(d, room = json_count(all), sizeof *at))) return false;
      memcpy(at, few, sizeof few);
    }
    if (!decode_value(&c, &at[n++])) return false;
  }
  if (at == few && !(at = decoder_take(d, n, sizeof *at))) return false;
  if (room == FEW) memcpy(at, few, n * sizeof *at);
  *out = (values){at, (unsigned)n};
  return !c.fault->code;
}

static bool read_values(decoder *d, const fields *f, enum field at, values *out) {
  return !field_has(f, at) || decode_values(d, f->at[at], out);
}

bool field_text(const fields *f, enum field at, value *out) {
  json_cur c = f->at[at];
  json_str s;
  if (!json_read_string(&c, FIELD_NAMES[at].name, &s)) return false;
  *out = value_text(s.text, s.n);
  return true;
}

bool field_dtype(const fields *f, unsigned *out) {
  value name;
  *out = DT_none;
  if (!field_has(f, FIELD_dtype)) return true;
  json_cur c = f->at[FIELD_dtype];
  if (json_read_null(&c)) return true;
  if (!field_text(f, FIELD_dtype, &name)) return false;
  *out = dtype_parse(name.text, name.n);
  return *out != DT_none ||
         fail(c.fault, ERR_bad_argument, "dtype '%.*s' is not one of float32, float64, int64, bool",
              (int)(name.n < 40 ? name.n : 40), name.text);
}

bool field_shape(const fields *f, ints *out) {
  *out = ints_none();
  if (!field_has(f, FIELD_shape)) return true;
  json_cur c = f->at[FIELD_shape];
  out->n = 0;
  if (json_peek(&c) == JSON_number) return out->n = 1, json_read_i64(&c, "shape", &out->v[0]);
  if (!json_enter_array(&c, "shape")) return false;
  while (json_next_item(&c)) {
    if (out->n == RANK_MAX)
      return fail(c.fault, ERR_shape_mismatch, "shape has more than %d dimensions", RANK_MAX);
    if (!json_read_i64(&c, "shape", &out->v[out->n])) return false;
    out->n++;
  }
  for (int i = 0; i < out->n && !c.fault->code; i++)
    if (out->v[i] < 0)
      return fail(c.fault, ERR_shape_mismatch, "Trying to create tensor with negative dimension %lld: %s",
                  (long long)out->v[i], ints_text(out->n, out->v));
  return !c.fault->code;
}

// ---- ops

bool decode_op(decoder *d, const fields *f, command *c) {
  c->verb = VERB_op;
  fault *fa = session_fault(d->s);
  if (!field_has(f, FIELD_op)) return fail(fa, ERR_bad_argument, "field 'op' is missing");
  if (!field_text(f, FIELD_op, &c->name) || !field_flag(f, FIELD_no_grad, &c->no_grad)) return false;
  if (field_has(f, FIELD_args)) {
    json_cur at = f->at[FIELD_args];
    if (json_peek(&at) != JSON_array) return json_wrong_kind(&at, "args", "a list");
    if (!decode_values(d, at, &c->args)) return false;
  }
  if (field_has(f, FIELD_kwargs)) {
    json_cur at = f->at[FIELD_kwargs];
    if (!json_read_null(&at)) {
      keyword *kw = decoder_take(d, json_count(at), sizeof *kw);
      if (!kw || !json_enter_object(&at, "kwargs")) return false;
      for (json_str key; json_next_key(&at, &key); c->n_kw++) {
        kw[c->n_kw].name = key.text;
        kw[c->n_kw].n = key.n;
        if (!decode_value(&at, &kw[c->n_kw].value)) return false;
      }
      if (at.fault->code) return false;
      c->kw = kw;
    }
  }
  if (!field_has(f, FIELD_out)) return true;
  json_cur at = f->at[FIELD_out];
  return json_read_null(&at) || decode_values(d, f->at[FIELD_out], &c->out);
}

// ---- backward and grad

static bool decode_pass(decoder *d, const fields *f, enum field seeds, bool many, command *c) {
  bool retain = false;
  if (!field_flag(f, FIELD_create_graph, &c->create_graph)) return false;
  if (field_has(f, FIELD_retain_graph)) {
    json_cur at = f->at[FIELD_retain_graph]; // null: what create_graph is
    bool given = !json_read_null(&at);
    if (given && !field_flag(f, FIELD_retain_graph, &retain)) return false;
    if (given) c->retain_graph = retain ? RETAIN_yes : RETAIN_no;
  }
  if (!field_has(f, seeds)) return true;
  json_cur at = f->at[seeds];
  if (json_read_null(&at)) return true;
  if (many) {
    if (json_peek(&at) != JSON_array)
      return json_wrong_kind(&at, FIELD_NAMES[seeds].name, "a list, one gradient for each output");
    return decode_values(d, at, &c->gradients);
  }
  value *one = decoder_take(d, 1, sizeof *one); // one root: a list is its gradient written out
  if (!one || !decode_value(&at, one)) return false;
  c->gradients = (values){one, 1};
  return true;
}

bool decode_backward(decoder *d, const fields *f, values roots, bool many, command *c) {
  c->verb = VERB_backward;
  c->args = roots;
  if (!roots.n) return fail(session_fault(d->s), ERR_bad_argument, "backward needs at least one tensor");
  c->all_inputs = true;
  if (field_has(f, FIELD_gradient) && field_has(f, FIELD_grad_tensors))
    return fail(session_fault(d->s), ERR_bad_argument,
                "'gradient' and 'grad_tensors' are the same: give one");
  bool listed = field_has(f, FIELD_grad_tensors);
  if (!decode_pass(d, f, listed ? FIELD_grad_tensors : FIELD_gradient, many || listed, c)) return false;
  if (!field_has(f, FIELD_inputs)) return true;
  json_cur at = f->at[FIELD_inputs];
  if (json_read_null(&at)) return true;
  c->all_inputs = false;
  return decode_values(d, at, &c->inputs);
}

bool decode_grad(decoder *d, const fields *f, command *c) {
  c->verb = VERB_grad;
  enum field outputs = field_has(f, FIELD_outputs) ? FIELD_outputs : FIELD_grad;
  fault *fa = session_fault(d->s);
  if (!field_has(f, outputs)) return fail(fa, ERR_bad_argument, "field 'outputs' is missing");
  if (!field_has(f, FIELD_inputs)) return fail(fa, ERR_bad_argument, "field 'inputs' is missing");
  if (!read_values(d, f, outputs, &c->args) || !read_values(d, f, FIELD_inputs, &c->inputs)) return false;
  if (!c->args.n) return fail(fa, ERR_bad_argument, "grad requires non-empty outputs.");
  if (!decode_pass(d, f, FIELD_grad_outputs, true, c)) return false;
  bool unused_given = field_has(f, FIELD_allow_unused);
  if (!field_flag(f, FIELD_allow_unused, &c->allow_unused) ||
      !field_flag(f, FIELD_materialize_grads, &c->materialize))
    return false;
  if (c->materialize && unused_given && !c->allow_unused)
    return fail(fa, ERR_bad_argument,
                "Expected allow_unused to be True or not passed when materialize_grads=True, but got: "
                "allow_unused=False.");
  if (!field_has(f, FIELD_out)) return true;
  json_cur at = f->at[FIELD_out];
  return json_read_null(&at) || decode_values(d, f->at[FIELD_out], &c->out);
}

bool decode_zero_grad(decoder *d, const fields *f, enum field list, command *c) {
  c->verb = VERB_zero_grad;
  c->set_to_none = true;
  c->all = !field_has(f, list);
  if (!c->all) {
    json_cur at = f->at[list];
    c->all = json_read_null(&at);
    if (!c->all && json_peek(&at) != JSON_array && json_peek(&at) != JSON_string)
      return json_wrong_kind(&at, FIELD_NAMES[list].name, "a name or a list of names");
  }
  return (c->all || read_values(d, f, list, &c->args)) && field_flag(f, FIELD_set_to_none, &c->set_to_none);
}

// ---- steps

static bool step_tensor(decoder *d, const fields *f, command *c) {
  return field_text(f, FIELD_tensor, &c->name) && decode_tensor(d, f, c);
}
static bool step_backward(decoder *d, const fields *f, command *c) {
  values roots;
  json_cur at = f->at[FIELD_backward];
  bool many = json_peek(&at) == JSON_array;
  return decode_values(d, at, &roots) && decode_backward(d, f, roots, many, c);
}
static bool step_zero_grad(decoder *d, const fields *f, command *c) {
  return decode_zero_grad(d, f, FIELD_zero_grad, c);
}
static bool step_delete(decoder *d, const fields *f, command *c) {
  c->verb = VERB_delete;
  return read_values(d, f, FIELD_delete, &c->args);
}
static bool step_retain(decoder *d, const fields *f, command *c) {
  (void)d;
  c->verb = VERB_retain_grad;
  return field_text(f, FIELD_retain_grad, &c->name);
}
static bool step_requires(decoder *d, const fields *f, command *c) {
  c->verb = VERB_requires_grad;
  if (!field_has(f, FIELD_value))
    return fail(session_fault(d->s), ERR_bad_argument, "field 'value' is missing");
  return field_text(f, FIELD_requires_grad, &c->name) && field_flag(f, FIELD_value, &c->requires_grad);
}
static bool step_seed(decoder *d, const fields *f, command *c) {
  (void)d;
  json_cur at = f->at[FIELD_manual_seed];
  c->verb = VERB_manual_seed;
  return json_read_i64(&at, "manual_seed", &c->seed);
}
static bool step_step(decoder *d, const fields *f, command *c) {
  (void)d;
  c->verb = VERB_step;
  return field_text(f, FIELD_step, &c->name);
}

// The key that says what a step is, what else it may have, and how it is read; the first that is present
// decides.
static const struct {
  enum field key;
  uint64_t allowed;
  bool (*decode)(decoder *, const fields *, command *);
} STEPS[] = {
    {FIELD_op, HAS(args) | HAS(kwargs) | HAS(out) | HAS(no_grad), decode_op},
    {FIELD_backward, HAS(gradient) | HAS(grad_tensors) | HAS(retain_graph) | HAS(create_graph) | HAS(inputs),
     step_backward},
    {FIELD_tensor,
     HAS(data) | HAS(shape) | HAS(dtype) | HAS(fill) | HAS(value) | HAS(start) | HAS(end) | HAS(step) |
         HAS(requires_grad),
     step_tensor},
    {FIELD_grad,
     HAS(inputs) | HAS(grad_outputs) | HAS(retain_graph) | HAS(create_graph) | HAS(allow_unused) |
         HAS(materialize_grads) | HAS(out),
     decode_grad},
    {FIELD_zero_grad, HAS(set_to_none), step_zero_grad},
    {FIELD_delete, 0, step_delete},
    {FIELD_retain_grad, 0, step_retain},
    {FIELD_requires_grad, HAS(value), step_requires},
    {FIELD_step, 0, step_step},
    {FIELD_manual_seed, 0, step_seed},
};

bool decode_step(decoder *d, json_cur *c, command *cmd, json_cur *block) {
  fields f;
  uint64_t all = TENSOR_FIELDS | OP_FIELDS | BACKWARD_FIELDS | GRAD_FIELDS | HAS(tensor) | HAS(backward) |
                 HAS(grad) | HAS(zero_grad) | HAS(delete) | HAS(retain_grad) | HAS(set_to_none) |
                 HAS(manual_seed);
  block->at = NULL;
  if (!decode_fields(c, all, &f)) return false;
  for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
    if (!field_has(&f, STEPS[i].key)) continue;
    uint64_t extra = f.present & ~(STEPS[i].allowed | 1ull << STEPS[i].key);
    if (extra)
      return fail(session_fault(d->s), ERR_unknown_field,
                  "field '%s' does not belong into a step of kind '%s'",
                  FIELD_NAMES[__builtin_ctzll(extra)].name, FIELD_NAMES[STEPS[i].key].name);
    return STEPS[i].decode(d, &f, cmd);
  }
  if (f.present == HAS(no_grad)) return *block = f.at[FIELD_no_grad], true;
  return fail(
      session_fault(d->s), ERR_bad_argument,
      "a step must have one of the fields op, tensor, backward, grad, zero_grad, delete, retain_grad, "
      "requires_grad, step, manual_seed, no_grad");
}
