/* Continuations: then, catch, finally, handle, their long form, chains. */
#include "check.h"

START_TEST(then_is_given_the_value_and_its_outcome_is_the_functions)
{
	FUTURE_AUTO future_t *source = settled(future_ok_int(40));
	FUTURE_AUTO future_t *next = future_then(source, add, (void *)2);

	ck_assert_int_eq(future_state(next), FUTURE_OK);
	ck_assert_int_eq(future_result_int(future_get(next)), 42);
	ck_assert_int_eq(future_result_int(future_get(source)), 40);
}
END_TEST

START_TEST(a_continuation_is_given_a_borrowed_value)
{
	atomic_int destroyed = 0;
	struct seen seen = { .calls = 0 };
	FUTURE_AUTO future_t *source = settled(owned(&destroyed));
	FUTURE_AUTO future_t *next = future_then(source, see, &seen);

	ck_assert_int_eq(seen.calls, 1);
	ck_assert_ptr_eq(seen.in.value, future_get(source).value);
	ck_assert(seen.in.destroy == NULL);
	ck_assert_int_eq(seen.in.error, 0);
	ck_assert_int_eq(future_result_int(future_get(next)), SEE_RETURNS);
}
END_TEST

START_TEST(then_fails_with_what_its_function_returns)
{
	FUTURE_AUTO future_t *source = settled(future_ok(NULL));
	FUTURE_AUTO future_t *next = future_then(source, fail_with,
		(void *)EIO);

	ck_assert_int_eq(future_state(next), FUTURE_FAILED);
	ck_assert_int_eq(future_get(next).error, EIO);
}
END_TEST

START_TEST(then_passes_a_failure_and_its_detail_through)
{
	atomic_int destroyed = 0;
	struct seen seen = { .calls = 0 };
	FUTURE_AUTO future_t *source = settled(owned_failure(-4, &destroyed));
	FUTURE_AUTO future_t *next = future_then(source, see, &seen);

	ck_assert_int_eq(future_state(next), FUTURE_FAILED);
	ck_assert_int_eq(future_get(next).error, -4);
	ck_assert_ptr_eq(future_get(next).value, future_get(source).value);
	ck_assert_int_eq(seen.calls, 0);
}
END_TEST

START_TEST(then_passes_a_cancel_through)
{
	struct seen seen = { .calls = 0 };
	FUTURE_AUTO future_t *source = settled(future_fail(ECANCELED));
	FUTURE_AUTO future_t *next = future_then(source, see, &seen);

	ck_assert_int_eq(future_state(next), FUTURE_CANCELLED);
	ck_assert_int_eq(seen.calls, 0);
}
END_TEST

START_TEST(catch_passes_a_success_through)
{
	atomic_int destroyed = 0;
	struct seen seen = { .calls = 0 };
	FUTURE_AUTO future_t *source = settled(owned(&destroyed));
	FUTURE_AUTO future_t *next = future_catch(source, see, &seen);

	ck_assert_int_eq(future_state(next), FUTURE_OK);
	ck_assert_ptr_eq(future_get(next).value, future_get(source).value);
	ck_assert_int_eq(seen.calls, 0);
}
END_TEST

START_TEST(catch_is_given_the_failure_and_heals_it)
{
	atomic_int destroyed = 0;
	struct seen seen = { .calls = 0 };
	FUTURE_AUTO future_t *source = settled(owned_failure(EIO, &destroyed));
	FUTURE_AUTO future_t *next = future_catch(source, see, &seen);

	ck_assert_int_eq(seen.calls, 1);
	ck_assert_int_eq(seen.in.error, EIO);
	ck_assert_ptr_eq(seen.in.value, future_get(source).value);
	ck_assert(seen.in.destroy == NULL);
	ck_assert_int_eq(future_state(next), FUTURE_OK);
	ck_assert_int_eq(future_result_int(future_get(next)), SEE_RETURNS);
}
END_TEST

START_TEST(catch_is_given_a_cancel)
{
	struct seen seen = { .calls = 0 };
	FUTURE_AUTO future_t *source = settled(future_fail(ECANCELED));
	FUTURE_AUTO future_t *next = future_catch(source, see, &seen);

	ck_assert_int_eq(seen.calls, 1);
	ck_assert_int_eq(seen.in.error, ECANCELED);
	ck_assert_int_eq(future_state(next), FUTURE_OK);
}
END_TEST

START_TEST(catch_fails_with_what_its_function_returns)
{
	FUTURE_AUTO future_t *source = settled(future_fail(EIO));
	FUTURE_AUTO future_t *next = future_catch(source, fail_with,
		(void *)EPERM);

	ck_assert_int_eq(future_get(next).error, EPERM);
}
END_TEST

