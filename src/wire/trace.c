#include "wire/trace.h"
#include "base/mem.h"
#include "wire/trace_event.h"

enum { PASSES_BYTES = 1 << 20, FAILED_BYTES = 1 << 16, SPARE_NAMES = 512 };

// ---- names

static size_t place_of(const trace_names *k, const var *v, size_t from) {
  while (from < k->n && k->vars[from] != v) from++;
  return from;
}

static void know(trace_names *k, const char *name, size_t n, const var *v) {
  size_t at = place_of(k, NULL, 0), other = place_of(k, v, 0);
  if (at == k->room || n > NAME_MAX_BYTES) return;
  k->again[at] = other < at;
  if (at < other && other < k->n) k->again[other] = true;
  if (at == k->n) k->n++;
  k->vars[at] = v;
  memcpy(k->names[at], name, n);
  k->names[at][n] = 0;
}

static void forget(trace_names *k, const char *name, size_t n, const var *v) {
  for (size_t i = place_of(k, v, 0); i < k->n; i = place_of(k, v, i + 1)) {
    if (strlen(k->names[i]) != n || memcmp(k->names[i], name, n)) continue;
    size_t next = place_of(k, v, i + 1);
    if (!k->again[i] && next < k->n) k->again[next] = false;
    k->vars[i] = NULL;
    return;
  }
}

static bool names_init(trace *t) {
  trace_names *k = &t->known;
  k->vars = mem_alloc(k->room * sizeof *k->vars);
  k->names = mem_alloc(k->room * sizeof *k->names);
  k->again = mem_alloc(k->room * sizeof *k->again);
  if (!k->vars || !k->names || !k->again) return false;
  for (const binding *b = t->s->bindings; b && k->n < k->room; b = binding_next(b)) {
    const char *name = binding_name(b);
    const var *v = binding_var(b);
    k->again[k->n] = v->refs > 1 && place_of(k, v, 0) < k->n;
    k->vars[k->n] = v;
    memcpy(k->names[k->n++], name, strlen(name) + 1);
  }
  return true;
}

const char *trace_name_of(const trace *t, const var *v) {
  size_t at = place_of(&t->known, v, 0);
  return at < t->known.n ? t->known.names[at] : NULL;
}

const var *trace_holder(const trace *t, const saved *s) {
  const var *shares = NULL;
  for (size_t i = 0; i < t->known.n; i++) {
    const var *v = t->known.vars[i];
    if (!v || v->t.storage != s->storage) continue;
    if (v->t.layout == s->layout && v->t.offset == s->offset) return v;
    shares = shares ? shares : v;
  }
  for (const meta *m = t->s->ag.metas; m && !shares; m = m->next)
    if (m->owner->t.storage == s->storage) shares = m->owner;
  return shares;
}

void trace_unnamed_here(trace *t, const var *v) {
  unsigned i = 0;
  while (i < t->n_unnamed && t->unnamed[i].id) i++;
  if (i == TRACE_UNNAMED) return;
  if (i == t->n_unnamed) t->n_unnamed++;
  t->unnamed[i] = (struct trace_unnamed){v->id, t->w.out, t->w.out->len};
}

// Puts a name where `null` stands for it. What stands behind moves, and so does where it was remembered to
// be.
static void give_name(trace *t, struct trace_unnamed here, const char *name, size_t n) {
  enum { WAS = sizeof "null" - 1 };
  buffer *b = here.in;
  size_t tail = b->len - here.at - WAS;
  t->text.len = 0;
  json_put_string(&t->text, name, n);
  size_t now = t->text.len;
  if (t->text.failed || !buffer_reserve(b, now)) {
    buffer_mend(&t->text); // it stays without one
    buffer_mend(b);
    return;
  }
  char *p = b->data + here.at;
  memmove(p + now, p + WAS, tail);
  memcpy(p, t->text.data, now);
  b->len += now - WAS;
  for (unsigned k = 0; k < t->n_unnamed; k++)
    if (t->unnamed[k].in == b && t->unnamed[k].at > here.at) t->unnamed[k].at += now - WAS;
  for (unsigned k = 0; b == &t->notes && k < t->n_held; k++)
    if (t->held[k] > here.at) t->held[k] += now - WAS;
  size_t *mark = b == &t->steps ? &t->step_mark.steps : &t->step_mark.notes;
  if (*mark > here.at) *mark += now - WAS;
}

