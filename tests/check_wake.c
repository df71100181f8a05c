/* A waiting worker is woken when what it waits for is queued later. */
#include "check.h"

/* A task that says that it waits, and waits. */
struct sleeper {
	struct gate started;
	future_t *awaited;
};

static future_result_t sleep_on(void *arg)
{
	struct sleeper *sleeper = arg;

	gate_open(&sleeper->started);
	return future_get(sleeper->awaited);
}

/* What a promise becomes, on its way to the sleeper. */
typedef future_t *shape_fn(future_executor_t *pool, future_t *promised);

static future_t *bare(future_executor_t *pool, future_t *promised)
{
	(void)pool;
	return future_ref(promised);
}

static future_t *then(future_executor_t *pool, future_t *promised)
{
	(void)pool;
	return future_then(promised, pass, NULL);
}

static future_t *then_then(future_executor_t *pool, future_t *promised)
{
	(void)pool;
	return FUTURE_CHAIN(future_ref(promised), { .fn = add },
		{ .fn = add }, { .fn = add });
}

static future_t *follower(future_executor_t *pool, future_t *promised)
{
	FUTURE_AUTO future_t *next = then(pool, promised);

	return future_ready(future_follow(future_then(next, pass, NULL)));
}

static future_t *all_of(future_executor_t *pool, future_t *promised)
{
	FUTURE_AUTO future_t *a = then(pool, promised);
	FUTURE_AUTO future_t *b = then(pool, promised);
	FUTURE_AUTO future_t *all = FUTURE_ALL(a, b, a);

	return future_handle(all, add, NULL);
}

static future_t *race_of(future_executor_t *pool, future_t *promised)
{
	FUTURE_AUTO future_t *a = then(pool, promised);
	FUTURE_AUTO future_t *b = then(pool, promised);

	return FUTURE_RACE(a, b);
}

static future_t *elsewhere_and_back(future_executor_t *pool, future_t *promised)
{
	FUTURE_AUTO future_t *away = future_then_on(promised, future_inline(),
		add, NULL);

	return future_then_on(away, pool, add, NULL);
}

static future_result_t follow_other(future_result_t in, void *other)
{
	(void)in;
	return future_follow(future_ref(other));
}

/* Settles on each side of the moment in which the worker falls asleep. */
static void wake(size_t threads, shape_fn *shape)
{
	future_executor_t *pool = pool_of(threads);

	for (size_t i = scaled(1000); i > 0; i--) {
		future_t *promised;
		future_promise_t *promise = promise_on(pool, &promised);
		struct sleeper sleeper = { GATE_SHUT, shape(pool, promised) };
		future_t *future = future_submit(pool, sleep_on, &sleeper);

		gate_wait(&sleeper.started);
		for (size_t spin = i % 32; spin > 0; spin--)
			sched_yield();
		future_promise_settle(promise, future_ok_int(1));
		ck_assert_int_eq(future_get(future).error, 0);
		future_unref(future);
		future_unref(sleeper.awaited);
		future_promise_free(promise);
		future_unref(promised);
	}
	future_executor_unref(pool);
}

START_TEST(a_promise_wakes_the_only_worker)
{
	wake(1, bare);
}
END_TEST

START_TEST(a_then_queued_later_wakes_the_only_worker)
{
	wake(1, then);
}
END_TEST

START_TEST(a_chain_queued_later_wakes_the_only_worker)
{
	wake(1, then_then);
}
END_TEST

START_TEST(a_followed_then_queued_later_wakes_the_only_worker)
{
	wake(1, follower);
}
END_TEST

START_TEST(the_inputs_of_an_all_queued_later_wake_the_only_worker)
{
	wake(1, all_of);
}
END_TEST

START_TEST(the_inputs_of_a_race_queued_later_wake_the_only_worker)
{
	wake(1, race_of);
}
END_TEST

START_TEST(a_then_that_went_elsewhere_wakes_the_only_worker)
{
	wake(1, elsewhere_and_back);
}
END_TEST

START_TEST(a_chain_queued_later_wakes_a_worker_of_two)
{
	wake(2, then_then);
}
END_TEST

