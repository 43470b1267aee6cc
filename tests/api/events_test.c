// GET S/events: what happens in a session, as it happens, for those who follow it.
#include "follower.h"
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

TestSuite(events, .init = client_up, .fini = client_down, .timeout = 240);
// Tests that start their own server.
TestSuite(events_with, .fini = client_down, .timeout = 240);

Test(events, tell_every_command_and_every_step) {
  follower *f = follow("", "");
  put(TENSOR("w"), "{'data':[3],'requires_grad':true}");
  cr_expect_str_eq(follow_told(f), "PUT /tensors/w 201");
  op("{'op':'mul','args':['w','w'],'out':'y'}");
  const cJSON *step = follow_until(f, "step");
  const cJSON *result = cJSON_GetArrayItem(cJSON_GetObjectItem(step, "results"), 0);
  cr_expect_str_eq(cJSON_GetObjectItem(result, "name")->valuestring, "y");
  cr_expect_str_eq(follow_told(f), "POST /ops 201");
  post(TENSOR("y") "/backward", NULL);
  cr_expect_str_eq(follow_told(f), "node, accumulate, pass, POST /tensors/y/backward 200");
  get(TENSOR("w") "/grad");
  get(SESSION "/graph");
  script("z = (w * w).sum()\nz.backward()\n");
  cr_expect_str_eq(follow_told(f), "mul, sum, node, node, accumulate, pass, POST /run 200",
                   "reads are not told");
  unfollow(f);
}

Test(events, as_server_sent_events) {
  int fd = raw_connect();
  put(TENSOR("w"), "{'data':[3],'requires_grad':true}");
  raw_send(fd, "GET " EVENTS " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n");
  raw_first(&fd, 1, 60000);
  op("{'op':'neg','args':['w'],'out':'n'}");
  del(SESSION);
  answer *a = expect_status(raw_read(fd, 60000), 200);
  expect_header(a, "Content-Type", "text/event-stream");
  expect_header(a, "Cache-Control", "no-store");
  const char *at = a->body;
  static const char *const PARTS[] = {
      "retry: 2000\n\n",
      "id: 1\nevent: command\ndata: {\"seq\":1,\"event\":\"command\",\"state\":\"began\",\"request_id\":\"",
      "\",\"method\":\"POST\",\"path\":\"" OPS "\",\"type\":\"application/json\",\"body\":\"{",
      "}\",\"body_bytes\":35}\n\n",
      "id: 2\nevent: step\ndata: "
      "{\"seq\":2,\"event\":\"step\",\"k\":0,\"phase\":\"forward\",\"kind\":\"op\",",
      "}\n\nid: 3\nevent: note\ndata: "
      "{\"seq\":3,\"event\":\"note\",\"at\":1,\"kind\":\"name\",\"line\":null,",
      "}\n\nid: 4\nevent: command\ndata: {\"seq\":4,\"event\":\"command\",\"state\":\"finished\",",
      "\"status\":201}\n\n",
      "id: 7\nevent: end\ndata: {\"seq\":7,\"event\":\"end\"}\n\n",
  };
  for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
    at = strstr(at, PARTS[i]);
    cr_assert(at, "no %s in %s", PARTS[i], a->body);
    at += strlen(PARTS[i]);
  }
  cr_expect(!*at);
  raw_record("GET", EVENTS, a);
  close(fd);
}

Test(events, as_lines_of_json) {
  int fd = raw_connect();
  raw_send(fd, "GET " EVENTS "?as=jsonl HTTP/1.1\r\nHost: localhost\r\n\r\n");
  raw_first(&fd, 1, 60000);
  script("w = torch.ones(2, requires_grad=True)\n(w * w).sum().backward()\n");
  batch("{'steps':[{'op':'neg','args':['w'],'out':'n'},{'op':'linear','args':['w','w'],'out':['n','m']}]}");
  del(SESSION);
  answer *a = expect_status(raw_read(fd, 60000), 200);
  expect_header(a, "Content-Type", "application/jsonl");
  cr_expect(strstr(a->body, "\"event\":\"pass\"") && strstr(a->body, "\"event\":\"undo\""), "%s", a->body);
  raw_record("GET", EVENTS "?as=jsonl", a);
  close(fd);
}

