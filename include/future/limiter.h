/*
 * Limiter: no more than so much in a given time.
 *
 *	future_limiter_t *calls;
 *	int error = future_limiter_new(100, 1000000000, 10, &calls);
 *
 *	error = future_limiter_acquire(calls, 1);	100 a second
 *	...
 *	future_limiter_unref(calls);
 *
 * A bucket of `burst` permits, full at first, that fills at a steady rate.  In
 * any window of time at most burst + rate * window permits are granted.  They
 * are spent, and not given back.
 *
 * All who wait stand in one queue: a request for n is served when n are there,
 * and smaller ones that came later do not overtake it.  Who gives up takes
 * nothing, and what comes after it moves up.  Nobody polls: whoever is first
 * has a timer of the default executor's.
 *
 * Limiters are for the threads of one process: none is used in a forked child.
 */
#ifndef FUTURE_LIMITER_H
#define FUTURE_LIMITER_H

#include <future/base.h>
#include <future/time.h>

FUTURE_BEGIN_DECLS

typedef struct future_limiter future_limiter_t;

/*
 * Makes a limiter of `count` permits in `period_ns`, to be given back with
 * future_limiter_unref().  Never blocks.  Returns 0, ENOMEM, or EINVAL where
 * one of these is less than 1, or `burst` times `period_ns` is more than
 * INT64_MAX.
 */
FUTURE_API FUTURE_CHECKED int future_limiter_new(size_t count,
	int64_t period_ns, size_t burst, future_limiter_t **ret_limiter);

/*
 * Blocks until it has taken `permits` (0: at once).  Returns 0; EINVAL for more
 * than the burst, which there never are; ECANCELED in a task that was
 * cancelled; until a deadline, ETIMEDOUT (FUTURE_NOW only looks); ENOMEM, or
 * EAGAIN if there can be no timer.  Whatever the error, nothing is taken.
 */
FUTURE_API FUTURE_CHECKED int future_limiter_acquire(future_limiter_t *limiter,
	size_t permits);
FUTURE_API FUTURE_CHECKED int future_limiter_acquire_until(
	future_limiter_t *limiter, size_t permits, future_time_t deadline);

/*
 * Returns a future that succeeds, with the value NULL, when it has taken the
 * permits, or fails with the errors above.  Cancel it to leave the queue; its
 * last reference cancels nothing.  It settles on the thread of a timer.  Never
 * blocks.  The caller owns the reference.
 */
FUTURE_API FUTURE_CHECKED future_t *future_limiter_acquire_async(
	future_limiter_t *limiter, size_t permits);

/* Returns `limiter` with one more reference. */
FUTURE_API future_limiter_t *future_limiter_ref(future_limiter_t *limiter);

/* Gives a reference back; NULL is fine.  Who waits is served all the same. */
FUTURE_API void future_limiter_unref(future_limiter_t *limiter);

FUTURE_END_DECLS

#endif
