#include "http/hub.h"
#include "base/clock.h"
#include "base/mem.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct hub {
  hubs *all;
  hub *prev, *next;
  void *session;
  reader *first;
  unsigned readers;
  int64_t left_ms; // when the last reader left
  // Under the lock; the list of readers is changed under it, too.
  ring ring;
  bool news, ended;
  pthread_cond_t moved; // a reader has, for whoever waits for room
  bool awaited;
  uint64_t patience_ns, patience_most, asked_ns; // what is left of it, and when that was
};

enum { DUE = 160, HEAD = 128, LOOK_NS = 20 * 1000 * 1000 };

struct reader {
  hub *hub;
  reader *prev, *next;
  void *user;
  bool lines, over;
  uint64_t pos, seen; // where it reads, and the number of the last event that it was told of
  size_t at;          // bytes that it has had of the event at pos
  char due[DUE];      // to be sent before that
  size_t due_n, due_at;
};

// ---- all of them

void hubs_init(hubs *all, budget *b) {
  *all = (hubs){.budget = b};
  pthread_mutex_init(&all->lock, NULL);
}

void hubs_finish(hubs *all) { pthread_mutex_destroy(&all->lock); }

void hubs_waken(hubs *all, void (*wake)(void *server), void *server) {
  pthread_mutex_lock(&all->lock);
  all->wake = wake;
  all->server = server;
  pthread_mutex_unlock(&all->lock);
}

void hubs_news(hubs *all, void (*call)(void *user, bool lost)) {
  for (hub *h = all->first, *next; h; h = next) {
    next = h->next;
    pthread_mutex_lock(&all->lock);
    bool news = h->news;
    uint64_t tail = h->ring.tail;
    h->news = false;
    pthread_mutex_unlock(&all->lock);
    for (reader *r = news ? h->first : NULL; r; r = r->next)
      if (r->user) call(r->user, r->pos < tail);
  }
}

void hubs_each(hubs *all, void (*call)(void *user, uint64_t now), uint64_t now) {
  for (hub *h = all->first; h; h = h->next)
    for (reader *r = h->first; r; r = r->next)
      if (r->user) call(r->user, now);
}

// ---- one

static void init_moved(hub *h) {
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&h->moved, &monotonic);
  pthread_condattr_destroy(&monotonic);
}

hub *hub_open(hubs *all, void *session, hub_terms terms, fault *f) {
  if (!budget_charge(all->budget, sizeof(hub), f)) return NULL;
  hub *h = mem_zalloc(sizeof *h);
  if (!h) fail(f, ERR_out_of_memory, "no memory to follow a session");
  if (!h || !ring_init(&h->ring, all->budget, terms.ring_bytes, terms.next, f)) {
    budget_release(all->budget, sizeof *h);
    mem_free(h);
    return NULL;
  }
  h->all = all;
  h->session = session;
  h->patience_ns = h->patience_most = terms.wait_ms * 1000000;
  init_moved(h);
  h->next = all->first;
  if (h->next) h->next->prev = h;
  all->first = h;
  return h;
}

uint64_t hub_drop(hub *h) {
  hubs *all = h->all;
  uint64_t next = h->ring.next;
  if (h->prev)
    h->prev->next = h->next;
  else
    all->first = h->next;
  if (h->next) h->next->prev = h->prev;
  ring_finish(&h->ring);
  pthread_cond_destroy(&h->moved);
  budget_release(all->budget, sizeof *h);
  mem_free(h);
  return next;
}

// Wakes the loop thread, once until it has looked.
static void put(hub *h, const char *name, const char *json, size_t n) {
  ring_put(&h->ring, name, json, n);
  if (!h->news && h->all->wake) h->all->wake(h->all->server);
  h->news = true;
}

// Where the slowest reader stands, of those who have not been lost before.
static uint64_t slowest(const hub *h) {
  uint64_t pos = h->ring.head;
  for (const reader *r = h->first; r; r = r->next)
    if (!r->over && r->pos >= h->ring.tail && r->pos < pos) pos = r->pos;
  return pos;
}

