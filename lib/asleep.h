/*
 * Floor 4: who is asleep inside a function, in a wait without a deadline: what
 * hope.h looks at to tell whether anything can still move.
 *
 * The list belongs to whoever has the turn.  That is no lock like the others:
 * in its turn a thread takes those of what it looks at, one at a time, and
 * nobody asks for the turn who holds one.  While somebody has it nobody comes
 * or goes; those in the list may be woken, which their sleepers' words say, but
 * get no further.  Nothing of the user's is called.
 */
#ifndef FUT_ASLEEP_H
#define FUT_ASLEEP_H

#include "frame.h"
#include "sleeper.h"

struct fut_worker;

/* Where a thread is: from that follows what it may run. */
struct fut_spot {
	const struct fut_frame *frame;	/* the innermost function */
	const struct fut_worker *worker;	/* or NULL */
	bool inline_busy;	/* it will run the inline executor's */
	bool deep;		/* half of its stack is used: nothing more */
};

/* On the stack of the thread, and in the list. */
struct fut_asleep {
	struct fut_asleep *next, **prev;	/* in somebody's turn */
	struct fut_spot spot;
	struct future_cell *waits;	/* for that; the waiter's reference */
	struct future_cell *on;		/* its hope, with one of its own */
	bool joins;		/* for its function to return: it has settled */
	bool firm;		/* others are told first that it is in vain */
	bool stops;		/* a cancel of its function ends it */
	struct fut_sleeper *sleeper;
	struct fut_asleep *outer;	/* that the same thread is in, too */
	struct fut_asleep *todo;	/* these three in a search */
	struct fut_asleep *from;	/* who needs it */
	uint64_t seen;			/* the last search that came by */
};

/* The calling thread's. */
struct fut_spot fut_spot_here(void);

/* True if a function of the executor's is on the stack there. */
static inline bool fut_spot_belongs(const struct fut_spot *spot,
	const struct future_executor *executor)
{
	const struct fut_frame *frame = spot->frame;

	while (frame != NULL && frame->executor != executor)
		frame = frame->up;
	return frame != NULL;
}

/*
 * Has such a list start anew in forked children.  Never undone; false if there
 * is no memory.
 */
bool fut_asleep_watch(void);

/* False if that has not been done, and cannot be: then there is no list. */
bool fut_asleep_turn(void);
void fut_asleep_turn_ends(void);

/* In the caller's turn: the first, which came last. */
struct fut_asleep *fut_asleep_first(void);

/*
 * In the caller's turn: it is about to sleep; it has been woken.  A thread that
 * runs the timers of its loop may wait in there: only the innermost of its
 * waits is in the list.
 */
void fut_asleep_add(struct fut_asleep *asleep);
void fut_asleep_remove(struct fut_asleep *asleep);

/* True if it will wake, to look around: the unpark is on its way. */
static inline bool fut_asleep_is_woken(const struct fut_asleep *asleep)
{
	return (atomic_load_explicit(&asleep->sleeper->word, FUT_ACQUIRE) &
		FUT_SLEEPER_AWAKE) != 0;
}

/* True if the function that settles `cell` is on the stack there. */
static inline bool fut_asleep_holds(const struct fut_asleep *asleep,
	const struct future_cell *cell)
{
	const struct fut_frame *frame = asleep->spot.frame;

	while (frame != NULL && frame->cell != cell)
		frame = frame->up;
	return frame != NULL;
}

/*
 * How many of those who are at work on what an executor holds sleep there: a
 * pool's worker, or frames that are a turn of a lane's or a loop's.
 */
size_t fut_asleep_serves(const struct fut_asleep *asleep,
	const struct future_executor *executor);

#endif
