#include "http/guard.h"
#include <stdio.h>
#include <strings.h>

static bool add_host(guard *g, const char *name, size_t n, unsigned port, fault *f) {
  if (g->hosts == HOSTS_MAX) return fail(f, ERR_bad_argument, "--allow-host: more than %d names", HOSTS_MAX);
  if (!n || n >= HOST_NAME)
    return fail(f, ERR_bad_argument, "--allow-host: \"%.*s\" is not a host name", (int)n, name);
  struct host *h = &g->host[g->hosts++];
  for (size_t i = 0; i < n; i++)
    h->name[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] | 32) : name[i];
  h->name[n] = 0;
  h->port = port;
  return true;
}

// Splits name[:port]; port 0 = none given. False if malformed.
static bool split(const char *text, size_t len, size_t *name_len, unsigned *port) {
  size_t n = 0;
  *port = 0;
  if (len && *text == '[') {
    while (n < len && text[n] != ']') n++;
    if (n++ == len) return false;
  } else
    while (n < len && text[n] != ':') n++;
  *name_len = n;
  if (n == len) return n > 0;
  if (text[n] != ':' || !n || len - n < 2 || len - n > 6) return false;
  for (size_t i = n + 1; i < len; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    *port = *port * 10 + (unsigned)(text[i] - '0');
  }
  return *port > 0 && *port < 65536;
}

bool guard_init(guard *g, const char *bound, unsigned port, const char *list, fault *f) {
  static const char *const LOOPBACK[] = {"localhost", "127.0.0.1", "[::1]"};
  char bracketed[HOST_NAME + 2];
  *g = (guard){.port = port, .any_address = !bound};
  for (int i = 0; i < 3; i++) add_host(g, LOOPBACK[i], strlen(LOOPBACK[i]), 0, f);
  if (bound && strchr(bound, ':') && strlen(bound) < HOST_NAME - 2) {
    snprintf(bracketed, sizeof bracketed, "[%s]", bound);
    bound = bracketed;
  }
  if (bound && !add_host(g, bound, strlen(bound), 0, f)) return false;
  while (*list) {
    size_t n = strcspn(list, ", "), name;
    unsigned own;
    if (n && !split(list, n, &name, &own))
      return fail(f, ERR_bad_argument, "--allow-host: \"%.*s\" is not a host name", (int)(n < 64 ? n : 64),
                  list);
    if (n && !add_host(g, list, name, own, f)) return false;
    list += n + (list[n] != 0);
  }
  return true;
}

static bool is_address(const char *name, size_t n) {
  if (*name == '[') return true;
  for (size_t i = 0; i < n; i++)
    if ((name[i] < '0' || name[i] > '9') && name[i] != '.') return false;
  return true;
}

bool guard_host_ok(const guard *g, const char *value) {
  size_t n;
  unsigned port;
  if (!split(value, strlen(value), &n, &port)) return false;
  for (int i = 0; i < g->hosts; i++) {
    const struct host *h = &g->host[i];
    if (strncasecmp(h->name, value, n) || h->name[n]) continue;
    if (!port || port == g->port || port == h->port) return true;
  }
  return g->any_address && is_address(value, n) && (!port || port == g->port);
}

static bool is_token(const char *s, size_t n) {
  static const char OTHER[] = "!#$%&'*+-.^_`|~";
  for (size_t i = 0; i < n; i++) {
    char c = s[i];
    bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!word && (!c || !strchr(OTHER, c))) return false;
  }
  return n > 0;
}

static bool is_value(const char *s, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (((unsigned char)s[i] < ' ' && s[i] != '\t') || s[i] == 0x7f) return false;
  return true;
}

// Where the value of a header belongs; NULL if nobody asks for it. `list` says that repeating it is allowed
// (the first one counts): its value is a comma list of which an answer may honour any part.
static const char **place(intake *in, const char *name, size_t n, bool *list) {
  static const struct {
    unsigned char len, list;
    const char *name;
    size_t at;
    bool of_request;
  } KNOWN[] = {
      {4, 0, "host", offsetof(request, host), true},
      {6, 1, "accept", offsetof(request, accept), true},
      {6, 0, "origin", offsetof(intake, origin), false},
      {6, 1, "prefer", offsetof(request, prefer), true},
      {6, 0, "expect", offsetof(intake, expect), false},
      {8, 0, "if-match", offsetof(request, if_match), true},
      {12, 0, "content-type", offsetof(request, content_type), true},
      {13, 0, "authorization", offsetof(request, authorization), true},
      {13, 0, "if-none-match", offsetof(request, if_none_match), true},
      {13, 0, "last-event-id", offsetof(request, last_event_id), true},
      {14, 0, "content-length", offsetof(intake, content_length), false},
      {14, 0, "sec-fetch-site", offsetof(intake, fetch_site), false},
      {14, 0, "sec-fetch-mode", offsetof(intake, fetch_mode), false},
      {14, 0, "sec-fetch-dest", offsetof(intake, fetch_dest), false},
      {15, 1, "accept-encoding", offsetof(request, accept_encoding), true},
      {15, 1, "accept-language", offsetof(request, accept_language), true},
      {15, 0, "idempotency-key", offsetof(request, idempotency_key), true},
      {16, 0, "content-encoding", offsetof(request, content_encoding), true},
      {17, 0, "transfer-encoding", offsetof(intake, transfer_encoding), false},
  };
  for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
    if (KNOWN[i].len != n || (name[0] | 32) != KNOWN[i].name[0] || strncasecmp(name, KNOWN[i].name, n))
      continue;
    *list = KNOWN[i].list;
    return (const char **)((char *)(KNOWN[i].of_request ? (void *)in->request : (void *)in) + KNOWN[i].at);
  }
  return NULL;
}

