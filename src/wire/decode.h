// decode.h - JSON documents into commands. One table of fields serves every body and every batch step.
#pragma once
#include "base/arena.h"
#include "command/command.h"
#include "wire/json_reader.h"

// FIELD(name): every key a command can have. A verb takes a subset; the rest is unknown_field there.
// The most frequent come first: they are searched in this order.
// clang-format off
#define FIELDS \
  FIELD(op) FIELD(args) FIELD(out) FIELD(tensor) FIELD(backward) FIELD(grad) FIELD(zero_grad) FIELD(delete) \
  FIELD(retain_grad) FIELD(requires_grad) FIELD(step) FIELD(no_grad) FIELD(kwargs) FIELD(data) FIELD(shape) \
  FIELD(dtype) FIELD(fill) FIELD(value) FIELD(start) FIELD(end) FIELD(retain_graph) FIELD(create_graph) \
  FIELD(gradient) FIELD(grad_tensors) FIELD(inputs) FIELD(grad_outputs) FIELD(allow_unused) \
  FIELD(materialize_grads) FIELD(set_to_none) FIELD(name) FIELD(tensors) FIELD(outputs) FIELD(steps) \
  FIELD(return) FIELD(index) FIELD(manual_seed) FIELD(expr) FIELD(at) FIELD(wrt) FIELD(order) FIELD(cotangent) \
  FIELD(trace)
// clang-format on
enum field {
#define FIELD(name) FIELD_##name,
  FIELDS
#undef FIELD
      FIELD_COUNT
};
#define HAS(field) (1ull << FIELD_##field)

// Where each field's value lies in the text. at == NULL: absent.
typedef struct fields {
  uint64_t present;
  json_cur at[FIELD_COUNT];
} fields;

// What decoding one command borrows from: values live until the next decoder_reset.
typedef struct decoder {
  session *s;
  json_pool pool; // unescaped strings: live until decoder_finish
  arena arena;    // lists of values: until decoder_reset
} decoder;
void decoder_init(decoder *d, session *s);
void decoder_reset(decoder *d); // forgets the values, keeps the memory
void decoder_finish(decoder *d);

// decode_fields reads an object whose keys must be in `allowed`.
bool decode_fields(json_cur *c, uint64_t allowed, fields *f);

// The bodies of the routes; *c must be finished in any case (command_finish). `f` may be all absent.
bool decode_tensor(decoder *d, const fields *f, command *c); // name is left to the caller
bool decode_op(decoder *d, const fields *f, command *c);
bool decode_backward(decoder *d, const fields *f, values roots, bool many, command *c);
bool decode_grad(decoder *d, const fields *f, command *c); // outputs, inputs, ...
bool decode_zero_grad(decoder *d, const fields *f, enum field list, command *c);
extern const uint64_t TENSOR_FIELDS, OP_FIELDS, BACKWARD_FIELDS, GRAD_FIELDS;

// decode_step reads one step of a batch. A block ({"no_grad":[…]}) is not a command: *block is then set to
// its array.
bool decode_step(decoder *d, json_cur *c, command *cmd, json_cur *block);

// decode_value reads any one value; lists stay where they are.
bool decode_value(json_cur *c, value *out);
// decode_values reads a list, or a single value as a list of one.
bool decode_values(decoder *d, json_cur c, values *out);
// decode_data reads what {"data"} or a bare nested list says, as torch.tensor would.
bool decode_data(decoder *d, json_cur c, unsigned dtype, bool requires_grad, const ints *shape, tensor *out);
// Room in the arena for n things of some size; NULL: out_of_memory.
void *decoder_take(decoder *d, size_t n, size_t size);

// words.c: values in query strings.

// decode_word reads what decode_value would see in JSON: True, False, None, JSON if it parses, a list of
// words in brackets, else text.
bool decode_word(decoder *d, const char *text, value *out);
// decode_words reads the words between the commas of a parameter; as they are if they are `names`.
bool decode_words(decoder *d, const char *parameter, const char *text, bool names, values *out);
