#include "autograd/observer.h"

static observer_pair *pair_at(observer *o) {
  observer_pair *p = (observer_pair *)o;
  p->first->line = p->second->line = o->line;
  return p;
}

#define EVENT(name, parameters, arguments)                                                                   \
  static void name parameters {                                                                              \
    observer_pair *p = pair_at(o);                                                                           \
    o = p->first;                                                                                            \
    o->name arguments;                                                                                       \
    o = p->second;                                                                                           \
    o->name arguments;                                                                                       \
  }
#include "autograd/observer.def"

observer *observer_pair_init(observer_pair *p, observer *first, observer *second) {
  *p = (observer_pair){.first = first, .second = second, .both = {.line = first->line}};
#define EVENT(name, parameters, arguments) p->both.name = name;
#include "autograd/observer.def"
  return &p->both;
}
