/*
 * What executors did, for who runs a service: how long tasks were queued and
 * how long they ran, as histograms; what each worker of a pool did.
 *
 *	future_executor_times_t times;
 *
 *	future_executor_times(pool, &times);
 *	times.queued.bucket[20]		so many were queued for about 1 ms
 *
 * What is queued and running now, and how tasks ended, future_executor_stats()
 * says.  All of this counts from the start and never goes back: a rate is the
 * difference of two readings, divided by the time between them.
 */
#ifndef FUTURE_STATS_H
#define FUTURE_STATS_H

#include <future/base.h>

FUTURE_BEGIN_DECLS

#define FUTURE_HISTOGRAM_BUCKETS 64

/*
 * Durations: bucket[i] counts those of at most 2^i ns that are longer than
 * 2^(i-1) ns; 0 and 1 ns are in bucket[0].
 */
typedef struct future_histogram {
	uint64_t count;		/* the sum of the buckets, as they were read */
	uint64_t sum_ns;
	uint64_t bucket[FUTURE_HISTOGRAM_BUCKETS];
} future_histogram_t;

/* Of the tasks and continuations whose function was called. */
typedef struct future_executor_times {
	future_histogram_t queued;	/* from submit or release to start */
	future_histogram_t running;	/* from start to return */
} future_executor_times_t;

typedef struct future_executor_worker {
	size_t tasks;		/* that ended on it, those of lanes, too */
	size_t stolen;		/* of these: set aside by another worker */
	size_t slept;		/* how often it slept for want of any */
	uint64_t running_ns;	/* of these; only with .timing, else 0 */
} future_executor_worker_t;

/*
 * Copies the times of a pool that was made with .timing, or of a lane on one;
 * anything else has zeros, as has what a forked child inherited.  A task is
 * counted once, where it was submitted: in the lane, not in its parent as well.
 * It is in there before its future settles.  One that runs another while it
 * waits has the time of both.
 *
 * Takes no lock: each number is read on its own, while others may grow.
 */
FUTURE_API void future_executor_times(future_executor_t *executor,
	future_executor_times_t *ret_times);

/*
 * What the workers of a pool did, of the first `size` of them; the spare ones
 * come last.  Returns how many the pool has, 0 for what is no pool and in a
 * forked child; with `size` 0 that is all.
 *
 * What ended elsewhere is missing: tasks that FUTURE_CALLER_RUNS has run, and
 * those that were cancelled in the queue.  Takes no lock, as above.
 */
FUTURE_API size_t future_executor_workers(future_executor_t *executor,
	size_t size, future_executor_worker_t *ret_workers);

FUTURE_END_DECLS

#endif
