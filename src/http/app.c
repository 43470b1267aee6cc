#include "http/app.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOKEN_FILE = 64 * 1024, TOKEN_LEAST = 16, TOKEN_MOST = 512, KEYS = 1024 };

// Cuts the file into NUL-terminated tokens in place: blank lines and # comments go.
static bool split_tokens(app *a, size_t n, const char *path, fault *f) {
  char *out = a->token;
  for (char *line = a->token, *end = a->token + n; line < end;) {
    char *eol = memchr(line, '\n', (size_t)(end - line));
    if (!eol) eol = end;
    char *last = eol;
    while (last > line && (last[-1] == '\r' || last[-1] == ' ' || last[-1] == '\t')) last--;
    size_t len = (size_t)(last - line);
    if (len && *line != '#') {
      if (len < TOKEN_LEAST || len > TOKEN_MOST || memchr(line, 0, len))
        return fail(f, ERR_bad_argument, "token-file: a token in %.200s is not %d to %d characters long",
                    path, TOKEN_LEAST, TOKEN_MOST);
      memmove(out, line, len);
      out += len;
      *out++ = 0;
    }
    line = eol + 1;
  }
  a->token_bytes = (size_t)(out - a->token);
  return a->token_bytes || fail(f, ERR_bad_argument, "token-file: there is no token in %.200s", path);
}

static bool load_tokens(app *a, const char *path, fault *f) {
  struct stat info;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(f, ERR_bad_argument, "token-file: cannot read %.200s: %s", path, strerror(errno));
  bool ok = !fstat(fd, &info) && S_ISREG(info.st_mode) && info.st_size <= TOKEN_FILE;
  if (!ok)
    fail(f, ERR_bad_argument, "token-file: %.200s is not a file of at most %d bytes", path, TOKEN_FILE);
  else if (info.st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH))
    ok = fail(f, ERR_bad_argument, "token-file: others may read %.200s: chmod 600 it", path);
  size_t n = 0;
  if (ok && !(a->token = mem_alloc((size_t)info.st_size + 1)))
    ok = fail(f, ERR_out_of_memory, "out of memory");
  while (ok && n < (size_t)info.st_size) {
    ssize_t got = read(fd, a->token + n, (size_t)info.st_size - n);
    if (got <= 0) break;
    n += (size_t)got;
  }
  close(fd);
  return ok && split_tokens(a, n, path, f);
}

bool app_init(app *a, const settings *s, budget *memory, const route_table *table, fault *f) {
  *a = (app){.settings = s, .memory = memory, .inline_us = (unsigned)s->inline_us};
  router_init(&a->router, table);
  hubs_init(&a->hubs, memory);
  uint32_t salt = 0; // tells the requests of one run from those of the next
  if (getrandom(&salt, sizeof salt, GRND_NONBLOCK) != sizeof salt) salt = (uint32_t)getpid();
  a->next_id = (uint64_t)salt << 32;
  if (!metrics_init(&a->metrics, table)) return fail(f, ERR_out_of_memory, "out of memory");
  a->answers.budget = memory;
  if (!(a->keys = idempotency_new(&a->answers, KEYS))) return fail(f, ERR_out_of_memory, "out of memory");
  return !*s->token_file || load_tokens(a, s->token_file, f);
}

void app_finish(app *a) {
  idempotency_free(a->keys);
  metrics_finish(&a->metrics);
  hubs_finish(&a->hubs);
  if (a->token) explicit_bzero(a->token, a->token_bytes);
  mem_free(a->token);
  *a = (app){0};
}

bool app_token_ok(const app *a, const char *authorization) {
  if (!authorization || strncasecmp(authorization, "Bearer ", 7)) return false;
  const char *given = authorization + 7;
  size_t n = strlen(given);
  unsigned accepted = 0;
  if (!n || n > TOKEN_MOST) return false;
  for (const char *token = a->token, *end = token + a->token_bytes; token < end;) {
    size_t len = strlen(token);
    unsigned differ = len != n;
    for (size_t i = 0; i < len; i++) differ |= (unsigned char)token[i] ^ (unsigned char)given[i % n];
    accepted |= !differ;
    token += len + 1;
  }
  return accepted;
}
