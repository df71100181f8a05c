/* See gate.h. */
#include "gate.h"

#include <errno.h>

/* Under the lock.  Those who are let pass, and those nobody asks for. */
static void grant(struct fut_gate *gate, uint64_t *word, fut_gate_take_fn *take,
	struct fut_granted *granted)
{
	struct fut_link *last = gate->waiters, *link, *next;
	bool open = true;

	for (link = last != NULL ? last->next : NULL; link != NULL && open;
	     link = next) {
		struct fut_waiter *waiter = fut_waiter_of(link);
		uint64_t less = *word;

		next = link != last ? link->next : NULL;
		if (waiter->kind->gone(waiter)) {
			if (waiter->kind->claim(waiter))
				fut_granted_add(granted, &gate->waiters,
					waiter, ECANCELED);
			continue;
		}
		open = take(&less, waiter->want);
		if (open && waiter->kind->claim(waiter)) {
			fut_granted_add(granted, &gate->waiters, waiter, 0);
			*word = less;
		}
	}
}

/* Under the lock, which it gives back; and fires.  Every operation ends so. */
static void grant_and_unlock(struct fut_gate *gate, uint64_t word,
	fut_gate_take_fn *take)
{
	struct fut_granted granted = FUT_GRANTED_INIT(granted);

	FUT_ASSERT(atomic_load_explicit(&gate->word, FUT_RELAXED) & FUT_LOCKED);
	grant(gate, &word, take, &granted);
	word &= ~(uint64_t)FUT_GATE_WAITERS;
	if (gate->waiters != NULL)
		word |= FUT_GATE_WAITERS;
	fut_bits_unlock_as(&gate->word, word);
	fut_granted_fire(&granted);
}

int fut_gate_change_slow(struct fut_gate *gate, fut_gate_take_fn *take,
	fut_gate_change_fn *change, uint32_t by)
{
	uint64_t word = fut_bits_lock(&gate->word);
	int error = change(&word, by);

	grant_and_unlock(gate, word, take);
	return error;
}

void fut_gate_enter(struct fut_gate *gate, fut_gate_take_fn *take,
	struct fut_waiter *waiter)
{
	uint64_t word = fut_bits_lock(&gate->word);

	fut_ring_append(&gate->waiters, &waiter->link);
	grant_and_unlock(gate, word, take);
}

void fut_gate_leave(struct fut_gate *gate, fut_gate_take_fn *take,
	struct fut_waiter *waiter)
{
	uint64_t word = fut_bits_lock(&gate->word);

	fut_ring_remove(&gate->waiters, &waiter->link);
	grant_and_unlock(gate, word, take);
}
