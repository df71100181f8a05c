/*
 * Spare threads: they take the place of workers that sleep in waits, and no
 * more are at work than the pool is wide.
 */
#define _GNU_SOURCE
#include "support.h"
#include "fail/thread.h"

#include <future/channel.h>
#include <future/sync.h>

static future_executor_t *pool_with_spare(size_t threads, size_t spare)
{
	return pool_with(&(future_pool_options_t){ .threads = threads,
		.spare_threads = spare, .name = "spare" });
}

START_TEST(more_than_there_can_be_is_einval)
{
	static const size_t numbers[] = { 4097, SIZE_MAX / 2, SIZE_MAX };
	future_executor_t *pool;

	ck_assert_int_eq(future_pool_new(&(future_pool_options_t){
		.threads = 1, .spare_threads = numbers[_i] }, &pool), EINVAL);
}
END_TEST

/* A task that sleeps, in one of these ways, until another has run. */
struct sleep {
	int (*wait)(struct sleep *sleep);
	struct gate begun;
	future_promise_t *promise;
	future_t *promised;
	future_semaphore_t semaphore;
	future_event_t event;
	future_latch_t latch;
	future_mutex_t mutex;
	future_channel_t *channel;
};

static int wait_get(struct sleep *sleep)
{
	return future_get(sleep->promised).error;
}

static int wait_until(struct sleep *sleep)
{
	return future_wait(sleep->promised, future_in_ms(100000));
}

static int wait_semaphore(struct sleep *sleep)
{
	return future_semaphore_acquire(&sleep->semaphore, 1);
}

static int wait_event(struct sleep *sleep)
{
	return future_event_wait(&sleep->event);
}

static int wait_latch(struct sleep *sleep)
{
	return future_latch_wait(&sleep->latch);
}

/* Who has it is no thread: see sleep_start(). */
static int wait_mutex(struct sleep *sleep)
{
	int error = future_mutex_lock(&sleep->mutex);

	return error != 0 ? error : future_mutex_unlock(&sleep->mutex);
}

static int wait_channel(struct sleep *sleep)
{
	void *item;

	return future_channel_recv(sleep->channel, &item);
}

static future_result_t get_it(void *future)
{
	return future_get(future);
}

/* Another pool has nothing left to do when the promise has been kept. */
static int wait_drain(struct sleep *sleep)
{
	future_executor_t *other = pool_of(1);
	future_t *busy = future_submit(other, get_it, sleep->promised);
	int error = future_executor_drain(other, FUTURE_FOREVER);

	future_unref(busy);
	future_executor_unref(other);
	return error;
}

static int (*const waits[])(struct sleep *sleep) = {
	wait_get, wait_until, wait_semaphore, wait_event, wait_latch,
	wait_mutex, wait_channel, wait_drain,
};

static future_result_t sleep_task(void *arg)
{
	struct sleep *sleep = arg;
	int error;

	gate_pass(&sleep->begun);
	error = sleep->wait(sleep);
	return error == 0 ? future_ok(NULL) : future_fail(error);
}

static future_result_t wake_task(void *arg)
{
	struct sleep *sleep = arg;
	int error = future_semaphore_release(&sleep->semaphore, 1);

	future_promise_settle(sleep->promise, future_ok(NULL));
	future_event_set(&sleep->event);
	if (error == 0)
		error = future_latch_count_down(&sleep->latch, 1);
	if (error == 0)
		error = future_mutex_unlock(&sleep->mutex);
	if (error == 0)
		error = future_channel_send(sleep->channel, sleep);
	return error == 0 ? future_ok(NULL) : future_fail(error);
}

static void sleep_init(struct sleep *sleep, int (*wait)(struct sleep *sleep))
{
	future_t *locked;

	*sleep = (struct sleep){ .wait = wait, .begun = GATE_OPEN,
		.semaphore = FUTURE_SEMAPHORE_INIT(0),
		.event = FUTURE_EVENT_INIT, .latch = FUTURE_LATCH_INIT(1),
		.mutex = FUTURE_MUTEX_INIT };
	ck_assert_int_eq(future_promise_new(NULL, &sleep->promise), 0);
	sleep->promised = future_promise_future(sleep->promise);
	ck_assert_int_eq(future_channel_new(1, NULL, &sleep->channel), 0);
	locked = future_mutex_lock_async(&sleep->mutex);
	ck_assert_int_eq(future_take(locked).error, 0);
	future_unref(locked);
}

static void sleep_fini(struct sleep *sleep)
{
	future_unref(sleep->promised);
	future_promise_free(sleep->promise);
	future_channel_unref(sleep->channel);
}

