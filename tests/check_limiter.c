/* Limiter: no more than so much in a given time. */
#include "check.h"

#include <string.h>

#define MS INT64_C(1000000)
#define HOUR (INT64_C(3600000) * MS)

static future_limiter_t *limiter_of(size_t count, int64_t period_ns,
	size_t burst)
{
	future_limiter_t *limiter = NULL;

	ck_assert_int_eq(future_limiter_new(count, period_ns, burst,
		&limiter), 0);
	return limiter;
}

static int take_now(future_limiter_t *limiter, size_t permits)
{
	return future_limiter_acquire_until(limiter, permits, FUTURE_NOW);
}

static int outcome(future_t *future)
{
	int error = future_get(future).error;

	future_unref(future);
	return error;
}

START_TEST(a_burst_is_there_at_once_and_no_more)
{
	future_limiter_t *limiter = limiter_of(1, HOUR, 5);

	ck_assert_int_eq(take_now(limiter, 2), 0);
	ck_assert_int_eq(take_now(limiter, 4), ETIMEDOUT);
	ck_assert_int_eq(take_now(limiter, 3), 0);
	ck_assert_int_eq(take_now(limiter, 1), ETIMEDOUT);
	ck_assert_int_eq(take_now(limiter, 0), 0);
	future_limiter_unref(limiter);
}
END_TEST

START_TEST(permits_come_at_the_rate)
{
	future_limiter_t *limiter = limiter_of(1000, 1000 * MS, 2);
	int64_t begin_ns = future_now().ns, ns;

	for (int i = 0; i < 32; i++)
		ck_assert_int_eq(future_limiter_acquire(limiter, 1), 0);
	ns = future_now().ns - begin_ns;
	ck_assert_int_ge(ns, 30 * MS);
	ck_assert_int_lt(ns, 20000 * MS);
	future_limiter_unref(limiter);
}
END_TEST

START_TEST(a_limiter_holds_no_more_than_the_burst)
{
	future_limiter_t *limiter = limiter_of(1000, 1, 3);
	future_time_t begin = future_now();

	ck_assert_int_eq(take_now(limiter, 3), 0);
	while (future_now().ns < begin.ns + MS)
		;
	ck_assert_int_eq(take_now(limiter, 3), 0);
	ck_assert_int_eq(future_limiter_acquire(limiter, 3), 0);
	future_limiter_unref(limiter);
	limiter = limiter_of(1, HOUR, 1);
	ck_assert_int_eq(take_now(limiter, 1), 0);
	ck_assert_int_eq(take_now(limiter, 1), ETIMEDOUT);
	future_limiter_unref(limiter);
}
END_TEST

/* Waiting. */

START_TEST(an_acquire_with_a_deadline_gives_up_and_takes_nothing)
{
	future_limiter_t *limiter = limiter_of(1, HOUR, 5);
	int64_t begin_ns = future_now().ns;

	ck_assert_int_eq(take_now(limiter, 3), 0);
	ck_assert_int_eq(future_limiter_acquire_until(limiter, 3,
		future_in_ms(5)), ETIMEDOUT);
	ck_assert_int_ge(future_now().ns - begin_ns, 4 * MS);
	ck_assert_int_eq(take_now(limiter, 2), 0);
	ck_assert_int_eq(take_now(limiter, 1), ETIMEDOUT);
	future_limiter_unref(limiter);
}
END_TEST

START_TEST(a_future_settles_when_it_has_its_permits)
{
	future_limiter_t *limiter = limiter_of(1, 5 * MS, 2);
	int64_t begin_ns = future_now().ns;
	future_t *first = future_limiter_acquire_async(limiter, 2);
	future_t *second = future_limiter_acquire_async(limiter, 2);

	ck_assert_int_eq(future_state(first), FUTURE_OK);
	ck_assert_int_eq(outcome(second), 0);
	ck_assert_int_ge(future_now().ns - begin_ns, 10 * MS);
	future_unref(first);
	future_limiter_unref(limiter);
}
END_TEST

START_TEST(a_future_that_is_cancelled_takes_nothing)
{
	future_limiter_t *limiter = limiter_of(1, HOUR, 5);
	future_t *waits;

	ck_assert_int_eq(take_now(limiter, 3), 0);
	waits = future_limiter_acquire_async(limiter, 3);
	ck_assert_int_eq(take_now(limiter, 2), ETIMEDOUT);
	ck_assert(future_cancel(waits));
	ck_assert_int_eq(take_now(limiter, 2), 0);
	ck_assert_int_eq(outcome(waits), ECANCELED);
	future_limiter_unref(limiter);
}
END_TEST

