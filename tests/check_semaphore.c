/* The semaphore: permits, in the order in which they were asked for. */
#define _GNU_SOURCE
#include "waiting.h"

#define MOST ((size_t)UINT32_MAX)

/* How many there are: all can be taken, one more cannot. */
static size_t permits_of(future_semaphore_t *semaphore)
{
	size_t count = 0;

	while (future_semaphore_acquire_until(semaphore, 1, FUTURE_NOW) == 0)
		count++;
	ck_assert_int_eq(future_semaphore_release(semaphore, count), 0);
	return count;
}

static int wait_one(void *on, future_time_t until)
{
	return future_semaphore_acquire_until(on, 1, until);
}

static future_t *async_one(void *on)
{
	return future_semaphore_acquire_async(on, 1);
}

static void open_one(void *on)
{
	ck_assert_int_eq(future_semaphore_release(on, 1), 0);
}

/* A semaphore that has none. */
#define DOOR(semaphore) { (semaphore), wait_one, async_one, open_one }

static int acquire_forever(struct waiter *waiter)
{
	return waiter_passes(waiter, future_semaphore_acquire(waiter->on,
		waiter->want));
}

static int acquire_until(struct waiter *waiter)
{
	return future_semaphore_acquire_until(waiter->on, waiter->want,
		waiter->until);
}

static future_t *acquire(future_semaphore_t *semaphore, size_t permits)
{
	return future_semaphore_acquire_async(semaphore, permits);
}

START_TEST(a_semaphore_is_small_and_ready_when_zero)
{
	static future_semaphore_t zero;
	static future_semaphore_t three = FUTURE_SEMAPHORE_INIT(3);
	static future_semaphore_t most = FUTURE_SEMAPHORE_INIT(UINT32_MAX);

	ck_assert_uint_le(sizeof(zero), 32);
	ck_assert_uint_eq(permits_of(&zero), 0);
	ck_assert_uint_eq(permits_of(&three), 3);
	ck_assert_int_eq(future_semaphore_acquire(&most, MOST), 0);
	ck_assert_uint_eq(permits_of(&most), 0);
}
END_TEST

START_TEST(permits_are_taken_and_given_back)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(5);

	ck_assert_int_eq(future_semaphore_acquire(&semaphore, 2), 0);
	ck_assert_int_eq(future_semaphore_acquire(&semaphore, 3), 0);
	ck_assert_uint_eq(permits_of(&semaphore), 0);
	ck_assert_int_eq(future_semaphore_release(&semaphore, 4), 0);
	ck_assert_uint_eq(permits_of(&semaphore), 4);
}
END_TEST

START_TEST(none_are_taken_at_once)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(0);
	future_t *ahead = acquire(&semaphore, 1), *none;

	ck_assert_int_eq(future_semaphore_acquire(&semaphore, 0), 0);
	ck_assert_int_eq(future_semaphore_acquire_until(&semaphore, 0,
		FUTURE_NOW), 0);
	none = acquire(&semaphore, 0);
	ck_assert_int_eq(future_state(none), FUTURE_OK);
	future_unref(none);
	ck_assert_int_eq(future_semaphore_release(&semaphore, 0), 0);
	ck_assert_int_eq(future_state(ahead), FUTURE_PENDING);
	ck_assert(future_cancel(ahead));
	future_unref(ahead);
	ck_assert_uint_eq(permits_of(&semaphore), 0);
}
END_TEST

START_TEST(more_than_there_can_be_is_invalid)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(2);

	ck_assert_int_eq(future_semaphore_acquire(&semaphore, MOST + 1),
		EINVAL);
	ck_assert_int_eq(future_semaphore_acquire_until(&semaphore, SIZE_MAX,
		FUTURE_NOW), EINVAL);
	ck_assert_int_eq(outcome_of(acquire(&semaphore, SIZE_MAX)), EINVAL);
	ck_assert_uint_eq(permits_of(&semaphore), 2);
}
END_TEST

START_TEST(no_semaphore_is_invalid)
{
	ck_assert_int_eq(future_semaphore_acquire(NULL, 1), EINVAL);
	ck_assert_int_eq(future_semaphore_acquire_until(NULL, 0, FUTURE_NOW),
		EINVAL);
	ck_assert_int_eq(outcome_of(acquire(NULL, 1)), EINVAL);
	ck_assert_int_eq(outcome_of(acquire(NULL, 0)), EINVAL);
	ck_assert_int_eq(future_semaphore_release(NULL, 1), EINVAL);
}
END_TEST

