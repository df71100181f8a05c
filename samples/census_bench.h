/* Comparing: with the loop that has no chunks, and by the clock. */
#ifndef CENSUS_BENCH_H
#define CENSUS_BENCH_H

#include "census.h"

/* 0, an error as of census_run(), or -1: the table is another, as printed. */
int census_verify(const struct census_job *job, const struct table *table);

/*
 * Prints what 1 to `most` threads and processes take; 0: as many as there are
 * CPUs.  Each answer is verified.  Errors as above.
 */
int census_bench(const struct census_job *job, size_t most);

#endif
