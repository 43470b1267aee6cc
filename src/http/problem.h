// problem.h - errors as answers: application/problem+json (RFC 9457), or one line of text where text was
// asked for.
#pragma once
#include "http/call.h"

// problem_write replaces the reply by c->ctx.fault's problem, with the call's extra members. It cannot fail:
// without memory for the document the answer is a fixed one.
void problem_write(call *c);

// problem_string writes text as a JSON string; what is not UTF-8 becomes U+FFFD.
void problem_string(buffer *out, const char *text);

// problem_describe writes the page of one code (GET /problems/{code}), its advice in one language; false if
// there is no such code.
bool problem_describe(buffer *out, const char *code, bool chinese);
