/* See get.h. */
#include "get.h"
#include "help.h"
#include "hope.h"
#include "knot.h"
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
	unsigned how)
{
	struct fut_sleeper sleeper;
	uint32_t woken;

	fut_sleeper_init(&sleeper);
	if (!fut_cell_hang(cell, &sleeper.hook, 0))
		return 0;
	woken = fut_stop_sleep(&sleeper, FUT_SLEEPER_FIRED, deadline_ns,
		how & FUT_WAIT_STOPS, "a future");
	if ((woken & FUT_SLEEPER_FIRED) || take_off(cell, &sleeper))
		return 0;
	/* Of a sim: by another thread, which has not fired the hook yet. */
	return is_settled(cell) ? 0 : fut_stop_error(woken);
}

/* A wait of a thread that runs something: how it sleeps. */
struct rest {
	struct fut_sleeper sleeper;
	struct fut_asleep asleep;
	struct fut_blocked blocked;
	struct fut_hook hoped;		/* on what can move */
	struct future_cell *on;		/* that, with a reference, or NULL */
	struct fut_job *job;		/* to be run instead */
	bool listed;
};

static bool hoped_fire(struct fut_hook *hook, struct future_cell *source,
	bool locked)
{
	(void)source;
	if (locked)
		return false;
	fut_sleeper_wake(&FUT_OWNER(hook, struct rest, hoped)->sleeper,
		FUT_SLEEPER_HOPED);
	return true;
}

/* Those who come to need this thread, or to be needed by it, know of it. */
static void rest_announce(struct rest *rest)
{
	struct fut_worker *worker = fut_self()->worker;

	atomic_fetch_add_explicit(&fut_sleeper_helpers, 1, FUT_SEQ_CST);
	if (worker != NULL)
		fut_worker_block(worker, &rest->blocked, &rest->sleeper);
	fut_loop_block(&rest->sleeper);
}

static void rest_end(struct rest *rest)
{
	struct fut_worker *worker = fut_self()->worker;

	fut_loop_unblock();
	if (worker != NULL)
		fut_worker_unblock(worker, &rest->blocked);
	atomic_fetch_sub_explicit(&fut_sleeper_helpers, 1, FUT_RELAXED);
}

/* In a turn: whether to rest. */
static enum fut_hope rest_enter(struct rest *rest, struct future_cell *cell,
	unsigned how, bool helps)
{
	enum fut_hope hope;

	rest->asleep = (struct fut_asleep){ .spot = fut_spot_here(),
		.waits = cell, .joins = how & FUT_WAIT_JOINS,
		.firm = how & FUT_WAIT_FIRM,
		.stops = how & FUT_WAIT_STOPS, .sleeper = &rest->sleeper };
	fut_asleep_add(&rest->asleep);
	hope = fut_hope_find(&rest->asleep, helps, &rest->on);
	rest->asleep.on = rest->on;
	rest->listed = hope == FUT_HOPE_MOVES;
	if (!rest->listed)
		fut_asleep_remove(&rest->asleep);
	return hope;
}

/*
 * Looks whether anything can move that `cell` needs: 0 if the thread may sleep,
 * and hangs a hook on that; EDEADLK; EAGAIN if there is a job to run.  `helps`
 * as for fut_hope_find().
 */
static int rest_begin(struct rest *rest, struct future_cell *cell,
	unsigned how, bool helps)
{
	enum fut_hope hope = FUT_HOPE_MOVES;

	/* Who runs a sim never sleeps. */
	if (fut_self()->sim == NULL && fut_asleep_turn()) {
		hope = rest_enter(rest, cell, how, helps);
		fut_asleep_turn_ends();
		fut_job_bury();
	}
	if (hope == FUT_HOPE_NONE)
		return EDEADLK;
	if (hope == FUT_HOPE_RUN) {
		rest->job = fut_job_of(rest->on);
		rest->on = NULL;
		return EAGAIN;
	}
	fut_hook_init(&rest->hoped, hoped_fire);
	/* Or as if that had fired: it is in the list with its hope still. */
	if (rest->on != NULL && rest->on != cell &&
	    !fut_cell_hang(rest->on, &rest->hoped, 0))
		fut_sleeper_wake(&rest->sleeper, FUT_SLEEPER_HOPED);
	return 0;
}

