#include "wire/catalogue.h"
#include "autograd/ops.h"
#include "wire/derivative.h"
#include "wire/json_writer.h"
#include <stdlib.h>

// ---- arguments

static const char *kind_name(const struct arg *a) {
  switch ((arg_kind)a->kind) {
  case ARG_tensor:
  case ARG_tensor_optional: return "tensor";
  case ARG_tensors: return "tensors";
  case ARG_int:
  case ARG_int_optional: return "int";
  case ARG_dims:
  case ARG_sizes: return "ints";
  case ARG_bool: return "bool";
  case ARG_float: return "float";
  case ARG_scalar:
  case ARG_promote: return "number";
  case ARG_dtype: return "dtype";
  case ARG_choice: return "string";
  case ARG_only: return *a->choices ? "string" : "bool";
  case ARG_index: return "index";
  }
  return "";
}

// The word that is the default of a choice; the default is stored as its position.
static const char *default_word(const struct arg *a, size_t *n) {
  const char *word = a->choices;
  for (long i = strtol(a->fallback, NULL, 10); i > 0; i--) word += strcspn(word, "|") + 1;
  *n = strcspn(word, "|");
  return word;
}

// `true` in the table may have become a 1: it is a macro in C11.
static bool default_bool(const struct arg *a) {
  return !strcmp(a->fallback, "true") || !strcmp(a->fallback, "1");
}

static void put_default_json(buffer *b, const struct arg *a) {
  size_t n;
  if (a->kind == ARG_choice) {
    const char *word = default_word(a, &n);
    json_put_string(b, word, n);
  } else if (a->kind == ARG_bool)
    json_put_bool(b, default_bool(a));
  else
    buffer_puts(b, strcmp(a->fallback, "None") ? a->fallback : "null");
}

static void put_default_python(buffer *b, const struct arg *a) {
  size_t n;
  if (a->kind == ARG_choice) {
    const char *word = default_word(a, &n);
    buffer_printf(b, "'%.*s'", (int)n, word);
  } else if (a->kind == ARG_bool)
    buffer_puts(b, default_bool(a) ? "True" : "False");
  else
    buffer_puts(b, a->fallback);
}

static void put_name(buffer *b, const struct op *o, bool inplace) {
  buffer_puts(b, o->name);
  if (inplace) buffer_putc(b, '_');
}

static void put_signature(buffer *b, const struct op *o, bool inplace) {
  put_name(b, o, inplace);
  buffer_putc(b, '(');
  for (int i = 0; i < o->n_args; i++) {
    const struct arg *a = &o->args[i];
    if (i) buffer_puts(b, ", ");
    if (a->keyword_only && (i == 0 || !a[-1].keyword_only)) buffer_puts(b, "*, ");
    buffer_puts(b, a->name);
    if (!a->fallback || a->required) continue;
    buffer_putc(b, '=');
    put_default_python(b, a);
  }
  buffer_putc(b, ')');
}

// ---- what a gradient uses: "USES(self) | OUT" → self, result

// The next tensor that is named in *uses, whose data is saved; NULL after the last. Sizes are not data.
static const char *next_saved(const char **uses, size_t *n) {
  static const char input[] = "USES(";
  for (const char *p = *uses; *p;) {
    size_t word = strcspn(p, " |");
    const char *at = p;
    p += word + strspn(p + word, " |");
    *uses = p;
    if (word > sizeof input && !memcmp(at, input, sizeof input - 1))
      return *n = word - sizeof input, at + sizeof input - 1;
    if (word == 3 && !memcmp(at, "OUT", 3)) return *n = 6, "result";
    if (word == 4 && !memcmp(at, "OUT1", 4)) return *n = 7, "result1";
  }
  return NULL;
}

// ---- entries

static void put_json_text(json_writer *w, buffer *text) { // one string, and the buffer is empty again
  const char *s = buffer_cstr(text);
  if (s)
    json_add_string(w, s, text->len);
  else
    w->out->failed = true;
  text->len = 0;
}

