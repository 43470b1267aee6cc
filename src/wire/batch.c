#include "wire/batch.h"
#include "autograd/observer.h"
#include "base/mem.h"
#include <string.h>

static fault *fault_of(batch *b) { return session_fault(b->s); }

static bool read_head(batch *b) {
  fields f;
  json_cur c = b->body;
  if (!decode_fields(&c, HAS(steps) | HAS(return ) | HAS(no_grad) | HAS(trace), &f)) return false;
  if (!(f.present & HAS(steps))) return fail(fault_of(b), ERR_bad_argument, "field 'steps' is missing");
  b->steps[0] = f.at[FIELD_steps];
  if (f.present & HAS(return ) && json_peek(&f.at[FIELD_return]) != JSON_null) b->wanted = f.at[FIELD_return];
  if (f.present & HAS(no_grad) && !json_read_bool(&f.at[FIELD_no_grad], "no_grad", &b->no_grad)) return false;
  if (f.present & HAS(trace) && !json_read_bool(&f.at[FIELD_trace], "trace", &b->want_trace)) return false;
  if (b->wanted.at && json_peek(&b->wanted) != JSON_array)
    return json_wrong_kind(&b->wanted, "return", "a list of names");
  return json_enter_array(&b->steps[0], "steps");
}

// Every line is checked before the first is executed.
static bool check_lines(const char *body, size_t n, json_pool *pool, fault *f) {
  json_lines l;
  json_cur c;
  json_lines_open(&l, body, n, pool, f);
  while (json_lines_next(&l, &c)) {
  }
  return !f->code;
}

bool batch_open(batch *b, session *s, const char *body, size_t n, bool by_lines, bool want_results) {
  memset(b, 0, sizeof *b);
  b->s = s;
  b->by_lines = by_lines;
  b->want_results = want_results;
  b->out = (json_writer){.out = &b->results};
  decoder_init(&b->d, s);
  if (by_lines) {
    if (!check_lines(body, n, &b->d.pool, fault_of(b))) return false;
    json_lines_open(&b->lines, body, n, &b->d.pool, fault_of(b));
    return true;
  }
  return json_open(&b->body, body, n, &b->d.pool, fault_of(b)) && read_head(b);
}

// The next step, at the depth it is in; false at the end or on a fault.
static bool next_step(batch *b, json_cur *step) {
  if (b->pending.at) return *step = b->pending, b->pending.at = NULL, true;
  if (b->by_lines && b->depth == 0) return json_lines_next(&b->lines, step);
  for (;;) {
    json_cur *in = &b->steps[b->depth];
    if (json_next_item(in)) return *step = *in, true; // run_step moves on
    if (fault_of(b)->code || b->depth == 0) return false;
    b->depth--; // a no_grad block ends
    if (b->want_results) json_end_array(&b->out), json_end_object(&b->out);
    if (b->depth == 0) b->completed++;
    if (b->by_lines && b->depth == 0) return json_lines_next(&b->lines, step);
  }
}

static bool enter_block(batch *b, json_cur block) {
  if (b->depth + 1 >= BATCH_BLOCKS)
    return fail(fault_of(b), ERR_bad_argument, "no_grad blocks nest deeper than %d", BATCH_BLOCKS);
  b->steps[++b->depth] = block;
  if (b->want_results) {
    json_begin_object(&b->out);
    json_add_key(&b->out, "results");
    json_begin_array(&b->out);
  }
  return json_enter_array(&b->steps[b->depth], "no_grad");
}

static void add_result(batch *b, const command *c, const command_result *r) {
  switch (c->verb) {
  case VERB_backward: document_backward(&b->out, b->s, r, false); break;
  case VERB_zero_grad:
  case VERB_manual_seed:
  case VERB_delete: json_add_null(&b->out); break;
  case VERB_grad:
    json_begin_object(&b->out);
    json_add_key(&b->out, "grads");
    json_begin_array(&b->out);
    for (unsigned i = 0; i < r->n; i++)
      if (r->vars[i])
        document_tensor(&b->out, &r->names[i], r->vars[i], DATA_all);
      else
        json_add_null(&b->out);
    json_end_array(&b->out);
    json_end_object(&b->out);
    break;
  default:
    if (r->n == 1) {
      document_tensor(&b->out, &r->names[0], r->vars[0], c->verb == VERB_op ? DATA_all : DATA_small);
      break;
    }
    json_begin_object(&b->out);
    json_add_key(&b->out, "results");
    json_begin_array(&b->out);
    for (unsigned i = 0; i < r->n; i++) document_tensor(&b->out, &r->names[i], r->vars[i], DATA_all);
    json_end_array(&b->out);
    json_end_object(&b->out);
  }
}

