// Every program of *.py beside this file prints what Python with PyTorch printed into *.out.
#include "autograd/op.h"
#include "leaks.h"
#include "script/script.h"
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char MARK[] = "# ---- ";

// Errors that are told in other words than PyTorch's: what is said begins like this.
static const struct {
  const char *title, *begins;
} OTHERWISE[] = {
    {"calling with too few", "!! 1 TypeError: add() missing 1 required positional argument: 'other'"},
    {"saved tensor modified",
     "!! 5 RuntimeError: one of the variables needed for gradient computation has been modified "
     "by an inplace operation"},
    {"requires grad of integers",
     "!! 1 RuntimeError: Only Tensors of floating point and complex dtype can require gradients"},
    {"wrong grad shape", "!! 2 RuntimeError: assigned grad has data of a different size"},
    {"slice assignment that does not fit",
     "!! 2 RuntimeError: The size of tensor a (2) must match the size of tensor b (3)"},
};

static char *read_file(const char *name, const char *suffix) {
  char path[512];
  const char *root = getenv("GRADD_SOURCE_ROOT");
  snprintf(path, sizeof path, "%s/tests/script/%s%s", root ? root : ".", name, suffix);
  FILE *f = fopen(path, "rb");
  cr_assert(f, "%s cannot be read", path);
  char *all = NULL;
  size_t n = 0, got;
  do {
    all = realloc(all, n + 65537);
    n += got = fread(all + n, 1, 65536, f);
  } while (got);
  fclose(f);
  all[n] = 0;
  return all;
}

// Addresses and the numbers of id() differ from run to run.
static char *normal(const char *from) {
  char *out = malloc(4 * strlen(from) + 1), *o = out;
  for (const char *p = from; *p;) {
    bool inside = p > from && (isalnum((unsigned char)p[-1]) || p[-1] == '_' || p[-1] == '.' || p[-1] & 0x80);
    size_t digits = strspn(p, "0123456789");
    if (p[0] == '0' && p[1] == 'x' && strspn(p + 2, "0123456789abcdef")) {
      o += sprintf(o, "0x…");
      p += 2 + strspn(p + 2, "0123456789abcdef");
    } else if (digits >= 13 && !inside && p[digits] != '.' && !isalnum((unsigned char)p[digits])) {
      o += sprintf(o, "#…");
      p += digits;
    } else
      *o++ = *p++;
  }
  *o = 0;
  return out;
}

static char *run_program(const char *source, size_t n) {
  static const limits LIMITS = {.session_bytes = 1 << 26, .session_nodes = 1000000, .session_tensors = 10000};
  budget process;
  session s;
  char *text = NULL;
  size_t size;
  budget_init(&process, NULL, "process memory", 1 << 27);
  session_init(&s, "s", &process, &LIMITS, 1);
  place where;
  script *sc = script_open(&s, source, n, &SCRIPT_LIMITS, &where);
  bool ok = sc && script_run(sc, UINT64_MAX) == SCRIPT_done;
  FILE *to = open_memstream(&text, &size);
  if (sc && script_printed(sc)->len) fwrite(script_printed(sc)->data, 1, script_printed(sc)->len, to);
  const fault *f = session_fault(&s);
  if (!ok) fprintf(to, "!! %u %s: %s\n", (sc ? script_where(sc) : where).line, fault_class(f), f->detail);
  fclose(to);
  script_finish(sc);
  scope_leave(&s.ag, 0, NULL);
  session_finish(&s);
  leaks_none(&process);
  char *result = normal(text);
  free(text);
  return result;
}

static bool allowed(const char *title, size_t n, const char *line) {
  for (size_t i = 0; i < sizeof OTHERWISE / sizeof *OTHERWISE; i++)
    if (strlen(OTHERWISE[i].title) == n && !strncmp(OTHERWISE[i].title, title, n))
      return !strncmp(line, OTHERWISE[i].begins, strlen(OTHERWISE[i].begins));
  return false;
}

static void compare(const char *file, const char *title, size_t n, const char *got, const char *want,
                    size_t want_n) {
  const char *end = want + want_n;
  while (*got || want < end) {
    size_t g = strcspn(got, "\n"), w = strcspn(want, "\n");
    bool same = want < end && g == w && !memcmp(got, want, g);
    cr_assert(same || allowed(title, n, got), "%s.py, %.*s\n  got:  %.*s\n  want: %.*s", file, (int)n, title,
              (int)g, got, want < end ? (int)w : 0, want);
    got += g + (got[g] == '\n');
    want += w + (want[w] == '\n');
  }
}

// Both files in step, program by program.
static void compare_file(const char *file) {
  char *programs = read_file(file, ".py"), *answers = read_file(file, ".out");
  const char *p = strstr(programs, MARK), *a = strstr(answers, MARK);
  int count = 0;
  ops_init();
  while (p && a) {
    size_t title = strcspn(p, "\n"), other = strcspn(a, "\n");
    cr_assert(title == other && !memcmp(p, a, title), "%s.out is not of %s.py: run make_golden.py", file,
              file);
    const char *source = p + title + 1, *want = a + other + 1;
    const char *next = strstr(source, "\n# ---- "), *after = strstr(want - 1, "\n# ---- ");
    size_t n = next ? (size_t)(next + 1 - source) : strlen(source);
    size_t want_n = after ? (size_t)(after + 1 - want) : strlen(want);
    char *got = run_program(source, n);
    compare(file, p + strlen(MARK), title - strlen(MARK), got, want, want_n);
    free(got);
    p = next ? next + 1 : NULL;
    a = after ? after + 1 : NULL;
    count++;
  }
  cr_assert(!p && !a && count > 0);
  free(programs);
  free(answers);
}

Test(programs, autograd) { compare_file("autograd"); }
Test(programs, errors) { compare_file("errors"); }
Test(programs, inplace) { compare_file("inplace"); }
Test(programs, language) { compare_file("language"); }
Test(programs, mixed) { compare_file("mixed"); }
Test(programs, printing) { compare_file("printing"); }
Test(programs, training) { compare_file("training"); }
