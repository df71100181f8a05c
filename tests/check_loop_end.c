/* Loops: drain, join, shutdown, cancel and the last unref, and the counts. */
#define _GNU_SOURCE
#include "looping.h"

static future_executor_t *loop;
static atomic_int ran;

static void post_counts(int count)
{
	for (int i = 0; i < count; i++)
		ck_assert_int_eq(future_execute(loop, count_work, &ran), 0);
}

/* Drain. */

START_TEST(drain_runs_what_is_queued_if_nobody_else_does)
{
	loop = loop_new();
	ck_assert_int_eq(future_executor_drain(loop, FUTURE_FOREVER), 0);
	post_counts(3);
	ck_assert_int_eq(future_executor_drain(loop, FUTURE_NOW), ETIMEDOUT);
	ck_assert_int_eq(ran, 0);
	ck_assert_int_eq(future_executor_drain(loop, FUTURE_FOREVER), 0);
	ck_assert_int_eq(ran, 3);
	post_counts(1);
	ck_assert_int_eq(future_executor_drain(loop, future_in_ms(3600000)),
		0);
	ck_assert_int_eq(ran, 4);
	future_executor_unref(loop);
}
END_TEST

static void *drain_main(void *arg)
{
	(void)arg;
	ck_assert_int_eq(future_executor_drain(loop, FUTURE_FOREVER), 0);
	ck_assert_int_eq(ran, 2);
	return NULL;
}

START_TEST(drain_waits_for_the_thread_that_runs_the_loop)
{
	struct gate gate = GATE_INIT;
	struct runner_of runner;
	pthread_t drainer;

	loop = loop_new();
	runner_of_start(&runner, loop);
	runner_of_sleeps(&runner);
	ck_assert_int_eq(future_executor_drain(loop, FUTURE_FOREVER), 0);
	ck_assert_int_eq(future_execute(loop, pass_work, &gate), 0);
	gate_await(&gate, 1);
	ck_assert_int_eq(future_executor_drain(loop, FUTURE_NOW), ETIMEDOUT);
	ck_assert_int_eq(future_executor_drain(loop, future_in_ms(1)),
		ETIMEDOUT);
	post_counts(2);
	drainer = thread_start(drain_main, NULL);
	gate_open(&gate);
	thread_finish(drainer);
	future_loop_stop(loop);
	ck_assert_int_eq(runner_of_finish(&runner), 0);
	future_executor_unref(loop);
}
END_TEST

START_TEST(drain_goes_on_where_a_run_that_was_stopped_left_off)
{
	struct gate gate = GATE_INIT;
	struct runner_of runner;
	pthread_t drainer;

	loop = loop_new();
	runner_of_start(&runner, loop);
	ck_assert_int_eq(future_execute(loop, pass_work, &gate), 0);
	gate_await(&gate, 1);
	post_counts(2);
	drainer = thread_start(drain_main, NULL);
	future_loop_stop(loop);
	gate_open(&gate);
	ck_assert_int_eq(runner_of_finish(&runner), 0);
	thread_finish(drainer);
	future_executor_unref(loop);
}
END_TEST

/* Inside. */

static void end_inside(void *arg)
{
	(void)arg;
	ck_assert_int_eq(future_executor_drain(loop, FUTURE_FOREVER), EDEADLK);
	ck_assert_int_eq(future_executor_join(loop, FUTURE_FOREVER), EDEADLK);
	future_executor_shutdown(loop);
	ck_assert_int_eq(future_executor_join(loop, FUTURE_NOW), EDEADLK);
	ck_assert_int_eq(future_execute(loop, count_work, &ran), ESHUTDOWN);
}

START_TEST(drain_and_join_in_a_task_are_edeadlk)
{
	loop = loop_new();
	ck_assert_int_eq(future_execute(loop, end_inside, NULL), 0);
	future_loop_run_pending(loop);
	future_executor_unref(loop);
}
END_TEST

/* Shutdown and join. */

START_TEST(after_a_shutdown_what_is_queued_still_runs_and_the_run_ends)
{
	loop = loop_new();
	post_counts(2);
	future_executor_shutdown(loop);
	ck_assert_int_eq(future_execute(loop, count_work, &ran), ESHUTDOWN);
	ck_assert_int_eq(outcome_of(future_after(loop, FUTURE_FOREVER)),
		ESHUTDOWN);
	ck_assert_int_eq(future_loop_run(loop), ESHUTDOWN);
	ck_assert_int_eq(ran, 2);
	future_executor_unref(loop);
}
END_TEST

