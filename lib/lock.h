/*
 * Floor 1: a lock of one word that spins briefly and then parks.
 *
 * The word is 0 free, 1 held, 2 held and perhaps somebody sleeps (U. Drepper,
 * "Futexes Are Tricky", mutex 2).  Zero is ready to use; nothing to destroy.
 * A thread holds at most one: a debug build asserts it.  The turn of asleep.h
 * is built on one and not counted: in it others are taken, one at a time.
 */
#ifndef FUT_LOCK_H
#define FUT_LOCK_H

#include "park.h"
#include "self.h"

struct fut_lock {
	_Atomic uint32_t word;
};

void fut_lock_slow(struct fut_lock *lock);

static inline void fut_lock(struct fut_lock *lock)
{
	uint32_t free = 0;

	fut_self_locks(+1);
	if (FUT_UNLIKELY(!atomic_compare_exchange_strong_explicit(&lock->word,
			&free, 1, FUT_ACQUIRE, FUT_RELAXED)))
		fut_lock_slow(lock);
}

static inline void fut_unlock(struct fut_lock *lock)
{
	fut_self_locks(-1);
	if (atomic_exchange_explicit(&lock->word, 0, FUT_RELEASE) == 2)
		fut_unpark(&lock->word, 1);
}

/* For assertions: somebody holds it. */
static inline bool fut_lock_held(struct fut_lock *lock)
{
	return atomic_load_explicit(&lock->word, FUT_RELAXED) != 0;
}

#endif
