// Many steps in one body: in one go or in parts, with blocks, temporaries, results and returned values.
#include "wire/batch.h"
#include "base/mem.h"
#include "command/world.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static buffer out;
static void finish(void) {
  buffer_finish(&out);
  world_finish();
}
TestSuite(batch, .init = world_start, .fini = finish);

static size_t completed;

enum { RESULTS = 1, LINES = 2, PARTS = 4 };

static uint64_t state;
static uint64_t pick(uint64_t n) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (state >> 33) % n;
}

// In parts: each part may take a little, and more and more until a step fits.
static batch_state run_in_parts(batch *b) {
  batch_state got;
  uint64_t room = 1;
  size_t before = 0, parts = 0;
  do {
    uint64_t allowed = pick(2) ? pick(2000) : room, had = allowed;
    got = batch_run(b, &allowed);
    cr_assert_leq(allowed, had, "what may still be used only falls");
    room = b->completed == before ? room * 2 : 1;
    before = b->completed;
    cr_assert_lt(parts++, 100000);
    scope_leave(&s.ag, 0, NULL);
  } while (got == BATCH_more);
  return got;
}

// Runs a batch; the answer is in `out`, NUL-terminated, or the fault in the session.
static bool run_body(const char *body, const char *ret, unsigned how) {
  batch b;
  uint64_t all = UINT64_MAX;
  out.len = 0;
  bool ok = batch_open(&b, &s, body, strlen(body), how & LINES, how & RESULTS);
  b.return_names = ret;
  ok = ok && (how & PARTS ? run_in_parts(&b) : batch_run(&b, &all)) == BATCH_done;
  completed = b.completed;
  ok = ok && batch_write(&b, &out);
  batch_finish(&b);
  scope_leave(&s.ag, 0, NULL);
  cr_assert_eq(ok, session_fault(&s)->code == ERR_none);
  buffer_cstr(&out);
  return ok;
}

// With ' for ".
static const char *quoted(const char *text) {
  static char copy[8192];
  size_t n = strlen(text);
  cr_assert_lt(n, sizeof copy);
  for (size_t i = 0; i <= n; i++) copy[i] = text[i] == '\'' ? '"' : text[i];
  return copy;
}
static bool steps(const char *list) {
  char body[8192];
  snprintf(body, sizeof body, "{\"steps\":[%s]}", list);
  return run_body(quoted(body), NULL, 0);
}
static err failed(void) { return failure(); }

Test(batch, nothing_is_a_batch) {
  cr_assert(steps(""));
  cr_assert_str_eq(out.data, "{\"completed\":0,\"values\":{}}");
  cr_assert(run_body("", NULL, LINES));
  cr_assert(run_body("\n\n  \n", NULL, LINES));
  cr_assert_str_eq(out.data, "{\"completed\":0,\"values\":{}}");
}

Test(batch, the_body_is_checked_before_anything_runs) {
  static const struct {
    const char *body;
    err code;
    unsigned how;
  } BAD[] = {
      {"", ERR_bad_json, 0},
      {"{", ERR_bad_json, 0},
      {"{'steps':[{'delete':['w']}]", ERR_bad_json, 0},
      {"{'steps':[{'delete':['w']},]}", ERR_bad_json, 0},
      {"[]", ERR_bad_argument, 0},
      {"7", ERR_bad_argument, 0},
      {"{}", ERR_bad_argument, 0},
      {"{'steps':7}", ERR_bad_argument, 0},
      {"{'steps':{}}", ERR_bad_argument, 0},
      {"{'steps':[],'steps':[]}", ERR_duplicate_key, 0},
      {"{'steps':[],'colour':1}", ERR_unknown_field, 0},
      {"{'steps':[],'op':'add'}", ERR_unknown_field, 0},
      {"{'steps':[],'return':7}", ERR_bad_argument, 0},
      {"{'steps':[],'no_grad':7}", ERR_bad_argument, 0},
      {"{'delete':['w']}\n{", ERR_bad_json, LINES},
      {"{'delete':['w']} {'delete':['x']}\n", ERR_bad_json, LINES},
  };
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    cr_assert(!run_body(quoted(BAD[i].body), NULL, BAD[i].how), "%s", BAD[i].body);
    err e = failed();
    cr_assert_eq(e, BAD[i].code, "%s: %s", BAD[i].body, ERRORS[e].code);
    cr_assert_eq(completed, 0);
    cr_assert_not_null(named("w"));
  }
}