static void shutdown_work(void *arg)
{
	(void)arg;
	future_executor_shutdown(loop);
}

START_TEST(after_a_shutdown_tasks_still_release_continuations)
{
	future_t *first, *second;

	loop = loop_new();
	ck_assert_int_eq(future_execute(loop, shutdown_work, NULL), 0);
	first = future_submit(loop, count_task, &ran);
	second = future_then(first, count_then, &ran);
	ck_assert_int_eq(future_loop_run(loop), ESHUTDOWN);
	ck_assert_int_eq(ran, 2);
	ck_assert_int_eq(outcome_of(second), 0);
	future_unref(first);
	future_executor_unref(loop);
}
END_TEST

START_TEST(a_shutdown_wakes_the_run_that_sleeps)
{
	struct runner_of runner;

	loop = loop_new();
	runner_of_start(&runner, loop);
	runner_of_sleeps(&runner);
	future_executor_shutdown(loop);
	ck_assert_int_eq(runner_of_finish(&runner), ESHUTDOWN);
	future_executor_unref(loop);
}
END_TEST

START_TEST(join_runs_what_is_queued_and_ends_the_timers)
{
	future_t *late, *next;

	loop = loop_new();
	post_counts(2);
	late = future_after(loop, future_in_ms(3600000));
	next = future_then(late, count_then, &ran);
	ck_assert_int_eq(future_executor_join(loop, FUTURE_FOREVER), EBUSY);
	future_executor_shutdown(loop);
	ck_assert_int_eq(future_executor_join(loop, FUTURE_NOW), ETIMEDOUT);
	ck_assert_int_eq(future_executor_join(loop, FUTURE_FOREVER), 0);
	ck_assert_int_eq(ran, 2);
	ck_assert_int_eq(outcome_of(late), ESHUTDOWN);
	ck_assert_int_eq(outcome_of(next), ESHUTDOWN);
	ck_assert_int_eq(future_executor_join(loop, FUTURE_FOREVER), 0);
	future_executor_unref(loop);
}
END_TEST

static void *join_main(void *arg)
{
	(void)arg;
	ck_assert_int_eq(future_executor_join(loop, FUTURE_FOREVER), 0);
	ck_assert_int_eq(ran, 1);
	return NULL;
}

START_TEST(join_waits_until_nobody_runs_the_loop)
{
	struct gate gate = GATE_INIT;
	struct runner_of runner;
	pthread_t joiner;

	loop = loop_new();
	runner_of_start(&runner, loop);
	ck_assert_int_eq(future_execute(loop, pass_work, &gate), 0);
	gate_await(&gate, 1);
	post_counts(1);
	future_executor_shutdown(loop);
	ck_assert_int_eq(future_executor_join(loop, future_in_ms(1)),
		ETIMEDOUT);
	joiner = thread_start(join_main, NULL);
	gate_open(&gate);
	thread_finish(joiner);
	ck_assert_int_eq(runner_of_finish(&runner), ESHUTDOWN);
	future_executor_unref(loop);
}
END_TEST

/* Cancel. */

START_TEST(cancel_settles_what_is_queued_or_armed)
{
	future_t *task, *next, *late;

	loop = loop_new();
	task = future_submit(loop, count_task, &ran);
	next = future_then(task, count_then, &ran);
	late = future_after(loop, future_in_ms(3600000));
	ck_assert_uint_eq(future_executor_cancel(loop), 2);
	ck_assert_uint_eq(future_executor_cancel(loop), 0);
	ck_assert_int_eq(outcome_of(task), ECANCELED);
	ck_assert_int_eq(future_state(late), FUTURE_CANCELLED);
	ck_assert_int_ne(outcome_of(next), 0);
	ck_assert_int_eq(future_loop_run(loop), ESHUTDOWN);
	ck_assert_int_eq(ran, 0);
	future_unref(late);
	future_executor_unref(loop);
}
END_TEST

