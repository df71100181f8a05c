/* The latch: it opens once, when it has been counted down. */
#define _GNU_SOURCE
#include "waiting.h"

#define MOST ((size_t)UINT32_MAX)

static int wait_for(void *on, future_time_t until)
{
	return future_latch_wait_until(on, until);
}

static future_t *wait_async(void *on)
{
	return future_latch_wait_async(on);
}

static void count_one(void *on)
{
	ck_assert_int_eq(future_latch_count_down(on, 1), 0);
}

/* A latch of 1. */
#define DOOR(latch) { (latch), wait_for, wait_async, count_one }

static int wait_forever(struct waiter *waiter)
{
	return future_latch_wait(waiter->on);
}

START_TEST(a_latch_is_small_and_open_when_zero)
{
	static future_latch_t zero;
	static future_latch_t most = FUTURE_LATCH_INIT(UINT32_MAX);

	ck_assert_uint_le(sizeof(zero), 32);
	ck_assert_int_eq(future_latch_wait(&zero), 0);
	ck_assert_int_eq(outcome_of(wait_async(&zero)), 0);
	ck_assert_int_eq(wait_for(&most, FUTURE_NOW), ETIMEDOUT);
	ck_assert_int_eq(future_latch_count_down(&most, MOST), 0);
	ck_assert_int_eq(future_latch_wait(&most), 0);
}
END_TEST

START_TEST(no_latch_is_invalid)
{
	ck_assert_int_eq(future_latch_wait(NULL), EINVAL);
	ck_assert_int_eq(future_latch_wait_until(NULL, FUTURE_NOW), EINVAL);
	ck_assert_int_eq(outcome_of(wait_async(NULL)), EINVAL);
	ck_assert_int_eq(future_latch_count_down(NULL, 1), EINVAL);
}
END_TEST

START_TEST(a_latch_opens_with_the_last_count_and_stays_open)
{
	future_latch_t latch = FUTURE_LATCH_INIT(4);

	ck_assert_int_eq(future_latch_count_down(&latch, 0), 0);
	ck_assert_int_eq(future_latch_count_down(&latch, 3), 0);
	ck_assert_int_eq(wait_for(&latch, FUTURE_NOW), ETIMEDOUT);
	count_one(&latch);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(wait_for(&latch, FUTURE_NOW), 0);
	ck_assert_int_eq(future_latch_count_down(&latch, 0), 0);
	ck_assert_int_eq(future_latch_count_down(&latch, 1), EOVERFLOW);
	ck_assert_int_eq(future_latch_wait(&latch), 0);
}
END_TEST

START_TEST(counting_too_far_changes_nothing)
{
	future_latch_t latch = FUTURE_LATCH_INIT(2);
	const size_t too_many[] = { 3, MOST, MOST + 1, MOST + 3, SIZE_MAX };

	for (int waiting = 0; waiting < 2; waiting++) {
		future_t *future = waiting ? wait_async(&latch) : NULL;

		for (size_t i = 0; i < 5; i++)
			ck_assert_int_eq(future_latch_count_down(&latch,
				too_many[i]), EOVERFLOW);
		ck_assert_int_eq(wait_for(&latch, FUTURE_NOW), ETIMEDOUT);
		if (future == NULL)
			continue;
		ck_assert_int_eq(future_state(future), FUTURE_PENDING);
		count_one(&latch);
		ck_assert_int_eq(future_state(future), FUTURE_PENDING);
		count_one(&latch);
		ck_assert_int_eq(outcome_of(future), 0);
	}
}
END_TEST

START_TEST(an_open_latch_lets_everybody_pass_in_order)
{
	future_latch_t latch = FUTURE_LATCH_INIT(2);
	struct record record = { .count = 0 };
	struct letter letters[3] = { { &record, 'a' }, { &record, 'b' },
		{ &record, 'c' } };
	struct waiter waiter = { .wait = wait_forever, .on = &latch };
	future_t *written[3];

	for (size_t i = 0; i < 3; i++)
		written[i] = letter_of(wait_async(&latch), &letters[i]);
	waiter_start(&waiter);
	queue_becomes(&latch, 4);
	count_one(&latch);
	ck_assert_uint_eq(queued(&latch), 4);
	count_one(&latch);
	ck_assert_int_eq(waiter_finish(&waiter), 0);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(outcome_of(written[i]), 0);
	ck_assert_str_eq(record.text, "abc");
	ck_assert_uint_eq(queued(&latch), 0);
}
END_TEST