Test(batch, every_kind_of_step) {
  cr_assert(steps("{'tensor':'t','data':[1,2,3],'dtype':'float64','requires_grad':true},"
                  "{'op':'mul','args':['t','w'],'out':'p'},{'retain_grad':'p'},"
                  "{'op':'sum','args':['p'],'kwargs':{'dim':0},'out':'y'},"
                  "{'backward':'y','retain_graph':true},"
                  "{'grad':'y','inputs':['t'],'out':['gt']},"
                  "{'requires_grad':'m','value':true},"
                  "{'zero_grad':['w']},{'zero_grad':null,'set_to_none':false},"
                  "{'delete':['x','b']},{'delete':'i'},{'tensor':'z','shape':[2],'fill':'ones'}"),
            "%s", session_fault(&s)->detail);
  cr_assert_eq(completed, 12);
  cr_assert_eq(element("gt", 1), -2);
  cr_assert_eq(element("t.grad", 0), 0);
  cr_assert_null(var_grad(named("w")));
  cr_assert(var_retains_grad(named("p")));
  cr_assert(var_requires_grad(named("m")));
  cr_assert_null(named("x"));
  cr_assert_null(named("i"));
  cr_assert_eq(element("z", 1), 1);
}

Test(batch, a_failing_step_is_named_and_the_ones_before_stand) {
  cr_assert(!steps("{'op':'neg','args':['w'],'out':'a'},{'op':'neg','args':['a'],'out':'c'},{'op':'neg','"
                   "args':['zz']},{'delete':['w']}"));
  cr_assert_eq(failed(), ERR_tensor_unknown);
  cr_assert_eq(completed, 2);
  cr_assert_eq(element("c", 0), 1.5);
  cr_assert_not_null(named("w"));
  cr_assert(!run_body(quoted("{'op':'neg','args':['w'],'out':'l'}\n\n{'op':'zz'}\n{'delete':['w']}\n"), NULL,
                      LINES));
  cr_assert_eq(failed(), ERR_op_unknown);
  cr_assert_eq(completed, 1);
  cr_assert_not_null(named("l"));
}

Test(batch, steps_that_are_none) {
  static const char *const BAD[] = {"7",
                                    "[]",
                                    "{}",
                                    "null",
                                    "{'args':['w']}",
                                    "{'op':'neg','args':['w'],'data':[1]}",
                                    "{'op':7}",
                                    "{'op':'neg','args':'w'}",
                                    "{'op':'neg','args':['w'],'kwargs':[]}",
                                    "{'tensor':'t'}",
                                    "{'tensor':7,'data':1}",
                                    "{'tensor':'t','data':1,'fill':'ones','shape':[]}",
                                    "{'delete':{}}",
                                    "{'retain_grad':7}",
                                    "{'requires_grad':'w'}",
                                    "{'zero_grad':7}",
                                    "{'grad':'w'}",
                                    "{'step':'opt'}",
                                    "{'no_grad':7}",
                                    "{'no_grad':[],'op':'neg'}",
                                    "{'backward':'w','gradient':1,'grad_tensors':[1]}"};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    char list[300];
    snprintf(list, sizeof list, "{'delete':[]},%s", BAD[i]);
    cr_assert(!steps(list), "%s", BAD[i]);
    err e = failed();
    cr_assert(e == ERR_bad_argument || e == ERR_unknown_field || e == ERR_optimizer_unknown, "%s: %s", BAD[i],
              ERRORS[e].code);
    cr_assert_eq(completed, 1, "%s", BAD[i]);
  }
}

