/* Pools that are closed: from outside, from inside, while tasks come. */
#include "scenario.h"

static future_executor_t *pool;

SCENARIO(unref_runs_what_is_queued)
{
	pool = pool_of(1);
	for (int i = 0; i < 3; i++)
		MODEL_CHECK(future_execute(pool, run_bare, NULL) == 0);
	future_executor_unref(pool);
	MODEL_CHECK(model_counted(RAN) == 3);
}

static void submit_one(void *arg)
{
	future_t *future = future_submit(pool, run_one, arg);
	int error = future_get(future).error;

	MODEL_CHECK(error == 0 || error == ESHUTDOWN);
	if (error != 0)
		model_count(REFUSED);
	future_unref(future);
}

SCENARIO(submit_against_shutdown)
{
	int thread;

	pool = pool_at_rest(1);
	thread = model_start(submit_one, NULL);
	future_executor_shutdown(pool);
	MODEL_CHECK(future_executor_join(pool, FUTURE_FOREVER) == 0);
	MODEL_CHECK(model_counted(RAN) + model_counted(REFUSED) <= 1);
	model_join(thread);
	MODEL_CHECK(model_counted(RAN) + model_counted(REFUSED) == 1);
	future_executor_unref(pool);
}

static void join_pool(void *arg)
{
	(void)arg;
	MODEL_CHECK(future_executor_join(pool, FUTURE_FOREVER) == 0);
}

SCENARIO(two_threads_join_a_pool)
{
	int thread;

	pool = pool_at_rest(1);
	MODEL_CHECK(future_execute(pool, run_bare, NULL) == 0);
	future_executor_shutdown(pool);
	thread = model_start(join_pool, NULL);
	join_pool(NULL);
	MODEL_CHECK(model_counted(RAN) == 1);
	model_join(thread);
	future_executor_unref(pool);
}

SCENARIO(join_with_a_deadline_against_the_last_task)
{
	int error;

	pool = pool_at_rest(1);
	MODEL_CHECK(future_execute(pool, run_bare, NULL) == 0);
	future_executor_shutdown(pool);
	error = future_executor_join(pool, future_in_ms(1));
	MODEL_CHECK(error == ETIMEDOUT ||
		(error == 0 && model_counted(RAN) == 1));
	future_executor_unref(pool);
	MODEL_CHECK(model_counted(RAN) == 1);
}

SCENARIO(drain_against_a_submit)
{
	int thread;

	pool = pool_at_rest(1);
	MODEL_CHECK(future_execute(pool, run_bare, NULL) == 0);
	thread = model_start(submit_one, NULL);
	MODEL_CHECK(future_executor_drain(pool, FUTURE_FOREVER) == 0);
	MODEL_CHECK(model_counted(RAN) >= 1);
	model_join(thread);
	pool_end(pool);
	MODEL_CHECK(model_counted(RAN) == 2);
}

/* The last handle goes inside: the last worker frees the pool. */

static void unref_pool(void *arg)
{
	(void)arg;
	future_executor_unref(pool);
	model_count(RAN);
}

SCENARIO(unref_of_a_pool_from_inside)
{
	pool = pool_of(1);
	MODEL_CHECK(future_execute(future_executor_ref(pool), unref_pool,
		NULL) == 0);
	future_executor_unref(pool);
}

SCENARIO(unref_of_a_pool_of_two_from_inside)
{
	pool = pool_of(2);
	MODEL_CHECK(future_execute(pool, unref_pool, NULL) == 0);
}

SCENARIO(detach_against_a_task)
{
	pool = pool_of(2);
	MODEL_CHECK(future_execute(pool, run_bare, NULL) == 0);
	future_executor_detach(pool);
}

/* A task is cancelled, starts, and its executor is cancelled, all at once. */

static void cancel_pool(void *arg)
{
	(void)arg;
	if (future_executor_cancel(pool) != 0)
		model_count(CANCELLED);
}

static void destroy_arg(void *arg)
{
	(void)arg;
	model_count(DESTROYED);
}

static void cancel_task(void *future)
{
	if (future_cancel(future))
		model_count(CANCELLED);
	future_unref(future);
}

