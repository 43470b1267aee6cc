#include "http/problem.h"
#include "base/utf8.h"
#include <inttypes.h>

enum { PROBLEM_MOST = 64 * 1024 };
static const char NO_MEMORY[] =
    "{\"type\":\"/problems/out_of_memory\",\"title\":\"The server is out of memory.\",\"status\":503,"
    "\"detail\":\"there is no memory to say more\",\"code\":\"out_of_memory\"}\n";

void problem_string(buffer *out, const char *text) {
  const char *end = text + strlen(text);
  buffer_putc(out, '"');
  for (int n; text < end; text += n ? n : 1) {
    n = utf8_step(text, end);
    if (!n)
      buffer_puts(out, "\xEF\xBF\xBD");
    else if (*text == '"' || *text == '\\')
      buffer_put(out, (char[]){'\\', *text}, 2);
    else if (*text == '\n')
      buffer_puts(out, "\\n");
    else if (n == 1 && (*text < ' ' || *text == 0x7f))
      buffer_printf(out, "\\u%04x", (unsigned)*text);
    else
      buffer_put(out, text, (size_t)n);
  }
  buffer_putc(out, '"');
}

static void write_document(buffer *out, call *c, const struct error_row *row) {
  char id[REQUEST_ID];
  buffer_printf(out, "{\"type\":\"/problems/%s\",\"title\":", row->code);
  problem_string(out, call_chinese(c) ? row->zh : row->en);
  buffer_printf(out, ",\"status\":%d,\"detail\":", row->status);
  problem_string(out, c->ctx.fault.detail);
  buffer_printf(out, ",\"code\":\"%s\",\"request_id\":\"%s\"", row->code, request_id(c->request, id));
  for (int i = 0; i < c->extras; i++)
    buffer_printf(out, ",\"%s\":%" PRId64, c->extra[i].name, c->extra[i].number);
  if (c->extra_json.len && !c->extra_json.failed) {
    buffer_putc(out, ',');
    buffer_put(out, c->extra_json.data, c->extra_json.len);
  }
  buffer_puts(out, "}\n");
}

// One line, whatever the detail holds: it is shown in terminals.
static void write_line(buffer *out, const call *c, const struct error_row *row) {
  buffer_printf(out, "%s: ", row->code);
  const char *s = c->ctx.fault.detail, *end = s + strlen(s);
  for (int n; s < end; s += n ? n : 1) {
    n = utf8_step(s, end);
    if (!n)
      buffer_puts(out, "\xEF\xBF\xBD");
    else if (n == 1 && (*s < ' ' || *s == 0x7f))
      buffer_putc(out, ' ');
    else
      buffer_put(out, s, (size_t)n);
  }
  buffer_putc(out, '\n');
}

void problem_write(call *c) {
  const struct error_row *row = &ERRORS[c->ctx.fault.code];
  reply *out = c->reply;
  bool close = out->close, line = negotiate_line(c->request);
  if (out->body.cap > PROBLEM_MOST) buffer_finish(&out->body); // of an answer that was not to be
  reply_clear(out);
  out->body.limit = 0;
  out->status = row->status;
  out->close = close;
  out->content_type = line ? "text/plain; charset=utf-8" : "application/problem+json";
  if (line)
    write_line(&out->body, c, row);
  else
    write_document(&out->body, c, row);
  if (out->body.failed) {
    out->status = ERRORS[ERR_out_of_memory].status;
    reply_fixed(out, "application/problem+json", NO_MEMORY, sizeof NO_MEMORY - 1);
  }
  if (out->status == 429 || out->status == 503) reply_header(out, "Retry-After", "1");
}

bool problem_describe(buffer *out, const char *code) {
  for (int i = ERR_none + 1; i < ERR_COUNT; i++) {
    const struct error_row *row = &ERRORS[i];
    if (strcmp(row->code, code)) continue;
    buffer_printf(out, "{\"code\":\"%s\",\"status\":%d,\"raises\":\"%s\",\"title\":{\"en\":", row->code,
                  row->status, row->class);
    problem_string(out, row->en);
    buffer_puts(out, ",\"zh\":");
    problem_string(out, row->zh);
    buffer_puts(out, "}}\n");
    return true;
  }
  return false;
}
