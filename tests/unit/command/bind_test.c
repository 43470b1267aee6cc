// Arguments onto signatures, as Python does it: positions, keywords, defaults, overloads, and the words for
// what does not fit.
#include "command/world.h"
#include "autograd/ops.h"
#include <criterion/criterion.h>
#include <string.h>

TestSuite(bind, .init = world_start, .fini = world_finish);

static bound got;

static bool bound_by(const char *of, values args, const keyword *kw, unsigned n_kw) {
  fault_clear(session_fault(&s));
  bool ok = bind_op(&s, of, strlen(of), args.at, args.n, kw, n_kw, &got);
  bound_finish(&got);
  return ok;
}
#define BIND(of, args, ...)                                                                                  \
  bound_by(of, args, (const keyword[]){__VA_ARGS__}, sizeof((const keyword[]){__VA_ARGS__}) / sizeof(keyword))
#define BIND_ARGS(of, ...) bound_by(of, VALUES(__VA_ARGS__), NULL, 0)

static const void *attr(const char *arg) {
  const struct op *o = &OPS[got.op];
  for (int i = 0; i < o->n_args; i++)
    if (!strcmp(o->args[i].name, arg)) return (const char *)got.attrs + o->args[i].offset;
  cr_assert_fail("%s has no argument %s", o->name, arg);
  return NULL;
}
static int64_t int_attr(const char *arg) { return *(const int64_t *)attr(arg); }
static bool bool_attr(const char *arg) { return *(const bool *)attr(arg); }
static const ints *ints_attr(const char *arg) { return attr(arg); }
static scalar scalar_attr(const char *arg) { return *(const scalar *)attr(arg); }

Test(bind, positions_and_keywords) {
  cr_assert(BIND_ARGS("add", name("w"), name("x")));
  cr_assert_eq(got.op, OP_add);
  cr_assert_eq(got.n_in, 2);
  cr_assert_eq(got.few[0], named("w"));
  cr_assert_eq(got.few[1], named("x"));
  cr_assert_eq(scalar_i64(scalar_attr("alpha")), 1);
  cr_assert(BIND("add", VALUES(name("w")), KW("other", name("x")), KW("alpha", real(2.5))));
  cr_assert_eq(got.few[1], named("x"));
  cr_assert_eq(scalar_attr("alpha").d, 2.5);
  cr_assert(BIND("add", ((values){0}), KW("other", name("x")), KW("self", name("w"))));
  cr_assert_eq(got.few[0], named("w"));
}

Test(bind, input_and_self_are_one) {
  cr_assert(BIND("add", ((values){0}), KW("input", name("w")), KW("other", name("x"))));
  cr_assert_eq(got.few[0], named("w"));
  cr_assert(BIND("leaky_relu", ((values){0}), KW("self", name("w"))));
  cr_assert_eq(got.few[0], named("w"));
  cr_assert(!BIND("add", VALUES(name("w"), name("x")), KW("input", name("w"))));
  cr_assert_eq(failure(), ERR_bad_argument);
  cr_assert_str_eq(detail, "add() got multiple values for argument 'input'");
}

Test(bind, defaults) {
  cr_assert(BIND_ARGS("leaky_relu", name("w")));
  cr_assert_eq(*(const double *)attr("negative_slope"), 0.01);
  cr_assert(BIND_ARGS("flatten", name("x")));
  cr_assert_eq(int_attr("end_dim"), -1);
  cr_assert(BIND("sum", VALUES(name("x")), KW("dim", value_int(1))));
  cr_assert_eq(bool_attr("keepdim"), false);
  cr_assert(
      BIND("sum", VALUES(name("x"), value_int(1)), KW("keepdim", truth(true)), KW("dtype", name("float64"))));
  cr_assert(bool_attr("keepdim"));
  cr_assert_eq(*(const uint8_t *)attr("dtype"), DT_float64);
  cr_assert(BIND("sum", VALUES(name("x"), value_int(1)), KW("dtype", none())), "None is the default's word");
  cr_assert_eq(*(const uint8_t *)attr("dtype"), DT_none);
}

