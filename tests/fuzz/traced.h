// traced.h - what must hold of a trace, whatever has been run: it is JSON, the numbers that it says stand in
// a script stand there, and nothing failed in what succeeded.
#pragma once
#include "autograd/observer.h"
#include "base/number.h"
#include "wire/json_reader.h"
#include "wire/trace.h"
#include <math.h>
#include <stdlib.h>

static const char *traced_source, *traced_end;
static void (*traced_given)(observer *o, const var *v, const source_span *numbers, size_t n);

static void traced_must(bool holds) {
  if (!holds) abort();
}

// The byte at a line and column; they count characters.
static const char *traced_at(uint32_t line, uint32_t column) {
  const char *p = traced_source;
  if (traced_end - p >= 3 && !memcmp(p, "\xEF\xBB\xBF", 3)) p += 3;
  for (; line > 1; line--) {
    p = memchr(p, '\n', (size_t)(traced_end - p));
    traced_must(p != NULL);
    p++;
  }
  for (; column > 1; column--) {
    traced_must(p < traced_end && *p != '\n');
    for (p++; p < traced_end && ((unsigned char)*p & 0xC0) == 0x80;) p++;
  }
  return p;
}

static bool traced_in_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c & 0x80;
}

static void traced_number(const var *v, int64_t i, const source_span *of) {
  const char *from = traced_at(of->line, of->column), *to = traced_at(of->end_line, of->end_column);
  char text[64];
  traced_must(from < to && !traced_in_word(from > traced_source ? from[-1] : ' '));
  traced_must(to == traced_end || !traced_in_word(*to));
  size_t sign = *from == '-' || *from == '+', n = (size_t)(to - from);
  traced_must(sign || *from == '.' || (*from >= '0' && *from <= '9'));
  if (n >= sizeof text || !dtype_is_float((dtype)v->t.dtype)) return;
  memcpy(text, from, n);
  text[n] = 0;
  if (strspn(text + sign, "0123456789.eE+-") < n - sign) return; // blanks behind the sign, or in another base
  double is = tensor_read(&v->t, i).d, written = strtod(text, NULL);
  if (v->t.dtype == DT_float32) written = (double)(float)written;
  traced_must(is == written);
}

static void traced_check_given(observer *o, const var *v, const source_span *numbers, size_t n) {
  traced_must(!n || n == (size_t)tensor_numel(&v->t));
  for (size_t i = 0; i < n; i++) traced_number(v, (int64_t)i, &numbers[i]);
  traced_given(o, v, numbers, n);
}

// traced_attach lets t watch; its numbers are looked up in the source.
static void traced_attach(session *s, trace *t, const char *source, size_t n) {
  trace_attach(t);
  if (!t) return;
  traced_source = source;
  traced_end = source + n;
  if (s->ag.observer->given != traced_check_given) traced_given = s->ag.observer->given;
  s->ag.observer->given = traced_check_given;
}

static void traced_check(trace *t, bool ok) {
  enum { DEPTH = 64 };
  buffer out = {0};
  fault f = {0};
  if (!t) return;
  buffer_puts(&out, "{\"printed\":0}");
  trace_append(t, &out);
  traced_must(!out.failed && json_validate(out.data, out.len, DEPTH, &f));
  traced_must(!ok || strstr(buffer_cstr(&out), ",\"failed\":null,"));
  buffer_finish(&out);
}
