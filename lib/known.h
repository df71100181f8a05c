/*
 * Floor 5: futures that somebody wants to find again: those with a name.
 *
 * Each has a record here from when it is named until it is freed, in a table by
 * its address; in between the future lives, so who holds a record's lock may
 * look at it.  A KNOWN future says so in its word: the others cost nothing.
 */
#ifndef FUT_KNOWN_H
#define FUT_KNOWN_H

#include "job.h"
#include "pool.h"

/* A thread: a pool's worker, or where `pool` is NULL any other. */
struct fut_where {
	const struct fut_pool *pool;	/* perhaps it is no more */
	size_t index;
	char name[FUT_POOL_NAME_MAX];	/* the pool's */
};

struct fut_where fut_where_is(const struct fut_worker *worker);

/* One of them, as it was seen. */
struct fut_sight {
	const struct future_cell *cell;
	uint32_t state;
	const char *name, *site;	/* or NULL */
	int64_t born_ns, started_ns;	/* started_ns: 0, it has not */
	struct fut_where where;		/* it was started there */
};

/* Begins, or adds what is not NULL.  Without memory it is not KNOWN. */
void fut_known_as(struct fut_job *job, const char *name, const char *site);

/* Of a KNOWN one: its function begins here; it is about to be freed. */
void fut_known_started(struct fut_job *job);
void fut_known_end(struct fut_job *job);

static inline void fut_known_start(struct fut_job *job)
{
	if (FUT_UNLIKELY(fut_cell_state(&job->cell) & FUT_KNOWN))
		fut_known_started(job);
}

/* False if it is not KNOWN; perhaps there is no such future any more. */
bool fut_known_find(const struct future_cell *cell,
	struct fut_sight *ret_sight);

/* Its function runs now. */
bool fut_sight_runs(const struct fut_sight *sight);

/* Those with the same name and site. */
struct fut_kin {
	const char *name, *site;
	size_t count, pending, running;	/* the others have settled */
	int64_t born_ns;		/* of the oldest */
};

/* More kinds than these, or more that run, are not told apart. */
#ifndef FUT_CENSUS_MOST
#define FUT_CENSUS_MOST 4096
#endif

/* All of them. */
struct fut_census {
	size_t count;
	size_t other;		/* of those: they are in no kin */
	struct fut_kin *kin;	/* hashed: many places are free, count 0 */
	size_t places, kinds;
	struct fut_sight *running;	/* in workers of pools */
	size_t running_count;
};

/* False if there is no memory.  Ended even so. */
bool fut_census_take(struct fut_census *ret_census);
void fut_census_end(struct fut_census *census);

#endif
