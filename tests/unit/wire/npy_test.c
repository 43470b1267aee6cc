#include "wire/npy.h"
#include "base/mem.h"
#include "unit/wire/fixture.h"
#include "unit/wire/npy_cases.h"
#include "wire/tensor_json.h"
#include <stdio.h>

FIXTURE_SUITE(npy);

enum { CASES = sizeof NPY_CASES / sizeof *NPY_CASES };

// Reads from a copy without anything behind it, so that a sanitizer sees a byte read too far; oddly aligned.
static bool read(const char *bytes, size_t n, tensor *t) {
  char *copy = mem_alloc(n + 1);
  memcpy(copy + 1, bytes, n);
  bool ok = npy_read(&c, copy + 1, n, NULL, t);
  mem_free(copy);
  return ok;
}

Test(npy, reads_what_numpy_wrote) {
  for (int i = 0; i < CASES; i++) {
    tensor t;
    cr_assert(read(NPY_CASES[i].bytes, NPY_CASES[i].n, &t), "%d: %s", i, c.fault.detail);
    out.len = 0;
    tensor_to_json(&out, &t);
    cr_assert_str_eq(DTYPE_ROWS[t.dtype].name, NPY_CASES[i].dtype, "%d", i);
    cr_assert_str_eq(buffer_cstr(&out), NPY_CASES[i].json, "%d", i);
    cr_assert(t.layout->contiguous);
    tensor_drop(&t);
  }
}

Test(npy, writes_what_numpy_writes) {
  for (int i = 0; i < CASES; i++) {
    tensor t, again;
    cr_assert(read(NPY_CASES[i].bytes, NPY_CASES[i].n, &t));
    out.len = 0;
    cr_assert(npy_write(&out, &t));
    if (NPY_CASES[i].exact)
      cr_assert(out.len == NPY_CASES[i].n && !memcmp(out.data, NPY_CASES[i].bytes, out.len), "%d", i);
    cr_assert(read(out.data, out.len, &again), "%d: %s", i, c.fault.detail);
    cr_assert(again.dtype == t.dtype && layout_same_dims(again.layout, t.layout));
    cr_assert(
        !memcmp(tensor_data(&again), tensor_data(&t), (size_t)tensor_numel(&t) * dtype_size((dtype)t.dtype)));
    tensor_drop(&again);
    tensor_drop(&t);
  }
}

Test(npy, every_prefix_and_one_more_byte_are_refused) {
  for (int i = 0; i < CASES; i++) {
    tensor t;
    for (size_t n = 0; n <= NPY_CASES[i].n + 1; n++) {
      if (n == NPY_CASES[i].n) continue;
      char *bytes = mem_zalloc(NPY_CASES[i].n + 1);
      memcpy(bytes, NPY_CASES[i].bytes, NPY_CASES[i].n);
      cr_assert(!read(bytes, n, &t), "%d: %zu bytes", i, n);
      cr_assert_eq(c.fault.code, ERR_bad_argument);
      fault_clear(&c.fault);
      mem_free(bytes);
    }
  }
}

// A file of a header and n zeros.
static err refusal(const char *header, size_t n) {
  char bytes[1024] = "\x93NUMPY\1";
  size_t length = strlen(header);
  bytes[8] = (char)length, bytes[9] = (char)(length >> 8);
  memcpy(bytes + 10, header, length);
  tensor t;
  fault_clear(&c.fault);
  if (!read(bytes, 10 + length + n, &t)) return c.fault.code;
  tensor_drop(&t);
  return ERR_none;
}

Test(npy, headers_of_other_writers) {
  cr_assert_eq(refusal("{\"shape\":(2,),\"fortran_order\":False,\"descr\":\"=f4\"}\n", 8), ERR_none);
  cr_assert_eq(refusal("{'descr': '<i8', 'fortran_order': False, 'shape': (1L, 2L), }", 16), ERR_none);
  cr_assert_eq(refusal(" { 'descr' : '|b1' ,\t'fortran_order' : True , 'shape' : ( 2 , 1 , ) , } \n", 2),
               ERR_none);
}

Test(npy, malformed_headers) {
  static const char *const headers[] = {
      "",
      "{",
      "}",
      "{}",
      "()",
      "{'descr'",
      "{'descr':",
      "{'descr': '<f4'",
      "{'descr': '<f4', }",
      "{'descr': '<f4', 'fortran_order': False, }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1 }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,) ",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1 1)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1.0,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': [1]}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
      "{'descr': '<f4', 'fortran_order': false, 'shape': (1,)}",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
      "{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} 1",
      "{'descr': '<f4\\', 'fortran_order': False, 'shape': (1,)}",
      "{'descr': <f4, 'fortran_order': False, 'shape': (1,)}",
      "((((((((((((((((((((((((((((((",
      "\xFF\xFE\x01",
  };
  for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
    cr_assert_eq(refusal(headers[i], 4), ERR_bad_argument, "%s", headers[i]);
}

