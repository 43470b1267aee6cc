// etag.h - the version counter as ETag, and the conditions of If-Match and If-None-Match.
//
// A tag is "VERSION", and "VERSION-GENERATION" or "VERSION-GENERATION.WRITES" once the name was bound anew or
// the bytes were written past the counter (PUT …/data): same tag, same bytes.
#pragma once
#include "http/call.h"
#include "session/session.h"

enum { ETAG = 64 };
void etag_write(char out[ETAG], const var *v, uint64_t generation); // with its quotes
// The generation of v.grad, which is there.
static inline uint64_t etag_generation_of_grad(const var *v) { return v->meta->grads - 1; }
// etag_allows checks If-Match for a write; tag NULL: there is no such thing yet. False: version_changed in
// the call.
bool etag_allows(call *c, const char *tag);
// etag_unchanged: a read may be answered 304.
bool etag_unchanged(const call *c, const char *tag);
