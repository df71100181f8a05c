/*
 * Floor 2: a hook, the only way to learn that a future has settled.
 *
 * It hangs in a ring of its future, in order of registration, and is fired
 * once or taken off, never both.  Who embeds it finds itself by FUT_OWNER.
 */
#ifndef FUT_HOOK_H
#define FUT_HOOK_H

#include "ring.h"

struct future_cell;
struct fut_hook;

/*
 * No lock is held, unless the source is `locked`: then it either does all it
 * has to without another lock or a call of the user's, or it does nothing,
 * returns false, and is fired again without the lock.  The hook may be gone
 * when this returns true.
 */
typedef bool fut_hook_fn(struct fut_hook *hook, struct future_cell *source,
	bool locked);

struct fut_hook {
	struct fut_link link;	/* under the future's lock */
	fut_hook_fn *fire;
};

static inline void fut_hook_init(struct fut_hook *hook, fut_hook_fn *fire)
{
	hook->link.next = NULL;
	hook->fire = fire;
}

#endif
