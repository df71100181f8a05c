/* See get.h. */
#include "get.h"
#include "help.h"
#include "loop.h"
#include "pool.h"
#include "stop.h"

#include <errno.h>

#ifndef FUT_WAIT_SPINS
#define FUT_WAIT_SPINS 200
#endif

static bool is_settled(const struct future_cell *cell)
{
	return fut_is_settled(fut_cell_state(cell));
}

static bool spin(const struct future_cell *cell)
{
	for (int i = 0; i < FUT_WAIT_SPINS; i++) {
		if (is_settled(cell))
			return true;
		fut_relax();
	}
	return false;
}

/* Takes the sleeper off.  True if it was fired: then that is over now. */
static bool take_off(struct future_cell *cell, struct fut_sleeper *sleeper)
{
	if (fut_cell_unhang(cell, &sleeper->hook))
		return false;
	fut_sleeper_sleep(sleeper, FUT_SLEEPER_FIRED, FUT_FOREVER);
	return true;
}

static int sleep_until(struct future_cell *cell, int64_t deadline_ns,
	bool stops)
{
	struct fut_sleeper sleeper;
	uint32_t woken;

	fut_sleeper_init(&sleeper);
	if (!fut_cell_hang(cell, &sleeper.hook, 0))
		return 0;
	woken = fut_stop_sleep(&sleeper, FUT_SLEEPER_FIRED, deadline_ns, stops);
	if ((woken & FUT_SLEEPER_FIRED) || take_off(cell, &sleeper))
		return 0;
	/* Of a sim: by another thread, which has not fired the hook yet. */
	return is_settled(cell) ? 0 : fut_stop_error(woken);
}

/*
 * Sleeps until the future settles, or something comes that may be needed: 0.
 * EDEADLK if nothing can.
 */
static int sleep_in_task(struct future_cell *cell, bool stops)
{
	const uint32_t bits = FUT_SLEEPER_FIRED | FUT_SLEEPER_PRODDED |
		FUT_SLEEPER_ROUSED;
	struct fut_worker *worker = fut_self()->worker;
	struct fut_blocked blocked;
	struct fut_sleeper sleeper;
	struct fut_job *job;
	uint32_t woken = 0;

	fut_sleeper_init(&sleeper);
	if (!fut_cell_hang(cell, &sleeper.hook, 0))
		return 0;
	atomic_fetch_add_explicit(&fut_sleeper_helpers, 1, FUT_RELAXED);
	if (worker != NULL)
		fut_worker_block(worker, &blocked, &sleeper);
	fut_loop_block(&sleeper);
	/* Announced first, then looked: see fut_worker_block(). */
	switch (fut_help_find(cell, &job)) {
	case FUT_HELP_JOB:
		fut_job_unref(job);
		break;
	case FUT_HELP_NOTHING:
		woken = fut_stop_sleep(&sleeper, bits, FUT_FOREVER, stops);
		break;
	case FUT_HELP_AGAIN:
	case FUT_HELP_SELF:
		break;
	}
	fut_loop_unblock();
	if (worker != NULL)
		fut_worker_unblock(worker, &blocked);
	atomic_fetch_sub_explicit(&fut_sleeper_helpers, 1, FUT_RELAXED);
	if (take_off(cell, &sleeper))
		return 0;
	return (woken & FUT_SLEEPER_STUCK) && !is_settled(cell) ? EDEADLK : 0;
}

/* Without a deadline, inside a function that an executor runs. */
static int wait_in_task(struct future_cell *cell, bool stops)
{
	struct fut_job *job;
	int error = 0;

	while (error == 0 && !is_settled(cell)) {
		if (stops && fut_stop_asked())
			return ECANCELED;
		switch (fut_help_find(cell, &job)) {
		case FUT_HELP_SELF:
			return EDEADLK;
		case FUT_HELP_JOB:
			fut_help_run(job);
			break;
		case FUT_HELP_AGAIN:
			/* Another thread is between two steps. */
			fut_relax();
			break;
		case FUT_HELP_NOTHING:
			if (!spin(cell))
				error = sleep_in_task(cell, stops);
			break;
		}
	}
	return error;
}

static int wait(struct future_cell *cell, int64_t deadline_ns, bool stops)
{
	const struct fut_self *self = fut_self();
	bool in_task = self->frame != NULL || self->worker != NULL ||
		self->inline_busy;

	if (is_settled(cell))
		return 0;
	if (fut_cell_inherited(cell))
		return ECHILD;
	if (deadline_ns <= FUTURE_NOW.ns)
		return ETIMEDOUT;
	if (in_task && deadline_ns == FUT_FOREVER)
		return wait_in_task(cell, stops);
	if (in_task && fut_frame_holds(cell))
		return EDEADLK;
	return spin(cell) ? 0 : sleep_until(cell, deadline_ns, stops);
}

future_result_t future_get(future_t *future)
{
	int error;

	if (future == NULL)
		return future_fail(EINVAL);
	if (FUT_LIKELY(is_settled(future)))
		return fut_cell_result(future);
	error = wait(future, FUT_FOREVER, true);
	return error != 0 ? future_fail(error) : fut_cell_result(future);
}

int future_wait(future_t *future, future_time_t deadline)
{
	return future != NULL ? wait(future, deadline.ns, true) : EINVAL;
}

future_result_t future_take(future_t *future)
{
	int error = future_wait(future, FUTURE_FOREVER);

	return error != 0 ? future_fail(error) : fut_job_take(future);
}

/* Until it has settled and its function, if it has one, has returned. */
static int await(struct future_cell *cell, int64_t deadline_ns, bool stops)
{
	int error = wait(cell, deadline_ns, stops);

	if (error != 0 || !(fut_cell_state(cell) & FUT_BUSY))
		return error;
	if (fut_cell_inherited(cell))
		return ECHILD;
	if (fut_frame_holds(cell))
		return EDEADLK;
	return fut_cell_await_quiet(cell, deadline_ns);
}

/*
 * What is to be joined after `cell`: what it followed, which it holds where it
 * was cancelled; or the last of those it owns, of which the others are joined
 * here: a chain is a loop, a tree a recursion.
 */
static int join_others(struct future_cell *cell, int64_t deadline_ns,
	bool stops, struct future_cell **ret_last)
{
	struct future_cell *next, *last = NULL;
	int error = 0;

	if (fut_cell_state(cell) & FUT_FOLLOWS)
		last = cell->followed;
	else if (cell->kind->owns != NULL)
		for (size_t at = 0; error == 0 && (next = cell->kind->owns(
				fut_job_of(cell), at)) != NULL; at++) {
			if (last != NULL)
				error = fut_join(last, deadline_ns, stops);
			last = next;
		}
	*ret_last = last;
	return error;
}

int fut_join(struct future_cell *cell, int64_t deadline_ns, bool stops)
{
	int error = 0;

	while (error == 0 && cell != NULL) {
		error = await(cell, deadline_ns, stops);
		if (error == 0)
			error = join_others(cell, deadline_ns, stops, &cell);
	}
	return error;
}

int future_join(future_t *future, future_time_t deadline)
{
	return future != NULL ? fut_join(future, deadline.ns, true) : EINVAL;
}
