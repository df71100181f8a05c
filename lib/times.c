/* See times.h; and what users may read of it. */
#include "times.h"
#include "default.h"

#include <string.h>

static void add(struct fut_histogram *histogram, int64_t ns)
{
	FUT_ASSERT(ns >= 0);
	fut_times_grow(&histogram->bucket[fut_times_bucket((uint64_t)ns)], 1);
	fut_times_grow(&histogram->sum_ns, (uint64_t)ns);
}

void fut_times_add(struct fut_times *times, int64_t queued_ns,
	int64_t running_ns)
{
	add(&times->queued, queued_ns);
	add(&times->running, running_ns);
}

static void read(struct fut_histogram *histogram,
	struct future_histogram *ret_histogram)
{
	for (int i = 0; i < FUTURE_HISTOGRAM_BUCKETS; i++) {
		uint64_t count = atomic_load_explicit(&histogram->bucket[i],
			FUT_RELAXED);

		ret_histogram->bucket[i] += count;
		ret_histogram->count += count;
	}
	ret_histogram->sum_ns += fut_times_sum(histogram);
}

void fut_times_read(struct fut_times *times,
	struct future_executor_times *ret_times)
{
	read(&times->queued, &ret_times->queued);
	read(&times->running, &ret_times->running);
}

/* The executor that is meant; NULL if there is nothing to be read here. */
static struct future_executor *readable(struct future_executor *executor)
{
	executor = fut_executor_peek(fut_executor_meant(executor));
	return executor == NULL || fut_executor_inherited(executor) ? NULL :
		executor;
}

void future_executor_times(future_executor_t *executor,
	future_executor_times_t *ret_times)
{
	if (ret_times == NULL)
		return;
	memset(ret_times, 0, sizeof(*ret_times));
	executor = readable(executor);
	if (executor != NULL && executor->kind->times != NULL)
		executor->kind->times(executor, ret_times);
}

size_t future_executor_workers(future_executor_t *executor, size_t size,
	future_executor_worker_t *ret_workers)
{
	executor = readable(executor);
	if (executor == NULL || executor->kind->workers == NULL)
		return 0;
	return executor->kind->workers(executor,
		ret_workers != NULL ? size : 0, ret_workers);
}