void trace_renamed(observer *o, const char *name, size_t n, const var *was, const var *now) {
  trace *t = (trace *)o;
  trace_names *k = &t->known;
  if (was) forget(k, name, n, was);
  if (!now) return;
  know(k, name, n, now);
  for (unsigned i = 0; i < t->n_unnamed; i++) {
    if (t->unnamed[i].id != now->id) continue;
    t->unnamed[i].id = 0;
    give_name(t, t->unnamed[i], name, n);
  }
}

// ---- opening and closing

trace *trace_open(session *s) {
  budget *process = s->budget.parent ? s->budget.parent : &s->budget;
  size_t names = s->n_bindings + SPARE_NAMES < TRACE_NAMES ? s->n_bindings + SPARE_NAMES : TRACE_NAMES;
  size_t bytes = sizeof(trace) + names * (sizeof(var *) + sizeof(bool) + NAME_MAX_BYTES + 1);
  if (!budget_charge(process, bytes, session_fault(s))) return NULL;
  trace *t = mem_zalloc(sizeof *t);
  if (!t) {
    budget_release(process, bytes);
    return fail(session_fault(s), ERR_out_of_memory, "no memory for a trace"), NULL;
  }
  t->s = s;
  t->charged = process;
  t->bytes = bytes;
  t->step = -1;
  t->first = s->ag.next_var;
  t->known.room = names;
  t->steps.limit = TRACE_BYTES;
  t->notes.limit = TRACE_BYTES;
  t->failed.limit = FAILED_BYTES;
  t->passes.limit = t->freed.limit = t->roots.limit = PASSES_BYTES;
  t->steps.budget = t->notes.budget = t->failed.budget = t->passes.budget = t->freed.budget =
      t->roots.budget = process;
  t->w.out = &t->steps;
  trace_event_hooks(&t->observer);
  trace_note_hooks(&t->observer);
  if (names_init(t)) return t;
  trace_close(t);
  return fail(session_fault(s), ERR_out_of_memory, "no memory for a trace"), NULL;
}

trace *trace_open_to(session *s, trace_sink sink) {
  trace *t = trace_open(s);
  if (t) t->sink = sink;
  return t;
}

void trace_close(trace *t) {
  if (!t) return;
  budget_release(t->charged, t->bytes);
  buffer_finish(&t->steps);
  buffer_finish(&t->passes);
  buffer_finish(&t->notes);
  buffer_finish(&t->failed);
  buffer_finish(&t->text);
  buffer_finish(&t->roots);
  buffer_finish(&t->freed);
  mem_free(t->known.vars);
  mem_free(t->known.again);
  mem_free(t->known.names);
  mem_free(t);
}

void trace_attach(trace *t) {
  if (!t || t->attached) return;
  observer *o = t->before = t->s->ag.observer;
  t->s->ag.observer = o ? observer_pair_init(&t->pair, o, &t->observer) : &t->observer;
  t->attached = true;
}

void trace_detach(trace *t) {
  if (!t || !t->attached) return;
  trace_flush(t);
  t->s->ag.observer = t->before;
  t->attached = false;
}

// ---- the sink

void trace_put(trace *t, const char *what, const char *json, size_t n) {
  if (!t->sink.put) return;
  t->sink.put(t->sink.user, what, json, n);
  t->told++;
  t->standing++;
}

static void hold_nothing(trace *t) {
  t->pending = false;
  t->n_held = t->n_unnamed = 0;
  t->steps.len = t->notes.len = 0;
}

void trace_flush(trace *t) {
  if (!t->sink.put) return;
  if (t->pending) trace_put(t, "step", t->steps.data, t->steps.len);
  for (unsigned i = 0; i < t->n_held; i++) {
    size_t from = t->held[i], to = i + 1 < t->n_held ? t->held[i + 1] : t->notes.len;
    trace_put(t, "note", t->notes.data + from, to - from);
  }
  hold_nothing(t);
}