// Everything up to the command that is finished, in order: steps as their op or kind, notes as KIND,
// KIND:NAME or print:TEXT, with @ and how many steps came before.
static const char *story(follower *f) {
  const char *told = "";
  for (;;) {
    const cJSON *e = follow_next(f);
    cr_assert(e);
    cJSON *op = at_key(e, "op"), *kind = at_key(e, "kind"), *name = at_key(e, "name"),
          *said = at_key(e, "text");
    if (is_event(e, "command") && !strcmp(at_key(e, "state")->valuestring, "finished")) return told;
    if (is_event(e, "command")) continue;
    told = text("%s%s%s", told, *told ? " " : "",
                op     ? op->valuestring
                : kind ? kind->valuestring
                       : at_key(e, "event")->valuestring);
    if (!is_event(e, "note")) continue;
    if (cJSON_IsString(name) || said) told = text("%s:%s", told, (said ? said : name)->valuestring);
    told = text("%s@%g", told, number_in(e, "at"));
  }
}

Test(events, tell_notes_where_they_happen) {
  follower *f = follow("", "");
  put(TENSOR("w"), "{'data':[3],'requires_grad':true}");
  cr_expect_str_eq(story(f), "tensor:w@0 name:w@0");
  op("{'op':'mul','args':['w','w'],'out':'y'}");
  cr_expect_str_eq(story(f), "mul name:y@1");
  post(TENSOR("y") "/backward", NULL);
  cr_expect_str_eq(story(f), "node accumulate pass");
  post(SESSION "/zero_grad", "{}");
  cr_expect_str_eq(story(f), "grad:w@0");
  patch(TENSOR("w") "/data", "{'index':[0],'value':9}");
  cr_expect_str_eq(story(f), "select data:w@1");
  patch(TENSOR("w"), "{'requires_grad':false}");
  cr_expect_str_eq(story(f), "flags:w@0");
  del(TENSOR("y"));
  cr_expect_str_eq(story(f), "name:y@0");
  script("for i in range(2):\n    print(i)\nv, k = torch.max(torch.tensor([[1., 2.]]), 1)\n");
  cr_expect_str_eq(story(f), "line@0 line@0 print:0\n@0 line@0 line@0 print:1\n@0 line@0 line@0 tensor@0 "
                             "max name:v@1 name:k@1");
  unfollow(f);
}

Test(events, are_the_trace_put_together) {
  follower *f = follow("", "");
  answer *a =
      expect_status(ask(.method = "POST", .path = SESSION "/run?as=json&trace=1", .type = "text/x-python",
                        .body = "w = torch.tensor([3.], requires_grad=True)\nfor i in range(3):\n"
                                "    y = (w * w).sum()\n    y.backward()\n    print(w.grad)\n"
                                "    w.grad = None\ndel y\n"),
                    200);
  static const char *const KINDS[] = {"step", "note", "pass"}, *const ARRAYS[] = {"steps", "notes", "passes"};
  int n[3] = {0};
  for (;;) {
    cJSON *e = (cJSON *)(uintptr_t)follow_next(f);
    cr_assert(e);
    if (is_event(e, "command") && !strcmp(at_key(e, "state")->valuestring, "finished")) break;
    for (int k = 0; k < 3; k++) {
      if (!is_event(e, KINDS[k])) continue;
      const cJSON *same = cJSON_GetArrayItem(at(a, text("trace.%s", ARRAYS[k])), n[k]++);
      cJSON_DeleteItemFromObject(e, "seq");
      cJSON_DeleteItemFromObject(e, "event");
      cr_expect(cJSON_Compare(e, same, true), "%s, not %s", cJSON_PrintUnformatted(e),
                cJSON_PrintUnformatted(same));
      break;
    }
  }
  for (int k = 0; k < 3; k++) cr_expect_eq(n[k], cJSON_GetArraySize(at(a, text("trace.%s", ARRAYS[k]))));
  unfollow(f);
}

Test(events, head_and_refusals) {
  answer *a = ask(.method = "HEAD", .path = EVENTS);
  expect_status(a, 200);
  expect_header(a, "Content-Type", "text/event-stream");
  cr_expect_null(header(a, "Content-Length"));
  int fd = raw_connect();
  bool closed;
  raw_send(fd, "HEAD " EVENTS " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const char *end = strstr(raw_rest(fd, 10000, &closed), "\r\n\r\n");
  cr_expect(closed && end && !end[4], "there is nothing behind the head");
  close(fd);
  expect_status(ask(.method = "HEAD", .path = EVENTS, .headers = {"Last-Event-ID;"}), 200); // empty
  expect_problem(ask(.path = EVENTS "?last_event_id=x", .headers = {"Last-Event-ID;"}), 422, "bad_argument");
  expect_problem(get("/v1/sessions/nobody/events"), 404, "session_unknown");
  expect_problem(get(EVENTS "?as=json"), 406, "not_acceptable");
  expect_problem(get(EVENTS "?since=3"), 422, "bad_argument");
  expect_problem(post(EVENTS, "{}"), 405, "method_not_allowed");
  static const char *const WRONG[] = {"x", "-1", "1.5", "0x10", "99999999999999999999", "1 2", ""};
  for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
    answer *bad =
        ask(.path = EVENTS, .headers = {text("Last-Event-ID: %s%s", WRONG[i], *WRONG[i] ? "" : "x")});
    expect_problem(bad, 400, "bad_header");
    if (!strchr(WRONG[i], ' '))
      expect_problem(get(text(EVENTS "?last_event_id=%s", WRONG[i])), 422, "bad_argument");
  }
  cr_expect_eq(metric("gradd_readers"), 0);
}