bool guard_header(intake *in, const char *name, size_t name_len, const char *value, size_t value_len) {
  if (in->fault->code) return false;
  if (++in->headers > HEADERS_MAX)
    return fail(in->fault, ERR_headers_too_large, "the request has more than %d headers", HEADERS_MAX);
  if (!is_token(name, name_len)) return fail(in->fault, ERR_bad_header, "a header name is malformed");
  if (!value) value = "", value_len = 0;
  if (!is_value(value, value_len) || value[value_len])
    return fail(in->fault, ERR_bad_header, "the value of the header %.64s is malformed", name);
  bool list = false;
  const char **slot = place(in, name, name_len, &list);
  if (!slot || (*slot && list)) return true;
  if (*slot) return fail(in->fault, ERR_bad_header, "the header %.64s is given twice", name);
  *slot = value;
  return true;
}

static bool check_framing(intake *in, bool one_zero, int64_t *body) {
  const char *length = in->content_length, *encoding = in->transfer_encoding;
  *body = 0;
  if (encoding) {
    if (length)
      return fail(in->fault, ERR_bad_header, "Content-Length and Transfer-Encoding exclude each other");
    if (strcasecmp(encoding, "chunked") || one_zero)
      return fail(in->fault, ERR_bad_header, "only Transfer-Encoding: chunked is supported, with HTTP/1.1");
    *body = BODY_CHUNKED;
  }
  if (!length) return true;
  size_t digits = strspn(length, "0123456789");
  if (!digits || length[digits] || digits > 15)
    return fail(in->fault, ERR_bad_header, "Content-Length must be a number of at most 15 digits");
  for (size_t i = 0; i < digits; i++) *body = *body * 10 + (length[i] - '0');
  return true;
}

// A page of another site may link here, so a navigation passes; it can neither read the answer nor send a
// body. In a frame it may show the teaching page, whose policy says by whom.
static bool is_navigation(const intake *in) {
  bool reads = in->request->method == METHOD_GET || in->request->method == METHOD_HEAD;
  if (!reads || !in->fetch_mode || strcmp(in->fetch_mode, "navigate") || !in->fetch_dest) return false;
  return !strcmp(in->fetch_dest, "document") || (!strcmp(in->fetch_dest, "iframe") && !in->request->segments);
}

// A browser's own page has the host it asks as origin.
static bool check_site(const guard *g, intake *in) {
  if (!guard_host_ok(g, in->request->host))
    return fail(in->fault, ERR_host_not_allowed,
                "this server does not answer for the host \"%.128s\"; the option allow-host adds names",
                in->request->host);
  if (in->fetch_site && !strcasecmp(in->fetch_site, "cross-site") && !is_navigation(in))
    return fail(in->fault, ERR_origin_not_allowed, "a page of another site may not send this request");
  if (!in->origin) return true;
  const char *authority = !strncasecmp(in->origin, "http://", 7)    ? in->origin + 7
                          : !strncasecmp(in->origin, "https://", 8) ? in->origin + 8
                                                                    : "";
  return !strcasecmp(authority, in->request->host) ||
         fail(in->fault, ERR_origin_not_allowed, "a page of \"%.128s\" may not send this request",
              in->origin);
}

bool guard_check(const guard *g, intake *in, const char *verb, const char *version, int64_t *body) {
  bool one_zero = !strcmp(version, "HTTP/1.0");
  *body = 0;
  if (in->fault->code) return false;
  if (!one_zero && strcmp(version, "HTTP/1.1"))
    return fail(in->fault, ERR_bad_header, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  in->request->method = method_named(verb);
  if (in->request->method == METHOD_COUNT) {
    in->request->method = METHOD_GET;
    return fail(in->fault, ERR_method_unknown, "the method \"%.32s\" is not known", verb);
  }
  if (in->request->asterisk && in->request->method != METHOD_OPTIONS)
    return fail(in->fault, ERR_bad_header, "only OPTIONS may be asked of *");
  if (!in->request->host) return fail(in->fault, ERR_bad_header, "there must be a Host header");
  if (!check_framing(in, one_zero, body)) return false;
  if (in->expect && strcasecmp(in->expect, "100-continue"))
    return fail(in->fault, ERR_expectation_failed, "only Expect: 100-continue is supported");
  return check_site(g, in);
}
