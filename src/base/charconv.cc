// charconv.cc - the one C++ file: <charconv> is exact in both directions, and C has nothing like it.
#include "base/charconv.h"
#include <charconv>

bool charconv_read_f64(const char *text, const char *end, double *out) {
  return std::from_chars(text, end, *out).ec == std::errc();
}

bool charconv_read_f32(const char *text, const char *end, float *out) {
  return std::from_chars(text, end, *out).ec == std::errc();
}

size_t charconv_put_f64(char *out, double x) {
  return static_cast<size_t>(std::to_chars(out, out + 32, x, std::chars_format::scientific).ptr - out);
}

size_t charconv_put_f32(char *out, float x) {
  return static_cast<size_t>(std::to_chars(out, out + 32, x, std::chars_format::scientific).ptr - out);
}
