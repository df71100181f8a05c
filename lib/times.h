/*
 * Floor 4: how long tasks were queued and how long they ran: two histograms of
 * power-of-two buckets.
 *
 * One thread at a time writes, the worker whose they are or who holds a lock;
 * any other reads without one, each number on its own.
 */
#ifndef FUT_TIMES_H
#define FUT_TIMES_H

#include "base.h"

#include <future/stats.h>

struct fut_histogram {
	_Atomic uint64_t sum_ns;
	_Atomic uint64_t bucket[FUTURE_HISTOGRAM_BUCKETS];
};

struct fut_times {
	_Alignas(64) struct fut_histogram queued;
	struct fut_histogram running;
};

/* By who alone writes it; others read it. */
static inline void fut_times_grow(_Atomic uint64_t *counter, uint64_t by)
{
	atomic_store_explicit(counter,
		atomic_load_explicit(counter, FUT_RELAXED) + by, FUT_RELAXED);
}

/* The smallest i with ns <= 2^i, and 0 for 0: see <future/stats.h>. */
static inline unsigned fut_times_bucket(uint64_t ns)
{
	return ns <= 1 ? 0 : 64 - (unsigned)__builtin_clzll(ns - 1);
}

/* A task has run; neither is negative. */
void fut_times_add(struct fut_times *times, int64_t queued_ns,
	int64_t running_ns);

/* Adds them to what is there. */
void fut_times_read(struct fut_times *times,
	struct future_executor_times *ret_times);

static inline uint64_t fut_times_sum(struct fut_histogram *histogram)
{
	return atomic_load_explicit(&histogram->sum_ns, FUT_RELAXED);
}

#endif
