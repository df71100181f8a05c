/* Workers asleep in their tasks: who runs what is queued, who is told. */
#include "two.h"

#include <future/loop.h>

static future_executor_t *other;

static future_executor_t *pool_with_spare(size_t threads, size_t spare)
{
	future_pool_options_t options = { .threads = threads,
		.spare_threads = spare };
	future_executor_t *made = NULL;

	model_quiet(true);
	MODEL_CHECK(future_pool_new(&options, &made) == 0);
	model_rest();
	model_quiet(false);
	return made;
}

/* Two that wait for each other: one of them is told. */

static void two_wait(future_executor_t *one, future_executor_t *two)
{
	static int which[2];

	which[0] = 1;
	which[1] = 0;
	tasks[0] = future_then_on(promised, one, start_both, &which[0]);
	tasks[1] = future_then_on(promised, two, start_both, &which[1]);
	future_promise_settle(promise, future_ok(NULL));
	for (int i = 0; i < 2; i++)
		MODEL_CHECK(future_get(tasks[i]).error == 0);
}

/* After the pools: each was waited for until then. */
static void two_end(void)
{
	future_unref(tasks[0]);
	future_unref(tasks[1]);
	promise_end();
}

SCENARIO(of_two_workers_that_wait_for_each_other_one_is_told)
{
	pool = pool_at_rest(2);
	promise_in(future_inline());
	two_wait(pool, pool);
	pool_end(pool);
	two_end();
	MODEL_CHECK(model_counted(REFUSED) == 1);
	MODEL_CHECK(model_counted(PASSED) == 1);
}

SCENARIO(of_two_pools_that_wait_for_each_other_one_is_told, .bound = 1)
{
	pool = pool_at_rest(1);
	other = pool_at_rest(1);
	promise_in(future_inline());
	two_wait(pool, other);
	pool_end(pool);
	pool_end(other);
	two_end();
	MODEL_CHECK(model_counted(REFUSED) == 1);
}

/* On one thread the second is run by the first, which it would wait for. */
SCENARIO(of_two_on_one_worker_the_inner_is_told)
{
	pool = pool_at_rest(1);
	promise_in(future_inline());
	two_wait(pool, pool);
	pool_end(pool);
	two_end();
	MODEL_CHECK(model_counted(REFUSED) == 1);
}

/* A worker sleeps in a semaphore: only what another waits for lets it go. */

static future_result_t acquire(void *arg)
{
	MODEL_CHECK(future_semaphore_acquire(&permit, 1) == 0);
	return future_ok(arg);
}

static future_result_t release(future_result_t in, void *arg)
{
	(void)in;
	(void)arg;
	MODEL_CHECK(future_semaphore_release(&permit, 1) == 0);
	return future_ok(NULL);
}

static future_result_t get_next(void *next)
{
	return future_get(next);
}

SCENARIO(a_waiter_runs_what_comes_while_others_sleep)
{
	future_t *next;

	pool = pool_at_rest(2);
	permit = (future_semaphore_t)FUTURE_SEMAPHORE_INIT(0);
	promise_in(pool);
	next = future_then(promised, release, NULL);
	tasks[0] = future_submit(pool, acquire, NULL);
	tasks[1] = future_submit(pool, get_next, next);
	future_promise_settle(promise, future_ok(NULL));
	for (int i = 0; i < 2; i++) {
		MODEL_CHECK(future_get(tasks[i]).error == 0);
		future_unref(tasks[i]);
	}
	future_unref(next);
	promise_end();
	pool_end(pool);
}

/*
 * A waiter has set its hope on the last input of an all, and what it could run
 * for the first comes later: that keeps the promise.
 */

static future_promise_t *hoped;
static future_t *hope;

static future_result_t keep_hope(future_result_t in, void *releases)
{
	(void)in;
	if (*(bool *)releases)
		MODEL_CHECK(future_semaphore_release(&permit, 1) == 0);
	future_promise_settle(hoped, future_ok(NULL));
	return future_ok(NULL);
}

static future_result_t get_all(void *next)
{
	future_t *all = FUTURE_ALL((future_t *)next, hope);
	int error = future_get(all).error;

	future_unref(all);
	return error == 0 ? future_ok(NULL) : future_fail(error);
}