START_TEST(a_deadline_that_has_passed_only_looks)
{
	future_latch_t latch = FUTURE_LATCH_INIT(1);

	door_polls(&(struct door)DOOR(&latch));
	ck_assert_uint_eq(queued(&latch), 0);
}
END_TEST

START_TEST(the_last_count_wakes_who_sleeps)
{
	future_latch_t latch = FUTURE_LATCH_INIT(1);
	future_latch_t other = FUTURE_LATCH_INIT(1);

	door_wakes(&(struct door)DOOR(&latch), FUTURE_FOREVER);
	door_wakes(&(struct door)DOOR(&other), LATER);
}
END_TEST

START_TEST(the_last_count_settles_a_future)
{
	future_latch_t latch = FUTURE_LATCH_INIT(1);

	door_settles(&(struct door)DOOR(&latch));
}
END_TEST

START_TEST(who_gave_up_leaves_nothing)
{
	void (*const give_up[])(const struct door *) = { door_survives_cancel,
		door_survives_drop, door_survives_deadline };

	for (int i = 0; i < 3; i++) {
		future_latch_t latch = FUTURE_LATCH_INIT(1);

		give_up[i](&(struct door)DOOR(&latch));
		ck_assert_uint_eq(queued(&latch), 0);
	}
}
END_TEST

START_TEST(the_wait_of_a_cancelled_task_ends)
{
	future_latch_t latch = FUTURE_LATCH_INIT(1);
	future_latch_t other = FUTURE_LATCH_INIT(1);

	door_leaves_cancelled(&(struct door)DOOR(&latch), FUTURE_FOREVER);
	door_leaves_cancelled(&(struct door)DOOR(&other), LATER);
}
END_TEST

START_TEST(a_cancelled_task_passes_an_open_latch)
{
	future_latch_t open = FUTURE_LATCH_INIT(0);
	future_latch_t shut = FUTURE_LATCH_INIT(1);

	ck_assert_int_eq(door_once_cancelled(&(struct door)DOOR(&open),
		FUTURE_FOREVER), 0);
	ck_assert_int_eq(door_once_cancelled(&(struct door)DOOR(&shut),
		FUTURE_FOREVER), ECANCELED);
	ck_assert_int_eq(door_once_cancelled(&(struct door)DOOR(&shut),
		LATER), ECANCELED);
	ck_assert_uint_eq(queued(&shut), 0);
}
END_TEST

START_TEST(a_task_that_waits_for_a_latch_is_no_deadlock)
{
	future_latch_t latch = FUTURE_LATCH_INIT(1);

	door_is_no_deadlock(&(struct door)DOOR(&latch));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("latch");
	TCase *tcase = suite_case(suite, "latch");

	tcase_add_test(tcase, a_latch_is_small_and_open_when_zero);
	tcase_add_test(tcase, no_latch_is_invalid);
	tcase_add_test(tcase,
		a_latch_opens_with_the_last_count_and_stays_open);
	tcase_add_test(tcase, counting_too_far_changes_nothing);
	tcase_add_test(tcase, an_open_latch_lets_everybody_pass_in_order);
	tcase_add_test(tcase, a_deadline_that_has_passed_only_looks);
	tcase_add_test(tcase, the_last_count_wakes_who_sleeps);
	tcase_add_test(tcase, the_last_count_settles_a_future);
	tcase_add_test(tcase, who_gave_up_leaves_nothing);
	tcase_add_test(tcase, the_wait_of_a_cancelled_task_ends);
	tcase_add_test(tcase, a_cancelled_task_passes_an_open_latch);
	tcase_add_test(tcase, a_task_that_waits_for_a_latch_is_no_deadlock);
	return suite_run(suite);
}
