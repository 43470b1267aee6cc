// log.h - one event a line, logfmt, to stderr: ts=… level=info msg=listening host=127.0.0.1 port=8080
//
// Lines gather in a fixed buffer and leave it at log_flush (the loop calls it before it sleeps) or when it is
// full. Values are quoted, escaped and cut at LOG_VALUE bytes, so nothing a client sends can forge a line or
// fill the disk with one. Any thread may log. Never log a header value that can hold a secret, nor a body.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum log_level { LOG_error, LOG_warn, LOG_info, LOG_debug } log_level;
enum { LOG_VALUE = 256, LOG_LINE = 2048 };

typedef struct log_field {
  const char *key;  // NULL ends the list
  const char *text; // NULL = the number counts
  uint64_t number;
} log_field;

extern log_level log_limit; // events above it cost one comparison
static inline bool log_on(log_level level) { return __builtin_expect(level <= log_limit, 0); }

// LOG(LOG_warn, log_msg("slow"), log_text("path", p), log_number("us", n)); fields are evaluated only if
// shown.
#define LOG(level, ...)                                                                                      \
  do {                                                                                                       \
    if (log_on(level)) log_put((level), (const log_field[]){__VA_ARGS__, {0}});                              \
  } while (0)
#define log_msg(words)                                                                                       \
  { "msg", (words), 0 }
#define log_text(name, words)                                                                                \
  { (name), (words), 0 }
#define log_number(name, n)                                                                                  \
  { (name), NULL, (n) }

// log_level_named finds error, warn, info or debug; false if it is none of them.
bool log_level_named(const char *name, log_level *level);

void log_put(log_level level, const log_field *fields);
void log_flush(void);

// log_format writes one line (with its newline) into out and returns its length, at most `room`.
size_t log_format(char *out, size_t room, const char *stamp, log_level level, const log_field *fields);

// log_to sends lines to another descriptor than stderr.
void log_to(int fd);
