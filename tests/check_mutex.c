/* The mutex: held by one thread at a time, or by a future. */
#define _GNU_SOURCE
#include "waiting.h"

/* Locks it until the deadline, and unlocks it. */
static int lock_briefly(void *on, future_time_t until)
{
	int error = future_mutex_lock_until(on, until);

	if (error == 0)
		ck_assert_int_eq(future_mutex_unlock(on), 0);
	return error;
}

static future_t *lock_async(void *on)
{
	return future_mutex_lock_async(on);
}

static void unlock(void *on)
{
	ck_assert_int_eq(future_mutex_unlock(on), 0);
}

/* Held by nobody that could be told from a stranger. */
static void hold(future_mutex_t *mutex)
{
	future_t *future = future_mutex_lock_async(mutex);

	ck_assert_int_eq(future_take(future).error, 0);
	future_unref(future);
}

/* One that is held. */
#define DOOR(mutex) { (mutex), lock_briefly, lock_async, unlock }

static bool is_free(future_mutex_t *mutex)
{
	return queued(mutex) == 0 && lock_briefly(mutex, FUTURE_NOW) == 0;
}

static int lock_and_unlock(struct waiter *waiter)
{
	int error = future_mutex_lock(waiter->on);

	if (waiter_passes(waiter, error) == 0)
		unlock(waiter->on);
	return error;
}

/* What another thread is told. */
static void *lock_main(void *arg)
{
	struct waiter *waiter = arg;

	waiter->error = lock_briefly(waiter->on, waiter->until);
	return NULL;
}

static int others_lock(future_mutex_t *mutex)
{
	struct waiter other = { .on = mutex, .until = FUTURE_NOW };

	thread_finish(thread_start(lock_main, &other));
	return other.error;
}

static void *unlock_main(void *arg)
{
	struct waiter *waiter = arg;

	waiter->error = future_mutex_unlock(waiter->on);
	return NULL;
}

static int others_unlock(future_mutex_t *mutex)
{
	struct waiter other = { .on = mutex };

	thread_finish(thread_start(unlock_main, &other));
	return other.error;
}

START_TEST(a_mutex_is_small_and_free_when_zero)
{
	static future_mutex_t zero;
	static future_mutex_t mutex = FUTURE_MUTEX_INIT;
	static future_mutex_t recursive = FUTURE_MUTEX_RECURSIVE_INIT;

	ck_assert_uint_le(sizeof(zero), 32);
	ck_assert(is_free(&zero) && is_free(&mutex) && is_free(&recursive));
	ck_assert_int_eq(future_mutex_lock(&zero), 0);
	ck_assert_int_eq(others_lock(&zero), ETIMEDOUT);
	unlock(&zero);
	ck_assert_int_eq(others_lock(&zero), 0);
}
END_TEST

START_TEST(no_mutex_is_invalid)
{
	ck_assert_int_eq(future_mutex_lock(NULL), EINVAL);
	ck_assert_int_eq(future_mutex_lock_until(NULL, FUTURE_NOW), EINVAL);
	ck_assert_int_eq(outcome_of(lock_async(NULL)), EINVAL);
	ck_assert_int_eq(future_mutex_unlock(NULL), EINVAL);
}
END_TEST

START_TEST(a_second_lock_by_its_owner_is_a_deadlock)
{
	future_mutex_t mutex = FUTURE_MUTEX_INIT;

	ck_assert_int_eq(future_mutex_lock(&mutex), 0);
	ck_assert_int_eq(future_mutex_lock(&mutex), EDEADLK);
	ck_assert_int_eq(lock_briefly(&mutex, FUTURE_NOW), EDEADLK);
	ck_assert_int_eq(lock_briefly(&mutex, LATER), EDEADLK);
	ck_assert_int_eq(others_lock(&mutex), ETIMEDOUT);
	unlock(&mutex);
	ck_assert(is_free(&mutex));
}
END_TEST

