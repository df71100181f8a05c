/*
 * Floor 5: a sleep that ends when the function that sleeps is cancelled: beside
 * the sleeper there is a hook on the future that the function will settle.
 */
#ifndef FUT_STOP_H
#define FUT_STOP_H

#include "cell.h"
#include "sleeper.h"

#include <errno.h>

/* What the innermost function here settles; NULL: nothing of this process. */
struct future_cell *fut_stop_own(void);

/* True if that has been cancelled. */
bool fut_stop_asked(void);

/*
 * Sleeps until one of `bits` is set, or the deadline has passed, or if it
 * `stops`, the function has been cancelled: then STOPPED is among the bits.  In
 * a sim where nothing can happen any more, STUCK is.  A deadline of 0 or before
 * only looks.  `noun` says for people what it waits for, and stays.
 */
uint32_t fut_stop_sleep(struct fut_sleeper *sleeper, uint32_t bits,
	int64_t deadline_ns, bool stops, const char *noun);

/* Why it woke, if for none of its bits. */
static inline int fut_stop_error(uint32_t woken)
{
	if (woken & FUT_SLEEPER_STOPPED)
		return ECANCELED;
	return woken & FUT_SLEEPER_STUCK ? EDEADLK : ETIMEDOUT;
}

#endif
