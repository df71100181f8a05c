/* See cell.h. */
#include "cell.h"
#include "self.h"

#include <errno.h>

static uint64_t look(const struct future_cell *cell)
{
	return atomic_load_explicit(&cell->word, FUT_RELAXED);
}

/*
 * Clears bits, drops references and wakes whoever waits for that, in one step:
 * after it the cell may be gone.  Returns what the word became.
 */
static inline uint64_t clear(struct future_cell *cell, uint32_t bits,
	uint64_t refs)
{
	return fut_bits_clear(&cell->word, bits, refs);
}

uint32_t fut_cell_lock(struct future_cell *cell)
{
	return (uint32_t)fut_bits_lock(&cell->word);
}

void fut_cell_unlock(struct future_cell *cell)
{
	fut_bits_unlock(&cell->word);
}

static struct fut_hook *hook_of(struct fut_link *link)
{
	return FUT_OWNER(link, struct fut_hook, link);
}

/* The word once it is not LOCKED. */
static uint64_t unlocked(struct future_cell *cell)
{
	uint64_t word = atomic_load_explicit(&cell->word, FUT_ACQUIRE);

	while (FUT_UNLIKELY(word & FUT_LOCKED)) {
		fut_bits_await(&cell->word, FUT_LOCKED, FUT_FOREVER);
		word = atomic_load_explicit(&cell->word, FUT_ACQUIRE);
	}
	return word;
}

/* PENDING, unclaimed -> the same with `bits`.  False if it was not that. */
static bool begin(struct future_cell *cell, uint32_t bits)
{
	uint64_t word = unlocked(cell);

	do {
		if (FUT_UNLIKELY(word & FUT_LOCKED))
			word = unlocked(cell);
		if ((word & (FUT_STATUS | FUT_CLAIM)) != FUT_PENDING)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&cell->word, &word,
		word | bits, FUT_ACQUIRE, FUT_RELAXED));
	return true;
}

bool fut_cell_start_slow(struct future_cell *cell)
{
	return begin(cell, FUT_RUNNING | FUT_BUSY);
}

bool fut_cell_pause(struct future_cell *cell)
{
	const uint64_t run = FUT_RUNNING | FUT_BUSY;
	uint64_t word = look(cell);

	/* Who parks here waits for LOCKED, or it has settled. */
	while (!fut_is_settled(word) &&
	       !atomic_compare_exchange_weak_explicit(&cell->word, &word,
			word & ~run, FUT_ACQ_REL, FUT_RELAXED))
		;
	return !fut_is_settled(word);
}

bool fut_cell_claim(struct future_cell *cell)
{
	return begin(cell, FUT_CLAIM);
}

bool fut_cell_claim_at_once(struct future_cell *cell)
{
	uint64_t word = look(cell);

	do {
		if ((word & (FUT_STATUS | FUT_CLAIM)) != FUT_PENDING)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&cell->word, &word,
		word | FUT_CLAIM, FUT_ACQUIRE, FUT_RELAXED));
	return true;
}

bool fut_cell_claim_to_follow(struct future_cell *cell)
{
	if (!begin(cell, FUT_CLAIM | FUT_FOLLOWS | FUT_LINKING | FUT_LOCKED))
		return false;
	fut_self_locks(+1);
	return true;
}

bool fut_cell_claim_follower(struct future_cell *cell)
{
	uint64_t word = unlocked(cell), next;

	do {
		if (FUT_UNLIKELY(word & FUT_LOCKED))
			word = unlocked(cell);
		if (fut_is_settled(word) || !(word & FUT_FOLLOWS))
			return false;
		/* One that ran is still seen to run. */
		next = (word & ~(uint64_t)(FUT_FOLLOWS | FUT_LINKING)) |
			FUT_CLAIM;
	} while (!atomic_compare_exchange_weak_explicit(&cell->word, &word,
		next, FUT_ACQUIRE, FUT_RELAXED));
	return true;
}

void fut_cell_born_settled(struct future_cell *cell)
{
	atomic_store_explicit(&cell->word, look(cell) | FUT_SETTLED,
		FUT_RELEASE);
}

bool fut_cell_follow(struct future_cell *cell)
{
	uint64_t word = look(cell);

	/* The link before the bit, for who peeks under LOCKED. */
	while (!fut_is_settled(word) &&
	       !atomic_compare_exchange_weak_explicit(&cell->word, &word,
			(word & ~(uint64_t)FUT_BUSY) | FUT_FOLLOWS |
			FUT_LINKING, FUT_ACQ_REL, FUT_RELAXED))
		;
	return !fut_is_settled(word);
}

void fut_cell_linked(struct future_cell *cell)
{
	/* The link before the word, for who looks: see is_linked(). */
	atomic_fetch_and_explicit(&cell->word, ~(uint64_t)FUT_LINKING,
		FUT_SEQ_CST);
}

enum fut_cell_cancelled fut_cell_cancel(struct future_cell *cell, bool busy,
	bool *ret_hooks)
{
	uint64_t word = unlocked(cell), next;

	do {
		if (FUT_UNLIKELY(word & FUT_LOCKED))
			word = unlocked(cell);
		if (fut_is_settled(word) ||
		    (word & (FUT_CLAIM | FUT_FOLLOWS)) == FUT_CLAIM)
			return FUT_CANCEL_LOST;
		next = (word & ~(uint64_t)FUT_CLAIM) | FUT_CANCELLED;
		if (word & FUT_HOOKS)
			next |= FUT_FIRING;
		if (busy && (word & (FUT_STATUS | FUT_FOLLOWS)) == FUT_PENDING)
			next |= FUT_BUSY;
	} while (!atomic_compare_exchange_weak_explicit(&cell->word, &word,
		next, FUT_ACQ_REL, FUT_ACQUIRE));
	*ret_hooks = (next & FUT_FIRING) != 0;
	if (word & FUT_FOLLOWS)
		return FUT_CANCEL_FOLLOWING;
	return (word & FUT_STATUS) == FUT_PENDING ? FUT_CANCEL_PENDING :
		FUT_CANCEL_RUNNING;
}

