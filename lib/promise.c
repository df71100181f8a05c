/* Floor 5: promises, the writing end. */
#include "then.h"
#include "block.h"
#include "get.h"
#include "park.h"

#include <errno.h>
#include <future/promise.h>

struct future_promise {
	struct fut_job *job;	/* with the reference of who will settle it */
	_Atomic(future_t *) on_cancel;	/* the call of the cancel callback */
};

int future_promise_new(future_executor_t *executor,
	future_promise_t **ret_promise)
{
	struct future_promise *promise;

	if (ret_promise == NULL)
		return EINVAL;
	if (executor != NULL && fut_executor_inherited(executor))
		return ECHILD;
	promise = fut_block_new(sizeof(*promise));
	if (promise == NULL)
		return ENOMEM;
	promise->job = fut_job_new_plain(fut_home_of(executor));
	if (promise->job == NULL) {
		fut_block_free(promise, sizeof(*promise));
		return ENOMEM;
	}
	atomic_store_explicit(&promise->on_cancel, NULL, FUT_RELAXED);
	*ret_promise = promise;
	return 0;
}

future_t *future_promise_future(future_promise_t *promise)
{
	if (promise == NULL)
		return fut_job_failed(fut_home_here(), EINVAL);
	return fut_cell_ref(&promise->job->cell);
}

/* A follow is claimed and linked at once: a cancel must not fall between. */
static bool settle(struct fut_job *job, const future_result_t *result)
{
	if (fut_follow_asked(result))
		return fut_follow_unclaimed(job, result->value);
	if (!fut_cell_claim(&job->cell))
		return false;
	fut_job_settle(job, result);
	return true;
}

bool future_promise_settle(future_promise_t *promise, future_result_t result)
{
	struct fut_job *job = promise != NULL ? promise->job : NULL;
	bool settled;

	if (job == NULL || fut_cell_inherited(&job->cell)) {
		fut_job_discard(&result);
		return false;
	}
	/* A callback may free the promise. */
	fut_cell_ref(&job->cell);
	settled = settle(job, &result);
	if (!settled)
		fut_job_discard(&result);
	fut_job_unref(job);
	return settled;
}

bool future_promise_is_settled(const future_promise_t *promise)
{
	return promise == NULL || (fut_cell_state(&promise->job->cell) &
		(FUT_SETTLED | FUT_CLAIM)) != 0;
}

int future_promise_on_cancel(future_promise_t *promise,
	future_executor_t *executor, void (*fn)(void *arg), void *arg)
{
	future_t *call = NULL, *none = NULL;
	int error;

	if (promise == NULL || fn == NULL)
		return EINVAL;
	if (fut_cell_inherited(&promise->job->cell) ||
	    (executor != NULL && fut_executor_inherited(executor)))
		return ECHILD;
	if (atomic_load_explicit(&promise->on_cancel, FUT_RELAXED) != NULL)
		return EALREADY;
	error = fut_on_cancel(&promise->job->cell, executor, fn, arg, &call);
	/* The call before its address, for future_promise_free(). */
	if (error != 0 || atomic_compare_exchange_strong_explicit(
			&promise->on_cancel, &none, call, FUT_ACQ_REL,
			FUT_RELAXED))
		return error;
	future_cancel(call);
	future_unref(call);
	return EALREADY;
}

void future_promise_free(future_promise_t *promise)
{
	future_result_t dead = future_fail(EOWNERDEAD);
	struct fut_job *job;
	future_t *call;

	if (promise == NULL)
		return;
	job = promise->job;
	/* The address before the call, for future_promise_on_cancel(). */
	call = atomic_load_explicit(&promise->on_cancel, FUT_ACQUIRE);
	if (call != NULL) {
		future_cancel(call);
		/* EDEADLK: this is the callback itself. */
		(void)fut_join(call, FUT_FOREVER, FUT_WAIT_FIRM);
		future_unref(call);
	}
	fut_block_free(promise, sizeof(*promise));
	if (!fut_cell_inherited(&job->cell) && fut_cell_claim(&job->cell)) {
		/* Nobody can hear of it, nor has to. */
		if (fut_cell_refs(&job->cell) == 1)
			fut_cell_see(&job->cell);
		fut_job_settle(job, &dead);
	}
	fut_job_unref(job);
}
