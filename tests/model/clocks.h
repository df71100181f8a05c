/*
 * Vector clocks: a lane a thread, sixteen bits a lane, one register in all.
 *
 * The step of thread t at its time c happens before whoever has seen lane t at
 * c or later.
 */
#ifndef CLOCKS_H
#define CLOCKS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define THREADS 8
#define CLOCK_MAX INT16_MAX

typedef int16_t clocks __attribute__((vector_size(2 * THREADS)));

static inline clocks clocks_join(clocks a, clocks b)
{
	clocks later = a > b;

	return (a & later) | (b & ~later);
}

static inline bool clocks_any(clocks mask)
{
	uint64_t half[2];

	memcpy(half, &mask, sizeof(half));
	return (half[0] | half[1]) != 0;
}

/* True if whatever `a` counts has been seen by `b`. */
static inline bool clocks_within(clocks a, clocks b)
{
	return !clocks_any(a > b);
}

/* True if `b` has seen at least one of those that `a` counts. */
static inline bool clocks_touch(clocks a, clocks b)
{
	return clocks_any((a != (clocks){ 0 }) & (a <= b));
}

#endif
