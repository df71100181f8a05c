/* Completion: futures in the order in which they settle. */
#include "check.h"

enum { INPUTS = 3 };

static future_completion_t *completion_new(void)
{
	future_completion_t *completion = NULL;

	ck_assert_int_eq(future_completion_new(&completion), 0);
	return completion;
}

static void add_to(future_completion_t *completion, future_t *future)
{
	ck_assert_int_eq(future_completion_add(completion, future), 0);
}

/* The next one must be there. */
static future_t *next_of(future_completion_t *completion)
{
	future_t *next = NULL;

	ck_assert_int_eq(future_completion_next_until(completion, FUTURE_NOW,
		&next), 0);
	ck_assert_int_ge(future_state(next), FUTURE_OK);
	return next;
}

static intptr_t next_number(future_completion_t *completion)
{
	FUTURE_AUTO future_t *next = next_of(completion);

	return future_result_int(future_get(next));
}

static int next_error(future_completion_t *completion, future_time_t deadline)
{
	future_t *mark = (future_t *)&mark, *next = mark;
	int error = future_completion_next_until(completion, deadline, &next);

	ck_assert_int_ne(error, 0);
	ck_assert_ptr_eq(next, mark);
	return error;
}

/* Three that are pending, and have been added. */
struct inputs {
	future_completion_t *completion;
	future_promise_t *promises[INPUTS];
};

static void inputs_new(struct inputs *inputs)
{
	inputs->completion = completion_new();
	for (int i = 0; i < INPUTS; i++) {
		future_t *future;

		inputs->promises[i] = promise_new(&future);
		add_to(inputs->completion, future);
		future_unref(future);
	}
}

static void settle_one(struct inputs *inputs, int which)
{
	future_promise_settle(inputs->promises[which], future_ok_int(which));
}

static void inputs_free(struct inputs *inputs)
{
	future_completion_free(inputs->completion);
	for (int i = 0; i < INPUTS; i++)
		future_promise_free(inputs->promises[i]);
}

