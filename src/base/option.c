#include "base/option.h"
#include "base/mem.h"
#include <ini.h>
#include <stdlib.h>
#include <string.h>

typedef enum kind { TEXT, NUMBER, SIZE } kind;
typedef struct option {
  const char *field;
  kind kind;
  size_t offset;
  const char *text;          // default of a TEXT
  uint64_t number, min, max; // of the others
  const char *doc;
} option;

static const option OPTIONS[] = {
#define TEXT(field, value, doc) {#field, TEXT, offsetof(settings, field), value, 0, 0, 0, doc},
#define NUMBER(field, value, min, max, doc)                                                                  \
  {#field, NUMBER, offsetof(settings, field), NULL, value, min, max, doc},
#define SIZE(field, value, min, max, doc)                                                                    \
  {#field, SIZE, offsetof(settings, field), NULL, value, min, max, doc},
#include "base/options.def"
};
enum { COUNT = sizeof OPTIONS / sizeof *OPTIONS, NAME = 48 };

// The spelling of a field as flag or key (max-body) or, with its prefix, as environment variable.
static const char *spell(char out[NAME], const option *o, bool environment) {
  size_t n = 0;
  if (environment) n = (size_t)snprintf(out, NAME, "GRADD_");
  for (const char *c = o->field; *c && n < NAME - 1; c++) {
    if (environment)
      out[n++] = *c == '_' ? '_' : (char)(*c - 'a' + 'A');
    else
      out[n++] = *c == '_' ? '-' : *c;
  }
  out[n] = 0;
  return out;
}

static const option *find(const char *name, size_t len) {
  char flag[NAME];
  for (int i = 0; i < COUNT; i++)
    if (strlen(spell(flag, &OPTIONS[i], false)) == len && !memcmp(flag, name, len)) return &OPTIONS[i];
  return NULL;
}

static bool set_text(settings *s, const option *o, const char *value, fault *f) {
  size_t n = strlen(value) + 1;
  char *copy = mem_alloc(n);
  if (!copy) return fail(f, ERR_out_of_memory, "out of memory");
  memcpy(copy, value, n);
  char **slot = (char **)((char *)s + o->offset);
  mem_free(*slot);
  *slot = copy;
  return true;
}

// Reads digits and, for a size, one of the suffixes K, M, G, T with an optional iB; all are powers of 1024.
static bool parse_number(const char *text, bool size, uint64_t *out) {
  static const char SUFFIX[] = "KMGT";
  uint64_t n = 0;
  const char *c = text;
  if (*c < '0' || *c > '9') return false;
  for (; *c >= '0' && *c <= '9'; c++)
    if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, (uint64_t)(*c - '0'), &n))
      return false;
  const char *unit = size && *c ? strchr(SUFFIX, *c) : NULL;
  if (unit) {
    if (__builtin_mul_overflow(n, 1ull << (10 * (unit - SUFFIX + 1)), &n)) return false;
    c++;
    if (!strncmp(c, "iB", 2)) c += 2;
  }
  *out = n;
  return !*c;
}

static bool assign(settings *s, const option *o, const char *shown, const char *value, fault *f) {
  if (o->kind == TEXT) return set_text(s, o, value, f);
  uint64_t n;
  if (!parse_number(value, o->kind == SIZE, &n))
    return fail(f, ERR_bad_argument, "%s: \"%.64s\" is not a %s", shown, value,
                o->kind == SIZE ? "size such as 4096 or 8MiB" : "whole number");
  if (n < o->min || n > o->max)
    return fail(f, ERR_bad_argument, "%s: %llu is not between %llu and %llu", shown, (unsigned long long)n,
                (unsigned long long)o->min, (unsigned long long)o->max);
  *(uint64_t *)((char *)s + o->offset) = n;
  return true;
}

bool option_set(settings *s, const char *name, const char *value, fault *f) {
  const option *o = find(name, strlen(name));
  if (!o) return fail(f, ERR_bad_argument, "unknown option \"%.64s\"", name);
  return assign(s, o, name, value, f);
}

