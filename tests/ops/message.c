#include "ops/message.h"
#include <stdio.h>
#include <string.h>

// PyTorch's message and ours. $1…$9 stand for a text that is the same wherever it occurs, in both; ~ for any
// text; a double quote and an apostrophe are alike.
static const char *const ALLOWED[][2] = {
    // Arguments: `self` where PyTorch's Python functions have `input`; its own grammar; methods without an
    // object.
    {"$1() missing 1 required positional arguments: '$2'",
     "$1() missing 1 required positional argument: '$2'"},
    {"$1() missing 1 required positional argument~: 'input'",
     "$1() missing 1 required positional argument: 'self'"},
    {"$1() missing 2 required positional argument: '$2', '$3'",
     "$1() missing 2 required positional arguments: '$2' and '$3'"},
    {"$1() missing 2 required positional argument: 'input', '$2'",
     "$1() missing 2 required positional arguments: 'self' and '$2'"},
    {"dot() missing $1 required positional argument~'tensor'",
     "dot() missing $1 required positional argument~'other'"},
    {"split() missing 2 required positional arguments: 'tensor' and $1",
     "split() missing 2 required positional arguments: 'self' and $1"},
    {"unbound method _TensorBase.$1() needs an argument",
     "$1() missing ~ required positional argument~: 'self'~"},
    {"descriptor '$1' for 'torch._C._TensorBase' objects doesn't apply to a 'NoneType' object",
     "$1(): argument 'self' (position 1) must be Tensor, not NoneType"},
    {"$1(): argument 'input' (position 1) must be $2", "$1(): argument 'self' (position 1) must be $2"},
    {"linalg_vector_norm()~'input'$1", "linalg.vector_norm()~'x'$1"},
    {"linalg_norm()~'input'$1", "linalg.norm()~'self'$1"},
    {"linalg_$1", "linalg.$1"},
    {"log_sigmoid()~", "logsigmoid()~"},
    {"$1(): argument $2 must be $3", "$1(): argument $2 (position ~) must be $3"},
    {"$1 must be tuple of SymInts, not $2", "$1 must be tuple of ints, not $2"},
    {"$1(): argument $2 must be tuple of SymInts, not $3",
     "$1(): argument $2 (position ~) must be tuple of ints, not $3"},
    {"$1(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor",
     "$1(): argument 'tensors' (position 1) must be tuple of Tensors, not str"},
    // Overloads: most of PyTorch's are not here; ours says what does not fit the nearest one.
    {"$1() received an invalid combination of arguments - got ~", "$1()~"},
    {"linalg_$1() received an invalid combination of arguments - got ~", "linalg.$1()~"},
    {"$1() takes from ~ to ~ positional arguments but $2 were given",
     "$1() takes ~ positional argument~ but $2 were given"},
    // Names are looked up by the interpreter of make_golden.py, not by PyTorch.
    {"no tensor is named '$1'", "name '$1~' is not defined: there is no such tensor in session 'golden'"},
    {"no op is named '$1'", "module 'torch' has no op '$1'; GET /v1/ops lists them all"},
    {"no dtype is named '$1'", "dtype '$1' is not one of float32, float64, int64, bool"},
    {"no dtype is named ~", "$1(): argument 'dtype' (position ~) must be torch.dtype, not str"},
    {"'NoneType' object has no attribute ~", "$1.grad is None: no gradient has been accumulated for '$1'"},
    {"~(): argument ~ must be Tensor, not NoneType",
     "$1.grad is None: no gradient has been accumulated for '$1'"},
    // Ours says more, or has less to say.
    {"one of the variables needed for gradient computation has been modified by an inplace operation: $1 "
     "Hint: ~",
     "one of the variables needed for gradient computation has been modified by an inplace operation: $1"},
    {"~: [CPUBoolType $1 Hint: ~", "~: [torch.BoolTensor $1"},
    {"~nly Tensors of floating point ~dtype can require gradients",
     "Only Tensors of floating point and complex dtype can require gradients, not ~"},
    {"$1() instead. If you are using DistributedDataParallel ~", "$1() instead."},
    {"$1 is not a valid value for reduction",
     "~(): '$1' is not a valid value for reduction, which is one of none|mean|sum"},
    {"approximate argument must be either none or tanh.",
     "gelu(): ~ is not a valid value for approximate, which is one of none|tanh"},
    {"only valid string values are 'fro' and 'nuc', found $1",
     "norm(): '$1' is not a valid value for p, which is one of fro"},
    {"linalg.matrix_norm: Order $1 not supported.",
     "linalg.norm(): '$1' is not a valid value for ord, which is one of None|fro"},
    {"index out of range in self", "index_~(): index ~ is out of bounds for dimension 0 with size ~"},
    {"$1: Expected $2.numel() == 0.",
     "$1: Expected $2.numel() == 0. Specify the reduction dim with the 'dim' argument."},
    {"permute(sparse_coo): $1", "permute(): $1"},
    {"movedim: repeated dim in ~", "dim ~ appears multiple times in the list of dims"},
    {"unflatten: Provided sizes ~ don't multiply up to the size of dim ~",
     "shape '~' is invalid for input of size ~"},
    {"Integer division with addcdiv is no longer supported, ~",
     "Integer division with addcdiv is no longer supported: divide with floating point, or with "
     "rounding_mode"},
    {"A view was created in no_grad mode $1tracke", "A view was created in no_grad mode $1tracked)."},
    {"only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices $1",
     "only integers, slices (`:`), ellipsis (`...`) and None are valid indices $1"},
    {"0D or 1D target tensor expected, multi-target not supported",
     "Expected input size ~ to fit target size ~"},
    // Kernels, by their names.
    {"'~' not implemented for '$1'", "'~' not implemented for '$1'"},
    {"std and var only support floating point and complex dtypes", "'~' not implemented for '~'"},
    {"norm(): input dtype should be either floating point or complex. Got $1 instead.",
     "'norm' not implemented for '$1'"},
    {"linalg.vector_norm: Expected a floating point or complex tensor as input. Got $1",
     "'linalg.vector_norm' not implemented for '$1'"},
    {"Boolean inputs not supported for relu", "'relu' not implemented for 'Bool'"},
    // Tensors out of lists: Python's sentences.
    {"value cannot be converted to type int64 without overflow",
     "value cannot be converted to type int64 without overflow: ~"},
    {"must be real number, not list", "expected a number at index ~ (got a sequence)"},
    {"must be real number, not NoneType",
     "a tensor is made of numbers, true and false, and the strings ~; found null at index ~"},
    {"not a sequence", "expected sequence of length ~ at dim ~ (got a number)"},
    {"invalid shape dimension $1", "Trying to create tensor with negative dimension $1: ~"},
};