void trace_flush_named(trace *t) {
  for (unsigned i = 0; i < t->n_unnamed; i++)
    if (t->unnamed[i].id) return;
  trace_flush(t);
}

// ---- marks

struct trace_mark trace_marked(trace *t) {
  trace_flush(t); // it stands, whatever becomes of what follows
  return (struct trace_mark){.steps = t->steps.len,
                             .passes = t->passes.len,
                             .notes = t->notes.len,
                             .events = t->events,
                             .left_out = t->left_out,
                             .n_passes = t->n_passes,
                             .n_notes = t->n_notes,
                             .notes_left_out = t->notes_left_out,
                             .told = t->told,
                             .standing = t->standing,
                             .cut = t->cut};
}

void trace_back(trace *t, struct trace_mark to) {
  t->steps.len = to.steps;
  t->passes.len = to.passes;
  t->notes.len = to.notes;
  t->events = to.events;
  t->left_out = to.left_out;
  t->n_passes = to.n_passes;
  t->n_notes = to.n_notes;
  t->notes_left_out = to.notes_left_out;
  t->cut = to.cut;
  t->open = t->pending = false;
  buffer_mend(&t->steps);
  t->n_unnamed = t->n_held = 0;
  if (t->standing == to.standing) return;
  t->sink.undo(t->sink.user, t->told - to.told);
  t->told++;
  t->standing = to.standing;
}

bool trace_finished(trace *t, buffer *b, size_t start) {
  if (!b->failed) return true;
  buffer_mend(b);
  b->len = start;
  for (unsigned i = 0; i < t->n_unnamed; i++)
    if (t->unnamed[i].in == b && t->unnamed[i].at >= start) t->unnamed[i].id = 0;
  return false;
}

void trace_step(observer *o, int64_t step) {
  trace *t = (trace *)o;
  t->step = step;
  t->n_unnamed = 0;
  t->failed.len = 0;
  t->step_mark = trace_marked(t);
}

void trace_undo(trace *t) { trace_back(t, t->step_mark); }

void trace_line(trace *t, int64_t line) { t->observer.line = line; }

const buffer *trace_failure(const trace *t) { return t->failed.len ? &t->failed : NULL; }

// ---- the whole

// With the notes, or with none of them.
static void write_whole(trace *t, buffer *out, bool notes) {
  buffer_puts(out, "\"trace\":{\"steps\":[");
  buffer_put(out, t->steps.data, t->steps.len);
  buffer_puts(out, "],\"passes\":[");
  buffer_put(out, t->passes.data, t->passes.len);
  buffer_puts(out, "],\"notes\":[");
  if (notes) buffer_put(out, t->notes.data, t->notes.len);
  buffer_printf(out, "],\"notes_left_out\":%lld,\"failed\":",
                (long long)(notes ? t->notes_left_out : t->n_notes + t->notes_left_out));
  if (t->failed.len)
    buffer_put(out, t->failed.data, t->failed.len);
  else
    buffer_puts(out, "null");
  buffer_printf(out, ",\"truncated\":%s,\"left_out\":%lld}", t->cut ? "true" : "false",
                (long long)t->left_out);
}

static void write_short(trace *t, buffer *out) {
  buffer_printf(out,
                "\"trace\":{\"steps\":[],\"passes\":[],\"notes\":[],\"notes_left_out\":%lld,\"failed\":null,"
                "\"truncated\":true,\"left_out\":%lld}",
                (long long)t->n_notes + t->notes_left_out, (long long)t->events + t->left_out);
}

void trace_member(trace *t, buffer *out) {
  if (out->failed) return;
  size_t len = out->len, most = t->steps.len + t->passes.len + t->failed.len + TRACE_SHORT;
  for (int notes = 1; notes >= 0; notes--) {
    if (buffer_reserve(out, most + (notes ? t->notes.len : 0))) {
      write_whole(t, out, notes);
      return;
    }
    buffer_mend(out); // there is no room for that much, but for this
    out->len = len;
  }
  write_short(t, out);
}

void trace_append(trace *t, buffer *out) {
  if (out->failed || !out->len || out->data[out->len - 1] != '}') return;
  out->data[out->len - 1] = ',';
  trace_member(t, out);
  buffer_putc(out, '}');
}
