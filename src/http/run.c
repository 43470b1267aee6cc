// run.c - scripts: in a session, or in one that lives as long as the request.
#include "base/mem.h"
#include "http/handlers.h"
#include "http/once.h"
#include "wire/script_document.h"
#include <string.h>
#include <strings.h>

enum { PARSE_NS = 40 }; // a byte

// The body is text whatever it is called: `curl -d` calls everything a form, and nothing here decodes one.
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

static bool accepts(call *c) {
  static const char *const KNOWN[] = {"as", NULL};
  return CALL_OFFER(c, AS_txt, AS_json) && request_params_known(c->request, KNOWN, &c->ctx.fault) &&
         is_text(c);
}

static script *open_script(call *c, session *s, place *where) {
  const char *body = c->request->body ? c->request->body : "";
  script_limits l = SCRIPT_LIMITS;
  if (c->reply->body.limit && c->reply->body.limit < l.output) l.output = c->reply->body.limit;
  return script_open(s, body, c->request->body_len, &l, where);
}

// ---- answers

// A failing script answers with the status of its error; what it printed stands before that, or beside it.
static void answer_failure(call *c, session *s, const script *sc, place where) {
  fault f = *session_fault(s);
  buffer *body = &c->reply->body;
  if (c->as == AS_json) {
    json_writer w = {.out = &c->extra_json};
    call_extra(c, "line", where.line);
    call_extra(c, "column", where.column);
    buffer_puts(&c->extra_json, "\"printed\":");
    script_printed_lines(&w, sc);
    buffer_puts(&c->extra_json, ",\"error\":");
    w.comma = 0;
    script_error(&w, &f, where);
    if (!c->session) c->ctx.fault = f;
    return;
  }
  fault_clear(session_fault(s));
  call_answer(c, ERRORS[f.code].status);
  if (sc) buffer_put(body, script_printed(sc)->data, script_printed(sc)->len);
  script_error_line(body, &f, where);
  if (c->reply->status == 429 || c->reply->status == 503) reply_header(c->reply, "Retry-After", "1");
}

static void answer_success(call *c, session *s, script *sc) {
  json_writer w = {.out = &c->reply->body};
  call_answer(c, 200);
  s->ag.ctx.stop = NULL; // it is done, so it is answered
  if (c->as == AS_json)
    script_document(&w, sc);
  else
    buffer_put(&c->reply->body, script_printed(sc)->data, script_printed(sc)->len);
}

// Runs as much as may run here. HOP: the rest is for a thread.
static outcome advance(call *c, session *s, script *sc) {
  uint64_t allowed = call_allowed_ns(c);
  script_state state = script_run(sc, allowed);
  if (state == SCRIPT_more) return HOP;
  if (state == SCRIPT_done && c->as == AS_json && script_document_cost(sc) > allowed) return HOP;
  if (state == SCRIPT_done)
    answer_success(c, s, sc);
  else
    answer_failure(c, s, sc, script_where(sc));
  return DONE;
}

static bool reads_long(const call *c) { return call_long(c, (double)c->request->body_len * PARSE_NS / 1000); }

// ---- S/run

static void forget(void *state) { script_abandon(state); }

outcome session_run(call *c) {
  session *s = call_session(c);
  script *sc = c->state;
  place where;
  if (!sc && !accepts(c)) return DONE;
  if (!sc && (reads_long(c) || call_frees_long(c))) return HOP;
  if (!sc && !(sc = open_script(c, s, &where))) return answer_failure(c, s, NULL, where), DONE;
  c->state = sc;
  c->state_free = forget;
  if (advance(c, s, sc) == HOP) return HOP;
  c->state = NULL;
  script_finish(sc);
  return DONE;
}

// ---- /v1/run

struct once { // a throw-away session with its script
  session *s;
  script *sc;
};

static void throw_away(void *state) {
  struct once *o = state;
  if (o->sc) scope_leave(&o->s->ag, 0, NULL);
  script_finish(o->sc);
  if (o->s) once_close(o->s);
  mem_free(o);
}

static struct once *begin_once(call *c) {
  struct once *o = mem_zalloc(sizeof *o);
  if (!o) return call_fail(c, ERR_out_of_memory, "no memory for a script"), NULL;
  c->state = o;
  c->state_free = throw_away;
  return (o->s = once_open(c)) ? o : NULL;
}

outcome run_once(call *c) {
  struct once *o = c->state;
  place where;
  if (!o && !accepts(c)) return DONE;
  if (!o && reads_long(c)) return HOP;
  if (!o && !(o = begin_once(c))) return DONE;
  o->s->ag.ctx.stop = c->ctx.stop;
  if (!o->sc && !(o->sc = open_script(c, o->s, &where))) return answer_failure(c, o->s, NULL, where), DONE;
  return advance(c, o->s, o->sc);
}
