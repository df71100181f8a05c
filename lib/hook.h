/*
 * Floor 2: a hook, the only way to learn that a future has settled.
 *
 * It hangs in a ring of its future, in order of registration, and is fired
 * once or taken off, never both.  Who embeds it finds itself by FUT_OWNER.
 */
#ifndef FUT_HOOK_H
#define FUT_HOOK_H

#include "base.h"

struct future_cell;

struct fut_hook {
	struct fut_hook *next;	/* under the future's lock; NULL: not hung */
	struct fut_hook *prev;

	/*
	 * No lock is held, unless the source is `locked`: then it either does
	 * all it has to without another lock or a call of the user's, or it
	 * does nothing, returns false, and is fired again without the lock.
	 * The hook may be gone when this returns true.
	 */
	bool (*fire)(struct fut_hook *hook, struct future_cell *source,
		bool locked);
};

/* A ring is known by its last hook; NULL is the empty one. */
static inline void fut_hook_append(struct fut_hook **last,
	struct fut_hook *hook)
{
	if (*last == NULL) {
		hook->next = hook->prev = hook;
	} else {
		hook->next = (*last)->next;
		hook->prev = *last;
		hook->next->prev = hook;
		(*last)->next = hook;
	}
	*last = hook;
}

static inline void fut_hook_remove(struct fut_hook **last,
	struct fut_hook *hook)
{
	if (hook->next == hook) {
		*last = NULL;
	} else {
		hook->next->prev = hook->prev;
		hook->prev->next = hook->next;
		if (*last == hook)
			*last = hook->prev;
	}
	hook->next = NULL;
}

#endif
