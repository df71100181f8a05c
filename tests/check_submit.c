/* Submit, get, wait, state, execute, references. */
#include "check.h"

START_TEST(an_inline_task_has_run_when_submit_returns)
{
	FUTURE_AUTO future_t *future = future_submit(future_inline(), give_int,
		(void *)7);

	ck_assert_int_eq(future_state(future), FUTURE_OK);
	ck_assert_int_eq(future_result_int(future_get(future)), 7);
}
END_TEST

START_TEST(get_returns_what_the_task_returned_every_time)
{
	FUTURE_AUTO future_t *future = settled(future_ok_int(-3));

	for (int i = 0; i < 3; i++) {
		future_result_t result = future_get(future);

		ck_assert_int_eq(future_result_int(result), -3);
		ck_assert_int_eq(result.error, 0);
	}
}
END_TEST

START_TEST(get_lends_an_owned_value_without_its_destroy)
{
	atomic_int destroyed = 0;
	future_t *future = settled(owned(&destroyed));
	future_result_t result = future_get(future);

	ck_assert(owned_is(result, &destroyed));
	ck_assert(result.destroy == NULL);
	ck_assert_int_eq(destroyed, 0);
	future_unref(future);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(get_returns_the_error_of_a_failure)
{
	FUTURE_AUTO future_t *future = settled(future_fail(-12));

	ck_assert_int_eq(future_state(future), FUTURE_FAILED);
	ck_assert_int_eq(future_get(future).error, -12);
	ck_assert_ptr_null(future_get(future).value);
}
END_TEST

START_TEST(a_failure_owns_its_detail)
{
	atomic_int destroyed = 0;
	future_t *future = settled(owned_failure(EIO, &destroyed));
	future_result_t result = future_get(future);

	ck_assert_int_eq(result.error, EIO);
	ck_assert(owned_is(result, &destroyed));
	ck_assert(result.destroy == NULL);
	future_unref(future);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(a_future_that_failed_with_ecanceled_is_cancelled)
{
	FUTURE_AUTO future_t *future = settled(future_fail(ECANCELED));

	ck_assert_int_eq(future_state(future), FUTURE_CANCELLED);
	ck_assert_int_eq(future_get(future).error, ECANCELED);
}
END_TEST

static future_result_t current(void *arg)
{
	(void)arg;
	return future_ok(future_current());
}

START_TEST(current_is_the_executor_that_runs_the_task)
{
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *here = future_submit(future_inline(), current,
		NULL);
	FUTURE_AUTO future_t *there = future_submit(pool, current, NULL);

	ck_assert_ptr_eq(future_get(here).value, future_inline());
	ck_assert_ptr_eq(future_get(there).value, pool);
	ck_assert_ptr_null(future_current());
	future_executor_unref(pool);
}
END_TEST

static future_result_t current_around_an_inline_task(void *arg)
{
	FUTURE_AUTO future_t *inner = future_submit(future_inline(), current,
		NULL);

	(void)arg;
	if (future_get(inner).value != future_inline())
		return future_fail(EIO);
	return future_ok(future_current());
}

START_TEST(current_is_restored_after_an_inline_task_on_a_worker)
{
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *future = future_submit(pool,
		current_around_an_inline_task, NULL);

	ck_assert_int_eq(future_get(future).error, 0);
	ck_assert_ptr_eq(future_get(future).value, pool);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_null_executor_is_the_default_one)
{
	FUTURE_AUTO future_t *future = future_submit(NULL, current, NULL);

	ck_assert_ptr_nonnull(future_default());
	ck_assert_ptr_eq(future_get(future).value, future_default());
}
END_TEST

static future_result_t self(void *arg)
{
	*(pthread_t *)arg = pthread_self();
	return future_ok(NULL);
}

START_TEST(a_pool_runs_a_task_on_another_thread)
{
	future_executor_t *pool = pool_of(2);
	pthread_t ran = pthread_self();
	FUTURE_AUTO future_t *future = future_submit(pool, self, &ran);

	ck_assert_int_eq(future_get(future).error, 0);
	ck_assert(!pthread_equal(ran, pthread_self()));
	future_executor_unref(pool);
}
END_TEST

START_TEST(the_inline_executor_runs_a_task_on_the_calling_thread)
{
	pthread_t ran;
	FUTURE_AUTO future_t *future = future_submit(future_inline(), self,
		&ran);

	ck_assert_int_eq(future_state(future), FUTURE_OK);
	ck_assert(pthread_equal(ran, pthread_self()));
}
END_TEST

START_TEST(state_goes_from_pending_to_running_to_settled)
{
	future_executor_t *pool = pool_of(1);
	struct hold first = HOLD, second = HOLD;
	FUTURE_AUTO future_t *busy = hold_submit(pool, &first);
	FUTURE_AUTO future_t *next = future_submit(pool, hold_run, &second);

	ck_assert_int_eq(future_state(busy), FUTURE_RUNNING);
	ck_assert_int_eq(future_state(next), FUTURE_PENDING);
	gate_open(&first.released);
	gate_wait(&second.started);
	ck_assert_int_eq(future_state(busy), FUTURE_OK);
	ck_assert_int_eq(future_state(next), FUTURE_RUNNING);
	gate_open(&second.released);
	ck_assert_int_eq(future_get(next).error, 0);
	ck_assert_int_eq(future_state(next), FUTURE_OK);
	future_executor_unref(pool);
}
END_TEST

START_TEST(get_blocks_until_the_task_has_returned)
{
	future_executor_t *pool = pool_of(1);
	struct hold hold = HOLD;
	FUTURE_AUTO future_t *future = hold_submit(pool, &hold);

	hold.result = future_ok_int(5);
	gate_open(&hold.released);
	ck_assert_int_eq(future_result_int(future_get(future)), 5);
	ck_assert_int_eq(hold.returned, 1);
	future_executor_unref(pool);
}
END_TEST

struct turn {
	atomic_int *next;
	int mine;
};

static future_result_t take_turn(void *arg)
{
	struct turn *turn = arg;

	return future_ok_int(atomic_fetch_add(turn->next, 1) == turn->mine);
}

START_TEST(a_pool_of_one_runs_tasks_in_the_order_of_submission)
{
	enum { COUNT = 1000 };
	future_executor_t *pool = pool_of(1);
	atomic_int next = 0;
	static struct turn turns[COUNT];
	static future_t *futures[COUNT];
	int in_order = 0;

	for (int i = 0; i < COUNT; i++) {
		turns[i] = (struct turn){ &next, i };
		futures[i] = future_submit(pool, take_turn, &turns[i]);
	}
	for (int i = 0; i < COUNT; i++) {
		in_order += (int)future_result_int(future_get(futures[i]));
		future_unref(futures[i]);
	}
	ck_assert_int_eq(in_order, COUNT);
	future_executor_unref(pool);
}
END_TEST

struct waiter {
	future_t *future;
	atomic_int *right;
};

static void *get_five(void *arg)
{
	struct waiter *waiter = arg;

	if (future_result_int(future_get(waiter->future)) == 5)
		atomic_fetch_add(waiter->right, 1);
	return NULL;
}

START_TEST(a_thousand_waiters_all_get_the_outcome)
{
	enum { WAITERS = 1000 };
	size_t count = scaled(WAITERS);
	static pthread_t threads[WAITERS];
	atomic_int right = 0;
	future_t *future;
	future_promise_t *promise = promise_new(&future);
	struct waiter waiter = { future, &right };
	pthread_attr_t attr;

	ck_assert_int_eq(pthread_attr_init(&attr), 0);
	ck_assert_int_eq(pthread_attr_setstacksize(&attr, SMALL_STACK), 0);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(pthread_create(&threads[i], &attr, get_five,
				&waiter), 0);
	ck_assert(future_promise_settle(promise, future_ok_int(5)));
	for (size_t i = 0; i < count; i++)
		finish(threads[i]);
	ck_assert_int_eq(right, (int)count);
	pthread_attr_destroy(&attr);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

START_TEST(wait_returns_0_whatever_the_outcome)
{
	FUTURE_AUTO future_t *good = settled(future_ok(NULL));
	FUTURE_AUTO future_t *bad = settled(future_fail(EIO));
	FUTURE_AUTO future_t *gone = settled(future_fail(ECANCELED));

	ck_assert_int_eq(future_wait(good, FUTURE_NOW), 0);
	ck_assert_int_eq(future_wait(bad, FUTURE_FOREVER), 0);
	ck_assert_int_eq(future_wait(gone, future_in_ms(1)), 0);
}
END_TEST

START_TEST(wait_with_a_deadline_in_the_past_only_looks)
{
	const future_time_t past = { INT64_MIN };
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert_int_eq(future_wait(future, FUTURE_NOW), ETIMEDOUT);
	ck_assert_int_eq(future_wait(future, future_in_ms(-1)), ETIMEDOUT);
	ck_assert_int_eq(future_wait(future, past), ETIMEDOUT);
	ck_assert_int_eq(future_join(future, past), ETIMEDOUT);
	ck_assert_int_eq(future_state(future), FUTURE_PENDING);
	future_promise_settle(promise, future_ok(NULL));
	ck_assert_int_eq(future_wait(future, FUTURE_NOW), 0);
	ck_assert_int_eq(future_wait(future, past), 0);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

START_TEST(wait_times_out_at_its_deadline_and_not_before)
{
	future_t *future;
	future_promise_t *promise = promise_new(&future);
	future_time_t deadline = future_in_ms(20);

	ck_assert_int_eq(future_wait(future, deadline), ETIMEDOUT);
	ck_assert_int_ge(future_now().ns, deadline.ns);
	ck_assert_int_eq(future_state(future), FUTURE_PENDING);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

static void *settle_with_five(void *promise)
{
	future_promise_settle(promise, future_ok_int(5));
	return NULL;
}

START_TEST(wait_with_a_far_deadline_ends_when_the_future_settles)
{
	future_t *future;
	future_promise_t *promise = promise_new(&future);
	pthread_t thread = start(settle_with_five, promise);

	ck_assert_int_eq(future_wait(future, future_in_ms(INT64_MAX)), 0);
	ck_assert_int_eq(future_result_int(future_get(future)), 5);
	finish(thread);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

START_TEST(execute_runs_the_function)
{
	atomic_int ran = 0;
	future_executor_t *pool = pool_of(1);

	ck_assert_int_eq(future_execute(future_inline(), count_up, &ran), 0);
	ck_assert_int_eq(ran, 1);
	ck_assert_int_eq(future_execute(pool, count_up, &ran), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 2);
}
END_TEST

START_TEST(execute_after_shutdown_is_eshutdown_and_does_not_run)
{
	atomic_int ran = 0;
	future_executor_t *pool = pool_of(1);

	future_executor_shutdown(pool);
	ck_assert_int_eq(future_execute(pool, count_up, &ran), ESHUTDOWN);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 0);
}
END_TEST

static future_result_t tick(void *count)
{
	count_up(count);
	return future_ok(NULL);
}

START_TEST(unref_of_a_queued_task_does_not_stop_it)
{
	atomic_int ran = 0;
	future_executor_t *pool = pool_of(1);
	struct hold hold = HOLD;

	hold_worker(pool, &hold);
	future_unref(future_submit(pool, tick, &ran));
	gate_open(&hold.released);
	future_executor_unref(pool);
	ck_assert_int_eq(hold.returned, 1);
	ck_assert_int_eq(ran, 1);
}
END_TEST

START_TEST(a_future_outlives_its_pool)
{
	atomic_int destroyed = 0;
	future_executor_t *pool = pool_of(2);
	future_t *future = future_submit(pool, give_owned, &destroyed);

	future_executor_unref(pool);
	ck_assert_int_eq(future_state(future), FUTURE_OK);
	ck_assert(owned_is(future_get(future), &destroyed));
	future_unref(future);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(submit_after_shutdown_fails_with_eshutdown)
{
	atomic_int ran = 0;
	future_executor_t *pool = pool_of(1);

	future_executor_shutdown(pool);
	FUTURE_AUTO future_t *future = future_submit(pool, tick, &ran);
	ck_assert_int_eq(future_get(future).error, ESHUTDOWN);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 0);
}
END_TEST

START_TEST(ref_keeps_a_future_until_the_last_unref)
{
	atomic_int destroyed = 0;
	future_t *future = settled(owned(&destroyed));
	future_t *same = future_ref(future);

	ck_assert_ptr_eq(same, future);
	future_unref(future);
	ck_assert_int_eq(destroyed, 0);
	ck_assert(owned_is(future_get(same), &destroyed));
	future_unref(same);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(ready_has_settled_with_what_it_was_given)
{
	atomic_int destroyed = 0;
	future_t *good = future_ready(owned(&destroyed));
	FUTURE_AUTO future_t *bad = future_ready(future_fail(EIO));
	FUTURE_AUTO future_t *gone = future_ready(future_fail(ECANCELED));

	ck_assert_int_eq(future_state(good), FUTURE_OK);
	ck_assert(owned_is(future_get(good), &destroyed));
	ck_assert_int_eq(future_state(bad), FUTURE_FAILED);
	ck_assert_int_eq(future_get(bad).error, EIO);
	ck_assert_int_eq(future_state(gone), FUTURE_CANCELLED);
	future_unref(good);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

static future_result_t log_digit(void *arg)
{
	int *log = arg;

	*log = *log * 10 + 2;
	return future_ok(NULL);
}

static future_result_t submit_inline(void *arg)
{
	int *log = arg;

	future_unref(future_submit(future_inline(), log_digit, log));
	*log = *log * 10 + 1;
	return future_ok(NULL);
}

START_TEST(an_inline_task_submitted_inside_one_runs_after_it)
{
	int log = 0;
	FUTURE_AUTO future_t *future = future_submit(future_inline(),
		submit_inline, &log);

	ck_assert_int_eq(future_state(future), FUTURE_OK);
	ck_assert_int_eq(log, 12);
}
END_TEST

int main(void)
{
	return run_tests("submit", (const TTest *[]) {
		an_inline_task_has_run_when_submit_returns,
		get_returns_what_the_task_returned_every_time,
		get_lends_an_owned_value_without_its_destroy,
		get_returns_the_error_of_a_failure,
		a_failure_owns_its_detail,
		a_future_that_failed_with_ecanceled_is_cancelled,
		current_is_the_executor_that_runs_the_task,
		current_is_restored_after_an_inline_task_on_a_worker,
		a_null_executor_is_the_default_one,
		a_pool_runs_a_task_on_another_thread,
		the_inline_executor_runs_a_task_on_the_calling_thread,
		state_goes_from_pending_to_running_to_settled,
		get_blocks_until_the_task_has_returned,
		a_pool_of_one_runs_tasks_in_the_order_of_submission,
		a_thousand_waiters_all_get_the_outcome,
		wait_returns_0_whatever_the_outcome,
		wait_with_a_deadline_in_the_past_only_looks,
		wait_times_out_at_its_deadline_and_not_before,
		wait_with_a_far_deadline_ends_when_the_future_settles,
		execute_runs_the_function,
		execute_after_shutdown_is_eshutdown_and_does_not_run,
		unref_of_a_queued_task_does_not_stop_it,
		a_future_outlives_its_pool,
		submit_after_shutdown_fails_with_eshutdown,
		ref_keeps_a_future_until_the_last_unref,
		ready_has_settled_with_what_it_was_given,
		an_inline_task_submitted_inside_one_runs_after_it,
		NULL,
	});
}
