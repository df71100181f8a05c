/*
 * Floor 5: continuations.
 *
 * A dependent hangs a hook on its source.  Fired, it goes to its executor, or
 * passes the source's outcome through if that is not what it waits for.  It
 * holds a reference on its source until it has run, so that `in` stays.
 */
#include "more.h"
#include "then.h"
#include "known.h"

#include <errno.h>
#include <future/token.h>

struct dependent {
	struct fut_job job;
	struct fut_hook hook;		/* on the source */
	struct future_cell *source;	/* NULL once it is of no more use */
};

_Static_assert(sizeof(struct dependent) <= 128 || sizeof(void *) > 8,
	"a continuation and its future take 128 bytes");

/* future_on_t, in task.form; and one of the library's own. */
#define ON_SHIFT 4
enum { ON_CANCEL = FUTURE_ON_EITHER + 1 };

static struct dependent *dependent_of(struct fut_job *job)
{
	return FUT_OWNER(job, struct dependent, job);
}

static int on_of(const struct fut_job *job)
{
	return job->task.form >> ON_SHIFT;
}

/* True if its function is to see this outcome of the source. */
static inline bool wants(const struct fut_job *job, struct future_cell *source,
	int error)
{
	switch (on_of(job)) {
	case FUTURE_ON_SUCCESS:
		return error == 0;
	case FUTURE_ON_FAILURE:
		return error != 0;
	case ON_CANCEL:
		return (fut_cell_state(source) & FUT_STATUS) == FUT_CANCELLED;
	default:
		return true;
	}
}

/* By whoever holds the claim or the run. */
static struct future_cell *take_source(struct fut_job *job)
{
	struct dependent *dependent = dependent_of(job);
	struct future_cell *source = dependent->source;

	dependent->source = NULL;
	return source;
}

/* True if the value is a hold, which to destroy is to give back. */
static inline bool lends_hold(struct future_cell *source)
{
	return !fut_cell_is_plain(source) &&
		fut_cell_owner(source)->kind->holds;
}

/*
 * What the function returned settles the dependent; or the source's outcome
 * does.  `lent` is the value that the function was given.  Drops the source.
 */
static inline enum fut_end finish(struct fut_job *job,
	const future_result_t *result, struct future_cell *source,
	const void *lent)
{
	bool finally = on_of(job) == FUTURE_ON_FINALLY;
	enum fut_end end;

	if (fut_follow_asked(result) && finally)
		return fut_job_finish(job, result);	/* needs it still */
	take_source(job);
	if (FUT_UNLIKELY(finally) && result->error == 0) {
		fut_job_discard(result);
		return fut_job_finish_as(job, source);
	} else if (FUT_UNLIKELY(result->value == lent) && lent != NULL &&
		   result->destroy == NULL && fut_cell_lends(source)) {
		return fut_job_finish_lent(job, result, source);
	} else if (FUT_UNLIKELY(lends_hold(source))) {
		/* It has gone back before this settles. */
		fut_job_unref(fut_job_of(source));
		return fut_job_finish(job, result);
	}
	end = fut_job_finish(job, result);
	fut_job_unref(fut_job_of(source));
	return end;
}

/* The longer way: hooks around, the argument freed, a plain function. */
static future_result_t call_long(struct fut_job *job, future_result_t in)
{
	future_result_t result = { NULL, NULL, 0 };

	fut_self()->frame->token = fut_job_token(job);
	fut_job_before(job);
	if (job->task.form & FUT_FORM_EXECUTE)
		((void (*)(void *))fut_job_fn(job))(job->cell.arg);
	else
		result = ((future_then_fn *)fut_job_fn(job))(in,
			job->cell.arg);
	fut_job_after(job, result.error);
	fut_job_drop_arg(job);
	return result;
}

/* Taken since it was fired. */
static enum fut_end finish_unwanted(struct fut_job *job,
	struct future_cell *source)
{
	fut_job_drop_arg(job);
	take_source(job);
	return fut_job_finish_as(job, source);
}

