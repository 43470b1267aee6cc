#include "http/etag.h"
#include "base/number.h"
#include <string.h>

void etag_write(char out[ETAG], const session *s, const var *v, uint64_t generation) {
  unsigned raw = v->t.storage->raw_writes;
  *out++ = '"';
  out += number_put_i64(out, var_version(v));
  if (raw || generation) *out++ = '-', out += number_put_i64(out, (int64_t)generation);
  if (raw) *out++ = '.', out += number_put_i64(out, raw);
  if (s->life) *out++ = '@', out += number_put_i64(out, s->life);
  memcpy(out, "\"", 2);
}

// Is the tag in a list such as `"1", W/"2"`, or the list `*`? weak: whether a weak tag counts. An empty tag
// is in no other list than `*`.
static bool listed(const char *list, const char *tag, bool weak) {
  size_t n = strlen(tag);
  while (*list) {
    list += strspn(list, " \t,");
    if (*list == '*') return true;
    bool is_weak = list[0] == 'W' && list[1] == '/';
    if (is_weak) list += 2;
    if (n && !strncmp(list, tag, n) && (weak || !is_weak)) return true;
    if (*list == '"') { // over one tag, whatever stands between its quotes
      const char *end = strchr(list + 1, '"');
      list = end ? end + 1 : list + strlen(list);
    } else
      list += strcspn(list, ",");
  }
  return false;
}

// Tag NULL: there is no such thing.
static bool allows(call *c, const char *tag) {
  const char *match = c->request->if_match, *none = c->request->if_none_match;
  if (match && (!tag || !listed(match, tag, false)))
    return fail(&c->ctx.fault, ERR_version_changed,
                tag ? "If-Match names %.200s, the tensor is at %s"
                    : "If-Match names %.200s, but there is no such tensor",
                match, tag);
  if (none && tag && listed(none, tag, true))
    return fail(&c->ctx.fault, ERR_version_changed, "If-None-Match names %.200s, and the tensor is at %s",
                none, tag);
  return true;
}

// A session, or what is done in one, has no version: of it, only `*` can hold.
static bool allows_untagged(call *c) {
  const char *match = c->request->if_match, *none = c->request->if_none_match;
  bool exists = c->session || c->route->kind == LOOP, posted = c->request->method == METHOD_POST;
  if (match && !exists)
    return fail(&c->ctx.fault, ERR_version_changed, "If-Match names %.200s, but there is no such session",
                match);
  if (match && !listed(match, "", false))
    return fail(&c->ctx.fault, ERR_version_changed,
                "If-Match names %.200s, but what %.200s changes has no version", match, c->request->target);
  if (none && exists && !posted && listed(none, "", true))
    return fail(&c->ctx.fault, ERR_version_changed, "If-None-Match names %.200s, and the session exists",
                none);
  return true;
}

static bool allows_tensor(call *c, const binding *b) {
  char tag[ETAG];
  if (b) etag_write(tag, c->session, binding_var(b), binding_generation(b));
  return allows(c, b ? tag : NULL);
}

static bool allows_grad(call *c, const binding *b) {
  char tag[ETAG];
  const var *v = binding_var(b), *g = var_grad(v);
  if (g) etag_write(tag, c->session, g, etag_generation_of_grad(v));
  return allows(c, g ? tag : NULL);
}

bool etag_conditions_of(call *c, const char *ref, size_t n) {
  session *s = c->session;
  if (!c->request->if_match && !c->request->if_none_match) return true;
  if (!ref) return allows_untagged(c);
  binding *b = session_find(s, ref, n);
  bool grad = !b && n > 5 && !memcmp(ref + n - 5, ".grad", 5);
  binding *owner = grad ? session_find(s, ref, n - 5) : NULL;
  return owner ? allows_grad(c, owner) : allows_tensor(c, b);
}

bool etag_conditions(call *c) {
  unsigned of = c->route->flags & (TAG_TENSOR | TAG_GRAD | TAG_ARGUMENT);
  if (of == TAG_ARGUMENT) return true;
  if (!of) return allows_untagged(c);
  const char *name = c->arg[1];
  binding *b = session_find(c->session, name, strlen(name));
  if (of == TAG_GRAD) return !b || allows_grad(c, b); // the handler says what is wrong with the name
  return (!b && !name_valid(name, strlen(name), true)) || allows_tensor(c, b);
}

bool etag_unchanged(const call *c, const char *tag) {
  return c->request->if_none_match && listed(c->request->if_none_match, tag, true);
}
