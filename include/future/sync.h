/*
 * Mutex, semaphore, event, latch: what threads and futures wait for together.
 *
 *	static future_mutex_t lock = FUTURE_MUTEX_INIT;
 *
 *	future_mutex_lock(&lock);
 *	counter++;
 *	future_mutex_unlock(&lock);
 *
 * Each can be waited for by sleeping, with a deadline (_until; FUTURE_NOW only
 * looks), and as a future (_async).  All who wait stand in one queue, first
 * come first served; one that gave up leaves nothing there.
 *
 * They are values: all zero is ready to use, there is nothing to destroy, and
 * one may go, or be set up anew, once no call and no future waits on it, or
 * holds it.  What a future holds is free when the call that gives back your
 * last reference returns; a continuation that does not pass it on lets go of it
 * before its own future settles (one that follows another future, before that
 * has settled: future_move() the hold to keep it).  Only a race, an any or a
 * follow of it may keep it for a moment longer: there take the hold, and give
 * it back yourself.
 * They are for the threads of one process, and are not copied.  What was done
 * before an unlock, release, set or count_down is seen by whoever that lets
 * pass.
 *
 * A wait inside a task ends with ECANCELED when the task's future is cancelled,
 * unless what it waits for is there; only future_mutex_lock() goes on waiting.
 * One with FUTURE_NOW does not wait: it ends with ETIMEDOUT there as elsewhere.
 * To give up a future that waits, cancel it: its place in the queue is free
 * when that returns true.  The future's last reference cancels nothing: such a
 * wait is forgotten when its turn comes.
 */
#ifndef FUTURE_SYNC_H
#define FUTURE_SYNC_H

#include <future/base.h>
#include <future/time.h>

FUTURE_BEGIN_DECLS

/*
 * The mutex: held by one thread at a time, or by a future.
 *
 * A running thread may take a free mutex past those who sleep; one of these
 * that has waited for more than a millisecond is handed it.
 */
typedef struct future_mutex {
	uint64_t state;		/* all private */
	void *waiters;
	uint64_t depth;
} future_mutex_t;

#define FUTURE_MUTEX_INIT { 0, NULL, 0 }
/* One that its owner may lock again, and must unlock as often. */
#define FUTURE_MUTEX_RECURSIVE_INIT { 2, NULL, 0 }

/*
 * Blocks until the calling thread holds the mutex, even if the task that calls
 * is cancelled.  Returns 0; EDEADLK if the thread holds it already, or
 * EOVERFLOW after 4294967295 times for a recursive one.
 */
FUTURE_API int future_mutex_lock(future_mutex_t *mutex);

/* The same until a deadline: also ETIMEDOUT, ECANCELED. */
FUTURE_API FUTURE_CHECKED int future_mutex_lock_until(future_mutex_t *mutex,
	future_time_t deadline);

/*
 * Returns a future that settles when it holds the mutex.  The value is the
 * hold: the last future to share it unlocks the mutex, unless future_take()
 * has made it the caller's, to be given back with future_mutex_unlock(), on any
 * thread.  Such a hold has no owner that could be told from a stranger.  That
 * last one may be the library's, after the caller has let go of its own: before
 * the mutex may go, lock and unlock it.
 */
FUTURE_API FUTURE_CHECKED future_t *future_mutex_lock_async(
	future_mutex_t *mutex);

/*
 * Never blocks.  Returns 0, or EPERM if nobody holds the mutex, or another
 * thread does.
 */
FUTURE_API int future_mutex_unlock(future_mutex_t *mutex);

/*
 * The semaphore: a number of permits, at most 4294967295.
 *
 * A request for n is served when n are there; smaller ones that came later do
 * not overtake it.  Permits may be released by any thread.
 */
typedef struct future_semaphore {
	uint64_t state;		/* all private */
	void *waiters;
} future_semaphore_t;

/* With `permits`; all zero has none. */
#define FUTURE_SEMAPHORE_INIT(permits) \
	{ (uint64_t)(uint32_t)(permits) << 32, NULL }

/*
 * Blocks until it has taken `permits` (0: at once).  Returns 0; EINVAL for more
 * than a semaphore can have, ECANCELED; until a deadline, ETIMEDOUT.
 */
FUTURE_API FUTURE_CHECKED int future_semaphore_acquire(
	future_semaphore_t *semaphore, size_t permits);
FUTURE_API FUTURE_CHECKED int future_semaphore_acquire_until(
	future_semaphore_t *semaphore, size_t permits, future_time_t deadline);

/*
 * Returns a future that settles when it has taken the permits.  The value
 * stands for them: the last future to share it releases them, unless
 * future_take() has made them the caller's, who releases as many, on any
 * thread.  Where there are several, what is taken has no `destroy`.
 */
FUTURE_API FUTURE_CHECKED future_t *future_semaphore_acquire_async(
	future_semaphore_t *semaphore, size_t permits);

/*
 * Gives permits, taken before or new.  Never blocks.  Returns 0, or EOVERFLOW
 * with nothing changed if there would be too many.
 */
FUTURE_API int future_semaphore_release(future_semaphore_t *semaphore,
	size_t permits);

/*
 * The event: set or not.  A manual one stays set, and lets everybody pass,
 * until it is reset; one that resets itself lets one waiter pass for each time
 * it is set, and remembers one set if nobody waits.
 */
typedef struct future_event {
	uint64_t state;		/* all private */
	void *waiters;
} future_event_t;

#define FUTURE_EVENT_INIT { 0, NULL }
#define FUTURE_EVENT_AUTO_INIT { 2, NULL }

/* Blocks until it is set.  0, ECANCELED; until a deadline, ETIMEDOUT. */
FUTURE_API FUTURE_CHECKED int future_event_wait(future_event_t *event);
FUTURE_API FUTURE_CHECKED int future_event_wait_until(future_event_t *event,
	future_time_t deadline);

/* Returns a future that settles when the event lets it pass; no value. */
FUTURE_API FUTURE_CHECKED future_t *future_event_wait_async(
	future_event_t *event);

/* Never block. */
FUTURE_API void future_event_set(future_event_t *event);
FUTURE_API void future_event_reset(future_event_t *event);
FUTURE_API bool future_event_is_set(const future_event_t *event);

/* The latch: opens once it has been counted down to 0, and stays open. */
typedef struct future_latch {
	uint64_t state;		/* all private */
	void *waiters;
} future_latch_t;

/* Opens after `count`; all zero is open. */
#define FUTURE_LATCH_INIT(count) \
	{ (uint64_t)(uint32_t)(count) << 32, NULL }

/* Blocks until it is open.  0, ECANCELED; until a deadline, ETIMEDOUT. */
FUTURE_API FUTURE_CHECKED int future_latch_wait(future_latch_t *latch);
FUTURE_API FUTURE_CHECKED int future_latch_wait_until(future_latch_t *latch,
	future_time_t deadline);

/* Returns a future that settles when the latch opens; no value. */
FUTURE_API FUTURE_CHECKED future_t *future_latch_wait_async(
	future_latch_t *latch);

/*
 * Never blocks.  Returns 0, or EOVERFLOW with nothing changed if less than
 * `count` was left.
 */
FUTURE_API int future_latch_count_down(future_latch_t *latch, size_t count);

FUTURE_END_DECLS

#endif