START_TEST(finally_runs_and_passes_a_success_through)
{
	atomic_int destroyed = 0;
	struct seen seen = { .calls = 0 };
	FUTURE_AUTO future_t *source = settled(owned(&destroyed));
	FUTURE_AUTO future_t *next = future_finally(source, see, &seen);

	ck_assert_int_eq(seen.calls, 1);
	ck_assert_ptr_eq(seen.in.value, future_get(source).value);
	ck_assert_int_eq(future_state(next), FUTURE_OK);
	ck_assert_ptr_eq(future_get(next).value, future_get(source).value);
}
END_TEST

START_TEST(finally_runs_and_passes_a_failure_through)
{
	atomic_int destroyed = 0;
	struct seen seen = { .calls = 0 };
	FUTURE_AUTO future_t *source = settled(owned_failure(EIO, &destroyed));
	FUTURE_AUTO future_t *next = future_finally(source, see, &seen);

	ck_assert_int_eq(seen.calls, 1);
	ck_assert_int_eq(seen.in.error, EIO);
	ck_assert_int_eq(future_get(next).error, EIO);
	ck_assert_ptr_eq(future_get(next).value, future_get(source).value);
}
END_TEST

START_TEST(finally_fails_if_its_function_does)
{
	FUTURE_AUTO future_t *good = settled(future_ok_int(1));
	FUTURE_AUTO future_t *bad = settled(future_fail(EIO));
	FUTURE_AUTO future_t *first = future_finally(good, fail_with,
		(void *)EPERM);
	FUTURE_AUTO future_t *second = future_finally(bad, fail_with,
		(void *)EPERM);

	ck_assert_int_eq(future_get(first).error, EPERM);
	ck_assert_int_eq(future_get(second).error, EPERM);
}
END_TEST

START_TEST(handle_runs_on_either_outcome_and_replaces_it)
{
	struct seen seen = { .calls = 0 };
	FUTURE_AUTO future_t *good = settled(future_ok_int(1));
	FUTURE_AUTO future_t *bad = settled(future_fail(EIO));
	FUTURE_AUTO future_t *first = future_handle(good, see, &seen);

	ck_assert_int_eq(seen.in.error, 0);
	FUTURE_AUTO future_t *second = future_handle(bad, see, &seen);
	ck_assert_int_eq(seen.in.error, EIO);
	ck_assert_int_eq(seen.calls, 2);
	ck_assert_int_eq(future_result_int(future_get(first)), SEE_RETURNS);
	ck_assert_int_eq(future_result_int(future_get(second)), SEE_RETURNS);
}
END_TEST

