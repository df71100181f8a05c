/*
 * Floor 5: a future that settles as another does, but no later than an instant.
 *
 * It hangs a hook on its source and arms a timer.  Whichever fires first claims
 * the future and takes the other off; a cancel takes off both.  Each of the two
 * holds a reference while it hangs or is armed; the future holds one on its
 * source until it is settled.
 *
 * The hook comes first.  If it fires before the timer is armed, disarming makes
 * that the timer never is.
 */
#include "block.h"
#include "job.h"
#include "timer.h"

#include <errno.h>
#include <future/timer.h>

struct timeout {
	struct fut_timer timer;
	struct fut_job job;
	struct fut_hook hook;		/* on the source */
	struct future_cell *source;	/* of who claims or cancels */
};

FUT_TIMER_BEFORE(struct timeout, timer, job);

static struct timeout *timeout_of(struct fut_job *job)
{
	return FUT_OWNER(job, struct timeout, job);
}

static void take_off_timer(struct timeout *timeout)
{
	if (fut_disarm(&timeout->timer))
		fut_job_unref(&timeout->job);
}

static void take_off_hook(struct timeout *timeout)
{
	fut_cell_see(timeout->source);
	if (fut_cell_unhang(timeout->source, &timeout->hook))
		fut_job_unref(&timeout->job);
}

static bool source_fire(struct fut_hook *hook, struct future_cell *source,
	bool locked)
{
	struct timeout *timeout = FUT_OWNER(hook, struct timeout, hook);
	struct fut_job *job = &timeout->job;

	if (locked)
		return false;
	if (fut_cell_claim(&job->cell)) {
		take_off_timer(timeout);
		fut_job_finish_as(job, source);
	} else {
		fut_job_unref(job);
	}
	return true;
}

/* What was just settling when it was too late to cancel it has settled. */
static bool winner_fire(struct fut_hook *hook, struct future_cell *source,
	bool locked)
{
	struct fut_job *job = &FUT_OWNER(hook, struct timeout, hook)->job;

	if (locked)
		return false;
	fut_job_finish_as(job, source);
	return true;
}

/* By who claimed it: too late, unless the source is faster still. */
static void be_late(struct timeout *timeout)
{
	future_result_t late = { NULL, NULL, ETIMEDOUT };
	struct future_cell *source = timeout->source;
	struct fut_job *job = &timeout->job;

	/* If not, the source has settled, and somebody is at the hook. */
	if (!fut_cell_unhang(source, &timeout->hook)) {
		fut_job_settle_as(job, source);
		return;
	}
	/* With the hook's reference. */
	if (fut_job_cancel(fut_job_of(source))) {
		fut_job_unref(fut_job_of(source));
		fut_job_settle(job, &late);
		fut_job_unref(job);
		return;
	}
	fut_hook_init(&timeout->hook, winner_fire);
	if (!fut_cell_hang(source, &timeout->hook, 0))
		winner_fire(&timeout->hook, source, false);
}

static enum fut_end timeout_due(struct fut_task *task)
{
	struct fut_job *job = fut_job_of_task(task);

	if (fut_cell_claim(&job->cell))
		be_late(timeout_of(job));
	fut_job_unref(job);
	return FUT_END_OK;
}

static bool timeout_drop(struct fut_task *task, int error)
{
	return fut_job_drop(fut_job_of_task(task), error);
}

static bool timeout_abandon(struct fut_job *job)
{
	struct timeout *timeout = timeout_of(job);

	take_off_timer(timeout);
	take_off_hook(timeout);
	fut_job_unref(fut_job_of(timeout->source));
	return false;
}

static void timeout_free(struct fut_job *job)
{
	fut_block_free(timeout_of(job), sizeof(struct timeout));
}

/* Pending and unclaimed it still has its source. */
static struct future_cell *timeout_need(struct fut_job *job, size_t *at,
	bool back)
{
	struct future_cell *source = timeout_of(job)->source;

	(void)back;
	return (*at)++ == 0 ? fut_cell_ref(source) : NULL;
}

static const struct fut_task_kind timeout_task = { timeout_due, timeout_drop };

static const struct fut_cell_kind timeout_cell = {
	.abandon = timeout_abandon,
	.free = timeout_free,
	.need = timeout_need,
	.hopes = true,
};

/* Without a deadline there is no hope but the source. */
static const struct fut_cell_kind forever_cell = {
	.abandon = timeout_abandon,
	.free = timeout_free,
	.need = timeout_need,
};

static int check(future_t *source)
{
	if (source == NULL)
		return EINVAL;
	return !fut_is_settled(fut_cell_state(source)) &&
		fut_cell_inherited(source) ? ECHILD : 0;
}

static void arm(struct timeout *timeout)
{
	struct fut_task *task = &timeout->job.task;
	int error = fut_arm(&timeout->timer, FUT_POST_RELEASED);

	if (error == ETIMEDOUT)
		timeout_due(task);
	else if (error != 0)
		timeout_drop(task, error);
}

future_t *future_timeout(future_t *future, future_time_t deadline)
{
	struct fut_home home = future != NULL ? fut_home_of_future(future) :
		fut_home_here();
	struct timeout *timeout;
	int error = check(future);

	if (error != 0)
		return fut_job_failed(home, error);
	home = fut_home_of_timer(home);
	timeout = fut_block_new(sizeof(*timeout));
	if (timeout == NULL)
		return fut_job_failed(home, ENOMEM);
	fut_timer_init(&timeout->timer, deadline.ns);
	/* The caller's, the hook's and the timer's. */
	fut_job_init(&timeout->job, deadline.ns == FUT_FOREVER ?
		&forever_cell : &timeout_cell, &timeout_task, home,
		3 * FUT_CELL_REF);
	timeout->job.task.priority = fut_job_of(future)->task.priority;
	timeout->source = fut_cell_ref(future);
	fut_hook_init(&timeout->hook, source_fire);
	if (fut_cell_hang(future, &timeout->hook, 0)) {
		arm(timeout);
	} else {
		source_fire(&timeout->hook, future, false);
		fut_job_unref(&timeout->job);	/* there is no timer */
	}
	return &timeout->job.cell;
}
