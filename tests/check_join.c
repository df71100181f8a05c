/* Waiting for an executor: join, drain; and not waiting: detach. */
#define _GNU_SOURCE
#include "child.h"

/* Join. */

START_TEST(join_before_shutdown_is_ebusy)
{
	future_executor_t *pool = pool_of(1);

	ck_assert_int_eq(future_executor_join(pool, FUTURE_NOW), EBUSY);
	ck_assert_int_eq(future_executor_join(pool, FUTURE_FOREVER), EBUSY);
	future_executor_unref(pool);
}
END_TEST

START_TEST(join_returns_0_when_the_threads_are_gone)
{
	size_t before = threads_before();
	future_executor_t *pool = pool_of(3);

	future_executor_shutdown(pool);
	ck_assert_int_eq(future_executor_join(pool, FUTURE_FOREVER), 0);
	threads_become(before);
	future_executor_unref(pool);
}
END_TEST

START_TEST(join_waits_for_what_is_queued_and_running)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(2);
	atomic_int ran = 0;

	occupy(pool, 2, &gate);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	future_executor_shutdown(pool);
	ck_assert_int_eq(future_executor_join(pool, FUTURE_NOW), ETIMEDOUT);
	ck_assert_int_eq(future_executor_join(pool, future_in_ms(5)),
		ETIMEDOUT);
	ck_assert_int_eq(ran, 0);
	gate_open(&gate);
	ck_assert_int_eq(future_executor_join(pool, FUTURE_FOREVER), 0);
	ck_assert_int_eq(ran, 100);
	future_executor_unref(pool);
}
END_TEST

START_TEST(join_does_not_return_before_its_deadline)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);
	future_time_t deadline;

	occupy(pool, 1, &gate);
	future_executor_shutdown(pool);
	deadline = future_in_ms(10);
	ck_assert_int_eq(future_executor_join(pool, deadline), ETIMEDOUT);
	ck_assert_int_ge(future_now().ns, deadline.ns);
	gate_open(&gate);
	future_executor_unref(pool);
}
END_TEST

START_TEST(join_with_a_deadline_in_the_deep_past_only_looks)
{
	static const int64_t past[] = { INT64_MIN, -1, 0, 1 };
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);

	occupy(pool, 1, &gate);
	future_executor_shutdown(pool);
	ck_assert_int_eq(future_executor_join(pool,
		(future_time_t){ past[_i] }), ETIMEDOUT);
	gate_open(&gate);
	future_executor_unref(pool);
}
END_TEST

START_TEST(join_twice_is_0_twice)
{
	future_executor_t *pool = pool_of(2);

	future_executor_cancel(pool);
	ck_assert_int_eq(future_executor_join(pool, FUTURE_FOREVER), 0);
	ck_assert_int_eq(future_executor_join(pool, FUTURE_FOREVER), 0);
	ck_assert_int_eq(future_executor_join(pool, FUTURE_NOW), 0);
	future_executor_unref(pool);
}
END_TEST

static void join_at_once(void *arg, size_t index)
{
	(void)index;
	if (future_executor_join(arg, FUTURE_FOREVER) != 0)
		abort();
}

START_TEST(many_may_join_at_once)
{
	for (size_t i = 0; i < scaled(100); i++) {
		future_executor_t *pool = pool_of(3);

		future_executor_shutdown(pool);
		together(4, join_at_once, pool);
		future_executor_unref(pool);
	}
}
END_TEST

static void join_work(void *arg)
{
	future_executor_t *pool = future_current();

	future_executor_shutdown(pool);
	atomic_store((atomic_int *)arg,
		future_executor_join(pool, FUTURE_FOREVER));
}

