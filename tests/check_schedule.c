/* What future_every() is given, and what its runs return. */
#define _GNU_SOURCE
#include "support.h"

START_TEST(what_makes_no_sense_is_refused)
{
	static const struct {
		future_schedule_t schedule;
		int error;
	} wrong[] = {
		{ { .period_ns = 1 }, EINVAL },
		{ { .fn = nothing_task }, EINVAL },
		{ { .fn = nothing_task, .period_ns = -1 }, EINVAL },
		{ { .fn = nothing_task, .period_ns = 1, .first_ns = -1 },
			EINVAL },
		{ { .fn = nothing_task, .period_ns = 1, .arg_size = 1 },
			EINVAL },
		{ { .fn = nothing_task, .period_ns = 1,
			.pace = (future_pace_t)2 }, EINVAL },
		{ { .fn = nothing_task, .period_ns = 1, .priority = -1 },
			EINVAL },
	};
	atomic_int ends = 0;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		future_schedule_t schedule = wrong[i].schedule;

		schedule.destroy_arg = count_work;
		schedule.arg = schedule.arg_size == 0 ? &ends : NULL;
		if (schedule.arg == NULL)
			schedule.destroy_arg = NULL;
		ck_assert_int_eq(outcome_of(future_every(NULL, &schedule)),
			wrong[i].error);
	}
	ck_assert_int_eq(ends, 6);
	ck_assert_int_eq(outcome_of(future_every(NULL, NULL)), EINVAL);
}
END_TEST

struct values {
	atomic_int *ends;
	atomic_int runs;
};

static future_result_t own_value(void *arg)
{
	struct values *values = arg;

	/* The copy is the task's: each run sees what the one before wrote. */
	if (++values->runs == 4)
		return future_fail_own(EINTR, values->ends, count_work);
	return future_own(values->ends, count_work);
}

START_TEST(values_are_destroyed_each_time_and_the_argument_copied_once)
{
	future_executor_t *pool = pool_of(1);
	atomic_int ends = 0;
	struct values values = { .ends = &ends };
	future_t *timer = future_every(pool, &(future_schedule_t){
		.period_ns = 1000, .fn = own_value, .arg = &values,
		.arg_size = sizeof(values) });
	future_result_t last;

	last = future_get(timer);
	ck_assert_int_eq(last.error, EINTR);
	ck_assert_ptr_eq(last.value, &ends);
	ck_assert_int_eq(values.runs, 0);
	ck_assert_int_eq(ends, 3);
	future_unref(timer);
	future_executor_unref(pool);
	ck_assert_int_eq(ends, 4);
}
END_TEST

static future_result_t follow_one(void *arg)
{
	(void)arg;
	return future_follow(future_ready(future_ok(NULL)));
}

START_TEST(a_run_that_follows_is_enotsup)
{
	future_executor_t *pool = pool_of(1);

	ck_assert_int_eq(outcome_of(future_every(pool, &(future_schedule_t){
		.period_ns = 1, .fn = follow_one })), ENOTSUP);
	future_executor_unref(pool);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("schedule");
	TCase *tcase = suite_case(suite, "schedule");

	tcase_add_test(tcase, what_makes_no_sense_is_refused);
	tcase_add_test(tcase,
		values_are_destroyed_each_time_and_the_argument_copied_once);
	tcase_add_test(tcase, a_run_that_follows_is_enotsup);
	return suite_run(suite);
}