enum { ELEMENT_NS = 80 }; // writing one as JSON

// Whether the result of a step can be written in the time there is.
struct result_plan {
  const command *c;
  bool too_long;
};

static bool result_ready(void *arg, var *const *vars, size_t n) {
  struct result_plan *p = arg;
  double elements = 0;
  for (size_t i = 0; i < n && p->c->verb != VERB_backward; i++)
    if (vars[i]) elements += (double)vars[i]->t.layout->numel;
  if (p->c->verb == VERB_tensor && elements > SMALL_DATA) return true; // it is not shown
  return !(p->too_long = elements * ELEMENT_NS > (double)p->c->allowed_ns);
}

// A batch whose results no longer fit ends there, rather than after all of its steps.
static bool room_left(batch *b) {
  if (!b->results.failed || b->depth) return true; // how far it came is told in outermost steps
  if (!b->results.over_budget && b->results.limit && b->results.cap >= b->results.limit / 2)
    return fail(fault_of(b), ERR_quota_exceeded, "the results are larger than %zu bytes", b->results.limit);
  return fail(fault_of(b), b->results.over_budget ? ERR_overloaded : ERR_out_of_memory,
              "there is no memory left for the results");
}

// One step; *too_long = it was not begun.
static bool run_step(batch *b, json_cur step, uint64_t allowed_ns, bool *too_long) {
  command c = {.temporaries = true, .allowed_ns = allowed_ns};
  command_result r;
  json_cur block;
  *too_long = false;
  decoder_reset(&b->d);
  bool ok = decode_step(&b->d, &step, &c, &block);
  if (ok && !(b->by_lines && b->depth == 0)) b->steps[b->depth].at = step.at;
  if (ok && block.at) return enter_block(b, block);
  if (!ok) {
    *too_long = c.too_long;
    command_finish(&c);
    return false;
  }
  struct result_plan plan = {&c, false};
  if (b->want_results && allowed_ns != UINT64_MAX) c.ready = result_ready, c.ready_arg = &plan;
  c.no_grad = c.no_grad || b->no_grad || b->depth > 0;
  size_t mark = scope_enter(&b->s->ag);
  observer *watching = b->s->ag.observer;
  if (observed(watching)) watching->step_begins(watching, (int64_t)b->completed);
  ok = command_run(b->s, &c, &r);
  if (observed(watching) && !ok) watching->step_failed(watching);
  *too_long = r.too_long || plan.too_long;
  if (ok && b->want_results) add_result(b, &c, &r);
  command_result_finish(b->s, &r);
  scope_leave(&b->s->ag, mark, NULL);
  command_finish(&c);
  if (!ok) return false;
  b->changed = true;
  if (b->depth == 0) b->completed++; // it stands, whatever becomes of what there is to say of it
  return !fault_of(b)->code && !ctx_stopped(&b->s->ag.ctx) && room_left(b);
}

// The tensor that NAME or NAME.grad speaks of; NULL: there is none.
static binding *referred(const batch *b, const char *ref, size_t n, bool *grad) {
  *grad = n > 5 && !memcmp(ref + n - 5, ".grad", 5) && !session_find(b->s, ref, n);
  return session_find(b->s, ref, *grad ? n - 5 : n);
}

static var *of(binding *at, bool grad) { return grad ? var_grad(binding_var(at)) : binding_var(at); }

static uint64_t cost_of(const batch *b, const char *ref, size_t n) {
  bool grad;
  binding *at = referred(b, ref, n, &grad);
  var *v = at && session_first_mention(b->s, at, grad) ? of(at, grad) : NULL;
  return v ? (uint64_t)v->t.layout->numel * ELEMENT_NS : 0;
}