static void add_args(json_writer *w, const struct op *o) {
  json_add_key(w, "args");
  json_begin_array(w);
  for (int i = 0; i < o->n_args; i++) {
    const struct arg *a = &o->args[i];
    json_begin_object(w);
    json_add_key(w, "name");
    json_add_text(w, a->name);
    json_add_key(w, "kind");
    json_add_text(w, kind_name(a));
    if (a->fallback && !a->required) {
      json_add_key(w, "default");
      put_default_json(json_add_here(w), a);
    }
    json_add_key(w, "keyword_only");
    json_add_bool(w, a->keyword_only);
    json_end_object(w);
  }
  json_end_array(w);
}

typedef void derivative_writer(json_writer *w, const struct op *o, const char *const *d, buffer *text);

static void put_formula(json_writer *w, const struct op *o, const char *const *d, buffer *text) {
  (void)o;
  catalogue_formula(text, d[1]);
  put_json_text(w, text);
}

static void put_local(json_writer *w, const struct op *o, const char *const *d, buffer *text) {
  json_begin_object(w);
  json_add_key(w, "text");
  derivative_write(text, o, d[0], DERIVATIVE_text);
  put_json_text(w, text);
  json_add_key(w, "latex");
  derivative_write(text, o, d[0], DERIVATIVE_latex);
  put_json_text(w, text);
  json_end_object(w);
}

// {input: what `put` writes of its derivative}, or null for an op that has none.
static void add_derivatives(json_writer *w, const char *key, const struct op *o, derivative_writer *put,
                            buffer *text) {
  json_add_key(w, key);
  if (!o->derivatives) {
    json_add_null(w);
    return;
  }
  json_begin_object(w);
  for (const char *const *d = o->derivatives; *d; d += 3) {
    json_add_name(w, d[0], strlen(d[0]));
    put(w, o, d, text);
  }
  json_end_object(w);
}

static void add_saves(json_writer *w, const struct op *o) {
  json_add_key(w, "saves");
  json_begin_object(w);
  for (const char *const *d = o->derivatives; d && *d; d += 3) {
    json_add_name(w, d[0], strlen(d[0]));
    json_begin_array(w);
    size_t n;
    const char *uses = d[2];
    for (const char *what; (what = next_saved(&uses, &n)) != NULL;) json_add_string(w, what, n);
    json_end_array(w);
  }
  json_end_object(w);
}

static void add_members(json_writer *w, const struct op *o, bool inplace, bool chinese) {
  buffer text = {0};
  json_add_key(w, "name");
  put_name(&text, o, inplace);
  put_json_text(w, &text);
  json_add_key(w, "signature");
  put_signature(&text, o, inplace);
  put_json_text(w, &text);
  add_args(w, o);
  json_add_key(w, "doc");
  json_add_text(w, chinese ? o->zh : o->en);
  add_derivatives(w, "derivative", o, put_formula, &text);
  add_saves(w, o);
  add_derivatives(w, "local", o, put_local, &text);
  json_add_key(w, "inplace");
  json_add_bool(w, o->flags & (ROW_inplace | ROW_writes));
  json_add_key(w, "view");
  json_add_bool(w, !inplace && o->flags & ROW_view);
  buffer_finish(&text);
}

static void add_entry(json_writer *w, const struct op *o, bool inplace, bool chinese) {
  json_begin_object(w);
  add_members(w, o, inplace, chinese);
  json_end_object(w);
}

// ---- the list

static int by_name(const void *x, const void *y) {
  unsigned a = *(const uint16_t *)x, b = *(const uint16_t *)y;
  int c = strcmp(OPS[a].name, OPS[b].name);
  return c ? c : (a > b) - (a < b);
}

static unsigned list(uint16_t rows[OP_COUNT]) {
  unsigned n = 0;
  for (unsigned i = 0; i < OPS_COUNT; i++)
    if (!(OPS[i].flags & ROW_internal)) rows[n++] = (uint16_t)i;
  qsort(rows, n, sizeof *rows, by_name);
  return n;
}

unsigned catalogue_count(void) {
  uint16_t rows[OP_COUNT];
  return list(rows);
}

