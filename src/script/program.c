#include "script/program.h"
#include "base/mem.h"
#include <string.h>

enum { PER_BYTE = 128 }; // what the tree of a dense source takes, at most

program *program_new(const char *source, size_t n, bool expression, budget *b, place *where, fault *f) {
  size_t bytes;
  *where = (place){1, 1};
  if (!size_mul(n + 64, PER_BYTE, &bytes)) return fail(f, ERR_quota_exceeded, "the script is too long"), NULL;
  if (!budget_charge(b, bytes, f)) return NULL;
  program *p = mem_zalloc(sizeof *p);
  if (!p) {
    budget_release(b, bytes);
    return fail(f, ERR_out_of_memory, "no memory for the script"), NULL;
  }
  p->refs = 1;
  p->bytes = bytes;
  p->budget = b;
  char *copy = arena_take(&p->arena, n + 1);
  if (copy) {
    memcpy(copy, source, n);
    copy[n] = 0;
  } else
    fail(f, ERR_out_of_memory, "no memory for the script");
  bool (*parse)(const char *, size_t, arena *, parsed *, place *, fault *) =
      expression ? script_parse_expression : script_parse;
  if (copy && parse(copy, n, &p->arena, &p->tree, where, f)) {
    size_t used = sizeof *p + n + p->tree.bytes; // only now it is known
    if (used < bytes) budget_release(b, bytes - used), p->bytes = used;
    return p;
  }
  program_unref(p);
  return NULL;
}

void program_unref(program *p) {
  if (!p || --p->refs) return;
  budget_release(p->budget, p->bytes);
  arena_finish(&p->arena);
  mem_free(p);
}