START_TEST(a_recursive_mutex_counts_its_locks)
{
	future_mutex_t mutex = FUTURE_MUTEX_RECURSIVE_INIT;

	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(i % 2 ? future_mutex_lock(&mutex) :
			future_mutex_lock_until(&mutex, FUTURE_NOW), 0);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(others_lock(&mutex), ETIMEDOUT);
		ck_assert_int_eq(others_unlock(&mutex), EPERM);
		unlock(&mutex);
	}
	ck_assert_int_eq(others_lock(&mutex), 0);
	ck_assert_int_eq(future_mutex_unlock(&mutex), EPERM);
}
END_TEST

START_TEST(a_recursive_mutex_counts_to_its_limit)
{
	future_mutex_t mutex = FUTURE_MUTEX_RECURSIVE_INIT;

	ck_assert_int_eq(future_mutex_lock(&mutex), 0);
	mutex.depth = UINT32_MAX - 2;	/* that many times more */
	ck_assert_int_eq(future_mutex_lock(&mutex), 0);
	ck_assert_int_eq(future_mutex_lock(&mutex), EOVERFLOW);
	ck_assert_int_eq(lock_briefly(&mutex, LATER), EOVERFLOW);
	mutex.depth = 0;
	unlock(&mutex);
	ck_assert(is_free(&mutex));
}
END_TEST

START_TEST(the_unlock_of_a_stranger_changes_nothing)
{
	future_mutex_t mutex = FUTURE_MUTEX_INIT;
	future_t *future;

	ck_assert_int_eq(future_mutex_unlock(&mutex), EPERM);
	ck_assert_int_eq(future_mutex_lock(&mutex), 0);
	ck_assert_int_eq(others_unlock(&mutex), EPERM);
	future = lock_async(&mutex);
	ck_assert_int_eq(others_unlock(&mutex), EPERM);
	ck_assert_int_eq(future_state(future), FUTURE_PENDING);
	unlock(&mutex);
	ck_assert_int_eq(outcome_of(future), 0);
	ck_assert_int_eq(others_unlock(&mutex), EPERM);
	ck_assert(is_free(&mutex));
}
END_TEST

/* Without a pause: also while the owner is just locking or unlocking. */
struct hot {
	future_mutex_t mutex;
	size_t rounds, inside;	/* inside: under mutex */
	atomic_bool over;
	atomic_int errors;
};

static void strangers(void *arg, size_t index)
{
	struct hot *hot = arg;

	for (size_t i = 0; index == 0 && i < hot->rounds; i++) {
		if (future_mutex_lock(&hot->mutex) != 0 || ++hot->inside != 1)
			atomic_fetch_add(&hot->errors, 1);
		hot->inside--;
		if (future_mutex_unlock(&hot->mutex) != 0)
			atomic_fetch_add(&hot->errors, 1);
	}
	if (index == 0)
		atomic_store(&hot->over, true);
	while (!atomic_load(&hot->over))
		if (future_mutex_unlock(&hot->mutex) != EPERM)
			atomic_fetch_add(&hot->errors, 1);
}

START_TEST(a_stranger_unlocks_at_no_time)
{
	struct hot hot = { .rounds = scaled(300000) };

	together(2, strangers, &hot);
	ck_assert_int_eq(hot.errors, 0);
	ck_assert(is_free(&hot.mutex));
}
END_TEST

START_TEST(a_deadline_that_has_passed_only_looks)
{
	future_mutex_t mutex = FUTURE_MUTEX_INIT;

	hold(&mutex);
	door_polls(&(struct door)DOOR(&mutex));
	ck_assert(is_free(&mutex));
}
END_TEST

START_TEST(an_unlock_wakes_who_sleeps)
{
	future_mutex_t mutex = FUTURE_MUTEX_INIT;

	hold(&mutex);
	door_wakes(&(struct door)DOOR(&mutex), FUTURE_FOREVER);
	hold(&mutex);
	door_wakes(&(struct door)DOOR(&mutex), LATER);
	ck_assert(is_free(&mutex));
}
END_TEST

START_TEST(an_unlock_settles_a_future)
{
	future_mutex_t mutex = FUTURE_MUTEX_INIT;

	hold(&mutex);
	door_settles(&(struct door)DOOR(&mutex));
	ck_assert(is_free(&mutex));
}
END_TEST

