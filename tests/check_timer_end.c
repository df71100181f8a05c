/* Timers and the end of their executor: shutdown, cancel, close, fork. */
#define _GNU_SOURCE
#include "world.h"

static future_time_t in_ns(int64_t ns)
{
	return (future_time_t){ future_now().ns + ns };
}

static const int64_t hour_ns = (int64_t)3600 * 1000000000;

static future_t *pending_hour(future_executor_t *pool)
{
	return future_after(pool, in_ns(hour_ns));
}

/* Shutdown. */

START_TEST(after_a_shutdown_timers_are_refused)
{
	static const int64_t deadlines[] = { 0, INT64_MAX };
	future_executor_t *pool = pool_of(1);

	future_executor_shutdown(pool);
	ck_assert_int_eq(outcome_of(future_after(pool,
		(future_time_t){ deadlines[_i] })), ESHUTDOWN);
	future_executor_unref(pool);
}
END_TEST

START_TEST(armed_timers_fail_with_eshutdown_before_the_pool_is_gone)
{
	future_executor_t *pool = pool_of(2);
	future_t *hour = pending_hour(pool);
	future_t *never = future_after(pool, FUTURE_FOREVER);

	future_executor_unref(pool);
	ck_assert_int_eq(future_state(hour), FUTURE_FAILED);
	ck_assert_int_eq(outcome_of(hour), ESHUTDOWN);
	ck_assert_int_eq(future_state(never), FUTURE_FAILED);
	ck_assert_int_eq(outcome_of(never), ESHUTDOWN);
}
END_TEST

START_TEST(a_join_after_a_shutdown_does_not_wait_for_timers)
{
	future_executor_t *pool = pool_of(2);
	future_t *hour = pending_hour(pool);

	future_executor_shutdown(pool);
	ck_assert_int_eq(future_executor_join(pool, FUTURE_FOREVER), 0);
	ck_assert_int_eq(outcome_of(hour), ESHUTDOWN);
	future_executor_unref(pool);
}
END_TEST

START_TEST(while_a_task_runs_armed_timers_still_fire_after_a_shutdown)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(2);
	future_t *soon, *then;
	atomic_int ran = 0;

	occupy(pool, 1, &gate);
	soon = future_after(pool, in_ns(20000000));
	then = future_then(soon, count_then, &ran);
	future_executor_shutdown(pool);
	/* The pool's own timer has released it: it runs. */
	ck_assert_int_eq(outcome_of(then), future_get(soon).error);
	ck_assert_int_eq(ran, future_get(soon).error == 0);
	gate_open(&gate);
	future_unref(soon);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_drain_does_not_wait_for_timers)
{
	future_executor_t *pool = pool_of(2);
	future_t *hour = pending_hour(pool);

	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	ck_assert_int_eq(future_state(hour), FUTURE_PENDING);
	future_unref(hour);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_future_whose_pool_is_gone_can_still_be_cancelled)
{
	future_executor_t *pool = pool_of(1);
	future_t *hour = pending_hour(pool);

	future_executor_unref(pool);
	ck_assert(!future_cancel(hour));
	future_unref(hour);
}
END_TEST

/* Cancel. */

START_TEST(a_cancel_of_the_executor_settles_timers_and_counts_them)
{
	future_executor_t *pool = pool_of(2);
	future_t *hour = pending_hour(pool);
	future_t *never = future_after(pool, FUTURE_FOREVER);

	ck_assert_uint_eq(future_executor_cancel(pool), 2);
	ck_assert_int_eq(outcome_of(hour), ECANCELED);
	ck_assert_int_eq(outcome_of(never), ECANCELED);
	ck_assert_int_eq(outcome_of(pending_hour(pool)), ESHUTDOWN);
	ck_assert_uint_eq(future_executor_cancel(pool), 0);
	future_executor_unref(pool);
}
END_TEST

/* Closed on the timer's own thread, by the last handle. */

struct closing {
	future_executor_t *pool;
	pid_t here;
	struct gate closed;
	int drain, join;
};