START_TEST(who_comes_later_does_not_overtake)
{
	future_limiter_t *limiter = limiter_of(1, HOUR, 5);
	future_t *waits[4];

	ck_assert_int_eq(take_now(limiter, 1), 0);
	for (size_t i = 0; i < 4; i++)
		waits[i] = future_limiter_acquire_async(limiter, 5 - i);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(future_state(waits[i]), FUTURE_PENDING);
	ck_assert_int_eq(take_now(limiter, 1), ETIMEDOUT);
	/* The second now is the first, and there are as many. */
	ck_assert(future_cancel(waits[0]));
	ck_assert_int_eq(future_state(waits[1]), FUTURE_OK);
	ck_assert_int_eq(future_state(waits[2]), FUTURE_PENDING);
	ck_assert(future_cancel(waits[2]));
	ck_assert_int_eq(future_state(waits[3]), FUTURE_PENDING);
	ck_assert(future_cancel(waits[3]));
	ck_assert_int_eq(take_now(limiter, 1), ETIMEDOUT);
	for (size_t i = 0; i < 4; i++)
		future_unref(waits[i]);
	future_limiter_unref(limiter);
}
END_TEST

static future_result_t note_order(future_result_t in, void *arg)
{
	(void)in;
	return future_ok_int(atomic_fetch_add((atomic_int *)arg, 1));
}

START_TEST(they_are_served_as_they_came)
{
	enum { COUNT = 20 };
	future_limiter_t *limiter = limiter_of(10, MS, 3);
	future_t *noted[COUNT];
	atomic_int order = 0;

	for (int i = 0; i < COUNT; i++) {
		FUTURE_AUTO future_t *waits = future_limiter_acquire_async(
			limiter, (size_t)i % 3 + 1);

		noted[i] = future_then_on(waits, future_inline(), note_order,
			&order);
	}
	for (int i = 0; i < COUNT; i++) {
		ck_assert_int_eq(future_result_int(future_get(noted[i])), i);
		future_unref(noted[i]);
	}
	future_limiter_unref(limiter);
}
END_TEST

/* The timer of the first one is too late for the second. */
START_TEST(who_moves_up_is_served_in_its_own_time)
{
	future_limiter_t *limiter = limiter_of(1, 2 * MS, 1000000);
	future_t *much, *little;

	ck_assert_int_eq(take_now(limiter, 1000000), 0);
	much = future_limiter_acquire_async(limiter, 1000000);
	little = future_limiter_acquire_async(limiter, 2);
	ck_assert_int_eq(future_wait(little, future_in_ms(10)), ETIMEDOUT);
	ck_assert(future_cancel(much));
	ck_assert_int_eq(future_wait(little, future_in_ms(60000)), 0);
	future_unref(much);
	future_unref(little);
	future_limiter_unref(limiter);
}
END_TEST

START_TEST(who_waits_keeps_the_limiter)
{
	future_limiter_t *limiter = limiter_of(1, MS, 1);
	future_t *waits[3];

	for (int i = 0; i < 3; i++)
		waits[i] = future_limiter_acquire_async(limiter, 1);
	ck_assert_ptr_eq(future_limiter_ref(limiter), limiter);
	future_limiter_unref(limiter);
	future_limiter_unref(limiter);
	future_unref(waits[1]);
	ck_assert_int_eq(outcome(waits[0]), 0);
	ck_assert_int_eq(outcome(waits[2]), 0);
}
END_TEST

/* What gives up leaves nothing behind. */
START_TEST(ten_thousand_that_gave_up_are_forgotten)
{
	future_limiter_t *limiter = limiter_of(1, HOUR, 3);
	size_t before = 0, after = 0;
	future_t *first;

	ck_assert_int_eq(take_now(limiter, 3), 0);
	first = future_limiter_acquire_async(limiter, 3);
	for (int i = 0; i < 10000; i++) {
		future_t *waits = future_limiter_acquire_async(limiter, 1);

		ck_assert(future_cancel(waits));
		future_unref(waits);
		if (i % 100 == 0) {
			ck_assert(future_cancel(first));
			future_unref(first);
			first = future_limiter_acquire_async(limiter, 3);
		}
		if (__sanitizer_get_current_allocated_bytes == NULL)
			continue;
		after = __sanitizer_get_current_allocated_bytes();
		if (i == 200)
			before = after;
	}
	ck_assert_uint_le(after, before + 4096);
	ck_assert(future_cancel(first));
	future_unref(first);
	future_limiter_unref(limiter);
}
END_TEST

/* Inside tasks, and callbacks. */

static future_result_t acquire_one(void *limiter)
{
	return future_ok_int(future_limiter_acquire(limiter, 1));
}

static future_result_t see_error(future_result_t in, void *arg)
{
	(void)arg;
	return future_ok_int(in.error);
}

