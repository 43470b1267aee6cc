// order.h - sessions in byte order of their names: a skip list.
//
// A listing begins anywhere and takes as long as it has lines, however many sessions there are.
#pragma once
#include <stdint.h>

enum { ORDER_HEIGHT = 10 }; // a level has a quarter of the sessions of the one below it

typedef struct order_place { // of one session; its owner says where the name is
  struct order_place *next[ORDER_HEIGHT];
  const char *name; // borrowed
} order_place;

typedef struct order { // zeroed: empty
  order_place head;
  uint64_t drawn; // where its random heights are
} order;

void order_add(order *o, order_place *p, const char *name); // a name that is not there yet
void order_remove(order *o, order_place *p);
// order_from is the first place whose name is not before `name`, NULL if there is none; p->next[0] follows p.
order_place *order_from(const order *o, const char *name);