START_TEST(one_takes_the_place_of_a_worker_that_sleeps)
{
	future_executor_t *pool = pool_with_spare(1, 1);
	struct sleep sleep;
	future_t *asleep, *awake;

	sleep_init(&sleep, waits[_i]);
	asleep = future_submit(pool, sleep_task, &sleep);
	gate_await(&sleep.begun, 1);
	/* It cannot run where that one sleeps. */
	awake = future_submit(pool, wake_task, &sleep);
	ck_assert_int_eq(outcome_of(awake), 0);
	ck_assert_int_eq(outcome_of(asleep), 0);
	future_executor_unref(pool);
	sleep_fini(&sleep);
}
END_TEST

START_TEST(what_was_queued_before_it_slept_is_run)
{
	future_executor_t *pool = pool_with_spare(1, 1);
	struct sleep sleep;
	future_t *asleep, *awake;

	sleep_init(&sleep, waits[_i]);
	sleep.begun = (struct gate)GATE_INIT;
	asleep = future_submit(pool, sleep_task, &sleep);
	gate_await(&sleep.begun, 1);
	awake = future_submit(pool, wake_task, &sleep);
	gate_open(&sleep.begun);
	ck_assert_int_eq(outcome_of(awake), 0);
	ck_assert_int_eq(outcome_of(asleep), 0);
	future_executor_unref(pool);
	sleep_fini(&sleep);
}
END_TEST

/* How many are at work at a time. */
struct crowd {
	atomic_int now, most;
	future_event_t event;
};

static void crowd_enter(struct crowd *crowd)
{
	int now = atomic_fetch_add(&crowd->now, 1) + 1;
	int most = atomic_load(&crowd->most);

	while (now > most &&
	       !atomic_compare_exchange_weak(&crowd->most, &most, now))
		;
}

static void crowd_leave(struct crowd *crowd)
{
	atomic_fetch_sub(&crowd->now, 1);
}

static future_result_t work_and_sleep(void *arg)
{
	struct crowd *crowd = arg;
	int error;

	crowd_enter(crowd);
	sched_yield();
	crowd_leave(crowd);
	error = future_event_wait(&crowd->event);
	return error == 0 ? future_ok(NULL) : future_fail(error);
}

static void work(void *arg)
{
	crowd_enter(arg);
	sched_yield();
	crowd_leave(arg);
}

START_TEST(no_more_are_at_work_than_the_pool_is_wide)
{
	struct crowd crowd = { .event = FUTURE_EVENT_INIT };
	future_executor_t *pool = pool_with_spare(2, 6);
	future_t *asleep[8];

	for (int i = 0; i < 8; i++)
		asleep[i] = future_submit(pool, work_and_sleep, &crowd);
	/* All at once, of which only two were at work at a time. */
	while (stats_of(pool).running < 8)
		sched_yield();
	ck_assert_int_le(crowd.most, 2);
	future_event_set(&crowd.event);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(outcome_of(asleep[i]), 0);
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	for (size_t i = 0; i < scaled(20000); i++)
		ck_assert_int_eq(future_execute(pool, work, &crowd), 0);
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	ck_assert_int_le(crowd.most, 2);
	ck_assert_uint_eq(stats_of(pool).threads, 2);
	future_executor_unref(pool);
}
END_TEST

START_TEST(none_starts_before_it_is_needed)
{
	size_t before = threads_before();
	future_executor_t *pool = pool_with_spare(2, 3);
	struct gate gate = GATE_INIT;
	atomic_int ran = 0;
	struct sleep sleep;
	future_t *asleep;

	occupy(pool, 2, &gate);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	gate_open(&gate);
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	threads_become(before + 2);
	sleep_init(&sleep, wait_get);
	asleep = future_submit(pool, sleep_task, &sleep);
	gate_await(&sleep.begun, 1);
	/* The other one is enough. */
	ck_assert_int_eq(outcome_of(future_submit(pool, wake_task, &sleep)), 0);
	ck_assert_int_eq(outcome_of(asleep), 0);
	threads_become(before + 2);
	future_executor_unref(pool);
	threads_become(before);
	sleep_fini(&sleep);
}
END_TEST

START_TEST(the_last_unref_runs_what_is_queued_and_leaves_no_thread)
{
	size_t before = threads_before();
	future_executor_t *pool = pool_with_spare(1, 2);
	atomic_int ran = 0;
	struct sleep sleep;
	future_t *asleep, *awake;

	sleep_init(&sleep, wait_get);
	asleep = future_submit(pool, sleep_task, &sleep);
	gate_await(&sleep.begun, 1);
	awake = future_submit(pool, wake_task, &sleep);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 100);
	ck_assert_int_eq(outcome_of(asleep), 0);
	ck_assert_int_eq(outcome_of(awake), 0);
	threads_become(before);
	sleep_fini(&sleep);
}
END_TEST