START_TEST(a_task_that_is_cancelled_stops_waiting)
{
	future_executor_t *pool = pool_of(1);
	future_limiter_t *limiter = limiter_of(1, HOUR, 1);
	future_t *task, *seen;

	ck_assert_int_eq(take_now(limiter, 1), 0);
	task = future_submit(pool, acquire_one, limiter);
	seen = future_handle_on(task, future_inline(), see_error, NULL);
	ck_assert(future_cancel(task));
	ck_assert_int_eq(future_join(task, FUTURE_FOREVER), 0);
	ck_assert_int_eq(future_result_int(future_get(seen)), ECANCELED);
	future_unref(task);
	future_unref(seen);
	future_executor_unref(pool);
	future_limiter_unref(limiter);
}
END_TEST

START_TEST(a_worker_of_a_pool_of_one_may_wait)
{
	future_executor_t *pool = pool_of(1);
	future_limiter_t *limiter = limiter_of(1, MS, 1);

	for (int i = 0; i < 5; i++)
		future_unref(future_submit(pool, acquire_one, limiter));
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	future_executor_unref(pool);
	future_limiter_unref(limiter);
}
END_TEST

struct queue {
	future_limiter_t *limiter;
	future_t *others[3];
};

enum { MUCH = 10000 };	/* at one every 2 ms: not within this test */

/* It is the first, and cancels who is behind it. */
static future_result_t cancel_others(future_result_t in, void *arg)
{
	struct queue *queue = arg;

	(void)in;
	for (int i = 0; i < 3; i++)
		ck_assert(future_cancel(queue->others[i]));
	ck_assert_int_eq(take_now(queue->limiter, MUCH), ETIMEDOUT);
	future_unref(future_limiter_acquire_async(queue->limiter, 1));
	return future_ok(NULL);
}

