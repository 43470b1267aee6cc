// expression.c - /v1/grad: the value and the derivatives of one expression, without a session.
#include "wire/expression.h"
#include "base/mem.h"
#include "http/body.h"
#include "http/handlers.h"
#include "http/once.h"
#include <string.h>
#include <strings.h>

enum { READ_NS = 60 }; // a byte

struct work {
  session *s;
  expression x;
  char *form; // owned: the body's decoded fields
  bool begun;
};

static void throw_away(void *state) {
  struct work *w = state;
  if (w->s) {
    scope_leave(&w->s->ag, 0, NULL);
    expression_finish(&w->x);
    once_close(w->s);
  }
  mem_free(w->form);
  mem_free(w);
}

static struct work *begin(call *c) {
  struct work *w = mem_zalloc(sizeof *w);
  if (!w) return call_fail(c, ERR_out_of_memory, "no memory for a derivative"), NULL;
  c->state = w;
  c->state_free = throw_away;
  if (!(w->s = once_open(c))) return NULL;
  expression_init(&w->x, w->s);
  return w;
}

// ---- what is asked: JSON, a form, or a query

static bool of_type(const request *r, const char *type) {
  size_t n = r->content_type ? strcspn(r->content_type, "; \t") : 0;
  return n == strlen(type) && !strncasecmp(r->content_type, type, n);
}

static bool read_words(expression *x, const param *params, int n) {
  for (int i = 0; i < n; i++) {
    const char *name = params[i].name;
    if (!strcmp(name, "as") || !strcmp(name, "trace")) continue; // of the query
    if (!expression_word(x, name, params[i].value)) return false;
  }
  return true;
}

// The variables of a form are its own; what the query says as well is ?as= alone.
static bool read_form(call *c, struct work *w) {
  const request *r = c->request;
  char *text = mem_alloc(r->body_len + 1);
  param given[PARAMS_MAX];
  int n;
  w->form = mem_alloc(r->body_len + 2);
  bool ok = text && w->form;
  if (!ok) fail(&c->ctx.fault, ERR_out_of_memory, "no memory for a form");
  if (ok) {
    memcpy(text, r->body, r->body_len);
    text[r->body_len] = 0;
    ok = !memchr(text, 0, r->body_len) || fail(&c->ctx.fault, ERR_bad_argument, "a form holds no NUL");
  }
  ok = ok && request_query(text, w->form, given, &n, &c->ctx.fault) && read_words(&w->x, given, n);
  mem_free(text);
  return ok;
}

static bool read_request(call *c, struct work *w) {
  static const char *const KNOWN[] = {"as", "trace", NULL};
  const request *r = c->request;
  if (!query_flag(c, "trace", &w->x.traced)) return false;
  if (!r->body_len) return read_words(&w->x, r->param, r->params);
  if (!request_params_known(r, KNOWN, &c->ctx.fault)) return false;
  if (of_type(r, "application/x-www-form-urlencoded")) return read_form(c, w);
  if (!r->content_type || of_type(r, "application/json")) return expression_json(&w->x, r->body, r->body_len);
  return fail(&c->ctx.fault, ERR_unsupported_media_type, "Content-Type %.64s is not taken here",
              r->content_type);
}

// ---- the answer

static outcome failed(call *c, struct work *w) {
  if (!c->ctx.fault.code) c->ctx.fault = *session_fault(w->s);
  if (w->x.placed) {
    call_extra(c, "line", w->x.where.line);
    call_extra(c, "column", w->x.where.column);
  }
  return DONE;
}

// A trace costs what its values say, which no estimate knows: it is made on a thread.
outcome expression_answer(call *c) {
  struct work *w = c->state;
  if (!w && !CALL_OFFER(c, AS_json, AS_txt)) return DONE;
  if (!w && call_long(c, (double)c->request->body_len * READ_NS / 1000)) return HOP;
  if (!w) {
    if (!(w = begin(c))) return DONE;
    w->s->ag.ctx.stop = c->ctx.stop;
    if (!read_request(c, w)) return failed(c, w);
    if (w->x.traced && c->as != AS_json)
      return call_fail(c, ERR_not_acceptable, "a trace is JSON: ask for as=json with it");
    if (w->x.traced && c->may_hop) return HOP;
  }
  w->s->ag.ctx.stop = c->ctx.stop;
  if (!w->begun && !expression_begin(&w->x)) return failed(c, w);
  w->begun = true;
  script_state state = expression_run(&w->x, call_allowed_ns(c));
  if (state == SCRIPT_more) return HOP;
  if (state == SCRIPT_done && expression_write_ns(&w->x) > call_allowed_ns(c)) return HOP;
  if (state == SCRIPT_failed) return failed(c, w);
  call_answer(c, 200);
  if (c->as == AS_json)
    expression_write_json(&w->x, &c->reply->body);
  else
    expression_write_lines(&w->x, &c->reply->body);
  return DONE;
}
