/* What an executor counts, and the times it keeps when it is asked to. */
#define _GNU_SOURCE
#include "support.h"

START_TEST(a_new_pool_has_counted_nothing)
{
	future_executor_t *pool = pool_of(2);
	future_executor_stats_t stats, zero;

	memset(&zero, 0, sizeof(zero));
	zero.threads = 2;
	memset(&stats, 0xff, sizeof(stats));
	future_executor_stats(pool, &stats);
	future_executor_unref(pool);
	ck_assert_mem_eq(&stats, &zero, sizeof(zero));
}
END_TEST

START_TEST(running_is_what_started_and_has_not_returned)
{
	future_executor_t *pool = pool_of(3);
	struct gate gate = GATE_INIT;

	occupy(pool, 2, &gate);
	ck_assert_uint_eq(stats_of(pool).running, 2);
	gate_open(&gate);
	ck_assert_uint_eq(stats_when_idle(pool).running, 0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(queued_is_what_was_accepted_and_has_not_started)
{
	future_executor_t *pool = pool_of(1);
	struct gate gate = GATE_INIT;
	atomic_int ran = 0;

	occupy(pool, 1, &gate);
	for (int i = 0; i < 7; i++)
		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	ck_assert_uint_eq(stats_of(pool).queued, 7);
	gate_open(&gate);
	ck_assert_uint_eq(stats_when_idle(pool).queued, 0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(peak_queue_remembers_the_most_that_were_queued)
{
	future_executor_t *pool = pool_of(1);

	for (int i = 5; i > 0; i--) {
		struct gate gate = GATE_INIT;
		atomic_int ran = 0;

		occupy(pool, 1, &gate);
		for (int j = 0; j < i; j++)
			ck_assert_int_eq(future_execute(pool, count_work,
				&ran), 0);
		gate_open(&gate);
		ck_assert_uint_eq(stats_when_idle(pool).peak_queue, 5);
	}
	future_executor_unref(pool);
}
END_TEST

START_TEST(completed_counts_what_succeeded)
{
	future_executor_t *pool = pool_of(2);

	for (int i = 0; i < 100; i++)
		future_unref(future_submit(pool, nothing_task, NULL));
	ck_assert_uint_eq(stats_when_idle(pool).completed, 100);
	ck_assert_uint_eq(stats_when_idle(pool).failed, 0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(completed_counts_what_execute_ran)
{
	future_executor_t *pool = pool_of(2);
	atomic_int ran = 0;

	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	ck_assert_uint_eq(stats_when_idle(pool).completed, 100);
	future_executor_unref(pool);
}
END_TEST

START_TEST(failed_counts_what_failed)
{
	future_executor_t *pool = pool_of(2);

	for (int i = 0; i < 100; i++)
		future_unref(future_submit(pool, fail_task, NULL));
	ck_assert_uint_eq(stats_when_idle(pool).failed, 100);
	ck_assert_uint_eq(stats_when_idle(pool).completed, 0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_continuation_counts_where_it_ran)
{
	future_executor_t *first = pool_of(1), *second = pool_of(1);
	future_t *source = future_submit(first, nothing_task, NULL);
	atomic_int ran = 0;

	ck_assert_int_eq(outcome_of(future_then_on(source, second, count_then,
		&ran)), 0);
	future_unref(source);
	ck_assert_uint_eq(stats_when_idle(first).completed, 1);
	ck_assert_uint_eq(stats_when_idle(second).completed, 1);
	future_executor_unref(first);
	future_executor_unref(second);
}
END_TEST

START_TEST(a_task_cancelled_before_it_started_counts_once_as_cancelled)
{
	future_executor_t *pool = pool_of(1);
	struct gate gate = GATE_INIT;
	future_executor_stats_t stats;

	occupy(pool, 1, &gate);
	for (int i = 0; i < 10; i++) {
		future_t *queued = future_submit(pool, nothing_task, NULL);

		ck_assert(future_cancel(queued));
		future_unref(queued);
	}
	stats = stats_of(pool);
	ck_assert_uint_eq(stats.queued, 0);
	ck_assert_uint_eq(stats.cancelled, 10);
	gate_open(&gate);
	stats = stats_when_idle(pool);
	ck_assert_uint_eq(stats.cancelled, 10);
	ck_assert_uint_eq(stats.completed, 1);
	ck_assert_uint_eq(stats.failed, 0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(what_a_cancel_of_the_pool_drops_counts_as_cancelled)
{
	future_executor_t *pool = pool_of(1);
	struct gate gate = GATE_INIT;

	occupy(pool, 1, &gate);
	for (int i = 0; i < 10; i++)
		future_unref(future_submit(pool, nothing_task, NULL));
	ck_assert_uint_eq(future_executor_cancel(pool), 10);
	ck_assert_uint_eq(stats_of(pool).queued, 0);
	ck_assert_uint_eq(stats_of(pool).cancelled, 10);
	gate_open(&gate);
	future_executor_unref(pool);
}
END_TEST

static future_result_t wait_for_one(void *arg)
{
	(void)arg;
	return future_fail(outcome_of(future_submit(future_current(),
		fail_task, NULL)) == EIO ? ENOENT : EINVAL);
}

START_TEST(a_task_that_its_waiter_ran_counts_by_its_outcome)
{
	future_executor_t *pool = pool_of(1);
	future_executor_stats_t stats;

	ck_assert_int_eq(outcome_of(future_submit(pool, wait_for_one, NULL)),
		ENOENT);
	stats = stats_when_idle(pool);
	ck_assert_uint_eq(stats.failed, 2);
	ck_assert_uint_eq(stats.completed, 0);
	ck_assert_uint_eq(stats.queued, 0);
	ck_assert_uint_eq(stats.running, 0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(refused_counts_what_found_no_room)
{
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 1, .queue_capacity = 1 });
	struct gate gate = GATE_INIT;
	atomic_int ran = 0;

	occupy(pool, 1, &gate);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(future_execute(pool, count_work, &ran),
			EAGAIN);
	ck_assert_uint_eq(stats_of(pool).refused, 5);
	ck_assert_uint_eq(stats_of(pool).queued, 1);
	ck_assert_uint_eq(stats_of(pool).peak_queue, 1);
	gate_open(&gate);
	future_executor_unref(pool);
}
END_TEST

START_TEST(refused_counts_what_came_after_the_shutdown)
{
	future_executor_t *pool = pool_of(1);

	future_executor_shutdown(pool);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(outcome_of(future_submit(pool, nothing_task,
			NULL)), ESHUTDOWN);
	ck_assert_uint_eq(stats_of(pool).refused, 5);
	future_executor_unref(pool);
}
END_TEST

struct mixed {
	future_executor_t *pool;
	atomic_size_t accepted;
};

static void submit_mixed(void *arg, size_t index)
{
	struct mixed *mixed = arg;

	for (size_t i = 0; i < scaled(5000); i++) {
		future_t *future = future_submit(mixed->pool,
			(i + index) % 3 == 0 ? fail_task : nothing_task, NULL);

		if (i % 5 == 0)
			future_cancel(future);
		future_unref(future);
		atomic_fetch_add(&mixed->accepted, 1);
	}
}

START_TEST(every_accepted_task_is_counted_once_by_how_it_ended)
{
	struct mixed mixed = { pool_of(3), 0 };
	future_executor_stats_t stats;

	together(4, submit_mixed, &mixed);
	stats = stats_when_idle(mixed.pool);
	future_executor_unref(mixed.pool);
	ck_assert_uint_eq(stats.queued, 0);
	ck_assert_uint_eq(stats.running, 0);
	ck_assert_uint_eq(stats.completed + stats.failed + stats.cancelled,
		mixed.accepted);
}
END_TEST

START_TEST(statistics_can_be_read_after_the_pool_has_come_to_its_end)
{
	future_executor_t *pool = pool_of(1);
	atomic_int ran = 0;

	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	future_executor_shutdown(pool);
	ck_assert_int_eq(future_executor_join(pool, FUTURE_FOREVER), 0);
	ck_assert_uint_eq(stats_of(pool).completed, 1);
	future_executor_unref(pool);
}
END_TEST

/* Times. */

/* Work of a known length: the clock itself says when it is over. */
static void burn_ms(void *arg)
{
	future_time_t start = future_now();
	int64_t ns = *(int *)arg * INT64_C(1000000);

	while (future_now().ns - start.ns < ns)
		;
}

START_TEST(running_ns_sums_the_time_inside_the_functions)
{
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 2, .timing = true });
	future_executor_stats_t stats;
	int ms = 2;

	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(future_execute(pool, burn_ms, &ms), 0);
	stats = stats_when_idle(pool);
	future_executor_unref(pool);
	ck_assert_uint_ge(stats.running_ns, 10000000);
}
END_TEST

START_TEST(queued_ns_sums_the_time_between_submit_and_start)
{
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 1, .timing = true });
	struct gate gate = GATE_INIT;
	future_executor_stats_t stats;
	atomic_int ran = 0;
	int ms = 5;

	occupy(pool, 1, &gate);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	burn_ms(&ms);
	gate_open(&gate);
	stats = stats_when_idle(pool);
	future_executor_unref(pool);
	ck_assert_uint_ge(stats.queued_ns, 20000000);
	ck_assert_uint_ge(stats.running_ns, 5000000);
}
END_TEST

START_TEST(without_timing_no_time_is_kept)
{
	future_executor_t *pool = pool_of(1);
	future_executor_stats_t stats;
	int ms = 2;

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(future_execute(pool, burn_ms, &ms), 0);
	stats = stats_when_idle(pool);
	future_executor_unref(pool);
	ck_assert_uint_eq(stats.completed, 3);
	ck_assert_uint_eq(stats.queued_ns, 0);
	ck_assert_uint_eq(stats.running_ns, 0);
}
END_TEST

static void add_counts(Suite *suite)
{
	TCase *tcase = suite_case(suite, "counts");

	tcase_add_test(tcase, a_new_pool_has_counted_nothing);
	tcase_add_test(tcase, running_is_what_started_and_has_not_returned);
	tcase_add_test(tcase, queued_is_what_was_accepted_and_has_not_started);
	tcase_add_test(tcase, peak_queue_remembers_the_most_that_were_queued);
	tcase_add_test(tcase, completed_counts_what_succeeded);
	tcase_add_test(tcase, completed_counts_what_execute_ran);
	tcase_add_test(tcase, failed_counts_what_failed);
	tcase_add_test(tcase, a_continuation_counts_where_it_ran);
	tcase_add_test(tcase,
		a_task_cancelled_before_it_started_counts_once_as_cancelled);
	tcase_add_test(tcase,
		what_a_cancel_of_the_pool_drops_counts_as_cancelled);
	tcase_add_test(tcase,
		a_task_that_its_waiter_ran_counts_by_its_outcome);
	tcase_add_test(tcase, refused_counts_what_found_no_room);
	tcase_add_test(tcase, refused_counts_what_came_after_the_shutdown);
	tcase_add_test(tcase,
		every_accepted_task_is_counted_once_by_how_it_ended);
	tcase_add_test(tcase,
		statistics_can_be_read_after_the_pool_has_come_to_its_end);
}

static void add_times(Suite *suite)
{
	TCase *tcase = suite_case(suite, "times");

	tcase_add_test(tcase, running_ns_sums_the_time_inside_the_functions);
	tcase_add_test(tcase,
		queued_ns_sums_the_time_between_submit_and_start);
	tcase_add_test(tcase, without_timing_no_time_is_kept);
}

int main(void)
{
	Suite *suite = suite_create("stats");

	add_counts(suite);
	add_times(suite);
	return suite_run(suite);
}
