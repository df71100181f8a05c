/* Floor 5: waiting for a future. */
#include "help.h"
#include "pool.h"
#include "sleeper.h"

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
	fut_sleeper_await(sleeper);
	return true;
}

static int sleep_until(struct future_cell *cell, int64_t deadline_ns)
{
	struct fut_sleeper sleeper;

	fut_sleeper_init(&sleeper);
	if (!fut_cell_hang(cell, &sleeper.hook, 0) ||
	    fut_sleeper_sleep(&sleeper, deadline_ns) != 0 ||
	    take_off(cell, &sleeper))
		return 0;
	return ETIMEDOUT;
}

/* Sleeps until the future settles, or something comes that may be needed. */
static void sleep_in_task(struct future_cell *cell)
{
	struct fut_worker *worker = fut_self()->worker;
	struct fut_blocked blocked;
	struct fut_sleeper sleeper;
	struct fut_job *job;

	fut_sleeper_init(&sleeper);
	if (!fut_cell_hang(cell, &sleeper.hook, 0))
		return;
	if (worker != NULL)
		fut_worker_block(worker, &blocked, &sleeper);
	/* Announced first, then looked: see fut_worker_block(). */
	switch (fut_help_find(cell, &job)) {
	case FUT_HELP_JOB:
		fut_job_unref(job);
		break;
	case FUT_HELP_NOTHING:
		fut_sleeper_sleep(&sleeper, FUT_FOREVER);
		break;
	case FUT_HELP_AGAIN:
	case FUT_HELP_SELF:
		break;
	}
	if (worker != NULL)
		fut_worker_unblock(worker, &blocked);
	take_off(cell, &sleeper);
}

/* Without a deadline, inside a function that an executor runs. */
static int wait_in_task(struct future_cell *cell)
{
	struct fut_job *job;

	while (!is_settled(cell)) {
		switch (fut_help_find(cell, &job)) {
		case FUT_HELP_SELF:
			return EDEADLK;
		case FUT_HELP_JOB:
			fut_help_run(job);
			break;
		case FUT_HELP_AGAIN:
			break;
		case FUT_HELP_NOTHING:
			if (!spin(cell))
				sleep_in_task(cell);
			break;
		}
	}
	return 0;
}

static int wait(struct future_cell *cell, int64_t deadline_ns)
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
		return wait_in_task(cell);
	if (in_task && fut_frame_holds(cell))
		return EDEADLK;
	return spin(cell) ? 0 : sleep_until(cell, deadline_ns);
}

future_result_t future_get(future_t *future)
{
	int error;

	if (future == NULL)
		return future_fail(EINVAL);
	if (FUT_LIKELY(is_settled(future)))
		return fut_cell_result(future);
	error = wait(future, FUT_FOREVER);
	return error != 0 ? future_fail(error) : fut_cell_result(future);
}

int future_wait(future_t *future, future_time_t deadline)
{
	return future != NULL ? wait(future, deadline.ns) : EINVAL;
}

future_result_t future_take(future_t *future)
{
	int error = future_wait(future, FUTURE_FOREVER);

	return error != 0 ? future_fail(error) : fut_cell_take(future);
}

int future_join(future_t *future, future_time_t deadline)
{
	struct future_cell *cell = future;
	int error;

	if (future == NULL)
		return EINVAL;
	for (;;) {
		error = wait(cell, deadline.ns);
		if (error != 0)
			return error;
		if (fut_cell_state(cell) & FUT_BUSY) {
			if (fut_cell_inherited(cell))
				return ECHILD;
			if (fut_frame_holds(cell))
				return EDEADLK;
			error = fut_cell_await_quiet(cell, deadline.ns);
			if (error != 0)
				return error;
		}
		/* Cancelled, it still holds what it followed. */
		if (!(fut_cell_state(cell) & FUT_FOLLOWS))
			return 0;
		cell = cell->followed;
	}
}