Test(batch, no_grad_blocks_nest) {
  cr_assert(steps("{'no_grad':[{'op':'neg','args':['w'],'out':'a'},{'no_grad':[{'op':'neg','args':['w'],'out'"
                  ":'c'}]},{'no_grad':[]},"
                  "{'op':'neg','args':['w'],'out':'d'}]},{'op':'neg','args':['w'],'out':'e'}"));
  cr_assert_eq(completed, 2, "steps of the outermost list count");
  cr_assert(!var_requires_grad(named("a")) && !var_requires_grad(named("c")) &&
            !var_requires_grad(named("d")));
  cr_assert(var_requires_grad(named("e")));
  char deep[4000] = "";
  for (int i = 0; i < 20; i++) strcat(deep, "{'no_grad':[");
  for (int i = 0; i < 20; i++) strcat(deep, "]}");
  cr_assert(!steps(deep));
  err e = failed();
  cr_assert_eq(e, ERR_bad_argument, "%s: %s", ERRORS[e].code, detail);
  cr_assert(s.ag.grad_mode);
  cr_assert(run_body(quoted("{'steps':[{'op':'neg','args':['w'],'out':'all'}],'no_grad':true}"), NULL, 0));
  cr_assert(!var_requires_grad(named("all")));
}

Test(batch, a_failure_inside_a_block) {
  cr_assert(
      !steps("{'delete':[]},{'no_grad':[{'op':'neg','args':['w'],'out':'a'},{'op':'zz'}]},{'delete':['w']}"));
  cr_assert_eq(failed(), ERR_op_unknown);
  cr_assert_eq(completed, 1, "the block is the step that failed");
  cr_assert_not_null(named("a"));
  cr_assert(s.ag.grad_mode);
}

Test(batch, values_are_returned) {
  cr_assert(run_body(quoted("{'steps':[{'op':'sum','args':['w'],'out':'y'},{'backward':'y'}],'return':['w."
                            "grad','x.grad','y']}"),
                     NULL, 0));
  cr_assert(strstr(out.data, "\"w.grad\":{\"name\":\"w.grad\""), "%s", out.data);
  cr_assert(strstr(out.data, "\"x.grad\":null"));
  cr_assert(strstr(out.data, "\"data\":2.5}"));
  cr_assert(run_body(quoted("{'steps':[],'return':['y']}"), "w,w.grad", 0));
  cr_assert(strstr(out.data, "\"w\":{") && strstr(out.data, "\"y\":{") && strstr(out.data, "\"w.grad\":{"));
  static const struct {
    const char *ret;
    err code;
  } BAD[] = {{"['zz']", ERR_tensor_unknown},
             {"['zz.grad']", ERR_tensor_unknown},
             {"['1']", ERR_bad_name},
             {"[7]", ERR_bad_argument}};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    char body[200];
    snprintf(body, sizeof body, "{'steps':[{'op':'neg','args':['w'],'out':'done%zu'}],'return':%s}", i,
             BAD[i].ret);
    cr_assert(!run_body(quoted(body), NULL, 0));
    cr_assert_eq(failed(), BAD[i].code, "%s", BAD[i].ret);
    cr_assert_eq(completed, 1, "the steps stand");
  }
  cr_assert_not_null(named("done3"));
}

Test(batch, temporaries_go_at_the_end_however_it_ends) {
  cr_assert(run_body(
      quoted(
          "{'steps':[{'op':'neg','args':['w'],'out':'_t'},{'tensor':'_u','data':1}],'return':['_t','_u']}"),
      NULL, 0));
  cr_assert(strstr(out.data, "\"_t\":{"));
  cr_assert_null(named("_t"));
  cr_assert_null(named("_u"));
  cr_assert(!steps("{'op':'neg','args':['w'],'out':'_t'},{'op':'zz'}"));
  failed();
  cr_assert_null(named("_t"));
}