START_TEST(futures_come_in_the_order_in_which_they_settle)
{
	static const int order[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	for (int turn = 0; turn < 6; turn++) {
		struct inputs inputs;

		inputs_new(&inputs);
		for (int i = 0; i < INPUTS; i++)
			settle_one(&inputs, order[turn][i]);
		for (int i = 0; i < INPUTS; i++)
			ck_assert_int_eq(next_number(inputs.completion),
				order[turn][i]);
		ck_assert_int_eq(next_error(inputs.completion, FUTURE_FOREVER),
			ENOENT);
		inputs_free(&inputs);
	}
}
END_TEST

START_TEST(what_has_settled_comes_as_it_was_added)
{
	future_completion_t *completion = completion_new();

	for (intptr_t i = 0; i < 5; i++) {
		FUTURE_AUTO future_t *one = settled(future_ok_int(i));

		add_to(completion, one);
	}
	for (intptr_t i = 0; i < 5; i++)
		ck_assert_int_eq(next_number(completion), i);
	future_completion_free(completion);
}
END_TEST

START_TEST(of_nothing_there_is_no_next)
{
	future_completion_t *completion = completion_new();
	FUTURE_AUTO future_t *next = future_completion_next_async(completion);

	ck_assert_int_eq(next_error(completion, FUTURE_FOREVER), ENOENT);
	ck_assert_int_eq(next_error(completion, FUTURE_NOW), ENOENT);
	ck_assert_int_eq(future_get(next).error, ENOENT);
	ck_assert_uint_eq(future_completion_left(completion), 0);
	future_completion_free(completion);
}
END_TEST

START_TEST(a_deadline_splits_what_is_done_from_what_is_pending)
{
	struct inputs inputs;

	inputs_new(&inputs);
	settle_one(&inputs, 2);
	settle_one(&inputs, 0);
	ck_assert_int_eq(next_number(inputs.completion), 2);
	ck_assert_int_eq(next_number(inputs.completion), 0);
	ck_assert_int_eq(next_error(inputs.completion, FUTURE_NOW), ETIMEDOUT);
	ck_assert_int_eq(next_error(inputs.completion, future_in_ms(1)),
		ETIMEDOUT);
	ck_assert_uint_eq(future_completion_left(inputs.completion), 1);
	settle_one(&inputs, 1);
	ck_assert_int_eq(next_number(inputs.completion), 1);
	inputs_free(&inputs);
}
END_TEST

START_TEST(failures_and_cancels_come_like_any_other)
{
	struct inputs inputs;
	future_t *cancelled;
	future_promise_t *promise = promise_new(&cancelled);

	inputs_new(&inputs);
	add_to(inputs.completion, cancelled);
	future_promise_settle(inputs.promises[1], future_fail(EIO));
	ck_assert(future_cancel(cancelled));
	FUTURE_AUTO future_t *failed = next_of(inputs.completion);
	FUTURE_AUTO future_t *gone = next_of(inputs.completion);
	ck_assert_int_eq(future_get(failed).error, EIO);
	ck_assert_ptr_eq(gone, cancelled);
	ck_assert_int_eq(future_state(gone), FUTURE_CANCELLED);
	future_unref(cancelled);
	future_promise_free(promise);
	inputs_free(&inputs);
}
END_TEST

/* Added before the cancel, and after it. */
START_TEST(what_its_token_cancels_comes_like_any_other)
{
	future_completion_t *completion = completion_new();
	future_executor_t *pool = pool_of(1);
	struct hold hold = HOLD;
	future_token_t *token;

	ck_assert_int_eq(future_token_new(NULL, FUTURE_FOREVER, &token), 0);
	hold_worker(pool, &hold);
	FUTURE_AUTO future_t *task = future_submit_with(pool, &(future_task_t){
		.fn = give_int, .token = token });

	add_to(completion, task);
	future_token_cancel(token);
	add_to(completion, task);
	future_token_unref(token);
	for (int i = 0; i < 2; i++) {
		FUTURE_AUTO future_t *next = next_of(completion);

		ck_assert_ptr_eq(next, task);
		ck_assert_int_eq(future_state(next), FUTURE_CANCELLED);
	}
	future_completion_free(completion);
	gate_open(&hold.released);
	future_executor_unref(pool);
}
END_TEST

START_TEST(it_has_references_of_its_own)
{
	future_completion_t *completion = completion_new();
	atomic_int destroyed = 0;
	future_t *one = settled(owned(&destroyed)), *next;

	add_to(completion, one);
	add_to(completion, one);
	future_unref(one);
	ck_assert_uint_eq(future_completion_left(completion), 2);
	next = next_of(completion);
	ck_assert_ptr_eq(next, one);
	future_unref(next);
	ck_assert_int_eq(destroyed, 0);
	next = next_of(completion);
	ck_assert(owned_is(future_get(next), &destroyed));
	future_completion_free(completion);
	ck_assert_int_eq(destroyed, 0);
	future_unref(next);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

/* As a future. */

START_TEST(a_next_as_a_future_settles_with_the_first)
{
	struct inputs inputs;

	inputs_new(&inputs);
	FUTURE_AUTO future_t *first =
		future_completion_next_async(inputs.completion);
	FUTURE_AUTO future_t *second =
		future_completion_next_async(inputs.completion);
	ck_assert_int_eq(future_state(first), FUTURE_PENDING);
	settle_one(&inputs, 1);
	ck_assert_int_eq(future_state(second), FUTURE_PENDING);
	ck_assert_int_eq(future_result_int(future_get(
		future_get(first).value)), 1);
	settle_one(&inputs, 0);
	ck_assert_int_eq(future_result_int(future_get(
		future_get(second).value)), 0);
	settle_one(&inputs, 2);
	FUTURE_AUTO future_t *third =
		future_completion_next_async(inputs.completion);
	ck_assert_int_eq(future_result_int(future_get(
		future_get(third).value)), 2);
	inputs_free(&inputs);
}
END_TEST

START_TEST(nobody_waits_for_what_others_wait_for)
{
	struct inputs inputs;
	future_t *asked[INPUTS];

	inputs_new(&inputs);
	for (int i = 0; i < INPUTS; i++)
		asked[i] = future_completion_next_async(inputs.completion);
	ck_assert_int_eq(next_error(inputs.completion, FUTURE_FOREVER), ENOENT);
	ck_assert(future_cancel(asked[0]));
	ck_assert_int_eq(next_error(inputs.completion, FUTURE_NOW), ETIMEDOUT);
	settle_one(&inputs, 0);
	ck_assert_int_eq(future_state(asked[1]), FUTURE_OK);
	settle_one(&inputs, 1);
	ck_assert_int_eq(future_state(asked[2]), FUTURE_OK);
	settle_one(&inputs, 2);
	ck_assert_int_eq(next_number(inputs.completion), 2);
	for (int i = 0; i < INPUTS; i++)
		future_unref(asked[i]);
	inputs_free(&inputs);
}
END_TEST

START_TEST(who_was_cancelled_is_passed_by)
{
	struct inputs inputs;
	future_t *asked[2];

	inputs_new(&inputs);
	for (int i = 0; i < 2; i++)
		asked[i] = future_completion_next_async(inputs.completion);
	ck_assert(future_cancel(asked[0]));
	settle_one(&inputs, 2);
	ck_assert_int_eq(future_state(asked[1]), FUTURE_OK);
	ck_assert_uint_eq(future_completion_left(inputs.completion), 2);
	for (int i = 0; i < 2; i++)
		future_unref(asked[i]);
	inputs_free(&inputs);
}
END_TEST

START_TEST(a_next_that_is_not_taken_is_let_go)
{
	future_completion_t *completion = completion_new();
	atomic_int destroyed = 0;
	future_t *one = settled(owned(&destroyed));

	add_to(completion, one);
	future_unref(one);
	future_unref(future_completion_next_async(completion));
	ck_assert_int_eq(destroyed, 1);
	future_completion_free(completion);
}
END_TEST

/* What gives up leaves nothing behind. */
START_TEST(ten_thousand_that_gave_up_are_forgotten)
{
	struct inputs inputs;
	size_t before = 0, after = 0;

	inputs_new(&inputs);
	for (int i = 0; i < 10000; i++) {
		future_t *next =
			future_completion_next_async(inputs.completion);

		ck_assert(future_cancel(next));
		future_unref(next);
		if (__sanitizer_get_current_allocated_bytes == NULL)
			continue;
		after = __sanitizer_get_current_allocated_bytes();
		if (i == 100)
			before = after;
	}
	ck_assert_uint_le(after, before + 4096);
	settle_one(&inputs, 1);
	ck_assert_int_eq(next_number(inputs.completion), 1);
	inputs_free(&inputs);
}
END_TEST

/* The end. */

START_TEST(when_it_is_freed_nothing_of_it_is_left)
{
	struct inputs inputs;
	atomic_int destroyed = 0;
	future_t *one = settled(owned(&destroyed)), *asked, *late;

	inputs_new(&inputs);
	asked = future_completion_next_async(inputs.completion);
	settle_one(&inputs, 1);
	late = future_completion_next_async(inputs.completion);
	add_to(inputs.completion, one);
	add_to(inputs.completion, one);
	future_unref(one);
	future_completion_free(inputs.completion);
	ck_assert_int_eq(future_state(asked), FUTURE_OK);
	ck_assert_int_eq(future_state(late), FUTURE_OK);
	future_unref(asked);
	future_unref(late);
	ck_assert_int_eq(destroyed, 1);
	inputs.completion = NULL;
	settle_one(&inputs, 0);
	inputs_free(&inputs);
}
END_TEST

START_TEST(who_waits_when_it_is_freed_is_cancelled)
{
	struct inputs inputs;

	inputs_new(&inputs);
	FUTURE_AUTO future_t *asked =
		future_completion_next_async(inputs.completion);
	future_completion_free(inputs.completion);
	ck_assert_int_eq(future_state(asked), FUTURE_CANCELLED);
	inputs.completion = NULL;
	inputs_free(&inputs);
}
END_TEST

START_TEST(a_null_anywhere_is_einval)
{
	future_completion_t *completion = completion_new();
	FUTURE_AUTO future_t *one = settled(future_ok(NULL));
	FUTURE_AUTO future_t *async = future_completion_next_async(NULL);
	future_t *next;

	ck_assert_int_eq(future_completion_new(NULL), EINVAL);
	ck_assert_int_eq(future_completion_add(NULL, one), EINVAL);
	ck_assert_int_eq(future_completion_add(completion, NULL), EINVAL);
	ck_assert_int_eq(future_completion_next(completion, NULL), EINVAL);
	ck_assert_int_eq(future_completion_next(NULL, &next), EINVAL);
	ck_assert_int_eq(future_get(async).error, EINVAL);
	ck_assert_uint_eq(future_completion_left(NULL), 0);
	future_completion_free(NULL);
	future_completion_free(completion);
}
END_TEST

/* Inside tasks. */

static future_result_t take_own(void *arg)
{
	future_completion_t *completion = completion_new();
	intptr_t sum = 0;
	future_t *next;
	int error;

	(void)arg;
	for (intptr_t i = 1; i <= 20; i++) {
		FUTURE_AUTO future_t *part = future_submit(future_current(),
			give_int, (void *)i);

		add_to(completion, part);
	}
	while ((error = future_completion_next(completion, &next)) == 0) {
		sum += future_result_int(future_get(next));
		future_unref(next);
	}
	ck_assert_int_eq(error, ENOENT);
	future_completion_free(completion);
	return future_ok_int(sum);
}

START_TEST(a_worker_of_a_pool_of_one_may_wait_for_its_parts)
{
	future_executor_t *pool = pool_of(1);
	future_executor_t *where[] = { pool, future_inline() };

	for (int i = 0; i < 2; i++) {
		FUTURE_AUTO future_t *all = future_submit(where[i], take_own,
			NULL);

		ck_assert_int_eq(future_result_int(future_get(all)), 210);
	}
	future_executor_unref(pool);
}
END_TEST

/* Waits for what never comes, until it is cancelled. */
static future_result_t wait_in_vain(void *arg)
{
	future_t *next;

	return future_ok_int(future_completion_next(arg, &next));
}

static future_result_t see_error(future_result_t in, void *arg)
{
	(void)arg;
	return future_ok_int(in.error);
}

START_TEST(a_task_that_is_cancelled_stops_waiting_and_loses_nothing)
{
	future_executor_t *pool = pool_of(1);
	struct inputs inputs;

	inputs_new(&inputs);
	FUTURE_AUTO future_t *task = future_submit(pool, wait_in_vain,
		inputs.completion);
	FUTURE_AUTO future_t *seen = future_handle_on(task, future_inline(),
		see_error, NULL);
	ck_assert(future_cancel(task));
	ck_assert_int_eq(future_join(task, FUTURE_FOREVER), 0);
	ck_assert_int_eq(future_result_int(future_get(seen)), ECANCELED);
	settle_one(&inputs, 1);
	ck_assert_int_eq(next_number(inputs.completion), 1);
	inputs_free(&inputs);
	future_executor_unref(pool);
}
END_TEST

/* Many threads: each of the futures comes to exactly one of them. */

struct crowd {
	future_completion_t *completion;
	atomic_int *given;	/* how often each came */
	size_t count;
};

static void note(struct crowd *crowd, future_t *next)
{
	intptr_t at = future_result_int(future_get(next));

	atomic_fetch_add(&crowd->given[at], 1);
	future_unref(next);
}

/* Waits in all the ways there are, and gives up now and then. */
static void *take_some(void *arg)
{
	struct crowd *crowd = arg;
	future_result_t result;
	future_t *next, *async;

	for (int turn = 0;; turn++) {
		int error = 0;

		switch (turn % 3) {
		case 0:
			error = future_completion_next(crowd->completion,
				&next);
			break;
		case 1:
			error = future_completion_next_until(
				crowd->completion, (future_time_t){
				future_now().ns + turn % 7 * 1000 }, &next);
			break;
		case 2:
			async = future_completion_next_async(
				crowd->completion);
			if (turn % 2 == 0 && future_cancel(async)) {
				future_unref(async);
				continue;
			}
			result = future_take(async);
			future_unref(async);
			error = result.error;
			next = result.value;
			break;
		}
		if (error == 0)
			note(crowd, next);
		else if (error != ETIMEDOUT)
			return (void *)(intptr_t)error;
	}
}

START_TEST(each_comes_exactly_once_whoever_takes_it)
{
	enum { TAKERS = 3 };
	struct crowd crowd = { NULL, NULL, scaled(20000) };
	future_executor_t *pool = pool_of(2);
	pthread_t takers[TAKERS];
	void *error;

	crowd.completion = completion_new();
	crowd.given = calloc(crowd.count, sizeof(*crowd.given));
	for (size_t i = 0; i < crowd.count; i++) {
		FUTURE_AUTO future_t *one = future_submit(pool, give_int,
			(void *)i);

		add_to(crowd.completion, one);
		if (i == 100)
			for (int n = 0; n < TAKERS; n++)
				takers[n] = start(take_some, &crowd);
	}
	for (int n = 0; n < TAKERS; n++) {
		pthread_join(takers[n], &error);
		ck_assert_int_eq((intptr_t)error, ENOENT);
	}
	/* They may have found nothing left, while there came more. */
	ck_assert_ptr_eq(take_some(&crowd), (void *)ENOENT);
	ck_assert_uint_eq(future_completion_left(crowd.completion), 0);
	for (size_t i = 0; i < crowd.count; i++)
		ck_assert_int_eq(crowd.given[i], 1);
	future_completion_free(crowd.completion);
	free(crowd.given);
	future_executor_unref(pool);
}
END_TEST

START_TEST(it_may_be_freed_while_they_settle)
{
	future_executor_t *pool = pool_of(2);

	for (size_t i = 0; i < scaled(3000); i++) {
		future_completion_t *completion = completion_new();
		future_t *next;

		for (int n = 0; n < 4; n++) {
			FUTURE_AUTO future_t *one = future_submit(pool,
				give_int, NULL);

			add_to(completion, one);
		}
		ck_assert_int_eq(future_completion_next(completion, &next), 0);
		future_unref(next);
		next = future_completion_next_async(completion);
		future_completion_free(completion);
		future_unref(next);
	}
	future_executor_unref(pool);
}
END_TEST

int main(void)
{
	return run_tests("completion", (const TTest *[]) {
		futures_come_in_the_order_in_which_they_settle,
		what_has_settled_comes_as_it_was_added,
		of_nothing_there_is_no_next,
		a_deadline_splits_what_is_done_from_what_is_pending,
		failures_and_cancels_come_like_any_other,
		what_its_token_cancels_comes_like_any_other,
		it_has_references_of_its_own,
		a_next_as_a_future_settles_with_the_first,
		nobody_waits_for_what_others_wait_for,
		who_was_cancelled_is_passed_by,
		a_next_that_is_not_taken_is_let_go,
		ten_thousand_that_gave_up_are_forgotten,
		when_it_is_freed_nothing_of_it_is_left,
		who_waits_when_it_is_freed_is_cancelled,
		a_null_anywhere_is_einval,
		a_worker_of_a_pool_of_one_may_wait_for_its_parts,
		a_task_that_is_cancelled_stops_waiting_and_loses_nothing,
		each_comes_exactly_once_whoever_takes_it,
		it_may_be_freed_while_they_settle,
		NULL,
	});
}
