/*
 * Floor 2: a waiter, in the queue of a semaphore, an event, a channel ...
 *
 * It is a thread asleep or a future not yet settled: what it waits for does not
 * know.  Whoever claims it decides how its wait ends: who grants it what it
 * wants, or itself, when it gives up.  So nothing is granted to nobody.
 */
#ifndef FUT_WAITER_H
#define FUT_WAITER_H

#include "ring.h"
#include "self.h"

struct fut_waiter;

struct fut_waiter_kind {
	/* True once, for one.  Under the lock of the queue: takes no other. */
	bool (*claim)(struct fut_waiter *waiter);

	/* True if nobody can learn any more how the wait ends. */
	bool (*gone)(struct fut_waiter *waiter);

	/*
	 * By the holder of the claim, who took it from the queue, without a
	 * lock: ends the wait with an error, or 0 and the item, if it is for
	 * one.  The waiter may be gone on return.  Ends with a flush of what
	 * is to run inline.
	 */
	void (*fire)(struct fut_waiter *waiter, int error, void *item);
};

struct fut_waiter {
	struct fut_link link;		/* under the lock of the queue */
	const struct fut_waiter_kind *kind;
	uint32_t want;			/* how much of it */
	int error;			/* between the claim and fire */
};

static inline struct fut_waiter *fut_waiter_of(struct fut_link *link)
{
	return FUT_OWNER(link, struct fut_waiter, link);
}

/* The waiters taken from a queue under its lock, to be fired after it. */
struct fut_granted {
	struct fut_link *head, **tail;
};

#define FUT_GRANTED_INIT(granted) { NULL, &(granted).head }

/* A claimed one; it leaves its queue. */
static inline void fut_granted_add(struct fut_granted *granted,
	struct fut_link **queue, struct fut_waiter *waiter, int error)
{
	fut_ring_remove(queue, &waiter->link);
	waiter->error = error;
	*granted->tail = &waiter->link;
	granted->tail = &waiter->link.next;
}

/* All of them, before the first callback that runs on this thread. */
static inline void fut_granted_fire(struct fut_granted *granted)
{
	struct fut_self *self = fut_self();
	struct fut_link *link = granted->head;
	bool busy = self->inline_busy;

	while (link != NULL) {
		struct fut_waiter *waiter = fut_waiter_of(link);

		link = link->next;
		/* The last one's fire flushes: see fut_waiter_kind. */
		self->inline_busy = busy || link != NULL;
		waiter->kind->fire(waiter, waiter->error, NULL);
	}
}

#endif
