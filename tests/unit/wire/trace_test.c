// A trace tells what happened, event by event, and changes nothing of it.
#include "wire/trace.h"
#include "base/mem.h"
#include "command/world.h"
#include "wire/batch.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static buffer out, body;
static void finish(void) {
  buffer_finish(&out);
  buffer_finish(&body);
  world_finish();
}
TestSuite(trace, .init = world_start, .fini = finish, .timeout = 60);

static size_t completed;

// Runs a batch of these steps, with ' for "; false: a fault, which stays.
static bool run_steps(const char *steps, bool traced) {
  batch b;
  uint64_t all = UINT64_MAX;
  body.len = out.len = 0;
  body.failed = out.failed = false;
  buffer_printf(&body, "{\"steps\":[%s]}", steps);
  for (size_t i = 0; i < body.len; i++)
    if (body.data[i] == '\'') body.data[i] = '"';
  bool ok = batch_open(&b, &s, body.data, body.len, false, false);
  b.want_trace = traced;
  ok = ok && batch_run(&b, &all) == BATCH_done;
  completed = b.completed;
  if (ok)
    batch_write(&b, &out);
  else if (b.trace)
    trace_member(b.trace, &out);
  batch_finish(&b);
  scope_leave(&s.ag, 0, NULL);
  cr_expect_null(s.ag.observer);
  buffer_cstr(&out);
  return ok;
}

static const char *traced(const char *steps) {
  cr_assert(run_steps(steps, true), "%s", session_fault(&s)->detail);
  return out.data;
}
static bool shows(const char *part) { return strstr(out.data, part) != NULL; }
#define SHOWS(part) cr_expect(shows(part), "no %s in %s", part, out.data)

static size_t count(const char *part) {
  size_t n = 0;
  for (const char *p = out.data; (p = strstr(p, part)); p += strlen(part)) n++;
  return n;
}

Test(trace, an_op_has_its_inputs_and_its_result) {
  traced("{'op':'mul','args':['w','w'],'out':'y'}");
  cr_expect_str_eq(
      out.data,
      "{\"completed\":1,\"values\":{},\"trace\":{\"steps\":[{\"k\":0,\"phase\":\"forward\",\"kind\":\"op\","
      "\"line\":null,"
      "\"step\":0,\"op\":\"mul\",\"inplace\":false,\"view\":false,\"attributes\":{},\"inputs\":["
      "{\"input\":0,\"argument\":\"self\",\"id\":1,\"name\":\"w\",\"node\":null,\"version\":0,\"requires_"
      "grad\":true,\"dtype\":\"float32\",\"shape\":[3],\"is_leaf\":true,\"grad_fn\":null,\"value\":[1."
      "5,-2,3]},"
      "{\"input\":1,\"argument\":\"other\",\"id\":1,\"name\":\"w\",\"node\":null,\"version\":0,\"requires_"
      "grad\":true,\"dtype\":\"float32\",\"shape\":[3],\"is_leaf\":true,\"grad_fn\":null,\"value\":[1."
      "5,-2,3]}],"
      "\"node\":1,\"grad_fn\":\"MulBackward0\",\"edges\":["
      "{\"to\":0,\"input\":0,\"local\":{\"text\":\"∂y/∂self = other\",\"latex\":\"\\\\frac{\\\\partial "
      "y}{\\\\partial "
      "\\\\mathrm{self}} = \\\\mathrm{other}\"},\"contribution\":null},"
      "{\"to\":0,\"input\":1,\"local\":{\"text\":\"∂y/∂other = self\",\"latex\":\"\\\\frac{\\\\partial "
      "y}{\\\\partial "
      "\\\\mathrm{other}} = \\\\mathrm{self}\"},\"contribution\":null}],"
      "\"saved\":[{\"input\":0,\"output\":null,\"name\":\"w\",\"version\":0},{\"input\":1,\"output\":null,"
      "\"name\":\"w\",\"version\":0}],"
      "\"results\":[{\"id\":6,\"name\":\"y\",\"dtype\":\"float32\",\"shape\":[3],\"version\":0,\"requires_"
      "grad\":true,\"is_leaf\":false,\"value\":[2.25,4,"
      "9]}],"
      "\"incoming\":null,\"grad_before\":null,\"grad_after\":null}],"
      "\"passes\":[],\"notes\":[{\"at\":1,\"kind\":\"name\",\"line\":null,\"step\":0,\"name\":\"y\",\"id\":6}"
      "],"
      "\"notes_left_out\":0,\"failed\":null,\"truncated\":false,\"left_out\":0}}");
}

