#include "wire/json_writer.h"
#include "wire/json_scan.h"

void json_put_special(buffer *b, double x) {
  buffer_puts(b, isnan(x) ? "\"NaN\"" : x > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}

static void put_escape(buffer *b, unsigned char byte) {
  static const char hex[] = "0123456789abcdef";
  static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";
  for (const char *pair = named; *pair; pair += 2)
    if ((unsigned char)*pair == byte) {
      buffer_put(b, (char[]){'\\', pair[1]}, 2);
      return;
    }
  buffer_put(b, (char[]){'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]}, 6);
}

// U+2028 and U+2029 end a line in JavaScript source, where answers may be pasted.
static bool line_separator(const char *p, const char *end) {
  return end - p >= 3 && !memcmp(p, "\xE2\x80", 2) && ((unsigned char)p[2] | 1) == 0xA9;
}

void json_put_string(buffer *b, const char *text, size_t n) {
  const char *run = text, *p = text, *end = text + n;
  buffer_putc(b, '"');
  while ((p = json_plain_end(p, end)) < end) {
    bool separator = line_separator(p, end);
    if ((unsigned char)*p >= 0x80 && !separator) {
      p++;
      continue;
    }
    buffer_put(b, run, (size_t)(p - run));
    if (separator)
      buffer_puts(b, (unsigned char)p[2] == 0xA8 ? "\\u2028" : "\\u2029");
    else
      put_escape(b, (unsigned char)*p);
    run = p += separator ? 3 : 1;
  }
  buffer_put(b, run, (size_t)(end - run));
  buffer_putc(b, '"');
}

void json_add_fault(json_writer *w, const fault *f) {
  json_add_key(w, "class");
  json_add_text(w, fault_class(f));
  json_add_key(w, "message");
  json_add_text(w, f->detail);
  json_add_key(w, "code");
  json_add_text(w, ERRORS[f->code].code);
  json_add_key(w, "status");
  json_add_i64(w, ERRORS[f->code].status);
}
