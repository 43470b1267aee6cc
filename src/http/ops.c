// ops.c - calling ops, batches, the graph, and the catalogue.
#include "base/mem.h"
#include "http/answer.h"
#include "http/body.h"
#include "http/handlers.h"
#include "wire/batch.h"
#include "wire/catalogue.h"
#include "wire/graph.h"
#include "wire/svg.h"
#include <stdlib.h>
#include <string.h>

// ---- S/ops

// If-Match speaks of the tensor that an in-place op changes.
static bool conditions_hold(call *c, const command *cmd) {
  const value *first = cmd->args.at;
  bool inplace = cmd->name.n && cmd->name.text[cmd->name.n - 1] == '_';
  bool named = inplace && cmd->args.n && first->kind == VALUE_text;
  return etag_conditions_of(c, named ? first->text : NULL, named ? first->n : 0);
}

// Runs an op and answers with its results. HOP when it is too long for here.
static outcome run(call *c, command *cmd) {
  session *s = call_session(c);
  command_result r;
  enum document_data data;
  bool nothing;
  if (!answer_wants(c, false, &data, &nothing) || !conditions_hold(c, cmd)) return DONE;
  if (cmd->out.n && call_frees_long(c)) return HOP; // the names may have been bound before
  struct answer_plan plan = {c, data, nothing, false};
  cmd->allowed_ns = call_allowed_ns(c);
  cmd->ready = answer_ready;
  cmd->ready_arg = &plan;
  bool ok = command_run(s, cmd, &r);
  if (ok) call_changed(c);
  if (ok && r.n == 1)
    answer_tensor(c, 201, &r.names[0], false, r.vars[0], data, nothing);
  else if (ok) {
    json_writer w = {.out = &c->reply->body};
    call_answer(c, 201);
    if (r.n) reply_location(c->reply, s->name, r.names[0].text, r.names[0].n);
    json_begin_object(&w);
    json_add_key(&w, "results");
    json_begin_array(&w);
    for (unsigned i = 0; i < r.n && !nothing; i++) document_tensor(&w, &r.names[i], r.vars[i], data);
    json_end_array(&w);
    json_end_object(&w);
  }
  bool hop = r.too_long || plan.hop;
  command_result_finish(s, &r);
  return hop ? HOP : DONE;
}

outcome ops_post(call *c) {
  static const char *const PARAMS[] = {"as", "data", "return", NULL};
  decoder d;
  fields f;
  command cmd = {0};
  if (!CALL_OFFER(c, TENSOR_OFFERS) || !request_params_known(c->request, PARAMS, &c->ctx.fault)) return DONE;
  if (body_reads_long(c)) return HOP;
  outcome o = DONE;
  if (body_fields(c, &d, false, OP_FIELDS, &f) && decode_op(&d, &f, &cmd)) o = run(c, &cmd);
  decoder_finish(&d);
  return o;
}

// A parameter's list, if it is there.
static bool words(call *c, decoder *d, const char *name, bool names, values *out) {
  const char *text = request_param(c->request, name);
  return !text || decode_words(d, name, text, names, out);
}

static bool reserved(const char *name) {
  static const char *const OURS[] = {"args", "out", "no_grad", "as", "data", "return"};
  for (size_t i = 0; i < sizeof OURS / sizeof *OURS; i++)
    if (!strcmp(OURS[i], name)) return true;
  return false;
}

// POST S/ops/add?args=a,b&out=y&alpha=2: the form for a shell, without a body.
outcome ops_post_form(call *c) {
  session *s = call_session(c);
  const request *r = c->request;
  decoder d;
  keyword kw[PARAMS_MAX];
  command cmd = {.verb = VERB_op, .name = value_text(c->arg[1], strlen(c->arg[1])), .kw = kw};
  if (!CALL_OFFER(c, TENSOR_OFFERS)) return DONE;
  decoder_init(&d, s);
  bool ok = words(c, &d, "args", false, &cmd.args) && words(c, &d, "out", true, &cmd.out) &&
            query_flag(c, "no_grad", &cmd.no_grad);
  for (int i = 0; ok && i < r->params; i++) {
    if (reserved(r->param[i].name)) continue;
    keyword *k = &kw[cmd.n_kw++];
    k->name = r->param[i].name;
    k->n = strlen(k->name);
    ok = decode_word(&d, r->param[i].value, &k->value);
  }
  outcome o = ok ? run(c, &cmd) : DONE;
  decoder_finish(&d);
  return o;
}

// ---- S/batch

