#include "http/idempotency.h"
#include "base/mem.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { KEY_MOST = 255 };
typedef enum entry_state { FREE, RUNNING, KEPT, FORGOTTEN } entry_state; // FORGOTTEN: all but the answer

typedef struct kept_answer answer;
struct kept_answer {                 // one block: this, then header values, then the body
  struct kept_answer *older, *newer; // on the shelf
  idempotency *store;
  unsigned at; // its entry there
  int status, headers;
  const char *content_type;
  struct {
    const char *name;
    unsigned short value;
  } header[REPLY_HEADERS];
  size_t text_len, body_len, size;
  char bytes[];
};

typedef struct entry {
  entry_state state;
  XXH128_hash_t key, request;
  uint64_t used; // the store's clock when it was last asked for
  answer *answer;
} entry;

struct idempotency {
  idempotency_shelf *shelf;
  unsigned most, count, cap; // keys allowed; entries in use or free again; allocated
  size_t bytes;
  uint64_t clock;
  entry *entries;
};

idempotency *idempotency_new(idempotency_shelf *shelf, unsigned keys) {
  idempotency *s = mem_zalloc(sizeof *s);
  if (!s) return NULL;
  s->shelf = shelf;
  s->most = keys;
  return s;
}

static void forget(idempotency *s, entry *e) {
  answer *a = e->answer;
  idempotency_shelf *on = s->shelf;
  if (!a) return;
  *(a->older ? &a->older->newer : &on->oldest) = a->newer;
  *(a->newer ? &a->newer->older : &on->newest) = a->older;
  s->bytes -= a->size;
  on->bytes -= a->size;
  budget_release(on->budget, a->size);
  mem_free(a);
  e->answer = NULL;
  e->state = FORGOTTEN;
}

static void drop(idempotency *s, entry *e) {
  forget(s, e);
  *e = (entry){0};
}

static void put_on_shelf(idempotency *s, entry *e) {
  answer *a = e->answer;
  idempotency_shelf *on = s->shelf;
  a->store = s;
  a->at = (unsigned)(e - s->entries);
  a->newer = NULL;
  a->older = on->newest;
  *(a->older ? &a->older->newer : &on->oldest) = a;
  on->newest = a;
  s->bytes += a->size;
  on->bytes += a->size;
}

static void forget_oldest(idempotency_shelf *on) {
  answer *a = on->oldest;
  forget(a->store, &a->store->entries[a->at]);
}

void idempotency_relieve_now(idempotency_shelf *on) {
  size_t most = on->budget->limit - on->budget->limit / 8;
  while (on->oldest && budget_used(on->budget) > most) forget_oldest(on);
}

void idempotency_free(idempotency *s) {
  if (!s) return;
  for (unsigned i = 0; i < s->count; i++) drop(s, &s->entries[i]);
  budget_release(s->shelf->budget, s->cap * sizeof *s->entries);
  mem_free(s->entries);
  mem_free(s);
}

static bool key_ok(const char *key) {
  size_t n = 0;
  for (; key[n]; n++)
    if (key[n] < 0x21 || key[n] > 0x7e || n == KEY_MOST) return false;
  return n > 0;
}

static XXH128_hash_t fingerprint(const request *r) {
  XXH128_hash_t body = XXH3_128bits(r->body, r->body_len);
  XXH128_hash_t target = XXH3_128bits_withSeed(r->target, r->target_len, r->method + 1);
  return XXH128((XXH128_hash_t[]){body, target}, 2 * sizeof body, 0);
}

static entry *oldest(idempotency *s) {
  entry *found = NULL;
  for (unsigned i = 0; i < s->count; i++) {
    entry *e = &s->entries[i];
    if (e->state != KEPT && e->state != FORGOTTEN) continue;
    if (!found || e->used < found->used) found = e;
  }
  return found;
}

// An entry to use: a free one, one more, or the least recently used. NULL: no memory, or all are running.
static entry *vacancy(idempotency *s, fault *f) {
  for (unsigned i = 0; i < s->count; i++)
    if (s->entries[i].state == FREE) return &s->entries[i];
  if (s->count == s->most) {
    entry *e = oldest(s);
    if (e) drop(s, e);
    return e;
  }
  if (s->count == s->cap) {
    unsigned cap = s->cap ? s->cap * 2 : 8;
    if (cap > s->most) cap = s->most;
    size_t more = (cap - s->cap) * sizeof *s->entries;
    if (!budget_charge(s->shelf->budget, more, f)) return NULL;
    entry *grown = mem_realloc(s->entries, cap * sizeof *grown);
    if (!grown) return budget_release(s->shelf->budget, more), NULL;
    s->entries = grown;
    s->cap = cap;
  }
  s->entries[s->count] = (entry){0};
  return &s->entries[s->count++];
}

