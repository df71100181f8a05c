/*
 * Executors: where tasks and continuations run.
 *
 *	future_executor_unref(pool);	runs what is queued, joins the threads
 *
 * Handles keep an executor open; futures and promises do not.  A NULL
 * executor means the default one in every call.
 */
#ifndef FUTURE_EXECUTOR_H
#define FUTURE_EXECUTOR_H

#include <future/base.h>
#include <future/time.h>

FUTURE_BEGIN_DECLS

typedef struct future_executor_stats {
	size_t queued;		/* accepted, not started */
	size_t running;		/* started, not returned */
	size_t completed;	/* since the start: succeeded */
	size_t failed;
	size_t cancelled;
	size_t refused;
	size_t peak_queue;	/* the most that were ever queued */
	uint64_t queued_ns;	/* sums; only with .timing, else 0: stats.h */
	uint64_t running_ns;
	size_t threads;		/* how many tasks run at once; 0: unknown */
} future_executor_stats_t;

/*
 * The executor that runs a task at once, in the call that submits it, or in
 * the call that settles what a continuation waits for.  Tasks that become
 * ready inside such a task wait for it to return: there is no recursion.  It
 * is lent, and cannot be closed.
 */
FUTURE_API future_executor_t *future_inline(void);

/*
 * The default executor: a pool with all defaults, started on first use.  It
 * is lent, and cannot be closed (shutdown, cancel and unref do nothing; exit
 * does not wait for it: drain what matters).  NULL if it could not be started.
 */
FUTURE_API future_executor_t *future_default(void);

/* The executor that runs the calling task; lent.  NULL outside a task. */
FUTURE_API future_executor_t *future_current(void);

/*
 * Returns `executor` with one more reference.  While there is one: in a task of
 * a closed executor, of which future_current() may be one, it aborts.
 */
FUTURE_API future_executor_t *future_executor_ref(future_executor_t *executor);

/*
 * Gives a reference back; NULL is fine.  The last one closes the executor:
 * shutdown, run what is queued, join the threads (this blocks).  On one of its
 * own threads it does not wait: the last thread frees it.
 */
FUTURE_API void future_executor_unref(future_executor_t *executor);

/*
 * No new tasks (ESHUTDOWN); queued ones still run, and so do the continuations
 * that the executor's own tasks release.  Wakes those who wait for room.
 */
FUTURE_API void future_executor_shutdown(future_executor_t *executor);

/*
 * Shutdown, and every queued task and armed timer settles with ECANCELED;
 * running ones are asked (future_cancel_requested()).  Returns how many this
 * call settled.
 */
FUTURE_API size_t future_executor_cancel(future_executor_t *executor);

/*
 * After a shutdown: waits until every task has been run or dropped and the
 * threads are gone.  Returns 0, ETIMEDOUT, EDEADLK on one of its own threads,
 * EBUSY if it has not been shut down, EINVAL for an executor without an end
 * (inline, default), ECHILD in a forked child.
 */
FUTURE_API FUTURE_CHECKED int future_executor_join(future_executor_t *executor,
	future_time_t deadline);

/*
 * Waits until nothing is queued or running; the executor stays open.  Returns
 * 0, ETIMEDOUT, EDEADLK on one of its own threads, ECHILD in a forked child.
 */
FUTURE_API FUTURE_CHECKED int future_executor_drain(
	future_executor_t *executor, future_time_t deadline);

/*
 * Shutdown and unref without waiting, for the server whose deadline has
 * passed: the last thread to finish frees the executor.
 */
FUTURE_API void future_executor_detach(future_executor_t *executor);

/* Counts, each read on its own; zeros in a forked child.  Never blocks long. */
FUTURE_API void future_executor_stats(future_executor_t *executor,
	future_executor_stats_t *ret_stats);

FUTURE_END_DECLS

#endif
