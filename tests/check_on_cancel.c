/* The cancel callback of a promise. */
#include "check.h"

START_TEST(on_cancel_is_called_inside_the_cancel_on_the_inline_executor)
{
	atomic_int calls = 0;
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert_int_eq(future_promise_on_cancel(promise, NULL, count_up,
			&calls), 0);
	ck_assert_int_eq(calls, 0);
	ck_assert(future_cancel(future));
	ck_assert_int_eq(calls, 1);
	ck_assert(!future_cancel(future));
	future_promise_free(promise);
	future_unref(future);
	ck_assert_int_eq(calls, 1);
}
END_TEST

START_TEST(on_cancel_of_a_cancelled_promise_is_called_at_once)
{
	atomic_int calls = 0;
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert(future_cancel(future));
	ck_assert_int_eq(future_promise_on_cancel(promise, NULL, count_up,
			&calls), 0);
	ck_assert_int_eq(calls, 1);
	future_promise_free(promise);
	future_unref(future);
	ck_assert_int_eq(calls, 1);
}
END_TEST

START_TEST(on_cancel_is_not_called_if_the_promise_settles)
{
	atomic_int calls = 0;
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert_int_eq(future_promise_on_cancel(promise, NULL, count_up,
			&calls), 0);
	ck_assert(future_promise_settle(promise, future_ok(NULL)));
	ck_assert(!future_cancel(future));
	future_promise_free(promise);
	future_unref(future);
	ck_assert_int_eq(calls, 0);
}
END_TEST

START_TEST(on_cancel_is_not_called_if_the_promise_is_freed)
{
	atomic_int calls = 0;
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert_int_eq(future_promise_on_cancel(promise, NULL, count_up,
			&calls), 0);
	future_promise_free(promise);
	ck_assert(!future_cancel(future));
	future_unref(future);
	ck_assert_int_eq(calls, 0);
}
END_TEST

START_TEST(a_second_on_cancel_is_ealready)
{
	atomic_int first = 0, second = 0;
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert_int_eq(future_promise_on_cancel(promise, NULL, count_up,
			&first), 0);
	ck_assert_int_eq(future_promise_on_cancel(promise, NULL, count_up,
			&second), EALREADY);
	ck_assert(future_cancel(future));
	ck_assert_int_eq(future_promise_on_cancel(promise, NULL, count_up,
			&second), EALREADY);
	ck_assert_int_eq(first, 1);
	ck_assert_int_eq(second, 0);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

struct where {
	future_executor_t *executor;
	struct gate called;
};

static void note_where(void *arg)
{
	struct where *where = arg;

	where->executor = future_current();
	gate_open(&where->called);
}

START_TEST(on_cancel_runs_on_the_executor_that_is_named)
{
	struct where where = { NULL, GATE_SHUT };
	future_executor_t *pool = pool_of(1);
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert_int_eq(future_promise_on_cancel(promise, pool, note_where,
			&where), 0);
	ck_assert(future_cancel(future));
	gate_wait(&where.called);
	ck_assert_ptr_eq(where.executor, pool);
	future_promise_free(promise);
	future_unref(future);
	future_executor_unref(pool);
}
END_TEST

START_TEST(on_cancel_without_an_executor_runs_on_the_home_of_the_promise)
{
	struct where where = { NULL, GATE_SHUT };
	future_executor_t *pool = pool_of(1);
	future_t *future;
	future_promise_t *promise = promise_on(pool, &future);

	ck_assert_int_eq(future_promise_on_cancel(promise, NULL, note_where,
			&where), 0);
	ck_assert(future_cancel(future));
	gate_wait(&where.called);
	ck_assert_ptr_eq(where.executor, pool);
	future_promise_free(promise);
	future_unref(future);
	future_executor_unref(pool);
}
END_TEST

START_TEST(free_withdraws_a_cancel_callback_that_has_not_started)
{
	atomic_int calls = 0;
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	future_t *future;
	future_promise_t *promise = promise_on(pool, &future);

	ck_assert_int_eq(future_promise_on_cancel(promise, NULL, count_up,
			&calls), 0);
	hold_worker(pool, &hold);
	ck_assert(future_cancel(future));
	future_promise_free(promise);
	gate_open(&hold.released);
	future_executor_unref(pool);
	ck_assert_int_eq(calls, 0);
	future_unref(future);
}
END_TEST

struct slow_cancel {
	struct gate started;
	atomic_int done;
};

static void cancel_slowly(void *arg)
{
	struct slow_cancel *slow = arg;

	gate_open(&slow->started);
	for (int i = 0; i < 10000; i++)
		sched_yield();
	atomic_store(&slow->done, 1);
}

START_TEST(free_waits_for_a_cancel_callback_that_runs)
{
	struct slow_cancel slow = { GATE_SHUT, 0 };
	future_executor_t *pool = pool_of(1);
	future_t *future;
	future_promise_t *promise = promise_on(pool, &future);

	ck_assert_int_eq(future_promise_on_cancel(promise, NULL, cancel_slowly,
			&slow), 0);
	ck_assert(future_cancel(future));
	gate_wait(&slow.started);
	future_promise_free(promise);
	ck_assert_int_eq(slow.done, 1);
	future_unref(future);
	future_executor_unref(pool);
}
END_TEST

static void free_promise(void *promise)
{
	future_promise_free(*(future_promise_t **)promise);
}

START_TEST(free_inside_the_cancel_callback_does_not_wait)
{
	future_executor_t *pool = pool_of(1);
	future_t *future;
	future_promise_t *promise = promise_on(pool, &future);

	ck_assert_int_eq(future_promise_on_cancel(promise, NULL, free_promise,
			&promise), 0);
	ck_assert(future_cancel(future));
	future_executor_unref(pool);
	ck_assert_int_eq(future_get(future).error, ECANCELED);
	future_unref(future);
}
END_TEST

int main(void)
{
	return run_tests("on_cancel", (const TTest *[]) {
		on_cancel_is_called_inside_the_cancel_on_the_inline_executor,
		on_cancel_of_a_cancelled_promise_is_called_at_once,
		on_cancel_is_not_called_if_the_promise_settles,
		on_cancel_is_not_called_if_the_promise_is_freed,
		a_second_on_cancel_is_ealready,
		on_cancel_runs_on_the_executor_that_is_named,
		on_cancel_without_an_executor_runs_on_the_home_of_the_promise,
		free_withdraws_a_cancel_callback_that_has_not_started,
		free_waits_for_a_cancel_callback_that_runs,
		free_inside_the_cancel_callback_does_not_wait,
		NULL,
	});
}