START_TEST(join_on_its_own_worker_is_edeadlk)
{
	future_executor_t *pool = pool_of((size_t)_i);
	atomic_int error = -1;

	ck_assert_int_eq(future_execute(pool, join_work, &error), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(error, EDEADLK);
}
END_TEST

static future_result_t join_inline(future_result_t in, void *arg)
{
	(void)in;
	future_executor_shutdown(arg);
	return future_ok_int(future_executor_join(arg, FUTURE_FOREVER));
}

START_TEST(join_in_an_inline_continuation_on_its_worker_is_edeadlk)
{
	future_executor_t *pool = pool_of(1);
	struct gate gate = GATE_INIT;
	future_t *source = future_submit(pool, pass_task, &gate);
	future_t *next = future_then_on(source, future_inline(), join_inline,
		pool);

	gate_open(&gate);
	ck_assert_int_eq(future_result_int(future_get(next)), EDEADLK);
	future_unref(source);
	future_unref(next);
	future_executor_unref(pool);
}
END_TEST

START_TEST(join_of_an_executor_without_an_end_is_einval)
{
	ck_assert_int_eq(future_executor_join(future_inline(), FUTURE_NOW),
		EINVAL);
	ck_assert_int_eq(future_executor_join(future_default(), FUTURE_NOW),
		EINVAL);
	ck_assert_int_eq(future_executor_join(NULL, FUTURE_NOW), EINVAL);
}
END_TEST

/* Drain. */

START_TEST(drain_of_an_idle_pool_is_0_at_once)
{
	future_executor_t *pool = pool_of(2);

	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	/* Workers that have just started look for tasks first. */
	others_sleep();
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_NOW), 0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(drain_waits_until_nothing_is_queued_or_running)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(2);
	future_executor_stats_t stats;

	occupy(pool, 2, &gate);
	for (int i = 0; i < 1000; i++)
		future_unref(future_submit(pool, nothing_task, NULL));
	gate_open(&gate);
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	stats = stats_of(pool);
	ck_assert_uint_eq(stats.queued, 0);
	ck_assert_uint_eq(stats.running, 0);
	ck_assert_uint_eq(stats.completed, 1002);
	future_executor_unref(pool);
}
END_TEST

START_TEST(drain_counts_a_task_that_runs_although_none_is_queued)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(2);

	occupy(pool, 1, &gate);
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_NOW), ETIMEDOUT);
	ck_assert_int_eq(future_executor_drain(pool, future_in_ms(5)),
		ETIMEDOUT);
	gate_open(&gate);
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(drain_with_a_deadline_in_the_deep_past_only_looks)
{
	static const int64_t past[] = { INT64_MIN, -1, 0, 1 };
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);

	occupy(pool, 1, &gate);
	ck_assert_int_eq(future_executor_drain(pool,
		(future_time_t){ past[_i] }), ETIMEDOUT);
	gate_open(&gate);
	future_executor_unref(pool);
}
END_TEST

START_TEST(drain_leaves_the_pool_open)
{
	future_executor_t *pool = pool_of(1);
	atomic_int ran = 0;

	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
		ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER),
			0);
		ck_assert_int_eq(ran, i + 1);
	}
	future_executor_unref(pool);
}
END_TEST

START_TEST(drain_waits_for_the_continuations_that_tasks_release)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(2);
	future_t *source = future_submit(pool, pass_task, &gate);
	atomic_int ran = 0;

	for (int i = 0; i < 100; i++)
		future_unref(future_then(source, count_then, &ran));
	future_unref(source);
	gate_open(&gate);
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	ck_assert_int_eq(ran, 100);
	future_executor_unref(pool);
}
END_TEST

START_TEST(drain_does_not_wait_for_cancelled_tasks_in_the_queue)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);
	future_t *queued;

	occupy(pool, 1, &gate);
	queued = future_submit(pool, nothing_task, NULL);
	ck_assert(future_cancel(queued));
	future_unref(queued);
	gate_open(&gate);
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	future_executor_unref(pool);
}
END_TEST

static void drain_work(void *arg)
{
	atomic_store((atomic_int *)arg,
		future_executor_drain(future_current(), FUTURE_FOREVER));
}

START_TEST(drain_on_its_own_worker_is_edeadlk)
{
	future_executor_t *pool = pool_of((size_t)_i);
	atomic_int error = -1;

	ck_assert_int_eq(future_execute(pool, drain_work, &error), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(error, EDEADLK);
}
END_TEST

static void drain_at_once(void *arg, size_t index)
{
	future_executor_t *pool = arg;

	for (size_t i = 0; i < scaled(200); i++) {
		future_unref(future_submit(pool, nothing_task, NULL));
		if (index % 2 == 0 &&
		    future_executor_drain(pool, FUTURE_FOREVER) != 0)
			abort();
	}
}

START_TEST(many_may_drain_at_once_while_others_submit)
{
	future_executor_t *pool = pool_of(2);

	together(4, drain_at_once, pool);
	ck_assert_uint_eq(stats_when_idle(pool).completed, 4 * scaled(200));
	future_executor_unref(pool);
}
END_TEST

START_TEST(drain_after_shutdown_waits_for_the_rest)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);
	atomic_int ran = 0;

	occupy(pool, 1, &gate);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	future_executor_shutdown(pool);
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_NOW), ETIMEDOUT);
	gate_open(&gate);
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	ck_assert_int_eq(ran, 1);
	future_executor_unref(pool);
}
END_TEST