START_TEST(too_many_released_change_nothing)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(3);
	const size_t too_many[] = { MOST - 2, MOST, MOST + 1, MOST + 2,
		SIZE_MAX, SIZE_MAX - 2 };

	for (size_t i = 0; i < sizeof(too_many) / sizeof(too_many[0]); i++) {
		ck_assert_int_eq(future_semaphore_release(&semaphore,
			too_many[i]), EOVERFLOW);
		ck_assert_uint_eq(permits_of(&semaphore), 3);
	}
	ck_assert_int_eq(future_semaphore_release(&semaphore, MOST - 3), 0);
	ck_assert_int_eq(future_semaphore_release(&semaphore, 1), EOVERFLOW);
	ck_assert_int_eq(future_semaphore_acquire(&semaphore, MOST), 0);
	ck_assert_uint_eq(permits_of(&semaphore), 0);
}
END_TEST

START_TEST(too_many_released_to_waiters_change_nothing)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(3);
	future_t *four = acquire(&semaphore, 4);

	ck_assert_int_eq(future_semaphore_release(&semaphore, MOST - 2),
		EOVERFLOW);
	ck_assert_int_eq(future_state(four), FUTURE_PENDING);
	ck_assert_int_eq(future_semaphore_release(&semaphore, 1), 0);
	ck_assert_int_eq(outcome_of(four), 0);
	ck_assert_uint_eq(permits_of(&semaphore), 4);
}
END_TEST

START_TEST(a_deadline_that_has_passed_only_looks)
{
	future_semaphore_t semaphore = { 0 };

	door_polls(&(struct door)DOOR(&semaphore));
	ck_assert_uint_eq(queued(&semaphore), 0);
	ck_assert_uint_eq(permits_of(&semaphore), 0);
}
END_TEST

START_TEST(a_release_wakes_who_sleeps)
{
	future_semaphore_t semaphore = { 0 };
	const struct door door = DOOR(&semaphore);
	struct waiter waiter = { .wait = acquire_forever, .on = &semaphore,
		.want = 2 };

	door_wakes(&door, FUTURE_FOREVER);
	door_wakes(&door, LATER);
	waiter_start(&waiter);
	waiter_sleeps(&waiter);
	open_one(&semaphore);
	ck_assert_uint_eq(queued(&semaphore), 1);
	open_one(&semaphore);
	ck_assert_int_eq(waiter_finish(&waiter), 0);
	ck_assert_uint_eq(permits_of(&semaphore), 0);
}
END_TEST

START_TEST(a_release_settles_a_future)
{
	future_semaphore_t semaphore = { 0 };

	door_settles(&(struct door)DOOR(&semaphore));
	ck_assert_uint_eq(permits_of(&semaphore), 1);
}
END_TEST

START_TEST(who_gave_up_swallows_nothing)
{
	future_semaphore_t semaphore = { 0 };
	const struct door door = DOOR(&semaphore);

	for (int i = 0; i < 3; i++) {
		void (*const give_up[])(const struct door *) = {
			door_survives_cancel, door_survives_drop,
			door_survives_deadline };

		give_up[i](&door);
		ck_assert_uint_eq(queued(&semaphore), 0);
		ck_assert_uint_eq(permits_of(&semaphore), 1);
		ck_assert_int_eq(future_semaphore_acquire(&semaphore, 1), 0);
	}
}
END_TEST

START_TEST(the_acquire_of_a_cancelled_task_ends)
{
	future_semaphore_t semaphore = { 0 };
	const struct door door = DOOR(&semaphore);

	door_leaves_cancelled(&door, FUTURE_FOREVER);
	ck_assert_int_eq(future_semaphore_acquire(&semaphore, 1), 0);
	door_leaves_cancelled(&door, LATER);
	ck_assert_uint_eq(permits_of(&semaphore), 1);
}
END_TEST

START_TEST(a_cancelled_task_acquires_what_is_there)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(1);
	const struct door door = DOOR(&semaphore);

	ck_assert_int_eq(door_once_cancelled(&door, FUTURE_FOREVER), 0);
	ck_assert_int_eq(door_once_cancelled(&door, FUTURE_FOREVER),
		ECANCELED);
	ck_assert_int_eq(door_once_cancelled(&door, LATER), ECANCELED);
	ck_assert_int_eq(door_once_cancelled(&door, FUTURE_NOW), ETIMEDOUT);
	ck_assert_uint_eq(queued(&semaphore), 0);
}
END_TEST