static future_result_t note_errors(future_result_t in, void *arg)
{
	struct closing *closing = arg;

	(void)in;
	if (thread_id() == closing->here)
		return future_fail(EAGAIN);
	closing->drain = future_executor_drain(closing->pool, FUTURE_FOREVER);
	future_executor_shutdown(closing->pool);
	closing->join = future_executor_join(closing->pool, FUTURE_FOREVER);
	return future_ok(NULL);
}

static future_result_t close_pool(future_result_t in, void *arg)
{
	struct closing *closing = arg;

	if (note_errors(in, arg).error != 0)
		return future_fail(EAGAIN);
	future_executor_unref(closing->pool);
	gate_pass(&closing->closed);
	return future_ok(NULL);
}

/* Again, and later, until the timer's thread was not faster than this one. */
static future_t *on_timer(struct closing *closing, future_then_fn *fn)
{
	closing->here = thread_id();
	for (int64_t ns = 1000000;; ns *= 2) {
		future_t *after = future_after(closing->pool, in_ns(ns));
		future_t *then = future_then_on(after, future_inline(), fn,
			closing);

		future_unref(after);
		if (future_state(then) != FUTURE_FAILED)
			return then;
		future_unref(then);
	}
}

/* With `busy` workers at the gate; they are let go afterwards. */
static void close_from_timer(size_t threads, size_t busy)
{
	struct closing closing = { .closed = GATE_OPEN };
	size_t before = threads_before();
	struct gate gate = GATE_INIT;
	future_t *then, *hour;

	closing.pool = pool_of(threads);
	occupy(closing.pool, busy, &gate);
	hour = pending_hour(closing.pool);
	then = on_timer(&closing, close_pool);
	gate_await(&closing.closed, 1);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(then), 0);
	ck_assert_int_eq(outcome_of(hour), ESHUTDOWN);
	threads_become(before);
}

START_TEST(a_pool_can_be_closed_by_its_own_timer)
{
	static const size_t shapes[][2] = { { 1, 0 }, { 2, 0 }, { 3, 1 },
		{ 2, 2 } };

	if (shapes[_i][1] == 0)
		for (size_t i = 0; i < scaled(50); i++)
			close_from_timer(shapes[_i][0], 0);
	close_from_timer(shapes[_i][0], shapes[_i][1]);
}
END_TEST

START_TEST(on_the_timers_thread_drain_and_join_are_edeadlk)
{
	struct closing closing = { .pool = pool_of(2) };

	ck_assert_int_eq(outcome_of(on_timer(&closing, note_errors)), 0);
	ck_assert_int_eq(closing.drain, EDEADLK);
	ck_assert_int_eq(closing.join, EDEADLK);
	future_executor_unref(closing.pool);
}
END_TEST

/* What is dropped at the end has continuations of the inline executor. */
static future_result_t last_words(future_result_t in, void *arg)
{
	struct closing *closing = arg;

	ck_assert_int_eq(in.error, ESHUTDOWN);
	closing->drain = future_executor_drain(closing->pool, FUTURE_FOREVER);
	closing->join = future_executor_join(closing->pool, FUTURE_FOREVER);
	future_executor_unref(closing->pool);
	return future_ok(NULL);
}

START_TEST(a_pool_can_be_closed_by_a_timer_that_it_drops)
{
	size_t before = threads_before();
	struct closing closing = { .pool = pool_of(2) };
	future_t *hour = pending_hour(closing.pool);
	future_t *then = future_handle_on(hour, future_inline(), last_words,
		&closing);

	future_executor_shutdown(closing.pool);
	ck_assert_int_eq(outcome_of(then), 0);
	ck_assert_int_eq(closing.drain, EDEADLK);
	ck_assert_int_eq(closing.join, EDEADLK);
	future_unref(hour);
	threads_become(before);
}
END_TEST

START_TEST(pools_with_timers_come_and_go)
{
	size_t before = threads_before(), rounds = scaled(300);

	for (size_t i = 0; i < rounds; i++) {
		future_executor_t *pool = pool_of(1 + i % 2);
		future_t *soon = future_after(pool, in_ns(
			(int64_t)(i % 10) * 20000));
		future_t *hour = pending_hour(pool);
		int error;

		if (i % 3 == 0)
			future_executor_detach(pool);
		else
			future_executor_unref(pool);
		error = outcome_of(soon);
		ck_assert(error == 0 || error == ESHUTDOWN);
		ck_assert_int_eq(outcome_of(hour), ESHUTDOWN);
	}
	threads_become(before);
}
END_TEST

