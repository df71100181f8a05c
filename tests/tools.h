/*
 * What every test program has: the options of the sanitizers, and a scale.
 *
 * FUTURE_TEST_SCALE=10 in the environment divides the big counts by ten.
 */
#ifndef TOOLS_H
#define TOOLS_H

#include <stddef.h>
#include <stdlib.h>

/* Exported: a sanitizer in a shared library finds them by name only. */
const char *__asan_default_options(void)
	__attribute__((visibility("default")));
const char *__tsan_default_options(void)
	__attribute__((visibility("default")));

/* One that stops at a malloc it cannot serve is told to return NULL. */
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/*
 * Nor does it wait a second for more races at the end of every test that leaves
 * threads behind.
 */
const char *__tsan_default_options(void)
{
	return "allocator_may_return_null=1:atexit_sleep_ms=0";
}

/* `count`, divided by FUTURE_TEST_SCALE; at least 1. */
static inline size_t scaled(size_t count)
{
	const char *scale = getenv("FUTURE_TEST_SCALE");
	size_t divisor = scale != NULL ? strtoul(scale, NULL, 10) : 1;

	count /= divisor > 0 ? divisor : 1;
	return count > 0 ? count : 1;
}

#endif
