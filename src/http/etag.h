// etag.h - the version counter as ETag, and the conditions of If-Match and If-None-Match.
//
// A tag is "VERSION", and "VERSION-GENERATION" or "VERSION-GENERATION.WRITES" once the name was bound anew or
// the bytes were written past the counter (PUT …/data). In a session whose name was that of an earlier one,
// "…@LIFE" tells which it is. Same tag, same numbers: dtype, shape and data. What else a document says
// (requires_grad, has_grad) may have changed.
#pragma once
#include "http/call.h"
#include "session/session.h"

enum { ETAG = 64 };
void etag_write(char out[ETAG], const session *s, const var *v, uint64_t generation); // with its quotes
// The generation of v.grad, which is there.
static inline uint64_t etag_generation_of_grad(const var *v) { return v->meta->grads - 1; }
// etag_conditions says whether If-Match and If-None-Match allow the write that the call's route is. False:
// version_changed in the call. What the handler alone knows (TAG_ARGUMENT) is left to it.
bool etag_conditions(call *c);
// etag_conditions_of says the same of a write to NAME or NAME.grad; NULL: to nothing that has a version.
bool etag_conditions_of(call *c, const char *reference, size_t n);
// etag_unchanged: a read may be answered 304.
bool etag_unchanged(const call *c, const char *tag);