bool fut_cell_quiet(struct future_cell *cell, uint64_t refs)
{
	return clear(cell, FUT_BUSY, refs) < FUT_CELL_REF;
}

int fut_cell_await_quiet(struct future_cell *cell, int64_t deadline_ns)
{
	return fut_bits_await(&cell->word, FUT_BUSY, deadline_ns);
}

void fut_cell_see(struct future_cell *cell)
{
	if (!(look(cell) & FUT_SEEN))
		atomic_fetch_or_explicit(&cell->word, FUT_SEEN, FUT_RELAXED);
}

void fut_cell_know(struct future_cell *cell)
{
	atomic_fetch_or_explicit(&cell->word, FUT_KNOWN, FUT_RELAXED);
}

/*
 * One at a time, and FIRING until the last has returned: who comes meanwhile
 * hangs behind, so that the order of registration holds.
 */
bool fut_cell_fire(struct future_cell *cell, bool locked, uint64_t refs)
{
	for (;; locked = false) {
		struct fut_hook *hook;
		fut_hook_fn *fire;
		uint32_t drop = FUT_LOCKED;
		uint64_t word, next;

		if (locked)
			fut_self_locks(+1);
		else
			fut_cell_lock(cell);
		hook = cell->hooks != NULL ? hook_of(cell->hooks->next) : NULL;
		/* Read now: a follower that gives up writes its result here. */
		fire = hook != NULL ? hook->fire : NULL;
		if (hook != NULL)
			fut_ring_remove(&cell->hooks, &hook->link);
		if (cell->hooks == NULL)
			drop |= FUT_HOOKS;
		fut_self_locks(-1);
		word = clear(cell, drop, 0);
		if (hook != NULL)
			fire(hook, cell, false);
		/* All fired before FIRING goes, for fut_cell_hang(). */
		while (!(word & FUT_HOOKS)) {
			next = (word & ~(uint64_t)FUT_FIRING) - refs;
			if (atomic_compare_exchange_strong_explicit(
					&cell->word, &word, next, FUT_ACQ_REL,
					FUT_RELAXED))
				return next < FUT_CELL_REF;
		}
	}
}

bool fut_cell_hand_on(struct future_cell *cell, uint64_t refs, bool *ret_last)
{
	struct fut_link *last = cell->hooks;
	bool done = false;

	fut_self_locks(+1);
	if (last != NULL && last->next == last) {
		struct fut_hook *hook = hook_of(last);

		fut_ring_remove(&cell->hooks, &hook->link);
		done = hook->fire(hook, cell, true);
		if (!done)
			fut_ring_append(&cell->hooks, &hook->link);
	}
	fut_self_locks(-1);
	if (done)
		*ret_last = clear(cell, FUT_LOCKED | FUT_HOOKS | FUT_FIRING,
			refs) < FUT_CELL_REF;
	return done;
}

bool fut_cell_hang(struct future_cell *cell, struct fut_hook *hook,
	uint64_t refs)
{
	uint64_t word = atomic_load_explicit(&cell->word, FUT_ACQUIRE);

	/* In a forked child nobody is firing, or will unlock, any more. */
	if (FUT_UNLIKELY(fut_is_settled(word)) && fut_cell_inherited(cell))
		return false;
	do {
		if (FUT_UNLIKELY(word & FUT_LOCKED))
			word = unlocked(cell);
		/* FIRING gone before the caller fires, for fut_cell_fire(). */
		if (fut_is_settled(word) && !(word & FUT_FIRING)) {
			if (fut_cell_is_unseen(cell))
				fut_cell_see(cell);
			return false;
		}
	} while (!atomic_compare_exchange_weak_explicit(&cell->word, &word,
		(word | FUT_LOCKED | FUT_HOOKS) + refs, FUT_ACQUIRE,
		FUT_ACQUIRE));
	fut_self_locks(+1);
	fut_ring_append(&cell->hooks, &hook->link);
	fut_cell_unlock(cell);
	return true;
}

bool fut_cell_unhang(struct future_cell *cell, struct fut_hook *hook)
{
	uint32_t state, drop = FUT_LOCKED;
	bool hung;

	/* In a forked child nothing was hung, and nobody will unlock. */
	if (FUT_UNLIKELY(cell->born != fut_fork_now()))
		return false;
	state = fut_cell_lock(cell);
	hung = hook->link.next != NULL;
	if (hung)
		fut_ring_remove(&cell->hooks, &hook->link);
	/* Who is FIRING does so himself. */
	if (cell->hooks == NULL && !(state & FUT_FIRING))
		drop |= FUT_HOOKS;
	fut_self_locks(-1);
	clear(cell, drop, 0);
	return hung;
}

future_result_t fut_cell_take(struct future_cell *cell)
{
	struct future_cell *owner = fut_cell_owner(cell);
	future_result_t result = fut_cell_result(cell);

	if (!fut_cell_owns(owner) || result.error == EALREADY)
		return result;
	/* The readers who were served before, for the caller. */
	if (atomic_fetch_or_explicit(&owner->word, FUT_TAKEN, FUT_ACQ_REL) &
	    FUT_TAKEN)
		return future_fail(EALREADY);
	result.destroy = owner->destroy;
	return result;
}
