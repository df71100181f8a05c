/* See cell.h. */
#include "cell.h"
#include "fork.h"
#include "park.h"
#include "self.h"

#include <errno.h>

#ifndef FUT_CELL_SPINS
#define FUT_CELL_SPINS 40
#endif

/* Parks until the bits are clear.  Returns 0 or ETIMEDOUT. */
static int await_clear(struct future_cell *cell, uint32_t bits,
	int64_t deadline_ns)
{
	uint32_t state = fut_cell_state(cell);

	for (int i = 0; i < FUT_CELL_SPINS && (state & bits); i++) {
		fut_relax();
		state = fut_cell_state(cell);
	}
	while (state & bits) {
		if (!(state & FUT_AWAITED) &&
		    !atomic_compare_exchange_weak_explicit(&cell->state, &state,
				state | FUT_AWAITED, FUT_ACQUIRE, FUT_ACQUIRE))
			continue;
		if (fut_park(&cell->state, state | FUT_AWAITED, deadline_ns) ==
		    ETIMEDOUT)
			return ETIMEDOUT;
		state = fut_cell_state(cell);
	}
	return 0;
}

/*
 * Clears bits and wakes whoever waits for that, in one step: after it the cell
 * may be gone.  `state` is what it is likely to be.  Returns what it became.
 */
static inline uint32_t clear(struct future_cell *cell, uint32_t state,
	uint32_t bits)
{
	_Atomic uint32_t *word = &cell->state;
	uint32_t next;

	do
		next = state & ~(bits | FUT_AWAITED);
	while (!atomic_compare_exchange_strong_explicit(word, &state, next,
		FUT_ACQ_REL, FUT_RELAXED));
	if (fut_unlikely(state & FUT_AWAITED))
		fut_unpark(word, FUT_EVERYBODY);
	return next;
}

uint32_t fut_cell_lock(struct future_cell *cell)
{
	uint32_t state = atomic_load_explicit(&cell->state, FUT_RELAXED);

	for (;;) {
		if (fut_unlikely(state & FUT_LOCKED)) {
			await_clear(cell, FUT_LOCKED, FUT_FOREVER);
			state = atomic_load_explicit(&cell->state, FUT_RELAXED);
		} else if (atomic_compare_exchange_weak_explicit(&cell->state,
				&state, state | FUT_LOCKED, FUT_ACQUIRE,
				FUT_RELAXED)) {
			fut_self_locks(+1);
			return state | FUT_LOCKED;
		}
	}
}

void fut_cell_unlock(struct future_cell *cell, uint32_t state)
{
	fut_self_locks(-1);
	clear(cell, state, FUT_LOCKED);
}

/* The state once it is not LOCKED. */
static uint32_t unlocked(struct future_cell *cell)
{
	uint32_t state = fut_cell_state(cell);

	while (fut_unlikely(state & FUT_LOCKED)) {
		await_clear(cell, FUT_LOCKED, FUT_FOREVER);
		state = fut_cell_state(cell);
	}
	return state;
}

uint32_t fut_cell_start_slow(struct future_cell *cell)
{
	uint32_t state = unlocked(cell);

	do {
		if (fut_unlikely(state & FUT_LOCKED))
			state = unlocked(cell);
		if ((state & (FUT_STATUS | FUT_CLAIM)) != FUT_PENDING)
			return 0;
	} while (!atomic_compare_exchange_weak_explicit(&cell->state, &state,
		state | FUT_RUNNING | FUT_BUSY, FUT_ACQUIRE, FUT_RELAXED));
	return state | FUT_RUNNING | FUT_BUSY;
}

bool fut_cell_claim(struct future_cell *cell)
{
	uint32_t state = unlocked(cell);

	do {
		if (fut_unlikely(state & FUT_LOCKED))
			state = unlocked(cell);
		if ((state & (FUT_STATUS | FUT_CLAIM)) != FUT_PENDING)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&cell->state, &state,
		state | FUT_CLAIM, FUT_ACQUIRE, FUT_RELAXED));
	return true;
}

bool fut_cell_claim_follower(struct future_cell *cell)
{
	uint32_t state = unlocked(cell);

	do {
		if (fut_unlikely(state & FUT_LOCKED))
			state = unlocked(cell);
		if (fut_is_settled(state) || !(state & FUT_FOLLOWS))
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&cell->state, &state,
		(state & ~(uint32_t)(FUT_FOLLOWS | FUT_STATUS)) | FUT_CLAIM,
		FUT_ACQUIRE, FUT_RELAXED));
	return true;
}

void fut_cell_born_settled(struct future_cell *cell)
{
	atomic_store_explicit(&cell->state, FUT_SETTLED, FUT_RELEASE);
}

uint32_t fut_cell_claim_to_follow(struct future_cell *cell)
{
	uint32_t state = unlocked(cell), next;

	do {
		if (fut_unlikely(state & FUT_LOCKED))
			state = unlocked(cell);
		if ((state & (FUT_STATUS | FUT_CLAIM)) != FUT_PENDING)
			return 0;
		next = state | FUT_CLAIM | FUT_FOLLOWS | FUT_LOCKED;
	} while (!atomic_compare_exchange_weak_explicit(&cell->state, &state,
		next, FUT_ACQUIRE, FUT_RELAXED));
	fut_self_locks(+1);
	return next;
}

