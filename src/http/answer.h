// answer.h - tensors in the representation that was asked for.
#pragma once
#include "http/etag.h"
#include "http/sessions.h"
#include "wire/document.h"

#define TENSOR_OFFERS AS_json, AS_txt, AS_repr, AS_npy, AS_raw, AS_csv

// How much of a tensor an answer carries: ?data=none on reads, ?return=data|meta|none on writes.
bool answer_wants(call *c, bool write, enum document_data *data, bool *nothing);

// answer_part answers 200 with a part (slice) of v.
outcome answer_part(call *c, const value *name, var *v, const tensor *part, enum document_data data);
// answer_tensor answers with v under a name (VALUE_none: nameless); suffix "" or ".grad". Sets ETag and, with
// a status of 201, Location.
outcome answer_tensor(call *c, int status, const value *name, const char *suffix, var *v,
                      enum document_data data, bool nothing);
// answer_room makes room for an answer that shows n variables (NULL: null), as their shapes alone allow it: called
// before anything is changed, it leaves nothing that could fail after. quota_exceeded, out_of_memory in the session.
bool answer_room(call *c, var *const *vars, size_t n, enum document_data data, bool nothing);

// What a command is to ask before it changes anything: whether there is room for its answer.
struct answer_plan {
  call *call;
  enum document_data data;
  bool nothing;
};
bool answer_ready(void *plan, var *const *vars, size_t n); // a command's `ready`

// answer_is_long says whether writing v would keep the loop thread.
bool answer_is_long(const call *c, const var *v);
