// assets.c - the files of the teaching page over HTTP.
#include "http/etag.h"
#include "http/handlers.h"
#include "http/page.h"

// Code, style and data come from here alone; pictures may also be made by the page itself.
#define POLICY                                                                                               \
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src "        \
  "'self'; "                                                                                                 \
  "base-uri 'none'; form-action 'none'; frame-ancestors "

const page_file *page_find(const char *path) {
  for (int i = 0; i < PAGE_FILE_COUNT; i++)
    if (!strcmp(PAGE_FILES[i].path, path)) return &PAGE_FILES[i];
  return NULL;
}

outcome page_answer(call *c, const page_file *file) {
  reply *r = c->reply;
  bool gzip = negotiate_gzip(c->request), root = file == PAGE_FILES;
  bool lasting = strchr(file->path, '-'); // a hash is part of the name
  const char *tag = gzip ? file->etag_gzip : file->etag;
  reply_header_text(r, "ETag", tag);
  reply_header_text(r, "Vary", root ? "Accept, Accept-Encoding" : "Accept-Encoding");
  reply_header_text(r, "Cache-Control", lasting ? "public, max-age=31536000, immutable" : "no-cache");
  if (root) {
    // Other sites may show the page in a frame only as what is made for it.
    const char *embed = request_param(c->request, "embed");
    reply_header_text(r, "Content-Security-Policy", embed ? POLICY "*" : POLICY "'self'");
    reply_header_text(r, "Referrer-Policy", "no-referrer");
  }
  reply_fixed(r, file->content_type, (const char *)(gzip ? file->gzip : file->plain),
              gzip ? file->gzip_len : file->plain_len);
  if (etag_unchanged(c, tag))
    r->status = 304; // of the file only the length is told
  else if (gzip)
    reply_header_text(r, "Content-Encoding", "gzip");
  return DONE;
}

outcome service_asset(call *c) {
  char path[256];
  snprintf(path, sizeof path, "/assets/%.200s", c->arg[0]);
  const page_file *file = page_find(path);
  return file ? page_answer(c, file) : call_fail(c, ERR_not_found, "there is no file %.64s", c->arg[0]);
}
