// json_fuzz.c - any bytes through the strict check. What it accepts, cJSON must accept too, the cursors must
// walk to its end, and must find the same again in what the writer makes of it.
#include "base/mem.h"
#include "base/utf8.h"
#include "wire/json_reader.h"
#include "wire/json_writer.h"
#include <cjson/cJSON.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
  if (!holds) abort();
}

// Copies one scalar to the writer.
static void scalar(json_cur *c, json_writer *w) {
  json_str s;
  bool b;
  struct number n;
  switch (json_peek(c)) {
  case JSON_string:
    must(json_read_string(c, NULL, &s) && utf8_valid(s.text, s.n) && (!s.n || !memchr(s.text, 0, s.n)));
    json_add_string(w, s.text, s.n);
    break;
  case JSON_bool:
    must(json_read_bool(c, NULL, &b));
    json_add_bool(w, b);
    break;
  case JSON_number:
    must(json_read_number(c, NULL, &n));
    json_add_raw(w, n.text, (size_t)(n.end - n.text));
    break;
  default: must(json_read_null(c)); json_add_null(w);
  }
}

// Copies a checked document with an explicit stack; returns how many values it holds.
static size_t copy(json_cur *c, json_writer *w) {
  bool object[JSON_DEPTH];
  size_t left[JSON_DEPTH], values = 0;
  int depth = 0;
  for (;;) {
    json_kind kind = json_peek(c);
    values++;
    json_cur back = *c, span = json_span(&back);
    must(span.end == back.at && span.at < span.end);
    if (kind == JSON_object || kind == JSON_array) {
      must(depth < JSON_DEPTH);
      object[depth] = kind == JSON_object;
      left[depth++] = json_count(*c);
      must(object[depth - 1] ? json_enter_object(c, NULL) : json_enter_array(c, NULL));
      json_begin(w, object[depth - 1] ? '{' : '[');
    } else {
      scalar(c, w);
      must(c->at == span.end);
    }
    for (;;) { // to the next value, leaving what is complete
      json_str key;
      if (!depth) return values;
      if (object[depth - 1] ? json_next_key(c, &key) : json_next_item(c)) {
        must(left[depth - 1]-- > 0);
        if (object[depth - 1]) json_add_name(w, key.text, key.n);
        break;
      }
      must(left[--depth] == 0);
      json_end(w, object[depth] ? '}' : ']');
    }
  }
}

static void accepted(const char *text, size_t n, const fault *none) {
  const char *stop = NULL;
  char *terminated = mem_alloc(n + 1);
  must(terminated != NULL);
  memcpy(terminated, text, n);
  terminated[n] = 0;
  cJSON *tree = cJSON_ParseWithLengthOpts(terminated, n + 1, &stop, true);
  must(tree != NULL);
  cJSON_Delete(tree);
  mem_free(terminated);

  json_pool pool = {0};
  buffer once = {0}, twice = {0};
  fault f = *none;
  json_cur c;
  json_writer w = {.out = &once};
  must(json_open(&c, text, n, &pool, &f));
  size_t values = copy(&c, &w);
  must(json_peek(&c) == JSON_end && !f.code && !once.failed);
  w = (json_writer){.out = &twice};
  must(json_open(&c, once.data, once.len, &pool, &f));
  must(copy(&c, &w) == values && !f.code);
  must(once.len == twice.len && !memcmp(once.data, twice.data, once.len));
  buffer_finish(&once);
  buffer_finish(&twice);
  json_pool_finish(&pool);
}

static void lines(const char *text, size_t n) {
  fault f = {0};
  json_pool pool = {0};
  json_lines l;
  json_cur c;
  json_lines_open(&l, text, n, &pool, &f);
  while (json_lines_next(&l, &c)) {
    json_skip(&c);
    must(json_peek(&c) == JSON_end && c.at == c.end);
  }
  must(f.code || l.at == l.end);
  json_pool_finish(&pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fault f = {0};
  const char *text = (const char *)data;
  if (json_validate(text, size, JSON_DEPTH, &f))
    accepted(text, size, &f);
  else
    must((f.code == ERR_bad_json || f.code == ERR_duplicate_key) && f.detail[0] &&
         utf8_valid(f.detail, strlen(f.detail)));
  lines(text, size);
  return 0;
}
