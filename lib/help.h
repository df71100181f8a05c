/*
 * Floor 5: what a waiting task can do for what it waits for.
 *
 * It may run exactly what the awaited future cannot settle without: the task
 * itself, what it follows, its source, the inputs of an all.  Never a stranger,
 * which would deadlock where the waiter holds a lock; and an input of an any or
 * of a race, which may settle without it, only where nobody else can: hope.h.
 *
 * The same walk finds the rings of futures that follow each other: follow.c.
 */
#ifndef FUT_HELP_H
#define FUT_HELP_H

#include "asleep.h"
#include "job.h"

enum fut_help {
	FUT_HELP_NOTHING,	/* somebody else is at it, or must begin */
	FUT_HELP_ELSE,		/* the same; or one if nobody else can */
	FUT_HELP_AGAIN,		/* something moved: look again */
	FUT_HELP_JOB,		/* one to run, with a reference */
	FUT_HELP_SELF		/* it waits for a function that waits here */
};

/*
 * Combined futures in each other are a recursion: half of the stack is for
 * that, and where it is used already room for so many.
 */
#define FUT_HELP_NESTED 16

/*
 * The combined futures that a look is inside of.  Where one input of an any is
 * in a ring of those that need each other, a look comes by it twice.
 */
struct fut_path {
	const struct fut_path *up;
	const struct future_cell *cell;
};

static inline bool fut_path_has(const struct fut_path *path,
	const struct future_cell *cell)
{
	while (path != NULL && path->cell != cell)
		path = path->up;
	return path != NULL;
}

/* Looks from `cell`, which is pending, down to what can be started. */
enum fut_help fut_help_find(struct future_cell *cell, struct fut_job **ret_job);

/*
 * The next future that one which has not settled waits to hear of, with a
 * reference; NULL if there is none (any more).  As fut_cell_kind's need, but
 * not what has settled and told everybody: then it is for an executor to go
 * on.  The caller buries.
 */
struct future_cell *fut_help_need(struct fut_job *job, size_t *at, bool back);

/* True if who stands there may start the job, if that has not been started. */
bool fut_help_may_run(const struct fut_spot *spot, const struct fut_job *job);

/* True if `cell` cannot settle before `other` has, at any distance. */
bool fut_help_waits(struct future_cell *cell, const struct future_cell *other);

/* Runs it, if it can still be started.  Takes the reference. */
void fut_help_run(struct fut_job *job);

#endif
