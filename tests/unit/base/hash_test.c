// Hash tables that fail cleanly and whose buckets a stranger cannot foresee.
#include "base/hash.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

typedef struct item {
  char name[16];
  UT_hash_handle hh;
} item;
static item *table;

static item *find(const char *name) {
  item *found;
  HASH_FIND_STR(table, name, found);
  return found;
}

static bool add(const char *name) {
  item *fresh = mem_zalloc(sizeof *fresh);
  if (!fresh) return false;
  snprintf(fresh->name, sizeof fresh->name, "%s", name);
  hash_ok = true;
  HASH_ADD_STR(table, name, fresh);
  if (!hash_ok) mem_free(fresh);
  return hash_ok;
}

static void finish(void) {
  item *at, *next;
  mem_fail_at(0, false);
  HASH_ITER(hh, table, at, next) {
    HASH_DEL(table, at);
    mem_free(at);
  }
}
TestSuite(hash, .fini = finish);

Test(hash, bytes_decide) {
  cr_assert_eq(hash_bytes("abc", 3), hash_bytes("abc", 3));
  cr_assert_neq(hash_bytes("abc", 3), hash_bytes("abd", 3));
  cr_assert_neq(hash_bytes("abc", 3), hash_bytes("abc", 2));
  hash_bytes(NULL, 0);
}

Test(hash, many_names_in_order) {
  char name[16];
  for (int i = 0; i < 2000; i++) {
    snprintf(name, sizeof name, "n%d", i);
    cr_assert(add(name));
  }
  int i = 0;
  for (item *at = table; at; at = at->hh.next, i++) {
    snprintf(name, sizeof name, "n%d", i);
    cr_assert_str_eq(at->name, name);
    cr_assert_eq(find(name), at);
  }
  cr_assert_eq(i, 2000);
  cr_assert_null(find("n2000"));
}

// Whatever allocation fails, the table holds exactly what was added.
Test(hash, no_memory_at_any_point) {
  char name[16];
  unsigned held = 0;
  for (int i = 0; i < 600; i++) {
    snprintf(name, sizeof name, "n%d", i);
    mem_fail_at(1 + (uint64_t)(i % 4), i % 3 == 0);
    bool added = add(name);
    mem_fail_at(0, false);
    held += added;
    cr_assert_eq(find(name) != NULL, added, "%s", name);
    cr_assert_eq(HASH_COUNT(table), held);
  }
  cr_assert(held > 0 && held < 600);
}
