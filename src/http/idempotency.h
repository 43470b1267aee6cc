// idempotency.h - Idempotency-Key: the answer of a POST is kept, so that a retry gets it instead of a second
// run.
//
// One store a session, one for requests without a session. Bounded: the least recently used answers go first.
// The answers of all stores stand on one shelf of the process, which takes an eighth of its memory at most
// and is cleared, oldest first, when memory runs short. (A session's own budget could not be charged: it
// belongs to the session's strand.) A key whose answer went is still known. Loop thread only.
#pragma once
#include "base/budget.h"
#include "http/exchange.h"

typedef struct idempotency idempotency;
typedef struct idempotency_shelf {
  budget *budget; // borrowed
  size_t bytes;   // of answers
  struct kept_answer *oldest, *newest;
} idempotency_shelf;

// idempotency_relieve gives back answers while the budget is nearly used up. Asked before every request.
void idempotency_relieve_now(idempotency_shelf *s);
static inline void idempotency_relieve(idempotency_shelf *s) {
  if (s->bytes && budget_used(s->budget) > s->budget->limit - s->budget->limit / 8)
    idempotency_relieve_now(s);
}
enum { IDEMPOTENCY_KEYS = 256, IDEMPOTENCY_BYTES = 8 << 20 };

// idempotency_new makes an empty store of at most `keys` keys; NULL = no memory. The shelf must outlive it.
idempotency *idempotency_new(idempotency_shelf *shelf, unsigned keys);
void idempotency_free(idempotency *s); // NULL is fine

// idempotency_claim looks at r's key. True: the request is to run, and *ticket is to be settled after it.
// False: it is not, because out holds the stored answer, or f says bad_header, idempotency_key_reused
// (another request, or an answer that is not kept), idempotency_in_progress, or out_of_memory.
bool idempotency_claim(idempotency *s, const request *r, reply *out, unsigned *ticket, fault *f);

// idempotency_settle keeps a copy of the answer. An answer that says "try again" (5xx, 429) is kept only if
// something was changed all the same (some steps of a batch stand); if not, the key is free again.
void idempotency_settle(idempotency *s, unsigned ticket, const reply *answer, bool changed);
