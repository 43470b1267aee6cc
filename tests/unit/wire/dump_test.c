// api/ops.json and api/errors.json are what this build would dump. GRADD_UPDATE=1 writes them anew.
#include "wire/dump.h"
#include "autograd/ops.h"
#include "base/mem.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(dump, .init = ops_init);

static FILE *open_file(const char *name, const char *mode) {
  char path[4096];
  const char *root = getenv("GRADD_SOURCE_ROOT");
  cr_assert(root, "GRADD_SOURCE_ROOT is not set: where is the source tree?");
  snprintf(path, sizeof path, "%s/api/%s", root, name);
  FILE *f = fopen(path, mode);
  cr_assert(f, "cannot open %s", path);
  return f;
}

static void read_file(const char *name, buffer *into) {
  FILE *f = open_file(name, "rb");
  char block[65536];
  for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;) buffer_put(into, block, n);
  cr_assert_eq(fclose(f), 0);
}

static void same_as(const char *name, void (*dump)(buffer *)) {
  buffer want = {0}, file = {0};
  dump(&want);
  cr_assert_not(want.failed);
  if (getenv("GRADD_UPDATE")) {
    FILE *f = open_file(name, "wb");
    cr_assert_eq(fwrite(want.data, 1, want.len, f), want.len);
    cr_assert_eq(fclose(f), 0);
  }
  read_file(name, &file);
  size_t line = 1, i = 0;
  for (; i < want.len && i < file.len && want.data[i] == file.data[i]; i++) line += want.data[i] == '\n';
  cr_assert(i == want.len && i == file.len,
            "api/%s is not what the tables say, from line %zu on; GRADD_UPDATE=1 writes it anew", name, line);
  buffer_finish(&want);
  buffer_finish(&file);
}

Test(dump, ops_are_checked_in) { same_as("ops.json", dump_ops); }
Test(dump, errors_are_checked_in) { same_as("errors.json", dump_errors); }

Test(dump, failed_allocations_fail_the_buffer) {
  for (uint64_t nth = 1;; nth++) {
    buffer b = {0};
    mem_fail_at(nth, false);
    dump_errors(&b);
    mem_fail_at(0, false);
    bool failed = b.failed;
    buffer_finish(&b);
    if (!failed) break;
    cr_assert_lt(nth, 100);
  }
}