Test(batch, results_of_every_step) {
  cr_assert(run_body(quoted("{'steps':[{'op':'sum','args':['w'],'out':'y'},{'no_grad':[{'op':'neg','args':['"
                            "y'],'out':'n'},{'no_grad':[]}]},"
                            "{'backward':'y','retain_graph':true},{'grad':'y','inputs':['w']},{'zero_grad':"
                            "null},{'op':'max','args':['w',0],'out':['v','k']},"
                            "{'delete':['v']}]}"),
                     NULL, RESULTS));
  const char *r = strstr(out.data, "\"results\":[");
  cr_assert(r, "%s", out.data);
  static const char *const IN_ORDER[] = {"[{\"name\":\"y\"",
                                         ",{\"results\":[{\"name\":\"n\"",
                                         "},{\"results\":[]}]}",
                                         ",{\"grads\":[\"w\"],\"nodes\":",
                                         ",{\"grads\":[{\"name\":null",
                                         ",null,{\"results\":[{\"name\":\"v\"",
                                         "{\"name\":\"k\"",
                                         "]},null]}"};
  for (size_t i = 0; i < sizeof IN_ORDER / sizeof *IN_ORDER; i++) {
    r = strstr(r, IN_ORDER[i]);
    cr_assert(r, "%s in %s", IN_ORDER[i], out.data);
  }
}

Test(batch, stops_between_steps) {
  atomic_int stop = STOP_client_gone;
  s.ag.ctx.stop = &stop;
  cr_assert(!steps("{'delete':['w']},{'delete':['x']}"));
  cr_assert_eq(failed(), ERR_time_limit);
  s.ag.ctx.stop = NULL;
  cr_assert_not_null(named("x"));
}

// ---- in parts

static const char *any(void) { // rarely one that does not fit the others
  static const char *const NAMES[] = {"w", "a", "c", "_t", "u"}, *const ODD[] = {"x", "m", "none_such"};
  return pick(40) ? NAMES[pick(sizeof NAMES / sizeof *NAMES)] : ODD[pick(3)];
}

static void random_step(FILE *to, int depth) {
  switch (pick(depth < 3 ? 15 : 13)) {
  case 0:
    fprintf(to, "{'tensor':'%s','data':[%d,2,3],'requires_grad':%s}", any(), (int)pick(9),
            pick(2) ? "true" : "false");
    break;
  case 1: fprintf(to, "{'tensor':'%s','shape':[3],'fill':'randn'}", any()); break;
  case 2: fprintf(to, "{'op':'sum','args':['%s'],'out':'y'}", any()); break;
  case 3:
    fprintf(to, "{'op':'sum','args':['w'],'out':'y'},{'backward':'y','retain_graph':%s}",
            pick(20) ? "true" : "false");
    break;
  case 4:
    fprintf(to, "{'op':'sum','args':['w'],'out':'y'},{'grad':'y','inputs':['w','x'],'allow_unused':true,'"
                "retain_graph':true,'out':['a','u']}");
    break;
  case 5: fprintf(to, "{'zero_grad':['%s'],'set_to_none':%s}", any(), pick(2) ? "true" : "false"); break;
  case 6: fprintf(to, "{'op':'%s','args':['%s']}", pick(2) ? "exp" : "randn_like", any()); break;
  case 7:
    fprintf(to, "{'op':'mul_','args':['%s',1.5],'no_grad':%s}", any(), pick(8) ? "true" : "false");
    break;
  case 8: fprintf(to, "{'op':'neg','args':['%s'],'out':'d'},{'delete':['d']}", any()); break;
  case 13:
  case 14:
    fprintf(to, "{'no_grad':[");
    for (uint64_t n = pick(4), i = 0; i < n; i++) {
      if (i) fputc(',', to);
      random_step(to, depth + 1);
    }
    fprintf(to, "]}");
    break;
  default:
    fprintf(to, "{'op':'%s','args':['%s','%s'],'out':'%s'}", pick(2) ? "add" : "mul", any(), any(), any());
  }
}