START_TEST(a_task_that_waits_for_permits_is_no_deadlock)
{
	future_semaphore_t semaphore = { 0 };

	door_is_no_deadlock(&(struct door)DOOR(&semaphore));
}
END_TEST

/* The order. */

START_TEST(sleepers_and_futures_are_served_in_order)
{
	future_semaphore_t semaphore = { 0 };
	struct record record = { .count = 0 };
	struct letter letters[4] = { { &record, 'a' }, { &record, 'c' },
		{ &record, 'e' }, { &record, 'g' } };
	struct waiter waiters[3];
	future_t *written[4];

	for (size_t i = 0; i < 4; i++) {
		written[i] = letter_of(acquire(&semaphore, 1), &letters[i]);
		queue_becomes(&semaphore, 2 * i + 1);
		if (i == 3)
			break;
		waiters[i] = (struct waiter){ .wait = acquire_forever,
			.on = &semaphore, .want = 1, .record = &record,
			.letter = (char)('b' + 2 * i) };
		waiter_start(&waiters[i]);
		queue_becomes(&semaphore, 2 * i + 2);
	}
	/* Each future passes its permit on; each sleeper keeps it. */
	for (size_t i = 0; i < 3; i++) {
		open_one(&semaphore);
		ck_assert_int_eq(waiter_finish(&waiters[i]), 0);
	}
	open_one(&semaphore);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(outcome_of(written[i]), 0);
	ck_assert_str_eq(record.text, "abcdefg");
	ck_assert_uint_eq(permits_of(&semaphore), 1);
}
END_TEST

START_TEST(small_requests_do_not_overtake_a_large_one)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(2);
	future_t *large = acquire(&semaphore, 3), *small;

	ck_assert_int_eq(wait_one(&semaphore, FUTURE_NOW), ETIMEDOUT);
	small = acquire(&semaphore, 1);
	ck_assert_int_eq(future_state(small), FUTURE_PENDING);
	open_one(&semaphore);
	ck_assert_int_eq(future_state(large), FUTURE_OK);
	ck_assert_int_eq(future_state(small), FUTURE_PENDING);
	future_unref(large);
	ck_assert_int_eq(outcome_of(small), 0);
	ck_assert_uint_eq(permits_of(&semaphore), 3);
}
END_TEST

START_TEST(a_large_request_is_served_after_many_small_releases)
{
	future_semaphore_t semaphore = { 0 };
	future_t *large = acquire(&semaphore, 100);

	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(future_state(large), FUTURE_PENDING);
		open_one(&semaphore);
	}
	ck_assert_int_eq(outcome_of(large), 0);
	ck_assert_uint_eq(permits_of(&semaphore), 100);
}
END_TEST

START_TEST(the_cancel_of_a_large_request_lets_small_ones_pass)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(2);
	future_t *large = acquire(&semaphore, 5);
	struct waiter waiter = { .wait = acquire_forever, .on = &semaphore,
		.want = 1 };
	future_t *small;

	waiter_start(&waiter);
	queue_becomes(&semaphore, 2);
	small = acquire(&semaphore, 1);
	ck_assert(future_cancel(large));
	ck_assert_int_eq(waiter_finish(&waiter), 0);
	ck_assert_int_eq(future_state(small), FUTURE_OK);
	future_unref(small);
	future_unref(large);
	ck_assert_uint_eq(permits_of(&semaphore), 1);
}
END_TEST

/* Again, and later, until the deadline was not faster than this thread. */
START_TEST(the_deadline_of_a_large_request_lets_small_ones_pass)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(1);
	bool behind = false;

	for (int64_t ms = 20; !behind; ms *= 2) {
		struct waiter waiter = { .wait = acquire_until,
			.on = &semaphore, .want = 5,
			.until = future_in_ms(ms) };
		future_t *small;

		waiter_start(&waiter);
		waiter_sleeps(&waiter);
		small = acquire(&semaphore, 1);
		behind = future_state(small) == FUTURE_PENDING;
		ck_assert_int_eq(waiter_finish(&waiter), ETIMEDOUT);
		ck_assert_int_eq(outcome_of(small), 0);
		ck_assert_uint_eq(permits_of(&semaphore), 1);
	}
}
END_TEST