Test(events, everybody_gets_the_same) {
  enum { READERS = 200 };
  follower *f[READERS];
  for (int i = 0; i < READERS; i++) f[i] = follow("", "");
  cr_expect_eq(metric("gradd_readers"), READERS);
  script("x = torch.ones(3)\nfor i in range(20):\n    x = x + 1\n");
  const char *told = follow_told(f[0]);
  cr_expect(strstr(told, "add, add") && strstr(told, "POST /run 200"), "%s", told);
  for (int i = 1; i < READERS; i++) cr_assert_str_eq(follow_told(f[i]), told);
  for (int i = 0; i < READERS; i += 2) unfollow(f[i]);
  op("{'op':'neg','args':['x'],'out':'n'}");
  for (int i = 1; i < READERS; i += 2) cr_assert_str_eq(follow_told(f[i]), "neg, POST /ops 201");
  wait_metric_most("gradd_readers", READERS / 2);
  del(SESSION);
  for (int i = 1; i < READERS; i += 2) {
    cr_assert_str_eq(follow_told(f[i]), "DELETE  204");
    cr_assert(is_event(follow_next(f[i]), "end"));
    cr_assert_null(follow_next(f[i]));
    unfollow(f[i]);
  }
  wait_metric_most("gradd_readers", 0);
}

Test(events, steps_come_while_the_script_runs) {
  follower *f = follow("", "");
  int running = run_endless();
  for (int steps = 0; steps < 5; steps++) follow_until(f, "step");
  cr_expect_eq(raw_first(&running, 1, 0), -1, "it runs");
  close(running);
  unfollow(f);
  wait_metric_most("gradd_jobs_running", 0);
}

Test(events, a_reader_may_leave_while_a_script_runs) {
  follower *f = follow("", ""), *stays = follow("", "");
  int running = run_endless();
  follow_until(f, "step");
  unfollow(f);
  wait_metric_most("gradd_readers", 1);
  cr_expect_eq(raw_first(&running, 1, 0), -1);
  unfollow(stays);
  wait_metric_most("gradd_readers", 0);
  close(running);
  wait_metric_most("gradd_jobs_running", 0);
  expect_status(get(SESSION), 200);
}

Test(events, nothing_waits_for_a_reader) {
  int running = run_endless();
  double bytes = 0; // of x and y: a thread has begun
  for (int turn = 0; turn < 10000 && bytes < 700000; turn++)
    bytes = number_at(get("/v1/sessions"), "sessions.0.bytes");
  cr_assert_gt(bytes, 700000);
  follower *f = follow("", ""); // is answered though the session computes
  close(running);
  op("{'op':'add','args':[1,1],'out':'two'}");
  cr_expect_str_eq(follow_told(f), "add, POST /ops 201", "of what ran already nothing is told");
  unfollow(f);
}

Test(events, what_failed_is_undone) {
  follower *f = follow("", "");
  put(TENSOR("w"), "{'data':[[3]],'requires_grad':true}");
  follow_told(f);
  batch("{'steps':[{'op':'neg','args':['w'],'out':'n'},{'op':'linear','args':['w','w'],'out':['n','m']}]}");
  follow_until(f, "step");
  double first = number_in(follow_until(f, "step"), "seq");
  const cJSON *undo = follow_next(f);
  cr_assert(is_event(undo, "undo"));
  cr_expect_eq(number_in(undo, "from"), first);
  cr_expect_str_eq(follow_told(f), "POST /batch 422");
  op("{'op':'linear','args':['w','w'],'out':['n','m']}");
  cr_expect_str_eq(follow_told(f), "t, undo, POST /ops 422");
  script("n = -w\nn = -n\nm = w @ nothing\n");
  cr_expect_str_eq(follow_told(f), "neg, neg, POST /run 404", "a script stands as far as it came");
  ask(.method = "DELETE", .path = TENSOR("w"), .headers = {"If-Match: \"7\""});
  cr_expect_str_eq(follow_told(f), "DELETE /tensors/w 412");
  unfollow(f);
}

