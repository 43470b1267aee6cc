// json_bench.c - MB/s of the strict check, and ns to decode one step of a batch.
#include "bench/best.h"
#include "base/buffer.h"
#include "wire/json_reader.h"
#include "wire/json_writer.h"
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 7 };

static void die(const fault *f) {
  fprintf(stderr, "%s\n", f->detail);
  exit(1);
}

static void check(const char *name, buffer *b) {
  double best = 1e300;
  for (int round = 0; round < ROUNDS; round++) {
    fault f = {0};
    double start = now();
    if (!json_validate(b->data, b->len, JSON_DEPTH, &f)) die(&f);
    double took = now() - start;
    if (took < best) best = took;
  }
  printf("%-34s %8.1f KB  %7.0f MB/s\n", name, (double)b->len / 1e3, (double)b->len / best * 1e3);
  buffer_finish(b);
}

static buffer steps(const char *separator) {
  buffer b = {0};
  buffer_puts(&b, "{\"steps\":[");
  for (int i = 0; i < 10000; i++) {
    buffer_printf(&b, "%s{\"op\":\"add\",%s\"args\":[\"w%d\",\"x\"],%s\"out\":\"a%d\"}", i ? "," : "",
                  separator, i, separator, i);
    if (i % 10 == 0)
      buffer_printf(&b, ",{\"tensor\":\"w%d\",%s\"data\":[1,2.5,-3],%s\"requires_grad\":true}", i, separator,
                    separator);
  }
  buffer_puts(&b, "],\"return\":[\"y\"]}");
  return b;
}

static buffer numbers(int digits) {
  buffer b = {0};
  buffer_puts(&b, "{\"data\":[");
  for (int i = 0; i < 200000; i++) {
    if (i) buffer_putc(&b, ',');
    if (digits)
      json_put_f64(&b, (double)(int32_t)((uint32_t)i * 2654435761u) / 3e9);
    else
      json_put_i64(&b, i % 1000);
  }
  buffer_puts(&b, "]}");
  return b;
}

static buffer texts(const char *text) {
  buffer b = {0};
  buffer_puts(&b, "[\"\"");
  for (int i = 0; i < 20000; i++) buffer_printf(&b, ",\"%s\"", text);
  buffer_puts(&b, "]");
  return b;
}

static buffer keys(int count) {
  buffer b = {0};
  for (int i = 0; i < count; i++) buffer_printf(&b, "%c\"key%d\":%d", i ? ',' : '{', i, i);
  buffer_puts(&b, "}");
  return b;
}

struct step {
  json_str op, out, args[4];
  int count;
};

static bool decode(json_cur *c, struct step *s) {
  if (!json_enter_object(c, NULL)) return false;
  for (json_str key; json_next_key(c, &key);)
    if (json_is(key, "op"))
      json_read_string(c, "op", &s->op);
    else if (json_is(key, "out"))
      json_read_string(c, "out", &s->out);
    else if (json_is(key, "args") && json_enter_array(c, "args"))
      for (s->count = 0; s->count < 4 && json_next_item(c);)
        json_read_string(c, "args", &s->args[s->count++]);
    else
      json_unknown_field(c, key, "op, args, out");
  return !c->fault->code;
}

static void decode_step(bool validated) {
  static const char text[] = "{\"op\":\"add\",\"args\":[\"w\",\"x\"],\"out\":\"a\"}";
  enum { COUNT = 200000 };
  double best = 1e300;
  fault f = {0};
  json_pool pool = {0};
  for (int round = 0; round < ROUNDS; round++) {
    double start = now();
    for (int i = 0; i < COUNT; i++) {
      struct step s;
      json_cur c = {text, text + sizeof text - 1, &pool, &f};
      if (validated && !json_open(&c, text, sizeof text - 1, &pool, &f)) die(&f);
      if (!decode(&c, &s)) die(&f);
      __asm__ volatile("" : : "r"(&s) : "memory");
    }
    double took = (now() - start) / COUNT;
    if (took < best) best = took;
  }
  printf("%-34s %8.1f ns\n", validated ? "one step, checked and decoded" : "one step, decoded", best);
  json_pool_finish(&pool);
}

int main(void) {
  buffer b = steps("");
  check("steps", &b);
  b = steps("\n      ");
  check("steps, indented", &b);
  b = numbers(1);
  check("numbers of 17 digits", &b);
  b = numbers(0);
  check("integers below 1000", &b);
  b = texts("a text of some length, as a script or a sentence may be");
  check("strings, ASCII", &b);
  b = texts("\xE4\xBD\xA0\xE5\xA5\xBD, \xE4\xB8\x96\xE7\x95\x8C");
  check("strings, Chinese", &b);
  b = keys(100000);
  check("one object of 100000 keys", &b);
  decode_step(false);
  decode_step(true);
  return 0;
}
