// utf8.h - UTF-8 text and the names that users choose. Borrows what it is given, allocates nothing.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// utf8_check returns NULL if the n bytes are well-formed UTF-8 (shortest forms, no surrogates, at most
// U+10FFFF), else where the first malformed sequence begins.
const char *utf8_check(const char *text, size_t n);
static inline bool utf8_valid(const char *text, size_t n) { return !utf8_check(text, n); }

// utf8_step returns the length (1-4) of the well-formed sequence at p < end, 0 if it is malformed.
int utf8_step(const char *p, const char *end);
// utf8_get is utf8_step that also gives the code point.
int utf8_get(const char *p, const char *end, uint32_t *code_point);
// utf8_put writes the 1-4 bytes of a code point that is not a surrogate, and returns how many.
int utf8_put(char *out, uint32_t code_point);

// utf8_cut returns the longest length <= limit at which valid text of n bytes ends with a whole character.
size_t utf8_cut(const char *text, size_t n, size_t limit);

// utf8_identifier: a Python identifier, letters of every writing system (Lu Ll Lt Lm Lo Nl and `_`; from the
// second character on also Mn Mc Nd Pc). The bytes are taken as they are: é typed as one code point or as two
// makes two names.
bool utf8_identifier(const char *text, size_t n);

// name_valid: an identifier of at most NAME_MAX_BYTES bytes. With `dots`, as tensors are named, several of
// them joined by dots, where parts after the first may be decimal numbers (layers.0.weight) and `grad` may
// not be the last, because `w.grad` means the gradient of w. No part may be a keyword of Python or a word
// that stands for a value (true, null, NaN, …).
enum { NAME_MAX_BYTES = 64 };
bool name_valid(const char *name, size_t n, bool dots);