/* Those hung before it are queued, and wake the waiter, who runs it at once. */
static void overtake(future_executor_t *pool)
{
	future_t *promised, *other;
	future_promise_t *first = promise_on(pool, &promised);
	future_promise_t *second = promise_new(&other);
	future_continuation_t c = { .fn = follow_other, .arg = other,
		.name = "follow" };

	for (int i = 0; i < 100; i++)
		future_unref(future_then(promised, pass, NULL));
	struct sleeper sleeper = { GATE_SHUT, future_then_with(promised, &c) };
	future_t *future = future_submit(pool, sleep_on, &sleeper);
	gate_wait(&sleeper.started);
	future_promise_settle(first, future_ok(NULL));
	future_promise_settle(second, future_ok_int(1));
	ck_assert_int_eq(future_get(future).error, 0);
	future_promise_free(first);
	future_promise_free(second);
	future_unref(future);
	future_unref(sleeper.awaited);
	future_unref(promised);
	future_unref(other);
}

START_TEST(a_waiter_may_run_a_continuation_before_it_is_queued)
{
	future_executor_t *pool = pool_of(1);

	for (size_t i = scaled(1000); i > 0; i--)
		overtake(pool);
	future_executor_unref(pool);
}
END_TEST

/* Every worker of a pool waits for one chain. */
static void wake_all(size_t threads)
{
	future_executor_t *pool = pool_of(threads);
	future_t *promised, *futures[8];
	struct sleeper sleepers[8];
	future_promise_t *promise = promise_on(pool, &promised);
	FUTURE_AUTO future_t *last = then_then(pool, promised);

	for (size_t i = 0; i < threads; i++) {
		sleepers[i] = (struct sleeper){ GATE_SHUT, last };
		futures[i] = future_submit(pool, sleep_on, &sleepers[i]);
		gate_wait(&sleepers[i].started);
	}
	future_promise_settle(promise, future_ok_int(5));
	for (size_t i = 0; i < threads; i++) {
		ck_assert_int_eq(future_result_int(future_get(futures[i])), 5);
		future_unref(futures[i]);
	}
	future_promise_free(promise);
	future_unref(promised);
	future_executor_unref(pool);
}

START_TEST(every_worker_may_wait_for_one_chain)
{
	for (size_t i = scaled(100); i > 0; i--)
		wake_all(1 + i % 8);
}
END_TEST

static future_result_t tick(void *count)
{
	count_up(count);
	return future_ok(NULL);
}

static future_result_t get_many(void *count)
{
	for (size_t i = 0; i < 1000; i++) {
		future_task_t task = { .fn = tick, .arg = count,
			.destroy_arg = count_up };
		FUTURE_AUTO future_t *inner = future_submit_with(
			future_current(), &task);

		if (future_get(inner).error != 0)
			return future_fail(EIO);
	}
	return future_ok(NULL);
}

START_TEST(a_task_that_a_waiter_ran_is_not_run_again)
{
	atomic_int count = 0;
	future_executor_t *pool = pool_of(2);
	FUTURE_AUTO future_t *future = future_submit(pool, get_many, &count);

	ck_assert_int_eq(future_get(future).error, 0);
	future_executor_unref(pool);
	ck_assert_int_eq(count, 2000);
}
END_TEST

/* A task that a waiter runs, and the moment in which it does. */
struct claimed {
	future_promise_t *begun;
	future_t *end;
};

static future_result_t begin_and_end(void *arg)
{
	struct claimed *claimed = arg;

	future_promise_settle(claimed->begun, future_ok(NULL));
	return future_ok_int(future_get(claimed->end).error == 0 ? 7 : 0);
}

static future_result_t get_claimed(void *arg)
{
	FUTURE_AUTO future_t *inner = future_submit(future_current(),
		begin_and_end, arg);

	return future_get(inner);
}

