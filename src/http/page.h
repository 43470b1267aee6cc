// page.h - what stands at "/": the teaching page, or where this build has none, how to go on without it.
//
// The teaching page is made of clients/learn by its build.mjs, which also writes the table of its files. A
// build without npm has an empty table (page_none.c).
#pragma once
#include "http/call.h"

// A file of the page, as it is and gzipped. Its name has a hash of its content, "page-1A2B3C4D.js", so that
// it never means two contents. "/" and the licences have none, and no `-` in their names.
typedef struct page_file {
  const char *path, *content_type, *etag; // the tag with its quotes; "-gzip" stands in that of the other form
  const char *etag_gzip;
  const unsigned char *plain, *gzip;
  size_t plain_len, gzip_len;
} page_file;
extern const page_file PAGE_FILES[]; // the first is "/"
extern const int PAGE_FILE_COUNT;

// page_find finds a file by its path; NULL: there is none, or no page at all.
const page_file *page_find(const char *path);
// page_answer answers with a file: 200, or 304.
outcome page_answer(call *c, const page_file *file);
// page_write writes, with the address under which it was asked for, what there is without the teaching page;
// host may be NULL.
void page_write(buffer *out, bool html, const char *host);
