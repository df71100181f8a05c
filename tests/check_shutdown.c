/* How an executor ends: shutdown and cancel. */
#define _GNU_SOURCE
#include "support.h"

/* A task that counts nothing but the end of its argument. */
static future_t *submit_argument(future_executor_t *pool, atomic_int *ends)
{
	return future_submit_with(pool, &(future_task_t){ .fn = nothing_task,
		.arg = ends, .destroy_arg = count_work });
}

/* Shutdown. */

START_TEST(queued_tasks_still_run_after_shutdown)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(2);
	atomic_int ran = 0;

	occupy(pool, 2, &gate);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	future_executor_shutdown(pool);
	ck_assert_int_eq(ran, 0);
	gate_open(&gate);
	ck_assert_int_eq(future_executor_join(pool, FUTURE_FOREVER), 0);
	ck_assert_int_eq(ran, 1000);
	future_executor_unref(pool);
}
END_TEST

START_TEST(submit_after_shutdown_fails_with_eshutdown)
{
	future_executor_t *pool = pool_of(1);
	atomic_int ran = 0;

	future_executor_shutdown(pool);
	ck_assert_int_eq(outcome_of(future_submit(pool, count_task, &ran)),
		ESHUTDOWN);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), ESHUTDOWN);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 0);
}
END_TEST

START_TEST(a_refused_argument_is_destroyed_inside_the_call)
{
	future_executor_t *pool = pool_of(1);
	atomic_int ends = 0;
	future_t *refused;

	future_executor_shutdown(pool);
	refused = submit_argument(pool, &ends);
	ck_assert_int_eq(ends, 1);
	ck_assert_int_eq(future_state(refused), FUTURE_FAILED);
	future_unref(refused);
	future_executor_unref(pool);
	ck_assert_int_eq(ends, 1);
}
END_TEST

static void submit_back(void *arg)
{
	struct gate *gate = arg;
	future_executor_t *pool = future_current();

	gate_pass(gate);
	if (future_execute(pool, pass_work, gate) != ESHUTDOWN)
		abort();
}

START_TEST(its_own_tasks_cannot_submit_after_shutdown)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);

	ck_assert_int_eq(future_execute(pool, submit_back, &gate), 0);
	gate_await(&gate, 1);
	future_executor_shutdown(pool);
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_uint_eq(gate.arrived, 1);
}
END_TEST

START_TEST(continuations_that_its_own_tasks_release_run_after_shutdown)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of((size_t)_i);
	future_t *last = future_submit(pool, pass_task, &gate);
	atomic_int ran = 0;

	for (int i = 0; i < 100; i++) {
		future_t *next = future_then(last, count_then, &ran);

		future_unref(last);
		last = next;
	}
	future_executor_shutdown(pool);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(last), 0);
	ck_assert_int_eq(ran, 100);
	future_executor_unref(pool);
}
END_TEST

START_TEST(the_last_unref_runs_the_continuations_of_what_is_queued)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(2);
	atomic_int ran = 0;

	occupy(pool, 2, &gate);
	for (int i = 0; i < 1000; i++) {
		future_t *first = future_submit(pool, count_task, &ran);

		future_unref(future_then(first, count_then, &ran));
		future_unref(first);
	}
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 2000);
}
END_TEST

START_TEST(a_continuation_released_from_outside_gets_eshutdown)
{
	future_executor_t *pool = pool_of(1), *other = pool_of(1);
	struct gate gate = GATE_INIT;
	atomic_int ran = 0, ends = 0;
	future_t *source = future_submit(other, pass_task, &gate);
	future_t *next = future_then_with(source, &(future_continuation_t){
		.executor = pool, .fn = count_then, .arg = &ran });
	future_t *with = future_then_with(source, &(future_continuation_t){
		.executor = pool, .fn = count_then, .arg = &ends,
		.destroy_arg = count_work });

	future_executor_shutdown(pool);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(next), ESHUTDOWN);
	ck_assert_int_eq(outcome_of(with), ESHUTDOWN);
	ck_assert_int_eq(ran, 0);
	ck_assert_int_eq(ends, 1);
	future_unref(source);
	future_executor_unref(pool);
	future_executor_unref(other);
}
END_TEST