/* By pthread_exit. */
static void dependent_left(void *argument)
{
	const future_result_t cancelled = { NULL, NULL, ECANCELED };
	struct fut_job *job = argument;
	struct future_cell *source = dependent_of(job)->source;

	if (fut_job_left(job))
		finish(job, &cancelled, source, NULL);
}

static enum fut_end dependent_started(struct fut_job *job)
{
	struct future_cell *source = dependent_of(job)->source;
	/* Looked at once: a take may change it at any time. */
	future_result_t in = fut_cell_result(source);
	struct fut_frame frame;

	if (FUT_UNLIKELY(!wants(job, source, in.error)))
		return finish_unwanted(job, source);
	FUT_WATCH(watch, dependent_left, job);
	fut_frame_enter(&frame, &job->task, &job->cell, fut_job_fn(job));
	fut_known_start(job);
	if (FUT_LIKELY(!(job->task.form & (FUT_FORM_LONG | FUT_FORM_EXECUTE)) &&
			fut_cell_is_plain(source))) {
		future_then_fn *fn = (future_then_fn *)job->cell.fn;
		/* Neither goes by way of a copy: that would stall. */
		future_result_t result = fn(source->result, job->cell.arg);

		FUT_RETURNED(watch);
		fut_frame_leave(&frame);
		return finish(job, &result, source, in.value);
	} else {
		future_result_t result = call_long(job, in);

		FUT_RETURNED(watch);
		fut_frame_leave(&frame);
		return finish(job, &result, source, in.value);
	}
}

static enum fut_end dependent_run(struct fut_task *task)
{
	struct fut_job *job = fut_job_of_task(task);

	if (FUT_LIKELY(fut_cell_start(&job->cell)))
		return dependent_started(job);
	fut_job_unref(job);
	return FUT_END_HUSK;
}

static bool dependent_drop(struct fut_task *task, int error)
{
	return fut_job_drop(fut_job_of_task(task), error);
}

static bool dependent_abandon(struct fut_job *job)
{
	struct dependent *dependent = dependent_of(job);
	struct future_cell *source = take_source(job);
	bool hung = fut_cell_unhang(source, &dependent->hook);

	fut_cell_see(source);
	fut_job_drop_arg(job);
	if (hung)
		fut_job_unref(job);	/* the hook's */
	fut_job_unref(fut_job_of(source));
	return !hung;
}

static void dependent_free(struct fut_job *job)
{
	struct future_cell *source = take_source(job);

	if (source != NULL)
		fut_job_unref_inside(fut_job_of(source));
	fut_job_unmake(job, sizeof(struct dependent));
}

static struct future_cell *dependent_need(struct fut_job *job, size_t *at,
	bool back)
{
	struct future_cell *source = dependent_of(job)->source;

	(void)back;
	return (*at)++ == 0 ? fut_cell_ref(source) : NULL;
}

/* finally: what the function waited for changes nothing unless it fails. */
static struct future_cell *dependent_outcome(struct fut_job *job,
	struct future_cell *inner)
{
	struct future_cell *source = take_source(job);

	if (source == NULL)
		return NULL;
	if (on_of(job) == FUTURE_ON_FINALLY &&
	    fut_cell_result(inner).error == 0)
		return source;
	fut_job_unref(fut_job_of(source));
	return NULL;
}

static const struct fut_task_kind dependent_task = {
	dependent_run, dependent_drop
};

static const struct fut_cell_kind dependent_cell = {
	.size = sizeof(struct dependent),
	.abandon = dependent_abandon,
	.free = dependent_free,
	.need = dependent_need,
	.outcome = dependent_outcome,
	.run = dependent_started,
};

static void pass_through(struct fut_job *job, struct future_cell *source)
{
	if (fut_cell_claim(&job->cell)) {
		fut_job_drop_arg(job);
		take_source(job);
		fut_job_finish_as(job, source);
		return;
	}
	fut_job_unref(job);
}

