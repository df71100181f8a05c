/*
 * Floor 4: the lane: a queue of its own on another executor, its parent, at
 * most `limit` of whose tasks run at a time.  It costs no thread.
 *
 * What travels to the parent is the runner, a task that runs the lane's oldest
 * one and is sent again while there are more: behind whatever waits there by
 * then, so each lane gets one turn after the other.  There is one runner: who
 * takes it up and may run something sends it on for the next before that.
 *
 * It is on its way (`sent`) whenever something is queued and one more may be at
 * work; and the lane is calm when nothing is queued, at work or sent.
 *
 * Its timers stand in the heap of its root, which it is on at any distance.
 *
 *			post	turn	help	husk	cancel	close
 *	each		X	X	X	X	X	X	(lock)
 */
#ifndef FUT_LANE_H
#define FUT_LANE_H

#include "calm.h"
#include "executor.h"
#include "lock.h"
#include "queue.h"
#include "times.h"

#include <future/lane.h>

struct fut_lane {
	struct future_executor executor;	/* first */
	struct future_executor *root;	/* these two constant from start to */
	size_t limit;			/* end; for others under lock */

	struct fut_lock lock;
	struct fut_task runner;		/* who set `sent` sends it */
	struct fut_queue queue;		/* this and the rest are under lock */
	uint8_t phase;			/* enum fut_phase */
	bool sent;			/* the runner is on its way */
	bool timed;			/* it has had timers */
	bool orphan;			/* who calms it down ends it */
	size_t running;			/* at work, one in the other, too */
	struct fut_calm calm;
	size_t peak;
	size_t refused;
	size_t counts[FUT_ENDS];
	struct fut_times *times;	/* constant; NULL: nobody asked */
};

static inline struct fut_lane *fut_lane_of(struct future_executor *executor)
{
	return FUT_OWNER(executor, struct fut_lane, executor);
}

/* Good while the lane is: for who has something in it, or a handle. */
static inline struct future_executor *fut_lane_parent(struct fut_lane *lane)
{
	return atomic_load_explicit(&lane->executor.parent, FUT_RELAXED);
}

/*
 * An orphan gives the handle of its parent back when it is over; but where that
 * has no threads, at once: to run what is queued there, the orphan's runner,
 * too, is up to who gives the last handle of that back.
 */
static inline bool fut_lane_has_threads(const struct fut_lane *lane)
{
	return lane->root->kind->run_out == NULL;
}

/* Under the lock. */
static inline bool fut_lane_is_calm(const struct fut_lane *lane)
{
	return lane->queue.head == NULL && lane->running == 0 && !lane->sent;
}

/* The runner of a new lane. */
void fut_lane_start(struct fut_lane *lane, struct future_executor *parent);

/* Under the lock, which it gives back: drops what is queued; how many. */
size_t fut_lane_drop(struct fut_lane *lane, int error);

/* Calm, closed, and nobody is in it: there is no such lane any more. */
void fut_lane_end(struct fut_lane *lane);

/* See struct fut_executor_kind. */
int fut_lane_post(struct future_executor *executor, struct fut_task *task,
	enum fut_post how);
void fut_lane_husk(struct future_executor *executor, struct fut_task *task,
	enum fut_husk why);
bool fut_lane_moves(struct future_executor *executor,
	const struct fut_task *task, size_t asleep,
	const struct fut_task **ret_up);
bool fut_lane_may_help(struct future_executor *executor,
	const struct fut_task *task, bool inside);
void fut_lane_help(struct future_executor *executor,
	const struct fut_task *task);

#endif