Test(trace, a_pass_has_its_nodes_and_what_they_hand_on) {
  traced("{'op':'mul','args':['w','w'],'out':'y'},{'op':'sum','args':['y'],'out':'loss'},{'backward':'loss'},"
         "{'zero_grad':['w'],'set_to_none':false},{'grad':['w'],'inputs':['w'],'grad_outputs':[2],'out':['gw'"
         "]}");
  SHOWS("\"phase\":\"backward\",\"kind\":\"node\",\"line\":null,\"step\":2,\"node\":3,\"grad_fn\":"
        "\"SumBackward0\","
        "\"incoming\":1,\"edges\":[{\"to\":1,\"input\":0,");
  SHOWS("\"contribution\":[1,1,1]}]");
  SHOWS("\"contribution\":[1.5,-2,3]}],\"grad_before\":null,\"grad_after\":null}");
  SHOWS("\"kind\":\"accumulate\",\"line\":null,\"step\":2,\"node\":0,\"grad_fn\":\"AccumulateGrad\","
        "\"tensor\":1,\"name\":\"w\","
        "\"incoming\":[3,-4,6],\"edges\":[],\"made\":true,\"grad_before\":null,\"grad_after\":[3,-4,6],"
        "\"grad\":");
  SHOWS("\"op\":\"zero_\",\"inplace\":true");
  SHOWS("\"kind\":\"capture\",\"line\":null,\"step\":4,\"node\":0,\"grad_fn\":\"AccumulateGrad\","
        "\"tensor\":1,\"name\":\"w\","
        "\"incoming\":[2,2,2],");
  SHOWS("\"passes\":[{\"first\":2,\"last\":4,\"retain_graph\":false,\"create_graph\":false,\"roots\":[{"
        "\"node\":3,"
        "\"id\":7,\"name\":\"loss\",\"seed\":1}],\"freed\":[1]},{\"first\":6,\"last\":6,");
}

Test(trace, an_op_that_is_not_recorded_says_why) {
  traced("{'no_grad':[{'op':'mul','args':['w',2],'out':'y'}]},{'op':'gt','args':['w',0],'out':'m'}");
  SHOWS("\"op\":\"mul\",\"inplace\":false,\"view\":false,\"grad_mode\":false,");
  SHOWS("\"op\":\"gt\",\"inplace\":false,\"view\":false,\"attributes\"");
}

Test(trace, retained_gradients_and_several_results) {
  traced(
      "{'op':'max','args':['x',1],'out':['v','i']},{'retain_grad':'v'},{'op':'sum','args':['v'],'out':'l'},"
      "{'backward':'l','retain_graph':true},{'backward':'l'}");
  SHOWS("\"results\":[{\"id\":6,\"name\":\"v\",\"dtype\":\"float32\",\"shape\":[2],\"version\":0,\"requires_"
        "grad\":true,\"is_leaf\":false,\"value\":[3,6]},"
        "{\"id\":7,\"name\":\"i\",\"dtype\":\"int64\",\"shape\":[2],\"version\":0,\"requires_grad\":false,"
        "\"is_leaf\":true,\"value\":[2,2]}]");
  SHOWS("\"incoming\":[[1,1],null]");
  SHOWS("\"kind\":\"retain\",\"line\":null,\"step\":3,\"node\":1,\"grad_fn\":\"MaxBackward0\",\"tensor\":6,"
        "\"name\":\"v\"");
  SHOWS("\"grad_before\":[[0,0,1],[0,0,1]],\"grad_after\":[[0,0,2],[0,0,2]]");
  SHOWS("\"attributes\":{\"dim\":1,\"keepdim\":false}");
}