static bool dependent_fire(struct fut_hook *hook, struct future_cell *source,
	bool locked)
{
	struct fut_job *job = &FUT_OWNER(hook, struct dependent, hook)->job;
	bool wanted = wants(job, source, fut_cell_result(source).error);
	int error;

	if (locked)
		return wanted && !(job->task.form & FUT_FORM_LONG) &&
			fut_keep(&job->task);
	if (!wanted) {
		pass_through(job, source);
		return true;
	}
	if (FUT_UNLIKELY(job->task.form & FUT_FORM_LONG))
		fut_dependent_queued(job);
	error = fut_post(&job->task, FUT_POST_RELEASED);
	if (FUT_UNLIKELY(error != 0))
		fut_job_drop(job, error);
	return true;
}

static int check(future_t *source, int on, const struct fut_spec *spec)
{
	if (source == NULL || on < FUTURE_ON_SUCCESS || on > ON_CANCEL)
		return EINVAL;
	if (!fut_is_settled(fut_cell_state(source)) &&
	    fut_cell_inherited(source))
		return ECHILD;
	return fut_spec_check(spec);
}

/* One that a fork inherited would be locked, perhaps for ever. */
static future_token_t *token_of(const future_t *source)
{
	future_token_t *token = fut_job_token(FUT_OWNER(source, struct fut_job,
		cell));

	return token != NULL && !fut_token_inherited(token) ? token : NULL;
}

static future_t *hang(struct fut_job *job, future_t *source)
{
	struct dependent *dependent = dependent_of(job);

	dependent->source = source;
	fut_hook_init(&dependent->hook, dependent_fire);
	if (!fut_cell_hang(source, &dependent->hook, FUT_CELL_REF)) {
		fut_cell_ref(source);
		dependent_fire(&dependent->hook, source, false);
	}
	/* Only now: a cancel drops the source. */
	if (!fut_job_put_under(job))
		fut_job_cancel(job);
	return &job->cell;
}

/* On `executor`, or at the source's home: there the new one's home is, too. */
static future_t *hang_on(future_t *source, future_executor_t *executor, int on,
	uint8_t form, struct fut_spec *spec)
{
	struct fut_home home = source != NULL ? fut_home_of_future(source) :
		fut_home_here(), where = home;
	int error = check(source, on, spec);
	struct fut_job *job = NULL;

	if (executor != NULL)
		where = fut_home_of(executor);
	spec->token = fut_token_named(spec->token, source != NULL &&
		on != ON_CANCEL ? token_of(source) : NULL);
	if (source != NULL && spec->priority == FUTURE_PRIORITY_DEFAULT)
		spec->priority = fut_job_of(source)->task.priority;
	if (error == 0 && future_token_is_cancelled(spec->token))
		error = ECANCELED;
	/* The same shell may have become another executor. */
	if (where.executor != home.executor ||
	    where.generation != home.generation)
		spec->home = &home;
	if (error == 0) {
		job = fut_job_make(sizeof(struct dependent), &dependent_cell,
			&dependent_task, where, spec);
		error = ENOMEM;
	}
	if (job == NULL) {
		fut_spec_drop(spec);
		return fut_job_failed(home, error);
	}
	job->task.form |= (uint8_t)(form | on << ON_SHIFT);
	return hang(job, source);
}

static future_t *then_long(future_t *source, future_executor_t *executor,
	future_on_t on, future_then_fn *fn, void *arg)
{
	struct fut_spec spec = { .fn = (void (*)(void))fn, .arg = arg };

	return hang_on(source, executor, (int)on, 0, &spec);
}

static inline future_t *then(future_t *source, future_executor_t *executor,
	future_on_t on, future_then_fn *fn, void *arg)
{
	struct fut_job *job = NULL;

	/* Checked here once more, so that the short form is short. */
	if (FUT_LIKELY(source != NULL && executor == NULL && fn != NULL &&
			!fut_cell_inherited(source))) {
		struct fut_home home = fut_home_of_future(source);

		if (FUT_LIKELY(!fut_home_hooked(home) &&
				fut_job_token(fut_job_of(source)) == NULL))
			job = fut_job_make_short(sizeof(struct dependent),
				&dependent_cell, &dependent_task, home,
				(void (*)(void))fn, arg);
	}
	if (FUT_UNLIKELY(job == NULL))
		return then_long(source, executor, on, fn, arg);
	job->task.form = (uint8_t)(on << ON_SHIFT);
	job->task.priority = fut_job_of(source)->task.priority;
	return hang(job, source);
}