Test(bind, overloads_are_tried_in_order) {
  cr_assert(BIND_ARGS("sum", name("x")));
  cr_assert_eq(got.op, OP_sum);
  cr_assert(BIND_ARGS("sum", name("x"), value_int(0)));
  cr_assert_eq(got.op, OP_sum_dim);
  cr_assert(BIND_ARGS("pow", name("x"), value_int(2)));
  cr_assert_eq(got.op, OP_pow_scalar);
  cr_assert(BIND_ARGS("pow", name("x"), name("w")));
  cr_assert_eq(got.op, OP_pow);
  cr_assert(BIND_ARGS("arange", value_int(5)));
  cr_assert_eq(got.op, OP_arange);
  cr_assert(BIND_ARGS("arange", value_int(1), value_int(5)));
  cr_assert_eq(got.op, OP_arange_from);
}

Test(bind, sizes_may_be_spread) {
  cr_assert(BIND_ARGS("view", name("x"), value_int(3), value_int(2)));
  cr_assert_eq(ints_attr("size")->n, 2);
  cr_assert_eq(ints_attr("size")->v[0], 3);
  cr_assert_eq(ints_attr("size")->v[1], 2);
  cr_assert(BIND_ARGS("view", name("x"), LIST(value_int(6))));
  cr_assert_eq(ints_attr("size")->n, 1);
  cr_assert(BIND_ARGS("view", name("x"), value_int(-1)));
  cr_assert_eq(ints_attr("size")->v[0], -1);
  cr_assert(BIND_ARGS("zeros", value_int(2), value_int(3)));
  cr_assert_eq(ints_attr("size")->n, 2);
  cr_assert(BIND_ARGS("zeros", value_list(NULL, 0)));
  cr_assert_eq(ints_attr("size")->n, 0);
  value nine[10] = {name("x")};
  for (int i = 1; i < 10; i++) nine[i] = value_int(1);
  cr_assert(!bound_by("view", (values){nine, 10}, NULL, 0));
  cr_assert_eq(failure(), ERR_bad_argument);
  cr_assert_str_eq(detail, "view(): at most 8 dimensions are supported");
}

Test(bind, dims_are_an_int_or_a_list) {
  cr_assert(BIND_ARGS("sum", name("x"), LIST(value_int(0), value_int(-1))));
  cr_assert_eq(ints_attr("dim")->n, 2);
  cr_assert_eq(ints_attr("dim")->v[1], -1);
  cr_assert(!BIND_ARGS("sum", name("x"), LIST(value_int(0), real(1))));
  cr_assert_eq(failure(), ERR_bad_argument);
  value nine[9];
  for (int i = 0; i < 9; i++) nine[i] = value_int(i);
  cr_assert(!BIND_ARGS("sum", name("x"), value_list(nine, 9)));
  cr_assert_eq(failure(), ERR_bad_argument);
}

Test(bind, in_place_names) {
  cr_assert(BIND_ARGS("add_", name("m"), value_int(1)));
  cr_assert(got.inplace);
  cr_assert_eq(got.op, OP_add);
  cr_assert(BIND_ARGS("add", name("m"), value_int(1)));
  cr_assert(!got.inplace);
  cr_assert(!BIND_ARGS("matmul_", name("m"), name("m")));
  cr_assert_eq(failure(), ERR_op_unknown);
  cr_assert(BIND_ARGS("zero_", name("m")));
  cr_assert(!got.inplace, "zero_ is a row of its own");
}

Test(bind, ops_that_are_not) {
  static const char *const BAD[] = {"",         "_",    "add__", "Add", "accumulate_grad", "copy_slices",
                                    "_softmax", "\xff", "add\n"};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    cr_assert(!BIND_ARGS(BAD[i], name("x"), name("w")), "%s", BAD[i]);
    cr_assert_eq(failure(), ERR_op_unknown, "%s", BAD[i]);
  }
}

Test(bind, lists_of_tensors) {
  value many[40];
  for (int i = 0; i < 40; i++) many[i] = name(i % 2 ? "w" : "x");
  cr_assert(bind_op(&s, "stack", 5, (const value[]){value_list(many, 40)}, 1, NULL, 0, &got));
  cr_assert_eq(got.n_in, 40, "more than the few that have a place");
  for (int i = 0; i < 40; i++) cr_assert_eq(got.in[i], named(i % 2 ? "w" : "x"));
  bound_finish(&got);
  cr_assert(!BIND_ARGS("stack", LIST(name("x"), value_int(3))));
  cr_assert_eq(failure(), ERR_bad_argument);
  cr_assert_str_eq(detail, "expected Tensor as element of the list, but got int");
  cr_assert(!BIND_ARGS("stack", name("x")));
  cr_assert_eq(failure(), ERR_bad_argument);
  cr_assert(!BIND_ARGS("stack", LIST(name("x"), name("nope"))));
  cr_assert_eq(failure(), ERR_tensor_unknown);
}