START_TEST(who_gave_up_swallows_nothing)
{
	void (*const give_up[])(const struct door *) = { door_survives_cancel,
		door_survives_drop, door_survives_deadline };
	future_mutex_t mutex = FUTURE_MUTEX_INIT;

	for (int i = 0; i < 3; i++) {
		hold(&mutex);
		give_up[i](&(struct door)DOOR(&mutex));
		ck_assert(is_free(&mutex));
	}
	hold(&mutex);
	future_unref(lock_async(&mutex));
	unlock(&mutex);
	ck_assert(is_free(&mutex));
}
END_TEST

START_TEST(a_lock_with_a_deadline_ends_with_its_task)
{
	future_mutex_t mutex = FUTURE_MUTEX_INIT;
	const struct door door = DOOR(&mutex);

	hold(&mutex);
	door_leaves_cancelled(&door, FUTURE_FOREVER);
	hold(&mutex);
	door_leaves_cancelled(&door, LATER);
	ck_assert(is_free(&mutex));
	ck_assert_int_eq(door_once_cancelled(&door, FUTURE_FOREVER), 0);
	hold(&mutex);
	ck_assert_int_eq(door_once_cancelled(&door, FUTURE_FOREVER),
		ECANCELED);
	ck_assert_int_eq(door_once_cancelled(&door, LATER), ECANCELED);
	unlock(&mutex);
	ck_assert(is_free(&mutex));
}
END_TEST

START_TEST(a_lock_without_a_deadline_outlasts_a_cancel)
{
	future_mutex_t mutex = FUTURE_MUTEX_INIT;
	struct record record = { .count = 0 };
	struct waiter waiter = { .wait = lock_and_unlock, .on = &mutex,
		.record = &record, .letter = 'a', .error = -1 };
	future_executor_t *pool = pool_of(1);
	future_t *task;

	hold(&mutex);
	task = future_submit(pool, waiter_task, &waiter);
	queue_becomes(&mutex, 1);
	ck_assert(future_cancel(task));
	ck_assert_int_eq(future_join(task, future_in_ms(5)), ETIMEDOUT);
	ck_assert_uint_eq(queued(&mutex), 1);
	unlock(&mutex);
	ck_assert_int_eq(future_join(task, FUTURE_FOREVER), 0);
	ck_assert_int_eq(waiter.error, 0);
	ck_assert(is_free(&mutex));
	future_unref(task);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_task_that_waits_for_the_lock_is_no_deadlock)
{
	future_mutex_t mutex = FUTURE_MUTEX_INIT;

	hold(&mutex);
	door_is_no_deadlock(&(struct door)DOOR(&mutex));
	ck_assert(is_free(&mutex));
}
END_TEST

/* The order. */

START_TEST(sleepers_and_futures_are_served_in_order)
{
	future_mutex_t mutex = FUTURE_MUTEX_INIT;
	struct record record = { .count = 0 };
	struct letter letters[3] = { { &record, 'a' }, { &record, 'c' },
		{ &record, 'e' } };
	struct waiter waiters[3];
	future_t *written[3];

	hold(&mutex);
	for (size_t i = 0; i < 3; i++) {
		written[i] = letter_of(lock_async(&mutex), &letters[i]);
		waiters[i] = (struct waiter){ .wait = lock_and_unlock,
			.on = &mutex, .record = &record,
			.letter = (char)('b' + 2 * i) };
		waiter_start(&waiters[i]);
		queue_becomes(&mutex, 2 * i + 2);
	}
	unlock(&mutex);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(outcome_of(written[i]), 0);
		ck_assert_int_eq(waiter_finish(&waiters[i]), 0);
	}
	ck_assert_str_eq(record.text, "abcdef");
	ck_assert(is_free(&mutex));
}
END_TEST

