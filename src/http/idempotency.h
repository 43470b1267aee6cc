// idempotency.h - Idempotency-Key: the answer of a POST is kept, so that a retry gets it instead of a second
// run.
//
// One store a session, one for requests without a session. Bounded: the least recently used answers go first.
// Loop thread only.
#pragma once
#include "base/budget.h"
#include "http/exchange.h"

typedef struct idempotency idempotency;
enum { IDEMPOTENCY_KEYS = 256, IDEMPOTENCY_BYTES = 8 << 20 };

// idempotency_new makes an empty store of at most `keys` keys, which charges what it keeps to b; NULL = no
// memory.
idempotency *idempotency_new(budget *b, unsigned keys);
void idempotency_free(idempotency *s); // NULL is fine

// idempotency_claim looks at r's key. True: the request is to run, and *ticket is to be settled after it.
// False: it is not, because out holds the stored answer, or f says bad_header, idempotency_key_reused
// (another request, or an answer too large to keep), idempotency_in_progress, or out_of_memory.
bool idempotency_claim(idempotency *s, const request *r, reply *out, unsigned *ticket, fault *f);

// idempotency_settle keeps a copy of the answer. An answer that says "try again" (5xx, 429) is kept only if
// something was changed all the same (some steps of a batch stand); if not, the key is free again.
void idempotency_settle(idempotency *s, unsigned ticket, const reply *answer, bool changed);
