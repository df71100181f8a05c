/*
 * Floor 2: what addresses stand for while a trace is written: a table that
 * grows.
 */
#ifndef FUT_THINGS_H
#define FUT_THINGS_H

#include "base.h"

/* What an address stands for at present; all zero at first. */
struct fut_thing {
	const void *address;	/* NULL: the place is free */
	const void *executor;	/* where a task is queued; NULL: nowhere */
	uint64_t arrow;		/* which is open; 0: none */
	size_t queued;		/* of an executor */
	const char *name;	/* of a pool: that of a worker's thread */
};

/* All zero is an empty one. */
struct fut_things {
	struct fut_thing *places;	/* hashed, a power of two, half empty */
	size_t room, used;
	struct fut_thing spare;		/* where there was no memory */
	bool failed;			/* that has been so */
};

/* Never NULL.  Good until the next call. */
struct fut_thing *fut_thing_at(struct fut_things *things, const void *address);

void fut_things_end(struct fut_things *things);

#endif
