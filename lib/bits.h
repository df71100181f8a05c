/*
 * Floor 2: waiting for bits in a word of 64, of which one is a lock.
 *
 * The word may go with its owner the moment it is unlocked: clearing the bits
 * is the last that is done to it.  Who waits sets AWAITED and parks on the
 * lower half; who clears what may be awaited clears that too, and wakes all.
 */
#ifndef FUT_BITS_H
#define FUT_BITS_H

#include "park.h"
#include "self.h"

enum fut_bits {
	FUT_LOCKED = 1 << 9,
	FUT_AWAITED = 1 << 10
};

/* Sleeps until the bits are clear.  Returns 0 or ETIMEDOUT. */
int fut_bits_await(_Atomic uint64_t *word, uint32_t bits, int64_t deadline_ns);

/* Clears bits, subtracts `less`, wakes; in one step.  Returns the new word. */
static inline uint64_t fut_bits_clear(_Atomic uint64_t *at, uint32_t bits,
	uint64_t less)
{
	uint64_t word = atomic_load_explicit(at, FUT_RELAXED), next;

	do
		next = (word & ~(uint64_t)(bits | FUT_AWAITED)) - less;
	/* What was done under the lock before the bit, for the next holder. */
	while (!atomic_compare_exchange_strong_explicit(at, &word, next,
		FUT_ACQ_REL, FUT_RELAXED));
	if (FUT_UNLIKELY(word & FUT_AWAITED))
		fut_unpark_half(at, FUT_EVERYBODY);
	return next;
}

/* Takes the lock; returns the word, LOCKED included. */
static inline uint64_t fut_bits_lock(_Atomic uint64_t *at)
{
	uint64_t word = atomic_load_explicit(at, FUT_RELAXED);

	for (;;) {
		if (FUT_UNLIKELY(word & FUT_LOCKED)) {
			fut_bits_await(at, FUT_LOCKED, FUT_FOREVER);
			word = atomic_load_explicit(at, FUT_RELAXED);
		} else if (atomic_compare_exchange_weak_explicit(at, &word,
				word | FUT_LOCKED, FUT_ACQUIRE, FUT_RELAXED)) {
			fut_self_locks(+1);
			return word | FUT_LOCKED;
		}
	}
}

static inline void fut_bits_unlock(_Atomic uint64_t *at)
{
	fut_self_locks(-1);
	fut_bits_clear(at, FUT_LOCKED, 0);
}

/*
 * The same for a word that nobody else changes while it is locked, but for
 * AWAITED: it becomes `word`.
 */
static inline void fut_bits_unlock_as(_Atomic uint64_t *at, uint64_t word)
{
	fut_self_locks(-1);
	word &= ~(uint64_t)(FUT_LOCKED | FUT_AWAITED);
	/* As in fut_bits_clear(). */
	if (FUT_UNLIKELY(atomic_exchange_explicit(at, word, FUT_ACQ_REL) &
			FUT_AWAITED))
		fut_unpark_half(at, FUT_EVERYBODY);
}

#endif
