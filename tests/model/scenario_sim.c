/* A sim: what other threads do to it, against what its own does. */
#include "scenario.h"

static future_executor_t *sim;
static future_promise_t *promise;
static future_t *shared;

static void sim_new(void)
{
	MODEL_CHECK(future_sim_new((uint64_t)1 << 63, &sim) == 0);
}

static void post_one(void *arg)
{
	(void)arg;
	if (future_execute(sim, run_bare, NULL) != 0)
		model_count(REFUSED);
}

SCENARIO(post_against_the_run_of_a_sim)
{
	int thread;

	sim_new();
	thread = model_start(post_one, NULL);
	MODEL_CHECK(future_execute(sim, run_bare, NULL) == 0);
	MODEL_CHECK(future_sim_run(sim) == 0);
	model_join(thread);
	future_executor_unref(sim);
	MODEL_CHECK(model_counted(RAN) == 2);
}

SCENARIO(post_against_the_join_of_a_sim)
{
	int thread;

	sim_new();
	thread = model_start(post_one, NULL);
	future_executor_shutdown(sim);
	MODEL_CHECK(future_executor_join(sim, FUTURE_FOREVER) == 0);
	model_join(thread);
	MODEL_CHECK(model_counted(RAN) + model_counted(REFUSED) == 1);
	future_executor_unref(sim);
}

static void cancel_shared(void *arg)
{
	(void)arg;
	if (future_cancel(shared))
		model_count(CANCELLED);
}

SCENARIO(cancel_against_the_run_of_a_sim)
{
	int thread, error;

	sim_new();
	shared = future_submit(sim, run_one, NULL);
	thread = model_start(cancel_shared, NULL);
	error = future_get(shared).error;
	model_join(thread);
	MODEL_CHECK(error == (model_counted(CANCELLED) ? ECANCELED : 0));
	future_unref(shared);
	future_executor_unref(sim);
}

SCENARIO(cancel_against_a_timer_of_a_sim)
{
	int thread, error;

	sim_new();
	shared = future_after(sim, future_in_ms(1));
	thread = model_start(cancel_shared, NULL);
	error = future_get(shared).error;
	model_join(thread);
	MODEL_CHECK(error == (model_counted(CANCELLED) ? ECANCELED : 0));
	future_unref(shared);
	future_executor_unref(sim);
}

static void arm_one(void *arg)
{
	int error;

	(void)arg;
	shared = future_after(sim, (future_time_t){ INT64_MAX - 1 });
	error = future_get(shared).error;
	MODEL_CHECK(error == 0 || error == ESHUTDOWN);
	future_unref(shared);
}

SCENARIO(arm_against_the_join_of_a_sim)
{
	int thread;

	sim_new();
	thread = model_start(arm_one, NULL);
	MODEL_CHECK(future_sim_advance(sim, 1) == 0);
	future_executor_shutdown(sim);
	MODEL_CHECK(future_executor_join(sim, FUTURE_FOREVER) == 0);
	model_join(thread);
	future_executor_unref(sim);
}

static void settle_it(void *arg)
{
	MODEL_CHECK(future_promise_settle(promise, future_ok(arg)));
}

static future_result_t count_in(future_result_t in, void *arg)
{
	(void)arg;
	model_count(RAN);
	return in;
}

SCENARIO(settle_against_the_end_of_a_sim)
{
	future_t *future, *then;
	int thread, error;

	sim_new();
	MODEL_CHECK(future_promise_new(sim, &promise) == 0);
	future = future_promise_future(promise);
	then = future_then(future, count_in, NULL);
	thread = model_start(settle_it, NULL);
	future_executor_unref(sim);
	model_join(thread);
	error = future_get(then).error;
	MODEL_CHECK(error == 0 || error == ESHUTDOWN);
	MODEL_CHECK(model_counted(RAN) == (error == 0));
	future_unref(then);
	future_unref(future);
	future_promise_free(promise);
}

/* The sim does not wait for another thread, but leaves nothing to it. */
SCENARIO(settle_against_a_wait_in_a_sim)
{
	int thread, error;

	sim_new();
	MODEL_CHECK(future_promise_new(sim, &promise) == 0);
	shared = future_promise_future(promise);
	thread = model_start(settle_it, NULL);
	error = future_get(shared).error;
	MODEL_CHECK(error == 0 || error == EDEADLK);
	model_join(thread);
	MODEL_CHECK(future_get(shared).error == 0);
	future_unref(shared);
	future_promise_free(promise);
	future_executor_unref(sim);
}

static future_semaphore_t semaphore;

static void release_one(void *arg)
{
	(void)arg;
	MODEL_CHECK(future_semaphore_release(&semaphore, 1) == 0);
}

SCENARIO(release_against_a_wait_in_a_sim)
{
	int thread, error;

	sim_new();
	thread = model_start(release_one, NULL);
	error = future_semaphore_acquire(&semaphore, 1);
	MODEL_CHECK(error == 0 || error == EDEADLK);
	model_join(thread);
	MODEL_CHECK(future_semaphore_acquire_until(&semaphore, 1, FUTURE_NOW)
		== (error == 0 ? ETIMEDOUT : 0));
	future_executor_unref(sim);
}
