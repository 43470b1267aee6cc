#include "http/address.h"
#include <string.h>

binding *address_find(call *c) {
  session *s = call_session(c);
  value name = address_name(c);
  binding *b = session_find(s, name.text, name.n);
  if (b) return b;
  if (!name_valid(name.text, name.n, true))
    fail(&c->ctx.fault, ERR_bad_name,
         "'%.80s' is not a tensor's name: identifiers of at most 64 bytes, joined by dots", name.text);
  else
    fail(&c->ctx.fault, ERR_tensor_unknown, "there is no tensor '%s' in session '%s'", name.text, s->name);
  return NULL;
}
