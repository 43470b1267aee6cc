// What faults say in Chinese: the table, and how its rows are filled in.
#include "base/message.h"
#include "base/fault.h"
#include "base/utf8.h"
#include <criterion/criterion.h>
#include <string.h>

static unsigned conversions(const char *text, struct conversion at[MESSAGE_ARGS]) {
  unsigned n = 0;
  struct conversion c;
  for (const char *p = text; message_conversion(p, &c); p = c.after) {
    cr_assert(c.kind && strchr("sduxcg%", c.kind), "%s", text);
    if (c.kind == '%') continue;
    cr_assert(n < MESSAGE_ARGS, "%s", text);
    at[n++] = c;
  }
  return n;
}

// Each argument is said once (or passed over with %.0s), as what it is.
Test(message, translations_take_what_the_english_takes) {
  for (size_t i = 0; i < MESSAGE_COUNT; i++) {
    const struct message *m = &MESSAGES[i];
    struct conversion en[MESSAGE_ARGS], zh[MESSAGE_ARGS];
    unsigned n = conversions(m->en, en), said = 0;
    cr_assert(*m->zh && utf8_valid(m->zh, strlen(m->zh)), "%s", m->en);
    cr_assert_eq(conversions(m->zh, zh), n, "%s", m->en);
    for (unsigned k = 0; k < n; k++) {
      unsigned place = zh[k].place ? zh[k].place - 1 : k;
      cr_assert(!zh[k].place == !zh[0].place, "%s: all say their place, or none", m->en);
      cr_assert(place < n && zh[k].kind == en[place].kind && zh[k].length == en[place].length, "%s", m->en);
      cr_assert(!zh[k].piece || zh[k].kind == 's', "%s", m->en);
      cr_assert(!en[k].place && !en[k].piece && (!m->piece || en[k].kind == 's'), "%s", m->en);
      said |= 1u << place;
    }
    cr_assert_eq(said, (1u << n) - 1, "%s", m->en);
  }
}

Test(message, no_key_has_two_rows) {
  for (size_t i = 0; i < MESSAGE_COUNT; i++)
    for (size_t k = i + 1; k < MESSAGE_COUNT; k++) cr_assert_str_neq(MESSAGES[i].en, MESSAGES[k].en);
}

#define SAYS(zh, ...)                                                                                        \
  do {                                                                                                       \
    fault f_ = {0};                                                                                          \
    fail(&f_, ERR_bad_argument, __VA_ARGS__);                                                                \
    cr_assert_str_eq(f_.chinese, zh);                                                                        \
  } while (0)

Test(message, arguments_of_every_kind) {
  SAYS("需要请求体", "a body is needed");
  SAYS("linalg.matrix_norm：不支持阶数 1.5。", "linalg.matrix_norm: Order %g not supported.", 1.5);
  SAYS("无效的学习率：-0.10000000000000001", "Invalid %s: %.17g", "learning rate", -.1);
  SAYS("不支持的格式字符 '!' (0x21)", "unsupported format character '%c' (0x%x)", '!', 33u);
  SAYS("响应将超过 18446744073709551615 字节：请只请求其中一部分",
       "the answer would be larger than %zu bytes: ask for a part of it", SIZE_MAX);
  SAYS("地址中的 %-编码格式有误", "the address has a malformed %%-encoding");
  SAYS("%d 格式：需要整数，不能是 float", "%%%c format: an integer is required, not float", 'd');
}

Test(message, another_order) {
  SAYS("会话 's' 中没有优化器 'opt'", "there is no optimizer '%.*s' in session '%s'", 3, "optimal", "s");
  SAYS(
      "除第 0 维外，各张量的大小必须一致。应为 2，但列表中第 1 个张量为 3。",
      "Sizes of tensors must match except in dimension %lld. Expected size %lld but got size %lld for tensor "
      "number %u in the list.",
      0LL, 2LL, 3LL, 1u);
}

Test(message, an_ending_is_passed_over) {
  SAYS("f() 接受 2 个位置参数，实际给了 3 个", "%s() takes %d positional argument%s but %u were given", "f",
       2, "s", 3u);
  SAYS("len() 最多接受 1 个位置参数，实际给了 2 个", "%s() takes %s%d positional argument%s but %u %s given",
       "len", "at most ", 1, "", 2u, "were");
}

Test(message, pieces) {
  SAYS("字段 'dim' 必须是整数，不能是 null", "%s must be %s, not %s", "field 'dim'", "an integer", "null");
  SAYS("第 1 行第 7 列：应为一个值，实际是 ']'", "line %zu, column %zu: %s%s", (size_t)1, (size_t)7,
       "expected a value", ", found ']'");
  SAYS("第 3 行第 12 列：应为数字，但字段为空", "%sexpected a number, found an empty field",
       "line 3, column 12: ");
  SAYS("缺少字段 'op'", "%s", "field 'op' is missing"); // a whole message that is passed on
  SAYS("本语言没有 class", "%s", "class is not part of this language");
  SAYS("no row for this", "%s", "no row for this");
  SAYS("：这种形式最多 2 个", "%s: at most %d in this form", "", 2);
}

Test(message, without_a_row_it_is_english) {
  fault f = {0};
  fail(&f, ERR_bad_argument, "no such format, %d", 1);
  cr_assert_str_eq(f.chinese, "");
  cr_assert_str_eq(fault_detail(&f, true), "no such format, 1");
  fault_clear(&f);
  fail(&f, ERR_bad_argument, "a body is needed");
  cr_assert_str_eq(fault_detail(&f, false), "a body is needed");
  cr_assert_str_eq(fault_detail(&f, true), "需要请求体");
  fault_clear(&f);
  cr_assert_str_eq(f.chinese, "");
}

Test(message, the_cut_is_between_characters) {
  char name[2 * FAULT_DETAIL];
  for (size_t n = 0; n < 8; n++) {
    memset(name, '-', n);
    name[n] = 0;
    while (strlen(name) < FAULT_DETAIL) strcat(name, "世");
    fault f = {0};
    fail(&f, ERR_bad_argument, "session '%s' was deleted while the request waited", name);
    size_t len = strlen(f.chinese);
    cr_assert(len < FAULT_DETAIL && len + 3 >= FAULT_DETAIL);
    cr_assert(utf8_valid(f.chinese, len));
  }
}