/* Detach. */

START_TEST(detach_waits_for_nobody_and_loses_nothing)
{
	size_t before = threads_before();
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of((size_t)_i);
	atomic_int ran = 0;
	future_t *last;

	occupy(pool, (size_t)_i, &gate);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	last = future_submit(pool, nothing_task, NULL);
	future_executor_detach(pool);
	ck_assert_int_eq(ran, 0);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(last), 0);
	threads_become(before);
	ck_assert_int_eq(ran, 100);
}
END_TEST

START_TEST(detach_of_an_idle_pool_leaves_no_thread)
{
	size_t before = threads_before();

	for (size_t i = 0; i < scaled(100); i++)
		future_executor_detach(pool_of(3));
	threads_become(before);
}
END_TEST

START_TEST(detach_closes_it_for_the_other_handles)
{
	size_t before = threads_before();
	future_executor_t *pool = pool_of(2);
	atomic_int ran = 0;

	future_executor_ref(pool);
	future_executor_detach(pool);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), ESHUTDOWN);
	ck_assert_int_eq(future_executor_join(pool, FUTURE_FOREVER), 0);
	future_executor_unref(pool);
	threads_become(before);
}
END_TEST

static void detach_work(void *arg)
{
	future_executor_detach(arg);
}

START_TEST(a_pool_can_be_detached_by_its_own_worker)
{
	size_t before = threads_before();
	future_executor_t *pool = pool_of((size_t)_i);

	ck_assert_int_eq(future_execute(pool, detach_work, pool), 0);
	threads_become(before);
}
END_TEST

static void add_join(Suite *suite)
{
	TCase *tcase = suite_case(suite, "join");

	tcase_add_test(tcase, join_before_shutdown_is_ebusy);
	tcase_add_test(tcase, join_returns_0_when_the_threads_are_gone);
	tcase_add_test(tcase, join_waits_for_what_is_queued_and_running);
	tcase_add_test(tcase, join_does_not_return_before_its_deadline);
	tcase_add_loop_test(tcase,
		join_with_a_deadline_in_the_deep_past_only_looks, 0, 4);
	tcase_add_test(tcase, join_twice_is_0_twice);
	tcase_add_test(tcase, many_may_join_at_once);
	tcase_add_loop_test(tcase, join_on_its_own_worker_is_edeadlk, 1, 4);
	tcase_add_test(tcase,
		join_in_an_inline_continuation_on_its_worker_is_edeadlk);
	tcase_add_test(tcase, join_of_an_executor_without_an_end_is_einval);
}

static void add_drain(Suite *suite)
{
	TCase *tcase = suite_case(suite, "drain");

	tcase_add_test(tcase, drain_of_an_idle_pool_is_0_at_once);
	tcase_add_test(tcase, drain_waits_until_nothing_is_queued_or_running);
	tcase_add_test(tcase,
		drain_counts_a_task_that_runs_although_none_is_queued);
	tcase_add_loop_test(tcase,
		drain_with_a_deadline_in_the_deep_past_only_looks, 0, 4);
	tcase_add_test(tcase, drain_leaves_the_pool_open);
	tcase_add_test(tcase,
		drain_waits_for_the_continuations_that_tasks_release);
	tcase_add_test(tcase,
		drain_does_not_wait_for_cancelled_tasks_in_the_queue);
	tcase_add_loop_test(tcase, drain_on_its_own_worker_is_edeadlk, 1, 4);
	tcase_add_test(tcase, many_may_drain_at_once_while_others_submit);
	tcase_add_test(tcase, drain_after_shutdown_waits_for_the_rest);
}

static void add_detach(Suite *suite)
{
	TCase *tcase = suite_case(suite, "detach");

	tcase_add_loop_test(tcase,
		detach_waits_for_nobody_and_loses_nothing, 1, 4);
	tcase_add_test(tcase, detach_of_an_idle_pool_leaves_no_thread);
	tcase_add_test(tcase, detach_closes_it_for_the_other_handles);
	tcase_add_loop_test(tcase, a_pool_can_be_detached_by_its_own_worker,
		1, 4);
}

int main(void)
{
	Suite *suite = suite_create("join");

	add_join(suite);
	add_drain(suite);
	add_detach(suite);
	return suite_run(suite);
}
