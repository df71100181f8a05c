/* Continuations that a worker keeps, or that are handed on under the lock. */
#include "scenario.h"

static future_executor_t *pool;
static future_t *task, *next;
static int value;

static future_result_t go_on(future_result_t in, void *arg)
{
	(void)arg;
	model_count(PASSED);
	return in;
}

static void destroy(void *at)
{
	MODEL_CHECK(at == &value);
	model_count(DESTROYED);
}

static future_result_t own_one(void *arg)
{
	model_count(RAN);
	return future_own(arg, destroy);
}

static void cancel_it(void *future)
{
	if (future_cancel(future))
		model_count(CANCELLED);
	future_unref(future);
}

/* What is handed on is cancelled at the same time, and joined. */
SCENARIO(a_kept_continuation_against_its_cancel)
{
	future_t *last;
	int thread;

	pool = pool_at_rest(2);
	task = future_submit(pool, own_one, &value);
	next = future_then(task, go_on, NULL);
	last = future_then(next, go_on, NULL);
	future_unref(task);
	thread = model_start(cancel_it, future_ref(next));
	MODEL_CHECK(future_join(next, FUTURE_FOREVER) == 0);
	future_unref(next);
	model_join(thread);
	MODEL_CHECK(future_get(last).error ==
		(model_counted(CANCELLED) ? ECANCELED : 0));
	future_unref(last);
	pool_end(pool);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

/* A task of the same pool waits for it, and may claim it first. */
static future_result_t get_next(void *arg)
{
	(void)arg;
	return future_get(next);
}

SCENARIO(a_kept_continuation_against_a_waiting_worker)
{
	future_t *waits;

	pool = pool_at_rest(2);
	task = future_submit(pool, run_one, &value);
	next = future_then(task, go_on, NULL);
	future_unref(task);
	waits = future_submit(pool, get_next, NULL);
	get_and_unref(waits, &value);
	future_unref(next);
	pool_end(pool);
	MODEL_CHECK(model_counted(PASSED) == 1);
}

/* The pool ends while its worker keeps one. */
SCENARIO(a_kept_continuation_against_the_end_of_the_pool)
{
	pool = pool_at_rest(2);
	task = future_submit(pool, run_one, &value);
	next = future_then(task, go_on, NULL);
	future_executor_unref(pool);
	MODEL_CHECK(future_state(task) == FUTURE_OK);
	MODEL_CHECK(future_state(next) == FUTURE_OK);
	future_unref(task);
	future_unref(next);
	MODEL_CHECK(model_counted(PASSED) == 1);
}

SCENARIO(a_kept_continuation_against_the_cancel_of_the_pool)
{
	int error;

	pool = pool_at_rest(2);
	task = future_submit(pool, own_one, &value);
	next = future_then(task, go_on, NULL);
	future_unref(task);
	future_executor_cancel(pool);
	error = future_get(next).error;
	MODEL_CHECK(error == 0 || error == ECANCELED);
	MODEL_CHECK((error == 0) == (model_counted(PASSED) == 1));
	future_unref(next);
	future_executor_unref(pool);
	MODEL_CHECK(model_counted(DESTROYED) == model_counted(RAN));
}

SCENARIO(a_kept_continuation_against_drain)
{
	pool = pool_at_rest(2);
	task = future_submit(pool, run_one, &value);
	next = future_then(task, go_on, NULL);
	future_unref(task);
	MODEL_CHECK(future_executor_drain(pool, FUTURE_FOREVER) == 0);
	MODEL_CHECK(future_state(next) == FUTURE_OK);
	future_unref(next);
	pool_end(pool);
	MODEL_CHECK(model_counted(PASSED) == 1);
}

/* The destructor of the source waits for what its worker kept. */

static void destroy_and_wait(void *at)
{
	destroy(at);
	MODEL_CHECK(future_get(next).error == 0);
}

static future_result_t drop_it(future_result_t in, void *arg)
{
	MODEL_CHECK(in.value == &value);
	return future_ok(arg);
}

SCENARIO(a_destructor_waits_for_what_is_kept)
{
	future_promise_t *promise;
	future_t *source, *middle;

	pool = pool_at_rest(2);
	MODEL_CHECK(future_promise_new(pool, &promise) == 0);
	source = future_promise_future(promise);
	middle = future_then(source, drop_it, &pool);
	next = future_then(middle, go_on, NULL);
	future_unref(source);
	future_unref(middle);
	future_promise_settle(promise, future_own(&value, destroy_and_wait));
	future_promise_free(promise);
	MODEL_CHECK(future_get(next).value == &pool);
	MODEL_CHECK(future_executor_drain(pool, FUTURE_FOREVER) == 0);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
	future_unref(next);
	pool_end(pool);
}

/* One is handed on while another comes to hang, and a race lets go. */

static void hang_one(void *source)
{
	future_t *other = future_then(source, go_on, NULL);

	future_unref(source);
	MODEL_CHECK(future_get(other).value == &value);
	future_unref(other);
}

SCENARIO(a_lone_hook_against_another)
{
	future_promise_t *promise = promise_new();
	future_t *source = future_promise_future(promise);
	int thread;

	next = future_then(source, go_on, NULL);
	thread = model_start(hang_one, source);
	future_promise_settle(promise, future_own(&value, destroy));
	future_promise_free(promise);
	MODEL_CHECK(future_state(next) == FUTURE_OK);
	future_unref(next);
	model_join(thread);
	MODEL_CHECK(model_counted(PASSED) == 2);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

static void cancel_two(void *future)
{
	cancel_it(future);
	cancel_it(next);
}

SCENARIO(a_lone_hook_left_over_against_settle)
{
	future_promise_t *promise = promise_new();
	future_t *source = future_promise_future(promise), *other;
	int thread;

	other = future_then(source, go_on, NULL);
	next = future_then(source, go_on, NULL);
	future_unref(source);
	thread = model_start(cancel_two, other);
	future_promise_settle(promise, future_own(&value, destroy));
	future_promise_free(promise);
	model_join(thread);
	/* One that had started may be cancelled, too. */
	MODEL_CHECK(model_counted(PASSED) + model_counted(CANCELLED) >= 2);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

/* A running task is cancelled as it returns, with one waiting for it. */
SCENARIO(a_cancel_of_a_task_against_handing_on)
{
	int thread, error;

	pool = pool_at_rest(2);
	task = future_submit(pool, own_one, &value);
	next = future_then(task, go_on, NULL);
	thread = model_start(cancel_it, task);
	error = future_get(next).error;
	future_unref(next);
	model_join(thread);
	MODEL_CHECK(error == (model_counted(CANCELLED) ? ECANCELED : 0));
	pool_end(pool);
	MODEL_CHECK(model_counted(DESTROYED) == model_counted(RAN));
}

/* A task that follows is cancelled, and what it follows settles. */
static future_t *inner;

static future_result_t follow_inner(void *arg)
{
	(void)arg;
	return future_follow(future_ref(inner));
}

SCENARIO(a_task_that_follows_against_cancel_and_settle)
{
	future_promise_t *promise;
	int thread, error;

	pool = pool_at_rest(1);
	MODEL_CHECK(future_promise_new(pool, &promise) == 0);
	inner = future_promise_future(promise);
	task = future_submit(pool, follow_inner, NULL);
	next = future_then(task, go_on, NULL);
	thread = model_start(cancel_it, task);
	future_promise_settle(promise, future_own(&value, destroy));
	future_promise_free(promise);
	error = future_get(next).error;
	MODEL_CHECK(error == 0 || error == ECANCELED);
	MODEL_CHECK(future_join(next, FUTURE_FOREVER) == 0);
	future_unref(next);
	model_join(thread);
	pool_end(pool);
	future_unref(inner);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

/* Once it has been seen to run it never goes back. */
static void watch(void *future)
{
	future_state_t before = FUTURE_PENDING;

	for (int i = 0; i < 4; i++) {
		future_state_t state = future_state(future);

		MODEL_CHECK(state >= before);
		before = state;
	}
	future_unref(future);
}

SCENARIO(the_state_of_a_task_that_follows)
{
	future_promise_t *promise;
	int thread;

	pool = pool_at_rest(1);
	MODEL_CHECK(future_promise_new(pool, &promise) == 0);
	inner = future_promise_future(promise);
	model_quiet(true);
	task = future_submit(pool, follow_inner, NULL);
	model_rest();
	model_quiet(false);
	thread = model_start(watch, future_ref(task));
	future_promise_settle(promise, future_ok(&value));
	future_promise_free(promise);
	get_and_unref(task, &value);
	model_join(thread);
	pool_end(pool);
	future_unref(inner);
}