START_TEST(a_large_request_nobody_asks_for_lets_small_ones_pass)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(1);

	future_unref(acquire(&semaphore, 5));
	ck_assert_uint_eq(queued(&semaphore), 1);
	ck_assert_int_eq(wait_one(&semaphore, FUTURE_NOW), 0);
	ck_assert_uint_eq(queued(&semaphore), 0);
	future_unref(acquire(&semaphore, 5));
	ck_assert_int_eq(future_semaphore_release(&semaphore, 1), 0);
	ck_assert_uint_eq(queued(&semaphore), 0);
	ck_assert_uint_eq(permits_of(&semaphore), 1);
}
END_TEST

struct behind {
	struct waiter sleeper;
	atomic_bool passed;
	future_t *last;
};

static int acquire_and_say(struct waiter *waiter)
{
	struct behind *behind = FUT_OWNER(waiter, struct behind, sleeper);
	int error = acquire_forever(waiter);

	atomic_store(&behind->passed, error == 0);
	return error;
}

/* Waits for those behind, who have been let pass in the same call. */
static future_result_t await_behind(future_result_t in, void *arg)
{
	struct behind *behind = arg;
	future_time_t until = future_in_ms(5000);

	(void)in;
	while (!atomic_load(&behind->passed) && future_now().ns < until.ns)
		sched_yield();
	return future_ok_int(atomic_load(&behind->passed) &&
		future_state(behind->last) == FUTURE_OK);
}

START_TEST(a_callback_in_the_release_keeps_nobody_from_passing)
{
	future_semaphore_t semaphore = { 0 };
	struct behind behind = { .sleeper = { .wait = acquire_and_say,
		.on = &semaphore, .want = 1 } };
	future_t *first = acquire(&semaphore, 1);
	future_t *awaited = future_then_on(first, future_inline(),
		await_behind, &behind);

	waiter_start(&behind.sleeper);
	queue_becomes(&semaphore, 2);
	behind.last = acquire(&semaphore, 1);
	ck_assert_int_eq(future_semaphore_release(&semaphore, 3), 0);
	ck_assert_int_eq(future_result_int(future_get(awaited)), 1);
	ck_assert_int_eq(waiter_finish(&behind.sleeper), 0);
	future_unref(awaited);
	future_unref(first);
	future_unref(behind.last);
	ck_assert_uint_eq(permits_of(&semaphore), 2);
}
END_TEST

/* The value of a future that holds permits. */

START_TEST(an_untaken_hold_is_released_with_its_future)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(4);
	future_t *one = acquire(&semaphore, 1), *three = acquire(&semaphore, 3);

	ck_assert_uint_eq(permits_of(&semaphore), 0);
	future_unref(future_ref(one));
	ck_assert_uint_eq(permits_of(&semaphore), 0);
	future_unref(one);
	ck_assert_uint_eq(permits_of(&semaphore), 1);
	future_unref(three);
	ck_assert_uint_eq(permits_of(&semaphore), 4);
}
END_TEST

static void *release_main(void *arg)
{
	struct waiter *waiter = arg;

	waiter->error = future_semaphore_release(waiter->on, waiter->want);
	return NULL;
}

START_TEST(a_taken_hold_is_released_by_any_thread)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(4);

	for (size_t want = 1; want <= 4; want += 3) {
		future_t *future = acquire(&semaphore, want);
		future_result_t hold = future_take(future);
		struct waiter releaser = { .on = &semaphore, .want = want };

		ck_assert_int_eq(hold.error, 0);
		ck_assert_int_eq(future_take(future).error, EALREADY);
		future_unref(future);
		ck_assert_uint_eq(permits_of(&semaphore), 4 - want);
		thread_finish(thread_start(release_main, &releaser));
		ck_assert_int_eq(releaser.error, 0);
		ck_assert_uint_eq(permits_of(&semaphore), 4);
	}
}
END_TEST

START_TEST(only_a_single_permit_is_taken_with_a_destructor)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(3);
	future_t *one = acquire(&semaphore, 1), *two = acquire(&semaphore, 2);
	future_result_t single = future_take(one), several = future_take(two);

	future_unref(one);
	future_unref(two);
	ck_assert_uint_eq(permits_of(&semaphore), 0);
	ck_assert_ptr_nonnull(single.destroy);
	single.destroy(single.value);
	ck_assert_uint_eq(permits_of(&semaphore), 1);
	ck_assert(several.destroy == NULL);
	ck_assert_int_eq(future_semaphore_release(&semaphore, 2), 0);
}
END_TEST

