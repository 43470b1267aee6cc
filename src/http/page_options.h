// page_options.h - ?prefix=&limit=&cursor= of a listing.
#pragma once
#include "http/exchange.h"

enum { PAGE_MOST = 1000 };

typedef struct page_options {
  const char *prefix, *cursor; // "" if not given; the cursor is the last name of the page before
  int64_t limit;
} page_options;
bool page_options_read(const request *r, page_options *p, fault *f);
