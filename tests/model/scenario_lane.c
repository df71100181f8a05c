/* Lanes: one at a time, none lost, and an end at any moment. */
#include "scenario.h"

static future_executor_t *pool, *lane;
static int inside;

static void lane_start(size_t threads, size_t limit)
{
	pool = pool_at_rest(threads);
	MODEL_CHECK(future_lane_new(pool, limit, &lane) == 0);
	inside = 0;
}

static void lane_end(void)
{
	future_executor_unref(lane);
	pool_end(pool);
}

/* Plain: who is alone may write it. */
static future_result_t run_alone(void *arg)
{
	MODEL_CHECK(inside++ == 0);
	model_count(RAN);
	inside--;
	return future_ok(arg);
}

static future_result_t pass_on(future_result_t in, void *arg)
{
	return in.error != 0 ? in : future_ok(arg);
}

static void submit_one(void *arg)
{
	get_and_unref(future_submit(lane, run_alone, arg), arg);
}

SCENARIO(two_submit_to_a_lane)
{
	int thread;

	lane_start(2, 1);
	thread = model_start(submit_one, &pool);
	future_unref(future_submit(lane, run_alone, NULL));
	model_join(thread);
	lane_end();
	MODEL_CHECK(model_counted(RAN) == 2);
}

SCENARIO(a_lane_of_two_is_closed)
{
	lane_start(2, 2);
	for (int i = 0; i < 3; i++)
		MODEL_CHECK(future_execute(lane, run_bare, NULL) == 0);
	future_executor_unref(lane);
	MODEL_CHECK(model_counted(RAN) == 3);
	pool_end(pool);
}

static void unref_lane(void *arg)
{
	(void)arg;
	future_executor_unref(lane);
	model_count(RAN);
}

SCENARIO(the_last_handle_of_a_lane_goes_inside)
{
	lane_start(1, 1);
	MODEL_CHECK(future_execute(lane, unref_lane, NULL) == 0);
	future_executor_unref(pool);
}

static void cancel_lane(void *arg)
{
	(void)arg;
	future_executor_cancel(lane);
}

SCENARIO(cancel_of_a_lane_against_its_tasks)
{
	future_t *first, *second;
	int thread, error;

	lane_start(1, 1);
	first = future_submit(lane, run_one, NULL);
	second = future_submit(lane, run_one, NULL);
	thread = model_start(cancel_lane, NULL);
	error = future_get(second).error;
	MODEL_CHECK(error == 0 || error == ECANCELED);
	model_join(thread);
	error = future_get(first).error;
	MODEL_CHECK(error == 0 || error == ECANCELED);
	future_unref(first);
	future_unref(second);
	lane_end();
}

static void cancel_future(void *future)
{
	future_cancel(future);
}

SCENARIO(cancel_of_a_task_in_a_lane_against_its_turn)
{
	future_t *future;
	int thread;

	lane_start(1, 1);
	future = future_submit(lane, run_one, NULL);
	thread = model_start(cancel_future, future);
	MODEL_CHECK(future_execute(lane, run_bare, NULL) == 0);
	future_executor_unref(lane);
	MODEL_CHECK(future_state(future) >= FUTURE_OK);
	model_join(thread);
	future_unref(future);
	pool_end(pool);
	MODEL_CHECK(model_counted(RAN) >= 1);
}

static void shut_parent(void *arg)
{
	(void)arg;
	future_executor_shutdown(pool);
}

SCENARIO(submit_to_a_lane_against_a_shutdown_of_its_parent)
{
	future_t *future;
	int thread, error;

	lane_start(1, 1);
	thread = model_start(shut_parent, NULL);
	future = future_submit(lane, run_one, NULL);
	error = future_get(future).error;
	MODEL_CHECK(error == 0 || error == ESHUTDOWN);
	MODEL_CHECK(model_counted(RAN) == (error == 0));
	model_join(thread);
	future_unref(future);
	lane_end();
}

/* The runner is still on its way when its lane is over. */
SCENARIO(a_shell_is_used_again_after_a_cancel)
{
	future_t *future;

	lane_start(1, 1);
	future = future_submit(lane, run_one, NULL);
	future_cancel(future);
	future_unref(future);
	future_executor_unref(lane);
	MODEL_CHECK(future_lane_new(pool, 1, &lane) == 0);
	get_and_unref(future_submit(lane, run_alone, &pool), &pool);
	lane_end();
}

SCENARIO(cancel_against_the_end_of_an_orphaned_lane)
{
	future_t *future;
	int thread;

	lane_start(1, 1);
	MODEL_CHECK(future_execute(lane, run_bare, NULL) == 0);
	future = future_submit(lane, run_one, NULL);
	future_executor_detach(lane);
	thread = model_start(cancel_future, future);
	model_join(thread);
	future_unref(future);
	pool_end(pool);
}

/* Who waits in the parent runs what it needs, while the runner is queued. */

static future_result_t wait_for_one(void *arg)
{
	submit_one(arg);
	return future_ok(arg);
}

SCENARIO(a_waiter_takes_the_turn_of_the_runner)
{
	future_t *first, *other;

	lane_start(1, 1);
	first = future_submit(pool, wait_for_one, &pool);
	other = future_submit(pool, wait_for_one, &lane);
	get_and_unref(first, &pool);
	get_and_unref(other, &lane);
	lane_end();
	MODEL_CHECK(model_counted(RAN) == 2);
}