enum { ROWS = sizeof ALLOWED / sizeof *ALLOWED, BOTH = 2048 };
static unsigned used[ROWS];

struct caught {
  const char *text;
  size_t n;
};

static char plain(char c) { return c == '"' ? '\'' : c; }

// Text and pattern hold both messages, PyTorch's first, a line each; no wildcard reaches over the line.
static bool fits(const char *pattern, const char *text, struct caught *caught) {
  for (; *pattern && *pattern != '~' && *pattern != '$'; pattern++, text++)
    if (plain(*pattern) != plain(*text)) return false;
  if (!*pattern) return !*text;
  struct caught *c = *pattern == '$' ? &caught[pattern[1] - '0'] : NULL;
  const char *rest = pattern + (c ? 2 : 1);
  if (c && c->text) return !strncmp(c->text, text, c->n) && fits(rest, text + c->n, caught);
  for (size_t n = 0;; n++) {
    if (c) *c = (struct caught){text, n};
    if (fits(rest, text + n, caught)) return true;
    if (!text[n] || text[n] == '\n') break;
  }
  if (c) c->text = NULL;
  return false;
}

bool message_allowed(const char *torch, size_t n, const char *ours) {
  char text[BOTH], pattern[BOTH];
  snprintf(text, sizeof text, "%.*s\n%s", (int)n, torch, ours);
  for (size_t i = 0; i < ROWS; i++) {
    struct caught caught[10] = {{0}};
    snprintf(pattern, sizeof pattern, "%s\n%s", ALLOWED[i][0], ALLOWED[i][1]);
    if (fits(pattern, text, caught)) return used[i]++, true;
  }
  return false;
}

const char *message_unused(size_t *row) {
  while (*row < ROWS)
    if (!used[(*row)++]) return ALLOWED[*row - 1][0];
  return NULL;
}
