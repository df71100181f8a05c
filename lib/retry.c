/*
 * Floor 6: a task that is run again until it succeeds.
 *
 * An attempt that fails follows the next one, a continuation of the pause
 * between them.  So a cancel or a join of the first goes down to the one that
 * is in hand, and the last settles all of them.
 *
 *	attempt 1 --follows--> attempt 2 --follows--> ... --> a failed() or
 *	(a task)               (of a pause)                   the last attempt
 *
 * Where an attempt itself ends with a follow, its outcome is awaited by
 * failed(), which stands in the chain for it.  Of all these only one is in
 * hand at a time, and what it changes here the next one sees: it hangs on, or
 * is made by, the one before.
 */
#include <future.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { ATTEMPTS = 3 };

struct retry {
	future_retry_t how;	/* constant, once it is set up */
	size_t runs;		/* these two: of the step in hand */
	uint64_t random;
	atomic_size_t steps;	/* those that hold it */
	_Alignas(max_align_t) unsigned char copy[];
};

/* The argument, copied, of each task and continuation. */
struct step {
	struct retry *retry;
	future_t *awaited;	/* its source, with a reference; or NULL */
};

static void retry_put(struct retry *retry)
{
	/* What each step did before its count, for the destructor. */
	if (atomic_fetch_sub_explicit(&retry->steps, 1,
			memory_order_acq_rel) > 1)
		return;
	if (retry->how.destroy_arg != NULL)
		retry->how.destroy_arg(retry->how.arg);
	free(retry);
}

/* It has returned, or never will start: then the pause is over, too. */
static void step_end(void *arg)
{
	struct step *step = arg;

	future_cancel(step->awaited);
	future_unref(step->awaited);
	retry_put(step->retry);
}

/*
 * Takes `awaited`.  The place is named: a future for which there was no memory
 * is at home on the default executor.
 */
static future_result_t follow_step(struct retry *retry, future_t *awaited,
	future_on_t on, future_then_fn *fn)
{
	struct step step = { retry, awaited };

	atomic_fetch_add_explicit(&retry->steps, 1, memory_order_relaxed);
	return future_follow(future_then_with(awaited, &(future_continuation_t){
		.on = on, .executor = future_current(), .fn = fn,
		.arg = &step, .arg_size = sizeof(step),
		.destroy_arg = step_end, .priority = retry->how.priority,
		.token = future_token_current(), .name = retry->how.name }));
}

/* splitmix64 */
static uint64_t draw(struct retry *retry)
{
	uint64_t z = retry->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static int64_t pause_ns(struct retry *retry)
{
	int64_t cap = retry->how.cap_ns > 0 ? retry->how.cap_ns : INT64_MAX;
	int64_t ns = retry->how.backoff_ns < cap ? retry->how.backoff_ns : cap;

	for (size_t i = 1; i < retry->runs && ns > 0 && ns < cap; i++)
		ns = ns > cap / 2 ? cap : 2 * ns;
	if (retry->how.jitter != 0)
		ns = (int64_t)(draw(retry) % ((uint64_t)ns + 1));
	return ns;
}

static future_result_t again(future_result_t pause, void *step);

static future_result_t follow_next(struct retry *retry)
{
	int64_t now_ns = future_now().ns, ns = pause_ns(retry);
	future_time_t end = { ns < INT64_MAX - now_ns ? now_ns + ns :
		INT64_MAX };

	return follow_step(retry, future_after(future_current(), end),
		FUTURE_ON_SUCCESS, again);
}

static bool is_final(const struct retry *retry, future_result_t failure)
{
	return failure.error == ECANCELED || future_cancel_requested() ||
		retry->runs == retry->how.attempts ||
		(retry->how.worth != NULL &&
		 !retry->how.worth(failure, retry->how.arg));
}

/* What an attempt followed has failed. */
static future_result_t failed(future_result_t failure, void *arg)
{
	struct step *step = arg;

	return is_final(step->retry, failure) ? failure :
		follow_next(step->retry);
}

static future_result_t attempt(void *arg)
{
	struct retry *retry = ((struct step *)arg)->retry;
	future_result_t result;

	retry->runs++;
	result = retry->how.fn(retry->how.arg);
	if (result.error != 0) {
		if (is_final(retry, result))
			return result;
		if (result.destroy != NULL)
			result.destroy(result.value);
		return follow_next(retry);
	}
	/* What owns nothing follows nothing, and what is last need not be. */
	if (result.destroy == NULL || retry->runs == retry->how.attempts)
		return result;
	return follow_step(retry, future_ready(result), FUTURE_ON_FAILURE,
		failed);
}

static future_result_t again(future_result_t pause, void *step)
{
	(void)pause;
	return attempt(step);
}

static struct retry *retry_new(const future_retry_t *how)
{
	struct retry *retry = NULL;

	if (how->arg_size < SIZE_MAX - sizeof(*retry))
		retry = malloc(sizeof(*retry) + how->arg_size);
	if (retry == NULL)
		return NULL;
	*retry = (struct retry){ .how = *how, .random = how->jitter };
	atomic_init(&retry->steps, 1);
	if (how->attempts == 0)
		retry->how.attempts = ATTEMPTS;
	if (how->arg_size > 0)
		retry->how.arg = memcpy(retry->copy, how->arg, how->arg_size);
	return retry;
}

static future_t *refuse(const future_retry_t *how, int error)
{
	if (how != NULL && how->destroy_arg != NULL)
		how->destroy_arg(how->arg);
	return future_ready(future_fail(error));
}

future_t *future_retry(future_executor_t *executor, const future_retry_t *how)
{
	struct step step = { NULL, NULL };

	if (how == NULL || how->fn == NULL || how->backoff_ns < 0 ||
	    how->cap_ns < 0 || (how->arg == NULL && how->arg_size > 0))
		return refuse(how, EINVAL);
	step.retry = retry_new(how);
	if (step.retry == NULL)
		return refuse(how, ENOMEM);
	return future_submit_with(executor, &(future_task_t){ .fn = attempt,
		.arg = &step, .arg_size = sizeof(step),
		.destroy_arg = step_end, .priority = how->priority,
		.token = how->token, .name = how->name });
}
