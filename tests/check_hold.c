/*
 * A hold that nobody takes is given back with the last reference that a user
 * could see it by, on that thread: the primitive may go at once.
 */
#define _GNU_SOURCE
#include "support.h"

static void *unlock_body(void *mutex)
{
	ck_assert_int_eq(future_mutex_unlock(mutex), 0);
	return NULL;
}

static future_result_t nothing_then(future_result_t in, void *arg)
{
	(void)in;
	(void)arg;
	return future_ok(NULL);
}

static void check_free_by(future_mutex_t *mutex, future_time_t deadline)
{
	ck_assert_int_eq(future_mutex_lock_until(mutex, deadline), 0);
	ck_assert_int_eq(future_mutex_unlock(mutex), 0);
	memset(mutex, 0xff, sizeof(*mutex));
}

static void check_free(future_mutex_t *mutex)
{
	check_free_by(mutex, FUTURE_NOW);
}

/* Somebody else's hold, that a thread gives back meanwhile. */
struct other {
	future_mutex_t mutex;
	future_t *first, *second;
};

static void *drop_first(void *arg)
{
	struct other *other = arg;

	future_unref(other->first);
	return NULL;
}

START_TEST(a_hold_goes_back_with_the_unref_of_who_waited)
{
	for (size_t i = scaled(20000); i > 0; i--) {
		struct other other = { .mutex = FUTURE_MUTEX_INIT };
		pthread_t thread;

		other.first = future_mutex_lock_async(&other.mutex);
		other.second = future_mutex_lock_async(&other.mutex);
		thread = thread_start(drop_first, &other);
		ck_assert_int_eq(future_get(other.second).error, 0);
		future_unref(other.second);
		check_free(&other.mutex);
		pthread_join(thread, NULL);
	}
}
END_TEST

START_TEST(a_hold_goes_back_before_what_follows_has_settled)
{
	future_executor_t *pool = pool_of(1);

	for (size_t i = scaled(20000); i > 0; i--) {
		future_mutex_t mutex = FUTURE_MUTEX_INIT;
		future_t *lock = future_mutex_lock_async(&mutex);
		future_t *next = future_then_on(lock, pool, nothing_then,
			NULL);

		future_unref(lock);
		ck_assert_int_eq(future_get(next).error, 0);
		check_free(&mutex);
		future_unref(next);
	}
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_hold_granted_elsewhere_goes_back_before_what_follows)
{
	future_executor_t *pool = pool_of(1);

	for (size_t i = scaled(20000); i > 0; i--) {
		struct other other = { .mutex = FUTURE_MUTEX_INIT };
		future_t *lock, *next;
		pthread_t thread;

		other.first = future_mutex_lock_async(&other.mutex);
		lock = future_mutex_lock_async(&other.mutex);
		next = future_then_on(lock, pool, nothing_then, NULL);
		future_unref(lock);
		thread = thread_start(drop_first, &other);
		ck_assert_int_eq(future_get(next).error, 0);
		check_free(&other.mutex);
		future_unref(next);
		pthread_join(thread, NULL);
	}
	future_executor_unref(pool);
}
END_TEST

static future_result_t pass_on(future_result_t in, void *arg)
{
	(void)arg;
	return in;
}

static future_result_t follow_failure(future_result_t in, void *arg)
{
	(void)in;
	return future_follow(future_submit(arg, fail_task, NULL));
}

/* Each passes the hold on, so that it goes with the last reference. */
static void check_passed_on(const future_continuation_t *how, int error)
{
	future_executor_t *pool = pool_of(2);

	for (size_t i = scaled(5000); i > 0; i--) {
		future_mutex_t mutex = FUTURE_MUTEX_INIT;
		future_continuation_t next = *how;
		future_t *lock, *then;

		ck_assert_int_eq(future_mutex_lock(&mutex), 0);
		lock = future_mutex_lock_async(&mutex);
		next.executor = next.arg = pool;
		then = future_then_with(lock, &next);
		future_unref(lock);
		ck_assert_int_eq(future_mutex_unlock(&mutex), 0);
		ck_assert_int_eq(future_get(then).error, error);
		future_unref(then);
		check_free(&mutex);
	}
	future_executor_unref(pool);
}

START_TEST(a_hold_that_is_passed_on_goes_back_with_the_last_unref)
{
	check_passed_on(&(future_continuation_t){ .fn = pass_on }, 0);
	check_passed_on(&(future_continuation_t){ .fn = pass_on,
		.on = FUTURE_ON_FAILURE }, 0);
	check_passed_on(&(future_continuation_t){ .fn = nothing_then,
		.on = FUTURE_ON_FINALLY }, 0);
	check_passed_on(&(future_continuation_t){ .fn = follow_failure,
		.on = FUTURE_ON_FINALLY }, EIO);
}
END_TEST

/* The legs of the race may still be there for a moment: it is not taken. */
START_TEST(a_shared_hold_goes_back_after_its_last_sharer)
{
	for (size_t i = scaled(20000); i > 0; i--) {
		struct other other = { .mutex = FUTURE_MUTEX_INIT };
		future_t *race, *lock;
		pthread_t thread;

		other.first = future_mutex_lock_async(&other.mutex);
		lock = future_mutex_lock_async(&other.mutex);
		race = FUTURE_RACE(lock);
		future_unref(lock);
		thread = thread_start(drop_first, &other);
		ck_assert_int_eq(future_get(race).error, 0);
		future_unref(race);
		check_free_by(&other.mutex, future_in_ms(10000));
		pthread_join(thread, NULL);
	}
}
END_TEST

