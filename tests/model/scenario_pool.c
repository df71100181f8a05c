/* Pools: workers that sleep, wake, steal, are closed, and help. */
#include "model.h"

#include <future.h>

enum count { RAN, STOPPED, DROPPED, SECOND };

static future_executor_t *pool;

static void pool_start(size_t threads)
{
	future_pool_options_t options = { .threads = threads };

	MODEL_CHECK(future_pool_new(&options, &pool) == 0);
}

static future_result_t run_one(void *arg)
{
	model_count(RAN);
	return future_ok(arg);
}

static void run_bare(void *arg)
{
	(void)arg;
	model_count(RAN);
}

static void get_and_unref(future_t *future, void *value)
{
	future_result_t result = future_get(future);

	MODEL_CHECK(result.error == 0 && result.value == value);
	future_unref(future);
}

/* The worker looks, announces itself, sleeps; the task comes meanwhile. */
SCENARIO(submit_against_the_last_worker_going_to_sleep)
{
	int value;

	pool_start(1);
	get_and_unref(future_submit(pool, run_one, &value), &value);
	future_executor_unref(pool);
	MODEL_CHECK(model_counted(RAN) == 1);
}

SCENARIO(two_workers_going_to_sleep)
{
	int value;

	pool_start(2);
	get_and_unref(future_submit(pool, run_one, &value), &value);
	future_executor_unref(pool);
	MODEL_CHECK(model_counted(RAN) == 1);
}

static void submit_one(void *arg)
{
	get_and_unref(future_submit(pool, run_one, arg), arg);
}

SCENARIO(two_threads_submit)
{
	int value, thread;

	pool_start(1);
	thread = model_start(submit_one, &value);
	submit_one(&thread);
	model_join(thread);
	future_executor_unref(pool);
	MODEL_CHECK(model_counted(RAN) == 2);
}

SCENARIO(unref_runs_what_is_queued)
{
	pool_start(1);
	for (int i = 0; i < 3; i++)
		MODEL_CHECK(future_execute(pool, run_bare, NULL) == 0);
	future_executor_unref(pool);
	MODEL_CHECK(model_counted(RAN) == 3);
}
