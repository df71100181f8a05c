/*
 * Floor 4: a loop: an executor whose tasks run on the thread that runs it, in
 * passes: what is due by then, then what was queued when the pass began.
 *
 * One thread runs it at a time, from enter to leave, and in between it may be
 * asleep.  While nobody does, the descriptor says whether somebody should.
 * Who drains, joins or closes it runs it, if nobody else does.
 *
 * No wake-up is lost: the runner announces itself as asleep under the lock, and
 * only with nothing to do; whoever posts, arms the first timer, stops it or
 * shuts it does so under the same lock, and looks for the sleeper there.
 *
 *		post	arm	husk	cancel	take	rest	leave
 *	each	X	X	X	X	X	X	X	(lock)
 *
 * A wait in one of its tasks keeps its time: nobody else would.
 *
 * The shell of a loop is never freed: shell.h.
 */
#ifndef FUT_LOOP_H
#define FUT_LOOP_H

#include "calm.h"
#include "executor.h"
#include "queue.h"
#include "sleeper.h"
#include "timer.h"
#include "wakefd.h"

#include <future/loop.h>

struct fut_loop {
	struct future_executor executor;	/* first */

	struct fut_timers timers;	/* the loop's lock and phase, too */
	struct fut_queue queue;		/* all of these under that lock */
	struct fut_task mark;		/* the end of a pass, while queued */
	size_t peak, refused, running;
	size_t counts[FUT_ENDS];
	struct fut_self *runner;	/* the thread that runs it, or NULL */
	bool napping;			/* it sleeps, and is to be woken */
	bool stopping;			/* for the next run to see */
	bool orphan;			/* closed: who runs it ends it */
	bool polled;			/* somebody has the descriptor */
	int64_t told_ns;		/* who polls comes by then */
	struct fut_calm calm;
	struct fut_sleeper *blocked;	/* the runner's, in a task's wait */
	struct fut_wakefd wakefd;

	struct fut_loop *outer;	/* of the runner: what it runs further out */
	_Atomic uint32_t wake;	/* the runner parks on it */
};

static inline struct fut_loop *fut_loop_of(struct future_executor *executor)
{
	return FUT_OWNER(executor, struct fut_loop, executor);
}

/* Under the lock: accepted and not started. */
static inline size_t fut_loop_live(const struct fut_loop *loop)
{
	return fut_queue_live(&loop->queue) -
		(loop->mark.place != FUT_PLACE_NONE);
}

/* Under the lock, before the queue is emptied: no more of this pass. */
void fut_loop_take_mark(struct fut_loop *loop);

/*
 * Under the lock: there is something new.  True: the caller unparks one from
 * `wake` after the lock.
 */
bool fut_loop_rouse(struct fut_loop *loop);

/* Under the lock: the descriptor says what is so. */
void fut_loop_show(struct fut_loop *loop);

/* 0, EBUSY if another thread runs it, EDEADLK if this one does. */
int fut_loop_enter(struct fut_loop *loop);

/* Afterwards the loop may be over. */
void fut_loop_leave(struct fut_loop *loop);

/*
 * One pass, by the runner, cut short if it `stops` and is told to.  Returns how
 * many tasks and timers were run.
 */
size_t fut_loop_pass(struct fut_loop *loop, bool stops);

/* Runs husks, which lets go of them: no lock is held. */
static inline void fut_loop_let_go(struct fut_task *husks)
{
	while (husks != NULL) {
		struct fut_task *husk = husks;

		husks = husk->next;
		husk->kind->run(husk);
	}
}

/* Something is queued, be it only the runner of a lane: see runner_run(). */
bool fut_loop_has_more(struct fut_loop *loop);

/* Passes and naps, by the runner, until stopped, 0, or shut, ESHUTDOWN. */
int fut_loop_spin(struct fut_loop *loop);

/* By the runner, of one that was shut: what is queued, and its timers. */
void fut_loop_finish(struct fut_loop *loop);

/* By the runner, after that: there is no such loop any more. */
void fut_loop_release(struct fut_loop *loop);

/*
 * A task is about to sleep, and will look at what is queued once more: until
 * fut_loop_unblock(), to which it lends the sleeper, that is prodded when
 * something comes to a loop that this thread runs.
 */
void fut_loop_block(struct fut_sleeper *sleeper);
void fut_loop_unblock(void);

/* As fut_sleeper_sleep(), in a task of a loop: runs the timers that are due. */
uint32_t fut_loop_sleep(struct fut_sleeper *sleeper, uint32_t bits,
	int64_t deadline_ns);

#endif
