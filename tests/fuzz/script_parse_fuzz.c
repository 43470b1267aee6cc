// script_parse_fuzz.c - any bytes are a script, or are refused at a place within them.
#include "base/mem.h"
#include "base/utf8.h"
#include "script/parser.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
  if (!holds) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  arena a = {0};
  parsed tree;
  place where;
  fault f = {0};
  char *copy = malloc(size + 1); // the parser may look one byte further, at its end
  must(copy != NULL);
  memcpy(copy, data, size);
  copy[size] = 0;
  if (size && data[size - 1] >= 0xF0) mem_fail_at(1 + data[size - 1] % 16, true);
  bool ok = script_parse(copy, size, &a, &tree, &where, &f);
  mem_fail_at(0, false);
  must(ok == (f.code == ERR_none));
  must(ok || f.code == ERR_bad_script || f.code == ERR_out_of_memory);
  must(f.code != ERR_bad_script ||
       (where.line >= 1 && where.column >= 1 && utf8_valid(f.detail, strlen(f.detail))));
  arena_finish(&a);
  free(copy);
  return 0;
}
