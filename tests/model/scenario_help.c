/* Workers that wait: they run what they wait for, and only that. */
#include "scenario.h"

static future_executor_t *pool;

static future_result_t get_inner(void *arg)
{
	future_t *inner = future_submit(pool, run_one, arg);
	future_result_t result = future_get(inner);

	future_unref(inner);
	return result;
}

SCENARIO(get_on_a_worker_helps)
{
	int value;

	pool = pool_at_rest(1);
	get_and_unref(future_submit(pool, get_inner, &value), &value);
	pool_end(pool);
	MODEL_CHECK(model_counted(RAN) == 1);
}

SCENARIO(get_on_a_worker_while_another_could)
{
	int value;

	pool = pool_at_rest(2);
	get_and_unref(future_submit(pool, get_inner, &value), &value);
	pool_end(pool);
	MODEL_CHECK(model_counted(RAN) == 1);
}

/* What a sleeping worker waits for becomes ready behind it: it is prodded. */

static future_t *dependent;

static future_result_t get_dependent(void *arg)
{
	(void)arg;
	return future_get(dependent);
}

static future_result_t go_on(future_result_t in, void *arg)
{
	(void)arg;
	model_count(PASSED);
	return in;
}

/* With two, both sleep before it happens. */
static void prods(size_t workers)
{
	future_promise_t *promise;
	future_t *source, *waits[2];
	int value;

	pool = pool_at_rest(workers);
	MODEL_CHECK(future_promise_new(pool, &promise) == 0);
	source = future_promise_future(promise);
	dependent = future_then(source, go_on, NULL);
	future_unref(source);
	model_quiet(workers > 1);
	for (size_t i = 0; i < workers; i++)
		waits[i] = future_submit(pool, get_dependent, NULL);
	if (workers > 1)
		model_rest();
	model_quiet(false);
	future_promise_settle(promise, future_ok(&value));
	for (size_t i = 0; i < workers; i++)
		get_and_unref(waits[i], &value);
	future_unref(dependent);
	future_promise_free(promise);
	pool_end(pool);
	MODEL_CHECK(model_counted(PASSED) == 1);
}

SCENARIO(prod_of_the_only_worker)
{
	prods(1);
}

SCENARIO(prod_of_both_workers)
{
	prods(2);
}

/* What they wait for comes to follow something that is queued already. */

static int value;

SCENARIO(a_follow_wakes_the_only_worker)
{
	future_promise_t *promise;
	future_t *task, *waits;

	pool = pool_at_rest(1);
	MODEL_CHECK(future_promise_new(pool, &promise) == 0);
	dependent = future_promise_future(promise);
	waits = future_submit(pool, get_dependent, NULL);
	task = future_submit(pool, run_one, &value);
	future_promise_settle(promise, future_follow(task));
	get_and_unref(waits, &value);
	future_unref(dependent);
	future_promise_free(promise);
	pool_end(pool);
	MODEL_CHECK(model_counted(RAN) == 1);
}

/* The task is claimed by its waiter, started by a worker, cancelled. */

static void cancel_it(void *future)
{
	future_cancel(future);
	future_unref(future);
}

static future_result_t get_cancelled(void *arg)
{
	future_t *inner = future_submit(pool, run_one, arg);
	int thread = model_start(cancel_it, future_ref(inner));
	int error = future_get(inner).error;

	MODEL_CHECK(error == 0 || error == ECANCELED);
	MODEL_CHECK(model_counted(RAN) <= 1);
	future_unref(inner);
	model_join(thread);
	return future_ok(arg);
}

SCENARIO(claim_against_cancel)
{
	pool = pool_at_rest(1);
	get_and_unref(future_submit(pool, get_cancelled, NULL), NULL);
	pool_end(pool);
}

SCENARIO(claim_against_start_and_cancel)
{
	pool = pool_at_rest(2);
	get_and_unref(future_submit(pool, get_cancelled, NULL), NULL);
	pool_end(pool);
}