int fut_on_cancel(future_t *future, future_executor_t *executor,
	void (*fn)(void *arg), void *arg, future_t **ret_call)
{
	struct fut_spec spec = { .fn = (void (*)(void))fn, .arg = arg };
	future_t *call = hang_on(future, executor, ON_CANCEL, FUT_FORM_EXECUTE,
		&spec);
	int error = 0;

	if (call->kind != &dependent_cell) {
		error = future_get(call).error;
		future_unref(call);
	} else {
		*ret_call = call;
	}
	return error;
}

future_t *future_then(future_t *future, future_then_fn *fn, void *arg)
{
	return then(future, NULL, FUTURE_ON_SUCCESS, fn, arg);
}

future_t *future_catch(future_t *future, future_then_fn *fn, void *arg)
{
	return then(future, NULL, FUTURE_ON_FAILURE, fn, arg);
}

future_t *future_finally(future_t *future, future_then_fn *fn, void *arg)
{
	return then(future, NULL, FUTURE_ON_FINALLY, fn, arg);
}

future_t *future_handle(future_t *future, future_then_fn *fn, void *arg)
{
	return then(future, NULL, FUTURE_ON_EITHER, fn, arg);
}

future_t *future_then_on(future_t *future, future_executor_t *executor,
	future_then_fn *fn, void *arg)
{
	return then(future, executor, FUTURE_ON_SUCCESS, fn, arg);
}

future_t *future_catch_on(future_t *future, future_executor_t *executor,
	future_then_fn *fn, void *arg)
{
	return then(future, executor, FUTURE_ON_FAILURE, fn, arg);
}

future_t *future_finally_on(future_t *future, future_executor_t *executor,
	future_then_fn *fn, void *arg)
{
	return then(future, executor, FUTURE_ON_FINALLY, fn, arg);
}

future_t *future_handle_on(future_t *future, future_executor_t *executor,
	future_then_fn *fn, void *arg)
{
	return then(future, executor, FUTURE_ON_EITHER, fn, arg);
}

future_t *future_then_with(future_t *future,
	const future_continuation_t *continuation)
{
	struct fut_spec spec;

	if (continuation == NULL)
		return fut_job_failed(fut_home_here(), EINVAL);
	spec = (struct fut_spec){
		.fn = (void (*)(void))continuation->fn,
		.arg = continuation->arg,
		.arg_size = continuation->arg_size,
		.destroy_arg = continuation->destroy_arg,
		.priority = continuation->priority,
		.token = continuation->token,
		.name = continuation->name,
	};
	/* The library's own way to hang on is not for users. */
	return hang_on(continuation->on > FUTURE_ON_EITHER ? NULL : future,
		continuation->executor, (int)continuation->on, 0, &spec);
}

future_t *future_chain(future_t *first, const future_continuation_t *links,
	size_t count)
{
	future_t *last = first;

	if (first == NULL || (links == NULL && count > 0)) {
		future_unref(first);
		return fut_job_failed(fut_home_here(), EINVAL);
	}
	for (size_t i = 0; i < count; i++) {
		future_t *next = future_then_with(last, &links[i]);

		future_unref(last);
		last = next;
	}
	return last;
}

future_result_t future_move(future_result_t in)
{
	struct fut_frame *frame = fut_self()->frame;
	struct future_cell *source;
	struct fut_job *job;

	if (frame == NULL || frame->cell == NULL ||
	    frame->cell->kind != &dependent_cell)
		return future_fail(EINVAL);
	job = fut_job_of(frame->cell);
	source = dependent_of(job)->source;
	/* A cancelled one has none, whatever its function may still write. */
	if (source == NULL)
		return future_fail(EINVAL);
	if ((fut_cell_state(source) & FUT_STATUS) == FUT_CANCELLED ||
	    in.value != source->value)
		return in.value == NULL ? in : future_fail(EINVAL);
	return fut_job_take(source);
}