/* Forks. */

struct inherited {
	future_executor_t *pool;
	future_t *hour, *timeout, *settled;
};

static void use_inherited(void *arg)
{
	struct inherited *had = arg;
	future_schedule_t schedule = { .period_ns = 1, .fn = nothing_task };
	future_t *again;

	CHILD_ASSERT(outcome_of(future_after(had->pool, FUTURE_NOW)) ==
		ECHILD);
	CHILD_ASSERT(outcome_of(future_every(had->pool, &schedule)) == ECHILD);
	CHILD_ASSERT(outcome_of(future_timeout(had->hour, FUTURE_NOW)) ==
		ECHILD);
	CHILD_ASSERT(future_get(had->hour).error == ECHILD);
	CHILD_ASSERT(!future_cancel(had->hour));
	CHILD_ASSERT(!future_cancel(had->timeout));
	future_unref(had->hour);
	future_unref(had->timeout);
	again = future_timeout(had->settled, FUTURE_NOW);
	CHILD_ASSERT(future_get(again).error == 0);
	future_unref(again);
}

START_TEST(a_child_gets_echild_for_inherited_timers)
{
	struct inherited had = { .pool = pool_of(1) };

	had.hour = pending_hour(had.pool);
	had.timeout = future_timeout(had.hour, FUTURE_FOREVER);
	had.settled = future_ready(future_ok(NULL));
	child_passes(use_inherited, &had);
	ck_assert_int_eq(future_state(had.hour), FUTURE_PENDING);
	ck_assert(future_cancel(had.timeout));
	ck_assert(future_cancel(had.hour));
	future_unref(had.hour);
	future_unref(had.timeout);
	future_unref(had.settled);
	future_executor_unref(had.pool);
}
END_TEST

static void use_own(void *arg)
{
	(void)arg;
	CHILD_ASSERT(outcome_of(future_after(NULL, in_ns(1000000))) == 0);
	CHILD_ASSERT(outcome_of(future_after(future_inline(),
		in_ns(1000000))) == 0);
}

START_TEST(a_child_has_timers_of_its_own)
{
	future_t *hour;

	if (no_threads_in_a_child())
		return;
	hour = pending_hour(NULL);
	child_passes(use_own, NULL);
	ck_assert(future_cancel(hour));
	future_unref(hour);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("timer_end");
	TCase *tcase = suite_case(suite, "shutdown");

	tcase_add_loop_test(tcase, after_a_shutdown_timers_are_refused, 0, 2);
	tcase_add_test(tcase,
		armed_timers_fail_with_eshutdown_before_the_pool_is_gone);
	tcase_add_test(tcase,
		a_join_after_a_shutdown_does_not_wait_for_timers);
	tcase_add_test(tcase,
		while_a_task_runs_armed_timers_still_fire_after_a_shutdown);
	tcase_add_test(tcase, a_drain_does_not_wait_for_timers);
	tcase_add_test(tcase,
		a_future_whose_pool_is_gone_can_still_be_cancelled);
	tcase_add_test(tcase,
		a_cancel_of_the_executor_settles_timers_and_counts_them);
	tcase = suite_case(suite, "close");
	tcase_add_loop_test(tcase, a_pool_can_be_closed_by_its_own_timer, 0, 4);
	tcase_add_test(tcase,
		on_the_timers_thread_drain_and_join_are_edeadlk);
	tcase_add_test(tcase, a_pool_can_be_closed_by_a_timer_that_it_drops);
	tcase_add_test(tcase, pools_with_timers_come_and_go);
	tcase = suite_case(suite, "fork");
	tcase_add_test(tcase, a_child_gets_echild_for_inherited_timers);
	tcase_add_test(tcase, a_child_has_timers_of_its_own);
	return suite_run(suite);
}
