#include "http/etag.h"
#include "base/number.h"
#include <string.h>

void etag_write(char out[ETAG], const var *v, uint64_t generation) {
  unsigned raw = v->t.storage->raw_writes;
  *out++ = '"';
  out += number_put_i64(out, var_version(v));
  if (raw || generation) *out++ = '-', out += number_put_i64(out, (int64_t)generation);
  if (raw) *out++ = '.', out += number_put_i64(out, raw);
  memcpy(out, "\"", 2);
}

// Is the tag in a list such as `"1", W/"2"`, or the list `*`? weak: whether a weak tag counts.
static bool listed(const char *list, const char *tag, bool weak) {
  size_t n = strlen(tag);
  while (*list) {
    list += strspn(list, " \t,");
    if (*list == '*') return true;
    bool is_weak = list[0] == 'W' && list[1] == '/';
    if (is_weak) list += 2;
    if (!strncmp(list, tag, n) && (weak || !is_weak)) return true;
    if (*list == '"') { // over one tag, whatever stands between its quotes
      const char *end = strchr(list + 1, '"');
      list = end ? end + 1 : list + strlen(list);
    } else
      list += strcspn(list, ",");
  }
  return false;
}

bool etag_allows(call *c, const char *tag) {
  const char *match = c->request->if_match, *none = c->request->if_none_match;
  if (match && (!tag || !listed(match, tag, false)))
    return fail(&c->ctx.fault, ERR_version_changed,
                tag ? "If-Match names %s, the tensor is at %s"
                    : "If-Match names %s, but there is no such tensor",
                match, tag);
  if (none && tag && listed(none, tag, true))
    return fail(&c->ctx.fault, ERR_version_changed, "If-None-Match names %s, and the tensor is at %s", none,
                tag);
  return true;
}

bool etag_unchanged(const call *c, const char *tag) {
  return c->request->if_none_match && listed(c->request->if_none_match, tag, true);
}
