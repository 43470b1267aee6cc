#include "wire/dump.h"
#include "base/fault.h"
#include "wire/catalogue.h"
#include "wire/json_writer.h"

void dump_ops(buffer *b) {
  catalogue_write(b, false);
  buffer_putc(b, '\n');
}

static void put_error(buffer *b, const struct error_row *e) {
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
  json_end_object(&w);
}

void dump_errors(buffer *b) {
  buffer_puts(b, "{\"errors\":[\n");
  for (int i = ERR_none + 1; i < ERR_COUNT; i++) {
    put_error(b, &ERRORS[i]);
    buffer_puts(b, i + 1 < ERR_COUNT ? ",\n" : "\n");
  }
  buffer_puts(b, "]}\n");
}
