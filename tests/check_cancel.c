/* Cancel: before the start, while it runs, too late, and what it reaches. */
#include "check.h"

static future_result_t tick(void *count)
{
	count_up(count);
	return future_ok(NULL);
}

START_TEST(cancel_of_a_pending_task_settles_it_and_it_never_runs)
{
	atomic_int ran = 0;
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);

	hold_worker(pool, &hold);
	FUTURE_AUTO future_t *future = future_submit(pool, tick, &ran);
	ck_assert(future_cancel(future));
	ck_assert_int_eq(future_state(future), FUTURE_CANCELLED);
	ck_assert_int_eq(future_get(future).error, ECANCELED);
	ck_assert_ptr_null(future_get(future).value);
	gate_open(&hold.released);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 0);
}
END_TEST

START_TEST(cancel_of_a_running_task_settles_it_and_asks_it_to_stop)
{
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *future = hold_submit(pool, &hold);

	ck_assert(future_cancel(future));
	ck_assert_int_eq(future_state(future), FUTURE_CANCELLED);
	ck_assert_int_eq(future_get(future).error, ECANCELED);
	ck_assert_int_eq(hold.returned, 0);
	gate_open(&hold.released);
	future_executor_unref(pool);
	ck_assert_int_eq(hold.returned, 1);
	ck_assert_int_eq(hold.asked, 1);
	ck_assert_int_eq(future_get(future).error, ECANCELED);
}
END_TEST

