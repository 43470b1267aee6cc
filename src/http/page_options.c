#include "http/page_options.h"
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_LIMIT = 100 };

bool page_options_read(const request *r, page_options *p, fault *f) {
  const char *prefix = request_param(r, "prefix"), *cursor = request_param(r, "cursor"),
             *limit = request_param(r, "limit");
  *p = (page_options){prefix ? prefix : "", cursor ? cursor : "", DEFAULT_LIMIT};
  if (!limit) return true;
  size_t n = strspn(limit, "0123456789");
  p->limit = n && n < 9 && !limit[n] ? (int)strtol(limit, NULL, 10) : 0;
  if (p->limit < 1 || p->limit > PAGE_MOST)
    return fail(f, ERR_bad_argument, "limit must be a number from 1 to %d", PAGE_MOST);
  return true;
}
