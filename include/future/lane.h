/*
 * Lanes: a queue of its own on another executor, for things that must not run
 * at the same time, or not too many of them.
 *
 *	future_executor_t *account;
 *	int error = future_lane_new(pool, 1, &account);
 *	...
 *	future_submit(account, withdraw, &order);	one after the other
 *	...
 *	future_executor_unref(account);		the pool stays
 *
 * A lane is an executor and costs no thread: a program may have one for each
 * connection, file or object, in place of a mutex.
 */
#ifndef FUTURE_LANE_H
#define FUTURE_LANE_H

#include <future/base.h>

FUTURE_BEGIN_DECLS

/*
 * Makes a lane on `parent` (NULL: the default executor), which runs at most
 * `limit` of its tasks at a time.  They start in the order in which they came,
 * whatever their priority; with 1 each has returned, and its future has
 * settled, before the next starts (one that follows another future settles with
 * that, and holds up nobody).  Lanes take turns, a task each, with one another
 * and with what is queued on the parent itself, where they are normal.  The
 * queue has no bound, and counts in the parent's as one task.  Hooks and timers
 * are the parent's.
 *
 * The lane keeps its parent open; closing the lane leaves that alone.  After a
 * shutdown of the parent a lane refuses what is new, and what it has still
 * runs; a cancel of the parent settles what is queued in its lanes (where the
 * limit is at work, when one of those returns), but does not count it.
 *
 * A task that waits without a deadline for one queued in its own lane, or in a
 * lane on the same parent with less than its limit at work, runs that lane's
 * tasks there and then, in order, up to the one it waits for.
 *
 * Returns 0, EINVAL (limit 0), ENOMEM, EAGAIN if the default executor could not
 * be started, ECHILD, ESHUTDOWN in a task of a parent that has been closed.
 *
 * The one reference is to be given back with future_executor_unref(), which
 * waits for what is queued; inside the lane or on a thread of its parent it
 * does not.  Who waits for a lane on a loop runs that loop meanwhile, if nobody
 * else does; a closed one that still has tasks does not keep a loop open, whose
 * last unref runs them.
 */
FUTURE_API FUTURE_CHECKED int future_lane_new(future_executor_t *parent,
	size_t limit, future_executor_t **ret_lane);

FUTURE_END_DECLS

#endif