static void *release_body(void *semaphore)
{
	ck_assert_int_eq(future_semaphore_release(semaphore, 3), 0);
	return NULL;
}

START_TEST(several_permits_go_back_with_the_unref_of_who_waited)
{
	for (size_t i = scaled(20000); i > 0; i--) {
		future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(0);
		future_t *hold = future_semaphore_acquire_async(&semaphore, 3);
		pthread_t thread = thread_start(release_body, &semaphore);

		ck_assert_int_eq(future_get(hold).error, 0);
		future_unref(hold);
		ck_assert_int_eq(future_semaphore_acquire_until(&semaphore, 3,
			FUTURE_NOW), 0);
		memset(&semaphore, 0xff, sizeof(semaphore));
		pthread_join(thread, NULL);
	}
}
END_TEST

START_TEST(a_hold_behind_a_lock_goes_back_with_the_unref_of_who_waited)
{
	for (size_t i = scaled(20000); i > 0; i--) {
		future_mutex_t mutex = FUTURE_MUTEX_INIT;
		future_t *lock;
		pthread_t thread;

		lock = future_mutex_lock_async(&mutex);
		ck_assert_int_eq(future_take(lock).error, 0);
		future_unref(lock);
		lock = future_mutex_lock_async(&mutex);
		thread = thread_start(unlock_body, &mutex);
		ck_assert_int_eq(future_get(lock).error, 0);
		future_unref(lock);
		check_free(&mutex);
		pthread_join(thread, NULL);
	}
}
END_TEST

static future_result_t count_hold(future_result_t in, void *arg)
{
	ck_assert_int_eq(in.error, 0);
	count_work(arg);
	return future_ok(NULL);
}

/* Each hold that goes back lets the next one have it. */
START_TEST(a_long_row_of_holds_goes_back_without_recursion)
{
	enum { HOLDS = 100000 };
	future_mutex_t mutex = FUTURE_MUTEX_INIT;
	future_t *first = future_mutex_lock_async(&mutex);
	atomic_int ran = 0;

	for (int i = 0; i < HOLDS; i++) {
		future_t *lock = future_mutex_lock_async(&mutex);

		future_unref(future_then_on(lock, future_inline(), count_hold,
			&ran));
		future_unref(lock);
	}
	future_unref(first);
	ck_assert_int_eq(ran, HOLDS);
	check_free(&mutex);
}
END_TEST

struct busy {
	future_mutex_t mutex;
	atomic_bool over;
};

static void *lock_and_unlock(void *arg)
{
	struct busy *busy = arg;

	while (!busy->over) {
		future_mutex_lock(&busy->mutex);
		future_mutex_unlock(&busy->mutex);
	}
	return NULL;
}

/* Whoever loses is cancelled, or just dropped. */
START_TEST(a_million_races_of_a_lock_and_a_timer_lose_no_hold)
{
	struct busy busy = { .mutex = FUTURE_MUTEX_INIT };
	pthread_t thread = thread_start(lock_and_unlock, &busy);

	for (size_t i = scaled(1000000); i > 0; i--) {
		future_time_t soon = { future_now().ns + 500 };
		future_t *lock = future_mutex_lock_async(&busy.mutex);
		future_t *timer = future_after(NULL, soon);
		future_t *race = FUTURE_RACE(lock, timer);

		ck_assert_int_eq(future_wait(race, FUTURE_FOREVER), 0);
		if (i % 2 == 0)
			future_cancel(lock);
		future_cancel(timer);
		future_unref(race);
		future_unref(timer);
		future_unref(lock);
	}
	busy.over = true;
	pthread_join(thread, NULL);
	ck_assert_int_eq(future_mutex_lock_until(&busy.mutex,
		future_in_ms(10000)), 0);
	ck_assert_int_eq(future_mutex_unlock(&busy.mutex), 0);
	check_free(&busy.mutex);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hold");
	TCase *tcase = suite_case(suite, "hold");

	tcase_add_test(tcase, a_hold_goes_back_with_the_unref_of_who_waited);
	tcase_add_test(tcase, a_hold_goes_back_before_what_follows_has_settled);
	tcase_add_test(tcase,
		a_hold_granted_elsewhere_goes_back_before_what_follows);
	tcase_add_test(tcase,
		a_hold_that_is_passed_on_goes_back_with_the_last_unref);
	tcase_add_test(tcase, a_shared_hold_goes_back_after_its_last_sharer);
	tcase_add_test(tcase,
		several_permits_go_back_with_the_unref_of_who_waited);
	tcase_add_test(tcase,
		a_hold_behind_a_lock_goes_back_with_the_unref_of_who_waited);
	tcase_add_test(tcase, a_long_row_of_holds_goes_back_without_recursion);
	tcase_add_test(tcase,
		a_million_races_of_a_lock_and_a_timer_lose_no_hold);
	return suite_run(suite);
}
