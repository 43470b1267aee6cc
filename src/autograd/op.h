// op.h - what a row of ops.def becomes: its signature, and how it is called.
#pragma once
#include "autograd/var.h"

typedef enum arg_kind {
  ARG_tensor,          // a variable; a bare number becomes a 0-d one that promotes weakly
  ARG_tensor_optional, // or None
  ARG_tensors,         // a list; the rest of the inputs
  ARG_int,
  ARG_int_optional, // None = INT64_MIN
  ARG_dims,         // int or list, ints
  ARG_sizes,        // as ARG_dims, and may be spread over the remaining positional arguments: view(2, 3)
  ARG_bool,
  ARG_float,
  ARG_scalar,  // Python number
  ARG_promote, // Python number that takes part in type promotion; kind none = None
  ARG_dtype,
  ARG_choice, // one of a fixed set of strings, stored as its position
  ARG_index,  // what stands in x[...]
  ARG_only,   // None, or one of a set of words that ask for what is done anyway: device="cpu". Not stored
} arg_kind;

struct arg {
  const char *name;
  uint8_t kind;
  bool required, keyword_only;
  uint16_t offset;      // in the attribute struct
  const char *fallback; // the default, as Python writes it; NULL if there is none. Required with a default:
                        // may be None
  const char *choices;  // "none|mean|sum"
};

// One entry of x[...]: an int, a slice, None or Ellipsis.
typedef struct index_item {
  enum { INDEX_int, INDEX_slice, INDEX_none, INDEX_ellipsis } kind;
  int64_t start, stop, step; // stop, start: INT64_MIN = not given
} index_item;
enum { INDEX_MAX = 16 };
typedef struct index_spec {
  bool tuple; // x[(0:3,)] leaves a whole slice out, x[0:3] does not, as in PyTorch
  int n;
  index_item item[INDEX_MAX];
} index_spec;

enum row_flags {
  ROW_inplace = 1,       // also exists as NAME_ (not for composites)
  ROW_writes = 2,        // is itself an in-place op (zero_, copy_)
  ROW_view = 4,          // result shares storage with the first input
  ROW_many_views = 8,    // several such results
  ROW_composite = 16,    // built of other ops: no node of its own
  ROW_internal = 32,     // not offered by name
  ROW_no_promote = 64,   // a first input of integers is refused, not promoted to floating point
  ROW_multi = 128,       // number of results depends on the input
  ROW_method_only = 256, // x.name(...), no torch.name(...)
  ROW_no_bool = 512,     // bool operands are refused, not promoted
  ROW_no_numbers = 1024, // a bare number does not stand for a tensor
  ROW_repeats = 2048,    // may write where elements share memory: it writes the same to all
  ROW_functional = 8192, // of torch.nn.functional: takes inplace=True
  ROW_divides = 16384,   // integers may not be divided by 0
  ROW_apart = 4096,      // in place: no other operand may lie in the memory that is written
};

enum { INPUTS_MAX = 4, OUTPUTS_MAX = 2 }; // fixed inputs and outputs; lists and multi ops go beyond

struct op {
  const char *id, *name, *grad_name, *en, *zh, *samples, *formula;
  const struct arg *args;         // n_args rows, in positional order
  const char *const *derivatives; // triples input, formula, what it uses; NULL-terminated; NULL: a composite
  uint16_t attr_size, flags;
  uint8_t n_args, n_in, n_out; // n_in counts fixed tensor arguments
  bool numbers;                // some argument is a number beside tensors
  bool list;                   // the (only) tensor argument is a list
  uint8_t optional_mask;       // inputs that may be None
  uint8_t grad_mask;           // inputs that have a gradient; all of them if `list`
  int16_t requires_grad_at;    // offset of a requires_grad attribute, -1 if there is none
  double lo, hi;               // where tests sample floating inputs
};

// Inputs and results of one call.
typedef struct op_call {
  autograd *a;
  unsigned op;
  var **in; // NULL entries: optional ones not given
  unsigned n_in;
  const void *attrs;
  tensor *out; // of a kernel: its n_out results, zeroed on entry. A ROW_multi kernel calls call_outputs first
  unsigned n_out;
  var **results; // of a ROW_multi composite: filled by its body, at most `room`. NULL in place
  unsigned room, n_results;
} op_call;

// call_outputs makes room for n results in k->out, zeroed; the caller of the kernel frees them.
bool call_outputs(op_call *k, unsigned n);

// What a gradient formula sees.
typedef struct vjp {
  autograd *a;
  node *n;
  var **g;             // gradient of each output, NULL = none arrived
  var **in;            // saved inputs by slot, NULL = not saved
  var *y[OUTPUTS_MAX]; // saved outputs
  var **out;           // gradient of each input, by slot
  const bool *wanted;  // by slot
  unsigned passed;     // cat: pieces counted so far,
  int64_t from;        // and where the next begins
} vjp;

enum { USES_NOTHING = 0, USES_OUT = 1 << 14, USES_OUT1 = 1 << 15 }; // lower bits: inputs
#define USES_SHAPE(i) (1u << (16 + (i)))                            // the sizes of input i, without its data
enum { USES_LIST_SHAPES = 1 << 30 };                                // the sizes of every input

// ops_init hangs the argument tables on the rows. Call once, before anything else here.
void ops_init(void);
extern struct op OPS[];
extern const unsigned OPS_COUNT;
// op_find gives the first row of that public name; op_next gives the others, which need not be adjacent. An
// in-place name ("add_") finds the row of "add" and sets *inplace; an alias finds that of its op. -1 if there
// is none.
int op_find(const char *name, size_t n, bool *inplace);
int op_next(int op); // the next overload of the same name, -1 after the last

// op_apply runs row `op`: computes, and records a node when grad mode is on and an input requires grad. in[]
// are borrowed, a NULL for a required input is a failure already on record. Results (owned by the scope) go
// to out[], *n_out of them (at most `room`). false = failure, nothing changed.
bool op_apply(autograd *a, unsigned op, var **in, unsigned n_in, const void *attrs, var **out, unsigned room,
              unsigned *n_out);
// op_apply_inplace runs the in-place form: in[0] is written, its version rises, its history is rewritten.
bool op_apply_inplace(autograd *a, unsigned op, var **in, unsigned n_in, const void *attrs);
// op_cost estimates the work of a call in ns, before doing it (sizes are looked at, nothing is computed).
uint64_t op_cost(unsigned op, var *const *in, unsigned n_in, const void *attrs);