// ns to write the values that are to be returned.
static uint64_t write_cost(const batch *b) {
  uint64_t ns = 0;
  fault ignored = {0};
  json_cur c = b->wanted;
  c.fault = &ignored;
  json_str ref;
  session_forget_mentions(b->s);
  if (c.at && json_enter_array(&c, NULL))
    while (json_next_item(&c) && json_read_string(&c, NULL, &ref)) ns += cost_of(b, ref.text, ref.n);
  for (const char *at = b->return_names; at && *at;) {
    size_t n = strcspn(at, ",");
    ns += cost_of(b, at, n);
    at += n + (at[n] == ',');
  }
  return ns;
}

static batch_state run_steps(batch *b, uint64_t *allowed_ns) {
  enum { STEP_NS = 600 }; // decoding and bookkeeping of one step
  for (json_cur step; !b->done && next_step(b, &step);) {
    bool bounded = *allowed_ns != UINT64_MAX, too_long = bounded && *allowed_ns < STEP_NS;
    if (!too_long && !run_step(b, step, *allowed_ns, &too_long) && !too_long) return BATCH_failed;
    if (too_long) return b->pending = step, BATCH_more;
    if (bounded) *allowed_ns -= STEP_NS;
  }
  if (fault_of(b)->code) return BATCH_failed;
  b->done = true;
  return write_cost(b) <= *allowed_ns ? BATCH_done : BATCH_more;
}

batch_state batch_run(batch *b, uint64_t *allowed_ns) {
  if (b->want_trace && !b->trace && !(b->trace = trace_open(b->s))) return BATCH_failed;
  trace_attach(b->trace);
  batch_state state = run_steps(b, allowed_ns);
  trace_detach(b->trace);
  return state;
}

// ---- the answer

// NAME or NAME.grad into "values", where each stands once.
static bool add_value(batch *b, json_writer *w, const char *ref, size_t n) {
  session *s = b->s;
  bool grad;
  binding *at = referred(b, ref, n, &grad);
  if (!at) return session_resolve(s, ref, n), false; // says what is wrong
  if (!session_first_mention(s, at, grad)) return true;
  value name = value_text(ref, n);
  json_add_name(w, ref, n);
  if (of(at, grad))
    document_tensor(w, &name, of(at, grad), DATA_all);
  else
    json_add_null(w); // a gradient that is None
  return true;
}

static bool add_values(batch *b, json_writer *w) {
  session_forget_mentions(b->s);
  if (b->wanted.at) {
    json_cur c = b->wanted;
    json_str ref;
    if (!json_enter_array(&c, "return")) return false;
    while (json_next_item(&c))
      if (!json_read_string(&c, "return", &ref) || !add_value(b, w, ref.text, ref.n)) return false;
  }
  for (const char *at = b->return_names; at && *at;) {
    size_t n = strcspn(at, ",");
    if (!add_value(b, w, at, n)) return false;
    at += n + (at[n] == ',');
  }
  return !fault_of(b)->code;
}

bool batch_write(batch *b, buffer *out) {
  json_writer w = {.out = out};
  json_begin_object(&w);
  json_add_key(&w, "completed");
  json_add_i64(&w, (int64_t)b->completed);
  json_add_key(&w, "values");
  json_begin_object(&w);
  if (!add_values(b, &w)) return false;
  json_end_object(&w);
  if (b->want_results) {
    json_add_key(&w, "results");
    buffer_putc(out, '[');
    buffer_put(out, b->results.data, b->results.len);
    buffer_putc(out, ']');
    if (b->results.failed) out->failed = true, out->over_budget = b->results.over_budget;
  }
  if (b->trace) trace_member(b->trace, json_add_here(&w));
  json_end_object(&w);
  return true;
}

void batch_finish(batch *b) {
  session_drop_temporaries(b->s);
  batch_abandon(b);
}

void batch_abandon(batch *b) {
  decoder_finish(&b->d);
  buffer_finish(&b->results);
  trace_close(b->trace);
}
