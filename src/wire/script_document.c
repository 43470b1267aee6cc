#include "wire/script_document.h"
#include "wire/document.h"
#include <string.h>

enum {
  ELEMENT_NS = 80,
  DEPTH = 20,
  ITEMS_MAX = 100000
}; // writing an element; how deep and wide lists are shown

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

// What a document may hold in all: lists that hold one list many times are far more than they cost.
struct extent {
  uint64_t items, elements;
};

// Whether a value can be shown and there is room for it; e grows by what it takes.
static bool shown(const item *x, int depth, struct extent *e) {
  if (e->items++ > ITEMS_MAX) return false;
  if (x->kind == ITEM_tensor) return e->elements += 8 + (uint64_t)tensor_numel(&x->v->t), true;
  e->elements++;
  if (!item_is_list(x)) return (x->kind >= ITEM_none && x->kind <= ITEM_float) || x->kind == ITEM_text;
  for (size_t i = 0; i < item_list(x)->n; i++)
    if (depth == DEPTH || !shown(&item_list(x)->at[i], depth + 1, e)) return false;
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
  struct extent e = {0};
  const ident *names = script_bound(s, &n);
  json_begin_object(w);
  json_add_key(w, "printed");
  script_printed_lines(w, s);
  json_add_key(w, "values");
  json_begin_object(w);
  for (unsigned i = 0; i < n; i++) {
    item x;
    if (!script_value(s, names[i], &x) || !shown(&x, 0, &e)) continue;
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

uint64_t script_document_cost(script *s) {
  unsigned n;
  struct extent e = {0};
  const ident *names = script_bound(s, &n);
  for (unsigned i = 0; i < n; i++) {
    item x;
    if (script_value(s, names[i], &x)) shown(&x, 0, &e);
  }
  return script_printed(s)->len + ELEMENT_NS * e.elements;
}

void script_error(json_writer *w, const fault *f, place where) {
  json_begin_object(w);
  json_add_fault(w, f);
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
