/* Each: a loop in pieces. */
#include "check.h"

enum { COUNT = 1000 };

/* What the loop covered: each index once. */
struct covered {
	size_t grain;		/* 0: any */
	size_t count;
	atomic_int pieces;
	atomic_int wrong;
	atomic_uchar seen[COUNT];
};

static int cover(size_t begin, size_t end, void *arg)
{
	struct covered *covered = arg;

	atomic_fetch_add(&covered->pieces, 1);
	if (begin >= end || end > covered->count ||
	    (covered->grain != 0 && end != covered->count &&
			end - begin != covered->grain))
		atomic_fetch_add(&covered->wrong, 1);
	for (size_t i = begin; i < end; i++)
		atomic_fetch_add(&covered->seen[i], 1);
	return 0;
}

static void cover_all(future_executor_t *executor, size_t count, size_t grain)
{
	struct covered covered = { .grain = grain, .count = count };
	future_t *each = future_each(executor, count, grain, cover, &covered);

	ck_assert_int_eq(future_get(each).error, 0);
	ck_assert_int_eq(covered.wrong, 0);
	for (size_t i = 0; i < COUNT; i++)
		ck_assert_int_eq(covered.seen[i], i < count);
	future_unref(each);
}

START_TEST(every_index_is_covered_once)
{
	static const size_t grains[] = { 0, 1, 7, 499, 500, 999, 1000, 1001,
		SIZE_MAX };
	future_executor_t *pool = pool_of(3);

	for (size_t i = 0; i < sizeof(grains) / sizeof(grains[0]); i++)
		for (size_t count = COUNT - 2; count <= COUNT; count++)
			cover_all(pool, count, grains[i]);
	for (size_t count = 0; count < 10; count++)
		cover_all(pool, count, 0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(any_executor_will_do)
{
	cover_all(NULL, COUNT, 0);
	cover_all(future_inline(), COUNT, 0);
}
END_TEST

START_TEST(a_grain_chosen_makes_some_hundred_pieces)
{
	struct covered covered = { .count = COUNT };
	FUTURE_AUTO future_t *each = future_each(NULL, COUNT, 0, cover,
		&covered);

	ck_assert_int_eq(future_get(each).error, 0);
	ck_assert_int_gt(covered.pieces, 100);
	ck_assert_int_le(covered.pieces, 256);
}
END_TEST

struct huge {
	atomic_int pieces;
	_Atomic size_t sum;
};

static int add_up(size_t begin, size_t end, void *arg)
{
	struct huge *huge = arg;

	atomic_fetch_add(&huge->pieces, 1);
	atomic_fetch_add(&huge->sum, end - begin);
	return 0;
}

START_TEST(a_loop_as_long_as_there_are_numbers_ends)
{
	struct huge huge = { 0, 0 };
	FUTURE_AUTO future_t *each = future_each(NULL, SIZE_MAX,
		SIZE_MAX / 2 - 1, add_up, &huge);

	ck_assert_int_eq(future_get(each).error, 0);
	ck_assert_int_eq(huge.pieces, 3);
	ck_assert_uint_eq(huge.sum, SIZE_MAX);
}
END_TEST

START_TEST(there_are_no_more_tasks_than_threads_or_pieces)
{
	future_executor_t *pool = pool_of(3);
	future_executor_stats_t stats;

	for (size_t count = 1; count < 6; count++) {
		future_executor_stats_t before;

		ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER),
			0);
		future_executor_stats(pool, &before);
		cover_all(pool, count, 1);
		ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER),
			0);
		future_executor_stats(pool, &stats);
		ck_assert_uint_eq(stats.completed - before.completed,
			count < 3 ? count : 3);
	}
	ck_assert_uint_eq(stats.threads, 3);
	future_executor_unref(pool);
}
END_TEST

static int fails_at_3(size_t begin, size_t end, void *arg)
{
	(void)end;
	count_up(arg);
	return begin == 3 ? -5 : 0;
}

