#include "wire/dump.h"
#include "base/advice.h"
#include "wire/catalogue.h"
#include "wire/json_writer.h"

void dump_ops(buffer *b) {
  catalogue_write(b, false);
  buffer_putc(b, '\n');
}

static void put_text(json_writer *w, const char *key, const char *text) {
  json_add_key(w, key);
  json_add_text_or_null(w, text);
}

static void put_advice(json_writer *w, const struct advice *a) {
  put_text(w, "why", a->en);
  put_text(w, "why_zh", a->zh);
  json_add_key(w, "instead");
  json_begin_array(w);
  for (int i = 0; i < ADVICE_MOST && a->instead[i].en; i++) {
    json_begin_object(w);
    put_text(w, "text", a->instead[i].en);
    put_text(w, "text_zh", a->instead[i].zh);
    put_text(w, "code", a->instead[i].code);
    json_end_object(w);
  }
  json_end_array(w);
}

static void put_error(buffer *b, const struct error_row *e, const struct advice *a) {
  json_writer w = {.out = b};
  json_begin_object(&w);
  json_add_key(&w, "code");
  json_add_text(&w, e->code);
  json_add_key(&w, "status");
  json_add_i64(&w, e->status);
  json_add_key(&w, "class");
  json_add_text(&w, e->class);
  json_add_key(&w, "title");
  json_add_text(&w, e->en);
  json_add_key(&w, "title_zh");
  json_add_text(&w, e->zh);
  if (a->en) put_advice(&w, a);
  json_end_object(&w);
}

void dump_errors(buffer *b) {
  buffer_puts(b, "{\"errors\":[\n");
  for (int i = ERR_none + 1; i < ERR_COUNT; i++) {
    put_error(b, &ERRORS[i], &ADVICE[i]);
    buffer_puts(b, i + 1 < ERR_COUNT ? ",\n" : "\n");
  }
  buffer_puts(b, "]}\n");
}
