/* Floor 5: submit and execute: a function becomes a task. */
#include "more.h"
#include "known.h"

#include <errno.h>

/* Fire and forget: a task alone. */
struct call {
	struct fut_task task;
	void (*fn)(void *arg);
	void *arg;
};

_Static_assert(sizeof(struct call) <= 64 || sizeof(void *) > 8,
	"a task without a future takes 64 bytes");

/* The longer way: hooks around, the argument freed, a plain function. */
static future_result_t call_long(struct fut_job *job)
{
	struct fut_more *more = fut_job_more(job);
	future_result_t result = { NULL, NULL, 0 };

	fut_self()->frame->token = more->under.token;
	fut_job_before(job);
	if (job->task.form & FUT_FORM_EXECUTE)
		((void (*)(void *))more->fn)(job->cell.arg);
	else
		result = ((future_task_fn *)more->fn)(job->cell.arg);
	fut_job_after(job, result.error);
	fut_job_drop_arg(job);
	return result;
}

/* By pthread_exit. */
static void submit_left(void *job)
{
	const future_result_t cancelled = { NULL, NULL, ECANCELED };

	if (fut_job_left(job))
		fut_job_finish(job, &cancelled);
}

static inline enum fut_end submit_started(struct fut_job *job)
{
	struct fut_frame frame;
	FUT_WATCH(watch, submit_left, job);

	fut_frame_enter(&frame, &job->task, &job->cell, fut_job_fn(job));
	fut_known_start(job);
	if (FUT_UNLIKELY(job->task.form & FUT_FORM_LONG)) {
		future_result_t result = call_long(job);

		FUT_RETURNED(watch);
		fut_frame_leave(&frame);
		return fut_job_finish(job, &result);
	} else {
		future_task_fn *fn = (future_task_fn *)job->cell.fn;
		/* One result a branch: assigned, it would be copied. */
		future_result_t result = fn(job->cell.arg);

		FUT_RETURNED(watch);
		fut_frame_leave(&frame);
		return fut_job_finish(job, &result);
	}
}

static enum fut_end submit_run(struct fut_task *task)
{
	struct fut_job *job = fut_job_of_task(task);

	if (FUT_LIKELY(fut_cell_start(&job->cell)))
		return submit_started(job);
	fut_job_unref(job);
	return FUT_END_HUSK;
}

/* By a waiter.  A function of its own, or submit_run() would call that, too. */
static enum fut_end submit_claimed(struct fut_job *job)
{
	return submit_started(job);
}

static bool submit_drop(struct fut_task *task, int error)
{
	return fut_job_drop(fut_job_of_task(task), error);
}

static bool submit_abandon(struct fut_job *job)
{
	fut_job_drop_arg(job);
	return true;
}

static void submit_free(struct fut_job *job)
{
	fut_job_unmake(job, sizeof(*job));
}

static const struct fut_task_kind submit_task = { submit_run, submit_drop };

static const struct fut_cell_kind submit_cell = {
	.size = sizeof(struct fut_job),
	.abandon = submit_abandon,
	.free = submit_free,
	.run = submit_claimed,
};

/* Sends it off, or settles it with the reason why not. */
static inline future_t *send(struct fut_job *job, int *ret_error)
{
	int error = FUT_LIKELY(fut_job_put_under(job)) ?
		fut_post(&job->task, FUT_POST_NEW) : ECANCELED;

	if (FUT_UNLIKELY(error != 0))
		fut_job_drop(job, error == FUT_DISCARDED ? EAGAIN : error);
	*ret_error = error;
	return &job->cell;
}

static future_t *submit(future_executor_t *executor,
	struct fut_spec *spec, uint8_t form, int *ret_error)
{
	struct fut_home home = fut_home_of(executor);
	struct fut_job *job = NULL;
	int error = fut_spec_check(spec);