static future_result_t cancel_inside(void *arg)
{
	(void)arg;
	ck_assert(!future_cancel_requested());
	ck_assert_uint_eq(future_executor_cancel(loop), 2);
	ck_assert(future_cancel_requested());
	return future_ok(NULL);
}

START_TEST(cancel_in_a_task_is_the_end_of_the_pass)
{
	future_t *task, *next;

	loop = loop_new();
	task = future_submit(loop, cancel_inside, NULL);
	next = future_then(task, count_then, &ran);
	post_counts(2);
	ck_assert_uint_eq(future_loop_run_pending(loop), 1);
	ck_assert_int_eq(ran, 0);
	ck_assert_int_eq(outcome_of(task), 0);
	ck_assert_int_eq(outcome_of(next), ECANCELED);
	ck_assert_uint_eq(future_loop_run_pending(loop), 0);
	future_executor_unref(loop);
}
END_TEST

/* The last unref. */

START_TEST(the_last_unref_runs_what_is_queued_and_ends_the_timers)
{
	future_t *task, *late;

	loop = loop_new();
	task = future_submit(loop, count_task, &ran);
	late = future_after(loop, future_in_ms(3600000));
	future_executor_unref(future_executor_ref(loop));
	ck_assert_int_eq(ran, 0);
	future_executor_unref(loop);
	ck_assert_int_eq(ran, 1);
	ck_assert_int_eq(outcome_of(task), 0);
	ck_assert_int_eq(outcome_of(late), ESHUTDOWN);
}
END_TEST

START_TEST(a_detach_runs_what_is_queued_too)
{
	loop = loop_new();
	post_counts(2);
	future_executor_detach(loop);
	ck_assert_int_eq(ran, 2);
}
END_TEST

static void unref_inside(void *arg)
{
	(void)arg;
	future_executor_unref(loop);
	ck_assert_int_eq(ran, 0);
}

START_TEST(after_the_last_unref_in_a_task_who_runs_it_finishes_it)
{
	future_t *late;

	loop = loop_new();
	ck_assert_int_eq(future_execute(loop, unref_inside, NULL), 0);
	post_counts(2);
	late = future_after(loop, future_in_ms(3600000));
	if (_i == 0)
		ck_assert_int_eq(future_loop_run(loop), ESHUTDOWN);
	else
		ck_assert_uint_eq(future_loop_run_pending(loop), 3);
	ck_assert_int_eq(ran, 2);
	ck_assert_int_eq(outcome_of(late), ESHUTDOWN);
}
END_TEST

START_TEST(a_stop_and_the_last_unref_in_a_task_still_run_the_rest)
{
	loop = loop_new();
	ck_assert_int_eq(future_execute(loop, stop_work, loop), 0);
	ck_assert_int_eq(future_execute(loop, unref_inside, NULL), 0);
	post_counts(1);
	ck_assert_int_eq(future_loop_run(loop), 0);
	ck_assert_int_eq(ran, 0);
	future_loop_run_pending(loop);
	ck_assert_int_eq(ran, 1);
}
END_TEST

START_TEST(the_last_unref_waits_for_the_thread_that_runs_the_loop)
{
	struct gate gate = GATE_INIT;
	struct runner_of runner;

	loop = loop_new();
	runner_of_start(&runner, loop);
	ck_assert_int_eq(future_execute(loop, pass_work, &gate), 0);
	gate_await(&gate, 1);
	post_counts(2);
	gate_open(&gate);
	future_executor_unref(loop);
	ck_assert_int_eq(ran, 2);
	ck_assert_int_eq(runner_of_finish(&runner), ESHUTDOWN);
}
END_TEST

START_TEST(a_detach_leaves_the_end_to_the_thread_that_runs_the_loop)
{
	struct gate gate = GATE_INIT;
	struct runner_of runner;

	loop = loop_new();
	runner_of_start(&runner, loop);
	ck_assert_int_eq(future_execute(loop, pass_work, &gate), 0);
	gate_await(&gate, 1);
	post_counts(2);
	future_executor_detach(loop);
	ck_assert_int_eq(ran, 0);
	gate_open(&gate);
	ck_assert_int_eq(runner_of_finish(&runner), ESHUTDOWN);
	ck_assert_int_eq(ran, 2);
}
END_TEST

