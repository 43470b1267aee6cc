// ops_fuzz.c - bytes choose a sequence of commands on a session with small limits: leaves, ops by their
// signatures, in-place writes, views, backward, grad, zero_grad, delete. A command that fails must leave the
// session as it was, also when an allocation fails in the middle of it or it is told to stop; at the end
// every byte must be given back. Every other sequence (by its length) is traced as a batch is.
#include "base/mem.h"
#include "base/utf8.h"
#include "command/command.h"
#include "traced.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES = 10, COMMANDS = 48, ARGS = 10, LISTED = 4 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_hold(bool holds, int line) {
  if (holds) return;
  fprintf(stderr, "ops_fuzz.c:%d does not hold\n", line);
  abort();
}
#define must(holds) must_hold((holds), __LINE__)

// ---- what the bytes choose. Zeros when they run out.

static const uint8_t *at, *end;

static unsigned byte(void) { return at < end ? *at++ : 0; }
static unsigned below(unsigned n) { return byte() % n; }
static bool one_in(unsigned n) { return below(n) == n - 1; } // not on zero

static value new_name(void) { return value_text(&"abcdefghij"[below(NAMES)], 1); }

static value name(void) {
  static const char *const GRADS[] = {"a.grad", "b.grad", "c.grad", "d.grad"};
  if (one_in(8)) return value_text(GRADS[below(4)], 6);
  return new_name();
}

static int64_t small_int(void) {
  static const int64_t ODD[] = {-100, 1000, INT64_MAX, INT64_MIN, (int64_t)1 << 31, (int64_t)1 << 32, 64, -9};
  unsigned b = byte();
  return b < 240 ? (int64_t)(b % 8) - 3 : ODD[b % 8];
}

static double small_float(void) {
  static const double ODD[] = {1e300, -1e300, 1e-310, __builtin_inf(), __builtin_nan(""), 0.5, -0.0, 3};
  unsigned b = byte();
  return b < 240 ? (b % 32) / 8.0 - 2 : ODD[b % 8];
}

static value number(void) {
  if (one_in(3)) return (value){.kind = VALUE_float, .d = small_float()};
  if (one_in(8)) return (value){.kind = VALUE_bool, .i = below(2)};
  return value_int(small_int());
}

static value word(const char *words) { // one of "none|mean|sum"
  unsigned n = 1;
  for (const char *p = words; *p; p++) n += *p == '|';
  n = below(n);
  while (n--) words = strchr(words, '|') + 1;
  return value_text(words, strcspn(words, "|"));
}

// Lists live as long as the command.
static value items[ARGS * LISTED];
static unsigned n_items;

static value list(value (*one)(void)) {
  unsigned n = below(LISTED + 1);
  if (n_items + n > sizeof items / sizeof *items) n = 0;
  value *from = &items[n_items];
  for (unsigned i = 0; i < n; i++) from[i] = one();
  n_items += n;
  return value_list(from, n);
}

static value an_int(void) { return value_int(small_int()); }

static value an_index(void) {
  static const char *const TEXTS[] = {":", "1:", ":-1", "::2", "...", "0:2", "-2:", "2:1", "1", "x"};
  if (one_in(5)) return (value){.kind = VALUE_none};
  if (below(2)) return an_int();
  const char *text = TEXTS[below(10)];
  return value_text(text, strlen(text));
}

static value argument(const struct arg *a) {
  if (!a->required && one_in(6)) return (value){.kind = VALUE_none};
  if (one_in(32)) return number(); // of any kind: it may not fit
  switch ((arg_kind)a->kind) {
  case ARG_tensor:
  case ARG_tensor_optional: return one_in(6) ? number() : name();
  case ARG_tensors: return list(name);
  case ARG_dims:
  case ARG_sizes: return below(2) ? list(an_int) : an_int();
  case ARG_bool: return (value){.kind = VALUE_bool, .i = below(2)};
  case ARG_float:
  case ARG_scalar:
  case ARG_promote: return number();
  case ARG_dtype: return word("float32|float64|int64|bool|none");
  case ARG_choice: return word(a->choices);
  case ARG_index: return below(2) ? list(an_index) : an_index();
  default: return an_int();
  }
}

// ---- commands

