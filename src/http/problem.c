#include "http/problem.h"
#include "base/advice.h"
#include "base/utf8.h"
#include <inttypes.h>

enum { PROBLEM_MOST = 64 * 1024 };
#define NO_MEMORY(title, detail)                                                                             \
  "{\"type\":\"/problems/out_of_memory\",\"title\":\"" title "\",\"status\":503,"                            \
  "\"detail\":\"" detail "\",\"code\":\"out_of_memory\"}\n"
static const char NO_MEMORY_EN[] =
    NO_MEMORY("The server is out of memory.", "there is no memory to say more");
static const char NO_MEMORY_ZH[] = NO_MEMORY("服务器内存不足。", "没有足够的内存说明更多");

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

static void write_document(buffer *out, const call *c, const struct error_row *row, bool chinese) {
  char id[REQUEST_ID];
  buffer_printf(out, "{\"type\":\"/problems/%s\",\"title\":", row->code);
  problem_string(out, chinese ? row->zh : row->en);
  buffer_printf(out, ",\"status\":%d,\"detail\":", row->status);
  problem_string(out, fault_detail(&c->ctx.fault, chinese));
  buffer_printf(out, ",\"code\":\"%s\",\"request_id\":\"%s\"", row->code, request_id(c->request, id));
  for (int i = 0; i < c->extras; i++)
    buffer_printf(out, ",\"%s\":%" PRId64, c->extra[i].name, c->extra[i].number);
  if (c->extra_json.len && !c->extra_json.failed) {
    buffer_putc(out, ',');
    buffer_put(out, c->extra_json.data, c->extra_json.len);
  }
  buffer_puts(out, "}\n");
}

// One line, whatever the detail holds: it is shown in terminals. In English, as Python would have it.
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
  reply_vary(out, "Accept");
  bool chinese = !line && call_chinese(c);
  if (line)
    write_line(&out->body, c, row);
  else
    write_document(&out->body, c, row, chinese);
  if (out->body.failed) {
    const char *text = chinese ? NO_MEMORY_ZH : NO_MEMORY_EN;
    out->status = ERRORS[ERR_out_of_memory].status;
    reply_fixed(out, "application/problem+json", text, strlen(text));
  }
  if (out->status == 429 || out->status == 503) reply_header(out, "Retry-After", "1");
}

static void write_advice(buffer *out, const struct advice *a, bool chinese) {
  buffer_puts(out, ",\"why\":");
  problem_string(out, chinese ? a->zh : a->en);
  buffer_puts(out, ",\"instead\":[");
  for (int i = 0; i < ADVICE_MOST && a->instead[i].en; i++) {
    const struct instead *in = &a->instead[i];
    buffer_puts(out, i ? ",{\"text\":" : "{\"text\":");
    problem_string(out, chinese ? in->zh : in->en);
    buffer_puts(out, ",\"code\":");
    if (in->code)
      problem_string(out, in->code);
    else
      buffer_puts(out, "null");
    buffer_putc(out, '}');
  }
  buffer_putc(out, ']');
}

bool problem_describe(buffer *out, const char *code, bool chinese) {
  for (int i = ERR_none + 1; i < ERR_COUNT; i++) {
    const struct error_row *row = &ERRORS[i];
    if (strcmp(row->code, code)) continue;
    buffer_printf(out, "{\"code\":\"%s\",\"status\":%d,\"raises\":\"%s\",\"title\":{\"en\":", row->code,
                  row->status, row->class);
    problem_string(out, row->en);
    buffer_puts(out, ",\"zh\":");
    problem_string(out, row->zh);
    buffer_putc(out, '}');
    if (ADVICE[i].en) write_advice(out, &ADVICE[i], chinese);
    buffer_puts(out, "}\n");
    return true;
  }
  return false;
}
