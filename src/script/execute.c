// execute.c - statements. Blocks are kept on a stack of their own, not on C's, so that a script can stop
// between two statements and go on later, in another thread.
#include "base/mem.h"
#include "script/builtin.h"
#include "script/interpreter.h"
#include <string.h>

struct frame {
  const block *b;
  unsigned next;
  enum { FRAME_plain, FRAME_while, FRAME_for, FRAME_with } kind;
  bool was_grad;    // FRAME_with: the mode to go back to
  bool returns;     // the innermost frame of a call
  const stmt *of;   // FRAME_while, FRAME_for
  list *over;       // FRAME_for: owned
  int64_t position; // FRAME_for: of the next element
};

static bool push(interpreter *in, struct frame f) {
  if (in->n_frames == in->cap_frames) {
    unsigned cap = in->cap_frames ? 2 * in->cap_frames : 8;
    struct frame *more = mem_realloc(in->frames, cap * sizeof *more);
    if (!more) return fail(in_fault(in), ERR_out_of_memory, "no memory for a block");
    in->frames = more;
    in->cap_frames = cap;
  }
  in->frames[in->n_frames++] = f;
  return true;
}

static void pop(interpreter *in) {
  struct frame *f = &in->frames[--in->n_frames];
  if (f->kind == FRAME_with) in->s->ag.grad_mode = f->was_grad;
  if (f->over) object_unref(in->pool, &f->over->head);
}

static bool enter(interpreter *in, const block *b) { return b->n == 0 || push(in, (struct frame){.b = b}); }

// ---- targets

static bool unpack(interpreter *in, const expr *target, item x) {
  list *from;
  unsigned n = target->n_list, star = n;
  for (unsigned i = 0; i < n; i++)
    if (target->list[i]->kind == EXPR_starred) star = i;
  in->at = target->at;
  if (x.kind != ITEM_tensor && !item_is_list(&x) && x.kind != ITEM_range && x.kind != ITEM_text)
    return raise_type(in, "cannot unpack non-iterable %s object", item_type(&x));
  if (!item_iterate(in, x, &from)) return false;
  if (star == n && from->n > n) return raise_value(in, "too many values to unpack (expected %u)", n);
  if (star == n && from->n < n)
    return raise_value(in, "not enough values to unpack (expected %u, got %zu)", n, from->n);
  if (star < n && from->n < n - 1)
    return raise_value(in, "not enough values to unpack (expected at least %u, got %zu)", n - 1, from->n);
  if (from->head.kind == ITEM_list) { // what is stored may change or free it: its elements are taken first
    list *taken = list_new(in->pool, ITEM_tuple, 0);
    if (!taken || !list_reserve(in->pool, taken, from->n)) return false;
    for (size_t i = 0; i < from->n; i++)
      if (!list_append(in->pool, taken, from->at[i])) return false;
    from = taken;
  }
  size_t spread = from->n - (n - 1), at = 0;
  for (unsigned i = 0; i < n; i++) {
    if (i != star) {
      if (!store_to(in, target->list[i], from->at[at++])) return false;
      continue;
    }
    list *rest = list_new(in->pool, ITEM_list, 0);
    for (size_t k = 0; rest && k < spread; k++)
      if (!list_append(in->pool, rest, from->at[at++])) return false;
    if (!rest || !store_to(in, target->list[i]->left, item_object(rest))) return false;
  }
  return true;
}

static void store_local(interpreter *in, int slot, const item *x) {
  item *at = &in->locals->locals[slot], old = *at;
  item_hold(x);
  *at = *x;
  item_drop(in->pool, &old);
}

bool store_to(interpreter *in, const expr *target, item x) {
  item of, index;
  switch ((expr_kind)target->kind) {
  case EXPR_name:
    in->at = target->at;
    tell_line(in);
    if (target->slot >= 0) return store_local(in, target->slot, &x), true;
    return environment_set(in->env, target->text, target->memo, &x);
  case EXPR_tuple:
  case EXPR_list: return unpack(in, target, x);
  case EXPR_attribute:
    if (!evaluate(in, target->left, &of)) return false;
    in->at = target->at;
    return set_attribute(in, of, target->text, x);
  case EXPR_subscript:
    if (!evaluate(in, target->left, &of) || !evaluate(in, target->right, &index)) return false;
    in->at = target->at;
    return set_item(in, of, index, x);
  default: break;
  }
  in->at = target->at;
  return raise_as(in, ERR_bad_script, NULL, "starred assignment target must be in a list or tuple");
}

