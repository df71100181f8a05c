/*
 * What is kept of many numbers: how many, their sum, the least, the greatest,
 * and a histogram for percentiles.
 *
 * All of it is whole, and so it comes out the same, bit for bit, in whatever
 * order numbers are added and parts are merged: sums of doubles do not.
 *
 * The histogram is log-linear, as that of G. Tene's HdrHistogram: 128 buckets
 * for each power of two, of which those are allocated where numbers fall.  A
 * bucket's middle is at most 1/256, 0.4 %, away from what fell into it.
 */
#ifndef CENSUS_STATS_H
#define CENSUS_STATS_H

#include <stdint.h>
#include <stdio.h>

#define STATS_ERROR "0.4%"

/* Numbers are below 2^60 in size. */
enum { STATS_POWERS = 54, STATS_BUCKETS = 128 };

__extension__ typedef __int128 stats_sum_t;

/* All zero is empty. */
struct stats {
	uint64_t count;
	stats_sum_t sum;
	int64_t least, greatest;
	uint64_t *buckets[2][STATS_POWERS];	/* of those below 0; the rest */
};

/* 0, or ENOMEM. */
int stats_add(struct stats *stats, int64_t number);
int stats_merge(struct stats *stats, const struct stats *other);

/* Rounded to the nearest; 0 of none. */
int64_t stats_mean(const struct stats *stats);

/* The least of which so many percent are not above, within the error. */
int64_t stats_percentile(const struct stats *stats, unsigned percent);

/* The same bytes for the same numbers.  0 or an errno value. */
int stats_write(const struct stats *stats, FILE *out);

/* Into empty ones, which are to be finished after an error, too. */
int stats_read(struct stats *stats, FILE *in);

void stats_fini(struct stats *stats);

#endif