uint32_t fut_cell_follow(struct future_cell *cell)
{
	uint32_t state = atomic_load_explicit(&cell->state, FUT_RELAXED);

	/* The link before the bit, for who peeks under LOCKED. */
	while (!fut_is_settled(state) &&
	       !atomic_compare_exchange_weak_explicit(&cell->state, &state,
			(state & ~(uint32_t)FUT_BUSY) | FUT_FOLLOWS,
			FUT_ACQ_REL, FUT_RELAXED))
		;
	return state;
}

enum fut_cell_cancelled fut_cell_cancel(struct future_cell *cell, bool busy,
	bool *ret_hooks)
{
	uint32_t state = unlocked(cell), next;

	do {
		if (fut_unlikely(state & FUT_LOCKED))
			state = unlocked(cell);
		if (fut_is_settled(state) ||
		    (state & (FUT_CLAIM | FUT_FOLLOWS)) == FUT_CLAIM)
			return FUT_CANCEL_LOST;
		next = (state & ~(uint32_t)FUT_CLAIM) | FUT_CANCELLED;
		if (state & FUT_HOOKS)
			next |= FUT_FIRING;
		if (busy && (state & (FUT_STATUS | FUT_FOLLOWS)) == FUT_PENDING)
			next |= FUT_BUSY;
	} while (!atomic_compare_exchange_weak_explicit(&cell->state, &state,
		next, FUT_ACQ_REL, FUT_ACQUIRE));
	*ret_hooks = (next & FUT_FIRING) != 0;
	if (state & FUT_FOLLOWS)
		return FUT_CANCEL_FOLLOWING;
	return (state & FUT_STATUS) == FUT_PENDING ? FUT_CANCEL_PENDING :
		FUT_CANCEL_RUNNING;
}

void fut_cell_quiet(struct future_cell *cell)
{
	clear(cell, fut_cell_state(cell), FUT_BUSY);
}

int fut_cell_await_quiet(struct future_cell *cell, int64_t deadline_ns)
{
	return await_clear(cell, FUT_BUSY, deadline_ns);
}

/*
 * One at a time, and FIRING until the last has returned: who comes meanwhile
 * hangs behind, so that the order of registration holds.
 */
void fut_cell_fire(struct future_cell *cell, uint32_t locked)
{
	for (;; locked = 0) {
		struct fut_hook *hook;
		uint32_t state = locked, drop = FUT_LOCKED;

		if (locked != 0)
			fut_self_locks(+1);
		else
			state = fut_cell_lock(cell);
		hook = cell->hooks != NULL ? cell->hooks->next : NULL;
		if (hook != NULL)
			fut_hook_remove(&cell->hooks, hook);
		if (cell->hooks == NULL)
			drop |= FUT_HOOKS;
		fut_self_locks(-1);
		state = clear(cell, state, drop);
		if (hook != NULL)
			hook->fire(hook, cell);
		if (state & FUT_HOOKS)
			continue;
		/* All fired before FIRING goes, for fut_cell_hang(). */
		while (!(state & FUT_HOOKS))
			if (atomic_compare_exchange_strong_explicit(
					&cell->state, &state,
					state & ~(uint32_t)FUT_FIRING,
					FUT_RELEASE, FUT_RELAXED))
				return;
	}
}

bool fut_cell_hang(struct future_cell *cell, struct fut_hook *hook)
{
	uint32_t state = fut_cell_state(cell);

	/* In a forked child nobody is firing, or will unlock, any more. */
	if (fut_unlikely(fut_is_settled(state)) &&
	    cell->born != fut_fork_now())
		return false;
	do {
		if (fut_unlikely(state & FUT_LOCKED))
			state = unlocked(cell);
		/* FIRING gone before the caller fires, for fut_cell_fire(). */
		if (fut_is_settled(state) && !(state & FUT_FIRING))
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&cell->state, &state,
		state | FUT_LOCKED | FUT_HOOKS, FUT_ACQUIRE, FUT_ACQUIRE));
	fut_self_locks(+1);
	fut_hook_append(&cell->hooks, hook);
	fut_cell_unlock(cell, state | FUT_LOCKED | FUT_HOOKS);
	return true;
}

bool fut_cell_unhang(struct future_cell *cell, struct fut_hook *hook)
{
	uint32_t state = fut_cell_lock(cell);
	bool hung = hook->next != NULL;

	if (hung)
		fut_hook_remove(&cell->hooks, hook);
	fut_cell_unlock(cell, state);
	return hung;
}

future_result_t fut_cell_take(struct future_cell *cell)
{
	struct future_cell *owner = fut_cell_owner(cell);
	future_result_t result = fut_cell_result(cell);

	if (!fut_cell_owns(owner) || result.error == EALREADY)
		return result;
	/* The readers who were served before, for the caller. */
	if (atomic_fetch_or_explicit(&owner->state, FUT_TAKEN, FUT_ACQ_REL) &
	    FUT_TAKEN)
		return future_fail(EALREADY);
	result.destroy = owner->destroy;
	return result;
}