START_TEST(futures_outlive_their_loop)
{
	future_promise_t *promise;
	future_t *source, *next;
	future_executor_t *again;

	loop = loop_new();
	ck_assert_int_eq(future_promise_new(loop, &promise), 0);
	source = future_promise_future(promise);
	next = future_then(source, count_then, &ran);
	future_executor_unref(loop);
	/* Which is most likely in the same memory. */
	again = loop_new();
	ck_assert(future_promise_settle(promise, future_ok(NULL)));
	ck_assert_uint_eq(future_loop_run_pending(again), 0);
	ck_assert_int_eq(outcome_of(next), ESHUTDOWN);
	ck_assert_int_eq(ran, 0);
	future_unref(source);
	future_promise_free(promise);
	future_executor_unref(again);
}
END_TEST

/* The counts. */

static future_result_t help_one(void *arg)
{
	future_t *one = future_submit(loop, fail_task, NULL);
	int error = outcome_of(one);

	(void)arg;
	ck_assert_int_eq(error, EIO);
	ck_assert_uint_eq(stats_of(loop).running, 1);
	return future_ok(NULL);
}

START_TEST(stats_count_as_those_of_a_pool)
{
	future_executor_stats_t stats;
	future_t *task;

	loop = loop_new();
	ck_assert_uint_eq(stats_of(loop).threads, 1);
	post_counts(2);
	task = future_submit(loop, help_one, NULL);
	future_unref(task);
	task = future_submit(loop, count_task, NULL);
	ck_assert(future_cancel(task));
	future_unref(task);
	stats = stats_of(loop);
	ck_assert_uint_eq(stats.queued, 3);
	ck_assert_uint_eq(stats.cancelled, 1);
	future_loop_run_pending(loop);
	future_executor_shutdown(loop);
	ck_assert_int_eq(future_execute(loop, count_work, &ran), ESHUTDOWN);
	stats = stats_of(loop);
	ck_assert_uint_eq(stats.queued, 0);
	ck_assert_uint_eq(stats.running, 0);
	ck_assert_uint_eq(stats.completed, 3);
	ck_assert_uint_eq(stats.failed, 1);
	ck_assert_uint_eq(stats.cancelled, 1);
	ck_assert_uint_eq(stats.refused, 1);
	ck_assert_uint_eq(stats.peak_queue, 4);
	future_executor_unref(loop);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("loop_end");
	TCase *tcase = suite_case(suite, "loop_end");

	tcase_add_test(tcase, drain_runs_what_is_queued_if_nobody_else_does);
	tcase_add_test(tcase, drain_waits_for_the_thread_that_runs_the_loop);
	tcase_add_test(tcase,
		drain_goes_on_where_a_run_that_was_stopped_left_off);
	tcase_add_test(tcase, drain_and_join_in_a_task_are_edeadlk);
	tcase_add_test(tcase,
		after_a_shutdown_what_is_queued_still_runs_and_the_run_ends);
	tcase_add_test(tcase,
		after_a_shutdown_tasks_still_release_continuations);
	tcase_add_test(tcase, a_shutdown_wakes_the_run_that_sleeps);
	tcase_add_test(tcase, join_runs_what_is_queued_and_ends_the_timers);
	tcase_add_test(tcase, join_waits_until_nobody_runs_the_loop);
	tcase_add_test(tcase, cancel_settles_what_is_queued_or_armed);
	tcase_add_test(tcase, cancel_in_a_task_is_the_end_of_the_pass);
	tcase_add_test(tcase,
		the_last_unref_runs_what_is_queued_and_ends_the_timers);
	tcase_add_test(tcase, a_detach_runs_what_is_queued_too);
	tcase_add_loop_test(tcase,
		after_the_last_unref_in_a_task_who_runs_it_finishes_it, 0, 2);
	tcase_add_test(tcase,
		a_stop_and_the_last_unref_in_a_task_still_run_the_rest);
	tcase_add_test(tcase,
		the_last_unref_waits_for_the_thread_that_runs_the_loop);
	tcase_add_test(tcase,
		a_detach_leaves_the_end_to_the_thread_that_runs_the_loop);
	tcase_add_test(tcase, futures_outlive_their_loop);
	tcase_add_test(tcase, stats_count_as_those_of_a_pool);
	return suite_run(suite);
}