/* Two pools whose tasks wait for what is queued behind the other's. */
struct cross {
	struct gate begun;
	future_t *other;
	int error;
};

static future_result_t cross_task(void *arg)
{
	struct cross *cross = arg;

	gate_pass(&cross->begun);
	cross->error = future_get(cross->other).error;
	return future_ok(NULL);
}

static size_t count_told(future_executor_t *const *pools)
{
	struct cross cross[2] = { { .begun = GATE_INIT },
		{ .begun = GATE_INIT } };
	future_t *waits_for[2];
	size_t told = 0;

	for (int i = 0; i < 2; i++) {
		waits_for[i] = future_submit(pools[i], cross_task, &cross[i]);
		gate_await(&cross[i].begun, 1);
	}
	for (int i = 0; i < 2; i++)
		cross[i].other = future_submit(pools[1 - i], nothing_task,
			NULL);
	for (int i = 0; i < 2; i++)
		gate_open(&cross[i].begun);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(outcome_of(waits_for[i]), 0);
		ck_assert_int_eq(outcome_of(cross[i].other), 0);
		told += cross[i].error == EDEADLK;
	}
	return told;
}

START_TEST(a_deadlock_of_two_pools_is_none_with_a_spare_thread)
{
	future_executor_t *pools[2] = { pool_of(1), pool_with_spare(1, 1) };

	ck_assert_uint_eq(count_told(pools), 0);
	future_executor_unref(pools[0]);
	future_executor_unref(pools[1]);
}
END_TEST

START_TEST(a_spare_thread_that_cannot_be_started_is_no_hope)
{
	future_executor_t *pools[2] = { pool_of(1), pool_with_spare(1, 1) };

	/* Whoever sleeps first, the pool tries once. */
	fail_thread(1);
	ck_assert_uint_eq(count_told(pools), 1);
	fail_thread(0);
	/* It tries again. */
	ck_assert_uint_eq(count_told(pools), 0);
	future_executor_unref(pools[0]);
	future_executor_unref(pools[1]);
}
END_TEST

/* A function that was cancelled, and goes on until its gate opens. */
struct busy {
	struct gate gate;
	future_t *own;
};

static future_result_t be_busy(void *arg)
{
	struct busy *busy = arg;

	gate_pass(&busy->gate);
	return future_ok(NULL);
}

static future_result_t join_busy(void *arg)
{
	struct busy *busy = arg;

	return future_ok_int(future_join(busy->own, FUTURE_FOREVER));
}

static future_result_t end_busy(void *arg)
{
	struct busy *busy = arg;

	gate_open(&busy->gate);
	return future_ok(NULL);
}

START_TEST(one_takes_the_place_of_a_worker_that_joins_what_was_cancelled)
{
	struct busy busy = { GATE_INIT, NULL };
	future_executor_t *other = pool_of(1), *pool = pool_with_spare(1, 1);
	future_t *join, *end;

	busy.own = future_submit(other, be_busy, &busy);
	gate_await(&busy.gate, 1);
	future_cancel(busy.own);
	join = future_submit(pool, join_busy, &busy);
	end = future_submit(pool, end_busy, &busy);
	ck_assert_int_eq(future_result_int(future_get(join)), 0);
	future_unref(join);
	future_unref(end);
	future_unref(busy.own);
	future_executor_unref(pool);
	future_executor_unref(other);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spare");
	TCase *spare = suite_case(suite, "spare");
	const int ways = sizeof(waits) / sizeof(waits[0]);

	tcase_add_loop_test(spare, more_than_there_can_be_is_einval, 0, 3);
	tcase_add_loop_test(spare, one_takes_the_place_of_a_worker_that_sleeps,
		0, ways);
	tcase_add_loop_test(spare, what_was_queued_before_it_slept_is_run, 0,
		ways);
	tcase_add_test(spare, no_more_are_at_work_than_the_pool_is_wide);
	tcase_add_test(spare, none_starts_before_it_is_needed);
	tcase_add_test(spare,
		the_last_unref_runs_what_is_queued_and_leaves_no_thread);
	tcase_add_test(spare,
		a_deadlock_of_two_pools_is_none_with_a_spare_thread);
	tcase_add_test(spare,
		a_spare_thread_that_cannot_be_started_is_no_hope);
	tcase_add_test(spare,
		one_takes_the_place_of_a_worker_that_joins_what_was_cancelled);
	return suite_run(suite);
}