START_TEST(a_future_at_the_head_is_handed_the_mutex)
{
	future_mutex_t mutex = FUTURE_MUTEX_INIT;
	future_t *first, *second;

	ck_assert_int_eq(future_mutex_lock(&mutex), 0);
	first = lock_async(&mutex);
	second = lock_async(&mutex);
	unlock(&mutex);
	ck_assert_int_eq(future_state(first), FUTURE_OK);
	ck_assert_int_eq(lock_briefly(&mutex, FUTURE_NOW), ETIMEDOUT);
	ck_assert_int_eq(future_state(second), FUTURE_PENDING);
	future_unref(first);
	ck_assert_int_eq(future_state(second), FUTURE_OK);
	future_unref(second);
	ck_assert(is_free(&mutex));
}
END_TEST

/* Of the private state: somebody has been woken, and not tried yet. */
#define WOKEN 8

struct keeper {
	future_mutex_t mutex;
	struct gate has;
	int error;
};

static void *keeper_main(void *arg)
{
	struct keeper *keeper = arg;

	keeper->error = future_mutex_lock(&keeper->mutex);
	gate_pass(&keeper->has);
	unlock(&keeper->mutex);
	return NULL;
}

/*
 * Lets a sleeper that has waited for more than a millisecond try, and tries to
 * be faster, until it has the mutex.  How often it came too late.
 */
static size_t be_faster(void)
{
	struct keeper keeper = { FUTURE_MUTEX_INIT, GATE_INIT, -1 };
	_Atomic uint64_t *state = (_Atomic uint64_t *)&keeper.mutex.state;
	pthread_t thread;
	future_time_t patient;
	size_t rounds = 0;

	ck_assert_int_eq(future_mutex_lock(&keeper.mutex), 0);
	thread = thread_start(keeper_main, &keeper);
	queue_becomes(&keeper.mutex, 1);
	patient = future_in_ms(2);
	while (future_now().ns < patient.ns)
		sched_yield();
	for (;; rounds++) {
		unlock(&keeper.mutex);
		if (future_mutex_lock_until(&keeper.mutex, FUTURE_NOW) != 0)
			break;
		/* Until it has seen that it came too late. */
		while (atomic_load(state) & WOKEN)
			sched_yield();
	}
	gate_open(&keeper.has);
	thread_finish(thread);
	ck_assert_int_eq(keeper.error, 0);
	ck_assert(is_free(&keeper.mutex));
	return rounds;
}

START_TEST(a_sleeper_that_waited_long_comes_too_late_only_once)
{
	size_t late = 0;

	for (int i = 0; i < 200 && late < 10; i++) {
		size_t rounds = be_faster();

		ck_assert_uint_le(rounds, 1);
		late += rounds;
	}
}
END_TEST

/* Who only looks is in the queue for a moment, and may be told to try then. */
static void look_or_lock(void *arg, size_t index)
{
	struct hot *hot = arg;

	for (size_t i = 0; index > 0 && i < hot->rounds; i++) {
		if (future_mutex_lock(&hot->mutex) != 0)
			atomic_fetch_add(&hot->errors, 1);
		if (++hot->inside % 16 == 0)
			sched_yield();
		if (future_mutex_unlock(&hot->mutex) != 0)
			atomic_fetch_add(&hot->errors, 1);
	}
	if (index > 0 && atomic_fetch_add(&hot->errors, 1) == 1)
		atomic_store(&hot->over, true);
	while (index == 0 && !atomic_load(&hot->over))
		(void)lock_briefly(&hot->mutex, FUTURE_NOW);
}

START_TEST(who_only_looks_swallows_no_wake_up)
{
	struct hot hot = { .rounds = scaled(50000) };

	together(3, look_or_lock, &hot);
	ck_assert_int_eq(hot.errors, 2);
	ck_assert_uint_eq(hot.inside, 2 * hot.rounds);
	ck_assert(is_free(&hot.mutex));
}
END_TEST