static value args[ARGS], inputs[LISTED], seeds[LISTED], outs[LISTED];
static keyword keywords[ARGS];
static char op_name[64];

static unsigned some_names(value *to) {
  unsigned n = 1 + below(LISTED);
  for (unsigned i = 0; i < n; i++) to[i] = name();
  return n;
}

static void choose_out(command *c) {
  c->out = (values){outs, below(3)};
  for (unsigned i = 0; i < c->out.n; i++) outs[i] = one_in(16) ? value_text("1", 1) : new_name();
}

static void choose_op(command *c) {
  const struct op *o = &OPS[(byte() << 8 | byte()) % OPS_COUNT];
  bool inplace = o->flags & ROW_inplace && below(2);
  size_t n = strlen(o->name);
  memcpy(op_name, o->name, n);
  op_name[n] = '_';
  c->verb = VERB_op;
  c->name = value_text(op_name, n + inplace);
  unsigned given = one_in(4) ? below(o->n_args + 1u) : o->n_args;
  bool by_name = false;
  for (unsigned i = 0; i < given; i++) {
    const struct arg *a = &o->args[i];
    if (!a->required && one_in(3)) {
      by_name = true;
      continue;
    }
    by_name = by_name || a->keyword_only || one_in(16);
    if (by_name)
      keywords[c->n_kw++] = (keyword){a->name, strlen(a->name), argument(a)};
    else
      args[c->args.n++] = argument(a);
  }
  c->args.at = args;
  c->kw = keywords;
  choose_out(c);
}

static bool make_tensor(session *s, tensor *t) {
  static const unsigned char RANKS[] = {1, 1, 2, 2, 0, 3, 4, 8};
  dtype of = (dtype)((below(6) + DT_float32) % DT_COUNT);
  int64_t dims[RANK_MAX];
  int rank = RANKS[below(8)];
  for (int i = 0; i < rank; i++) dims[i] = rank > 4 ? 1 + below(2) : one_in(12) ? 0 : 1 + below(3);
  if (!tensor_new_sizes(&s->ag.ctx, t, of, rank, dims)) return false;
  for (int64_t i = 0; i < tensor_numel(t); i++) {
    double d = small_float();
    if (of == DT_bool)
      ((bool *)tensor_data(t))[i] = d > 0;
    else if (of == DT_int64)
      ((int64_t *)tensor_data(t))[i] = f64_to_i64(d);
    else if (of == DT_float32)
      ((float *)tensor_data(t))[i] = (float)d;
    else
      ((double *)tensor_data(t))[i] = d;
  }
  return true;
}

static bool choose_tensor(session *s, command *c) {
  c->verb = VERB_tensor;
  c->name = new_name();
  c->requires_grad = !one_in(3);
  return make_tensor(s, &c->data);
}

static void choose_pass(command *c, verb v) {
  c->verb = v;
  c->args = (values){args, one_in(4) ? some_names(args) : 1};
  if (c->args.n == 1) args[0] = name();
  if (one_in(3)) {
    c->gradients = (values){seeds, c->args.n};
    for (unsigned i = 0; i < c->args.n; i++)
      seeds[i] = one_in(4) ? (value){.kind = VALUE_none} : below(2) ? name() : number();
  }
  c->all_inputs = v == VERB_backward && !one_in(4);
  if (!c->all_inputs) c->inputs = (values){inputs, some_names(inputs)};
  unsigned bits = byte();
  c->retain_graph = bits & 1 ? RETAIN_yes : bits & 2 ? RETAIN_no : RETAIN_default;
  c->create_graph = bits & 4;
  c->allow_unused = bits & 8;
  c->materialize = bits & 16;
  if (v == VERB_grad) choose_out(c);
}

static bool choose(session *s, command *c) {
  *c = (command){.allowed_ns = UINT64_MAX};
  n_items = 0;
  unsigned what = below(24);
  c->no_grad = one_in(8);
  c->set_to_none = below(2);
  switch (what) {
  case 0:
  case 1:
  case 2: return choose_tensor(s, c);
  case 3:
  case 4: return choose_pass(c, VERB_backward), true;
  case 5: return choose_pass(c, VERB_grad), true;
  case 6:
    c->verb = VERB_zero_grad;
    c->all = below(2);
    c->args = (values){args, some_names(args)};
    return true;
  case 7:
    c->verb = VERB_delete;
    c->args = (values){args, some_names(args)};
    return true;
  case 8:
  case 9:
    c->verb = what == 8 ? VERB_retain_grad : VERB_requires_grad;
    c->requires_grad = below(2);
    c->name = name();
    return true;
  default: return choose_op(c), true;
  }
}