bool delete_target(interpreter *in, const expr *target) {
  item of, index, none = item_none();
  ident n = target->text;
  switch ((expr_kind)target->kind) {
  case EXPR_name:
    in->at = target->at;
    tell_line(in);
    if (target->slot >= 0 && in->locals->locals[target->slot].kind != ITEM_absent) {
      item old = in->locals->locals[target->slot];
      in->locals->locals[target->slot] = (item){0};
      item_drop(in->pool, &old);
      return true;
    }
    if (target->slot < 0 && environment_unset(in->env, n.text, n.n)) return true;
    return raise_as(in, ERR_tensor_unknown, "NameError", "name '%.*s' is not defined",
                    (int)(n.n < NAME_MAX_BYTES ? n.n : NAME_MAX_BYTES), n.text);
  case EXPR_attribute:
    if (!evaluate(in, target->left, &of)) return false;
    in->at = target->at;
    if (of.kind == ITEM_tensor && n.n == 4 && !memcmp(n.text, "grad", 4))
      return set_attribute(in, of, n, none);
    return raise_as(in, ERR_bad_argument, "AttributeError", "can't delete attribute");
  case EXPR_subscript:
    if (!evaluate(in, target->left, &of) || !evaluate(in, target->right, &index)) return false;
    in->at = target->at;
    return delete_item(in, of, index);
  default: in->at = target->at; return raise_as(in, ERR_bad_script, NULL, "cannot delete this");
  }
}

// target op= value: tensors are written in place, everything else is bound anew. What the target consists of
// is evaluated once.
static bool augment(interpreter *in, const stmt *s) {
  const expr *target = s->targets[0];
  item of, index, old, x, fresh;
  bool attribute = target->kind == EXPR_attribute, plain = target->kind == EXPR_name;
  if (plain) {
    if (!evaluate(in, target, &old)) return false;
  } else {
    if (!evaluate(in, target->left, &of) || (!attribute && !evaluate(in, target->right, &index)))
      return false;
    in->at = target->at;
    if (attribute ? !evaluate_attribute(in, of, target, &old) : !get_item(in, of, index, &old)) return false;
  }
  if (!evaluate(in, s->value, &x)) return false;
  in->at = s->at;
  if (!operate_inplace(in, s->op, old, x, &fresh)) return false;
  uint64_t left = in->allowed; // it is done by now: nothing after it may be too long
  in->allowed = UINT64_MAX;
  in->at = target->at;
  bool ok = plain       ? store_to(in, target, fresh)
            : attribute ? set_attribute(in, of, target->text, fresh)
                        : set_item(in, of, index, fresh);
  in->allowed = left;
  return ok;
}

// ---- simple statements

static bool assign(interpreter *in, const stmt *s) {
  item x;
  if (!evaluate(in, s->value, &x)) return false;
  for (unsigned i = 0; i < s->n_targets; i++)
    if (!store_to(in, s->targets[i], x)) return false;
  return true;
}

static bool assertion(interpreter *in, const stmt *s) {
  item x, message = item_none();
  bool holds;
  buffer b = text_buffer(in);
  if (!evaluate(in, s->value, &x)) return false;
  in->at = s->value->at;
  if (!item_truth(in, x, &holds)) return false;
  if (holds) return true;
  if (s->n_targets && (!evaluate(in, s->targets[0], &message) || !put_str(in, &b, message)))
    return buffer_finish(&b), false;
  in->at = s->at;
  const char *words = s->n_targets ? buffer_cstr(&b) : "";
  raise_as(in, ERR_bad_argument, "AssertionError", "%.*s", words ? (int)strlen(words) : 0, words);
  buffer_finish(&b);
  return false;
}

