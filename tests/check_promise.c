/* Promises: settle once, free, follow. */
#include "check.h"

START_TEST(settle_settles_the_future)
{
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert_int_eq(future_state(future), FUTURE_PENDING);
	ck_assert(!future_promise_is_settled(promise));
	ck_assert(future_promise_settle(promise, future_ok_int(3)));
	ck_assert(future_promise_is_settled(promise));
	ck_assert_int_eq(future_state(future), FUTURE_OK);
	ck_assert_int_eq(future_result_int(future_get(future)), 3);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

START_TEST(a_promise_can_be_settled_with_a_failure)
{
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert(future_promise_settle(promise, future_fail(-9)));
	ck_assert_int_eq(future_state(future), FUTURE_FAILED);
	ck_assert_int_eq(future_get(future).error, -9);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

START_TEST(the_second_settle_loses_and_its_value_is_destroyed)
{
	atomic_int first = 0, second = 0;
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert(future_promise_settle(promise, owned(&first)));
	ck_assert(!future_promise_settle(promise, owned(&second)));
	ck_assert_int_eq(second, 1);
	ck_assert(!future_promise_settle(promise, owned_failure(EIO, &second)));
	ck_assert_int_eq(second, 2);
	ck_assert_int_eq(first, 0);
	ck_assert(owned_is(future_get(future), &first));
	future_promise_free(promise);
	future_unref(future);
	ck_assert_int_eq(first, 1);
}
END_TEST

START_TEST(a_settle_after_a_cancel_loses_and_its_value_is_destroyed)
{
	atomic_int destroyed = 0;
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert(future_cancel(future));
	ck_assert(future_promise_is_settled(promise));
	ck_assert(!future_promise_settle(promise, owned(&destroyed)));
	ck_assert_int_eq(destroyed, 1);
	ck_assert_int_eq(future_get(future).error, ECANCELED);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

START_TEST(every_call_of_promise_future_gives_a_reference)
{
	atomic_int destroyed = 0;
	future_t *first;
	future_promise_t *promise = promise_new(&first);
	future_t *second = future_promise_future(promise);

	ck_assert_ptr_eq(first, second);
	future_promise_settle(promise, owned(&destroyed));
	future_promise_free(promise);
	future_unref(first);
	ck_assert_int_eq(destroyed, 0);
	future_unref(second);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(a_promise_whose_future_nobody_holds_can_be_settled)
{
	atomic_int destroyed = 0;
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	future_unref(future);
	ck_assert(future_promise_settle(promise, owned(&destroyed)));
	future_promise_free(promise);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(free_of_an_unsettled_promise_is_eownerdead)
{
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	future_promise_free(promise);
	ck_assert_int_eq(future_state(future), FUTURE_FAILED);
	ck_assert_int_eq(future_get(future).error, EOWNERDEAD);
	future_unref(future);
}
END_TEST

START_TEST(free_of_a_settled_promise_changes_nothing)
{
	atomic_int destroyed = 0;
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	future_promise_settle(promise, owned(&destroyed));
	future_promise_free(promise);
	ck_assert_int_eq(destroyed, 0);
	ck_assert(owned_is(future_get(future), &destroyed));
	future_unref(future);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(free_of_a_cancelled_promise_leaves_it_cancelled)
{
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert(future_cancel(future));
	future_promise_free(promise);
	ck_assert_int_eq(future_state(future), FUTURE_CANCELLED);
	future_unref(future);
}
END_TEST

START_TEST(free_runs_the_continuations_of_an_unsettled_promise)
{
	struct seen seen = { .calls = 0 };
	future_t *future;
	future_promise_t *promise = promise_new(&future);
	FUTURE_AUTO future_t *next = future_catch(future, see, &seen);

	future_promise_free(promise);
	ck_assert_int_eq(seen.calls, 1);
	ck_assert_int_eq(seen.in.error, EOWNERDEAD);
	ck_assert_int_eq(future_state(next), FUTURE_OK);
	future_unref(future);
}
END_TEST

static void *settle_elsewhere(void *promise)
{
	future_promise_settle(promise, future_ok_int(8));
	future_promise_free(promise);
	return NULL;
}

START_TEST(any_thread_may_settle_and_free)
{
	future_t *future;
	future_promise_t *promise = promise_new(&future);
	pthread_t thread = start(settle_elsewhere, promise);

	ck_assert_int_eq(future_result_int(future_get(future)), 8);
	finish(thread);
	future_unref(future);
}
END_TEST

START_TEST(continuations_run_on_the_home_of_the_promise)
{
	struct seen seen = { .calls = 0 };
	future_executor_t *pool = pool_of(1);
	future_t *future;
	future_promise_t *promise = promise_on(pool, &future);
	FUTURE_AUTO future_t *next = future_then(future, see, &seen);

	future_promise_settle(promise, future_ok(NULL));
	ck_assert_int_eq(future_get(next).error, 0);
	ck_assert_ptr_eq(seen.executor, pool);
	future_promise_free(promise);
	future_unref(future);
	future_executor_unref(pool);
}
END_TEST

START_TEST(the_home_of_a_promise_without_one_is_the_default_executor)
{
	struct seen seen = { .calls = 0 };
	future_t *future;
	future_promise_t *promise = promise_on(NULL, &future);
	FUTURE_AUTO future_t *next = future_then(future, see, &seen);

	future_promise_settle(promise, future_ok(NULL));
	ck_assert_int_eq(future_get(next).error, 0);
	ck_assert_ptr_eq(seen.executor, future_default());
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

START_TEST(a_promise_settled_with_a_follow_is_settled_but_pending)
{
	atomic_int late = 0;
	future_t *outer, *inner;
	future_promise_t *promise = promise_new(&outer);
	future_promise_t *followed = promise_new(&inner);

	ck_assert(future_promise_settle(promise,
			future_follow(future_ref(inner))));
	ck_assert(future_promise_is_settled(promise));
	ck_assert_int_eq(future_state(outer), FUTURE_PENDING);
	ck_assert(!future_promise_settle(promise, owned(&late)));
	ck_assert_int_eq(late, 1);
	ck_assert_int_eq(future_state(outer), FUTURE_PENDING);
	future_promise_settle(followed, future_ok_int(6));
	ck_assert_int_eq(future_state(outer), FUTURE_OK);
	ck_assert_int_eq(future_result_int(future_get(outer)), 6);
	future_promise_free(promise);
	future_promise_free(followed);
	future_unref(outer);
	future_unref(inner);
}
END_TEST

START_TEST(free_of_a_promise_that_follows_leaves_it_following)
{
	future_t *outer, *inner;
	future_promise_t *promise = promise_new(&outer);
	future_promise_t *followed = promise_new(&inner);

	ck_assert(future_promise_settle(promise, future_follow(inner)));
	future_promise_free(promise);
	ck_assert_int_eq(future_state(outer), FUTURE_PENDING);
	future_promise_settle(followed, future_ok_int(6));
	ck_assert_int_eq(future_result_int(future_get(outer)), 6);
	future_promise_free(followed);
	future_unref(outer);
}
END_TEST

START_TEST(a_settle_with_a_follow_that_loses_drops_the_reference)
{
	atomic_int destroyed = 0;
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert(future_promise_settle(promise, future_ok_int(1)));
	ck_assert(!future_promise_settle(promise,
			future_follow(settled(owned(&destroyed)))));
	ck_assert_int_eq(destroyed, 1);
	ck_assert_int_eq(future_result_int(future_get(future)), 1);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

START_TEST(a_promise_settled_with_a_follow_of_null_is_einval)
{
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert(future_promise_settle(promise, future_follow(NULL)));
	ck_assert_int_eq(future_get(future).error, EINVAL);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

int main(void)
{
	return run_tests("promise", (const TTest *[]) {
		settle_settles_the_future,
		a_promise_can_be_settled_with_a_failure,
		the_second_settle_loses_and_its_value_is_destroyed,
		a_settle_after_a_cancel_loses_and_its_value_is_destroyed,
		every_call_of_promise_future_gives_a_reference,
		a_promise_whose_future_nobody_holds_can_be_settled,
		free_of_an_unsettled_promise_is_eownerdead,
		free_of_a_settled_promise_changes_nothing,
		free_of_a_cancelled_promise_leaves_it_cancelled,
		free_runs_the_continuations_of_an_unsettled_promise,
		any_thread_may_settle_and_free,
		continuations_run_on_the_home_of_the_promise,
		the_home_of_a_promise_without_one_is_the_default_executor,
		a_promise_settled_with_a_follow_is_settled_but_pending,
		free_of_a_promise_that_follows_leaves_it_following,
		a_settle_with_a_follow_that_loses_drops_the_reference,
		a_promise_settled_with_a_follow_of_null_is_einval,
		NULL,
	});
}