static void hot_and_cold(void *arg, size_t index)
{
	struct hot *hot = arg;

	if (index > 0)
		for (size_t i = 0; i < hot->rounds; i++) {
			if (future_mutex_lock(&hot->mutex) != 0)
				atomic_fetch_add(&hot->errors, 1);
			hot->inside++;
			unlock(&hot->mutex);
		}
	if (index > 0 && atomic_fetch_add(&hot->errors, 1) == 2)
		atomic_store(&hot->over, true);
	while (!atomic_load(&hot->over)) {
		ck_assert_int_eq(future_mutex_lock(&hot->mutex), 0);
		for (int i = 0; i < 100; i++)
			fut_relax();
		unlock(&hot->mutex);
	}
}

/* The others are in its loop only once all three are done. */
START_TEST(a_thread_that_locks_all_the_time_starves_nobody)
{
	struct hot hot = { .rounds = 20 };

	together(4, hot_and_cold, &hot);
	ck_assert_int_eq(hot.errors, 3);
	ck_assert_uint_eq(hot.inside, 60);
	ck_assert(is_free(&hot.mutex));
}
END_TEST

/* The value of a future that holds the mutex. */

START_TEST(an_untaken_hold_is_unlocked_with_its_future)
{
	future_mutex_t mutex = FUTURE_MUTEX_INIT;
	future_t *future = lock_async(&mutex);

	future_unref(future_ref(future));
	ck_assert_int_eq(lock_briefly(&mutex, FUTURE_NOW), ETIMEDOUT);
	future_unref(future);
	ck_assert(is_free(&mutex));
}
END_TEST

START_TEST(a_taken_hold_is_unlocked_by_any_thread)
{
	future_mutex_t mutex = FUTURE_MUTEX_RECURSIVE_INIT;
	future_t *future = lock_async(&mutex);
	future_result_t taken = future_take(future);

	ck_assert_int_eq(taken.error, 0);
	ck_assert_int_eq(future_take(future).error, EALREADY);
	future_unref(future);
	ck_assert_int_eq(lock_briefly(&mutex, FUTURE_NOW), ETIMEDOUT);
	ck_assert_int_eq(others_unlock(&mutex), 0);
	ck_assert_int_eq(others_unlock(&mutex), EPERM);
	ck_assert(is_free(&mutex));
	future = lock_async(&mutex);
	taken = future_take(future);
	future_unref(future);
	ck_assert_ptr_nonnull(taken.destroy);
	taken.destroy(taken.value);
	ck_assert(is_free(&mutex));
}
END_TEST

/* Whoever held it before, and whoever asked for it. */
START_TEST(a_hold_has_no_owner)
{
	future_mutex_t mutex = FUTURE_MUTEX_INIT;
	future_t *future;

	ck_assert_int_eq(future_mutex_lock(&mutex), 0);
	future = lock_async(&mutex);
	unlock(&mutex);
	ck_assert_int_eq(lock_briefly(&mutex, FUTURE_NOW), ETIMEDOUT);
	ck_assert_int_eq(lock_briefly(&mutex, future_in_ms(1)), ETIMEDOUT);
	ck_assert_int_eq(future_take(future).error, 0);
	future_unref(future);
	ck_assert_int_eq(others_unlock(&mutex), 0);
	ck_assert(is_free(&mutex));
}
END_TEST

static future_result_t share(future_result_t in, void *arg)
{
	(void)arg;
	return in;
}

START_TEST(a_shared_hold_is_unlocked_with_the_last_who_shares_it)
{
	future_mutex_t mutex = FUTURE_MUTEX_INIT;
	future_t *sharers[4];

	hold(&mutex);
	sharers[0] = lock_async(&mutex);
	sharers[1] = future_then_on(sharers[0], future_inline(), share, NULL);
	sharers[2] = FUTURE_RACE(sharers[1], sharers[0]);
	sharers[3] = future_ready(future_follow(future_ref(sharers[0])));
	unlock(&mutex);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(future_get(sharers[i]).error, 0);
		ck_assert_int_eq(lock_briefly(&mutex, FUTURE_NOW), ETIMEDOUT);
		future_unref(sharers[i]);
	}
	ck_assert(is_free(&mutex));
}
END_TEST

static future_result_t move(future_result_t in, void *arg)
{
	ck_assert_int_eq(future_move(in).error, 0);
	return future_ok_int(future_mutex_unlock(arg));
}