static bool import(interpreter *in, const stmt *s) {
  for (unsigned i = 0; i < s->n_targets; i++) {
    ident path = s->value->list[i]->text;
    const char *dot = memrchr(path.text, '.', path.n);
    size_t at = dot ? (size_t)(dot - path.text) : 0;
    item module = {.kind = ITEM_module, .module = ""}, found;
    in->at = s->at;
    for (size_t from = 0; from <= path.n;) { // down from module to module
      const char *end = memchr(path.text + from, '.', path.n - from);
      size_t n = end ? (size_t)(end - path.text) - from : path.n - from;
      ident part = {path.text + from, n};
      if (!get_attribute(in, module, part, &found)) {
        fault *f = in_fault(in);
        if (f->code != ERR_op_unknown) return false;
        fault_clear(f);
        return raise_as(in, ERR_bad_script, "ImportError", "cannot import name '%.*s' from '%.*s'",
                        (int)(n < 64 ? n : 64), part.text, (int)(at < 64 ? at : 64), path.text);
      }
      module = found;
      from += n + 1;
    }
    if (!store_to(in, s->targets[i], module)) return false;
  }
  return true;
}

static bool define(interpreter *in, const stmt *s) {
  expr e = {.kind = EXPR_lambda, .at = s->at, .function = s->function};
  item f;
  return evaluate(in, &e, &f) && store_to(in, s->targets[0], f);
}

// Leaves the blocks up to the innermost loop; break leaves that too.
static void leave_loop(interpreter *in, bool loop_too) {
  while (in->frames[in->n_frames - 1].kind != FRAME_while && in->frames[in->n_frames - 1].kind != FRAME_for)
    pop(in);
  struct frame *f = &in->frames[in->n_frames - 1];
  if (loop_too)
    pop(in);
  else
    f->next = f->b->n;
}

static bool leave_function(interpreter *in, const stmt *s) {
  item x = item_none();
  if (s->value && !evaluate(in, s->value, &x)) return false;
  item_hold(&x);
  in->result = x;
  for (bool last = false; !last; pop(in)) last = in->frames[in->n_frames - 1].returns;
  return true;
}

// ---- compound statements

static bool branch(interpreter *in, const stmt *s) {
  item x;
  bool holds;
  if (!evaluate(in, s->value, &x)) return false;
  in->at = s->value->at;
  return item_truth(in, x, &holds) && enter(in, holds ? &s->body : &s->other);
}

static bool begin_for(interpreter *in, const stmt *s) {
  item x;
  list *over;
  if (!evaluate(in, s->value, &x)) return false;
  in->at = s->value->at;
  if (x.kind == ITEM_range) { // is not laid out: its elements are made as they are needed
    x.o->refs++;
    over = (list *)x.o;
  } else {
    if (!item_iterate(in, x, &over)) return false;
    over->head.refs++;
  }
  struct frame f = {.b = &s->body, .next = s->body.n, .kind = FRAME_for, .of = s, .over = over};
  return push(in, f) || (object_unref(in->pool, &over->head), false);
}

static bool begin_with(interpreter *in, const stmt *s) {
  item mode;
  bool was = in->s->ag.grad_mode;
  if (!evaluate(in, s->value, &mode)) return false;
  in->at = s->value->at;
  if (mode.kind != ITEM_mode)
    return raise_as(
        in, ERR_bad_argument, "AttributeError",
        "__enter__: only torch.no_grad(), enable_grad() and set_grad_enabled() are context managers here");
  if (!push(in, (struct frame){.b = &s->body, .kind = FRAME_with, .was_grad = was}))
    return in->s->ag.grad_mode = was, false;
  in->s->ag.grad_mode = mode.i != 0;
  return true;
}

// The next round of a loop whose block is at its end.
static bool next_round(interpreter *in, struct frame *f) {
  const stmt *s = f->of;
  item x;
  bool more;
  if (f->kind == FRAME_while) {
    if (!evaluate(in, s->value, &x)) return false;
    in->at = s->value->at;
    if (!item_truth(in, x, &more)) return false;
  } else if (f->over->head.kind == ITEM_range) {
    const range *r = (const range *)(void *)f->over;
    if ((more = f->position < range_length(r)) &&
        !store_to(in, s->targets[0], item_int(r->start + f->position * r->step)))
      return false;
  } else if ((more = (size_t)f->position < f->over->n)) {
    x = f->over->at[f->position];
    if (!item_borrow(in->pool, &x) || !store_to(in, s->targets[0], x)) return false;
  }
  f = &in->frames[in->n_frames - 1]; // evaluating may have moved it
  if (more) return f->next = 0, f->position++, true;
  pop(in);
  return enter(in, &s->other);
}

