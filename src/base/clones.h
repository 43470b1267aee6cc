// clones.h - loops over many elements, compiled for several generations of processors.
#pragma once
#include <stddef.h> // __GLIBC__

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SANITIZED 0
#endif

// CLONES before a function: the one that fits the processor is chosen when the program is loaded. Not under a
// sanitizer, whose runtime is not ready at that time.
#if defined(__x86_64__) && defined(__GLIBC__) && !SANITIZED
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

// Whether the vector forms of <math.h> may be declared GCC's way.
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
#define VECTOR_MATH 1
#else
#define VECTOR_MATH 0
#endif