// Nobody wakes it for a stop, so it looks up now and then.
static void await_room(hub *h, size_t n, const atomic_int *stop) {
  if (ring_would_drop(&h->ring, n) <= slowest(h)) return;
  uint64_t now = clock_ns(), regained = h->patience_ns + (now - h->asked_ns) / 10;
  h->patience_ns = regained < h->patience_most ? regained : h->patience_most;
  while (h->patience_ns && ring_would_drop(&h->ring, n) > slowest(h) && !(stop && atomic_load(stop))) {
    uint64_t until = now + (h->patience_ns < LOOK_NS ? h->patience_ns : LOOK_NS);
    struct timespec t = {.tv_sec = (time_t)(until / 1000000000), .tv_nsec = (long)(until % 1000000000)};
    h->awaited = true;
    pthread_cond_timedwait(&h->moved, &h->all->lock, &t);
    uint64_t then = clock_ns(), took = then - now;
    h->patience_ns = h->patience_ns > took ? h->patience_ns - took : 0;
    now = then;
  }
  h->asked_ns = now;
}

static void tell_moved(hub *h) {
  if (h->awaited) pthread_cond_broadcast(&h->moved);
  h->awaited = false;
}

void hub_tell_slowly(hub *h, const char *name, const char *json, size_t n, const atomic_int *stop) {
  pthread_mutex_lock(&h->all->lock);
  if (json) await_room(h, n, stop);
  put(h, name, json, n);
  pthread_mutex_unlock(&h->all->lock);
}

void hub_tell(hub *h, const char *name, const char *json, size_t n) {
  pthread_mutex_lock(&h->all->lock);
  put(h, name, json, n);
  pthread_mutex_unlock(&h->all->lock);
}

void hub_undo(hub *h, uint64_t n) {
  char json[48];
  pthread_mutex_lock(&h->all->lock);
  int len = snprintf(json, sizeof json, "{\"from\":%" PRIu64 "}", h->ring.next - n);
  put(h, "undo", json, (size_t)len);
  pthread_mutex_unlock(&h->all->lock);
}

void hub_close(hub *h) {
  h->session = NULL;
  pthread_mutex_lock(&h->all->lock);
  put(h, "end", "{}", 2);
  h->ended = true;
  pthread_mutex_unlock(&h->all->lock);
  if (!h->readers) hub_drop(h);
}

unsigned hub_readers(const hub *h) { return h->readers; }
void *hub_session(const hub *h) { return h->session; }

hub *hub_idle(const hubs *all, const hub *after, int64_t before) {
  hub *h = after ? after->next : all->first;
  while (h && (h->readers || h->left_ms > before)) h = h->next;
  return h;
}

// ---- readers

reader *reader_open(hub *h, reader_place from, fault *f) {
  hubs *all = h->all;
  if (!budget_charge(all->budget, sizeof(reader), f)) return NULL;
  reader *r = mem_zalloc(sizeof *r);
  if (!r) {
    budget_release(all->budget, sizeof *r);
    return fail(f, ERR_out_of_memory, "no memory to follow a session"), NULL;
  }
  r->hub = h;
  r->lines = from.lines;
  pthread_mutex_lock(&all->lock);
  const ring *events = &h->ring;
  r->seen = !from.resumes ? events->next - 1 : from.after < events->next ? from.after : 0;
  r->pos = ring_after(events, r->seen);
  r->next = h->first;
  if (r->next) r->next->prev = r;
  h->first = r;
  pthread_mutex_unlock(&all->lock);
  // Something is sent at once, so that the head of the answer does not wait for the first event.
  r->due_n = (size_t)snprintf(r->due, sizeof r->due, r->lines ? "\n" : "retry: 2000\n\n");
  h->readers++;
  all->readers++;
  return r;
}

void reader_close(reader *r, int64_t now) {
  hub *h = r->hub;
  pthread_mutex_lock(&h->all->lock);
  if (r->prev)
    r->prev->next = r->next;
  else
    h->first = r->next;
  if (r->next) r->next->prev = r->prev;
  tell_moved(h);
  pthread_mutex_unlock(&h->all->lock);
  budget_release(h->all->budget, sizeof *r);
  mem_free(r);
  h->all->readers--;
  h->left_ms = now;
  if (!--h->readers && !h->session) hub_drop(h);
}