START_TEST(the_first_error_stops_it)
{
	future_executor_t *pool = pool_of(1);
	future_executor_t *where[] = { pool, future_inline() };

	for (int i = 0; i < 2; i++) {
		atomic_int calls = 0;
		FUTURE_AUTO future_t *each = future_each(where[i], COUNT, 1,
			fails_at_3, &calls);

		ck_assert_int_eq(future_get(each).error, -5);
		ck_assert_int_eq(future_join(each, FUTURE_FOREVER), 0);
		ck_assert_int_eq(calls, 4);
	}
	future_executor_unref(pool);
}
END_TEST

/* Two pieces are held; what comes behind must not begin. */
struct held {
	struct hold holds[2];
	atomic_int calls;
	int error;	/* of the first */
};

#define HELD { { HOLD, HOLD }, 0, 0 }

static int hold_piece(size_t begin, size_t end, void *arg)
{
	struct held *held = arg;

	(void)end;
	count_up(&held->calls);
	if (begin < 2)
		(void)hold_run(&held->holds[begin]);
	return begin == 0 ? held->error : 0;
}

static future_t *hold_two(future_executor_t *pool, struct held *held)
{
	future_t *each = future_each(pool, COUNT, 1, hold_piece, held);

	gate_wait(&held->holds[0].started);
	gate_wait(&held->holds[1].started);
	return each;
}

START_TEST(a_cancel_lets_nothing_more_begin_and_a_join_waits)
{
	future_executor_t *pool = pool_of(2);
	struct held held = HELD;
	FUTURE_AUTO future_t *each = hold_two(pool, &held);

	ck_assert(future_cancel(each));
	ck_assert_int_eq(future_join(each, FUTURE_NOW), ETIMEDOUT);
	gate_open(&held.holds[0].released);
	ck_assert_int_eq(future_join(each, future_in_ms(1)), ETIMEDOUT);
	gate_open(&held.holds[1].released);
	ck_assert_int_eq(future_join(each, FUTURE_FOREVER), 0);
	ck_assert_int_eq(held.calls, 2);
	ck_assert_int_eq(held.holds[0].asked + held.holds[1].asked, 2);
	future_executor_unref(pool);
}
END_TEST

START_TEST(an_error_settles_it_at_once_and_a_join_waits)
{
	future_executor_t *pool = pool_of(2);
	struct held held = HELD;

	held.error = EIO;
	FUTURE_AUTO future_t *each = hold_two(pool, &held);
	gate_open(&held.holds[0].released);
	ck_assert_int_eq(future_get(each).error, EIO);
	ck_assert_int_eq(held.holds[1].returned, 0);
	ck_assert_int_eq(future_join(each, FUTURE_NOW), ETIMEDOUT);
	gate_open(&held.holds[1].released);
	ck_assert_int_eq(future_join(each, FUTURE_FOREVER), 0);
	ck_assert_int_eq(held.holds[1].returned, 1);
	ck_assert_int_eq(held.calls, 2);
	future_executor_unref(pool);
}
END_TEST

/* All of the others are over before the first piece is. */
struct slow {
	struct gate others;
	atomic_int left;
};

static int first_is_last(size_t begin, size_t end, void *arg)
{
	struct slow *slow = arg;

	(void)end;
	if (begin == 0)
		gate_wait(&slow->others);
	else if (atomic_fetch_sub(&slow->left, 1) == 1)
		gate_open(&slow->others);
	return 0;
}

