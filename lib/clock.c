/* See clock.h. */
#define _GNU_SOURCE
#include "clock.h"
#include "self.h"

#include <time.h>

int64_t fut_clock_now(void)
{
	const int64_t *clock = fut_self()->clock;

	return clock != NULL ? *clock : fut_clock_real();
}

int64_t fut_clock_real(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
