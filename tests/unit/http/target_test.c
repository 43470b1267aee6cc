#include "http/exchange.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static request r;
static fault f;
static bool parse(const char *target) {
  fault_clear(&f);
  return request_target(&r, target, &f);
}

Test(target, path_segments_are_decoded) {
  cr_assert(parse("/v1/sessions/%E4%BD%A0%20a/tensors"));
  cr_assert_eq(r.segments, 4);
  cr_assert_str_eq(r.segment[0], "v1");
  cr_assert_str_eq(r.segment[2], "你 a");
  cr_assert_eq(r.segment_len[2], 5);
  cr_assert(parse("/"));
  cr_assert_eq(r.segments, 0);
  cr_assert(parse("/?a=1"));
  cr_assert_eq(r.segments, 0);
  cr_assert_str_eq(request_param(&r, "a"), "1");
  cr_assert(parse("/a/"));
  cr_assert_eq(r.segments, 2);
  cr_assert_str_eq(r.segment[1], "");
}

Test(target, query_parameters_are_decoded_as_forms_are) {
  cr_assert(parse("/x?args=a%2Cb&e=(x%2Bw)*2+1&flag&empty=&p=a/b%2Fc&"));
  cr_assert_str_eq(request_param(&r, "args"), "a,b");
  cr_assert_str_eq(request_param(&r, "e"), "(x+w)*2 1");
  cr_assert_str_eq(request_param(&r, "flag"), "");
  cr_assert_str_eq(request_param(&r, "empty"), "");
  cr_assert_str_eq(request_param(&r, "p"), "a/b/c");
  cr_assert_null(request_param(&r, "nope"));
  cr_assert_eq(r.params, 5);
}

Test(target, what_can_be_read_in_two_ways_is_refused) {
  static const char *const BAD[] = {"",
                                    "x",
                                    "http://evil/q",
                                    "*x",
                                    "/a%00",
                                    "/a%2f",
                                    "/a%2Fb",
                                    "/a%5c",
                                    "/a%",
                                    "/a%4",
                                    "/a%4g",
                                    "/a%GG",
                                    "/a b",
                                    "/a\tb",
                                    "/\x80",
                                    "/\xe4\xbd\xa0",
                                    "/a#b",
                                    "/%ff",
                                    "/%c0%80",
                                    "/%c1%bf",
                                    "/%e0%80%80",
                                    "/%ed%a0%80",
                                    "/%f4%90%80%80",
                                    "/%f0%80%80%80",
                                    "/%f8%88%80%80%80",
                                    "/%e4%bd",
                                    "/?a=%00",
                                    "/?a=%ff"};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    cr_assert(!parse(BAD[i]), "%s", BAD[i]);
    cr_assert_eq(f.code, ERR_bad_header, "%s", BAD[i]);
  }
  cr_assert(!parse(NULL));
  cr_assert(parse("/%f4%8f%bf%bf%ed%9f%bf%ee%80%80%c2%80%e0%a0%80%f0%90%80%80"));
  cr_assert(parse("*"));
  cr_assert(r.asterisk);
}

Test(target, limits) {
  char text[TARGET_MAX + 2];
  memset(text, 'a', sizeof text);
  text[0] = '/';
  text[TARGET_MAX] = 0;
  cr_assert(parse(text));
  text[TARGET_MAX] = 'a';
  text[TARGET_MAX + 1] = 0;
  cr_assert(!parse(text));
  cr_assert_eq(f.code, ERR_uri_too_long);
  for (int i = 0; i <= TARGET_MAX; i++) text[i] = '/';
  text[TARGET_MAX] = 0;
  cr_assert(!parse(text));
  cr_assert_eq(f.code, ERR_not_found);
  char *at = text + sprintf(text, "/?");
  for (int i = 0; i <= PARAMS_MAX; i++) at += sprintf(at, "p%d&", i);
  cr_assert(!parse(text));
  cr_assert_eq(f.code, ERR_bad_argument);
}

Test(target, a_repeated_or_unknown_parameter_is_an_error) {
  static const char *const KNOWN[] = {"as", "data", NULL};
  cr_assert(!parse("/?a=1&b=2&a=1"));
  cr_assert_eq(f.code, ERR_bad_argument);
  cr_assert(parse("/?as=txt&data=none") && request_params_known(&r, KNOWN, &f));
  cr_assert(parse("/?as=txt&date=none") && !request_params_known(&r, KNOWN, &f));
  cr_assert(strstr(f.detail, "date"));
}

Test(reply, headers_are_bounded_and_cannot_be_split) {
  static reply rep;
  reply_clear(&rep);
  cr_assert(reply_header(&rep, "ETag", "\"%d\"", 7));
  cr_assert(!reply_header(&rep, "X", "a\r\nSet-Cookie: b"));
  cr_assert(!reply_header(&rep, "X", "%2000d", 1));
  cr_assert_str_eq(reply_header_value(&rep, "etag"), "\"7\"");
  cr_assert_null(reply_header_value(&rep, "x"));
  for (int i = 1; i < REPLY_HEADERS; i++) cr_assert(reply_header(&rep, "X", "y"));
  cr_assert(!reply_header(&rep, "X", "y"));
}