// A batch refused while it waited to go on: its memory goes, its names are dropped by the next batch.
static void forget(void *state) {
  batch *b = state;
  batch_abandon(b);
  mem_free(b);
}

static outcome end(call *c, batch *b) {
  c->state = NULL;
  c->extras = 0;
  batch_finish(b);
  mem_free(b);
  return DONE;
}

static batch *open_batch(call *c) {
  static const char *const PARAMS[] = {"as", "results", "return", "no_grad", "trace", NULL};
  body_type type;
  bool results = false, no_grad = false, traced = false;
  if (!CALL_OFFER(c, AS_json) || !request_params_known(c->request, PARAMS, &c->ctx.fault) ||
      !query_flag(c, "results", &results) || !query_flag(c, "no_grad", &no_grad) ||
      !query_flag(c, "trace", &traced) || !body_type_of(c, 1u << BODY_json | 1u << BODY_jsonl, &type))
    return NULL;
  batch *b = mem_alloc(sizeof *b);
  if (!b) return call_fail(c, ERR_out_of_memory, "no memory for a batch"), NULL;
  const char *body = c->request->body ? c->request->body : "";
  if (!batch_open(b, call_session(c), body, c->request->body_len, type == BODY_jsonl, results))
    return end(c, b), NULL;
  b->results.limit = c->reply->body.limit;
  b->results.budget = c->reply->body.budget;
  b->no_grad = b->no_grad || no_grad;
  b->want_trace = b->want_trace || traced;
  b->return_names = request_param(c->request, "return");
  c->state = b;
  c->state_free = forget;
  return b;
}

outcome batch_post(call *c) {
  batch *b = c->state;
  if (!b && (body_reads_long(c) || call_frees_long(c))) return HOP;
  if (!b && !(b = open_batch(c))) return DONE;
  uint64_t allowed = call_allowed_ns(c);
  c->extras = 0;
  b->results.stop = c->reply->body.stop;
  batch_state state = b->want_trace && c->may_hop ? BATCH_more : batch_run(b, &allowed);
  size_t at = b->completed;
  c->changed = b->changed;
  if (state == BATCH_more) {
    if (!b->done) call_extra(c, "step", (int64_t)at); // should it be refused while it waits
    call_extra(c, "completed", (int64_t)at);
    return HOP;
  }
  if (state == BATCH_done) {
    if (b->changed) call_changed(c);
    call_answer(c, 200);
    batch_write(b, &c->reply->body);
  }
  bool failed = c->reply->body.failed || session_fault(call_session(c))->code != ERR_none;
  if (failed && b->trace) trace_member(b->trace, &c->extra_json);
  end(c, b);
  if (failed && state == BATCH_failed) call_extra(c, "step", (int64_t)at);
  if (failed) call_extra(c, "completed", (int64_t)at);
  return DONE;
}

// ---- S/graph

outcome graph_get(call *c) {
  static const char *const PARAMS[] = {"as", "root", NULL};
  session *s = call_session(c);
  graph g;
  if (!CALL_OFFER(c, AS_json, AS_dot, AS_mermaid, AS_svg) ||
      !request_params_known(c->request, PARAMS, &c->ctx.fault))
    return DONE;
  double each = c->as == AS_svg ? 100 : 1; // us
  if (call_long(c, (double)(s->ag.nodes + s->n_bindings) * each)) return HOP;
  if (graph_collect(s, request_param(c->request, "root"), &g)) {
    call_answer(c, 200);
    if (c->as == AS_dot)
      graph_write_dot(&c->reply->body, &g);
    else if (c->as == AS_mermaid)
      graph_write_mermaid(&c->reply->body, &g);
    else if (c->as == AS_svg)
      svg_write(&c->reply->body, &g, session_fault(s));
    else
      graph_write_json(&c->reply->body, &g);
  }
  graph_finish(&g);
  return DONE;
}

// ---- /v1/ops

outcome catalogue_get(call *c) {
  if (!CALL_OFFER(c, AS_json)) return DONE;
  call_answer(c, 200);
  catalogue_write(&c->reply->body, call_chinese(c));
  return DONE;
}

outcome catalogue_get_one(call *c) {
  if (!CALL_OFFER(c, AS_json)) return DONE;
  call_answer(c, 200);
  if (catalogue_write_one(&c->reply->body, c->arg[0], strlen(c->arg[0]), call_chinese(c))) return DONE;
  return call_fail(c, ERR_op_unknown, "there is no op '%.64s'; GET /v1/ops lists them all", c->arg[0]);
}
