// operations.h - one valid request for every operation below a session, for tests that hold for all of them.
#pragma once

enum {
  TAKES_BODY = 1, // 413 and 415 are documented for it
  ANSWERS = 2,    // has a representation, so 406 is documented for it
  WAITS = 4,      // computes, so 429 and 504 are documented for it
  MATCHES = 8,    // honours If-Match
  REVIVES = 16,   // makes the session when there is none
};

struct operation {
  const char *method, *path; // the path goes behind /v1/sessions/NAME
  const char *body;
  int traits;
};

// They assume a one-element leaf `w` that requires grad and has a gradient. The destructive ones come last.
static const struct operation OPERATIONS[] = {
    {"PUT", "", "{}", TAKES_BODY | ANSWERS | MATCHES | REVIVES},
    {"GET", "", 0, ANSWERS},
    {"PATCH", "", "{}", TAKES_BODY | ANSWERS | MATCHES},
    {"GET", "/tensors", 0, ANSWERS},
    {"POST", "/tensors", "{'data':[1]}", TAKES_BODY | ANSWERS | MATCHES},
    {"GET", "/tensors/w", 0, ANSWERS},
    {"PATCH", "/tensors/w", "{'requires_grad':true}", TAKES_BODY | ANSWERS | MATCHES},
    {"GET", "/tensors/w/grad", 0, ANSWERS},
    {"PUT", "/tensors/w/grad", "[1]", TAKES_BODY | ANSWERS | MATCHES},
    {"PUT", "/tensors/w/data", "[1]", TAKES_BODY | ANSWERS | MATCHES},
    {"PATCH", "/tensors/w/data", "{'index':[0],'value':1}", TAKES_BODY | ANSWERS | MATCHES},
    {"POST", "/tensors/w/backward", "{}", TAKES_BODY | ANSWERS | MATCHES | WAITS},
    {"POST", "/backward", "{'tensors':['w']}", TAKES_BODY | ANSWERS | MATCHES | WAITS},
    {"POST", "/grad", "{'outputs':['w'],'inputs':['w']}", TAKES_BODY | ANSWERS | MATCHES | WAITS},
    {"POST", "/ops", "{'op':'add','args':['w',1]}", TAKES_BODY | ANSWERS | MATCHES | WAITS},
    {"POST", "/ops/add?args=w,1", 0, ANSWERS | MATCHES | WAITS},
    {"POST", "/batch", "{'steps':[]}", TAKES_BODY | ANSWERS | MATCHES | WAITS},
    {"GET", "/graph", 0, ANSWERS},
    {"PUT", "/tensors/w", "{'data':[1],'requires_grad':true}", TAKES_BODY | ANSWERS | MATCHES},
    {"POST", "/zero_grad", "{}", TAKES_BODY | MATCHES},
    {"DELETE", "/tensors/w/grad", 0, MATCHES},
    {"DELETE", "/tensors/w", 0, MATCHES},
    {"DELETE", "", 0, MATCHES},
};
enum { OPERATION_COUNT = sizeof OPERATIONS / sizeof *OPERATIONS };
#define EACH_OPERATION(o) for (const struct operation *o = OPERATIONS; o < OPERATIONS + OPERATION_COUNT; o++)
