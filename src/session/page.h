// page.h - the first few of many named things, in byte order of their names.
#pragma once
#include <stdbool.h>
#include <stddef.h>

// Fill in all but n, offer everything there is, then sort: at[0..n) are the first `most` names that begin
// with prefix and come after `after`.
typedef struct page {
  void **at; // room for `most`
  size_t most, n;
  const char *(*name_of)(const void *);
  const char *prefix, *after;
} page;
void page_offer(page *p, void *thing);
void page_sort(page *p);
