/* The general form of combining: some, cancel_rest, a home of one's own. */
#include "check.h"

enum { INPUTS = 3 };

/* Three that are pending, and what combines them. */
struct inputs {
	future_promise_t *promises[INPUTS];
	future_t *futures[INPUTS];
};

static void inputs_new(struct inputs *inputs)
{
	for (int i = 0; i < INPUTS; i++)
		inputs->promises[i] = promise_new(&inputs->futures[i]);
}

static void inputs_free(struct inputs *inputs)
{
	for (int i = 0; i < INPUTS; i++) {
		future_promise_free(inputs->promises[i]);
		future_unref(inputs->futures[i]);
	}
}

static void succeed_one(struct inputs *inputs, int which)
{
	future_promise_settle(inputs->promises[which],
		future_ok_int(which + 1));
}

static void fail_one(struct inputs *inputs, int which)
{
	future_promise_settle(inputs->promises[which],
		future_fail(-1 - which));
}

static future_t *combine(struct inputs *inputs, future_combine_mode_t mode,
	size_t need)
{
	return future_combine(&(future_combine_t){ .futures = inputs->futures,
		.count = INPUTS, .mode = mode, .need = need,
		.cancel_rest = true });
}

/* The array that is the value of a combined future. */
static const future_result_t *array(future_t *combined)
{
	return future_get(combined).value;
}

START_TEST(some_succeeds_when_so_many_have)
{
	struct inputs inputs;

	inputs_new(&inputs);
	FUTURE_AUTO future_t *some = future_some(inputs.futures, INPUTS, 2);
	succeed_one(&inputs, 2);
	ck_assert_int_eq(future_state(some), FUTURE_PENDING);
	succeed_one(&inputs, 0);
	ck_assert_int_eq(future_state(some), FUTURE_OK);
	ck_assert_int_eq(future_result_int(array(some)[0]), 1);
	ck_assert_int_eq(array(some)[1].error, EINPROGRESS);
	ck_assert_int_eq(future_result_int(array(some)[2]), 3);
	succeed_one(&inputs, 1);
	ck_assert_int_eq(array(some)[1].error, EINPROGRESS);
	inputs_free(&inputs);
	ck_assert_int_eq(future_result_int(array(some)[2]), 3);
}
END_TEST

START_TEST(some_fails_as_soon_as_too_few_can_succeed)
{
	struct inputs inputs;

	inputs_new(&inputs);
	FUTURE_AUTO future_t *some = future_some(inputs.futures, INPUTS, 2);
	fail_one(&inputs, 2);
	ck_assert_int_eq(future_state(some), FUTURE_PENDING);
	fail_one(&inputs, 0);
	ck_assert_int_eq(future_state(some), FUTURE_FAILED);
	ck_assert_int_eq(future_get(some).error, -1);
	ck_assert_int_eq(array(some)[0].error, -1);
	ck_assert_int_eq(array(some)[1].error, EINPROGRESS);
	ck_assert_int_eq(array(some)[2].error, -3);
	inputs_free(&inputs);
}
END_TEST

START_TEST(some_may_succeed_though_others_failed)
{
	struct inputs inputs;

	inputs_new(&inputs);
	FUTURE_AUTO future_t *some = future_some(inputs.futures, INPUTS, 2);
	fail_one(&inputs, 1);
	succeed_one(&inputs, 0);
	succeed_one(&inputs, 2);
	ck_assert_int_eq(future_get(some).error, 0);
	ck_assert_int_eq(array(some)[1].error, -2);
	inputs_free(&inputs);
}
END_TEST

START_TEST(some_of_all_the_inputs_is_all)
{
	for (int good = 0; good < 2; good++) {
		struct inputs inputs;

		inputs_new(&inputs);
		FUTURE_AUTO future_t *some = future_some(inputs.futures,
			INPUTS, INPUTS);
		succeed_one(&inputs, 0);
		succeed_one(&inputs, 1);
		ck_assert_int_eq(future_state(some), FUTURE_PENDING);
		if (good)
			succeed_one(&inputs, 2);
		else
			fail_one(&inputs, 2);
		ck_assert_int_eq(future_get(some).error, good ? 0 : -3);
		inputs_free(&inputs);
	}
}
END_TEST

START_TEST(some_of_the_settled_has_settled)
{
	FUTURE_AUTO future_t *a = settled(future_ok_int(1));
	FUTURE_AUTO future_t *b = settled(future_fail(EIO));
	future_t *list[] = { a, b };
	FUTURE_AUTO future_t *one = future_some(list, 2, 1);
	FUTURE_AUTO future_t *two = future_some(list, 2, 2);

	ck_assert_int_eq(future_state(one), FUTURE_OK);
	ck_assert_int_eq(future_get(two).error, EIO);
	ck_assert_int_eq(future_result_int(array(two)[0]), 1);
}
END_TEST

