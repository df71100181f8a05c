/*
 * Floor 5: whether anything that a wait needs can still move.
 *
 * From what is awaited down to what it cannot settle without; from a function
 * that runs to what its thread is asleep for, if it is; from a task that waits
 * for a thread to what all those who could run it are asleep for.  If one of
 * these can move, there is hope: a promise, a timer, a primitive, a thread that
 * is awake, an executor of the user's.  If none can, the wait is EDEADLK.
 *
 * Whoever goes to sleep sets his **hope** on the last of what he needs that can
 * move, and hangs a hook there: when that has settled, he looks again.  So each
 * cares for himself, and a hope may be set on what another does who sleeps, as
 * long as that one needs his own still, and it does not lead back.  Where it
 * would, but the other could set it on something else, he is prodded and looks
 * again.  Somebody comes last, and sees all: of those who would wait for each
 * other for ever, he is the one to be told.
 *
 * Those who sleep look again, too, when a task is queued where nobody is awake,
 * and when something that they need comes to follow.
 */
#ifndef FUT_HOPE_H
#define FUT_HOPE_H

#include "asleep.h"
#include "job.h"

enum fut_hope {
	FUT_HOPE_MOVES,	/* something can move */
	FUT_HOPE_RUN,	/* there is a job that only the caller can run now */
	FUT_HOPE_NONE
};

/*
 * In its turn, by a thread that has put itself into the list.  With MOVES,
 * *ret_on is its hope; with RUN, the job.  Both with a reference, to be dropped
 * after the turn.  If it `helps`, it runs a job rather than hope for another.
 */
enum fut_hope fut_hope_find(struct fut_asleep *own, bool helps,
	struct future_cell **ret_on);

/*
 * `cell` follows now, and is not LINKING any more: those asleep who need it, at
 * any distance, look again.
 */
void fut_hope_follows(struct future_cell *cell);

/*
 * `cell` has been told of an input, and unless it has settled, others are to
 * decide: the same for those whose hope that was, at any distance.  Sets *told.
 */
void fut_hope_lost(struct future_cell *cell, _Atomic bool *told);

#endif
