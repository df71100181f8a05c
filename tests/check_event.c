/* The event: a manual one, and one that resets itself. */
#define _GNU_SOURCE
#include "waiting.h"

static int wait_for(void *on, future_time_t until)
{
	return future_event_wait_until(on, until);
}

static future_t *wait_async(void *on)
{
	return future_event_wait_async(on);
}

static void set(void *on)
{
	future_event_set(on);
}

#define DOOR(event) { (event), wait_for, wait_async, set }

static int wait_forever(struct waiter *waiter)
{
	return waiter_passes(waiter, future_event_wait(waiter->on));
}

START_TEST(an_event_is_small_and_ready_when_zero)
{
	static future_event_t zero;
	static future_event_t manual = FUTURE_EVENT_INIT;
	static future_event_t automatic = FUTURE_EVENT_AUTO_INIT;

	ck_assert_uint_le(sizeof(zero), 32);
	ck_assert(!future_event_is_set(&zero));
	ck_assert(!future_event_is_set(&manual));
	ck_assert(!future_event_is_set(&automatic));
	future_event_set(&zero);
	ck_assert_int_eq(future_event_wait(&zero), 0);
	ck_assert_int_eq(future_event_wait(&zero), 0);
}
END_TEST

START_TEST(no_event_is_invalid)
{
	ck_assert_int_eq(future_event_wait(NULL), EINVAL);
	ck_assert_int_eq(future_event_wait_until(NULL, FUTURE_NOW), EINVAL);
	ck_assert_int_eq(outcome_of(future_event_wait_async(NULL)), EINVAL);
	future_event_set(NULL);
	future_event_reset(NULL);
	ck_assert(!future_event_is_set(NULL));
}
END_TEST

START_TEST(a_manual_event_stays_set_until_it_is_reset)
{
	future_event_t event = FUTURE_EVENT_INIT;

	future_event_set(&event);
	future_event_set(&event);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(wait_for(&event, FUTURE_NOW), 0);
		ck_assert_int_eq(outcome_of(wait_async(&event)), 0);
	}
	ck_assert(future_event_is_set(&event));
	future_event_reset(&event);
	ck_assert(!future_event_is_set(&event));
	ck_assert_int_eq(wait_for(&event, FUTURE_NOW), ETIMEDOUT);
}
END_TEST

START_TEST(an_event_that_resets_itself_lets_one_pass_each_time)
{
	future_event_t event = FUTURE_EVENT_AUTO_INIT;

	for (int i = 0; i < 3; i++) {
		future_event_set(&event);
		future_event_set(&event);
		ck_assert(future_event_is_set(&event));
		if (i == 1)
			ck_assert_int_eq(outcome_of(wait_async(&event)), 0);
		else
			ck_assert_int_eq(wait_for(&event, FUTURE_NOW), 0);
		ck_assert(!future_event_is_set(&event));
		ck_assert_int_eq(wait_for(&event, FUTURE_NOW), ETIMEDOUT);
	}
	future_event_set(&event);
	future_event_reset(&event);
	ck_assert_int_eq(wait_for(&event, FUTURE_NOW), ETIMEDOUT);
}
END_TEST

START_TEST(a_set_with_waiters_is_not_remembered)
{
	future_event_t event = FUTURE_EVENT_AUTO_INIT;
	future_t *first = wait_async(&event), *second = wait_async(&event);

	future_event_set(&event);
	ck_assert_int_eq(outcome_of(first), 0);
	ck_assert(!future_event_is_set(&event));
	ck_assert_int_eq(future_state(second), FUTURE_PENDING);
	future_event_reset(&event);
	ck_assert_int_eq(future_state(second), FUTURE_PENDING);
	future_event_set(&event);
	ck_assert_int_eq(outcome_of(second), 0);
	ck_assert(!future_event_is_set(&event));
}
END_TEST

START_TEST(a_manual_set_lets_everybody_pass_in_order)
{
	future_event_t event = FUTURE_EVENT_INIT;
	struct record record = { .count = 0 };
	struct waiter waiter = { .wait = wait_forever, .on = &event };
	struct letter letters[3] = { { &record, 'a' }, { &record, 'b' },
		{ &record, 'c' } };
	future_t *written[3];

	for (size_t i = 0; i < 3; i++) {
		written[i] = letter_of(wait_async(&event), &letters[i]);
		if (i != 0)
			continue;
		waiter_start(&waiter);
		queue_becomes(&event, 2);
	}
	future_event_set(&event);
	future_event_reset(&event);
	ck_assert_int_eq(waiter_finish(&waiter), 0);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(outcome_of(written[i]), 0);
	ck_assert_str_eq(record.text, "abc");
	ck_assert_uint_eq(queued(&event), 0);
	ck_assert_int_eq(wait_for(&event, FUTURE_NOW), ETIMEDOUT);
}
END_TEST

START_TEST(automatic_sets_let_waiters_pass_in_order)
{
	future_event_t event = FUTURE_EVENT_AUTO_INIT;
	struct record record = { .count = 0 };
	struct letter letters[2] = { { &record, 'a' }, { &record, 'c' } };
	struct waiter waiter = { .wait = wait_forever, .on = &event,
		.record = &record, .letter = 'b' };
	future_t *first = letter_of(wait_async(&event), &letters[0]), *last;

	waiter_start(&waiter);
	queue_becomes(&event, 2);
	last = letter_of(wait_async(&event), &letters[1]);
	future_event_set(&event);
	ck_assert_int_eq(outcome_of(first), 0);
	future_event_set(&event);
	ck_assert_int_eq(waiter_finish(&waiter), 0);
	future_event_set(&event);
	ck_assert_int_eq(outcome_of(last), 0);
	ck_assert_str_eq(record.text, "abc");
}
END_TEST