static char *random_list(bool lines) {
  char *text;
  size_t n;
  FILE *to = open_memstream(&text, &n);
  fputs("{'tensor':'w','data':[1,2,3],'requires_grad':true}", to);
  for (int i = 0; i < 4; i++)
    fprintf(to, ",{'op':'add','args':['w',%d],'out':'%s'}", i, (const char *[]){"a", "c", "_t", "u"}[i]);
  for (uint64_t many = pick(25); many--;) {
    fputc(',', to);
    random_step(to, 0);
  }
  fclose(to);
  int depth = 0;
  for (size_t i = 0; i < n; i++) {
    depth += (text[i] == '{' || text[i] == '[') - (text[i] == '}' || text[i] == ']');
    if (text[i] == '\'') text[i] = '"';
    if (text[i] == ',' && !depth && lines) text[i] = '\n';
  }
  return text;
}

struct seen {
  bool ok;
  err code;
  size_t completed;
  char *answer, *after;
};
static struct seen see(const char *body, unsigned how) {
  struct seen x;
  x.ok = run_body(body, "w,x,m,x.grad", how);
  x.code = failure();
  x.completed = completed;
  x.answer = strdup(x.ok ? out.data : detail);
  x.after = world_text(NULL);
  return x;
}

// The same batch in one go and in many parts: one answer, one fault, one session afterwards.
Test(batch, in_parts_is_as_in_one_go) {
  int ended_well = 0, failures = 0;
  world_identity = false;
  for (uint64_t round = 0; round < 400; round++) {
    state = round * 77 + 1;
    unsigned how = (unsigned)(round & 3);
    char *list = random_list(how & LINES), *body = list;
    if (!(how & LINES) && asprintf(&body, "{\"steps\":[%s]}", list) < 0) abort();
    struct seen at_once = see(body, how);
    world_finish();
    world_start();
    struct seen in_parts = see(body, how | PARTS);
    cr_assert_eq(in_parts.ok, at_once.ok, "%s", body);
    cr_assert_eq(in_parts.code, at_once.code, "%s", body);
    cr_assert_eq(in_parts.completed, at_once.completed, "%s", body);
    cr_assert_str_eq(in_parts.answer, at_once.answer);
    cr_assert_str_eq(in_parts.after, at_once.after);
    ended_well += at_once.ok;
    failures += !at_once.ok;
    free(at_once.answer), free(at_once.after), free(in_parts.answer), free(in_parts.after);
    if (body != list) free(body);
    free(list);
    world_finish();
    world_start();
  }
  cr_assert(ended_well > 50 && failures > 50, "%d and %d", ended_well, failures);
}

// A batch given up half way by a thread that may not touch the session: memory goes, names stay.
Test(batch, abandoned) {
  batch b;
  const char *body = "{\"op\":\"neg\",\"args\":[\"w\"],\"out\":\"_t\"}\n{\"op\":\"matmul\",\"args\":[\"m\","
                     "\"m\"],\"out\":\"n\"}\n";
  uint64_t allowed = 1000;
  cr_assert(batch_open(&b, &s, body, strlen(body), true, true));
  batch_run(&b, &allowed);
  batch_abandon(&b);
  cr_assert_eq(failure(), ERR_none);
  cr_assert(steps(""));
  cr_assert_null(named("_t"), "the next batch drops it");
}

Test(batch, no_memory_at_any_point) {
  static const char BODY[] = "{\"steps\":[{\"op\":\"mul\",\"args\":[\"w\",\"x\"],\"out\":\"_p\"},{\"no_"
                             "grad\":[{\"op\":\"neg\",\"args\":[\"x\"],\"out\":\"n\"}]},"
                             "{\"op\":\"sum\",\"args\":[\"_p\"],\"out\":\"y\"},{\"backward\":\"y\"}],"
                             "\"return\":[\"w.grad\",\"\\u0079\"]}";
  for (uint64_t n = 1;; n++) {
    mem_fail_at(n, n % 2);
    buffer_finish(&out);
    bool ok = run_body(BODY, "x.grad", RESULTS), reached = mem_fail_count() >= n;
    mem_fail_at(0, false);
    if (!ok) cr_assert_eq(failed(), ERR_out_of_memory);
    cr_assert_null(named("_p"));
    world_finish();
    world_start();
    if (!reached) break;
  }
}