static future_result_t wait_for_first(void *arg)
{
	future_t *first = future_submit(lane, run_alone, arg);

	future_unref(future_submit(lane, run_alone, arg));
	get_and_unref(first, arg);
	return future_ok(arg);
}

SCENARIO(a_waiter_against_the_runner)
{
	lane_start(2, 1);
	get_and_unref(future_submit(pool, wait_for_first, &pool), &pool);
	lane_end();
	MODEL_CHECK(model_counted(RAN) == 2);
}

/* And one that waits for the other, with the runner queued behind both. */
static future_result_t help_and_wait(void *arg)
{
	future_t *other = future_submit(pool, wait_for_one, &lane);

	submit_one(arg);
	get_and_unref(other, &lane);
	return future_ok(arg);
}

SCENARIO(a_waiter_in_the_parent_hears_that_a_lane_is_free)
{
	lane_start(2, 1);
	get_and_unref(future_submit(pool, help_and_wait, &pool), &pool);
	lane_end();
	MODEL_CHECK(model_counted(RAN) == 2);
}

/* What it waits for may come while it goes to sleep, and send no runner. */

static future_promise_t *released;

static future_result_t wait_for_released(void *arg)
{
	future_t *source = future_promise_future(released);
	future_t *late = future_then_on(source, lane, pass_on, arg);

	future_unref(source);
	get_and_unref(late, arg);
	return future_ok(arg);
}

static void release(void *arg)
{
	future_promise_settle(released, future_ok(arg));
}

SCENARIO(a_waiter_in_a_lane_against_a_release_into_it)
{
	future_t *waiter;
	int thread;

	lane_start(1, 1);
	MODEL_CHECK(future_promise_new(future_inline(), &released) == 0);
	waiter = future_submit(lane, wait_for_released, &pool);
	thread = model_start(release, &pool);
	get_and_unref(waiter, &pool);
	model_join(thread);
	future_promise_free(released);
	lane_end();
}

static future_result_t submit_and_wait_for_released(void *arg)
{
	future_unref(future_submit(lane, run_alone, arg));
	return wait_for_released(arg);
}

SCENARIO(a_waiter_in_the_parent_against_a_release_behind_the_runner)
{
	future_t *waiter;
	int thread;

	lane_start(1, 1);
	MODEL_CHECK(future_promise_new(future_inline(), &released) == 0);
	waiter = future_submit(pool, submit_and_wait_for_released, &pool);
	thread = model_start(release, &pool);
	get_and_unref(waiter, &pool);
	model_join(thread);
	future_promise_free(released);
	lane_end();
	MODEL_CHECK(model_counted(RAN) == 1);
}

/* A home may end while something is armed there, by who has no handle. */

static future_t *unsettled;

static void arm_and_cancel(void *arg)
{
	future_t *timeout = future_timeout(unsettled, future_in_ms(1000));

	(void)arg;
	model_count(STARTED);
	future_cancel(timeout);
	future_unref(timeout);
}

SCENARIO(a_timeout_against_the_end_of_the_lane_that_is_its_home)
{
	future_executor_t *other = pool_at_rest(1);
	future_promise_t *promise;
	int thread;

	lane_start(1, 1);
	MODEL_CHECK(future_promise_new(lane, &promise) == 0);
	unsettled = future_promise_future(promise);
	thread = model_start(arm_and_cancel, NULL);
	future_executor_unref(lane);
	/* In the same shell. */
	MODEL_CHECK(future_lane_new(other, 1, &lane) == 0);
	model_join(thread);
	future_unref(unsettled);
	future_promise_free(promise);
	lane_end();
	pool_end(other);
}

static void know_nothing(void *arg, void *captured, const char *name)
{
	(void)arg;
	(void)captured;
	(void)name;
}

static void *capture_for_another(void *arg)
{
	MODEL_CHECK(false);
	return arg;
}

static void hang_and_cancel(void *arg)
{
	future_t *next = future_then(unsettled, pass_on, arg);

	future_cancel(next);
	future_unref(next);
}

static future_executor_t *pool_with(const future_pool_options_t *options)
{
	future_executor_t *made = NULL;

	model_quiet(true);
	MODEL_CHECK(future_pool_new(options, &made) == 0);
	model_rest();
	model_quiet(false);
	return made;
}

SCENARIO(a_then_against_the_end_of_its_lane_and_of_the_pool_with_hooks)
{
	future_promise_t *promise;
	int thread;

	pool = pool_with(&(future_pool_options_t){ .threads = 1,
		.before = know_nothing });
	MODEL_CHECK(future_lane_new(pool, 1, &lane) == 0);
	MODEL_CHECK(future_promise_new(lane, &promise) == 0);
	unsettled = future_promise_future(promise);
	thread = model_start(hang_and_cancel, NULL);
	future_executor_unref(lane);
	future_executor_unref(pool);
	/* In the same shell. */
	pool = pool_with(&(future_pool_options_t){ .threads = 1,
		.capture = capture_for_another });
	model_join(thread);
	future_unref(unsettled);
	future_promise_free(promise);
	pool_end(pool);
}
