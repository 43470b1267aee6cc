#include "session/order.h"
#include <string.h>

// The last place before `name` on every level.
static void find(const order *o, const char *name, order_place *before[ORDER_HEIGHT]) {
  const order_place *at = &o->head;
  for (int level = ORDER_HEIGHT; level-- > 0;) {
    while (at->next[level] && strcmp(at->next[level]->name, name) < 0) at = at->next[level];
    before[level] = (order_place *)(uintptr_t)at;
  }
}

// Names are the clients' to choose, heights are not.
static int draw_height(order *o) {
  uint64_t x = o->drawn += 0x9E3779B97F4A7C15u;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  int height = 1;
  for (; height < ORDER_HEIGHT && !(x >> 40 & 3); x <<= 2) height++;
  return height;
}

void order_add(order *o, order_place *p, const char *name) {
  order_place *before[ORDER_HEIGHT];
  find(o, name, before);
  *p = (order_place){.name = name};
  for (int level = draw_height(o); level-- > 0;) {
    p->next[level] = before[level]->next[level];
    before[level]->next[level] = p;
  }
}

void order_remove(order *o, order_place *p) {
  order_place *before[ORDER_HEIGHT];
  find(o, p->name, before);
  for (int level = 0; level < ORDER_HEIGHT && before[level]->next[level] == p; level++)
    before[level]->next[level] = p->next[level];
}

order_place *order_from(const order *o, const char *name) {
  order_place *before[ORDER_HEIGHT];
  find(o, name, before);
  return before[0]->next[0];
}
