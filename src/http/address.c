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

binding *address_find_for_write(call *c) {
  char tag[ETAG];
  value name = address_name(c);
  binding *b = session_find(call_session(c), name.text, name.n);
  if (b) etag_write(tag, binding_var(b), binding_generation(b));
  if (!b && (!c->request->if_match || !name_valid(name.text, name.n, true))) return address_find(c);
  return etag_allows(c, b ? tag : NULL) ? b : NULL;
}
