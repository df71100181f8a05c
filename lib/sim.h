/*
 * Floor 4: the sim: an executor whose tasks run on the thread that made it,
 * inside its waits, in the order that the lots of a seed say.
 *
 * While there is one, struct fut_self leads to it and to its clock: so the
 * default executor, the time of day, and what would sleep are the sim's.
 *
 * Other threads may post, arm, disarm, and look; all of it under the one lock.
 * What runs, runs on the sim's own thread.
 *
 * The shell of a sim is never freed: shell.h.
 */
#ifndef FUT_SIM_H
#define FUT_SIM_H

#include "executor.h"
#include "lots.h"
#include "queue.h"
#include "sleeper.h"
#include "timer.h"

#include <future/sim.h>

struct fut_sim {
	struct future_executor executor;	/* first */

	struct fut_timers timers;	/* the sim's lock and phase, too */
	struct fut_queue queue;		/* these under that lock */
	size_t peak, refused;
	size_t counts[FUT_ENDS];

	/* These two its thread writes under the lock, and reads without. */
	size_t running;			/* on the stack, one in the other */
	int64_t now_ns;

	struct fut_lots lots;		/* these are its thread's own */
	bool orphan;	/* closed in a task: whoever runs that is to end it */
};

static inline struct fut_sim *fut_sim_of(struct future_executor *executor)
{
	return FUT_OWNER(executor, struct fut_sim, executor);
}

/* It is the calling thread's. */
static inline bool fut_sim_is_here(const struct future_executor *executor)
{
	return fut_self()->sim == executor;
}

/*
 * Runs what can run at this instant; true if there was something.  Afterwards
 * the sim may be over.
 */
bool fut_sim_run(struct fut_sim *sim);

/*
 * As fut_sleeper_sleep(), by the sim's thread: runs the sim.  STUCK if nothing
 * can happen any more, and none of `bits` is set.
 */
uint32_t fut_sim_sleep(struct future_executor *executor,
	struct fut_sleeper *sleeper, uint32_t bits, int64_t deadline_ns);

void fut_sim_move_clock(struct fut_sim *sim, int64_t to_ns);

/* Runs what is queued and ends the timers; then, what has been drawn. */
const struct fut_lots *fut_sim_finish(struct future_executor *executor);

/* The same, and there is no sim any more. */
void fut_sim_end(struct fut_sim *sim);

#endif
