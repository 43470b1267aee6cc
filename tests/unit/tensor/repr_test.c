#include "tensor/repr.h"
#include "base/mem.h"
#include "unit/wire/fixture.h"
#include "wire/tensor_json.h"
#include <stdio.h>
#include <stdlib.h>

FIXTURE_SUITE(repr);

// ------------------------------------------------------------ what PyTorch printed (make_repr_cases.py)

struct sample {
  dtype type, otherwise;
  ints shape, swap;
  json_cur data;
  bool requires_grad;
  json_str grad_fn, repr;
};

static void read_ints(json_cur *at, ints *list) {
  *list = ints_none();
  if (json_read_null(at) || !json_enter_array(at, NULL)) return;
  for (list->n = 0; json_next_item(at);) json_read_i64(at, NULL, &list->v[list->n++]);
}

static void read_dtype(json_cur *at, dtype *type) {
  json_str name;
  if (json_read_string(at, NULL, &name)) *type = dtype_parse(name.text, name.n);
}

static struct sample read_sample(json_cur at) {
  struct sample s = {0};
  cr_assert(json_enter_object(&at, NULL));
  for (json_str key; json_next_key(&at, &key);)
    if (json_is(key, "dtype"))
      read_dtype(&at, &s.type);
    else if (json_is(key, "default"))
      read_dtype(&at, &s.otherwise);
    else if (json_is(key, "shape"))
      read_ints(&at, &s.shape);
    else if (json_is(key, "swap"))
      read_ints(&at, &s.swap);
    else if (json_is(key, "data"))
      s.data = json_span(&at);
    else if (json_is(key, "requires_grad"))
      json_read_bool(&at, NULL, &s.requires_grad);
    else if (json_is(key, "repr"))
      json_read_string(&at, NULL, &s.repr);
    else if (!json_read_null(&at))
      json_read_string(&at, NULL, &s.grad_fn);
  cr_assert_eq(c.fault.code, ERR_none, "%s", c.fault.detail);
  return s;
}

// The values repeated until they fill the shape, two dims transposed.
static tensor make(const struct sample *s) {
  tensor few, all, view;
  cr_assert(tensor_from_json(&c, s->data, s->type, DT_float32, false, NULL, &few, NULL), "%s",
            c.fault.detail);
  cr_assert(tensor_new_sizes(&c, &all, s->type, s->shape.n, s->shape.v));
  size_t size = dtype_size(s->type), given = (size_t)tensor_numel(&few);
  for (size_t i = 0; i < (size_t)tensor_numel(&all); i++)
    memcpy((char *)tensor_data(&all) + i * size, (char *)tensor_data(&few) + i % given * size, size);
  tensor_drop(&few);
  if (s->swap.n < 0) return all;
  ints dims = s->shape, strides = {0};
  memcpy(strides.v, layout_strides(all.layout), (size_t)dims.n * sizeof *strides.v);
  int64_t a = s->swap.v[0], b = s->swap.v[1], keep = dims.v[a];
  dims.v[a] = dims.v[b], dims.v[b] = keep;
  keep = strides.v[a], strides.v[a] = strides.v[b], strides.v[b] = keep;
  cr_assert(tensor_view_as(&c, &view, &all, dims.n, dims.v, strides.v, 0));
  tensor_drop(&all);
  return view;
}

static char *read_cases(size_t *n) {
  char path[512];
  const char *set = getenv("REPR_CASES"), *root = getenv("GRADD_SOURCE_ROOT");
  snprintf(path, sizeof path, "%s/tests/unit/wire/repr_cases.jsonl", root ? root : ".");
  FILE *f = fopen(set ? set : path, "rb");
  cr_assert(f, "%s is missing", set ? set : path);
  fseek(f, 0, SEEK_END);
  *n = (size_t)ftell(f);
  rewind(f);
  char *text = mem_alloc(*n);
  cr_assert_eq(fread(text, 1, *n, f), *n);
  fclose(f);
  return text;
}

Test(repr, prints_what_pytorch_prints) {
  size_t n, wrong = 0;
  char *text = read_cases(&n);
  json_pool pool = {0};
  json_lines lines;
  json_cur line;
  json_lines_open(&lines, text, n, &pool, &c.fault);
  while (json_lines_next(&lines, &line)) {
    struct sample s = read_sample(line);
    tensor t = make(&s);
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)s.grad_fn.n, s.grad_fn.n ? s.grad_fn.text : "");
    out.len = 0;
    repr_write(&out, &t, s.requires_grad, s.grad_fn.n ? name : NULL, s.otherwise);
    tensor_drop(&t);
    if (out.len == s.repr.n && !memcmp(out.data, s.repr.text, out.len)) continue;
    if (wrong++ < 5)
      cr_log_error("line %zu: PyTorch\n%.*s\nhere\n%.*s", lines.line, (int)s.repr.n, s.repr.text,
                   (int)out.len, out.data);
  }
  cr_assert_eq(c.fault.code, ERR_none, "%s", c.fault.detail);
  cr_assert_eq(wrong, 0, "%zu of %zu are not what PyTorch prints", wrong, lines.line);
  cr_assert_geq(lines.line, 300);
  json_pool_finish(&pool);
  mem_free(text);
}

Test(repr, a_full_buffer_and_no_memory_are_failures) {
  tensor t;
  cr_assert(tensor_new_sizes(&c, &t, DT_float32, 2, (int64_t[]){40, 20}));
  cr_assert(tensor_fill(&c, &t, scalar_float(0.1)));
  buffer small = {.limit = 300};
  repr_write(&small, &t, true, NULL, DT_float32);
  cr_assert(small.failed);
  buffer_finish(&small);
  for (uint64_t nth = 1; nth < 8; nth++) {
    mem_fail_at(nth, false);
    buffer b = {0};
    repr_write(&b, &t, true, NULL, DT_float32);
    cr_assert_eq(b.failed, mem_fail_count() >= nth);
    mem_fail_at(0, false);
    buffer_finish(&b);
  }
  tensor_drop(&t);
}

Test(repr, is_appended) {
  tensor t;
  cr_assert(tensor_new_sizes(&c, &t, DT_int64, 0, NULL));
  cr_assert(tensor_fill(&c, &t, scalar_int(-3)));
  buffer_puts(&out, "a line that is so long that its own length may not count: it stood there before\nw = ");
  size_t before = out.len;
  repr_write(&out, &t, true, "AddBackward0", DT_float32);
  cr_assert_str_eq(buffer_cstr(&out) + before, "tensor(-3, grad_fn=<AddBackward0>)");
  tensor_drop(&t);
}
