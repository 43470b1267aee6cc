// answer.h - tensors in the representation that was asked for.
#pragma once
#include "http/etag.h"
#include "http/sessions.h"
#include "wire/document.h"

#define TENSOR_OFFERS AS_json, AS_txt, AS_repr, AS_npy, AS_raw, AS_csv

// How much of a tensor an answer carries: ?data=none on reads, ?return=data|meta|none on writes.
bool answer_wants(call *c, bool write, enum document_data *data, bool *nothing);

// answer_read answers a GET of a tensor, or a part of it (?slice=), or that it is unchanged (If-None-Match).
// May HOP. `grad`: v is the gradient of `name`.
outcome answer_read(call *c, const value *name, bool grad, var *v);
// answer_tensor answers a write that was carried out (call_changed) with v under a name (VALUE_none:
// nameless). Sets ETag and, with a status of 201, Location.
outcome answer_tensor(call *c, int status, const value *name, bool grad, var *v, enum document_data data,
                      bool nothing);
// answer_is_long says whether writing such an answer would keep the loop thread.
bool answer_is_long(const call *c, const tensor *t, enum document_data data, bool nothing);
// answer_room makes room for it, as the shape alone allows it: called before anything is changed, it leaves
// nothing that could fail after. quota_exceeded, out_of_memory in the session.
bool answer_room(call *c, const tensor *t, enum document_data data, bool nothing);

// What a command is to ask before it changes anything: whether what was asked for can hold its results, and
// whether there is room for its answer, and time.
struct answer_plan {
  call *call;
  enum document_data data;
  bool nothing;
  bool hop; // set when it refuses: writing the answer would keep the loop thread
};
bool answer_ready(void *plan, var *const *vars, size_t n); // a command's `ready`
