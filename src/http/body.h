// body.h - a request body as numbers: JSON, npy, raw, csv or plain text, by its Content-Type or, without one,
// by what it begins with.
#pragma once
#include "http/sessions.h"
#include "wire/decode.h"

typedef enum body_type { BODY_json, BODY_npy, BODY_raw, BODY_csv, BODY_txt, BODY_jsonl } body_type;

// body_type_of: false with unsupported_media_type unless it is in `accepted`, a mask of 1 << body_type.
bool body_type_of(call *c, unsigned accepted, body_type *out);
enum { BODY_TENSORS = 1 << BODY_json | 1 << BODY_npy | 1 << BODY_raw | 1 << BODY_csv | 1 << BODY_txt };

// body_fields opens a JSON object body and reads its fields; an empty body is an empty object if optional.
// The decoder is open afterwards in any case.
bool body_fields(call *c, decoder *d, bool optional, uint64_t allowed, fields *f);

// body_tensor reads a whole tensor: what PUT of a tensor takes, with ?requires_grad=1&dtype=&shape= of the
// query. With `like`, new values for that: bare numbers take its dtype and shape, and JSON has no fill or
// requires_grad. False without a fault: out->too_long.
bool body_tensor(call *c, decoder *d, body_type type, const var *like, command *out);
// body_reads_long says whether reading the body would keep the loop thread.
bool body_reads_long(const call *c);
// ?name=1|true|0|false; false with bad_argument if it is something else.
bool query_flag(call *c, const char *name, bool *out);