void catalogue_write(buffer *b, bool chinese) {
  uint16_t rows[OP_COUNT];
  unsigned n = list(rows);
  buffer_puts(b, "{\"ops\":[\n");
  for (unsigned i = 0; i < n; i++) {
    json_writer w = {.out = b};
    add_entry(&w, &OPS[rows[i]], false, chinese);
    buffer_puts(b, i + 1 < n ? ",\n" : "\n");
  }
  buffer_puts(b, "]}");
}

// The next overload that has the form that was asked for, from op on; -1 if there is none.
static int offered(int op, bool inplace) {
  while (op >= 0 && inplace && !(OPS[op].flags & ROW_inplace)) op = op_next(op);
  return op;
}

bool catalogue_write_one(buffer *b, const char *name, size_t n, bool chinese) {
  bool inplace;
  int first = op_find(name, n, &inplace);
  if (first < 0) return false;
  json_writer w = {.out = b};
  json_begin_object(&w);
  add_members(&w, &OPS[first], inplace, chinese);
  json_add_key(&w, "overloads");
  json_begin_array(&w);
  for (int op = first; op >= 0; op = offered(op_next(op), inplace)) add_entry(&w, &OPS[op], inplace, chinese);
  json_end_array(&w);
  json_end_object(&w);
  return true;
}

// ---- text

static void print_list(buffer *b, bool chinese) {
  uint16_t rows[OP_COUNT];
  unsigned n = list(rows);
  int width = 0;
  for (unsigned i = 0; i < n; i++)
    if ((int)strlen(OPS[rows[i]].name) > width) width = (int)strlen(OPS[rows[i]].name);
  for (unsigned i = 0; i < n; i++)
    buffer_printf(b, "%-*s  %s\n", width, OPS[rows[i]].name, chinese ? OPS[rows[i]].zh : OPS[rows[i]].en);
}

static void print_choices(buffer *b, const struct op *o) {
  for (int i = 0; i < o->n_args; i++) {
    if (o->args[i].kind != ARG_choice) continue;
    buffer_printf(b, "  %s: '", o->args[i].name);
    for (const char *p = o->args[i].choices; *p; p++) {
      if (*p == '|')
        buffer_puts(b, "', '");
      else
        buffer_putc(b, *p);
    }
    buffer_puts(b, "'\n");
  }
}

static void print_gradient(buffer *b, const struct op *o, bool chinese) {
  if (!o->derivatives)
    buffer_puts(b,
                chinese ? "  梯度由其组成算子得出\n" : "  differentiated through the ops it is built of\n");
  else if (!*o->derivatives)
    buffer_puts(b, chinese ? "  不可求导\n" : "  not differentiable\n");
  for (const char *const *d = o->derivatives; d && *d; d += 3) {
    buffer_printf(b, chinese ? "  %s 的梯度: " : "  gradient of %s: ", d[0]);
    catalogue_formula(b, d[1]);
    size_t n, count = 0;
    const char *uses = d[2];
    for (const char *what; (what = next_saved(&uses, &n)) != NULL; count++)
      buffer_printf(b, "%s%.*s", count ? ", " : chinese ? "；保存 " : "; saves ", (int)n, what);
    buffer_putc(b, '\n');
  }
}

bool catalogue_print(buffer *b, const char *name, bool chinese) {
  if (!name) return print_list(b, chinese), true;
  bool inplace, others = false;
  int first = op_find(name, strlen(name), &inplace);
  if (first < 0) return false;
  for (int op = first; op >= 0; op = offered(op_next(op), inplace)) {
    const struct op *o = &OPS[op];
    if (others) buffer_putc(b, '\n');
    others = true;
    put_signature(b, o, inplace);
    buffer_printf(b, "\n  %s\n  %s\n", chinese ? o->zh : o->en, chinese ? o->en : o->zh);
    print_choices(b, o);
    if (o->grad_name && *o->grad_name) buffer_printf(b, "  grad_fn: %s\n", o->grad_name);
    print_gradient(b, o, chinese);
    if (!inplace && o->flags & ROW_inplace)
      buffer_printf(b, chinese ? "  原地形式: %s_\n" : "  in place: %s_\n", o->name);
    if (!inplace && o->flags & ROW_view)
      buffer_puts(b, chinese ? "  结果是视图\n" : "  the result is a view\n");
  }
  return true;
}
