/*
 * Floor 5: a function that runs again and again.
 *
 * There are two tasks, and one reference that goes from hand to hand with them:
 * the timer's, which is armed between two runs, and the run's, which is posted
 * when that is due.  So no two runs overlap.
 *
 *	armed --> due --> posted --> run --> armed ...
 *
 * The future is PENDING but for the run itself.  A cancel finds it armed, and
 * takes the timer off; or posted, and leaves a husk; or running, which then is
 * the last run; or in between, and the next step fails.
 */
#include "more.h"
#include "clock.h"
#include "timer.h"

#include <errno.h>
#include <future/timer.h>

struct every {
	struct fut_job job;
	int64_t period_ns;	/* these two constant */
	enum future_pace pace;
	struct fut_timer timer;	/* its key: when the last run was due */
	struct fut_task due;
};

FUT_TIMER_BEFORE(struct every, timer, due);

static struct every *every_of(struct fut_job *job)
{
	return FUT_OWNER(job, struct every, job);
}

static struct fut_job *job_of_due(struct fut_task *task)
{
	return &FUT_OWNER(task, struct every, due)->job;
}
/* There are no more runs.  That a shutdown ends them is no error to look at. */
static bool end(struct fut_job *job, int error)
{
	if (error == ESHUTDOWN)
		fut_cell_see(&job->cell);
	return fut_job_drop(job, error);
}

/* It is due.  Afterwards it may be gone. */
static void post(struct fut_job *job)
{
	int error;

	fut_job_queued(job);
	error = fut_post(&job->task, FUT_POST_TIMED);
	if (error != 0)
		end(job, error);
}

static enum fut_end due_run(struct fut_task *task)
{
	post(job_of_due(task));
	return FUT_END_OK;
}

static bool due_drop(struct fut_task *task, int error)
{
	return end(job_of_due(task), error);
}

static void arm(struct every *every, enum fut_post how)
{
	int error = fut_arm(&every->timer, how);

	if (error == ETIMEDOUT)
		post(&every->job);
	else if (error != 0 && how == FUT_POST_TIMED)
		end(&every->job, error);
	else if (error != 0)
		fut_job_drop(&every->job, error);
}

/* At a fixed rate those that were missed are left out. */
static void schedule_next(struct every *every)
{
	int64_t *at_ns = &every->timer.node.key;
	int64_t now_ns = fut_clock_now(), missed = 0;

	if (every->pace == FUTURE_FIXED_DELAY)
		*at_ns = now_ns;
	else if (now_ns > *at_ns)
		missed = (now_ns - *at_ns) / every->period_ns;
	*at_ns = fut_add_sat(*at_ns + missed * every->period_ns,
		every->period_ns);
}

/* By pthread_exit: this was the last run. */
static void every_left(void *job)
{
	const future_result_t cancelled = { NULL, NULL, ECANCELED };

	if (fut_job_left(job))
		fut_job_finish(job, &cancelled);
}

static future_result_t call(struct fut_job *job)
{
	struct fut_frame frame;
	future_result_t result;
	FUT_WATCH(watch, every_left, job);

	fut_frame_enter(&frame, &job->task, &job->cell, fut_job_fn(job));
	frame.token = fut_job_token(job);
	fut_job_before(job);
	result = ((future_task_fn *)fut_job_fn(job))(job->cell.arg);
	fut_job_after(job, result.error);
	FUT_RETURNED(watch);
	fut_frame_leave(&frame);
	return result;
}

static enum fut_end every_run(struct fut_task *task)
{
	struct fut_job *job = fut_job_of_task(task);
	future_result_t result;

	if (!fut_cell_start(&job->cell)) {
		fut_job_unref(job);
		return FUT_END_HUSK;
	}
	result = call(job);
	if (fut_follow_asked(&result) || result.error == 0) {
		fut_job_discard(&result);
		result = future_result_make(NULL, NULL,
			fut_follow_asked(&result) ? ENOTSUP : 0);
	}
	if (result.error == 0) {
		/* It is this run's until it is paused. */
		schedule_next(every_of(job));
		if (fut_cell_pause(&job->cell)) {
			arm(every_of(job), FUT_POST_TIMED);
			return FUT_END_OK;
		}
	}
	fut_job_drop_arg(job);
	return fut_job_finish(job, &result);
}

static bool every_drop(struct fut_task *task, int error)
{
	return end(fut_job_of_task(task), error);
}

/* True: it has been posted, or is about to be. */
static bool every_abandon(struct fut_job *job)
{
	bool armed = fut_disarm(&every_of(job)->timer);

	fut_job_drop_arg(job);
	if (armed)
		fut_job_unref(job);
	return !armed;
}

static void every_free(struct fut_job *job)
{
	fut_job_unmake(job, sizeof(struct every));
}

static const struct fut_task_kind every_task = { every_run, every_drop };
static const struct fut_task_kind due_task = { due_run, due_drop };

/* A waiter does not run it: its task would stay in the queue, as a husk. */
static const struct fut_cell_kind every_cell = {
	.size = sizeof(struct every),
	.abandon = every_abandon,
	.free = every_free,
};

static int check(const struct future_schedule *schedule,
	const struct fut_spec *spec)
{
	if (schedule->first_ns < 0 || schedule->period_ns < 1 ||
	    schedule->pace < FUTURE_FIXED_RATE ||
	    schedule->pace > FUTURE_FIXED_DELAY)
		return EINVAL;
	return fut_spec_check(spec);
}

static struct every *every_new(struct fut_home home,
	const struct fut_spec *spec, const struct future_schedule *schedule)
{
	struct fut_job *job = fut_job_make(sizeof(struct every), &every_cell,
		&every_task, home, spec);
	struct every *every;

	if (job == NULL)
		return NULL;
	every = every_of(job);
	every->period_ns = schedule->period_ns;
	every->pace = schedule->pace;
	fut_timer_init(&every->timer, fut_add_sat(fut_clock_now(),
		schedule->first_ns));
	every->due = every->job.task;
	every->due.kind = &due_task;
	return every;
}

future_t *future_every(future_executor_t *executor,
	const future_schedule_t *schedule)
{
	struct fut_home home = fut_home_of_timer(fut_home_of(executor));
	struct every *every = NULL;
	struct fut_spec spec;
	int error;

	if (schedule == NULL)
		return fut_job_failed(home, EINVAL);
	spec = (struct fut_spec){
		.fn = (void (*)(void))schedule->fn,
		.arg = schedule->arg,
		.arg_size = schedule->arg_size,
		.destroy_arg = schedule->destroy_arg,
		.priority = schedule->priority,
		.token = schedule->token,
		.name = schedule->name,
	};
	spec.token = fut_token_named(spec.token, fut_token_here());
	error = check(schedule, &spec);
	if (error == 0) {
		every = every_new(home, &spec, schedule);
		error = ENOMEM;
	}
	if (every == NULL) {
		fut_spec_drop(&spec);
		return fut_job_failed(home, error);
	}
	/* Of who made it: it may be over before this returns. */
	if (fut_job_put_under(&every->job))
		arm(every, FUT_POST_NEW);
	else
		fut_job_drop(&every->job, ECANCELED);
	return &every->job.cell;
}