static bool execute_one(interpreter *in, const stmt *s) {
  item unused;
  in->at = s->at;
  switch ((stmt_kind)s->kind) {
  case STMT_expr: return evaluate(in, s->value, &unused);
  case STMT_assign: return assign(in, s);
  case STMT_augment: return augment(in, s);
  case STMT_delete:
    for (unsigned i = 0; i < s->n_targets; i++)
      if (!delete_target(in, s->targets[i])) return false;
    return true;
  case STMT_pass: return true;
  case STMT_break:
  case STMT_continue: return leave_loop(in, s->kind == STMT_break), true;
  case STMT_return: return leave_function(in, s);
  case STMT_if: return branch(in, s);
  case STMT_while:
    return push(in, (struct frame){.b = &s->body, .next = s->body.n, .kind = FRAME_while, .of = s});
  case STMT_for: return begin_for(in, s);
  case STMT_with: return begin_with(in, s);
  case STMT_def: return define(in, s);
  case STMT_assert: return assertion(in, s);
  case STMT_import: return import(in, s);
  }
  return false;
}

// Whoever watches hears of each line as Python's own tracing has it: a loop's head once a round.
static void tell_statement(const interpreter *in, const stmt *s, const struct frame *loop) {
  observer *o = in->s->ag.observer;
  if (!observed(o)) return;
  o->line = s->at.line;
  o->statement(o, loop ? loop->kind == FRAME_while || loop->position : s->kind != STMT_while);
}

static void tell_again(const interpreter *in) {
  observer *o = in->s->ag.observer;
  if (observed(o)) o->again(o);
}

// One statement, or the header of a loop, in a scope of its own. What was too long is put back.
static bool step(interpreter *in) {
  unsigned at = in->n_frames - 1;
  struct frame *f = &in->frames[at];
  bool at_end = f->next == f->b->n;
  if (at_end && f->kind != FRAME_while && f->kind != FRAME_for) return pop(in), true;
  const stmt *s = at_end ? f->of : f->b->at[f->next];
  if (in->allowed != UINT64_MAX && s->once) return !(in->too_long = true);
  size_t mark = pool_enter(in->pool), vars = scope_enter(&in->s->ag);
  uint64_t drawn = in->s->ag.rng.counter;
  tell_statement(in, s, at_end ? f : NULL);
  if (!at_end) f->next++;
  bool ok = spend(in, STEP_NS) && (at_end ? next_round(in, f) : execute_one(in, s));
  if (in->too_long && !at_end) in->frames[at].next--;
  if (in->too_long) in->s->ag.rng.counter = drawn, tell_again(in);
  pool_leave(in->pool, mark);
  scope_leave(&in->s->ag, vars, NULL);
  return ok;
}

bool execute(interpreter *in, const block *b) {
  if (b && !enter(in, b)) return false;
  while (in->n_frames)
    if (!step(in)) return false;
  return true;
}

void execute_abandon(interpreter *in) {
  while (in->n_frames) pop(in);
}

// Runs a function's body above the frames of its caller.
bool execute_function(interpreter *in, const closure *c, item *locals, item *out) {
  activation here = {locals, c->f}, *caller = in->locals;
  program *from = in->program;
  unsigned base = in->n_frames;
  place at = in->at;
  bool ok = true;
  in->locals = &here;
  in->program = c->program;
  in->result = item_none();
  if (c->f->value) {
    ok = evaluate(in, c->f->value, &in->result);
    if (ok) item_hold(&in->result);
  } else {
    ok = push(in, (struct frame){.b = &c->f->body, .returns = true});
    while (ok && in->n_frames > base) ok = step(in);
  }
  while (in->n_frames > base) pop(in);
  in->locals = caller;
  in->program = from;
  if (!ok) return false;
  in->at = at;
  *out = in->result;
  in->result = item_none();
  if (out->kind == ITEM_tensor) return scope_own(&in->s->ag, out->v) != NULL;
  return !item_is_object(out) || pool_own(in->pool, out->o) != NULL;
}
