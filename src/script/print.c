// print.c - str and repr of every value, as Python and PyTorch have them.
#include "base/hash.h"
#include "base/number.h"
#include "base/utf8.h"
#include "script/builtin.h"
#include "script/interpreter.h"
#include "tensor/repr.h"
#include <math.h>
#include <string.h>

size_t put_float(char *out, double x) {
  if (isnan(x)) return memcpy(out, "nan", 3), 3;
  if (isinf(x)) return x > 0 ? (memcpy(out, "inf", 3), 3) : (memcpy(out, "-inf", 4), 4);
  size_t n = number_put_f64(out, x);
  for (size_t i = 0; i < n; i++)
    if (out[i] == '.' || out[i] == 'e') return n;
  memcpy(out + n, ".0", 2);
  return n + 2;
}

// Not an address, which is nobody's business, but a keyed hash of it.
uint64_t identity(item x) {
  uint64_t key = item_is_object(&x) ? (uintptr_t)x.o : x.kind == ITEM_tensor ? (uintptr_t)x.v : (uint64_t)x.i;
  if (x.kind == ITEM_node) key = (uintptr_t)((graph_node *)x.o)->n;
  return 0x7f0000000000u | (hash_bytes(&key, sizeof key) & 0xfffffffff0u);
}

// ---- texts

static void put_quoted(buffer *b, const str *t) {
  enum { MOST = 1 << 16 }; // bytes between two looks at the stop
  bool single = memchr(t->at, '\'', t->n) && !memchr(t->at, '"', t->n);
  char quote = single ? '"' : '\'';
  buffer_putc(b, quote);
  const char *from = t->at, *p = from, *end = t->at + t->n; // from: what is not yet put
  while (p < end) {
    uint32_t code = 0;
    int n = utf8_get(p, end, &code);
    const char *escape = *p == '\n'   ? "\\n"
                         : *p == '\t' ? "\\t"
                         : *p == '\r' ? "\\r"
                         : *p == '\\' ? "\\\\"
                                      : NULL;
    bool byte = code < 32 || (code >= 0x7f && code < 0xa1) || code == 0xad;
    if (escape || *p == quote || byte) {
      buffer_put(b, from, (size_t)(p - from));
      from = p + (n > 0 ? n : 1);
      if (escape)
        buffer_puts(b, escape);
      else if (*p == quote)
        buffer_printf(b, "\\%c", quote);
      else
        buffer_printf(b, "\\x%02x", (unsigned)code);
    }
    p += n > 0 ? n : 1;
    if (p - from < MOST) continue;
    buffer_put(b, from, (size_t)(p - from));
    from = p;
    if (buffer_stopped(b)) return;
  }
  buffer_put(b, from, (size_t)(p - from));
  buffer_putc(b, quote);
}

// ---- lists

static bool put_list(interpreter *in, buffer *b, const list *l, const char *open, const char *close) {
  if (in->depth >= DEPTH_MAX)
    return raise_as(in, ERR_bad_script, "RecursionError",
                    "maximum recursion depth exceeded while getting the repr of an object");
  in->depth++;
  buffer_puts(b, open);
  bool ok = true;
  for (size_t i = 0; ok && i < l->n; i++) {
    if (i) buffer_puts(b, ", ");
    ok = spend(in, STEP_NS) && put_repr(in, b, l->at[i]) && text_whole(in, b);
  }
  if (l->n == 1 && *open == '(' && l->head.kind == ITEM_tuple) buffer_putc(b, ',');
  buffer_puts(b, close);
  in->depth--;
  return ok;
}

// ---- the rest

static bool put_tensor(interpreter *in, buffer *b, var *v) {
  autograd *a = &in->s->ag;
  int64_t n = tensor_numel(&v->t);
  if (!spend_on(in, (size_t)(n < 1000 ? n : 1000), 150)) return false;
  const char *fn = var_grad_fn_name(v);
  repr_write(b, &v->t, var_requires_grad(v), fn, a->default_dtype);
  return !autograd_failed(a);
}

static void put_at(buffer *b, const char *what, const char *called, size_t n, item x) {
  buffer_printf(b, "<%s%.*s at 0x%llx>", what, (int)n, called, (unsigned long long)identity(x));
}

static void put_optimizer(buffer *b, const optimizer *o) {
  const optimizer_options *p = optimizer_options_of(o);
  char lr[FLOAT_MAX], decay[FLOAT_MAX];
  size_t n = put_float(lr, p->lr), m = put_float(decay, p->weight_decay);
  buffer_printf(b, "%s (\nParameter Group 0\n    lr: %.*s\n    weight_decay: %.*s\n)",
                OPTIMIZER_NAMES[optimizer_kind_of(o)], (int)n, lr, (int)m, decay);
}

