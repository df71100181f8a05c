/* Attempts: against cancels, the end of their pool, other threads. */
#include "scenario.h"

static future_executor_t *pool;
static future_promise_t *promise;
static future_t *followed, *shared;

static void cancel_shared(void *arg)
{
	(void)arg;
	if (future_cancel(shared))
		model_count(CANCELLED);
}

/* A pool whose timer thread is there, and sleeps for ever. */
static future_executor_t *pool_with_timers(void)
{
	future_executor_t *new = pool_at_rest(1);

	model_quiet(true);
	get_and_unref(future_after(new, future_in_ms(1)), NULL);
	model_rest();
	model_quiet(false);
	return new;
}

/* Fails the first time. */
static future_result_t run_twice(void *arg)
{
	model_count(RAN);
	MODEL_CHECK(model_counted(DESTROYED) == 0);
	return model_counted(RAN) == 1 ? future_fail(EIO) : future_ok(arg);
}

static future_result_t run_followed(void *arg)
{
	model_count(RAN);
	return model_counted(RAN) == 1 ?
		future_follow(future_ref(followed)) : future_ok(arg);
}

static void destroyed(void *arg)
{
	(void)arg;
	model_count(DESTROYED);
}

static future_t *retry_of(future_task_fn *fn, int64_t backoff_ns)
{
	return future_retry(pool, &(future_retry_t){ .attempts = 2,
		.backoff_ns = backoff_ns, .fn = fn, .arg = &pool,
		.destroy_arg = destroyed });
}

/* It has run out, or was cancelled, and nothing of it runs any more. */
static void finish(future_t *retry)
{
	int error = future_get(retry).error;

	MODEL_CHECK(error == 0 || error == ECANCELED);
	MODEL_CHECK(future_join(retry, FUTURE_FOREVER) == 0);
	MODEL_CHECK(error == ECANCELED || model_counted(RAN) == 2);
	MODEL_CHECK(error == ECANCELED || model_counted(DESTROYED) == 1);
	future_unref(retry);
}

SCENARIO(cancel_of_a_retry_against_its_timer)
{
	int thread;

	pool = pool_with_timers();
	model_quiet(true);
	shared = retry_of(run_twice, 1000000);
	MODEL_CHECK(future_executor_drain(pool, FUTURE_FOREVER) == 0);
	model_rest();
	model_quiet(false);
	thread = model_start(cancel_shared, NULL);
	model_join(thread);
	finish(shared);
	pool_end(pool);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

SCENARIO(cancel_of_a_retry_against_an_attempt)
{
	int thread;

	pool = pool_with_timers();
	shared = retry_of(run_twice, 0);
	thread = model_start(cancel_shared, NULL);
	MODEL_CHECK(future_wait(shared, FUTURE_FOREVER) == 0);
	model_join(thread);
	finish(shared);
	pool_end(pool);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

static void fail_it(void *arg)
{
	(void)arg;
	future_promise_settle(promise, future_fail(EIO));
}

SCENARIO(cancel_of_a_retry_against_what_it_follows)
{
	int first, second;

	pool = pool_with_timers();
	model_quiet(true);
	promise = promise_new();
	followed = future_promise_future(promise);
	shared = retry_of(run_followed, 0);
	MODEL_CHECK(future_executor_drain(pool, FUTURE_FOREVER) == 0);
	model_quiet(false);
	first = model_start(cancel_shared, NULL);
	second = model_start(fail_it, NULL);
	model_join(first);
	model_join(second);
	finish(shared);
	pool_end(pool);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
	future_unref(followed);
	future_promise_free(promise);
}

SCENARIO(unref_of_a_pool_against_a_retry)
{
	future_t *retry;
	int error;

	pool = pool_at_rest(1);
	retry = retry_of(run_twice, 0);
	future_executor_unref(pool);
	error = future_get(retry).error;
	MODEL_CHECK(error == 0 || error == ESHUTDOWN);
	MODEL_CHECK(model_counted(RAN) == (error == 0 ? 2 : 1));
	MODEL_CHECK(model_counted(DESTROYED) == 1);
	future_unref(retry);
}

SCENARIO(no_memory_for_a_retry, .faults = 1)
{
	future_t *retry;
	int error;

	if (future_pool_new(&(future_pool_options_t){ .threads = 1 },
			&pool) != 0)
		return;
	retry = retry_of(run_twice, 1);
	error = future_get(retry).error;
	MODEL_CHECK(error == 0 || error == ENOMEM || error == EAGAIN);
	future_unref(retry);
	pool_end(pool);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

/* The clock hardly moves here but for those who sleep. */

static int64_t run_at_ns[6];

static future_result_t run_six_times(void *arg)
{
	run_at_ns[model_counted(RAN)] = future_now().ns;
	model_count(RAN);
	return model_counted(RAN) < 6 ? future_fail(EIO) : future_ok(arg);
}

SCENARIO(a_retry_pauses_twice_as_long_up_to_its_cap, .bound = 1)
{
	static const int64_t pauses[] = { 2, 4, 8, 9, 9 };

	pool = pool_with_timers();
	get_and_unref(future_retry(pool, &(future_retry_t){ .attempts = 6,
		.backoff_ns = 2000000, .cap_ns = 9000000,
		.fn = run_six_times }), NULL);
	pool_end(pool);
	for (int i = 0; i < 5; i++)
		MODEL_CHECK((run_at_ns[i + 1] - run_at_ns[i]) / 1000000 ==
			pauses[i]);
}
