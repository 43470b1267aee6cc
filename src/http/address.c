#include "http/address.h"
#include <string.h>

binding *address_find(call *c) {
  session *s = call_session(c);
  value name = address_name(c);
  binding *b = session_find(s, name.text, name.n);
  if (!b && session_name_ok(s, name.text, name.n))
    session_resolve(s, name.text, name.n); // says what is wrong
  return b;
}