static void keeps_what_it_waits_for(size_t workers)
{
	static bool releases;
	future_t *next;

	releases = workers > 1;
	pool = pool_at_rest(workers);
	permit = (future_semaphore_t)FUTURE_SEMAPHORE_INIT(0);
	promise_in(pool);
	MODEL_CHECK(future_promise_new(pool, &hoped) == 0);
	hope = future_promise_future(hoped);
	next = future_then(promised, keep_hope, &releases);
	tasks[0] = future_submit(pool, get_all, next);
	tasks[1] = releases ? future_submit(pool, acquire, NULL) : NULL;
	future_promise_settle(promise, future_ok(NULL));
	for (size_t i = 0; i < workers; i++) {
		MODEL_CHECK(future_get(tasks[i]).error == 0);
		future_unref(tasks[i]);
	}
	future_unref(next);
	future_unref(hope);
	future_promise_free(hoped);
	promise_end();
	pool_end(pool);
}

SCENARIO(the_only_worker_runs_what_comes_to_an_all)
{
	keeps_what_it_waits_for(1);
}

static void run_loop(void *loop)
{
	MODEL_CHECK(future_loop_run(loop) == 0);
}

/* The same on a loop, which has no worker. */
SCENARIO(a_loop_runs_what_comes_to_an_all)
{
	static bool releases;
	future_executor_t *loop;
	future_t *next;
	int thread;

	MODEL_CHECK(future_loop_new(&loop) == 0);
	promise_in(loop);
	MODEL_CHECK(future_promise_new(loop, &hoped) == 0);
	hope = future_promise_future(hoped);
	next = future_then(promised, keep_hope, &releases);
	tasks[0] = future_submit(loop, get_all, next);
	thread = model_start(run_loop, loop);
	future_promise_settle(promise, future_ok(NULL));
	MODEL_CHECK(future_get(tasks[0]).error == 0);
	future_loop_stop(loop);
	model_join(thread);
	future_unref(tasks[0]);
	future_unref(next);
	future_unref(hope);
	future_promise_free(hoped);
	promise_end();
	future_executor_unref(loop);
}

SCENARIO(the_last_to_sleep_leaves_what_is_queued_to_an_all, .bound = 1)
{
	keeps_what_it_waits_for(2);
}

/* Spare workers. */

static future_result_t get_promised(void *arg)
{
	(void)arg;
	return future_get(promised);
}

static future_result_t keep_promise(void *arg)
{
	(void)arg;
	future_promise_settle(promise, future_ok(NULL));
	return future_ok(NULL);
}

SCENARIO(a_spare_worker_for_what_was_queued)
{
	pool = pool_with_spare(1, 1);
	promise_in(pool);
	tasks[0] = future_submit(pool, get_promised, NULL);
	tasks[1] = future_submit(pool, keep_promise, NULL);
	for (int i = 0; i < 2; i++) {
		MODEL_CHECK(future_get(tasks[i]).error == 0);
		future_unref(tasks[i]);
	}
	promise_end();
	pool_end(pool);
}

SCENARIO(unref_of_a_pool_against_its_spare_worker)
{
	future_t *asleep, *awake;

	pool = pool_with_spare(1, 1);
	promise_in(future_inline());
	asleep = future_submit(pool, get_promised, NULL);
	awake = future_submit(pool, keep_promise, NULL);
	future_executor_unref(pool);
	MODEL_CHECK(future_state(asleep) == FUTURE_OK);
	MODEL_CHECK(future_state(awake) == FUTURE_OK);
	future_unref(asleep);
	future_unref(awake);
	promise_end();
}

/* The second begins while the first sleeps. */
static future_result_t meet(void *arg)
{
	(void)arg;
	model_count(STARTED);
	MODEL_CHECK(future_semaphore_release(&permit, 1) == 0);
	return future_get(promised);
}

SCENARIO(spare_workers_keep_the_width, .bound = 1)
{
	pool = pool_with_spare(1, 2);
	permit = (future_semaphore_t)FUTURE_SEMAPHORE_INIT(0);
	promise_in(future_inline());
	for (int i = 0; i < 2; i++)
		tasks[i] = future_submit(pool, meet, NULL);
	MODEL_CHECK(future_semaphore_acquire(&permit, 2) == 0);
	future_promise_settle(promise, future_ok(NULL));
	for (int i = 0; i < 2; i++) {
		MODEL_CHECK(future_get(tasks[i]).error == 0);
		future_unref(tasks[i]);
	}
	promise_end();
	pool_end(pool);
	MODEL_CHECK(model_counted(STARTED) == 2);
}