Test(bind, numbers_stand_for_tensors) {
  cr_assert(BIND_ARGS("mul", name("x"), value_int(3)));
  cr_assert(got.few[1]->flags & VAR_wrapped);
  cr_assert_eq(got.few[1]->t.dtype, DT_int64);
  cr_assert(BIND_ARGS("mul", real(0.5), name("x")));
  cr_assert_eq(got.few[0]->t.dtype, DT_float64);
  cr_assert(BIND_ARGS("mul", name("x"), truth(true)));
  cr_assert_eq(got.few[1]->t.dtype, DT_bool);
}

Test(bind, optional_tensors) {
  cr_assert(BIND_ARGS("linear", name("x"), name("m")));
  cr_assert_null(got.few[2]);
  cr_assert(BIND_ARGS("linear", name("x"), name("m"), none()));
  cr_assert_null(got.few[2]);
  cr_assert(BIND_ARGS("linear", name("x"), name("m"), name("w")));
  cr_assert_eq(got.few[2], named("w"));
}

Test(bind, words_of_a_choice) {
  cr_assert(BIND("mse_loss", VALUES(name("w"), name("w")), KW("reduction", name("sum"))));
  cr_assert_eq(*(const uint8_t *)attr("reduction"), 2);
  static const char *const BAD[] = {"su", "summ", "sum|mean", "none|mean", "", "SUM"};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    cr_assert(!BIND("mse_loss", VALUES(name("w"), name("w")), KW("reduction", name(BAD[i]))), "%s", BAD[i]);
    cr_assert_eq(failure(), ERR_bad_argument);
  }
}

Test(bind, what_does_not_fit_is_told) {
  static const struct {
    const char *of, *says;
    value args[4];
    unsigned n_args;
    keyword kw;
  } CASES[] = {
      {"add",
       "add() missing 1 required positional argument: 'other'",
       {{VALUE_text, {.text = "w", .n = 1}}},
       1,
       {0}},
      {"neg",
       "neg() takes 1 positional argument but 2 were given",
       {{VALUE_text, {.text = "w", .n = 1}}, {VALUE_text, {.text = "x", .n = 1}}},
       2,
       {0}},
      {"neg",
       "neg() got an unexpected keyword argument 'colour'",
       {{VALUE_text, {.text = "w", .n = 1}}},
       1,
       {"colour", 6, {VALUE_int, {1}}}},
      {"transpose",
       "transpose(): argument 'dim0' (position 2) must be int, not float",
       {{VALUE_text, {.text = "x", .n = 1}}, {VALUE_float, {.d = 1}}, {VALUE_int, {1}}},
       3,
       {0}},
      {"leaky_relu",
       "leaky_relu(): argument 'negative_slope' (position 2) must be float, not str",
       {{VALUE_text, {.text = "w", .n = 1}}, {VALUE_text, {.text = "x", .n = 1}}},
       2,
       {0}},
      {"neg",
       "neg(): argument 'self' (position 1) must be Tensor, not NoneType",
       {{VALUE_none, {0}}},
       1,
       {0}},
      {"neg_", "neg_() missing 1 required positional argument: 'self'", {{0}}, 0, {0}},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    cr_assert(!bound_by(CASES[i].of, (values){CASES[i].args, CASES[i].n_args}, &CASES[i].kw,
                        CASES[i].kw.name != NULL),
              "case %zu", i);
    cr_assert_eq(failure(), ERR_bad_argument, "case %zu", i);
    cr_assert_str_eq(detail, CASES[i].says);
  }
}

Test(bind, the_same_keyword_twice) {
  cr_assert(!BIND("add", VALUES(name("w")), KW("other", name("x")), KW("other", name("x"))));
  cr_assert_eq(failure(), ERR_bad_argument);
  cr_assert_str_eq(detail, "add() got multiple values for argument 'other'");
}

// ---- what may stand in x[...]

static bool index_of(value v) { return BIND("getitem", VALUES(name("x")), KW("index", v)); }
static const index_item *items(int n) {
  const index_spec *spec = attr("index");
  cr_assert_eq(spec->n, n);
  return spec->item;
}