START_TEST(a_continuation_of_a_promise_gets_eshutdown_from_a_closed_home)
{
	future_executor_t *pool = pool_of(1);
	future_promise_t *promise;
	future_t *source, *next;
	atomic_int ran = 0;

	ck_assert_int_eq(future_promise_new(pool, &promise), 0);
	source = future_promise_future(promise);
	next = future_then(source, count_then, &ran);
	future_executor_shutdown(pool);
	ck_assert(future_promise_settle(promise, future_ok(NULL)));
	ck_assert_int_eq(outcome_of(next), ESHUTDOWN);
	ck_assert_int_eq(outcome_of(source), 0);
	ck_assert_int_eq(ran, 0);
	future_promise_free(promise);
	future_executor_unref(pool);
}
END_TEST

static void settle_promise(void *promise)
{
	future_promise_settle(*(future_promise_t **)promise, future_ok(NULL));
}

START_TEST(a_continuation_that_on_thread_stop_releases_gets_eshutdown)
{
	future_promise_t *promise = NULL;
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 1, .on_thread_stop = settle_promise,
		.hook_arg = &promise });
	future_t *source, *next;
	atomic_int ran = 0;

	ck_assert_int_eq(future_promise_new(pool, &promise), 0);
	source = future_promise_future(promise);
	next = future_then(source, count_then, &ran);
	future_executor_unref(pool);
	ck_assert_int_eq(outcome_of(source), 0);
	ck_assert_int_eq(outcome_of(next), ESHUTDOWN);
	ck_assert_int_eq(ran, 0);
	future_promise_free(promise);
}
END_TEST

START_TEST(shutdown_twice_is_one)
{
	future_executor_t *pool = pool_of(1);

	future_executor_shutdown(pool);
	future_executor_shutdown(pool);
	ck_assert_int_eq(future_executor_join(pool, FUTURE_FOREVER), 0);
	future_executor_shutdown(pool);
	future_executor_unref(pool);
}
END_TEST

static void shutdown_work(void *arg)
{
	future_executor_shutdown(arg);
}

START_TEST(a_pool_can_be_shut_down_by_its_own_worker)
{
	future_executor_t *pool = pool_of(2);

	ck_assert_int_eq(future_execute(pool, shutdown_work, pool), 0);
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	ck_assert_int_eq(future_executor_join(pool, FUTURE_FOREVER), 0);
	future_executor_unref(pool);
}
END_TEST

static void shut_at_once(void *arg, size_t index)
{
	if (index % 2 == 0)
		future_executor_shutdown(arg);
	else
		future_executor_cancel(arg);
}

START_TEST(shutdowns_and_cancels_at_once_are_one)
{
	for (size_t i = 0; i < scaled(300); i++) {
		future_executor_t *pool = pool_of(2);
		future_t *future = future_submit(pool, nothing_task, NULL);
		int error;

		together((size_t)_i, shut_at_once, pool);
		ck_assert_int_eq(future_executor_join(pool, FUTURE_FOREVER),
			0);
		future_executor_unref(pool);
		error = outcome_of(future);
		ck_assert(error == 0 || error == ECANCELED);
	}
}
END_TEST

/* Cancel. */

START_TEST(cancel_settles_what_is_queued_and_says_how_many)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(2);
	future_t *queued[50];
	atomic_int ends = 0;

	occupy(pool, 2, &gate);
	for (int i = 0; i < 50; i++)
		queued[i] = submit_argument(pool, &ends);
	ck_assert_uint_eq(future_executor_cancel(pool), 50);
	ck_assert_int_eq(ends, 50);
	for (int i = 0; i < 50; i++) {
		ck_assert_int_eq(future_state(queued[i]), FUTURE_CANCELLED);
		ck_assert_int_eq(outcome_of(queued[i]), ECANCELED);
	}
	gate_open(&gate);
	future_executor_unref(pool);
}
END_TEST