// False if the copy could not be made whole.
static bool replay(const answer *a, reply *out) {
  reply_clear(out);
  out->status = a->status;
  out->content_type = a->content_type;
  out->headers = a->headers;
  for (int i = 0; i < a->headers; i++) {
    out->header[i].name = a->header[i].name;
    out->header[i].value = a->header[i].value;
  }
  memcpy(out->text, a->bytes, a->text_len);
  out->text_len = a->text_len;
  buffer_put(&out->body, a->bytes + a->text_len, a->body_len);
  reply_header(out, "Idempotency-Replayed", "true");
  return !out->body.failed;
}

static bool seen_before(entry *e, XXH128_hash_t print, reply *out, fault *f) {
  if (!XXH128_isEqual(e->request, print))
    return fail(f, ERR_idempotency_key_reused, "this Idempotency-Key was used with another request");
  if (e->state == RUNNING)
    return fail(f, ERR_idempotency_in_progress, "the request with this Idempotency-Key is still running");
  if (e->state == FORGOTTEN)
    return fail(f, ERR_idempotency_key_reused,
                "the request with this Idempotency-Key was carried out, but its "
                "answer is not kept: it was too large, or memory too short");
  return !replay(e->answer, out) && fail(f, ERR_out_of_memory, "there is no memory for the stored answer");
}

bool idempotency_claim(idempotency *s, const request *r, reply *out, unsigned *ticket, fault *f) {
  if (!key_ok(r->idempotency_key))
    return fail(f, ERR_bad_header, "an Idempotency-Key is 1 to %d visible ASCII characters", KEY_MOST);
  const char *who = r->authorization ? r->authorization : ""; // keys of different tokens never meet
  XXH128_hash_t key =
      XXH3_128bits_withSeed(r->idempotency_key, strlen(r->idempotency_key), XXH3_64bits(who, strlen(who)));
  XXH128_hash_t print = fingerprint(r);
  for (unsigned i = 0; i < s->count; i++) {
    entry *e = &s->entries[i];
    if (e->state == FREE || !XXH128_isEqual(e->key, key)) continue;
    e->used = ++s->clock;
    return seen_before(e, print, out, f);
  }
  entry *e = vacancy(s, f);
  if (!e) return fail(f, ERR_out_of_memory, "there is no memory to remember this Idempotency-Key");
  *e = (entry){.state = RUNNING, .key = key, .request = print, .used = ++s->clock};
  *ticket = (unsigned)(e - s->entries) + 1;
  return true;
}

static answer *copy_answer(idempotency *s, const reply *from) {
  const char *body = from->fixed ? from->fixed : from->body.data;
  size_t body_len = from->fixed ? from->fixed_len : from->body.len, size;
  fault ignored = {0};
  if (!size_add(sizeof(answer) + from->text_len, body_len, &size) || size > IDEMPOTENCY_BYTES / 2)
    return NULL;
  budget *b = s->shelf->budget;
  if (!budget_charge(b, size, &ignored)) return NULL;
  answer *a = mem_alloc(size);
  if (!a) return budget_release(b, size), NULL;
  a->status = from->status;
  a->content_type = from->content_type;
  a->headers = from->headers;
  for (int i = 0; i < from->headers; i++) {
    a->header[i].name = from->header[i].name;
    a->header[i].value = from->header[i].value;
  }
  a->text_len = from->text_len;
  a->body_len = body_len;
  a->size = size;
  memcpy(a->bytes, from->text, from->text_len);
  if (body_len) memcpy(a->bytes + a->text_len, body, body_len);
  return a;
}

void idempotency_settle(idempotency *s, unsigned ticket, const reply *from, bool changed) {
  entry *e = &s->entries[ticket - 1];
  if (!changed && (from->status >= 500 || from->status == 429)) {
    drop(s, e);
    return;
  }
  e->answer = copy_answer(s, from);
  e->state = e->answer ? KEPT : FORGOTTEN;
  e->used = ++s->clock;
  if (e->answer) put_on_shelf(s, e);
  while (s->bytes > IDEMPOTENCY_BYTES)
    drop(s, oldest(s)); // never e: it is the newest, and half of that at most
  while (s->shelf->bytes > s->shelf->budget->limit / 8) forget_oldest(s->shelf);
}