Test(trace, writes_into_views_tell_where_history_went) {
  traced("{'op':'mul','args':['w',2],'out':'base'},{'op':'getitem','args':['base',0],'out':'v'},"
         "{'op':'mul_','args':['v',3]},{'op':'add','args':['v',1],'out':'z'}");
  SHOWS("\"op\":\"select\",\"inplace\":false,\"view\":true,\"attributes\":{\"dim\":0,\"index\":0}");
  SHOWS("\"is_leaf\":false,\"shares\":7,\"value\":3}]");
  SHOWS("\"op\":\"mul_\",\"inplace\":true,\"view\":false,\"attributes\":{},\"inputs\":[{\"input\":0,"
        "\"argument\":\"self\",\"id\":8,"
        "\"name\":"
        "\"v\","
        "\"node\":3,\"version\":0,\"requires_grad\":true,\"value\":3}");
  SHOWS("\"node\":7,\"grad_fn\":\"CopySlices\",\"edges\":[{\"to\":1,\"input\":0,\"local\":{\"text\":\"∂y/"
        "∂self: g ↦ g "
        "outside the window that was written; inside it, what the write hands on\"");
  SHOWS("\"results\":[{\"id\":8,\"name\":\"v\",\"dtype\":\"float32\",\"shape\":[],\"version\":1,\"requires_"
        "grad\":true,\"is_leaf\":false,\"base\":7,\"grad_fn\":\"AsStridedBackward0\",\"value\":9}],"
        "\"rewritten\":{\"id\":7,\"name\":\"base\",");
  SHOWS("\"rebuilt\":[{\"node\":9,\"grad_fn\":\"AsStridedBackward0\",\"edges\":[{\"to\":7,");
}

Test(trace, names_follow_their_tensors) {
  traced("{'op':'mul','args':['w',2],'out':'t'},{'op':'mul','args':['t',3],'out':'t'},{'op':'neg','args':['t'"
         "],'out':'n'},"
         "{'delete':['t']},{'op':'neg','args':['n'],'out':'t'}");
  SHOWS("\"inputs\":[{\"input\":0,\"argument\":\"self\",\"id\":7,\"name\":\"t\",\"node\":1,");
  SHOWS("\"inputs\":[{\"input\":0,\"argument\":\"self\",\"id\":9,\"name\":\"t\",\"node\":3,");
  cr_expect_eq(count(",\"name\":\"t\",\"dtype\":"), 3);
  cr_expect_eq(count(",\"name\":null,\"dtype\":"), 0);
}

Test(trace, long_values_are_summed_up) {
  traced(
      "{'op':'zeros','args':[100,2],'out':'big'},{'op':'full','args':[[64],0.5],'out':'fits'},"
      "{'op':'zeros','args':[1000,0],'out':'empty'},{'op':'expand','args':['big',10000,100,2],'out':'huge'}");
  SHOWS("\"value\":{\"shape\":[100,2],\"dtype\":\"float32\",\"min\":0,\"max\":0,\"mean\":0}");
  SHOWS("\"value\":[0.5,0.5,");
  SHOWS("\"value\":{\"shape\":[1000,0],\"dtype\":\"float32\"}");
  SHOWS("\"value\":{\"shape\":[10000,100,2],\"dtype\":\"float32\"}");
}

Test(trace, a_step_that_fails_leaves_no_event) {
  cr_assert_not(
      run_steps("{'op':'neg','args':['w'],'out':'n'},{'op':'mm','args':['w','w'],'out':'y'}", true));
  cr_expect_eq(failure(), ERR_shape_mismatch);
  cr_expect_eq(count("\"k\":"), 1, "%s", out.data);
  cr_assert_not(run_steps("{'op':'neg','args':['w'],'out':['n','m']}", true));
  cr_expect_eq(failure(), ERR_bad_argument);
  cr_expect_str_eq(out.data, "\"trace\":{\"steps\":[],\"passes\":[],\"notes\":[],\"notes_left_out\":0,"
                             "\"failed\":null,\"truncated\":false,\"left_out\":0}");
  cr_assert_not(run_steps("{'backward':'x'}", true));
  cr_expect_eq(failure(), ERR_grad_not_scalar);
  cr_expect_eq(count("\"k\":"), 0);
}

// A program with everything in it: the session afterwards is the same, watched or not.
static const char EVERYTHING[] =
    "{'op':'mul','args':['w',2],'out':'a'},{'op':'getitem','args':['a',0],'out':'v'},{'op':'mul_','args':['v'"
    ",3]},"
    "{'op':'linear','args':['x','m'],'out':'l'},{'op':'softmax','args':['l',1],'out':'p'},"
    "{'op':'sum','args':['p'],'out':'one'},{'op':'sum','args':['a'],'out':'two'},{'retain_grad':'a'},"
    "{'backward':['one','two'],'retain_graph':true},{'grad':['two'],'inputs':['w'],'create_graph':true,'out':"
    "['g']},"
    "{'zero_grad':['x'],'set_to_none':false},{'backward':['one','two']},{'delete':['p']}";

