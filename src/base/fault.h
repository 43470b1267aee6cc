// fault.h - what went wrong: a row of errors.def and one sentence of detail, in English and in Chinese.
//
// A fault sticks: the first failure is kept and later ones are ignored, so a chain of calls that pass failure
// through can be checked once at its end.
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum err {
  ERR_none,
#define ERROR(code, status, class, en, zh) ERR_##code,
#include "base/errors.def"
  ERR_COUNT
} err;

// One row of errors.def as data. `code` is the snake_case word, `class` the Python exception of the same
// case.
struct error_row {
  const char *code;
  int status;
  const char *class;
  const char *en, *zh;
};
extern const struct error_row ERRORS[ERR_COUNT];

enum { FAULT_DETAIL = 512 };
typedef struct fault {
  err code;
  const char *class;          // the Python exception of this case where it is not the row's; NULL: the row's
  char detail[FAULT_DETAIL];  // UTF-8, cut at a character boundary if it is too long
  char chinese[FAULT_DETAIL]; // the same in Chinese; "" where messages.def has no row for it
} fault;

// fail records the first failure in f and returns false, so that `return fail(f, ...)` reads as it is. It is
// said in both languages at once: who will read it is known far from here, when the arguments are gone.
bool fail(fault *f, err code, const char *format, ...) __attribute__((format(printf, 3, 4), cold));
bool vfail(fault *f, err code, const char *format, va_list args) __attribute__((format(printf, 3, 0), cold));

// fail_as is fail for a case in which PyTorch raises another class than the row says.
bool fail_as(fault *f, err code, const char *class, const char *format, ...)
    __attribute__((format(printf, 4, 5), cold));

#if defined __clang_analyzer__ && !defined FAULT_C // it cannot see from here that they return false
#define fail(...)    (fail(__VA_ARGS__), false)
#define fail_as(...) (fail_as(__VA_ARGS__), false)
#endif

static inline const char *fault_class(const fault *f) { return f->class ? f->class : ERRORS[f->code].class; }

static inline const char *fault_detail(const fault *f, bool chinese) {
  return chinese && *f->chinese ? f->chinese : f->detail;
}

// fault_clear forgets the failure.
void fault_clear(fault *f);
