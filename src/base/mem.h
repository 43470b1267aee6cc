// mem.h - the one door to the heap, and checked sizes.
//
// Every allocation of the project goes through these four, so that a test can make the Nth one fail
// (mem_fail_at) and prove that nothing crashes, leaks or is left half done.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *mem_alloc(size_t n) __attribute__((malloc, warn_unused_result)); // uninitialised; NULL if out of memory
void *mem_zalloc(size_t n) __attribute__((malloc, warn_unused_result));   // zeroed
void *mem_realloc(void *p, size_t n) __attribute__((warn_unused_result)); // on failure p stays valid
void mem_free(void *p);                                                   // NULL is fine

// Test hooks: the Nth allocation from now (1 = next) of this process fails, once or from there on; 0 = off.
void mem_fail_at(uint64_t nth, bool and_all_after);
// How many allocations were asked for since mem_fail_at was last called (counted only while armed).
uint64_t mem_fail_count(void);

// Giving large blocks back to the system takes milliseconds. On a thread that has no time for that, mem_free
// puts them aside; mem_take_aside gives all of them as one list, for another thread to mem_free_list.
void mem_set_aside(bool yes); // for this thread; what is aside stays there
void *mem_take_aside(void);   // NULL: none
void mem_free_list(void *list);

// Checked size arithmetic: false on overflow, *out untouched then.
static inline bool size_mul(size_t a, size_t b, size_t *out) { return !__builtin_mul_overflow(a, b, out); }
static inline bool size_add(size_t a, size_t b, size_t *out) { return !__builtin_add_overflow(a, b, out); }
static inline bool i64_mul(int64_t a, int64_t b, int64_t *out) { return !__builtin_mul_overflow(a, b, out); }
static inline bool i64_add(int64_t a, int64_t b, int64_t *out) { return !__builtin_add_overflow(a, b, out); }