Test(npy, types_that_are_not_read) {
  static const char *const types[] = {
      "'>f4'", "'>i8'", "'|O'", "'O'", "'<c8'", "'<f16'", "'<u8'", "'<M8[ns]'",      "'<U3'",        "'|S1'",
      "'|V4'", "'|f4'", "'f4'", "''",  "'<'",   "'<f3'",  "'<b1'", "[('a', '<f4')]", "('<f4', (2,))"};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    char header[128];
    snprintf(header, sizeof header, "{'descr': %s, 'fortran_order': False, 'shape': (1,), }", types[i]);
    cr_assert_eq(refusal(header, 4), strcmp(types[i], "'<b1'") ? ERR_dtype_mismatch : ERR_bad_argument, "%s",
                 types[i]);
  }
}

static err sizes(const char *shape, size_t n) {
  char header[512];
  snprintf(header, sizeof header, "{'descr': '<f4', 'fortran_order': True, 'shape': %s, }", shape);
  return refusal(header, n);
}

Test(npy, shapes_that_do_not_fit) {
  cr_assert_eq(sizes("(1, 1, 1, 1, 1, 1, 1, 1)", 4), ERR_none);
  cr_assert_eq(sizes("(1, 1, 1, 1, 1, 1, 1, 1, 1)", 4), ERR_shape_mismatch);
  cr_assert_eq(sizes("(9223372036854775808,)", 4), ERR_shape_mismatch);
  cr_assert_eq(sizes("(99999999999999999999999999999999,)", 4), ERR_shape_mismatch);
  cr_assert_eq(sizes("(9223372036854775807,)", 4), ERR_bad_argument);
  cr_assert_eq(sizes("(4611686018427387904, 4)", 0), ERR_bad_argument);
  cr_assert_eq(sizes("(4611686018427387904, 4)", 4), ERR_bad_argument);
  cr_assert_eq(sizes("(4294967296, 4294967296, 4294967296)", 4), ERR_bad_argument);
  cr_assert_eq(sizes("(0, 4611686018427387904, 4)", 0), ERR_quota_exceeded);
  cr_assert_eq(sizes("(0, 5)", 0), ERR_none);
  cr_assert_eq(sizes("(0, 5)", 4), ERR_bad_argument);
  cr_assert_eq(sizes("(2,)", 7), ERR_bad_argument);
}

Test(npy, versions_and_header_length) {
  tensor t;
  char *bytes = mem_zalloc(70000 + 16);
  memcpy(bytes, "\x93NUMPY\2\0", 8);
  bytes[8] = 0, bytes[9] = 0, bytes[10] = 1; // 65536
  const char *header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }";
  memset(bytes + 12, ' ', 65536);
  memcpy(bytes + 12, header, strlen(header));
  cr_assert(read(bytes, 12 + 65536 + 4, &t), "%s", c.fault.detail);
  tensor_drop(&t);
  bytes[8] = 1;
  cr_assert(!read(bytes, 12 + 65537 + 4, &t) && c.fault.code == ERR_bad_argument);
  for (int version = 0; version < 8; version++) {
    fault_clear(&c.fault);
    memcpy(bytes, ((char[]){(char)0x93, 'N', 'U', 'M', 'P', 'Y', (char)version, version == 2}), 8);
    cr_assert(!read(bytes, 12 + 65536 + 4, &t) && c.fault.code == ERR_bad_argument);
  }
  mem_free(bytes);
}

Test(npy, a_bool_is_0_or_1) {
  tensor t;
  char bytes[256];
  memcpy(bytes, NPY_CASES[3].bytes, NPY_CASES[3].n);
  bytes[NPY_CASES[3].n - 1] = 2;
  cr_assert(!read(bytes, NPY_CASES[3].n, &t) && c.fault.code == ERR_bad_argument);
}

Test(npy, strided_tensors_are_written_in_row_major_order) {
  tensor t, turned;
  cr_assert(read(NPY_CASES[5].bytes, NPY_CASES[5].n, &t));
  cr_assert(tensor_view_as(&c, &turned, &t, 2, (int64_t[]){3, 2}, (int64_t[]){1, 3}, 0));
  cr_assert(npy_write(&out, &turned));
  tensor_drop(&turned);
  tensor_drop(&t);
  cr_assert(read(out.data, out.len, &t));
  out.len = 0;
  tensor_to_json(&out, &t);
  cr_assert_str_eq(buffer_cstr(&out), "[[0,3e+300],[1e+300,4e+300],[2e+300,5e+300]]");
  tensor_drop(&t);
}

Test(npy, no_memory_anywhere) {
  for (int i = 0; i < CASES; i++)
    for (uint64_t nth = 1;; nth++) {
      tensor t;
      char *copy = mem_alloc(NPY_CASES[i].n);
      memcpy(copy, NPY_CASES[i].bytes, NPY_CASES[i].n);
      mem_fail_at(nth, false);
      bool ok = npy_read(&c, copy, NPY_CASES[i].n, NULL, &t);
      bool hit = mem_fail_count() >= nth;
      buffer b = {0};
      bool written = ok && npy_write(&b, &t), hit_later = !hit && mem_fail_count() >= nth;
      mem_fail_at(0, false);
      mem_free(copy);
      cr_assert_eq(ok, !hit);
      cr_assert_eq(written, !hit && !hit_later);
      if (ok)
        tensor_drop(&t);
      else
        cr_assert_eq(c.fault.code, ERR_out_of_memory);
      cr_assert_eq(budget_used(&memory), 0);
      buffer_finish(&b);
      fault_clear(&c.fault);
      if (written) break;
    }
}
