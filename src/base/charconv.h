// charconv.h - the C++ library's exact conversions as C functions, for number.c alone.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// The whole of [text, end) as a value, correctly rounded. False if it is out of range, above or below.
bool charconv_read_f64(const char *text, const char *end, double *out);
bool charconv_read_f32(const char *text, const char *end, float *out);

// The shortest digits of a finite value in the form d.ddde±dd into out[32]; the number of bytes.
size_t charconv_put_f64(char *out, double x);
size_t charconv_put_f32(char *out, float x);

#ifdef __cplusplus
}
#endif
