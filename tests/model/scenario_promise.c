/* The writing end: cancel callbacks, promises that are freed, no memory. */
#include "scenario.h"

static future_promise_t *promise;
static int value;

static void destroy(void *at)
{
	(void)at;
	model_count(DESTROYED);
}

static void on_cancel(void *arg)
{
	MODEL_CHECK(arg == &value);
	model_count(RAN);
}

static void cancel_it(void *future)
{
	if (future_cancel(future))
		model_count(CANCELLED);
	future_unref(future);
}

SCENARIO(on_cancel_against_cancel_and_free)
{
	future_t *future;
	int thread;

	promise = promise_new();
	future = future_promise_future(promise);
	thread = model_start(cancel_it, future);
	MODEL_CHECK(future_promise_on_cancel(promise, NULL, on_cancel,
		&value) == 0);
	future_promise_free(promise);
	/* It has returned, or it will never start. */
	model_count(PASSED + model_counted(RAN));
	model_join(thread);
	MODEL_CHECK(model_counted(RAN) == (model_counted(REFUSED) != 0));
	MODEL_CHECK(model_counted(RAN) <= model_counted(CANCELLED));
}

SCENARIO(on_cancel_on_a_pool_against_free)
{
	future_executor_t *pool = pool_at_rest(1);
	future_t *future;
	unsigned ran;

	promise = promise_new();
	future = future_promise_future(promise);
	MODEL_CHECK(future_promise_on_cancel(promise, pool, on_cancel,
		&value) == 0);
	cancel_it(future);
	future_promise_free(promise);
	ran = model_counted(RAN);
	pool_end(pool);
	MODEL_CHECK(model_counted(RAN) == ran);
}

static void wait_for_it(void *future)
{
	future_result_t result = future_get(future);

	MODEL_CHECK(result.error == EOWNERDEAD || result.error == 0);
	future_unref(future);
}

SCENARIO(a_promise_freed_against_a_getter)
{
	int thread;

	promise = promise_new();
	thread = model_start(wait_for_it, future_promise_future(promise));
	future_promise_free(promise);
	model_join(thread);
}

/* A chain of three, settled while it is hung up, on the inline executor. */

static future_result_t go_on(future_result_t in, void *arg)
{
	(void)arg;
	MODEL_CHECK(in.value == &value);
	model_count(PASSED);
	return in;
}

static void settle_and_free(void *arg)
{
	future_promise_settle(arg, future_own(&value, destroy));
	future_promise_free(arg);
}

SCENARIO(a_chain_against_settle)
{
	future_t *last;
	int thread;

	promise = promise_new();
	last = future_promise_future(promise);
	thread = model_start(settle_and_free, promise);
	last = FUTURE_CHAIN(last, { .fn = go_on }, { .fn = go_on });
	MODEL_CHECK(future_get(last).value == &value);
	MODEL_CHECK(model_counted(PASSED) == 2);
	model_join(thread);
	MODEL_CHECK(model_counted(DESTROYED) == 0);
	future_unref(last);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

/* Two that were hung up in order run in order, on a pool of one. */

static future_result_t in_order(future_result_t in, void *arg)
{
	MODEL_CHECK(model_counted(PASSED) == (arg != NULL));
	model_count(PASSED);
	return in;
}

SCENARIO(continuations_in_order_of_registration)
{
	future_executor_t *pool = pool_at_rest(1);
	future_t *source, *first, *second;
	int thread;

	MODEL_CHECK(future_promise_new(pool, &promise) == 0);
	source = future_promise_future(promise);
	thread = model_start(settle_and_free, promise);
	first = future_then(source, in_order, NULL);
	second = future_then(source, in_order, &value);
	future_unref(source);
	model_join(thread);
	future_unref(first);
	future_unref(second);
	pool_end(pool);
	MODEL_CHECK(model_counted(PASSED) == 2);
}

/* The middle of a chain is cancelled while its source settles. */
SCENARIO(cancel_of_a_continuation_against_its_source)
{
	future_t *source, *middle, *last;
	int thread, error;

	promise = promise_new();
	source = future_promise_future(promise);
	middle = future_then(source, go_on, NULL);
	last = future_then(middle, go_on, NULL);
	future_unref(source);
	thread = model_start(settle_and_free, promise);
	cancel_it(middle);
	error = future_get(last).error;
	MODEL_CHECK(error == (model_counted(CANCELLED) ? ECANCELED : 0));
	future_unref(last);
	model_join(thread);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

/* A continuation that moves the value, against a taker. */

static future_result_t move(future_result_t in, void *arg)
{
	future_result_t mine = future_move(in);

	(void)arg;
	if (mine.error == 0) {
		MODEL_CHECK(mine.destroy == destroy);
		model_count(STARTED);
	}
	return mine;
}

SCENARIO(move_against_take)
{
	future_t *source, *moved;
	future_result_t result;
	int thread;

	promise = promise_new();
	source = future_promise_future(promise);
	moved = future_then(source, move, NULL);
	thread = model_start(settle_and_free, promise);
	result = future_take(source);
	future_unref(source);
	MODEL_CHECK(result.error == 0 || result.error == EALREADY);
	if (result.error == 0) {
		MODEL_CHECK(result.destroy == destroy);
		model_count(STARTED);
		destroy(result.value);
	}
	model_join(thread);
	result = future_get(moved);
	MODEL_CHECK(result.error == 0 || result.error == EALREADY);
	future_unref(moved);
	MODEL_CHECK(model_counted(STARTED) == 1);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

/* Every allocation in turn fails. */
SCENARIO(no_memory_for_a_chain, .faults = 1)
{
	future_t *source, *next, *race;

	if (future_promise_new(future_inline(), &promise) != 0)
		return;
	source = future_promise_future(promise);
	next = future_then(source, go_on, NULL);
	race = FUTURE_RACE(source, next);
	future_unref(source);
	settle_and_free(promise);
	MODEL_CHECK(future_state(next) >= FUTURE_OK);
	MODEL_CHECK(future_state(race) >= FUTURE_OK);
	future_unref(next);
	future_unref(race);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}
