#include "session/registry.h"
#include "base/hash.h"
#include "session/order.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { TOMBSTONES = 4096 }; // names of expired sessions that still answer 410
enum { LIVES = 1 << 14 };

typedef struct entry {
  UT_hash_handle hh;
  order_place place;
  session s;
  max_align_t extra[];
} entry;

struct registry {
  budget *process;
  limits limits;
  size_t extra;
  size_t (*retire)(void *user, session *);
  void *user;
  entry *by_name;
  order order;
  session *oldest, *newest; // by last use
  session *look;            // where registry_expire goes on; NULL = at the oldest
  size_t count;
  uint64_t tomb[TOMBSTONES]; // hashes of names, 0 = free; a ring
  unsigned next_tomb;
  uint32_t lives[LIVES]; // sessions that ended, by a hash of their names
};

static uint64_t name_hash(const char *name) {
  uint64_t h = hash_bytes(name, strlen(name));
  return h ? h : 1;
}

static entry *entry_of(session *s) { return (entry *)(void *)((char *)s - offsetof(entry, s)); }
static size_t entry_bytes(const registry *r) { return sizeof(entry) + r->extra; }

registry *registry_create(budget *process, const limits *l, size_t extra,
                          size_t (*retire)(void *user, session *), void *user) {
  registry *r = mem_zalloc(sizeof *r);
  if (!r) return NULL;
  r->process = process;
  r->limits = *l;
  r->extra = extra;
  r->retire = retire;
  r->user = user;
  return r;
}

static void unlink_session(registry *r, session *s) {
  if (r->look == s) r->look = s->next;
  if (s->prev)
    s->prev->next = s->next;
  else
    r->oldest = s->next;
  if (s->next)
    s->next->prev = s->prev;
  else
    r->newest = s->prev;
  s->prev = s->next = NULL;
}

static void link_newest(registry *r, session *s) {
  s->prev = r->newest;
  s->next = NULL;
  if (r->newest)
    r->newest->next = s;
  else
    r->oldest = s;
  r->newest = s;
}

void registry_free(registry *r, session *s) {
  budget_release(r->process, entry_bytes(r));
  mem_free(entry_of(s));
}

static size_t retire(registry *r, session *s) {
  if (r->retire) return r->retire(r->user, s);
  size_t freed = s->ag.nodes + s->n_bindings;
  session_finish(s);
  registry_free(r, s);
  return freed;
}

void registry_destroy(registry *r) {
  if (!r) return;
  while (r->oldest) registry_close(r, r->oldest);
  mem_free(r);
}

static int tomb_of(const registry *r, const char *name) {
  uint64_t h = name_hash(name);
  for (int i = 0; i < TOMBSTONES; i++)
    if (r->tomb[i] == h) return i;
  return -1;
}

static bool outlived(const session *s, int64_t now_ms) {
  return !s->holds && now_ms - s->used_ms >= s->ttl_ms;
}

// Takes the name away, and retires the session if nobody holds it.
static size_t close_session(registry *r, session *s) {
  if (s->closed) return 0;
  s->closed = true;
  entry *e = entry_of(s);
  r->lives[name_hash(s->name) % LIVES]++;
  HASH_DEL(r->by_name, e);
  order_remove(&r->order, &e->place);
  unlink_session(r, s);
  r->count--;
  return s->holds == 0 ? retire(r, s) : 0;
}

static size_t expire(registry *r, session *s) {
  r->tomb[r->next_tomb++ % TOMBSTONES] = name_hash(s->name);
  return close_session(r, s);
}

session *registry_hold(registry *r, const char *name, int64_t now_ms, fault *f) {
  entry *e;
  HASH_FIND_STR(r->by_name, name, e);
  if (e && outlived(&e->s, now_ms)) expire(r, &e->s), e = NULL;
  if (e) {
    e->s.holds++;
    registry_touch(r, &e->s, now_ms);
    return &e->s;
  }
  if (!f) return NULL;
  if (tomb_of(r, name) >= 0)
    fail(f, ERR_session_expired, "session '%s' was not used for its time to live and has expired", name);
  else
    fail(f, ERR_session_unknown, "there is no session '%s'; PUT /v1/sessions/%s makes it", name, name);
  return NULL;
}

session *registry_make(registry *r, const char *name, uint64_t seed, int64_t now_ms, fault *f) {
  if (r->count >= r->limits.sessions)
    return fail(f, ERR_quota_exceeded, "the server has %zu sessions, its limit", r->count), NULL;
  if (!budget_charge(r->process, entry_bytes(r), f)) return NULL;
  entry *e = mem_zalloc(entry_bytes(r));
  if (e) {
    session_init(&e->s, name, r->process, &r->limits, seed);
    e->s.extra = e->extra;
    hash_ok = true;
    HASH_ADD_KEYPTR(hh, r->by_name, e->s.name, strlen(e->s.name), e);
  }
  if (!e || !hash_ok) {
    mem_free(e);
    budget_release(r->process, entry_bytes(r));
    return fail(f, ERR_out_of_memory, "no memory for a session"), NULL;
  }
  int tomb = tomb_of(r, name);
  if (tomb >= 0) r->tomb[tomb] = 0;
  order_add(&r->order, &e->place, e->s.name);
  e->s.life = r->lives[name_hash(name) % LIVES];
  e->s.holds = 1;
  e->s.used_ms = now_ms;
  link_newest(r, &e->s);
  r->count++;
  return &e->s;
}

void registry_release(registry *r, session *s) {
  if (--s->holds == 0 && s->closed) retire(r, s);
}

void registry_touch(registry *r, session *s, int64_t now_ms) {
  s->used_ms = now_ms;
  if (s->closed || r->newest == s) return;
  unlink_session(r, s);
  link_newest(r, s);
}

void registry_close(registry *r, session *s) { close_session(r, s); }

void registry_expire(registry *r, int64_t now_ms, unsigned most, size_t most_freed) {
  session *s = r->look ? r->look : r->oldest;
  for (size_t freed = 0; s && most && freed < most_freed; s = r->look, most--) {
    r->look = s->next;
    if (outlived(s, now_ms)) freed += expire(r, s);
  }
}

size_t registry_count(const registry *r) { return r->count; }
session *registry_first(registry *r) { return r->oldest; }

size_t registry_page(registry *r, const char *prefix, const char *after, int64_t now_ms, session **out,
                     size_t most) {
  size_t n = 0, prefix_n = strlen(prefix);
  const order_place *p = order_from(&r->order, strcmp(after, prefix) > 0 ? after : prefix);
  for (; p && n < most && !strncmp(p->name, prefix, prefix_n); p = p->next[0]) {
    session *s = &((entry *)(void *)((char *)(uintptr_t)p - offsetof(entry, place)))->s;
    if (strcmp(p->name, after) > 0 && !outlived(s, now_ms)) out[n++] = s;
  }
  return n;
}

void registry_random_name(char out[NAME_MAX_BYTES + 1]) {
  static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz234567";
  unsigned char bits[17] = {0};
  if (getrandom(bits, 16, 0) != 16) abort(); // cannot happen for so few bytes; a guessable name must not
  char *p = out;
  *p++ = 's';
  for (int i = 0; i < 26; i++) { // base32: five bits a letter
    unsigned at = (unsigned)i * 5, pair = (unsigned)bits[at / 8] << 8 | bits[at / 8 + 1];
    *p++ = LETTERS[pair >> (11 - at % 8) & 31];
  }
  *p = 0;
}