START_TEST(a_future_that_stands_twice_counts_twice)
{
	FUTURE_AUTO future_t *a = settled(future_ok_int(1));
	future_t *list[] = { a, a };
	FUTURE_AUTO future_t *some = future_some(list, 2, 2);

	ck_assert_int_eq(future_state(some), FUTURE_OK);
}
END_TEST

START_TEST(a_need_that_cannot_be_is_einval)
{
	FUTURE_AUTO future_t *a = settled(future_ok_int(1));
	FUTURE_AUTO future_t *none = future_some(&a, 1, 0);
	FUTURE_AUTO future_t *more = future_some(&a, 1, 2);
	FUTURE_AUTO future_t *nothing = future_some(NULL, 0, 0);
	FUTURE_AUTO future_t *one_of_nothing = future_some(NULL, 0, 1);

	ck_assert_int_eq(future_get(none).error, EINVAL);
	ck_assert_int_eq(future_get(more).error, EINVAL);
	ck_assert_int_eq(future_get(nothing).error, EINVAL);
	ck_assert_int_eq(future_get(one_of_nothing).error, EINVAL);
}
END_TEST

START_TEST(a_combination_without_sense_is_einval)
{
	FUTURE_AUTO future_t *a = settled(future_ok_int(1));
	FUTURE_AUTO future_t *nothing = future_combine(NULL);

	ck_assert_int_eq(future_get(nothing).error, EINVAL);
	for (int mode = -1; mode <= FUTURE_COMBINE_SOME + 1; mode++) {
		future_combine_t how = { .futures = &a, .count = 1,
			.mode = (future_combine_mode_t)mode };

		how.need = mode != FUTURE_COMBINE_SOME;
		FUTURE_AUTO future_t *bad = future_combine(&how);
		how.need = !how.need;
		how.futures = NULL;
		FUTURE_AUTO future_t *hole = future_combine(&how);
		ck_assert_int_eq(future_get(bad).error, EINVAL);
		ck_assert_int_eq(future_get(hole).error, EINVAL);
	}
}
END_TEST

START_TEST(the_options_zeroed_are_all_of_nothing)
{
	FUTURE_AUTO future_t *all = future_combine(&(future_combine_t){ 0 });

	ck_assert_int_eq(future_state(all), FUTURE_OK);
	ck_assert_ptr_nonnull(array(all));
}
END_TEST

/* Cancel the rest. */