START_TEST(cancel_does_not_count_what_was_cancelled_before)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);
	future_t *first, *second;

	occupy(pool, 1, &gate);
	first = future_submit(pool, nothing_task, NULL);
	second = future_submit(pool, nothing_task, NULL);
	ck_assert(future_cancel(first));
	ck_assert_uint_eq(future_executor_cancel(pool), 1);
	ck_assert_uint_eq(future_executor_cancel(pool), 0);
	future_unref(first);
	future_unref(second);
	gate_open(&gate);
	future_executor_unref(pool);
}
END_TEST

struct asked {
	struct gate gate;
	atomic_int before, after;
};

static future_result_t ask_task(void *arg)
{
	struct asked *asked = arg;

	atomic_store(&asked->before, future_cancel_requested());
	gate_pass(&asked->gate);
	atomic_store(&asked->after, future_cancel_requested());
	return future_ok_int(42);
}

START_TEST(cancel_asks_what_runs_and_its_outcome_stays_its_own)
{
	struct asked asked = { GATE_INIT, -1, -1 };
	future_executor_t *pool = pool_of(1);
	future_t *running = future_submit(pool, ask_task, &asked);

	gate_await(&asked.gate, 1);
	ck_assert_uint_eq(future_executor_cancel(pool), 0);
	gate_open(&asked.gate);
	ck_assert_int_eq(future_result_int(future_get(running)), 42);
	ck_assert_int_eq(asked.before, 0);
	ck_assert_int_eq(asked.after, 1);
	future_unref(running);
	future_executor_unref(pool);
}
END_TEST

static void ask_work(void *arg)
{
	(void)ask_task(arg);
}

START_TEST(cancel_asks_what_execute_started)
{
	struct asked asked = { GATE_INIT, -1, -1 };
	future_executor_t *pool = pool_of(1);

	ck_assert_int_eq(future_execute(pool, ask_work, &asked), 0);
	gate_await(&asked.gate, 1);
	future_executor_cancel(pool);
	gate_open(&asked.gate);
	future_executor_unref(pool);
	ck_assert_int_eq(asked.before, 0);
	ck_assert_int_eq(asked.after, 1);
}
END_TEST

START_TEST(shutdown_asks_nobody)
{
	struct asked asked = { GATE_INIT, -1, -1 };
	future_executor_t *pool = pool_of(1);

	ck_assert_int_eq(future_execute(pool, ask_work, &asked), 0);
	gate_await(&asked.gate, 1);
	future_executor_shutdown(pool);
	gate_open(&asked.gate);
	future_executor_unref(pool);
	ck_assert_int_eq(asked.after, 0);
}
END_TEST

START_TEST(continuations_after_cancel_see_ecanceled_and_do_not_run)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of((size_t)_i);
	future_t *running = future_submit(pool, pass_task, &gate), *next[3];
	atomic_int ran = 0, ends = 0;

	gate_await(&gate, 1);
	next[0] = future_then(running, count_then, &ran);
	next[1] = future_handle(running, count_then, &ran);
	next[2] = future_then_with(running, &(future_continuation_t){
		.on = FUTURE_ON_EITHER, .fn = count_then, .arg = &ends,
		.destroy_arg = count_work });
	future_executor_cancel(pool);
	gate_open(&gate);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(outcome_of(next[i]), ECANCELED);
	ck_assert_int_eq(outcome_of(running), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 0);
	ck_assert_int_eq(ends, 1);
}
END_TEST

