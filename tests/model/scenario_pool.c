/* Workers that go to sleep, are woken, share, and steal. */
#include "scenario.h"

static future_executor_t *pool;

/* The worker looks, announces itself, sleeps; the task comes meanwhile. */
SCENARIO(submit_against_the_last_worker_going_to_sleep, .spurious = 1)
{
	int value;

	pool = pool_of(1);
	get_and_unref(future_submit(pool, run_one, &value), &value);
	future_executor_unref(pool);
	MODEL_CHECK(model_counted(RAN) == 1);
}

/* Both sleep: one wake-up, or two. */
SCENARIO(submits_against_two_sleeping_workers)
{
	int values[2];
	future_t *futures[2];

	pool = pool_at_rest(2);
	for (int i = 0; i < 2; i++)
		futures[i] = future_submit(pool, run_one, &values[i]);
	for (int i = 0; i < 2; i++)
		get_and_unref(futures[i], &values[i]);
	pool_end(pool);
	MODEL_CHECK(model_counted(RAN) == 2);
}

static void submit_one(void *arg)
{
	get_and_unref(future_submit(pool, run_one, arg), arg);
}

SCENARIO(two_threads_submit)
{
	int value, thread;

	pool = pool_at_rest(1);
	thread = model_start(submit_one, &value);
	submit_one(&thread);
	model_join(thread);
	pool_end(pool);
	MODEL_CHECK(model_counted(RAN) == 2);
}

/* A task blocks until a later one has run, wherever that one is. */

static future_promise_t *later;
static future_t *later_done;

static future_result_t wait_for_later(void *arg)
{
	(void)arg;
	MODEL_CHECK(future_get(later_done).error == 0);
	model_count(RAN);
	return future_ok(NULL);
}

static void settle_later(void *arg)
{
	(void)arg;
	MODEL_CHECK(future_promise_settle(later, future_ok(NULL)));
	model_count(RAN);
}

static void later_new(void)
{
	later = promise_new();
	later_done = future_promise_future(later);
}

static void later_free(void)
{
	future_unref(later_done);
	future_promise_free(later);
}

/*
 * The first blocks its worker; what that worker holds in its share must be
 * stolen by the other.
 */
static void shares(void)
{
	future_t *waits = future_submit(pool, wait_for_later, NULL);

	MODEL_CHECK(future_execute(pool, settle_later, NULL) == 0);
	get_and_unref(waits, NULL);
	pool_end(pool);
	MODEL_CHECK(model_counted(RAN) == 2);
	later_free();
}

SCENARIO(shares_against_stealing)
{
	later_new();
	model_quiet(true);
	pool = pool_of(2);
	model_quiet(false);
	shares();
}

SCENARIO(shares_against_waking)
{
	later_new();
	pool = pool_at_rest(2);
	shares();
}

/* Three at once: of a share of two, one waits behind the other. */
SCENARIO(a_share_behind_a_long_task)
{
	future_t *waits;

	later_new();
	pool = pool_at_rest(2);
	model_quiet(true);
	MODEL_CHECK(future_execute(pool, run_bare, NULL) == 0);
	waits = future_submit(pool, wait_for_later, NULL);
	MODEL_CHECK(future_execute(pool, settle_later, NULL) == 0);
	model_quiet(false);
	get_and_unref(waits, NULL);
	pool_end(pool);
	MODEL_CHECK(model_counted(RAN) == 3);
	later_free();
}

/*
 * Of three workers two are stuck: the third must get to the short task, no
 * matter whose share it is in, or how many are being woken.
 */
static void two_long_ones(bool asleep)
{
	future_t *waits[2];

	later_new();
	model_quiet(true);
	pool = pool_of(3);
	if (asleep)
		model_rest();
	model_quiet(false);
	for (int i = 0; i < 2; i++)
		waits[i] = future_submit(pool, wait_for_later, NULL);
	MODEL_CHECK(future_execute(pool, settle_later, NULL) == 0);
	for (int i = 0; i < 2; i++)
		get_and_unref(waits[i], NULL);
	pool_end(pool);
	MODEL_CHECK(model_counted(RAN) == 3);
	later_free();
}

SCENARIO(a_short_task_behind_two_long_ones, .bound = 1)
{
	two_long_ones(true);
}

SCENARIO(a_short_task_before_anybody_rests, .bound = 1)
{
	two_long_ones(false);
}