START_TEST(what_is_left_is_cancelled_when_it_is_decided)
{
	static const struct {
		future_combine_mode_t mode;
		size_t need;
		bool good;
		int decisive;	/* how many it takes */
	} cases[] = {
		{ FUTURE_COMBINE_ALL, 0, false, 1 },
		{ FUTURE_COMBINE_ANY, 0, true, 1 },
		{ FUTURE_COMBINE_RACE, 0, true, 1 },
		{ FUTURE_COMBINE_RACE, 0, false, 1 },
		{ FUTURE_COMBINE_SOME, 1, true, 1 },
		{ FUTURE_COMBINE_SOME, 2, true, 2 },
		{ FUTURE_COMBINE_SOME, 2, false, 2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct inputs inputs;

		inputs_new(&inputs);
		FUTURE_AUTO future_t *combined = combine(&inputs,
			cases[i].mode, cases[i].need);
		for (int n = 0; n < cases[i].decisive; n++)
			(cases[i].good ? succeed_one : fail_one)(&inputs, n);
		ck_assert_int_ge(future_state(combined), FUTURE_OK);
		for (int n = cases[i].decisive; n < INPUTS; n++)
			ck_assert_int_eq(future_state(inputs.futures[n]),
				FUTURE_CANCELLED);
		inputs_free(&inputs);
	}
}
END_TEST

START_TEST(what_is_left_is_cancelled_when_it_was_decided_at_once)
{
	struct inputs inputs;

	inputs_new(&inputs);
	succeed_one(&inputs, 1);
	FUTURE_AUTO future_t *race = combine(&inputs, FUTURE_COMBINE_RACE, 0);
	ck_assert_int_eq(future_result_int(future_get(race)), 2);
	ck_assert_int_eq(future_state(inputs.futures[0]), FUTURE_CANCELLED);
	ck_assert_int_eq(future_state(inputs.futures[2]), FUTURE_CANCELLED);
	inputs_free(&inputs);
}
END_TEST

START_TEST(what_is_left_is_cancelled_with_it)
{
	struct inputs inputs;

	inputs_new(&inputs);
	FUTURE_AUTO future_t *all = combine(&inputs, FUTURE_COMBINE_ALL, 0);
	succeed_one(&inputs, 1);
	ck_assert(future_cancel(all));
	ck_assert_int_eq(future_state(inputs.futures[0]), FUTURE_CANCELLED);
	ck_assert_int_eq(future_state(inputs.futures[1]), FUTURE_OK);
	ck_assert_int_eq(future_state(inputs.futures[2]), FUTURE_CANCELLED);
	inputs_free(&inputs);
}
END_TEST

START_TEST(without_cancel_rest_a_cancel_leaves_the_inputs_alone)
{
	struct inputs inputs;

	inputs_new(&inputs);
	FUTURE_AUTO future_t *some = future_some(inputs.futures, INPUTS, 2);
	ck_assert(future_cancel(some));
	for (int i = 0; i < INPUTS; i++)
		ck_assert_int_eq(future_state(inputs.futures[i]),
			FUTURE_PENDING);
	inputs_free(&inputs);
}
END_TEST

/* Runs inside the call that settles, when all of that is over. */
static future_result_t look_at_rest(future_result_t in, void *arg)
{
	struct inputs *inputs = arg;

	(void)in;
	return future_ok_int(future_state(inputs->futures[2]));
}

START_TEST(a_continuation_on_the_inline_executor_sees_the_rest_cancelled)
{
	struct inputs inputs;

	inputs_new(&inputs);
	FUTURE_AUTO future_t *race = combine(&inputs, FUTURE_COMBINE_RACE, 0);
	FUTURE_AUTO future_t *next = future_then(race, look_at_rest, &inputs);
	succeed_one(&inputs, 0);
	ck_assert_int_eq(future_result_int(future_get(next)),
		FUTURE_CANCELLED);
	inputs_free(&inputs);
}
END_TEST

/* What a destructor settles has cancelled its rest when the call returns. */
struct settler {
	struct inputs *inputs;
	future_state_t left;
};

static void settle_one(void *arg)
{
	struct settler *settler = arg;

	succeed_one(settler->inputs, 0);
	settler->left = future_state(settler->inputs->futures[1]);
}

START_TEST(in_a_destructor_the_rest_is_cancelled_at_once)
{
	struct inputs inputs;
	struct settler settler = { &inputs, FUTURE_PENDING };
	future_t *value;

	inputs_new(&inputs);
	FUTURE_AUTO future_t *race = combine(&inputs, FUTURE_COMBINE_RACE, 0);
	value = settled(future_own(&settler, settle_one));
	future_unref(value);
	ck_assert_int_eq(settler.left, FUTURE_CANCELLED);
	ck_assert_int_eq(future_state(race), FUTURE_OK);
	inputs_free(&inputs);
}
END_TEST

START_TEST(a_task_that_is_left_is_cancelled_and_never_runs)
{
	future_executor_t *pool = pool_of(1);
	struct hold hold = HOLD;
	atomic_int freed = 0;
	future_promise_t *promise;
	future_t *list[3];

	list[0] = hold_submit(pool, &hold);
	list[1] = future_submit_with(pool, &(future_task_t){ .fn = give_owned,
		.arg = &freed, .destroy_arg = count_up });
	promise = promise_new(&list[2]);
	FUTURE_AUTO future_t *race = future_combine(&(future_combine_t){
		.futures = list, .count = 3, .mode = FUTURE_COMBINE_RACE,
		.cancel_rest = true });
	future_promise_settle(promise, future_ok_int(5));
	ck_assert_int_eq(future_result_int(future_get(race)), 5);
	ck_assert_int_eq(future_state(list[0]), FUTURE_CANCELLED);
	ck_assert_int_eq(future_state(list[1]), FUTURE_CANCELLED);
	ck_assert_int_eq(freed, 1);
	gate_open(&hold.released);
	ck_assert_int_eq(future_join(list[0], FUTURE_FOREVER), 0);
	ck_assert_int_eq(hold.asked, 1);
	for (int i = 0; i < 3; i++)
		future_unref(list[i]);
	future_promise_free(promise);
	future_executor_unref(pool);
}
END_TEST

/* Settled is not finished. */

START_TEST(a_join_waits_for_the_functions_of_what_was_cancelled)
{
	for (int nested = 0; nested < 2; nested++) {
		future_executor_t *pool = pool_of(2);
		struct hold hold = HOLD;
		future_t *inner[] = { hold_submit(pool, &hold),
			settled(future_fail(EIO)) };
		future_combine_t how = { .futures = inner, .count = 2,
			.mode = FUTURE_COMBINE_ALL, .cancel_rest = true };
		future_t *all = future_combine(&how);
		future_t *outer = all;

		if (nested) {
			how.futures = &all;
			how.count = 1;
			outer = future_combine(&how);
			future_unref(all);
		}
		future_unref(inner[0]);
		future_unref(inner[1]);
		ck_assert_int_eq(future_get(outer).error, EIO);
		ck_assert_int_eq(future_join(outer, FUTURE_NOW), ETIMEDOUT);
		ck_assert_int_eq(future_join(outer, future_in_ms(1)),
			ETIMEDOUT);
		ck_assert_int_eq(hold.returned, 0);
		gate_open(&hold.released);
		ck_assert_int_eq(future_join(outer, FUTURE_FOREVER), 0);
		ck_assert_int_eq(hold.returned, 1);
		future_unref(outer);
		future_executor_unref(pool);
	}
}
END_TEST

START_TEST(a_join_without_cancel_rest_does_not_wait_for_the_rest)
{
	struct inputs inputs;

	inputs_new(&inputs);
	fail_one(&inputs, 0);
	FUTURE_AUTO future_t *all = future_all(inputs.futures, INPUTS);
	ck_assert_int_eq(future_join(all, FUTURE_FOREVER), 0);
	inputs_free(&inputs);
}
END_TEST

/* Values and depth. */

START_TEST(an_array_that_was_taken_outlives_its_future)
{
	atomic_int destroyed = 0;
	struct inputs inputs;
	future_result_t taken;
	future_t *all;

	inputs_new(&inputs);
	all = combine(&inputs, FUTURE_COMBINE_SOME, 2);
	future_promise_settle(inputs.promises[0], owned(&destroyed));
	future_promise_settle(inputs.promises[2], owned(&destroyed));
	inputs_free(&inputs);
	taken = future_take(all);
	future_unref(all);
	ck_assert_int_eq(destroyed, 0);
	ck_assert(owned_is(((future_result_t *)taken.value)[2], &destroyed));
	ck_assert_int_eq(((future_result_t *)taken.value)[1].error,
		EINPROGRESS);
	taken.destroy(taken.value);
	ck_assert_int_eq(destroyed, 2);
}
END_TEST

enum { LINKS = 100000 };

/* One in the other, each of which cancels the one inside. */
static void *cancel_nested(void *arg)
{
	future_combine_t how = { .count = 1, .mode = FUTURE_COMBINE_RACE,
		.cancel_rest = true };
	future_t *inner, *outer;
	future_promise_t *promise = promise_new(&inner);
	future_t *innermost = future_ref(inner);

	(void)arg;
	for (int i = 0; i < LINKS; i++) {
		how.futures = &inner;
		outer = future_combine(&how);
		future_unref(inner);
		inner = outer;
	}
	ck_assert(future_cancel(inner));
	ck_assert_int_eq(future_state(innermost), FUTURE_CANCELLED);
	ck_assert_int_eq(future_join(inner, FUTURE_FOREVER), 0);
	future_unref(inner);
	future_unref(innermost);
	future_promise_free(promise);
	return NULL;
}

START_TEST(a_hundred_thousand_in_one_another_are_cancelled_in_a_loop)
{
	run_on_small_stack(cancel_nested, NULL);
}
END_TEST

START_TEST(the_home_is_the_executor_named)
{
	future_executor_t *pool = pool_of(1);
	struct seen seen = { .calls = 0 };
	struct inputs inputs;

	inputs_new(&inputs);
	FUTURE_AUTO future_t *all = future_combine(&(future_combine_t){
		.futures = inputs.futures, .count = INPUTS,
		.executor = pool });
	FUTURE_AUTO future_t *next = future_then(all, see, &seen);
	for (int i = 0; i < INPUTS; i++)
		succeed_one(&inputs, i);
	ck_assert_int_eq(future_get(next).error, 0);
	ck_assert_ptr_eq(seen.executor, pool);
	inputs_free(&inputs);
	future_executor_unref(pool);
}
END_TEST

int main(void)
{
	return run_tests("some", (const TTest *[]) {
		some_succeeds_when_so_many_have,
		some_fails_as_soon_as_too_few_can_succeed,
		some_may_succeed_though_others_failed,
		some_of_all_the_inputs_is_all,
		some_of_the_settled_has_settled,
		a_future_that_stands_twice_counts_twice,
		a_need_that_cannot_be_is_einval,
		a_combination_without_sense_is_einval,
		the_options_zeroed_are_all_of_nothing,
		what_is_left_is_cancelled_when_it_is_decided,
		what_is_left_is_cancelled_when_it_was_decided_at_once,
		what_is_left_is_cancelled_with_it,
		without_cancel_rest_a_cancel_leaves_the_inputs_alone,
		a_continuation_on_the_inline_executor_sees_the_rest_cancelled,
		in_a_destructor_the_rest_is_cancelled_at_once,
		a_task_that_is_left_is_cancelled_and_never_runs,
		a_join_waits_for_the_functions_of_what_was_cancelled,
		a_join_without_cancel_rest_does_not_wait_for_the_rest,
		an_array_that_was_taken_outlives_its_future,
		a_hundred_thousand_in_one_another_are_cancelled_in_a_loop,
		the_home_is_the_executor_named,
		NULL,
	});
}