Test(events, beside_a_trace) {
  follower *f = follow("", "");
  put(TENSOR("w"), "{'data':[3],'requires_grad':true}");
  follow_told(f);
  answer *a = expect_status(
      batch("{'trace':true,'steps':[{'op':'mul','args':['w','w'],'out':'y'},{'backward':'y'}]}"), 200);
  int steps = cJSON_GetArraySize(at(a, "trace.steps"));
  cr_expect_eq(steps, 3);
  for (int i = 0; i < steps; i++) {
    cJSON *told = (cJSON *)(uintptr_t)follow_until(f, "step");
    cJSON_DeleteItemFromObject(told, "seq");
    cJSON_DeleteItemFromObject(told, "event");
    cr_expect(cJSON_Compare(told, cJSON_GetArrayItem(at(a, "trace.steps"), i), true));
  }
  unfollow(f);
}

Test(events, a_client_that_has_said_all_goes_on_listening) {
  follower *f = follow("", "");
  int fd = raw_connect();
  raw_send(fd, "GET " EVENTS "?as=jsonl HTTP/1.1\r\nHost: localhost\r\n\r\n");
  shutdown(fd, SHUT_WR);
  shutdown(f->fd, SHUT_WR);
  raw_first(&fd, 1, 60000);
  for (int i = 0; i < 200; i++) get("/livez");
  op("{'op':'add','args':[1,1],'out':'two'}");
  cr_expect_str_eq(follow_told(f), "add, POST /ops 201");
  del(SESSION);
  answer *a = raw_read(fd, 60000);
  cr_expect(strstr(a->body, "\"event\":\"end\""));
  close(fd);
  unfollow(f);
}

// ---- coming again

Test(events, go_on_after_the_last_one_seen) {
  follower *f = follow("", ""), *all;
  for (int i = 0; i < 3; i++) op("{'op':'add','args':[1,1],'out':'two'}");
  for (int i = 0; i < 5; i++) follow_next(f);
  cr_expect_eq(f->seq, 5);
  unfollow(f);
  wait_metric_most("gradd_readers", 0);
  op("{'op':'mul','args':[1,1],'out':'one'}"); // while nobody follows
  f = follow("", "Last-Event-ID: 5\r\n");
  cr_expect_eq(number_in(follow_next(f), "seq"), 6);
  cr_expect_str_eq(follow_told(f), "POST /ops 201");
  cr_expect_str_eq(follow_told(f), "add, POST /ops 201");
  cr_expect_str_eq(follow_told(f), "mul, POST /ops 201");
  all = follow("&last_event_id=0", "");
  cr_expect_eq(number_in(follow_next(all), "seq"), 1);
  unfollow(all);
  all = follow("&last_event_id=0", "Last-Event-ID: 8\r\n"); // the newer of the two
  cr_expect_eq(number_in(follow_next(all), "seq"), 9);
  unfollow(all);
  all = follow("&last_event_id=12345", ""); // of another life of the session
  cr_expect_eq(number_in(follow_next(all), "seq"), 1);
  unfollow(all), unfollow(f);
}

Test(events_with, a_gap_stands_for_what_is_gone) {
  UP("--events-memory", "16KiB");
  follower *f = follow("", "");
  unfollow(f);
  script("x = torch.ones(2)\nfor i in range(200):\n    x = x + 1\n");
  f = follow("", "Last-Event-ID: 1\r\n");
  const cJSON *gap = follow_next(f);
  cr_assert(is_event(gap, "gap"));
  cr_expect_eq(number_in(gap, "from"), 2);
  double to = number_in(gap, "to");
  cr_expect(to > 100 && number_in(gap, "seq") == to);
  cr_expect_eq(number_in(follow_next(f), "seq"), to + 1);
  unfollow(f);
}

Test(events_with, what_nobody_follows_is_forgotten_but_not_its_numbers) {
  UP("--events-keep-s", "0");
  double before = metric("gradd_memory_bytes");
  follower *f = follow("", "");
  op("{'op':'add','args':[1,1],'out':'two'}");
  cr_expect_str_eq(follow_told(f), "add, POST /ops 201");
  int last = f->seq;
  cr_expect(metric("gradd_memory_bytes") >= before + 16384);
  unfollow(f);
  wait_metric_most("gradd_memory_bytes", before + 8192);
  f = follow("&last_event_id=0", "");
  const cJSON *gap = follow_next(f);
  cr_assert(is_event(gap, "gap"));
  cr_expect_eq(number_in(gap, "to"), last);
  unfollow(f);
}
