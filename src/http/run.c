// run.c - scripts: in a session, or in one that lives as long as the request.
#include "base/mem.h"
#include "http/body.h"
#include "http/follow.h"
#include "http/handlers.h"
#include "http/once.h"
#include "wire/script_document.h"
#include "wire/trace.h"
#include <string.h>
#include <strings.h>

enum { PARSE_NS = 40 }; // a byte

// The body is text also where it is called a form: `curl -d` calls everything that, and nothing here decodes
// one.
static bool is_text(call *c) {
  static const char *const TYPES[] = {"text/", "application/x-www-form-urlencoded", "application/x-python",
                                      "application/octet-stream"};
  const char *type = c->request->content_type;
  for (size_t i = 0; type && i < sizeof TYPES / sizeof *TYPES; i++)
    if (!strncasecmp(TYPES[i], type, strlen(TYPES[i]))) return true;
  return !type || !*type ||
         fail(&c->ctx.fault, ERR_unsupported_media_type, "a script is text/plain or text/x-python, not %.64s",
              type);
}

// A trace has a place in JSON alone.
static bool accepts(call *c, bool *traced) {
  static const char *const KNOWN[] = {"as", "trace", NULL};
  *traced = false;
  return request_params_known(c->request, KNOWN, &c->ctx.fault) && query_flag(c, "trace", traced) &&
         (*traced ? CALL_OFFER(c, AS_json) : CALL_OFFER(c, AS_txt, AS_json)) && is_text(c);
}

// What a request keeps while it waits to go on.
struct running {
  session *s;
  bool own; // the session lives as long as the request
  script *sc;
  trace *t; // NULL: none was asked for
};

static void end_script(struct running *r) {
  trace_close(r->t);
  if (r->own && r->sc) scope_leave(&r->s->ag, 0, NULL);
  script_finish(r->sc);
  if (r->own && r->s) once_close(r->s);
  mem_free(r);
}

// On any thread, while others may use a session that stays.
static void forget(void *state) {
  struct running *r = state;
  if (!r->own && r->sc) {
    script_abandon(r->sc);
    r->sc = NULL;
  }
  end_script(r);
}

static struct running *begin(call *c) {
  struct running *r = mem_zalloc(sizeof *r);
  if (!r) return call_fail(c, ERR_out_of_memory, "no memory for a script"), NULL;
  c->state = r;
  c->state_free = forget;
  r->own = !c->session;
  r->s = r->own ? once_open(c) : call_session(c);
  return r->s ? r : NULL;
}

static script *open_script(call *c, session *s, place *where) {
  const char *body = c->request->body ? c->request->body : "";
  script_limits l = SCRIPT_LIMITS;
  if (c->reply->body.limit && c->reply->body.limit < l.output) l.output = c->reply->body.limit;
  return script_open(s, body, c->request->body_len, &l, where);
}

// ---- answers

// A failing script answers with the status of its error; what it printed stands before that, or beside it.
static void answer_failure(call *c, struct running *r, place where) {
  session *s = r->s;
  const script *sc = r->sc;
  fault f = *session_fault(s);
  buffer *body = &c->reply->body;
  call_extra(c, "line", where.line);
  call_extra(c, "column", where.column);
  follow_failed(c, &f);
  if (c->as == AS_json) {
    json_writer w = {.out = &c->extra_json};
    buffer_puts(&c->extra_json, "\"printed\":");
    script_printed_lines(&w, sc);
    buffer_puts(&c->extra_json, ",\"error\":");
    w.comma = 0;
    script_error(&w, &f, where);
    if (r->t) buffer_putc(&c->extra_json, ','), trace_member(r->t, &c->extra_json);
    if (!c->session) c->ctx.fault = f;
    return;
  }
  fault_clear(session_fault(s));
  call_answer(c, ERRORS[f.code].status);
  if (sc) buffer_put(body, script_printed(sc)->data, script_printed(sc)->len);
  script_error_line(body, &f, where);
  if (c->reply->status == 429 || c->reply->status == 503) reply_header(c->reply, "Retry-After", "1");
}

static void answer_success(call *c, struct running *r) {
  script *sc = r->sc;
  json_writer w = {.out = &c->reply->body};
  call_answer(c, 200);
  r->s->ag.ctx.stop = NULL; // it is done, so it is answered
  if (c->as == AS_json)
    script_document(&w, sc);
  else
    buffer_put(w.out, script_printed(sc)->data, script_printed(sc)->len);
  if (r->t) trace_append(r->t, w.out);
}

// Runs as much as may run here. HOP: the rest is for a thread.
static outcome advance(call *c, struct running *r) {
  uint64_t allowed = call_allowed_ns(c);
  trace_attach(r->t);
  script_state state = script_run(r->sc, allowed);
  trace_detach(r->t);
  if (state == SCRIPT_more) return HOP;
  if (state == SCRIPT_done && c->as == AS_json && script_document_cost(r->sc) > allowed) return HOP;
  if (state == SCRIPT_done)
    answer_success(c, r);
  else
    answer_failure(c, r, script_where(r->sc));
  return DONE;
}

static bool reads_long(const call *c) { return call_long(c, (double)c->request->body_len * PARSE_NS / 1000); }

static outcome end(call *c, struct running *r) {
  c->state = NULL;
  end_script(r);
  return DONE;
}

// Of both routes. A traced script always runs on a thread.
static outcome run(call *c) {
  struct running *r = c->state;
  place where;
  bool traced;
  if (!r) {
    if (!accepts(c, &traced)) return DONE;
    if (reads_long(c) || (traced && c->may_hop) || (c->session && call_frees_long(c))) return HOP;
    if (!(r = begin(c))) return DONE;
    r->s->ag.ctx.stop = c->ctx.stop;
    if (traced && !(r->t = trace_open(r->s))) {
      if (r->own) c->ctx.fault = *session_fault(r->s);
      return end(c, r);
    }
    if (!(r->sc = open_script(c, r->s, &where))) return answer_failure(c, r, where), end(c, r);
  }
  r->s->ag.ctx.stop = c->ctx.stop;
  return advance(c, r) == HOP ? HOP : end(c, r);
}

outcome session_run(call *c) { return run(c); }
outcome run_once(call *c) { return run(c); }