START_TEST(a_task_that_nobody_cancelled_is_not_asked_to_stop)
{
	struct hold first = HOLD, second = HOLD;
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *cancelled = hold_submit(pool, &first);

	ck_assert(future_cancel(cancelled));
	gate_open(&first.released);
	FUTURE_AUTO future_t *future = hold_submit(pool, &second);
	gate_open(&second.released);
	ck_assert_int_eq(future_get(future).error, 0);
	ck_assert_int_eq(first.asked, 1);
	ck_assert_int_eq(second.asked, 0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(cancel_requested_is_false_outside_a_task)
{
	ck_assert(!future_cancel_requested());
	FUTURE_AUTO future_t *future = settled(future_fail(ECANCELED));
	ck_assert_int_eq(future_state(future), FUTURE_CANCELLED);
	ck_assert(!future_cancel_requested());
}
END_TEST

START_TEST(the_cancel_of_an_executor_asks_its_running_task_to_stop)
{
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *future = hold_submit(pool, &hold);

	ck_assert_uint_eq(future_executor_cancel(pool), 0);
	gate_open(&hold.released);
	ck_assert_int_eq(future_get(future).error, 0);
	ck_assert_int_eq(hold.asked, 1);
	future_executor_unref(pool);
}
END_TEST

START_TEST(cancel_of_a_settled_future_is_false_and_changes_nothing)
{
	FUTURE_AUTO future_t *good = settled(future_ok_int(4));
	FUTURE_AUTO future_t *bad = settled(future_fail(EIO));

	ck_assert(!future_cancel(good));
	ck_assert(!future_cancel(bad));
	ck_assert_int_eq(future_result_int(future_get(good)), 4);
	ck_assert_int_eq(future_get(bad).error, EIO);
}
END_TEST

START_TEST(the_second_cancel_is_false)
{
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert(future_cancel(future));
	ck_assert(!future_cancel(future));
	ck_assert_int_eq(future_state(future), FUTURE_CANCELLED);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

static void *cancel_it(void *future)
{
	future_cancel(future);
	return NULL;
}

START_TEST(cancel_wakes_a_waiter)
{
	future_t *future;
	future_promise_t *promise = promise_new(&future);
	pthread_t thread = start(cancel_it, future);

	ck_assert_int_eq(future_get(future).error, ECANCELED);
	finish(thread);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

START_TEST(continuations_of_a_cancelled_future_see_ecanceled)
{
	struct seen skipped = { .calls = 0 }, seen = { .calls = 0 };
	future_t *future;
	future_promise_t *promise = promise_new(&future);
	FUTURE_AUTO future_t *then = future_then(future, see, &skipped);
	FUTURE_AUTO future_t *handle = future_handle(then, see, &seen);

	ck_assert(future_cancel(future));
	ck_assert_int_eq(future_state(then), FUTURE_CANCELLED);
	ck_assert_int_eq(seen.calls, 1);
	ck_assert_int_eq(seen.in.error, ECANCELED);
	ck_assert_int_eq(skipped.calls, 0);
	ck_assert_int_eq(future_state(handle), FUTURE_OK);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

START_TEST(a_cancelled_running_task_releases_its_continuations_at_once)
{
	struct seen seen = { .calls = 0 };
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *future = hold_submit(pool, &hold);
	FUTURE_AUTO future_t *next = future_catch_on(future, future_inline(),
		see, &seen);

	ck_assert(future_cancel(future));
	ck_assert_int_eq(seen.calls, 1);
	ck_assert_int_eq(hold.returned, 0);
	ck_assert_int_eq(future_state(next), FUTURE_OK);
	gate_open(&hold.released);
	future_executor_unref(pool);
	ck_assert_int_eq(seen.calls, 1);
}
END_TEST

START_TEST(cancel_of_a_continuation_leaves_its_source_alone)
{
	struct seen seen = { .calls = 0 };
	future_t *source;
	future_promise_t *promise = promise_new(&source);
	FUTURE_AUTO future_t *next = future_then(source, see, &seen);
	FUTURE_AUTO future_t *other = future_then(source, add, (void *)1);

	ck_assert(future_cancel(next));
	ck_assert_int_eq(future_state(source), FUTURE_PENDING);
	ck_assert_int_eq(future_state(other), FUTURE_PENDING);
	ck_assert(future_promise_settle(promise, future_ok_int(1)));
	ck_assert_int_eq(future_result_int(future_get(other)), 2);
	ck_assert_int_eq(seen.calls, 0);
	ck_assert_int_eq(future_state(next), FUTURE_CANCELLED);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

static future_result_t hold_then(future_result_t in, void *hold)
{
	(void)in;
	return hold_run(hold);
}

START_TEST(cancel_of_a_running_continuation_asks_it_to_stop)
{
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *source = settled(future_ok_int(1));
	FUTURE_AUTO future_t *next = future_then_on(source, pool, hold_then,
		&hold);

	gate_wait(&hold.started);
	ck_assert_int_eq(future_state(next), FUTURE_RUNNING);
	ck_assert(future_cancel(next));
	gate_open(&hold.released);
	future_executor_unref(pool);
	ck_assert_int_eq(hold.asked, 1);
	ck_assert_int_eq(future_get(next).error, ECANCELED);
	ck_assert_int_eq(future_result_int(future_get(source)), 1);
}
END_TEST

START_TEST(cancel_of_a_queued_continuation_stops_it)
{
	struct seen seen = { .calls = 0 };
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *source = settled(future_ok_int(1));

	hold_worker(pool, &hold);
	FUTURE_AUTO future_t *next = future_then_on(source, pool, see, &seen);
	ck_assert(future_cancel(next));
	gate_open(&hold.released);
	future_executor_unref(pool);
	ck_assert_int_eq(seen.calls, 0);
	ck_assert_int_eq(future_get(next).error, ECANCELED);
}
END_TEST

START_TEST(cancel_of_a_combined_future_leaves_its_inputs_alone)
{
	future_t *inputs[2], *combined[4];
	future_promise_t *first = promise_new(&inputs[0]);
	future_promise_t *second = promise_new(&inputs[1]);

	combined[0] = future_all(inputs, 2);
	combined[1] = future_all_settled(inputs, 2);
	combined[2] = future_any(inputs, 2);
	combined[3] = future_race(inputs, 2);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(future_state(combined[i]), FUTURE_PENDING);
		ck_assert(future_cancel(combined[i]));
	}
	ck_assert_int_eq(future_state(inputs[0]), FUTURE_PENDING);
	ck_assert(future_promise_settle(first, future_ok(NULL)));
	ck_assert(future_promise_settle(second, future_ok(NULL)));
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(future_get(combined[i]).error, ECANCELED);
		future_unref(combined[i]);
	}
	future_promise_free(first);
	future_promise_free(second);
	future_unref(inputs[0]);
	future_unref(inputs[1]);
}
END_TEST

/* A task that cancels its own future. */
struct suicide {
	struct gate known;
	future_t *own;
	bool cancelled;
	bool asked;
	atomic_int destroyed;
};

static future_result_t cancel_self(void *arg)
{
	struct suicide *suicide = arg;

	gate_wait(&suicide->known);
	suicide->cancelled = future_cancel(suicide->own);
	suicide->asked = future_cancel_requested();
	return owned(&suicide->destroyed);
}

START_TEST(a_task_may_cancel_itself)
{
	struct suicide suicide = { .known = GATE_SHUT };
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *future = future_submit(pool, cancel_self,
		&suicide);

	suicide.own = future;
	gate_open(&suicide.known);
	ck_assert_int_eq(future_get(future).error, ECANCELED);
	ck_assert_int_eq(future_join(future, FUTURE_FOREVER), 0);
	ck_assert(suicide.cancelled);
	ck_assert(suicide.asked);
	ck_assert_int_eq(suicide.destroyed, 1);
	future_executor_unref(pool);
}
END_TEST

static future_result_t until_cancelled(void *arg)
{
	int *number = arg;

	while (!future_cancel_requested())
		++*number;
	++*number;
	return future_ok_int(*number);
}

START_TEST(cancel_get_join_free)
{
	future_executor_t *pool = pool_of(1);

	for (size_t i = scaled(2000); i > 0; i--) {
		int *arg = calloc(1, sizeof(*arg));
		future_t *future = future_submit(pool, until_cancelled, arg);

		if (i % 2 == 0)
			while (future_state(future) == FUTURE_PENDING)
				sched_yield();
		if (!future_cancel(future) ||
				future_get(future).error != ECANCELED ||
				future_join(future, FUTURE_FOREVER) != 0)
			ck_abort_msg("round %zu from the end", i);
		free(arg);
		future_unref(future);
	}
	future_executor_unref(pool);
}
END_TEST

START_TEST(settled_is_not_finished)
{
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *future = hold_submit(pool, &hold);

	ck_assert(future_cancel(future));
	ck_assert_int_eq(future_wait(future, FUTURE_NOW), 0);
	ck_assert_int_eq(future_join(future, FUTURE_NOW), ETIMEDOUT);
	ck_assert_int_eq(future_join(future, future_in_ms(5)), ETIMEDOUT);
	gate_open(&hold.released);
	ck_assert_int_eq(future_join(future, FUTURE_FOREVER), 0);
	ck_assert_int_eq(hold.returned, 1);
	ck_assert_int_eq(future_join(future, FUTURE_NOW), 0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(join_of_a_task_that_never_started_returns_at_once)
{
	atomic_int ran = 0;
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);

	hold_worker(pool, &hold);
	FUTURE_AUTO future_t *future = future_submit(pool, tick, &ran);
	ck_assert(future_cancel(future));
	ck_assert_int_eq(future_join(future, FUTURE_NOW), 0);
	gate_open(&hold.released);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 0);
}
END_TEST

START_TEST(join_of_what_nothing_runs_for_returns_once_settled)
{
	FUTURE_AUTO future_t *good = settled(future_ok(NULL));
	FUTURE_AUTO future_t *ready = future_ready(future_fail(EIO));
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert_int_eq(future_join(good, FUTURE_NOW), 0);
	ck_assert_int_eq(future_join(ready, FUTURE_FOREVER), 0);
	ck_assert_int_eq(future_join(future, FUTURE_NOW), ETIMEDOUT);
	ck_assert(future_cancel(future));
	ck_assert_int_eq(future_join(future, FUTURE_NOW), 0);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

START_TEST(join_waits_for_a_running_continuation)
{
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *source = settled(future_ok(NULL));
	FUTURE_AUTO future_t *next = future_handle_on(source, pool, hold_then,
		&hold);

	gate_wait(&hold.started);
	ck_assert(future_cancel(next));
	ck_assert_int_eq(future_join(next, FUTURE_NOW), ETIMEDOUT);
	gate_open(&hold.released);
	ck_assert_int_eq(future_join(next, FUTURE_FOREVER), 0);
	ck_assert_int_eq(hold.returned, 1);
	future_executor_unref(pool);
}
END_TEST

int main(void)
{
	return run_tests("cancel", (const TTest *[]) {
		cancel_of_a_pending_task_settles_it_and_it_never_runs,
		cancel_of_a_running_task_settles_it_and_asks_it_to_stop,
		a_task_that_nobody_cancelled_is_not_asked_to_stop,
		cancel_requested_is_false_outside_a_task,
		the_cancel_of_an_executor_asks_its_running_task_to_stop,
		cancel_of_a_settled_future_is_false_and_changes_nothing,
		the_second_cancel_is_false,
		cancel_wakes_a_waiter,
		continuations_of_a_cancelled_future_see_ecanceled,
		a_cancelled_running_task_releases_its_continuations_at_once,
		cancel_of_a_continuation_leaves_its_source_alone,
		cancel_of_a_running_continuation_asks_it_to_stop,
		cancel_of_a_queued_continuation_stops_it,
		cancel_of_a_combined_future_leaves_its_inputs_alone,
		a_task_may_cancel_itself,
		cancel_get_join_free,
		settled_is_not_finished,
		join_of_a_task_that_never_started_returns_at_once,
		join_of_what_nothing_runs_for_returns_once_settled,
		join_waits_for_a_running_continuation,
		NULL,
	});
}
