/* Combinators: all, all_settled, any, race, and their macros. */
#include "check.h"

typedef future_t *combine_fn(future_t *const *futures, size_t count);

static combine_fn *const combinators[] = { future_all, future_all_settled,
	future_any, future_race };

#define COMBINATORS 4

static future_t *number(intptr_t n)
{
	return settled(future_ok_int(n));
}

static future_t *failure(int error)
{
	return settled(future_fail(error));
}

/* The array that is the value of a combined future. */
static const future_result_t *array(future_t *combined)
{
	return future_get(combined).value;
}

START_TEST(all_succeeds_with_every_result_in_its_place)
{
	FUTURE_AUTO future_t *a = number(1);
	FUTURE_AUTO future_t *b = number(2);
	FUTURE_AUTO future_t *c = number(3);
	FUTURE_AUTO future_t *all = FUTURE_ALL(a, b, c);

	ck_assert_int_eq(future_state(all), FUTURE_OK);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(array(all)[i].error, 0);
		ck_assert_int_eq(future_result_int(array(all)[i]), i + 1);
		ck_assert(array(all)[i].destroy == NULL);
	}
}
END_TEST

START_TEST(all_waits_for_the_last_in_whatever_order_they_settle)
{
	static const int order[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	for (int turn = 0; turn < 6; turn++) {
		future_t *inputs[3];
		future_promise_t *promises[3];

		for (int i = 0; i < 3; i++)
			promises[i] = promise_new(&inputs[i]);
		FUTURE_AUTO future_t *all = future_all(inputs, 3);
		for (int i = 0; i < 3; i++) {
			ck_assert_int_eq(future_state(all), FUTURE_PENDING);
			future_promise_settle(promises[order[turn][i]],
				future_ok_int(order[turn][i] + 1));
		}
		ck_assert_int_eq(future_state(all), FUTURE_OK);
		for (int i = 0; i < 3; i++) {
			ck_assert_int_eq(future_result_int(array(all)[i]),
				i + 1);
			future_promise_free(promises[i]);
			future_unref(inputs[i]);
		}
	}
}
END_TEST

START_TEST(all_fails_at_once_with_the_first_failure)
{
	future_t *pending;
	future_promise_t *promise = promise_new(&pending);
	FUTURE_AUTO future_t *good = number(1);
	FUTURE_AUTO future_t *bad = failure(EIO);
	FUTURE_AUTO future_t *all = FUTURE_ALL(pending, good, bad);

	ck_assert_int_eq(future_state(all), FUTURE_FAILED);
	ck_assert_int_eq(future_get(all).error, EIO);
	ck_assert_int_eq(array(all)[0].error, EINPROGRESS);
	ck_assert_ptr_null(array(all)[0].value);
	ck_assert_int_eq(array(all)[1].error, 0);
	ck_assert_int_eq(future_result_int(array(all)[1]), 1);
	ck_assert_int_eq(array(all)[2].error, EIO);
	future_promise_settle(promise, future_ok_int(7));
	ck_assert_int_eq(array(all)[0].error, EINPROGRESS);
	future_promise_free(promise);
	future_unref(pending);
}
END_TEST

START_TEST(all_fails_with_the_failure_that_came_first)
{
	future_t *inputs[2];
	future_promise_t *first = promise_new(&inputs[0]);
	future_promise_t *second = promise_new(&inputs[1]);
	FUTURE_AUTO future_t *all = future_all(inputs, 2);

	future_promise_settle(second, future_fail(-2));
	future_promise_settle(first, future_fail(-1));
	ck_assert_int_eq(future_get(all).error, -2);
	ck_assert_int_eq(array(all)[0].error, EINPROGRESS);
	ck_assert_int_eq(array(all)[1].error, -2);
	future_promise_free(first);
	future_promise_free(second);
	future_unref(inputs[0]);
	future_unref(inputs[1]);
}
END_TEST

START_TEST(all_is_cancelled_if_an_input_is)
{
	future_t *pending;
	future_promise_t *promise = promise_new(&pending);
	FUTURE_AUTO future_t *good = number(1);
	FUTURE_AUTO future_t *all = FUTURE_ALL(good, pending);

	ck_assert(future_cancel(pending));
	ck_assert_int_eq(future_state(all), FUTURE_CANCELLED);
	future_promise_free(promise);
	future_unref(pending);
}
END_TEST

START_TEST(all_settled_waits_for_all_and_succeeds)
{
	future_t *pending;
	future_promise_t *promise = promise_new(&pending);
	FUTURE_AUTO future_t *bad = failure(EIO);
	FUTURE_AUTO future_t *gone = failure(ECANCELED);
	FUTURE_AUTO future_t *all = FUTURE_ALL_SETTLED(bad, pending, gone);

	ck_assert_int_eq(future_state(all), FUTURE_PENDING);
	future_promise_settle(promise, future_ok_int(7));
	ck_assert_int_eq(future_state(all), FUTURE_OK);
	ck_assert_int_eq(array(all)[0].error, EIO);
	ck_assert_int_eq(array(all)[1].error, 0);
	ck_assert_int_eq(future_result_int(array(all)[1]), 7);
	ck_assert_int_eq(array(all)[2].error, ECANCELED);
	future_promise_free(promise);
	future_unref(pending);
}
END_TEST

START_TEST(any_is_the_first_success_shared)
{
	atomic_int destroyed = 0;
	future_t *pending;
	future_promise_t *promise = promise_new(&pending);
	future_t *bad = failure(EIO);
	future_t *good = settled(owned(&destroyed));
	future_t *any = FUTURE_ANY(pending, bad, good);

	ck_assert_int_eq(future_state(any), FUTURE_OK);
	ck_assert_ptr_eq(future_get(any).value, future_get(good).value);
	ck_assert(future_get(any).destroy == NULL);
	future_promise_free(promise);
	future_unref(pending);
	future_unref(bad);
	future_unref(good);
	ck_assert_int_eq(destroyed, 0);
	ck_assert(owned_is(future_get(any), &destroyed));
	future_unref(any);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(any_waits_for_a_success)
{
	future_t *pending;
	future_promise_t *promise = promise_new(&pending);
	FUTURE_AUTO future_t *bad = failure(EIO);
	FUTURE_AUTO future_t *gone = failure(ECANCELED);
	FUTURE_AUTO future_t *any = FUTURE_ANY(bad, gone, pending);

	ck_assert_int_eq(future_state(any), FUTURE_PENDING);
	future_promise_settle(promise, future_ok_int(7));
	ck_assert_int_eq(future_result_int(future_get(any)), 7);
	future_promise_free(promise);
	future_unref(pending);
}
END_TEST

START_TEST(any_of_failures_fails_with_the_last_and_all_as_detail)
{
	future_t *inputs[3];
	future_promise_t *promises[3];

	for (int i = 0; i < 3; i++)
		promises[i] = promise_new(&inputs[i]);
	FUTURE_AUTO future_t *any = future_any(inputs, 3);
	future_promise_settle(promises[2], future_fail(-3));
	future_promise_settle(promises[0], future_fail(-1));
	ck_assert_int_eq(future_state(any), FUTURE_PENDING);
	future_promise_settle(promises[1], future_fail(-2));
	ck_assert_int_eq(future_state(any), FUTURE_FAILED);
	ck_assert_int_eq(future_get(any).error, -2);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(array(any)[i].error, -1 - i);
		future_promise_free(promises[i]);
		future_unref(inputs[i]);
	}
}
END_TEST

START_TEST(race_is_the_first_to_settle_shared)
{
	for (int success = 0; success < 2; success++) {
		atomic_int destroyed = 0;
		future_t *slow, *fast;
		future_promise_t *loser = promise_new(&slow);
		future_promise_t *winner = promise_new(&fast);
		future_t *race = FUTURE_RACE(slow, fast);

		ck_assert_int_eq(future_state(race), FUTURE_PENDING);
		future_promise_settle(winner, success ? owned(&destroyed) :
			owned_failure(EIO, &destroyed));
		future_promise_settle(loser, future_ok_int(1));
		ck_assert_int_eq(future_get(race).error, success ? 0 : EIO);
		future_promise_free(loser);
		future_promise_free(winner);
		future_unref(slow);
		future_unref(fast);
		ck_assert_int_eq(destroyed, 0);
		ck_assert(owned_is(future_get(race), &destroyed));
		future_unref(race);
		ck_assert_int_eq(destroyed, 1);
	}
}
END_TEST

START_TEST(race_of_the_settled_is_the_first_of_them)
{
	future_t *pending;
	future_promise_t *promise = promise_new(&pending);
	FUTURE_AUTO future_t *a = number(1);
	FUTURE_AUTO future_t *b = number(2);
	FUTURE_AUTO future_t *race = FUTURE_RACE(pending, a, b);

	ck_assert_int_eq(future_result_int(future_get(race)), 1);
	future_promise_free(promise);
	future_unref(pending);
}
END_TEST

START_TEST(race_is_cancelled_if_the_winner_is)
{
	future_t *pending;
	future_promise_t *promise = promise_new(&pending);
	FUTURE_AUTO future_t *gone = failure(ECANCELED);
	FUTURE_AUTO future_t *race = FUTURE_RACE(pending, gone);

	ck_assert_int_eq(future_state(race), FUTURE_CANCELLED);
	future_promise_free(promise);
	future_unref(pending);
}
END_TEST

START_TEST(all_of_nothing_succeeds)
{
	FUTURE_AUTO future_t *all = future_all(NULL, 0);
	FUTURE_AUTO future_t *settled_all = future_all_settled(NULL, 0);

	ck_assert_int_eq(future_state(all), FUTURE_OK);
	ck_assert_int_eq(future_state(settled_all), FUTURE_OK);
}
END_TEST

START_TEST(any_and_race_of_nothing_are_einval)
{
	FUTURE_AUTO future_t *any = future_any(NULL, 0);
	FUTURE_AUTO future_t *race = future_race(NULL, 0);

	ck_assert_int_eq(future_get(any).error, EINVAL);
	ck_assert_int_eq(future_get(race).error, EINVAL);
}
END_TEST

START_TEST(a_null_input_or_a_null_list_is_einval)
{
	FUTURE_AUTO future_t *good = number(1);
	future_t *inputs[] = { good, NULL, good };

	for (int i = 0; i < COMBINATORS; i++) {
		FUTURE_AUTO future_t *hole = combinators[i](inputs, 3);
		FUTURE_AUTO future_t *none = combinators[i](NULL, 3);

		ck_assert_int_eq(future_get(hole).error, EINVAL);
		ck_assert_int_eq(future_get(none).error, EINVAL);
	}
}
END_TEST

START_TEST(more_inputs_than_memory_can_hold_are_refused)
{
	future_t *inputs[] = { NULL };

	for (int i = 0; i < COMBINATORS; i++) {
		FUTURE_AUTO future_t *huge = combinators[i](inputs, SIZE_MAX);
		int error = future_get(huge).error;

		ck_assert(error == ENOMEM || error == EINVAL);
	}
}
END_TEST

START_TEST(one_input_may_stand_twice)
{
	for (int i = 0; i < COMBINATORS; i++) {
		future_t *input;
		future_promise_t *promise = promise_new(&input);
		future_t *inputs[] = { input, input };
		FUTURE_AUTO future_t *before = combinators[i](inputs, 2);

		ck_assert_int_eq(future_state(before), FUTURE_PENDING);
		future_promise_settle(promise, future_ok_int(7));
		FUTURE_AUTO future_t *after = combinators[i](inputs, 2);
		ck_assert_int_eq(future_state(before), FUTURE_OK);
		ck_assert_int_eq(future_state(after), FUTURE_OK);
		future_promise_free(promise);
		future_unref(input);
	}
}
END_TEST

START_TEST(a_failure_that_stands_twice_fails_once)
{
	future_t *input;
	future_promise_t *promise = promise_new(&input);
	FUTURE_AUTO future_t *any = FUTURE_ANY(input, input);
	FUTURE_AUTO future_t *all = FUTURE_ALL(input, input);

	future_promise_settle(promise, future_fail(-5));
	ck_assert_int_eq(future_get(any).error, -5);
	ck_assert_int_eq(array(any)[0].error, -5);
	ck_assert_int_eq(array(any)[1].error, -5);
	ck_assert_int_eq(future_get(all).error, -5);
	future_promise_free(promise);
	future_unref(input);
}
END_TEST

START_TEST(one_input_alone_is_its_own_combination)
{
	FUTURE_AUTO future_t *a = number(4);
	FUTURE_AUTO future_t *all = FUTURE_ALL(a);
	FUTURE_AUTO future_t *every = FUTURE_ALL_SETTLED(a);
	FUTURE_AUTO future_t *any = FUTURE_ANY(a);
	FUTURE_AUTO future_t *race = FUTURE_RACE(a);

	ck_assert_int_eq(future_result_int(array(all)[0]), 4);
	ck_assert_int_eq(future_result_int(array(every)[0]), 4);
	ck_assert_int_eq(future_result_int(future_get(any)), 4);
	ck_assert_int_eq(future_result_int(future_get(race)), 4);
}
END_TEST

START_TEST(ten_thousand_inputs_are_all_there)
{
	enum { COUNT = 10000 };
	static future_t *inputs[COUNT];
	future_executor_t *pool = pool_of(2);
	int right = 0;

	for (int i = 0; i < COUNT; i++)
		inputs[i] = future_submit(pool, give_int, (void *)(intptr_t)i);
	FUTURE_AUTO future_t *all = future_all(inputs, COUNT);
	for (int i = 0; i < COUNT; i++)
		future_unref(inputs[i]);
	ck_assert_int_eq(future_get(all).error, 0);
	for (int i = 0; i < COUNT; i++)
		right += future_result_int(array(all)[i]) == i;
	ck_assert_int_eq(right, COUNT);
	future_executor_unref(pool);
}
END_TEST

START_TEST(the_home_of_a_combined_future_is_that_of_its_first_input)
{
	future_executor_t *pool = pool_of(1);

	for (int i = 0; i < COMBINATORS; i++) {
		struct seen seen = { .calls = 0 };
		future_t *inputs[2];
		future_promise_t *home = promise_on(pool, &inputs[0]);

		inputs[1] = number(2);
		FUTURE_AUTO future_t *combined = combinators[i](inputs, 2);
		FUTURE_AUTO future_t *next = future_then(combined, see, &seen);
		future_promise_settle(home, future_ok(NULL));
		ck_assert_int_eq(future_get(next).error, 0);
		ck_assert_ptr_eq(seen.executor, pool);
		future_promise_free(home);
		future_unref(inputs[0]);
		future_unref(inputs[1]);
	}
	future_executor_unref(pool);
}
END_TEST

START_TEST(combined_futures_can_be_combined)
{
	FUTURE_AUTO future_t *a = number(1);
	FUTURE_AUTO future_t *b = number(2);
	FUTURE_AUTO future_t *left = FUTURE_ALL(a, b);
	FUTURE_AUTO future_t *right = FUTURE_RACE(b, a);
	FUTURE_AUTO future_t *both = FUTURE_ALL(left, right);
	const future_result_t *inner = array(both)[0].value;

	ck_assert_int_eq(future_result_int(inner[1]), 2);
	ck_assert_int_eq(future_result_int(array(both)[1]), 2);
}
END_TEST

int main(void)
{
	return run_tests("combine", (const TTest *[]) {
		all_succeeds_with_every_result_in_its_place,
		all_waits_for_the_last_in_whatever_order_they_settle,
		all_fails_at_once_with_the_first_failure,
		all_fails_with_the_failure_that_came_first,
		all_is_cancelled_if_an_input_is,
		all_settled_waits_for_all_and_succeeds,
		any_is_the_first_success_shared,
		any_waits_for_a_success,
		any_of_failures_fails_with_the_last_and_all_as_detail,
		race_is_the_first_to_settle_shared,
		race_of_the_settled_is_the_first_of_them,
		race_is_cancelled_if_the_winner_is,
		all_of_nothing_succeeds,
		any_and_race_of_nothing_are_einval,
		a_null_input_or_a_null_list_is_einval,
		more_inputs_than_memory_can_hold_are_refused,
		one_input_may_stand_twice,
		a_failure_that_stands_twice_fails_once,
		one_input_alone_is_its_own_combination,
		ten_thousand_inputs_are_all_there,
		the_home_of_a_combined_future_is_that_of_its_first_input,
		combined_futures_can_be_combined,
		NULL,
	});
}
