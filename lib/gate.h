/*
 * Floor 3: a gate, what a semaphore, an event and a latch have in common: a
 * count, and those who wait until it lets them pass, first come first served.
 *
 * Both are in one word, so that who finds nobody waiting needs one atomic:
 *
 *	upper half	the count
 *	WAITERS		some wait: every change goes by way of the lock
 *	LOCKED		of the queue, and of the word: see bits.h
 *
 *	try	    no LOCKED, no WAITERS, and it lets me pass: a CAS
 *	change	    the same for who releases.  Or: lock; count; grant; unlock;
 *		    fire those granted.  The gate is not touched after the
 *		    unlock: whoever it let pass may free it
 *	enter	    lock; append myself; grant; unlock; fire
 *	leave	    by who claimed himself: lock; remove; grant; unlock; fire
 *
 *	grant	    for each waiter, in order: past those claimed by others;
 *		    would it let this one pass?  if not, stop.  Claim it, take
 *		    what it wants
 *
 * A waiter that wants more than there is holds up those behind it; when it
 * leaves, they are looked at again.
 */
#ifndef FUT_GATE_H
#define FUT_GATE_H

#include "bits.h"
#include "waiter.h"

enum fut_gate_bit {
	FUT_GATE_WAITERS = 1,
	FUT_GATE_AUTO = 2	/* an event that resets itself */
};

#define FUT_GATE_COUNT(word) ((uint32_t)((word) >> 32))
#define FUT_GATE_ONE ((uint64_t)1 << 32)

/* All zero is a count of 0 and nobody waiting; nothing to destroy. */
struct fut_gate {
	_Atomic uint64_t word;
	struct fut_link *waiters;	/* the last of the ring; under LOCKED */
};

/* Lets one who wants so much pass, and takes that from the word; or not. */
typedef bool fut_gate_take_fn(uint64_t *word, uint32_t want);

/* What is done to the count: 0, or an error and nothing is changed. */
typedef int fut_gate_change_fn(uint64_t *word, uint32_t by);

static inline bool fut_gate_try(struct fut_gate *gate, fut_gate_take_fn *take,
	uint32_t want)
{
	/* What was done before the change, for who passes. */
	uint64_t word = atomic_load_explicit(&gate->word, FUT_ACQUIRE), next;

	do {
		next = word;
		if ((word & (FUT_LOCKED | FUT_GATE_WAITERS)) ||
		    !take(&next, want))
			return false;
		if (next == word)
			return true;	/* it stays open */
	} while (!atomic_compare_exchange_weak_explicit(&gate->word, &word,
		next, FUT_ACQUIRE, FUT_ACQUIRE));
	return true;
}

int fut_gate_change_slow(struct fut_gate *gate, fut_gate_take_fn *take,
	fut_gate_change_fn *change, uint32_t by);

/* Changes the count, and lets pass who now may. */
static inline int fut_gate_change(struct fut_gate *gate, fut_gate_take_fn *take,
	fut_gate_change_fn *change, uint32_t by)
{
	uint64_t word = atomic_load_explicit(&gate->word, FUT_RELAXED), next;
	int error;

	do {
		if (word & (FUT_LOCKED | FUT_GATE_WAITERS))
			return fut_gate_change_slow(gate, take, change, by);
		next = word;
		error = change(&next, by);
		if (error != 0)
			return error;
		/* What the caller did before the count, for fut_gate_try(). */
	} while (!atomic_compare_exchange_weak_explicit(&gate->word, &word,
		next, FUT_ACQ_REL, FUT_RELAXED));
	return 0;
}

/* Queues the waiter; it may have been fired when this returns. */
void fut_gate_enter(struct fut_gate *gate, fut_gate_take_fn *take,
	struct fut_waiter *waiter);

/* Takes a waiter off that has claimed itself. */
void fut_gate_leave(struct fut_gate *gate, fut_gate_take_fn *take,
	struct fut_waiter *waiter);

#endif
