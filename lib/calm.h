/*
 * Floor 4: who waits until an executor is calm, or over: in drain, join, close.
 * It is a condition under the executor's lock, told only if somebody waits.
 *
 *	while (busy(executor) && error == 0)
 *		error = fut_calm_await(&executor->calm, &executor->lock, ...);
 *
 * The word lies in a shell, which is never freed: so it is woken after the
 * lock, when the executor may be over.
 */
#ifndef FUT_CALM_H
#define FUT_CALM_H

#include "lock.h"
#include "park.h"

struct fut_calm {
	size_t watchers;	/* under the lock */
	_Atomic uint32_t word;	/* they park on it */
};

/* Under the lock: true if the caller is to wake them after it. */
static inline bool fut_calm_tell(struct fut_calm *calm)
{
	if (calm->watchers == 0)
		return false;
	atomic_fetch_add_explicit(&calm->word, 1, FUT_RELEASE);
	return true;
}

static inline void fut_calm_wake(struct fut_calm *calm)
{
	fut_unpark(&calm->word, FUT_EVERYBODY);
}

/*
 * Under the lock, which it gives back meanwhile.  Returns 0 when told, or for
 * nothing, or ETIMEDOUT: then what is waited for may yet have come.
 */
int fut_calm_await(struct fut_calm *calm, struct fut_lock *lock,
	int64_t deadline_ns);

#endif