START_TEST(a_callback_may_use_the_limiter)
{
	struct queue queue = { limiter_of(1, 2 * MS, MUCH), { NULL } };
	future_t *first, *called;

	ck_assert_int_eq(take_now(queue.limiter, MUCH), 0);
	first = future_limiter_acquire_async(queue.limiter, 1);
	for (int i = 0; i < 3; i++)
		queue.others[i] = future_limiter_acquire_async(queue.limiter,
			MUCH);
	called = future_then_on(first, future_inline(), cancel_others, &queue);
	ck_assert_int_eq(future_get(called).error, 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(outcome(queue.others[i]), ECANCELED);
	ck_assert_int_eq(future_limiter_acquire(queue.limiter, 1), 0);
	future_unref(first);
	future_unref(called);
	future_limiter_unref(queue.limiter);
}
END_TEST

/* Limits. */

START_TEST(what_never_could_be_is_einval)
{
	future_limiter_t *mark = (future_limiter_t *)&mark, *limiter = mark;

	ck_assert_int_eq(future_limiter_new(0, 1, 1, &limiter), EINVAL);
	ck_assert_int_eq(future_limiter_new(1, 0, 1, &limiter), EINVAL);
	ck_assert_int_eq(future_limiter_new(1, -1, 1, &limiter), EINVAL);
	ck_assert_int_eq(future_limiter_new(1, 1, 0, &limiter), EINVAL);
	ck_assert_int_eq(future_limiter_new(1, 1, 1, NULL), EINVAL);
	ck_assert_int_eq(future_limiter_new(1, INT64_MAX / 2, 3, &limiter),
		EINVAL);
	ck_assert_ptr_eq(limiter, mark);
	limiter = limiter_of(1, 1, 5);
	ck_assert_int_eq(take_now(limiter, 6), EINVAL);
	ck_assert_int_eq(take_now(limiter, SIZE_MAX), EINVAL);
	ck_assert_int_eq(future_limiter_acquire(limiter, 6), EINVAL);
	ck_assert_int_eq(outcome(future_limiter_acquire_async(limiter, 6)),
		EINVAL);
	ck_assert_int_eq(future_limiter_acquire(NULL, 1), EINVAL);
	ck_assert_int_eq(outcome(future_limiter_acquire_async(NULL, 1)),
		EINVAL);
	ck_assert_ptr_null(future_limiter_ref(NULL));
	future_limiter_unref(NULL);
	future_limiter_unref(limiter);
}
END_TEST

START_TEST(arithmetic_does_not_overflow)
{
	future_limiter_t *slow = limiter_of(1, INT64_MAX, 1);
	future_limiter_t *fast = limiter_of(SIZE_MAX, 1, INT64_MAX);
	future_t *waits;

	ck_assert_int_eq(take_now(slow, 1), 0);
	waits = future_limiter_acquire_async(slow, 1);
	ck_assert_int_eq(future_wait(waits, future_in_ms(2)), ETIMEDOUT);
	ck_assert(future_cancel(waits));
	future_unref(waits);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(future_limiter_acquire(fast, INT64_MAX), 0);
	future_limiter_unref(slow);
	future_limiter_unref(fast);
}
END_TEST

/* Many threads: every window of time has no more than it may. */

enum { THREADS = 4, GRANTS = 500 };
enum { RATE_US = 50, BURST = 8 };	/* one every 50 microseconds */

struct grant {
	int64_t asked_ns, granted_ns;	/* it was in between */
	size_t permits;
};

struct crowd {
	future_limiter_t *limiter;
	struct grant grants[THREADS][GRANTS];
	size_t counts[THREADS];
	size_t each;
};

struct member {
	struct crowd *crowd;
	size_t index;
};

/* Waits in all the ways there are, and gives up now and then. */
static int acquire_somehow(future_limiter_t *limiter, size_t permits,
	size_t turn)
{
	future_t *waits;

	switch (turn % 3) {
	case 0:
		return future_limiter_acquire(limiter, permits);
	case 1:
		return future_limiter_acquire_until(limiter, permits,
			(future_time_t){ future_now().ns +
				(int64_t)(turn % 7) * 40000 });
	default:
		waits = future_limiter_acquire_async(limiter, permits);
		if (turn % 4 == 0)
			future_cancel(waits);
		return outcome(waits);
	}
}

static void *member_main(void *arg)
{
	struct member *member = arg;
	struct crowd *crowd = member->crowd;
	struct grant *grants = crowd->grants[member->index];
	size_t *count = &crowd->counts[member->index];

	for (size_t turn = member->index; *count < crowd->each; turn++) {
		struct grant *grant = &grants[*count];
		int error;

		grant->permits = turn % 5 + 1;
		grant->asked_ns = future_now().ns;
		error = acquire_somehow(crowd->limiter, grant->permits, turn);
		grant->granted_ns = future_now().ns;
		if (error == 0)
			++*count;
		else if (error != ETIMEDOUT && error != ECANCELED)
			return (void *)(intptr_t)error;
	}
	return NULL;
}

static int by_end(const void *one, const void *other)
{
	const struct grant *a = one, *b = other;

	return (a->granted_ns > b->granted_ns) -
		(a->granted_ns < b->granted_ns);
}

/* Of each: from when it was asked for, until that, or a later, was had. */
static void check_windows(struct grant *grants, size_t count)
{
	qsort(grants, count, sizeof(*grants), by_end);
	for (size_t i = 0; i < count; i++) {
		int64_t begin_ns = grants[i].asked_ns;
		size_t granted = 0;

		for (size_t j = 0; j < count; j++) {
			int64_t ns = grants[j].granted_ns - begin_ns;

			if (grants[j].asked_ns < begin_ns)
				continue;
			granted += grants[j].permits;
			ck_assert_uint_le(granted, BURST + 1 +
				(size_t)ns / 1000 / RATE_US);
		}
	}
}

START_TEST(no_window_of_time_has_too_many)
{
	static struct crowd crowd;
	static struct grant all[THREADS * GRANTS];
	struct member members[THREADS];
	pthread_t threads[THREADS];
	size_t count = 0;
	void *error;

	crowd.limiter = limiter_of(1000000 / RATE_US, 1000 * MS, BURST);
	crowd.each = scaled(GRANTS);
	for (size_t i = 0; i < THREADS; i++) {
		members[i] = (struct member){ &crowd, i };
		threads[i] = start(member_main, &members[i]);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &error);
		ck_assert_ptr_null(error);
		memcpy(all + count, crowd.grants[i],
			crowd.counts[i] * sizeof(all[0]));
		count += crowd.counts[i];
	}
	check_windows(all, count);
	future_limiter_unref(crowd.limiter);
}
END_TEST

int main(void)
{
	return run_tests("limiter", (const TTest *[]) {
		a_burst_is_there_at_once_and_no_more,
		permits_come_at_the_rate,
		a_limiter_holds_no_more_than_the_burst,
		an_acquire_with_a_deadline_gives_up_and_takes_nothing,
		a_future_settles_when_it_has_its_permits,
		a_future_that_is_cancelled_takes_nothing,
		who_comes_later_does_not_overtake,
		they_are_served_as_they_came,
		who_moves_up_is_served_in_its_own_time,
		who_waits_keeps_the_limiter,
		ten_thousand_that_gave_up_are_forgotten,
		a_task_that_is_cancelled_stops_waiting,
		a_worker_of_a_pool_of_one_may_wait,
		a_callback_may_use_the_limiter,
		what_never_could_be_is_einval,
		arithmetic_does_not_overflow,
		no_window_of_time_has_too_many,
		NULL
	});
}