static future_result_t share(future_result_t in, void *arg)
{
	(void)arg;
	return in;
}

/* Released with the last of three that share it, and once. */
static void shared(future_semaphore_t *semaphore, size_t permits,
	future_t *hold, future_t *first, future_t *second)
{
	future_t *sharers[3] = { hold, first, second };

	ck_assert_int_eq(future_get(first).error, 0);
	ck_assert_int_eq(future_get(second).error, 0);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_uint_eq(permits_of(semaphore), 0);
		future_unref(sharers[i]);
	}
	ck_assert_uint_eq(permits_of(semaphore), permits);
}

static future_t *follower_of(future_t *future)
{
	return future_ready(future_follow(future_ref(future)));
}

START_TEST(a_shared_hold_is_released_with_the_last_who_shares_it)
{
	for (size_t permits = 1; permits <= 2; permits++) {
		future_semaphore_t semaphore = { 0 };
		future_t *hold = acquire(&semaphore, permits);
		future_t *next = future_then_on(hold, future_inline(), share,
			NULL);
		future_t *raced = FUTURE_RACE(hold, next);

		future_semaphore_release(&semaphore, permits);
		shared(&semaphore, permits, hold, next, raced);
		hold = acquire(&semaphore, permits);
		next = follower_of(hold);
		raced = FUTURE_ANY(next);
		shared(&semaphore, permits, hold, next, raced);
		ck_assert_int_eq(future_semaphore_acquire(&semaphore, permits),
			0);
		hold = acquire(&semaphore, permits);
		raced = FUTURE_ALL(hold);
		next = follower_of(hold);
		future_semaphore_release(&semaphore, permits);
		shared(&semaphore, permits, next, raced, hold);
	}
}
END_TEST

START_TEST(a_shared_hold_can_be_taken_by_one)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(2);
	future_t *hold = acquire(&semaphore, 2);
	future_t *next = future_then_on(hold, future_inline(), share, NULL);
	future_result_t taken = future_take(next);

	ck_assert_int_eq(taken.error, 0);
	ck_assert(taken.destroy == NULL);
	ck_assert_int_eq(future_take(hold).error, EALREADY);
	future_unref(hold);
	future_unref(next);
	ck_assert_uint_eq(permits_of(&semaphore), 0);
}
END_TEST

static future_result_t move(future_result_t in, void *arg)
{
	future_result_t mine = future_move(in);

	ck_assert_int_eq(mine.error, 0);
	ck_assert_int_eq(future_move(in).error, EALREADY);
	ck_assert(mine.destroy == NULL);
	return future_ok_int(future_semaphore_release(arg, 2));
}

START_TEST(a_continuation_can_move_the_hold)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(2);
	future_t *hold = acquire(&semaphore, 2);
	future_t *moved = future_then_on(hold, future_inline(), move,
		&semaphore);

	ck_assert_int_eq(future_result_int(future_get(moved)), 0);
	ck_assert_uint_eq(permits_of(&semaphore), 2);
	future_unref(moved);
	future_unref(hold);
	ck_assert_uint_eq(permits_of(&semaphore), 2);
}
END_TEST

START_TEST(a_cancelled_continuation_leaves_the_hold)
{
	future_semaphore_t semaphore = { 0 };
	future_t *hold = acquire(&semaphore, 1);
	future_t *next = future_then(hold, share, NULL);

	ck_assert(future_cancel(next));
	future_unref(next);
	open_one(&semaphore);
	ck_assert_uint_eq(permits_of(&semaphore), 0);
	future_unref(hold);
	ck_assert_uint_eq(permits_of(&semaphore), 1);
}
END_TEST

START_TEST(the_cancel_of_a_follower_leaves_the_queue)
{
	future_semaphore_t semaphore = { 0 };
	future_t *follower = future_ready(future_follow(acquire(&semaphore,
		1)));

	ck_assert_int_eq(future_state(follower), FUTURE_PENDING);
	ck_assert(future_cancel(follower));
	ck_assert_uint_eq(queued(&semaphore), 0);
	future_unref(follower);
	open_one(&semaphore);
	ck_assert_uint_eq(permits_of(&semaphore), 1);
}
END_TEST