hub *reader_hub(const reader *r) { return r->hub; }
void reader_serve(reader *r, void *user) { r->user = user; }

void reader_end(reader *r) {
  pthread_mutex_lock(&r->hub->all->lock);
  r->over = true;
  tell_moved(r->hub);
  pthread_mutex_unlock(&r->hub->all->lock);
}

void reader_ping(reader *r) {
  if (!r->due_n && !r->at)
    r->due_n = (size_t)snprintf(r->due, sizeof r->due, r->lines ? "\n" : ": keep-alive\n\n");
}

// What stands before the JSON of an event, less its {.
static size_t write_head(const reader *r, char *out, size_t room, uint64_t seq, const char *name, bool bare) {
  size_t n = 0;
  if (!r->lines) n = (size_t)snprintf(out, room, "id: %" PRIu64 "\nevent: %s\ndata: ", seq, name);
  return n + (size_t)snprintf(out + n, room - n, "{\"seq\":%" PRIu64 ",\"event\":\"%s\"%s", seq, name,
                              bare ? "" : ",");
}

static void tell_gap(reader *r, uint64_t from, uint64_t to) {
  r->due_n = write_head(r, r->due, DUE, to, "gap", false);
  r->due_n +=
      (size_t)snprintf(r->due + r->due_n, DUE - r->due_n, "\"from\":%" PRIu64 ",\"to\":%" PRIu64 "}%s", from,
                       to, r->lines ? "\n" : "\n\n");
  r->seen = to;
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

// Copies of text, whose first byte is byte `start` of an event, what the reader has not had; true: all.
static bool give(reader *r, size_t start, const char *text, size_t n, char *out, size_t room,
                 size_t *filled) {
  if (r->at >= start + n) return true;
  size_t skip = r->at - start, part = least(n - skip, room - *filled);
  memcpy(out + *filled, text + skip, part);
  *filled += part;
  r->at += part;
  return skip + part == n;
}

// The event at pos; true: all of it is written, and the reader has moved on.
static bool give_event(reader *r, ring_event e, char *out, size_t room, size_t *filled) {
  const ring *events = &r->hub->ring;
  char head[HEAD];
  size_t n = write_head(r, head, sizeof head, e.seq, e.name, e.n == 2), json = e.n - 1;
  if (!give(r, 0, head, n, out, room, filled)) return false;
  if (r->at < n + json) {
    size_t from = r->at - n, part = least(json - from, room - *filled);
    ring_copy(events, r->pos, 1 + from, out + *filled, part);
    *filled += part;
    r->at += part;
    if (from + part < json) return false;
  }
  if (!give(r, n + json, "\n\n", r->lines ? 1 : 2, out, room, filled)) return false;
  r->pos = ring_beyond(events, r->pos);
  r->seen = e.seq;
  r->at = 0;
  return true;
}

static reader_state fill(reader *r, char *out, size_t room, size_t *n) {
  const ring *events = &r->hub->ring;
  while (*n < room) {
    if (r->due_n) {
      size_t part = least(r->due_n - r->due_at, room - *n);
      memcpy(out + *n, r->due + r->due_at, part);
      *n += part;
      r->due_at += part;
      if (r->due_at < r->due_n) break;
      r->due_n = r->due_at = 0;
      continue;
    }
    if (r->over) return READER_ended;
    if (r->pos < events->tail) return READER_lost;
    bool none = r->pos == events->head;
    ring_event e = none ? (ring_event){.seq = events->next} : ring_at(events, r->pos);
    if (!r->at && e.seq > r->seen + 1)
      tell_gap(r, r->seen + 1, e.seq - 1);
    else if (none)
      return r->hub->ended ? READER_ended : READER_more;
    else if (!give_event(r, e, out, room, n))
      break;
  }
  return READER_more;
}

reader_state reader_fill(reader *r, char *out, size_t room, size_t *n, bool *whole) {
  *n = 0;
  pthread_mutex_lock(&r->hub->all->lock);
  reader_state state = fill(r, out, room, n);
  tell_moved(r->hub);
  pthread_mutex_unlock(&r->hub->all->lock);
  *whole = !r->at && !r->due_n;
  return state;
}
