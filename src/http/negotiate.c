#include "http/negotiate.h"
#include <stdio.h>
#include <strings.h>

static const struct {
  const char *name, *type, *media; // media: what Accept is compared with, NULL = never
} ROWS[AS_COUNT] = {
    [AS_json] = {"json", "application/json", "application/json"},
    [AS_txt] = {"txt", "text/plain; charset=utf-8", "text/plain"},
    [AS_repr] = {"repr", "text/plain; charset=utf-8", NULL},
    [AS_npy] = {"npy", "application/x-npy", "application/x-npy"},
    [AS_raw] = {"raw", "application/octet-stream", "application/octet-stream"},
    [AS_csv] = {"csv", "text/csv; charset=utf-8", "text/csv"},
    [AS_dot] = {"dot", "text/vnd.graphviz; charset=utf-8", "text/vnd.graphviz"},
    [AS_mermaid] = {"mermaid", "text/vnd.mermaid; charset=utf-8", "text/vnd.mermaid"},
    [AS_svg] = {"svg", "image/svg+xml", "image/svg+xml"},
    [AS_jsonl] = {"jsonl", "application/jsonl", "application/jsonl"},
    [AS_events] = {"events", "text/event-stream", "text/event-stream"},
    [AS_html] = {"html", "text/html; charset=utf-8", "text/html"},
};

const char *negotiate_type(representation as) { return ROWS[as].type; }

typedef struct item { // one element of a comma list with its weight
  const char *text;
  size_t len;
  int q; // thousandths
} item;

static const char *skip_blank(const char *c) {
  while (*c == ' ' || *c == '\t') c++;
  return c;
}

static int weight(const char *c) { // after "q=": 0, 1, 0.5, 0.333
  int q = 0;
  if (*c == '1') return 1000;
  if (*c != '0' || c[1] != '.') return 0;
  c += 2;
  for (int unit = 100; *c >= '0' && *c <= '9' && unit; c++, unit /= 10) q += (*c - '0') * unit;
  return q;
}

// Reads the next element of a header such as Accept; false at its end.
static bool next_item(const char **at, item *out) {
  const char *c = *at;
  while (*c == ',' || *c == ' ' || *c == '\t') c++;
  if (!*c) return false;
  out->text = c;
  out->len = strcspn(c, ",; \t");
  out->q = 1000;
  for (c += out->len; *c && *c != ',';) {
    c = skip_blank(c);
    if (*c == ';') c = skip_blank(c + 1);
    if ((*c == 'q' || *c == 'Q') && c[1] == '=') out->q = weight(c + 2);
    c += strcspn(c, ",;");
  }
  *at = c;
  return true;
}

// How closely a media range names a type: 3 exactly, 2 type/*, 1 */*, 0 not at all.
static int closeness(const item *range, const char *media) {
  size_t n = strlen(media), type = strcspn(media, "/");
  if (range->len == n && !strncasecmp(range->text, media, n)) return 3;
  if (range->len == 24 && !strncasecmp(range->text, "application/problem+json", 24))
    return !strcmp(media, "application/json") ? 3 : 0;
  if (range->len == type + 2 && !strncasecmp(range->text, media, type + 1) && range->text[type + 1] == '*')
    return 2;
  return range->len == 3 && !memcmp(range->text, "*/*", 3);
}

static int quality(const char *accept, const char *media) {
  int best = 0, q = 0;
  item range;
  while (next_item(&accept, &range)) {
    int close = closeness(&range, media);
    if (close > best || (close && close == best && range.q > q)) best = close, q = range.q;
  }
  return q;
}

static bool none(const representation *offers, int n, const char *asked, fault *f) {
  char list[128] = "";
  size_t at = 0; // all names together are shorter than the room
  for (int i = 0; i < n; i++)
    at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "", ROWS[offers[i]].name);
  return fail(f, ERR_not_acceptable, "%.64s is not available here; as= can be %s", asked, list);
}

bool negotiate(const request *r, const representation *offers, int n, representation *out, fault *f) {
  const char *as = r->params ? request_param(r, "as") : NULL;
  *out = offers[0];
  if (as) {
    for (int i = 0; i < n; i++)
      if (!strcmp(ROWS[offers[i]].name, as)) return *out = offers[i], true;
    return none(offers, n, as, f);
  }
  if (!r->accept || !strcmp(r->accept, "*/*")) return true;
  int best = 0;
  for (int i = 0; i < n; i++) {
    int q = ROWS[offers[i]].media ? quality(r->accept, ROWS[offers[i]].media) : 0;
    if (q > best) best = q, *out = offers[i];
  }
  return best || none(offers, n, r->accept, f);
}

bool negotiate_line(const request *r) {
  static const representation OFFERS[] = {AS_json, AS_txt};
  const char *as = request_param(r, "as");
  if (as) return !strcmp(as, "txt") || !strcmp(as, "repr");
  representation chosen;
  fault ignored = {0};
  return negotiate(r, OFFERS, 2, &chosen, &ignored) && chosen == AS_txt;
}

bool negotiate_gzip(const request *r) {
  int any = 0;
  item coding;
  for (const char *at = r->accept_encoding; at && next_item(&at, &coding);) {
    if (coding.len == 4 && !strncasecmp(coding.text, "gzip", 4)) return coding.q > 0;
    if (coding.len == 1 && *coding.text == '*') any = coding.q;
  }
  return any > 0;
}

bool negotiate_chinese(const request *r) {
  int zh = -1, en = -1, other = 0;
  item language;
  for (const char *at = r->accept_language; at && next_item(&at, &language);) {
    if (language.len == 1 && *language.text == '*' && language.q > other) other = language.q;
    bool tag_ends = language.len == 2 || (language.len > 2 && language.text[2] == '-');
    if (!tag_ends) continue;
    if (!strncasecmp(language.text, "zh", 2) && language.q > zh) zh = language.q;
    if (!strncasecmp(language.text, "en", 2) && language.q > en) en = language.q;
  }
  return (zh < 0 ? other : zh) > (en < 0 ? other : en); // * is every language that is not named
}
