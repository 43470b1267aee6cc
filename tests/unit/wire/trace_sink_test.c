// A trace that goes to a sink tells each event and note once it is complete, with its names, in order of
// time, and says what has not happened after all.
#include "autograd/observer.h"
#include "base/mem.h"
#include "command/world.h"
#include "script/script.h"
#include "wire/batch.h"
#include "wire/trace.h"
#include <criterion/criterion.h>
#include <stdio.h>

static buffer heard, body; // a word each: what, and of its JSON what tells it from others
static size_t lost, told;
static void finish(void) {
  buffer_finish(&heard);
  buffer_finish(&body);
  world_finish();
}
TestSuite(trace_sink, .init = world_start, .fini = finish, .timeout = 60);

// What follows a key, up to a comma; without quotes.
static void say_member(const char *json, const char *before, const char *key) {
  const char *at = strstr(json, key);
  if (!at) return;
  at += strlen(key);
  at += *at == '"';
  buffer_printf(&heard, "%s%.*s", before, (int)strcspn(at, "\",}]"), at);
}

// step K OP>RESULT · note AT KIND NAME=ID, with | behind each.
static void put(void *user, const char *what, const char *json, size_t n) {
  cr_expect_eq(user, &heard);
  lost += !json;
  told++;
  if (!json) return;
  cr_expect(n > 2 && json[0] == '{' && json[n - 1] == '}');
  char text[16384];
  snprintf(text, sizeof text, "%.*s", (int)n, json);
  buffer_puts(&heard, what);
  if (!strcmp(what, "note")) {
    say_member(text, " ", "\"at\":");
    say_member(text, " ", "\"kind\":");
    say_member(text, " ", "\"name\":");
    say_member(text, " ", "\"text\":");
  } else {
    const char *results = strstr(text, "\"results\"");
    say_member(text, " ", "\"k\":");
    say_member(text, " ", "\"op\":");
    if (results) say_member(results, ">", "\"name\":");
  }
  buffer_puts(&heard, "|");
}
static void undo(void *user, uint64_t n) {
  (void)user;
  told++;
  buffer_printf(&heard, "undo %d|", (int)n);
}

static trace *open_sink(void) {
  heard.len = 0;
  trace *t = trace_open_to(&s, (trace_sink){put, undo, &heard});
  cr_assert(t != NULL);
  trace_attach(t);
  return t;
}
static const char *close_sink(trace *t) {
  trace_detach(t);
  trace_close(t);
  scope_leave(&s.ag, 0, NULL);
  cr_expect_null(s.ag.observer);
  return buffer_cstr(&heard);
}

static const char *hear(const char *steps, bool also_traced) {
  batch b;
  uint64_t all = UINT64_MAX;
  body.len = 0;
  buffer_printf(&body, "{\"steps\":[%s]}", steps);
  for (size_t i = 0; i < body.len; i++)
    if (body.data[i] == '\'') body.data[i] = '"';
  trace *t = open_sink();
  if (batch_open(&b, &s, body.data, body.len, false, false)) {
    b.want_trace = also_traced;
    batch_run(&b, &all);
  }
  if (also_traced) trace_member(b.trace, &body);
  batch_finish(&b);
  return close_sink(t);
}

// A script, `allowed` ns at first and then as long as it takes.
static const char *hear_script(const char *source, uint64_t allowed) {
  place where;
  script *sc = script_open(&s, source, strlen(source), &SCRIPT_LIMITS, &where);
  cr_assert(sc != NULL);
  trace *t = open_sink();
  for (script_state state = SCRIPT_more; state == SCRIPT_more; allowed = UINT64_MAX)
    state = script_run(sc, allowed);
  script_finish(sc);
  return close_sink(t);
}

Test(trace_sink, steps_and_passes_as_they_are_complete) {
  cr_expect_str_eq(hear("{'op':'mul','args':['w','w'],'out':'y'},{'op':'sum','args':['y'],'out':'l'},"
                        "{'op':'neg','args':['w'],'out':'_n'},{'backward':'l'}",
                        false),
                   "step 0 mul>y|note 1 name y|step 1 sum>l|note 2 name l|step 2 neg>_n|note 3 name _n|"
                   "step 3|step 4|step 5|pass|note 6 name _n|");
  cr_expect_str_eq(hear("{'op':'neg','args':['w'],'out':'n'}", false), "step 0 neg>n|note 1 name n|",
                   "it counts anew");
}

Test(trace_sink, names_do_not_overtake_what_they_name) {
  cr_expect_str_eq(hear("{'op':'max','args':['x'],'kwargs':{'dim':0},'out':['v','_i']}", false),
                   "step 0 max>v|note 1 name v|note 1 name _i|note 1 name _i|");
}

