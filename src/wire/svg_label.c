#include "wire/svg_label.h"
#include "autograd/ops.h"
#include "base/utf8.h"
#include "wire/graph_names.h"
#include "wire/tensor_json.h"
#include <stdarg.h>
#include <stdio.h>

// Letters of East Asian scripts are two digits wide; close enough for the width of a box.
static unsigned columns_of(uint32_t c) { return c >= 0x1100 && (c < 0x2000 || c > 0x2E7F) ? 2 : 1; }

// Adds a line, cut with an ellipsis where it is too long.
static void add(label *l, const char *style, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void add(label *l, const char *style, const char *format, ...) {
  char text[256];
  va_list args;
  if (l->n == LABEL_LINES) return;
  va_start(args, format);
  int n = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (n <= 0) return;
  label_line *to = &l->line[l->n++];
  size_t len = strlen(text), at = 0;
  to->style = style;
  to->columns = 0;
  while (at < len) {
    uint32_t c;
    int step = utf8_get(text + at, text + len, &c);
    if (!step) break; // cut off within a letter
    if (to->columns + columns_of(c) > LABEL_COLUMNS || at + (size_t)step + sizeof "…" > LABEL_TEXT) {
      memcpy(to->text + at, "…", sizeof "…");
      to->columns++;
      return;
    }
    memcpy(to->text + at, text + at, (size_t)step);
    at += (size_t)step;
    to->columns += columns_of(c);
  }
  to->text[at] = 0;
}

static node *saver(const graph_node *n) { return graph_is_leaf(n) ? NULL : graph_worker(n->fn); }

// The names of what a node has saved, each once: "a, b".
static void put_saved(char *out, size_t room, const graph *g, node *fn) {
  size_t at = 0;
  *out = 0;
  for (unsigned i = 0; fn && i < fn->n_saved && at + 8 < room; i++) {
    const saved *s = &node_saved(fn)[i];
    if (!s->storage) continue;
    const char *name = graph_name_of(g, s);
    if (!name) name = s->is_output ? "its result" : "unnamed";
    at += (size_t)snprintf(out + at, room - at, "%s%s v%u", at ? ", " : "", name, s->version);
    if (at >= room) at = room - 1;
  }
}

static void add_value(label *l, const graph_node *n) {
  if (!n->v || tensor_numel(&n->v->t) > 6 || tensor_rank(&n->v->t) > 2 || !tensor_numel(&n->v->t)) return;
  buffer text = {0};
  tensor_to_json(&text, &n->v->t);
  char spaced[2 * LABEL_COLUMNS];
  size_t len = 0;
  for (size_t i = 0; i < text.len && !text.failed && len + 2 < sizeof spaced; i++) {
    spaced[len++] = text.data[i];
    if (text.data[i] == ',') spaced[len++] = ' ';
  }
  if (!text.failed && len <= LABEL_COLUMNS - 2) add(l, "value", "= %.*s", (int)len, spaced);
  l->failed |= text.failed;
  buffer_finish(&text);
}

void label_of(label *l, const graph *g, size_t position) {
  const graph_node *n = &g->nodes[position];
  output_meta of = graph_shown(n);
  l->n = 0;
  l->failed = false;
  if (n->name) add(l, "name", "%s", n->name);
  if (graph_is_leaf(n)) {
    if (!n->name) add(l, "op", "leaf");
  } else {
    add(l, "op", "%s", OPS[graph_worker(n->fn)->op].name);
    add(l, "small", "%s", node_name(n->fn));
  }
  if (n->v)
    add(l, "small", "%s %s v%u", DTYPE_ROWS[of.dtype].name, layout_text(of.layout), var_version(n->v));
  else
    add(l, "small", "%s %s", DTYPE_ROWS[of.dtype].name, layout_text(of.layout));
  add_value(l, n);
  char names[160];
  put_saved(names, sizeof names, g, saver(n));
  if (*names) add(l, "small", "saved %s", names);
  if (n->fn && n->fn->flags & NODE_freed) add(l, "freed", "saved tensors freed");
}

void label_sentence(buffer *b, const graph *g, size_t position) {
  const graph_node *n = &g->nodes[position];
  output_meta of = graph_shown(n);
  const char *name = n->name ? n->name : "unnamed";
  if (graph_is_leaf(n))
    buffer_printf(b, "%s: leaf, %s", name, var_requires_grad(n->v) ? "requires grad" : "takes no gradient");
  else
    buffer_printf(b, "%s: %s (%s)", name, OPS[graph_worker(n->fn)->op].name, node_name(n->fn));
  buffer_printf(b, ", %s %s", DTYPE_ROWS[of.dtype].name, layout_text(of.layout));
  if (n->v) buffer_printf(b, ", version %u", var_version(n->v));
  char names[512];
  put_saved(names, sizeof names, g, saver(n));
  size_t whole = utf8_cut(names, strlen(names), sizeof names - 8);
  names[whole] = 0;
  if (*names) buffer_printf(b, ", saved %s", names);
  if (n->fn && n->fn->flags & NODE_freed) buffer_puts(b, ", its saved tensors were freed");
}