/* Each runs in the release by the one before. */
#define PASSES scaled(20000)

static void *pass_one_permit_on(void *arg)
{
	future_semaphore_t semaphore = { 0 };
	future_t **written = calloc(PASSES, sizeof(future_t *));
	atomic_int *ran = arg;

	ck_assert_ptr_nonnull(written);
	for (size_t i = 0; i < PASSES; i++) {
		future_t *hold = acquire(&semaphore, 1 + i % 2);

		written[i] = future_then_on(hold, future_inline(), count_then,
			ran);
		future_unref(hold);
	}
	ck_assert_int_eq(future_semaphore_release(&semaphore, 2), 0);
	ck_assert_uint_eq((size_t)atomic_load(ran), PASSES);
	for (size_t i = 0; i < PASSES; i++)
		future_unref(written[i]);
	free(written);
	ck_assert_uint_eq(permits_of(&semaphore), 2);
	return NULL;
}

START_TEST(a_permit_passed_on_needs_no_stack)
{
	pthread_attr_t attr;
	pthread_t thread;
	atomic_int ran = 0;

	pthread_attr_init(&attr);
	ck_assert_int_eq(pthread_attr_setstacksize(&attr, 131072), 0);
	ck_assert_int_eq(pthread_create(&thread, &attr, pass_one_permit_on,
		&ran), 0);
	pthread_attr_destroy(&attr);
	thread_finish(thread);
}
END_TEST

static void add_order(TCase *tcase)
{
	tcase_add_test(tcase, sleepers_and_futures_are_served_in_order);
	tcase_add_test(tcase, small_requests_do_not_overtake_a_large_one);
	tcase_add_test(tcase,
		a_large_request_is_served_after_many_small_releases);
	tcase_add_test(tcase,
		the_cancel_of_a_large_request_lets_small_ones_pass);
	tcase_add_test(tcase,
		the_deadline_of_a_large_request_lets_small_ones_pass);
	tcase_add_test(tcase,
		a_large_request_nobody_asks_for_lets_small_ones_pass);
	tcase_add_test(tcase,
		a_callback_in_the_release_keeps_nobody_from_passing);
}

static void add_holds(TCase *tcase)
{
	tcase_add_test(tcase, an_untaken_hold_is_released_with_its_future);
	tcase_add_test(tcase, a_taken_hold_is_released_by_any_thread);
	tcase_add_test(tcase, only_a_single_permit_is_taken_with_a_destructor);
	tcase_add_test(tcase,
		a_shared_hold_is_released_with_the_last_who_shares_it);
	tcase_add_test(tcase, a_shared_hold_can_be_taken_by_one);
	tcase_add_test(tcase, a_continuation_can_move_the_hold);
	tcase_add_test(tcase, a_cancelled_continuation_leaves_the_hold);
	tcase_add_test(tcase, the_cancel_of_a_follower_leaves_the_queue);
	tcase_add_test(tcase, a_permit_passed_on_needs_no_stack);
}

int main(void)
{
	Suite *suite = suite_create("semaphore");
	TCase *tcase = suite_case(suite, "permits");

	tcase_add_test(tcase, a_semaphore_is_small_and_ready_when_zero);
	tcase_add_test(tcase, permits_are_taken_and_given_back);
	tcase_add_test(tcase, none_are_taken_at_once);
	tcase_add_test(tcase, more_than_there_can_be_is_invalid);
	tcase_add_test(tcase, no_semaphore_is_invalid);
	tcase_add_test(tcase, too_many_released_change_nothing);
	tcase_add_test(tcase, too_many_released_to_waiters_change_nothing);
	tcase_add_test(tcase, a_deadline_that_has_passed_only_looks);
	tcase_add_test(tcase, a_release_wakes_who_sleeps);
	tcase_add_test(tcase, a_release_settles_a_future);
	tcase_add_test(tcase, who_gave_up_swallows_nothing);
	tcase_add_test(tcase, the_acquire_of_a_cancelled_task_ends);
	tcase_add_test(tcase, a_cancelled_task_acquires_what_is_there);
	tcase_add_test(tcase, a_task_that_waits_for_permits_is_no_deadlock);
	add_order(suite_case(suite, "order"));
	add_holds(suite_case(suite, "holds"));
	return suite_run(suite);
}
