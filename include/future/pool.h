/*
 * The thread pool: a fixed number of workers and one queue, first in first out
 * within a priority: see <future/priority.h>.
 *
 *	future_pool_options_t options = { .threads = 4, .name = "fetch" };
 *	future_executor_t *pool;
 *	int error = future_pool_new(&options, &pool);
 */
#ifndef FUTURE_POOL_H
#define FUTURE_POOL_H

#include <future/base.h>

FUTURE_BEGIN_DECLS

/* What submit does when queue_capacity tasks are accepted and not started. */
typedef enum future_when_full {
	FUTURE_REJECT,		/* EAGAIN */
	FUTURE_BLOCK,		/* waits, at most block_ns, then EAGAIN */
	FUTURE_CALLER_RUNS,	/* runs it inside submit: hold no lock */
	FUTURE_DISCARD,		/* the new one fails with EAGAIN */
	FUTURE_DISCARD_OLDEST	/* the oldest of the lowest priority, which
				 * may be the new one, gets ECANCELED */
} future_when_full_t;

/* All zero is a pool of as many threads as this process may use CPUs. */
typedef struct future_pool_options {
	size_t threads;		/* 0: the CPUs this process may use */
	size_t queue_capacity;	/* 0: no bound */
	future_when_full_t when_full;
	int64_t block_ns;	/* for FUTURE_BLOCK; 0: no limit */
	const char *name;	/* copied; threads are "name-0", "name-1" */
	size_t stack_size;	/* bytes; 0: the system's default */
	size_t spare_threads;	/* for those that sleep; see below */
	bool timing;		/* clock every task: <future/stats.h> */

	/* Run on each worker, first and last; `arg` is hook_arg. */
	void (*on_thread_start)(void *arg);
	void (*on_thread_stop)(void *arg);

	/*
	 * Carry a context from the thread that submits, or hangs on a
	 * continuation, to the one that runs it: capture on the former, before
	 * and after around the function on the latter.  release, if set, is
	 * called once for each capture when its task is over, run or not.
	 *
	 * A thread that waits in a task may run another one meanwhile, and so
	 * may who submits to a full pool: so after puts back what before found.
	 * What hangs on something unsettled when the pool is closed is released
	 * when that settles: hook_arg is lent until then.
	 */
	void *(*capture)(void *hook_arg);
	void (*before)(void *hook_arg, void *captured, const char *name);
	void (*after)(void *hook_arg, void *captured, const char *name,
		int error);
	void (*release)(void *hook_arg, void *captured);
	void *hook_arg;

	void *reserved[4];	/* NULL */
} future_pool_options_t;

/*
 * Spare threads: while workers sleep in waits of this library inside their
 * tasks, up to so many others take their place, so that `threads` of them are
 * awake where there is work; those who have just been woken come on top.  They
 * are started when they are first needed, and stay.  A pool of one is not
 * serial any more then: its tasks may overlap in their waits.
 *
 * Starts a pool.  `options` may be NULL: all defaults.  On success the pool is
 * in *ret_pool with one reference, to be given back with
 * future_executor_unref().
 *
 * Returns 0, EINVAL (a negative duration, an unknown policy, more than 4096
 * threads or spare ones, a stack below the system's minimum), ENOTSUP (a
 * reserved field), ENOMEM, or EAGAIN if not all threads could be started; then
 * none is left.
 */
FUTURE_API FUTURE_CHECKED int future_pool_new(
	const future_pool_options_t *options, future_executor_t **ret_pool);

FUTURE_END_DECLS

#endif