START_TEST(a_continuation_of_a_pending_future_waits_for_it)
{
	struct seen seen = { .calls = 0 };
	future_t *source;
	future_promise_t *promise = promise_new(&source);
	FUTURE_AUTO future_t *next = future_then(source, see, &seen);

	ck_assert_int_eq(seen.calls, 0);
	ck_assert_int_eq(future_state(next), FUTURE_PENDING);
	future_promise_settle(promise, future_ok_int(9));
	ck_assert_int_eq(seen.calls, 1);
	ck_assert_int_eq(future_result_int(seen.in), 9);
	ck_assert_int_eq(future_state(next), FUTURE_OK);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

START_TEST(a_continuation_whose_source_was_unreferenced_still_runs)
{
	atomic_int destroyed = 0;
	struct seen seen = { .calls = 0 };
	future_t *source;
	future_promise_t *promise = promise_new(&source);

	future_unref(future_then(source, see, &seen));
	future_unref(source);
	future_promise_settle(promise, owned(&destroyed));
	ck_assert_int_eq(seen.calls, 1);
	future_promise_free(promise);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(a_continuation_runs_on_the_home_of_its_source)
{
	struct seen seen = { .calls = 0 };
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *source = future_submit(pool, give_int, NULL);
	FUTURE_AUTO future_t *next = future_then(source, see, &seen);

	ck_assert_int_eq(future_get(next).error, 0);
	ck_assert_ptr_eq(seen.executor, pool);
	ck_assert(!pthread_equal(seen.thread, pthread_self()));
	future_executor_unref(pool);
}
END_TEST

typedef future_t *hang_on_fn(future_t *future, future_executor_t *executor,
	future_then_fn *fn, void *arg);

START_TEST(a_continuation_runs_on_the_executor_that_is_named)
{
	hang_on_fn *const hang[] = { future_then_on, future_catch_on,
		future_finally_on, future_handle_on };
	future_executor_t *pool = pool_of(1);

	for (size_t i = 0; i < sizeof(hang) / sizeof(hang[0]); i++) {
		struct seen seen = { .calls = 0 };
		FUTURE_AUTO future_t *source = settled(i == 1 ?
			future_fail(EIO) : future_ok(NULL));
		FUTURE_AUTO future_t *next = hang[i](source, pool, see, &seen);

		ck_assert_int_eq(future_get(next).error, 0);
		ck_assert_int_eq(seen.calls, 1);
		ck_assert_ptr_eq(seen.executor, pool);
	}
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_null_executor_is_the_home_of_the_source)
{
	hang_on_fn *const hang[] = { future_then_on, future_catch_on,
		future_finally_on, future_handle_on };

	for (size_t i = 0; i < sizeof(hang) / sizeof(hang[0]); i++) {
		struct seen seen = { .calls = 0 };
		FUTURE_AUTO future_t *source = settled(i == 1 ?
			future_fail(EIO) : future_ok(NULL));
		FUTURE_AUTO future_t *next = hang[i](source, NULL, see, &seen);

		ck_assert_int_eq(future_state(next), FUTURE_OK);
		ck_assert_ptr_eq(seen.executor, future_inline());
	}
}
END_TEST

START_TEST(a_continuation_run_elsewhere_keeps_the_home_of_its_source)
{
	struct seen seen = { .calls = 0 };
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *source = future_submit(pool, give_int, NULL);
	FUTURE_AUTO future_t *elsewhere = future_then_on(source,
		future_inline(), pass, NULL);
	FUTURE_AUTO future_t *home = future_then(elsewhere, see, &seen);

	ck_assert_int_eq(future_get(home).error, 0);
	ck_assert_ptr_eq(seen.executor, pool);
	future_executor_unref(pool);
}
END_TEST

START_TEST(ready_made_outside_a_task_is_at_home_on_the_default_executor)
{
	struct seen seen = { .calls = 0 };
	FUTURE_AUTO future_t *ready = future_ready(future_ok(NULL));
	FUTURE_AUTO future_t *next = future_then(ready, see, &seen);

	ck_assert_int_eq(future_get(next).error, 0);
	ck_assert_ptr_eq(seen.executor, future_default());
}
END_TEST

static future_result_t follow_ready(void *seen)
{
	future_t *ready = future_ready(future_ok(NULL));
	future_t *next = future_then(ready, see, seen);

	future_unref(ready);
	return future_follow(next);
}

START_TEST(ready_made_inside_a_task_is_at_home_on_its_executor)
{
	struct seen seen = { .calls = 0 };
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *future = future_submit(pool, follow_ready, &seen);

	ck_assert_int_eq(future_get(future).error, 0);
	ck_assert_ptr_eq(seen.executor, pool);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_future_that_outlived_its_pool_has_no_home)
{
	struct seen seen = { .calls = 0 };
	future_executor_t *pool = pool_of(1), *other;
	FUTURE_AUTO future_t *source = future_submit(pool, give_int, NULL);

	future_executor_unref(pool);
	FUTURE_AUTO future_t *lost = future_then(source, see, &seen);
	ck_assert_int_eq(future_get(lost).error, ESHUTDOWN);
	other = pool_of(1);
	FUTURE_AUTO future_t *again = future_then(source, see, &seen);
	ck_assert_int_eq(future_get(again).error, ESHUTDOWN);
	ck_assert_int_eq(seen.calls, 0);
	FUTURE_AUTO future_t *found = future_then_on(source, other, see, &seen);
	ck_assert_int_eq(future_get(found).error, 0);
	ck_assert_int_eq(seen.calls, 1);
	future_executor_unref(other);
}
END_TEST

START_TEST(then_with_chooses_by_on)
{
	static const struct {
		future_on_t on;
		int calls_good, calls_bad;
		int value_good, error_bad;
	} table[] = {
		{ FUTURE_ON_SUCCESS, 1, 0, SEE_RETURNS, EIO },
		{ FUTURE_ON_FAILURE, 0, 1, 5, 0 },
		{ FUTURE_ON_FINALLY, 1, 1, 5, EIO },
		{ FUTURE_ON_EITHER, 1, 1, SEE_RETURNS, 0 },
	};
	FUTURE_AUTO future_t *good = settled(future_ok_int(5));
	FUTURE_AUTO future_t *bad = settled(future_fail(EIO));

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct seen yes = { .calls = 0 }, no = { .calls = 0 };
		future_continuation_t c = { .on = table[i].on, .fn = see };

		c.arg = &yes;
		FUTURE_AUTO future_t *first = future_then_with(good, &c);
		c.arg = &no;
		FUTURE_AUTO future_t *second = future_then_with(bad, &c);
		ck_assert_int_eq(yes.calls, table[i].calls_good);
		ck_assert_int_eq(no.calls, table[i].calls_bad);
		ck_assert_int_eq(future_result_int(future_get(first)),
			table[i].value_good);
		ck_assert_int_eq(future_get(second).error, table[i].error_bad);
	}
}
END_TEST

START_TEST(then_with_runs_on_the_executor_that_is_named)
{
	struct seen seen = { .calls = 0 };
	future_executor_t *pool = pool_of(1);
	future_continuation_t c = { .executor = pool, .fn = see, .arg = &seen,
		.name = "see" };
	FUTURE_AUTO future_t *source = settled(future_ok(NULL));
	FUTURE_AUTO future_t *next = future_then_with(source, &c);

	ck_assert_int_eq(future_get(next).error, 0);
	ck_assert_ptr_eq(seen.executor, pool);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_chain_runs_its_links_in_order)
{
	FUTURE_AUTO future_t *last = FUTURE_CHAIN(settled(future_ok_int(1)),
		{ .fn = add, .arg = (void *)10 },
		{ .fn = fail_with, .arg = (void *)EIO },
		{ .fn = add, .arg = (void *)1000 },
		{ .on = FUTURE_ON_FAILURE, .fn = add, .arg = (void *)7 },
		{ .on = FUTURE_ON_FAILURE, .fn = add, .arg = (void *)1000 },
		{ .on = FUTURE_ON_EITHER, .fn = add, .arg = (void *)100 });

	ck_assert_int_eq(future_get(last).error, 0);
	ck_assert_int_eq(future_result_int(future_get(last)), 107);
}
END_TEST

START_TEST(a_chain_takes_the_reference_on_its_first)
{
	atomic_int destroyed = 0;
	struct seen seen = { .calls = 0 };
	future_t *last = FUTURE_CHAIN(settled(owned(&destroyed)),
		{ .fn = see, .arg = &seen }, { .fn = see, .arg = &seen });

	ck_assert_int_eq(seen.calls, 2);
	ck_assert_int_eq(destroyed, 1);
	future_unref(last);
}
END_TEST

START_TEST(a_chain_of_no_links_is_its_first)
{
	atomic_int destroyed = 0;
	future_t *first = settled(owned(&destroyed));
	future_t *last = future_chain(first, NULL, 0);

	ck_assert(owned_is(future_get(last), &destroyed));
	future_unref(last);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(a_chain_with_a_bad_link_fails_from_there_on)
{
	struct seen before = { .calls = 0 }, after = { .calls = 0 };
	FUTURE_AUTO future_t *last = FUTURE_CHAIN(settled(future_ok(NULL)),
		{ .fn = see, .arg = &before }, { .fn = NULL },
		{ .fn = see, .arg = &after });

	ck_assert_int_eq(future_get(last).error, EINVAL);
	ck_assert_int_eq(before.calls, 1);
	ck_assert_int_eq(after.calls, 0);
}
END_TEST

START_TEST(an_error_anywhere_arrives_at_the_end_of_a_chain)
{
	struct seen seen = { .calls = 0 };
	FUTURE_AUTO future_t *last = FUTURE_CHAIN(
		future_submit(future_inline(), NULL, NULL),
		{ .fn = see, .arg = &seen }, { .fn = see, .arg = &seen });

	ck_assert_int_eq(future_get(last).error, EINVAL);
	ck_assert_int_eq(seen.calls, 0);
}
END_TEST

int main(void)
{
	return run_tests("then", (const TTest *[]) {
		then_is_given_the_value_and_its_outcome_is_the_functions,
		a_continuation_is_given_a_borrowed_value,
		then_fails_with_what_its_function_returns,
		then_passes_a_failure_and_its_detail_through,
		then_passes_a_cancel_through,
		catch_passes_a_success_through,
		catch_is_given_the_failure_and_heals_it,
		catch_is_given_a_cancel,
		catch_fails_with_what_its_function_returns,
		finally_runs_and_passes_a_success_through,
		finally_runs_and_passes_a_failure_through,
		finally_fails_if_its_function_does,
		handle_runs_on_either_outcome_and_replaces_it,
		a_continuation_of_a_pending_future_waits_for_it,
		a_continuation_whose_source_was_unreferenced_still_runs,
		a_continuation_runs_on_the_home_of_its_source,
		a_continuation_runs_on_the_executor_that_is_named,
		a_null_executor_is_the_home_of_the_source,
		a_continuation_run_elsewhere_keeps_the_home_of_its_source,
		ready_made_outside_a_task_is_at_home_on_the_default_executor,
		ready_made_inside_a_task_is_at_home_on_its_executor,
		a_future_that_outlived_its_pool_has_no_home,
		then_with_chooses_by_on,
		then_with_runs_on_the_executor_that_is_named,
		a_chain_runs_its_links_in_order,
		a_chain_takes_the_reference_on_its_first,
		a_chain_of_no_links_is_its_first,
		a_chain_with_a_bad_link_fails_from_there_on,
		an_error_anywhere_arrives_at_the_end_of_a_chain,
		NULL,
	});
}