START_TEST(a_future_that_passed_has_no_value)
{
	future_event_t event = FUTURE_EVENT_INIT;
	future_t *future = wait_async(&event);
	future_result_t taken;

	future_event_set(&event);
	taken = future_take(future);
	ck_assert_int_eq(taken.error, 0);
	ck_assert(taken.value == NULL && taken.destroy == NULL);
	future_unref(future);
}
END_TEST

START_TEST(a_deadline_that_has_passed_only_looks)
{
	future_event_t manual = FUTURE_EVENT_INIT;
	future_event_t automatic = FUTURE_EVENT_AUTO_INIT;

	door_polls(&(struct door)DOOR(&manual));
	door_polls(&(struct door)DOOR(&automatic));
	ck_assert_uint_eq(queued(&manual), 0);
	ck_assert_uint_eq(queued(&automatic), 0);
	ck_assert(!future_event_is_set(&automatic));
}
END_TEST

START_TEST(a_set_wakes_who_sleeps)
{
	future_event_t manual = FUTURE_EVENT_INIT;
	future_event_t automatic = FUTURE_EVENT_AUTO_INIT;

	door_wakes(&(struct door)DOOR(&manual), FUTURE_FOREVER);
	door_wakes(&(struct door)DOOR(&automatic), FUTURE_FOREVER);
	door_wakes(&(struct door)DOOR(&automatic), LATER);
	ck_assert(future_event_is_set(&manual));
	ck_assert(!future_event_is_set(&automatic));
}
END_TEST

START_TEST(a_set_settles_a_future)
{
	future_event_t manual = FUTURE_EVENT_INIT;
	future_event_t automatic = FUTURE_EVENT_AUTO_INIT;

	door_settles(&(struct door)DOOR(&manual));
	door_settles(&(struct door)DOOR(&automatic));
	ck_assert(!future_event_is_set(&automatic));
}
END_TEST

START_TEST(who_gave_up_swallows_nothing)
{
	future_event_t event = FUTURE_EVENT_AUTO_INIT;
	const struct door door = DOOR(&event);

	door_survives_cancel(&door);
	door_survives_drop(&door);
	door_survives_deadline(&door);
	ck_assert_uint_eq(queued(&event), 0);
	ck_assert(!future_event_is_set(&event));
	future_unref(wait_async(&event));
	future_event_set(&event);
	ck_assert(future_event_is_set(&event));
	ck_assert_uint_eq(queued(&event), 0);
}
END_TEST

START_TEST(the_wait_of_a_cancelled_task_ends)
{
	future_event_t event = FUTURE_EVENT_AUTO_INIT;

	door_leaves_cancelled(&(struct door)DOOR(&event), FUTURE_FOREVER);
	door_leaves_cancelled(&(struct door)DOOR(&event), LATER);
	ck_assert(!future_event_is_set(&event));
}
END_TEST

START_TEST(a_cancelled_task_passes_an_event_that_is_set)
{
	future_event_t event = FUTURE_EVENT_AUTO_INIT;
	const struct door door = DOOR(&event);

	future_event_set(&event);
	ck_assert_int_eq(door_once_cancelled(&door, FUTURE_FOREVER), 0);
	ck_assert_int_eq(door_once_cancelled(&door, FUTURE_FOREVER),
		ECANCELED);
	ck_assert_int_eq(door_once_cancelled(&door, LATER), ECANCELED);
}
END_TEST

START_TEST(a_task_that_waits_for_an_event_is_no_deadlock)
{
	future_event_t event = FUTURE_EVENT_INIT;

	door_is_no_deadlock(&(struct door)DOOR(&event));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("event");
	TCase *tcase = suite_case(suite, "event");

	tcase_add_test(tcase, an_event_is_small_and_ready_when_zero);
	tcase_add_test(tcase, no_event_is_invalid);
	tcase_add_test(tcase, a_manual_event_stays_set_until_it_is_reset);
	tcase_add_test(tcase,
		an_event_that_resets_itself_lets_one_pass_each_time);
	tcase_add_test(tcase, a_set_with_waiters_is_not_remembered);
	tcase_add_test(tcase, a_manual_set_lets_everybody_pass_in_order);
	tcase_add_test(tcase, automatic_sets_let_waiters_pass_in_order);
	tcase_add_test(tcase, a_future_that_passed_has_no_value);
	tcase_add_test(tcase, a_deadline_that_has_passed_only_looks);
	tcase_add_test(tcase, a_set_wakes_who_sleeps);
	tcase_add_test(tcase, a_set_settles_a_future);
	tcase_add_test(tcase, who_gave_up_swallows_nothing);
	tcase_add_test(tcase, the_wait_of_a_cancelled_task_ends);
	tcase_add_test(tcase, a_cancelled_task_passes_an_event_that_is_set);
	tcase_add_test(tcase, a_task_that_waits_for_an_event_is_no_deadlock);
	return suite_run(suite);
}