Test(trace_sink, notes_of_a_script_in_order) {
  cr_expect_str_eq(
      hear_script("a = torch.tensor(2., requires_grad=True)\nb = (a * a).sum()\nprint('b', b.item())\n"
                  "for i in range(2):\n  a.grad = None\nc, d = a * 2, torch.ones(1)\ndel c",
                  UINT64_MAX),
      "note 0 line|note 0 tensor a|note 0 name a|note 0 line|step 0 mul>null|step 1 sum>b|note 2 name b|"
      "note 2 line|note 2 print b 4.0\\n|note 2 line|note 2 name i|note 2 line|note 2 line|note 2 line|"
      "note 2 line|note 2 line|step 2 mul>null|step 3 ones>d|note 4 name c|note 4 name d|note 4 line|note 4 "
      "name c|");
}

Test(trace_sink, an_op_that_fails_was_never_told) {
  cr_expect_str_eq(hear("{'op':'neg','args':['w'],'out':'n'},{'op':'mm','args':['w','w']}", false),
                   "step 0 neg>n|note 1 name n|");
  cr_expect_eq(failure(), ERR_shape_mismatch);
}

Test(trace_sink, a_step_that_fails_takes_back_what_was_told) {
  cr_expect_str_eq(hear("{'op':'neg','args':['w'],'out':'n'},{'op':'linear','args':['x','x','m']}", false),
                   "step 0 neg>n|note 1 name n|step 1 t>null|undo 1|");
  fault_clear(session_fault(&s));
  cr_expect_str_eq(hear("{'op':'neg','args':['w'],'out':'n'}", false), "step 0 neg>n|note 1 name n|");
}

Test(trace_sink, a_statement_that_is_begun_again_takes_its_notes_back) {
  const char *all = hear_script("m = torch.zeros(300, 300)\nn = m @ m\nk = 1", 1000000);
  cr_expect(strstr(all, "note 1 line|undo 1|note 1 line|step 1 "), "%s", all);
  cr_expect(strstr(all, "step 0 zeros>m|note 1 name m|"), "%s", all);
}

Test(trace_sink, nothing_is_taken_back_that_stands) {
  heard.len = 0;
  trace *t = trace_open_to(&s, (trace_sink){put, undo, &heard});
  trace_undo(t);
  trace_attach(t);
  cr_assert(op("neg", VALUES(name("w")), VALUES(name("n"))));
  trace_undo(t);
  trace_undo(t);
  cr_expect_str_eq(close_sink(t), "step 0 neg>n|note 1 name n|undo 2|");
}

Test(trace_sink, what_waits_for_a_name_is_taken_back_untold) {
  var *v = op_neg(&s.ag, session_resolve(&s, "w", 1));
  trace *t = open_sink();
  cr_assert(var_given(&s.ag, v, false, NULL, 0));
  trace_undo(t);
  cr_expect_str_eq(close_sink(t), "");
}

Test(trace_sink, beside_a_trace_that_is_kept) {
  static const char STEPS[] = "{'op':'mul','args':['w','w'],'out':'y'},{'op':'linear','args':['x','x','m']}";
  cr_expect_str_eq(hear(STEPS, true), "step 0 mul>y|note 1 name y|step 1 t>null|undo 1|");
  buffer_cstr(&body);
  cr_expect(strstr(body.data, "\"k\":0") && !strstr(body.data, "\"k\":1"), "%s", body.data);
  cr_expect(strstr(body.data, "\"notes\":[{\"at\":1,\"kind\":\"name\""), "%s", body.data);
  cr_expect(strstr(body.data, "\"failed\":{\"kind\":\"op\""), "%s", body.data);
}

Test(trace_sink, is_never_cut) {
  buffer steps = {0};
  for (int i = 0; i < TRACE_EVENTS + 5; i++)
    buffer_printf(&steps, "%s{'op':'neg','args':['i'],'out':'_n'}", i ? "," : "");
  const char *all = hear(buffer_cstr(&steps), false);
  cr_expect(strstr(all, "step 10004 neg>_n|note 10005 name _n|"));
  buffer_finish(&steps);
  told = 0;
  hear_script("for k in range(15000):\n  pass", UINT64_MAX);
  cr_expect_eq(told, 30001, "%zu", told);
  cr_expect(told > TRACE_NOTES);
}

Test(trace_sink, what_there_is_no_memory_for_is_told_as_lost) {
  for (uint64_t nth = 1;; nth++) {
    trace *t = trace_open_to(&s, (trace_sink){put, undo, &heard});
    trace_attach(t);
    mem_fail_at(nth, false);
    bool ok = op("neg", VALUES(name("w")), VALUES(name("_n")));
    bool reached = mem_fail_count() >= nth;
    mem_fail_at(0, false);
    trace_detach(t);
    trace_close(t);
    cr_assert(ok || failure() == ERR_out_of_memory);
    fault_clear(session_fault(&s));
    if (!reached) break;
    cr_assert_lt(nth, 100);
  }
  cr_expect_gt(lost, 0);
}