	spec->token = fut_token_named(spec->token, fut_token_here());
	if (error == 0) {
		job = fut_job_make(sizeof(*job), &submit_cell, &submit_task,
			home, spec);
		error = ENOMEM;
	}
	if (job == NULL) {
		*ret_error = error;
		fut_spec_drop(spec);
		return fut_job_failed(home, error);
	}
	job->task.form |= form;
	return send(job, ret_error);
}

future_t *future_submit(future_executor_t *executor, future_task_fn *fn,
	void *arg)
{
	struct fut_spec spec = { .fn = (void (*)(void))fn, .arg = arg };
	struct fut_home home = fut_home_of(executor);
	struct fut_job *job;
	int error;

	/* Checked here once more, so that the short form is short. */
	if (FUT_LIKELY(fn != NULL && !fut_home_hooked(home) &&
			fut_token_here() == NULL)) {
		job = fut_job_make_short(sizeof(*job), &submit_cell,
			&submit_task, home, spec.fn, arg);
		if (FUT_LIKELY(job != NULL))
			return send(job, &error);
	}
	return submit(executor, &spec, 0, &error);
}

future_t *future_submit_with(future_executor_t *executor,
	const future_task_t *task)
{
	struct fut_spec spec;
	int error;

	if (task == NULL)
		return fut_job_failed(fut_home_here(), EINVAL);
	spec = (struct fut_spec){
		.fn = (void (*)(void))task->fn,
		.arg = task->arg,
		.arg_size = task->arg_size,
		.destroy_arg = task->destroy_arg,
		.priority = task->priority,
		.token = task->token,
		.name = task->name,
	};
	return submit(executor, &spec, 0, &error);
}

static void call_left(void *frame)
{
	/* A forked child is in no frame. */
	if (fut_self()->frame == frame)
		fut_frame_leave(frame);
}

static enum fut_end call_run(struct fut_task *task)
{
	struct call *call = FUT_OWNER(task, struct call, task);
	struct fut_frame frame;
	FUT_WATCH(watch, call_left, &frame);
	void (*fn)(void *arg) = call->fn;
	void *arg = call->arg;

	fut_frame_enter(&frame, task, NULL, (void (*)(void))fn);
	fut_block_free(call, sizeof(*call));
	fn(arg);
	FUT_RETURNED(watch);
	fut_frame_leave(&frame);
	return FUT_END_OK;
}

static bool call_drop(struct fut_task *task, int error)
{
	fut_trace(FUT_TRACE_SETTLE, task, fut_trace_error(error));
	fut_block_free(FUT_OWNER(task, struct call, task), sizeof(struct call));
	return true;
}

static const struct fut_task_kind call_task = { call_run, call_drop };

/* A future nobody asked for, for hooks and a token to hold on to. */
static int execute_long(future_executor_t *executor, void (*fn)(void *arg),
	void *arg)
{
	struct fut_spec spec = { .fn = (void (*)(void))fn, .arg = arg };
	int error;

	future_unref(submit(executor, &spec, FUT_FORM_EXECUTE, &error));
	return error == FUT_DISCARDED ? 0 : error;
}

int future_execute(future_executor_t *executor, void (*fn)(void *arg),
	void *arg)
{
	struct fut_home home = fut_home_of(executor);
	struct call *call;
	int error;

	if (fn == NULL)
		return EINVAL;
	if (fut_home_hooked(home) || fut_token_here() != NULL)
		return execute_long(executor, fn, arg);
	call = fut_block_new(sizeof(*call));
	if (call == NULL)
		return ENOMEM;
	call->task.kind = &call_task;
	call->task.executor = home.executor;
	call->task.generation = home.generation;
	call->task.place = FUT_PLACE_NONE;
	call->task.priority = FUTURE_PRIORITY_NORMAL;
	call->fn = fn;
	call->arg = arg;
	error = fut_post(&call->task, FUT_POST_NEW);
	if (FUT_UNLIKELY(error != 0))
		call_drop(&call->task, error);
	return error == FUT_DISCARDED ? 0 : error;
}
