#include "http/page_options.h"
#include <stdlib.h>

enum { DEFAULT_LIMIT = 100, MOST = 1000 };

bool page_options_read(const request *r, page_options *p, fault *f) {
  const char *prefix = request_param(r, "prefix"), *cursor = request_param(r, "cursor"),
             *limit = request_param(r, "limit");
  char *end = NULL;
  *p = (page_options){prefix ? prefix : "", cursor ? cursor : "", DEFAULT_LIMIT};
  if (!limit) return true;
  p->limit = strtoll(limit, &end, 10);
  if (!*limit || *end || p->limit < 1 || p->limit > MOST)
    return fail(f, ERR_bad_argument, "limit must be a number from 1 to %d", MOST);
  return true;
}
