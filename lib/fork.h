/*
 * Floor 1: which process this is.
 *
 * The count goes up in every forked child, before anything else runs there.
 * What carries an older one was inherited: nothing of it may be locked, for the
 * thread that held the lock did not come along.
 */
#ifndef FUT_FORK_H
#define FUT_FORK_H

#include "base.h"

extern _Atomic uint32_t fut_fork_count;

static inline uint32_t fut_fork_now(void)
{
	return atomic_load_explicit(&fut_fork_count, FUT_RELAXED);
}

/*
 * Has `reset` called in every forked child, to make state that the library
 * shares between threads new again: from the return on, also while another
 * thread is in the middle of a fork.  Never undone; 0 or ENOMEM.
 */
int fut_fork_at_child(void (*reset)(void));

#endif
