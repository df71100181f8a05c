/*
 * Floor 2: a thread asleep until it is woken, for one reason or another.  It
 * lives on the stack of the thread that sleeps.
 */
#ifndef FUT_SLEEPER_H
#define FUT_SLEEPER_H

#include "hook.h"
#include "park.h"

enum fut_sleeper_bit {
	FUT_SLEEPER_FIRED = 1,		/* what it waits for is there */
	FUT_SLEEPER_PRODDED = 2,	/* it should look around */
	FUT_SLEEPER_STOPPED = 4,	/* its function has been cancelled */
	FUT_SLEEPER_CLAIMED = 8,	/* see waiter.h */
	FUT_SLEEPER_PARKED = 16,
	FUT_SLEEPER_STUCK = 32,	/* only returned: nothing can come: sim.h */
	FUT_SLEEPER_ROUSED = 64,	/* something is new in a loop: loop.h */
	FUT_SLEEPER_HOPED = 128	/* what could move has: see hope.h */
};

/* Any of these and it wakes. */
#define FUT_SLEEPER_AWAKE (FUT_SLEEPER_FIRED | FUT_SLEEPER_PRODDED | \
	FUT_SLEEPER_STOPPED | FUT_SLEEPER_ROUSED | FUT_SLEEPER_HOPED)

struct fut_sleeper {
	struct fut_hook hook;	/* fires it */
	_Atomic uint32_t word;	/* of fut_sleeper_bit */
};

/* How many are asleep in waits whose thread could run something meanwhile. */
extern _Atomic uint32_t fut_sleeper_helpers;

static inline bool fut_sleepers_help(void)
{
	return atomic_load_explicit(&fut_sleeper_helpers, FUT_SEQ_CST) != 0;
}

void fut_sleeper_init(struct fut_sleeper *sleeper);

/*
 * Sleeps until one of `bits` is set.  Returns those that are; none if the
 * deadline has passed.
 */
uint32_t fut_sleeper_sleep(struct fut_sleeper *sleeper, uint32_t bits,
	int64_t deadline_ns);

/* By the sleeper: forgets that bit. */
static inline void fut_sleeper_forget(struct fut_sleeper *sleeper, uint32_t bit)
{
	atomic_fetch_and_explicit(&sleeper->word, ~bit, FUT_RELAXED);
}

/* Sets a bit.  The sleeper may be gone on return. */
void fut_sleeper_wake(struct fut_sleeper *sleeper, uint32_t why);

#endif
