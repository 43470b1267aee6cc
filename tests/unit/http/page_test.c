#include "http/page.h"
#include <criterion/criterion.h>
#include <string.h>

static char *written(bool html, const char *host) {
  static buffer b;
  buffer_finish(&b);
  page_write(&b, html, host);
  return (char *)buffer_cstr(&b);
}

Test(page, says_what_is_missing_and_how_to_get_it) {
  const char *page = written(true, "example.org:80");
  cr_assert(strstr(page, "The teaching page is not in this build"));
  cr_assert(strstr(page, "此构建不含教学页面"));
  cr_assert(strstr(page, "apt install npm"));
  cr_assert(!strstr(written(false, NULL), "teaching page"), "the sheet of curl lines misses nothing");
}

Test(page, tells_what_can_be_done_without) {
  for (int html = 0; html < 2; html++) {
    const char *page = written(html, "example.org:80");
    cr_assert(strstr(page, "S=http://example.org:80/v1/sessions/demo\n"));
    cr_assert(strstr(page, "curl -X POST $S/tensors/y/backward\n"));
    cr_assert(strstr(page, html ? "args=w,x&amp;out=a" : "args=w,x&out=a"));
    cr_assert(strstr(page, "/v1/ops") && strstr(page, "/openapi.json"));
  }
}

Test(page, names_no_address_that_is_none) {
  static const char *const HOSTS[] = {NULL, "", "<script>", "a\"b", "a b", "a\nb", "a'b", "a&b", "a/b"};
  for (int html = 0; html < 2; html++)
    for (size_t i = 0; i < sizeof HOSTS / sizeof *HOSTS; i++)
      cr_assert(strstr(written(html, HOSTS[i]), "S=http://127.0.0.1:8080/"), "%s",
                HOSTS[i] ? HOSTS[i] : "NULL");
}

Test(page, its_files_are_a_table_with_the_page_first) {
  cr_assert(PAGE_FILE_COUNT == 0 || strcmp(PAGE_FILES[0].path, "/") == 0);
  for (const page_file *f = PAGE_FILES; f < PAGE_FILES + PAGE_FILE_COUNT; f++) {
    cr_assert_eq(page_find(f->path), f, "%s is there once", f->path);
    cr_assert(f->plain_len > 0 && f->gzip_len > 0 && memcmp(f->gzip, "\x1f\x8b", 2) == 0, "%s", f->path);
    cr_assert(strcmp(f->etag, f->etag_gzip) != 0);
  }
  cr_assert_null(page_find("/assets/nothing.js"));
  cr_assert_null(page_find(""));
}
