/* Lanes under load: each serial, none lost, closed while they are busy. */
#define _GNU_SOURCE
#include "support.h"

enum { LANES = 16, THREADS = 4 };

struct yard {
	future_executor_t *lanes[LANES];
	size_t sums[LANES];	/* plain: the lane's alone */
	size_t rounds;
};

struct job {
	struct yard *yard;
	size_t at;
};

static future_result_t add_one(void *arg)
{
	struct job *job = arg;

	job->yard->sums[job->at]++;
	return future_ok(NULL);
}

static future_result_t add_one_then(future_result_t in, void *arg)
{
	return in.error != 0 ? in : add_one(arg);
}

static void submit_some(void *arg, size_t index)
{
	struct yard *yard = arg;

	for (size_t i = 0; i < yard->rounds; i++) {
		struct job job = { yard, (i * THREADS + index) % LANES };
		future_task_t task = { .fn = add_one, .arg = &job,
			.arg_size = sizeof(job) };
		future_continuation_t next = { .fn = add_one_then,
			.arg = &job, .arg_size = sizeof(job) };
		future_t *first = future_submit_with(yard->lanes[job.at],
			&task);

		future_unref(future_then_with(first, &next));
		future_unref(first);
	}
}

static size_t sum(const struct yard *yard)
{
	size_t all = 0;

	for (size_t i = 0; i < LANES; i++)
		all += yard->sums[i];
	return all;
}

START_TEST(lanes_lose_nothing_and_never_overlap)
{
	future_executor_t *pool = pool_of(2);
	struct yard yard = { .rounds = scaled(50000) };

	for (size_t i = 0; i < LANES; i++)
		ck_assert_int_eq(future_lane_new(pool, 1, &yard.lanes[i]), 0);
	together(THREADS, submit_some, &yard);
	for (size_t i = 0; i < LANES; i++)
		future_executor_unref(yard.lanes[i]);
	ck_assert_uint_eq(sum(&yard), 2 * THREADS * yard.rounds);
	future_executor_unref(pool);
}
END_TEST

static void count_end(void *arg)
{
	count_work(arg);
}

/* Whatever the moment of the end, each argument goes once. */
START_TEST(a_lane_may_end_at_any_moment)
{
	future_executor_t *pool = pool_of(2);
	size_t rounds = scaled(20000);

	for (size_t i = 0; i < rounds; i++) {
		future_executor_t *lane = NULL;
		atomic_int ended = 0;
		future_task_t task = { .fn = nothing_task, .arg = &ended,
			.destroy_arg = count_end };
		future_t *last;

		ck_assert_int_eq(future_lane_new(pool, 1 + i % 2, &lane), 0);
		for (int j = 0; j < 3; j++)
			future_unref(future_submit_with(lane, &task));
		last = future_submit_with(lane, &task);
		if (i % 3 == 1)
			future_executor_cancel(lane);
		if (i % 3 == 2)
			future_cancel(last);
		if (i % 5 == 0)
			future_executor_shutdown(lane);
		future_executor_unref(lane);
		ck_assert(future_state(last) >= FUTURE_OK);
		ck_assert_int_eq(ended, 4);
		future_unref(last);
	}
	future_executor_unref(pool);
}
END_TEST

/* Waits in lanes for other lanes, on as few workers as there may be. */
enum { DEPTH = 20 };

struct nest {
	future_executor_t *lanes[DEPTH];
	atomic_int left;
};

static future_result_t wait_for_next(void *arg)
{
	struct nest *nest = arg;
	int left = atomic_fetch_sub(&nest->left, 1);
	future_t *next;
	int error;

	if (left <= 0)
		return future_ok(NULL);
	next = future_submit(nest->lanes[left - 1], wait_for_next, nest);
	error = future_get(next).error;
	future_unref(next);
	return error != 0 ? future_fail(error) : future_ok(NULL);
}

START_TEST(waits_across_lanes_end)
{
	for (size_t i = 0; i < scaled(2000); i++) {
		future_executor_t *pool = pool_of(1 + i % 3);
		struct nest nest = { .left = DEPTH };
		future_t *first;

		for (int j = 0; j < DEPTH; j++)
			ck_assert_int_eq(future_lane_new(pool, 1,
				&nest.lanes[j]), 0);
		first = future_submit(pool, wait_for_next, &nest);
		ck_assert_int_eq(outcome_of(first), 0);
		for (int j = 0; j < DEPTH; j++)
			future_executor_unref(nest.lanes[j]);
		future_executor_unref(pool);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stress_lane");
	TCase *tcase = suite_case(suite, "stress");

	tcase_add_test(tcase, lanes_lose_nothing_and_never_overlap);
	tcase_add_test(tcase, a_lane_may_end_at_any_moment);
	tcase_add_test(tcase, waits_across_lanes_end);
	return suite_run(suite);
}
