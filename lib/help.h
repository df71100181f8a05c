/*
 * Floor 5: what a waiting task can do for what it waits for.
 *
 * It may run exactly what the awaited future cannot settle without: the task
 * itself, what it follows, its source, the inputs of a combined one.  Never a
 * stranger, which would deadlock where the waiter holds a lock.
 *
 * The same walk finds the rings of futures that follow each other: follow.c.
 */
#ifndef FUT_HELP_H
#define FUT_HELP_H

#include "job.h"

enum fut_help {
	FUT_HELP_NOTHING,	/* somebody else is at it, or must begin */
	FUT_HELP_AGAIN,		/* something moved: look again */
	FUT_HELP_JOB,		/* one to run, with a reference */
	FUT_HELP_SELF		/* it waits for a function that waits here */
};

/* Looks from `cell`, which is pending, down to what can be started. */
enum fut_help fut_help_find(struct future_cell *cell, struct fut_job **ret_job);

/*
 * Something follows now: those who sleep in waits where something that `cell`
 * needs can be started look again.
 */
void fut_help_prod(struct future_cell *cell);

/* True if `cell` cannot settle before `other` has, at any distance. */
bool fut_help_waits(struct future_cell *cell, const struct future_cell *other);

/* Runs it, if it can still be started.  Takes the reference. */
void fut_help_run(struct fut_job *job);

#endif
