/* Timers: against cancels, settles, the end of their pool. */
#include "scenario.h"

static future_executor_t *pool;
static future_promise_t *promise;
static future_t *shared;

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

SCENARIO(after_against_cancel)
{
	int thread, error;

	pool = pool_with_timers();
	shared = future_after(pool, future_in_ms(1));
	thread = model_start(cancel_shared, NULL);
	error = future_get(shared).error;
	MODEL_CHECK(error == 0 || error == ECANCELED);
	model_join(thread);
	MODEL_CHECK(model_counted(CANCELLED) == (error == ECANCELED));
	future_unref(shared);
	pool_end(pool);
}

/* The thread is just going to sleep, or does for the later of them. */

static void arm_and_get(void *ms)
{
	get_and_unref(future_after(pool, future_in_ms((intptr_t)ms)), NULL);
}

SCENARIO(two_arm_at_once)
{
	int thread;

	pool = pool_with_timers();
	thread = model_start(arm_and_get, (void *)2);
	arm_and_get((void *)1);
	model_join(thread);
	pool_end(pool);
}

SCENARIO(two_start_the_thread_at_once)
{
	int thread;

	pool = pool_at_rest(1);
	thread = model_start(arm_and_get, (void *)1);
	arm_and_get((void *)1);
	model_join(thread);
	pool_end(pool);
}

SCENARIO(the_thread_cannot_be_started, .faults = 1)
{
	future_t *after;
	int error;

	if (future_pool_new(&(future_pool_options_t){ .threads = 1 },
			&pool) != 0)
		return;
	after = future_after(pool, future_in_ms(1));
	error = future_get(after).error;
	MODEL_CHECK(error == 0 || error == EAGAIN || error == ENOMEM);
	future_unref(after);
	pool_end(pool);
}

/* Timeouts. */

static void settle_it(void *arg)
{
	if (future_promise_settle(promise, future_ok(arg)))
		model_count(SETTLED);
}

static future_t *promised(void)
{
	MODEL_CHECK(future_promise_new(pool, &promise) == 0);
	return future_promise_future(promise);
}

static void check_timeout(future_t *source, int settler)
{
	int error = future_get(shared).error;

	MODEL_CHECK(error == 0 || error == ETIMEDOUT || error == ECANCELED);
	if (error == 0)
		MODEL_CHECK(future_state(source) == FUTURE_OK);
	if (error == ETIMEDOUT)
		MODEL_CHECK(future_state(source) == FUTURE_CANCELLED);
	model_join(settler);
	future_unref(shared);
	future_unref(source);
	future_promise_free(promise);
}

SCENARIO(timeout_against_settle)
{
	future_t *source;
	int thread;

	pool = pool_with_timers();
	source = promised();
	thread = model_start(settle_it, NULL);
	shared = future_timeout(source, future_in_ms(1));
	check_timeout(source, thread);
	pool_end(pool);
}

SCENARIO(timeout_against_settle_and_cancel)
{
	future_t *source;
	int first, second;

	pool = pool_with_timers();
	source = promised();
	shared = future_timeout(source, future_in_ms(1));
	first = model_start(settle_it, NULL);
	second = model_start(cancel_shared, NULL);
	model_join(second);
	check_timeout(source, first);
	pool_end(pool);
}

/* A timer that would never be due is gone, whoever came first. */
SCENARIO(a_settled_timeout_leaves_no_timer)
{
	future_t *source, *timeout;
	unsigned blocks;
	int thread;

	pool = pool_with_timers();
	blocks = model_blocks();
	source = promised();
	thread = model_start(settle_it, NULL);
	timeout = future_timeout(source, FUTURE_FOREVER);
	get_and_unref(timeout, NULL);
	model_join(thread);
	future_unref(source);
	future_promise_free(promise);
	MODEL_CHECK(model_blocks() == blocks);
	pool_end(pool);
}

/* The source is cancelled from outside as well. */
SCENARIO(timeout_against_cancel_of_its_source)
{
	future_t *timeout;
	int thread, error;

	pool = pool_with_timers();
	shared = promised();
	timeout = future_timeout(shared, future_in_ms(1));
	thread = model_start(cancel_shared, NULL);
	error = future_get(timeout).error;
	MODEL_CHECK(error == ETIMEDOUT || error == ECANCELED);
	MODEL_CHECK(future_state(shared) == FUTURE_CANCELLED);
	model_join(thread);
	future_unref(timeout);
	future_unref(shared);
	future_promise_free(promise);
	pool_end(pool);
}

/* The end. */

static future_result_t close_it(future_result_t in, void *arg)
{
	(void)arg;
	MODEL_CHECK(in.error == 0 || in.error == ESHUTDOWN);
	MODEL_CHECK(future_executor_drain(pool, FUTURE_FOREVER) == EDEADLK ||
		in.error == 0);
	future_executor_unref(pool);
	model_count(RAN);
	return future_ok(NULL);
}

SCENARIO(unref_against_a_timer)
{
	future_t *after;
	int error;

	pool = pool_with_timers();
	after = future_after(pool, future_in_ms(1));
	future_executor_unref(pool);
	error = future_state(after) == FUTURE_OK ? 0 : ESHUTDOWN;
	MODEL_CHECK(future_get(after).error == error);
	future_unref(after);
}

SCENARIO(unref_of_a_pool_by_its_own_timer)
{
	future_t *after;

	pool = pool_with_timers();
	after = future_after(pool, future_in_ms(1));
	future_unref(future_then_on(after, future_inline(), close_it, NULL));
	future_unref(after);
}

/* Of two handles the last one goes here, or there. */
SCENARIO(shutdown_against_a_timer_that_closes)
{
	future_t *after;

	pool = future_executor_ref(pool_with_timers());
	after = future_after(pool, future_in_ms(1));
	future_unref(future_handle_on(after, future_inline(), close_it, NULL));
	future_unref(after);
	future_executor_shutdown(pool);
	future_executor_unref(pool);
}

static void arm_one(void *arg)
{
	future_t *after = future_after(pool, future_in_ms(1));
	int error = future_get(after).error;

	(void)arg;
	MODEL_CHECK(error == 0 || error == ESHUTDOWN);
	future_unref(after);
}

SCENARIO(arm_against_shutdown)
{
	int thread;

	pool = pool_at_rest(1);
	thread = model_start(arm_one, NULL);
	future_executor_shutdown(pool);
	MODEL_CHECK(future_executor_join(pool, FUTURE_FOREVER) == 0);
	model_join(thread);
	pool_end(pool);
}

SCENARIO(cancel_of_a_pool_against_its_timer)
{
	size_t settled;
	int error;

	pool = pool_with_timers();
	shared = future_after(pool, future_in_ms(1));
	settled = future_executor_cancel(pool);
	future_executor_unref(pool);
	error = future_get(shared).error;
	MODEL_CHECK(error == (settled == 1 ? ECANCELED : 0));
	future_unref(shared);
}

/* A timer releases a continuation to a pool that is being shut down. */

static future_result_t count_in(future_result_t in, void *arg)
{
	(void)arg;
	model_count(RAN);
	return in;
}

SCENARIO(a_continuation_of_a_timer_against_shutdown)
{
	future_t *after, *then;
	int error;

	pool = pool_with_timers();
	after = future_after(pool, future_in_ms(1));
	then = future_then(after, count_in, NULL);
	future_executor_unref(pool);
	error = future_get(after).error;
	MODEL_CHECK(error == 0 || error == ESHUTDOWN);
	MODEL_CHECK(future_get(then).error == error);
	MODEL_CHECK(model_counted(RAN) == (error == 0));
	future_unref(then);
	future_unref(after);
}