static void cancel_queued(bool both)
{
	future_task_t task = { .fn = run_one, .destroy_arg = destroy_arg };
	future_t *future;
	int thread = -1, error;

	model_quiet(true);
	pool = pool_of(1);
	model_quiet(false);
	future = future_submit_with(pool, &task);
	if (both)
		thread = model_start(cancel_pool, NULL);
	cancel_task(future_ref(future));
	MODEL_CHECK(future_join(future, FUTURE_FOREVER) == 0);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
	error = future_get(future).error;
	MODEL_CHECK(error == 0 ? model_counted(RAN) == 1 :
		error == ECANCELED);
	future_unref(future);
	if (both)
		model_join(thread);
	pool_end(pool);
	MODEL_CHECK(model_counted(CANCELLED) <= (error == ECANCELED));
}

SCENARIO(cancel_of_a_queued_task_against_its_start)
{
	cancel_queued(false);
}

SCENARIO(cancel_of_a_queued_task_and_of_its_pool)
{
	cancel_queued(true);
}

/* Settled is not finished: the argument is in use until join returns. */

static int argument;

static future_result_t use_argument(void *arg)
{
	int *number = arg;

	*number = 1;
	model_count(future_cancel_requested() ? CANCELLED : RAN);
	*number = 2;
	return future_ok(NULL);
}

SCENARIO(cancel_of_a_running_task_against_join)
{
	future_t *future;

	pool = pool_at_rest(1);
	future = future_submit(pool, use_argument, &argument);
	future_cancel(future);
	MODEL_CHECK(future_join(future, FUTURE_FOREVER) == 0);
	MODEL_CHECK(argument == 0 || argument == 2);
	future_unref(future);
	pool_end(pool);
}

/* The value that the function still returns is nobody's. */

static future_result_t heal(future_result_t in, void *arg)
{
	MODEL_CHECK(in.error == ECANCELED && in.value == NULL);
	return future_ok(arg);
}

SCENARIO(a_healed_cancel_against_the_end_of_the_task)
{
	future_t *task, *healed;

	pool = pool_at_rest(1);
	task = future_submit(pool, run_one, &argument);
	healed = future_catch_on(task, future_inline(), heal, &argument);
	future_cancel(task);
	/* If it was too late, the value is the same. */
	get_and_unref(healed, &argument);
	future_unref(task);
	pool_end(pool);
}

/* A future whose home is closed, and whose shell is somebody else's. */

/* Where it was to run is gone once that has been counted. */
static future_result_t go_on(future_result_t in, void *arg)
{
	(void)arg;
	MODEL_CHECK(model_counted(STARTED) == 0);
	model_count(PASSED);
	return in;
}

static void settle_and_free(void *promise)
{
	future_promise_settle(promise, future_ok(NULL));
	future_promise_free(promise);
}

SCENARIO(a_continuation_against_the_end_of_its_home)
{
	future_promise_t *promise;
	future_t *future, *next;
	int thread, error;

	pool = pool_at_rest(1);
	MODEL_CHECK(future_promise_new(pool, &promise) == 0);
	future = future_promise_future(promise);
	next = future_then(future, go_on, NULL);
	future_unref(future);
	thread = model_start(settle_and_free, promise);
	future_executor_unref(pool);
	model_count(STARTED);
	pool = pool_of(1);
	error = future_get(next).error;
	MODEL_CHECK(error == ESHUTDOWN || (error == 0 &&
		model_counted(PASSED) == 1));
	future_unref(next);
	model_join(thread);
	pool_end(pool);
}

/* Some thread, or some memory, cannot be had. */
SCENARIO(a_pool_that_cannot_start, .faults = 1)
{
	future_pool_options_t options = { .threads = 2 };
	int error = future_pool_new(&options, &pool);

	MODEL_CHECK(error == 0 || error == ENOMEM || error == EAGAIN);
	if (error == 0)
		future_executor_unref(pool);
}

static void use_default(void *arg)
{
	future_executor_t *executor = future_default();

	(void)arg;
	MODEL_CHECK(executor != NULL && executor == future_default());
}

SCENARIO(two_threads_start_the_default_pool)
{
	int thread;

	model_daemons(2);
	thread = model_start(use_default, NULL);
	use_default(NULL);
	model_join(thread);
}
