/*
 * Floor 2: a thread asleep until a hook fires, or until it is prodded to look
 * around.  It lives on the stack of the thread that sleeps.
 */
#ifndef FUT_SLEEPER_H
#define FUT_SLEEPER_H

#include "hook.h"
#include "park.h"

enum {
	FUT_SLEEPER_FIRED = 1,
	FUT_SLEEPER_PRODDED = 2,
	FUT_SLEEPER_PARKED = 4
};

struct fut_sleeper {
	struct fut_hook hook;
	_Atomic uint32_t word;
};

void fut_sleeper_init(struct fut_sleeper *sleeper);

/*
 * Sleeps until fired or prodded.  Returns the word's bits, without either if
 * the deadline has passed.
 */
uint32_t fut_sleeper_sleep(struct fut_sleeper *sleeper, int64_t deadline_ns);

/* Sleeps until fired: it is being fired, and this will not take long. */
void fut_sleeper_await(struct fut_sleeper *sleeper);

/* As its hook, or a prod, would.  The sleeper may be gone on return. */
void fut_sleeper_wake(struct fut_sleeper *sleeper, uint32_t why);

#endif