static bool load_defaults(settings *s, fault *f) {
  for (int i = 0; i < COUNT; i++) {
    if (OPTIONS[i].kind != TEXT)
      *(uint64_t *)((char *)s + OPTIONS[i].offset) = OPTIONS[i].number;
    else if (!set_text(s, &OPTIONS[i], OPTIONS[i].text, f))
      return false;
  }
  return true;
}

static bool load_environment(settings *s, fault *f) {
  char name[NAME];
  for (int i = 0; i < COUNT; i++) {
    const char *value = getenv(spell(name, &OPTIONS[i], true));
    if (value && !assign(s, &OPTIONS[i], name, value, f)) return false;
  }
  return true;
}

typedef struct file_load {
  settings *settings;
  fault *fault;
} file_load;

static int file_line(void *user, const char *section, const char *name, const char *value) {
  file_load *load = user;
  if (*section)
    return fail(load->fault, ERR_bad_argument, "sections such as [%.64s] are not used here", section);
  return option_set(load->settings, name, value ? value : "", load->fault);
}

static bool load_file(settings *s, const char *path, fault *f) {
  fault inner = {0};
  int line = ini_parse(path, file_line, &(file_load){s, &inner});
  if (line < 0) return fail(f, ERR_bad_argument, "--config: cannot read \"%.200s\"", path);
  if (inner.code) return fail(f, inner.code, "%.200s:%d: %s", path, line, inner.detail);
  if (line) return fail(f, ERR_bad_argument, "%.200s:%d: not a `key = value` line", path, line);
  return true;
}

// Walks the flags; `only` restricts the walk to one option (the config file must be known before it is read).
static bool load_flags(settings *s, int argc, char **argv, const option *only, fault *f) {
  for (int i = 0; i < argc; i++) {
    if (strncmp(argv[i], "--", 2) || !argv[i][2])
      return fail(f, ERR_bad_argument, "unexpected argument \"%.64s\"", argv[i]);
    const char *name = argv[i] + 2, *equals = strchr(name, '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    const option *o = find(name, len);
    if (!o) return fail(f, ERR_bad_argument, "unknown option \"--%.*s\"", (int)(len < 64 ? len : 64), name);
    const char *value = equals ? equals + 1 : ++i < argc ? argv[i] : NULL;
    if (!value) return fail(f, ERR_bad_argument, "--%.*s needs a value", (int)len, name);
    char shown[NAME + 2] = "--";
    spell(shown + 2, o, false);
    if ((!only || only == o) && !assign(s, o, shown, value, f)) return false;
  }
  return true;
}

bool option_load(settings *s, int argc, char **argv, fault *f) {
  *s = (settings){0};
  const option *config = find("config", 6);
  const char *from_environment = getenv("GRADD_CONFIG");
  if (!load_defaults(s, f)) return false;
  if (from_environment && !set_text(s, config, from_environment, f)) return false;
  if (!load_flags(s, argc, argv, config, f)) return false;
  if (*s->config && !load_file(s, s->config, f)) return false;
  return load_environment(s, f) && load_flags(s, argc, argv, NULL, f);
}

void option_finish(settings *s) {
  for (int i = 0; i < COUNT; i++)
    if (OPTIONS[i].kind == TEXT) mem_free(*(char **)((char *)s + OPTIONS[i].offset));
  *s = (settings){0};
}

static void help_default(char *out, size_t room, const option *o) {
  static const char SUFFIX[] = "KMGT";
  uint64_t n = o->number;
  int unit = 0;
  if (o->kind == TEXT) {
    snprintf(out, room, "%s", o->text);
    return;
  }
  if (o->kind == SIZE)
    for (; unit < 4 && n && n % 1024 == 0; unit++) n /= 1024;
  if (unit)
    snprintf(out, room, "%llu%ciB", (unsigned long long)n, SUFFIX[unit - 1]);
  else
    snprintf(out, room, "%llu", (unsigned long long)n);
}

void option_help(FILE *out) {
  for (int i = 0; i < COUNT; i++) {
    char flag[NAME], value[64];
    help_default(value, sizeof value, &OPTIONS[i]);
    fprintf(out, "  --%-20s %s%s%s%s\n", spell(flag, &OPTIONS[i], false), OPTIONS[i].doc, *value ? " [" : "",
            value, *value ? "]" : "");
  }
}