// ---- what the bytes do outside of commands: PyTorch's `.data` and `.grad = `

static bool write_data(session *s) {
  value of = name(), index = an_index(), to = one_in(3) ? name() : number();
  var *v = value_variable(s, &of, "the tensor");
  tensor t = {0};
  bool ok = v != NULL;
  unsigned how = below(4);
  if (!ok) return false;
  if (how == 0) return command_patch_data(s, v, &index, &to);
  if (how == 1) return command_set_grad(s, v, NULL);
  ok = make_tensor(s, &t) && (how == 2 ? command_set_grad(s, v, &t) : command_write_data(s, v, &t));
  tensor_drop(&t);
  return ok;
}

// ---- what must hold

static uint64_t mix(uint64_t h, uint64_t x) { return (h ^ x) * 0x9e3779b97f4a7c15u ^ h >> 29; }

static uint64_t content(uint64_t h, const tensor *t) {
  h = mix(mix(h, (uintptr_t)t->storage), t->storage->version);
  for (int64_t i = 0; i < tensor_numel(t) && i < 64; i++) {
    scalar x = tensor_read(t, i);
    h = mix(h, (uint64_t)x.i);
  }
  return h;
}

// Names, what they stand for, values, versions, gradients and flags.
static uint64_t fingerprint(session *s) {
  uint64_t h = s->n_bindings;
  for (binding *b = s->bindings; b; b = binding_next(b)) {
    const var *v = binding_var(b), *g = var_grad(v);
    h = mix(mix(content(h, &v->t), (unsigned char)*binding_name(b)), (uintptr_t)v);
    h = mix(mix(h, var_requires_grad(v)), var_retains_grad(v));
    if (g) h = content(mix(h, (uintptr_t)g), &g->t);
  }
  return h;
}

static void step(session *s, trace *t, int64_t number) {
  static command_result r;
  static atomic_int stop;
  command c = {0};
  unsigned trouble = byte();
  uint64_t before = fingerprint(s);
  size_t mark = scope_enter(&s->ag);
  fault *f = session_fault(s);
  atomic_store(&stop, trouble == 255 ? STOP_deadline : STOP_no);
  s->ag.ctx.stop = &stop;
  if (trouble >= 224 && trouble < 255) mem_fail_at(1 + trouble % 16, trouble & 16);
  bool ok;
  traced_attach(s, t, "", 0);
  if (t) s->ag.observer->step_begins(s->ag.observer, number);
  if (one_in(12))
    ok = write_data(s);
  else {
    r.n = 0;
    ok = choose(s, &c);
    if (ok) {
      ok = command_run(s, &c, &r);
      must(r.n <= RESULTS_MAX && !r.too_long);
      command_result_finish(s, &r);
    }
    command_finish(&c);
  }
  if (t && !ok) trace_undo(t);
  trace_detach(t);
  mem_fail_at(0, false);
  must(ok == (f->code == ERR_none));
  must(ok || (f->detail[0] && utf8_valid(f->detail, strlen(f->detail)) && f->code != ERR_internal));
  fault_clear(f);
  scope_leave(&s->ag, mark, NULL);
  must(ok || fingerprint(s) == before);
  must(s->ag.grad_mode && s->ag.nodes <= s->ag.max_nodes);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  ops_init();
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const limits LIMITS = {.session_bytes = 1 << 20, .session_nodes = 400, .session_tensors = 8};
  budget process;
  session s;
  at = data;
  end = data + size;
  budget_init(&process, NULL, "the process", 1 << 21);
  session_init(&s, "s", &process, &LIMITS, 1);
  trace *t = size & 1 ? trace_open(&s) : NULL;
  for (int i = 0; i < COMMANDS && at < end; i++) step(&s, t, i);
  traced_check(t, false);
  trace_close(t);
  session_finish(&s);
  must(budget_used(&process) == 0);
  return 0;
}
