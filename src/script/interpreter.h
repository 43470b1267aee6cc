// interpreter.h - a script being run, as its parts see it. The way in from outside is script.h.
//
// Functions that give an item give a borrowed one (object.h) and false with a fault in the session, or false
// with in->too_long: what remains would take longer than is allowed here, and the statement is to be begun
// again elsewhere.
#pragma once
#include "autograd/observer.h"
#include "command/command.h"
#include "script/environment.h"
#include "base/buffer.h"

// The names of one running function, or of the module's comprehensions.
typedef struct activation {
  item *locals;      // owned, each one too
  const function *f; // NULL: the module
} activation;

struct frame; // execute.c

typedef struct interpreter {
  session *s;
  environment *env;
  pool *pool;
  program *program;   // of what is being executed: of the script, or of the function that was called
  const program *own; // the script's
  const expr *called; // the call that runs: for a builtin that looks at how its arguments are written
  activation *locals;
  struct frame *frames; // the open blocks; owned
  unsigned n_frames, cap_frames;
  buffer *out;      // printed
  uint64_t steps;   // left
  uint64_t allowed; // ns left; UINT64_MAX: any
  bool too_long;
  unsigned depth; // of the C stack, in levels
  place at;       // what is being evaluated
  item result;    // of the function that returns: one reference
} interpreter;

enum { DEPTH_MAX = 3000, CALLS_MAX = 300, STEP_NS = 30 };

static inline fault *in_fault(interpreter *in) { return session_fault(in->s); }

// tell_line says to whoever watches on which line what runs next stands.
static inline void tell_line(const interpreter *in) {
  observer *o = in->s->ag.observer;
  if (observed(o)) o->line = in->at.line;
}
bool spent(interpreter *in); // complains that no steps are left
// spend takes a step that is estimated at ns, before it is done.
static inline bool spend(interpreter *in, uint64_t ns) {
  tell_line(in);
  if (in->allowed != UINT64_MAX) {
    if (ns > in->allowed) return !(in->too_long = true);
    in->allowed -= ns;
  }
  if (!in->steps) return spent(in);
  in->steps--;
  return !ctx_stopped(&in->s->ag.ctx);
}
static inline bool spend_on(interpreter *in, size_t n, uint64_t each) {
  uint64_t ns;
  return spend(in, __builtin_mul_overflow((uint64_t)n, each, &ns) ? UINT64_MAX / 2 : ns);
}

// Errors with the class that Python raises.
bool raise_type(interpreter *in, const char *format, ...) __attribute__((format(printf, 2, 3), cold));
bool raise_value(interpreter *in, const char *format, ...) __attribute__((format(printf, 2, 3), cold));
bool raise_as(interpreter *in, err code, const char *class, const char *format, ...)
    __attribute__((format(printf, 4, 5), cold));
#ifdef __clang_analyzer__ // as in fault.h
#define raise_type(...)  (raise_type(__VA_ARGS__), false)
#define raise_value(...) (raise_value(__VA_ARGS__), false)
#define raise_as(...)    (raise_as(__VA_ARGS__), false)
#endif

// ---- evaluate.c
bool evaluate(interpreter *in, const expr *e, item *out);

// ---- execute.c
// execute runs a block of the module to its end; NULL: goes on where it stopped with in->too_long.
bool execute(interpreter *in, const block *b);
// execute_function runs a function over its locals, which the caller owns, and gives what it returns.
bool execute_function(interpreter *in, const closure *c, item *locals, item *out);
void execute_abandon(interpreter *in);                      // closes the blocks that are open
bool store_to(interpreter *in, const expr *target, item x); // assigns
bool delete_target(interpreter *in, const expr *target);

// ---- operators.c. The op is an enum operator_kind.
bool operate(interpreter *in, unsigned op, item a, item b, item *out);
bool operate_unary(interpreter *in, unsigned op, item a, item *out);
// operate_inplace is `a op= b`: tensors and lists are written and given back, for others it is operate.
bool operate_inplace(interpreter *in, unsigned op, item a, item b, item *out);
bool raise_overflow(interpreter *in); // OverflowError: integers have 64 bits
// float_to_int cuts the fraction off.
bool float_to_int(interpreter *in, double d, item *out);

// ---- compare.c
bool compare_items(interpreter *in, unsigned which, item a, item b, item *out); // which: enum compare_kind
bool item_truth(interpreter *in, item x, bool *out);
bool items_equal(interpreter *in, item a, item b, bool *out);

// ---- call.c
typedef struct arguments {
  const item *at; // positional, then by keyword
  unsigned n, n_keywords;
  const ident *keywords; // of the last n_keywords
} arguments;
bool call_item(interpreter *in, item callee, const arguments *a, item *out);
bool call_method(interpreter *in, item self, const expr *method, const arguments *a, item *out);
// call_op calls an op by its public name ("add", "add_"); several results come as a tuple.
bool call_op(interpreter *in, const char *op, size_t n, const arguments *a, item *out);
bool call_op_on(interpreter *in, const char *op, item a, item b, item *out); // two arguments; b may be absent

// ---- literal.c
// literal_tensor is torch.tensor(data, dtype=want): a leaf of the scope; DT_none: as the numbers have it.
bool literal_tensor(interpreter *in, item data, unsigned want, var **out);
// literal_numbers tells where the elements of v are written, in order, if the call that made it has nothing
// but numbers in the place of `data`, in the text of this script: how many, 0 if not so or more than
// LITERALS.
enum { LITERALS = 64 };
size_t literal_numbers(const interpreter *in, const var *v, source_span out[LITERALS]);

// ---- attribute.c
bool get_attribute(interpreter *in, item of, ident n, item *out);
// evaluate_attribute is get_attribute of what the node names, with its memo.
bool evaluate_attribute(interpreter *in, item of, const expr *e, item *out);
// find_method finds what a method of tensors is: an op or a builtin. False: it is neither (no fault).
bool find_method(const expr *e, item *out);
bool set_attribute(interpreter *in, item of, ident n, item x);
// find_module finds a module in another, "" being where those are that need no import. False: none, no fault.
bool find_module(const char *owner, ident n, item *out);
// is_function: a function that is more, or gives something else in Python, than the op of that name.
bool is_function(ident n);

// ---- subscript.c
bool get_item(interpreter *in, item of, item index, item *out);
bool set_item(interpreter *in, item of, item index, item x);
bool delete_item(interpreter *in, item of, item index);

// ---- iterate.c
// item_iterate gives the elements of anything that `for` runs over: the list or tuple itself, or a new one.
bool item_iterate(interpreter *in, item of, list **out);
int64_t range_length(const range *r);

// ---- print.c
enum { FLOAT_MAX = 40 };
bool put_str(interpreter *in, buffer *b, item x);
bool put_repr(interpreter *in, buffer *b, item x);
// text_buffer: what a text is gathered in, charged to the session.
buffer text_buffer(const interpreter *in);
bool text_whole(interpreter *in, const buffer *b);    // complains if it has failed
bool too_much_printed(interpreter *in);               // complains
bool str_from(interpreter *in, buffer *b, item *out); // the buffer's bytes as a text
size_t put_float(char *out, double x);                // as Python's repr; at most FLOAT_MAX bytes
uint64_t identity(item x);                            // id()

// ---- format.c
bool put_formatted(interpreter *in, buffer *b, item x, const char *spec, size_t n); // format(x, spec)
bool format_percent(interpreter *in, item format, item with, item *out);            // format % with
bool format_method(interpreter *in, item format, const arguments *a, item *out);    // format.format(…)
