#include "session/page.h"
#include <string.h>

static int compare(const page *p, const void *a, const void *b) {
  return strcmp(p->name_of(a), p->name_of(b));
}

// The page is a heap with the last name on top. Puts `thing` into the hole at `i` or below it, among n.
static void sink(page *p, size_t i, size_t n, void *thing) {
  for (size_t child; (child = 2 * i + 1) < n; i = child) {
    if (child + 1 < n && compare(p, p->at[child + 1], p->at[child]) > 0) child++;
    if (compare(p, thing, p->at[child]) >= 0) break;
    p->at[i] = p->at[child];
  }
  p->at[i] = thing;
}

static void rise(page *p, size_t i, void *thing) {
  for (size_t parent; i > 0; i = parent) {
    parent = (i - 1) / 2;
    if (compare(p, thing, p->at[parent]) <= 0) break;
    p->at[i] = p->at[parent];
  }
  p->at[i] = thing;
}

void page_offer(page *p, void *thing) {
  const char *name = p->name_of(thing);
  if (!p->most || strncmp(name, p->prefix, strlen(p->prefix)) || strcmp(name, p->after) <= 0) return;
  if (p->n < p->most)
    rise(p, p->n++, thing);
  else if (strcmp(name, p->name_of(p->at[0])) < 0)
    sink(p, 0, p->n, thing);
}

void page_sort(page *p) {
  for (size_t n = p->n; n > 1;) {
    void *last = p->at[--n];
    p->at[n] = p->at[0];
    sink(p, 0, n, last);
  }
}
