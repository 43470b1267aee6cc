#define FAULT_C
#include "base/fault.h"
#include "base/message.h"
#include "base/utf8.h"
#include <stdio.h>
#include <string.h>

const struct error_row ERRORS[ERR_COUNT] = {
    [ERR_none] = {"none", 200, "", "", ""},
#define ERROR(code, status, class, en, zh) [ERR_##code] = {#code, status, #class, en, zh},
#include "base/errors.def"
};

bool vfail(fault *f, err code, const char *format, va_list args) {
  va_list again;
  if (f->code) return false;
  f->code = code;
  va_copy(again, args);
  message_chinese(f->chinese, sizeof f->chinese, format, again);
  va_end(again);
  int n = vsnprintf(f->detail, sizeof f->detail, format, args);
  if (n < (int)sizeof f->detail) return false;
  size_t end = sizeof f->detail - 1, lead = end; // cut: step back over a character that did not fit whole
  while (lead && ((unsigned char)f->detail[lead - 1] & 0xC0) == 0x80) lead--;
  if (lead && (unsigned char)f->detail[lead - 1] >= 0xC0 && !utf8_step(f->detail + lead - 1, f->detail + end))
    end = lead - 1;
  f->detail[end] = 0;
  return false;
}

bool fail(fault *f, err code, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vfail(f, code, format, args);
  va_end(args);
  return false;
}

bool fail_as(fault *f, err code, const char *class, const char *format, ...) {
  va_list args;
  if (f->code) return false;
  va_start(args, format);
  vfail(f, code, format, args);
  va_end(args);
  f->class = class;
  return false;
}

void fault_clear(fault *f) {
  f->code = ERR_none;
  f->class = NULL;
  f->detail[0] = f->chinese[0] = 0;
}
