/* See more.h. */
#include "more.h"
#include "clock.h"
#include "known.h"

#include <errno.h>
#include <string.h>

#define HOOK_LEFT "libfuture: a hook was left by pthread_exit or an exception"

int fut_spec_check(const struct fut_spec *spec)
{
	if (spec->fn == NULL || (spec->arg_size != 0 && spec->arg == NULL) ||
	    spec->priority < FUTURE_PRIORITY_DEFAULT ||
	    spec->priority > FUTURE_PRIORITY_HIGH)
		return EINVAL;
	if (spec->token != NULL && spec->token != FUTURE_NO_TOKEN &&
	    fut_token_inherited(spec->token))
		return ECHILD;
	return 0;
}

void fut_spec_drop(const struct fut_spec *spec)
{
	if (spec->destroy_arg != NULL)
		fut_job_destroy(spec->destroy_arg, spec->arg);
}

static bool is_long(const struct fut_spec *spec, struct fut_home home)
{
	return spec->arg_size != 0 || spec->destroy_arg != NULL ||
		spec->name != NULL || spec->home != NULL ||
		spec->token != NULL ||
		fut_home_hooked(home);
}

static void capture(struct fut_more *more, struct fut_home home)
{
	more->captured = NULL;
	atomic_store_explicit(&more->queued_at, 0, FUT_RELAXED);
	more->started_at = 0;
	more->hooked = fut_home_hooked(home) && home.executor->kind->hooks(
		home.executor, home.generation, &more->hooks);
	if (!more->hooked)
		return;
	if (more->hooks.timing)
		atomic_store_explicit(&more->queued_at, fut_clock_now(),
			FUT_RELAXED);
	if (more->hooks.capture != NULL) {
		FUT_MUST_RETURN(must, HOOK_LEFT);
		more->captured = more->hooks.capture(more->hooks.hook_arg);
		FUT_HAS_RETURNED(must);
	}
}

static struct fut_job *make_long(size_t size, const struct fut_cell_kind *kind,
	const struct fut_task_kind *task, struct fut_home home,
	const struct fut_spec *spec)
{
	struct fut_job *job;
	struct fut_more *more;

	if (spec->arg_size > SIZE_MAX - size - sizeof(*more))
		return NULL;
	job = fut_alloc(size + sizeof(*more) + spec->arg_size);
	if (job == NULL)
		return NULL;
	fut_job_init(job, kind, task, home, 2 * FUT_CELL_REF);
	job->task.form = FUT_FORM_LONG;
	more = (struct fut_more *)((char *)job + size);
	job->cell.more = more;
	job->cell.arg = spec->arg;
	if (spec->arg_size != 0)
		job->cell.arg = memcpy(more->copy, spec->arg, spec->arg_size);
	more->fn = spec->fn;
	more->destroy_arg = spec->destroy_arg;
	more->name = spec->name;
	if (spec->home != NULL) {
		job->task.form |= FUT_FORM_ELSEWHERE;
		more->home = *spec->home;
	}
	fut_under_init(&more->under, job, spec->token);
	capture(more, home);
	if (spec->name != NULL)
		fut_known_as(job, spec->name, NULL);
	return job;
}

struct fut_job *fut_job_make(size_t size, const struct fut_cell_kind *kind,
	const struct fut_task_kind *task, struct fut_home home,
	const struct fut_spec *spec)
{
	struct fut_job *job = is_long(spec, home) ?
		make_long(size, kind, task, home, spec) :
		fut_job_make_short(size, kind, task, home, spec->fn, spec->arg);

	if (job != NULL && spec->priority != FUTURE_PRIORITY_DEFAULT)
		job->task.priority = (uint8_t)spec->priority;
	return job;
}

struct fut_home fut_home_elsewhere(const struct fut_job *job)
{
	return fut_job_behind(job)->home;
}

static void release(void *argument)
{
	struct fut_more *more = argument;

	more->hooks.release(more->hooks.hook_arg, more->captured);
}

/* The destructors count as the job's function: they cannot wait for it. */
void fut_job_drop_arg(struct fut_job *job)
{
	struct fut_more *more = fut_job_more(job);
	struct fut_frame frame;

	if (more == NULL)
		return;
	fut_frame_push(&frame, future_current(), &job->cell);
	if (more->destroy_arg != NULL)
		fut_job_destroy(more->destroy_arg, job->cell.arg);
	if (more->hooked && more->hooks.release != NULL &&
	    more->hooks.capture != NULL)
		fut_job_destroy(release, more);
	fut_frame_pop(&frame);
}

static void queued(struct fut_more *more)
{
	if (more->hooked && more->hooks.timing)
		atomic_store_explicit(&more->queued_at, fut_clock_now(),
			FUT_RELAXED);
}

void fut_dependent_queued(struct fut_job *job)
{
	queued(fut_job_behind(job));
}

void fut_job_queued(struct fut_job *job)
{
	struct fut_more *more = fut_job_more(job);

	if (more != NULL)
		queued(more);
}

void fut_job_before(struct fut_job *job)
{
	struct fut_more *more = fut_job_more(job);

	if (more == NULL)
		return;
	fut_trace_name(more->name);
	if (!more->hooked)
		return;
	if (more->hooks.timing)
		more->started_at = fut_clock_now();
	if (more->hooks.before != NULL) {
		FUT_MUST_RETURN(must, HOOK_LEFT);
		more->hooks.before(more->hooks.hook_arg, more->captured,
			more->name);
		FUT_HAS_RETURNED(must);
	}
}

/* For the executor.  A sim's clock may have come or gone meanwhile. */
static void timed(struct fut_job *job, const struct fut_more *more)
{
	int64_t queued_ns = more->started_at -
		atomic_load_explicit(&more->queued_at, FUT_RELAXED);
	int64_t running_ns = fut_clock_now() - more->started_at;

	job->task.executor->kind->timed(job->task.executor,
		queued_ns > 0 ? queued_ns : 0,
		running_ns > 0 ? running_ns : 0, true);
}

void fut_job_after(struct fut_job *job, int error)
{
	struct fut_more *more = fut_job_more(job);

	if (more == NULL || !more->hooked)
		return;
	if (more->hooks.after != NULL) {
		FUT_MUST_RETURN(must, HOOK_LEFT);
		more->hooks.after(more->hooks.hook_arg, more->captured,
			more->name, error);
		FUT_HAS_RETURNED(must);
	}
	if (more->hooks.timing)
		timed(job, more);
}

bool fut_job_left(struct fut_job *job)
{
	if (fut_cell_inherited(&job->cell))
		return false;
	fut_job_after(job, ECANCELED);
	fut_job_drop_arg(job);
	fut_frame_leave(fut_self()->frame);
	return true;
}