Test(bind, indices) {
  cr_assert(index_of(value_int(-1)));
  cr_assert_eq(items(1)->kind, INDEX_int);
  cr_assert_eq(items(1)->start, -1);
  cr_assert(index_of(none()));
  cr_assert_eq(items(1)->kind, INDEX_none);
  cr_assert(index_of(name("...")));
  cr_assert_eq(items(1)->kind, INDEX_ellipsis);
  cr_assert(index_of(LIST(value_int(0), name("1:-1"), none(), name("..."))));
  cr_assert_eq(items(4)[1].start, 1);
  cr_assert_eq(items(4)[1].stop, -1);
  cr_assert_eq(items(4)[1].step, 1);
  cr_assert(index_of(value_list(NULL, 0)));
  items(0);
}

Test(bind, slices_as_text) {
  static const struct {
    const char *text;
    int64_t start, stop, step; // -9: not given
  } GOOD[] = {{":", -9, -9, 1},     {"::", -9, -9, 1},
              {"1:", 1, -9, 1},     {":2", -9, 2, 1},
              {"::3", -9, -9, 3},   {"1:2:3", 1, 2, 3},
              {"-1:-2", -1, -2, 1}, {"0:9223372036854775807", 0, INT64_MAX, 1},
              {"::-1", -9, -9, -1}};
  for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
    cr_assert(index_of(name(GOOD[i].text)), "%s", GOOD[i].text);
    const index_item *it = items(1);
    cr_assert_eq(it->kind, INDEX_slice);
    cr_assert_eq(it->start, GOOD[i].start == -9 ? INT64_MIN : GOOD[i].start, "%s", GOOD[i].text);
    cr_assert_eq(it->stop, GOOD[i].stop == -9 ? INT64_MIN : GOOD[i].stop, "%s", GOOD[i].text);
    cr_assert_eq(it->step, GOOD[i].step, "%s", GOOD[i].text);
  }
  cr_assert(index_of(name("-3")));
  cr_assert_eq(items(1)->kind, INDEX_int);
  cr_assert_eq(items(1)->start, -3);
  static const char *const BAD[] = {"",
                                    "-",
                                    "-:",
                                    ":-",
                                    "1:2:3:4",
                                    "a:b",
                                    "1 :2",
                                    "....",
                                    "..",
                                    "1:2x",
                                    "+1:",
                                    "0x1:",
                                    "9223372036854775808:",
                                    "99999999999999999999",
                                    "1:2:",
                                    "::",
                                    ":::"};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    bool ok = index_of(name(BAD[i])),
         may = !strcmp(BAD[i], "1:2:") || !strcmp(BAD[i], "::"); // Python takes these
    cr_assert_eq(ok, may, "%s", BAD[i]);
    if (!ok) cr_assert_eq(failure(), ERR_index_out_of_range, "%s", BAD[i]);
  }
}

Test(bind, too_many_and_wrong_indices) {
  value many[20];
  for (int i = 0; i < 20; i++) many[i] = value_int(0);
  cr_assert(!index_of(value_list(many, 20)));
  cr_assert_eq(failure(), ERR_index_out_of_range);
  cr_assert(!index_of(LIST(real(1.5))));
  cr_assert_eq(failure(), ERR_index_out_of_range);
  cr_assert(!index_of(LIST(LIST(value_int(0)))));
  cr_assert_eq(failure(), ERR_index_out_of_range);
  cr_assert(!index_of(real(1.5)));
  err e = failure();
  cr_assert(e == ERR_bad_argument || e == ERR_index_out_of_range);
}

// ---- lists of an array

static bool third(void *arg, const value *item) {
  *(int64_t *)arg = item->i;
  return item->i != 3;
}

Test(bind, lists_and_splitting) {
  int64_t last = 0;
  value list = LIST(value_int(1), value_int(2), value_int(3), value_int(4));
  cr_assert(!list.class->each(&list, third, &last));
  cr_assert_eq(last, 3, "a visitor may stop");
  tensor unused;
  cr_assert(!list.class->tensor(&list, &s.ag, DT_none, &unused));
  cr_assert_eq(failure(), ERR_bad_argument);
  value items_[3], split = value_split("a,,b:c,d", items_, 3);
  cr_assert_eq((size_t)split.source[1], 3);
  cr_assert_eq(items_[1].n, 0);
  cr_assert_eq(items_[2].n, 5, "what is left stays in the last: b:c,d");
  value_split("", items_, 3);
  cr_assert_eq(items_[0].n, 0);
}