static void put_number(buffer *b, item x) {
  if (!buffer_reserve(b, FLOAT_MAX)) return;
  b->len += x.kind == ITEM_float ? put_float(b->data + b->len, x.d) : number_put_i64(b->data + b->len, x.i);
}

bool put_repr(interpreter *in, buffer *b, item x) {
  switch ((item_kind)x.kind) {
  case ITEM_absent:
  case ITEM_none: buffer_puts(b, "None"); break;
  case ITEM_bool: buffer_puts(b, x.i ? "True" : "False"); break;
  case ITEM_int:
  case ITEM_float: put_number(b, x); break;
  case ITEM_ellipsis: buffer_puts(b, "Ellipsis"); break;
  case ITEM_dtype: buffer_printf(b, "torch.%s", DTYPE_ROWS[x.i].name); break;
  case ITEM_mode: put_at(b, "torch.autograd.grad_mode object", "", 0, x); break;
  case ITEM_module: buffer_printf(b, "<module '%s'>", x.module); break;
  case ITEM_builtin: buffer_printf(b, "<built-in function %s>", x.builtin->name); break;
  case ITEM_op: buffer_printf(b, "<built-in method %s>", OPS[x.i].name); break;
  case ITEM_tensor: return put_tensor(in, b, x.v);
  case ITEM_text:
    if (!spend_on(in, item_str(&x)->n, 2)) return false;
    put_quoted(b, item_str(&x));
    break;
  case ITEM_list: return put_list(in, b, item_list(&x), "[", "]");
  case ITEM_tuple: return put_list(in, b, item_list(&x), "(", ")");
  case ITEM_size: return put_list(in, b, item_list(&x), "torch.Size([", "])");
  case ITEM_range: {
    const range *r = (const range *)x.o;
    buffer_printf(b, "range(%lld, %lld", (long long)r->start, (long long)r->stop);
    if (r->step != 1) buffer_printf(b, ", %lld", (long long)r->step);
    buffer_putc(b, ')');
    break;
  }
  case ITEM_slice: {
    const slice *s = (const slice *)x.o;
    buffer_puts(b, "slice(");
    for (int i = 0; i < 3; i++) {
      if (i) buffer_puts(b, ", ");
      if (!put_repr(in, b, s->part[i])) return false;
    }
    buffer_putc(b, ')');
    break;
  }
  case ITEM_function: {
    ident n = ((const closure *)x.o)->f->name;
    put_at(b, "function ", n.text ? n.text : "<lambda>", n.text ? n.n : 8, x);
    break;
  }
  case ITEM_method: put_at(b, "bound method", "", 0, x); break;
  case ITEM_node: {
    const char *n = node_name(((const graph_node *)x.o)->n);
    buffer_printf(b, "<%s object at 0x%llx>", n, (unsigned long long)identity(x));
    break;
  }
  case ITEM_optimizer: put_optimizer(b, ((const held_optimizer *)x.o)->o); break;
  }
  return true;
}

bool put_str(interpreter *in, buffer *b, item x) {
  if (x.kind != ITEM_text) return put_repr(in, b, x);
  if (!spend_on(in, item_str(&x)->n, 1)) return false;
  buffer_put(b, item_str(&x)->at, item_str(&x)->n);
  return true;
}

buffer text_buffer(const interpreter *in) {
  return (buffer){.budget = &in->s->budget, .stop = in->s->ag.ctx.stop};
}

bool too_much_printed(interpreter *in) {
  return raise_as(in, ERR_quota_exceeded, NULL, "the script prints more than %zu bytes", in->out->limit);
}

bool text_whole(interpreter *in, const buffer *b) {
  if (!b->failed) return true;
  if (ctx_stopped(&in->s->ag.ctx)) return false;
  if (b->over_budget) return fail(in_fault(in), ERR_quota_exceeded, "the session has no room for a text");
  if (b->over_limit) return too_much_printed(in); // no other text has a limit
  return fail(in_fault(in), ERR_out_of_memory, "no memory for a text");
}

bool str_from(interpreter *in, buffer *b, item *out) {
  if (!text_whole(in, b)) return false;
  str *t = str_new(in->pool, b->data, b->len);
  if (t) *out = item_object(t);
  return t != NULL;
}
