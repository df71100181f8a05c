/* Floor 5: a future that succeeds at an instant. */
#include "block.h"
#include "job.h"
#include "timer.h"

#include <errno.h>
#include <future/timer.h>

/* The timer holds one reference, until it has fired or was taken off. */
struct after {
	struct fut_timer timer;
	struct fut_job job;
};

FUT_TIMER_BEFORE(struct after, timer, job);
_Static_assert(sizeof(struct after) <= 128 || sizeof(void *) > 8,
	"a timer and its future take 128 bytes");

static struct after *after_of(struct fut_job *job)
{
	return FUT_OWNER(job, struct after, job);
}

static enum fut_end after_due(struct fut_task *task)
{
	struct fut_job *job = fut_job_of_task(task);
	future_result_t nothing = { NULL, NULL, 0 };

	if (fut_cell_claim(&job->cell))
		fut_job_settle(job, &nothing);
	fut_job_unref(job);
	return FUT_END_OK;
}

static bool after_drop(struct fut_task *task, int error)
{
	return fut_job_drop(fut_job_of_task(task), error);
}

static bool after_abandon(struct fut_job *job)
{
	if (fut_disarm(&after_of(job)->timer))
		fut_job_unref(job);
	return false;
}

static void after_free(struct fut_job *job)
{
	fut_block_free(after_of(job), sizeof(struct after));
}

static const struct fut_task_kind after_task = { after_due, after_drop };

static const struct fut_cell_kind after_cell = {
	.abandon = after_abandon,
	.free = after_free,
};

future_t *future_after(future_executor_t *executor, future_time_t deadline)
{
	struct fut_home home = fut_home_of_timer(fut_home_of(executor));
	struct after *after = fut_block_new(sizeof(*after));
	struct fut_task *task;
	int error;

	if (after == NULL)
		return fut_job_failed(home, ENOMEM);
	task = &after->job.task;
	fut_timer_init(&after->timer, deadline.ns);
	fut_job_init(&after->job, &after_cell, &after_task, home,
		2 * FUT_CELL_REF);
	error = fut_arm(&after->timer, FUT_POST_NEW);
	if (error == ETIMEDOUT)
		after_due(task);
	else if (error != 0)
		after_drop(task, error);
	return &after->job.cell;
}