/* Whatever it was woken by. */
static void rest_leave(struct rest *rest, const struct future_cell *cell)
{
	if (rest->on != NULL && rest->on != cell &&
	    !fut_cell_unhang(rest->on, &rest->hoped))
		fut_sleeper_sleep(&rest->sleeper, FUT_SLEEPER_HOPED,
			FUT_FOREVER);
	if (rest->listed) {
		(void)fut_asleep_turn();
		fut_asleep_remove(&rest->asleep);
		fut_asleep_turn_ends();
	}
	if (rest->on != NULL)
		fut_job_unref(fut_job_of(rest->on));
}

/*
 * Sleeps until the future settles, or something comes that may be needed: 0.
 * EDEADLK if nothing can.
 */
static int sleep_in_task(struct future_cell *cell, unsigned how)
{
	const uint32_t bits = FUT_SLEEPER_FIRED | FUT_SLEEPER_PRODDED |
		FUT_SLEEPER_ROUSED | FUT_SLEEPER_HOPED;
	struct rest rest = { .on = NULL };
	struct fut_job *job;
	uint32_t woken = 0;
	enum fut_help help;
	int error = EAGAIN;

	fut_sleeper_init(&rest.sleeper);
	if (!fut_cell_hang(cell, &rest.sleeper.hook, 0))
		return 0;
	rest_announce(&rest);
	/* Announced first, then looked: see fut_worker_block(). */
	help = fut_help_find(cell, &job);
	switch (help) {
	case FUT_HELP_JOB:
		fut_job_unref(job);
		break;
	case FUT_HELP_NOTHING:
	case FUT_HELP_ELSE:
		error = rest_begin(&rest, cell, how,
			help == FUT_HELP_ELSE);
		if (error == 0)
			woken = fut_stop_sleep(&rest.sleeper, bits,
				FUT_FOREVER, how & FUT_WAIT_STOPS,
				"a future");
		rest_leave(&rest, cell);
		break;
	case FUT_HELP_AGAIN:
	case FUT_HELP_SELF:
		break;
	}
	rest_end(&rest);
	if (take_off(cell, &rest.sleeper))
		error = 0;
	else if ((woken & FUT_SLEEPER_STUCK) && !is_settled(cell))
		error = EDEADLK;
	if (rest.job != NULL)
		fut_help_run(rest.job);
	return error == EDEADLK ? EDEADLK : 0;
}

static int waits_for_itself(struct future_cell *cell)
{
	fut_knot_note_self(cell);
	return EDEADLK;
}

/* Without a deadline, inside a function that an executor runs. */
static int wait_in_task(struct future_cell *cell, unsigned how)
{
	struct fut_job *job;
	int error = 0;

	while (error == 0 && !is_settled(cell)) {
		if ((how & FUT_WAIT_STOPS) && fut_stop_asked())
			return ECANCELED;
		switch (fut_help_find(cell, &job)) {
		case FUT_HELP_SELF:
			return waits_for_itself(cell);
		case FUT_HELP_JOB:
			fut_help_run(job);
			break;
		case FUT_HELP_AGAIN:
			/* Another thread is between two steps. */
			fut_relax();
			break;
		case FUT_HELP_NOTHING:
		case FUT_HELP_ELSE:
			if (!spin(cell))
				error = sleep_in_task(cell, how);
			break;
		}
	}
	return error;
}

static bool is_in_task(void)
{
	const struct fut_self *self = fut_self();

	return self->frame != NULL || self->worker != NULL ||
		self->inline_busy;
}

static int wait(struct future_cell *cell, int64_t deadline_ns, unsigned how)
{
	bool in_task = is_in_task();

	if (is_settled(cell))
		return 0;
	if (fut_cell_inherited(cell))
		return ECHILD;
	if (deadline_ns <= FUTURE_NOW.ns)
		return ETIMEDOUT;
	if (in_task && deadline_ns == FUT_FOREVER)
		return wait_in_task(cell, how);
	if (in_task && fut_frame_holds(cell))
		return waits_for_itself(cell);
	return spin(cell) ? 0 : sleep_until(cell, deadline_ns, how);
}

