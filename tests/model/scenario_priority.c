/* What is urgent, what is low, and workers that sleep or have a share. */
#include "scenario.h"

enum { URGENT = SETTLED };	/* a counter */

static future_executor_t *pool;

static future_t *submit_at(int priority, future_task_fn *fn, void *arg)
{
	return future_submit_with(pool, &(future_task_t){ .fn = fn, .arg = arg,
		.priority = priority });
}

/* The worker looks, announces itself, sleeps; both come meanwhile. */
SCENARIO(urgent_and_low_against_a_worker_going_to_sleep, .spurious = 1)
{
	int values[2];
	future_t *low, *urgent;

	pool = pool_of(1);
	low = submit_at(FUTURE_PRIORITY_LOW, run_one, &values[0]);
	urgent = submit_at(FUTURE_PRIORITY_HIGH, run_one, &values[1]);
	get_and_unref(low, &values[0]);
	get_and_unref(urgent, &values[1]);
	pool_end(pool);
	MODEL_CHECK(model_counted(RAN) == 2);
}

static void submit_urgent(void *value)
{
	get_and_unref(submit_at(FUTURE_PRIORITY_HIGH, run_one, value), value);
}

/* Two that sleep, two that come: one wake-up or two. */
SCENARIO(urgent_against_normal_on_two_sleeping_workers, .bound = 1)
{
	int values[2], thread;

	pool = pool_at_rest(2);
	thread = model_start(submit_urgent, &values[0]);
	get_and_unref(future_submit(pool, run_one, &values[1]), &values[1]);
	model_join(thread);
	pool_end(pool);
	MODEL_CHECK(model_counted(RAN) == 2);
}

/* The worker stands in the first of a share. */

static future_promise_t *promise;
static future_t *opened;

static future_result_t wait_for_it(void *arg)
{
	(void)arg;
	MODEL_CHECK(future_get(opened).error == 0);
	return future_ok(NULL);
}

static void settle(void)
{
	MODEL_CHECK(future_promise_settle(promise, future_ok(NULL)));
}

static void promise_begin(void)
{
	promise = promise_new();
	opened = future_promise_future(promise);
}

static void promise_end(void)
{
	future_unref(opened);
	future_promise_free(promise);
}

static future_result_t be_first(void *arg)
{
	MODEL_CHECK(model_counted(RAN) == 0);
	model_count(URGENT);
	return future_ok(arg);
}

/* Submitted before the worker comes back, it is the next that it runs. */
SCENARIO(urgent_before_the_rest_of_a_share)
{
	future_t *waits, *urgent;

	promise_begin();
	pool = pool_at_rest(1);
	model_quiet(true);
	waits = future_submit(pool, wait_for_it, NULL);
	for (int i = 0; i < 3; i++)
		MODEL_CHECK(future_execute(pool, run_bare, NULL) == 0);
	model_rest();
	model_quiet(false);
	urgent = submit_at(FUTURE_PRIORITY_HIGH, be_first, NULL);
	settle();
	get_and_unref(urgent, NULL);
	get_and_unref(waits, NULL);
	pool_end(pool);
	MODEL_CHECK(model_counted(RAN) == 3);
	MODEL_CHECK(model_counted(URGENT) == 1);
	promise_end();
}

/* It comes while a worker goes from one task of a share to the next. */
SCENARIO(urgent_against_a_share, .bound = 1)
{
	int value;

	model_quiet(true);
	pool = pool_of(2);
	for (int i = 0; i < 4; i++)
		MODEL_CHECK(future_execute(pool, run_bare, NULL) == 0);
	model_quiet(false);
	submit_urgent(&value);
	MODEL_CHECK(future_executor_drain(pool, FUTURE_FOREVER) == 0);
	MODEL_CHECK(model_counted(RAN) == 5);
	pool_end(pool);
}

/* A flood: urgent tasks that submit themselves again until `open` is. */

static bool is_open(void)
{
	return future_state(opened) == FUTURE_OK;
}

static future_result_t flood(void *arg)
{
	/* Or depth first nobody else would ever have the processor. */
	if (arg != NULL)
		model_rest();
	model_count(URGENT);
	if (!is_open())
		future_unref(submit_at(FUTURE_PRIORITY_HIGH, flood, arg));
	return future_ok(NULL);
}

static void open_it(void *arg)
{
	(void)arg;
	settle();
}

static future_result_t open_low(void *arg)
{
	/* So many have passed it, and no more. */
	MODEL_CHECK(model_counted(URGENT) <= 2);
	settle();
	return future_ok(arg);
}

SCENARIO(low_under_a_flood_of_urgent_ones)
{
	future_t *low;

	promise_begin();
	pool = pool_at_rest(1);
	low = submit_at(FUTURE_PRIORITY_LOW, open_low, NULL);
	future_unref(submit_at(FUTURE_PRIORITY_HIGH, flood, NULL));
	get_and_unref(low, NULL);
	pool_end(pool);
	promise_end();
}

/*
 * What ends the flood lies in the share of a worker that waits for that end:
 * the one that the flood keeps busy gets to it all the same.
 */
SCENARIO(a_share_under_a_flood, .bound = 1)
{
	future_t *waits;

	promise_begin();
	pool = pool_at_rest(2);
	model_quiet(true);
	future_unref(submit_at(FUTURE_PRIORITY_HIGH, flood, &pool));
	waits = future_submit(pool, wait_for_it, NULL);
	MODEL_CHECK(future_execute(pool, open_it, NULL) == 0);
	model_quiet(false);
	get_and_unref(waits, NULL);
	pool_end(pool);
	promise_end();
}

/* Urgent, and cancelled: as husks in a level of their own. */
SCENARIO(urgent_against_its_cancel)
{
	future_t *urgent;
	bool cancelled;

	pool = pool_at_rest(1);
	urgent = submit_at(FUTURE_PRIORITY_HIGH, run_one, NULL);
	cancelled = future_cancel(urgent);
	MODEL_CHECK(future_get(urgent).error == (cancelled ? ECANCELED : 0));
	future_unref(urgent);
	MODEL_CHECK(future_executor_drain(pool, FUTURE_FOREVER) == 0);
	pool_end(pool);
	MODEL_CHECK(cancelled || model_counted(RAN) == 1);
}