/*
 * The last of three workers starts when the others have looked in passing at
 * each other's shares: it is idle no longer when it takes from one.
 */
SCENARIO(a_new_worker_relieves_another, .bound = 1)
{
	model_quiet(true);
	pool = pool_of(3);
	for (int i = 0; i < 4; i++)
		MODEL_CHECK(future_execute(pool, run_bare, NULL) == 0);
	model_quiet(false);
	MODEL_CHECK(future_executor_drain(pool, FUTURE_FOREVER) == 0);
	MODEL_CHECK(model_counted(RAN) == 4);
	pool_end(pool);
}

/* A continuation that its worker keeps for itself, and one it cannot. */

static future_result_t go_on(future_result_t in, void *arg)
{
	(void)arg;
	model_count(PASSED);
	return in;
}

SCENARIO(continuations_of_a_task_against_its_end)
{
	int value;
	future_t *task, *next[2];

	pool = pool_at_rest(2);
	task = future_submit(pool, run_one, &value);
	for (int i = 0; i < 2; i++)
		next[i] = future_then(task, go_on, NULL);
	future_unref(task);
	for (int i = 0; i < 2; i++)
		get_and_unref(next[i], &value);
	pool_end(pool);
	MODEL_CHECK(model_counted(PASSED) == 2);
}

/* The second of two blocks on a full queue of one. */

static void produce(void *arg)
{
	int error = future_execute(pool, run_bare, arg);

	MODEL_CHECK(error == 0 || error == ESHUTDOWN);
	if (error != 0)
		model_count(REFUSED);
}

static void bounded(future_when_full_t when_full)
{
	future_pool_options_t options = { .threads = 1, .queue_capacity = 1,
		.when_full = when_full };

	model_quiet(true);
	MODEL_CHECK(future_pool_new(&options, &pool) == 0);
	model_rest();
	model_quiet(false);
}

SCENARIO(producers_against_a_full_queue)
{
	int thread;

	bounded(FUTURE_BLOCK);
	thread = model_start(produce, NULL);
	produce(NULL);
	produce(NULL);
	model_join(thread);
	pool_end(pool);
	MODEL_CHECK(model_counted(RAN) == 3);
}

/* The only worker is stuck, so that nothing but the shutdown can help. */
SCENARIO(shutdown_against_a_blocked_producer)
{
	future_t *waits;
	int thread;

	later_new();
	bounded(FUTURE_BLOCK);
	model_quiet(true);
	waits = future_submit(pool, wait_for_later, NULL);
	model_rest();
	produce(NULL);
	model_quiet(false);
	thread = model_start(produce, NULL);
	future_executor_shutdown(pool);
	model_join(thread);
	MODEL_CHECK(model_counted(REFUSED) == 1);
	future_promise_settle(later, future_ok(NULL));
	get_and_unref(waits, NULL);
	pool_end(pool);
	MODEL_CHECK(model_counted(RAN) == 2);
	later_free();
}

/* The last worker leaves after what a caller runs has come to its end. */
SCENARIO(join_against_a_task_in_its_caller)
{
	future_t *waits;
	int thread;

	later_new();
	bounded(FUTURE_CALLER_RUNS);
	model_quiet(true);
	waits = future_submit(pool, wait_for_later, NULL);
	model_rest();
	produce(NULL);
	model_quiet(false);
	thread = model_start(produce, NULL);
	future_promise_settle(later, future_ok(NULL));
	future_executor_shutdown(pool);
	MODEL_CHECK(future_executor_join(pool, FUTURE_FOREVER) == 0);
	model_join(thread);
	get_and_unref(waits, NULL);
	pool_end(pool);
	MODEL_CHECK(model_counted(RAN) + model_counted(REFUSED) == 3);
	later_free();
}

SCENARIO(the_oldest_discarded_against_its_start)
{
	future_t *futures[3];
	unsigned done = 0;

	bounded(FUTURE_DISCARD_OLDEST);
	for (int i = 0; i < 3; i++)
		futures[i] = future_submit(pool, run_one, NULL);
	for (int i = 0; i < 3; i++) {
		int error = future_get(futures[i]).error;

		MODEL_CHECK(error == 0 || error == ECANCELED);
		done += error == 0;
		future_unref(futures[i]);
	}
	pool_end(pool);
	MODEL_CHECK(done == model_counted(RAN) && done > 0);
}