START_TEST(a_slow_piece_holds_up_nobody_else)
{
	future_executor_t *pool = pool_of(2);
	struct slow slow = { GATE_SHUT, COUNT - 1 };
	FUTURE_AUTO future_t *each = future_each(pool, COUNT, 1,
		first_is_last, &slow);

	ck_assert_int_eq(future_get(each).error, 0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_worker_that_is_busy_elsewhere_is_not_waited_for)
{
	future_executor_t *pool = pool_of(2);
	struct hold hold = HOLD;

	hold_worker(pool, &hold);
	cover_all(pool, COUNT, 1);
	ck_assert_int_eq(hold.returned, 0);
	gate_open(&hold.released);
	future_executor_unref(pool);
}
END_TEST

/* A loop in a loop, on workers who wait for it. */
static int loop_inside(size_t begin, size_t end, void *arg)
{
	(void)begin;
	(void)end;
	(void)arg;
	cover_all(future_current(), 20, 1);
	return 0;
}

START_TEST(a_loop_in_a_loop_ends_on_any_number_of_workers)
{
	for (size_t threads = 1; threads <= 3; threads++) {
		future_executor_t *pool = pool_of(threads);
		FUTURE_AUTO future_t *each = future_each(pool, 20, 1,
			loop_inside, NULL);

		ck_assert_int_eq(future_get(each).error, 0);
		future_executor_unref(pool);
	}
}
END_TEST

START_TEST(a_cancelled_executor_is_no_success)
{
	future_executor_t *pool = pool_of(2);
	struct held held = HELD;
	FUTURE_AUTO future_t *each = hold_two(pool, &held);

	future_executor_cancel(pool);
	gate_open(&held.holds[0].released);
	gate_open(&held.holds[1].released);
	ck_assert_int_eq(future_get(each).error, ECANCELED);
	ck_assert_int_eq(future_join(each, FUTURE_FOREVER), 0);
	ck_assert_int_eq(held.calls, 2);
	future_executor_unref(pool);
}
END_TEST

START_TEST(without_a_function_it_is_einval)
{
	FUTURE_AUTO future_t *each = future_each(NULL, 3, 0, NULL, NULL);

	ck_assert_int_eq(future_get(each).error, EINVAL);
}
END_TEST

START_TEST(a_closed_executor_is_eshutdown)
{
	future_executor_t *closed = pool_of(1);
	struct huge huge = { 0, 0 };

	future_executor_shutdown(closed);
	FUTURE_AUTO future_t *each = future_each(closed, 3, 1, add_up, &huge);
	ck_assert_int_eq(future_get(each).error, ESHUTDOWN);
	ck_assert_int_eq(huge.pieces, 0);
	future_executor_unref(closed);
}
END_TEST

/* After a join the argument may go with the stack. */

struct sum {
	size_t bad;		/* an error there */
	atomic_int pieces;
};

static int count_piece(size_t begin, size_t end, void *arg)
{
	struct sum *sum = arg;

	atomic_fetch_add(&sum->pieces, 1);
	return begin <= sum->bad && sum->bad < end ? EIO : 0;
}

static void each_on_stack(future_executor_t *pool, size_t bad, bool cancel)
{
	struct sum sum = { bad, 0 };
	future_t *each = future_each(pool, 32, 1, count_piece, &sum);

	if (cancel)
		future_cancel(each);
	ck_assert_int_eq(future_join(each, FUTURE_FOREVER), 0);
	if (bad >= 32 && !cancel)
		ck_assert_int_eq(sum.pieces, 32);
	sum.bad = 0;		/* plain: TSan blames who still reads */
	future_unref(each);
}

START_TEST(after_a_join_nothing_is_touched_any_more)
{
	future_executor_t *pool = pool_of(3);

	for (size_t i = 0; i < scaled(6000); i++)
		each_on_stack(pool, i % 40, i % 3 == 0);
	future_executor_unref(pool);
}
END_TEST

int main(void)
{
	return run_tests("each", (const TTest *[]) {
		every_index_is_covered_once,
		any_executor_will_do,
		a_grain_chosen_makes_some_hundred_pieces,
		a_loop_as_long_as_there_are_numbers_ends,
		there_are_no_more_tasks_than_threads_or_pieces,
		the_first_error_stops_it,
		a_cancel_lets_nothing_more_begin_and_a_join_waits,
		an_error_settles_it_at_once_and_a_join_waits,
		a_slow_piece_holds_up_nobody_else,
		a_worker_that_is_busy_elsewhere_is_not_waited_for,
		a_loop_in_a_loop_ends_on_any_number_of_workers,
		a_cancelled_executor_is_no_success,
		without_a_function_it_is_einval,
		a_closed_executor_is_eshutdown,
		after_a_join_nothing_is_touched_any_more,
		NULL,
	});
}
