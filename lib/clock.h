/* Floor 1: the monotonic clock, in nanoseconds; a sim's on its thread. */
#ifndef FUT_CLOCK_H
#define FUT_CLOCK_H

#include "base.h"

int64_t fut_clock_now(void);

/* The real one, also there. */
int64_t fut_clock_real(void);

#endif