START_TEST(cancel_of_an_executor_only_asks_what_a_waiter_runs)
{
	struct claimed claimed;
	future_t *begun;
	future_executor_t *pool = pool_of(1);
	future_promise_t *end = promise_new(&claimed.end);
	FUTURE_AUTO future_t *future = NULL;

	claimed.begun = promise_new(&begun);
	future = future_submit(pool, get_claimed, &claimed);
	ck_assert_int_eq(future_get(begun).error, 0);
	ck_assert_uint_eq(future_executor_cancel(pool), 0);
	ck_assert(future_promise_settle(end, future_ok(NULL)));
	ck_assert_int_eq(future_result_int(future_get(future)), 7);
	future_executor_unref(pool);
	future_promise_free(end);
	future_promise_free(claimed.begun);
	future_unref(begun);
	future_unref(claimed.end);
}
END_TEST

static future_result_t run_and_let_go(void *destroyed)
{
	future_t *inner = future_submit(future_current(), give_owned,
		destroyed);
	future_result_t result = future_get(inner);

	future_unref(inner);
	return result.error != 0 ? result :
		future_ok_int(atomic_load((atomic_int *)destroyed));
}

START_TEST(the_value_of_a_task_that_a_waiter_ran_goes_with_the_last_unref)
{
	atomic_int destroyed = 0;
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *future = future_submit(pool, run_and_let_go,
		&destroyed);

	ck_assert_int_eq(future_get(future).error, 0);
	ck_assert_int_eq(future_result_int(future_get(future)), 1);
	future_executor_unref(pool);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

static future_result_t follow_it(void *future)
{
	return future_follow(future_ref(future));
}

/* What the waiter ran stays behind in the queue, before what came later. */
static future_result_t settle_what_was_run(void *count)
{
	future_executor_t *here = future_current();
	future_t *inner;
	future_promise_t *promise = promise_new(&inner);
	FUTURE_AUTO future_t *outer = future_submit(here, follow_it, inner);
	FUTURE_AUTO future_t *second = future_submit(here, tick, count);
	FUTURE_AUTO future_t *race = FUTURE_RACE(outer, second);

	future_unref(future_then(outer, pass, NULL));
	future_unref(future_submit(here, tick, count));
	if (future_get(race).error != 0)
		return future_fail(EIO);
	future_promise_settle(promise, future_ok(NULL));
	future_promise_free(promise);
	future_unref(inner);
	return future_get(outer);
}

START_TEST(a_follower_that_a_waiter_ran_loses_no_task_behind_it)
{
	atomic_int count = 0;
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *future = future_submit(pool, settle_what_was_run,
		&count);

	ck_assert_int_eq(future_get(future).error, 0);
	future_executor_unref(pool);
	ck_assert_int_eq(count, 2);
}
END_TEST

START_TEST(a_follower_that_an_inline_waiter_ran_loses_no_task_behind_it)
{
	atomic_int count = 0;
	FUTURE_AUTO future_t *future = future_submit(future_inline(),
		settle_what_was_run, &count);

	ck_assert_int_eq(future_get(future).error, 0);
	ck_assert_int_eq(count, 2);
}
END_TEST

static future_result_t get_number(void *pool)
{
	FUTURE_AUTO future_t *future = future_submit(pool, give_int, (void *)9);

	return future_get(future);
}

START_TEST(a_worker_may_wait_for_another_pool)
{
	future_executor_t *here = pool_of(1), *there = pool_of(1);

	for (size_t i = scaled(1000); i > 0; i--) {
		FUTURE_AUTO future_t *future = future_submit(here, get_number,
			there);

		ck_assert_int_eq(future_result_int(future_get(future)), 9);
	}
	future_executor_unref(here);
	future_executor_unref(there);
}
END_TEST

/* Between two functions a worker waits as one, too. */

static future_result_t get_number_then(future_result_t in, void *executor)
{
	(void)in;
	return get_number(executor);
}

START_TEST(an_inline_callback_on_the_only_worker_may_wait_for_its_pool)
{
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *held = hold_submit(pool, &hold);
	FUTURE_AUTO future_t *next = future_then_on(held, future_inline(),
		get_number_then, pool);

	gate_open(&hold.released);
	ck_assert_int_eq(future_result_int(future_get(next)), 9);
	future_executor_unref(pool);
}
END_TEST

/* A value whose destructor waits for a task of `executor`. */
struct asker {
	future_executor_t *executor;
	future_promise_t *answer;
};

static void ask(void *value)
{
	struct asker *asker = value;

	future_promise_settle(asker->answer, get_number(asker->executor));
}

START_TEST(a_destructor_on_the_only_worker_may_wait_for_its_pool)
{
	future_t *answer;
	future_executor_t *pool = pool_of(1);
	struct asker asker = { pool, promise_new(&answer) };
	struct hold hold = HOLD;

	hold.result = future_own(&asker, ask);
	hold_worker(pool, &hold);
	gate_open(&hold.released);
	ck_assert_int_eq(future_result_int(future_get(answer)), 9);
	future_executor_unref(pool);
	future_promise_free(asker.answer);
	future_unref(answer);
}
END_TEST

static future_result_t own_asker(future_result_t in, void *asker)
{
	(void)in;
	return future_own(asker, ask);
}

START_TEST(a_destructor_in_an_inline_callback_may_wait_for_inline)
{
	future_t *answer, *source;
	struct asker asker = { future_inline(), promise_new(&answer) };
	future_promise_t *promise = promise_new(&source);

	future_unref(future_then(source, own_asker, &asker));
	future_promise_settle(promise, future_ok(NULL));
	ck_assert_int_eq(future_result_int(future_get(answer)), 9);
	future_promise_free(promise);
	future_promise_free(asker.answer);
	future_unref(source);
	future_unref(answer);
}
END_TEST

/* A value whose destructor waits for the last of those that came of it. */
struct ancestor {
	future_t *last;
	future_promise_t *outlived;
};

static void await_last(void *value)
{
	struct ancestor *ancestor = value;

	future_promise_settle(ancestor->outlived,
		future_get(ancestor->last));
}

static future_result_t give_number(future_result_t in, void *number)
{
	(void)in;
	return give_int(number);
}

START_TEST(a_destructor_may_wait_for_a_continuation_that_its_worker_kept)
{
	struct hold hold = HOLD;
	future_t *outlived, *held, *next;
	future_executor_t *pool = pool_of(2);
	struct ancestor ancestor = { NULL, promise_new(&outlived) };

	hold.result = future_own(&ancestor, await_last);
	held = hold_submit(pool, &hold);
	next = future_then(held, give_number, (void *)4);
	ancestor.last = future_then(next, add, (void *)1);
	future_unref(held);
	future_unref(next);
	gate_open(&hold.released);
	ck_assert_int_eq(future_result_int(future_get(outlived)), 5);
	future_executor_unref(pool);
	future_promise_free(ancestor.outlived);
	future_unref(ancestor.last);
	future_unref(outlived);
}
END_TEST

int main(void)
{
	return run_tests("wake", (const TTest *[]) {
		a_promise_wakes_the_only_worker,
		a_then_queued_later_wakes_the_only_worker,
		a_chain_queued_later_wakes_the_only_worker,
		a_followed_then_queued_later_wakes_the_only_worker,
		the_inputs_of_an_all_queued_later_wake_the_only_worker,
		the_inputs_of_a_race_queued_later_wake_the_only_worker,
		a_then_that_went_elsewhere_wakes_the_only_worker,
		a_chain_queued_later_wakes_a_worker_of_two,
		a_waiter_may_run_a_continuation_before_it_is_queued,
		every_worker_may_wait_for_one_chain,
		a_task_that_a_waiter_ran_is_not_run_again,
		cancel_of_an_executor_only_asks_what_a_waiter_runs,
		the_value_of_a_task_that_a_waiter_ran_goes_with_the_last_unref,
		a_follower_that_a_waiter_ran_loses_no_task_behind_it,
		a_follower_that_an_inline_waiter_ran_loses_no_task_behind_it,
		a_worker_may_wait_for_another_pool,
		an_inline_callback_on_the_only_worker_may_wait_for_its_pool,
		a_destructor_on_the_only_worker_may_wait_for_its_pool,
		a_destructor_in_an_inline_callback_may_wait_for_inline,
		a_destructor_may_wait_for_a_continuation_that_its_worker_kept,
		NULL,
	});
}
