#include "wire/script_document.h"
#include "wire/document.h"
#include <string.h>

enum { ELEMENT_NS = 80, DEPTH = 20 }; // writing an element; how deep lists are shown

void script_printed_lines(json_writer *w, const script *s) {
  const buffer *printed = s ? script_printed(s) : NULL;
  const char *at = printed ? printed->data : NULL, *end = printed && at ? at + printed->len : at;
  json_begin_array(w);
  while (at < end) {
    const char *line_end = memchr(at, '\n', (size_t)(end - at));
    json_add_string(w, at, (size_t)((line_end ? line_end : end) - at));
    at = line_end ? line_end + 1 : end;
  }
  json_end_array(w);
}

static bool shown(const item *x, int depth) {
  if (!item_is_list(x))
    return (x->kind >= ITEM_none && x->kind <= ITEM_float) || x->kind == ITEM_text || x->kind == ITEM_tensor;
  for (size_t i = 0; i < item_list(x)->n; i++)
    if (depth == DEPTH || !shown(&item_list(x)->at[i], depth + 1)) return false;
  return true;
}

static void add_value(json_writer *w, script *s, const value *called, const item *x) {
  switch ((item_kind)x->kind) {
  case ITEM_bool: json_add_bool(w, x->i != 0); break;
  case ITEM_int: json_add_i64(w, x->i); break;
  case ITEM_float: json_add_f64(w, x->d); break;
  case ITEM_text: json_add_string(w, item_str(x)->at, item_str(x)->n); break;
  case ITEM_tensor: document_tensor(w, called, x->v, DATA_all); break;
  case ITEM_list:
  case ITEM_tuple:
  case ITEM_size:
    json_begin_array(w);
    for (size_t i = 0; i < item_list(x)->n; i++)
      add_value(w, s, &(value){.kind = VALUE_none}, &item_list(x)->at[i]);
    json_end_array(w);
    break;
  default: json_add_null(w);
  }
}

bool script_document(json_writer *w, script *s) {
  unsigned n;
  const ident *names = script_bound(s, &n);
  json_begin_object(w);
  json_add_key(w, "printed");
  script_printed_lines(w, s);
  json_add_key(w, "values");
  json_begin_object(w);
  for (unsigned i = 0; i < n; i++) {
    item x;
    if (!script_value(s, names[i], &x) || !shown(&x, 0)) continue;
    value called = value_text(names[i].text, names[i].n);
    json_add_name(w, names[i].text, names[i].n);
    add_value(w, s, &called, &x);
  }
  json_end_object(w);
  json_add_key(w, "error");
  json_add_null(w);
  json_end_object(w);
  return !session_fault(script_session(s))->code;
}

static uint64_t elements(const item *x, int depth) {
  if (x->kind == ITEM_tensor) return 8 + (uint64_t)tensor_numel(&x->v->t);
  if (!item_is_list(x) || depth == DEPTH) return 1;
  uint64_t n = 1;
  for (size_t i = 0; i < item_list(x)->n; i++) n += elements(&item_list(x)->at[i], depth + 1);
  return n;
}

uint64_t script_document_cost(script *s) {
  unsigned n;
  const ident *names = script_bound(s, &n);
  uint64_t ns = script_printed(s)->len;
  for (unsigned i = 0; i < n; i++) {
    item x;
    if (script_value(s, names[i], &x)) ns += ELEMENT_NS * elements(&x, 0);
  }
  return ns;
}

void script_error(json_writer *w, const fault *f, place where) {
  json_begin_object(w);
  json_add_key(w, "class");
  json_add_text(w, fault_class(f));
  json_add_key(w, "message");
  json_add_text(w, f->detail);
  json_add_key(w, "code");
  json_add_text(w, ERRORS[f->code].code);
  json_add_key(w, "status");
  json_add_i64(w, ERRORS[f->code].status);
  json_add_key(w, "line");
  json_add_i64(w, where.line);
  json_add_key(w, "column");
  json_add_i64(w, where.column);
  json_end_object(w);
}

void script_error_line(buffer *out, const fault *f, place where) {
  buffer_puts(out, fault_class(f));
  if (*f->detail) buffer_puts(out, ": ");
  for (const char *c = f->detail; *c; c++) buffer_putc(out, (unsigned char)*c < ' ' || *c == 0x7f ? ' ' : *c);
  buffer_printf(out, " (line %u, column %u)\n", where.line, where.column);
}
