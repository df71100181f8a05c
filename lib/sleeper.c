/* See sleeper.h. */
#include "sleeper.h"
#include "trace.h"

#include <errno.h>

void fut_sleeper_wake(struct fut_sleeper *sleeper, uint32_t why)
{
	_Atomic uint32_t *word = &sleeper->word;

	fut_trace(FUT_TRACE_WAKE, sleeper, NULL);
	/* The settling before the bit; the sleeper is gone after it. */
	if (atomic_fetch_or_explicit(word, why, FUT_ACQ_REL) &
	    FUT_SLEEPER_PARKED)
		fut_unpark(word, 1);
}

static bool sleeper_fire(struct fut_hook *hook, struct future_cell *source,
	bool locked)
{
	(void)source;
	if (locked)
		return false;	/* whoever wakes may want the lock */
	fut_sleeper_wake(FUT_OWNER(hook, struct fut_sleeper, hook),
		FUT_SLEEPER_FIRED);
	return true;
}

_Atomic uint32_t fut_sleeper_helpers;

void fut_sleeper_init(struct fut_sleeper *sleeper)
{
	fut_hook_init(&sleeper->hook, sleeper_fire);
	atomic_store_explicit(&sleeper->word, 0, FUT_RELAXED);
}

uint32_t fut_sleeper_sleep(struct fut_sleeper *sleeper, uint32_t bits,
	int64_t deadline_ns)
{
	uint32_t word = atomic_fetch_or_explicit(&sleeper->word,
		FUT_SLEEPER_PARKED, FUT_ACQ_REL) | FUT_SLEEPER_PARKED;

	while (!(word & bits)) {
		if (fut_park(&sleeper->word, word, deadline_ns) == ETIMEDOUT)
			return 0;
		word = atomic_load_explicit(&sleeper->word, FUT_ACQUIRE);
	}
	return word & bits;
}