START_TEST(a_continuation_can_move_the_hold)
{
	future_mutex_t mutex = FUTURE_MUTEX_INIT;
	future_t *future = lock_async(&mutex);
	future_t *moved = future_then_on(future, future_inline(), move, &mutex);

	ck_assert_int_eq(future_result_int(future_get(moved)), 0);
	ck_assert(is_free(&mutex));
	future_unref(moved);
	future_unref(future);
	ck_assert(is_free(&mutex));
}
END_TEST

#define PASSES scaled(20000)

static void *pass_the_lock_on(void *arg)
{
	future_mutex_t mutex = FUTURE_MUTEX_INIT;
	atomic_int *ran = arg;

	hold(&mutex);
	for (size_t i = 0; i < PASSES; i++) {
		future_t *future = lock_async(&mutex);

		future_unref(future_then_on(future, future_inline(),
			count_then, ran));
		future_unref(future);
	}
	unlock(&mutex);
	ck_assert_uint_eq((size_t)atomic_load(ran), PASSES);
	ck_assert(is_free(&mutex));
	return NULL;
}

START_TEST(a_mutex_passed_on_needs_no_stack)
{
	pthread_attr_t attr;
	pthread_t thread;
	atomic_int ran = 0;

	pthread_attr_init(&attr);
	ck_assert_int_eq(pthread_attr_setstacksize(&attr, 131072), 0);
	ck_assert_int_eq(pthread_create(&thread, &attr, pass_the_lock_on,
		&ran), 0);
	pthread_attr_destroy(&attr);
	thread_finish(thread);
}
END_TEST

static void add_order(TCase *tcase)
{
	tcase_add_test(tcase, sleepers_and_futures_are_served_in_order);
	tcase_add_test(tcase, a_future_at_the_head_is_handed_the_mutex);
	tcase_add_test(tcase,
		a_sleeper_that_waited_long_comes_too_late_only_once);
	tcase_add_test(tcase, who_only_looks_swallows_no_wake_up);
	tcase_add_test(tcase, a_thread_that_locks_all_the_time_starves_nobody);
}

static void add_holds(TCase *tcase)
{
	tcase_add_test(tcase, an_untaken_hold_is_unlocked_with_its_future);
	tcase_add_test(tcase, a_taken_hold_is_unlocked_by_any_thread);
	tcase_add_test(tcase, a_hold_has_no_owner);
	tcase_add_test(tcase,
		a_shared_hold_is_unlocked_with_the_last_who_shares_it);
	tcase_add_test(tcase, a_continuation_can_move_the_hold);
	tcase_add_test(tcase, a_mutex_passed_on_needs_no_stack);
}

int main(void)
{
	Suite *suite = suite_create("mutex");
	TCase *tcase = suite_case(suite, "mutex");

	tcase_add_test(tcase, a_mutex_is_small_and_free_when_zero);
	tcase_add_test(tcase, no_mutex_is_invalid);
	tcase_add_test(tcase, a_second_lock_by_its_owner_is_a_deadlock);
	tcase_add_test(tcase, a_recursive_mutex_counts_its_locks);
	tcase_add_test(tcase, a_recursive_mutex_counts_to_its_limit);
	tcase_add_test(tcase, the_unlock_of_a_stranger_changes_nothing);
	tcase_add_test(tcase, a_stranger_unlocks_at_no_time);
	tcase_add_test(tcase, a_deadline_that_has_passed_only_looks);
	tcase_add_test(tcase, an_unlock_wakes_who_sleeps);
	tcase_add_test(tcase, an_unlock_settles_a_future);
	tcase_add_test(tcase, who_gave_up_swallows_nothing);
	tcase_add_test(tcase, a_lock_with_a_deadline_ends_with_its_task);
	tcase_add_test(tcase, a_lock_without_a_deadline_outlasts_a_cancel);
	tcase_add_test(tcase, a_task_that_waits_for_the_lock_is_no_deadlock);
	add_order(suite_case(suite, "order"));
	add_holds(suite_case(suite, "holds"));
	return suite_run(suite);
}