Test(trace, changes_nothing) {
  cr_assert(run_steps(EVERYTHING, false), "%s", session_fault(&s)->detail);
  world_identity = false;
  char *plain = world_text(NULL);
  session_finish(&s);
  world_start();
  cr_assert(run_steps(EVERYTHING, true));
  char *watched = world_text(NULL);
  cr_expect_str_eq(plain, watched);
  free(plain);
  free(watched);
}

static void many(const char *step, unsigned n) {
  buffer steps = {0};
  for (unsigned i = 0; i < n; i++) buffer_printf(&steps, "%s%s", i ? "," : "", step);
  cr_assert(run_steps(buffer_cstr(&steps), true), "%s", session_fault(&s)->detail);
  buffer_finish(&steps);
}

Test(trace, is_cut_after_so_many_events) {
  many("{'op':'neg','args':['i'],'out':'_n'}", TRACE_EVENTS + 7);
  SHOWS("\"truncated\":true,\"left_out\":7}}");
  SHOWS("\"k\":9999,");
  cr_expect_eq(count("\"k\":"), TRACE_EVENTS);
}

Test(trace, is_cut_after_so_many_bytes) {
  cr_assert(run_steps("{'tensor':'r','shape':[64],'fill':'randn'}", false));
  many("{'op':'neg','args':['r'],'out':'_n'}", 5000);
  SHOWS("\"truncated\":true,\"left_out\":");
  size_t steps = (size_t)(strstr(out.data, "],\"passes\":") - out.data);
  cr_expect(steps < TRACE_BYTES + 100 && steps > TRACE_BYTES - 8000, "%zu", steps);
  size_t events = count("\"k\":");
  cr_expect_eq(5000 - events, strtoul(strstr(out.data, "\"left_out\":") + 11, NULL, 10));
}

Test(trace, what_there_is_no_room_for_is_left_out) {
  trace *t = trace_open(&s);
  cr_assert(t != NULL);
  trace_attach(t);
  cr_assert(op("neg", VALUES(name("w")), VALUES(name("n"))));
  trace_detach(t);
  buffer small = {.limit = 220};
  buffer_puts(&small, "{\"grads\":[]}");
  trace_append(t, &small);
  cr_expect_str_eq(buffer_cstr(&small),
                   "{\"grads\":[],\"trace\":{\"steps\":[],\"passes\":[],\"notes\":[],\"notes_left_out\":1,"
                   "\"failed\":null,\"truncated\":true,\"left_out\":1}}");
  buffer_finish(&small);
  trace_line(t, 3);
  trace_attach(t);
  cr_assert(op("neg", VALUES(name("w")), VALUES(name("n"))));
  trace_detach(t);
  out.len = 0;
  trace_member(t, &out);
  buffer_cstr(&out);
  SHOWS("\"k\":1,\"phase\":\"forward\",\"kind\":\"op\",\"line\":3,");
  trace_close(t);
  trace_close(NULL);
}

Test(trace, needs_room_in_the_process_alone) {
  cr_assert(budget_charge(&process, process.limit - budget_used(&process) - 1000, session_fault(&s)));
  size_t taken = budget_used(&process);
  cr_assert_null(trace_open(&s));
  cr_expect_eq(failure(), ERR_overloaded);
  cr_expect_eq(budget_used(&process), taken);
  budget_release(&process, taken - budget_used(&s.budget));
}

Test(trace, failing_memory_refuses_or_cuts) {
  const char *step = "{'grad':['w'],'inputs':['w'],'grad_outputs':[[1,2,3]],'out':['g']}";
  for (uint64_t nth = 1;; nth++) {
    cr_assert_lt(nth, 200);
    char *before = world_text(NULL);
    mem_fail_at(nth, nth % 2);
    bool ok = run_steps(step, true);
    bool reached = mem_fail_count() >= nth;
    mem_fail_at(0, false);
    fault_clear(session_fault(&s));
    if (!ok) {
      char *after = world_text(NULL);
      cr_expect_str_eq(before, after);
      free(after);
    } else {
      cr_expect_not_null(named("g"));
      cr_assert(run_steps("{'delete':['g']}", false));
    }
    free(before);
    if (!reached) break;
  }
}