START_TEST(a_continuation_elsewhere_sees_ecanceled_and_runs)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1), *other = pool_of(1);
	future_t *queued, *seen;

	occupy(pool, 1, &gate);
	queued = future_submit(pool, nothing_task, NULL);
	seen = future_handle_on(queued, other, error_then, NULL);
	ck_assert_uint_eq(future_executor_cancel(pool), 1);
	ck_assert_int_eq(future_result_int(future_get(seen)), ECANCELED);
	future_unref(queued);
	future_unref(seen);
	gate_open(&gate);
	future_executor_unref(pool);
	future_executor_unref(other);
}
END_TEST

START_TEST(cancel_drops_what_shutdown_left_queued)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);
	future_t *queued;

	occupy(pool, 1, &gate);
	queued = future_submit(pool, nothing_task, NULL);
	future_executor_shutdown(pool);
	ck_assert_int_eq(future_state(queued), FUTURE_PENDING);
	ck_assert_uint_eq(future_executor_cancel(pool), 1);
	ck_assert_int_eq(outcome_of(queued), ECANCELED);
	gate_open(&gate);
	future_executor_unref(pool);
}
END_TEST

static future_result_t cancel_pool_task(void *arg)
{
	return future_ok_int((intptr_t)future_executor_cancel(arg));
}

START_TEST(a_pool_can_be_cancelled_by_its_own_worker)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);
	future_t *killer, *queued[10];

	occupy(pool, 1, &gate);
	killer = future_submit(pool, cancel_pool_task, pool);
	for (int i = 0; i < 10; i++)
		queued[i] = future_submit(pool, nothing_task, NULL);
	gate_open(&gate);
	ck_assert_int_eq(future_result_int(future_get(killer)), 10);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(outcome_of(queued[i]), ECANCELED);
	future_unref(killer);
	future_executor_unref(pool);
}
END_TEST

static void add_shutdown(Suite *suite)
{
	TCase *tcase = suite_case(suite, "shutdown");

	tcase_add_test(tcase, queued_tasks_still_run_after_shutdown);
	tcase_add_test(tcase, submit_after_shutdown_fails_with_eshutdown);
	tcase_add_test(tcase, a_refused_argument_is_destroyed_inside_the_call);
	tcase_add_test(tcase, its_own_tasks_cannot_submit_after_shutdown);
	tcase_add_loop_test(tcase,
		continuations_that_its_own_tasks_release_run_after_shutdown,
		1, 4);
	tcase_add_test(tcase,
		the_last_unref_runs_the_continuations_of_what_is_queued);
	tcase_add_test(tcase,
		a_continuation_released_from_outside_gets_eshutdown);
	tcase_add_test(tcase,
		a_continuation_of_a_promise_gets_eshutdown_from_a_closed_home);
	tcase_add_test(tcase,
		a_continuation_that_on_thread_stop_releases_gets_eshutdown);
	tcase_add_test(tcase, shutdown_twice_is_one);
	tcase_add_test(tcase, a_pool_can_be_shut_down_by_its_own_worker);
	tcase_add_loop_test(tcase, shutdowns_and_cancels_at_once_are_one,
		2, 5);
}

static void add_cancel(Suite *suite)
{
	TCase *tcase = suite_case(suite, "cancel");

	tcase_add_test(tcase, cancel_settles_what_is_queued_and_says_how_many);
	tcase_add_test(tcase, cancel_does_not_count_what_was_cancelled_before);
	tcase_add_test(tcase,
		cancel_asks_what_runs_and_its_outcome_stays_its_own);
	tcase_add_test(tcase, cancel_asks_what_execute_started);
	tcase_add_test(tcase, shutdown_asks_nobody);
	tcase_add_loop_test(tcase,
		continuations_after_cancel_see_ecanceled_and_do_not_run, 1, 4);
	tcase_add_test(tcase, a_continuation_elsewhere_sees_ecanceled_and_runs);
	tcase_add_test(tcase, cancel_drops_what_shutdown_left_queued);
	tcase_add_test(tcase, a_pool_can_be_cancelled_by_its_own_worker);
}

int main(void)
{
	Suite *suite = suite_create("shutdown");

	add_shutdown(suite);
	add_cancel(suite);
	return suite_run(suite);
}