future_result_t future_get(future_t *future)
{
	int error = 0;

	if (future == NULL)
		return future_fail(EINVAL);
	if (FUT_UNLIKELY(!is_settled(future)))
		error = wait(future, FUT_FOREVER, FUT_WAIT_STOPS);
	if (FUT_UNLIKELY(error != 0))
		return future_fail(error);
	if (fut_cell_is_unseen(future))
		fut_cell_see(future);
	return fut_cell_result(future);
}

/* That a wait has ended counts, whether it slept or not. */
static void see(struct future_cell *cell, int error)
{
	if (error == 0 && fut_cell_is_unseen(cell))
		fut_cell_see(cell);
}

int future_wait(future_t *future, future_time_t deadline)
{
	int error;

	if (future == NULL)
		return EINVAL;
	error = wait(future, deadline.ns, FUT_WAIT_STOPS);
	see(future, error);
	return error;
}

future_result_t future_take(future_t *future)
{
	int error = future_wait(future, FUTURE_FOREVER);

	return error != 0 ? future_fail(error) : fut_job_take(future);
}

/* What is queued is for others meanwhile. */
static int await_quiet(struct future_cell *cell, int64_t deadline_ns)
{
	const char *noun = "a function to return";
	const char *outer = fut_worker_doze(noun);
	int error;

	fut_trace(FUT_TRACE_WAIT, cell, noun);
	error = fut_cell_await_quiet(cell, deadline_ns);
	fut_trace(FUT_TRACE_WAITED, cell, NULL);
	fut_worker_wake(outer);
	return error;
}

/* Until the function of a settled one has returned, inside another. */
static int await_quiet_in_task(struct future_cell *cell, unsigned how)
{
	struct rest rest = { .on = NULL };
	int error;

	fut_sleeper_init(&rest.sleeper);
	rest_announce(&rest);
	error = rest_begin(&rest, cell, how | FUT_WAIT_JOINS, false);
	if (error != EDEADLK)
		error = await_quiet(cell, FUT_FOREVER);
	rest_leave(&rest, cell);
	rest_end(&rest);
	return error;
}

/* Until it has settled and its function, if it has one, has returned. */
static int await(struct future_cell *cell, int64_t deadline_ns, unsigned how)
{
	int error = wait(cell, deadline_ns, how);

	if (error != 0 || !(fut_cell_state(cell) & FUT_BUSY))
		return error;
	if (fut_cell_inherited(cell))
		return ECHILD;
	if (fut_frame_holds(cell))
		return waits_for_itself(cell);
	if (is_in_task() && deadline_ns == FUT_FOREVER)
		return await_quiet_in_task(cell, how);
	return await_quiet(cell, deadline_ns);
}

/*
 * All that it owns but one, which is left for last: one that owns something
 * itself, if there is one.  So a line of them is a loop, a tree a recursion.
 */
static int join_owned(struct future_cell *cell, int64_t deadline_ns,
	unsigned how, struct future_cell **ret_last)
{
	struct future_cell *next, *last = NULL;
	int error = 0;

	for (size_t at = 0; error == 0 && (next = cell->kind->owns(
			fut_job_of(cell), at)) != NULL; at++) {
		if (last == NULL || next->kind->owns != NULL) {
			struct future_cell *first = last;

			last = next;
			next = first;
		}
		if (next != NULL)
			error = fut_join(next, deadline_ns, how);
	}
	*ret_last = last;
	return error;
}

/*
 * *ret_last is what is to be joined after `cell`, and after what is joined
 * here: what it followed, which it holds where it was cancelled; or the last of
 * those it owns.
 */
static int join_others(struct future_cell *cell, int64_t deadline_ns,
	unsigned how, struct future_cell **ret_last)
{
	*ret_last = NULL;
	if (fut_cell_state(cell) & FUT_FOLLOWS)
		*ret_last = cell->followed;
	else if (cell->kind->owns != NULL)
		return join_owned(cell, deadline_ns, how, ret_last);
	return 0;
}

int fut_join(struct future_cell *cell, int64_t deadline_ns, unsigned how)
{
	int error = 0;

	while (error == 0 && cell != NULL) {
		error = await(cell, deadline_ns, how);
		if (error == 0)
			error = join_others(cell, deadline_ns, how, &cell);
	}
	return error;
}

int future_join(future_t *future, future_time_t deadline)
{
	int error;

	if (future == NULL)
		return EINVAL;
	error = fut_join(future, deadline.ns, FUT_WAIT_STOPS);
	see(future, error);
	return error;
}
